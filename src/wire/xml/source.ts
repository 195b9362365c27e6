import { WireError } from '../../model/errors.js';

/** The characters of an XML body, and the way back to its bytes. */
export interface XmlSource {
  readonly text: string;
  /** Byte offset of a character of `text`. Costs time in proportion to it: for errors only. */
  byteOffset(index: number): number;
}

type Charset = 'utf8' | 'latin1' | 'utf16le' | 'utf16be';

/**
 * Reads the bytes as characters. The charset is a byte-order mark's, else the one the prolog names, else UTF-8. [XML 1.0, "Autodetection of Character Encodings"]
 *
 * @throws {WireError} 'unsupported-charset'; 'malformed' where the bytes are not of the charset, with the first wrong byte.
 */
export function readXmlSource(bytes: Uint8Array): XmlSource {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { charset, markLength } = detect(buffer);
  switch (charset) {
    case 'utf8': {
      const text = decodeUtf8(buffer, markLength);
      return { text, byteOffset: (index) => markLength + Buffer.byteLength(text.slice(0, index), 'utf8') };
    }
    case 'latin1':
      return { text: buffer.toString('latin1', markLength), byteOffset: (index) => index };
    case 'utf16le':
    case 'utf16be': {
      if (buffer.length % 2 !== 0) throw new WireError('truncated', buffer.length, 'half a UTF-16 unit');
      const little = charset === 'utf16le' ? buffer : Buffer.from(buffer).swap16();
      const text = little.toString('utf16le', markLength);
      const lone = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.exec(text);
      if (lone) throw new WireError('malformed', markLength + lone.index * 2, 'half a surrogate pair');
      return { text, byteOffset: (index) => markLength + index * 2 };
    }
  }
}

function detect(buffer: Buffer): { charset: Charset; markLength: number } {
  const [a, b, c] = buffer;
  if (a === 0xef && b === 0xbb && c === 0xbf) return { charset: 'utf8', markLength: 3 };
  if (a === 0xff && b === 0xfe) return { charset: 'utf16le', markLength: 2 };
  if (a === 0xfe && b === 0xff) return { charset: 'utf16be', markLength: 2 };
  if (a === 0x3c && b === 0) return { charset: 'utf16le', markLength: 0 };
  if (a === 0 && b === 0x3c) return { charset: 'utf16be', markLength: 0 };
  const prolog = /^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([^"']*)["']/.exec(buffer.toString('latin1', 0, 256));
  switch (prolog?.[1]?.toLowerCase()) {
    case undefined:
    case 'utf-8':
    case 'utf8':
      return { charset: 'utf8', markLength: 0 };
    case 'us-ascii':
    case 'ascii':
    case 'iso-8859-1':
    case 'iso_8859-1':
    case 'latin1':
      return { charset: 'latin1', markLength: 0 };
    default:
      throw new WireError('unsupported-charset', prolog?.[0].length ?? 0, prolog?.[1]);
  }
}

function decodeUtf8(buffer: Buffer, start: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(start === 0 ? buffer : buffer.subarray(start));
  } catch (cause) {
    throw new WireError('malformed', firstWrongByte(buffer, start), 'not UTF-8', { cause });
  }
}

function firstWrongByte(buffer: Buffer, start: number): number {
  const text = buffer.toString('utf8', start);
  let at = start;
  let from = 0;
  for (let index = text.indexOf('\ufffd'); index >= 0; index = text.indexOf('\ufffd', from)) {
    at += Buffer.byteLength(text.slice(from, index), 'utf8');
    if (buffer[at] !== 0xef || buffer[at + 1] !== 0xbf || buffer[at + 2] !== 0xbd) return at;
    at += 3;
    from = index + 1;
  }
  return at;
}
