/**
 * Notes: a plain text, the vNote of phones, whose BODY it is, and the journal entry of iCalendar, whose DESCRIPTION is the text with its first
 * line as SUMMARY. [IrMC 1.1, "vNote"; RFC 5545, "Journal Component"]
 */
import type { Component, Document } from '../components.js';
import { decodeText, toBinary } from '../charset.js';
import { applyEdits } from '../entries.js';
import { firstLine } from '../identity.js';
import { normalizeNewlines, textValue, unescapeText, type Dialect } from '../value.js';
import type { Readable } from './convert.js';
import type { Format } from './format.js';
import { noteTextOf } from './sif/note.js';
import { fieldsOf, textIn } from './sif/fields.js';
import { noteIntoSif } from './sif/edits.js';
import type { Converted, Unit } from './units.js';
import { binaryOf, write } from './writing.js';

function plainNote(bytes: Uint8Array): string {
  return normalizeNewlines(decodeText(toBinary(bytes).text));
}

const bare = { types: [], params: [], valueType: '' };
const bodyLine = (text: string): string => write({ ...bare, name: 'BODY', value: { kind: 'plain', text } }, 'vnote');
const textLine = (name: string, text: string): string => write({ ...bare, name, value: { kind: 'text', text } }, 'journal');

/** The one entry of a vNote or a journal; undefined for a text, and for several of them. */
function entryOf({ document, format }: Readable): Component | undefined {
  const [root, ...more] = document?.roots ?? [];
  if (!root || more.length > 0) return undefined;
  if (format === 'vnote') return root.name === 'VNOTE' ? root : undefined;
  const [journal, ...others] = root.children.filter(({ name }) => name === 'VJOURNAL');
  return others.length === 0 ? journal : undefined;
}

function valueOf(document: Document, entry: Component, name: string, dialect: Dialect): string | undefined {
  const line = entry.lines.find((one) => one.name === name);
  const { text, transcoded } = document.source;
  return line && unescapeText(textValue({ text, transcoded, dialect }, line), dialect);
}

/** A note's text; undefined for what is no note of one text. */
export function noteTextIn(item: Readable): string | undefined {
  const { format, document, bytes, sif } = item;
  if (sif) return sif.kind === 'note' ? noteTextOf(fieldsOf(sif)) : undefined;
  if (format === 'plain') return plainNote(bytes);
  const entry = entryOf(item);
  if (!document || !entry) return undefined;
  if (format === 'vnote') return valueOf(document, entry, 'BODY', 'legacy');
  const summary = valueOf(document, entry, 'SUMMARY', 'modern') ?? '';
  const description = valueOf(document, entry, 'DESCRIPTION', 'modern') ?? '';
  return description === '' || summary === '' || firstLine(description) === summary ? description || summary : `${summary}\n${description}`;
}

/** @returns undefined for what is no note of one text. */
export function noteAs(item: Readable, to: Format): Converted | undefined {
  const text = noteTextIn(item);
  if (text === undefined) return undefined;
  const entry = entryOf(item);
  const texts = entry?.lines.filter(({ name }) => TEXTS.has(name)) ?? [];
  const [line] = texts;
  const span = line ?? { start: 0, end: item.bytes.length };
  const source = { start: span.start, end: span.end };
  const others = entry?.lines.filter((one) => !TEXTS.has(one.name) && one.name !== 'VERSION') ?? [];
  const lost = others.map(({ start, end }): Unit => ({ source: { start, end }, text: '', loss: 'note-frame' }));
  switch (to) {
    case 'plain':
      return { head: '', units: [{ source, text: binaryOf(text.replaceAll('\n', '\r\n')) }, ...lost], tail: '' };
    case 'vnote':
      return {
        head: 'BEGIN:VNOTE\r\nVERSION:1.1\r\n',
        units: [{ source, text: bodyLine(text.trimEnd()) }, ...lost],
        tail: 'END:VNOTE\r\n',
      };
    case 'journal':
      return {
        head: 'BEGIN:VCALENDAR\r\nPRODID:-//Moorage//Moorage//EN\r\nVERSION:2.0\r\nBEGIN:VJOURNAL\r\nDTSTAMP:19700101T000000Z\r\n',
        units: [{ source, text: journalLines(text.trimEnd()) }, ...lost],
        tail: 'END:VJOURNAL\r\nEND:VCALENDAR\r\n',
      };
    default:
      return undefined;
  }
}

const TEXTS: ReadonlySet<string> = new Set(['BODY', 'SUMMARY', 'DESCRIPTION']);

/** A text of one line is its own heading. */
const journalLines = (text: string): string =>
  textLine('SUMMARY', firstLine(text)) + (text.trim() === firstLine(text) ? '' : textLine('DESCRIPTION', text));

/** What stands above a note, and the note; undefined for one that is a text alone. */
function headed(item: Readable): { readonly heading: string; readonly body: string } | undefined {
  const { sif, document, format } = item;
  if (sif) {
    const fields = fieldsOf(sif);
    return sif.kind === 'note' ? { heading: textIn(fields, 'Subject'), body: textIn(fields, 'Body') } : undefined;
  }
  const entry = format === 'journal' ? entryOf(item) : undefined;
  const value = (name: string): string => (document && entry ? (valueOf(document, entry, name, 'modern') ?? '') : '');
  return entry && { heading: value('SUMMARY'), body: value('DESCRIPTION') };
}

/** A heading that was edited alone is the first line of the note, from which it was made. @returns undefined where that is not what happened. */
function withNewHeading(mine: string, incoming: Readable): string | undefined {
  const theirs = headed(incoming);
  const [line = ''] = mine.split('\n', 1);
  const isBody = theirs?.body.trimEnd().normalize('NFC') === mine;
  return theirs &&
    isBody &&
    theirs.heading.trim() !== '' &&
    line.trim() === firstLine(mine) &&
    theirs.heading.normalize('NFC') !== firstLine(mine)
    ? theirs.heading + mine.slice(line.length)
    : undefined;
}

/** The stored note with the text a device sends; its own bytes when that is the same. */
export function noteTakenBack(stored: Readable, incoming: Readable): Uint8Array | undefined {
  const [mine, text] = [noteTextIn(stored)?.trimEnd(), noteTextIn(incoming)?.trimEnd()];
  if (mine === undefined || text === undefined) return undefined;
  const theirs = withNewHeading(mine, incoming) ?? text;
  if (mine === theirs.normalize('NFC')) return stored.bytes;
  if (stored.sif) return noteIntoSif(stored.sif, theirs) ?? stored.bytes;
  if (!stored.document) return Buffer.from(theirs.replaceAll('\n', '\r\n'), 'utf8');
  const entry = entryOf(stored);
  const [first, ...others] = entry?.lines.filter(({ name }) => TEXTS.has(name)) ?? [];
  if (!first) return undefined;
  const lines = stored.format === 'vnote' ? bodyLine(theirs) : journalLines(theirs);
  return applyEdits(stored.document.source.text, [
    { start: first.start, end: first.end, text: lines },
    ...others.map(({ start, end }) => ({ start, end, text: '' })),
  ]);
}
