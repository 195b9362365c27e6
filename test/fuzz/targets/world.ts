/** A server in this process but for HTTP, with a bystander whose data nobody else's messages may change. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Authenticator } from '../../../src/accounts/authenticate.js';
import { createUser } from '../../../src/accounts/users.js';
import type { DatabaseJobs } from '../../../src/devicedb/jobs.js';
import { Exchange, type ExchangeAnswer } from '../../../src/exchange/exchange.js';
import { Alert } from '../../../src/model/alert.js';
import type { AccountId } from '../../../src/model/ids.js';
import { loadConfig, type Config } from '../../../src/runtime/config.js';
import type { Store } from '../../../src/storage/ports/store.js';
import { ENDPOINT } from '../../exchange/support/bench.js';
import { ModelDevice } from '../../model-client/device.js';
import { STORES } from '../../model-client/profile.js';
import type { Transport } from '../../model-client/transport.js';
import { newKeyring, tempStore, type TempStore } from '../../support/temp-store.js';

export const PASSWORD = 'a password';
/** Runs after which the store is made anew: it is to stay small. */
const RUNS_A_STORE = 200;

export class World {
  readonly exchange: Exchange;
  readonly databases: DatabaseJobs | undefined;
  readonly #temp: TempStore;
  readonly #config: Config;
  readonly #folder: string;
  readonly #bystander: AccountId;
  now = Date.UTC(2024, 0, 1);
  runs = 0;

  private constructor(temp: TempStore, config: Config, folder: string, bystander: AccountId, databases: DatabaseJobs | undefined) {
    this.databases = databases;
    this.#temp = temp;
    this.#config = config;
    this.#folder = folder;
    this.#bystander = bystander;
    let drawn = 0;
    const random = (n: number): Uint8Array => Buffer.alloc(n).fill(`${(drawn += 1)}-`);
    const { store } = temp;
    const authenticator = new Authenticator({ config: config.auth, random });
    this.exchange = new Exchange({ store, databases, authenticator, config, clock: () => this.now, random, log: () => undefined });
  }

  /** @param databases workers for files that are backed up; closed with the world. @param flags settings. */
  static async open(databases?: DatabaseJobs, flags: Readonly<Record<string, string>> = {}): Promise<World> {
    // Durable is not what is looked at here: memory is faster.
    const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'moorage-fuzz-'));
    const temp = await tempStore({ folder, keyring: newKeyring() });
    const { config } = loadConfig({ flags: { ...flags, data: folder, 'key.file': 'unused' }, environment: {} });
    const bystander = await addUser(temp, config, 'bystander');
    const world = new World(temp, config, folder, bystander, databases);
    const phone = world.phone('bystander', 'IMEI:bystander');
    phone.store('notes').add(Buffer.from('not yours'));
    await phone.sync(Alert.SlowSync);
    return world;
  }

  get store(): Store {
    return this.#temp.store;
  }

  addUser(name: string): Promise<AccountId> {
    return addUser(this.#temp, this.#config, name);
  }

  readonly transport: Transport = async (url, contentType, body) => {
    const asked = new URL(url);
    const token = asked.searchParams.get('s') ?? undefined;
    const answer = await this.send(body, contentType, token);
    return { status: answer.httpStatus, contentType: answer.contentType ?? '', body: answer.body };
  };

  send(body: Uint8Array, contentType: string, token: string | undefined): Promise<ExchangeAnswer> {
    return this.exchange.handle({ body, contentType, url: ENDPOINT, address: '192.0.2.1', ...(token === undefined ? {} : { token }) });
  }

  phone(user: string, uri: string): ModelDevice {
    return new ModelDevice(
      { uri, user, password: PASSWORD, stores: [STORES.notes, STORES.contacts], maxObjSize: 50_000_000 },
      this.transport,
      ENDPOINT,
    );
  }

  /** Everything the bystander has, as text. */
  bystanders(): Promise<string> {
    return this.#temp.store.read(async (tx) => {
      const own = tx.account(this.#bystander);
      const all: unknown[] = [
        await tx.accounts.byId(own.id),
        await own.devices.list(),
        await own.usedBytes(),
        await tx.sessions.ofAccount(own.id, 99),
      ];
      for (const { id, position } of await own.datastores.list()) {
        all.push(position, await own.items.list(id), await own.pairs.ofDatastore(id), await own.conflicts.list());
        for (const { guid } of await own.items.list(id)) all.push(Buffer.from((await own.items.content(id, guid)) ?? []).toString());
      }
      for (const copy of await own.copies.list()) all.push(copy, await own.copies.generations(copy.id), await own.copies.draft(copy.id));
      return JSON.stringify(all);
    });
  }

  async close(): Promise<void> {
    await this.databases?.close();
    await this.#temp.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const addUser = async ({ store }: TempStore, config: Config, name: string): Promise<AccountId> =>
  (await createUser(store, { name, password: PASSWORD, serverId: config.serverId, datastores: config.datastores, now: 0 })).id;

/** The world of this run, which other runs have used before, but not too many. */
export class Worlds {
  readonly #open: () => Promise<World>;
  #world: World | undefined;

  constructor(open: () => Promise<World>) {
    this.#open = open;
  }

  async fresh(): Promise<World> {
    if (this.#world && this.#world.runs >= RUNS_A_STORE) await this.close();
    this.#world ??= await this.#open();
    this.#world.runs += 1;
    return this.#world;
  }

  async close(): Promise<void> {
    await this.#world?.close();
    this.#world = undefined;
  }
}
