/**
 * All-day events of vCalendar 1.0, which has no such thing: from midnight to midnight, to 23:59 or 24:00, as a date alone, in UTC as the midnights
 * of the phone's zone, or with a mark.
 */
import { later } from './wall.js';
import { toLocal, type Zone } from './zone.js';

export interface LegacyDay {
  /** The first day, and the day after the last, `20260601`; '' where the entry does not say it. */
  readonly start: string;
  readonly end: string;
}

interface DayFacts {
  /** DTSTART and DTEND, basic form, '' for none. */
  readonly start: string;
  readonly end: string;
  /** Some property says that it is all day. */
  readonly marked: boolean;
  /** It is of those that have no time: a birthday, say. */
  readonly timeless: boolean;
  /** Where the phone was, when it is known. */
  readonly zone: Zone | undefined;
}

const DAY_MARKS: readonly (readonly [string, RegExp])[] = [
  ['X-EPOCAGENDAENTRYTYPE', /^(?:EVENT|ANNIVERSARY)$/i],
  ['X-FUNAMBOL-ALLDAY', /^(?:1|TRUE)$/i],
  ['X-MICROSOFT-CDO-ALLDAYEVENT', /^(?:1|TRUE)$/i],
  ['X-ALLDAY', /^(?:1|TRUE)$/i],
];

/**
 * @param text of a property of an event, basic form where it is a time; '' for none. @param rule the event's.
 * @param zone where the phone was, when it is known.
 * @returns undefined for an event that has times.
 */
export function dayOf(text: (name: string) => string, rule: string, zone: Zone | undefined): LegacyDay | undefined {
  return legacyDay({
    start: text('DTSTART'),
    end: text('DTEND'),
    marked: DAY_MARKS.some(([name, pattern]) => pattern.test(text(name))),
    // @NOTE Nokia S40: a birthday, with the time of its alarm.
    timeless: /SPECIAL OCCASION/i.test(text('CATEGORIES')) && /^\s*(?:Y[DM]1|MD12)\b/i.test(rule),
    zone,
  });
}

/** The last minute or moment of a day. */
const LAST_MOMENT = /T(?:235900|235959|240000)Z?$/;
const MIDNIGHT = /T000000Z?$/;

function legacyDay(facts: DayFacts): LegacyDay | undefined {
  const { start, end, marked, timeless } = facts;
  if (/^\d{8}$/.test(start)) return spanned(start, end);
  if (!/^\d{8}T\d{6}Z?$/.test(start)) return undefined;
  if (spansDays(start, end)) return spanned(start, end);
  const shifted = inPhonesZone(facts);
  if (shifted) return spanned(shifted.start, shifted.end);
  // @NOTE UIQ writes such days with Z although the digits are local.
  return marked || timeless ? spanned(start, end) : undefined;
}

function spansDays(start: string, end: string): boolean {
  if (!MIDNIGHT.test(start)) return false;
  if (LAST_MOMENT.test(end)) return end.endsWith('Z') === start.endsWith('Z');
  // A day in UTC from midnight to midnight is a meeting somewhere.
  return /T000000$/.test(start) && /T000000$/.test(end) && end.slice(0, 8) >= start.slice(0, 8);
}

/**
 * Midnights of the phone's zone, written in UTC. @NOTE Sony Ericsson K770: from 23:00Z to 22:59Z. Where the zone is not known, only what lasts to
 * the last minute is such a day: an event of 23 hours and 59 minutes is none that somebody goes to.
 */
function inPhonesZone({ start, end, zone, marked }: DayFacts): { start: string; end: string } | undefined {
  if (!start.endsWith('Z') || (end !== '' && !end.endsWith('Z'))) return undefined;
  if (zone) {
    const [begins, ends] = [toLocal(start, zone), end === '' ? '' : toLocal(end, zone)];
    return MIDNIGHT.test(begins) && (spansDays(begins, ends) || (marked && ends === '')) ? { start: begins, end: ends } : undefined;
  }
  const day = later(end, 60)?.slice(8, 13) === start.slice(8, 13) && /T\d\d(?:59|29|14|44)(?:00|59)Z$/.test(end) && end > start;
  if (!day || !/T\d\d(?:00|15|30|45)00Z$/.test(start)) return undefined;
  // East of Greenwich midnight is on the day before, as far as 13 hours; west of it, as far as 10 hours, on the same.
  const isEast = start.slice(9, 11) >= '11';
  const date = (text: string): string => (isEast ? (later(text.slice(0, 8), 86_400) ?? '') : text.slice(0, 8));
  const last = later(end.slice(0, 15), -86_399)?.slice(0, 8);
  return { start: `${date(start)}T000000`, end: `${isEast ? end.slice(0, 8) : (last ?? '')}T235900` };
}

/** DTEND of a day is the day after. [RFC 5545, "Date-Time End"] */
function spanned(start: string, end: string): LegacyDay {
  const first = start.slice(0, 8);
  if (end === '') return { start: first, end };
  if (MIDNIGHT.test(end) && end.slice(0, 8) > first) return { start: first, end: end.slice(0, 8) };
  return { start: first, end: later(end.slice(0, 8), 86_400) ?? '' };
}
