/** Zones: clocks at the edges of their changes, names, rules that items bring themselves, TZ and DAYLIGHT, and which moment makes two entries one. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseDocument } from '../../src/content/components.js';
import { convert } from '../../src/content/conversion/convert.js';
import { describe as described } from '../../src/content/describe.js';
import { ianaLike } from '../../src/content/zones/likeness.js';
import { legacyZoneLines, legacyZoneOf } from '../../src/content/zones/legacy.js';
import { zoneNamed, zonesOf } from '../../src/content/zones/naming.js';
import { vtimezone } from '../../src/content/zones/vtimezone.js';
import { basicOf, offsetOf, offsetText } from '../../src/content/zones/wall.js';
import { COMMON_ZONES, WINDOWS_ZONES } from '../../src/content/zones/windows.js';
import { ianaZone, toLocal, toUtc, type Zone } from '../../src/content/zones/zone.js';
import { calendar } from './helpers.js';

function iana(name: string): Zone {
  const zone = ianaZone(name);
  assert.ok(zone, name);
  return zone;
}

/**
 * By the IANA database: a time that is skipped, and what it is taken for; one that comes twice, and its first instant; local times around both.
 * A skipped time is as long after the change as its digits say. [RFC 5545, "Date-Time"]
 */
const EDGES: readonly { zone: string; gap?: [string, string]; twice?: [string, string]; plain: [string, string][] }[] = [
  {
    zone: 'Europe/Berlin',
    gap: ['20260329T023000', '20260329T013000Z'],
    twice: ['20261025T023000', '20261025T003000Z'],
    plain: [
      ['20260329T015959', '20260329T005959Z'],
      ['20260329T030000', '20260329T010000Z'],
      ['20261025T030000', '20261025T020000Z'],
    ],
  },
  {
    zone: 'Europe/London',
    gap: ['20260329T013000', '20260329T013000Z'],
    twice: ['20261025T013000', '20261025T003000Z'],
    plain: [['20261025T020000', '20261025T020000Z']],
  },
  {
    zone: 'America/New_York',
    gap: ['20260308T023000', '20260308T073000Z'],
    twice: ['20261101T013000', '20261101T053000Z'],
    plain: [['20261101T020000', '20261101T070000Z']],
  },
  {
    zone: 'America/Los_Angeles',
    gap: ['20260308T023000', '20260308T103000Z'],
    twice: ['20261101T013000', '20261101T083000Z'],
    plain: [['20260308T033000', '20260308T103000Z']],
  },
  {
    zone: 'America/St_Johns',
    gap: ['20260308T023000', '20260308T060000Z'],
    twice: ['20261101T013000', '20261101T040000Z'],
    plain: [['20260601T120000', '20260601T143000Z']],
  },
  // Midnight itself was skipped.
  {
    zone: 'America/Sao_Paulo',
    gap: ['20181104T003000', '20181104T033000Z'],
    twice: ['20190216T233000', '20190217T013000Z'],
    plain: [['20260104T003000', '20260104T033000Z']],
  },
  {
    zone: 'America/Santiago',
    gap: ['20260906T003000', '20260906T043000Z'],
    twice: ['20260404T233000', '20260405T023000Z'],
    plain: [['20260701T120000', '20260701T160000Z']],
  },
  {
    zone: 'Australia/Sydney',
    gap: ['20261004T023000', '20261003T163000Z'],
    twice: ['20260405T023000', '20260404T153000Z'],
    plain: [['20260701T120000', '20260701T020000Z']],
  },
  // Half an hour of summer time.
  {
    zone: 'Australia/Lord_Howe',
    gap: ['20261004T021500', '20261003T154500Z'],
    twice: ['20260405T014500', '20260404T144500Z'],
    plain: [
      ['20260405T020000', '20260404T153000Z'],
      ['20261004T023000', '20261003T153000Z'],
    ],
  },
  {
    zone: 'Pacific/Auckland',
    gap: ['20260927T023000', '20260926T143000Z'],
    twice: ['20260405T023000', '20260404T133000Z'],
    plain: [['20260101T000000', '20251231T110000Z']],
  },
  {
    zone: 'Pacific/Chatham',
    gap: ['20260927T030000', '20260926T141500Z'],
    twice: ['20260405T030000', '20260404T131500Z'],
    plain: [['20260701T124500', '20260701T000000Z']],
  },
  // A whole day was skipped.
  {
    zone: 'Pacific/Apia',
    gap: ['20111230T120000', '20111230T220000Z'],
    plain: [
      ['20111229T235959', '20111230T095959Z'],
      ['20111231T000000', '20111230T100000Z'],
    ],
  },
  {
    zone: 'Africa/Casablanca',
    gap: ['20260322T023000', '20260322T023000Z'],
    twice: ['20260215T023000', '20260215T013000Z'],
    plain: [
      ['20260301T120000', '20260301T120000Z'],
      ['20260601T120000', '20260601T110000Z'],
    ],
  },
  {
    zone: 'Africa/Cairo',
    gap: ['20260424T003000', '20260423T223000Z'],
    twice: ['20261029T233000', '20261029T203000Z'],
    plain: [['20260701T120000', '20260701T090000Z']],
  },
  {
    zone: 'Asia/Jerusalem',
    gap: ['20260327T023000', '20260327T003000Z'],
    twice: ['20261025T013000', '20261024T223000Z'],
    plain: [['20260601T120000', '20260601T090000Z']],
  },
  // Without summer time now.
  {
    zone: 'Asia/Tehran',
    gap: ['20220322T003000', '20220321T210000Z'],
    twice: ['20220921T233000', '20220921T190000Z'],
    plain: [['20260601T120000', '20260601T083000Z']],
  },
  { zone: 'Asia/Kathmandu', plain: [['20260601T000000', '20260531T181500Z']] },
  { zone: 'Asia/Kolkata', plain: [['20260601T000000', '20260531T183000Z']] },
  { zone: 'Africa/Johannesburg', plain: [['20260601T120000', '20260601T100000Z']] },
];

describe('content: clocks of zones', () => {
  for (const { zone: name, gap, twice, plain } of EDGES)
    it(`${name}: ${[gap && 'skipped', twice && 'doubled', 'other'].filter(Boolean).join(', ')} times`, () => {
      const zone = iana(name);
      for (const [local, utc] of plain) {
        assert.equal(toUtc(local, zone), utc);
        assert.equal(toLocal(utc, zone), local);
      }
      if (gap) {
        assert.equal(toUtc(gap[0], zone), gap[1]);
        assert.notEqual(toLocal(gap[1], zone), gap[0]);
      }
      if (twice) {
        assert.equal(toUtc(twice[0], zone), twice[1]);
        assert.equal(toLocal(twice[1], zone), twice[0]);
      }
    });

  it('any instant is a local time, and where that comes once it is that instant', () => {
    fc.assert(
      fc.property(fc.constantFrom(...EDGES.map(({ zone }) => zone)), fc.integer({ min: -3e8, max: 4e9 }), (name, second) => {
        const zone = iana(name);
        const utc = `${basicOf(second * 1000)}Z`;
        const back = toUtc(toLocal(utc, zone), zone);
        // The second of two: the first is an hour, or half of one, before.
        if (back !== utc) assert.equal(toLocal(back, zone), toLocal(utc, zone));
        const shown = new Intl.DateTimeFormat('sv-SE', { timeZone: name, dateStyle: 'short', timeStyle: 'medium' }).format(second * 1000);
        assert.equal(toLocal(utc, zone), shown.replaceAll('-', '').replaceAll(':', '').replace(' ', 'T'));
      }),
      { numRuns: 500 },
    );
  });

  it('offsets are read as programs write them', () => {
    for (const [text, seconds] of [
      ['+0100', 3600],
      ['-03:30', -12_600],
      ['+01', 3600],
      ['-8', -28_800],
      ['+053020', 19_820],
      ['0530', 19_800],
      ['+99', undefined],
      ['1.', undefined],
      ['EST', undefined],
      ['', undefined],
    ] as const)
      assert.equal(offsetOf(text), seconds, text);
    assert.equal(offsetText(-12_600), '-0330');
    assert.equal(offsetText(19_820, ':'), '+05:30:20');
  });
});

describe('content: names of zones', () => {
  it('every name of Windows is a zone', () => {
    assert.ok(WINDOWS_ZONES.size > 130);
    for (const [name, zone] of WINDOWS_ZONES)
      assert.equal(zoneNamed(name)?.iana?.toLowerCase(), (zone === 'Etc/UTC' ? 'UTC' : zone).toLowerCase(), name);
  });

  for (const [tzid, zone] of [
    ['Europe/Berlin', 'Europe/Berlin'],
    ['/freeassociation.sourceforge.net/Tzfile/Europe/Berlin', 'Europe/Berlin'],
    ['/mozilla.org/20050126_1/Europe/Berlin', 'Europe/Berlin'],
    ['/softwarestudio.org/Olson_20011030_5/America/New_York', 'America/New_York'],
    ['posix/Europe/Vaduz', 'Europe/Vaduz'],
    ['America/Argentina/Buenos_Aires', 'America/Argentina/Buenos_Aires'],
    ['Asia/Kolkata', 'Asia/Kolkata'],
    ['w. europe standard time', 'Europe/Berlin'],
    ['"Nepal Standard Time"', 'Asia/Kathmandu'],
    ['Lord Howe Standard Time', 'Australia/Lord_Howe'],
    ['UTC', 'UTC'],
    ['Etc/GMT', 'UTC'],
    ['Coordinated Universal Time', 'UTC'],
    ['Eastern', undefined],
    ['Europe/Nowhere', undefined],
    ['', undefined],
  ] as const)
    it(`${tzid || 'nothing'} is ${zone ?? 'no name that is known'}`, () => {
      assert.equal(zoneNamed(tzid)?.iana, zone);
    });

  it('a name that is not known tells of offsets at least', () => {
    const zones = zonesOf({ text: '', transcoded: false, dialect: 'modern' }, undefined);
    assert.equal(zones('GMT +0100 (Standard) / GMT +0200 (Daylight)')?.iana, 'Europe/Berlin');
    assert.equal(zones('UTC -0500 (Standard) / UTC -0400 (Daylight)')?.iana, 'America/New_York');
    assert.equal(zones('UTC+11')?.offsetAt(0), 39_600);
    assert.equal(zones('(GMT+05.30)')?.offsetAt(0), 19_800);
    assert.equal(zones('Greenwich Mean Time : Dublin, Edinburgh'), undefined);
  });
});

/** A calendar with a zone of its own making, and one event in it. */
function withZone(timezone: string, tzid: string, local: string): Buffer {
  return calendar('2.0', 'VEVENT', [`DTSTART;TZID="${tzid}":${local}`, 'SUMMARY:x'], timezone.split('\r\n').slice(0, -1));
}

const observance = (kind: string, lines: string): string => `BEGIN:${kind}\r\n${lines.replaceAll(' ', '\r\n')}\r\nEND:${kind}\r\n`;
const rules = (tzid: string, ...parts: string[]): string => `BEGIN:VTIMEZONE\r\nTZID:${tzid}\r\n${parts.join('')}END:VTIMEZONE\r\n`;

describe('content: zones by the rules of an item', function () {
  this.timeout(20_000);
  const startIn = (bytes: Uint8Array): string =>
    /DTSTART:(\S+)/.exec(Buffer.from(convert(bytes, 'text/calendar', 'vcal10') ?? assert.fail()).toString())?.[1] ?? '';

  const OUTLOOK = rules(
    'Western Europe',
    observance('STANDARD', 'DTSTART:16011028T030000 RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10 TZOFFSETFROM:+0200 TZOFFSETTO:+0100'),
    observance('DAYLIGHT', 'DTSTART:16010325T020000 RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3 TZOFFSETFROM:+0100 TZOFFSETTO:+0200'),
  );
  const EASTERN = rules(
    'Eastern',
    observance(
      'DAYLIGHT',
      'DTSTART:19870405T020000 RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=4;UNTIL=20060402T070000Z TZOFFSETFROM:-0500 TZOFFSETTO:-0400',
    ),
    observance('DAYLIGHT', 'DTSTART:20070311T020000 RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3 TZOFFSETFROM:-0500 TZOFFSETTO:-0400'),
    observance(
      'STANDARD',
      'DTSTART:19671029T020000 RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10;UNTIL=20061029T060000Z TZOFFSETFROM:-0400 TZOFFSETTO:-0500',
    ),
    observance('STANDARD', 'DTSTART:20071104T020000 RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11 TZOFFSETFROM:-0400 TZOFFSETTO:-0500'),
  );
  const SINGLES = rules(
    'Ours',
    observance('STANDARD', 'DTSTART:20260101T000000 RDATE:20260901T040000,20270901T040000 TZOFFSETFROM:+0430 TZOFFSETTO:+0345'),
    observance('DAYLIGHT', 'DTSTART:20260501T040000 RDATE:20270501T040000 TZOFFSETFROM:+0345 TZOFFSETTO:+0430'),
  );
  for (const [what, timezone, tzid, local, utc] of [
    ['of Outlook, in summer', OUTLOOK, 'Western Europe', '20260601T100000', '20260601T080000Z'],
    ['of Outlook, in winter', OUTLOOK, 'Western Europe', '20261201T100000', '20261201T090000Z'],
    ['of Outlook, in the skipped hour', OUTLOOK, 'Western Europe', '20260329T023000', '20260329T013000Z'],
    ['with two laws, by the old one', EASTERN, 'Eastern', '20060320T100000', '20060320T150000Z'],
    ['with two laws, by the new one', EASTERN, 'Eastern', '20070320T100000', '20070320T140000Z'],
    ['with two laws, in the autumn of the new one', EASTERN, 'Eastern', '20261101T013000', '20261101T053000Z'],
    ['of single dates, before', SINGLES, 'Ours', '20260401T120000', '20260401T081500Z'],
    ['of single dates, between', SINGLES, 'Ours', '20260601T120000', '20260601T073000Z'],
    ['of single dates, after', SINGLES, 'Ours', '20271201T120000', '20271201T081500Z'],
    [
      'by a rule of dates',
      rules(
        'R',
        observance(
          'STANDARD',
          'DTSTART:20000326T000000 RRULE:FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=23,24,25,26,27,28,29;BYDAY=SU TZOFFSETFROM:+0000 TZOFFSETTO:+0300',
        ),
      ),
      'R',
      '20260601T120000',
      '20260601T090000Z',
    ],
    [
      'whose name is known: the name counts',
      rules('Europe/Berlin', observance('STANDARD', 'DTSTART:19700101T000000 TZOFFSETFROM:+0900 TZOFFSETTO:+0900')),
      'Europe/Berlin',
      '20260601T100000',
      '20260601T080000Z',
    ],
  ] as const)
    it(`a zone ${what}`, () => {
      assert.equal(startIn(withZone(timezone, tzid, local)), utc);
    });

  it('rules that cannot be followed make no zone', () => {
    for (const timezone of [
      rules('Nowhere'),
      rules('Nowhere', observance('STANDARD', 'DTSTART:20260101T000000 TZOFFSETTO:+0100')),
      rules('Nowhere', observance('STANDARD', 'DTSTART:20260101T000000 RRULE:FREQ=HOURLY TZOFFSETFROM:+0100 TZOFFSETTO:+0100')),
      rules('Nowhere', observance('STANDARD', 'DTSTART:yesterday TZOFFSETFROM:+0100 TZOFFSETTO:+0100')),
    ])
      assert.equal(startIn(withZone(timezone, 'Nowhere', '20260601T100000')), '20260601T100000');
  });

  it('say which zone of the database they are, in the years of the event', () => {
    const read = (timezone: string, tzid: string): Zone => {
      const document = parseDocument(withZone(timezone, tzid, '20260601T100000'));
      const [root] = document?.roots ?? [];
      return zonesOf({ text: document?.source.text ?? '', transcoded: false, dialect: 'modern' }, root)(tzid) ?? assert.fail();
    };
    const like = (zone: Zone, from: number, to: number): string | undefined =>
      ianaLike(zone, Date.UTC(from, 0, 1), Date.UTC(to + 1, 0, 1))?.iana;
    assert.equal(like(read(OUTLOOK, 'Western Europe'), 2020, 2030), 'Europe/Berlin');
    assert.equal(like(read(EASTERN, 'Eastern'), 2000, 2030), 'America/New_York');
    assert.equal(like(read(SINGLES, 'Ours'), 2026, 2027), undefined);
  });

  it('what we write of a zone, we read as that zone', () => {
    for (const name of COMMON_ZONES) {
      const zone = iana(name);
      const document = parseDocument(withZone(vtimezone(zone, 'X', 2020), 'X', '20260601T100000'));
      const [root] = document?.roots ?? [];
      const read = zonesOf({ text: document?.source.text ?? '', transcoded: false, dialect: 'modern' }, root)('X');
      for (const month of Array.from({ length: 130 }, (_, at) => Date.UTC(2020, at, 15)))
        assert.equal(read?.offsetAt(month), zone.offsetAt(month), name);
    }
  });
});

describe('content: TZ and DAYLIGHT of vCalendar 1.0', function () {
  this.timeout(20_000);
  const zoneIn = (around: readonly string[], home?: string): Zone | undefined => {
    const document = parseDocument(calendar('1.0', 'VEVENT', ['DTSTART:20090601T100000', 'SUMMARY:x'], around));
    const [root] = document?.roots ?? [];
    return legacyZoneOf(
      { text: document?.source.text ?? '', transcoded: false, dialect: 'legacy' },
      root?.children[0] ?? assert.fail(),
      root,
      home,
    );
  };
  const S60 = ['TZ:+01', 'DAYLIGHT:TRUE;+02;20090329T020000;20091025T030000;;', 'DAYLIGHT:TRUE;+02;20100328T020000;20101031T030000;;'];

  it('lines for some years are a zone of the database that agrees with them, the phone\u2019s own first', () => {
    assert.equal(zoneIn(S60)?.iana, 'Europe/Berlin');
    assert.equal(zoneIn(S60, 'Europe/Paris')?.iana, 'Europe/Paris');
    assert.equal(zoneIn(S60, 'Europe/Moscow')?.iana, 'Europe/Berlin');
    assert.equal(zoneIn(['TZ:+00', 'DAYLIGHT:TRUE;+01;20070325T010000Z;20071028T010000Z;;'])?.iana, 'Europe/London');
    // The summer of the south spans two years.
    assert.equal(zoneIn(['TZ:+10', 'DAYLIGHT:TRUE;+11;20251005T020000;20260405T030000;;'])?.iana, 'Australia/Sydney');
  });

  it('lines that no zone agrees with hold as they are', () => {
    const zone = zoneIn(['TZ:-05:00', 'DAYLIGHT:TRUE\\;-04\\;20090501T020000\\;20090901T020000\\;EST\\;EDT']) ?? assert.fail();
    assert.equal(zone.iana, undefined);
    assert.equal(toUtc('20090415T100000', zone), '20090415T150000Z');
    assert.equal(toUtc('20090601T100000', zone), '20090601T140000Z');
  });

  it('an offset alone is what the clock of the phone says today', () => {
    assert.equal(zoneIn(['TZ:+02'], 'Europe/Berlin')?.iana, 'Europe/Berlin');
    assert.equal(zoneIn(['TZ:+02'])?.offsetAt(0), 7200);
    assert.equal(zoneIn(['TZ:+09'], 'Europe/Berlin')?.offsetAt(0), 32_400);
    assert.equal(zoneIn(['TZ:Europe/Rome'])?.iana, 'Europe/Rome');
    for (const nonsense of [[], ['TZ:a1'], ['TZ:25'], ['DAYLIGHT:TRUE;+02;20090329T020000;20091025T030000;;']])
      assert.equal(zoneIn(nonsense), undefined);
  });

  it('what we write of a zone, we read as clocks that go alike in those years', () => {
    for (const name of [
      ...COMMON_ZONES.slice(0, 40),
      'Australia/Lord_Howe',
      'Pacific/Chatham',
      'Asia/Kathmandu',
      'America/St_Johns',
      'Africa/Casablanca',
    ]) {
      const zone = iana(name);
      const lines = legacyZoneLines(zone, 2024, 2027);
      if (lines.length === 0) continue;
      const read = zoneIn(lines);
      for (let at = Date.UTC(2024, 1, 1); at < Date.UTC(2027, 11, 1); at += 5 * 86_400_000)
        assert.equal(read?.offsetAt(at), zone.offsetAt(at), `${name} ${basicOf(at)}`);
    }
  });
});

describe('content: identity of entries in zones', () => {
  const identity = (bytes: Uint8Array, type: string): string | undefined => described(bytes, type).identity;
  const old = (lines: readonly string[], around: readonly string[] = []): string | undefined =>
    identity(calendar('1.0', 'VEVENT', [...lines, 'SUMMARY:Lunch'], around), 'text/x-vcalendar');
  const now = (lines: readonly string[]): string | undefined =>
    identity(calendar('2.0', 'VEVENT', [...lines, 'SUMMARY:Lunch']), 'text/calendar');

  it('one moment is one identity, in whatever zone and format', () => {
    const wanted = old(['DTSTART:20260601T080000Z']);
    for (const other of [
      now(['DTSTART:20260601T080000Z']),
      now(['DTSTART;TZID=Europe/Berlin:20260601T100000']),
      now(['DTSTART;TZID=/mozilla.org/20050126_1/America/New_York:20260601T040000']),
      now(['DTSTART;TZID=India Standard Time:20260601T133000']),
      old(['DTSTART:20260601T100000'], ['TZ:+01', 'DAYLIGHT:TRUE;+02;20260329T020000;20261025T030000;;']),
      old(['DTSTART:20260601T100000', 'X-MOORAGE-ZONE:Europe/Berlin']),
    ])
      assert.equal(other, wanted);
    assert.notEqual(now(['DTSTART;TZID=Europe/Berlin:20260601T110000']), wanted);
  });

  it('a time that floats is told by its digits', () => {
    assert.equal(now(['DTSTART:20260601T100000']), old(['DTSTART:20260601T100000']));
    assert.notEqual(now(['DTSTART:20260601T100000']), now(['DTSTART;TZID=Europe/Berlin:20260601T100000']));
  });

  it('a day is told by its date, in all the forms phones have', () => {
    const wanted = now(['DTSTART;VALUE=DATE:20260601', 'DTEND;VALUE=DATE:20260602']);
    for (const lines of [
      ['DTSTART:20260601', 'DTEND:20260601'],
      ['DTSTART:20260601T000000', 'DTEND:20260602T000000'],
      ['DTSTART:20260601T000000', 'DTEND:20260601T235900'],
      ['DTSTART:20260601T000000Z', 'DTEND:20260601T240000Z'],
      ['DTSTART:20260531T220000Z', 'DTEND:20260601T215900Z'],
      ['DTSTART:20260601T080000', 'DTEND:20260601T180000', 'X-FUNAMBOL-ALLDAY:1'],
    ])
      assert.equal(old(lines), wanted, lines.join(' '));
  });
});
