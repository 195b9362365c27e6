/** `moorage account-service` as an operator runs it: a process of its own, with data, key and tokens of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
export const SERVER_TOKEN = 'token-of-the-backup-server';
export const SIGN_UP_TOKEN = 'token-of-the-shop-counter';

export class AccountServer {
  readonly #root = mkdtempSync(join(tmpdir(), 'moorage-accounts-'));
  #child: ChildProcess | undefined;
  #port = 0;

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const args = ['--import', 'tsx', MAIN, 'account-service', '--data', join(this.#root, 'data'), '--port', String(this.#port)];
    const env = {
      PATH: process.env['PATH'],
      MOORAGE_KEY_FILE: join(this.#root, 'key'),
      MOORAGE_ACCOUNT_API_SERVER_TOKEN: SERVER_TOKEN,
      MOORAGE_ACCOUNT_API_SIGN_UP_TOKEN: SIGN_UP_TOKEN,
      MOORAGE_LOG_LEVEL: 'silent',
    };
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child = child;
    for await (const line of createInterface({ input: child.stdout })) {
      const port = /listening on http:\/\/127\.0\.0\.1:(\d+)\//.exec(line)?.[1];
      if (port === undefined) continue;
      this.#port = Number(port);
      return;
    }
    throw new Error('the account service did not start');
  }

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

  /** @param token undefined: no Authorization at all. */
  async call(
    method: string,
    path: string,
    body?: unknown,
    token: string | undefined = SIGN_UP_TOKEN,
  ): Promise<{ status: number; json: unknown }> {
    const answer = await fetch(this.url + path, {
      method,
      headers: token === undefined || token === '' ? {} : { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: answer.status, json: await answer.json() };
  }
}
