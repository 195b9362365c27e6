/** One server in this process: a store handle on a folder and an exchange on it. It can die within a message as a killed process does. */
import { SharpPictures } from '../../src/pictures/pictures.js';
import { Authenticator } from '../../src/accounts/authenticate.js';
import { Exchange } from '../../src/exchange/exchange.js';
import type { Clock } from '../../src/runtime/clock.js';
import { loadConfig, type Config } from '../../src/runtime/config.js';
import type { Random } from '../../src/runtime/random.js';
import { Keyring } from '../../src/sealing/keyring.js';
import { loadMasterKey } from '../../src/sealing/master-key.js';
import { openSqliteStore } from '../../src/storage/sqlite/sqlite-store.js';
import type { InspectableStore } from '../../src/storage/ports/inspection.js';
import type { Store, WriteTx } from '../../src/storage/ports/store.js';
import type { Transport } from '../model-client/transport.js';

/** Where a server runs and with what. */
export interface ServerPlace {
  readonly folder: string;
  readonly keyFile: string;
  /** As on the command line, by key. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly clock: Clock;
  readonly random: Random;
  /** Puts something between the exchange and the store: a fault of the server's own. */
  readonly wrap?: ((store: Store, folder: string) => Store) | undefined;
}

/** When a process dies: at the `call`th use it makes of the store (1 is the first), before or after that use has taken effect. */
export interface Death {
  readonly call: number;
  /** What is counted. */
  readonly of: 'uses' | 'transactions';
  readonly committed: boolean;
}

/** The server died before it answered. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

export const configOf = ({ folder, keyFile, settings }: Pick<ServerPlace, 'folder' | 'keyFile' | 'settings'>): Config =>
  loadConfig({ flags: { ...settings, data: folder, 'key.file': keyFile }, environment: {} }).config;

export const openStore = ({ folder, keyFile, clock }: Pick<ServerPlace, 'folder' | 'keyFile' | 'clock'>): Promise<InspectableStore> =>
  openSqliteStore({ folder, keyring: new Keyring(loadMasterKey({ file: keyFile })), clock });

/** A store whose process dies: from then on nothing it is asked for happens. */
class MortalStore implements InspectableStore {
  death: (Death & { calls: number; dead: boolean }) | undefined;
  readonly blobs: InspectableStore['blobs'];
  readonly copies: InspectableStore['copies'];
  readonly #inner: InspectableStore;

  constructor(inner: InspectableStore) {
    this.#inner = inner;
    this.blobs = {
      inlineLimit: inner.blobs.inlineLimit,
      put: (account, bytes) => this.#use(() => inner.blobs.put(account, bytes)),
    };
    this.copies = {
      write: (...args) => this.#use(() => inner.copies.write(...args)),
      read: (...args) => this.#use(() => inner.copies.read(...args)),
      adopt: (...args) => this.#use(() => inner.copies.adopt(...args)),
      members: (...args) => this.#use(() => inner.copies.members(...args)),
      memberSizes: (...args) => inner.copies.memberSizes(...args),
    };
  }

  read: InspectableStore['read'] = (work) => this.#use(() => this.#inner.read(work));

  transact: InspectableStore['transact'] = (work) =>
    this.#use(
      () => this.#inner.transact(work),
      // Everything but the commit.
      () =>
        this.#inner.transact(async (tx: WriteTx) => {
          await work(tx);
          throw new Killed('before the commit');
        }),
    );

  sweep: InspectableStore['sweep'] = (...args) => this.#inner.sweep(...args);
  inspect: InspectableStore['inspect'] = (...args) => this.#inner.inspect(...args);
  mend: InspectableStore['mend'] = (...args) => this.#inner.mend(...args);
  close: InspectableStore['close'] = () => this.#inner.close();

  async #use<T>(whole: () => Promise<T>, undone?: () => Promise<T>): Promise<T> {
    const { death } = this;
    if (!death) return whole();
    if (death.dead) throw new Killed('dead already');
    if (death.of === 'uses' || undone) death.calls += 1;
    if (death.calls < death.call) return whole();
    death.dead = true;
    if (death.committed) await whole();
    else await undone?.();
    throw new Killed(death.committed ? 'after it took effect' : 'before it took effect');
  }
}

export class InProcessServer {
  /** What it works on, without {@link ServerPlace.wrap}. */
  readonly store: InspectableStore;
  readonly config: Config;
  readonly #mortal: MortalStore;
  readonly #exchange: Exchange;

  private constructor(store: InspectableStore, place: ServerPlace) {
    this.#mortal = new MortalStore(store);
    this.store = this.#mortal;
    const worked = place.wrap ? place.wrap(this.#mortal, place.folder) : this.#mortal;
    this.config = configOf(place);
    const { clock, random } = place;
    const authenticator = new Authenticator({ config: this.config.auth, random });
    this.#exchange = new Exchange({
      store: worked,
      pictures: new SharpPictures(),
      authenticator,
      config: this.config,
      clock,
      random,
      log: () => undefined,
    });
  }

  static async open(place: ServerPlace): Promise<InProcessServer> {
    return new InProcessServer(await openStore(place), place);
  }

  /** Rejects with {@link Killed} when the server dies on it, and with whatever escapes the exchange. */
  readonly transport: Transport = async (url, contentType, body, headers) => {
    const asked = new URL(url);
    const token = asked.searchParams.get('s') ?? undefined;
    const hmac = headers?.['x-syncml-hmac'];
    const answer = await this.#exchange.handle({
      body,
      contentType,
      accept: '*/*',
      url: `${asked.origin}${asked.pathname}`,
      address: '192.0.2.1',
      userAgent: 'model-client',
      ...(token === undefined ? {} : { token }),
      ...(hmac === undefined ? {} : { hmac }),
    });
    return { status: answer.httpStatus, contentType: answer.contentType ?? '', body: answer.body };
  };

  /** The process will die while it works on what comes next; a message that needs fewer calls of the store is answered first. */
  doom(death: Death): void {
    this.#mortal.death = { ...death, calls: 0, dead: false };
  }

  close(): Promise<void> {
    return this.#mortal.close();
  }
}
