/** Servers with one fault each, as wrappers around their store: the torturer has to find every one of them. */
import { readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { BLOB_FOLDER } from '../../src/storage/sqlite/sqlite-store.js';
import type { AccountWriter, ReadTx, Store, WriteTx } from '../../src/storage/ports/store.js';

/** What a fault changes of a transaction. `n` counts how often anybody came by: a fault that always strikes would be found by any test. */
type Change = (account: AccountWriter, every: (n: number) => boolean) => Partial<AccountWriter>;

/** Puts a fault between the exchange and its store. */
export type Wrap = (store: Store, folder: string) => Store;

export interface Breakage {
  readonly name: string;
  /** Number of the script to begin with: what comes before does not find it. */
  readonly from: number;
  readonly wrap: Wrap;
}

/** An object that answers as `inner` does, but for what `changes` says. */
function over<T extends object>(inner: T, changes: Partial<T>): T {
  return new Proxy(inner, {
    get: (target, key) => {
      if (key in changes) return changes[key as keyof T];
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

const counter = (): ((n: number) => boolean) => {
  let count = 0;
  return (n) => {
    count += 1;
    return count % n === 0;
  };
};

/** A store whose transactions are changed by `change`. */
function withTransactions(store: Store, change: (tx: WriteTx) => WriteTx): Store {
  return over(store, { transact: <T>(work: (tx: WriteTx) => Promise<T>) => store.transact((tx) => work(change(tx))) });
}

const inAccounts =
  (change: Change) =>
  (store: Store): Store => {
    const every = counter();
    return withTransactions(store, (tx) =>
      over(tx, {
        account: (id) => {
          const account = tx.account(id);
          return over(account, change(account, every));
        },
      }),
    );
  };

export const BREAKAGES: readonly Breakage[] = [
  {
    name: 'forgets to store its answer',
    from: 1,
    wrap: (store) =>
      withTransactions(store, (tx) =>
        over(tx, {
          sessions: over(tx.sessions, {
            save: (session, response) => tx.sessions.save(session, { ...response, digest: '', bodyDigest: '' }),
          }),
        }),
      ),
  },
  {
    name: 'does not know how far a session has come, so that a message is carried out twice',
    from: 1,
    wrap: (store) => {
      const forget = <S extends ReadTx['sessions']>(sessions: S): S =>
        over<ReadTx['sessions']>(sessions, {
          byToken: async (token) => {
            const session = await sessions.byToken(token);
            return session && { ...session, lastMsgId: session.lastMsgId - 1 };
          },
          response: async () => undefined,
        }) as S;
      return over(
        withTransactions(store, (tx) => over(tx, { sessions: forget(tx.sessions) })),
        { read: (work) => store.read((tx) => work(over(tx, { sessions: forget(tx.sessions) }))) },
      );
    },
  },
  {
    name: 'loses some Maps',
    from: 0,
    wrap: inAccounts((account, every) => ({
      idMap: over(account.idMap, {
        put: async (pair, epoch, row) => {
          const before = await account.idMap.byGuid(pair, epoch, row.guid);
          const names = before && before.luid === undefined && row.luid !== undefined;
          if (!names || !every(4)) await account.idMap.put(pair, epoch, row);
        },
      }),
    })),
  },
  {
    name: 'moves its anchor when the sync begins',
    from: 8,
    wrap: inAccounts((account) => ({
      pairs: over(account.pairs, {
        save: (pair) =>
          account.pairs.save(
            pair.open?.position !== undefined && pair.current
              ? {
                  ...pair,
                  current: {
                    ...pair.current,
                    clientNext: pair.open.clientNext,
                    serverNext: pair.open.serverNext,
                    position: pair.open.position,
                  },
                }
              : pair,
          ),
      }),
    })),
  },
  {
    name: 'settles conflicts by whole items, deletions too',
    from: 29,
    wrap: inAccounts((account) => ({
      policies: over(account.policies, { list: () => Promise.resolve([{ policy: 'client-wins-item' }]) }),
    })),
  },
  {
    name: 'drops an item at the commit',
    from: 0,
    wrap: inAccounts((account, every) => ({
      items: over(account.items, {
        create: async (datastore, item, author) => {
          const created = await account.items.create(datastore, item, author);
          if (every(9)) await account.items.remove(datastore, created.guid, author);
          return created;
        },
      }),
    })),
  },
  {
    name: 'answers a replacement without carrying it out',
    from: 7,
    wrap: inAccounts((account, every) => ({
      items: over(account.items, {
        replace: async (datastore, guid, item, author) => {
          const stored = await account.items.get(datastore, guid);
          return stored && every(5) ? stored : account.items.replace(datastore, guid, item, author);
        },
      }),
    })),
  },
  {
    name: 'deletes blobs that are in use',
    from: 27,
    wrap: (store, folder) => {
      const every = counter();
      return over(store, {
        blobs: {
          inlineLimit: store.blobs.inlineLimit,
          put: async (account, bytes) => {
            const name = await store.blobs.put(account, bytes);
            if (every(2)) removeBelow(join(folder, BLOB_FOLDER), name);
            return name;
          },
        },
      });
    },
  },
  {
    name: 'leaves its list behind when a sync has ended',
    from: 0,
    wrap: inAccounts((account) => ({ outgoing: over(account.outgoing, { clear: async () => undefined }) })),
  },
  {
    name: 'takes for delivered what it has sent',
    from: 0,
    wrap: inAccounts((account) => ({
      outgoing: over(account.outgoing, {
        save: (pair, entry) =>
          account.outgoing.save(pair, entry.state === 'sent' && entry.sentBytes === undefined ? { ...entry, state: 'done' } : entry),
      }),
    })),
  },
  {
    name: 'forgets at the end of a sync what the device has not acknowledged',
    from: 53,
    wrap: inAccounts((account) => ({
      outgoing: over(account.outgoing, {
        // Asked for together only where what was not delivered is noted as owed.
        list: async (pair, states) => {
          const entries = await account.outgoing.list(pair, states);
          return states?.includes('sent') && states.includes('failed') ? entries.filter(({ state }) => state !== 'sent') : entries;
        },
      }),
    })),
  },
  {
    name: 'takes a deletion for done that it did not do',
    from: 0,
    wrap: inAccounts((account, every) => ({
      items: over(account.items, {
        remove: async (datastore, guid, author) => {
          const stored = await account.items.get(datastore, guid);
          return stored && every(3) ? stored : account.items.remove(datastore, guid, author);
        },
      }),
    })),
  },
];

function removeBelow(folder: string, name: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && entry.name === name) unlinkSync(join(entry.parentPath, entry.name));
  }
}
