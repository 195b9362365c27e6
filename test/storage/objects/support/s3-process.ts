/** Starts, kills and starts again the S3 server of the tests. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { S3Objects, type S3Options } from '../../../../src/storage/objects/s3.js';

const SCRIPT = fileURLToPath(new URL('./s3-server.ts', import.meta.url));
/** Those s3rver knows. */
const KEYS = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

export class S3Process {
  readonly #folder = mkdtempSync(join(tmpdir(), 'moorage-s3-'));
  #child: ChildProcess | undefined;
  #port = 0;
  #locations = 0;

  get port(): number {
    return this.#port;
  }

  /** On the port it had before, when it had one. */
  async start(): Promise<void> {
    // Its page tokens are made with DES, which OpenSSL keeps among the old things.
    const child = spawn(process.execPath, ['--openssl-legacy-provider', '--import', 'tsx', SCRIPT, this.#folder, String(this.#port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    for await (const line of createInterface({ input: child.stdout })) {
      this.#port = Number(line);
      return;
    }
    throw new Error('the S3 server did not start');
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true });
  }

  /** A location of its own in the bucket. */
  location(): Pick<S3Options, 'prefix'> {
    this.#locations += 1;
    return { prefix: `location-${this.#locations}/` };
  }

  /** Of the server, or of a proxy before it. */
  objects(options: Partial<S3Options> & { port?: number } = {}): S3Objects {
    const { port = this.#port, ...rest } = options;
    return new S3Objects({
      id: 'cloud',
      endpoint: `http://127.0.0.1:${port}/backups`,
      region: 'us-east-1',
      ...KEYS,
      backOffMs: 5,
      ...rest,
    });
  }
}
