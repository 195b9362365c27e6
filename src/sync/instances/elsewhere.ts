/**
 * Changed instances of a series that are items of their own from the beginning: some clients send each under its own LUID, with the UID of the
 * series and a RECURRENCE-ID. A device whose format has neither gets the series without their days.
 */
import { loneInstance, withElsewhere, withException, withoutFirst, type LoneInstance } from '../../content/series/lone.js';
import type { ItemRecord } from '../../storage/ports/items.js';
import type { PairRecord } from '../../storage/ports/pairs.js';
import type { Place } from '../change.js';
import { instanceKey, prepareNow } from '../prepare.js';
import { author } from '../put-item.js';
import { contentLeft, getsInstancesApart } from '../rendering.js';
import type { SyncWork } from '../work.js';
import { goOnHolding } from './plan.js';

/** Items of one series that are looked at. */
const MAX_OF_SERIES = 200;

type InPair = Pick<PairRecord, 'clientUri' | 'datastore'>;

/** What the device is to be given of an item: of a series, with the instances in it that are items of their own. */
export async function asGiven(
  work: SyncWork,
  pair: InPair,
  item: Pick<ItemRecord, 'guid' | 'type' | 'seriesKey'>,
  content: Uint8Array,
): Promise<Uint8Array> {
  if (item.seriesKey === undefined || !getsInstancesApart(work, pair)) return content;
  const instances: LoneInstance[] = [];
  for (const { guid, type } of await others(work, pair, item)) {
    const bytes = await contentLeft(work, pair.datastore, guid);
    const one = bytes && loneInstance(bytes, type);
    if (one) instances.push(one);
  }
  return instances.length === 0 ? content : withElsewhere(content, item.type, instances);
}

/** The other items of its series, or that it is an instance of. */
export async function others(
  work: SyncWork,
  pair: InPair,
  { guid, seriesKey }: Pick<ItemRecord, 'guid' | 'seriesKey'>,
): Promise<readonly ItemRecord[]> {
  if (seriesKey === undefined) return [];
  const all = await work.account.items.listSeries(pair.datastore, seriesKey, MAX_OF_SERIES);
  return all.filter((one) => one.guid !== guid);
}

/** The device has deleted an instance that is an item: it did not mean that the meeting is at its old time again. */
export async function leaveOut(place: Place, instance: ItemRecord, content: Uint8Array | undefined): Promise<void> {
  const { work, pair } = place;
  const one = content && loneInstance(content, instance.type);
  if (!one || !getsInstancesApart(work, pair)) return;
  for (const { guid, type, revision } of await others(work, pair, instance)) {
    const bytes = await contentLeft(work, pair.datastore, guid);
    const whole = bytes && withException(bytes, type, one);
    const prepared = whole && prepareNow(work.account, whole, { type }, false);
    if (prepared?.kind !== 'ready') continue;
    const after = await work.account.items.replace(pair.datastore, guid, prepared.item, author(place));
    await goOnHolding(work, [pair], {
      datastore: pair.datastore,
      series: guid,
      instance: instance.guid,
      from: revision,
      to: after.revision,
    });
  }
}

/**
 * The device has deleted the first in an item of several instances without their series: the others stay, and the next one stands for the item, here
 * and in the device's map. @returns whether it was such a one.
 */
export async function leaveOthers(place: Place, item: ItemRecord, content: Uint8Array | undefined): Promise<boolean> {
  const { work, pair, open } = place;
  const { items, instances, idMap } = work.account;
  const left = content && getsInstancesApart(work, pair) ? withoutFirst(content, item.type) : undefined;
  const prepared = left && prepareNow(work.account, left.rest, { type: item.type }, false);
  if (!left || prepared?.kind !== 'ready') return false;
  const after = await items.replace(pair.datastore, item.guid, prepared.item, author(place));
  const key = left.first === undefined ? undefined : instanceKey(work.account, left.first);
  const next = (await instances.ofSeries(pair.datastore, item.guid)).find((one) => one.key === key)?.guid;
  await goOnHolding(work, [pair], {
    datastore: pair.datastore,
    series: item.guid,
    instance: item.guid,
    from: item.revision,
    to: after.revision,
  });
  const row = next === undefined ? undefined : await idMap.byGuid(pair.id, open.epoch, next);
  if (next === undefined || row?.luid === undefined || row.gone !== undefined) return true;
  await idMap.remove(pair.id, open.epoch, next);
  await idMap.put(pair.id, open.epoch, { ...row, guid: item.guid });
  return true;
}
