/** The names of charsets put to texts that came without, as far as they can be told: what is kept says of itself how it is read. */
import { isAscii, isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import { evidentCharset } from './charset-countries.js';
import { likelyCharset } from './charset-likely.js';
import { toBinary } from './charset.js';
import type { Component } from './components.js';
import { applyEdits, linesOf, type Edit } from './entries.js';
import type { ContentLine } from './lines.js';
import { syntaxOf } from './media-type.js';
import { sourceOf } from './rendering.js';
import { decodeQuotedPrintable } from './transfer-encoding.js';
import { unfoldedValue, type ValueSource } from './value.js';

export interface Named {
  /** The item itself where there was nothing to name. */
  readonly bytes: Uint8Array;
  /** A charset that other texts of the device may be in too. */
  readonly seen?: string;
}

/**
 * Values of vCard 2.1 and vCalendar 1.0 get a CHARSET; those of later formats, which have none, and plain texts become UTF-8.
 *
 * @param likely charsets the device has used, or that are used where it is, by their names of `charsetsOf`. Never throws.
 */
export function withCharsets(bytes: Uint8Array, mediaType: string, likely: readonly string[]): Named {
  if (isAscii(bytes) && !QUOTED.some((word) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(word))) return { bytes };
  switch (syntaxOf(mediaType)) {
    case 'text':
      return plainText(bytes, likely);
    case 'lines':
      return lines(bytes, mediaType, likely);
    default:
      return { bytes };
  }
}

const QUOTED = ['QUOTED-PRINTABLE', 'quoted-printable'];

function plainText(bytes: Uint8Array, likely: readonly string[]): Named {
  const { text, transcoded } = toBinary(bytes);
  if (transcoded || isUtf8(bytes)) return { bytes };
  const guess = likelyCharset(text, likely);
  if (!guess) return { bytes };
  return { bytes: Buffer.from(decoded(text, guess.charset), 'utf8'), ...(guess.isSure ? { seen: guess.charset } : {}) };
}

interface Unnamed {
  readonly line: ContentLine;
  /** Unfolded, its encoding undone; no UTF-8. */
  readonly binary: string;
}

function lines(bytes: Uint8Array, mediaType: string, likely: readonly string[]): Named {
  const document = linesOf(bytes, mediaType);
  if (!document) return { bytes };
  const source = sourceOf(document, mediaType);
  const unnamed: Unnamed[] = [];
  let seen: string | undefined;
  const look = ({ lines: own, children }: Component): void => {
    for (const line of own) {
      if (line.encoding === 'base64' || line.name === '') continue;
      const isNamed = line.charset !== undefined && !/^"?utf-?8"?$/i.test(line.charset);
      const binary = binaryOf(source, line);
      if (isAscii(binary) || isUtf8(binary)) continue;
      if (isNamed) seen ??= evidentCharset(line.charset.replaceAll('"', ''));
      else unnamed.push({ line, binary: binary.toString('latin1') });
    }
    children.forEach(look);
  };
  document.roots.forEach(look);
  const text = unnamed.map(({ binary }) => binary).join('\n');
  const guess = unnamed.length > 0 ? likelyCharset(text, seen === undefined ? likely : [seen, ...likely]) : undefined;
  if (guess?.isSure) seen ??= guess.charset;
  const named = guess ? applyEdits(source.text, editsFor(unnamed, source, guess.charset)) : bytes;
  return { bytes: named, ...(seen === undefined ? {} : { seen }) };
}

function binaryOf(source: ValueSource, line: ContentLine): Buffer {
  const unfolded = unfoldedValue(source, line);
  return Buffer.from(line.encoding === 'quoted-printable' ? decodeQuotedPrintable(unfolded) : unfolded, 'latin1');
}

function editsFor(unnamed: readonly Unnamed[], source: ValueSource, charset: string): readonly Edit[] {
  return unnamed.map(({ line, binary }) => {
    if (source.dialect === 'modern' && line.encoding === 'none')
      return { start: line.valueStart, end: line.valueEnd, text: Buffer.from(decoded(binary, charset), 'utf8').toString('latin1') };
    const colon = line.valueStart - 1;
    if (line.charset === undefined) return { start: colon, end: colon, text: `;CHARSET=${charset.toUpperCase()}` };
    const head = source.text.slice(line.start, colon);
    return { start: line.start, end: colon, text: head.replace(/(;CHARSET=)[^;]*/i, `$1${charset.toUpperCase()}`) };
  });
}

/** Every byte has a meaning in it, or the text would not be taken for this. */
const decoded = (binary: string, charset: string): string => new TextDecoder(charset).decode(Buffer.from(binary, 'latin1'));
