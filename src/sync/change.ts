/** The client's Add, Replace and Delete, each with the Status it gets. One bad item never ends a session. */
import { Alert } from '../model/alert.js';
import type { DatastoreSpec } from '../model/datastore.js';
import type { ChangeAnswer, ClientChange } from '../model/effects.js';
import type { Luid, PairId } from '../model/ids.js';
import { isSuccess, Status } from '../model/status.js';
import type { DatastoreRecord } from '../storage/ports/datastores.js';
import type { NewItem } from '../storage/ports/items.js';
import type { OpenSync, PairRecord } from '../storage/ports/pairs.js';
import { noteCompleted, repeatedEnd, takePart } from './incoming.js';
import { lookAtProperties, readAs } from './rendering.js';
import { bytesAtHand, prepareNow, type PreparedItem } from './prepare.js';
import { deleteItem, putItem } from './put-item.js';
import { overQuota } from './quota.js';
import { matchItem } from './slow-match.js';
import { lookAtClock } from './whereabouts.js';
import type { SyncWork } from './work.js';

/** What the rules for one item need to know. */
export interface Place {
  readonly work: SyncWork;
  readonly pair: PairRecord;
  readonly open: OpenSync;
  readonly datastore: DatastoreRecord;
  /** Anchor generation that the running sync will be. */
  readonly generation: number;
}

export async function change(work: SyncWork, id: PairId, changes: readonly ClientChange[]): Promise<readonly ChangeAnswer[]> {
  const answers: ChangeAnswer[] = [];
  for (const one of changes) answers.push(await changeOne(work, id, one));
  return answers;
}

async function changeOne(work: SyncWork, id: PairId, one: ClientChange): Promise<ChangeAnswer> {
  let pair = await work.pair(id);
  if (!pair.open) return { status: Status.OperationCancelledEarly };
  if (pair.open.phase === 'opened') pair = work.save({ ...pair, open: { ...pair.open, phase: 'receiving' } });
  const open = pair.open as OpenSync;
  const datastore = await work.datastore(pair);
  const place: Place = { work, pair, open, datastore, generation: (pair.current?.generation ?? 0) + 1 };
  if (one.kind === 'Delete') return remove(place, one);
  const repeated = repeatedEnd(work, open, one);
  if (repeated !== undefined) return { status: repeated };
  const answer = await store(place, one);
  if (one.part?.last) noteCompleted(work, await work.pair(id), one, answer.status);
  if (open.type === Alert.RefreshFromClient && !isSuccess(answer.status)) noteRefused(work, await work.pair(id), one.luid);
  return answer;
}

/** The device has the item, we could not take it: the refresh must not remove what stands for it here. */
function noteRefused(work: SyncWork, pair: PairRecord, luid: Luid): void {
  const refused = pair.open?.refused ?? [];
  if (pair.open && !refused.includes(luid)) work.save({ ...pair, open: { ...pair.open, refused: [...refused, luid] } });
}

async function store(place: Place, one: ClientChange): Promise<ChangeAnswer> {
  const { work, datastore } = place;
  const ready = await readContent(place, one);
  if ('status' in ready) return ready;
  const spec = work.options.specs.find((s) => s.uri.toLowerCase() === datastore.uri.toLowerCase());
  if (spec && !accepts(spec, ready.item.type)) return { status: Status.UnsupportedMediaType, detail: ready.item.type };
  if (ready.size > work.options.limits.maxObjSize) return { status: Status.EntityTooLarge };
  if (await overQuota(work, ready.size, true)) return { status: Status.DeviceFull };
  const status = await put(place, one, ready.item);
  // Every Add that was carried out is an Add to its sender, also when it met an item that was here. [conformance suites ask for it]
  return { status: one.kind === 'Add' && (status === Status.Ok || status === Status.ConflictClientWins) ? Status.ItemAdded : status };
}

async function put(place: Place, one: ClientChange, item: NewItem): Promise<number> {
  switch (place.open.type) {
    case Alert.RefreshFromClient: {
      const known = await place.work.account.staged.get(place.pair.id, one.luid);
      await place.work.account.staged.put(place.pair.id, one.luid, item);
      return known && one.kind === 'Replace' ? Status.Ok : Status.ItemAdded;
    }
    case Alert.SlowSync:
      return matchItem(place, one.luid, item);
    default:
      return putItem(place, one.luid, item);
  }
}

async function remove(place: Place, one: ClientChange): Promise<ChangeAnswer> {
  if (place.open.type === Alert.SlowSync) return { status: Status.Forbidden };
  if (place.open.type === Alert.RefreshFromClient) {
    return { status: (await place.work.account.staged.remove(place.pair.id, one.luid)) ? Status.Ok : Status.ItemNotDeleted };
  }
  return { status: await deleteItem(place, one.luid, { archive: one.archive === true, soft: one.sftDel === true }) };
}

async function readContent(place: Place, one: ClientChange): Promise<{ item: NewItem; size: number } | ChangeAnswer> {
  const { work, pair, open } = place;
  let prepared: PreparedItem | undefined;
  if (one.part) {
    const whole = await takePart(work, pair, open, one, one.part);
    if ('status' in whole) return whole;
    prepared = work.options.prepared.get(one.item);
    // Parts that came twice were joined without them: what was prepared before is of something else.
    if (prepared?.raw !== whole.bytes.length) prepared = prepareNow(work.account, whole.bytes, whole.meta, work.options.tolerance.strict);
  } else {
    const content = one.content ?? new Uint8Array(0);
    prepared = work.options.prepared.get(one.item);
    // An item of the same LUID in another datastore may have been taken for the end of an object: what was prepared holds its parts too.
    if (prepared?.raw !== content.length) prepared = prepareNow(work.account, content, one.meta, work.options.tolerance.strict);
  }
  work.options.tolerance.allowsAll(prepared.deviations ?? []);
  if (prepared.kind === 'ready') {
    if (prepared.unread !== undefined) work.options.note('item-not-understood', { pair: pair.id, luid: one.luid, reason: prepared.unread });
    return puttingRight(work, pair.clientUri, prepared);
  }
  return { status: prepared.status, ...(prepared.detail === undefined ? {} : { detail: prepared.detail }) };
}

/** What the device writes in a way of its own is taken in the way others write. */
function puttingRight(work: SyncWork, store: string, prepared: Extract<PreparedItem, { kind: 'ready' }>): { item: NewItem; size: number } {
  const { item } = prepared;
  const bytes = bytesAtHand(item.content);
  if (bytes) lookAtClock(work, bytes, item.type);
  const read = bytes && readAs(work, store, bytes, item.type);
  const content = read?.bytes;
  if (read?.seen !== undefined && read.seen !== work.device.seenCharset) work.changeDevice({ ...work.device, seenCharset: read.seen });
  if (content) lookAtProperties(work, store, content, item.type);
  if (!content || content === bytes) return prepared;
  const again = prepareNow(work.account, content, { type: item.type }, false);
  return again.kind === 'ready' ? again : prepared;
}

const accepts = (spec: DatastoreSpec, type: string): boolean =>
  spec.types.length === 0 || [...spec.types, ...(spec.sifTypes ?? [])].some((t) => t.ctType.toLowerCase() === type);
