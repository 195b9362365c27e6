/**
 * Simulated devices against real server processes on one store, every message committed durably: the highest rate of sessions that is
 * sustained, latencies at a rate, memory of open sessions, and at the end whether the server has what it acknowledged. The built server is
 * measured (`npm run build` first).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { rssKbOf } from '../proc.js';
import type { LoadOptions } from './options.js';
import type { RunResult } from './plan.js';
import { messageLatency, runLines } from './report.js';
import { openSite, type Site } from './site.js';
import { soak } from './soak.js';
import { watch, type ProcessUsage } from './watch.js';

/** Sessions before anything is measured: the servers' code is compiled meanwhile. */
const WARM_UP = { rate: 100, seconds: 5 } as const;
const STEP_SECONDS = 8;
const FIRST_RATE = 100;
const GROWTH = 1.4;
const REFINEMENTS = 3;
/** Time for a process to come to rest before its memory is read, ms. */
const REST_MS = 2000;

function processesOf(site: Site): ReadonlyMap<string, number> {
  return new Map([...site.pids().map((pid, at) => [`server ${at + 1}`, pid] as const), ['generator', site.generator.pid] as const]);
}

async function measured(site: Site, options: LoadOptions, rate: number, seconds: number) {
  const stop = watch(processesOf(site));
  const result = await site.generator.run({ rate, seconds, mix: options.mix });
  return { result, usage: stop() };
}

/** The server kept up: nothing failed and no queue of more than a third of a second was left. */
const isSustained = ({ failed, backlog, arrived, seconds }: RunResult): boolean =>
  failed === 0 && backlog <= Math.max(3, arrived / seconds / 3);

async function findHighestRate(site: Site, options: LoadOptions): Promise<number> {
  let [good, bad] = [0, Infinity];
  for (let rate = FIRST_RATE, refined = 0; refined < REFINEMENTS;) {
    const { result, usage } = await measured(site, options, rate, STEP_SECONDS);
    const sustained = isSustained(result);
    console.log(`  ${rate.toFixed(0)}/s: ${sustained ? 'sustained' : 'not sustained'}, ${brief(result, usage)}`);
    if (sustained) good = Math.max(good, rate);
    else bad = Math.min(bad, rate);
    if (bad < Infinity) refined += 1;
    rate = bad === Infinity ? rate * GROWTH : good === 0 ? bad / GROWTH : (good + bad) / 2;
  }
  return good;
}

function brief(result: RunResult, usage: readonly ProcessUsage[]): string {
  const latency = messageLatency(result);
  const cpu = usage.map((one) => `${one.name} ${(one.cpu * 100).toFixed(0)} %`).join(', ');
  return `p50 ${latency.percentile(0.5).toFixed(1)} ms, p99 ${latency.percentile(0.99).toFixed(1)} ms a message, backlog ${result.backlog}, failed ${result.failed} (${cpu})${result.failures.map((one) => `\n    ${one}`).join('')}`;
}

async function measureOpenSessions(site: Site, count: number): Promise<void> {
  const rss = (): number => site.pids().reduce((sum, pid) => sum + rssKbOf(pid), 0);
  await sleep(REST_MS);
  const before = rss();
  await site.generator.do({ kind: 'open', count });
  await sleep(REST_MS);
  const after = rss();
  await site.generator.do({ kind: 'finish' });
  const each = (after - before) / count;
  console.log(
    `\n${count} sessions open, each on a connection of its own: ${before} kB before, ${after} kB with them, ${each.toFixed(1)} kB each`,
  );
}

async function verify(site: Site, accounts: number): Promise<void> {
  const { accounts: checked, cards, wrong } = await site.generator.verify(accounts);
  console.log(`\nchecked: ${checked} accounts, ${cards} cards as acknowledged, wrong: ${wrong.length}`);
  for (const one of wrong.slice(0, 10)) console.log(`  ${one}`);
  if (wrong.length > 0) process.exitCode = 1;
}

/** Prints the figures. Sets the exit code to 1 when something acknowledged is missing. */
export async function loadBench(options: LoadOptions): Promise<void> {
  if (options.soakMinutes > 0) {
    await soak(options);
    return;
  }
  const { devices, processes, mix, cards } = options;
  console.log(`load: ${devices} devices with ${cards} cards each, ${processes} server processes, mix ${JSON.stringify(mix)}`);
  await using site = await openSite(options);
  await site.generator.run({ ...WARM_UP, mix });
  let { rate } = options;
  if (rate === undefined) {
    console.log(`\nsteps of ${STEP_SECONDS} s`);
    const highest = await findHighestRate(site, options);
    console.log(`highest sustained rate: ${highest.toFixed(0)} sessions/s`);
    rate = highest / 2;
  }
  console.log(`\n${rate.toFixed(0)} sessions/s for ${options.minutes} minutes`);
  const { result, usage } = await measured(site, options, rate, options.minutes * 60);
  for (const line of runLines(result, usage)) console.log(line);
  if (options.open > 0) await measureOpenSessions(site, Math.min(options.open, devices));
  if (options.verify > 0) await verify(site, options.verify);
}
