/** The days of a recurrence, one after the other. [RFC 5545, "Recurrence Rule"] */
import { DAY_MS } from '../zones/wall.js';
import type { Recurrence, Weekday } from './recurrence.js';

/** So many days are looked at, two hundred years of them: rules come from items. */
const MAX_LOOKED_AT = 75_000;
/** A rule that names none of so many days names none any more: a 31st of February. A 29th on a Monday comes within forty years. */
const MAX_IN_VAIN = 15_000;
/** The last day there is, 31 December 9999. */
const LAST = 253_402_214_400_000;

const at = (year: number, month: number, day: number): number => {
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  return date.getTime();
};

/** What a day is within its month and year. */
interface Day {
  readonly time: number;
  readonly year: number;
  /** 0 is January. */
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
}

function dayAt(time: number): Day {
  const date = new Date(time);
  return { time, year: date.getUTCFullYear(), month: date.getUTCMonth(), day: date.getUTCDate(), weekday: date.getUTCDay() };
}

const daysIn = (year: number, month: number): number => dayAt(at(year, month + 1, 0)).day;

/**
 * The start first, whether the rule names it or not, then what the rule names after it, as many as COUNT allows. UNTIL is the caller's: its clock
 * may be another.
 *
 * @param first midnight of the first day, on the clock whose days the rule names, as if it were UTC.
 * @returns midnights of that kind. Ends where the rule cannot be followed further.
 */
export function* daysOf(rule: Recurrence, first: number): Generator<number, void, undefined> {
  const { count = Infinity } = rule;
  const recurrence = completed(rule, dayAt(first));
  const isNamed = filterFor(recurrence);
  yield first;
  let [given, lookedAt, inVain] = [1, 0, 0];
  for (let step = 0; given < count && lookedAt < MAX_LOOKED_AT && inVain < MAX_IN_VAIN; step += 1) {
    const period = periodOf(recurrence, first, step);
    if (period === undefined) return;
    lookedAt += period.length;
    inVain += period.length;
    const named = period.filter(isNamed).map(({ time }) => time);
    for (const time of chosen(named, recurrence.positions)) {
      if (time <= first) continue;
      yield time;
      inVain = 0;
      given += 1;
      if (given >= count) return;
    }
  }
}

/** The days of one year, month, week or day of the rule, of a year only those of its months; undefined beyond the last of all. */
function periodOf({ freq, interval, weekStart, months }: Recurrence, first: number, step: number): readonly Day[] | undefined {
  const { year, month, weekday } = dayAt(first);
  const span = (from: number, days: number): readonly Day[] | undefined =>
    from > LAST ? undefined : Array.from({ length: days }, (_, index) => dayAt(from + index * DAY_MS));
  switch (freq) {
    case 'DAILY':
      return span(first + step * interval * DAY_MS, 1);
    case 'WEEKLY':
      return span(first - ((weekday - weekStart + 7) % 7) * DAY_MS + step * interval * 7 * DAY_MS, 7);
    case 'MONTHLY': {
      const months = month + step * interval;
      const inYear = year + Math.floor(months / 12);
      return inYear > 9999 ? undefined : span(at(inYear, months % 12, 1), daysIn(inYear, months % 12));
    }
    case 'YEARLY': {
      const inYear = year + step * interval;
      if (inYear > 9999) return undefined;
      if (months.length === 0) return span(at(inYear, 0, 1), daysIn(inYear, 1) + 337);
      return months.flatMap((one) => span(at(inYear, one - 1, 1), daysIn(inYear, one - 1)) ?? []);
    }
  }
}

/** What a rule does not say it takes from the start. */
function completed(recurrence: Recurrence, first: Day): Recurrence {
  const { freq, months, monthDays, yearDays, weeks, weekdays } = recurrence;
  const sorted = [...new Set(months)].sort((a, b) => a - b);
  if (monthDays.length + yearDays.length + weeks.length + weekdays.length > 0) return { ...recurrence, months: sorted };
  return {
    ...recurrence,
    months: freq === 'YEARLY' && months.length === 0 ? [first.month + 1] : sorted,
    monthDays: freq === 'YEARLY' || freq === 'MONTHLY' ? [first.day] : [],
    weekdays: freq === 'WEEKLY' ? [{ position: 0, day: first.weekday }] : [],
  };
}

/** Which days of a period are the rule's. */
function filterFor({ freq, months, monthDays, yearDays, weeks, weekdays, weekStart }: Recurrence): (day: Day) => boolean {
  const inYear = freq === 'YEARLY' && months.length === 0;
  const counts = freq === 'YEARLY' || freq === 'MONTHLY';
  const monthSet = new Set(months);
  const tests: ((day: Day) => boolean)[] = [];
  if (months.length > 0) tests.push(({ month }) => monthSet.has(month + 1));
  if (monthDays.length > 0) {
    const set = new Set(monthDays);
    tests.push(({ year, month, day }) => set.has(day) || set.has(day - daysIn(year, month) - 1));
  }
  if (yearDays.length > 0) {
    const set = new Set(yearDays);
    tests.push(({ time, year }) => {
      const day = Math.round((time - at(year, 0, 1)) / DAY_MS) + 1;
      return set.has(day) || set.has(day - Math.round((at(year + 1, 0, 1) - at(year, 0, 1)) / DAY_MS) - 1);
    });
  }
  if (weeks.length > 0) {
    const set = new Set(weeks);
    tests.push((day) => weekNumbers(day, weekStart).some((one) => set.has(one)));
  }
  if (weekdays.length > 0) tests.push((day) => weekdays.some((one) => isOn(day, one, counts, inYear)));
  return (day) => tests.every((test) => test(day));
}

function isOn({ time, year, month, day, weekday }: Day, { position, day: wanted }: Weekday, counts: boolean, inYear: boolean): boolean {
  if (weekday !== wanted) return false;
  if (position === 0 || !counts) return true;
  const [before, all] = inYear
    ? [Math.round((time - at(year, 0, 1)) / DAY_MS), Math.round((at(year + 1, 0, 1) - at(year, 0, 1)) / DAY_MS)]
    : [day - 1, daysIn(year, month)];
  return position > 0 ? Math.floor(before / 7) + 1 === position : -(Math.floor((all - before - 1) / 7) + 1) === position;
}

/** From the beginning of its year of weeks, and from the end. The first week has four days of the year, at least. */
function weekNumbers({ time, weekday }: Day, weekStart: number): readonly number[] {
  const begin = time - ((weekday - weekStart + 7) % 7) * DAY_MS;
  const { year } = dayAt(begin + 3 * DAY_MS);
  const firstOf = (ofYear: number): number => {
    const fourth = dayAt(at(ofYear, 0, 4));
    return fourth.time - ((fourth.weekday - weekStart + 7) % 7) * DAY_MS;
  };
  const number = Math.round((begin - firstOf(year)) / (7 * DAY_MS)) + 1;
  const all = Math.round((firstOf(year + 1) - firstOf(year)) / (7 * DAY_MS));
  return [number, number - all - 1];
}

function chosen(days: readonly number[], positions: readonly number[]): readonly number[] {
  if (positions.length === 0) return days;
  const picked = positions.map((position) => days.at(position > 0 ? position - 1 : position));
  return [...new Set(picked.filter((one) => one !== undefined))].sort((a, b) => a - b);
}
