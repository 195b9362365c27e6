/** The parts of an item that hold its facts, and changes to single lines that leave every other byte alone. */
import { entryKind } from './calendar.js';
import { parseDocument, type Component, type Document } from './components.js';
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
