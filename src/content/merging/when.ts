/** When a series is, in one version of it: its start, its clock and the days of its rule. */
import { basicDateTime } from '../date-time.js';
import { modernRule, plainClock } from '../conversion/rules.js';
import { dialectOf } from '../conversion/format.js';
import { midnightOf, SeriesDays } from '../recurrence/series-days.js';
import { recurrenceOf } from '../recurrence/recurrence.js';
import { textValue, type ValueSource } from '../value.js';
import { legacyZoneOf } from '../zones/legacy.js';
import { tzidOf, zonesOf, type ZoneOf } from '../zones/naming.js';
import { basicOf } from '../zones/wall.js';
import { toLocal, toUtc, type Zone } from '../zones/zone.js';
import type { Entry, Sheet } from './fields.js';

export interface When {
  /** The start on the clock of the series, `20260601T100000` or a date. */
  readonly local: string;
  readonly isUtc: boolean;
  readonly zone: Zone | undefined;
  /** What stands before the value of DTSTART behind its name: `;TZID=Europe/Berlin`. */
  readonly params: string;
  /** Its one rule, as it is written. */
  readonly rule: string;
  /** The rule in the grammar of 2.0. */
  readonly modern: string;
  readonly days: SeriesDays;
  readonly zoneOf: ZoneOf;
}

/** @returns undefined for what is no series with one rule that can be followed. */
export function whenOf({ document, format, root }: Sheet, { component }: Entry): When | undefined {
  const source: ValueSource = { text: document.source.text, transcoded: document.source.transcoded, dialect: dialectOf(format) };
  const start = component.lines.find(({ name }) => name === 'DTSTART');
  const [rule, ...more] = component.lines.filter(({ name }) => name === 'RRULE' || name === 'EXRULE');
  if (!start || rule?.name !== 'RRULE' || more.length > 0) return undefined;
  const zoneOf = zonesOf(source, root);
  const tzid = tzidOf(start);
  const zone = tzid === undefined ? legacyZoneOf(source, component, root) : zoneOf(tzid);
  const text = basicDateTime(textValue(source, start));
  const isUtc = text.endsWith('Z');
  const local = isUtc && zone ? toLocal(text, zone) : text.replace('Z', '');
  const own = textValue(source, rule).trim();
  const modern = source.dialect === 'modern' ? own : modernRule(own, { ...plainClock(local), until: (until) => until });
  const days = modern === undefined ? undefined : SeriesDays.of(modern, local);
  const head = source.text.slice(start.start, start.valueStart).replace(/\r?\n[ \t]/g, '');
  if (!days || modern === undefined) return undefined;
  return { local, isUtc, zone, params: head.slice('DTSTART'.length, -1), rule: own, modern, days, zoneOf };
}

/** Its time of one day, as its start is written. */
export function timeOn({ local, isUtc, zone }: When, day: number): string {
  const date = basicOf(day).slice(0, 8);
  if (!local.includes('T')) return date;
  const time = `${date}${local.slice(8)}`;
  return isUtc ? (zone ? toUtc(time, zone) : `${time}Z`) : time;
}

/** A time on the clock of the series. @param tzid that it names. */
export function onClock({ isUtc, zone, zoneOf }: When, text: string, tzid: string | undefined): string | undefined {
  const named = tzid === undefined ? undefined : zoneOf(tzid);
  if (tzid !== undefined && !named) return undefined;
  const time = named && /T\d{6}$/.test(text) ? toUtc(text, named) : text;
  if (!time.endsWith('Z')) return time;
  return zone ? toLocal(time, zone) : isUtc ? time.slice(0, -1) : undefined;
}

/** The last day of its rule by UNTIL; undefined: it has none. */
export function lastOf(when: When): number | undefined {
  const until = recurrenceOf(when.modern)?.until;
  const local = until === undefined ? undefined : onClock(when, until, undefined);
  const day = local === undefined ? undefined : midnightOf(local);
  if (local === undefined || day === undefined) return undefined;
  const last = when.days.upTo(day);
  const isOver = last === day && local.includes('T') && local.slice(8) < when.local.slice(8);
  return isOver ? when.days.upTo(day - 1) : last;
}
