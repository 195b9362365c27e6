/** TZ and DAYLIGHT of vCalendar 1.0: an offset, and a line for each year that has a summer time. [vCalendar 1.0, "Calendar Properties"] */
import type { Component } from '../components.js';
import type { ContentLine } from '../lines.js';
import { textValue, type ValueSource } from '../value.js';
import { ianaLike } from './likeness.js';
import { basicDateTime } from '../date-time.js';
import { zoneNamed } from './naming.js';
import { basicOf, offsetOf, offsetText, startOfYear, wallOf } from './wall.js';
import { fixedZone, ianaZone, localOf, type Change, type Zone } from './zone.js';

/** Names the zone that the local times of an entry of 1.0 are in: written by a server that knew where the phone is. */
export const ZONE_MARK = 'X-MOORAGE-ZONE';

/**
 * The zone of the local times of an entry of 1.0; undefined: they are the reader's own.
 *
 * @param root the calendar around it. @param home IANA name of the zone the phone is in, when it is known.
 */
export function legacyZoneOf(source: ValueSource, entry: Component, root?: Component, home?: string): Zone | undefined {
  const mark = entry.lines.find(({ name }) => name === ZONE_MARK);
  if (mark) return zoneNamed(textValue(source, mark));
  return legacyZone(source, root && root !== entry ? [...entry.lines, ...root.lines] : entry.lines, home);
}

interface Summer {
  /** Instants. */
  readonly start: number;
  readonly end: number;
  /** Seconds east of UTC. */
  readonly offset: number;
}

/**
 * The zone that the lines around or in an entry tell, for its local times.
 *
 * DAYLIGHT tells of some years only: an IANA zone that agrees with those is taken for the others too. An offset without DAYLIGHT is what the
 * clock of the phone is set to today: where that is one of `home`'s offsets, the zone is that.
 *
 * @param home IANA name of the zone the device is in, when it is known.
 * @returns undefined without a TZ that tells an offset, or a name.
 */
function legacyZone(source: ValueSource, lines: readonly ContentLine[], home?: string): Zone | undefined {
  const line = lines.find(({ name }) => name === 'TZ');
  if (!line) return undefined;
  const text = textValue(source, line).trim();
  const offset = offsetOf(text.split(';', 1).join(''));
  if (offset === undefined) return zoneNamed(text);
  const summers = lines
    .filter(({ name }) => name === 'DAYLIGHT')
    .map((one) => summerOf(textValue(source, one), offset))
    .filter((one) => one !== undefined)
    .sort((a, b) => a.start - b.start);
  const preferred = home === undefined ? [] : [home];
  const [first, last] = [summers[0], summers.at(-1)];
  if (!first || !last) return homeWith(offset, home) ?? fixedZone(offset);
  const told = summerZone(offset, summers);
  return ianaLike(told, first.start - 1000, last.end + 1000, preferred) ?? told;
}

/** Some years in which every zone of today shows its offsets. */
const SOME_YEARS = [2025, 2026];

function homeWith(offset: number, home: string | undefined): Zone | undefined {
  const zone = home === undefined ? undefined : ianaZone(home);
  const looks = SOME_YEARS.flatMap((year) => [startOfYear(year), Date.UTC(year, 6, 1)]);
  return zone && looks.some((at) => zone.offsetAt(at) === offset) ? zone : undefined;
}

/** `TRUE;+02;20090329T020000;20091025T030000;;`: its offset, and local times, by the clock before each, at which it begins and ends. */
function summerOf(text: string, standard: number): Summer | undefined {
  // @NOTE Palm, Nokia 9110: the semicolons are escaped.
  const [flag = '', said = '', begins = '', ends = ''] = text.replaceAll('\\;', ';').split(';');
  const offset = offsetOf(said);
  if (!/^\s*TRUE\s*$/i.test(flag) || offset === undefined) return undefined;
  const instant = (moment: string, clock: number): number | undefined => {
    const basic = basicDateTime(moment);
    const wall = wallOf(basic);
    // @NOTE Symbian before 9: with Z, and then in UTC.
    return wall === undefined || basic.endsWith('Z') ? wall : wall - clock * 1000;
  };
  const [start, end] = [instant(begins, standard), instant(ends, offset)];
  return start === undefined || end === undefined || end <= start ? undefined : { start, end, offset };
}

function summerZone(standard: number, summers: readonly Summer[]): Zone {
  const changes: readonly Change[] = summers.flatMap(({ start, end, offset }) => [
    { at: start, before: standard, after: offset },
    { at: end, before: offset, after: standard },
  ]);
  return {
    iana: undefined,
    offsetAt: (instant) => summers.find(({ start, end }) => instant >= start && instant < end)?.offset ?? standard,
    changes: (from, to) => changes.filter(({ at }) => at >= from && at < to),
  };
}

/**
 * The lines for a zone and some years, without line ends; none where its clocks do something that they have no words for: an offset that is
 * not of whole minutes, or more than one summer in a year.
 */
export function legacyZoneLines(zone: Zone, firstYear: number, lastYear: number): readonly string[] {
  const [from, to] = [startOfYear(firstYear), startOfYear(lastYear + 1)];
  const changes = zone.changes(from, to);
  const offsets = [...new Set([zone.offsetAt(from), ...changes.map(({ after }) => after)])].sort((a, b) => a - b);
  const [standard, summer, ...more] = offsets;
  if (standard === undefined || more.length > 0 || offsets.some((one) => one % 60 !== 0)) return [];
  const tz = `TZ:${offsetText(standard, ':')}`;
  if (summer === undefined) return [tz, 'DAYLIGHT:FALSE'];
  const wide = zone.changes(startOfYear(firstYear - 1), startOfYear(lastYear + 2));
  const lines: string[] = [];
  for (const [at, change] of wide.entries()) {
    const end = wide[at + 1];
    if (change.after !== summer || !end || end.at < from || change.at >= to) continue;
    const begins = basicOf(change.at + change.before * 1000);
    const ends = basicOf(localOf(zone, end.at - 1000) + 1000);
    lines.push(`DAYLIGHT:TRUE;${offsetText(summer, ':')};${begins};${ends};;`);
  }
  return [tz, ...lines];
}
