/**
 * Times as numbers: milliseconds since 1970 of an instant, or of what a clock on the wall shows read as if it were UTC. Text is in the basic
 * form, `20260601T100000`.
 */

const BASIC = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z?$/;
/** Years 0001 to 9999. */
const FIRST = -62_135_596_800_000;
const LAST = 253_402_300_799_999;

/** @returns undefined for text that is no date-time. `20260601T240000` and the like carry over. */
export function wallOf(basic: string): number | undefined {
  const match = BASIC.exec(basic);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const days = Date.UTC(Number(year), Number(month) - 1, Number(day));
  // No 30th of February, and no month 13; a 24th hour and a 60th second there are.
  if (new Date(days).getUTCMonth() !== Number(month) - 1 || Number(hour) > 24 || Number(minute) > 60 || Number(second) > 60)
    return undefined;
  const time = days + Number(hour) * 3_600_000 + Number(minute) * 60_000 + Number(second) * 1000;
  return time < FIRST || time > LAST || Number(year) < 100 ? undefined : time;
}

const two = (value: number): string => (value < 10 ? `0${value}` : String(value));

/** `20260601T100000`, without a mark. */
export function basicOf(wall: number): string {
  const at = new Date(wall);
  const date = `${String(at.getUTCFullYear()).padStart(4, '0')}${two(at.getUTCMonth() + 1)}${two(at.getUTCDate())}`;
  return `${date}T${two(at.getUTCHours())}${two(at.getUTCMinutes())}${two(at.getUTCSeconds())}`;
}

/** Adds seconds to a date-time of the form `20260601T100000` or the same with Z; to a date, whole days. */
export function later(basic: string, seconds: number): string | undefined {
  const isDate = /^\d{8}$/.test(basic);
  const time = wallOf(isDate ? `${basic}T000000` : basic);
  if (time === undefined) return undefined;
  const moved = basicOf(time + seconds * 1000);
  return isDate ? moved.slice(0, 8) : basic.endsWith('Z') ? `${moved}Z` : moved;
}

/** Seconds from one moment to another, both in UTC or both local; undefined when they cannot be compared. */
export function secondsBetween(from: string, to: string): number | undefined {
  if (from.endsWith('Z') !== to.endsWith('Z')) return undefined;
  const [a, b] = [wallOf(from), wallOf(to)];
  return a === undefined || b === undefined ? undefined : (b - a) / 1000;
}

export const DAY_MS = 86_400_000;

export const yearOf = (time: number): number => new Date(time).getUTCFullYear();

export const startOfYear = (year: number): number => Date.UTC(year, 0, 1);

/** Seconds east of UTC of `+0100`, `-03:30`, `+01`, `-0800`; undefined for other text. */
export function offsetOf(text: string): number | undefined {
  const match = /^([+-]?)(\d{1,2})(?::?([0-5]\d)(?::?([0-5]\d))?)?$/.exec(text.trim());
  if (!match) return undefined;
  const [, sign, hours, minutes = '0', seconds = '0'] = match;
  const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  if (size > 15 * 3600) return undefined;
  return sign === '-' && size > 0 ? -size : size;
}

/** `+0100`; with `:` between where `mark` says so. [RFC 5545, "UTC Offset"] */
export function offsetText(seconds: number, mark = ''): string {
  const size = Math.abs(seconds);
  const rest = size % 60;
  const parts = [two(Math.floor(size / 3600)), two(Math.floor(size / 60) % 60), ...(rest === 0 ? [] : [two(rest)])];
  return `${seconds < 0 ? '-' : '+'}${parts.join(mark)}`;
}
