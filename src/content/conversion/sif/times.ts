/** Dates and times of SIF entries: `2009-10-10` or basic form, in UTC or on the clock of the program. */
import { basicDateTime } from '../../date-time.js';
import { later } from '../../zones/wall.js';
import type { ZoneOf } from '../../zones/naming.js';
import { toLocal, toUtc, type Zone } from '../../zones/zone.js';
import { secondsOf } from '../frame.js';

/** `2009-10-10` of a date in basic form. */
export const dashed = (date: string): string => date.replace(/^(\d{4})(\d\d)(\d\d).*$/, '$1-$2-$3');

export interface SifTime {
  readonly text: string;
  /** It is in a zone that nobody knows. */
  readonly lost: boolean;
}

/** A date, or a time in UTC where its zone is known. */
export function sifTime(text: string, tzid: string | undefined, zoneOf: ZoneOf): SifTime {
  const basic = basicDateTime(text);
  if (/^\d{8}$/.test(basic)) return { text: dashed(basic), lost: false };
  const isLocal = /^\d{8}T\d{6}$/.test(basic);
  if (tzid === undefined || !isLocal) return { text: basic, lost: !/^\d{8}T\d{6}Z?$/.test(basic) };
  const zone = zoneOf(tzid);
  return { text: zone === undefined ? basic : toUtc(basic, zone), lost: zone === undefined };
}

/** Where an entry's times are written: the stored TZID, or none for UTC and floating times. */
export interface Clock {
  readonly tzid?: string;
  /** Undefined where nobody knows the TZID. */
  readonly zone?: Zone;
}

/** A time of an element on the entry's clock, in basic form. */
export function onClock(text: string, { zone }: Clock): string {
  const basic = basicDateTime(text);
  return zone === undefined ? basic : toLocal(basic, zone);
}

/**
 * The date of a day.
 * @NOTE Some Outlook clients send the day's local midnight in UTC: 22 or 23 o'clock of the day before, east of Greenwich.
 */
export function dayOf(text: string): string {
  const basic = basicDateTime(text);
  const match = /^(\d{8})T(\d\d)\d{4}Z$/.exec(basic);
  if (!match) return basic.slice(0, 8);
  const [, date = '', hour] = match;
  return Number(hour) >= 12 ? (later(date, 86_400) ?? date) : date;
}

/** The day after the last one: SIF names the last day itself, or the midnight after it. */
export function dayAfter(end: string, start: string): string {
  const basic = basicDateTime(end);
  const last = dayOf(end);
  if (/T(?:235900|235959)Z?$/.test(basic)) return later(basic.slice(0, 8), 86_400) ?? last;
  return basic.includes('T') && last > start ? last : (later(last, 86_400) ?? last);
}

/** When it ends, of an entry that has a length; '' when nobody can tell. */
export function afterDuration(start: string, duration: string): string {
  const seconds = secondsOf(duration);
  return start === '' || seconds === undefined ? '' : (later(start, seconds) ?? '');
}
