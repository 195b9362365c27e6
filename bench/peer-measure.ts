/** What server processes use while something runs, read from /proc (Linux). */
import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Unit of the CPU times in /proc: USER_HZ is 100 on every Linux this runs on. */
const TICK_MS = 10;
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

/** Fields of /proc/PID/stat behind the command's name; undefined when the process is gone. */
function stat(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

function tree(roots: readonly number[]): readonly number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const parent = Number.isInteger(pid) ? Number(stat(pid)?.[1]) : NaN;
    if (!Number.isNaN(parent)) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const walk = (pid: number): readonly number[] => [pid, ...(children.get(pid) ?? []).flatMap(walk)];
  return roots.flatMap(walk);
}

function sample(roots: readonly number[]): Sample {
  const pids = tree(roots);
  let [ticks, rssKb] = [0, 0];
  for (const pid of pids) {
    const fields = stat(pid);
    if (fields === undefined) continue;
    ticks += [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0);
    try {
      rssKb += Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
    } catch {
      // It ended between the two reads; its time is in its parent's by the next sample.
    }
  }
  return { cpuMs: ticks * TICK_MS, rssKb, processes: pids.length };
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
