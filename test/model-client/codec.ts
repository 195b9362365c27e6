import type { Message, SyncmlVersion } from '../../src/model/message.js';
import { decodeMessage } from '../../src/wire/decode.js';
import { MessageEncoder } from '../../src/wire/encode.js';
import type { Sizes } from './outbox.js';

/** Messages to bytes and back, in the one dialect a device speaks. */
export interface Codec extends Sizes {
  readonly contentType: string;
  encode(message: Message): Uint8Array;
  decode(bytes: Uint8Array): Message;
}

export function codecFor(encoding: 'xml' | 'wbxml', version: SyncmlVersion): Codec {
  const encoder = new MessageEncoder(
    encoding === 'xml' ? { encoding, version } : { encoding, version, wbxml: { version: 2, publicId: 'number' } },
  );
  return {
    contentType: `application/vnd.syncml+${encoding}`,
    encode: (message) => encoder.encode(message),
    decode: (bytes) => decodeMessage(bytes, encoding).message,
    measure: (command) => encoder.measure(command),
    envelopeSize: (header) => encoder.envelopeSize(header),
  };
}
