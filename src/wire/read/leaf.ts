/** Elements that hold text only. Each function reads from behind a Start up to and with its End. */
import { skipElement, Token, type TokenReader } from '../tokens.js';

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The list with more at its end. It is the reader's own and grows in place: copies would cost the square of what a client sends. */
export function append<E>(list: readonly E[] | undefined, more: readonly E[]): readonly E[] {
  const own = (list ?? []) as E[];
  for (const one of more) own.push(one);
  return own;
}

/** The text of the element, all its pieces joined, white space kept. Elements inside are skipped. */
export function readText(reader: TokenReader): string {
  let text = '';
  for (;;) {
    const token = reader.next();
    if (token === Token.Text || token === Token.Opaque) text = text === '' ? reader.text() : text + reader.text();
    else if (token === Token.Start) skipElement(reader);
    else return text;
  }
}

/** Identifiers, types, codes: white space around them comes from pretty-printing. */
export function readWord(reader: TokenReader): string {
  return readText(reader).trim();
}

/** LocURI and LocName: kept exactly, unless the line feeds of a pretty-printed XML document are in it. */
export function readUri(reader: TokenReader): string {
  const text = readText(reader);
  return reader.encoding === 'xml' && text.includes('\n') ? text.trim() : text;
}

/** Decimal digits, white space around them allowed; undefined for anything else. */
export function readNumber(reader: TokenReader): number | undefined {
  const text = readWord(reader);
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** An element whose presence says yes (Final, NoResp, MoreData), whatever it holds. */
export function readFlag(reader: TokenReader): true {
  for (;;) {
    const token = reader.next();
    if (token === Token.Start) skipElement(reader);
    else if (token === Token.End || token === Token.Eof) return true;
  }
}

/**
 * Text that some peers send as raw bytes: a digest or nonce in an OPAQUE becomes its Base64. Printable bytes are text as sent,
 * except 16 of them where `isDigest` says that an MD5 is expected (its Base64 has 24).
 */
export function readSecret(reader: TokenReader): { text: string; rawBytes: Uint8Array | undefined } {
  let text = '';
  const pieces: Uint8Array[] = [];
  for (;;) {
    const token = reader.next();
    if (token === Token.Text) text += reader.text();
    else if (token === Token.Opaque) {
      pieces.push(reader.bytes());
      text += reader.text();
    } else if (token === Token.Start) skipElement(reader);
    else break;
  }
  const raw = pieces.length > 1 ? Buffer.concat(pieces) : pieces[0];
  if (raw !== undefined && !isPrintable(raw)) return { text: base64(raw), rawBytes: raw };
  return { text: text.trim(), rawBytes: raw };
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function isPrintable(bytes: Uint8Array): boolean {
  return bytes.every((byte) => (byte >= 0x20 && byte < 0x7f) || byte === 9 || byte === 10 || byte === 13);
}
