/** As many processes as there are cores, each trying one faulty server at a time. */
import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { variantName } from '../../../src/conformance/report/summary.js';
import type { Outcome, Task } from './worker.js';

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));

interface Worker {
  readonly process: ChildProcess;
  /** Variants it has been busy with. */
  readonly variants: Set<string>;
}

interface Waiting {
  readonly variant: string;
  readonly begin: (worker: Worker) => void;
}

export class Workers {
  readonly #all: readonly Worker[];
  readonly #idle: Worker[];
  readonly #waiting: Waiting[] = [];

  constructor(count = Math.min(availableParallelism(), 8)) {
    this.#all = Array.from({ length: count }, () => ({
      process: fork(WORKER, { execArgv: ['--import', 'tsx'], stdio: 'inherit' }),
      variants: new Set(),
    }));
    this.#idle = [...this.#all];
  }

  /** @returns the cases that failed. */
  async run(task: Task): Promise<readonly string[]> {
    const variant = variantName(task.variant);
    const worker = this.#idle.pop() ?? (await new Promise<Worker>((begin) => this.#waiting.push({ variant, begin })));
    worker.variants.add(variant);
    try {
      const outcome = await new Promise<Outcome>((resolve, reject) => {
        const ended = (): void => reject(new Error('the worker ended'));
        worker.process.once('exit', ended);
        worker.process.once('message', (answer: Outcome) => {
          worker.process.off('exit', ended);
          resolve(answer);
        });
        worker.process.send(task);
      });
      if ('error' in outcome) throw new Error(outcome.error);
      return outcome.red;
    } finally {
      const next = this.#nextFor(worker);
      if (next) next.begin(worker);
      else this.#idle.push(worker);
    }
  }

  /** A worker has to get to know each variant: it goes on with those it knows, then takes what nobody knows. */
  #nextFor({ variants }: Worker): Waiting | undefined {
    const known = this.#waiting.findIndex(({ variant }) => variants.has(variant));
    const fresh = this.#waiting.findIndex(({ variant }) => !this.#all.some((worker) => worker.variants.has(variant)));
    const at = known >= 0 ? known : Math.max(fresh, 0);
    return this.#waiting.splice(at, 1)[0];
  }

  /** Ends the processes; what was not begun stays undone. */
  close(): void {
    this.#waiting.length = 0;
    for (const { process } of this.#all) process.kill();
  }
}
