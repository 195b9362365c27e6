/** A series and its instances, as the entries of an item of iCalendar 2.0 are read and written. [RFC 5545, "Recurrence ID"] */
import { entryKind } from '../calendar.js';
import type { Component } from '../components.js';
import { formatOf } from '../conversion/format.js';
import { basicDateTime } from '../date-time.js';
import { linesOf, type Edit } from '../entries.js';
import type { ContentLine } from '../lines.js';
import { paramValue } from '../params.js';
import { textValue, type ValueSource } from '../value.js';
import { zonesOf } from '../zones/naming.js';
import { toUtc } from '../zones/zone.js';

/** Series that recur by rule or by dates. */
export const RECURS: ReadonlySet<string> = new Set(['RRULE', 'RDATE']);

export const lineOf = ({ lines }: Component, name: string): ContentLine | undefined => lines.find((line) => line.name === name);

function tzidOf({ params }: ContentLine): string | undefined {
  const tzid = params.find(({ name }) => name === 'TZID');
  return tzid && paramValue(tzid);
}

export interface Entries {
  readonly source: ValueSource;
  readonly root: Component;
  readonly entries: readonly Component[];
}

/** The entries of a calendar of 2.0, or of 1.0 where `old` says so. */
export function entriesIn(bytes: Uint8Array, mediaType: string, old?: 'old'): Entries | undefined {
  const document = linesOf(bytes, mediaType);
  const [root, ...more] = document?.roots ?? [];
  const format = document && root && more.length === 0 ? formatOf(document, mediaType) : undefined;
  if (!document || !root || !(format === 'ical20' || (format === 'vcal10' && old))) return undefined;
  const { text, transcoded } = document.source;
  const source: ValueSource = { text, transcoded, dialect: format === 'vcal10' ? 'legacy' : 'modern' };
  return { source, root, entries: root.children.filter(({ name }) => entryKind(name) !== undefined) };
}

/** A look that costs little. */
export const mentionsInstance = (bytes: Uint8Array, mediaType: string): boolean =>
  /calendar/i.test(mediaType) && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes('RECURRENCE-ID');

/** Which instance it is: the moment it would be at, in UTC where its zone is known. Undefined: it stands for more than one. */
export function nameOf(source: ValueSource, root: Component, line: ContentLine | undefined): string | undefined {
  if (!line || line.params.some((one) => one.name === 'RANGE')) return undefined;
  const tzid = tzidOf(line);
  return momentOf(source, root, basicDateTime(textValue(source, line)), tzid);
}

function momentOf(source: ValueSource, root: Component, text: string, tzid: string | undefined): string {
  if (tzid === undefined || !/^\d{8}T\d{6}$/.test(text)) return text;
  const zone = zonesOf(source, root)(tzid);
  return zone ? toUtc(text, zone) : `${text} ${tzid}`;
}

/** Rules of zones that only the instance names. */
export function zonesFor({ source, root }: Entries, own: Entries, at: number): readonly Edit[] {
  const idOf = (from: ValueSource, zone: Component): string => {
    const line = lineOf(zone, 'TZID');
    return line ? textValue(from, line).trim() : '';
  };
  const zones = ({ children }: Component): readonly Component[] => children.filter((child) => child.name === 'VTIMEZONE');
  const known = new Set(zones(root).map((zone) => idOf(source, zone)));
  return zones(own.root)
    .filter((zone) => !known.has(idOf(own.source, zone)))
    .map((zone) => ({ start: at, end: at, text: own.source.text.slice(zone.start, zone.end) }));
}

interface Exceptions {
  readonly line: ContentLine;
  readonly values: readonly string[];
  readonly names: readonly string[];
}

export const exceptionsOf = (source: ValueSource, root: Component, main: Component): readonly Exceptions[] =>
  main.lines
    .filter((line) => line.name === 'EXDATE')
    .map((line) => {
      const values = textValue(source, line).split(',');
      const tzid = tzidOf(line);
      return { line, values, names: values.map((one) => momentOf(source, root, basicDateTime(one), tzid)) };
    });

/** Instances that are there, or there again, are no exceptions. */
export function withoutExceptions(source: ValueSource, root: Component, main: Component, there: ReadonlySet<string>): readonly Edit[] {
  return exceptionsOf(source, root, main).flatMap(({ line, values, names }) => {
    const left = values.filter((_, at) => !there.has(names[at] ?? ''));
    if (left.length === values.length) return [];
    return left.length === 0
      ? [{ start: line.start, end: line.end, text: '' }]
      : [{ start: line.valueStart, end: line.valueEnd, text: left.join(',') }];
  });
}

/** A day left out of a series. `id`: the RECURRENCE-ID of an instance, a whole line. */
export function exception(main: Component, id: string): Edit {
  const at = main.lines.filter((line) => line.name !== '').at(-1)?.end ?? main.begin.end;
  return { start: at, end: at, text: `EXDATE${id.slice(id.search(/[;:]/))}` };
}
