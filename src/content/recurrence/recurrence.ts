/** A recurrence rule of iCalendar 2.0, read. [RFC 5545, "Recurrence Rule"] */
import { basicDateTime } from '../date-time.js';

export interface Weekday {
  /** 0: every one; 1 the first, -1 the last of the month or year. */
  readonly position: number;
  /** 0 is Sunday. */
  readonly day: number;
}

/** Rules that name days; what repeats within a day is none of them. */
export interface Recurrence {
  readonly freq: 'DAILY' | 'WEEKLY' | 'MONTHLY' | 'YEARLY';
  readonly interval: number;
  readonly count: number | undefined;
  /** Basic form, as it is written. */
  readonly until: string | undefined;
  readonly months: readonly number[];
  readonly monthDays: readonly number[];
  readonly yearDays: readonly number[];
  readonly weeks: readonly number[];
  readonly weekdays: readonly Weekday[];
  /** Of the days of one month, week or year only these, counted from 1 or from -1. */
  readonly positions: readonly number[];
  /** The day a week begins on, 0 is Sunday. */
  readonly weekStart: number;
}

export const WEEKDAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'] as const;
const weekdayIn = (text: string): number => WEEKDAYS.findIndex((one) => one === text);

const KNOWN = /^(?:FREQ|INTERVAL|COUNT|UNTIL|WKST|BYMONTH|BYMONTHDAY|BYYEARDAY|BYWEEKNO|BYDAY|BYSETPOS)$/;
/** The most days a rule can name of one kind: a longer list says nothing more. */
const MAX_LIST = 800;

/** @returns undefined for what is no rule, or one of hours, minutes or seconds. */
export function recurrenceOf(text: string): Recurrence | undefined {
  const parts = new Map(
    text
      .toUpperCase()
      .split(';')
      .map((part) => part.split('=', 2))
      .map(([key = '', value = '']) => [key.trim(), value.trim()] as const)
      .filter(([, value]) => value !== ''),
  );
  const freq = parts.get('FREQ');
  if (freq !== 'DAILY' && freq !== 'WEEKLY' && freq !== 'MONTHLY' && freq !== 'YEARLY') return undefined;
  if (![...parts.keys()].every((key) => KNOWN.test(key))) return undefined;
  const numbers = (name: string, most: number): readonly number[] | undefined => {
    const list = (parts.get(name) ?? '').split(',').filter((one) => one !== '');
    const values = list.map((one) => (/^[+-]?\d{1,3}$/.test(one.trim()) ? Number(one) : 0));
    return list.length > MAX_LIST || values.some((one) => one === 0 || Math.abs(one) > most) ? undefined : values;
  };
  const months = numbers('BYMONTH', 12);
  const monthDays = numbers('BYMONTHDAY', 31);
  const yearDays = numbers('BYYEARDAY', 366);
  const weeks = numbers('BYWEEKNO', 53);
  const positions = numbers('BYSETPOS', 366);
  const weekdays = weekdaysOf(parts.get('BYDAY') ?? '');
  const interval = whole(parts.get('INTERVAL') ?? '1', 9999);
  const count = parts.has('COUNT') ? whole(parts.get('COUNT') ?? '', 1_000_000) : undefined;
  const weekStart = weekdayIn(parts.get('WKST') ?? 'MO');
  if (!months || !monthDays || !yearDays || !weeks || !positions || !weekdays) return undefined;
  if (interval === undefined || weekStart < 0 || (parts.has('COUNT') && count === undefined)) return undefined;
  const until = parts.get('UNTIL');
  return {
    freq,
    interval,
    count,
    until: until === undefined ? undefined : basicDateTime(until),
    months,
    monthDays,
    yearDays,
    weeks,
    weekdays,
    positions,
    weekStart,
  };
}

function whole(text: string, most: number): number | undefined {
  const value = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= most ? value : undefined;
}

function weekdaysOf(text: string): readonly Weekday[] | undefined {
  const list = text.split(',').filter((one) => one !== '');
  if (list.length > MAX_LIST) return undefined;
  const days: Weekday[] = [];
  for (const one of list) {
    const match = /^([+-]?\d{1,2})?([A-Z]{2})$/.exec(one.trim());
    const day = weekdayIn(match?.[2] ?? '');
    if (day < 0) return undefined;
    days.push({ position: Number(match?.[1] ?? 0), day });
  }
  return days;
}
