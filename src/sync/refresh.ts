/**
 * Refresh from client: what was staged becomes the server's set, in one transaction, at the client's Final. Equal and matched items keep
 * their GUIDs, and what the device cannot show of them; what goes is journalled as one batch, so that it can be undone. [Sync Protocol 1.1, "Refresh Sync from Client Only"]
 */
import { mergeItems } from '../content/merging/merge.js';
import { instancesNamed, seriesUid } from '../content/series/lone.js';
import type { Guid, Luid } from '../model/ids.js';
import type { MapRow } from '../storage/ports/id-map.js';
import type { StagedItem } from '../storage/ports/arriving.js';
import type { ItemRecord, NewItem } from '../storage/ports/items.js';
import type { OpenSync, PairRecord } from '../storage/ports/pairs.js';
import type { Place } from './change.js';
import { countArrival, isOneTooMany } from './growth.js';
import type { Instance } from './instances/series-read.js';
import { journal } from './journal.js';
import { bytesAtHand, instanceFacts, putAtHand } from './prepare.js';
import { author, hold, stillWithout } from './put-item.js';
import { asMeant, contentLeft, getsInstancesApart, givenTo, meantOf, preparedAs } from './rendering.js';
import { findAlike, speaksFor } from './slow-match.js';
import { couldHold } from './suitable.js';
import { countriesOf } from './whereabouts.js';
import type { SyncWork } from './work.js';

export async function refreshFromClient(work: SyncWork, pair: PairRecord, open: OpenSync): Promise<void> {
  const { account } = work;
  const datastore = await work.datastore(pair);
  const place: Place = { work, pair, open, datastore, generation: (pair.current?.generation ?? 0) + 1 };
  const batch = `refresh-${pair.id}-${open.epoch}`;
  const copies: StagedItem[] = [];
  const items: StagedItem[] = [];
  for (const item of await account.staged.list(pair.id)) ((await wasCopy(place, item.luid)) ? copies : items).push(item);
  // A copy of an item must not take the place of the item itself, which may have been edited.
  for (const some of [items, copies]) {
    const rest: StagedItem[] = [];
    // Exact partners first, so that an edited copy does not take the place of an equal one.
    for (const item of some) {
      await countArrival(place);
      const partner = await hinted(place, item, true);
      const equal =
        partner?.stored ?? (await account.items.findUnmapped(datastore.id, 'canonical', item.canonicalKey, pair.id, open.epoch));
      if (equal) await hold(place, item.luid, equal, item.canonicalKey, partner?.row.withoutMedia ? { withoutMedia: true } : {});
      else rest.push(item);
    }
    for (const item of rest) await take(place, item, batch);
  }
  await keepRefused(place);
  await settleInstances(place, batch);
  await removeRest(place, batch);
  await account.staged.clear(pair.id);
}

/** Was it known, in the epochs before, as another copy of an item? */
async function wasCopy({ work, pair, open }: Place, luid: Luid): Promise<boolean> {
  for (const { epoch } of open.hints ?? []) if (await work.account.extraCopies.byLuid(pair.id, epoch, luid)) return true;
  return false;
}

/** An item that has no exact partner: an edit of one that is here, another copy, or a new one. */
async function take(place: Place, item: StagedItem, batch: string): Promise<void> {
  const { items } = place.work.account;
  const fresh = await atHand(place, item);
  if (!fresh) return;
  const partner = (await hinted(place, item, false, fresh)) ?? (await alike(place, fresh));
  if (!partner) {
    if (await isOneTooMany(place, item.luid, fresh)) return;
    return hold(place, item.luid, await items.create(place.datastore.id, fresh, author(place)), item.canonicalKey);
  }
  const { stored } = partner;
  const meant = await meantOfAll(place, partner, fresh);
  const less = stillWithout(meant, fresh, partner.row);
  if (!stored.deleted && meant.canonicalKey === stored.canonicalKey) return hold(place, item.luid, stored, item.canonicalKey, less);
  // Deleted here, and part of the set that the user wants: it is that item again, whatever other devices still say of it.
  if (!stored.deleted)
    await journal(place, stored, { cause: 'refresh', decision: 'client', lostCurrent: true, type: stored.type, revisions: 1, batch });
  return hold(place, item.luid, await items.replace(place.datastore.id, stored.guid, meant, author(place)), item.canonicalKey, less);
}

/** A staged item with its content at hand, as if it came with this message. */
async function atHand({ work, pair }: Place, item: StagedItem): Promise<NewItem | undefined> {
  const { staged } = work.account;
  const content = await staged.content(pair.id, item.luid);
  const bytes = content && (await staged.bytes(pair.id, item.luid));
  if (!content || !bytes) return undefined;
  const { luid: _l, size: _s, ...facts } = item;
  const instances = instanceFacts(work.account, instancesNamed(bytes, item.type), seriesUid(bytes, item.type));
  return { ...facts, ...instances, content: putAtHand(content, bytes) };
}

/** `row`: what the device is known to have held of it. */
interface Partner {
  readonly stored: ItemRecord;
  readonly row: Pick<MapRow, 'heldRevision' | 'withoutMedia'>;
}

/**
 * What the device's version makes of the item: what the device can show is as it says, also where that was changed here since; what it cannot
 * show is as it stands here.
 */
async function meantOfAll(place: Place, { stored, row }: Partner, item: NewItem): Promise<NewItem> {
  const { work, datastore } = place;
  const meant = await asMeant(place, row, stored, item);
  const before = stored.deleted ? undefined : await givenTo(place, row, stored);
  const ours = before && (await contentLeft(work, datastore.id, stored.guid));
  const theirs = bytesAtHand(meant.content);
  // Nothing was hidden from the device.
  if (!before || !ours || !theirs || meant === item) return meant;
  const { type } = stored;
  const both = mergeItems(
    { bytes: before, type },
    { bytes: ours, type },
    { bytes: theirs, type: meant.type },
    { pick: () => 'theirs', countries: countriesOf(work) },
  );
  if (!both) return meant;
  // Of what both have said, the changes made here that the device would see are taken back.
  const seen = meantOf(place, both.bytes, type, item, row);
  return seen === item ? meant : seen;
}

async function hinted(place: Place, item: StagedItem, exact: boolean, fresh?: NewItem): Promise<Partner | undefined> {
  const { account } = place.work;
  for (const hint of place.open.hints ?? []) {
    const row = await account.idMap.byLuid(place.pair.id, hint.epoch, item.luid);
    if (!row || row.gone !== undefined || (await account.idMap.byGuid(place.pair.id, place.open.epoch, row.guid))) continue;
    const stored = await account.items.get(place.datastore.id, row.guid);
    if (!stored) continue;
    const isIt = exact
      ? !stored.deleted && (stored.canonicalKey === item.canonicalKey || (await isAsItWas(place, row, stored, item)))
      : await speaksFor(place, row, stored, fresh ?? item, hint.aborted);
    if (isIt) return { stored, row };
  }
  return undefined;
}

/** The device sends what it has had, and nothing has changed here: what it would be given today may be another form of it. */
const isAsItWas = async ({ work, datastore }: Place, row: MapRow, stored: ItemRecord, item: StagedItem): Promise<boolean> =>
  row.heldKey === item.canonicalKey &&
  row.heldRevision === stored.revision &&
  (await contentLeft(work, datastore.id, stored.guid)) !== undefined;

async function alike(place: Place, item: NewItem): Promise<Partner | undefined> {
  const found = await findAlike(place, item, 'identity');
  return found && { stored: found.stored, row: found.older === undefined ? {} : { heldRevision: found.older } };
}

/** What the device could not bring over to us stays as it was, under its LUID; what the device holds of it is not known. */
async function keepRefused(place: Place): Promise<void> {
  const { account } = place.work;
  for (const luid of place.open.refused ?? []) {
    for (const hint of place.open.hints ?? []) {
      const row = await account.idMap.byLuid(place.pair.id, hint.epoch, luid);
      const copy = row ? undefined : await account.extraCopies.byLuid(place.pair.id, hint.epoch, luid);
      const guid = row?.gone === undefined ? (row ?? copy)?.guid : undefined;
      if (guid === undefined) continue;
      const isTaken = (await account.idMap.byGuid(place.pair.id, place.open.epoch, guid)) !== undefined;
      if (isTaken && !copy) continue;
      if (copy && isTaken) await account.extraCopies.put(place.pair.id, place.open.epoch, copy);
      else await account.idMap.put(place.pair.id, place.open.epoch, { guid, luid });
      break;
    }
  }
}

/**
 * Changed instances of series, where the device has them as items of their own: one that it has without its series is an event from here on, one
 * that it had and has not any more is taken out of the series that it has. One that it never had it cannot have left out of its set: its series
 * may have been sent with its instances in it, or have got them since.
 */
async function settleInstances(place: Place, batch: string): Promise<void> {
  const { work, pair, open, datastore } = place;
  const { account } = work;
  if (!getsInstancesApart(work, pair)) return;
  for (const guid of await account.instances.series(datastore.id)) {
    const series = await account.items.get(datastore.id, guid);
    const row = await account.idMap.byGuid(pair.id, open.epoch, guid);
    const isWhole = row !== undefined && row.heldKey === series?.canonicalKey;
    const instances = series && !isWhole ? await work.instances.ofSeries(datastore.id, series) : new Map<Guid, Instance>();
    for (const [one, { record, content }] of instances) {
      const held = await account.idMap.byGuid(pair.id, open.epoch, one);
      if (row && !held) {
        if (await hadBefore(place, { guid: one })) await takeOut(place, one, batch);
        else await comesWithSeries(place, one, row);
      } else if (!row && held?.luid !== undefined) {
        const apart = preparedAs(place, content, record.type, { ...record, content: { kind: 'inline', bytes: content } });
        await hold(place, held.luid, await account.items.create(datastore.id, apart, author(place)), held.heldKey ?? apart.canonicalKey);
        await account.idMap.remove(pair.id, open.epoch, one);
      }
    }
  }
}

/** It goes to the device, and the series without its day, which the device was just said to hold. */
async function comesWithSeries({ work, pair, open }: Place, instance: Guid, { heldRevision: _, ...row }: MapRow): Promise<void> {
  await work.account.idMap.put(pair.id, open.epoch, { guid: instance, owed: true });
  await work.account.idMap.put(pair.id, open.epoch, { ...row, owed: true });
}

async function takeOut(place: Place, instance: Guid, batch: string): Promise<void> {
  const { work, datastore } = place;
  const stored = await work.account.items.get(datastore.id, instance);
  if (!stored || stored.deleted) return;
  await journal(place, stored, { cause: 'refresh', decision: 'client', lostCurrent: true, type: stored.type, revisions: 1, batch });
  await work.account.items.remove(datastore.id, instance, author(place));
}

/** Did the device hold it, whatever it says it can? */
async function hadBefore({ work, pair, open }: Place, { guid }: Pick<ItemRecord, 'guid'>): Promise<boolean> {
  for (const { epoch } of open.hints ?? []) if ((await work.account.idMap.byGuid(pair.id, epoch, guid))?.luid !== undefined) return true;
  return false;
}

/** What the device could never get is not left out of its set: it stays. */
async function removeRest(place: Place, batch: string): Promise<void> {
  const { account, device, options } = place.work;
  let page = await account.items.list(place.datastore.id, { limit: 500 });
  while (page.length > 0) {
    for (const item of page) {
      if (await account.idMap.byGuid(place.pair.id, place.open.epoch, item.guid)) continue;
      const content = await contentLeft(place.work, place.datastore.id, item.guid);
      if (content && !(await hadBefore(place, item)) && !couldHold(place.work, place.pair, item.type, content)) continue;
      await journal(place, item, { cause: 'refresh', decision: 'client', lostCurrent: true, type: item.type, revisions: 1, batch });
      await account.items.remove(place.datastore.id, item.guid, { device: device.id, now: options.now });
    }
    const last = page[page.length - 1];
    page = last ? await account.items.list(place.datastore.id, { after: last.guid, limit: 500 }) : [];
  }
}
