/** What server processes use while something runs. */
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuMsOf, processTree, rssKbOf } from './proc.js';

const SAMPLE_MS = 40;
/** How long to wait for helper processes of a finished session to end, so that their CPU time is counted. */
const SETTLE_MS = 10_000;

interface Sample {
  readonly cpuMs: number;
  readonly rssKb: number;
  readonly processes: number;
}

export interface Usage {
  /** User and system time of the processes and of all their children, ended ones included. */
  readonly cpuMs: number;
  /** Largest sum of resident memory seen, in MB. */
  readonly peakRssMb: number;
  readonly wallMs: number;
}

function sample(roots: readonly number[]): Sample {
  const pids = processTree(roots);
  // Of one that ends between two reads, the time is in its parent's by the next sample.
  const sum = (of: (pid: number) => number): number => pids.reduce((total, pid) => total + of(pid), 0);
  return { cpuMs: sum((pid) => cpuMsOf(pid) ?? 0), rssKb: sum(rssKbOf), processes: pids.length };
}

/** Runs `work` and tells what the processes `roots` and their descendants used meanwhile. */
export async function measure<T>(roots: readonly number[], work: () => Promise<T>): Promise<{ readonly result: T; readonly usage: Usage }> {
  const before = sample(roots);
  let peak = before.rssKb;
  const started = performance.now();
  const state = { done: false };
  const running = work().finally(() => (state.done = true));
  while (!state.done) {
    peak = Math.max(peak, sample(roots).rssKb);
    await Promise.race([running, sleep(SAMPLE_MS)]);
  }
  const result = await running;
  const wallMs = performance.now() - started;
  let after = sample(roots);
  for (const end = Date.now() + SETTLE_MS; after.processes > before.processes && Date.now() < end; after = sample(roots)) {
    peak = Math.max(peak, after.rssKb);
    await sleep(SAMPLE_MS);
  }
  return { result, usage: { cpuMs: after.cpuMs - before.cpuMs, peakRssMb: Math.round(peak / 1024), wallMs: Math.round(wallMs) } };
}
