/**
 * An entry cut into its properties, so that they can be written otherwise, left out, and put in another order. Texts are binary, a char a byte.
 * What is between properties (empty lines, inner components) are pieces too: nothing is lost.
 */
import type { Component, Document } from '../components.js';
import { entriesOf, linesOf, type Edit } from '../entries.js';
import type { ContentLine } from '../lines.js';
import { encodingOf } from '../lines.js';
import { typesOf } from '../params.js';
import type { Dialect, ValueSource } from '../value.js';

export interface Piece {
  /** With its line end. */
  readonly text: string;
  /** '' for what is no property. */
  readonly name: string;
  /** In the order they are written, upper case. */
  readonly types: readonly string[];
  /** Where the value can be read from; undefined for a piece that was made here. */
  readonly line?: ContentLine;
}

/** Where the entry's properties begin and end. */
interface Inner {
  readonly start: number;
  readonly end: number;
}

function innerOf({ lines }: Document, entry: Component): Inner {
  const end = lines.find((line) => line.name === 'END' && line.end === entry.end)?.start ?? entry.end;
  return { start: entry.begin.end, end };
}

function piecesIn(text: string, entry: Component, { start, end }: Inner): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = start;
  const gap = (to: number): void => {
    if (to > at) pieces.push({ text: text.slice(at, to), name: '', types: [] });
  };
  for (const line of entry.lines) {
    if (line.start < at || line.end > end) continue;
    gap(line.start);
    pieces.push({ text: text.slice(line.start, line.end), name: line.name, types: [...typesOf(line)], line });
    at = line.end;
  }
  gap(end);
  return pieces;
}

/** The properties of the first entry of an item. */
export function firstPieces(bytes: Uint8Array, mediaType: string): readonly Piece[] {
  const document = linesOf(bytes, mediaType);
  const [entry] = document ? entriesOf(document) : [];
  return document && entry ? piecesIn(document.source.text, entry, innerOf(document, entry)) : [];
}

/** @returns one edit for each entry that `change` writes otherwise. */
export function changedEntries(
  document: Document,
  change: (entry: Component, pieces: readonly Piece[]) => readonly Piece[],
): readonly Edit[] {
  const { text } = document.source;
  return entriesOf(document).flatMap((entry): readonly Edit[] => {
    const inner = innerOf(document, entry);
    const before = piecesIn(text, entry, inner);
    const after = change(entry, before)
      .map((piece) => piece.text)
      .join('');
    return after === text.slice(inner.start, inner.end) ? [] : [{ ...inner, text: after }];
  });
}

export const madeOf = (name: string, types: readonly string[], rest: string, dialect: Dialect): Piece => ({
  text: `${name}${typeText(types, dialect)}${rest}\r\n`,
  name,
  types,
});

/** 2.1 writes types bare. */
function typeText(types: readonly string[], dialect: Dialect): string {
  if (types.length === 0) return '';
  return dialect === 'legacy' ? types.map((type) => `;${type}`).join('') : `;TYPE=${types.join(',')}`;
}

/** The piece under another name, or with other types; its other parameters and its value stay byte for byte. */
export function renamed(piece: Piece, name: string, types: readonly string[], source: ValueSource): Piece {
  const { line } = piece;
  if (!line) return piece;
  const others = line.params
    .filter(
      (param) => param.name !== 'TYPE' && !(param.name === 'PREF' && piece.types.includes('PREF')) && !isBareType(param.name, param.value),
    )
    .map((param) => (param.name === '' ? `;${param.value}` : `;${param.name}=${param.value}`));
  const group = line.group === undefined ? '' : `${line.group}.`;
  const head = `${group}${name}${typeText(types, source.dialect)}${others.join('')}`;
  return { ...piece, name, types, text: `${head}:${source.text.slice(line.valueStart, line.end)}` };
}

/** Bare parameters are types, but for encodings and places. */
const isBareType = (name: string, value: string): boolean =>
  name === '' && encodingOf(value) === undefined && !/^(?:INLINE|URL|URI|CID|CONTENT-ID)$/i.test(value);
