/** Times of vCalendar 1.0 as a phone takes them: in UTC or on its own clock, days in the form it knows, rules and alarms as it understands them. */
import type { Abilities } from '../abilities.js';
import { legacyRule, modernRule, plainClock } from '../conversion/rules.js';
import { dayShift, shiftable, shiftedRule, utcShift, weekdayOf } from '../conversion/rule-days.js';
import { clocksOf, type SeriesClock } from '../recurrence/two-clocks.js';
import { applyEdits, linesOf, type Edit } from '../entries.js';
import { textValue } from '../value.js';
import { legacyZoneLines, ZONE_MARK } from '../zones/legacy.js';
import { later, wallOf, yearOf } from '../zones/wall.js';
import { ianaZone, toLocal, toUtc, type Zone } from '../zones/zone.js';
import { broughtIn, instead, legacyEntries, movedTimes, type EntryTimes } from './entry-times.js';
import { isOfToday, moved } from './offset-of-today.js';

export type Clock = Pick<Abilities, 'habits' | 'home' | 'localZone' | 'now'>;

/** @returns `bytes` itself when the phone takes it as it is. Never throws. */
export function timesOut(bytes: Uint8Array, mediaType: string, clock: Clock): Uint8Array {
  if (!/^text\/(?:x-vcalendar|calendar)$/.test(mediaType)) return bytes;
  const document = linesOf(bytes, mediaType);
  if (!document) return bytes;
  const edits = legacyEntries(document, mediaType, clock.home).flatMap((times) => [...editsFor(times, clock), ...zoneEdits(times, clock)]);
  return edits.length === 0 ? bytes : applyEdits(document.source.text, edits);
}

function editsFor(times: EntryTimes, { habits = {}, home, localZone, now }: Clock): readonly Edit[] {
  const marks: readonly Edit[] = times.entry.lines
    .filter(({ name }) => name === ZONE_MARK)
    .map(({ start, end }) => ({ start, end, text: '' }));
  if (times.day) return marks;
  const { told, start, rules } = times;
  const local = localZone === undefined ? undefined : ianaZone(localZone);
  const own = local ?? (home === undefined ? undefined : ianaZone(home));
  const inUtc = (time: string): string => (told ? toUtc(time, told) : time);
  const there = (time: string): string => {
    const utc = inUtc(time);
    if (local) return toLocal(utc, local);
    return own && isOfToday(times, habits.dstBug) && utc.endsWith('Z') ? moved(utc, own, now, -1) : utc;
  };
  // A date left out, and the last one, are those the phone shows.
  const on = (zone: Zone): SeriesClock => ({ start: toLocal(inUtc(start), zone), zone });
  const clocks = told && own && rules.length > 0 ? clocksOf(on(told), on(own)) : undefined;
  const exception = (time: string): string => there(clocks?.time(inUtc(time)) ?? time);
  const end = (time: string): string => there(clocks ? clocks.end(inUtc(time)) : time);
  const moments = (): readonly Edit[] => [...movedTimes(times, there, MOMENTS), ...movedTimes(times, exception, EXCEPTIONS)];
  const isMoved = marks.length > 0 || local !== undefined || habits.dstBug !== undefined;
  if (rules.length === 0) return isMoved ? [...marks, ...moments()] : [];
  // The phone repeats on its own clock: where that has other days than the rule, the rule's move.
  const ruleDay = told && !start.endsWith('Z') ? start : told ? toLocal(start, told) : daysBack(start, ruleShift(times));
  const phoneDay = own && !(told === undefined && isNamed(times, toLocal(start, own))) ? toLocal(inUtc(start), own) : ruleDay;
  const shift = dayShift(ruleDay, phoneDay);
  if (shift === 0) return isMoved ? [...marks, ...moments(), ...movedTimes(times, end, RULES)] : [];
  const shifted = rules.map((line) => ({ line, text: shiftedLegacy(textValue(times.source, line), ruleDay, shift) }));
  if (shifted.every(({ text }) => text !== undefined))
    return [...marks, ...moments(), ...shifted.map(({ line, text = '' }) => instead(line, text.replace(/\d{8}T\d{6}Z?/, end)))];
  // Days that cannot move: the event is shown once, when it is.
  const gone = rules.map(({ start: from, end }) => ({ start: from, end, text: '' }));
  return [...marks, ...moments(), ...gone];
}

/** So many years of a series are told. */
const TOLD_YEARS = 5;

/** @NOTE Nokia 7210c: it wants UTC, and what its own clock does in those years inside of the event. */
function zoneEdits(times: EntryTimes, { habits, home, localZone }: Clock): readonly Edit[] {
  const { entry, root, start, rules, day, told } = times;
  const zone = habits?.zoneLines && localZone === undefined && home !== undefined ? ianaZone(home) : undefined;
  const isTold = [...entry.lines, ...root.lines].some(({ name }) => name === 'TZ' || name === 'DAYLIGHT');
  const at = start.endsWith('Z') ? wallOf(start) : undefined;
  if (!zone || at === undefined || entry.name !== 'VEVENT' || day || isTold || (told && told.iana !== zone.iana)) return [];
  const year = yearOf(at);
  const lines = legacyZoneLines(zone, year, rules.length > 0 ? year + TOLD_YEARS - 1 : year);
  return lines.length === 0 ? [] : [broughtIn(times, lines.join('\r\n'))];
}

const MOMENTS: ReadonlySet<string> = new Set('DTSTART DTEND DUE COMPLETED RDATE AALARM DALARM PALARM MALARM'.split(' '));
const EXCEPTIONS: ReadonlySet<string> = new Set(['EXDATE']);
const RULES: ReadonlySet<string> = new Set(['RRULE', 'EXRULE']);

/** The rule names the day of this time: its days are of the clock that shows it. */
function isNamed({ source, rules }: EntryTimes, local: string): boolean {
  const day = Number(local.slice(6, 8));
  return rules.every((line) => {
    const [head = '', ...words] = textValue(source, line).toUpperCase().trim().split(/\s+/);
    if (!/^M[PD]\d/.test(head)) return false;
    const position = String(Math.ceil(day / 7));
    const named = head.startsWith('MD') ? [String(day), `${day}+`] : [position, `${position}+`];
    return words.some((word, at) => named.includes(word) && (head.startsWith('MD') || words[at + 1] === weekdayOf(local)));
  });
}

/** Days that UTC is ahead of the rule, as far as the two tell. */
const ruleShift = ({ source, rules, start }: EntryTimes): number =>
  Math.max(-1, Math.min(1, ...rules.map((line) => utcShift(textValue(source, line), start))));

const daysBack = (time: string, days: number): string => later(time, -days * 86_400) ?? time;

/** A rule of 1.0 with its days moved; undefined when they cannot be. */
function shiftedLegacy(rule: string, start: string, shift: number): string | undefined {
  const clock = { ...plainClock(start), until: (text: string) => text };
  const modern = modernRule(rule, clock);
  if (modern === undefined || !shiftable(modern, start, shift)) return undefined;
  return legacyRule(shiftedRule(modern, shift), clock);
}
