/** The times of an entry of 1.0, for a program of 2.0. */
import type { Component } from '../components.js';
import { basicDateTime } from '../date-time.js';
import type { ValueSource } from '../value.js';
import { dayOf } from '../zones/day-forms.js';
import { legacyZoneOf } from '../zones/legacy.js';
import { zoneNamed, zonesOf } from '../zones/naming.js';
import { offsetText, secondsBetween, startOfYear } from '../zones/wall.js';
import { toLocal, toUtc, type Zone } from '../zones/zone.js';
import { find, isLocal, isUtc, rulesOf, yearsOf, type Frame, type Moment } from './frame.js';
import { utcShift } from './rule-days.js';

/**
 * Of an entry of 1.0, for a program of 2.0. Local times get the zone they are in, where something tells it; a series gets it even if it is
 * written in UTC, since the phone repeats it on its own clock.
 *
 * @param home IANA name of the zone the phone is in, when it is known.
 */
export function legacyFrame(source: ValueSource, entry: Component, root?: Component, home?: string): Frame {
  const text = (name: string): string => find(source, entry, name)?.text ?? '';
  const begins = find(source, entry, 'DTSTART');
  const start = (begins?.text ?? '').replace(/T240000(Z?)$/, 'T235959$1');
  const isTask = entry.name === 'VTODO';
  const end = text(isTask ? 'DUE' : 'DTEND');
  const told = legacyZoneOf(source, entry, root, home);
  const homeZone = told ?? (home === undefined ? undefined : zoneNamed(home));
  const rules = rulesOf(source, entry);
  const day = isTask ? undefined : dayOf(text, rules[0] ?? '', homeZone);
  // A task has dates on a phone: its midnights are those of the phone's clock.
  const midnights = [start, end].filter((one) => one !== '').map((one) => (homeZone ? toLocal(one, homeZone) : one));
  const isDay = isTask ? midnights.length > 0 && midnights.every((one) => /^\d{8}(?:T000000)?$/.test(one)) : day !== undefined;
  const isSeries = rules.length > 0 || entry.lines.some(({ name }) => name === 'RDATE');
  // Of a fixed distance from UTC nothing is known but that: it is no clock to repeat on.
  const seriesZone = isSeries && isUtc(start) && homeZone?.iana !== undefined && homeZone.iana !== 'UTC' ? homeZone : undefined;
  const localZone = isLocal(start) || (start === '' && isLocal(end)) ? told : undefined;
  const zone = isDay || begins?.tzid !== undefined ? undefined : (localZone ?? seriesZone);
  const tzid = zone && tzidFor(zone, yearsOf(start, end, rules).firstYear);
  const dayShifted = (basic: string): string =>
    homeZone && isUtc(basic) && !/T000000Z$/.test(basic) ? toLocal(basic, homeZone).slice(0, 8) : basic.slice(0, 8);
  const zoneOf = zonesOf(source, root);
  const moment = (raw: string, said?: string): Moment => {
    const basic = basicDateTime(raw).replace(/T240000Z?$/, 'T235959');
    if (isDay) return { text: basic === start && day ? day.start : dayShifted(basic), lost: false, zoned: said !== undefined };
    // No parameter of 1.0, but servers have written it.
    if (said !== undefined && isLocal(basic)) {
      const named = zoneOf(said);
      return { text: named ? toUtc(basic, named) : basic, lost: named === undefined, zoned: true };
    }
    if (zone && tzid !== undefined && /T/.test(basic))
      return { text: toLocal(basic, zone), lost: false, zoned: tzid !== 'UTC', ...(tzid === 'UTC' ? {} : { tzid }) };
    return { text: basic, lost: false, zoned: false };
  };
  const inUtc = (basic: string): string => (homeZone ? toUtc(basic, homeZone) : basic);
  const written = moment(start, begins?.tzid).text;
  // A day begins on the phone's clock, a time wherever it is.
  const anchor = day
    ? `${day.start}T000000`
    : begins?.tzid !== undefined
      ? written
      : start === ''
        ? end.replace(/^\d{8}$/, '$&T000000')
        : start;
  const secondsTo = (basic: string): number | undefined =>
    zone
      ? secondsBetween(toUtc(anchor, zone), toUtc(basic, zone))
      : (secondsBetween(anchor, basic) ?? secondsBetween(inUtc(anchor), inUtc(basic)));
  const shift = zone || isDay ? 0 : Math.max(-1, Math.min(1, ...rules.map((rule) => utcShift(rule, start))));
  const until = (basic: string): string => {
    if (isDay) return basic.slice(0, 8);
    const whole = basic.includes('T') ? basic : `${basic}T235959`;
    if (zone) return toUtc(whole, zone);
    return isUtc(written) && !whole.endsWith('Z') ? (homeZone ? toUtc(whole, homeZone) : `${whole}Z`) : whole;
  };
  return {
    allDay: isDay,
    start: written,
    end: day ? day.end : end === '' ? '' : moment(end).text,
    moment,
    exception: moment,
    rule: { start: written, shift, until },
    inUtc,
    secondsTo,
    after: () => undefined,
    ...(zone && tzid !== undefined && tzid !== 'UTC' ? { zone: { zone, tzid, ...yearsOf(start, end, rules) } } : {}),
  };
}

/** How a zone is named in 2.0. One without a name says what it is, about the time when it is used. */
function tzidFor(zone: Zone, year: number): string {
  if (zone.iana !== undefined) return zone.iana;
  const [from, to] = [startOfYear(year - 1), startOfYear(year + 2)];
  const offsets = [zone.offsetAt(from), ...zone.changes(from, to).map(({ after }) => after)];
  const [low, high] = [Math.min(...offsets), Math.max(...offsets)];
  return low === high ? `UTC${offsetText(low)}` : `UTC ${offsetText(low)} (Standard) / UTC ${offsetText(high)} (Daylight)`;
}
