/**
 * `npm run fuzz -- [--minutes N] [--executions N] [--seed S] [--target wbxml,xml] [--jobs 2] [--guided 0.2]`: a run over all targets or some. --guided:
 * the part of it that is made with coverage, 1 when nothing is said. Inputs that
 * failed are minimised and written to fixtures/fuzz/<target>/, where a test runs them again for ever. Exit code 1 when there are any.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { nameOfFailure, type CampaignResult } from './campaign.js';
import { fixtureFolder } from './fixtures.js';
import { planOf } from './plan.js';
import { runInStages } from './stages.js';
import { TARGETS, type TargetName } from './targets/all.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    executions: { type: 'string' },
    seed: { type: 'string' },
    target: { type: 'string' },
    jobs: { type: 'string', default: '2' },
    guided: { type: 'string' },
  },
});

const numberOf = (name: 'minutes' | 'executions' | 'seed' | 'jobs' | 'guided', fallback: number): number => {
  const text = values[name];
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new Error(`--${name} ${text}: write a number`);
  return value;
};
const names = (values.target?.split(',') ?? Object.keys(TARGETS)) as TargetName[];
for (const name of names) if (!(name in TARGETS)) throw new Error(`--target ${name}: one of ${Object.keys(TARGETS).join(', ')}`);
const executions = numberOf('executions', values.minutes === undefined ? 100_000 : Number.POSITIVE_INFINITY);
const minutes = numberOf('minutes', 60);
const jobs = Math.max(1, numberOf('jobs', 2));
const seed = numberOf('seed', Math.floor(Math.random() * 0x7fff_ffff));
console.log(`seed ${seed}`);

const startedAt = performance.now();
const until = startedAt + minutes * 60_000;
const slices = planOf(names, { executions, ms: minutes * 60_000, jobs, seed, guided: Math.min(1, numberOf('guided', 1)) });
const totals = new Map<string, CampaignResult>();
let failed = 0;

async function work(): Promise<void> {
  for (let slice = slices.shift(); slice !== undefined; slice = slices.shift()) {
    const { target } = slice;
    // What one target leaves of its time the next ones have.
    const left = until - performance.now();
    if (left <= 0) return;
    const result = await runInStages({ ...slice, ms: Math.min(left, Math.max(slice.ms, left / Math.ceil((slices.length + 1) / jobs))) });
    const before = totals.get(target);
    totals.set(target, {
      executions: result.executions + (before?.executions ?? 0),
      ms: result.ms + (before?.ms ?? 0),
      pool: result.pool.length > (before?.pool.length ?? 0) ? result.pool : (before?.pool ?? []),
      covered: Math.max(result.covered, before?.covered ?? 0),
      failures: [...(before?.failures ?? []), ...result.failures],
    });
    for (const failure of result.failures) {
      failed += 1;
      const folder = fixtureFolder(target);
      mkdirSync(folder, { recursive: true });
      const file = join(folder, `${nameOfFailure(failure)}.bin`);
      writeFileSync(file, failure.input);
      console.log(
        `${target}: ${failure.signature}\n  ${file} (${failure.input.length} bytes)\n  ${failure.detail.split('\n').slice(0, 6).join('\n  ')}`,
      );
    }
    console.log(
      `${target}: ${result.executions} executions, ${Math.round(result.executions / (result.ms / 1000))}/s, pool ${result.pool.length}, covered ${result.covered}`,
    );
  }
}

await Promise.all(Array.from({ length: jobs }, work));
console.log('target       executions   /s a job     pool  covered  failures');
let all = 0;
for (const [name, { executions: n, ms, pool, covered, failures }] of totals) {
  all += n;
  console.log(
    [name.padEnd(10), n, Math.round(n / (ms / 1000)), pool.length, covered, failures.length]
      .map((cell) => String(cell).padStart(10))
      .join(' '),
  );
}
console.log(`${all} executions in ${Math.round((performance.now() - startedAt) / 1000)} s, ${failed} failures, seed ${seed}`);
process.exitCode = failed > 0 ? 1 : 0;
