/** Command lines in this process: the real program on a real store, with its streams caught. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommandLine } from '../../src/cli/program.js';
import type { Rooms } from '../../src/cli/rooms.js';
import { createDatabasePool } from '../../src/devicedb/pool.js';
import { UserError } from '../../src/model/errors.js';
import { loadConfig } from '../../src/runtime/config.js';
import { systemRandom } from '../../src/runtime/random.js';
import { createKeyFile, loadMasterKey } from '../../src/sealing/master-key.js';
import { Keyring } from '../../src/sealing/keyring.js';
import { faultOfLocation, openLocations, placeOf, prepareLocation } from '../../src/storage/objects/locations.js';
import { snapshotTools } from '../../src/storage/snapshot/tools.js';
import { DATABASE_FILE, openSqliteStore } from '../../src/storage/sqlite/sqlite-store.js';
import { Bench } from '../exchange/support/bench.js';
import { tempStore } from '../support/temp-store.js';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export class CommandLine {
  readonly root = mkdtempSync(join(tmpdir(), 'moorage-cli-'));
  readonly data = join(this.root, 'data');
  now = 1_700_000_000_000;
  /** What the program takes its output for. */
  isTerminal = false;

  /** Runs `moorage serve …` in this process until `work` is done. @returns what it printed. */
  async served(args: readonly string[], work: (port: number) => Promise<void>): Promise<Ran> {
    const stop = new AbortController();
    let found: ((port: number) => void) | undefined;
    const listening = new Promise<number>((resolve) => (found = resolve));
    const ended = this.run(['serve', '--port', '0', '--log-level', 'silent', ...args], '', stop.signal, (out) => {
      const port = /listening on http:\/\/[^\s/]*:(\d+)\//.exec(out)?.[1];
      if (port !== undefined) found?.(Number(port));
    });
    try {
      const port = await Promise.race([listening, ended.then(() => undefined)]);
      if (port !== undefined) await work(port);
    } finally {
      stop.abort();
    }
    return ended;
  }

  /** Runs `moorage …` on this folder's data. */
  async run(
    args: readonly string[],
    input = '',
    stop = new AbortController().signal,
    told: (out: string) => void = () => undefined,
  ): Promise<Ran> {
    let out = '';
    let err = '';
    const rooms: Rooms = {
      openStore: async (config, _logger, mode) => {
        if (!existsSync(join(config.data, DATABASE_FILE))) {
          if (mode === 'existing') throw new UserError(`There is no data in ${config.data}.`);
          createKeyFile(config.key.file);
        }
        return openSqliteStore({
          folder: config.data,
          keyring: new Keyring(loadMasterKey(config.key)),
          clock: () => this.now,
          locations: openLocations(config.locations, () => undefined),
        });
      },
      pictures: () => ({ thin: async () => undefined, look: async () => undefined }),
      rotateKey: async () => Promise.reject(new Error('main.ts rotates')),
      snapshots: snapshotTools(() => this.now),
      locations: { place: placeOf, fault: faultOfLocation, prepare: prepareLocation },
      clock: () => this.now,
      random: systemRandom,
      streams: {
        isTerminal: this.isTerminal,
        out: (text) => told((out += text)),
        err: (text) => void (err += text),
        readInput: async () => Buffer.from(input),
      },
      databaseJobs: () => createDatabasePool({ workers: 1 }),
      writeOut: async (bytes) => void (out += Buffer.from(bytes).toString('latin1')),
      progressVisible: false,
      environment: this.#environment,
      startWorker: () => {
        throw new Error('no test of commands starts processes');
      },
      stop,
    };
    const code = await runCommandLine(args, rooms);
    return { code, out, err };
  }

  /** The same, for commands that must succeed. @returns what they printed. */
  async ok(...args: readonly string[]): Promise<string> {
    const { code, out, err } = await this.run(args);
    if (code !== 0) throw new Error(`moorage ${args.join(' ')}: exit code ${code}\n${out}${err}`);
    return out;
  }

  async json<T>(...args: readonly string[]): Promise<T> {
    return JSON.parse(await this.ok(...args, '--json')) as T;
  }

  /** Has devices talk to a server on this folder's data. `user` is there already. */
  async serve<T>(user: string, settings: Readonly<Record<string, unknown>>, work: (bench: Bench) => Promise<T>): Promise<T> {
    const { config } = loadConfig({ environment: this.#environment });
    const temp = await tempStore({ folder: config.data, keyring: new Keyring(loadMasterKey(config.key)), clock: () => this.now });
    try {
      const account = await temp.store.read((tx) => tx.accounts.byName(user));
      if (account === undefined) throw new Error(`no user ${user}`);
      return await work(Bench.on(temp, account.id, settings));
    } finally {
      await temp.close();
    }
  }

  get #environment(): Rooms['environment'] {
    return { HOME: this.root, MOORAGE_DATA: this.data };
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
