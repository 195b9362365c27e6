/** As many processes as there are cores, each trying one faulty server at a time. */
import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Outcome, Task } from './worker.js';

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));

export class Workers {
  readonly #idle: ChildProcess[] = [];
  readonly #all: ChildProcess[];
  readonly #waiting: ((worker: ChildProcess) => void)[] = [];

  constructor(count = Math.min(availableParallelism(), 8)) {
    this.#all = Array.from({ length: count }, () => fork(WORKER, { execArgv: ['--import', 'tsx'], stdio: 'inherit' }));
    this.#idle.push(...this.#all);
  }

  /** @returns the cases that failed. */
  async run(task: Task): Promise<readonly string[]> {
    const worker = this.#idle.pop() ?? (await new Promise<ChildProcess>((resolve) => this.#waiting.push(resolve)));
    try {
      const outcome = await new Promise<Outcome>((resolve, reject) => {
        const ended = (): void => reject(new Error('the worker ended'));
        worker.once('exit', ended);
        worker.once('message', (answer: Outcome) => {
          worker.off('exit', ended);
          resolve(answer);
        });
        worker.send(task);
      });
      if ('error' in outcome) throw new Error(outcome.error);
      return outcome.red;
    } finally {
      const next = this.#waiting.shift();
      if (next) next(worker);
      else this.#idle.push(worker);
    }
  }

  close(): void {
    for (const worker of this.#all) worker.kill();
  }
}
