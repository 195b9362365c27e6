/**
 * Times of the form `minute hour day month weekday`, as cron has them: lists, ranges, steps, names; local time. Where a clock is put forward, a time
 * that is left out comes with the first minute after it; where it is put back, a time comes once.
 */
import { UserError } from '../../model/errors.js';

export interface Cron {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /** Day and weekday are both given: either may match. */
  readonly eitherDay: boolean;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const SHORT: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
};

/** @throws {UserError} when the text is no such time. */
export function parseCron(text: string): Cron {
  const fields = (SHORT[text.trim().toLowerCase()] ?? text).trim().toLowerCase().split(/\s+/);
  const [minute, hour, day, month, weekday] = fields;
  if (
    fields.length !== 5 ||
    minute === undefined ||
    hour === undefined ||
    day === undefined ||
    month === undefined ||
    weekday === undefined
  )
    throw new UserError(`${text} is no schedule: write minute, hour, day, month and weekday, such as "0 0 * * *" for every midnight.`);
  const read = (field: string, least: number, most: number, names: readonly string[] = [], base = 0): Set<number> => {
    try {
      return parseField(field, least, most, names, base);
    } catch (cause) {
      throw new UserError(`${text} is no schedule: ${(cause as Error).message}.`, { cause });
    }
  };
  // 7 is Sunday too.
  const weekdays = new Set([...read(weekday, 0, 7, WEEKDAYS)].map((n) => n % 7));
  const cron = {
    minutes: read(minute, 0, 59),
    hours: read(hour, 0, 23),
    days: read(day, 1, 31),
    months: read(month, 1, 12, MONTHS, 1),
    weekdays,
    eitherDay: !day.startsWith('*') && !weekday.startsWith('*'),
  };
  if (!comes(cron)) throw new UserError(`${text} is no schedule: there is no such day.`);
  return cron;
}

function parseField(field: string, least: number, most: number, names: readonly string[], base: number): Set<number> {
  const values = new Set<number>();
  for (const part of field.split(',')) {
    const found = /^(\*|[a-z0-9]+)(?:-([a-z0-9]+))?(?:\/(\d+))?$/.exec(part);
    if (!found?.[1] || (found[1] === '*' && found[2] !== undefined)) throw new Error(`"${part}" is not understood`);
    const number = (word: string): number => {
      const named = names.indexOf(word);
      const value = named >= 0 ? named + base : /^\d+$/.test(word) ? Number(word) : NaN;
      if (!(value >= least && value <= most)) throw new Error(`"${word}" is not from ${least} to ${most}`);
      return value;
    };
    const step = found[3] === undefined ? 1 : Number(found[3]);
    if (step < 1) throw new Error(`"${part}" has no step`);
    const from = found[1] === '*' ? least : number(found[1]);
    const to = found[2] !== undefined ? number(found[2]) : found[1] === '*' || found[3] !== undefined ? most : from;
    if (to < from) throw new Error(`"${part}" runs backwards`);
    for (let value = from; value <= to; value += step) values.add(value);
  }
  return values;
}

/** February has 29 days at most, and so on. */
function comes({ days, months, eitherDay }: Cron): boolean {
  const longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return eitherDay || [...months].some((month) => [...days].some((day) => day <= (longest[month - 1] ?? 0)));
}

function isDay({ days, months, weekdays, eitherDay }: Cron, at: Date): boolean {
  if (!months.has(at.getMonth() + 1)) return false;
  const [day, weekday] = [days.has(at.getDate()), weekdays.has(at.getDay())];
  return eitherDay ? day || weekday : day && weekday;
}

/** A leap day on a given weekday comes within 40 years. */
const MAX_DAYS = 366 * 41;

/** The first time after `after`, milliseconds since 1970, to the minute. */
export function nextTime(cron: Cron, after: number): number {
  const day = new Date(after);
  day.setHours(0, 0, 0, 0);
  for (let count = 0; count < MAX_DAYS; count += 1) {
    if (isDay(cron, day)) {
      for (const hour of [...cron.hours].sort((a, b) => a - b)) {
        for (const minute of [...cron.minutes].sort((a, b) => a - b)) {
          // An hour that is left out on this day comes out as the one after it.
          const time = new Date(day.getFullYear(), day.getMonth(), day.getDate(), hour, minute).getTime();
          if (time > after) return time;
        }
      }
    }
    day.setDate(day.getDate() + 1);
    day.setHours(0, 0, 0, 0);
  }
  throw new Error('a schedule that never comes');
}
