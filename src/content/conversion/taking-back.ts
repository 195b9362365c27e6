/**
 * What a device of another format means by what it sends: the difference against what it was given, made in the stored item. What comes
 * back as it went is no change, what the device's format has no place for it cannot have changed, and a property it did change is written
 * anew in the stored item's format, alone.
 */
import type { Component, Document } from '../components.js';
import { parseDocument } from '../components.js';
import { applyEdits, type Edit } from '../entries.js';
import { converted, type Readable } from './convert.js';
import type { Format } from './format.js';
import { inStoredZone } from './moments.js';
import { bodyLine, bodyOf, plainNote } from './notes.js';
import { mainEntry, meaningOf, piecesOf, type Piece } from './pieces.js';
import { withTrigger } from './triggers.js';
import { textOf, type Converted, type Span } from './units.js';

/** One part of what the device was given, and the part of the stored item it came from. */
interface Given {
  readonly piece: Piece;
  readonly source: Span | undefined;
}

/**
 * @param stored the item as it was when the device got it.
 * @param incoming what the device sends, in another format of the same family.
 * @param zone where the device is (IANA name), when it was given local times instead of UTC.
 * @returns the stored item with the device's changes: its own bytes when there are none. Undefined when the two cannot be compared.
 */
export function takeBackConverted(stored: Readable, incoming: Readable, zone?: string): Uint8Array | undefined {
  if (stored.format === 'plain' || stored.format === 'vnote') return noteTakenBack(stored, incoming);
  const given = converted(stored, incoming.format);
  const meant = converted(incoming, stored.format);
  const entry = stored.document && mainEntry(stored.document);
  const theirs = incoming.document && mainEntry(incoming.document);
  if (!given || !meant || !stored.document || !entry || !incoming.document || !theirs || entry.name !== theirs.name) return undefined;
  const before = givenPieces(given, incoming.format);
  const after = piecesOf(incoming.document, theirs, incoming.format);
  const { removed, added } = difference(before, after, (piece) => formOf(meant, piece));
  const edits = editsFor(stored.document, entry, stored.format, removed, added, (piece) => ownText(meant, piece), zone);
  return edits.length === 0 ? stored.bytes : applyEdits(stored.document.source.text, edits);
}

/** The parts of the converted item with their origins. */
function givenPieces(given: Converted, format: Format): readonly Given[] {
  const document = parseDocument(Buffer.from(textOf(given), 'latin1'));
  const entry = document && mainEntry(document);
  if (!document || !entry) return [];
  const origins = new Map<number, Span | undefined>();
  let at = given.head.length;
  for (const { text, source } of given.units) {
    origins.set(at, source);
    at += text.length;
  }
  // Units without text stand at the place of the next one, which is set after them.
  return piecesOf(document, entry, format).map((piece) => ({ piece, source: origins.get(piece.start) }));
}

const ownText = (meant: Converted, piece: Piece): string => meant.units.find(({ source }) => source?.start === piece.start)?.text ?? '';

/** `date` or `time`, for a property that has one. */
const formOf = (meant: Converted, piece: Piece): string => (/[:]\d{8}(?:$|[\r\n,])/.test(ownText(meant, piece)) ? 'date' : 'time');

const SPAN: ReadonlySet<string> = new Set(['DTSTART', 'DTEND', 'DUE']);

/** What the device changed, part by part. */
function difference(
  before: readonly Given[],
  after: readonly Piece[],
  form: (piece: Piece) => string,
): { removed: Given[]; added: Piece[] } {
  const removed = [...before];
  const added: Piece[] = [];
  const kept: { given: Given; piece: Piece }[] = [];
  for (const piece of after) {
    const at = removed.findIndex(({ piece: one }) => one.name === piece.name && one.meaning === piece.meaning);
    const [given] = at < 0 ? [] : removed.splice(at, 1);
    if (given) kept.push({ given, piece });
    else if (piece.meaning !== '') added.push(piece);
  }
  // A day that became a time of day, or the other way round, is told by both of its ends.
  if (added.some(({ name }) => SPAN.has(name)))
    for (const { given, piece } of kept)
      if (SPAN.has(piece.name) && added.some((one) => SPAN.has(one.name) && form(one) !== storedForm(given))) {
        removed.push(given);
        added.push(piece);
      }
  // What says nothing that counts is a program's own: an identifier, a stamp. Leaving it out is no change.
  return { removed: removed.filter(({ piece }) => piece.meaning !== ''), added };
}

const storedForm = ({ piece }: Given): string => (/:\d{8}(?:T000000)?[\r\n]*$/.test(piece.text) ? 'date' : 'time');

function editsFor(
  document: Document,
  entry: Component,
  format: Format,
  removed: readonly Given[],
  added: readonly Piece[],
  own: (piece: Piece) => string,
  zone: string | undefined,
): readonly Edit[] {
  const edits: Edit[] = [];
  const left = [...removed];
  const fresh: string[] = [];
  const { text: whole } = document.source;
  for (const piece of added) {
    const at = bestOf(left, piece);
    const [old] = at < 0 ? [] : left.splice(at, 1);
    const span = old?.source;
    const was = span && whole.slice(span.start, span.end);
    const text = withTrigger(was, inStoredZone(own(piece), document, entry, was, zone));
    if (!span) fresh.push(text);
    // Two values of one format may be one value of the other.
    else if (text !== '' && meaningOf(text, format) !== meaningOf(endedLine(was ?? ''), format)) edits.push({ ...span, text });
  }
  for (const { source } of left) if (source) edits.push({ ...source, text: '' });
  const last = document.lines.find(({ name, end }) => name === 'END' && end === entry.end)?.start ?? entry.end;
  // Properties stand before the components of an entry.
  const firstChild = entry.children[0]?.start ?? last;
  const isComponent = (text: string): boolean => /^BEGIN:/i.test(text);
  for (const [place, texts] of [
    [firstChild, fresh.filter((text) => text !== '' && !isComponent(text))],
    [last, fresh.filter(isComponent)],
  ] as const)
    if (texts.length > 0) edits.push({ start: place, end: place, text: texts.join('') });
  return edits;
}

const endedLine = (text: string): string => (/[\r\n]$/.test(text) ? text : `${text}\r\n`);

/** The property it most likely was: of the same name, and of the same types where there is one. */
function bestOf(removed: readonly Given[], { name, text }: Piece): number {
  const header = (line: string): string => line.slice(0, Math.max(0, line.indexOf(':'))).replace(/;(?:ENCODING|CHARSET)=[\w-]+/gi, '');
  const same = removed.findIndex(({ piece }) => piece.name === name && header(piece.text) === header(text));
  return same >= 0 ? same : removed.findIndex(({ piece }) => piece.name === name);
}

function noteTakenBack(stored: Readable, incoming: Readable): Uint8Array | undefined {
  const textIn = ({ document, bytes }: Readable): string | undefined => (document ? bodyOf(document) : plainNote(bytes))?.trimEnd();
  const [mine, theirs] = [textIn(stored), textIn(incoming)];
  if (mine === undefined || theirs === undefined) return undefined;
  if (mine === theirs.normalize('NFC')) return stored.bytes;
  if (!stored.document) return Buffer.from(theirs.replaceAll('\n', '\r\n'), 'utf8');
  const line = stored.document.roots[0]?.lines.find(({ name }) => name === 'BODY');
  return line && applyEdits(stored.document.source.text, [{ start: line.start, end: line.end, text: bodyLine(theirs) }]);
}
