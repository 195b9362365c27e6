/** A time of day in which backups may begin: `22:00-06:00`, local time, past midnight too. */
import { UserError } from '../../model/errors.js';

export interface Window {
  /** Minutes since midnight. */
  readonly from: number;
  /** The first minute that is no longer in it. */
  readonly to: number;
}

/** @throws {UserError} */
export function parseWindow(text: string): Window {
  const found = /^\s*(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)\s*$/.exec(text);
  const [from, to] = [minutesOf(found?.[1], found?.[2]), minutesOf(found?.[3], found?.[4])];
  if (from === undefined || to === undefined || from === to)
    throw new UserError(`${text} is no time of day: write it such as 22:00-06:00.`);
  return { from, to };
}

function minutesOf(hour: string | undefined, minute: string | undefined): number | undefined {
  const [h, m] = [Number(hour), Number(minute)];
  return h <= 24 && m < 60 && h * 60 + m <= 24 * 60 ? h * 60 + m : undefined;
}

export function isInside({ from, to }: Window, at: number): boolean {
  const date = new Date(at);
  const minute = date.getHours() * 60 + date.getMinutes();
  return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}

/** `at` itself inside of the window, else when it begins next. */
export function nextInside(window: Window, at: number): number {
  if (isInside(window, at)) return at;
  const date = new Date(at);
  const begins = (days: number): number => new Date(date.getFullYear(), date.getMonth(), date.getDate() + days, 0, window.from).getTime();
  return begins(0) > at ? begins(0) : begins(1);
}

/** When the window that `at` is in began. */
export function beginOf(window: Window, at: number): number {
  const date = new Date(at);
  const begins = (days: number): number => new Date(date.getFullYear(), date.getMonth(), date.getDate() + days, 0, window.from).getTime();
  return begins(0) <= at ? begins(0) : begins(-1);
}
