/** Times between what is stored and the clock of a phone of vCalendar 1.0. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { abilitiesFor, type Abilities } from '../../src/content/abilities.js';
import { convert } from '../../src/content/conversion/convert.js';
import { describe as described } from '../../src/content/describe.js';
import { given, held, putRight } from '../../src/content/phone-form/echo.js';
import { takeBack } from '../../src/content/taking-back.js';
import type { Traits } from '../../src/handsets/traits.js';
import { basicOf } from '../../src/content/zones/wall.js';
import { calendar } from './helpers.js';

const TYPE = 'text/x-vcalendar';
const event = (...lines: readonly string[]): Buffer => calendar('1.0', 'VEVENT', [...lines, 'SUMMARY:x']);
/** A summer's day in 2026, in the morning. */
const NOW = Date.UTC(2026, 6, 1, 8);
const phone = (home: string | undefined, traits: Traits = {}, now = NOW): Abilities =>
  abilitiesFor(undefined, TYPE, home, traits, { home, now }) ?? assert.fail('nothing to do');

/** The lines of the entry, without those that do not matter here. */
const linesOf = (bytes: Uint8Array): readonly string[] =>
  Buffer.from(bytes)
    .toString()
    .split('\r\n')
    .filter((line) => line !== '' && !/^(?:BEGIN|END|VERSION|SUMMARY)/.test(line));

describe('times as a phone sends them', () => {
  for (const [what, able, sent, meant] of [
    [
      'local times of a phone whose zone is known are UTC',
      phone('Europe/Berlin'),
      ['DTSTART:20260601T100000', 'DTEND:20260601T110000'],
      ['DTSTART:20260601T080000Z', 'DTEND:20260601T090000Z'],
    ],
    ['UTC stays', phone('Europe/Berlin'), ['DTSTART:20260601T080000Z'], ['DTSTART:20260601T080000Z']],
    [
      'a series says its clock',
      phone('America/New_York'),
      ['DTSTART:20260106T043000Z', 'RRULE:W1 MO #5'],
      ['X-MOORAGE-ZONE:America/New_York', 'DTSTART:20260106T043000Z', 'RRULE:W1 MO #5'],
    ],
    [
      'and in local time, too',
      phone('America/New_York'),
      ['DTSTART:20260105T233000', 'RRULE:W1 MO 20260203T000000'],
      ['X-MOORAGE-ZONE:America/New_York', 'DTSTART:20260106T043000Z', 'RRULE:W1 MO 20260203T050000Z'],
    ],
    [
      'UTC in name only',
      phone('Europe/Berlin', { time: { incoming: 'local-digits' } }),
      ['DTSTART:20260601T100000Z', 'AALARM:20260601T094500Z'],
      ['DTSTART:20260601T080000Z', 'AALARM:20260601T074500Z'],
    ],
    [
      'UTC in name only, somewhere',
      phone(undefined, { time: { incoming: 'local-digits' } }),
      ['DTSTART:20260601T100000Z'],
      ['DTSTART:20260601T100000'],
    ],
    [
      'UTC without its mark',
      phone(undefined, { time: { incoming: 'as-utc' } }),
      ['DTSTART:20260601T080000', 'DTEND:20260601T090000Z'],
      ['DTSTART:20260601T080000Z', 'DTEND:20260601T090000Z'],
    ],
    // Winter's event, written in summer: 10:00 is 09:00Z, and the phone takes two hours off.
    [
      'the offset of today',
      phone('Europe/Berlin', { time: { offsetOfToday: 'always' } }),
      ['DTSTART:20261201T080000Z'],
      ['DTSTART:20261201T090000Z'],
    ],
    [
      'the offset of today, where the item says so',
      phone('Europe/Berlin', { time: { offsetOfToday: 'marked' } }),
      ['DTSTART:20261201T080000Z', 'X-SONYERICSSON-DST:4'],
      ['DTSTART:20261201T090000Z', 'X-SONYERICSSON-DST:4'],
    ],
    [
      'the offset of today, where the item does not',
      phone('Europe/Berlin', { time: { offsetOfToday: 'marked' } }),
      ['DTSTART:20261201T080000Z', 'X-SONYERICSSON-DST:0'],
      ['DTSTART:20261201T080000Z', 'X-SONYERICSSON-DST:0'],
    ],
    [
      'midnights in UTC of a phone in Berlin',
      phone('Europe/Berlin'),
      ['DTSTART:20260531T220000Z', 'DTEND:20260601T215900Z'],
      ['DTSTART:20260601T000000', 'DTEND:20260602T000000'],
    ],
    [
      'midnights in UTC of a phone in Los Angeles, two days',
      phone('America/Los_Angeles'),
      ['DTSTART:20260601T070000Z', 'DTEND:20260603T070000Z', 'AALARM:20260601T160000Z'],
      ['DTSTART:20260601T000000', 'DTEND:20260603T000000', 'AALARM:20260601T090000'],
    ],
    [
      'a day is no matter of zones',
      phone('Europe/Berlin'),
      ['DTSTART:20260601T000000', 'DTEND:20260601T235900'],
      ['DTSTART:20260601T000000', 'DTEND:20260601T235900'],
    ],
  ] as const)
    it(what, () => {
      assert.deepEqual(linesOf(putRight(event(...sent), TYPE, able)), meant);
    });

  it('eight to six is a day to a Palm, and to nobody else', () => {
    const palm: Traits = { time: { outgoing: 'local' }, calendar: { days: 'working-day', daysRead: ['working-day'] } };
    const day = event('DTSTART:20260601T080000', 'DTEND:20260602T180000');
    assert.deepEqual(linesOf(putRight(day, TYPE, phone('Europe/Berlin', palm))), ['DTSTART:20260601T000000', 'DTEND:20260602T235900']);
    assert.deepEqual(linesOf(given(putRight(day, TYPE, phone('Europe/Berlin', palm)), TYPE, phone('Europe/Berlin', palm))), linesOf(day));
    assert.deepEqual(linesOf(putRight(day, TYPE, phone('Europe/Berlin'))), ['DTSTART:20260601T060000Z', 'DTEND:20260602T160000Z']);
  });

  it('what the item says of its zone counts first', () => {
    const sent = (rule: string): Buffer =>
      calendar(
        '1.0',
        'VEVENT',
        ['DTSTART:20260601T100000', ...(rule === '' ? [] : [rule])],
        ['TZ:-05:00', 'DAYLIGHT:TRUE;-04:00;20260308T020000;20261101T020000;;'],
      );
    const meant = (rule: string): readonly string[] => linesOf(putRight(sent(rule), TYPE, phone('Europe/Berlin'))).slice(2);
    assert.deepEqual(meant(''), ['DTSTART:20260601T140000Z']);
    assert.deepEqual(meant('RRULE:D1 #3'), ['X-MOORAGE-ZONE:America/New_York', 'DTSTART:20260601T140000Z', 'RRULE:D1 #3']);
  });

  it('nothing is made of iCalendar, nor of what is none', () => {
    for (const bytes of [
      calendar('2.0', 'VEVENT', ['DTSTART:20260601T100000']),
      Buffer.from('BEGIN:VCARD\r\nEND:VCARD\r\n'),
      Buffer.from('\xff'),
    ])
      assert.equal(putRight(bytes, 'text/calendar', phone('Europe/Berlin')), bytes);
  });
});

describe('times as a phone takes them', () => {
  const local = (home: string, calendarTraits: Traits['calendar'] = {}): Abilities =>
    phone(home, { time: { outgoing: 'local' }, calendar: calendarTraits });
  for (const [what, able, stored, there] of [
    [
      'on its own clock',
      local('Europe/Berlin'),
      ['DTSTART:20260601T080000Z', 'EXDATE:20260608T080000Z;20261201T080000Z'],
      ['DTSTART:20260601T100000', 'EXDATE:20260608T100000;20261201T090000'],
    ],
    [
      'in UTC, with the rule of its days',
      phone('Asia/Tokyo'),
      ['X-MOORAGE-ZONE:Asia/Kolkata', 'DTSTART:20260601T173000Z', 'RRULE:W1 MO #0'],
      ['DTSTART:20260601T173000Z', 'RRULE:W1 TU #0'],
    ],
    [
      'on its clock, with the rule of its days',
      local('Asia/Tokyo'),
      ['X-MOORAGE-ZONE:Asia/Kolkata', 'DTSTART:20260601T173000Z', 'RRULE:MD1 1 #0'],
      ['DTSTART:20260602T023000', 'RRULE:MD1 2 #0'],
    ],
    [
      'by the offset of today',
      phone('Europe/Berlin', { time: { offsetOfToday: 'always' } }),
      ['DTSTART:20261201T090000Z'],
      ['DTSTART:20261201T080000Z'],
    ],
    [
      'days to 23:59',
      local('Europe/Berlin', { days: 'to-2359' }),
      ['DTSTART:20260601T000000', 'DTEND:20260603T000000'],
      ['DTSTART:20260601T000000', 'DTEND:20260602T235900'],
    ],
    [
      'days to 24:00',
      local('Europe/Berlin', { days: 'to-2400' }),
      ['DTSTART:20260601T000000', 'DTEND:20260602T000000'],
      ['DTSTART:20260601T000000', 'DTEND:20260601T240000'],
    ],
    [
      'days to the next midnight',
      local('Europe/Berlin', { days: 'to-next-midnight' }),
      ['DTSTART:20260601T000000', 'DTEND:20260601T235900'],
      ['DTSTART:20260601T000000', 'DTEND:20260602T000000'],
    ],
    [
      'days that end as they begin',
      local('Europe/Berlin', { days: 'to-start' }),
      ['DTSTART:20260601T000000', 'DTEND:20260602T000000'],
      ['DTSTART:20260601T000000', 'DTEND:20260601T000000'],
    ],
    [
      'working days',
      local('Europe/Berlin', { days: 'working-day' }),
      ['DTSTART:20260601T000000', 'DTEND:20260602T000000'],
      ['DTSTART:20260601T080000', 'DTEND:20260601T180000'],
    ],
    [
      'every year in its word',
      local('Europe/Berlin', { yearlyRule: 'YM1' }),
      ['DTSTART:20260601T000000', 'DTEND:20260602T000000', 'RRULE:YD1 #0'],
      ['DTSTART:20260601T000000', 'DTEND:20260602T000000', 'RRULE:YM1 #0'],
    ],
    [
      'every year in its word, not in June and July',
      local('Europe/Berlin', { yearlyRule: 'YD1' }),
      ['DTSTART:20260601T000000', 'DTEND:20260602T000000', 'RRULE:YM1 6 7 #0'],
      ['DTSTART:20260601T000000', 'DTEND:20260602T000000', 'RRULE:YM1 6 7 #0'],
    ],
    [
      'rules without an end',
      local('Europe/Berlin', { ruleEnd: 'never' }),
      ['DTSTART:20260601T080000Z', 'RRULE:D1 20261201T000000Z'],
      ['DTSTART:20260601T100000', 'RRULE:D1 #0'],
    ],
    [
      'alarms as a time alone',
      phone('Europe/Berlin', { calendar: { alarm: 'bare' } }),
      ['DTSTART:20260601T080000Z', 'AALARM:20260601T074500Z;PT5M;3;x'],
      ['DTSTART:20260601T080000Z', 'AALARM:20260601T074500Z'],
    ],
    [
      'alarms to look at',
      phone('Europe/Berlin', { calendar: { alarm: 'display' } }),
      ['DTSTART:20260601T080000Z', 'AALARM:20260601T074500Z'],
      ['DTSTART:20260601T080000Z', 'DALARM:20260601T074500Z'],
    ],
    [
      'alarms in UTC',
      phone('Europe/Berlin', { calendar: { alarm: 'utc' } }),
      ['DTSTART:20260601T000000', 'DTEND:20260602T000000', 'AALARM:20260601T090000'],
      ['DTSTART:20260601T000000', 'DTEND:20260602T000000', 'AALARM:20260601T070000Z'],
    ],
    [
      'no alarms',
      phone('Europe/Berlin', { calendar: { alarm: 'none' } }),
      ['DTSTART:20260601T080000Z', 'AALARM:20260601T074500Z'],
      ['DTSTART:20260601T080000Z'],
    ],
    [
      'exceptions together',
      phone('Europe/Berlin', { calendar: { exceptionsInOne: true } }),
      ['DTSTART:20260601T080000Z', 'EXDATE:20260602T080000Z', 'EXDATE:20260603T080000Z'],
      ['DTSTART:20260601T080000Z', 'EXDATE:20260602T080000Z;20260603T080000Z'],
    ],
    [
      'what it is, for Symbian',
      phone('Europe/Berlin', { calendar: { entryType: true } }),
      ['DTSTART:20260601T080000Z', 'DTEND:20260601T090000Z'],
      ['DTSTART:20260601T080000Z', 'DTEND:20260601T090000Z', 'X-EPOCAGENDAENTRYTYPE:APPOINTMENT'],
    ],
    [
      'a birthday, for Symbian',
      phone('Europe/Berlin', { calendar: { entryType: true } }),
      ['DTSTART:20260601T000000', 'DTEND:20260602T000000', 'RRULE:YD1 #0'],
      ['DTSTART:20260601T000000', 'DTEND:20260602T000000', 'X-EPOCAGENDAENTRYTYPE:ANNIVERSARY', 'RRULE:YD1 #0'],
    ],
  ] as const)
    it(what, () => {
      assert.deepEqual(linesOf(given(event(...stored), TYPE, able)), there);
    });

  it('a phone that wants zones inside of events gets those of its own clock, and none of them comes back', () => {
    const able = phone('Europe/Berlin', { time: { outgoing: 'utc', zoneLines: true } });
    const SUMMER = 'DAYLIGHT:TRUE;+02:00;20260329T020000;20261025T030000;;';
    const once = event('DTSTART:20260601T080000Z', 'DTEND:20260601T090000Z');
    const shown = given(once, TYPE, able);
    assert.deepEqual(linesOf(shown), ['TZ:+01:00', SUMMER, 'DTSTART:20260601T080000Z', 'DTEND:20260601T090000Z']);
    assert.ok(Buffer.from(shown).toString().includes('BEGIN:VEVENT\r\nTZ:+01:00'));
    const edits = (text: string): Buffer =>
      Buffer.from(
        Buffer.from(shown)
          .toString()
          .replace(...(text.split('|') as [string, string])),
      );
    for (const [edit, is] of [
      ['x|x', ['DTSTART:20260601T080000Z', 'DTEND:20260601T090000Z']],
      ['TZ:+01:00|TZ:+01', ['DTSTART:20260601T080000Z', 'DTEND:20260601T090000Z']],
      ['0601T090000Z|0601T093000Z', ['DTSTART:20260601T080000Z', 'DTEND:20260601T093000Z']],
      // As local times of the clock it was told.
      ['DTSTART:20260601T080000Z|DTSTART:20260601T100000', ['DTSTART:20260601T080000Z', 'DTEND:20260601T090000Z']],
    ] as const)
      assert.deepEqual(linesOf(takeBack(once, putRight(edits(edit), TYPE, able), TYPE, able)), is, edit);
    const series = event('X-MOORAGE-ZONE:Europe/Berlin', 'DTSTART:20260601T080000Z', 'RRULE:W1 MO #0');
    assert.equal(linesOf(given(series, TYPE, able)).filter((line) => line.startsWith('DAYLIGHT:TRUE')).length, 5);
    for (const others of [event('DTSTART:20260601T000000', 'DTEND:20260602T000000'), event('DTSTART:20260601T100000')])
      assert.ok(!Buffer.from(given(others, TYPE, able)).includes('TZ:'));
    assert.ok(!Buffer.from(given(once, TYPE, phone(undefined, { time: { outgoing: 'utc', zoneLines: true } }))).includes('TZ:'));
  });

  it('an event whose rule has days that cannot move is shown once', () => {
    const item = event('X-MOORAGE-ZONE:America/New_York', 'DTSTART:20260105T230000Z', 'RRULE:MP1 1+ MO #0');
    const able = phone('Europe/Berlin');
    const there = given(item, TYPE, able);
    assert.deepEqual(linesOf(there), ['DTSTART:20260105T230000Z']);
    assert.ok(linesOf(takeBack(item, putRight(there, TYPE, able), TYPE, able)).includes('RRULE:MP1 1+ MO #0'));
  });
});

const homes = fc.constantFrom(
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Pacific/Auckland',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
);
const traits: fc.Arbitrary<Traits> = fc.record({
  time: fc.constantFrom<Traits['time']>(
    {},
    { outgoing: 'local' },
    { outgoing: 'utc' },
    { incoming: 'local-digits' },
    { offsetOfToday: 'always' },
    { outgoing: 'utc', zoneLines: true },
  ),
  calendar: fc.constantFrom<Traits['calendar']>(
    {},
    { days: 'to-2359', yearlyRule: 'YD1' },
    { days: 'to-2400', entryType: true },
    { days: 'to-start' },
    { days: 'to-next-midnight', alarm: 'utc' },
    { ruleEnd: 'never', alarm: 'bare' },
    { alarm: 'none' },
    { alarm: 'display', exceptionsInOne: true },
    { ruleCount: false, exceptionsInOne: true },
    { ruleCount: false, ruleEnd: 'never', days: 'to-2359' },
  ),
});
const entries = fc
  .record({
    minute: fc.integer({ min: 14_000_000, max: 35_000_000 }),
    form: fc.constantFrom('utc', 'day', 'series', 'marked'),
    rule: fc.constantFrom('D1 #5', 'W1 #0', 'MD1 15 #3', 'YD1 #0', 'W1 MO WE #4', 'MP1 1+ MO #0'),
    mark: homes,
    alarm: fc.boolean(),
    except: fc.boolean(),
  })
  .map(({ minute, form, rule, mark, alarm, except }) => {
    // No time that comes twice can be told from its twin on a phone's clock: the tests stay off the nights of changes.
    const at = (days: number, hours = 0): string =>
      basicOf(
        Math.floor(minute / 1440) * 86_400_000 +
          days * 86_400_000 +
          hours * 3_600_000 +
          (form === 'day' ? 0 : 43_200_000 + (minute % 20) * 900_000),
      );
    const z = form === 'day' ? '' : 'Z';
    return event(
      ...(form === 'marked' ? [`X-MOORAGE-ZONE:${mark}`] : []),
      `DTSTART:${at(0)}${z}`,
      `DTEND:${at(form === 'day' ? 1 : 0, form === 'day' ? 0 : 2)}${z}`,
      ...(form === 'utc' ? [] : [`RRULE:${rule}`]),
      ...(form !== 'utc' && except ? [`EXDATE:${at(7)}${z}`, `EXDATE:${at(14)}${z}`] : []),
      ...(alarm ? [`AALARM:${at(0, -1)}${z}`] : []),
    );
  });
const same = (a: Uint8Array, b: Uint8Array): boolean =>
  Buffer.from(described(a, TYPE).canonical).equals(Buffer.from(described(b, TYPE).canonical));

describe('what a phone sends back of its calendar', function () {
  this.timeout(20_000);
  const shown = (...all: readonly Uint8Array[]): string => all.map((one) => Buffer.from(one).toString()).join('\n---\n');

  it('untouched: nothing changes', () => {
    fc.assert(
      fc.property(entries, homes, traits, fc.constantFrom(NOW, NOW + 180 * 86_400_000), (item, home, how, now) => {
        const able = phone(home, how, now);
        const there = given(item, TYPE, able);
        const sent = putRight(there, TYPE, able);
        assert.ok(same(sent, held(item, TYPE, able)));
        const back = takeBack(item, sent, TYPE, able);
        assert.ok(same(back, item), shown(item, there, sent, back));
      }),
      { numRuns: 300 },
    );
  });

  it('with another title: just that changes', () => {
    fc.assert(
      fc.property(entries, homes, traits, (item, home, how) => {
        const able = phone(home, how);
        const there = Buffer.from(given(item, TYPE, able)).toString('latin1');
        const back = takeBack(item, putRight(Buffer.from(there.replace('SUMMARY:x', 'SUMMARY:y'), 'latin1'), TYPE, able), TYPE, able);
        assert.ok(
          same(back, Buffer.from(item.toString('latin1').replace('SUMMARY:x', 'SUMMARY:y'), 'latin1')),
          shown(item, Buffer.from(there), back),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('moved by an hour on the phone: it is an hour later here', () => {
    const able = phone('Europe/Berlin', { time: { outgoing: 'local' } });
    const item = event('DTSTART:20260601T080000Z', 'DTEND:20260601T090000Z');
    const there = Buffer.from(given(item, TYPE, able))
      .toString()
      .replace('20260601T110000', '20260601T113000');
    assert.deepEqual(linesOf(takeBack(item, putRight(Buffer.from(there), TYPE, able), TYPE, able)), [
      'DTSTART:20260601T080000Z',
      'DTEND:20260601T093000Z',
    ]);
  });

  it('whatever it sends: never an error, and what is no calendar of 1.0 stays as it is', () => {
    const values = fc.constantFrom(
      '20260601T100000',
      '20260601T100000Z',
      '20260601',
      '',
      'x',
      '99999999T999999Z',
      '00000000T000000',
      '20260229T000000',
      '+02',
      'TRUE;+02;20260329T020000;20261025T030000;;',
      'TRUE;+02;;',
      'Europe/Berlin',
      'W1 MO #0',
      'MP1 1+ MO 99999999T999999Z',
      'YD1',
      'D99999 #99999999',
      'FREQ=WEEKLY;BYDAY=MO',
      'EVENT',
      '1',
      '4',
    );
    const names = fc.constantFrom(
      'DTSTART',
      'DTEND',
      'DUE',
      'RRULE',
      'EXRULE',
      'EXDATE',
      'RDATE',
      'AALARM',
      'TZ',
      'DAYLIGHT',
      'X-MOORAGE-ZONE',
      'X-EPOCAGENDAENTRYTYPE',
      'X-SONYERICSSON-DST',
      'COMPLETED',
      'DTSTART;TZID=Mars/Olympus',
      'DTSTART;ENCODING=QUOTED-PRINTABLE',
    );
    const lines = fc.array(
      fc.tuple(names, values).map(([name, value]) => `${name}:${value}`),
      { maxLength: 9 },
    );
    fc.assert(
      fc.property(lines, lines, fc.constantFrom('VEVENT', 'VTODO', 'VJOURNAL'), homes, traits, (inner, around, kind, home, how) => {
        const able = phone(home, how);
        const item = calendar('1.0', kind, inner, around);
        putRight(given(item, TYPE, able), TYPE, able);
        takeBack(item, putRight(item, TYPE, able), TYPE, able);
        convert(item, TYPE, 'ical20', home);
        const modern = calendar('2.0', kind, inner, around);
        assert.equal(putRight(modern, 'text/calendar', able), modern);
        convert(modern, 'text/calendar', 'vcal10', home);
      }),
      { numRuns: 500 },
    );
  });
});
