/**
 * One series on two clocks. A phone repeats a series on its own clock: in the weeks in which one zone has changed its clock and the other has not, it shows
 * each time an hour beside. What names a time of the series has to name that one there: a date left out, the last one.
 */
import { dayShift } from '../conversion/rule-days.js';
import { later } from '../zones/wall.js';
import { toLocal, toUtc, type Zone } from '../zones/zone.js';

export interface SeriesClock {
  /** The start on that clock, `20260601T100000`. */
  readonly start: string;
  readonly zone: Zone;
}

export interface Clocks {
  /** A time of the series in UTC, as it is on the other clock, in UTC; undefined: it is no time of day of the series. */
  readonly time: (utc: string) => string | undefined;
  /** An end in UTC behind which the series goes on on neither clock. */
  readonly end: (utc: string) => string;
}

const DAY = 86_400;

/** @returns undefined where the two are one clock, or the series has dates. */
export function clocksOf(from: SeriesClock, to: SeriesClock): Clocks | undefined {
  const isTime = /^\d{8}T\d{6}$/;
  if (from.zone.iana === to.zone.iana || !isTime.test(from.start) || !isTime.test(to.start)) return undefined;
  const shift = dayShift(from.start, to.start) * DAY;
  const moved = (day: string, days: number): string => later(day.slice(0, 8), days) ?? day.slice(0, 8);
  const there = (day: string): string => toUtc(moved(day, shift) + to.start.slice(8), to.zone);
  const here = (day: string): string => toUtc(day + from.start.slice(8), from.zone);
  return {
    time: (utc) => {
      const local = toLocal(utc, from.zone);
      // A time that the clock skips is shown as a later one.
      const day = [local.slice(0, 8), moved(local, -DAY)].find((one) => here(one) === utc);
      return day === undefined ? undefined : there(day);
    },
    end: (utc) => {
      const local = toLocal(utc, from.zone);
      const day = here(local.slice(0, 8)) <= utc ? local.slice(0, 8) : moved(local, -DAY);
      const [last, next] = [there(day), there(moved(day, DAY))];
      return last > utc || next <= utc ? last : utc;
    },
  };
}
