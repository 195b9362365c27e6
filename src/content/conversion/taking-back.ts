/**
 * What a device of another format means by what it sends: the difference against what it was given, made in the stored item. What comes
 * back as it went is no change, what the device's format has no place for it cannot have changed, and a property it did change is written
 * anew in the stored item's format, alone.
 */
import type { Component, Document } from '../components.js';
import { applyEdits, type Edit } from '../entries.js';
import { endsAlike } from '../recurrence/counted.js';
import { seriesIn } from '../recurrence/series-in.js';
import type { SifDocument } from '../sif-document.js';
import { durationOf } from './alarms.js';
import { converted, readable, reread, type Readable } from './convert.js';
import { dialectOf, familyOf, type Format } from './format.js';
import { inStoredDays, inStoredZone, onStoredClock, type StoredEntry } from './moments.js';
import { noteTakenBack } from './notes.js';
import { mainEntry, meaningOf, piecesOf, type Piece } from './pieces.js';
import { pivotOf, type Pivot } from './sif/fields.js';
import { sifAsPivot } from './sif/items.js';
import { pivotTakenBack, sifTakenBack } from './sif/taking-back.js';
import { withTrigger } from './triggers.js';
import { textOf, type Converted, type Span } from './units.js';
import { zoneNamed } from '../zones/naming.js';
import { secondsBetween } from '../zones/wall.js';
import { toUtc } from '../zones/zone.js';

/** One part of what the device was given, and the part of the stored item it came from. */
interface Given {
  readonly piece: Piece;
  readonly source: Span | undefined;
}

/**
 * @param stored the item as it was when the device got it.
 * @param incoming what the device sends, in another format of the same family.
 * @param zone where the device is (IANA name), when it was given local times instead of UTC.
 * @param home where the phone of vCalendar 1.0 is, that sends the item or sent the stored one, when it is known.
 * @returns the stored item with the device's changes: its own bytes when there are none. Undefined when the two cannot be compared.
 */
export function takeBackConverted(stored: Readable, incoming: Readable, zone?: string, home?: string): Uint8Array | undefined {
  if (familyOf(stored.format) === 'note') return noteTakenBack(stored, incoming);
  if (stored.sif) return intoSif(stored, stored.sif, incoming, { zone, home });
  if (incoming.sif) return outOfSif(stored, incoming.sif, { zone, home });
  const given = converted(stored, incoming.format, home);
  const meant = converted(incoming, stored.format, home);
  const entry = stored.document && mainEntry(stored.document);
  const theirs = incoming.document && mainEntry(incoming.document);
  if (!given || !meant || !stored.document || !entry || !incoming.document || !theirs || entry.name !== theirs.name) return undefined;
  const shown = readable(
    Buffer.from(textOf(given), 'latin1'),
    incoming.document.roots[0]?.name === 'VCARD' ? 'text/vcard' : 'text/calendar',
  );
  const again = shown && converted(shown, stored.format, home);
  if (!shown?.document || !again) return undefined;
  const before = givenPieces(given, shown.document, incoming.format);
  const after = piecesOf(incoming.document, theirs, incoming.format);
  const { text: whole } = stored.document.source;
  const isLength = ({ source }: Given): boolean => source !== undefined && /^DURATION/i.test(whole.slice(source.start, source.end));
  const own = textsBySource(meant);
  const wasOwn = textsBySource(again);
  const meansNew = (one: Given, piece: Piece): boolean =>
    meaningOf(wasOwn(one.piece), stored.format) !== meaningOf(own(piece), stored.format);
  const dialect = dialectOf(incoming.format);
  const series = (document: Document, one: Component) => seriesIn(document, one, dialect, home);
  const main = mainEntry(shown.document);
  const [was, is] = [main && series(shown.document, main), series(incoming.document, theirs)];
  const isOneEnd = (): boolean => was !== undefined && is !== undefined && endsAlike(was.rule, is.rule, was, is);
  const { removed, added } = difference(before, after, meansNew, isLength, isOneEnd);
  const edits = editsFor(
    { document: stored.document, entry, format: stored.format, own, zone, home, startOf: () => startIn(after, own) },
    removed,
    added,
  );
  return edits.length === 0 ? stored.bytes : applyEdits(whole, edits);
}

interface Zones {
  readonly zone: string | undefined;
  readonly home: string | undefined;
}

/** A SIF item stored, and changed by a device of another format: first in the pivot of its kind, then element by element. */
function intoSif(stored: Readable, sif: SifDocument, incoming: Readable, { zone, home }: Zones): Uint8Array | undefined {
  if (incoming.sif) return undefined;
  const format = pivotOf(sif.kind);
  const pivot = sifAsPivot(sif);
  const shown = reread(pivot, format);
  if (!shown?.document) return undefined;
  const changed = incoming.format === format ? incoming.bytes : takeBackConverted(shown, incoming, zone, home);
  const meant = changed && readable(changed, typeOfPivot(format));
  if (!meant?.document) return undefined;
  const result = changed === shown.bytes ? undefined : pivotTakenBack(sif, pivot, shown.document, meant.document);
  return result === 'unlike' ? undefined : (result ?? stored.bytes);
}

/** An item of lines stored, and changed by a device that has it as SIF. */
function outOfSif(stored: Readable, incoming: SifDocument, { zone, home }: Zones): Uint8Array | undefined {
  const format = pivotOf(incoming.kind);
  const there = stored.format === format ? undefined : converted(stored, format, home);
  const shown = stored.format === format ? stored : there && reread(there, format);
  if (!shown?.document) return undefined;
  const changed = sifTakenBack(shown.document, incoming);
  if (changed === 'unlike') return undefined;
  if (changed === undefined) return stored.bytes;
  const meant = readable(changed, typeOfPivot(format));
  return stored.format === format || !meant ? changed : takeBackConverted(stored, meant, zone, home);
}

const typeOfPivot = (format: Pivot): string => (format === 'vcard30' ? 'text/vcard' : 'text/calendar');

/** The parts of the converted item with their origins. */
function givenPieces(given: Converted, document: Document, format: Format): readonly Given[] {
  const entry = mainEntry(document);
  if (!entry) return [];
  const origins = new Map<number, Span | undefined>();
  let at = given.head.length;
  for (const { text, source } of given.units) {
    if (text !== '') origins.set(at, source);
    at += text.length;
  }
  return piecesOf(document, entry, format).map((piece) => ({ piece, source: origins.get(piece.start) }));
}

/** What each part of an item became. */
function textsBySource({ units }: Converted): (piece: Piece) => string {
  const texts = new Map(units.map(({ source, text }) => [source?.start, text]));
  return ({ start }) => texts.get(start) ?? '';
}

const valueIn = (line: string): string => /:([^\r\n]*)/.exec(line)?.[1] ?? '';

function startIn(pieces: readonly Piece[], own: (piece: Piece) => string): string {
  const start = pieces.find(({ name }) => name === 'DTSTART');
  return start ? own(start) : '';
}

/**
 * What the device changed, part by part.
 *
 * @param meansNew what came back as it went means something else now, because of what stands beside it: an alarm of an event that was moved.
 * @param isOneEnd the rules say one end, one by a number of times and the other by its last day. @param isLength the stored item has the length of the entry where the device has its end.
 */
function difference(
  before: readonly Given[],
  after: readonly Piece[],
  meansNew: (given: Given, piece: Piece) => boolean,
  isLength: (given: Given) => boolean,
  isOneEnd: () => boolean,
): { removed: Given[]; added: Piece[] } {
  const waiting = new Map<string, Given[]>();
  const keyOf = ({ name, meaning }: Piece): string => `${name}\0${meaning}`;
  for (const given of [...before].reverse()) push(waiting, keyOf(given.piece), given);
  const added: Piece[] = [];
  const kept: { given: Given; piece: Piece }[] = [];
  for (const piece of after) {
    const given = waiting.get(keyOf(piece))?.pop();
    if (given) kept.push({ given, piece });
    else if (piece.meaning !== '') added.push(piece);
  }
  const rule = added.findIndex(({ name }) => name === 'RRULE');
  if (rule >= 0 && isOneEnd()) {
    added.splice(rule, 1);
    for (const [key, list] of waiting) if (key.startsWith('RRULE\0')) list.pop();
  }
  const left = new Set([...waiting.values()].flat());
  const removed = before.filter((given) => left.has(given));
  const isMoved = added.some(({ name }) => name === 'DTSTART');
  for (const { given, piece } of kept)
    if (piece.meaning !== '' && (meansNew(given, piece) || (isMoved && isLength(given)))) {
      removed.push(given);
      added.push(piece);
    }
  // What says nothing that counts is a program's own: an identifier, a stamp. Leaving it out is no change.
  return { removed: removed.filter(({ piece }) => piece.meaning !== ''), added };
}

interface Place extends StoredEntry {
  /** What a part the device sends is in the stored item's format. */
  readonly own: (piece: Piece) => string;
  /** Where the entry begins now: the property, as the device's item says it in the stored format. */
  readonly startOf: () => string;
}

function editsFor(place: Place, removed: readonly Given[], added: readonly Piece[]): readonly Edit[] {
  const { document, entry, format } = place;
  const edits: Edit[] = [];
  const left = new Map<string, Given[]>();
  for (const given of removed) push(left, given.piece.name, given);
  const fresh: string[] = [];
  const { text: whole } = document.source;
  for (const piece of added) {
    const span = takeLikely(left, piece)?.source;
    const was = span && whole.slice(span.start, span.end);
    const clocked = isOfSeries(piece)
      ? onStoredClock(place.own(piece), place.startOf(), storedStartLine(place))
      : asLength(place, was, piece);
    const zoned = inStoredZone(clocked, place, span?.start);
    const text = withTrigger(was, isRule(piece) ? inStoredDays(zoned, valueIn(place.startOf()), valueIn(storedStartLine(place))) : zoned);
    if (!span) fresh.push(text);
    // Two values of one format may be one value of the other.
    else if (text !== '' && meaningOf(text, format) !== meaningOf(endedLine(was ?? ''), format)) edits.push({ ...span, text });
  }
  for (const { source } of [...left.values()].flat()) if (source) edits.push({ ...source, text: '' });
  const last = document.lines.find(({ name, end }) => name === 'END' && end === entry.end)?.start ?? entry.end;
  // Properties stand before the components of an entry.
  const firstChild = entry.children[0]?.start ?? last;
  const isComponent = (text: string): boolean => /^BEGIN:/i.test(text);
  for (const [at, texts] of [
    [firstChild, fresh.filter((text) => text !== '' && !isComponent(text))],
    [last, fresh.filter(isComponent)],
  ] as const)
    if (texts.length > 0) edits.push({ start: at, end: at, text: texts.join('') });
  return edits;
}

const isRule = ({ name }: Pick<Piece, 'name'>): boolean => name === 'RRULE' || name === 'EXRULE';

const isOfSeries = ({ name }: Piece): boolean => isRule({ name }) || name === 'EXDATE';

/** Where the entry begins now, as it is going to be stored. */
function storedStartLine(place: Place): string {
  const start = place.startOf();
  return start === '' ? '' : inStoredZone(start, place, undefined);
}

/** The end of an entry whose stored form has its length. */
function asLength({ own, startOf }: Place, was: string | undefined, piece: Piece): string {
  const text = own(piece);
  if (was === undefined || !/^DURATION/i.test(was)) return text;
  const seconds = secondsBetween(momentIn(startOf()), momentIn(text));
  return seconds === undefined || seconds < 0 ? text : `DURATION:${durationOf(seconds, /:P\d+[DW]/i.test(was))}\r\n`;
}

/** What a property of 2.0 says, in UTC where it names a zone. */
function momentIn(line: string): string {
  const value = valueIn(line);
  if (/^\d{8}$/.test(value)) return `${value}T000000`;
  const zone = zoneNamed(/;TZID="?([^";:]*)/.exec(line)?.[1] ?? '');
  return zone ? toUtc(value, zone) : value;
}

const endedLine = (text: string): string => (/[\r\n]$/.test(text) ? text : `${text}\r\n`);

function push<T>(lists: Map<string, T[]>, key: string, one: T): void {
  const list = lists.get(key);
  if (list) list.push(one);
  else lists.set(key, [one]);
}

/** So many properties of a name are looked at for the one with the same types. */
const MAX_ALIKE = 100;

/** Takes the property it most likely was: of the same name, and of the same types where there is one. */
function takeLikely(removed: Map<string, Given[]>, { name, text }: Piece): Given | undefined {
  const header = (line: string): string => line.slice(0, Math.max(0, line.indexOf(':'))).replace(/;(?:ENCODING|CHARSET)=[\w-]+/gi, '');
  const alike = removed.get(name) ?? [];
  const same = alike.slice(0, MAX_ALIKE).findIndex(({ piece }) => header(piece.text) === header(text));
  return alike.splice(Math.max(same, 0), 1)[0];
}
