/**
 * A device that has a series without its changed instances moves it: they are instances of the moved series, on the same days. A RECURRENCE-ID of
 * the old one would stand for nothing, and the day would be there twice.
 */
import { readable } from '../conversion/convert.js';
import { basicDateTime } from '../date-time.js';
import { applyEdits, type Edit } from '../entries.js';
import { sheetOf } from '../merging/fields.js';
import { onClock, timeOn, whenOf, type When } from '../merging/when.js';
import { midnightOf } from '../recurrence/series-days.js';
import { textValue } from '../value.js';
import { tzidOf } from '../zones/naming.js';
import { instancesIn } from './instances.js';
import { entriesIn, lineOf, withoutExceptions } from './reading.js';

export interface Followed {
  readonly bytes: Uint8Array;
  /** Names of the instances, as they were and as they are. */
  readonly names: ReadonlyMap<string, string>;
}

/**
 * @param before the item as it was. @param after the item with the series moved, and its instances as they were.
 * @returns undefined where nothing was moved, or it is not known which day of the one is which of the other.
 */
export function instancesFollowed(before: Uint8Array, after: Uint8Array, mediaType: string): Followed | undefined {
  const names = instancesIn(after, mediaType);
  if (names.length === 0 || names.join() !== instancesIn(before, mediaType).join()) return undefined;
  const followed = carried(after, [before, after], mediaType);
  if (!followed) return undefined;
  const own = instancesIn(followed, mediaType);
  const bytes = thereAgain(followed, mediaType, new Set(own));
  return own.length === names.length ? { bytes, names: new Map(names.map((name, at) => [name, own[at] ?? name])) } : undefined;
}

/** An item's instances of the series as the one item has it, as those of the series as the other has it. Undefined where it was not moved, or a day has none that stands for it. */
function carried(item: Uint8Array, [before, after]: readonly [Uint8Array, Uint8Array], mediaType: string): Uint8Array | undefined {
  const [from, to] = [whenIn(before, mediaType), whenIn(after, mediaType)];
  const found = entriesIn(item, mediaType);
  if (!found || !from || !to || isSameStart(from, to)) return undefined;
  const edits: Edit[] = [];
  for (const entry of found.entries) {
    const line = lineOf(entry, 'RECURRENCE-ID');
    if (!line) continue;
    const local = onClock(from, basicDateTime(textValue(found.source, line)), tzidOf(line));
    const day = local === undefined ? undefined : midnightOf(local);
    const isIts = local !== undefined && day !== undefined && from.days.has(day) && local.slice(8) === from.local.slice(8);
    const now = isIts ? to.days.standingFor(day, from.days) : undefined;
    if (now === undefined) return undefined;
    edits.push({ start: line.start, end: line.end, text: `RECURRENCE-ID${to.params}:${timeOn(to, now)}\r\n` });
  }
  return applyEdits(found.source.text, edits);
}

const isSameStart = (one: When, other: When): boolean =>
  one.local === other.local && one.modern === other.modern && one.zone?.iana === other.zone?.iana;

interface Versions {
  readonly base: Uint8Array;
  readonly ours: Uint8Array;
  readonly theirs: Uint8Array;
}

/**
 * Versions that are to be merged, of which one has a series that was moved with its instances: the instances of the others are those of the moved
 * one, or each of them would be there twice.
 */
export function onMovedDays(versions: Versions, mediaType: string): Versions {
  const { base, ours, theirs } = versions;
  const names = instancesIn(base, mediaType);
  if (names.length === 0) return versions;
  const towards = (moved: Uint8Array, other: Uint8Array): readonly [Uint8Array, Uint8Array] | undefined => {
    const before = carried(base, [base, moved], mediaType);
    const there = new Set(instancesIn(moved, mediaType));
    if (!before || !instancesIn(before, mediaType).some((name) => there.has(name))) return undefined;
    const [from, to] = [whenIn(base, mediaType), whenIn(other, mediaType)];
    const beside = from && to && isSameStart(from, to) ? carried(other, [base, moved], mediaType) : undefined;
    return beside && [before, beside];
  };
  const toOurs = towards(ours, theirs);
  if (toOurs) return { base: toOurs[0], ours, theirs: toOurs[1] };
  const toTheirs = towards(theirs, ours);
  return toTheirs ? { base: toTheirs[0], ours: toTheirs[1], theirs } : versions;
}

/** A device that has moved the days it leaves out has moved those of the instances too, and a day that is left out has no instance. */
function thereAgain(bytes: Uint8Array, mediaType: string, names: ReadonlySet<string>): Uint8Array {
  const found = entriesIn(bytes, mediaType);
  const main = found?.entries.find((one) => !lineOf(one, 'RECURRENCE-ID'));
  return found && main ? applyEdits(found.source.text, withoutExceptions(found.source, found.root, main, names)) : bytes;
}

function whenIn(bytes: Uint8Array, mediaType: string): When | undefined {
  const item = readable(bytes, mediaType);
  const sheet = item && sheetOf(item, undefined);
  const main = sheet?.entries.get('');
  return sheet && main && whenOf(sheet, main);
}
