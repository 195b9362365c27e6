/**
 * Changed instances that are items of their own, beside the item of their series: some clients send each under its own LUID, with the UID of the
 * series and a RECURRENCE-ID.
 */
import { seriesOf } from '../conversion/calendars.js';
import { applyEdits } from '../entries.js';
import { textValue } from '../value.js';
import { instancesIn } from './instances.js';
import { entriesIn, exception, exceptionsOf, lineOf, mentionsInstance, nameOf, RECURS } from './reading.js';

/** Names of the changed instances in an item; of an item that is one itself, its own. */
export function instancesNamed(bytes: Uint8Array, mediaType: string): readonly string[] {
  const names = instancesIn(bytes, mediaType);
  const lone = names.length === 0 ? loneInstance(bytes, mediaType)?.name : undefined;
  return lone === undefined ? names : [lone];
}

/** UID of a series, or of an instance that is an item of its own: other items may be of the same series. */
export function seriesUid(bytes: Uint8Array, mediaType: string): string | undefined {
  if (!/calendar/i.test(mediaType) || !/RRULE|RDATE|RECURRENCE-ID/.test(Buffer.from(bytes).toString('latin1'))) return undefined;
  const found = entriesIn(bytes, mediaType, 'old');
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
  const found = mentionsInstance(bytes, mediaType) ? entriesIn(bytes, mediaType, 'old') : undefined;
  const [entry, ...more] = found?.entries ?? [];
  const line = entry && lineOf(entry, 'RECURRENCE-ID');
  const name = found && line && nameOf(found.source, found.root, line);
  // Of the clock of a phone of 1.0 nothing is known here.
  if (found?.source.dialect === 'legacy' && !/^\d{8}(?:T\d{6}Z)?$/.test(name ?? '')) return undefined;
  return found && line && name !== undefined && more.length === 0 ? { name, id: found.source.text.slice(line.start, line.end) } : undefined;
}

/** The lone instance as a device has it that knows of no series. */
export function withoutItsSeries(bytes: Uint8Array, mediaType: string): Uint8Array {
  const found = entriesIn(bytes, mediaType, 'old');
  const ids = found?.entries.flatMap(({ lines }) => lines.filter(({ name }) => name === 'RECURRENCE-ID')) ?? [];
  return found
    ? applyEdits(
        found.source.text,
        ids.map(({ start, end }) => ({ start, end, text: '' })),
      )
    : bytes;
}

/** The entry that stands for an item of several instances without their series, as such a device has it. Undefined where the series is there. */
export function firstWithoutItsSeries(bytes: Uint8Array, mediaType: string): Uint8Array | undefined {
  const found = mentionsInstance(bytes, mediaType) ? entriesIn(bytes, mediaType) : undefined;
  const series = found && seriesOf(found.entries);
  const id = series && lineOf(series.main, 'RECURRENCE-ID');
  return (
    found &&
    id &&
    applyEdits(
      found.source.text,
      [...series.detached, id].map(({ start, end }) => ({ start, end, text: '' })),
    )
  );
}

/** An item of several instances without their series, without the one that stands for it. `first`: the name of the one that does now. */
export function withoutFirst(
  bytes: Uint8Array,
  mediaType: string,
): { readonly rest: Uint8Array; readonly first: string | undefined } | undefined {
  const found = mentionsInstance(bytes, mediaType) ? entriesIn(bytes, mediaType) : undefined;
  const series = found && seriesOf(found.entries);
  const [next] = series?.detached ?? [];
  if (!found || !series || !next || !lineOf(series.main, 'RECURRENCE-ID')) return undefined;
  const { start, end } = series.main;
  const rest = applyEdits(found.source.text, [{ start, end, text: '' }]);
  return { rest, first: nameOf(found.source, found.root, lineOf(next, 'RECURRENCE-ID')) };
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
