/**
 * A client's change in a normal sync. What the device holds decides: a change is a conflict only when the server's item has moved on
 * from the revision the device had. The client wins unless the datastore's policy says otherwise; what loses is journalled.
 */
import { mediaIn } from '../content/media-in.js';
import type { Guid, Luid } from '../model/ids.js';
import { Status } from '../model/status.js';
import type { MapRow } from '../storage/ports/id-map.js';
import type { ItemRecord, NewItem } from '../storage/ports/items.js';
import type { Place } from './change.js';
import { settleConflict } from './conflict.js';
import { copyArrives, copyDeleted, countArrival, isOneTooMany, nextCopy } from './growth.js';
import { leaveOthers, leaveOut } from './instances/elsewhere.js';
import { journal } from './journal.js';
import { evidenceFor, ofItsKind } from './likeness.js';
import { policyOf } from './policy.js';
import { bytesAtHand, keyOf } from './prepare.js';
import { asMeant, contentLeft, isShownMore } from './rendering.js';

export const author = (place: Place) => ({ device: place.work.device.id, now: place.work.options.now });

/** Writes the pair's row: the device holds this revision now. */
export async function hold(
  place: Place,
  luid: Luid,
  item: Pick<ItemRecord, 'guid' | 'revision'>,
  key: string,
  more: Pick<MapRow, 'owed' | 'withoutMedia'> = {},
): Promise<void> {
  await place.work.account.idMap.put(place.pair.id, place.open.epoch, {
    ...more,
    guid: item.guid,
    luid,
    heldRevision: item.revision,
    heldKey: key,
    heldGeneration: place.generation,
  });
}

const withoutMedia = (is: boolean): Pick<MapRow, 'withoutMedia'> => (is ? { withoutMedia: true } : {});

/** What the row is to say of an item that the device has just sent: without pictures that the item it means has. */
export function stillWithout(meant: NewItem, sent: NewItem, row: Pick<MapRow, 'withoutMedia'> = {}): Pick<MapRow, 'withoutMedia'> {
  const [whole, theirs] = [bytesAtHand(meant.content), bytesAtHand(sent.content)];
  if (!whole || !theirs) return {};
  const [all, shown] = [mediaIn(whole, meant.type), mediaIn(theirs, sent.type)];
  // It may show a photo, and have no room for a sound beside it.
  return withoutMedia(all > 0 && (shown === 0 || (row.withoutMedia === true && shown < all)));
}

export async function putItem(place: Place, luid: Luid, item: NewItem): Promise<number> {
  const row = await place.work.account.idMap.byLuid(place.pair.id, place.open.epoch, luid);
  if (!row || row.gone !== undefined) return addItem(place, luid, item);
  const stored = await place.work.account.items.get(place.datastore.id, row.guid);
  if (!stored) return addItem(place, luid, item);
  return updateItem(place, luid, row, stored, item);
}

async function addItem(place: Place, luid: Luid, item: NewItem): Promise<number> {
  const { account } = place.work;
  if ((await copyArrives(place, luid, item)) === 'same') return Status.Ok;
  const ours = await lostMap(place, item);
  if (ours) {
    await hold(place, luid, ours, item.canonicalKey);
    return Status.ItemAdded;
  }
  await countArrival(place);
  if (await isOneTooMany(place, luid, item)) return Status.Ok;
  const created = await account.items.create(place.datastore.id, item, author(place));
  await hold(place, luid, created, item.canonicalKey);
  return Status.ItemAdded;
}

/**
 * The client may send as its own an item that we sent it: it was cut off after storing it and before it could say so. Equal content
 * and no Map for our Add: it is that one.
 */
export async function lostMap(place: Place, item: NewItem): Promise<ItemRecord | undefined> {
  const waiting = await place.work.awaitingMaps(place.pair, place.open.epoch);
  return waiting.get(item.canonicalKey)?.shift();
}

/** The same of one that was edited since: what it is about is all that tells. @returns undefined when there is none. */
export async function editedBeforeItsMap(place: Place, luid: Luid, item: NewItem): Promise<number | undefined> {
  if (item.identityKey === undefined) return undefined;
  const { idMap } = place.work.account;
  const lists = [...(await place.work.awaitingMaps(place.pair, place.open.epoch)).values()];
  const alike = lists.flat().filter(({ identityKey }) => identityKey === item.identityKey);
  for (const stored of await ofItsKind(place, alike, item)) {
    if ((await evidenceFor(place, stored, item, 'identity')) === 'against') continue;
    for (const waiting of lists) if (waiting.includes(stored)) waiting.splice(waiting.indexOf(stored), 1);
    const { pendingRevision, ...row } = (await idMap.byGuid(place.pair.id, place.open.epoch, stored.guid)) ?? { guid: stored.guid };
    const revision = row.heldRevision ?? pendingRevision;
    return updateItem(place, luid, { ...row, ...(revision === undefined ? {} : { heldRevision: revision }) }, stored, item);
  }
  return undefined;
}

/** A change to an item the device is known to hold. Serves slow syncs too, once the item is matched. */
export async function updateItem(place: Place, luid: Luid, row: MapRow, stored: ItemRecord, sent: NewItem): Promise<number> {
  const { account } = place.work;
  if (stored.deleted) return revive(place, luid, row, stored, sent);
  if (stored.canonicalKey === sent.canonicalKey) {
    // Equal by meaning, however it is written: nothing changes here, and nothing goes back.
    await hold(place, luid, stored, sent.canonicalKey);
    return Status.Ok;
  }
  const serverChanged = await hasMovedOn(place, row, stored);
  // The device sends what it had. Where the server has changed it, that change goes out.
  if (row.heldKey === sent.canonicalKey && serverChanged) {
    await keepOwed(place, { ...row, luid });
    return Status.Ok;
  }
  // It sends what it has had, whatever it would be given today: other limits, or another profile, make no edit of it. Where content was lost here,
  // the device brings it back.
  if (row.heldKey === sent.canonicalKey && (await contentLeft(place.work, place.datastore.id, stored.guid))) {
    await hold(place, luid, stored, sent.canonicalKey, withoutMedia(row.withoutMedia === true));
    return Status.Ok;
  }
  // The answer to what went out last was lost: it has the newest, as far as it can show that, and sends no edit of what it had before.
  const echo = serverChanged ? await asMeant(place, withoutMedia(row.withoutMedia === true), stored, sent) : undefined;
  if (echo?.canonicalKey === stored.canonicalKey) {
    await hold(place, luid, stored, sent.canonicalKey, stillWithout(echo, sent, row));
    return Status.Ok;
  }
  const item = await asMeant(place, row, stored, sent);
  const less = stillWithout(item, sent, row);
  if (stored.canonicalKey === item.canonicalKey) {
    await hold(place, luid, stored, sent.canonicalKey, less);
    return Status.Ok;
  }
  if (serverChanged) return settleConflict(place, { luid, row, stored, item, sent, cause: 'update-update' });
  const now = await account.items.replace(place.datastore.id, stored.guid, item, author(place));
  const isOwed = isShownMore(place, item, sent);
  await hold(place, luid, isOwed ? stored : now, sent.canonicalKey, { ...less, ...(isOwed ? { owed: true } : {}) });
  return Status.Ok;
}

/** Is the item another one than the device has had? Of an instance of a series, whatever has become of the rest of that. */
async function hasMovedOn({ work, datastore }: Place, { heldRevision }: MapRow, { guid, revision, type }: ItemRecord): Promise<boolean> {
  if (revision === heldRevision) return false;
  if (heldRevision === undefined || !(await work.account.instances.byGuid(datastore.id, guid))) return true;
  const before = await contentLeft(work, datastore.id, guid, heldRevision);
  const now = await contentLeft(work, datastore.id, guid);
  return !before || !now || keyOf(work.account, before, type) !== keyOf(work.account, now, type);
}

export async function keepOwed(place: Place, row: MapRow): Promise<void> {
  const { soft: _, ...rest } = row;
  await place.work.account.idMap.put(place.pair.id, place.open.epoch, { ...rest, owed: true });
}

/** The server deleted what the device changed: the side that kept data wins, unless the policy is the server's. */
async function revive(place: Place, luid: Luid, row: MapRow, stored: ItemRecord, item: NewItem): Promise<number> {
  const { account } = place.work;
  if (row.heldKey === item.canonicalKey) {
    // The device did not change it: the deletion stands and goes out.
    await keepOwed(place, { ...row, luid });
    return Status.Ok;
  }
  if ((await policyOf(place)) === 'server-wins') {
    await journal(place, stored, { cause: 'delete-update', decision: 'server', lost: item.content, type: item.type });
    await keepOwed(place, { ...row, luid });
    return Status.ConflictServerWins;
  }
  // What it cannot show comes back with it, as far as it is kept.
  const meant = await asMeant(place, row, stored, item);
  await hold(
    place,
    luid,
    await account.items.replace(place.datastore.id, stored.guid, meant, author(place)),
    item.canonicalKey,
    stillWithout(meant, item, row),
  );
  await journal(place, stored, { cause: 'delete-update', decision: 'client', kept: meant.content, type: meant.type, revisions: 1 });
  return Status.ConflictClientWins;
}

export async function deleteItem(place: Place, luid: Luid, how: { archive: boolean; soft: boolean }): Promise<number> {
  const { account } = place.work;
  const { pair, open, datastore, generation } = place;
  const row = await account.idMap.byLuid(pair.id, open.epoch, luid);
  if (!row) return (await copyDeleted(place, luid)) ? Status.Ok : Status.ItemNotDeleted;
  // Said again because our answer was lost: the same answer.
  if (row.gone !== undefined) return row.gone === generation ? Status.Ok : Status.ItemNotDeleted;
  const stored = await account.items.get(datastore.id, row.guid);
  const copy = stored && !stored.deleted && !how.soft ? await nextCopy(place, row) : undefined;
  if (copy) {
    await account.idMap.put(pair.id, open.epoch, copy);
    return Status.Ok;
  }
  if (how.soft) {
    if (!stored || stored.deleted) return Status.SoftDeleteConflict;
    await account.idMap.put(pair.id, open.epoch, { ...row, soft: true });
    return Status.Ok;
  }
  if (!stored || stored.deleted) {
    await gone(place, row, row.guid);
    return Status.ItemNotDeleted;
  }
  const serverChanged = await hasMovedOn(place, row, stored);
  if (serverChanged && (await policyOf(place)) !== 'client-wins-item') {
    // The server's change is data the device has not seen: it stays and goes out as a new item.
    await journal(place, stored, { cause: 'update-delete', decision: 'server', type: stored.type, keptCurrent: true });
    await account.idMap.put(pair.id, open.epoch, { guid: row.guid, owed: true });
    return Status.ConflictServerWins;
  }
  if (serverChanged)
    await journal(place, stored, { cause: 'update-delete', decision: 'client', lostCurrent: true, type: stored.type, revisions: 1 });
  else if (how.archive)
    await journal(place, stored, { cause: 'archive', decision: 'client', lostCurrent: true, type: stored.type, revisions: 1 });
  const content = stored.seriesKey === undefined ? undefined : await contentLeft(place.work, datastore.id, row.guid);
  // Before the map says otherwise: the next one of its instances takes its place in that.
  await gone(place, row, row.guid);
  if (await leaveOthers(place, stored, content)) return Status.Ok;
  await account.items.remove(datastore.id, row.guid, author(place));
  await leaveOut(place, stored, content);
  return Status.Ok;
}

async function gone(place: Place, row: MapRow, guid: Guid): Promise<void> {
  const { pendingRevision: _p, owed: _o, soft: _s, ...rest } = row;
  await place.work.account.idMap.put(place.pair.id, place.open.epoch, { ...rest, guid, gone: place.generation });
}
