/** vCalendar 1.0 and iCalendar 2.0 into each other, for one entry or one series. [vCalendar 1.0; RFC 5545] */
import { entryKind } from '../calendar.js';
import type { Component, Document } from '../components.js';
import { basicDateTime } from '../date-time.js';
import { textValue, unescapeText, type ValueSource } from '../value.js';
import { legacyAlarm, isLegacyAlarm, modernAlarm } from './alarms.js';
import { dialectOf, type CalendarFormat } from './format.js';
import type { Frame } from './frame.js';
import { legacyFrame } from './legacy-frame.js';
import { modernFrame } from './modern-frame.js';
import { legacyProperty } from './legacy-entries.js';
import { modernProperty } from './modern-entries.js';
import { isEmpty, plainText, readProperty, type Property } from './property.js';
import type { Converted, Unit } from './units.js';
import { write } from './writing.js';
import { legacyZoneLines } from '../zones/legacy.js';
import { vtimezone } from '../zones/vtimezone.js';
import { later } from '../zones/wall.js';

/** The name programs see as the writer of an item. */
const PRODID = '-//Moorage//Moorage//EN';

/** The entry that stands for the item, and the changed instances of its series. */
export function seriesOf(entries: readonly Component[]): { main: Component; detached: readonly Component[] } | undefined {
  const isDetached = ({ lines }: Component): boolean => lines.some(({ name }) => name === 'RECURRENCE-ID');
  const main = entries.find((one) => !isDetached(one)) ?? entries[0];
  if (!main || entries.some((one) => one.name !== main.name)) return undefined;
  const detached = entries.filter((one) => one !== main);
  return detached.every(isDetached) ? { main, detached } : undefined;
}

/**
 * @param home IANA name of the zone in which the phone of 1.0 is, that wrote the item or gets it; undefined: not known.
 * @returns undefined for what is not one event or task with its exceptions, such as journal entries, which 1.0 does not have.
 */
export function convertCalendar(document: Document, from: CalendarFormat, to: CalendarFormat, home?: string): Converted | undefined {
  const [root, ...more] = document.roots;
  if (root?.name !== 'VCALENDAR' || more.length > 0) return undefined;
  const series = seriesOf(root.children.filter(({ name }) => entryKind(name) !== undefined));
  if (!series || !/^(?:VEVENT|VTODO)$/.test(series.main.name)) return undefined;
  const { main, detached } = series;
  const source: ValueSource = { text: document.source.text, transcoded: document.source.transcoded, dialect: dialectOf(from) };
  const frame = to === 'vcal10' ? modernFrame(source, main, root, home) : legacyFrame(source, main, root, home);
  const units = entryUnits(source, main, frame, to);
  for (const one of detached) units.push({ source: spanOf(one), text: '', loss: 'detached-instance' });
  if (to === 'vcal10') units.push(...exceptionsFor(source, detached, frame));
  const head =
    to === 'vcal10'
      ? `BEGIN:VCALENDAR\r\nVERSION:1.0\r\n${zoneLines(frame)}BEGIN:${main.name}\r\n`
      : `BEGIN:VCALENDAR\r\nPRODID:${PRODID}\r\nVERSION:2.0\r\n${timezone(frame)}BEGIN:${main.name}\r\n`;
  return { head, units, tail: `END:${main.name}\r\nEND:VCALENDAR\r\n` };
}

/** So many years of a series without an end are told to a phone. */
const TOLD_YEARS = 5;

function zoneLines({ zone }: Frame): string {
  if (!zone) return '';
  const lastYear = Math.min(zone.lastYear ?? Infinity, zone.firstYear + TOLD_YEARS - 1);
  return legacyZoneLines(zone.zone, zone.firstYear, lastYear)
    .map((line) => `${line}\r\n`)
    .join('');
}

const timezone = ({ zone }: Frame): string => (zone ? vtimezone(zone.zone, zone.tzid, zone.firstYear, zone.lastYear) : '');

const spanOf = ({ start, end }: { readonly start: number; readonly end: number }) => ({ start, end });

function entryUnits(source: ValueSource, entry: Component, frame: Frame, to: CalendarFormat): Unit[] {
  const title = titleOf(source, entry);
  const units: Unit[] = [];
  for (const line of entry.lines) {
    if (line.name === '') units.push({ source: spanOf(line), text: '', loss: 'no-property' });
    else if (to === 'ical20' && isLegacyAlarm(line.name)) units.push({ source: spanOf(line), ...modernAlarm(source, line, frame, title) });
    else {
      const read = readProperty(source, line);
      const property = to === 'vcal10' && line.name === 'UID' ? apart(read, source, entry, frame) : read;
      if (isEmpty(property)) units.push({ source: spanOf(line), text: '' });
      else
        units.push({
          source: spanOf(line),
          ...(to === 'vcal10' ? legacyProperty(property, frame, entry.name) : modernProperty(property, frame, entry.name)),
        });
    }
  }
  for (const child of entry.children) {
    if (child.name === 'VALARM' && to === 'vcal10') units.push({ source: spanOf(child), ...legacyAlarm(source, child, frame) });
    else units.push({ source: spanOf(child), text: '', loss: 'other-component' });
  }
  if (to === 'vcal10' && frame.allDay && frame.end === '' && entry.name === 'VEVENT') units.push({ text: endOfDay(frame.start) });
  if (entry.name === 'VTODO' && isDone(source, entry)) units.push({ text: write(DONE, to) });
  if (to === 'ical20' && !entry.lines.some(({ name }) => name === 'DTSTAMP')) units.push(stampOf(source, entry));
  return units;
}

const DONE = { name: 'STATUS', types: [], params: [], valueType: '', value: { kind: 'text', text: 'COMPLETED' } } as const;

/** A task that is done by its date or its percentage, and does not say so by the status that other programs look at. */
function isDone(source: ValueSource, entry: Component): boolean {
  const value = (name: string): string => {
    const line = entry.lines.find((one) => one.name === name);
    return line ? textValue(source, line).trim() : '';
  };
  return (
    value('STATUS') === '' &&
    (/^[1-9]\d{3}/.test(value('COMPLETED')) || value('PERCENT-COMPLETE') === '100' || value('X-PERCENT-COMPLETE') === '100')
  );
}

/** An instance that is an item of its own has the UID of its series: a phone must not take it for that. */
function apart(uid: Property, source: ValueSource, entry: Component, frame: Frame): Property {
  const line = entry.lines.find(({ name }) => name === 'RECURRENCE-ID');
  if (!line) return uid;
  const id = readProperty(source, line);
  const { text } = frame.moment(plainText(id), id.params.find(([key]) => key === 'TZID')?.[1]);
  return { ...uid, value: { kind: 'plain', text: `${plainText(uid)}-${text}` } };
}

/** A date without an end is a day to 2.0, and a moment at midnight to 1.0. */
function endOfDay(start: string): string {
  const end = later(start, 86_400);
  return end === undefined
    ? ''
    : write({ name: 'DTEND', types: [], params: [], valueType: '', value: { kind: 'plain', text: `${end}T000000` } }, 'vcal10');
}

function titleOf(source: ValueSource, entry: Component): string {
  const line = entry.lines.find(({ name }) => name === 'SUMMARY') ?? entry.lines.find(({ name }) => name === 'DESCRIPTION');
  return line ? unescapeText(textValue(source, line), source.dialect).split('\n', 1).join('').trim() : '';
}

/** 2.0 asks for the time of writing; nothing here has a clock, so it is that of the last change, where the entry says one. */
function stampOf(source: ValueSource, entry: Component): Unit {
  const stamps = ['LAST-MODIFIED', 'DCREATED'].flatMap((name) => {
    const line = entry.lines.find((one) => one.name === name);
    return line ? [basicDateTime(textValue(source, line))] : [];
  });
  const text = stamps.find((one) => /^\d{8}T\d{6}Z$/.test(one)) ?? '19700101T000000Z';
  return { text: write({ name: 'DTSTAMP', types: [], params: [], valueType: '', value: { kind: 'plain', text } }, 'ical20') };
}

/** A phone that cannot show a changed instance must not show it where it was. */
function exceptionsFor(source: ValueSource, detached: readonly Component[], frame: Frame): readonly Unit[] {
  const known = new Set<string>();
  return detached.flatMap((one) => {
    const line = one.lines.find(({ name }) => name === 'RECURRENCE-ID');
    if (!line) return [];
    const { text } = legacyProperty({ ...readProperty(source, line), name: 'EXDATE' }, frame, one.name);
    if (known.has(text)) return [];
    known.add(text);
    return [{ text }];
  });
}
