/** Zones and series as we write them, looked at by programs that are not ours: dateutil, icalendar, the system's zone data. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { convert } from '../../src/content/conversion/convert.js';
import { legacyRule, modernRule, plainClock } from '../../src/content/conversion/rules.js';
import { allDays } from '../../src/content/recurrence/ends.js';
import { recurrenceOf } from '../../src/content/recurrence/recurrence.js';
import { vtimezone } from '../../src/content/zones/vtimezone.js';
import { basicOf, yearOf } from '../../src/content/zones/wall.js';
import { COMMON_ZONES } from '../../src/content/zones/windows.js';
import { ianaZone, toUtc } from '../../src/content/zones/zone.js';
import { calendar } from './helpers.js';

/** Debian's packages are the system's own Python's. */
const python = ['/usr/bin/python3', 'python3'].find(
  (one) => spawnSync(one, ['-c', 'import icalendar, dateutil, zoneinfo; zoneinfo.ZoneInfo("Europe/Berlin")']).status === 0,
);

function ask<T>(what: 'offsets' | 'rules' | 'series', cases: readonly object[]): readonly T[] {
  const { stdout, stderr, status } = spawnSync(python ?? 'python3', [join(import.meta.dirname, 'zone-readers.py')], {
    input: JSON.stringify({ what, cases }),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as readonly T[];
}

/** Clocks of every kind: half hours of summer time, quarters of an hour, a date line, rules of their own, none. */
const ZONES = (
  'Europe/Berlin Europe/London Europe/Dublin America/New_York America/Los_Angeles America/St_Johns America/Sao_Paulo America/Santiago ' +
  'Australia/Sydney Australia/Lord_Howe Pacific/Auckland Pacific/Chatham Pacific/Apia Asia/Kathmandu Asia/Kolkata Asia/Tehran ' +
  'Asia/Jerusalem Africa/Casablanca Africa/Cairo Africa/Johannesburg Asia/Tokyo America/Phoenix America/Havana America/Nuuk'
).split(' ');

const DAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
const starts = fc
  .record({ day: fc.integer({ min: 9000, max: 30_000 }), quarter: fc.integer({ min: 0, max: 95 }) })
  .map(({ day, quarter }) => basicOf(day * 86_400_000 + quarter * 900_000));
const interval = fc.integer({ min: 1, max: 4 });
const weekday = fc.constantFrom(...DAYS);
const someDays = fc.uniqueArray(fc.constantFrom(...DAYS), { minLength: 1, maxLength: 4 });
const monthDay = fc.oneof(
  fc.integer({ min: 1, max: 31 }).map((day) => ({ old: `${day}`, now: `${day}` })),
  fc.integer({ min: 2, max: 31 }).map((day) => ({ old: `${day}-`, now: `-${day}` })),
  fc.constant({ old: 'LD', now: '-1' }),
);
const position = fc
  .record({ at: fc.integer({ min: 1, max: 5 }), sign: fc.constantFrom('+', '-'), day: fc.constantFrom(...DAYS) })
  .map(({ at, sign, day }) => ({ old: `${at}${sign} ${day}`, now: `${sign === '-' ? '-' : ''}${at}${day}` }));
const list = <T extends { old: string }>(one: fc.Arbitrary<T>) =>
  fc.uniqueArray(one, { minLength: 1, maxLength: 3, selector: ({ old }) => old });
const words = (all: readonly { old: string }[]): string => all.map(({ old }) => old).join(' ');
const values = (all: readonly { now: string }[]): string => all.map(({ now }) => now).join(',');

/** The same rule in both grammars, as a person would write it. */
const heads = fc.oneof(
  interval.map((n) => [`D${n}`, `FREQ=DAILY;INTERVAL=${n}`]),
  interval.map((n) => [`W${n}`, `FREQ=WEEKLY;INTERVAL=${n}`]),
  fc.tuple(interval, someDays).map(([n, days]) => [`W${n} ${days.join(' ')}`, `FREQ=WEEKLY;INTERVAL=${n};BYDAY=${days.join(',')}`]),
  interval.map((n) => [`MD${n}`, `FREQ=MONTHLY;INTERVAL=${n}`]),
  fc.tuple(interval, list(monthDay)).map(([n, days]) => [`MD${n} ${words(days)}`, `FREQ=MONTHLY;INTERVAL=${n};BYMONTHDAY=${values(days)}`]),
  fc.tuple(interval, list(position)).map(([n, at]) => [`MP${n} ${words(at)}`, `FREQ=MONTHLY;INTERVAL=${n};BYDAY=${values(at)}`]),
  fc
    .tuple(interval, fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 3 }))
    .map(([n, months]) => [`YM${n} ${months.join(' ')}`, `FREQ=YEARLY;INTERVAL=${n};BYMONTH=${months.join(',')}`]),
  interval.map((n) => [`YD${n}`, `FREQ=YEARLY;INTERVAL=${n}`]),
  fc
    .tuple(interval, fc.uniqueArray(fc.integer({ min: 1, max: 366 }), { minLength: 1, maxLength: 3 }))
    .map(([n, days]) => [`YD${n} ${days.join(' ')}`, `FREQ=YEARLY;INTERVAL=${n};BYYEARDAY=${days.join(',')}`]),
);
const rules = fc.record({
  head: heads,
  start: starts,
  count: fc.integer({ min: 0, max: 9 }),
  days: fc.integer({ min: 1, max: 3000 }),
  end: fc.constantFrom('none', 'count', 'until'),
});

const SEED = Number(process.env['ZONES_SEED'] ?? 20_260_601);

describe('content: zones and series in the eyes of others', function () {
  this.timeout(60_000);
  if (python === undefined) {
    it('is not run', function () {
      const why = 'python3-icalendar or python3-dateutil is missing';
      if (process.env['MOORAGE_REQUIRE_TOOLS'] === '1') throw new Error(why);
      console.log(`    (${why}: no independent reader looks at zones and series)`);
      this.skip();
    });
    return;
  }

  it('dateutil and icalendar read a VTIMEZONE of ours as the zone it is', () => {
    const cases = [...new Set([...ZONES, ...COMMON_ZONES])].flatMap((tzid) => {
      const zone = ianaZone(tzid);
      assert.ok(zone, tzid);
      return [1995, 2024].slice(ZONES.includes(tzid) ? 0 : 1).map((year) => {
        const from = Date.UTC(year, 0, 2);
        const edges = zone.changes(from, Date.UTC(year + 8, 0, 1)).flatMap(({ at }) => [at - 7_200_000, at - 1000, at, at + 7_200_000]);
        const others = Array.from({ length: 12 }, (_, n) => from + n * 240 * 86_400_000);
        return { tzid, vtimezone: vtimezone(zone, tzid, year), instants: [...edges, ...others].map((at) => at / 1000) };
      });
    });
    assert.deepEqual(ask('offsets', cases), []);
  });

  it('a VTIMEZONE for one event is as good in its year', () => {
    const cases = ZONES.map((tzid) => {
      const zone = ianaZone(tzid);
      assert.ok(zone);
      const text = vtimezone(zone, tzid, 2026, 2026);
      assert.ok(text.length < 900, `${tzid}: ${text.length} bytes`);
      return { tzid, vtimezone: text, instants: Array.from({ length: 24 }, (_, n) => Date.UTC(2026, 0, 2 + n * 15, 12) / 1000) };
    });
    assert.deepEqual(ask('offsets', cases), []);
  });

  it(`rules say the same days in both grammars, by two other expansions (seed ${SEED})`, () => {
    const cases = fc.sample(rules, { seed: SEED, numRuns: 500 }).flatMap(({ head, start, count, days, end }) => {
      const [old = '', now = ''] = head;
      const until = basicOf(Date.UTC(Number(start.slice(0, 4)), Number(start.slice(4, 6)) - 1, Number(start.slice(6, 8)) + days));
      const clock = plainClock(start);
      const given =
        end === 'none'
          ? [`${old} #0`, now]
          : end === 'count'
            ? [`${old} #${count + 1}`, `${now};COUNT=${count + 1}`]
            : [`${old} ${until}`, `${now};UNTIL=${until}`];
      const [oldRule = '', nowRule = ''] = given;
      const [read, written] = [modernRule(oldRule, clock), legacyRule(nowRule, clock)];
      assert.ok(read !== undefined && written !== undefined, oldRule);
      return [
        { start, old: oldRule, new: read },
        { start, old: written, new: nowRule },
      ];
    });
    const wrong = ask<[string[], string[]]>('rules', cases).flatMap(([before, after], at) =>
      JSON.stringify(before) === JSON.stringify(after) ? [] : [{ ...cases[at], before, after }],
    );
    assert.deepEqual(wrong.slice(0, 3), []);
  });

  it(`rules that are said otherwise in 1.0 name the same days (seed ${SEED})`, () => {
    const everyDay = DAYS.join(',');
    const sets = fc.constantFrom(
      [6],
      [1, 7],
      [2, 8],
      [3, 7, 11],
      [1, 4, 7, 10],
      [2, 4, 6, 8, 10, 12],
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
    );
    const weeks = fc.constantFrom(
      '1,2,3,4,5,6,7',
      '8,9,10,11,12,13,14',
      '15,16,17,18,19,20,21',
      '22,23,24,25,26,27,28',
      '-7,-6,-5,-4,-3,-2,-1',
    );
    const by = fc.oneof(
      list(monthDay).map((days) => `BYMONTHDAY=${values(days)}`),
      list(position).map((at) => `BYDAY=${values(at)}`),
    );
    const said = fc.oneof(
      fc
        .tuple(fc.integer({ min: 2, max: 4 }), fc.constantFrom('SU', 'SA', 'WE'), someDays)
        .map(([n, start, days]) => `FREQ=WEEKLY;INTERVAL=${n};WKST=${start};BYDAY=${days.join(',')}`),
      fc.constantFrom('1', '-1', '15', '31', '1,-1').map((at) => `FREQ=MONTHLY;BYDAY=${everyDay};BYSETPOS=${at}`),
      fc
        .tuple(interval, weeks, someDays)
        .map(([n, dates, days]) => `FREQ=MONTHLY;INTERVAL=${n};BYMONTHDAY=${dates};BYDAY=${days.join(',')}`),
      fc
        .tuple(fc.constantFrom('YEARLY', 'MONTHLY'), sets, by)
        .map(([freq, months, days]) => `FREQ=${freq};BYMONTH=${months.join(',')};${days}`),
      fc
        .tuple(sets, weeks, weekday)
        .map(([months, dates, day]) => `FREQ=YEARLY;BYMONTH=${months.join(',')};BYMONTHDAY=${dates};BYDAY=${day}`),
      fc.tuple(sets, weekday).map(([months, day]) => `FREQ=MONTHLY;BYMONTH=${months.join(',')};BYDAY=${day};BYSETPOS=2`),
      someDays.map((days) => `FREQ=WEEKLY;BYDAY=${days.join(',')};BYHOUR=@H;BYMINUTE=@M;BYSECOND=0`),
    );
    const kinds = new Map<string, number>();
    const cases = fc
      .sample(fc.record({ said, start: starts, count: fc.integer({ min: 1, max: 12 }) }), { seed: SEED, numRuns: 900 })
      .flatMap(({ said: text, start, count }) => {
        const rule = text.replace('@H', String(Number(start.slice(9, 11)))).replace('@M', String(Number(start.slice(11, 13))));
        // Both begin with the start where the rule names it.
        const [first] =
          allDays(
            recurrenceOf(`${rule.replace(/;BY(?:HOUR|MINUTE|SECOND)=\d+/g, '')};COUNT=2`) ?? assert.fail(rule),
            start,
            2,
            (utc) => utc,
          )?.slice(1) ?? [];
        const synced = first === undefined ? start : `${first}${start.slice(8)}`;
        const old = legacyRule(`${rule};COUNT=${count}`, plainClock(synced));
        if (old === undefined) return [];
        const kind = rule.replace(/=[^;]*/g, '').replace('FREQ', /FREQ=(\w+)/.exec(rule)?.[1] ?? '');
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
        return [{ start: synced, old, new: `${rule};COUNT=${count}` }];
      });
    assert.ok([...kinds.values()].filter((number) => number > 5).length >= 7, JSON.stringify([...kinds]));
    const wrong = ask<[string[], string[]]>('rules', cases).flatMap(([before, after], at) =>
      JSON.stringify(before) === JSON.stringify(after) ? [] : [{ ...cases[at], before, after }],
    );
    assert.deepEqual(wrong.slice(0, 3), []);
  });

  /** Some instants where the clock of a zone changes, and the evening and the night around the date line. */
  const zoned = ZONES.flatMap((tzid) => {
    const zone = ianaZone(tzid);
    assert.ok(zone);
    const [change] = zone.changes(Date.UTC(2025, 0, 1), Date.UTC(2027, 0, 1));
    const first = change ? change.at - 15 * 86_400_000 : Date.UTC(2026, 2, 1);
    return [0.5, 12.25, 23.5].map((hours) => ({
      tzid,
      start: basicOf(Math.floor(first / 86_400_000) * 86_400_000 + hours * 3_600_000),
    }));
  });
  const RULES = (start: string): readonly string[] => {
    const day =
      DAYS[(new Date(Date.UTC(Number(start.slice(0, 4)), Number(start.slice(4, 6)) - 1, Number(start.slice(6, 8)))).getUTCDay() + 6) % 7] ??
      '';
    return [
      `FREQ=WEEKLY;BYDAY=${day};COUNT=40`,
      `FREQ=WEEKLY;BYDAY=${day},${DAYS[(DAYS.indexOf(day) + 3) % 7]};COUNT=30`,
      'FREQ=DAILY;COUNT=60',
      'FREQ=MONTHLY;COUNT=14',
    ];
  };
  const inZone = (tzid: string, start: string, rule: string): Buffer =>
    calendar('2.0', 'VEVENT', [`DTSTART;TZID=${tzid}:${start}`, 'SUMMARY:x', `RRULE:${rule}`]);

  it('a series of 2.0 is the same times on a phone of 1.0, and back, across changes of the clock in every zone', () => {
    const cases = zoned.flatMap(({ tzid, start }) =>
      RULES(start).flatMap((rule) =>
        [undefined, tzid].map((home) => {
          const stored = inZone(tzid, start, rule);
          const there = convert(stored, 'text/calendar', 'vcal10', home);
          const back = there && convert(there, 'text/x-vcalendar', 'ical20', tzid);
          assert.ok(there && back);
          return {
            what: { tzid, home, start, rule },
            stored: stored.toString(),
            modern: Buffer.from(back).toString(),
            legacy: Buffer.from(there).toString(),
            home: tzid,
          };
        }),
      ),
    );
    const wrong = ask<[string[], string[]]>('series', cases).flatMap(([modern, legacy], at) =>
      JSON.stringify(modern) === JSON.stringify(legacy) ? [] : [{ ...cases[at], modern, legacy }],
    );
    assert.deepEqual(wrong.slice(0, 2), []);
    const stored = ask<[string[], string[]]>(
      'series',
      cases.map((one) => ({ ...one, modern: one.stored })),
    );
    assert.deepEqual(
      stored.flatMap(([modern, legacy], at) => (JSON.stringify(modern) === JSON.stringify(legacy) ? [] : [cases[at]])).slice(0, 2),
      [],
    );
  });

  it('a phone in another zone, both without summer time, has the rule of its own days', () => {
    const still = ['Asia/Tokyo', 'Asia/Kolkata', 'America/Phoenix', 'Africa/Johannesburg', 'Asia/Kathmandu'];
    const cases = still.flatMap((tzid) =>
      still.flatMap((home) =>
        [0.5, 12, 23.5].flatMap((hours) => {
          const start = basicOf(Date.UTC(2026, 5, 10) + hours * 3_600_000);
          return RULES(start).map((rule) => {
            const stored = inZone(tzid, start, rule);
            const there = convert(stored, 'text/calendar', 'vcal10', home);
            assert.ok(there);
            return { modern: stored.toString(), legacy: Buffer.from(there).toString(), home };
          });
        }),
      ),
    );
    const wrong = ask<[string[], string[]]>('series', cases).flatMap(([modern, legacy], at) =>
      JSON.stringify(modern) === JSON.stringify(legacy) ? [] : [{ ...cases[at], modern, legacy }],
    );
    assert.deepEqual(wrong.slice(0, 2), []);
  });

  it('the tests stand on zones whose clocks do change', () => {
    assert.ok(ZONES.filter((tzid) => (ianaZone(tzid)?.changes(Date.UTC(2025, 0, 1), Date.UTC(2027, 0, 1)).length ?? 0) > 0).length >= 12);
    assert.equal(yearOf(0), 1970);
    assert.equal(toUtc('20260601T100000', ianaZone('Europe/Berlin') ?? assert.fail()), '20260601T080000Z');
  });
});
