/** What a device is believed to hold. */
import type { Guid, Luid, PairId } from '../../model/ids.js';

/** One row of a pair's id map: what the device is believed to hold. One-to-one in both directions within an epoch. */
export interface MapRow {
  readonly guid: Guid;
  /** Undefined: our Add went out and no Map has named the LUID yet. */
  readonly luid?: Luid;
  /** The revision the device sent and we accepted, or that it acknowledged. */
  readonly heldRevision?: number;
  /** Canonical key of what it holds. */
  readonly heldKey?: string;
  /** Anchor generation during which held was set. */
  readonly heldGeneration?: number;
  /** Sent, no Status yet. */
  readonly pendingRevision?: number;
  /** Must go out in the next sync whatever the log says. */
  readonly owed?: boolean;
  /** Anchor generation in which the pair was deleted on the device; the row stays for two generations. */
  readonly gone?: number;
  /** Soft-deleted on the device: no updates are sent. */
  readonly soft?: boolean;
  /** It was given the item without its pictures and sounds, for want of room, and has sent none since. */
  readonly withoutMedia?: boolean;
}

export interface IdMapReader {
  byLuid(pair: PairId, epoch: number, luid: Luid): Promise<MapRow | undefined>;
  byGuid(pair: PairId, epoch: number, guid: Guid): Promise<MapRow | undefined>;
  /** Rows that are not gone. */
  count(pair: PairId, epoch: number): Promise<number>;
  list(pair: PairId, epoch: number): Promise<readonly MapRow[]>;
  /** Rows without a LUID: our Adds whose Map has not come. */
  unmapped(pair: PairId, epoch: number): Promise<readonly MapRow[]>;
}

export interface IdMapWriter extends IdMapReader {
  /** Writes the row of `row.guid`; another row of the same LUID in this epoch loses its LUID (gone rows are dropped). */
  put(pair: PairId, epoch: number, row: MapRow): Promise<void>;
  remove(pair: PairId, epoch: number, guid: Guid): Promise<void>;
  /** Drops all epochs but these, and rows gone before `goneBefore`. */
  keepEpochs(pair: PairId, epochs: readonly number[], goneBefore: number): Promise<void>;
}
