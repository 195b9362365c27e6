/** The recurrence of SIF entries, Outlook's pattern, and rules of iCalendar 2.0. [Outlook, "RecurrencePattern"] */
import { basicDateTime } from '../../date-time.js';
import { toLocal, toUtc, type Zone } from '../../zones/zone.js';
import { dateIn, textIn, type Fields } from './fields.js';
import type { Clock } from './times.js';

/** Bits of DayOfWeekMask, from the lowest. */
const DAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'] as const;
const WEEKDAYS = 62;
const WEEKEND = 65;
const ANY_DAY = 127;

const DAILY = '0';
const WEEKLY = '1';
const MONTHLY = '2';
const MONTHLY_NTH = '3';
const YEARLY = '5';
const YEARLY_NTH = '6';

export const RULE_ELEMENTS: readonly string[] = [
  'RecurrenceType',
  'Interval',
  'MonthOfYear',
  'DayOfMonth',
  'DayOfWeekMask',
  'Instance',
  'PatternStartDate',
  'NoEndDate',
  'Occurrences',
  'PatternEndDate',
];

const timeOf = (date: string): number => Date.UTC(Number(date.slice(0, 4)), Number(date.slice(4, 6)) - 1, Number(date.slice(6, 8)));

/** Weekdays moved by whole days: Outlook names days of its own clock, and a start in UTC may be on the day before or after. */
const moved = (mask: number, days: number): number =>
  DAYS.reduce((sum, _, at) => ((mask >> at) & 1 ? sum | (1 << ((at + days + 7) % 7)) : sum), 0);

const dayNames = (mask: number): string[] => {
  const names = DAYS.filter((_, at) => (mask >> at) & 1);
  // A week begins on Monday in rules.
  return [...names.filter((one) => one !== 'SU'), ...names.filter((one) => one === 'SU')];
};

/** @param start DTSTART as it is written, in basic form. @returns '' for an entry that happens once, or a pattern that is none. */
export function ruleIn(fields: Fields, start: string, clock: Clock): string {
  const recurs = textIn(fields, 'IsRecurring');
  const type = textIn(fields, 'RecurrenceType');
  if (type === '' || (recurs !== '1' && recurs !== '' && !/^true$/i.test(recurs))) return '';
  const number = (name: string): number => Math.trunc(Number(textIn(fields, name))) || 0;
  const shift = shiftOf(start, dateIn(fields, 'PatternStartDate'));
  const mask = moved(number('DayOfWeekMask') & ANY_DAY, shift);
  const day = number('DayOfMonth');
  const month = number('MonthOfYear');
  const every = Math.max(1, number('Interval'));
  const yearly = type === YEARLY || type === YEARLY_NTH;
  // @NOTE Outlook 2007 and later count the interval of yearly patterns in months.
  const interval = yearly && every % 12 === 0 ? every / 12 : every;
  const by = byParts(type, { mask, day: day === 0 ? 0 : day + shift, month, instance: number('Instance') });
  if (by === undefined) return '';
  return [by[0], ...(interval === 1 ? [] : [`INTERVAL=${interval}`]), ...by.slice(1), ...endIn(fields, start, clock)].join(';');
}

/** Days that the start as it is written is after the first day of the pattern: -1, 0 or 1. */
function shiftOf(start: string, pattern: string): number {
  if (!start.endsWith('Z') || pattern === '') return 0;
  const days = (timeOf(start) - timeOf(basicDateTime(pattern))) / 86_400_000;
  return Math.abs(days) === 1 ? days : 0;
}

interface Pattern {
  readonly mask: number;
  readonly day: number;
  readonly month: number;
  readonly instance: number;
}

function byParts(type: string, { mask, day, month, instance }: Pattern): readonly string[] | undefined {
  const monthDay = day >= 1 && day <= 31 ? [`BYMONTHDAY=${day}`] : [];
  const byMonth = month >= 1 && month <= 12 ? [`BYMONTH=${month}`] : [];
  switch (type) {
    case DAILY:
      return ['FREQ=DAILY'];
    case WEEKLY:
      return ['FREQ=WEEKLY', ...(mask === 0 ? [] : [`BYDAY=${dayNames(mask).join(',')}`])];
    case MONTHLY:
      return ['FREQ=MONTHLY', ...monthDay];
    case YEARLY:
      return ['FREQ=YEARLY', ...(monthDay.length > 0 ? byMonth : []), ...(byMonth.length > 0 ? monthDay : [])];
    case MONTHLY_NTH:
    case YEARLY_NTH: {
      const nth = nthDay(mask, instance);
      if (nth === undefined) return undefined;
      return type === MONTHLY_NTH ? ['FREQ=MONTHLY', ...nth] : ['FREQ=YEARLY', ...byMonth, ...nth];
    }
    default:
      return undefined;
  }
}

/** The fifth is the last. */
function nthDay(mask: number, instance: number): readonly string[] | undefined {
  const position = instance === 5 || instance === -1 ? -1 : instance;
  if (mask === 0 || position === 0 || position < -1 || position > 4) return undefined;
  const names = dayNames(mask);
  if (mask === ANY_DAY && position === -1) return ['BYMONTHDAY=-1'];
  return names.length === 1 ? [`BYDAY=${position}${names[0] ?? ''}`] : [`BYDAY=${names.join(',')}`, `BYSETPOS=${position}`];
}

function endIn(fields: Fields, start: string, { zone }: Clock): readonly string[] {
  if (textIn(fields, 'NoEndDate') === '1') return [];
  const count = Math.trunc(Number(textIn(fields, 'Occurrences')));
  if (count > 0) return [`COUNT=${count}`];
  const end = basicDateTime(dateIn(fields, 'PatternEndDate')).slice(0, 8);
  if (!/^\d{8}$/.test(end)) return [];
  if (!start.includes('T')) return [`UNTIL=${end}`];
  if (zone !== undefined) return [`UNTIL=${toUtc(`${end}T235959`, zone)}`];
  return [`UNTIL=${end}T235959${start.endsWith('Z') ? 'Z' : ''}`];
}

type Pairs = readonly (readonly [string, string])[];

/**
 * @param start DTSTART on its own clock, basic form.
 * @returns undefined for a rule that Outlook has no pattern for.
 */
export function patternOf(rule: string, start: string, { zone }: Clock): Pairs | undefined {
  const parts = new Map(
    rule
      .toUpperCase()
      .split(';')
      .map((part) => part.split('='))
      .map(([key = '', value = '']) => [key.trim(), value.trim()] as const)
      .filter(([, value]) => value !== ''),
  );
  const interval = Number(parts.get('INTERVAL') ?? 1);
  if (!Number.isInteger(interval) || interval < 1 || !/^\d{8}/.test(start)) return undefined;
  const pattern = patternParts(parts, interval, start);
  const end = endOf(parts, zone);
  if (!pattern || !end) return undefined;
  return [
    ['IsRecurring', '1'],
    ...Object.entries({ Interval: String(interval), MonthOfYear: '0', DayOfMonth: '0', DayOfWeekMask: '0', Instance: '0', ...pattern }),
    ['PatternStartDate', `${start.slice(0, 8)}T000000Z`],
    ...end,
  ];
}

function endOf(parts: ReadonlyMap<string, string>, zone: Zone | undefined): Pairs | undefined {
  const count = parts.get('COUNT');
  const until = parts.get('UNTIL');
  if (count !== undefined)
    return /^[1-9]\d*$/.test(count)
      ? [
          ['NoEndDate', '0'],
          ['Occurrences', count],
        ]
      : undefined;
  if (until === undefined)
    return [
      ['NoEndDate', '1'],
      ['Occurrences', '0'],
    ];
  const end = zone === undefined ? basicDateTime(until) : toLocal(basicDateTime(until), zone);
  return /^\d{8}/.test(end)
    ? [
        ['NoEndDate', '0'],
        ['Occurrences', '0'],
        ['PatternEndDate', `${end.slice(0, 8)}T000000Z`],
      ]
    : undefined;
}

const KNOWN = /^(?:FREQ|INTERVAL|COUNT|UNTIL|WKST|BYDAY|BYMONTHDAY|BYMONTH|BYSETPOS)$/;

function patternParts(parts: ReadonlyMap<string, string>, interval: number, start: string): Record<string, string> | undefined {
  if (![...parts.keys()].every((key) => KNOWN.test(key))) return undefined;
  const by = (name: string): string => parts.get(name) ?? '';
  const freq = by('FREQ');
  const [byDay, byMonthDay, byMonth, bySetPos] = [by('BYDAY'), by('BYMONTHDAY'), by('BYMONTH'), by('BYSETPOS')];
  const startDay = String(Number(start.slice(6, 8)));
  const startMonth = String(Number(start.slice(4, 6)));
  if (freq === 'DAILY' || freq === 'WEEKLY') {
    if (byMonthDay + byMonth + bySetPos !== '') return undefined;
    if (freq === 'DAILY' && byDay === '') return { RecurrenceType: DAILY };
    const mask = byDay === '' ? 1 << new Date(timeOf(start)).getUTCDay() : maskOf(byDay);
    return mask === undefined || (freq === 'DAILY' && interval > 1) ? undefined : { RecurrenceType: WEEKLY, DayOfWeekMask: String(mask) };
  }
  if ((freq !== 'MONTHLY' && freq !== 'YEARLY') || (freq === 'MONTHLY' && byMonth !== '') || byMonth.includes(',')) return undefined;
  // A year's pattern names one month; without one, a day of the week counts in the year.
  if (freq === 'YEARLY' && byDay !== '' && byMonth === '') return undefined;
  if (freq === 'YEARLY' && interval % 12 === 0) return undefined;
  const month: Record<string, string> = freq === 'YEARLY' ? { MonthOfYear: String(Number(byMonth) || Number(startMonth)) } : {};
  const types = freq === 'YEARLY' ? ([YEARLY, YEARLY_NTH] as const) : ([MONTHLY, MONTHLY_NTH] as const);
  if (byDay === '' && bySetPos === '') {
    if (byMonthDay === '-1') return { RecurrenceType: types[1], ...month, DayOfWeekMask: String(ANY_DAY), Instance: '5' };
    if (byMonthDay === '' && freq === 'YEARLY' && byMonth !== '' && Number(byMonth) !== Number(startMonth)) return undefined;
    const day = byMonthDay === '' ? startDay : byMonthDay;
    return /^[1-9]\d?$/.test(day) ? { RecurrenceType: types[0], ...month, DayOfMonth: day } : undefined;
  }
  if (byMonthDay !== '') return undefined;
  const nth = nthOf(byDay, bySetPos);
  return nth && { RecurrenceType: types[1], ...month, ...nth };
}

function maskOf(list: string): number | undefined {
  let mask = 0;
  for (const name of list.split(',')) {
    const at = DAYS.indexOf(name.trim() as (typeof DAYS)[number]);
    if (at < 0) return undefined;
    mask |= 1 << at;
  }
  return mask;
}

function nthOf(byDay: string, bySetPos: string): Record<string, string> | undefined {
  const single = /^([+-]?\d+)(\w\w)$/.exec(byDay);
  const position = Number(bySetPos === '' ? single?.[1] : bySetPos);
  const mask = maskOf(bySetPos === '' ? (single?.[2] ?? '') : byDay);
  const isKnown = mask !== undefined && (mask === WEEKDAYS || mask === WEEKEND || mask === ANY_DAY || (mask & (mask - 1)) === 0);
  if (!isKnown || !(position === -1 || (position >= 1 && position <= 4))) return undefined;
  return { DayOfWeekMask: String(mask), Instance: String(position === -1 ? 5 : position) };
}
