/** Servers in this process, on a clock of the script's own: the same script always runs the same. */
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createUser } from '../../src/accounts/users.js';
import { createKeyFile } from '../../src/sealing/master-key.js';
import type { Store } from '../../src/storage/ports/store.js';
import { configOf, InProcessServer, Killed, openStore, type ServerPlace } from '../faults/in-process-server.js';
import { LinkLost, type Reply } from '../model-client/transport.js';
import { Dice } from './dice.js';
import { setDisk } from './disk-faults.js';
import { examined } from './examined.js';
import type { TortureWorld, Wire } from './world.js';

const PASSWORD = 'correct horse';
const URL_BASE = 'http://sync.example/sync';
const BEGINNING = Date.UTC(2026, 0, 5, 8);
export const USERS = ['anna', 'bert'] as const;

/** Memory where the system has a disk in it: a sync is real but costs nothing. */
const roomFor = (): string => (existsSync('/dev/shm') ? '/dev/shm' : tmpdir());

export interface WorldOptions {
  readonly servers: number;
  readonly settings: Readonly<Record<string, unknown>>;
  /** A fault of the server's own, for tests of the torturer. */
  readonly wrap?: ServerPlace['wrap'];
}

/** Makes worlds: folders with users in them are made once for each set of settings, and copied. */
export class TortureWorlds {
  readonly root = mkdtempSync(join(roomFor(), 'moorage-torture-'));
  /** The file that says how the disk is, when this process was started with the shim. */
  readonly #control = process.env['TORTURE_DISK'] || undefined;
  #template: Promise<string> | undefined;
  #worlds = 0;

  async open(options: WorldOptions): Promise<TortureWorld> {
    this.#template ??= this.#makeTemplate();
    const template = await this.#template;
    this.#worlds += 1;
    const folder = join(this.root, `world-${this.#worlds}`);
    cpSync(template, folder, { recursive: true });
    return World.open(folder, this.#keyFile, options, this.#control);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  get #keyFile(): string {
    return join(this.root, 'key');
  }

  async #makeTemplate(): Promise<string> {
    createKeyFile(this.#keyFile);
    const folder = join(this.root, 'template');
    const store = await openStore({ folder, keyFile: this.#keyFile, clock: () => BEGINNING });
    const { serverId, datastores } = configOf({ folder, keyFile: this.#keyFile, settings: {} });
    for (const name of USERS) await createUser(store, { name, password: PASSWORD, serverId, datastores, now: BEGINNING });
    await store.close();
    return folder;
  }
}

class World implements TortureWorld {
  readonly url = URL_BASE;
  readonly password = PASSWORD;
  readonly concurrent = false;
  kills = 0;
  readonly #place: ServerPlace;
  readonly #running: InProcessServer[] = [];
  readonly #control: string | undefined;
  #now = BEGINNING;

  private constructor(folder: string, keyFile: string, options: WorldOptions, control: string | undefined) {
    const dice = new Dice('server');
    const { settings, wrap } = options;
    this.#place = {
      folder,
      keyFile,
      settings,
      clock: () => this.#now,
      random: (bytes) => dice.bytes(bytes),
      ...(wrap === undefined ? {} : { wrap }),
    };
    this.#control = control;
  }

  static async open(folder: string, keyFile: string, options: WorldOptions, control: string | undefined): Promise<World> {
    const world = new World(folder, keyFile, options, control);
    while (world.#running.length < options.servers) world.#running.push(await InProcessServer.open(world.#place));
    return world;
  }

  get servers(): number {
    return this.#running.length;
  }

  get diskFails(): boolean {
    return this.#control !== undefined;
  }

  deliver(server: number, wire: Wire): Promise<Reply> {
    return this.#server(server).transport(wire.url, wire.contentType, wire.body, wire.headers);
  }

  /** The body that is too short reaches the exchange: a proxy that forgets to check the length would let it through. */
  async cut(server: number, wire: Wire, bytes: number): Promise<void> {
    await this.deliver(server, { ...wire, body: wire.body.subarray(0, bytes) });
  }

  async cutAnswer(server: number, wire: Wire): Promise<void> {
    await this.deliver(server, wire);
  }

  async kill(server: number, wire: Wire, n: number, committed: boolean): Promise<Reply> {
    this.#server(server).doom({ call: 1 + (n % 6), of: 'uses', committed });
    try {
      return await this.deliver(server, wire);
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      this.kills += 1;
      throw new LinkLost('killed', { cause: error });
    } finally {
      await this.#restart(server);
    }
  }

  async ill(server: number, wire: Wire, how: 'full' | 'sync'): Promise<Reply> {
    if (this.#control === undefined) return this.deliver(server, wire);
    setDisk(this.#control, how);
    try {
      return await this.deliver(server, wire);
    } finally {
      setDisk(this.#control, 'well');
      await this.#restart(server);
    }
  }

  async pass(ms: number): Promise<void> {
    this.#now += ms;
  }

  async sweep(): Promise<void> {
    const server = this.#server(0);
    await server.store.sweep(this.#now, server.config.retention);
  }

  inspect<T>(work: (store: Store) => Promise<T>): Promise<T> {
    return work(this.#server(0).store);
  }

  examine(): Promise<readonly string[]> {
    const { store, config } = this.#server(0);
    return examined(store, this.#now, config.retention);
  }

  async close(): Promise<void> {
    for (const server of this.#running) await server.close();
    rmSync(this.#place.folder, { recursive: true, force: true });
  }

  #server(number: number): InProcessServer {
    const server = this.#running[number % this.#running.length];
    if (!server) throw new Error('no server');
    return server;
  }

  async #restart(number: number): Promise<void> {
    await this.#server(number).close();
    this.#running[number % this.#running.length] = await InProcessServer.open(this.#place);
  }
}
