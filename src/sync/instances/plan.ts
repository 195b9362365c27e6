/**
 * What goes to a device that gets the changed instances of a series as items of their own: they are put into the list of what goes out, as
 * the items of the log are; and a series goes out again only where something has changed of what the device is shown of it.
 */
import type { DatastoreId, Guid } from '../../model/ids.js';
import type { MapRow } from '../../storage/ports/id-map.js';
import type { InstanceRow } from '../../storage/ports/instances.js';
import type { ItemRecord } from '../../storage/ports/items.js';
import type { OutgoingEntry, OutgoingKind } from '../../storage/ports/outgoing.js';
import type { OpenSync, PairRecord } from '../../storage/ports/pairs.js';
import { contentLeft, getsInstancesApart, heldKeyOf } from '../rendering.js';
import type { SyncWork } from '../work.js';
import { others } from './elsewhere.js';
import type { Instance } from './series-read.js';

/** Copies of one instance that are deleted in one session. */
const MAX_COPIES = 1000;

interface Planning {
  readonly work: SyncWork;
  readonly pair: PairRecord;
  readonly open: OpenSync;
  /** Everything is compared, not only what has changed. */
  readonly all: boolean;
  readonly drop: Set<number>;
  readonly add: Pick<OutgoingEntry, 'guid' | 'kind' | 'luid'>[];
}

/**
 * The list as it was fixed, amended.
 *
 * @param all it was fixed from all items, not from those that have changed.
 */
export async function planInstances(work: SyncWork, pair: PairRecord, open: OpenSync, all: boolean): Promise<void> {
  const { account } = work;
  const mapped = await account.instances.mapped(pair.id, open.epoch);
  const apart = getsInstancesApart(work, pair);
  if (mapped.length === 0 && !apart) return;
  const entries = new Map((await account.outgoing.list(pair.id, ['waiting'])).map((entry) => [entry.guid, entry]));
  const changed = new Set(apart ? await account.instances.series(pair.datastore, all ? 0 : open.base) : []);
  const planning: Planning = { work, pair, open, all, drop: new Set(), add: [] };
  const before = new Map<Guid, InstanceRow[]>();
  for (const one of mapped) before.set(one.series, [...(before.get(one.series) ?? []), one]);
  for (const guid of new Set([...before.keys(), ...changed])) {
    const series = await account.items.get(pair.datastore, guid);
    const held: Held[] = [];
    for (const one of before.get(guid) ?? []) {
      const row = await account.idMap.byGuid(pair.id, open.epoch, one.guid);
      if (row) held.push({ guid: one.guid, row });
    }
    const entry = entries.get(guid);
    if (held.length === 0 && series && (await hasItWhole(planning, series))) continue;
    if (entry?.kind === 'Replace' && series) await leaveAsItIs(planning, entry, series);
    if (!changed.has(guid) && series && !series.deleted && apart && held.every(({ row }) => isAsItWas(planning, row, series))) continue;
    await planOne(planning, apart ? series : undefined, held);
  }
  if (apart) await planOthers(planning, entries);
  if (planning.drop.size + planning.add.length > 0) await account.outgoing.amend(pair.id, planning.drop, planning.add);
}

/** The device sent the series with its instances in it, whatever formats it names: nothing is to be added. */
async function hasItWhole({ work, pair, open }: Planning, { guid, revision, canonicalKey }: ItemRecord): Promise<boolean> {
  const row = await work.account.idMap.byGuid(pair.id, open.epoch, guid);
  return row?.luid !== undefined && row.heldRevision === revision && row.heldKey === canonicalKey;
}

/** A series of which an instance comes or goes as an item of its own is shown with other days. */
async function planOthers(planning: Planning, entries: ReadonlyMap<Guid, OutgoingEntry>): Promise<void> {
  const { work, pair, open, add, drop } = planning;
  const { items, idMap, instances } = work.account;
  if ((await instances.series(pair.datastore)).length === 0) return;
  const listed = new Set([...entries.keys(), ...add.map(({ guid }) => guid)]);
  for (const entry of entries.values()) {
    const item = await items.get(pair.datastore, entry.guid);
    if (item?.seriesKey === undefined) continue;
    if (entry.kind === 'Replace' && !drop.has(entry.seq)) await leaveAsItIs(planning, entry, item);
    for (const other of await others(work, pair, item)) {
      const row = listed.has(other.guid) ? undefined : await idMap.byGuid(pair.id, open.epoch, other.guid);
      listed.add(other.guid);
      if (row?.luid === undefined || row.gone !== undefined || row.soft) continue;
      if (row.heldKey !== (await heldKeyOf(work, pair, other))) add.push({ guid: other.guid, kind: 'Replace' });
    }
  }
}

interface Held {
  readonly guid: Guid;
  readonly row: MapRow;
}

async function planOne(planning: Planning, series: ItemRecord | undefined, held: readonly Held[]): Promise<void> {
  const { work, pair, add } = planning;
  const now = series ? await work.instances.ofSeries(pair.datastore, series) : new Map<Guid, Instance>();
  // Of a series whose content is damaged nothing is known: the device keeps what it has of it.
  const isUnread = now.size === 0 && held.length > 0 && series?.deleted === false;
  if (isUnread && !(await contentLeft(work, pair.datastore, series.guid))) return;
  const rows = new Map(held.map(({ guid, row }) => [guid, row]));
  for (const [guid, { record }] of now) {
    const kind = await kindOf(planning, record, rows.get(guid));
    if (kind) add.push({ guid, kind });
  }
  for (const { guid, row } of held) {
    if (now.has(guid) || row.luid === undefined || row.gone !== undefined) continue;
    add.push({ guid, kind: 'Delete' });
    const copies = await work.account.extraCopies.ofItem(pair.id, planning.open.epoch, guid, MAX_COPIES);
    for (const { luid } of copies) add.push({ guid, kind: 'Delete', luid });
  }
}

/** What `fix` of the outgoing list says of an item. */
async function kindOf(planning: Planning, instance: ItemRecord, row: MapRow | undefined): Promise<OutgoingKind | undefined> {
  if (row?.soft) return undefined;
  if (!row || row.gone !== undefined || planning.all)
    return row?.luid === undefined || row.gone !== undefined ? 'Add' : replaced(planning, instance, row);
  if (row.luid !== undefined) return replaced(planning, instance, row);
  // It went out, and its Map is awaited.
  const isOut = row.owed !== true && (row.pendingRevision !== undefined || row.heldRevision !== undefined);
  return isOut && !(await replaced(planning, instance, { ...row, heldRevision: row.heldRevision ?? row.pendingRevision ?? 0 }))
    ? undefined
    : 'Add';
}

const replaced = async (planning: Planning, instance: ItemRecord, row: MapRow): Promise<'Replace' | undefined> =>
  (await isShownAsBefore(planning, instance, row)) ? undefined : 'Replace';

/** Owed, or held since an anchor that does not count. */
const mustGo = ({ open, pair }: Planning, { owed, heldGeneration = 0 }: MapRow): boolean =>
  owed === true || (open.redoAfter !== undefined && heldGeneration > open.redoAfter && heldGeneration <= (pair.current?.generation ?? 0));

const isAsItWas = (planning: Planning, row: MapRow, { revision }: ItemRecord): boolean =>
  row.gone === undefined && row.heldRevision === revision && !mustGo(planning, row);

/** Would the device get now what it got of the revision it holds? Then it holds this one. */
async function isShownAsBefore(planning: Planning, item: ItemRecord, row: MapRow): Promise<boolean> {
  const { work, pair, open } = planning;
  if (mustGo(planning, row) || row.heldRevision === undefined) return false;
  if (row.heldRevision === item.revision) return true;
  const now = await heldKeyOf(work, pair, item);
  if (now === undefined || (now !== row.heldKey && now !== (await heldKeyOf(work, pair, item, row.heldRevision)))) return false;
  await work.account.idMap.put(pair.id, open.epoch, { ...row, heldRevision: item.revision });
  return true;
}

/** What has changed of the series are its instances. */
async function leaveAsItIs(planning: Planning, entry: OutgoingEntry, series: ItemRecord): Promise<void> {
  const row = await planning.work.account.idMap.byGuid(planning.pair.id, planning.open.epoch, series.guid);
  if (row && (await isShownAsBefore(planning, series, row))) planning.drop.add(entry.seq);
}

/** An instance was written from one revision of its series to the next: who held the rest of the one, holds that of the other. */
export async function goOnHolding(
  work: SyncWork,
  pairs: readonly PairRecord[],
  change: { datastore: DatastoreId; series: Guid; instance: Guid; from: number; to: number },
): Promise<void> {
  const { idMap, instances } = work.account;
  for (const { id, datastore, open } of pairs) {
    if (datastore !== change.datastore || !open) continue;
    const others = await instances.ofSeries(datastore, change.series);
    const guids = [change.series, ...others.map((one) => one.guid)].filter((guid) => guid !== change.instance);
    for (const epoch of [open.epoch, ...(open.hints ?? []).map((hint) => hint.epoch)])
      for (const guid of guids) {
        const row = await idMap.byGuid(id, epoch, guid);
        if (row?.heldRevision === change.from) await idMap.put(id, epoch, { ...row, heldRevision: change.to });
      }
  }
}
