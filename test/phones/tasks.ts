/** Tasks of all kinds, as a program on a desk writes them. Each has a title `Before`, and a letter that tells it from others. */
import fc from 'fast-check';
import { drawnItems, two, words, type CalendarVersion } from './calendar-items.js';

interface Draft {
  readonly day: string;
  readonly hour: number;
  readonly due: 'day' | 'utc' | 'none';
  readonly status: 'open' | 'done' | 'none';
  readonly priority: number | null;
  readonly text: string | null;
  readonly category: string | null;
  readonly extension: boolean;
}

const draft: fc.Arbitrary<Draft> = fc.record({
  day: fc
    .tuple(fc.integer({ min: 1990, max: 2040 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
    .map(([y, m, d]) => `${y}${two(m)}${two(d)}`),
  hour: fc.integer({ min: 6, max: 20 }),
  due: fc.constantFrom<Draft['due']>('day', 'utc', 'none'),
  status: fc.constantFrom<Draft['status']>('open', 'done', 'none'),
  priority: fc.option(fc.constantFrom(1, 5, 9)),
  text: fc.option(words),
  category: fc.option(fc.constantFrom('Business', 'Home')),
  extension: fc.boolean(),
});

function written(version: CalendarVersion, task: Draft, at: number, title: string): Buffer {
  const { day, hour, due, status, priority, text, category, extension } = task;
  const isModern = version === '2.0';
  const dueLines =
    due === 'none' ? [] : due === 'utc' ? [`DUE:${day}T${two(hour)}0000Z`] : [isModern ? `DUE;VALUE=DATE:${day}` : `DUE:${day}T000000`];
  const statusLines =
    status === 'none'
      ? []
      : status === 'open'
        ? [isModern ? 'STATUS:NEEDS-ACTION' : 'STATUS:NEEDS ACTION']
        : ['STATUS:COMPLETED', `COMPLETED:${day}T${two(hour)}0000Z`];
  const described = (part: string): string =>
    isModern
      ? `DESCRIPTION:${part.replace(/[\\;,]/g, '\\$&')}`
      : `DESCRIPTION${/^[\x20-\x7e]*$/.test(part) ? '' : ';CHARSET=UTF-8'}:${part.replaceAll(';', '\\;')}`;
  return Buffer.from(
    [
      'BEGIN:VCALENDAR',
      `VERSION:${version}`,
      ...(isModern ? ['PRODID:-//Example//EN'] : []),
      'BEGIN:VTODO',
      `UID:task${at}@example`,
      ...(isModern ? ['DTSTAMP:20260101T000000Z'] : []),
      `SUMMARY:${title} ${'abcd'.charAt(at)}`,
      ...dueLines,
      ...statusLines,
      ...(priority === null ? [] : [`PRIORITY:${priority}`]),
      ...(text === null ? [] : [described(text)]),
      ...(category === null ? [] : [`CATEGORIES:${category}`]),
      ...(extension ? ['X-DESK-COLOUR:red'] : []),
      'END:VTODO',
      'END:VCALENDAR',
      '',
    ].join('\r\n'),
  );
}

export const tasks = drawnItems(draft, written);
