/**
 * Changed instances of series, which stand inside of the item of their series and go to some devices as items of their own. Each has a GUID from
 * the datastore's counter, so that id maps and outgoing lists name it as they name items. It keeps that as long as its series is known. An
 * instance that is an item of its own is its own series here.
 */
import type { DatastoreId, Guid, PairId } from '../../model/ids.js';

export interface InstanceRow {
  readonly guid: Guid;
  /** The item of its series. */
  readonly series: Guid;
  /** Keyed hash of which instance it is. */
  readonly key: string;
}

export interface InstancesReader {
  byGuid(datastore: DatastoreId, guid: Guid): Promise<InstanceRow | undefined>;
  /** All there have been of a series, in GUID order. */
  ofSeries(datastore: DatastoreId, series: Guid): Promise<readonly InstanceRow[]>;
  /** Items that have, or have had, changed instances, or are one, in GUID order; those that have changed after a position of the log. */
  series(datastore: DatastoreId, since?: number): Promise<readonly Guid[]>;
  /** Those that the pair's map of that epoch names, gone or not, in GUID order. */
  mapped(pair: PairId, epoch: number): Promise<readonly InstanceRow[]>;
}

export interface InstancesWriter extends InstancesReader {
  /** An instance is another one of its series from here on. Where that has one of this key already, nothing changes. */
  rename(datastore: DatastoreId, guid: Guid, key: string): Promise<void>;
  /** @returns its GUID: the one it has, or the datastore's next. */
  put(datastore: DatastoreId, series: Guid, key: string): Promise<Guid>;
}
