/** The parts of an item that hold its facts, and changes to single lines that leave every other byte alone. */
import { entryKind } from './calendar.js';
import { parseDocument, type Component, type Document } from './components.js';
import type { ContentLine } from './lines.js';
import { normalizeMediaType, syntaxOf } from './media-type.js';

/** A replacement of a span of the binary text. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** @returns undefined for what is not of the vCard and iCalendar family, and for UTF-16, whose bytes are not its characters. */
export function linesOf(bytes: Uint8Array, mediaType: string): Document | undefined {
  if (syntaxOf(normalizeMediaType(mediaType)) !== 'lines') return undefined;
  const document = parseDocument(bytes);
  return document?.source.transcoded ? undefined : document;
}

/** Cards, notes, and the events, tasks and journal entries of calendars. */
export const entriesOf = ({ roots }: Document): readonly Component[] =>
  roots.flatMap((root) => (root.name === 'VCALENDAR' ? root.children.filter(({ name }) => entryKind(name) !== undefined) : [root]));

/** Where a line ends, with the empty one that ends a value in BASE64. [vCard 2.1, "Encodings"] */
export function wholeEnd(text: string, { end, encoding }: ContentLine): number {
  if (encoding !== 'base64') return end;
  const empty = /\r?\n/y;
  empty.lastIndex = end;
  return end + (empty.exec(text)?.[0].length ?? 0);
}

/** @param edits in any order, none overlapping another. */
export function applyEdits(text: string, edits: readonly Edit[]): Uint8Array {
  const parts: string[] = [];
  let at = 0;
  // What is put in at a place stands before what replaces the text there.
  for (const { start, end, text: instead } of [...edits].sort((a, b) => a.start - b.start || a.end - b.end)) {
    parts.push(text.slice(at, start), instead);
    at = end;
  }
  parts.push(text.slice(at));
  return Buffer.from(parts.join(''), 'latin1');
}
