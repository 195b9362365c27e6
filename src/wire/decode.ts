import { WireError } from '../model/errors.js';
import type { LeniencyName } from '../model/leniency.js';
import type { Message, SyncHdr } from '../model/message.js';
import { DEFAULT_LIMITS, type Dialect, type Encoding, versionOf, type WireLimits } from './dialect.js';
import { MessageReader } from './read/message.js';
import { WbxmlReader } from './wbxml/reader.js';
import { readXmlText } from './xml/reader.js';
import { readXmlSource, type XmlSource } from './xml/source.js';

export interface Decoded {
  readonly message: Message;
  /** How the peer writes: hand it to `MessageEncoder` for the answer. */
  readonly dialect: Dialect;
  /** Unknown elements that were skipped. */
  readonly skipped: number;
  /** Where the peer departs from the grammar and was understood all the same. */
  readonly deviations: ReadonlySet<LeniencyName>;
}

/**
 * Reads one SyncML message of any version. Content of Items in WBXML is a view of `bytes`: do not change them afterwards.
 *
 * @throws {WireError} and nothing else; its `header` is set when SyncHdr could be read before the fault.
 */
export function decodeMessage(bytes: Uint8Array, encoding: Encoding, limits: WireLimits = DEFAULT_LIMITS): Decoded {
  if (bytes.length > limits.maxBytes) throw new WireError('too-large', limits.maxBytes, `${bytes.length} bytes`);
  return encoding === 'wbxml' ? decodeWbxml(bytes, limits) : decodeXml(bytes, limits);
}

function decodeWbxml(bytes: Uint8Array, limits: WireLimits): Decoded {
  const reader = new WbxmlReader(bytes, limits, 'SyncML');
  const { version, publicId } = reader.header;
  const messageReader = new MessageReader(reader);
  try {
    const message = messageReader.read();
    // What lies behind the root shows here.
    reader.next();
    const dialect = { encoding: 'wbxml', version: versionFor(message), wbxml: { version: Math.max(1, version), publicId } } as const;
    return { message, dialect, skipped: reader.skipped, deviations: reader.deviations };
  } catch (error) {
    throw withHeader(error, messageReader.header);
  }
}

function decodeXml(bytes: Uint8Array, limits: WireLimits): Decoded {
  const source = readXmlSource(bytes);
  let messageReader: MessageReader | undefined;
  try {
    const reader = readXmlText(source, limits);
    messageReader = new MessageReader(reader);
    const message = messageReader.read();
    return { message, dialect: { encoding: 'xml', version: versionFor(message) }, skipped: reader.skipped, deviations: reader.deviations };
  } catch (error) {
    throw withHeader(error, messageReader ? messageReader.header : headerBefore(source, error, limits));
  }
}

function versionFor(message: Message): Dialect['version'] {
  return versionOf(message.header.verDtd) ?? '1.2';
}

/** The document is refused as a whole, yet SyncHdr may stand complete before the fault: then the answer can be a SyncML one. */
function headerBefore(source: XmlSource, error: unknown, limits: WireLimits): SyncHdr | undefined {
  if (!(error instanceof WireError)) return undefined;
  const end = /<\/(?:[\w.-]+:)?SyncHdr\s*>/i.exec(source.text);
  if (!end || source.byteOffset(end.index) > error.offset) return undefined;
  const root = /<((?:[\w.-]+:)?SyncML)[\s>]/i.exec(source.text);
  if (!root?.[1]) return undefined;
  const text = `${source.text.slice(0, end.index + end[0].length)}</${root[1]}>`;
  try {
    const headerReader = new MessageReader(readXmlText({ text, byteOffset: (index) => source.byteOffset(index) }, limits));
    try {
      headerReader.read();
    } catch {
      // Without SyncBody it is no message; the header is what we came for.
    }
    return headerReader.header;
  } catch {
    return undefined;
  }
}

function withHeader(error: unknown, header: SyncHdr | undefined): unknown {
  if (!(error instanceof WireError) || header === undefined) return error;
  const detail = error.message.split(': ').slice(1).join(': ');
  return new WireError(error.fault, error.offset, detail, { cause: error, header });
}
