/** Whether an item that arrives is one that is stored, where no key tells for certain. */
import { recurs } from '../content/series/instances.js';
import { loneInstance } from '../content/series/lone.js';
import { evidence, type Evidence } from '../content/merging/evidence.js';
import type { ItemFacts, ItemRecord, NewItem } from '../storage/ports/items.js';
import type { Place } from './change.js';
import { others } from './instances/elsewhere.js';
import { bytesAtHand } from './prepare.js';
import { contentLeft, contentOf } from './rendering.js';
import { countriesOf } from './whereabouts.js';

/** Content that is not at hand says nothing. */
export async function evidenceFor(
  { work, datastore }: Place,
  stored: ItemRecord,
  item: NewItem,
  alike: 'identity' | 'loose',
): Promise<Evidence> {
  const theirs = bytesAtHand(item.content);
  const ours = theirs && (await contentOf(work, datastore.id, stored));
  if (!theirs || !ours) return 'silent';
  return evidence({ bytes: ours, type: stored.type }, { bytes: theirs, type: item.type }, alike, countriesOf(work));
}

async function isInstance({ work, datastore }: Place, { guid, type, seriesKey }: ItemRecord): Promise<boolean> {
  if (await work.account.instances.byGuid(datastore.id, guid)) return true;
  const bytes = seriesKey === undefined ? undefined : await contentLeft(work, datastore.id, guid);
  return bytes !== undefined && loneInstance(bytes, type) !== undefined;
}

/** Does what the item is about happen once, although instances of it are known? Some clients send instances alone, or leave them when a series ends. */
async function isSingle({ work, datastore }: Place, { guid, type }: ItemRecord): Promise<boolean> {
  const bytes = await contentLeft(work, datastore.id, guid);
  return bytes !== undefined && !recurs(bytes, type);
}

/** Whether an item can be what it is called like: no series is an instance of one, and what happens once no series of which instances are known. */
export async function isOfItsKind(
  place: Place,
  stored: ItemRecord,
  item: Pick<ItemFacts, 'type'> & Partial<Pick<NewItem, 'content'>>,
): Promise<boolean> {
  const { work, datastore } = place;
  const isOne = await isInstance(place, stored);
  const hasSome =
    isOne ||
    (await work.account.instances.ofSeries(datastore.id, stored.guid)).length > 0 ||
    (await others(work, place.pair, stored)).length > 0;
  if (!hasSome) return true;
  const bytes = item.content && bytesAtHand(item.content);
  return !bytes || recurs(bytes, item.type) !== isOne || (!isOne && (await isSingle(place, stored)));
}

/**
 * Of items of one name those that an item can be. A changed instance of a series may be called what the series is, and begin when that begins: a
 * series is no instance, and what happens once is the instance before it is the series.
 */
export async function ofItsKind(place: Place, found: readonly ItemRecord[], item: NewItem): Promise<readonly ItemRecord[]> {
  const instances = new Set<ItemRecord>();
  for (const one of found) if (await isInstance(place, one)) instances.add(one);
  const bytes = bytesAtHand(item.content);
  if (instances.size === 0 || !bytes) return found;
  if (recurs(bytes, item.type)) return found.filter((one) => !instances.has(one));
  const single: ItemRecord[] = [];
  for (const one of found) if (!instances.has(one) && (await isSingle(place, one))) single.push(one);
  return [...instances, ...single];
}
