/** The journal of conflicts. */
import type { DatastoreId, DeviceId, Guid } from '../../model/ids.js';

export interface ConflictRecord {
  readonly id: number;
  readonly at: number;
  readonly datastore: DatastoreId;
  readonly guid: Guid;
  readonly device?: DeviceId;
  /** What met: `update-update`, `update-delete`, `delete-update`, `slow-match`, `refresh`, `archive`. */
  readonly cause: string;
  /** `client`, `server`, `both`: whose version stands; `merged`: of some fields the one's, of some the other's. */
  readonly decision: string;
  /** Revision of the item after the decision. */
  readonly revision: number;
  readonly type: string;
  /** Names of the fields that lost; undefined: the whole item. */
  readonly fields?: readonly string[];
  /** Groups the entries of one refresh, so that they can be undone together. */
  readonly batch?: string;
  readonly undoneAt?: number;
}

export interface ConflictsReader {
  /** Newest first. */
  list(options?: { datastore?: DatastoreId; limit?: number }): Promise<readonly ConflictRecord[]>;
  get(id: number): Promise<ConflictRecord | undefined>;
  /** `lost`: the content that does not stand; `kept`: the one that does, where there is one. */
  content(id: number): Promise<{ readonly lost?: Uint8Array; readonly kept?: Uint8Array }>;
}

export interface ConflictsWriter extends ConflictsReader {
  add(entry: Omit<ConflictRecord, 'id' | 'undoneAt'>, content: { lost?: Uint8Array; kept?: Uint8Array }): Promise<number>;
  markUndone(id: number, at: number): Promise<void>;
}
