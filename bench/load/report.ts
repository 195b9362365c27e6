/** Figures as lines of text. */
import { Histogram, type HistogramData } from './histogram.js';
import { KINDS, type RunResult } from './plan.js';
import type { ProcessUsage } from './watch.js';

const SHARES = [0.5, 0.9, 0.99, 0.999] as const;
const HEAD = ['p50', 'p90', 'p99', 'p99.9', 'max'];

const ms = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(0)).padStart(7);

function latencyRow(name: string, data: HistogramData): string {
  const histogram = Histogram.of(data);
  const cells = [...SHARES.map((share) => histogram.percentile(share)), histogram.maxMs].map(ms);
  return `  ${name.padEnd(22)} ${String(histogram.total).padStart(8)} ${cells.join(' ')}`;
}

export const messageLatency = (result: RunResult): Histogram => Histogram.of(...KINDS.map((kind) => result.latencies[kind].messages));

/** Throughput, latencies and what the processes used. */
export function runLines(result: RunResult, usage: readonly ProcessUsage[]): readonly string[] {
  const { seconds, arrived, completed, messages, backlog, failed, resent } = result;
  const perSecond = (n: number): string => (n / seconds).toFixed(1);
  const rows = KINDS.filter((kind) => result.latencies[kind].sessions.counts.length > 0).flatMap((kind) => [
    latencyRow(`${kind}, a message`, result.latencies[kind].messages),
    latencyRow(`${kind}, a session`, result.latencies[kind].sessions),
  ]);
  return [
    `  ${perSecond(completed)} sessions/s of ${perSecond(arrived)} arrived, ${perSecond(messages)} messages/s, ${seconds} s`,
    `  failed ${failed}, sent again ${resent}, waiting or running when the last arrived ${backlog}`,
    ...result.failures.map((failure) => `  failure: ${failure}`),
    `  latency, ms                count ${HEAD.map((name) => name.padStart(7)).join(' ')}`,
    ...rows,
    `  ${usage.map(({ name, cpu, rssMb }) => `${name}: ${(cpu * 100).toFixed(0)} % of a core, ${rssMb.toFixed(0)} MB`).join('; ')}`,
    `  generator: ${((result.cpuMs * 1000) / Math.max(1, messages)).toFixed(0)} µs CPU a message`,
  ];
}
