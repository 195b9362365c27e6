/**
 * Changed instances of a series, each an entry of its own in the item of its series (RECURRENCE-ID), as items that stand alone: for devices whose
 * format has no place for them. What is done to one of these is done to the item of the series. [RFC 5545, "Recurrence ID"]
 */
import { entryKind } from './calendar.js';
import type { Component } from './components.js';
import { seriesOf } from './conversion/calendars.js';
import { formatOf } from './conversion/format.js';
import { basicDateTime } from './date-time.js';
import { applyEdits, linesOf, type Edit } from './entries.js';
import type { ContentLine } from './lines.js';
import { normalizeMediaType, syntaxOf } from './media-type.js';
import { paramValue } from './params.js';
import { textValue, type ValueSource } from './value.js';
import { zonesOf } from './zones/naming.js';
import { toUtc } from './zones/zone.js';

interface Series {
  readonly source: ValueSource;
  readonly root: Component;
  /** Stands for the item; may be an instance itself, where only instances are known. */
  readonly main: Component;
  /** The others, by {@link instancesIn}'s names. */
  readonly instances: ReadonlyMap<string, Component>;
}

/** Series that recur by rule or by dates. */
const RECURS: ReadonlySet<string> = new Set(['RRULE', 'RDATE']);
/** What only a series has. */
const OF_SERIES: ReadonlySet<string> = new Set(['RRULE', 'RDATE', 'EXRULE', 'EXDATE', 'RECURRENCE-ID']);

const lineOf = ({ lines }: Component, name: string): ContentLine | undefined => lines.find((line) => line.name === name);

function tzidOf({ params }: ContentLine): string | undefined {
  const tzid = params.find(({ name }) => name === 'TZID');
  return tzid && paramValue(tzid);
}

/** A look that costs little. */
const mentionsInstance = (bytes: Uint8Array, mediaType: string): boolean =>
  /calendar/i.test(mediaType) && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes('RECURRENCE-ID');

function seriesIn(bytes: Uint8Array, mediaType: string): Series | undefined {
  if (!mentionsInstance(bytes, mediaType)) return undefined;
  const found = entriesIn(bytes, mediaType);
  const series = found && seriesOf(found.entries);
  if (!found || !series || series.detached.length === 0) return undefined;
  const { source, root } = found;
  const instances = new Map<string, Component>();
  for (const one of series.detached) {
    const name = nameOf(source, root, lineOf(one, 'RECURRENCE-ID'));
    if (name !== undefined && !instances.has(name)) instances.set(name, one);
  }
  return { source, root, main: series.main, instances };
}

/** The entries of a calendar of 2.0. */
function entriesIn(
  bytes: Uint8Array,
  mediaType: string,
): { source: ValueSource; root: Component; entries: readonly Component[] } | undefined {
  const document = linesOf(bytes, mediaType);
  const [root, ...more] = document?.roots ?? [];
  if (!document || !root || more.length > 0 || formatOf(document, mediaType) !== 'ical20') return undefined;
  const source: ValueSource = { text: document.source.text, transcoded: document.source.transcoded, dialect: 'modern' };
  return { source, root, entries: root.children.filter(({ name }) => entryKind(name) !== undefined) };
}

/** Which instance it is: the moment it would be at, in UTC where its zone is known. Undefined: it stands for more than one. */
function nameOf(source: ValueSource, root: Component, line: ContentLine | undefined): string | undefined {
  if (!line || line.params.some((one) => one.name === 'RANGE')) return undefined;
  const tzid = tzidOf(line);
  return momentOf(source, root, basicDateTime(textValue(source, line)), tzid);
}

function momentOf(source: ValueSource, root: Component, text: string, tzid: string | undefined): string {
  if (tzid === undefined || !/^\d{8}T\d{6}$/.test(text)) return text;
  const zone = zonesOf(source, root)(tzid);
  return zone ? toUtc(text, zone) : `${text} ${tzid}`;
}

/** Names of the changed instances in an item, `20260608T080000Z`; none for what is no series of iCalendar 2.0. Never throws. */
export const instancesIn = (bytes: Uint8Array, mediaType: string): readonly string[] => [
  ...(seriesIn(bytes, mediaType)?.instances.keys() ?? []),
];

/** The same, and the name of what is an instance itself and stands alone. */
export function instancesNamed(bytes: Uint8Array, mediaType: string): readonly string[] {
  const names = instancesIn(bytes, mediaType);
  const lone = names.length === 0 ? loneInstance(bytes, mediaType)?.name : undefined;
  return lone === undefined ? names : [lone];
}

/** An instance as an item of its own: without its RECURRENCE-ID, and with a UID of its own. */
export function instanceAlone(bytes: Uint8Array, mediaType: string, name: string): Uint8Array | undefined {
  const series = seriesIn(bytes, mediaType);
  const entry = series?.instances.get(name);
  if (!series || !entry) return undefined;
  const { source, main } = series;
  const edits: Edit[] = [main, ...series.instances.values(), ...othersIn(series)]
    .filter((one) => one !== entry)
    .map(({ start, end }) => ({ start, end, text: '' }));
  const id = lineOf(entry, 'RECURRENCE-ID');
  if (id) edits.push({ start: id.start, end: id.end, text: '' });
  const uid = lineOf(entry, 'UID');
  if (uid) edits.push({ start: uid.valueEnd, end: uid.valueEnd, text: `-${name.replace(/[^\w+-]+/g, '-')}` });
  return applyEdits(source.text, edits);
}

/** Entries that are no instance with a name of its own. */
const othersIn = ({ root, main, instances }: Series): readonly Component[] => {
  const known = new Set([main, ...instances.values()]);
  return root.children.filter((child) => entryKind(child.name) !== undefined && !known.has(child));
};

/**
 * The item of the series with the instance as it stands alone in `alone`.
 *
 * @param id RECURRENCE-ID of the instance, a whole line, where it is none of the item's any more.
 * @returns undefined where it cannot be an instance: a series itself, another kind of entry, not one entry, or there is no series.
 */
export function withInstance(bytes: Uint8Array, mediaType: string, name: string, alone: Uint8Array, id?: string): Uint8Array | undefined {
  const found = entriesIn(bytes, mediaType);
  const series = found && seriesOf(found.entries);
  const own = entriesIn(alone, mediaType);
  const [entry, ...more] = own?.entries ?? [];
  if (!found || !series || !own || !entry || more.length > 0) return undefined;
  if (entry.name !== series.main.name || entry.lines.some((line) => OF_SERIES.has(line.name))) return undefined;
  const { source, root } = found;
  const old = series.detached.find((one) => nameOf(source, root, lineOf(one, 'RECURRENCE-ID')) === name);
  const oldId = old && lineOf(old, 'RECURRENCE-ID');
  const idText = oldId ? source.text.slice(oldId.start, oldId.end) : id;
  if (idText === undefined) return undefined;
  const uid = lineOf(old ?? series.main, 'UID');
  const uidText = uid ? source.text.slice(uid.start, uid.end) : '';
  const text = asInstance(own.source, entry, uidText + idText);
  const edits: Edit[] = old ? [{ start: old.start, end: old.end, text }] : [];
  if (!old) {
    const last = found.entries[found.entries.length - 1] ?? series.main;
    edits.push({ start: last.end, end: last.end, text }, ...withoutException(source, root, series.main, name));
  }
  edits.push(...zonesFor(found, own, series.main.start));
  return applyEdits(source.text, edits);
}

/** The text of an entry with these lines for its UID. */
function asInstance(source: ValueSource, entry: Component, head: string): string {
  const uid = lineOf(entry, 'UID');
  const at = uid ?? { start: entry.begin.end, end: entry.begin.end };
  const text = source.text.slice(entry.start, at.start) + head + source.text.slice(at.end, entry.end);
  return /[\r\n]$/.test(text) ? text : `${text}\r\n`;
}

type Entries = NonNullable<ReturnType<typeof entriesIn>>;

/** Rules of zones that only the instance names. */
function zonesFor({ source, root }: Entries, own: Entries, at: number): readonly Edit[] {
  const idOf = (from: ValueSource, zone: Component): string => {
    const line = lineOf(zone, 'TZID');
    return line ? textValue(from, line).trim() : '';
  };
  const zones = ({ children }: Component): readonly Component[] => children.filter((child) => child.name === 'VTIMEZONE');
  const known = new Set(zones(root).map((zone) => idOf(source, zone)));
  return zones(own.root)
    .filter((zone) => !known.has(idOf(own.source, zone)))
    .map((zone) => ({ start: at, end: at, text: own.source.text.slice(zone.start, zone.end) }));
}

/** The item of the series without the instance: that day is left out of it from now on. Undefined where it has no such instance. */
export function withoutInstance(bytes: Uint8Array, mediaType: string, name: string): Uint8Array | undefined {
  const series = seriesIn(bytes, mediaType);
  const entry = series?.instances.get(name);
  const id = entry && lineOf(entry, 'RECURRENCE-ID');
  if (!series || !entry || !id) return undefined;
  const { source, root, main } = series;
  const edits: Edit[] = [{ start: entry.start, end: entry.end, text: '' }];
  const isSeries = main.lines.some((line) => RECURS.has(line.name));
  if (isSeries && !exceptionsOf(source, root, main).some((one) => one.names.includes(name))) {
    edits.push(exception(main, source.text.slice(id.start, id.end)));
  }
  return applyEdits(source.text, edits);
}

interface Exceptions {
  readonly line: ContentLine;
  readonly values: readonly string[];
  readonly names: readonly string[];
}

const exceptionsOf = (source: ValueSource, root: Component, main: Component): readonly Exceptions[] =>
  main.lines
    .filter((line) => line.name === 'EXDATE')
    .map((line) => {
      const values = textValue(source, line).split(',');
      const tzid = tzidOf(line);
      return { line, values, names: values.map((one) => momentOf(source, root, basicDateTime(one), tzid)) };
    });

/** An instance that is there again is no exception any more. */
function withoutException(source: ValueSource, root: Component, main: Component, name: string): readonly Edit[] {
  return exceptionsOf(source, root, main).flatMap(({ line, values, names }) => {
    if (!names.includes(name)) return [];
    const left = values.filter((_, at) => names[at] !== name);
    return left.length === 0
      ? [{ start: line.start, end: line.end, text: '' }]
      : [{ start: line.valueStart, end: line.valueEnd, text: left.join(',') }];
  });
}

/** The RECURRENCE-ID of an instance as it stands in an item, a whole line. */
export function recurrenceId(bytes: Uint8Array, mediaType: string, name: string): string | undefined {
  const series = seriesIn(bytes, mediaType);
  const entry = series?.instances.get(name);
  const line = entry && lineOf(entry, 'RECURRENCE-ID');
  return series && line && series.source.text.slice(line.start, line.end);
}

const RECURRING = /<IsRecurring[^>]*>\s*(?:1|true)\s*</i;

/** Does what an item is about happen more than once? */
export function recurs(bytes: Uint8Array, mediaType: string): boolean {
  if (syntaxOf(normalizeMediaType(mediaType)) === 'sif') return RECURRING.test(Buffer.from(bytes).toString('latin1'));
  return linesOf(bytes, mediaType)?.lines.some((line) => RECURS.has(line.name)) === true;
}

/** UID of a series, or of an instance that is an item of its own, in iCalendar 2.0: other items may be of the same series. */
export function seriesUid(bytes: Uint8Array, mediaType: string): string | undefined {
  if (!/calendar/i.test(mediaType) || !/RRULE|RDATE|RECURRENCE-ID/.test(Buffer.from(bytes).toString('latin1'))) return undefined;
  const found = entriesIn(bytes, mediaType);
  const main = found && seriesOf(found.entries)?.main;
  const uid = main && lineOf(main, 'UID');
  if (!found || !main || !uid) return undefined;
  const text = textValue(found.source, uid).trim();
  const isOfSeries = main.lines.some(({ name }) => RECURS.has(name) || name === 'RECURRENCE-ID');
  return isOfSeries && text !== '' ? text : undefined;
}

/** An instance of a series that is an item of its own. `name`: as {@link instancesIn} has it. `id`: its RECURRENCE-ID, a whole line. */
export interface LoneInstance {
  readonly name: string;
  readonly id: string;
}

export function loneInstance(bytes: Uint8Array, mediaType: string): LoneInstance | undefined {
  const found = mentionsInstance(bytes, mediaType) ? entriesIn(bytes, mediaType) : undefined;
  const [entry, ...more] = found?.entries ?? [];
  const line = entry && lineOf(entry, 'RECURRENCE-ID');
  const name = found && line && nameOf(found.source, found.root, line);
  return found && line && name !== undefined && more.length === 0 ? { name, id: found.source.text.slice(line.start, line.end) } : undefined;
}

/** The lone instance as a device has it that knows of no series. */
export function withoutItsSeries(bytes: Uint8Array, mediaType: string): Uint8Array {
  const found = entriesIn(bytes, mediaType);
  const ids = found?.entries.flatMap(({ lines }) => lines.filter(({ name }) => name === 'RECURRENCE-ID')) ?? [];
  return found
    ? applyEdits(
        found.source.text,
        ids.map(({ start, end }) => ({ start, end, text: '' })),
      )
    : bytes;
}

/** Says of an entry that it stands in another item. */
const ELSEWHERE = 'X-MOORAGE-ELSEWHERE:1';
const STANDING_ELSEWHERE = new RegExp(`BEGIN:VEVENT\\r\\n${ELSEWHERE}\\r\\n[^]*?END:VEVENT\\r\\n`, 'g');

/**
 * A series as if the instances that are items of their own stood in it, for the conversion: it leaves their days out of what a device gets that has
 * those items beside it. {@link withoutElsewhere} takes them out of what comes of it.
 */
export function withElsewhere(bytes: Uint8Array, mediaType: string, instances: readonly LoneInstance[]): Uint8Array {
  const found = entriesIn(bytes, mediaType);
  const series = found && seriesOf(found.entries);
  if (!found || series?.main.name !== 'VEVENT' || !series.main.lines.some((line) => RECURS.has(line.name))) return bytes;
  const known = new Set(series.detached.map((one) => nameOf(found.source, found.root, lineOf(one, 'RECURRENCE-ID'))));
  const text = instances
    .filter(({ name }) => !known.has(name))
    .map(({ id }) => `BEGIN:VEVENT\r\n${ELSEWHERE}\r\n${id.replace(/[\r\n]*$/, '\r\n')}END:VEVENT\r\n`)
    .join('');
  const at = found.entries[found.entries.length - 1]?.end ?? 0;
  return text === '' ? bytes : applyEdits(found.source.text, [{ start: at, end: at, text }]);
}

/** @returns `bytes` itself when there are none. */
export function withoutElsewhere(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return text.includes(ELSEWHERE) ? Buffer.from(text.toString('latin1').replace(STANDING_ELSEWHERE, ''), 'latin1') : bytes;
}

/** The series with a day left out of it; undefined where it leaves it out already, or is none. */
export function withException(bytes: Uint8Array, mediaType: string, { name, id }: LoneInstance): Uint8Array | undefined {
  const found = entriesIn(bytes, mediaType);
  const series = found && seriesOf(found.entries);
  if (!found || !series?.main.lines.some((line) => RECURS.has(line.name))) return undefined;
  const { source, root } = found;
  if (exceptionsOf(source, root, series.main).some(({ names }) => names.includes(name))) return undefined;
  return applyEdits(source.text, [exception(series.main, id)]);
}

function exception(main: Component, id: string): Edit {
  const at = main.lines.filter((line) => line.name !== '').at(-1)?.end ?? main.begin.end;
  return { start: at, end: at, text: `EXDATE${id.slice(id.search(/[;:]/))}` };
}
