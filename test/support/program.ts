/** A command of the built program that listens, as a process of its own. Needs dist (`npm run build`). */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export class Program {
  readonly #root = mkdtempSync(join(tmpdir(), 'moorage-program-'));
  readonly #command: string;
  readonly #environment: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  #port = 0;
  #said = '';

  /** @param environment all it has, beside PATH, its key and its data folder. */
  constructor(command: string, environment: Readonly<Record<string, string>>) {
    this.#command = command;
    this.#environment = environment;
  }

  get port(): number {
    return this.#port;
  }

  /** Output and error output since the first start. */
  get said(): string {
    return this.#said;
  }

  /** On the port it had before, when it had one. @throws {Error} with its words when it does not listen. */
  async start(): Promise<void> {
    const args = [MAIN, this.#command, '--data', join(this.#root, 'data'), '--port', String(this.#port)];
    const env = { PATH: process.env['PATH'], MOORAGE_KEY_FILE: join(this.#root, 'key'), ...this.#environment };
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    const from = this.#said.length;
    await new Promise<void>((resolve, reject) => {
      const read = (part: Buffer): void => {
        this.#said += part.toString('utf8');
        const port = /listening on http:\/\/127\.0\.0\.1:(\d+)\//.exec(this.#said.slice(from))?.[1];
        if (port === undefined) return;
        this.#port = Number(port);
        resolve();
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('exit', () => reject(new Error(`moorage ${this.#command} ended:\n${this.#said.slice(from)}`)));
    });
  }

  /** Kills it. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#root, { recursive: true });
  }
}
