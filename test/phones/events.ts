/** Events of all kinds, as a program on a desk writes them. Each has a title `Before`, and a number that tells it from others. */
import fc from 'fast-check';
import { drawnItems, two, words, type CalendarVersion } from './calendar-items.js';

const ZONES = ['Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Sydney', 'Pacific/Auckland', 'America/Sao_Paulo'] as const;

interface Draft {
  readonly day: string;
  readonly hour: number;
  readonly length: number;
  readonly form: 'utc' | 'zone' | 'local' | 'day';
  readonly zone: string;
  readonly place: string | null;
  readonly text: string | null;
  readonly rule: string | null;
  readonly alarm: number | null;
  readonly extension: boolean;
}

const draft: fc.Arbitrary<Draft> = fc.record({
  day: fc
    .tuple(fc.integer({ min: 1990, max: 2040 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
    .map(([y, m, d]) => `${y}${two(m)}${two(d)}`),
  hour: fc.integer({ min: 6, max: 20 }),
  length: fc.integer({ min: 1, max: 3 }),
  form: fc.constantFrom<Draft['form']>('utc', 'zone', 'local', 'day'),
  zone: fc.constantFrom(...ZONES),
  place: fc.option(words),
  text: fc.option(words),
  rule: fc.option(fc.constantFrom('FREQ=DAILY;COUNT=5', 'FREQ=WEEKLY;COUNT=4', 'FREQ=YEARLY', 'FREQ=MONTHLY;BYMONTHDAY=15;COUNT=3')),
  alarm: fc.option(fc.integer({ min: 1, max: 600 })),
  extension: fc.boolean(),
});

const escaped = (text: string): string => text.replace(/[\\;,]/g, '\\$&');
/** The rules above in the other grammar. */
const LEGACY: Readonly<Record<string, string>> = {
  'FREQ=DAILY;COUNT=5': 'D1 #5',
  'FREQ=WEEKLY;COUNT=4': 'W1 #4',
  'FREQ=YEARLY': 'YM1 #0',
  'FREQ=MONTHLY;BYMONTHDAY=15;COUNT=3': 'MD1 15 #3',
};

function written(version: CalendarVersion, event: Draft, at: number, title: string): Buffer {
  const { day, hour, length, form, zone, place, text, rule, alarm, extension } = event;
  const isModern = version === '2.0';
  const time = (h: number): string => `${day}T${two(h)}0000`;
  const moment = (name: string, h: number): string =>
    form === 'utc' || !isModern ? `${name}:${time(h)}Z` : form === 'zone' ? `${name};TZID=${zone}:${time(h)}` : `${name}:${time(h)}`;
  const start = form === 'day' && isModern ? [`DTSTART;VALUE=DATE:${day}`] : [moment('DTSTART', hour), moment('DTEND', hour + length)];
  const alarmLines =
    alarm === null || form === 'day'
      ? []
      : isModern
        ? ['BEGIN:VALARM', 'ACTION:AUDIO', `TRIGGER:-PT${alarm}M`, 'END:VALARM']
        : [`AALARM:${day}T${two(hour - 6)}0000Z`];
  const value = (part: string): string => (isModern ? escaped(part) : part.replaceAll(';', '\\;'));
  const line = (name: string, part: string): string =>
    isModern || /^[\x20-\x7e]*$/.test(part) ? `${name}:${value(part)}` : `${name};CHARSET=UTF-8:${value(part)}`;
  return Buffer.from(
    [
      'BEGIN:VCALENDAR',
      `VERSION:${version}`,
      ...(isModern ? ['PRODID:-//Example//EN'] : []),
      'BEGIN:VEVENT',
      `UID:event${at}@example`,
      ...(isModern ? ['DTSTAMP:20260101T000000Z'] : []),
      `SUMMARY:${title} ${'abcd'.charAt(at)}`,
      ...start,
      ...(place === null ? [] : [line('LOCATION', place)]),
      ...(text === null ? [] : [line('DESCRIPTION', text)]),
      ...(rule === null ? [] : [`RRULE:${isModern ? rule : (LEGACY[rule] ?? 'D1 #5')}`]),
      ...(extension ? ['X-DESK-COLOUR:red'] : []),
      ...alarmLines,
      'END:VEVENT',
      'END:VCALENDAR',
      '',
    ].join('\r\n'),
  );
}

export const events = drawnItems(draft, written);
