/**
 * Changed instances of series as items: to whatever works with items they are items, with GUIDs of their own and the revisions of their series.
 * Reading one reads the instance out of the item of its series; writing or removing one changes that. All that holds for items in a sync
 * (matching, conflicts, Status and Map, interruptions) so holds for them.
 */
import { convert } from '../../content/conversion/convert.js';
import { describe } from '../../content/describe.js';
import { instancesIn, recurrenceId, withInstance, withoutInstance } from '../../content/series/instances.js';
import { firstWithoutItsSeries, loneInstance, withoutItsSeries } from '../../content/series/lone.js';
import { instancesFollowed, type Followed } from '../../content/series/moved.js';
import type { DatastoreId, Guid, PairId } from '../../model/ids.js';
import type { InstanceRow } from '../../storage/ports/instances.js';
import type { Author, ItemRecord, ItemsWriter, NewItem } from '../../storage/ports/items.js';
import type { AccountWriter } from '../../storage/ports/store.js';
import { bytesAtHand, instanceKey, keyedFacts, prepareNow } from '../prepare.js';
import { ReadWhenAsked, SeriesRead, type Instance } from './series-read.js';

export interface InstanceRules {
  /** Does this pair's device get instances as items of their own? */
  readonly apart: (pair: PairId) => Promise<boolean>;
  /** Does a store of the device that is syncing with this datastore? */
  readonly showsApart: (datastore: DatastoreId) => boolean;
  /** Where the device is whose items are written, an IANA name. */
  readonly home: () => string | undefined;
  /** What the syncing device had as an instance is an item of its own from here on. */
  readonly released: (datastore: DatastoreId, instance: Guid) => Promise<void>;
  /** A change of an instance has moved its series from one revision to the next, and nothing else of it has changed. */
  readonly moved: (datastore: DatastoreId, series: Guid, instance: Guid, from: number, to: number) => Promise<void>;
}

/** Revisions of a series that are looked at for an instance that is none any more. */
const MAX_OLDER = 16;

type Found = { readonly datastore: DatastoreId; readonly row: InstanceRow; readonly series: ItemRecord };
type KeyName = 'canonicalKey' | 'identityKey' | 'looseKey';

export class ItemsWithInstances implements ItemsWriter {
  readonly #account: AccountWriter;
  readonly #rules: InstanceRules;
  readonly #known = new Map<string, ReadonlyMap<Guid, Instance>>();
  readonly #read: SeriesRead;
  readonly #all = new Map<DatastoreId, readonly Instance[]>();

  /** @param account as the store has it. */
  constructor(account: AccountWriter, rules: InstanceRules) {
    this.#account = account;
    this.#rules = rules;
    this.#read = new SeriesRead(account);
  }

  /** What was read may not be so any more. */
  forget(): void {
    this.#known.clear();
    this.#read.forget();
    this.#all.clear();
  }

  /** The instances of a series as it is now, by GUID; none of what is deleted, or no series. */
  async ofSeries(datastore: DatastoreId, series: ItemRecord): Promise<ReadonlyMap<Guid, Instance>> {
    if (series.deleted) return new Map();
    const key = `${datastore} ${series.guid} ${series.revision}`;
    const known = this.#known.get(key) ?? (await this.#instancesOf(datastore, series));
    this.#known.set(key, known);
    return known;
  }

  async get(datastore: DatastoreId, guid: Guid): Promise<ItemRecord | undefined> {
    const item = await this.#account.items.get(datastore, guid);
    if (item) return item;
    const found = await this.#find(datastore, guid);
    if (!found) return undefined;
    return (await this.ofSeries(datastore, found.series)).get(guid)?.record ?? removed(found);
  }

  async content(datastore: DatastoreId, guid: Guid, revision?: number): Promise<Uint8Array | undefined> {
    const own = await this.#account.items.content(datastore, guid, revision);
    const found = own ? undefined : await this.#find(datastore, guid);
    if (!found) return own;
    const { series } = found;
    if (revision === undefined || revision === series.revision) return (await this.ofSeries(datastore, series)).get(guid)?.content;
    return (await this.#read.of(datastore, series, revision))?.instances.get(found.row.key)?.alone();
  }

  async create(datastore: DatastoreId, item: NewItem, author: Author): Promise<ItemRecord> {
    this.#all.delete(datastore);
    return this.#account.items.create(datastore, item, author);
  }

  /** What cannot be an instance any more, a series itself or a task, becomes an item of its own, under another GUID. */
  async replace(datastore: DatastoreId, guid: Guid, item: NewItem, author: Author): Promise<ItemRecord> {
    this.#all.delete(datastore);
    const found = await this.#find(datastore, guid);
    if (!found) return this.#replaceSeries(datastore, guid, item, author);
    const bytes = bytesAtHand(item.content);
    const whole = bytes && (await this.#withInstance(found, bytes, item.type));
    if (whole && (await this.#write(found, whole, author))) return (await this.get(datastore, guid)) ?? removed(found);
    const created = await this.#account.items.create(datastore, item, author);
    await this.remove(datastore, guid, author);
    // The device has the item by this GUID: should the instance come back, it is another one.
    await this.#account.instances.rename(datastore, guid, instanceKey(this.#account, `became ${created.guid}`));
    await this.#rules.released(datastore, guid);
    return created;
  }

  /**
   * A device that has the instances apart has moved their series: they follow, in a revision of their own. @returns the revision it meant.
   */
  async #replaceSeries(datastore: DatastoreId, guid: Guid, item: NewItem, author: Author): Promise<ItemRecord> {
    const { items, instances } = this.#account;
    const bytes = (item.instances?.length ?? 0) > 0 && this.#rules.showsApart(datastore) ? bytesAtHand(item.content) : undefined;
    const followed = bytes && (await this.#followed(datastore, guid, bytes, item.type));
    const prepared = followed && prepareNow(this.#account, followed.bytes, { type: item.type }, false);
    const meant = await items.replace(datastore, guid, item, author);
    if (prepared?.kind !== 'ready') return meant;
    const rows = new Map((await instances.ofSeries(datastore, guid)).map((row) => [row.key, row.guid]));
    for (const [from, to] of followed?.names ?? []) {
      const one = rows.get(instanceKey(this.#account, from));
      if (one !== undefined) await instances.rename(datastore, one, instanceKey(this.#account, to));
    }
    const after = await items.replace(datastore, guid, prepared.item, author);
    await this.#rules.moved(datastore, guid, guid, meant.revision - 1, after.revision);
    return meant;
  }

  /** Merging an edit takes two revisions, and as many again when the first of them was followed: the merged item is one of those before them, moved. */
  async #followed(datastore: DatastoreId, guid: Guid, bytes: Uint8Array, type: string): Promise<Followed | undefined> {
    const series = await this.#account.items.get(datastore, guid);
    for (let back = 0; series && !series.deleted && back <= 2 && series.revision > back; back += 1) {
      const before = await this.#read.opened(datastore, guid, series.revision - back);
      const followed = before && instancesFollowed(before, bytes, type);
      if (followed) return followed;
      if (before && instancesIn(before, type).join() === instancesIn(bytes, type).join() && back === 0) return undefined;
    }
    return undefined;
  }

  async remove(datastore: DatastoreId, guid: Guid, author: Author): Promise<ItemRecord> {
    this.#all.delete(datastore);
    const found = await this.#find(datastore, guid);
    if (!found) return this.#account.items.remove(datastore, guid, author);
    const whole = await this.#withoutInstance(found);
    if (whole) await this.#write(found, whole, author);
    return (await this.get(datastore, guid)) ?? removed(found);
  }

  list(datastore: DatastoreId, options?: { after?: Guid; limit?: number }): Promise<readonly ItemRecord[]> {
    return this.#account.items.list(datastore, options);
  }

  count(datastore: DatastoreId): Promise<number> {
    return this.#account.items.count(datastore);
  }

  listSeries(...args: Parameters<ItemsWriter['listSeries']>): Promise<readonly ItemRecord[]> {
    return this.#account.items.listSeries(...args);
  }

  listMapped(...args: Parameters<ItemsWriter['listMapped']>): Promise<readonly ItemRecord[]> {
    return this.#account.items.listMapped(...args);
  }

  async findUnmapped(
    datastore: DatastoreId,
    by: 'canonical' | 'identity',
    key: string,
    pair: PairId,
    epoch: number,
  ): Promise<ItemRecord | undefined> {
    return (await this.listUnmapped(datastore, by, key, pair, epoch, 1))[0];
  }

  async listUnmapped(
    datastore: DatastoreId,
    by: 'canonical' | 'identity' | 'loose',
    key: string,
    pair: PairId,
    epoch: number,
    limit: number,
  ): Promise<readonly ItemRecord[]> {
    const found = [...(await this.#account.items.listUnmapped(datastore, by, key, pair, epoch, limit))];
    if (found.length >= limit || !(await this.#rules.apart(pair))) return found;
    for (const { record } of await this.#everyOne(datastore)) {
      const isNew = found.length < limit && !found.some(({ guid }) => guid === record.guid);
      if (isNew && record[`${by}Key` satisfies KeyName] === key)
        if ((await this.#account.idMap.byGuid(pair, epoch, record.guid)) === undefined) found.push(record);
    }
    return found;
  }

  /**
   * What the item of the series would be with this in place of the instance, or without it; undefined where `guid` is no instance, or it cannot be.
   */
  async whole(datastore: DatastoreId, guid: Guid, bytes: Uint8Array | undefined, type: string): Promise<Uint8Array | undefined> {
    const found = await this.#find(datastore, guid);
    if (!found) return undefined;
    return bytes ? this.#withInstance(found, bytes, type) : this.#withoutInstance(found);
  }

  /** An instance that is an item of its own, or the first in an item of nothing but instances, named as a device would name it that is not told so. */
  async #lone(datastore: DatastoreId, item: ItemRecord): Promise<Instance | undefined> {
    const bytes = (await this.#read.of(datastore, item, item.revision))?.bytes;
    const content =
      bytes && (loneInstance(bytes, item.type) ? withoutItsSeries(bytes, item.type) : firstWithoutItsSeries(bytes, item.type));
    if (!content) return undefined;
    const { identityKey } = this.#recordOf(item, item.guid, content);
    return { content, record: { ...item, ...(identityKey === undefined ? {} : { identityKey }) } };
  }

  async #everyOne(datastore: DatastoreId): Promise<readonly Instance[]> {
    const known = this.#all.get(datastore);
    if (known) return known;
    const all: Instance[] = [];
    for (const guid of await this.#account.instances.series(datastore)) {
      const series = await this.#account.items.get(datastore, guid);
      const instances = series ? await this.ofSeries(datastore, series) : new Map<Guid, Instance>();
      const lone = series && !series.deleted ? await this.#lone(datastore, series) : undefined;
      all.push(...instances.values(), ...(lone ? [lone] : []));
    }
    this.#all.set(datastore, all);
    return all;
  }

  async #find(datastore: DatastoreId, guid: Guid): Promise<Found | undefined> {
    const row = await this.#account.instances.byGuid(datastore, guid);
    const series = row && (await this.#account.items.get(datastore, row.series));
    return row && series && { datastore, row, series };
  }

  async #instancesOf(datastore: DatastoreId, series: ItemRecord): Promise<ReadonlyMap<Guid, Instance>> {
    const found = new Map<Guid, Instance>();
    const rows = await this.#account.instances.ofSeries(datastore, series.guid);
    const content = rows.length === 0 ? undefined : await this.#read.of(datastore, series, series.revision);
    const guids = new Map(rows.map(({ key, guid }) => [key, guid]));
    for (const [key, { alone }] of content?.instances ?? []) {
      const guid = guids.get(key);
      if (guid !== undefined) found.set(guid, new ReadWhenAsked(alone, (bytes) => this.#recordOf(series, guid, bytes)));
    }
    return found;
  }

  #recordOf({ type, revision, changedAt, changedBy }: ItemRecord, guid: Guid, content: Uint8Array): ItemRecord {
    const { canonical, identity, loose, modified } = describe(content, type);
    const facts = keyedFacts(this.#account, { type, canonical, identity, loose, modified, instances: [], series: undefined });
    return { ...facts, guid, revision, size: content.length, deleted: false, changedAt, ...(changedBy === undefined ? {} : { changedBy }) };
  }

  async #withInstance({ datastore, row, series }: Found, alone: Uint8Array, type: string): Promise<Uint8Array | undefined> {
    const now = series.deleted ? undefined : await this.#read.of(datastore, series, series.revision);
    const modern = type === series.type ? alone : convert(alone, type, 'ical20', this.#rules.home());
    if (!now || !modern) return undefined;
    const there = now.instances.get(row.key);
    if (there) return withInstance(now.bytes, series.type, there.name, modern);
    // It was taken out of the series: an older revision says where it belongs.
    for (let revision = series.revision - 1; revision > 0 && revision >= series.revision - MAX_OLDER; revision -= 1) {
      const older = await this.#read.of(datastore, series, revision);
      const was = older?.instances.get(row.key);
      if (older && was) return withInstance(now.bytes, series.type, was.name, modern, recurrenceId(older.bytes, series.type, was.name));
    }
    return undefined;
  }

  async #withoutInstance({ datastore, row, series }: Found): Promise<Uint8Array | undefined> {
    const now = series.deleted ? undefined : await this.#read.of(datastore, series, series.revision);
    const there = now?.instances.get(row.key);
    return now && there && withoutInstance(now.bytes, series.type, there.name);
  }

  async #write({ datastore, row, series }: Found, whole: Uint8Array, author: Author): Promise<boolean> {
    const prepared = prepareNow(this.#account, whole, { type: series.type }, false);
    if (prepared.kind !== 'ready') return false;
    const after = await this.#account.items.replace(datastore, series.guid, prepared.item, author);
    await this.#rules.moved(datastore, series.guid, row.guid, series.revision, after.revision);
    return true;
  }
}

/** An instance that is none any more, as the tombstone of an item. */
const removed = ({ row, series }: Found): ItemRecord => ({
  guid: row.guid,
  type: series.type,
  canonicalKey: row.key,
  revision: series.revision,
  size: 0,
  deleted: true,
  changedAt: series.changedAt,
  ...(series.changedBy === undefined ? {} : { changedBy: series.changedBy }),
});
