/**
 * Changed instances of a series, each an entry of its own in the item of its series (RECURRENCE-ID), as items that stand alone: for devices whose
 * format has no place for them. What is done to one of these is done to the item of the series. [RFC 5545, "Recurrence ID"]
 */
import { entryKind } from '../calendar.js';
import type { Component } from '../components.js';
import { seriesOf } from '../conversion/calendars.js';
import { applyEdits, linesOf, type Edit } from '../entries.js';
import { normalizeMediaType, syntaxOf } from '../media-type.js';
import type { ValueSource } from '../value.js';
import type { ContentLine } from '../lines.js';
import {
  entriesIn,
  exception,
  exceptionsOf,
  lineOf,
  mentionsInstance,
  nameOf,
  RECURS,
  withoutExceptions,
  zonesFor,
  type Entries,
} from './reading.js';

interface Series {
  readonly source: ValueSource;
  readonly root: Component;
  /** Stands for the item; may be an instance itself, where only instances are known. */
  readonly main: Component;
  /** The others, by {@link instancesIn}'s names. */
  readonly instances: ReadonlyMap<string, Component>;
  /** All of them, whether named, named twice or standing for more than one. */
  readonly detached: readonly Component[];
}

/** What only a series has. */
const OF_SERIES: ReadonlySet<string> = new Set(['RRULE', 'RDATE', 'EXRULE', 'EXDATE', 'RECURRENCE-ID']);

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
  return { source, root, main: series.main, instances, detached: series.detached };
}

/** Names of the changed instances in an item, `20260608T080000Z`; none for what is no series of iCalendar 2.0. Never throws. */
export const instancesIn = (bytes: Uint8Array, mediaType: string): readonly string[] => [
  ...(seriesIn(bytes, mediaType)?.instances.keys() ?? []),
];

/** An instance as an item of its own: without its RECURRENCE-ID, and with a UID of its own. */
export const instanceAlone = (bytes: Uint8Array, mediaType: string, name: string): Uint8Array | undefined =>
  instancesAlone(bytes, mediaType).get(name)?.();

/** All of them, by name. The item is read once, and an instance written when it is asked for: a series may have hundreds. Never throws. */
export function instancesAlone(bytes: Uint8Array, mediaType: string): ReadonlyMap<string, () => Uint8Array> {
  const series = seriesIn(bytes, mediaType);
  if (!series) return new Map();
  return new Map([...series.instances].map(([name, entry]) => [name, () => aloneIn(series, name, entry)]));
}

function aloneIn(series: Series, name: string, entry: Component): Uint8Array {
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

/** Entries that say again of an instance what becomes of it: programs write such items, and one left behind would stand in its place. */
const again = (
  { source, root, detached }: Pick<Series, 'source' | 'root' | 'detached'>,
  name: string,
  entry: Component,
): readonly Component[] => detached.filter((one) => one !== entry && nameOf(source, root, lineOf(one, 'RECURRENCE-ID')) === name);

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
  const { detached } = series;
  if (old) edits.push(...again({ source, root, detached }, name, old).map(({ start, end }) => ({ start, end, text: '' })));
  if (!old) {
    const last = found.entries[found.entries.length - 1] ?? series.main;
    edits.push({ start: last.end, end: last.end, text }, ...withoutExceptions(source, root, series.main, new Set([name])));
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

/** The item of the series without the instance: that day is left out of it from now on. Undefined where it has no such instance. */
export function withoutInstance(bytes: Uint8Array, mediaType: string, name: string): Uint8Array | undefined {
  const series = seriesIn(bytes, mediaType);
  const entry = series?.instances.get(name);
  const id = entry && lineOf(entry, 'RECURRENCE-ID');
  if (!series || !entry || !id) return undefined;
  const { source, root, main } = series;
  const edits: Edit[] = [entry, ...again(series, name, entry)].map(({ start, end }) => ({ start, end, text: '' }));
  const isSeries = main.lines.some((line) => RECURS.has(line.name));
  if (isSeries && !exceptionsOf(source, root, main).some((one) => one.names.includes(name))) {
    edits.push(exception(main, source.text.slice(id.start, id.end)));
  }
  return applyEdits(source.text, edits);
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

/** A series with the changed instances of another writing of it. `bytes` has none; undefined where one of them is no series of 2.0. */
export function withInstancesOf(bytes: Uint8Array, other: Uint8Array, mediaType: string): Uint8Array | undefined {
  const own = entriesIn(bytes, mediaType);
  const theirs = entriesIn(other, mediaType);
  const main = own && seriesOf(own.entries)?.main;
  const series = theirs && seriesOf(theirs.entries);
  if (!own || !theirs || !main || series?.main.name !== main.name) return undefined;
  const textOf = ({ source }: Entries, line: ContentLine | undefined): string => (line ? source.text.slice(line.start, line.end) : '');
  const ownUid = lineOf(main, 'UID');
  const uid = textOf(own, ownUid) || textOf(theirs, lineOf(series.main, 'UID'));
  const instances = series.detached.map((one) => asInstance(theirs.source, one, uid)).join('');
  const edits: Edit[] = [{ start: main.end, end: main.end, text: instances }, ...zonesFor(own, theirs, main.start)];
  if (!ownUid) edits.push({ start: main.begin.end, end: main.begin.end, text: uid });
  return applyEdits(own.source.text, edits);
}

/** Instances of days that the item leaves out itself. */
function leftOutIn(bytes: Uint8Array, mediaType: string): readonly string[] {
  const series = seriesIn(bytes, mediaType);
  const left = new Set(series && exceptionsOf(series.source, series.root, series.main).flatMap(({ names }) => names));
  return [...(series?.instances.keys() ?? [])].filter((name) => left.has(name));
}

/** What was merged of an instance that one side changed and of its day that the other left out: the instance stands, so the day is not left out. */
export function withItsDays(merged: Uint8Array, versions: readonly Uint8Array[], mediaType: string): Uint8Array {
  const before = new Set(versions.flatMap((one) => leftOutIn(one, mediaType)));
  const names = leftOutIn(merged, mediaType).filter((name) => !before.has(name));
  const series = names.length === 0 ? undefined : seriesIn(merged, mediaType);
  return series ? applyEdits(series.source.text, withoutExceptions(series.source, series.root, series.main, new Set(names))) : merged;
}
