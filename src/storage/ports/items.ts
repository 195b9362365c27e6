/** Items, their revisions and the change log. */
import type { DatastoreId, DeviceId, Guid, PairId } from '../../model/ids.js';

/** Content to be written: inline, or a blob that was put before the row that names it. */
export type ContentRef =
  { readonly kind: 'inline'; readonly bytes: Uint8Array } | { readonly kind: 'blob'; readonly name: string; readonly size: number };

/** What is stored of an item beside its content. */
export interface ItemFacts {
  /** Media type as received, with its version parameterless: `text/x-vcard`. */
  readonly type: string;
  /** Keyed hash of the canonical form. */
  readonly canonicalKey: string;
  /** Keyed hash of the identity, where the type has one. */
  readonly identityKey?: string;
  /** Keyed hash of what items have in common that may be one thing, where the type has such. */
  readonly looseKey?: string;
  /** Keyed hash of the UID that a series and its changed instances have in common, where that is an item of one of them. */
  readonly seriesKey?: string;
  /** `REV` or `LAST-MODIFIED` of the content as UTC basic stamp, where it has one. */
  readonly modified?: string;
}

export interface ItemRecord extends ItemFacts {
  readonly guid: Guid;
  /** 1 when created, +1 with every change and deletion. */
  readonly revision: number;
  /** Bytes. */
  readonly size: number;
  readonly deleted: boolean;
  readonly changedAt: number;
  /** Device of the last change; undefined: the operator. */
  readonly changedBy?: DeviceId;
}

export interface NewItem extends ItemFacts {
  /** Keyed hashes of which instances of a series it changes: each gets a GUID of its own. */
  readonly instances?: readonly string[];
  readonly content: ContentRef;
}

export interface Author {
  readonly device?: DeviceId;
  readonly now: number;
}

export interface ItemsReader {
  /** Tombstones too. */
  get(datastore: DatastoreId, guid: Guid): Promise<ItemRecord | undefined>;
  /** The newest content, or that of an older revision while it is kept; undefined where there is none (deleted, swept). */
  content(datastore: DatastoreId, guid: Guid, revision?: number): Promise<Uint8Array | undefined>;
  /** Live items in GUID order (length, then text), after `after`. */
  list(datastore: DatastoreId, options?: { after?: Guid; limit?: number }): Promise<readonly ItemRecord[]>;
  count(datastore: DatastoreId): Promise<number>;
  /** Live items of this key that have no row in the pair's map of that epoch, oldest first, at most `limit`. */
  listUnmapped(
    datastore: DatastoreId,
    by: 'canonical' | 'identity' | 'loose',
    key: string,
    pair: PairId,
    epoch: number,
    limit: number,
  ): Promise<readonly ItemRecord[]>;
  /** Live items of this key that the pair's map of that epoch has a LUID for, oldest first, at most `limit`. */
  listMapped(
    datastore: DatastoreId,
    by: 'canonical' | 'identity',
    key: string,
    pair: PairId,
    epoch: number,
    limit: number,
  ): Promise<readonly ItemRecord[]>;
  /** Live items of this series key, oldest first, at most `limit`. */
  listSeries(datastore: DatastoreId, key: string, limit: number): Promise<readonly ItemRecord[]>;
  /** The oldest live item of this key that has no row in the pair's map of that epoch. */
  findUnmapped(
    datastore: DatastoreId,
    by: 'canonical' | 'identity',
    key: string,
    pair: PairId,
    epoch: number,
  ): Promise<ItemRecord | undefined>;
}

export interface ItemsWriter extends ItemsReader {
  /** Takes the next GUID, writes the item at revision 1 and logs it. */
  create(datastore: DatastoreId, item: NewItem, author: Author): Promise<ItemRecord>;
  /** Writes the next revision (also over a tombstone, which comes back to life), keeps the old one as a version, logs it. */
  replace(datastore: DatastoreId, guid: Guid, item: NewItem, author: Author): Promise<ItemRecord>;
  /** Leaves a tombstone (size 0, the facts stay) at the next revision, keeps the old one as a version, logs it. Of a tombstone: changes nothing. */
  remove(datastore: DatastoreId, guid: Guid, author: Author): Promise<ItemRecord>;
}
