/** Events and series in two zones, or in another than the phone's, across weeks in which only one of the clocks has changed. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { abilitiesFor } from '../../src/content/abilities.js';
import { convert, readable } from '../../src/content/conversion/convert.js';
import { takeBackConverted } from '../../src/content/conversion/taking-back.js';
import { given, putRight } from '../../src/content/phone-form/echo.js';
import { takeBack } from '../../src/content/taking-back.js';
import type { Traits } from '../../src/handsets/traits.js';
import { basicOf, later } from '../../src/content/zones/wall.js';
import { ianaZone, toLocal, toUtc } from '../../src/content/zones/zone.js';
import { calendar } from './helpers.js';

const OLD = 'text/x-vcalendar';
const NEW = 'text/calendar';
const event = (version: string, ...own: readonly string[]): Buffer => calendar(version, 'VEVENT', [...own, 'SUMMARY:x']);
const entryOf = (bytes: Uint8Array): readonly string[] =>
  Buffer.from(bytes)
    .toString()
    .split('\r\n')
    .filter((line) => /^(?:DTSTART|DTEND|DUE|RRULE|EXDATE|RDATE)/.test(line));

function phone(stored: Buffer, home: string, traits: Traits = {}) {
  const able = abilitiesFor(undefined, OLD, home, traits, { home, now: Date.UTC(2026, 6, 1) }) ?? assert.fail();
  const isNew = stored.includes('VERSION:2.0');
  const there = isNew ? (convert(stored, NEW, 'vcal10', home) ?? assert.fail()) : stored;
  const shown = Buffer.from(given(there, OLD, able)).toString();
  const sends = (text: string): Uint8Array => {
    const whole = takeBack(there, putRight(Buffer.from(text), OLD, able), OLD, able);
    return isNew
      ? (takeBackConverted(readable(stored, NEW) ?? assert.fail(), readable(whole, OLD) ?? assert.fail(), able.localZone, home) ??
          assert.fail())
      : whole;
  };
  return { shown, sends };
}

const NY = 'America/New_York';
const BERLIN = 'Europe/Berlin';
const LOCAL: Traits = { time: { outgoing: 'local' } };

interface Case {
  readonly what: string;
  readonly home?: string;
  readonly traits?: Traits;
  readonly stored: readonly string[];
  readonly shown: readonly string[];
  /** An edit on the phone, and what becomes of the stored lines. */
  readonly edit: readonly [string, string];
  readonly edited: readonly [string, string];
}

const CASES: readonly Case[] = [
  {
    what: 'a flight that ends in another zone',
    stored: [`DTSTART;TZID=${NY}:20260310T180000`, `DTEND;TZID=${BERLIN}:20260311T070000`],
    shown: ['DTSTART:20260310T220000Z', 'DTEND:20260311T060000Z'],
    edit: ['20260311T060000Z', '20260311T063000Z'],
    edited: ['20260311T070000', '20260311T073000'],
  },
  {
    what: 'and its start is moved, on a phone of local times',
    traits: LOCAL,
    stored: [`DTSTART;TZID=${NY}:20260310T180000`, `DTEND;TZID=${BERLIN}:20260311T070000`],
    shown: ['DTSTART:20260310T230000', 'DTEND:20260311T070000'],
    edit: ['20260310T230000', '20260311T000000'],
    edited: ['20260310T180000', '20260310T190000'],
  },
  {
    what: 'a flight every week: its length is that of the first',
    stored: [`DTSTART;TZID=${NY}:20260301T180000`, `DTEND;TZID=${BERLIN}:20260302T070000`, 'RRULE:FREQ=WEEKLY;COUNT=8'],
    shown: ['DTSTART:20260301T230000Z', 'DTEND:20260302T060000Z', 'RRULE:W1 #8'],
    edit: ['20260302T060000Z', '20260302T070000Z'],
    edited: ['20260302T070000', '20260302T080000'],
  },
  {
    what: 'dates left out before, while and after only one clock has changed',
    stored: [
      `DTSTART;TZID=${NY}:20260301T090000`,
      'RRULE:FREQ=WEEKLY',
      ...['20260308', '20260315', '20260405'].map((day) => `EXDATE;TZID=${NY}:${day}T090000`),
    ],
    shown: ['DTSTART:20260301T140000Z', 'RRULE:W1 #0', 'EXDATE:20260308T140000Z', 'EXDATE:20260315T140000Z', 'EXDATE:20260405T130000Z'],
    edit: ['EXDATE:20260405T130000Z', 'EXDATE:20260412T130000Z'],
    edited: ['20260405T090000', '20260412T090000'],
  },
  {
    what: 'the same in local time',
    traits: LOCAL,
    stored: [`DTSTART;TZID=${NY}:20260301T090000`, 'RRULE:FREQ=WEEKLY', `EXDATE;TZID=${NY}:20260315T090000`],
    shown: ['DTSTART:20260301T150000', 'RRULE:W1 #0', 'EXDATE:20260315T150000'],
    edit: ['EXDATE:20260315T150000', 'EXDATE:20260322T150000'],
    edited: ['20260315T090000', '20260322T090000'],
  },
  {
    what: 'dates of yet another zone: one left out, one put in',
    stored: [
      `DTSTART;TZID=${NY}:20260301T090000`,
      'RRULE:FREQ=WEEKLY;COUNT=8',
      'EXDATE;TZID=Asia/Tokyo:20260315T220000',
      'RDATE;TZID=Asia/Tokyo:20260317T230000',
    ],
    shown: ['DTSTART:20260301T140000Z', 'RRULE:W1 #8', 'EXDATE:20260315T140000Z', 'RDATE:20260317T140000Z'],
    edit: ['RDATE:20260317T140000Z', 'RDATE:20260318T140000Z'],
    edited: ['Tokyo:20260317T230000', 'Tokyo:20260318T230000'],
  },
  {
    what: 'a last time that the phone shows an hour later',
    stored: [`DTSTART;TZID=${NY}:20260222T090000`, 'RRULE:FREQ=WEEKLY;UNTIL=20260315T130000Z'],
    shown: ['DTSTART:20260222T140000Z', 'RRULE:W1 20260315T140000Z'],
    edit: ['20260315T140000Z', '20260322T140000Z'],
    edited: ['UNTIL=20260315T130000Z', 'UNTIL=20260322T140000Z'],
  },
  {
    what: 'an evening that is a night, on another day of the week',
    stored: [
      `DTSTART;TZID=${NY}:20260301T200000`,
      'RRULE:FREQ=WEEKLY;BYDAY=SU;UNTIL=20260316T000000Z',
      `EXDATE;TZID=${NY}:20260315T200000`,
    ],
    shown: ['DTSTART:20260302T010000Z', 'RRULE:W1 MO 20260316T010000Z', 'EXDATE:20260316T010000Z'],
    edit: ['EXDATE:20260316T010000Z', 'EXDATE:20260309T010000Z'],
    edited: ['20260315T200000', '20260308T200000'],
  },
  {
    what: 'a date left out that is no time of the series stays that instant',
    stored: [`DTSTART;TZID=${NY}:20260301T090000`, 'RRULE:FREQ=WEEKLY', `EXDATE;TZID=${NY}:20260315T100000`],
    shown: ['DTSTART:20260301T140000Z', 'RRULE:W1 #0', 'EXDATE:20260315T140000Z'],
    edit: ['SUMMARY:x', 'SUMMARY:x'],
    edited: ['SUMMARY:x', 'SUMMARY:x'],
  },
];

describe('content: two zones on a phone of vCalendar 1.0', () => {
  for (const { what, home = BERLIN, traits, stored, shown, edit, edited } of CASES)
    it(what, () => {
      const item = event('2.0', ...stored);
      const device = phone(item, home, traits);
      assert.deepEqual(entryOf(Buffer.from(device.shown)), shown);
      assert.deepEqual(device.sends(device.shown), item);
      const meant = Buffer.from(device.sends(device.shown.replace(...edit))).toString();
      assert.equal(meant, item.toString().replace(...edited));
    });

  it('a series that a phone elsewhere has stored', () => {
    const item = event(
      '1.0',
      `X-MOORAGE-ZONE:${NY}`,
      'DTSTART:20260222T140000Z',
      'RRULE:W1 SU 20260322T130000Z',
      'EXDATE:20260301T140000Z;20260315T130000Z',
    );
    const { shown, sends } = phone(item, BERLIN);
    assert.deepEqual(entryOf(Buffer.from(shown)), [
      'DTSTART:20260222T140000Z',
      'RRULE:W1 SU 20260322T140000Z',
      'EXDATE:20260301T140000Z;20260315T140000Z',
    ]);
    assert.equal(Buffer.from(sends(shown)).toString(), item.toString());
    const edited = sends(shown.replace(';20260315T140000Z', ';20260315T140000Z;20260308T140000Z'));
    assert.deepEqual(entryOf(edited)[2], 'EXDATE:20260301T140000Z;20260315T130000Z;20260308T130000Z');
  });

  const zones = fc.constantFrom(
    NY,
    BERLIN,
    'Europe/London',
    'Asia/Tokyo',
    'Asia/Kolkata',
    'Australia/Sydney',
    'Australia/Lord_Howe',
    'America/Sao_Paulo',
    'America/Santiago',
    'Pacific/Auckland',
    'Africa/Cairo',
    'America/St_Johns',
    'America/Havana',
  );
  const rule = fc.constantFrom('DAILY', 'WEEKLY');

  it('what either side leaves out is what the other shows, in any two zones', () => {
    fc.assert(
      fc.property(
        zones,
        zones,
        rule,
        fc.integer({ min: 0, max: 364 }),
        fc.integer({ min: 0, max: 95 }),
        fc.integer({ min: 1, max: 30 }),
        (zone, home, freq, day, quarter, nth) => {
          const [own, own2] = [ianaZone(zone) ?? assert.fail(), ianaZone(home) ?? assert.fail()];
          const start = basicOf(Date.UTC(2026, 0, 1) + day * 86_400_000 + quarter * 900_000);
          // A start that its clock skips is no time anybody gives.
          fc.pre(toLocal(toUtc(start, own), own) === start);
          const step = nth * (freq === 'DAILY' ? 1 : 7) * 86_400;
          const leftOut = later(start, step) ?? assert.fail();
          fc.pre(toLocal(toUtc(leftOut, own), own) === leftOut);
          const item = event('2.0', `DTSTART;TZID=${zone}:${start}`, `RRULE:FREQ=${freq}`);
          const without = event('2.0', `DTSTART;TZID=${zone}:${start}`, `RRULE:FREQ=${freq}`, `EXDATE;TZID=${zone}:${leftOut}`);
          // The phone repeats its own start on its own clock.
          const first = toLocal(toUtc(start, own), own2);
          const shows = toUtc(later(first, step) ?? assert.fail(), own2);
          const there = phone(without, home);
          assert.ok(there.shown.includes(`EXDATE:${shows}`), `${there.shown}${shows}`);
          assert.deepEqual(there.sends(there.shown), without);
          const plain = phone(item, home);
          const back = Buffer.from(plain.sends(plain.shown.replace('SUMMARY', `EXDATE:${shows}\r\nSUMMARY`))).toString();
          assert.ok(back.includes(`EXDATE;TZID=${zone}:${leftOut}\r\n`), back);
        },
      ),
      { numRuns: 150, seed: 20_260_601 },
    );
  });
});
