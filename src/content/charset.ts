import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import iconv from 'iconv-lite';
import { isUtf8Despite, japaneseIn } from './charset-guess.js';

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

/** UTF-8 where it is valid, Japanese where it can be nothing else, else windows-1252. */
function decodeDefault(binary: string): string {
  const bytes = Buffer.from(binary, 'latin1');
  if (isUtf8(bytes)) return bytes.toString('utf8');
  const guessed = japaneseIn(binary);
  return (guessed && decodeNamed(binary, guessed)) ?? decode1252(binary);
}

/** Text labelled with a Western charset: not where it is UTF-8 or Japanese. */
function decodeWestern(binary: string): string {
  if (isUtf8Despite(binary, 'latin1')) return Buffer.from(binary, 'latin1').toString('utf8');
  const guessed = C1.test(binary) ? japaneseIn(binary) : undefined;
  return (guessed && decodeNamed(binary, guessed)) ?? decode1252(binary);
}

const C1 = /[\x80-\x9f]/;

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
 * The Unicode NFC text of a binary string. Without a charset, or where the charset is unknown or does not fit the bytes: UTF-8 when the bytes are valid
 * UTF-8, Japanese when they can be nothing else, else windows-1252. A label that fits is overruled only by what `charset-guess.ts` is sure of. Never throws.
 */
export function decodeText(binary: string, charset?: string): string {
  const name = charset?.toLowerCase().replace(/^"|"$/g, '') ?? '';
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
    case 'iso_8859-1':
    case 'latin1':
    case 'windows-1252':
    case 'cp1252':
      return decodeWestern(binary).normalize('NFC');
    default: {
      if (isUtf8Despite(binary, name)) return Buffer.from(binary, 'latin1').toString('utf8').normalize('NFC');
      return (decodeNamed(binary, name) ?? decodeDefault(binary)).normalize('NFC');
    }
  }
}

/** Bytes as a binary string, without a byte order mark. UTF-16 is turned into UTF-8 (`transcoded`): `bytes` are then not the input. */
export interface Binary {
  readonly text: string;
  readonly bytes: Uint8Array;
  readonly transcoded: boolean;
}

function looksLikeUtf16(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  const [first, second] = bytes;
  if (first === undefined || second === undefined || bytes.length % 2 !== 0) return undefined;
  if ((first === 0xff && second === 0xfe) || (first > 0 && first < 0x80 && second === 0)) return 'utf-16le';
  return (first === 0xfe && second === 0xff) || (first === 0 && second > 0 && second < 0x80) ? 'utf-16be' : undefined;
}

/** Reads an item's bytes. UTF-16 is known by its byte order mark, or by a zero byte beside an ASCII character at the start. */
export function toBinary(bytes: Uint8Array): Binary {
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return plain(bytes.subarray(3));
  const utf16 = looksLikeUtf16(bytes);
  if (utf16) {
    const text = decodeNamed(Buffer.from(bytes).toString('latin1'), utf16);
    if (text !== undefined) {
      const utf8 = Buffer.from(text.replace(/^\ufeff/, ''), 'utf8');
      return { text: utf8.toString('latin1'), bytes: utf8, transcoded: true };
    }
  }
  return plain(bytes);
}

/**
 * An item for programs that do not read UTF-16, which few phones do.
 *
 * @returns `bytes` itself for all other items.
 */
export function asUtf8(bytes: Uint8Array): Uint8Array {
  if (!looksLikeUtf16(bytes)) return bytes;
  const { text, transcoded } = toBinary(bytes);
  // What an XML declaration says of the charset is no longer so.
  return transcoded ? Buffer.from(text.replace(/^(<\?xml[^>]*encoding\s*=\s*["'])[^"']+/, '$1UTF-8'), 'latin1') : bytes;
}

function plain(bytes: Uint8Array): Binary {
  return { text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'), bytes, transcoded: false };
}
