/** What running processes use, read from /proc (Linux). */
import { readFileSync, readdirSync } from 'node:fs';

/** Unit of the CPU times in /proc: USER_HZ is 100 on every Linux this runs on. */
const TICK_MS = 10;

/** Fields of /proc/PID/stat behind the command's name; undefined when the process is gone. */
function stat(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** The processes `roots` and all that descend from them. */
export function processTree(roots: readonly number[]): readonly number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const parent = Number.isInteger(pid) ? Number(stat(pid)?.[1]) : NaN;
    if (!Number.isNaN(parent)) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const walk = (pid: number): readonly number[] => [pid, ...(children.get(pid) ?? []).flatMap(walk)];
  return roots.flatMap(walk);
}

/** User and system time of the process and of its children that ended, ms, in steps of 10; undefined when it is gone. */
export function cpuMsOf(pid: number): number | undefined {
  const fields = stat(pid);
  return fields && [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0) * TICK_MS;
}

/** Resident memory, kB; 0 when the process is gone. */
export function rssKbOf(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
