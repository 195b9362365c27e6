/** A thread that fuzzes one target. Coverage begins before the target and the code under test are imported. */
import { parentPort, workerData } from 'node:worker_threads';
import { Coverage } from './coverage.js';
import { PROGRESS_HEADER, type WorkerReport, type WorkerTask } from './task.js';

/** The code under test: not the store, whose blocks say nothing about the input. */
const isTested = (url: string): boolean => /\/src\/(?!storage)[\w/-]+\.ts$|\/fuzz\/planted\//.test(url);

async function work(task: WorkerTask): Promise<void> {
  const coverage = task.guided ? new Coverage(isTested) : undefined;
  const { targetNamed } = await import('./targets/all.js');
  const { runCampaign } = await import('./campaign.js');
  const counters = new Int32Array(task.progress, 0, 2);
  const shown = new Uint8Array(task.progress, PROGRESS_HEADER);
  const result = await runCampaign(await targetNamed(task.target), {
    seed: task.seed,
    executions: task.executions,
    until: performance.now() + task.ms,
    ...(coverage ? { coverage } : {}),
    ...(task.pool ? { pool: task.pool } : {}),
    watch: (input) => {
      counters[1] = Math.min(input.length, shown.length);
      shown.set(input.subarray(0, shown.length));
      Atomics.add(counters, 0, 1);
    },
  });
  coverage?.close();
  parentPort?.postMessage({ kind: 'done', result } satisfies WorkerReport);
}

await work(workerData as WorkerTask);
