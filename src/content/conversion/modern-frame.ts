/** The times of an entry of 2.0, for a phone of 1.0. */
import type { Component } from '../components.js';
import { basicDateTime, plainDuration } from '../date-time.js';
import type { ValueSource } from '../value.js';
import { clocksOf } from '../recurrence/two-clocks.js';
import { zoneNamed, zonesOf } from '../zones/naming.js';
import { later } from '../zones/wall.js';
import { toLocal, toUtc, type Zone } from '../zones/zone.js';
import { find, isLocal, isUtc, rulesOf, yearsOf, type Frame, type Moment, type Named } from './frame.js';
import { dayShift, shiftable } from './rule-days.js';

/**
 * Of an entry of 2.0, for a phone of 1.0. Zoned times become UTC. The phone counts the days of a rule on its own clock: where that shows another day
 * than the zone's, the rule's days move, and where they cannot, the event is shown once. Where nobody knows the phone's clock, and UTC has another day,
 * times stay on the zone's clock, which TZ and DAYLIGHT tell.
 *
 * @param root the calendar around the entry. @param home IANA name of the phone's zone, when it is known.
 */
export function modernFrame(source: ValueSource, entry: Component, root?: Component, home?: string): Frame {
  const zoneOf = zonesOf(source, root);
  const start = find(source, entry, 'DTSTART');
  const rules = rulesOf(source, entry);
  const startZone = start?.tzid === undefined ? undefined : zoneOf(start.tzid);
  const homeZone = home === undefined ? undefined : zoneNamed(home);
  const own = start?.text ?? '';
  const inOther = (utc: string): string => (homeZone ? toLocal(utc, homeZone) : utc);
  const shift = rules.length > 0 && startZone && isLocal(own) ? dayShift(own, inOther(toUtc(own, startZone))) : 0;
  const isLost = shift !== 0 && homeZone !== undefined && !rules.every((rule) => shiftable(rule, own, shift));
  const keepsLocal = shift !== 0 && homeZone === undefined;
  const moment = (raw: string, tzid: string | undefined): Moment => {
    const text = basicDateTime(raw);
    if (keepsLocal && startZone && isUtc(text)) return { text: toLocal(text, startZone), lost: false, zoned: false };
    if (tzid === undefined || !isLocal(text)) return { text, lost: false, zoned: false };
    const zone = zoneOf(tzid);
    if (zone === undefined) return { text, lost: true, zoned: true };
    if (!keepsLocal) return { text: toUtc(text, zone), lost: false, zoned: true };
    return { text: zone === startZone || !startZone ? text : toLocal(toUtc(text, zone), startZone), lost: false, zoned: true };
  };
  // The phone leaves out what it shows itself, an hour beside while one clock has changed and the other has not.
  const clocks =
    rules.length > 0 && startZone && homeZone && isLocal(own)
      ? clocksOf({ start: own, zone: startZone }, { start: toLocal(toUtc(own, startZone), homeZone), zone: homeZone })
      : undefined;
  const exception = (raw: string, tzid: string | undefined): Moment => {
    const plain = moment(raw, tzid);
    const there = clocks && isUtc(plain.text) ? clocks.time(plain.text) : undefined;
    return there === undefined ? plain : { ...plain, text: there };
  };
  const allDay = start !== undefined && /^\d{8}$/.test(start.text);
  const begins = start ? moment(start.text, start.tzid).text : '';
  const ends = find(source, entry, entry.name === 'VTODO' ? 'DUE' : 'DTEND');
  const duration = find(source, entry, 'DURATION');
  const lasting = ({ text, tzid }: Named, length: string): string => {
    const at = added(text, length, startZone);
    return at === undefined ? '' : moment(at, tzid).text;
  };
  const end = ends ? moment(ends.text, ends.tzid).text : duration && start ? lasting(start, duration.text) : '';
  const after = (text: string, atEnd: boolean): string | undefined => {
    const [anchor, length] = atEnd || own === '' ? [ends ?? start, ends ? undefined : duration?.text] : [start, undefined];
    if (!anchor) return undefined;
    const zone = anchor.tzid === undefined ? undefined : zoneOf(anchor.tzid);
    const from = anchor.text.includes('T') ? anchor.text : `${anchor.text}T000000`;
    const local = length === undefined ? from : added(from, length, zone);
    const at = local === undefined ? undefined : added(local, text, zone);
    if (at === undefined) return undefined;
    return isUtc(at) ? at : moment(at, anchor.tzid).text;
  };
  const until = (basic: string): string => {
    if (!basic.includes('T')) return basic;
    if (keepsLocal && startZone) return toLocal(basic, startZone);
    // A local end of a series that is written in UTC: its zone's clock says when that is.
    const end = isUtc(begins) && isLocal(basic) && startZone ? toUtc(basic, startZone) : basic;
    return clocks && isUtc(end) ? clocks.end(end) : end;
  };
  return {
    allDay,
    start: begins,
    end,
    moment,
    exception,
    rule: { start: own, shift: keepsLocal || isLost ? 0 : shift, until, isLost },
    inUtc: (text) => text,
    secondsTo: () => undefined,
    after,
    ...(keepsLocal && startZone ? { zone: { zone: startZone, tzid: start?.tzid ?? '', ...yearsOf(own, end, rules) } } : {}),
  };
}

/**
 * A length in hours is exact; one in days is days of the zone's clock. [RFC 5545, "Duration"]
 *
 * @param start local to `zone`, where there is one; else the clock never changes.
 */
function added(start: string, duration: string, zone: Zone | undefined): string | undefined {
  const match = /^(-?)P(\d+)DT(\d+)S$/.exec(plainDuration(duration));
  if (!match) return undefined;
  const sign = match[1] === '-' ? -1 : 1;
  const [days, seconds] = [sign * Number(match[2]) * 86_400, sign * Number(match[3])];
  if (!zone || !isLocal(start)) return later(start, days + seconds);
  const day = later(start, days);
  const utc = day === undefined ? undefined : later(toUtc(day, zone), seconds);
  const local = utc && toLocal(utc, zone);
  // Of a time that the clock shows twice, its digits tell the first.
  return local && toUtc(local, zone) === utc ? local : utc;
}
