/** An application that has a database open: in a process of its own, for locks belong to processes. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('./app-process.ts', import.meta.url));

export interface WriteReport {
  readonly writes: number;
  /** Milliseconds a write took at most. */
  readonly longest: number;
  readonly errors: readonly string[];
}

export class App {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(path: string): Promise<App> {
    const child = fork(SCRIPT, [path], { execArgv: process.execArgv });
    const app = new App(child);
    await app.#answer();
    return app;
  }

  async exec(sql: string): Promise<void> {
    await this.#ask({ exec: sql });
  }

  /** 100 rows in each of the tables of `CONTACTS`. */
  async fill(): Promise<void> {
    await this.#ask({ fill: true });
  }

  /** Writes to `contacts`, transaction after transaction, until `stopWriting`. */
  async startWriting(): Promise<void> {
    await this.#ask({ write: true });
  }

  async stopWriting(): Promise<WriteReport> {
    return (await this.#ask({ write: false })) as WriteReport;
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    if (this.#child.connected) this.#child.send({ close: true });
    await ended;
  }

  #ask(message: object): Promise<unknown> {
    const answer = this.#answer();
    this.#child.send(message);
    return answer;
  }

  #answer(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const ended = (): void => reject(new Error('the application ended'));
      this.#child.once('exit', ended);
      this.#child.once('message', (message: { error?: string; value?: unknown }) => {
        this.#child.off('exit', ended);
        if (message.error !== undefined) reject(new Error(message.error));
        else resolve(message.value);
      });
    });
  }
}
