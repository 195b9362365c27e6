/** Times and rules that a device sends on its own clock, written again on the clock that the stored entry has. */
import { entryKind } from '../calendar.js';
import type { Component, Document } from '../components.js';
import { legacyZoneOf } from '../zones/legacy.js';
import { tzidOf, zoneNamed, zonesOf } from '../zones/naming.js';
import { toLocal, toUtc, type Zone } from '../zones/zone.js';
import { dialectOf, type Format } from './format.js';
import { clocksOf, type SeriesClock } from '../recurrence/two-clocks.js';
import { dayShift, shiftedRule } from './rule-days.js';

const ZONED: ReadonlySet<string> = new Set('DTSTART DTEND DUE EXDATE RDATE RECURRENCE-ID'.split(' '));
const LINE = /^([A-Z-]+)((?:;[^:;]*)*):([^\r\n]*)/;
const TIME = /\d{8}T\d{6}Z?/g;

export interface StoredEntry {
  readonly document: Document;
  readonly entry: Component;
  readonly format: Format;
  /** IANA name of the device's own zone, when it writes local times. */
  readonly zone: string | undefined;
  /** IANA name of the zone of phones of 1.0. */
  readonly home: string | undefined;
}

/** The zone that a stored time is in. */
interface Clock {
  readonly zone: Zone;
  /** As it is written in a parameter; undefined in 1.0, which has none. */
  readonly tzid: string | undefined;
}

/**
 * @param text a property of the stored item's format, just made of what the device sent.
 * @param at where the property it replaces stands; without one the entry's start says the zone.
 */
export function inStoredZone(text: string, stored: StoredEntry, at: number | undefined): string {
  const match = LINE.exec(text);
  const [whole = '', name = '', params = '', value = ''] = match ?? [];
  if (!ZONED.has(name) || !/\dT\d{6}/.test(value)) return text;
  const { document, entry } = stored;
  const model =
    (at === undefined ? undefined : entry.lines.find(({ start }) => start === at)) ?? entry.lines.find((line) => line.name === 'DTSTART');
  if (!model) return text;
  const modelValue = document.source.text.slice(model.valueStart, model.valueEnd);
  const clock = clockOf(stored, tzidOf(model), modelValue);
  if (!clock && !/Z\s*$/.test(modelValue)) return text;
  const said = /;TZID=("?)([^";:]*)\1/.exec(params)?.[2];
  const theirs = zoneNamed(said ?? stored.zone ?? '');
  const utc = theirs ? value.replace(TIME, (time) => toUtc(time, theirs)) : value;
  const written = clock ? utc.replace(TIME, (time) => toLocal(time, clock.zone)) : utc;
  if (/\d{8}T\d{6}Z/.test(written) === (clock !== undefined)) return text;
  const others = params.replace(/;TZID=[^;:]*/, '');
  const named = clock?.tzid === undefined ? '' : `;TZID=${clock.tzid}`;
  return `${name}${others}${named}:${written}${text.slice(whole.length)}`;
}

function clockOf({ document, entry, format, home }: StoredEntry, tzid: string | undefined, value: string): Clock | undefined {
  const source = { text: document.source.text, transcoded: document.source.transcoded, dialect: dialectOf(format) };
  const root = document.roots.find(({ children }) => children.includes(entry));
  if (tzid !== undefined) {
    const zone = zonesOf(source, root)(tzid);
    return zone && { zone, tzid: /[;:,]/.test(tzid) ? `"${tzid}"` : tzid };
  }
  if (format !== 'vcal10' || entryKind(entry.name) === undefined || !/T\d{6}\s*$/.test(value)) return undefined;
  const zone = legacyZoneOf(source, entry, root, home);
  return zone && { zone, tzid: undefined };
}

/**
 * A rule that names days of the device's clock, with those of the stored entry's.
 *
 * @param theirs the start on the device's clock. @param ours the same moment as it is going to be stored.
 */
export function inStoredDays(text: string, theirs: string, ours: string): string {
  const match = /^(?:RRULE|EXRULE)(?:;[^:]*)?:(FREQ=[^\r\n]*)/.exec(text);
  if (!match || theirs === '' || ours === '') return text;
  const shift = dayShift(theirs, ours);
  return shift === 0 ? text : text.replace(match[1] ?? '', (rule) => shiftedRule(rule, shift));
}

/** The clock of a property DTSTART: its value on the clock it names. */
function seriesClock(line: string): (SeriesClock & { readonly tzid: string }) | undefined {
  const [, , params = '', value = ''] = LINE.exec(line) ?? [];
  const tzid = /;TZID=("?)([^";:]*)\1/.exec(params)?.[2];
  const zone = tzid === undefined ? undefined : zoneNamed(tzid);
  return zone && tzid !== undefined ? { start: value.trim(), zone, tzid } : undefined;
}

/**
 * A date that the device leaves out of a series, or the end of its rule, as it is in the stored series, which is repeated on another clock.
 *
 * @param theirs DTSTART as the device has it, in the stored format. @param ours DTSTART as it is going to be stored.
 */
export function onStoredClock(text: string, theirs: string, ours: string): string {
  const [from, to] = [seriesClock(theirs), seriesClock(ours)];
  const clocks = from && to && clocksOf(from, to);
  if (!clocks) return text;
  if (/^RRULE[;:]/.test(text)) return text.replace(/(UNTIL=)(\d{8}T\d{6}Z)/, (_, name: string, end: string) => name + clocks.end(end));
  const [whole = '', name = '', params = '', value = ''] = LINE.exec(text) ?? [];
  const tzid = /;TZID=("?)([^";:]*)\1/.exec(params)?.[2];
  const zone = tzid === undefined ? undefined : zoneNamed(tzid);
  if (name !== 'EXDATE' || !zone) return text;
  const there = value.replace(TIME, (time) => {
    const utc = toUtc(time, zone);
    return toLocal(clocks.time(utc) ?? utc, to.zone);
  });
  const named = /[;:,]/.test(to.tzid) ? `"${to.tzid}"` : to.tzid;
  return `EXDATE${params.replace(/;TZID=(?:"[^"]*"|[^;:]*)/, '')};TZID=${named}:${there}${text.slice(whole.length)}`;
}
