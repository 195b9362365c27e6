/** Where a recurrence ends, by whatever it says of it: a number of times, or a last day. */
import { basicOf, DAY_MS, wallOf } from '../zones/wall.js';
import { daysOf } from './days.js';
import { recurrenceOf, type Recurrence } from './recurrence.js';

/** Of a series longer than that nobody counts the days. */
const MAX_COUNTED = 10_000;

const midnightOf = (start: string): number | undefined => wallOf(`${start.slice(0, 8)}T000000`);

/**
 * The last day of a rule with a count.
 *
 * @param start on the clock whose days the rule names: `20260601`, or a date-time.
 * @returns `20260706`; undefined where the rule has no count, or nobody can tell.
 */
export function lastDay(rule: string, start: string): string | undefined {
  const recurrence = recurrenceOf(rule);
  const first = midnightOf(start);
  const count = recurrence?.count;
  if (!recurrence || first === undefined || count === undefined || count > MAX_COUNTED) return undefined;
  let given = 0;
  for (const day of daysOf(recurrence, first)) {
    given += 1;
    if (given === count) return basicOf(day).slice(0, 8);
  }
  return undefined;
}

/**
 * How often a rule with an end happens.
 *
 * @param local an end in UTC on the clock that `start` is on. @returns undefined for a rule without an end, or one that nobody can follow.
 */
export function timesOf(rule: string, start: string, local: (utc: string) => string): { exact: number; byDay: number } | undefined {
  const recurrence = recurrenceOf(rule);
  if (!recurrence) return undefined;
  if (recurrence.count !== undefined) return { exact: recurrence.count, byDay: recurrence.count };
  const [first, until] = [midnightOf(start), recurrence.until === undefined ? undefined : untilOf(recurrence.until, local)];
  if (first === undefined || until === undefined) return undefined;
  const time = start.includes('T') ? (wallOf(start) ?? first) - first : 0;
  let [exact, byDay] = [0, 0];
  for (const day of daysOf(recurrence, first)) {
    if (day > until) break;
    byDay += 1;
    if (day + time <= until) exact += 1;
    if (byDay > MAX_COUNTED) return undefined;
  }
  return { exact, byDay };
}

/** A last day lasts until it is over. */
function untilOf(until: string, local: (utc: string) => string): number | undefined {
  if (/^\d{8}$/.test(until)) return (wallOf(`${until}T000000`) ?? NaN) + DAY_MS - 1000;
  return wallOf(until.endsWith('Z') ? local(until) : until);
}

/** The days of a series that ends, up to `most` of them; undefined where there are more, or no end. */
export function allDays(
  recurrence: Recurrence,
  start: string,
  most: number,
  local: (utc: string) => string,
): readonly string[] | undefined {
  const first = midnightOf(start);
  const until = recurrence.until === undefined ? undefined : untilOf(recurrence.until, local);
  if (first === undefined || (recurrence.count === undefined && until === undefined) || (recurrence.count ?? 0) > most) return undefined;
  const time = start.includes('T') ? (wallOf(start) ?? first) - first : 0;
  const days: string[] = [];
  for (const day of daysOf(recurrence, first)) {
    if (until !== undefined && day + time > until) return days;
    if (days.length >= most) return undefined;
    days.push(basicOf(day).slice(0, 8));
  }
  return recurrence.count === undefined || days.length === recurrence.count ? days : undefined;
}
