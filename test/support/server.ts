/** The built server as an operator runs it: `node dist/main.js`, in processes of its own, on a data folder under the temporary folder. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const START_TIMEOUT_MS = 60_000;

export interface ServerOptions {
  /** Folder that holds data and key; a fresh one, removed by {@link Server.remove}, when absent. */
  readonly root?: string;
  /** More environment, such as MOORAGE_LIMITS_MAX_MSG_SIZE. */
  readonly env?: Readonly<Record<string, string>>;
  /** More options of node, such as --cpu-prof. */
  readonly nodeOptions?: readonly string[];
  /** More options of `moorage serve`. */
  readonly serveOptions?: readonly string[];
}

/** One data folder, the server process on it (none between kill and start) and the commands an operator would give beside it. */
export class Server {
  readonly root: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #nodeOptions: readonly string[];
  readonly #serveOptions: readonly string[];
  #child: ChildProcess | undefined;
  #port = 0;
  #log = '';

  constructor(options: ServerOptions = {}) {
    if (!existsSync(MAIN)) throw new Error('dist/main.js does not exist: run `npm run build` first');
    this.root = options.root ?? mkdtempSync(join(tmpdir(), 'moorage-server-'));
    this.#env = { ...process.env, MOORAGE_KEY_FILE: join(this.root, 'master.key'), ...options.env };
    this.#nodeOptions = options.nodeOptions ?? [];
    this.#serveOptions = options.serveOptions ?? [];
  }

  get data(): string {
    return join(this.root, 'data');
  }

  /** Where devices sync. The port stays the same when the server is started again. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}/sync`;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** What the server wrote to its output and error output since the first start. */
  get log(): string {
    return this.#log;
  }

  /** Starts `moorage serve` and resolves when it listens. @throws {Error} with the server's words when it ends instead. */
  async start(): Promise<void> {
    // As the program's first line and `npm start` have it.
    const serve = ['serve', '--host', '127.0.0.1', '--port', String(this.#port), '--data', this.data, ...this.#serveOptions];
    const args = ['--max-semi-space-size=4', '--heap-growing-percent=200', ...this.#nodeOptions, MAIN, ...serve];
    const child = spawn(process.execPath, args, { env: this.#env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    const from = this.#log.length;
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(`moorage serve ${why}:\n${this.#log.slice(from)}`));
      const timer = setTimeout(() => fail('did not listen in time'), START_TIMEOUT_MS);
      const read = (part: Buffer): void => {
        this.#log += part.toString('utf8');
        const port = /listening on http:\/\/[^\s/]*:(\d+)\//.exec(this.#log.slice(from))?.[1];
        if (port === undefined) return;
        this.#port = Number(port);
        clearTimeout(timer);
        resolve();
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.on('error', reject);
      child.on('exit', (code, signal) => {
        clearTimeout(timer);
        fail(`ended (${signal ?? code})`);
      });
    });
  }

  /** SIGTERM: the server finishes what it has in hand. Resolves with its exit code. */
  stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  /** kill -9. Resolves when the process is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Runs one operator command with `--data` of this server. @throws {Error} with its output when it fails. */
  command(...args: readonly string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const options = { env: this.#env, maxBuffer: 64 * 1024 * 1024, encoding: 'utf8' as const };
      execFile(process.execPath, [MAIN, ...args, '--data', this.data], options, (error, stdout, stderr) => {
        if (error) reject(new Error(`moorage ${args.join(' ')}: ${error.message}\n${stdout}${stderr}`));
        else resolve(stdout);
      });
    });
  }

  async addUser(name: string, password: string): Promise<void> {
    await this.command('user', 'add', name, '--password', password);
  }

  /** The text of every item of a datastore, through `item export`. */
  async items(user: string, datastore: string): Promise<readonly string[]> {
    const folder = mkdtempSync(join(this.root, 'export-'));
    await this.command('item', 'export', '--user', user, '--datastore', datastore, '--out', folder);
    const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
    rmSync(folder, { recursive: true });
    return texts;
  }

  /** Stops the server, when it runs, and removes the folder. */
  async remove(): Promise<void> {
    await this.#end('SIGKILL');
    rmSync(this.root, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return null;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    return new Promise((resolve) => {
      child.once('exit', (code) => resolve(code));
      child.kill(signal);
    });
  }
}

/** A server that listens, on a fresh data folder with one user in it. */
export async function startServer(user: string, password: string, options: ServerOptions = {}): Promise<Server> {
  const server = new Server(options);
  mkdirSync(server.data, { recursive: true });
  await server.addUser(user, password);
  await server.start();
  return server;
}
