/** Rules of 2.0 that 1.0 has a form for when they are said otherwise: the same days, in other parts. */
import { WEEKDAYS } from '../recurrence/recurrence.js';
import { weekdayOf } from './rule-days.js';

type Parts = ReadonlyMap<string, string>;

const listOf = (parts: Parts, name: string): readonly string[] => (parts.get(name) ?? '').split(',').filter((one) => one !== '');
const numbers = (parts: Parts, name: string): readonly number[] => listOf(parts, name).map(Number);

/** @param start of the series, on its clock. @returns the same rule in plainer parts, as far as there are any. */
export function plainer(parts: Parts, start: string): Parts {
  const result = new Map(parts);
  withoutTime(result, start);
  asDayOfMonth(result);
  asPosition(result);
  asEveryFewMonths(result, start);
  return result;
}

/** The hour that the start has anyway. */
function withoutTime(parts: Map<string, string>, start: string): void {
  for (const [name, at] of [
    ['BYHOUR', 9],
    ['BYMINUTE', 11],
    ['BYSECOND', 13],
  ] as const) {
    const value = parts.get(name);
    if (value !== undefined && start.includes('T') && /^\d{1,2}$/.test(value) && Number(value) === Number(start.slice(at, at + 2)))
      parts.delete(name);
  }
}

/** The n-th of all days of a month. @NOTE Outlook: "the last day". */
function asDayOfMonth(parts: Map<string, string>): void {
  const days = new Set(listOf(parts, 'BYDAY'));
  if (parts.get('FREQ') !== 'MONTHLY' || parts.has('BYMONTHDAY') || !parts.has('BYSETPOS')) return;
  if (days.size !== 7 || !WEEKDAYS.every((day) => days.has(day))) return;
  parts.set('BYMONTHDAY', parts.get('BYSETPOS') ?? '');
  parts.delete('BYDAY');
  parts.delete('BYSETPOS');
}

/** A Monday among the first seven days of a month is the first Monday. */
function asPosition(parts: Map<string, string>): void {
  const [days, dates] = [listOf(parts, 'BYDAY'), [...new Set(numbers(parts, 'BYMONTHDAY'))].sort((a, b) => a - b)];
  const inMonth = parts.get('FREQ') === 'MONTHLY' || (parts.get('FREQ') === 'YEARLY' && parts.has('BYMONTH'));
  const [first = 0] = dates;
  const isWeek = dates.length === 7 && dates.every((date, at) => date === first + at);
  const position = first === -7 ? -1 : (first + 6) / 7;
  if (!inMonth || !isWeek || days.length === 0 || !days.every((day) => /^[A-Z]{2}$/.test(day)) || parts.has('BYSETPOS')) return;
  if (![-1, 1, 2, 3, 4].includes(position)) return;
  parts.set('BYDAY', days.map((day) => `${position}${day}`).join(','));
  parts.delete('BYMONTHDAY');
}

/** January, April, July and October are every third month. */
function asEveryFewMonths(parts: Map<string, string>, start: string): void {
  const months = [...new Set(numbers(parts, 'BYMONTH'))].sort((a, b) => a - b);
  const freq = parts.get('FREQ');
  const [first = 0] = months;
  const step = 12 / months.length;
  if ((freq !== 'YEARLY' && freq !== 'MONTHLY') || (parts.get('INTERVAL') ?? '1') !== '1' || !months.includes(Number(start.slice(4, 6))))
    return;
  if (!months.every((month, at) => month === first + at * step)) return;
  const days = listOf(parts, 'BYDAY');
  const isNamed = parts.has('BYMONTHDAY') || days.length > 0;
  // In a year, positions are counted over all of its months, and a weekday without a position is each of them.
  if (freq === 'YEARLY' && (!isNamed || parts.has('BYSETPOS') || !days.every((day) => /\d/.test(day)))) return;
  parts.set('FREQ', 'MONTHLY');
  parts.set('INTERVAL', String(step));
  parts.delete('BYMONTH');
}

const dayNumber = (day: string): number => (WEEKDAYS.findIndex((one) => one === day) + 6) % 7;

/** Every other week has the same days whether it begins on Monday, as in 1.0, or on `weekStart`: all of them are on one side of that day. */
export function isOneWeek(days: readonly string[], weekStart: string, start: string): boolean {
  const edge = dayNumber(weekStart);
  const sides = new Set([...days, weekdayOf(start)].map((day) => dayNumber(day) < edge));
  return sides.size === 1;
}
