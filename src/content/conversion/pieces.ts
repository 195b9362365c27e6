/** The parts of an entry that are compared: its properties, and the components in it. */
import { entryKind } from '../calendar.js';
import type { Component, Document } from '../components.js';
import { describe } from '../describe.js';
import { dialectOf, type Format, type SifFormat } from './format.js';
import { seriesOf } from './calendars.js';
import type { Span } from './units.js';

export interface Piece extends Span {
  readonly name: string;
  /** As it stands, with its line end; binary. */
  readonly text: string;
  /** What it says, however it is written; '' when it says nothing that counts. */
  readonly meaning: string;
}

/** SIF items are compared by their elements. */
type LineFormat = Exclude<Format, SifFormat>;

const FRAMES: Readonly<Record<LineFormat, readonly [string, string]>> = {
  vcard21: ['BEGIN:VCARD\r\nVERSION:2.1\r\n', 'END:VCARD\r\n'],
  vcard30: ['BEGIN:VCARD\r\nVERSION:3.0\r\n', 'END:VCARD\r\n'],
  vcard40: ['BEGIN:VCARD\r\nVERSION:4.0\r\n', 'END:VCARD\r\n'],
  vcal10: ['BEGIN:VCALENDAR\r\nVERSION:1.0\r\nBEGIN:VEVENT\r\n', 'END:VEVENT\r\nEND:VCALENDAR\r\n'],
  ical20: ['BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\n', 'END:VEVENT\r\nEND:VCALENDAR\r\n'],
  vnote: ['BEGIN:VNOTE\r\nVERSION:1.1\r\n', 'END:VNOTE\r\n'],
  journal: ['BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VJOURNAL\r\n', 'END:VJOURNAL\r\nEND:VCALENDAR\r\n'],
  plain: ['', ''],
};

/** What lines of an entry say, as the canonical form of an entry that has no others. */
export function meaningOf(text: string, format: Format): string {
  const [head, tail] = FRAMES[format as LineFormat];
  const type =
    dialectOf(format) === 'modern' ? (format === 'ical20' || format === 'journal' ? 'text/calendar' : 'text/vcard') : 'text/x-vcard';
  const said = Buffer.from(describe(Buffer.from(`${head}${text}${tail}`, 'latin1'), type).canonical).toString('latin1');
  return said === nothing(format) ? '' : said;
}

const empty = new Map<Format, string>();

function nothing(format: Format): string {
  const known = empty.get(format);
  if (known !== undefined) return known;
  const [head, tail] = FRAMES[format as LineFormat];
  const said = Buffer.from(describe(Buffer.from(head + tail, 'latin1'), 'text/x-vcard').canonical).toString('latin1');
  empty.set(format, said);
  return said;
}

/** The entry that edits are about; undefined when the document is not one item of this format's kind. */
export function mainEntry({ roots }: Document): Component | undefined {
  const [root, ...more] = roots;
  if (!root || more.length > 0) return undefined;
  if (root.name !== 'VCALENDAR') return root;
  return seriesOf(root.children.filter(({ name }) => entryKind(name) !== undefined))?.main;
}

const ended = (text: string): string => (/[\r\n]$/.test(text) ? text : `${text}\r\n`);

export function piecesOf(document: Document, entry: Component, format: Format): readonly Piece[] {
  const piece = (name: string, { start, end }: Span): Piece => {
    const text = ended(document.source.text.slice(start, end));
    return { name, start, end, text, meaning: meaningOf(text, format) };
  };
  return [
    ...entry.lines.filter(({ name }) => name !== '' && name !== 'VERSION').map((line) => piece(line.name, line)),
    ...entry.children.map((child) => piece(child.name, child)),
  ];
}
