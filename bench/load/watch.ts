import { cpuMsOf, rssKbOf } from '../proc.js';

export interface ProcessUsage {
  readonly name: string;
  /** Share of one core. */
  readonly cpu: number;
  readonly rssMb: number;
}

/** Reads what each process uses from now until the returned function is called. */
export function watch(processes: ReadonlyMap<string, number>): () => readonly ProcessUsage[] {
  const began = performance.now();
  const before = new Map([...processes].map(([name, pid]) => [name, cpuMsOf(pid) ?? 0]));
  return () => {
    const ms = performance.now() - began;
    return [...processes].map(([name, pid]) => ({
      name,
      cpu: ((cpuMsOf(pid) ?? 0) - (before.get(name) ?? 0)) / ms,
      rssMb: rssKbOf(pid) / 1024,
    }));
  };
}
