/** Runs a campaign in a thread of its own, and sees from outside what the thread cannot tell: an execution without end, memory that is spent. */
import { Worker } from 'node:worker_threads';
import type { CampaignResult, Failure } from './campaign.js';
import { PROGRESS_HEADER, type WorkerReport, type WorkerTask } from './task.js';

/** A thread has a module loader of its own, which has to learn TypeScript first. */
const BOOT = `import(${JSON.stringify(import.meta.resolve('tsx/esm/api'))}).then(({ register }) => {
  register();
  return import(${JSON.stringify(new URL('./worker.ts', import.meta.url).href)});
});`;

export type WatchedOptions = Omit<WorkerTask, 'progress'> & {
  /** An execution that takes longer has no end. Minimising slow inputs and the start of the thread have to stay below it. */
  readonly hangsAfterMs?: number;
  readonly heapMb?: number;
};

const HANGS_AFTER_MS = 30_000;
const LOOK_EVERY_MS = 250;
/** Before its first execution a thread loads the code: on a busy machine that takes its time. */
const STARTS_WITHIN_MS = 120_000;
const MAX_INPUT = 1024 * 1024;
const HEAP_MB = 768;

export async function runWatched(options: WatchedOptions): Promise<CampaignResult> {
  const progress = new SharedArrayBuffer(PROGRESS_HEADER + MAX_INPUT);
  const counters = new Int32Array(progress, 0, 2);
  const startedAt = performance.now();
  const hangsAfterMs = options.hangsAfterMs ?? HANGS_AFTER_MS;
  const worker = new Worker(BOOT, {
    eval: true,
    workerData: { ...options, progress } satisfies WorkerTask,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: options.heapMb ?? HEAP_MB },
  });
  /** What ended the thread, with the input it had in hand. */
  const broken = (signature: string, detail: string): CampaignResult => {
    const input = new Uint8Array(progress, PROGRESS_HEADER, counters[1]).slice();
    const failure: Failure = { signature, detail, input };
    return { executions: counters[0] ?? 0, pool: [], covered: 0, ms: performance.now() - startedAt, failures: [failure] };
  };
  return new Promise((resolve, reject) => {
    let last = -1;
    let since = performance.now();
    const timer = setInterval(() => {
      const count = Atomics.load(counters, 0);
      if (count !== last) {
        last = count;
        since = performance.now();
      } else if (performance.now() - since > (count === 0 ? STARTS_WITHIN_MS : hangsAfterMs))
        end(broken('hang', `no end after ${hangsAfterMs} ms`));
    }, LOOK_EVERY_MS);
    const end = (result: CampaignResult): void => {
      clearInterval(timer);
      worker.removeAllListeners('exit');
      void worker.terminate();
      // Before the first execution there is no input to blame.
      if (result.failures.length > 0 && counters[0] === 0) reject(new Error(result.failures[0]?.detail));
      else resolve(result);
    };
    worker.on('message', (report: WorkerReport) => end(report.result));
    worker.on('error', (error: Error & { code?: string }) =>
      end(broken(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'out of memory' : `thread ${error.name}`, error.stack ?? error.message)),
    );
    worker.on('exit', (code) => end(broken('exit', `the thread ended with ${code}`)));
  });
}
