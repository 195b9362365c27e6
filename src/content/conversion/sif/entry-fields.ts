/** An event or a task of iCalendar 2.0 as the elements of a SIF appointment or task. */
import type { Component } from '../../components.js';
import { basicDateTime } from '../../date-time.js';
import { paramValue } from '../../params.js';
import { textValue, type ValueSource } from '../../value.js';
import type { ZoneOf } from '../../zones/naming.js';
import { secondsOf } from '../frame.js';
import type { LossName } from '../losses.js';
import { isEmpty, plainText, readProperty, type Property } from '../property.js';
import { later } from '../zones.js';
import { attendeeField } from './attendees.js';
import { BUSY, minutesBefore } from './entry-parts.js';
import type { Field } from './fields.js';
import { patternOf, RULE_ELEMENTS } from './recurrence.js';
import { afterDuration, dashed, sifTime, type Clock } from './times.js';
import { categoriesIn, categoriesText, importanceOf, sensitivityOf } from './words.js';

const COMMON = ['Subject', 'Body', 'Categories', 'Sensitivity', 'Importance', 'ReminderSet'];
const RECURRING = ['IsRecurring', ...RULE_ELEMENTS, 'Exceptions'];
export const APPOINTMENT_ELEMENTS: readonly string[] = [
  ...COMMON,
  'Start',
  'End',
  'AllDayEvent',
  'Location',
  'BusyStatus',
  'ReminderMinutesBeforeStart',
  ...RECURRING,
  'Attendees',
];
export const TASK_ELEMENTS: readonly string[] = [
  ...COMMON,
  'StartDate',
  'DueDate',
  'Status',
  'Complete',
  'DateCompleted',
  'PercentComplete',
  'ReminderTime',
  ...RECURRING,
];
/** What they say when the entry says nothing. */
const DEFAULTS: Readonly<Record<string, string>> = { Sensitivity: '0', Importance: '1', ReminderSet: '0', IsRecurring: '0' };

export interface EntryLine {
  readonly start: number;
  readonly end: number;
  readonly name: string;
  readonly property?: Property;
  /** What of it the item has no place for. */
  loss?: LossName;
}

export interface EntryFilled {
  readonly fields: Map<string, Field>;
  /** By id of the part. */
  readonly lines: Map<string, EntryLine[]>;
  readonly all: readonly EntryLine[];
  readonly clock: Clock;
  /** Exceptions that stand for changed instances, as they stand in the element. */
  readonly implied: ReadonlySet<string>;
}

/** Set by programs, for programs. */
const OF_FORMAT: ReadonlySet<string> = new Set('DTSTAMP PRODID VERSION UID CREATED DCREATED LAST-MODIFIED SEQUENCE'.split(' '));

export function entryFields(source: ValueSource, entry: Component, detached: readonly Component[], zoneOf: ZoneOf): EntryFilled {
  const isTask = entry.name === 'VTODO';
  const all = entry.lines
    .filter(({ name }) => name !== '')
    .map((line): EntryLine => ({ start: line.start, end: line.end, name: line.name, property: readProperty(source, line) }))
    .filter(({ property }) => property && !isEmpty(property) && !OF_FORMAT.has(property.name));
  const fields = new Map<string, Field>(Object.entries(DEFAULTS).map(([name, text]) => [name, { text }]));
  const lines = new Map<string, EntryLine[]>();
  const at = (id: string, line: EntryLine): void => {
    const list = lines.get(id);
    if (list) list.push(line);
    else lines.set(id, [line]);
  };
  const put = (name: string, text: string): void => void fields.set(name, { text });
  const find = (name: string): EntryLine | undefined => all.find((one) => one.name === name);
  const tzidOf = (line: EntryLine | undefined): string | undefined => line?.property?.params.find(([key]) => key === 'TZID')?.[1];
  const textOf = (line: EntryLine | undefined): string => (line?.property ? plainText(line.property) : '');

  const startLine = find('DTSTART');
  const start = basicDateTime(textOf(startLine));
  const tzid = tzidOf(startLine);
  const zone = tzid === undefined ? undefined : zoneOf(tzid);
  const clock: Clock = { ...(tzid === undefined ? {} : { tzid }), ...(zone ? { zone } : {}) };
  const allDay = /^\d{8}$/.test(start);
  const excluded: string[] = [];
  const included: string[] = [];
  const people: (readonly [string, Field])[] = [];

  if (!isTask) {
    put('AllDayEvent', allDay ? '1' : '0');
    put('BusyStatus', '2');
  } else {
    put('Status', '0');
    put('Complete', '0');
    put('PercentComplete', '0');
  }
  for (const line of all) placed(line);
  if (isTask && fields.get('Complete')?.text === '1' && !find('PERCENT-COMPLETE')) put('PercentComplete', '100');
  const children = entry.children.map((child): EntryLine => ({ start: child.start, end: child.end, name: child.name }));
  for (const [index, child] of entry.children.entries()) alarm(child, children[index] ?? { start: 0, end: 0, name: '' });
  const implied = new Set<string>();
  for (const one of detached) {
    const line = one.lines.find(({ name }) => name === 'RECURRENCE-ID');
    if (!line) continue;
    const named = line.params.find((param) => param.name === 'TZID');
    implied.add(sifTime(textValue(source, line), named && paramValue(named), zoneOf).text);
  }
  for (const date of excluded) implied.delete(date);
  const exceptions: (readonly [string, Field])[] = [
    ...[...excluded, ...implied].map((text) => ['ExcludeDate', { text }] as const),
    ...included.map((text) => ['IncludeDate', { text }] as const),
  ];
  if (exceptions.length > 0) fields.set('Exceptions', { text: '', inner: exceptions });
  if (people.length > 0) fields.set('Attendees', { text: '', inner: people });
  return { fields, lines, all: [...all, ...children], clock, implied };

  /** Where a property goes. What is not all told has its loss. */
  function placed(line: EntryLine): void {
    const { name, property } = line;
    if (!property) return;
    const text = plainText(property);
    if (lines.has(name) && !/^(?:CATEGORIES|EXDATE|RDATE|ATTENDEE|ORGANIZER)$/.test(name)) {
      line.loss = 'sif-second';
      return;
    }
    const knownParams = property.params.filter(([key]) => key !== 'TZID' && key !== 'CN' && key !== 'ROLE' && key !== 'PARTSTAT');
    if (knownParams.length > 0) line.loss = 'parameter';
    switch (name) {
      case 'SUMMARY':
        put('Subject', text);
        break;
      case 'DESCRIPTION':
        put('Body', text);
        break;
      case 'LOCATION':
        if (isTask) line.loss = 'sif-no-element';
        else put('Location', text);
        break;
      case 'CATEGORIES': {
        const members = property.value.kind === 'list' ? property.value.members : [];
        put('Categories', categoriesText([...categoriesIn(fields.get('Categories')?.text ?? ''), ...members]));
        if (members.some((one) => /[,;]/.test(one))) line.loss = 'list-comma';
        break;
      }
      case 'CLASS':
        put('Sensitivity', sensitivityOf(text));
        if (!/^(?:PUBLIC|PRIVATE|CONFIDENTIAL)$/i.test(text)) line.loss = 'status-word';
        break;
      case 'PRIORITY':
        put('Importance', importanceOf(text));
        if (!/^[0159]$/.test(text)) line.loss = 'status-word';
        break;
      case 'DTSTART':
      case 'DTEND':
      case 'DUE':
      case 'DURATION':
        boundary(line, text);
        break;
      case 'COMPLETED':
        if (isTask) put('DateCompleted', sifTime(text, undefined, zoneOf).text);
        else line.loss = 'sif-no-element';
        break;
      case 'STATUS':
        status(line, text.toUpperCase());
        break;
      case 'PERCENT-COMPLETE':
        if (isTask) put('PercentComplete', String(Math.trunc(Number(text)) || 0));
        else line.loss = 'sif-no-element';
        break;
      case 'TRANSP':
        if (isTask) line.loss = 'sif-no-element';
        else if (/^(?:TRANSPARENT|1)$/i.test(text) && !lines.has(BUSY)) put('BusyStatus', '0');
        break;
      case BUSY: {
        const number = ['FREE', 'TENTATIVE', 'BUSY', 'OOF'].indexOf(text.toUpperCase());
        if (number < 0 || isTask) line.loss = 'sif-no-element';
        else put('BusyStatus', String(number));
        // What is free is one thing with what is transparent.
        if (number !== 0) break;
        at('TRANSP', line);
        return;
      }
      case 'RRULE': {
        const pattern = patternOf(text, start || basicDateTime(textOf(find('DUE'))), clock);
        if (!pattern) line.loss = 'sif-rule';
        else for (const [element, value] of pattern) put(element, value);
        break;
      }
      case 'EXDATE':
      case 'RDATE':
        for (const one of text.split(',')) {
          const [begin = '', end] = one.trim().split('/');
          const time = sifTime(begin, tzidOf(line), zoneOf);
          (name === 'EXDATE' ? excluded : included).push(time.text);
          if (end !== undefined) line.loss = 'period-end';
          else if (time.lost) line.loss = 'unknown-zone';
          else if (tzidOf(line) !== undefined) line.loss ??= 'zone-name';
        }
        break;
      case 'ATTENDEE':
      case 'ORGANIZER': {
        const person = attendeeField(property);
        if (isTask) line.loss = 'sif-no-element';
        else {
          people.push(['Attendee', person.field]);
          if (!person.whole) line.loss = 'attendee-detail';
          at(person.id, line);
        }
        return;
      }
      default:
        line.loss = 'sif-no-element';
        return;
    }
    at(name === 'DURATION' ? (isTask ? 'DUE' : 'DTEND') : name, line);
  }

  /** Tasks have dates, events the last of their days. */
  function boundary(line: EntryLine, text: string): void {
    const own = tzidOf(line);
    const ends = line.name === 'DURATION' ? afterDuration(start, text) : basicDateTime(text);
    const time = sifTime(ends, line.name === 'DURATION' ? tzid : own, zoneOf);
    if (ends === '') line.loss = 'length-without-start';
    else if (time.lost) line.loss = 'unknown-zone';
    else if (own !== undefined) line.loss ??= 'zone-name';
    if (isTask) {
      put(line.name === 'DTSTART' ? 'StartDate' : 'DueDate', /^\d{8}/.test(ends) ? dashed(ends) : '');
      if (ends.includes('T')) line.loss ??= 'sif-task-time';
    } else if (line.name === 'DTSTART') {
      put('Start', time.text);
      // One without an end has the length of its day, or none.
      if (!find('DTEND') && !find('DURATION')) put('End', time.text);
    } else if (line.name === 'DUE') line.loss = 'sif-no-element';
    else {
      const last = allDay ? (later(ends.slice(0, 8), -86_400) ?? ends) : '';
      // A day that ends before it begins is that day.
      if (allDay && last < start) line.loss = 'day-spelling';
      put('End', allDay ? dashed(last < start ? start : last) : time.text);
    }
  }

  function status(line: EntryLine, word: string): void {
    if (!isTask) {
      line.loss = 'sif-no-element';
      return;
    }
    const number = word === 'COMPLETED' ? '2' : word === 'IN-PROCESS' ? '1' : word === 'CANCELLED' ? '4' : '0';
    put('Status', number);
    put('Complete', number === '2' ? '1' : '0');
    if (!/^(?:NEEDS-ACTION|IN-PROCESS|COMPLETED)$/.test(word)) line.loss = 'status-word';
  }

  function alarm(child: Component, line: EntryLine): void {
    const trigger = child.lines.find(({ name }) => name === 'TRIGGER');
    if (child.name !== 'VALARM' || !trigger) {
      line.loss = 'other-component';
      return;
    }
    if (lines.has('VALARM')) {
      line.loss = 'sif-second';
      return;
    }
    const raw = textValue(source, trigger);
    const seconds = secondsOf(raw);
    const isAtEnd = trigger.params.some((param) => param.name === 'RELATED' && paramValue(param).toUpperCase() === 'END');
    const due = basicDateTime(textOf(find('DUE')));
    const end = basicDateTime(textOf(find('DTEND'))) || due;
    const from = isAtEnd ? end : start || due;
    const base = from === '' || from.includes('T') ? from : `${from}T000000`;
    const fromLine = isAtEnd ? (find('DTEND') ?? find('DUE')) : (startLine ?? find('DUE'));
    const rings =
      seconds === undefined ? basicDateTime(raw) : base === '' ? '' : sifTime(later(base, seconds) ?? '', tzidOf(fromLine), zoneOf).text;
    const begins = allDay || start === '' ? start : sifTime(start, tzid, zoneOf).text;
    const minutes =
      seconds !== undefined && !isAtEnd ? (seconds <= 0 && seconds % 60 === 0 ? -seconds / 60 : undefined) : minutesBefore(rings, begins);
    if (isTask ? !/^\d{8}T\d{6}Z?$/.test(rings) : minutes === undefined) {
      line.loss = 'alarm-time';
      return;
    }
    put('ReminderSet', '1');
    if (isTask) put('ReminderTime', rings);
    else put('ReminderMinutesBeforeStart', String(Math.abs(minutes ?? 0)));
    const isPlain =
      child.lines.length === 2 &&
      child.lines.some((one) => one.name === 'ACTION' && /^AUDIO$/i.test(textValue(source, one))) &&
      (isTask ? seconds === undefined : seconds !== undefined && !isAtEnd);
    if (!isPlain) line.loss = 'alarm-detail';
    at('VALARM', line);
  }
}
