/**
 * Slow sync: each of the client's items finds its partner on the server, or becomes a new one. Repeating it, interrupted anywhere,
 * doubles nothing: rows of earlier epochs are hints, each server item is matched at most once in an epoch.
 * [Sync Protocol 1.1, "Slow Sync"]
 */
import { withCharsets } from '../content/charset-naming.js';
import type { Guid, Luid } from '../model/ids.js';
import { Status } from '../model/status.js';
import type { MapRow } from '../storage/ports/id-map.js';
import type { ItemFacts, ItemRecord, NewItem } from '../storage/ports/items.js';
import type { Place } from './change.js';
import { asMeant, contentOf } from './rendering.js';
import { settleConflict } from './conflict.js';
import { copyArrives, countArrival, isOneTooMany } from './growth.js';
import { evidenceFor, isOfItsKind, ofItsKind } from './likeness.js';
import { momentOf } from './policy.js';
import { keyOf } from './prepare.js';
import { editedBeforeItsMap, hold, lostMap, putItem, stillWithout, updateItem } from './put-item.js';
import { likelyCharsets } from './whereabouts.js';
import type { SentRevision } from './work.js';

export async function matchItem(place: Place, luid: Luid, item: NewItem): Promise<number> {
  const { account } = place.work;
  const { pair, open, datastore } = place;
  // Seen in this epoch already: the client repeats itself, or goes on after a resume.
  if (await account.idMap.byLuid(pair.id, open.epoch, luid)) return putItem(place, luid, item);
  if ((await copyArrives(place, luid, item)) === 'same') return Status.Ok;
  await countArrival(place);
  const hinted = await matchHint(place, luid, item);
  if (hinted !== undefined) return hinted;
  const ours = await lostMap(place, item);
  if (ours) {
    await hold(place, luid, ours, item.canonicalKey);
    return Status.Ok;
  }
  const equal = await account.items.findUnmapped(datastore.id, 'canonical', item.canonicalKey, pair.id, open.epoch);
  if (equal) {
    await hold(place, luid, equal, item.canonicalKey);
    return Status.Ok;
  }
  const sent = await sentBefore(place, item);
  if (sent) return holdOlder(place, luid, sent.guid, sent.revision, item.canonicalKey);
  if (await isCopyOfDeleted(place, luid, item)) return Status.Ok;
  const others = new Set<Guid>();
  const strict = await matchAlike(place, luid, item, 'identity', others);
  if (strict !== undefined) return strict;
  const edited = await editedBeforeItsMap(place, luid, item);
  if (edited !== undefined) return edited;
  const perhaps = isLoose(place) ? await matchAlike(place, luid, item, 'loose', others) : undefined;
  if (perhaps !== undefined) return perhaps;
  if (await isOneTooMany(place, luid, item)) return Status.Ok;
  const created = await account.items.create(datastore.id, item, { device: place.work.device.id, now: place.work.options.now });
  await hold(place, luid, created, item.canonicalKey);
  return Status.ItemAdded;
}

/** So many items of one name are looked at; more are no one's contacts. */
const MAX_ALIKE = 16;

/** Is this a sync in which items are matched that only perhaps are one thing? */
function isLoose(place: Place): boolean {
  const when = place.work.options.looseMatching ?? 'first';
  return when === 'always' || (when === 'first' && momentOf(place) === 'first');
}

async function matchAlike(
  place: Place,
  luid: Luid,
  item: NewItem,
  by: 'identity' | 'loose',
  others: Set<Guid>,
): Promise<number | undefined> {
  const alike = await findAlike(place, item, by, others);
  if (!alike) return undefined;
  const { stored, older } = alike;
  return older === undefined ? matchWith(place, luid, stored, item) : holdOlder(place, luid, stored.guid, older, item.canonicalKey);
}

/** `older`: the revision of which the device brings a copy, where the newest is known to be another thing by its content. */
export interface Alike {
  readonly stored: ItemRecord;
  readonly older?: number;
}

/**
 * The item of the same name that is the same thing: what both say must not contradict that, and what speaks for it goes before what says
 * nothing.
 *
 * @param others known to be other things; those that are found to be are put to them. @returns undefined when there is none.
 */
export async function findAlike(
  place: Place,
  item: NewItem,
  by: 'identity' | 'loose',
  others = new Set<Guid>(),
): Promise<Alike | undefined> {
  const key = by === 'identity' ? item.identityKey : item.looseKey;
  if (key === undefined) return undefined;
  const { account } = place.work;
  const named = await account.items.listUnmapped(place.datastore.id, by, key, place.pair.id, place.open.epoch, MAX_ALIKE);
  const found = await ofItsKind(place, named, item);
  let silent: ItemRecord | undefined;
  for (const stored of found) {
    if (others.has(stored.guid)) continue;
    const said = await evidenceFor(place, stored, item, by);
    if (said === 'for') return { stored };
    if (said === 'silent') silent ??= stored;
    // What contradicts may be an edit of what the device has a copy of.
    const older = said === 'against' ? await olderRevision(place, stored, item) : undefined;
    if (older !== undefined) return { stored, older };
    if (said === 'against') others.add(stored.guid);
  }
  return silent && { stored: silent };
}

async function matchWith(place: Place, luid: Luid, alike: ItemRecord, item: NewItem): Promise<number> {
  const meant = await asMeant(place, {}, alike, item);
  if (meant.canonicalKey === alike.canonicalKey) {
    await hold(place, luid, alike, item.canonicalKey, stillWithout(meant, item));
    return Status.Ok;
  }
  const older = await olderRevision(place, alike, item);
  if (older !== undefined) return holdOlder(place, luid, alike.guid, older, item.canonicalKey);
  return settleConflict(place, { luid, row: { guid: alike.guid }, stored: alike, item: meant, sent: item, cause: 'slow-match' });
}

/** The item this LUID stood for before, when the content does not speak against it: small LUIDs are used again by a phone that was reset. */
async function matchHint(place: Place, luid: Luid, item: NewItem): Promise<number | undefined> {
  const { account } = place.work;
  const { pair, open, datastore } = place;
  for (const hint of open.hints ?? []) {
    const row = await account.idMap.byLuid(pair.id, hint.epoch, luid);
    if (!row || row.gone !== undefined) continue;
    const stored = await account.items.get(datastore.id, row.guid);
    if (!stored || !(await isFree(place, row))) continue;
    if (!(await speaksFor(place, row, stored, item, hint.aborted))) continue;
    // Unchanged on the device and deleted here: the Delete goes to the device instead of the item coming back.
    return updateItem(place, luid, carry(row), stored, item);
  }
  return undefined;
}

/** One of several copies of an item that was deleted here, brought as it was: the deletion is to reach all of them. */
async function isCopyOfDeleted(place: Place, luid: Luid, { canonicalKey: key }: NewItem): Promise<boolean> {
  const { extraCopies, idMap, items } = place.work.account;
  const { pair, open, datastore } = place;
  for (const { epoch } of open.hints ?? []) {
    const row = await idMap.byLuid(pair.id, epoch, luid);
    const copy = await extraCopies.byLuid(pair.id, epoch, luid);
    const guid = row?.gone === undefined && row?.heldKey === key ? row.guid : copy?.key === key ? copy.guid : undefined;
    if (guid === undefined || !(await items.get(datastore.id, guid))?.deleted) continue;
    if (await idMap.byGuid(pair.id, open.epoch, guid)) await extraCopies.put(pair.id, open.epoch, { luid, guid, key });
    else await idMap.put(pair.id, open.epoch, { guid, luid, heldKey: key, owed: true });
    return true;
  }
  return false;
}

/** The device holds what the item was before: what it is now, or its deletion, goes out. */
async function holdOlder(place: Place, luid: Luid, guid: Guid, revision: number, key: string): Promise<number> {
  const row: MapRow = { guid, luid, heldRevision: revision, heldKey: key, heldGeneration: place.generation, owed: true };
  await place.work.account.idMap.put(place.pair.id, place.open.epoch, row);
  return Status.Ok;
}

/**
 * What we sent and never got a Map for, in a sync that was cut off or from a device whose Maps come late, and that was changed or deleted here
 * since. What was not changed is found by its content.
 */
async function sentBefore(place: Place, item: NewItem): Promise<SentRevision | undefined> {
  const epochs = (place.open.hints ?? []).map((hint) => hint.epoch);
  const outdated = await place.work.outdatedSends(place.pair, epochs);
  for (const sent of outdated.get(item.canonicalKey) ?? []) {
    if ((await place.work.account.idMap.byGuid(place.pair.id, place.open.epoch, sent.guid)) === undefined) return sent;
  }
  return undefined;
}

/** Revisions that are compared; more are not worth reading. */
const MAX_OLDER = 16;

/**
 * The revision of which the client brings a copy: it got that from us and has not changed it since. Nothing else tells so when the map of its
 * last sync was never agreed on, or is gone.
 */
async function olderRevision(place: Place, stored: ItemRecord, item: NewItem): Promise<number | undefined> {
  const oldest = Math.max(1, stored.revision - MAX_OLDER);
  for (let revision = stored.revision - 1; revision >= oldest; revision -= 1) {
    if ((await place.work.keyOfRevision(place.pair, stored, revision)) === item.canonicalKey) return revision;
  }
  return undefined;
}

const isFree = async (place: Place, row: MapRow): Promise<boolean> =>
  (await place.work.account.idMap.byGuid(place.pair.id, place.open.epoch, row.guid)) === undefined;

/** Does anything say that the LUID still stands for the item it stood for? */
export async function speaksFor(
  place: Place,
  row: MapRow,
  stored: ItemRecord,
  item: ItemFacts & Partial<Pick<NewItem, 'content'>>,
  aborted: boolean,
): Promise<boolean> {
  if (row.heldKey === item.canonicalKey || (!stored.deleted && stored.canonicalKey === item.canonicalKey)) return true;
  if (remembers(place) || (await isReadBetter(place, stored, item))) return true;
  if (stored.deleted || !(await isOfItsKind(place, stored, item))) return false;
  if (item.identityKey !== undefined && stored.identityKey === item.identityKey) return true;
  // The event was moved: its UID is what it was.
  if (item.looseKey !== undefined && stored.looseKey === item.looseKey) return true;
  // Made by this device in a slow sync that was cut off, and untouched since: the same item, edited before the repeat.
  return aborted && stored.revision === 1 && row.heldRevision === 1 && stored.changedBy === place.work.device.id;
}

/** It is as it was, and only now somebody has said, or the device has shown, in what charset its texts are. */
async function isReadBetter({ work, datastore }: Place, stored: ItemRecord, { canonicalKey }: ItemFacts): Promise<boolean> {
  const likely = likelyCharsets(work);
  const content = stored.deleted || likely.length === 0 ? undefined : await contentOf(work, datastore.id, stored);
  const named = content && withCharsets(content, stored.type, likely).bytes;
  return named !== undefined && named !== content && keyOf(work.account, named, stored.type) === canonicalKey;
}

/** The client names an anchor both sides agreed on: it was not reset since, and its LUIDs stand for what they stood for. */
export function remembers({ pair, open }: Place): boolean {
  const { clientLast } = open;
  return clientLast !== undefined && (clientLast === pair.current?.clientNext || clientLast === pair.previous?.clientNext);
}

/** What an older epoch knows of the device's copy holds in this one too. */
function carry(row: MapRow): MapRow {
  return {
    guid: row.guid,
    ...(row.heldRevision === undefined ? {} : { heldRevision: row.heldRevision }),
    ...(row.heldKey === undefined ? {} : { heldKey: row.heldKey }),
    ...(row.heldGeneration === undefined ? {} : { heldGeneration: row.heldGeneration }),
    ...(row.withoutMedia ? { withoutMedia: true } : {}),
  };
}
