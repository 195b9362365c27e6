import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Order, Report, RunResult, VerifyResult } from './plan.js';

/** The generator's own process, one order at a time. */
export class GeneratorProcess {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = fork(fileURLToPath(new URL('./generator.ts', import.meta.url)));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** @throws {Error} with the generator's words. */
  async do(order: Exclude<Order, { kind: 'run' } | { kind: 'verify' }>): Promise<void> {
    await this.#ask(order);
  }

  async run(order: Omit<Extract<Order, { kind: 'run' }>, 'kind'>): Promise<RunResult> {
    const report = await this.#ask({ kind: 'run', ...order });
    if (report.kind !== 'ran') throw new Error(`answered ${report.kind}`);
    return report.result;
  }

  async verify(accounts: number): Promise<VerifyResult> {
    const report = await this.#ask({ kind: 'verify', accounts });
    if (report.kind !== 'verified') throw new Error(`answered ${report.kind}`);
    return report.result;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill();
    await ended;
  }

  async #ask(order: Order): Promise<Report> {
    this.#child.send(order);
    const ended = new AbortController();
    const signal = ended.signal;
    try {
      const answer = once(this.#child, 'message', { signal }) as Promise<[Report]>;
      const exit = once(this.#child, 'exit', { signal }).then(([code]): never => {
        throw new Error(`the generator ended (${String(code)})`);
      });
      exit.catch(() => undefined);
      const [report] = await Promise.race([answer, exit]);
      if (report.kind === 'failed') throw new Error(`generator: ${report.reason}`);
      return report;
    } finally {
      ended.abort();
    }
  }
}
