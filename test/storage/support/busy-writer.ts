/** Runs many transactions at once and says how long its event loop was held up, and how long each transaction took in all. */
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { WriterInput } from './input.js';
import { item } from '../contract/setting.js';
import { openWithKey } from './open.js';

/** Delay of the event loop in milliseconds beyond the timer's own period. */
export interface Delay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}
export interface BusyReport {
  /** While the transactions ran. */
  readonly busy: Delay;
  /** Just before, with nothing to do: what the machine itself does to an event loop. */
  readonly idle: Delay;
  /** Milliseconds from asking for a transaction to its end, the slowest. */
  readonly slowest: number;
  readonly ms: number;
  readonly failed: number;
}

const PERIOD_MS = 1;

const input = JSON.parse(process.argv[2] ?? '') as WriterInput & { readonly transactions: number };
const store = await openWithKey(input.folder, input.key);

const write = (n: number): Promise<void> =>
  store.transact(async (tx) => {
    const account = tx.account(input.account);
    for (let each = 0; each < 10; each += 1)
      await account.items.create(input.datastore, item(`${input.label} ${n} ${each}`.padEnd(500)), { now: 1 });
    const device = await account.devices.byId(input.device);
    if (device) await account.devices.save({ ...device, authCount: device.authCount + 1 });
  });

// The first runs load and compile code, which is not what is measured.
for (let n = 0; n < 20; n += 1) await write(-n);
process.stdout.write('ready\n');
await once(process.stdin.resume(), 'end');

async function delayDuring(work: () => Promise<void>): Promise<Delay> {
  const delay = monitorEventLoopDelay({ resolution: PERIOD_MS });
  delay.enable();
  await pause(20);
  await work();
  await pause(20);
  delay.disable();
  const over = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - PERIOD_MS);
  return { p50: over(delay.percentile(50)), p99: over(delay.percentile(99)), max: over(delay.max) };
}

const idle = await delayDuring(() => pause(300));
let results: readonly PromiseSettledResult<void>[] = [];
let slowest = 0;
const began = performance.now();
const busy = await delayDuring(async () => {
  const writing = Array.from({ length: input.transactions }, async (_, n) => {
    const asked = performance.now();
    await write(n);
    slowest = Math.max(slowest, performance.now() - asked);
  });
  results = await Promise.allSettled(writing);
});
const ms = performance.now() - began;
await store.close();
const report: BusyReport = { busy, idle, slowest, ms, failed: results.filter((result) => result.status === 'rejected').length };
process.stdout.write(`${JSON.stringify(report)}\n`);
