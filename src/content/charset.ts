import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import iconv from 'iconv-lite';

/*
 * Text is handled as "binary strings" (one char per byte, 0..255) until its encoding and charset are known: folds and soft breaks may
 * fall inside a multi-byte character, so charsets can only be decoded once a value is whole.
 */

/** What bytes 0x80..0x9f mean in windows-1252; the five unassigned ones stay C1 controls, so the mapping is one-to-one. */
const CP1252 =
  '\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f' +
  '\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178';

// eslint-disable-next-line no-control-regex -- the test is about bytes
const NON_ASCII = /[^\x00-\x7f]/;

/** Charsets whose non-ASCII text is written in 7-bit bytes, so that an all-ASCII value still needs decoding. */
const SEVEN_BIT = /^(iso-2022-|hz-|utf-?7)/;

const decoders = new Map<string, TextDecoder>();

/** @returns `binary` as windows-1252 (a superset of printable ISO-8859-1). */
function decode1252(binary: string): string {
  return binary.replace(/[\x80-\x9f]/g, (byte) => CP1252.charAt(byte.charCodeAt(0) - 0x80));
}

function decodeDefault(binary: string): string {
  const bytes = Buffer.from(binary, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : decode1252(binary);
}

function decodeNamed(binary: string, charset: string): string | undefined {
  const bytes = Buffer.from(binary, 'latin1');
  try {
    let decoder = decoders.get(charset);
    if (decoder === undefined) {
      decoder = new TextDecoder(charset, { fatal: true, ignoreBOM: true });
      // Only names the platform knows get here, so the map is as small as its list of encodings.
      decoders.set(charset, decoder);
    }
    return decoder.decode(bytes);
  } catch {
    if (!iconv.encodingExists(charset)) return undefined;
    const text = iconv.decode(bytes, charset);
    // A replacement character would make different bytes look equal.
    return text.includes('\ufffd') ? undefined : text;
  }
}

/**
 * The Unicode NFC text of a binary string. Without a charset, or where the charset is unknown or does not fit the bytes: UTF-8 when
 * the bytes are valid UTF-8, else windows-1252. Never throws; different bytes give different text, save for canonical equivalence.
 */
export function decodeText(binary: string, charset?: string): string {
  const name = charset?.toLowerCase() ?? '';
  if (!NON_ASCII.test(binary) && !SEVEN_BIT.test(name)) return binary;
  switch (name) {
    case '':
    case 'utf-8':
    case 'utf8':
    case 'us-ascii':
    case 'ascii':
      return decodeDefault(binary).normalize('NFC');
    case 'iso-8859-1':
    case 'iso8859-1':
    case 'latin1':
    case 'windows-1252':
    case 'cp1252':
      return decode1252(binary).normalize('NFC');
    default:
      return (decodeNamed(binary, name) ?? decodeDefault(binary)).normalize('NFC');
  }
}

/** Bytes as a binary string, without a byte order mark. UTF-16 is turned into UTF-8 (`transcoded`): `bytes` are then not the input. */
export interface Binary {
  readonly text: string;
  readonly bytes: Uint8Array;
  readonly transcoded: boolean;
}

/** Reads an item's bytes. UTF-16 is known by its byte order mark, or by a zero byte beside an ASCII character at the start. */
export function toBinary(bytes: Uint8Array): Binary {
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return plain(bytes.subarray(3));
  const little = (first === 0xff && second === 0xfe) || (first !== undefined && first > 0 && first < 0x80 && second === 0);
  const big = (first === 0xfe && second === 0xff) || (first === 0 && second !== undefined && second > 0 && second < 0x80);
  if ((little || big) && bytes.length % 2 === 0) {
    const text = decodeNamed(Buffer.from(bytes).toString('latin1'), little ? 'utf-16le' : 'utf-16be');
    if (text !== undefined) {
      const utf8 = Buffer.from(text.replace(/^\ufeff/, ''), 'utf8');
      return { text: utf8.toString('latin1'), bytes: utf8, transcoded: true };
    }
  }
  return plain(bytes);
}

function plain(bytes: Uint8Array): Binary {
  return { text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'), bytes, transcoded: false };
}
