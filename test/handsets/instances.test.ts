/**
 * Every profile is played with a series of which one instance is changed: the phone has two events, in its own words they come back as no change, an
 * edit of the one is that of the instance and of nothing else, and deleting it leaves the day out of the series.
 */
import assert from 'node:assert/strict';
import { setTimeZone } from '../../src/accounts/users.js';
import { describe as described } from '../../src/content/describe.js';
import { openLibrary } from '../../src/handsets/folder.js';
import { HandsetFinder } from '../../src/handsets/handset.js';
import { add, remove, replace } from '../engine/support/messages.js';
import { Bench, USER } from '../exchange/support/bench.js';
import { mangleAsPhone } from '../support/mangle-as-phone.js';
import { timesAsPhone } from '../support/mangle-times.js';
import { Phone } from './support/phone.js';

const library = openLibrary();
const CALENDAR = 'text/calendar';
const LEGACY = 'text/x-vcalendar';
const entry = (...lines: readonly string[]): string[] => [
  'BEGIN:VEVENT',
  'UID:choir@desk',
  'DTSTAMP:20260101T000000Z',
  ...lines,
  'END:VEVENT',
];
const SERIES = [
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'PRODID:-//Desk//EN',
  ...entry(
    'SUMMARY:Choir',
    'DTSTART;TZID=Europe/Berlin:20260609T190000',
    'DTEND;TZID=Europe/Berlin:20260609T210000',
    'RRULE:FREQ=WEEKLY;BYDAY=TU',
  ),
  ...entry(
    'RECURRENCE-ID;TZID=Europe/Berlin:20260616T190000',
    'SUMMARY:Concert',
    'DTSTART;TZID=Europe/Berlin:20260617T200000',
    'DTEND;TZID=Europe/Berlin:20260617T220000',
  ),
  'END:VCALENDAR',
  '',
].join('\r\n');
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
const canonical = (text: string): string =>
  Buffer.from(described(Buffer.from(text), CALENDAR).canonical)
    .toString()
    .replaceAll('\x1d', '\n');

describe('a phone of every profile, with a changed instance of a series', function () {
  this.timeout(10_000);
  for (const { profile, traits } of library.families.flatMap((family) => family.profiles)) {
    const sample = profile.samples?.[0];
    if (!sample) continue;
    it(profile.id, async () => {
      const bench = await Bench.open();
      try {
        bench.handsets = new HandsetFinder({ library });
        bench.exchange = bench.another();
        bench.now = Date.UTC(2026, 5, 1);
        await setTimeZone(bench.temp.store, USER, 'Europe/Berlin');
        const store = 'calendar';
        const desktop = new Phone(
          bench,
          { man: 'Patrick Ohly', mod: 'SyncEvolution' },
          { store, types: [[CALENDAR, '2.0']], devInf: { utc: true } },
        );
        await desktop.sync(201, [add('desk', SERIES, { meta: { type: CALENDAR } })]);
        const phone = new Phone(bench, sample, { store, types: [[LEGACY, '1.0']], maxMsgSize: 10_000, devInf: { utc: true } });
        await phone.sync(201, []);
        assert.equal(phone.items.size, 2);
        const inItsWords = (bytes: Uint8Array, turn: number): string =>
          Buffer.from(mangleAsPhone(Buffer.from(timesAsPhone(textOf(bytes), traits, undefined)), LEGACY, traits, { turn })).toString(
            'latin1',
          );
        const echo = await phone.sync(
          200,
          [...phone.items].map(([luid, bytes]) => replace(luid, inItsWords(bytes, 2), { meta: { type: LEGACY } })),
        );
        assert.deepEqual(echo.received, []);
        assert.deepEqual(await bench.texts(store), [SERIES]);

        const [luid, held] = [...phone.items].find(([, bytes]) => textOf(bytes).includes('Concert')) ?? assert.fail();
        const edited = inItsWords(Buffer.from(textOf(held).replace('Concert', 'Recital')), 1);
        assert.deepEqual((await phone.sync(200, [replace(luid, edited, { meta: { type: LEGACY } })])).received, []);
        const heard = await desktop.sync(200, []);
        assert.deepEqual(
          heard.received.map(({ kind }) => kind),
          ['Replace'],
        );
        assert.deepEqual((await bench.texts(store)).map(canonical), [canonical(SERIES.replace('Concert', 'Recital'))]);

        assert.deepEqual((await phone.sync(200, [remove(luid)])).received, []);
        const [left = '', ...more] = await bench.texts(store);
        assert.deepEqual(more, []);
        assert.match(left, /EXDATE;TZID=Europe\/Berlin:20260616T190000/);
        assert.doesNotMatch(left, /RECURRENCE-ID/);
      } finally {
        await bench.close();
      }
    });
  }
});

describe('a phone that writes changed instances beside their series', () => {
  it('nokia-s60-3rd: by X-RECURRENCE-ID; others have them by RECURRENCE-ID, and not at all at their old time', async () => {
    const bench = await Bench.open();
    try {
      bench.handsets = new HandsetFinder({ library });
      bench.exchange = bench.another();
      await setTimeZone(bench.temp.store, USER, 'Europe/Berlin');
      const store = 'calendar';
      const of = (sample: { man: string; mod: string }, type: string, version: string): Phone =>
        new Phone(bench, sample, { store, types: [[type, version]], maxMsgSize: 10_000, devInf: { utc: true } });
      const desktop = of({ man: 'Patrick Ohly', mod: 'SyncEvolution' }, CALENDAR, '2.0');
      const series = SERIES.replace(/BEGIN:VEVENT\r\nUID:choir@desk\r\nDTSTAMP:20260101T000000Z\r\nRECURRENCE-ID[^]*?END:VEVENT\r\n/, '');
      await desktop.sync(201, [add('desk', series, { meta: { type: CALENDAR } })]);
      const phone = of({ man: 'NOKIA', mod: 'E51' }, LEGACY, '1.0');
      await phone.sync(201, []);
      const times = ['DTSTART:20260617T180000Z', 'DTEND:20260617T200000Z', 'X-RECURRENCE-ID:20260616T170000Z'];
      const instance = ['BEGIN:VCALENDAR', 'VERSION:1.0', 'BEGIN:VEVENT', 'UID:choir@desk', 'SUMMARY:Concert', ...times];
      const text = [...instance, 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n');
      await phone.sync(200, [add('77', text, { meta: { type: LEGACY } })]);
      await desktop.sync(200, []);
      const [luid, got] = [...desktop.items].find(([, bytes]) => textOf(bytes).includes('Concert')) ?? assert.fail();
      assert.match(textOf(got), /UID:choir@desk\r\n[^]*RECURRENCE-ID:20260616T170000Z/);
      assert.doesNotMatch(textOf(got), /X-RECURRENCE-ID/);
      await desktop.sync(200, [replace(luid, textOf(got).replace('Concert', 'Recital'), { meta: { type: CALENDAR } })]);
      const { received } = await phone.sync(200, []);
      assert.ok(received.some(({ items }) => items.some(({ source, target }) => (target ?? source)?.uri === '77')));
      const held = [...phone.items.values()].map(textOf).find((one) => one.includes('Recital')) ?? assert.fail();
      assert.match(held, /X-RECURRENCE-ID:20260616T170000Z/);
      const other = of({ man: 'Siemens', mod: 'S65' }, LEGACY, '1.0');
      await other.sync(201, []);
      const shown = [...other.items.values()].map(textOf).find((one) => one.includes('RRULE')) ?? assert.fail();
      assert.match(shown, /EXDATE/);
    } finally {
      await bench.close();
    }
  });
});
