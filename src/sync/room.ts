/** What a device has no room for: items that are too large for it whatever is left out of them. They stay owed, and are shown to the operator. */
import { mediaIn } from '../content/media-in.js';
import type { PairId } from '../model/ids.js';
import { Status } from '../model/status.js';
import type { MapRow } from '../storage/ports/id-map.js';
import type { OutgoingEntry } from '../storage/ports/outgoing.js';
import type { PairRecord } from '../storage/ports/pairs.js';
import { contentLeft, rendered } from './rendering.js';
import type { SyncWork } from './work.js';

/** Without its pictures and sounds, the item is within the largest object that the device takes. */
export async function fitsBare(work: SyncWork, pair: PairRecord, { guid }: OutgoingEntry, room: number): Promise<boolean> {
  const stored = await work.account.items.get(pair.datastore, guid);
  const content = stored && (await contentLeft(work, pair.datastore, guid));
  if (!stored || !content) return false;
  return rendered(work, withoutRoom(pair), stored.type, content).content.length <= room;
}

export const withoutRoom = <P extends Pick<PairRecord, 'open'>>(pair: P): P =>
  pair.open ? { ...pair, open: { ...pair.open, room: 0 } } : pair;

/** The pair as one item is rendered for it: what the device has refused as too large goes out once more, without its pictures. */
export const roomFor = (pair: PairRecord, row: MapRow | undefined): PairRecord =>
  row?.owed === true && row.withoutMedia === true ? withoutRoom(pair) : pair;

const TOO_LARGE: ReadonlySet<number> = new Set([Status.EntityTooLarge, Status.SizeTooBig]);

/** The device says that an item is too large, and it has pictures. @returns whether it is to go out in the next sync without them. */
export async function goesBare(
  work: SyncWork,
  pair: PairRecord,
  { guid, revision }: OutgoingEntry,
  row: MapRow,
  status: number,
): Promise<boolean> {
  if (!TOO_LARGE.has(status) || row.withoutMedia === true) return false;
  const stored = await work.account.items.get(pair.datastore, guid);
  const content = stored && (await contentLeft(work, pair.datastore, guid, revision));
  return stored !== undefined && content !== undefined && mediaIn(content, stored.type) > 0;
}

/** @param room bytes; undefined: it has not said how large an object may be, and one fits no message of its size. */
export async function noteTooLarge(work: SyncWork, id: PairId, entries: readonly OutgoingEntry[], room?: number): Promise<void> {
  const pair = await work.pair(id);
  if (entries.length === 0 || !pair.open) return;
  const { kept = {} } = pair.open;
  let { largest = 0 } = kept;
  for (const { guid } of entries) largest = Math.max(largest, (await work.account.items.get(pair.datastore, guid))?.size ?? 0);
  const size = (kept.size ?? 0) + entries.length;
  work.save({ ...pair, open: { ...pair.open, kept: { ...kept, size, largest, ...(room === undefined ? {} : { room }) } } });
  work.options.note('items-too-large', { pair: id, count: entries.length, largest, ...(room === undefined ? {} : { room }) });
}
