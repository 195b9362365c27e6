/** A user's datastores as an operator sees them. */
import type { ConflictPolicy, DatastoreRecord } from '../../storage/ports/datastores.js';
import type { Store } from '../../storage/ports/store.js';
import { rulingFor, type PolicySetting } from '../policy.js';
import { findUser } from './context.js';

export interface DatastoreSummary {
  readonly uri: string;
  readonly kind: string;
  /** For normal syncs of devices that have no rule of their own. */
  readonly policy: ConflictPolicy;
  readonly items: number;
  /** Position of the newest change. */
  readonly position: number;
  /** Devices that have synced it. */
  readonly devices: number;
  /** Milliseconds since 1970. */
  readonly lastSyncAt?: number;
}

/** @param settings of the configuration. @throws {UserError} when there is no such user. */
export async function listDatastores(
  store: Store,
  user: string,
  settings: readonly PolicySetting[] = [],
): Promise<readonly DatastoreSummary[]> {
  return store.read(async (tx) => {
    const own = tx.account((await findUser(tx, user)).id);
    const rules = await own.policies.list();
    const summarise = async (datastore: DatastoreRecord): Promise<DatastoreSummary> => {
      const pairs = await own.pairs.ofDatastore(datastore.id);
      const lastSyncAt = Math.max(0, ...pairs.map((pair) => pair.lastSync?.at ?? 0));
      const { id, uri, kind, position } = datastore;
      const setting = settings.find((each) => each.uri === uri);
      const { policy } = rulingFor(rules, setting, { datastore: id, sync: 'normal' }, datastore.policy);
      const devices = new Set(pairs.map((pair) => pair.device)).size;
      const items = await own.items.count(datastore.id);
      return { uri, kind, policy, items, position, devices, ...(lastSyncAt === 0 ? {} : { lastSyncAt }) };
    };
    const all: DatastoreSummary[] = [];
    for (const datastore of await own.datastores.list()) all.push(await summarise(datastore));
    return all;
  });
}
