/** Bytes ⇄ text, strictly: what cannot be read back the same is refused. */
import { Buffer } from 'node:buffer';

const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const NOT_BASE64 = /[^A-Za-z0-9+/]/;

/** UTF-8 of a text; half a surrogate pair becomes U+FFFD. */
export const utf8 = (text: string): Uint8Array => Buffer.from(text, 'utf8');

/** The text these bytes are the UTF-8 of; undefined when they are not UTF-8. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return STRICT.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Plain Base64 with padding. */
export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

/** Undefined when the text is not Base64; white space is none. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  // One character after another, not in groups of four: a regular expression would keep a way back for each group of a photo.
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  if (NOT_BASE64.test(text.slice(0, text.length - padding))) return undefined;
  return new Uint8Array(Buffer.from(text, 'base64'));
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');

/** Undefined when the text is not pairs of hexadecimal digits. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return undefined;
  return new Uint8Array(Buffer.from(text, 'hex'));
}

/** Order of UTF-8 bytes, which is not that of JavaScript's strings. */
export function compareBytewise(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'));
}

export const equalBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
