/** What goes out to a device in the running sync. */
import type { DatastoreId, Guid, Luid, PairId } from '../../model/ids.js';

export type OutgoingKind = 'Add' | 'Replace' | 'Delete';

/** One entry of the list that is fixed at the client's Final. */
export interface OutgoingEntry {
  readonly seq: number;
  readonly guid: Guid;
  readonly kind: OutgoingKind;
  /** Of a Delete: the LUID of another copy of the item, see `ExtraCopy`; undefined: the one in the map. */
  readonly luid?: Luid;
  /** waiting → sent (Status expected; a large object stays here between chunks) → done | failed (stays owed). */
  readonly state: 'waiting' | 'sent' | 'done' | 'failed';
  /** Where it went out: our MsgID and CmdID, and the revision it was rendered from. */
  readonly msgId?: number;
  readonly cmdId?: number;
  readonly revision?: number;
  /** Bytes of a large object that went out, and how many of them were acknowledged with 213. */
  readonly sentBytes?: number;
  readonly ackedBytes?: number;
}

export interface FixOptions {
  readonly datastore: DatastoreId;
  readonly pair: PairId;
  readonly epoch: number;
  /** `changes`: log entries after `since`, owed rows, and rows held after generation `redoAfter` up to `redoUpTo`. `all`: every live item and every mapped one. */
  readonly scope: 'changes' | 'all';
  readonly since?: number;
  readonly redoAfter?: number;
  /** The last generation that counts as unknown: rows held in the running sync do not. */
  readonly redoUpTo?: number;
}

export interface OutgoingReader {
  /** Entries in state `waiting`, then those in `sent`. */
  remaining(pair: PairId): Promise<{ readonly waiting: number; readonly sent: number }>;
  /** Entries in state `waiting`, in order. */
  next(pair: PairId, limit: number): Promise<readonly OutgoingEntry[]>;
  /** Waiting entries (no Deletes) whose item is bigger than `bytes`. */
  oversized(pair: PairId, datastore: DatastoreId, bytes: number): Promise<readonly OutgoingEntry[]>;
  byCommand(pair: PairId, msgId: number, cmdId: number): Promise<OutgoingEntry | undefined>;
  /** In order; only those in `states`, when given. */
  list(pair: PairId, states?: readonly OutgoingEntry['state'][]): Promise<readonly OutgoingEntry[]>;
}

export interface OutgoingWriter extends OutgoingReader {
  /**
   * Clears and rebuilds the list: a live item without a row or without a LUID is an Add; one whose held revision is not its
   * revision (or counts as unknown) a Replace; a deleted one the device holds a Delete, and one for each other copy of it. Deletes first, then Replaces, then Adds,
   * each in GUID order. Soft rows give nothing but Deletes; a gone row counts as none. An owed row that holds the item as it is gives nothing.
   * Changed instances of series are left to `amend`.
   * @returns the number of entries. @throws {Error} for `changes` when the log no longer reaches back to `since` (see `floor`).
   */
  fix(options: FixOptions): Promise<number>;
  /** Takes entries out of a list of which nothing has been sent, by number, and puts others in; the order is that of `fix`. Numbers change. */
  amend(pair: PairId, drop: ReadonlySet<number>, add: readonly Pick<OutgoingEntry, 'guid' | 'kind' | 'luid'>[]): Promise<void>;
  save(pair: PairId, entry: OutgoingEntry): Promise<void>;
  /** Entries sent and not answered wait again, without MsgID and CmdID; of a large object only what was acknowledged counts as sent. */
  rewind(pair: PairId): Promise<void>;
  clear(pair: PairId): Promise<void>;
}
