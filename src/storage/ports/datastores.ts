/** Datastores of an account. */
import type { ConflictPolicy } from '../../model/datastore.js';
import type { DatastoreId } from '../../model/ids.js';

export type { ConflictPolicy };

export interface DatastoreRecord {
  readonly id: DatastoreId;
  /** Name in URLs and DevInf, such as `contacts`. Unique in the account. */
  readonly uri: string;
  /** contacts, calendar, tasks, caltasks, notes or opaque. */
  readonly kind: string;
  /** What the configuration said when it was made; rules are in `policies.ts`. */
  readonly policy: ConflictPolicy;
  /** Position of the newest entry of the change log; 0 when empty. */
  readonly position: number;
  /** Log entries up to here are compacted away: an older anchor must slow-sync. */
  readonly floor: number;
}

export interface DatastoresReader {
  byUri(uri: string): Promise<DatastoreRecord | undefined>;
  byId(id: DatastoreId): Promise<DatastoreRecord | undefined>;
  list(): Promise<readonly DatastoreRecord[]>;
}

export interface DatastoresWriter extends DatastoresReader {
  create(uri: string, kind: string, policy: ConflictPolicy): Promise<DatastoreRecord>;
  /** Drops log entries up to `position` (and tombstones no entry names any more) and raises the floor. */
  compact(id: DatastoreId, position: number): Promise<void>;
}
