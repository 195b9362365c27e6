/** When an entry is, as a phone says it that keeps less of it: a day for a time, a last day for a number of times, its own clock's time for another's. */
import type { Abilities } from './abilities.js';
import { basicDateTime } from './date-time.js';
import { inLocalTime } from './local-time.js';
import { endsAlike } from './recurrence/counted.js';
import { seriesIn } from './recurrence/series-in.js';
import { clocksOf } from './recurrence/two-clocks.js';
import { sourceOf } from './rendering.js';
import { meaning, type Side } from './side.js';
import { textValue } from './value.js';
import { ZONE_MARK } from './zones/legacy.js';
import { ianaZone, toLocal } from './zones/zone.js';

export interface Comparison {
  readonly ours: Side;
  readonly theirs: Side;
  /** What the device holds of the item, all of it: some things depend on each other. */
  readonly whole: Side | undefined;
  readonly mediaType: string;
  readonly abilities: Abilities;
}

export function sameRules(ours: Side, theirs: Side, whole: Side | undefined, mediaType: string): boolean {
  const rules = (side: Side): string => meaning(side, side.lines.get('RRULE') ?? [], mediaType);
  return rules(whole ?? ours) === rules(theirs);
}

export const TASK_DAYS: ReadonlySet<string> = new Set(['DTSTART', 'DUE']);

/** @NOTE Many phones keep the day of a task, and no time: its midnight, or its date alone, is the time it was given on that day. */
export function isItsDay(name: string, whole: Side, theirs: Side, mediaType: string, { home, localZone }: Abilities): boolean {
  if (theirs.entry.name !== 'VTODO') return false;
  const zone = localZone ?? home;
  const timeOf = (side: Side): string => {
    const [line] = side.lines.get(name) ?? [];
    const text = line ? basicDateTime(textValue(sourceOf(side.document, mediaType), line)) : '';
    return text.endsWith('Z') && zone !== undefined ? inLocalTime(text, zone) : text;
  };
  const [given, sent] = [timeOf(whole), timeOf(theirs)];
  return /T(?!000000)\d{6}Z?$/.test(given) && /^\d{8}(?:T000000Z?)?$/.test(sent) && given.slice(0, 8) === sent.slice(0, 8);
}

/** A number of times, and the last of them: a phone keeps the one that it knows. */
export function sayOneEnd(whole: Side, theirs: Side, mediaType: string, { home }: Abilities): boolean {
  const [held, sent] = [whole, theirs].map((side) => seriesIn(side.document, side.entry, sourceOf(side.document, mediaType).dialect, home));
  return held !== undefined && sent !== undefined && endsAlike(held.rule, sent.rule, held, sent);
}

const DATE = /(?<!\d)\d{8}(?:T\d{6}Z?)?(?!\d)/g;

/** The dates left out of a series, as they are written. */
const leftOutOf = ({ document, lines }: Side, mediaType: string): readonly string[] =>
  (lines.get('EXDATE') ?? []).flatMap((line) => textValue(sourceOf(document, mediaType), line).match(DATE) ?? []);

/** In one line or in many. */
export function leavesOutTheSame(whole: Side, theirs: Side, mediaType: string): boolean {
  if ([...(whole.lines.get('EXDATE') ?? []), ...(theirs.lines.get('EXDATE') ?? [])].some(({ params }) => params.length > 0)) return false;
  const [held, sent] = [whole, theirs].map((side) => new Set(leftOutOf(side, mediaType)));
  return held?.size === sent?.size && [...(held ?? [])].every((date) => sent?.has(date));
}

/** Dates left out of a series that is stored on another clock than the phone's: what it was shown, as it is stored, and what it adds by its clock. */
export function onOurClock({ ours, theirs, whole, mediaType, abilities: { home } }: Comparison): ((text: string) => string) | undefined {
  const [mark] = ours.lines.get(ZONE_MARK) ?? [];
  const [start] = theirs.lines.get('DTSTART') ?? [];
  const there = home === undefined ? undefined : ianaZone(home);
  if (!mark || !start || !there || !ours.lines.has('RRULE') || !sameRules(ours, theirs, whole, mediaType)) return undefined;
  const here = ianaZone(textValue(sourceOf(ours.document, mediaType), mark).trim());
  const begins = textValue(sourceOf(theirs.document, mediaType), start).trim();
  if (!here || !begins.endsWith('Z')) return undefined;
  const clocks = clocksOf({ start: toLocal(begins, there), zone: there }, { start: toLocal(begins, here), zone: here });
  const [stored, shown] = [leftOutOf(ours, mediaType), whole ? leftOutOf(whole, mediaType) : []];
  const known = new Map(stored.length === shown.length ? shown.map((date, at) => [date, stored[at] ?? date]) : []);
  return clocks && ((text) => text.replace(DATE, (date) => known.get(date) ?? clocks.time(date) ?? date));
}
