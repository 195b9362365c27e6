/**
 * Times as a phone of vCalendar 1.0 sends them, put right: in UTC, where it is known what they are. A series also says on which clock the phone
 * repeats it, and counts the days of its rule.
 */
import type { Abilities } from '../abilities.js';
import { applyEdits, linesOf, type Edit } from '../entries.js';
import { ZONE_MARK } from '../zones/legacy.js';
import { later, wallOf } from '../zones/wall.js';
import { ianaZone, toLocal, toUtc, type Zone } from '../zones/zone.js';
import { broughtIn, instead, legacyEntries, movedTimes, type EntryTimes } from './entry-times.js';
import { moved, isOfToday } from './offset-of-today.js';

type Clock = Pick<Abilities, 'habits' | 'home' | 'localZone' | 'now'>;

/** @returns `bytes` itself when its times are what they say. Never throws. */
export function timesIn(bytes: Uint8Array, mediaType: string, clock: Clock): Uint8Array {
  const { habits, home } = clock;
  if (home === undefined && habits?.incomingTime === undefined && !habits?.zoneLines) return bytes;
  const document = linesOf(bytes, mediaType);
  if (!document) return bytes;
  const edits = legacyEntries(document, mediaType, home).flatMap((times) => editsFor(times, clock));
  return edits.length === 0 ? bytes : applyEdits(document.source.text, edits);
}

function editsFor(times: EntryTimes, clock: Clock): readonly Edit[] {
  const { entry } = times;
  // It was told its zone, and tells it back: its times say it, in UTC.
  const own = clock.habits?.zoneLines ? entry.lines.filter(({ name }) => name === 'TZ' || name === 'DAYLIGHT') : [];
  return [...own.map(({ start, end }) => ({ start, end, text: '' })), ...timeEdits(times, clock)];
}

function timeEdits(times: EntryTimes, { habits = {}, home, now }: Clock): readonly Edit[] {
  const { entry, rules, day, told } = times;
  const isMarked = entry.lines.some(({ name }) => name === ZONE_MARK);
  const zone = home === undefined ? undefined : ianaZone(home);
  const midnights = entry.name === 'VTODO' ? taskDates(times, zone) : undefined;
  if (isMarked) return [];
  if (midnights) return midnights;
  if (day) return dayEdits(times, habits.incomingTime === 'ignore-zone');
  const digits = (time: string): string => {
    if (habits.incomingTime === 'ignore-zone') return time.replace('Z', '');
    if (habits.incomingTime === 'as-utc') return time.endsWith('Z') ? time : `${time}Z`;
    if (zone && isOfToday(times, habits.dstBug) && time.endsWith('Z')) return moved(time, zone, now, 1);
    return time;
  };
  // What the item itself tells of its zone counts before what is known of the phone.
  const clock = habits.incomingTime === 'ignore-zone' ? zone : (told ?? zone);
  const isSeries = rules.length > 0 || entry.lines.some(({ name }) => name === 'RDATE');
  const isNamed = isSeries && clock?.iana !== undefined && clock.iana !== 'UTC';
  const put = (time: string): string => (clock ? toUtc(digits(time), clock) : digits(time));
  return [...movedTimes(times, put), ...(isNamed ? [broughtIn(times, `${ZONE_MARK}:${clock.iana}`)] : [])];
}

/** A task has dates: midnights of the phone's clock, local or in UTC. @returns undefined for one that has times. */
function taskDates(times: EntryTimes, zone: Zone | undefined): readonly Edit[] | undefined {
  const dates = ['DTSTART', 'DUE'].map((name) => times.text(name)).filter((one) => one !== '');
  const local = (time: string): string => (zone && !time.endsWith('T000000Z') ? toLocal(time, zone) : time);
  if (dates.length === 0 || !dates.every((one) => /^\d{8}(?:T000000Z?)?$/.test(local(one)))) return undefined;
  return movedTimes(times, (time) => local(time).replace('Z', ''), new Set(['DTSTART', 'DUE']));
}

/** Midnights of the phone's zone that are written in UTC, and local ones that say they were. */
function dayEdits(times: EntryTimes, isLocal: boolean): readonly Edit[] {
  const { entry, start, day } = times;
  if (!day || !start.endsWith('Z') || (start.endsWith('T000000Z') && !isLocal && start.startsWith(day.start))) return [];
  const line = (name: string) => entry.lines.find((one) => one.name === name);
  const [begins, ends] = [line('DTSTART'), line('DTEND')];
  const shift = ((wallOf(`${day.start}T000000`) ?? 0) - (wallOf(start) ?? 0)) / 1000;
  const others = new Set(['EXDATE', 'RDATE', 'AALARM', 'DALARM', 'RRULE']);
  return [
    ...(begins ? [instead(begins, `${day.start}T000000`)] : []),
    ...(ends && day.end !== '' ? [instead(ends, `${day.end}T000000`)] : []),
    // All of them are as far from UTC as the first day is.
    ...movedTimes(times, (time) => (isLocal ? time : (later(time, shift) ?? time)).replace('Z', ''), others),
  ];
}
