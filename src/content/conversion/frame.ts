/** What a calendar entry says of its own times: everything else in it is told from there. */
import type { Component } from '../components.js';
import { basicDateTime, plainDuration } from '../date-time.js';
import { paramValue } from '../params.js';
import { textValue, type ValueSource } from '../value.js';
import { inUtc, later, zoneNamed } from './zones.js';

/** How a time is written in the other format. */
export interface Moment {
  /** Basic form: a date, a local time, or one in UTC. */
  readonly text: string;
  /** It is in a zone that nobody knows. */
  readonly lost: boolean;
  readonly zoned: boolean;
}

export interface Frame {
  /** The start and the end are dates, not times. */
  readonly allDay: boolean;
  /** As they are written in the target format, '' for none. */
  readonly start: string;
  /** Of an event DTEND, or what DURATION makes of the start; of a task DUE. */
  readonly end: string;
  readonly moment: (text: string, tzid: string | undefined) => Moment;
}

interface Named {
  readonly text: string;
  readonly tzid: string | undefined;
}

function find(source: ValueSource, entry: Component, name: string): Named | undefined {
  const line = entry.lines.find((one) => one.name === name);
  if (!line) return undefined;
  const zone = line.params.find((param) => param.name === 'TZID');
  return { text: basicDateTime(textValue(source, line)), tzid: zone && paramValue(zone) };
}

/** Of an entry of 2.0: zoned times become UTC, unless the rule names days and UTC has another date. */
export function modernFrame(source: ValueSource, entry: Component): Frame {
  const start = find(source, entry, 'DTSTART');
  const hasRule = entry.lines.some(({ name }) => name === 'RRULE' || name === 'EXRULE');
  const utcOf = (text: string, zone: string): string => inUtc(text, zone);
  const startZone = start?.tzid === undefined ? undefined : zoneNamed(start.tzid);
  const moved = start !== undefined && startZone !== undefined && utcOf(start.text, startZone).slice(0, 8) !== start.text.slice(0, 8);
  const keepsLocal = hasRule && moved;
  const moment = (raw: string, tzid: string | undefined): Moment => {
    const text = basicDateTime(raw);
    const isLocal = /T\d{6}$/.test(text);
    if (tzid === undefined || !isLocal) return { text, lost: false, zoned: false };
    const zone = zoneNamed(tzid);
    if (zone === undefined) return { text, lost: true, zoned: true };
    return { text: keepsLocal ? text : utcOf(text, zone), lost: false, zoned: true };
  };
  const allDay = start !== undefined && /^\d{8}$/.test(start.text);
  const begins = start ? moment(start.text, start.tzid).text : '';
  const ends = find(source, entry, entry.name === 'VTODO' ? 'DUE' : 'DTEND');
  const duration = find(source, entry, 'DURATION');
  const end = ends ? moment(ends.text, ends.tzid).text : duration ? afterDuration(begins, duration.text) : '';
  return { allDay, start: begins, end, moment };
}

/** Seconds of `-P1DT90S` and the like; undefined for other text. */
export function secondsOf(duration: string): number | undefined {
  const match = /^([+-]?)P(\d+)DT(\d+)S$/.exec(plainDuration(duration));
  return match ? (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 86_400 + Number(match[3])) : undefined;
}

export function afterDuration(start: string, duration: string): string {
  const seconds = secondsOf(duration);
  return start === '' || seconds === undefined ? '' : (later(start, seconds) ?? '');
}

/**
 * Of an entry of 1.0, where a day is written in many ways: from midnight to midnight, to 23:59 or 24:00, or with a mark.
 * @NOTE UIQ writes such days with Z although they are local; Symbian marks them with X-EPOCAGENDAENTRYTYPE.
 */
export function legacyFrame(source: ValueSource, entry: Component): Frame {
  const begins = find(source, entry, 'DTSTART');
  const start = begins?.text ?? '';
  const isTask = entry.name === 'VTODO';
  const end = find(source, entry, isTask ? 'DUE' : 'DTEND')?.text ?? '';
  const mark = find(source, entry, 'X-EPOCAGENDAENTRYTYPE')?.text.toUpperCase();
  const marked = mark === 'EVENT' || mark === 'ANNIVERSARY' || find(source, entry, 'X-FUNAMBOL-ALLDAY')?.text === '1';
  const midnights = [start, end].filter((text) => text !== '');
  const isDay = isTask
    ? midnights.length > 0 && midnights.every((text) => /^\d{8}(?:T000000)?$/.test(text))
    : /^\d{8}$/.test(start) || ((marked || spansDays(start, end)) && /^\d{8}T/.test(start));
  // No parameter of 1.0, but servers have written it.
  const moment = (raw: string, tzid?: string): Moment => {
    const text = basicDateTime(raw).replace(/T240000Z?$/, 'T235959');
    if (isDay) return { text: text.slice(0, 8), lost: false, zoned: tzid !== undefined };
    if (tzid === undefined || text.endsWith('Z')) return { text, lost: false, zoned: false };
    const zone = zoneNamed(tzid);
    return { text: zone === undefined ? text : inUtc(text, zone), lost: zone === undefined, zoned: true };
  };
  const ends = isDay && !isTask ? dayAfter(start, end) : moment(end).text;
  return { allDay: isDay, start: moment(start, begins?.tzid).text, end: ends, moment };
}

const LAST_MOMENT = /T(?:235900|235959|240000)Z?$/;

function spansDays(start: string, end: string): boolean {
  if (!/T000000Z?$/.test(start)) return false;
  if (LAST_MOMENT.test(end)) return end.endsWith('Z') === start.endsWith('Z');
  // A day in UTC from midnight to midnight is a meeting somewhere.
  return /T000000$/.test(start) && /T000000$/.test(end) && end.slice(0, 8) >= start.slice(0, 8);
}

/** DTEND of a day is the day after. [RFC 5545, "Date-Time End"] */
function dayAfter(start: string, end: string): string {
  if (end === '' || (/T000000Z?$/.test(end) && end.slice(0, 8) > start.slice(0, 8))) return end.slice(0, 8);
  return later(end.slice(0, 8), 86_400) ?? '';
}
