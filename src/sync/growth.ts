/**
 * The growth guard: a device that keeps adding what it has already is not let multiply it on every other device. Nothing it sends is lost: only
 * items that say nothing beyond one the device holds are caught, and each stays known by its LUID as another copy of that one. A copy that is edited
 * becomes an item of its own; one that is deleted takes no item with it while there is another.
 */
import { mergeItems } from '../content/merging/merge.js';
import type { Luid } from '../model/ids.js';
import type { MapRow } from '../storage/ports/id-map.js';
import type { ItemRecord, NewItem } from '../storage/ports/items.js';
import type { Growth } from '../storage/ports/pairs.js';
import type { Place } from './change.js';
import { bytesAtHand, keyOf } from './prepare.js';
import { contentOf } from './rendering.js';
import { countriesOf } from './whereabouts.js';

/** When a device is stopped; `least`: look-alikes it may bring in any case within a day, `percent` of what it brings. */
export interface GrowthRules {
  readonly guard: boolean;
  readonly least: number;
  readonly percent: number;
}

export const GROWTH_RULES: GrowthRules = { guard: true, least: 20, percent: 50 };

const DAY_MS = 86_400_000;
/** So long after its last look-alike a device that was stopped is trusted again. */
const REST_MS = 7 * DAY_MS;

/** Counts an item that arrives as new, or in a slow sync. */
export async function countArrival(place: Place): Promise<void> {
  const { work } = place;
  const pair = await work.pair(place.pair.id);
  const growth = current(pair.growth, work.options.now);
  work.save({ ...pair, growth: { ...growth, arrived: growth.arrived + 1 } });
}

function current(growth: Growth | undefined, now: number): Growth {
  const isOver = growth?.stoppedAt === undefined ? now - (growth?.since ?? 0) > DAY_MS : now - growth.lastAt > REST_MS;
  return growth && !isOver ? growth : { since: now, lastAt: 0, arrived: 0, alike: 0 };
}

/**
 * Is an item that would be made a copy of one the device holds, and one too many? Then it is known as such from here on.
 * @returns false: the item is to be made.
 */
export async function isOneTooMany(place: Place, luid: Luid, item: NewItem): Promise<boolean> {
  const { work, pair, open } = place;
  const held = await heldAlready(place, item);
  if (!held) return false;
  const rules = work.options.growth ?? GROWTH_RULES;
  const fresh = await work.pair(pair.id);
  const before = current(fresh.growth, work.options.now);
  const alike = before.alike + 1;
  const isTooMuch = alike > rules.least && alike * 100 > rules.percent * before.arrived;
  const stoppedAt = before.stoppedAt ?? (isTooMuch ? work.options.now : undefined);
  const isStopped = rules.guard && (stoppedAt !== undefined || (await wasKnown(place, luid, item)));
  const growth: Growth = { ...before, alike, lastAt: work.options.now, ...(rules.guard && stoppedAt !== undefined ? { stoppedAt } : {}) };
  work.save({ ...fresh, growth });
  if (isTooMuch && before.stoppedAt === undefined)
    work.options.note(rules.guard ? 'growth-stopped' : 'growth-noticed', {
      pair: pair.id,
      device: work.device.uri,
      datastore: place.datastore.uri,
      alike,
      arrived: before.arrived,
    });
  if (!isStopped) return false;
  await work.account.extraCopies.put(pair.id, open.epoch, { luid, guid: held.guid, key: item.canonicalKey });
  return true;
}

/** Items of one identity that are looked at. */
const MAX_ALIKE = 8;

/** The item the device holds that says all this one does. */
async function heldAlready(place: Place, item: NewItem): Promise<ItemRecord | undefined> {
  const { work, pair, open, datastore } = place;
  const { items } = work.account;
  const [equal] = await items.listMapped(datastore.id, 'canonical', item.canonicalKey, pair.id, open.epoch, 1);
  if (equal || item.identityKey === undefined) return equal;
  for (const alike of await items.listMapped(datastore.id, 'identity', item.identityKey, pair.id, open.epoch, MAX_ALIKE))
    if (await saysAll(place, alike, item)) return alike;
  return undefined;
}

async function saysAll({ work, datastore }: Place, held: ItemRecord, item: NewItem): Promise<boolean> {
  const theirs = bytesAtHand(item.content);
  const ours = theirs && (await contentOf(work, datastore.id, held));
  if (!theirs || !ours) return false;
  const merged = mergeItems(
    undefined,
    { bytes: ours, type: held.type },
    { bytes: theirs, type: item.type },
    { pick: () => 'ours', countries: countriesOf(work) },
  );
  return merged?.lost.theirs.length === 0 && keyOf(work.account, merged.bytes, held.type) === held.canonicalKey;
}

/** In a slow sync the device brings its copies again, and what it has them of: a copy that came first may have taken the place of that. */
async function wasKnown({ work, pair, open }: Place, luid: Luid, item: NewItem): Promise<boolean> {
  const { extraCopies, idMap } = work.account;
  for (const { epoch } of open.hints ?? []) {
    if (await extraCopies.byLuid(pair.id, epoch, luid)) return true;
    const row = await idMap.byLuid(pair.id, epoch, luid);
    if (row?.gone === undefined && row?.heldKey === item.canonicalKey && (await idMap.byGuid(pair.id, open.epoch, row.guid))) return true;
  }
  return false;
}

/** What the device says of a copy. @returns `same`: it is as it was; `none`: the LUID is none, or has just become an item of its own. */
export async function copyArrives({ work, pair, open }: Place, luid: Luid, item: NewItem): Promise<'same' | 'none'> {
  const { extraCopies } = work.account;
  const copy = await extraCopies.byLuid(pair.id, open.epoch, luid);
  if (!copy) return 'none';
  if (copy.key === item.canonicalKey) return 'same';
  await extraCopies.remove(pair.id, open.epoch, luid);
  return 'none';
}

/** The device has deleted a copy. @returns whether the LUID was one. */
export async function copyDeleted({ work, pair, open }: Place, luid: Luid): Promise<boolean> {
  const { extraCopies } = work.account;
  if (!(await extraCopies.byLuid(pair.id, open.epoch, luid))) return false;
  await extraCopies.remove(pair.id, open.epoch, luid);
  return true;
}

/** The item's own LUID is gone from the device: another copy stands for it. @returns its row; undefined when there is no other. */
export async function nextCopy({ work, pair, open }: Pick<Place, 'work' | 'pair' | 'open'>, row: MapRow): Promise<MapRow | undefined> {
  const { extraCopies } = work.account;
  const [copy] = await extraCopies.ofItem(pair.id, open.epoch, row.guid, 1);
  if (!copy) return undefined;
  await extraCopies.remove(pair.id, open.epoch, copy.luid);
  const { pendingRevision: _p, heldRevision, ...rest } = row;
  // It is known what the copy says only where it says what the other did.
  if (copy.key === row.heldKey) return { ...rest, luid: copy.luid, ...(heldRevision === undefined ? {} : { heldRevision }) };
  return { ...rest, luid: copy.luid, heldKey: copy.key, owed: true };
}
