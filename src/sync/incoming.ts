/** Objects that come in parts. [Sync Protocol 1.1, "Large Objects"; DS 1.2, resume in the middle of an object] */
import type { ClientChange, Part } from '../model/effects.js';
import type { PairId } from '../model/ids.js';
import type { Tolerance } from '../model/leniency.js';
import type { Meta } from '../model/message.js';
import { Status } from '../model/status.js';
import { chunkOwner } from '../storage/ports/arriving.js';
import type { IncomingObject, OpenSync, PairRecord } from '../storage/ports/pairs.js';
import { overQuota } from './quota.js';
import type { SyncWork } from './work.js';

export type Joined = { readonly status: number; readonly detail?: string } | { readonly bytes: Uint8Array; readonly meta: Meta };

/** Stores one part; the last one answers the whole object. */
export async function takePart(
  work: SyncWork,
  pair: PairRecord,
  open: OpenSync,
  change: ClientChange,
  part: Part,
  maxBytes = work.options.limits.maxObjSize,
): Promise<Joined> {
  const { account, options } = work;
  const owner = chunkOwner(pair.id);
  const bytes = change.content ?? new Uint8Array(0);
  let object = open.incoming?.luid === change.luid ? open.incoming : undefined;
  if (part.size !== undefined && !part.position && !(await sizeIsRepeated(work, object, owner, part.size, bytes))) {
    // Size stands in the first part only: the sender begins (again).
    await account.chunks.clear(owner);
    object = undefined;
    if (part.size > maxBytes) return forget(work, pair, open, Status.SizeTooBig);
    if (await overQuota(work, part.size, false)) return forget(work, pair, open, Status.DeviceFull);
  } else if (!object) {
    const goesOn = part.position !== undefined || open.completed?.luid === change.luid;
    return forget(work, pair, open, goesOn ? Status.PartialItemNotAccepted : Status.SizeRequired);
  }
  if (bytes.length === 0 && !part.last) return forget(work, pair, open, Status.IncompleteCommand);
  if (object && part.position !== undefined && part.position !== object.received) {
    if (part.position !== object.received - object.lastChunk) return forget(work, pair, open, Status.PartialItemNotAccepted);
    // Our 213 for that part was lost: it comes again.
    await account.chunks.dropLast(owner);
    object = { ...object, received: part.position, lastChunk: 0 };
  }
  // A position leaves no doubt about what comes twice.
  if (object && part.position !== undefined) object = { ...object, unconfirmed: [] };
  const doubtful = (object?.unconfirmed ?? []).reduce((sum, { length }) => sum + length, 0);
  const received = (object?.received ?? 0) + bytes.length;
  if (received - doubtful > maxBytes) return forget(work, pair, open, Status.EntityTooLarge);
  if (!part.last) {
    await account.chunks.append(owner, bytes);
    const kept: IncomingObject = { ...(object ?? begun(change, part)), received, lastChunk: bytes.length };
    work.save({ ...pair, open: { ...open, incoming: kept } });
    return { status: Status.ChunkAccepted };
  }
  const whole = joined(object ?? begun(change, part), await account.chunks.read(owner), bytes, options.tolerance);
  const meta = { ...(object ? metaOf(object) : {}), ...change.meta };
  await forget(work, pair, open, Status.Ok);
  if (!whole) return { status: Status.SizeMismatch };
  return { bytes: whole, meta };
}

/** Chunks of one object that are remembered as possibly repeated. */
export const MAX_UNCONFIRMED = 6;

/**
 * Some senders repeat Size in every part. It is a part that goes on, and no new beginning, when the Size is the same, there is still room
 * for it, and it is not how the object began.
 */
async function sizeIsRepeated(
  work: SyncWork,
  object: IncomingObject | undefined,
  owner: string,
  size: number,
  bytes: Uint8Array,
): Promise<boolean> {
  if (!object || object.size !== size || object.received + bytes.length > size || bytes.length === size) return false;
  const before = await work.account.chunks.read(owner);
  const asItBegan = Buffer.compare(before.subarray(0, bytes.length), bytes.subarray(0, before.length)) === 0;
  return !asItBegan && work.options.tolerance.allows('size-repeated');
}

/**
 * The whole object when its length is what was announced. Chunks whose 213 was lost come twice and make it too long by just their
 * length; a client may also begin anew without saying so. One conformance suite announces a byte too many.
 */
function joined(object: IncomingObject, before: Uint8Array, last: Uint8Array, tolerance: Tolerance): Uint8Array | undefined {
  const whole = Buffer.concat([before, last]);
  const { size } = object;
  if (size === undefined || whole.length === size) return whole;
  if (whole.length + 1 === size && tolerance.allows('size-one-too-many')) return whole;
  const latest = { at: object.received - object.lastChunk, length: object.lastChunk };
  // A repeated chunk stands twice in a row.
  const doubtful = (object.unconfirmed ?? [latest]).filter(({ at, length }) =>
    whole.subarray(at, at + length).equals(whole.subarray(at + length, at + 2 * length)),
  );
  for (let choice = 1; choice < 2 ** doubtful.length; choice += 1) {
    const dropped = doubtful.filter((_, i) => choice & (1 << i));
    if (whole.length - dropped.reduce((sum, { length }) => sum + length, 0) === size) return without(whole, dropped);
  }
  return last.length === size ? last : undefined;
}

function without(whole: Uint8Array, ranges: readonly { readonly at: number; readonly length: number }[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const { at, length } of ranges) {
    parts.push(whole.subarray(from, at));
    from = at + length;
  }
  return Buffer.concat([...parts, whole.subarray(from)]);
}

/** The last chunk of an object that is complete already, again: our Status for it was lost, so it gets the same one. */
export function repeatedEnd(work: SyncWork, open: OpenSync, change: ClientChange): number | undefined {
  const { completed } = open;
  if (!completed || open.incoming || completed.luid !== change.luid || !change.content || change.meta.size !== undefined) return undefined;
  return completed.chunk === chunkKey(work, change) ? completed.status : undefined;
}

export function noteCompleted(work: SyncWork, pair: PairRecord, change: ClientChange, status: number): void {
  if (pair.open) work.save({ ...pair, open: { ...pair.open, completed: { luid: change.luid, status, chunk: chunkKey(work, change) } } });
}

const chunkKey = (work: SyncWork, change: ClientChange): string => work.account.keyedHash('blob', change.content ?? new Uint8Array(0));

function begun(change: ClientChange, part: Part): IncomingObject {
  const { type, format, version } = change.meta;
  return {
    command: change.kind === 'Replace' ? 'Replace' : 'Add',
    luid: change.luid,
    ...(type === undefined ? {} : { type }),
    ...(format === undefined ? {} : { format }),
    ...(version === undefined ? {} : { version }),
    ...(part.size === undefined ? {} : { size: part.size }),
    received: 0,
    lastChunk: 0,
  };
}

export const metaOf = (object: IncomingObject): Meta => ({
  ...(object.type === undefined ? {} : { type: object.type }),
  ...(object.format === undefined ? {} : { format: object.format }),
});

async function forget(work: SyncWork, pair: PairRecord, open: OpenSync, status: number): Promise<{ status: number }> {
  const { incoming: _, ...rest } = open;
  await work.account.chunks.clear(chunkOwner(pair.id));
  work.save({ ...pair, open: rest });
  return { status };
}

export async function dropIncoming(work: SyncWork, id: PairId): Promise<void> {
  const pair = await work.pair(id);
  if (pair.open?.incoming) await forget(work, pair, pair.open, Status.Ok);
}
