import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nextTime, parseCron } from '../../src/agent/schedule/cron.js';
import { dueAt, readPolicy, timingOf } from '../../src/agent/schedule/policy.js';
import { isInside, parseWindow } from '../../src/agent/schedule/window.js';
import type { FileSettings, JobReport } from '../../src/agent/agent.js';
import { openBench } from './support/bench.js';

const at = (text: string): number => new Date(text).getTime();
const shown = (time: number): string => {
  const d = new Date(time);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}`;
};

describe('agent: when (R15, R22)', () => {
  for (const [text, after, expected] of [
    ['0 0 * * *', '2026-01-05T08:00', '2026-01-06T00:00'],
    ['0 0 * * *', '2026-01-05T00:00', '2026-01-06T00:00'],
    ['@daily', '2025-12-31T23:59', '2026-01-01T00:00'],
    ['*/15 * * * *', '2026-01-05T08:01', '2026-01-05T08:15'],
    ['5/20 3 * * *', '2026-01-05T03:26', '2026-01-05T03:45'],
    ['30 22-23 * * *', '2026-01-05T22:30', '2026-01-05T23:30'],
    ['0 4 1,15 * *', '2026-01-02T00:00', '2026-01-15T04:00'],
    ['0 4 31 * *', '2026-04-01T00:00', '2026-05-31T04:00'],
    ['0 0 29 2 *', '2026-03-01T00:00', '2028-02-29T00:00'],
    ['0 6 * * mon-fri', '2026-01-09T07:00', '2026-01-12T06:00'],
    ['0 6 * * 7', '2026-01-05T07:00', '2026-01-11T06:00'],
    ['0 6 * jan,jul *', '2026-02-01T00:00', '2026-07-01T06:00'],
    // Day and weekday both given: either.
    ['0 0 13 * fri', '2026-01-05T00:00', '2026-01-09T00:00'],
  ] as const) {
    it(`${text} after ${after} comes at ${expected}`, () => {
      assert.equal(shown(nextTime(parseCron(text), at(after))), expected);
    });
  }

  for (const text of [
    '',
    '* * * *',
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * * 13 *',
    '* * * * 8',
    '5-1 * * * *',
    '*/0 * * * *',
    '0 0 30 2 *',
    'a * * * *',
    '*-5 * * * *',
    '1,,2 * * * *',
  ]) {
    it(`"${text}" is no schedule, in words`, () => {
      assert.throws(() => parseCron(text), /is no schedule/);
    });
  }

  it('agrees with a minute-by-minute reading of the same words', () => {
    const texts = ['7,37 */5 * * *', '0 0 1-7 * mon', '59 23 28-31 * *', '10 1 * 3,10 *', '0 12 * * 1-5'];
    for (const text of texts) {
      const cron = parseCron(text);
      let time = at('2026-02-26T11:00');
      const end = time + 12 * 24 * 3600_000;
      const expected: number[] = [];
      for (let minute = time + 60_000; minute <= end; minute += 60_000) {
        const d = new Date(minute);
        const day = cron.days.has(d.getDate());
        const weekday = cron.weekdays.has(d.getDay());
        const isDay = cron.eitherDay ? day || weekday : day && weekday;
        if (isDay && cron.months.has(d.getMonth() + 1) && cron.hours.has(d.getHours()) && cron.minutes.has(d.getMinutes()))
          expected.push(minute);
      }
      const found: number[] = [];
      for (time = nextTime(cron, time); time <= end; time = nextTime(cron, time)) found.push(time);
      assert.deepEqual(found.map(shown), expected.map(shown), text);
    }
  });

  it('a window past midnight is inside at both its ends, and not between', () => {
    const window = parseWindow('22:00-06:00');
    for (const [time, inside] of [
      ['22:00', true],
      ['23:59', true],
      ['00:00', true],
      ['05:59', true],
      ['06:00', false],
      ['12:00', false],
      ['21:59', false],
    ] as const)
      assert.equal(isInside(window, at(`2026-01-05T${time}`)), inside, time);
    assert.throws(() => parseWindow('25:00-1'), /no time of day/);
  });

  it('once in each window without a schedule; a schedule waits for the window', () => {
    const night = { between: '22:00-06:00' };
    const now = at('2026-01-05T12:00');
    assert.equal(shown(dueAt(night, undefined, now, now)), '2026-01-05T22:00');
    const inNight = at('2026-01-05T23:10');
    assert.equal(dueAt(night, undefined, now, inNight), inNight);
    // It ran in this window already, at 22:00; the next one is tomorrow's.
    assert.equal(shown(dueAt(night, at('2026-01-05T22:00'), now, inNight)), '2026-01-06T22:00');
    assert.equal(shown(dueAt(night, at('2026-01-05T22:00'), now, at('2026-01-06T02:00'))), '2026-01-06T22:00');
    // The night before was slept through.
    assert.equal(dueAt(night, at('2026-01-03T22:00'), now, inNight), inNight);
    const both = { schedule: '0 12 * * *', between: '22:00-06:00' };
    assert.equal(shown(dueAt(both, at('2026-01-04T12:30'), now, at('2026-01-05T12:00'))), '2026-01-05T22:00');
  });

  const settings = { method: 'incremental' } as FileSettings;

  it('R22: the user before the maker before the carrier', () => {
    const policy = { maker: { between: '22:00-06:00' }, carrier: { schedule: '0 0 * * *', maxPerDay: 2 } };
    assert.deepEqual(timingOf({ ...settings, schedule: '5 5 * * *' }, policy), { schedule: '5 5 * * *', maxPerDay: 2 });
    assert.deepEqual(timingOf(settings, policy), { between: '22:00-06:00', maxPerDay: 2 });
    assert.deepEqual(timingOf(settings, { carrier: policy.carrier }), { schedule: '0 0 * * *', maxPerDay: 2 });
    assert.deepEqual(timingOf(settings, { user: { schedule: '1 1 * * *' }, ...policy }), { schedule: '1 1 * * *', maxPerDay: 2 });
    assert.deepEqual(timingOf(settings, {}), { schedule: '0 0 * * *' });
  });

  it('a policy file with a fault is refused in words', () => {
    const folder = mkdtempSync(join(tmpdir(), 'moorage-policy-'));
    writeFileSync(join(folder, 'policy.json'), '{"maker":{"between":"sometimes"}}');
    assert.throws(() => readPolicy(join(folder, 'policy.json')), /policy .* cannot be used: sometimes is no time of day/);
    rmSync(folder, { recursive: true });
  });
});

describe('agent: the scheduler', () => {
  /** Runs with a clock that jumps from wait to wait, until `end`. */
  async function days(
    end: string,
    prepare: (
      bench: Awaited<ReturnType<typeof openBench>>,
      agent: ReturnType<Awaited<ReturnType<typeof openBench>>['agent']>,
    ) => Promise<void>,
    onTick?: (now: number, bench: Awaited<ReturnType<typeof openBench>>) => void,
    policy = {},
  ): Promise<JobReport[]> {
    const bench = await openBench();
    let now = at('2030-03-05T12:00:00');
    const agent = bench.agent('state', { now: () => now });
    const stop = new AbortController();
    const reports: JobReport[] = [];
    try {
      await prepare(bench, agent);
      await agent.run({
        policy,
        signal: stop.signal,
        onReport: (report) => reports.push(report),
        sleep: async (ms) => {
          now += ms;
          onTick?.(now, bench);
          if (now >= at(end)) stop.abort();
        },
      });
      return reports;
    } finally {
      await bench.close();
    }
  }

  const change = (now: number, path: string): void => {
    writeFileSync(path, String(now));
    utimesSync(path, now / 1000, now / 1000);
  };

  it('R15 R22 R44: each midnight, nothing in between; R23: no session in a night without changes', async () => {
    let silent = false;
    const reports = await days(
      '2030-03-09T11:00:00',
      async (bench, agent) => {
        change(at('2030-03-05T11:00:00'), bench.path('f.txt'));
        await bench.add(agent, bench.path('f.txt'), { schedule: '0 0 * * *' });
      },
      (now, bench) => {
        silent = now > at('2030-03-07T01:00:00');
        if (!silent) change(now - 10_000, bench.path('f.txt'));
      },
    );
    assert.deepEqual(
      reports.map(({ startedAt, outcome }) => [shown(startedAt), outcome]),
      [
        ['2030-03-06T00:00', 'done'],
        ['2030-03-07T00:00', 'done'],
        ['2030-03-08T00:00', 'done'],
        ['2030-03-09T00:00', 'unchanged'],
      ],
    );
  });

  it('R15: fewer than three times a day', async () => {
    const reports = await days(
      '2030-03-07T12:00:00',
      async (bench, agent) => {
        change(at('2030-03-05T11:00:00'), bench.path('f.txt'));
        await bench.add(agent, bench.path('f.txt'), { schedule: '0 * * * *', maxPerDay: 2 });
      },
      (now, bench) => change(now - 10_000, bench.path('f.txt')),
    );
    const perDay = new Map<string, number>();
    for (const { startedAt } of reports) perDay.set(shown(startedAt).slice(0, 10), (perDay.get(shown(startedAt).slice(0, 10)) ?? 0) + 1);
    assert.deepEqual(
      [...perDay],
      [
        ['2030-03-05', 2],
        ['2030-03-06', 2],
        ['2030-03-07', 2],
      ],
    );
  });

  it('an interrupted backup is tried again after 1, 2, 4 minutes', async () => {
    let lost = 0;
    const reports = await days('2030-03-06T01:00:00', async (bench, agent) => {
      change(at('2030-03-05T11:00:00'), bench.path('f.txt'));
      await bench.add(agent, bench.path('f.txt'));
      bench.server.meddle = () => (++lost <= 12 ? 'lose-request' : undefined);
    });
    assert.deepEqual(
      reports.map(({ startedAt, outcome }) => [shown(startedAt), outcome]),
      [
        ['2030-03-06T00:00', 'interrupted'],
        ['2030-03-06T00:01', 'interrupted'],
        ['2030-03-06T00:03', 'interrupted'],
        ['2030-03-06T00:07', 'done'],
      ],
    );
  });

  it('R39 R40: serial in the order asked for, and at the same time with the same result', async () => {
    const bench = await openBench();
    try {
      for (const parallel of [1, 3]) {
        const agent = bench.agent(`state${parallel}`);
        const begun: string[] = [];
        bench.server.copies.clear();
        for (const [name, order] of [
          ['app.bin', 0],
          ['user.txt', 5],
          ['last.txt', 9],
        ] as const) {
          writeFileSync(bench.path(name), name.repeat(5000));
          await bench.add(agent, bench.path(name), { order });
        }
        const reports = await agent.backup({ parallel, onProgress: ({ file }) => void (begun.includes(file) || begun.push(file)) });
        assert.deepEqual(
          reports.map(({ file, outcome }) => [file, outcome]),
          [
            ['app.bin', 'done'],
            ['user.txt', 'done'],
            ['last.txt', 'done'],
          ],
        );
        if (parallel === 1) assert.deepEqual(begun, ['app.bin', 'user.txt', 'last.txt']);
        for (const name of ['app.bin', 'user.txt', 'last.txt'])
          assert.ok(
            bench.server
              .copy(name)
              .generations.at(-1)
              ?.bytes.equals(readFileSync(bench.path(name))),
            name,
          );
      }
    } finally {
      await bench.close();
    }
  });
});
