/** A zone: how far its clocks are from UTC, and when that changes. */
import { basicOf, DAY_MS, startOfYear, wallOf, yearOf } from './wall.js';

export interface Change {
  /** The instant, milliseconds since 1970. */
  readonly at: number;
  /** Seconds east of UTC. */
  readonly before: number;
  readonly after: number;
}

export interface Zone {
  /** IANA name; undefined for a zone that an item brings its own rules for. */
  readonly iana: string | undefined;
  /** Seconds east of UTC at an instant (ms since 1970). */
  offsetAt(instant: number): number;
  /** Changes at instants from `from` on and before `to`, in order. */
  changes(from: number, to: number): readonly Change[];
}

/** An instant as the zone's clock shows it. */
export const localOf = (zone: Zone, instant: number): number => instant + zone.offsetAt(instant) * 1000;

/**
 * The instant of a local time. Of a time that happens twice, the first; one that is skipped is taken as much later as the clock is put
 * forward. [RFC 5545, "Date-Time"]
 */
export function instantOf(zone: Zone, local: number): number {
  const before = zone.offsetAt(local - DAY_MS);
  const first = local - before * 1000;
  if (zone.offsetAt(first) === before) return first;
  const after = zone.offsetAt(local + DAY_MS);
  const second = local - after * 1000;
  return zone.offsetAt(second) === after ? second : first;
}

/** `20260601T100000` of the zone as `20260601T080000Z`. Text that is no local time is returned as it is. */
export function toUtc(local: string, zone: Zone): string {
  const wall = local.endsWith('Z') ? undefined : wallOf(local);
  return wall === undefined ? local : `${basicOf(instantOf(zone, wall))}Z`;
}

/** `20260601T080000Z` as `20260601T100000` of the zone. Text that is no time in UTC is returned as it is. */
export function toLocal(utc: string, zone: Zone): string {
  const instant = utc.endsWith('Z') ? wallOf(utc) : undefined;
  return instant === undefined ? utc : basicOf(localOf(zone, instant));
}

/** Days from one look at the clock to the next when changes are searched: no zone changes and changes back within that. */
const STEP_MS = 10 * DAY_MS;

/** Of one year: the offset at its beginning, and its changes. */
interface Year {
  readonly offset: number;
  readonly changes: readonly Change[];
}

/** A zone of the IANA database as the runtime has it. Making the formatter is slow, and each look at it: years are kept. */
class IanaZone implements Zone {
  readonly iana: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #years = new Map<number, Year>();

  constructor(name: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    const known = this.#format.resolvedOptions().timeZone;
    // Older runtimes answer with names that programs of today have as aliases only (`Asia/Calcutta`): a good name stays.
    this.iana = known.toLowerCase() === name.toLowerCase() ? known : name;
  }

  offsetAt(instant: number): number {
    const { offset, changes } = this.#year(yearOf(instant));
    let now = offset;
    for (const { at, after } of changes) if (at <= instant) now = after;
    return now;
  }

  changes(from: number, to: number): readonly Change[] {
    const found: Change[] = [];
    for (let year = yearOf(from); year <= yearOf(to - 1); year += 1)
      found.push(...this.#year(year).changes.filter(({ at }) => at >= from && at < to));
    return found;
  }

  #year(year: number): Year {
    const known = this.#years.get(year);
    if (known) return known;
    const [start, end] = [startOfYear(year), startOfYear(year + 1)];
    // A change in the very first second of a year belongs to it.
    const offset = this.#look(start - 1000);
    const changes: Change[] = [];
    let [at, now] = [start - 1000, offset];
    while (at < end - 1000) {
      const next = Math.min(at + STEP_MS, end - 1000);
      const then = this.#look(next);
      if (then !== now) changes.push({ at: this.#edge(at, next, now), before: now, after: then });
      [at, now] = [next, then];
    }
    const table = { offset, changes };
    // Years come from items: what is remembered has a bound.
    if (this.#years.size > 400) this.#years.clear();
    this.#years.set(year, table);
    return table;
  }

  /** The first second in which the offset is not that of `low` any more. */
  #edge(low: number, high: number, offset: number): number {
    let [from, to] = [low, high];
    while (to - from > 1000) {
      const middle = from + Math.floor((to - from) / 2000) * 1000;
      if (this.#look(middle) === offset) from = middle;
      else to = middle;
    }
    return to;
  }

  #look(instant: number): number {
    const text = this.#format.format(instant);
    const match = /^(\d\d)\/(\d\d)\/(\d{1,4})\D+(\d\d):(\d\d):(\d\d)/.exec(text);
    if (!match) return 0;
    const [month, day, year, hour, minute, second] = match.slice(1).map(Number);
    const local = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second);
    return (local - instant) / 1000;
  }
}

const zones = new Map<string, Zone | undefined>();

/** The zone of an IANA name, in any case; undefined: the runtime knows no such zone. */
export function ianaZone(name: string): Zone | undefined {
  if (zones.has(name)) return zones.get(name);
  let zone: Zone | undefined;
  try {
    zone = new IanaZone(name);
  } catch {
    zone = undefined;
  }
  // Names come from items: what is remembered has a bound.
  if (zones.size < 1000) zones.set(name, zone);
  return zone;
}

/** A zone whose clocks never change. */
export function fixedZone(offset: number): Zone {
  return { iana: offset === 0 ? 'UTC' : undefined, offsetAt: () => offset, changes: () => [] };
}
