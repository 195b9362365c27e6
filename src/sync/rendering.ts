/**
 * Between what is stored and what a device can hold: items go out within its abilities, and what comes back is read as a change of what
 * went out. Devices that announce no limits get and give items as they are.
 */
import { abilitiesFor, type Abilities } from '../content/abilities.js';
import { render } from '../content/rendering.js';
import { takeBack } from '../content/taking-back.js';
import type { DevInf } from '../model/devinf.js';
import type { MapRow } from '../storage/ports/id-map.js';
import type { ItemRecord, NewItem } from '../storage/ports/items.js';
import type { PairRecord } from '../storage/ports/pairs.js';
import type { Place } from './change.js';
import { bytesAtHand, keyOf, prepareNow } from './prepare.js';
import type { SyncWork } from './work.js';

/** The device's abilities for items of this type; undefined: it has said nothing that matters. */
function abilitiesOf(work: SyncWork, type: string): Abilities | undefined {
  const { devInf } = work.device;
  if (devInf === undefined) return undefined;
  const known = work.abilities.get(type);
  if (known) return known.abilities;
  const abilities = abilitiesFor(JSON.parse(devInf) as DevInf, type, work.options.timeZone);
  work.abilities.set(type, { abilities });
  return abilities;
}

/** An item's content as this device gets it. */
export function rendered(work: SyncWork, type: string, content: Uint8Array): Uint8Array {
  const abilities = abilitiesOf(work, type);
  return abilities ? render(content, type, abilities) : content;
}

/** The canonical key of what a device holds that was given this revision of the item; undefined when its content is not kept any more. */
export async function heldKeyOf(
  work: SyncWork,
  pair: PairRecord,
  stored: ItemRecord,
  revision = stored.revision,
): Promise<string | undefined> {
  const newest = revision === stored.revision && !stored.deleted;
  if (newest && abilitiesOf(work, stored.type)?.limits !== true) return stored.canonicalKey;
  const content = await work.account.items.content(pair.datastore, stored.guid, revision);
  if (!content) return newest ? stored.canonicalKey : undefined;
  const held = rendered(work, stored.type, content);
  return newest && held === content ? stored.canonicalKey : keyOf(work.account, held, stored.type);
}

/**
 * What an item the device sends is to be: its changes applied to the item it was given. `row` says which revision that was; where that is
 * no longer kept, the newest stands for it. Items of another type than the stored one are taken as they are.
 */
export async function asMeant(place: Place, row: Pick<MapRow, 'heldRevision'>, stored: ItemRecord, item: NewItem): Promise<NewItem> {
  const { work, datastore } = place;
  if (stored.deleted || stored.type !== item.type) return item;
  const abilities = abilitiesOf(work, item.type);
  const incoming = bytesAtHand(item.content);
  if (!abilities || !incoming) return item;
  const { items } = work.account;
  const given =
    row.heldRevision === undefined || row.heldRevision === stored.revision
      ? undefined
      : await items.content(datastore.id, stored.guid, row.heldRevision);
  const base = given ?? (await items.content(datastore.id, stored.guid));
  const meant = base ? takeBack(base, incoming, item.type, abilities) : incoming;
  if (meant === incoming) return item;
  const prepared = prepareNow(work.account, meant, { type: item.type }, false);
  return prepared.kind === 'ready' ? prepared.item : item;
}
