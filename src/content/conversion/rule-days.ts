/** Days of a rule on another clock: an evening in New York is a night in Berlin, one day later. */
import { wallOf } from '../zones/wall.js';

const DAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];

/** Days from the date of one time to that of another: -1, 0 or 1 for one moment on two clocks. */
export function dayShift(from: string, to: string): number {
  const [a, b] = [wallOf(`${from.slice(0, 8)}T000000`), wallOf(`${to.slice(0, 8)}T000000`)];
  return a === undefined || b === undefined ? 0 : Math.round((b - a) / 86_400_000);
}

/** `MO` for a Monday; '' for what is no date. */
export function weekdayOf(basic: string): string {
  const wall = wallOf(`${basic.slice(0, 8)}T000000`);
  return wall === undefined ? '' : (DAYS[new Date(wall).getUTCDay()] ?? '');
}

/** `MO` moved by days. */
export const shiftedDay = (day: string, shift: number): string => DAYS[(DAYS.indexOf(day) + shift + 14) % 7] ?? day;

/** A day of the month that has the same neighbours in every month. */
const isInside = (day: number, shift: number): boolean => day >= 1 && day + shift >= 1 && day <= 28 && day + shift <= 28;

/**
 * A rule of 2.0 whose days can be moved.
 *
 * @param start its first time, local to the rule.
 */
export function shiftable(rule: string, start: string, shift: number): boolean {
  const parts = new Map(
    rule
      .toUpperCase()
      .split(';')
      .map((part) => part.split('=', 2))
      .map(([key = '', value = '']) => [key, value] as const),
  );
  const by = [...parts.keys()].filter((key) => key.startsWith('BY')).join(' ');
  const day = Number(start.slice(6, 8));
  switch (`${parts.get('FREQ') ?? ''} ${by}`.trim()) {
    case 'DAILY':
    case 'WEEKLY':
      return true;
    case 'WEEKLY BYDAY':
    case 'DAILY BYDAY':
      // Which week is the second one depends on where the week begins.
      return Number(parts.get('INTERVAL') ?? 1) === 1;
    case 'MONTHLY':
      return isInside(day, shift);
    case 'YEARLY':
      // The days around a leap day have not the same neighbours every year.
      return !/^(?:0228|0229|0301)$/.test(start.slice(4, 8));
    case 'MONTHLY BYMONTHDAY':
      return (parts.get('BYMONTHDAY') ?? '').split(',').every((one) => isInside(Number(one), shift));
    default:
      return false;
  }
}

/** A moved 2.0 rule that {@link shiftable} allows. */
export function shiftedRule(rule: string, shift: number): string {
  if (shift === 0) return rule;
  return rule
    .split(';')
    .map((part) => {
      const [key = '', value = ''] = part.split('=', 2);
      const list = value.split(',').map((one) => one.trim());
      if (/^BYDAY$/i.test(key)) return `${key}=${list.map((day) => shiftedDay(day.toUpperCase(), shift)).join(',')}`;
      if (/^BYMONTHDAY$/i.test(key)) return `${key}=${list.map((day) => Number(day) + shift).join(',')}`;
      return part;
    })
    .join(';');
}

/**
 * Days by which a weekly rule of 1.0 is off its start, because the start is in UTC and the rule is not: 1 when UTC has the day after. Only where the
 * hour allows it: hardly anybody is more than 12 hours behind UTC, or 13 before.
 */
export function utcShift(rule: string, start: string): number {
  const match = /^\s*W\d{1,4}\s+((?:(?:MO|TU|WE|TH|FR|SA|SU)\s*)+)/i.exec(rule);
  const wall = start.endsWith('Z') ? wallOf(start) : undefined;
  if (!match || wall === undefined) return 0;
  const days = (match[1] ?? '').toUpperCase().trim().split(/\s+/);
  const day = DAYS[new Date(wall).getUTCDay()] ?? '';
  if (days.includes(day)) return 0;
  const hour = Number(start.slice(9, 11));
  const later = hour < 12 && days.includes(shiftedDay(day, -1));
  const earlier = hour >= 11 && days.includes(shiftedDay(day, 1));
  return later === earlier ? 0 : later ? 1 : -1;
}
