/** Bytes of messages, by the wire codec: the one thing the suite shares with a server of ours. */
import { WireError } from '../../model/errors.js';
import type { Message, SyncmlVersion } from '../../model/message.js';
import { decodeMessage } from '../../wire/decode.js';
import type { Dialect, Encoding } from '../../wire/dialect.js';
import { MessageEncoder } from '../../wire/encode.js';
import { MEDIA_TYPES } from '../../wire/media-type.js';
import type { HttpResponse } from './trace.js';

/** WBXML 1.2 with the numeric public identifier, as most phones write it. */
export const dialectOf = (version: SyncmlVersion, encoding: Encoding): Dialect => ({
  version,
  encoding,
  ...(encoding === 'wbxml' ? { wbxml: { version: 2, publicId: 'number' as const } } : {}),
});

export const encode = (message: Message, dialect: Dialect): Uint8Array => new MessageEncoder(dialect).encode(message);

export interface ReadResponse {
  readonly encoding: Encoding | undefined;
  readonly message: Message | undefined;
  readonly fault?: string;
}

/** Reads a response by its Content-Type alone, as a client does. */
export function readResponse(response: HttpResponse): ReadResponse {
  const type = (response.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const encoding = type === MEDIA_TYPES.xml ? 'xml' : type === MEDIA_TYPES.wbxml ? 'wbxml' : undefined;
  if (response.status !== 200) return { encoding, message: undefined, fault: `HTTP ${response.status}` };
  if (!encoding) return { encoding, message: undefined, fault: `Content-Type ${type === '' ? 'is missing' : type}` };
  try {
    return { encoding, message: decodeMessage(response.body, encoding).message };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { encoding, message: undefined, fault: `the body is no SyncML message: ${error.message}` };
  }
}
