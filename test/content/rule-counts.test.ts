/** Series with a number of times on phones that know none: the last day goes out, comes back, and the number stays. */
import assert from 'node:assert/strict';
import { abilitiesFor, type Abilities } from '../../src/content/abilities.js';
import { convert, readable } from '../../src/content/conversion/convert.js';
import { takeBackConverted } from '../../src/content/conversion/taking-back.js';
import { given, putRight } from '../../src/content/phone-form/echo.js';
import { takeBack } from '../../src/content/taking-back.js';
import { openLibrary } from '../../src/handsets/folder.js';
import type { Traits } from '../../src/handsets/traits.js';
import { calendar } from './helpers.js';

const OLD = 'text/x-vcalendar';
const NEW = 'text/calendar';
const UNCOUNTED: Traits = { calendar: { ruleCount: false } };
const phone = (home: string | undefined, traits: Traits = UNCOUNTED): Abilities =>
  abilitiesFor(undefined, OLD, home, traits, { home, now: Date.UTC(2026, 6, 1) }) ?? assert.fail();
const lines = (bytes: Uint8Array, ...names: readonly string[]): readonly string[] =>
  Buffer.from(bytes)
    .toString()
    .split('\r\n')
    .filter((line) => names.some((name) => line.startsWith(name)));
const event = (version: string, ...own: readonly string[]): Buffer => calendar(version, 'VEVENT', [...own, 'SUMMARY:x']);

/** What a phone of 1.0 gets of an item of 2.0, and what the item is when the phone sends that. */
function throughPhone(stored: Buffer, able: Abilities, home: string | undefined, edit: (shown: string) => string = (shown) => shown) {
  const ours = readable(stored, NEW) ?? assert.fail();
  const there = convert(stored, NEW, 'vcal10', home) ?? assert.fail();
  const shown = Buffer.from(given(there, OLD, able));
  const back = putRight(Buffer.from(edit(shown.toString('latin1')), 'latin1'), OLD, able);
  const whole = takeBack(there, back, OLD, able);
  const sent = readable(whole, OLD) ?? assert.fail();
  return { shown, meant: takeBackConverted(ours, sent, able.localZone, home) ?? assert.fail() };
}

describe('content: a number of times for phones that know none', () => {
  for (const [what, home, stored, shown] of [
    [
      'weekly, across a change of the clock',
      'Europe/Berlin',
      ['DTSTART;TZID=Europe/Berlin:20261005T100000', 'RRULE:FREQ=WEEKLY;COUNT=5'],
      'RRULE:W1 20261102T090000Z',
    ],
    [
      'two days a week',
      'Europe/Berlin',
      ['DTSTART;TZID=Europe/Berlin:20260602T100000', 'RRULE:FREQ=WEEKLY;BYDAY=TU,TH;COUNT=10'],
      'RRULE:W1 TU TH 20260702T080000Z',
    ],
    [
      'every other week from its second day',
      'Europe/Berlin',
      ['DTSTART;TZID=Europe/Berlin:20260605T100000', 'RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;COUNT=3'],
      'RRULE:W2 MO FR 20260619T080000Z',
    ],
    [
      'the 31st',
      'Europe/Berlin',
      ['DTSTART;TZID=Europe/Berlin:20260131T100000', 'RRULE:FREQ=MONTHLY;BYMONTHDAY=31;COUNT=4'],
      'RRULE:MD1 31 20260731T080000Z',
    ],
    [
      'the last day',
      'Europe/Berlin',
      ['DTSTART;TZID=Europe/Berlin:20240131T100000', 'RRULE:FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=2'],
      'RRULE:MD1 LD 20240229T090000Z',
    ],
    ['a leap day', 'Europe/Berlin', ['DTSTART;VALUE=DATE:20240229', 'RRULE:FREQ=YEARLY;COUNT=3'], 'RRULE:YD1 20320229T235959'],
    [
      'every third day',
      'Asia/Tokyo',
      ['DTSTART;TZID=Asia/Tokyo:20260101T070000', 'RRULE:FREQ=DAILY;INTERVAL=3;COUNT=4'],
      'RRULE:D3 20260109T220000Z',
    ],
    [
      'the fifth Saturday',
      'Europe/Berlin',
      ['DTSTART;TZID=Europe/Berlin:20260530T100000', 'RRULE:FREQ=MONTHLY;BYDAY=5SA;COUNT=3'],
      'RRULE:MP1 5+ SA 20261031T090000Z',
    ],
    [
      'days of another clock',
      'Europe/Berlin',
      ['DTSTART;TZID=America/New_York:20260601T200000', 'RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=2'],
      'RRULE:W1 TU 20260609T000000Z',
    ],
    [
      'a clock nobody knows: an hour more',
      undefined,
      ['DTSTART;TZID=Europe/Berlin:20261005T100000', 'RRULE:FREQ=WEEKLY;COUNT=5'],
      'RRULE:W1 20261102T090000Z',
    ],
    ['no time zone', undefined, ['DTSTART:20260601T100000', 'RRULE:FREQ=DAILY;COUNT=3'], 'RRULE:D1 20260603T100000'],
    [
      'a day that never comes keeps its number',
      undefined,
      ['DTSTART:20260601T100000', 'RRULE:FREQ=MONTHLY;BYMONTHDAY=31;INTERVAL=12;COUNT=3'],
      'RRULE:MD12 31 #3',
    ],
    ['once', undefined, ['DTSTART:20260601T100000', 'RRULE:FREQ=DAILY;COUNT=1'], 'RRULE:D1 20260601T100000'],
    ['no end', undefined, ['DTSTART:20260601T100000', 'RRULE:FREQ=DAILY'], 'RRULE:D1 #0'],
  ] as const) {
    const item = event('2.0', ...stored);
    const able = phone(home);

    it(`${what}: ${shown}, and back it is what it was`, () => {
      const there = throughPhone(item, able, home);
      assert.deepEqual(lines(there.shown, 'RRULE'), [shown]);
      assert.deepEqual(there.meant, item);
    });

    it(`${what}: an edited title is that alone`, () => {
      const { meant } = throughPhone(item, able, home, (text) => text.replace('SUMMARY:x', 'SUMMARY:y'));
      assert.equal(Buffer.from(meant).toString(), item.toString().replace('SUMMARY:x', 'SUMMARY:y'));
    });
  }

  it('a last day that is moved on the phone is an edit: the number is no more', () => {
    const item = event('2.0', 'DTSTART;TZID=Europe/Berlin:20260601T100000', 'RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=5');
    const { meant } = throughPhone(item, phone('Europe/Berlin'), 'Europe/Berlin', (text) => text.replace('20260629T', '20260622T'));
    assert.deepEqual(lines(meant, 'RRULE'), ['RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20260622T080000Z']);
  });

  it('another rule on the phone is an edit', () => {
    const item = event('2.0', 'DTSTART;TZID=Europe/Berlin:20260601T100000', 'RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=5');
    const { meant } = throughPhone(item, phone('Europe/Berlin'), 'Europe/Berlin', (text) => text.replace('W1 MO', 'D1'));
    assert.deepEqual(lines(meant, 'RRULE'), ['RRULE:FREQ=DAILY;UNTIL=20260629T080000Z']);
  });

  it('an item of 1.0 keeps its number, and days of a phone that writes local times stay local', () => {
    const item = event('1.0', 'X-MOORAGE-ZONE:Europe/Berlin', 'DTSTART:20261020T080000Z', 'RRULE:D1 #10');
    const able = phone('Europe/Berlin', { ...UNCOUNTED, time: { outgoing: 'local' } });
    const shown = given(item, OLD, able);
    assert.deepEqual(lines(shown, 'DTSTART', 'RRULE'), ['DTSTART:20261020T100000', 'RRULE:D1 20261029T100000']);
    const back = takeBack(item, putRight(shown, OLD, able), OLD, able);
    assert.deepEqual(lines(back, 'RRULE', 'X-MOORAGE'), ['X-MOORAGE-ZONE:Europe/Berlin', 'RRULE:D1 #10']);
  });

  it('a phone that is given the number, and sends the last day by itself, changes nothing', () => {
    const item = event('2.0', 'DTSTART;TZID=Europe/Berlin:20261005T100000', 'RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=5');
    const able = phone('Europe/Berlin', {});
    for (const end of ['20261102T090000Z', '20261102T235959Z', '20261102T000000', '20261102T100000']) {
      const { shown, meant } = throughPhone(item, able, 'Europe/Berlin', (text) => text.replace('#5', end));
      assert.deepEqual(lines(shown, 'RRULE'), ['RRULE:W1 MO #5']);
      assert.deepEqual(meant, item, end);
    }
    const { meant } = throughPhone(item, able, 'Europe/Berlin', (text) => text.replace('#5', '20261026T090000Z'));
    assert.deepEqual(lines(meant, 'RRULE'), ['RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20261026T090000Z']);
  });

  it('so does one that has moved the whole series, and its last day with it', () => {
    const item = event('2.0', 'DTSTART;TZID=Europe/Berlin:20261005T100000', 'RRULE:FREQ=DAILY;COUNT=5');
    const { meant } = throughPhone(item, phone('Europe/Berlin'), 'Europe/Berlin', (text) =>
      text.replace('20261005T080000Z', '20261006T100000Z').replace('20261009T080000Z', '20261010T100000Z'),
    );
    assert.deepEqual(lines(meant, 'DTSTART', 'RRULE'), ['DTSTART;TZID=Europe/Berlin:20261006T120000', 'RRULE:FREQ=DAILY;COUNT=5']);
  });

  it('and one of 2.0, in the same format', () => {
    const item = event('2.0', 'DTSTART;TZID=Europe/Berlin:20261005T100000', 'RRULE:FREQ=WEEKLY;COUNT=5');
    const able = { limits: false };
    const echo = (rule: string) => takeBack(item, Buffer.from(item.toString().replace('FREQ=WEEKLY;COUNT=5', rule)), NEW, able);
    for (const rule of ['FREQ=WEEKLY;UNTIL=20261102T090000Z', 'INTERVAL=1;FREQ=WEEKLY;WKST=MO;UNTIL=20261102T225959Z'])
      assert.deepEqual(lines(echo(rule), 'RRULE'), ['RRULE:FREQ=WEEKLY;COUNT=5'], rule);
    assert.deepEqual(lines(echo('FREQ=WEEKLY;UNTIL=20261109T090000Z'), 'RRULE'), ['RRULE:FREQ=WEEKLY;UNTIL=20261109T090000Z']);
    assert.deepEqual(lines(echo('FREQ=WEEKLY;COUNT=6'), 'RRULE'), ['RRULE:FREQ=WEEKLY;COUNT=6']);
  });

  it('and Outlook, that fills in both', () => {
    const sends = (item: Buffer, edit: (sif: string) => string): string => {
      const sif = convert(item, NEW, 'sife') ?? assert.fail();
      const theirs = readable(Buffer.from(edit(Buffer.from(sif).toString())), 'text/x-s4j-sife') ?? assert.fail();
      return Buffer.from(takeBackConverted(readable(item, NEW) ?? assert.fail(), theirs) ?? assert.fail()).toString();
    };
    const until = event('2.0', 'DTSTART;TZID=Europe/Berlin:20261005T100000', 'RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20261102T090000Z');
    const times = (count: number) => (sif: string) => sif.replace('<Occurrences>0', `<Occurrences>${count}`);
    assert.equal(sends(until, times(5)), until.toString());
    assert.equal(sends(until, times(6)), until.toString().replace('UNTIL=20261102T090000Z', 'COUNT=6'));
    const count = event('2.0', 'DTSTART;VALUE=DATE:20261005', 'RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=5');
    const last = (day: string) => (sif: string) =>
      sif
        .replace('<Occurrences>5', '<Occurrences>0')
        .replace(/<PatternEndDate\/>|<PatternEndDate><\/PatternEndDate>/, `<PatternEndDate>${day}T000000Z</PatternEndDate>`);
    assert.equal(sends(count, last('20261102')), count.toString());
    assert.equal(sends(count, last('20261026')), count.toString().replace('COUNT=5', 'UNTIL=20261026'));
  });

  it('Palm OS is such a phone', () => {
    const profile = openLibrary()
      .families.flatMap(({ profiles }) => profiles)
      .find(({ id }) => id === 'synthesis-palm');
    const able = phone('Europe/Berlin', profile?.traits ?? assert.fail());
    const { shown } = throughPhone(event('2.0', 'DTSTART;VALUE=DATE:20260601', 'RRULE:FREQ=DAILY;COUNT=3'), able, 'Europe/Berlin');
    assert.deepEqual(lines(shown, 'DTSTART', 'RRULE'), ['DTSTART:20260601T080000', 'RRULE:D1 20260603T235959']);
  });
});
