/** The times of an entry of vCalendar 1.0, for the steps that write them otherwise. */
import { entryKind, sourceOf } from '../calendar.js';
import type { Component, Document } from '../components.js';
import { basicDateTime } from '../date-time.js';
import type { Edit } from '../entries.js';
import type { ContentLine } from '../lines.js';
import { textValue, type ValueSource } from '../value.js';
import { dayOf, type LegacyDay } from '../zones/day-forms.js';
import { legacyZoneOf } from '../zones/legacy.js';
import { ianaZone, type Zone } from '../zones/zone.js';

/** Properties that hold times a phone shows or rings by. */
const TIMES: ReadonlySet<string> = new Set('DTSTART DTEND DUE COMPLETED EXDATE RDATE AALARM DALARM PALARM MALARM RRULE EXRULE'.split(' '));
const TIME = /(?<!\d)\d{8}T\d{6}Z?(?!\d)/g;

export interface EntryTimes {
  readonly source: ValueSource;
  readonly root: Component;
  readonly entry: Component;
  /** Of the first property of a name, basic form where it is a time; '' for none. */
  readonly text: (name: string) => string;
  readonly start: string;
  readonly rules: readonly ContentLine[];
  /** It has dates, not times. */
  readonly day: LegacyDay | undefined;
  /** The zone of its local times, as the item says it. */
  readonly told: Zone | undefined;
}

/** @param home IANA name of where the phone is, when it is known. */
export function legacyEntries(document: Document, mediaType: string, home: string | undefined): readonly EntryTimes[] {
  return document.roots.flatMap((root) => {
    const bare = entryKind(root.name) !== undefined;
    if (!bare && root.name !== 'VCALENDAR') return [];
    const source = sourceOf(document, root, mediaType === 'text/calendar' ? 'modern' : 'legacy');
    if (source.dialect !== 'legacy') return [];
    const entries = bare ? [root] : root.children;
    return entries.filter(({ name }) => name === 'VEVENT' || name === 'VTODO').map((entry) => timesOf(source, root, entry, home));
  });
}

function timesOf(source: ValueSource, root: Component, entry: Component, home: string | undefined): EntryTimes {
  const text = (name: string): string => {
    const line = entry.lines.find((one) => one.name === name);
    return line ? basicDateTime(textValue(source, line)) : '';
  };
  const rules = entry.lines.filter(({ name }) => name === 'RRULE' || name === 'EXRULE');
  const told = legacyZoneOf(source, entry, root, home);
  const zone = told ?? (home === undefined ? undefined : ianaZone(home));
  return {
    source,
    root,
    entry,
    text,
    start: text('DTSTART'),
    rules,
    day: entry.name === 'VEVENT' ? dayOf(text, text('RRULE'), zone) : undefined,
    told,
  };
}

export const valueIn = ({ source }: EntryTimes, line: ContentLine): string => source.text.slice(line.valueStart, line.valueEnd);

export const instead = (line: ContentLine, text: string): Edit => ({ start: line.valueStart, end: line.valueEnd, text });

/** The lines whose times `to` writes otherwise. */
export function movedTimes(times: EntryTimes, to: (time: string) => string, names: ReadonlySet<string> = TIMES): readonly Edit[] {
  return times.entry.lines.flatMap((line) => {
    if (!names.has(line.name) || line.encoding !== 'none') return [];
    const value = valueIn(times, line);
    const moved = value.replace(TIME, to);
    return moved === value ? [] : [instead(line, moved)];
  });
}

/** A property put in at the beginning of the entry. */
export const broughtIn = ({ entry }: EntryTimes, line: string): Edit => ({
  start: entry.begin.end,
  end: entry.begin.end,
  text: `${line}\r\n`,
});
