/** Zones by the rules that an item brings itself: VTIMEZONE. [RFC 5545, "Time Zone Component"] */
import type { Component } from '../components.js';
import { basicDateTime } from '../date-time.js';
import { textValue, type ValueSource } from '../value.js';
import { DAY_MS, offsetOf, wallOf, yearOf } from './wall.js';
import type { Change, Zone } from './zone.js';

/** One STANDARD or DAYLIGHT. */
export interface Observance {
  /** Seconds east of UTC before it and in it. */
  readonly from: number;
  readonly to: number;
  /** Local times, by the clock before, at which it begins. */
  readonly onsets: readonly number[];
  readonly rule?: YearlyRule;
}

export interface YearlyRule {
  /** First onset, local. */
  readonly start: number;
  readonly interval: number;
  readonly months: readonly number[];
  /** Days of the week, Sunday is 0, with the position in the month (0: all). */
  readonly weekdays: readonly { readonly day: number; readonly position: number }[];
  readonly monthDays: readonly number[];
  readonly setPosition: number | undefined;
  /** The last instant it may begin at; Infinity: for ever. */
  readonly until: number;
  readonly lastYear: number;
}

/** More of them than the history of any zone has. */
const MAX_OBSERVANCES = 500;
const DAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];

/** @returns undefined when the component tells no rules that can be followed. */
export function ruledZone(source: ValueSource, timezone: Component): Zone | undefined {
  const observances = timezone.children
    .filter(({ name }) => name === 'STANDARD' || name === 'DAYLIGHT')
    .slice(0, MAX_OBSERVANCES)
    .map((one) => observanceOf(source, one));
  const known = observances.filter((one) => one !== undefined);
  return known.length === 0 || known.length < observances.length ? undefined : zoneOf(known);
}

export function zoneOf(observances: readonly Observance[]): Zone {
  const years = new Map<number, readonly Change[]>();
  const onsetsIn = (year: number): readonly Change[] => {
    const cached = years.get(year);
    if (cached) return cached;
    const found = observances
      .flatMap((one) => onsetsOf(one, year).map((local) => ({ at: local - one.from * 1000, before: one.from, after: one.to })))
      .sort((a, b) => a.at - b.at);
    if (years.size > 400) years.clear();
    years.set(year, found);
    return found;
  };
  const all = observances.flatMap(({ onsets, rule }) => [...onsets, ...(rule ? [rule.start] : [])]);
  const first = yearOf(all.reduce((a, b) => Math.min(a, b), Infinity));
  const last = observances.reduce((year, one) => Math.max(year, lastYearOf(one)), first);
  const initial = [...observances].sort((a, b) => firstOf(a) - firstOf(b))[0]?.from ?? 0;
  const before = (instant: number): number => {
    // A rule may have ended, and singles lie far apart: back to the newest that is.
    for (let year = Math.min(yearOf(instant), last) + 1; year >= first - 1; year -= 1) {
      const begun = onsetsIn(year).filter(({ at }) => at <= instant);
      const newest = begun.at(-1);
      if (newest) return newest.after;
    }
    return initial;
  };
  return {
    iana: undefined,
    offsetAt: before,
    changes: (from, to) => {
      const found: Change[] = [];
      let now = before(from - 1);
      for (let year = yearOf(from) - 1; year <= yearOf(to) + 1; year += 1)
        for (const { at, after } of onsetsIn(year))
          if (at >= from && at < to && after !== now) {
            found.push({ at, before: now, after });
            now = after;
          }
      return found;
    },
  };
}

const firstOf = ({ onsets, rule }: Observance): number => onsets.reduce((a, b) => Math.min(a, b), rule?.start ?? Infinity);

/** The year after which it does not begin again. */
function lastYearOf({ onsets, rule }: Observance): number {
  const ruled = !rule ? -Infinity : Math.min(rule.lastYear, rule.until === Infinity ? Infinity : yearOf(rule.until) + 1);
  return onsets.reduce((year, one) => Math.max(year, yearOf(one)), ruled);
}

function observanceOf(source: ValueSource, { lines }: Component): Observance | undefined {
  const text = (name: string): string => {
    const line = lines.find((one) => one.name === name);
    return line ? textValue(source, line).trim() : '';
  };
  const [from, to] = [offsetOf(text('TZOFFSETFROM')), offsetOf(text('TZOFFSETTO'))];
  const start = wallOf(basicDateTime(text('DTSTART')));
  if (from === undefined || to === undefined || start === undefined) return undefined;
  const extra = lines
    .filter(({ name }) => name === 'RDATE')
    .flatMap((line) => textValue(source, line).split(','))
    .map((one) => wallOf(basicDateTime(one)))
    .filter((one) => one !== undefined);
  const said = text('RRULE');
  if (said === '') return { from, to, onsets: [start, ...extra] };
  const rule = ruleOf(said, start, from);
  return rule && { from, to, onsets: extra, rule };
}

/** @returns undefined for rules that are not yearly ones: no zone has others. */
function ruleOf(text: string, start: number, from: number): YearlyRule | undefined {
  const parts = new Map(
    text
      .toUpperCase()
      .split(';')
      .map((part) => part.split('=', 2))
      .map(([key = '', value = '']) => [key.trim(), value.trim()] as const),
  );
  if (parts.get('FREQ') !== 'YEARLY') return undefined;
  const numbers = (name: string): readonly number[] => (parts.get(name)?.split(',') ?? []).map(Number);
  const weekdays = (parts.get('BYDAY')?.split(',') ?? []).map((one) => {
    const match = /^([+-]?\d{1,2})?(SU|MO|TU|WE|TH|FR|SA)$/.exec(one.trim());
    return match && { position: Number(match[1] ?? 0), day: DAYS.indexOf(match[2] ?? '') };
  });
  const begins = new Date(start);
  const interval = Number(parts.get('INTERVAL') ?? 1);
  const until = parts.get('UNTIL');
  const end = until === undefined ? Infinity : wallOf(basicDateTime(until).replace(/^\d{8}$/, '$&T235959Z'));
  const count = parts.get('COUNT');
  const months = numbers('BYMONTH');
  const setPosition = numbers('BYSETPOS')[0];
  const monthDays = numbers('BYMONTHDAY');
  if (
    weekdays.includes(null) ||
    [interval, ...months, ...monthDays, setPosition ?? 1, Number(count ?? 1)].some((one) => !Number.isInteger(one)) ||
    interval < 1 ||
    end === undefined ||
    months.some((one) => one < 1 || one > 12)
  )
    return undefined;
  return {
    start,
    interval,
    months: months.length > 0 ? months : [begins.getUTCMonth() + 1],
    weekdays: weekdays.filter((one) => one !== null),
    monthDays: monthDays.length > 0 || weekdays.length > 0 ? monthDays : [begins.getUTCDate()],
    setPosition,
    // UNTIL is in UTC; where it is not, it means the clock before.
    until: until?.includes('Z') === true || end === Infinity ? end : end - from * 1000,
    lastYear: count === undefined ? Infinity : begins.getUTCFullYear() + (Number(count) - 1) * interval,
  };
}

function onsetsOf({ onsets, rule, from }: Observance, year: number): readonly number[] {
  const single = onsets.filter((one) => yearOf(one) === year);
  if (!rule) return single;
  const firstYear = yearOf(rule.start);
  if (year < firstYear || year > rule.lastYear || (year - firstYear) % rule.interval !== 0) return single;
  const time = ((rule.start % DAY_MS) + DAY_MS) % DAY_MS;
  const days = daysOf(rule, year).map((day) => day + time);
  return [...single, ...days.filter((one) => one >= rule.start && one - from * 1000 <= rule.until)];
}

/** Midnights of the days of a year that the rule names. */
function daysOf(rule: YearlyRule, year: number): readonly number[] {
  const found = rule.months.flatMap((month) => {
    const length = new Date(Date.UTC(year, month, 0)).getUTCDate();
    const days = Array.from({ length }, (_, at) => at + 1);
    return days
      .filter((day) => rule.monthDays.length === 0 || rule.monthDays.includes(day) || rule.monthDays.includes(day - length - 1))
      .map((day) => ({ day, at: Date.UTC(year, month - 1, day) }))
      .filter(
        ({ day, at }) =>
          rule.weekdays.length === 0 ||
          rule.weekdays.some(
            (one) =>
              one.day === new Date(at).getUTCDay() &&
              (one.position === 0 ||
                (one.position > 0 ? Math.ceil(day / 7) === one.position : Math.ceil((length - day + 1) / 7) === -one.position)),
          ),
      )
      .map(({ at }) => at);
  });
  if (rule.setPosition === undefined) return found;
  const chosen = found.at(rule.setPosition > 0 ? rule.setPosition - 1 : rule.setPosition);
  return chosen === undefined ? [] : [chosen];
}
