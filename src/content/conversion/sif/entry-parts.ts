/** SIF appointments and tasks: the properties of an iCalendar 2.0 entry that their elements make up. [Funambol, "SIF-E", "SIF-T"] */
import { basicDateTime } from '../../date-time.js';
import { durationOf } from '../alarms.js';
import type { Property, Value } from '../property.js';
import { isEmpty } from '../property.js';
import { write } from '../writing.js';
import { secondsBetween } from '../zones.js';
import { attendeeParts } from './attendees.js';
import { dateIn, textIn, type Fields, type Part } from './fields.js';
import { RULE_ELEMENTS, ruleIn } from './recurrence.js';
import { dayAfter, dayOf, onClock, type Clock } from './times.js';
import { categoriesIn, importanceIn, sensitivityIn } from './words.js';

export const BUSY = 'X-MICROSOFT-CDO-BUSYSTATUS';
const BUSY_WORDS: ReadonlyMap<string, string> = new Map([
  ['1', 'TENTATIVE'],
  ['3', 'OOF'],
]);

export const isTrue = (text: string): boolean => text === '1' || /^true$/i.test(text);

type Written = Partial<Omit<Property, 'name' | 'value'>>;

export function part(id: string, name: string, value: Value, elements: readonly string[], more: Written = {}): readonly Part[] {
  const property: Property = { name, types: [], params: [], valueType: '', value, ...more };
  return isEmpty(property) ? [] : [{ id, name, text: write(property, 'ical20'), property, elements }];
}

const text = (value: string): Value => ({ kind: 'text', text: value });
const plain = (value: string): Value => ({ kind: 'plain', text: value });

/** A date, or a time on the entry's clock. */
function moment(id: string, basic: string, elements: readonly string[], { tzid }: Clock): readonly Part[] {
  if (/^\d{8}$/.test(basic)) return part(id, id, plain(basic), elements, { valueType: 'DATE' });
  if (!/^\d{8}T\d{6}Z?$/.test(basic)) return [];
  return part(id, id, plain(basic), elements, tzid === undefined || basic.endsWith('Z') ? {} : { params: [['TZID', tzid]] });
}

/** @param implied dates left out of the series for something else than an exception of it, as they stand in the element. */
export function entryParts(
  kind: 'appointment' | 'task',
  fields: Fields,
  clock: Clock,
  implied: ReadonlySet<string> = new Set(),
): readonly Part[] {
  const own = kind === 'task' ? taskParts(fields, clock) : appointmentParts(fields, clock);
  const start = startOf(kind, fields, clock);
  return [
    ...part('SUMMARY', 'SUMMARY', text(textIn(fields, 'Subject')), ['Subject']),
    ...part('DESCRIPTION', 'DESCRIPTION', text(textIn(fields, 'Body')), ['Body']),
    ...part('LOCATION', 'LOCATION', text(textIn(fields, 'Location')), ['Location']),
    ...part('CATEGORIES', 'CATEGORIES', { kind: 'list', members: categoriesIn(textIn(fields, 'Categories')) }, ['Categories']),
    ...part('CLASS', 'CLASS', text(sensitivityIn(textIn(fields, 'Sensitivity'))), ['Sensitivity']),
    ...part('PRIORITY', 'PRIORITY', text(importanceIn(textIn(fields, 'Importance'))), ['Importance']),
    ...own,
    ...part('RRULE', 'RRULE', plain(ruleIn(fields, start, clock)), ['IsRecurring', ...RULE_ELEMENTS]),
    ...exceptions(fields, start, clock, implied),
    ...attendeeParts(fields.get('Attendees')),
  ];
}

/** DTSTART in basic form on the entry's clock, '' for none. */
function startOf(kind: 'appointment' | 'task', fields: Fields, clock: Clock): string {
  const raw = dateIn(fields, kind === 'task' ? 'StartDate' : 'Start') || (kind === 'task' ? dateIn(fields, 'DueDate') : '');
  if (raw === '') return '';
  return kind === 'task' || isAllDay(fields) ? dayOf(raw) : onClock(raw, clock);
}

const isAllDay = (fields: Fields): boolean =>
  isTrue(textIn(fields, 'AllDayEvent')) || (textIn(fields, 'AllDayEvent') === '' && /^\d{8}$/.test(basicDateTime(dateIn(fields, 'Start'))));

function appointmentParts(fields: Fields, clock: Clock): readonly Part[] {
  const allDay = isAllDay(fields);
  const start = startOf('appointment', fields, clock);
  const rawEnd = dateIn(fields, 'End');
  const end = rawEnd === '' ? '' : allDay ? dayAfter(rawEnd, start) : onClock(rawEnd, clock);
  const busy = textIn(fields, 'BusyStatus');
  const minutes = Number(textIn(fields, 'ReminderMinutesBeforeStart'));
  return [
    ...moment('DTSTART', start, ['Start', 'AllDayEvent'], clock),
    // An event that has no end of its own is as long as its day.
    ...(allDay && (end <= start || rawEnd === '') ? [] : moment('DTEND', end, ['End', 'AllDayEvent'], clock)),
    ...part('TRANSP', 'TRANSP', text(busy === '0' ? 'TRANSPARENT' : ''), ['BusyStatus']),
    ...part(BUSY, BUSY, text(BUSY_WORDS.get(busy) ?? ''), ['BusyStatus']),
    ...(isTrue(textIn(fields, 'ReminderSet')) && Number.isInteger(minutes)
      ? alarm(`TRIGGER:${durationOf(minutes === 0 ? 0 : -minutes * 60)}`, ['ReminderSet', 'ReminderMinutesBeforeStart'])
      : []),
  ];
}

/** 2 is completed; waiting and deferred tasks are not begun. */
const STATUS: ReadonlyMap<string, string> = new Map([
  ['1', 'IN-PROCESS'],
  ['2', 'COMPLETED'],
]);

function taskParts(fields: Fields, clock: Clock): readonly Part[] {
  const isDone = isTrue(textIn(fields, 'Complete')) || textIn(fields, 'Status') === '2';
  const status = isDone ? 'COMPLETED' : (STATUS.get(textIn(fields, 'Status')) ?? '');
  const percent = textIn(fields, 'PercentComplete');
  const completed = isDone ? basicDateTime(dateIn(fields, 'DateCompleted')) : '';
  const due = dateIn(fields, 'DueDate');
  const start = dateIn(fields, 'StartDate');
  const reminder = isTrue(textIn(fields, 'ReminderSet')) ? basicDateTime(dateIn(fields, 'ReminderTime')) : '';
  const time = /^\d{8}$/.test(completed) ? `${completed}T000000Z` : completed;
  return [
    ...moment('DTSTART', start === '' ? '' : dayOf(start), ['StartDate'], clock),
    ...moment('DUE', due === '' ? '' : dayOf(due), ['DueDate'], clock),
    ...part('STATUS', 'STATUS', text(status), ['Status', 'Complete']),
    ...part('PERCENT-COMPLETE', 'PERCENT-COMPLETE', text(/^[1-9]\d{0,2}$/.test(percent) ? percent : ''), ['PercentComplete']),
    ...(/^\d{8}T\d{6}Z?$/.test(time) ? part('COMPLETED', 'COMPLETED', plain(time), ['DateCompleted']) : []),
    ...(/^\d{8}T\d{6}Z?$/.test(reminder) ? alarm(`TRIGGER;VALUE=DATE-TIME:${reminder}`, ['ReminderSet', 'ReminderTime']) : []),
  ];
}

/** A sound alone asks for no text. */
function alarm(trigger: string, elements: readonly string[]): readonly Part[] {
  return [{ id: 'VALARM', name: 'VALARM', text: `BEGIN:VALARM\r\nACTION:AUDIO\r\n${trigger}\r\nEND:VALARM\r\n`, elements }];
}

/** @NOTE Outlook clients name the day of an exception, not its time. */
function exceptions(fields: Fields, start: string, clock: Clock, implied: ReadonlySet<string>): readonly Part[] {
  const inner = fields.get('Exceptions')?.inner ?? [];
  const dates = (name: string): readonly string[] =>
    inner.filter(([own, field]) => own === name && field.text !== '' && !implied.has(field.text)).map(([, field]) => likeStart(field.text));
  const likeStart = (raw: string): string => {
    const basic = basicDateTime(raw);
    if (!start.includes('T')) return dayOf(raw);
    if (/^\d{8}$/.test(basic) || (/T000000Z?$/.test(basic) && !/T000000/.test(start))) return basic.slice(0, 8) + start.slice(8);
    return onClock(raw, clock);
  };
  const list = (id: string, values: readonly string[]): readonly Part[] => {
    const known = [...new Set(values)].filter((one) => /^\d{8}(?:T\d{6}Z?)?$/.test(one)).sort();
    const isDate = known.every((one) => !one.includes('T'));
    const zoned = clock.tzid !== undefined && known.every((one) => !one.endsWith('Z')) && !isDate;
    const more: Written = isDate ? { valueType: 'DATE' } : zoned ? { params: [['TZID', clock.tzid ?? '']] } : {};
    return part(id, id, plain(known.join(',')), ['Exceptions'], more);
  };
  return [...list('EXDATE', dates('ExcludeDate')), ...list('RDATE', dates('IncludeDate'))];
}

/** Whole minutes from an alarm to what it rings for; undefined for one that rings later. */
export function minutesBefore(at: string, start: string): number | undefined {
  const seconds = secondsBetween(start.includes('T') ? start : `${start}T000000`, at);
  return seconds === undefined || seconds > 0 || seconds % 60 !== 0 ? undefined : Math.abs(seconds / 60);
}
