/** A user's datastores as an operator sees them. */
import type { ConflictPolicy, DatastoreRecord } from '../../storage/ports/datastores.js';
import type { Store } from '../../storage/ports/store.js';
import { findDatastore, findUser } from './context.js';

export interface DatastoreSummary {
  readonly uri: string;
  readonly kind: string;
  readonly policy: ConflictPolicy;
  readonly items: number;
  /** Position of the newest change. */
  readonly position: number;
  /** Devices that have synced it. */
  readonly devices: number;
  /** Milliseconds since 1970. */
  readonly lastSyncAt?: number;
}

/** @throws {UserError} when there is no such user. */
export async function listDatastores(store: Store, user: string): Promise<readonly DatastoreSummary[]> {
  return store.read(async (tx) => {
    const own = tx.account((await findUser(tx, user)).id);
    const summarise = async (datastore: DatastoreRecord): Promise<DatastoreSummary> => {
      const pairs = await own.pairs.ofDatastore(datastore.id);
      const lastSyncAt = Math.max(0, ...pairs.map((pair) => pair.lastSync?.at ?? 0));
      const { uri, kind, policy, position } = datastore;
      const devices = new Set(pairs.map((pair) => pair.device)).size;
      const items = await own.items.count(datastore.id);
      return { uri, kind, policy, items, position, devices, ...(lastSyncAt === 0 ? {} : { lastSyncAt }) };
    };
    const all: DatastoreSummary[] = [];
    for (const datastore of await own.datastores.list()) all.push(await summarise(datastore));
    return all;
  });
}

/** What stands when two sides changed the same. @throws {UserError} when user or datastore do not exist. */
export async function setPolicy(store: Store, user: string, uri: string, policy: ConflictPolicy): Promise<void> {
  await store.transact(async (tx) => {
    const own = tx.account((await findUser(tx, user)).id);
    await own.datastores.setPolicy((await findDatastore(own, uri)).id, policy);
  });
}
