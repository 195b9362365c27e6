/** The number of times of a rule of vCalendar 1.0 as a last day, for phones that know no numbers, and the two compared. */
import { modernRule, plainClock } from '../conversion/rules.js';
import { utcShift } from '../conversion/rule-days.js';
import { later } from '../zones/wall.js';
import { toLocal, toUtc, type Zone } from '../zones/zone.js';
import { lastDay, timesOf } from './ends.js';

/** `W1 TU` and `#5`, or `20260601T100000Z`. */
const END = /\s+(#\d+|\d{4}-?\d\d-?\d\d(?:T\d\d:?\d\d:?\d\dZ?)?)\s*$/i;

export interface Series {
  /** DTSTART, basic form. */
  readonly start: string;
  /** It has dates, not times; its first day is that of `start`. */
  readonly isDay?: boolean;
  /** The clock it is repeated on, where that is known. */
  readonly zone: Zone | undefined;
}

/** The start on the clock whose days the rule names, and the way back from there. */
function clockOf(rule: string, { start, zone }: Series): { start: string; written: (local: string) => string } {
  const isUtc = start.endsWith('Z');
  if (!isUtc) return { start, written: (local) => local };
  if (zone) return { start: toLocal(start, zone), written: (local) => toUtc(local, zone) };
  // The hour in UTC changes with the phone's clock, wherever that is: an hour later nothing else happens.
  const days = utcShift(rule, start) * 86_400;
  const back = later(start.slice(0, 15), -days) ?? start.slice(0, 15);
  return { start: back, written: (local) => `${later(local, days + 3600) ?? local}Z` };
}

/** @returns the rule with its last time in place of a number; itself where it has no number, or nobody can tell. */
export function withLastDay(rule: string, series: Series): string {
  if (!/\s#[1-9]\d*\s*$/.test(rule) || !/^\d{8}/.test(series.start)) return rule;
  const clock = clockOf(rule, series);
  const modern = modernRule(rule, plainClock(clock.start));
  const day = modern === undefined ? undefined : lastDay(modern, clock.start);
  if (day === undefined) return rule;
  const time = series.isDay || !clock.start.includes('T') ? '235959' : clock.start.slice(9, 15);
  return rule.replace(END, ` ${series.isDay ? `${day}T${time}` : clock.written(`${day}T${time}`)}`);
}

const isModern = (rule: string): boolean => /^\s*(?:.*;)?FREQ=/i.test(rule);
const hasCount = (rule: string): boolean => (isModern(rule) ? /(?:^|;)\s*COUNT=/i.test(rule) : /\s#[1-9]\d*\s*$/.test(rule));

/** A rule without its end, in one spelling. */
const headOf = (rule: string): string =>
  isModern(rule)
    ? rule
        .toUpperCase()
        .split(';')
        .map((part) => part.trim())
        .filter((part) => !/^(?:COUNT|UNTIL|WKST=MO$|INTERVAL=1$)/.test(part))
        .sort()
        .join(';')
    : rule.toUpperCase().replace(END, '').trim().replace(/\s+/g, ' ');

/**
 * Two rules of one format that say the same end: one by a number of times, the other by its last day. Phones of both kinds turn the one they are given
 * into the one they keep. A day may be meant by its midnight.
 */
export function endsAlike(a: string, b: string, one: Series, other: Series): boolean {
  if (hasCount(a) === hasCount(b) || headOf(a) !== headOf(b)) return false;
  const [first, second] = [timesIn(a, one), timesIn(b, other)];
  return first !== undefined && second !== undefined && (first.exact === second.exact || first.byDay === second.byDay);
}

function timesIn(rule: string, series: Series): { exact: number; byDay: number } | undefined {
  const { zone, start } = series;
  const clock = clockOf(rule, series);
  const modern = isModern(rule) ? rule : modernRule(rule, { ...plainClock(clock.start), until: (text) => text });
  const inZone = (utc: string): string => (zone ? toLocal(utc, zone) : (later(utc.slice(0, 15), -utcShift(rule, start) * 86_400) ?? utc));
  return modern === undefined ? undefined : timesOf(modern, clock.start, inZone);
}
