/** Which days a rule names, and where it ends: by hand at the edges, and against dateutil for rules of every kind. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { daysOf } from '../../src/content/recurrence/days.js';
import { allDays, lastDay, timesOf } from '../../src/content/recurrence/ends.js';
import { recurrenceOf } from '../../src/content/recurrence/recurrence.js';
import { basicOf, wallOf } from '../../src/content/zones/wall.js';
import { inUtc } from '../../src/content/conversion/zones.js';
import { inLocalTime } from '../../src/content/local-time.js';

const same = (text: string): string => text.replace('Z', '');

/** The first `most` days of a rule. */
function days(rule: string, start: string, most: number): readonly string[] {
  const recurrence = recurrenceOf(rule) ?? assert.fail(rule);
  const result: string[] = [];
  for (const day of daysOf(recurrence, wallOf(`${start.slice(0, 8)}T000000`) ?? assert.fail(start))) {
    if (result.length >= most) break;
    result.push(basicOf(day).slice(0, 8));
  }
  return result;
}

describe('content: the last day of a series with a count', () => {
  for (const [rule, start, last, why] of [
    ['FREQ=DAILY;COUNT=3', '20240228T100000', '20240301', 'a leap day is one of three'],
    ['FREQ=DAILY;INTERVAL=2;COUNT=5', '20260601T100000', '20260609', 'every other day'],
    ['FREQ=WEEKLY;COUNT=10', '20260601T100000', '20260803', 'a week between each'],
    ['FREQ=WEEKLY;BYDAY=TU,TH;COUNT=10', '20260602T100000', '20260702', 'two a week'],
    ['FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;COUNT=3', '20260605T100000', '20260619', 'a start on the second day of its week'],
    ['FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU,MO;COUNT=4', '20260601T100000', '20260628', 'weeks that begin on Sunday'],
    ['FREQ=MONTHLY;BYMONTHDAY=31;COUNT=4', '20260131T100000', '20260731', 'months without a 31st are left out'],
    ['FREQ=MONTHLY;COUNT=4', '20260131T100000', '20260731', 'as the start says it'],
    ['FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3', '20240131T100000', '20240331', 'the last day, whatever its number'],
    ['FREQ=MONTHLY;BYDAY=5SA;COUNT=3', '20260530T100000', '20261031', 'a fifth Saturday is not in every month'],
    ['FREQ=MONTHLY;BYDAY=-1FR;COUNT=3', '20260626T100000', '20260828', 'the last Friday'],
    ['FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3', '20260529T100000', '20260731', 'the last working day'],
    ['FREQ=YEARLY;COUNT=4', '20240229T100000', '20360229', 'a birthday on a leap day'],
    ['FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;COUNT=3', '18960229T100000', '19080229', '1900 was no leap year'],
    ['FREQ=YEARLY;BYDAY=20MO;COUNT=3', '19970519T090000', '19990517', 'the twentieth Monday, as RFC 5545 has it'],
    ['FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;COUNT=3', '19970512T090000', '19990517', 'the Monday of week 20, as RFC 5545 has it'],
    ['FREQ=YEARLY;BYYEARDAY=1,100,200;INTERVAL=3;COUNT=10', '19970101T090000', '20060101', 'days of the year, as RFC 5545 has it'],
    ['FREQ=DAILY;COUNT=1', '20260601', '20260601', 'once'],
    ['FREQ=WEEKLY;BYDAY=TU;COUNT=3', '20260601T100000', '20260609', 'a start that the rule does not name is the first time'],
  ] as const)
    it(`${rule} from ${start}: ${last}, ${why}`, () => assert.equal(lastDay(rule, start), last));

  for (const [rule, why] of [
    ['FREQ=DAILY', 'no end'],
    ['FREQ=DAILY;UNTIL=20260701', 'a last day'],
    ['FREQ=HOURLY;COUNT=5', 'hours'],
    ['FREQ=DAILY;BYHOUR=9;COUNT=5', 'hours'],
    ['FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31;COUNT=5', 'a day that never comes'],
    ['FREQ=DAILY;COUNT=0', 'no times at all'],
    ['FREQ=DAILY;COUNT=999999', 'longer than anybody counts'],
    ['FREQ=DAILY;INTERVAL=3;COUNT=9;BYMONTH=13', 'no such month'],
    ['D1 #5', 'another grammar'],
    ['', 'nothing'],
  ] as const)
    it(`nobody can tell of ${rule || "''"}: ${why}`, () => assert.equal(lastDay(rule, '20260601T100000'), undefined));

  it('an end in UTC counts on the clock of the start', () => {
    // The last of five evenings is after the clock went back: its hour in UTC is another.
    const local = (utc: string): string => inLocalTime(utc, 'Europe/Berlin');
    const last = inUtc('20261027T233000', 'Europe/Berlin');
    assert.equal(last, '20261027T223000Z');
    assert.deepEqual(timesOf(`FREQ=DAILY;UNTIL=${last}`, '20261023T233000', local), { exact: 5, byDay: 5 });
    assert.deepEqual(timesOf('FREQ=DAILY;UNTIL=20261027T215959Z', '20261023T233000', local), { exact: 4, byDay: 5 });
    assert.deepEqual(timesOf('FREQ=DAILY;UNTIL=20261027', '20261023T233000', local), { exact: 5, byDay: 5 });
    assert.equal(timesOf('FREQ=DAILY', '20261023T233000', local), undefined);
  });

  it('all days of a series that ends, and of no other', () => {
    const of = (rule: string, most: number) => allDays(recurrenceOf(rule) ?? assert.fail(), '20260601T100000', most, same);
    assert.deepEqual(of('FREQ=WEEKLY;COUNT=3', 3), ['20260601', '20260608', '20260615']);
    assert.equal(of('FREQ=WEEKLY;COUNT=3', 2), undefined);
    assert.deepEqual(of('FREQ=WEEKLY;UNTIL=20260615T095959Z', 9), ['20260601', '20260608']);
    assert.deepEqual(of('FREQ=WEEKLY;UNTIL=20260615T100000Z', 9), ['20260601', '20260608', '20260615']);
    assert.equal(of('FREQ=WEEKLY', 9), undefined);
    assert.equal(of('FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=3', 9), undefined);
  });

  it('a rule that names no day any more ends within a moment', () => {
    const before = process.cpuUsage();
    assert.equal(lastDay('FREQ=YEARLY;BYDAY=MO;BYSETPOS=1;COUNT=9999', '20260601T100000'), undefined);
    for (const rule of ['FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30', 'FREQ=WEEKLY;BYMONTH=2;BYMONTHDAY=31', 'FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6'])
      assert.equal(lastDay(`${rule};COUNT=9`, '20260601T100000'), undefined);
    assert.ok(process.cpuUsage(before).user < 1_000_000);
  });
});

const DAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
const some = <T>(one: fc.Arbitrary<T>, most = 3) => fc.uniqueArray(one, { minLength: 1, maxLength: most });
const part = (name: string, list: fc.Arbitrary<readonly (string | number)[]>) =>
  fc.oneof({ weight: 2, arbitrary: fc.constant('') }, { weight: 1, arbitrary: list.map((values) => `;${name}=${values.join(',')}`) });
const weekday = fc.constantFrom(...DAYS);
const signed = (most: number) => fc.tuple(fc.integer({ min: 1, max: most }), fc.constantFrom(1, -1)).map(([n, sign]) => n * sign);
const placed = (most: number) => fc.tuple(signed(most), weekday).map(([n, day]) => `${n}${day}`);
/** Of the first weeks, counted from the end, dateutil sees only those days that are in the year. */
const weekNumber = fc.oneof(fc.integer({ min: 1, max: 53 }), fc.integer({ min: -50, max: -1 }));
const monthly = fc
  .tuple(
    part('BYMONTH', some(fc.integer({ min: 1, max: 12 }))),
    part('BYMONTHDAY', some(signed(31))),
    part('BYDAY', fc.oneof(some(weekday, 5), some(placed(5)))),
    part('BYSETPOS', some(signed(4), 2)),
  )
  .map(([months, days, week, at]) => `${months}${days}${week}${days + week === '' ? '' : at}`);
const yearly = fc
  .tuple(
    part('BYMONTH', some(fc.integer({ min: 1, max: 12 }))),
    part('BYMONTHDAY', some(signed(31))),
    part('BYYEARDAY', some(signed(366))),
    part('BYWEEKNO', some(weekNumber)),
    part('BYDAY', fc.oneof(some(weekday, 5), some(placed(53)))),
    part('BYSETPOS', some(signed(4), 2)),
  )
  // Positions within weeks are nothing: the standard forbids them.
  .map(([m, d, y, w, day, at]) => `${m}${d}${y}${w}${w === '' ? day : day.replace(/[+-]?\d+/g, '')}${d + y + w + day === '' ? '' : at}`);
const heads = fc.oneof(
  fc.tuple(part('BYMONTH', some(fc.integer({ min: 1, max: 12 }))), part('BYDAY', some(weekday))).map(([a, b]) => `FREQ=DAILY${a}${b}`),
  fc.tuple(part('BYMONTH', some(fc.integer({ min: 1, max: 12 }))), part('BYDAY', some(weekday))).map(([a, b]) => `FREQ=WEEKLY${a}${b}`),
  monthly.map((by) => `FREQ=MONTHLY${by}`),
  yearly.map((by) => `FREQ=YEARLY${by}`),
);
const cases = fc.record({
  head: heads,
  interval: fc.integer({ min: 1, max: 4 }),
  weekStart: fc.constantFrom('', ';WKST=SU', ';WKST=SA', ';WKST=WE'),
  start: fc.integer({ min: 5000, max: 30_000 }).map((day) => basicOf(day * 86_400_000 + 36_000_000)),
  count: fc.integer({ min: 1, max: 40 }),
});
const SEED = Number(process.env['RECURRENCE_SEED'] ?? 20_260_601);

const python = ['/usr/bin/python3', 'python3'].find((one) => spawnSync(one, ['-c', 'import icalendar, dateutil']).status === 0);

/** Undefined where dateutil itself breaks. */
function byDateutil(asked: readonly object[]): readonly (readonly string[] | undefined)[] {
  const { stdout, stderr, status } = spawnSync(python ?? 'python3', [join(import.meta.dirname, 'zone-readers.py')], {
    input: JSON.stringify({ what: 'days', cases: asked }),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  assert.equal(status, 0, stderr);
  return (JSON.parse(stdout) as readonly (readonly string[] | null)[]).map((one) => one ?? undefined);
}

describe('content: days of rules, by dateutil', function () {
  this.timeout(60_000);
  it(`names the same days, and the same last one (seed ${SEED})`, function () {
    if (python === undefined) {
      if (process.env['MOORAGE_REQUIRE_TOOLS'] === '1') throw new Error('python3-dateutil is missing');
      return this.skip();
    }
    const asked = fc
      .sample(cases, { seed: SEED, numRuns: 200 })
      .map(({ head, interval, weekStart, start, count }) => ({ rule: `${head};INTERVAL=${interval}${weekStart}`, start, count }));
    // First from any day, then from the first day that the rule names: there a count means the same to everybody.
    const last = (start: string): number => Number(start.slice(0, 4)) + 24;
    const first = byDateutil(asked.map((one) => ({ ...one, last: last(one.start) })));
    const synced = asked.flatMap((one, at) => {
      const [day] = first[at] ?? [];
      return day === undefined ? [] : [{ ...one, start: `${day}T100000`, last: last(day) }];
    });
    assert.ok(synced.length > 150, `${synced.length} rules name a day`);
    const wrong: object[] = [];
    for (const [at, { rule, start }] of asked.entries()) {
      const theirs = first[at];
      if (!theirs) continue;
      const ours = days(rule, start, 41).filter((day) => Number(day.slice(0, 4)) <= last(start));
      const named = ours[0] === theirs[0] ? ours : ours.slice(1);
      if (theirs.some((day, index) => day !== named[index])) wrong.push({ rule, start, theirs, named });
    }
    const counted = byDateutil(synced.map((one) => ({ ...one, rule: `${one.rule};COUNT=${one.count}` })));
    let checked = 0;
    for (const [at, { rule, start, count }] of synced.entries()) {
      const theirs = counted[at] ?? [];
      if (theirs.length < count) continue;
      checked += 1;
      const ours = lastDay(`${rule};COUNT=${count}`, start);
      if (ours !== theirs.at(-1)) wrong.push({ rule, start, count, theirs: theirs.at(-1), ours });
    }
    assert.ok(checked > 90, `${checked} of them as often as asked`);
    assert.deepEqual(wrong.slice(0, 3), []);
  });
});
