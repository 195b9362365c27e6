/** What a calendar entry says of its own times: everything else in it is told from there. */
import type { Component } from '../components.js';
import { basicDateTime, plainDuration } from '../date-time.js';
import { paramValue } from '../params.js';
import { textValue, type ValueSource } from '../value.js';
import { startOfYear, wallOf, yearOf } from '../zones/wall.js';
import type { Zone } from '../zones/zone.js';

/** How a time is written in the other format. */
export interface Moment {
  /** Basic form: a date, a local time, or one in UTC. */
  readonly text: string;
  /** It is in a zone that nobody knows. */
  readonly lost: boolean;
  readonly zoned: boolean;
  /** The zone of the local time, in 2.0. */
  readonly tzid?: string;
}

/** What a rule is told from. */
export interface RuleClock {
  /** The start on the clock whose days the rule names, '' for none. */
  readonly start: string;
  /** Days that its days move by on the way. */
  readonly shift: number;
  /** The end of a rule, basic form, as it is written. */
  readonly until: (basic: string) => string;
  /** Its days are of a clock that the target has not, and cannot move. */
  readonly isLost?: boolean;
}

export interface Frame {
  /** The start and the end are dates, not times. */
  readonly allDay: boolean;
  /** As they are written in the target format, '' for none. */
  readonly start: string;
  /** Of an event DTEND, or what DURATION makes of the start; of a task DUE. */
  readonly end: string;
  readonly moment: (text: string, tzid: string | undefined) => Moment;
  /** Of a date that is left out of a series: the time at which the target shows it. */
  readonly exception: (text: string, tzid: string | undefined) => Moment;
  readonly rule: RuleClock;
  /** A time of an entry of 1.0 in UTC, where its zone is known. */
  readonly inUtc: (text: string) => string;
  /** Seconds from the start of an entry of 1.0 (or, without one, its end) to a time in it; undefined: nobody can tell. */
  readonly secondsTo: (text: string) => number | undefined;
  /** When it is so long after the start, or the end, of an entry of 2.0, as it is written in 1.0. */
  readonly after: (duration: string, atEnd: boolean) => string | undefined;
  /** The zone of local times of the target, and the years it is needed for; undefined: there are none, or they are nobody's. */
  readonly zone?: FrameZone;
}

export interface FrameZone {
  readonly zone: Zone;
  readonly tzid: string;
  readonly firstYear: number;
  /** Undefined: a series without an end. */
  readonly lastYear: number | undefined;
}

export interface Named {
  readonly text: string;
  readonly tzid: string | undefined;
}

export function find(source: ValueSource, entry: Component, name: string): Named | undefined {
  const line = entry.lines.find((one) => one.name === name);
  if (!line) return undefined;
  const zone = line.params.find((param) => param.name === 'TZID');
  return { text: basicDateTime(textValue(source, line)), tzid: zone && paramValue(zone) };
}

export const rulesOf = (source: ValueSource, entry: Component): readonly string[] =>
  entry.lines.filter(({ name }) => name === 'RRULE' || name === 'EXRULE').map((line) => textValue(source, line));

export const isLocal = (text: string): boolean => /^\d{8}T\d{6}$/.test(text);
export const isUtc = (text: string): boolean => /^\d{8}T\d{6}Z$/.test(text);

/** The years that a zone has to be told for. */
export function yearsOf(start: string, end: string, rules: readonly string[]): Pick<FrameZone, 'firstYear' | 'lastYear'> {
  const year = (text: string): number => yearOf(wallOf(text.replace(/^(\d{8})$/, '$1T000000')) ?? startOfYear(1970));
  const firstYear = year(start);
  const until = rules.map((rule) => /UNTIL=(\d{8}(?:T\d{6}Z?)?)/i.exec(rule)?.[1] ?? /\s(\d{8}T\d{6}Z?)\s*$/.exec(rule)?.[1]);
  const known = until.filter((one) => one !== undefined);
  return { firstYear, lastYear: known.length < rules.length ? undefined : Math.max(firstYear, year(end || start), ...known.map(year)) };
}

/** Seconds of `-P1DT90S` and the like; undefined for other text. */
export function secondsOf(duration: string): number | undefined {
  const match = /^([+-]?)P(\d+)DT(\d+)S$/.exec(plainDuration(duration));
  return match ? (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 86_400 + Number(match[3])) : undefined;
}
