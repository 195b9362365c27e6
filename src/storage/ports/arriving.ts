/** What has arrived and does not count yet: items of a refresh, parts of large objects. */
import type { Luid, PairId } from '../../model/ids.js';
import type { ContentRef, ItemFacts, NewItem } from './items.js';

/** An item of a refresh from client, complete and validated, waiting for the client's Final. */
export interface StagedItem extends ItemFacts {
  readonly luid: Luid;
  readonly size: number;
}

export interface StagedReader {
  get(pair: PairId, luid: Luid): Promise<StagedItem | undefined>;
  list(pair: PairId): Promise<readonly StagedItem[]>;
  content(pair: PairId, luid: Luid): Promise<ContentRef | undefined>;
  /** The content itself. */
  bytes(pair: PairId, luid: Luid): Promise<Uint8Array | undefined>;
}

export interface StagedWriter extends StagedReader {
  put(pair: PairId, luid: Luid, item: NewItem): Promise<void>;
  remove(pair: PairId, luid: Luid): Promise<boolean>;
  clear(pair: PairId): Promise<void>;
}

/** The owner of the parts of an item that a pair's open sync is receiving. */
export const chunkOwner = (pair: PairId): string => `pair:${pair}`;

/** Parts of an object that is still being received; `owner` says whose, see `chunkOwner`. */
export interface ChunksReader {
  /** All parts in order, joined. */
  read(owner: string): Promise<Uint8Array>;
}

export interface ChunksWriter extends ChunksReader {
  append(owner: string, bytes: Uint8Array): Promise<void>;
  /** Drops the last part. */
  dropLast(owner: string): Promise<void>;
  clear(owner: string): Promise<void>;
}
