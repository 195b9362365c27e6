/** A series with changed instances on a device of 2.0, and what the events are that a phone of 1.0 has of it. */
import assert from 'node:assert/strict';
import type { MortalWorld } from '../../faults/world.js';
import type { ModelDevice } from '../../model-client/device.js';
import { STORES, type StoreProfile } from '../../model-client/profile.js';

export const entry = (...lines: readonly string[]): string[] => ['BEGIN:VEVENT', 'DTSTAMP:20260101T000000Z', ...lines, 'END:VEVENT'];
export const instance = (day: string, start: string, end: string, summary: string): string[] =>
  entry(
    'UID:planning@example',
    `RECURRENCE-ID;TZID=Europe/Berlin:${day}T100000`,
    `DTSTART;TZID=Europe/Berlin:${start}`,
    `DTEND;TZID=Europe/Berlin:${end}`,
    `SUMMARY:${summary}`,
  );
export const series = (summary: string, instances: readonly (readonly string[])[], exceptions: readonly string[] = []): Buffer =>
  Buffer.from(
    [
      'BEGIN:VCALENDAR',
      'PRODID:-//Example//EN',
      'VERSION:2.0',
      'BEGIN:VTIMEZONE',
      'TZID:Europe/Berlin',
      'END:VTIMEZONE',
      ...entry(
        'UID:planning@example',
        'DTSTART;TZID=Europe/Berlin:20260601T100000',
        'DTEND;TZID=Europe/Berlin:20260601T110000',
        `SUMMARY:${summary}`,
        'RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20260706T080000Z',
        ...exceptions.map((day) => `EXDATE;TZID=Europe/Berlin:${day}T100000`),
      ),
      ...instances.flat(),
      'END:VCALENDAR',
      '',
    ].join('\r\n'),
  );
export const EIGHTH = instance('20260608', '20260609T150000', '20260609T160000', 'planning a day later');
export const FIRST = instance('20260601', '20260601T100000', '20260601T113000', 'planning');

export const EVENTS_20: StoreProfile = { ...STORES.calendar, type: 'text/calendar', verCt: '2.0' };
export const EVENTS_SIF: StoreProfile = { ...STORES.calendar, type: 'text/x-s4j-sife', verCt: '1.0' };

export interface Shown {
  readonly luid: string;
  readonly text: string;
}
export const all = (one: ModelDevice): Shown[] =>
  [...one.store('calendar').items.values()].map(({ luid, bytes }) => ({ luid, text: Buffer.from(bytes).toString() }));
export const find = (one: ModelDevice, ...parts: readonly string[]): Shown => {
  const found = all(one).filter(({ text }) => parts.every((part) => text.includes(part)));
  assert.equal(
    found.length,
    1,
    `one item with ${parts.join(', ')} of ${all(one)
      .map(({ text }) => text)
      .join('\n')}`,
  );
  return found[0] as Shown;
};
export const stored = async (world: MortalWorld): Promise<string[]> =>
  (await world.items('calendar')).map((one) => Buffer.from(one).toString()).sort();
export const replace = (one: ModelDevice, { luid, text }: Shown, from: string, to: string): void => {
  assert.ok(text.includes(from), `${from} in ${text}`);
  one.store('calendar').replace(luid, Buffer.from(text.replace(from, to)));
};

export const isSeries = 'RRULE:';
export const later = 'SUMMARY:planning a day later';
