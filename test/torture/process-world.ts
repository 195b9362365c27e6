/** The built server as processes of its own on one data folder, killed with SIGKILL while they work. Needs dist (`npm run build`). */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createUser } from '../../src/accounts/users.js';
import { systemClock } from '../../src/runtime/clock.js';
import type { Config } from '../../src/runtime/config.js';
import { variableOf } from '../../src/runtime/config-schema.js';
import { createKeyFile } from '../../src/sealing/master-key.js';
import type { InspectableStore } from '../../src/storage/ports/inspection.js';
import { configOf, openStore } from '../faults/in-process-server.js';
import { httpTransport, LinkLost, type Reply } from '../model-client/transport.js';
import { Server } from '../support/server.js';
import { cutAnswer, cutRequest } from './bad-http.js';
import { setDisk, type DiskFaults } from './disk-faults.js';
import { examined } from './examined.js';
import { TortureFailure } from './failure.js';
import { USERS, type WorldOptions } from './in-process-world.js';
import type { TortureWorld, Wire } from './world.js';

const PASSWORD = 'correct horse';
/** Longest time from a message to the kill. */
const KILL_WITHIN_MS = 25;
/** A server that has not answered by then never will. */
const HANGS_AFTER_MS = 60_000;

/** One process, and the one that takes its place after each kill. */
class Seat {
  readonly server: Server;
  readonly control: string;
  /** Settled while the process listens. */
  ready: Promise<void>;
  listens = false;
  kills = 0;
  #restarting: Promise<void> | undefined;

  constructor(server: Server, control: string) {
    this.server = server;
    this.control = control;
    this.ready = this.start();
  }

  start(): Promise<void> {
    this.listens = false;
    this.ready = this.server.start().then(() => {
      this.listens = true;
    });
    // Who needs it waits for it and sees the fault.
    this.ready.catch(() => undefined);
    return this.ready;
  }

  /** Kills it; the next process is under way when this resolves. Who asks for that while it happens gets the same kill. */
  restart(): Promise<void> {
    this.#restarting ??= this.#kill().finally(() => (this.#restarting = undefined));
    return this.#restarting;
  }

  async #kill(): Promise<void> {
    await this.ready;
    this.listens = false;
    await this.server.kill();
    this.kills += 1;
    void this.start();
  }
}

export async function openProcessWorld(options: WorldOptions, faults: DiskFaults | undefined): Promise<TortureWorld> {
  const root = mkdtempSync(join(tmpdir(), 'moorage-torture-'));
  const folder = join(root, 'data');
  mkdirSync(folder);
  const keyFile = join(root, 'master.key');
  createKeyFile(keyFile);
  const store = await openStore({ folder, keyFile, clock: systemClock });
  const { serverId, datastores } = configOf({ folder, keyFile, settings: {} });
  for (const name of USERS) await createUser(store, { name, password: PASSWORD, serverId, datastores, now: systemClock() });
  await store.close();
  const settings = Object.entries(options.settings).map(([path, value]): [string, string] => [variableOf(path), String(value)]);
  const seats = Array.from({ length: options.servers }, (_: unknown, n) => {
    const control = join(root, `disk-${n}`);
    setDisk(control, 'well');
    const env = { MOORAGE_LOG_LEVEL: 'warn', ...Object.fromEntries(settings), ...faults?.environment(control, folder) };
    return new Seat(new Server({ root, env }), control);
  });
  await Promise.all(seats.map(({ ready }) => ready));
  return new World(seats, folder, keyFile, faults !== undefined);
}

class World implements TortureWorld {
  readonly url: string;
  readonly password = PASSWORD;
  readonly concurrent = true;
  readonly diskFails: boolean;
  readonly #seats: readonly Seat[];
  readonly #folder: string;
  readonly #keyFile: string;
  readonly #http = httpTransport();

  constructor(seats: readonly Seat[], folder: string, keyFile: string, diskFails: boolean) {
    this.diskFails = diskFails;
    this.#seats = seats;
    this.#folder = folder;
    this.#keyFile = keyFile;
    this.url = seats[0]?.server.url ?? '';
  }

  get servers(): number {
    return this.#seats.length;
  }

  get kills(): number {
    return this.#seats.reduce((sum, { kills }) => sum + kills, 0);
  }

  async deliver(server: number, wire: Wire): Promise<Reply> {
    return this.#post(await this.#seat(server), wire);
  }

  async cut(server: number, wire: Wire, bytes: number): Promise<void> {
    const seat = await this.#seat(server);
    await cutRequest(at(seat, wire), bytes);
  }

  async cutAnswer(server: number, wire: Wire): Promise<void> {
    const seat = await this.#seat(server);
    await cutAnswer(at(seat, wire));
  }

  async kill(server: number, wire: Wire, n: number): Promise<Reply> {
    const seat = await this.#seat(server);
    const reply = this.#post(seat, wire).catch((error: unknown) => {
      if (error instanceof LinkLost) return undefined;
      throw error;
    });
    await delay(((n % 1000) / 1000) * KILL_WITHIN_MS);
    await seat.restart();
    const answer = await reply;
    if (!answer) throw new LinkLost('killed');
    return answer;
  }

  async ill(server: number, wire: Wire, how: 'full' | 'sync'): Promise<Reply> {
    const seat = await this.#seat(server);
    setDisk(seat.control, how);
    try {
      return await this.#post(seat, wire);
    } finally {
      setDisk(seat.control, 'well');
      await seat.restart();
    }
  }

  /** Time goes by itself. */
  async pass(): Promise<void> {}

  async sweep(): Promise<void> {
    await this.inspect((store) => store.sweep(systemClock(), this.#ages));
  }

  examine(): Promise<readonly string[]> {
    return this.inspect((store) => examined(store, systemClock(), this.#ages));
  }

  async inspect<T>(work: (store: InspectableStore) => Promise<T>): Promise<T> {
    const store = await openStore({ folder: this.#folder, keyFile: this.#keyFile, clock: systemClock });
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  }

  async close(): Promise<void> {
    this.#http.close();
    for (const seat of this.#seats) await seat.ready.catch(() => undefined);
    for (const { server } of this.#seats.slice(1)) await server.kill();
    await this.#seats[0]?.server.remove();
  }

  get #ages(): Config['retention'] {
    return configOf({ folder: this.#folder, keyFile: this.#keyFile, settings: {} }).retention;
  }

  /** The one asked for, or another that listens, as a balancer in front would choose. */
  async #seat(number: number): Promise<Seat> {
    const wanted = this.#seats[number % this.#seats.length];
    if (!wanted) throw new Error('no server');
    const seat = wanted.listens ? wanted : (this.#seats.find(({ listens }) => listens) ?? wanted);
    await seat.ready;
    return seat;
  }

  async #post(seat: Seat, wire: Wire): Promise<Reply> {
    const late = new AbortController();
    const hangs = delay(HANGS_AFTER_MS, undefined, { signal: late.signal }).then(() => {
      throw new TortureFailure('stuck', `a server did not answer in ${HANGS_AFTER_MS / 1000} s`);
    });
    hangs.catch(() => undefined);
    try {
      const { url, contentType, body, headers } = at(seat, wire);
      return await Promise.race([this.#http(url, contentType, body, headers), hangs]);
    } finally {
      late.abort();
    }
  }
}

/** Devices follow RespURI to the process that made it; a balancer in front would not care. */
function at(seat: Seat, wire: Wire): Wire {
  const target = new URL(seat.server.url);
  target.search = new URL(wire.url).search;
  return { ...wire, url: target.href };
}
