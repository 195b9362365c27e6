/**
 * Refresh from client: what was staged becomes the server's set, in one transaction, at the client's Final. Equal and matched items keep
 * their GUIDs; what goes is journalled as one batch, so that it can be undone. [Sync Protocol 1.1, "Refresh Sync from Client Only"]
 */
import type { MapRow } from '../storage/ports/id-map.js';
import type { StagedItem } from '../storage/ports/arriving.js';
import type { ItemRecord, NewItem } from '../storage/ports/items.js';
import type { OpenSync, PairRecord } from '../storage/ports/pairs.js';
import type { Place } from './change.js';
import { journal } from './journal.js';
import { hold } from './put-item.js';
import { asMeant, contentLeft } from './rendering.js';
import { remembers } from './slow-match.js';
import type { SyncWork } from './work.js';

export async function refreshFromClient(work: SyncWork, pair: PairRecord, open: OpenSync): Promise<void> {
  const { account } = work;
  const datastore = await work.datastore(pair);
  const place: Place = { work, pair, open, datastore, generation: (pair.current?.generation ?? 0) + 1 };
  const author = { device: work.device.id, now: work.options.now };
  const batch = `refresh-${pair.id}-${open.epoch}`;
  const staged = await account.staged.list(pair.id);
  const rest: StagedItem[] = [];
  // Exact partners first, so that an edited copy does not take the place of an equal one.
  for (const item of staged) {
    const equal =
      (await hinted(place, item, true)) ??
      (await account.items.findUnmapped(datastore.id, 'canonical', item.canonicalKey, pair.id, open.epoch));
    if (equal) await hold(place, item.luid, equal, item.canonicalKey);
    else rest.push(item);
  }
  for (const item of rest) {
    const content = await account.staged.content(pair.id, item.luid);
    if (!content) continue;
    const fresh: NewItem = { ...factsOf(item), content };
    const partner = (await hinted(place, item, false)) ?? (await alike(place, item));
    if (partner?.deleted) {
      // Deleted here, and part of the set that the user wants: it is that item again, whatever other devices still say of it.
      await hold(place, item.luid, await account.items.replace(datastore.id, partner.guid, fresh, author), item.canonicalKey);
    } else if (partner) {
      const meant = await asMeant(place, {}, partner, fresh);
      if (meant.canonicalKey === partner.canonicalKey) {
        await hold(place, item.luid, partner, item.canonicalKey);
        continue;
      }
      await journal(place, partner, { cause: 'refresh', decision: 'client', lostCurrent: true, type: partner.type, revisions: 1, batch });
      await hold(place, item.luid, await account.items.replace(datastore.id, partner.guid, meant, author), item.canonicalKey);
    } else await hold(place, item.luid, await account.items.create(datastore.id, fresh, author), item.canonicalKey);
  }
  await keepRefused(place);
  await removeRest(place, batch);
  await account.staged.clear(pair.id);
}

const factsOf = ({ type, canonicalKey, identityKey, looseKey, modified }: StagedItem): Omit<NewItem, 'content'> => ({
  type,
  canonicalKey,
  ...(identityKey === undefined ? {} : { identityKey }),
  ...(looseKey === undefined ? {} : { looseKey }),
  ...(modified === undefined ? {} : { modified }),
});

async function hinted(place: Place, item: StagedItem, exact: boolean): Promise<ItemRecord | undefined> {
  const { account } = place.work;
  for (const hint of place.open.hints ?? []) {
    const row = await account.idMap.byLuid(place.pair.id, hint.epoch, item.luid);
    if (!row || row.gone !== undefined || (await account.idMap.byGuid(place.pair.id, place.open.epoch, row.guid))) continue;
    const stored = await account.items.get(place.datastore.id, row.guid);
    if (!stored) continue;
    if (exact) {
      if (!stored.deleted && (stored.canonicalKey === item.canonicalKey || (await isAsItWas(place, row, stored, item)))) return stored;
    } else if (remembers(place)) return stored;
    else if (!stored.deleted && item.identityKey !== undefined && stored.identityKey === item.identityKey) return stored;
  }
  return undefined;
}

/** The device sends what it has had, and nothing has changed here: what it would be given today may be another form of it. */
const isAsItWas = async ({ work, datastore }: Place, row: MapRow, stored: ItemRecord, item: StagedItem): Promise<boolean> =>
  row.heldKey === item.canonicalKey &&
  row.heldRevision === stored.revision &&
  (await contentLeft(work, datastore.id, stored.guid)) !== undefined;

async function alike(place: Place, item: StagedItem): Promise<ItemRecord | undefined> {
  if (item.identityKey === undefined) return undefined;
  return place.work.account.items.findUnmapped(place.datastore.id, 'identity', item.identityKey, place.pair.id, place.open.epoch);
}

/** What the device could not bring over to us stays as it was, under its LUID; what the device holds of it is not known. */
async function keepRefused(place: Place): Promise<void> {
  const { account } = place.work;
  for (const luid of place.open.refused ?? []) {
    for (const hint of place.open.hints ?? []) {
      const row = await account.idMap.byLuid(place.pair.id, hint.epoch, luid);
      if (!row || row.gone !== undefined || (await account.idMap.byGuid(place.pair.id, place.open.epoch, row.guid))) continue;
      await account.idMap.put(place.pair.id, place.open.epoch, { guid: row.guid, luid });
      break;
    }
  }
}

async function removeRest(place: Place, batch: string): Promise<void> {
  const { account, device, options } = place.work;
  let page = await account.items.list(place.datastore.id, { limit: 500 });
  while (page.length > 0) {
    for (const item of page) {
      if (await account.idMap.byGuid(place.pair.id, place.open.epoch, item.guid)) continue;
      await journal(place, item, { cause: 'refresh', decision: 'client', lostCurrent: true, type: item.type, revisions: 1, batch });
      await account.items.remove(place.datastore.id, item.guid, { device: device.id, now: options.now });
    }
    const last = page[page.length - 1];
    page = last ? await account.items.list(place.datastore.id, { after: last.guid, limit: 500 }) : [];
  }
}
