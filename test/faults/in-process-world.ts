/**
 * The server's exchange in this process, on a real store in a temporary folder. It can be run as two servers on one folder that take turns,
 * and it can die within a message: what it was doing is thrown away before or after the commit, and a new server opens the same folder.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createUser } from '../../src/accounts/users.js';
import { examine } from '../../src/doctor/examine.js';
import { systemClock } from '../../src/runtime/clock.js';
import { systemRandom } from '../../src/runtime/random.js';
import { createKeyFile } from '../../src/sealing/master-key.js';
import type { AccountId } from '../../src/model/ids.js';
import { findingsOf } from '../../src/storage/ports/inspection.js';
import type { Store } from '../../src/storage/ports/store.js';
import { STORES, type StoreName } from '../model-client/profile.js';
import { LinkLost, type Transport } from '../model-client/transport.js';
import { configOf, InProcessServer, Killed, openStore, type ServerPlace } from './in-process-server.js';
import type { MortalWorld } from './world.js';

const USER = 'anna';
const PASSWORD = 'correct horse';
const URL_BASE = 'http://sync.example/sync';

export type Moment = 'before-commit' | 'after-commit';

/** Makes worlds: the folder with its user is made once and copied. `settings` as on the command line, by key. */
export class WorldMaker {
  readonly #root = mkdtempSync(join(tmpdir(), 'moorage-faults-'));
  readonly #settings: Readonly<Record<string, unknown>>;
  #template: Promise<AccountId> | undefined;
  #worlds = 0;

  constructor(settings: Readonly<Record<string, unknown>> = {}) {
    this.#settings = settings;
  }

  /** @param servers how many servers on the one folder take turns with the messages. */
  async open(servers = 1): Promise<MortalWorld> {
    this.#template ??= this.#makeTemplate();
    const account = await this.#template;
    this.#worlds += 1;
    const folder = join(this.#root, `world-${this.#worlds}`);
    cpSync(join(this.#root, 'template'), folder, { recursive: true });
    const start = (): Promise<InProcessServer> => InProcessServer.open(this.#place(folder));
    const running = await Promise.all(Array.from({ length: servers }, start));
    let turn = 0;
    const current = (): InProcessServer => {
      const server = running[turn % running.length];
      if (!server) throw new Error('no server');
      return server;
    };
    const transport: Transport = (...message) => {
      const server = current();
      turn += 1;
      return server.transport(...message);
    };
    const deadly =
      (moment: Moment): Transport =>
      async (...message) => {
        const at = turn % running.length;
        const server = current();
        server.doom({ call: 1, of: 'transactions', committed: moment === 'after-commit' });
        try {
          // A message that needs no transaction is answered before the process dies.
          await server.transport(...message);
        } catch (error) {
          if (!(error instanceof Killed)) throw error;
        }
        await server.close();
        running[at] = await start();
        throw new LinkLost(`killed ${moment}`);
      };
    return {
      url: URL_BASE,
      user: USER,
      password: PASSWORD,
      transport,
      deadly,
      items: (store) => storedItems(current().store, account, store),
      close: async () => {
        const found =
          running[0] && (await examine(running[0].store, { now: systemClock(), ages: running[0].config.retention, surroundings: false }));
        for (const server of running) await server.close();
        rmSync(folder, { recursive: true, force: true });
        assert.deepEqual(found && findingsOf(found), [], 'whatever happened, the store is in order');
      },
    };
  }

  remove(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }

  async #makeTemplate(): Promise<AccountId> {
    createKeyFile(join(this.#root, 'key'));
    const folder = join(this.#root, 'template');
    const place = this.#place(folder);
    const store = await openStore(place);
    const config = configOf(place);
    const account = await createUser(store, {
      name: USER,
      password: PASSWORD,
      serverId: config.serverId,
      datastores: config.datastores,
      now: systemClock(),
    });
    await store.close();
    return account.id;
  }

  #place(folder: string): ServerPlace {
    return { folder, keyFile: join(this.#root, 'key'), settings: this.#settings, clock: systemClock, random: systemRandom };
  }
}

/** Contents of every live item of a datastore. */
export async function storedItems(store: Store, account: AccountId, name: StoreName): Promise<readonly Uint8Array[]> {
  return store.read(async (tx) => {
    const reader = tx.account(account);
    const datastore = await reader.datastores.byUri(STORES[name].target);
    if (!datastore) return [];
    const found: Uint8Array[] = [];
    for (const item of await reader.items.list(datastore.id)) {
      const content = await reader.items.content(datastore.id, item.guid);
      if (!content) throw new Error(`item ${item.guid} has no content`);
      found.push(content);
    }
    return found;
  });
}
