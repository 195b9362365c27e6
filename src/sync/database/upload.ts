/**
 * The whole file, `.`: it arrives in parts, and each part is sealed into the draft as it comes, so that nothing is joined in memory or read again. With
 * the last part the draft is the file; only what came packed is unpacked then, in a stream.
 */
import type { ChangeAnswer, ClientChange, Part } from '../../model/effects.js';
import { Status } from '../../model/status.js';
import { CHUNK_BYTES, type Chunk, type ChunkRef } from '../../storage/ports/copies.js';
import type { IncomingObject } from '../../storage/ports/pairs.js';
import { isInBlocks } from '../../records/gzip-blocks.js';
import { contentHash } from '../content-hash.js';
import { comesInBlocks, takeBlocks } from './blocks.js';
import { draftOf, type CopyPlace, type LiveDraft } from './copy-place.js';
import { overRoom, saveDraft, sealedBytes } from './draft.js';
import { encodedAs, type Encoded } from './decode.js';
import { contentAt, contentSource } from './pending.js';
import type { DraftState, Upload } from './state.js';
import { statusOf } from './statuses.js';
import { completeUpload } from './upload-end.js';

export const WHOLE_FILE = '.';
export const FALLBACK_TYPE = 'application/octet-stream';

/** Where a part goes. */
export interface Arriving {
  /** Of the draft; the next one when it is still to be opened. */
  readonly number: number;
  /** -1: a new draft. */
  readonly version: number;
  readonly upload: Upload;
  /** Bytes of the part that came before and stay as they are. */
  readonly cameBefore?: number;
}

export async function takeFile(place: CopyPlace, change: ClientChange): Promise<ChangeAnswer> {
  const bytes = change.content ?? new Uint8Array(0);
  const part: Part = change.part ?? { last: true, size: bytes.length };
  const object = place.open.incoming?.luid === change.luid ? place.open.incoming : undefined;
  const begins = change.part === undefined || (part.size !== undefined && !part.position);
  const arriving = begins ? await begin(place, change, part, bytes) : await goOn(place, object, part);
  if ('status' in arriving) return forget(place, arriving);
  if (bytes.length === 0 && !part.last) return forget(place, { status: Status.IncompleteCommand });
  // What is kept of a gzip in blocks is not the bytes as they came: those that come again are left out.
  const { upload, cameBefore = 0 } = arriving;
  const fresh = cameBefore === 0 ? bytes : bytes.subarray(cameBefore);
  const received = upload.received + fresh.length;
  if (received > roomFor(place)) return forget(place, { status: Status.EntityTooLarge });
  if (comesInBlocks(upload)) {
    const again = Math.max(0, cameBefore - bytes.length);
    return takeBlocks(place, change, { ...arriving, upload: { ...upload, again } }, fresh, begins ? undefined : object);
  }
  if (part.last) return completeUpload(place, change, arriving, bytes, begins ? undefined : object);
  const refs = storePart(place, arriving, bytes);
  // What was announced fits; more may come than that.
  if (await overRoom(place.work, sealedBytes(refs))) {
    if (arriving.version >= 0) await place.work.account.copies.dropDraft(place.copy.id);
    return forget(place, { status: Status.DeviceFull });
  }
  await saveUpload(place, arriving, bytes, refs);
  noteIncoming(place, change, begins ? undefined : object, received, bytes.length);
  return { status: Status.ChunkAccepted };
}

/** Base64 is a third longer than what it stands for. */
const roomFor = ({ rules }: CopyPlace): number => Math.ceil((rules.maxFileBytes * 4) / 3) + 4;

async function begin(place: CopyPlace, change: ClientChange, part: Part, bytes: Uint8Array): Promise<Arriving | ChangeAnswer> {
  const size = part.size ?? 0;
  let encoded: Encoded;
  try {
    encoded = encodedAs(change.meta.type, change.meta.format, FALLBACK_TYPE);
  } catch (error) {
    const refused = statusOf(error);
    if (refused) return refused;
    throw error;
  }
  if (size > roomFor(place)) return { status: Status.SizeTooBig };
  if (await overRoom(place.work, size)) return { status: Status.DeviceFull };
  const upload = { type: change.meta.type ?? FALLBACK_TYPE, format: change.meta.format ?? '', size, received: 0, tail: '' };
  const inBlocks = encoded.coding === 'gzip' && encoded.format !== 'b64' && isInBlocks(bytes);
  return { number: place.copy.lastNumber + 1, version: -1, upload: inBlocks ? { ...upload, blocks: 0 } : upload };
}

/** Bytes from a position on take the place of those that came after it: our Status for them was lost. */
async function goOn(place: CopyPlace, object: IncomingObject | undefined, part: Part): Promise<Arriving | ChangeAnswer> {
  const draft = await draftOf(place);
  const upload = draft?.known.upload;
  if (!draft || !upload || !object || object.received !== upload.received) {
    return { status: part.position === undefined && !place.open.completed ? Status.SizeRequired : Status.PartialItemNotAccepted };
  }
  const at = { number: draft.number, version: draft.version };
  // Only the first part of a session has to say where it stands.
  if (part.position === undefined) return { ...at, upload, cameBefore: upload.again ?? 0 };
  if (part.position === upload.received) return { ...at, upload };
  if (part.position > upload.received) return { status: Status.PartialItemNotAccepted };
  if (comesInBlocks(upload)) return { ...at, upload, cameBefore: upload.received - part.position };
  return { ...at, upload: await cutBack(place, draft, upload, part.position) };
}

async function cutBack({ work, copy }: CopyPlace, draft: LiveDraft, upload: Upload, position: number): Promise<Upload> {
  const whole = position - (position % CHUNK_BYTES);
  const tail = Buffer.from(upload.tail, 'base64');
  if (whole >= draft.size) return { ...upload, received: position, tail: tail.subarray(0, position - whole).toString('base64') };
  const { id: account } = work.account;
  const key = `cut ${stampOf(work, copy)} ${draft.number} ${draft.version} ${position}`;
  const content = contentAt(draft.number, draft.size, work.pending.get(copy.id));
  const last = work.slow(key, async ({ store }) => {
    const [chunk] = await contentSource(store, account, copy.id, content).read([whole / CHUNK_BYTES]);
    return Buffer.from((chunk ?? new Uint8Array(0)).subarray(0, position - whole)).toString('base64');
  });
  return { ...upload, received: position, tail: last };
}

/** Whole chunks are sealed; what is left over waits for the next part. */
function storePart({ work, copy }: CopyPlace, { number, version, upload }: Arriving, bytes: Uint8Array): readonly ChunkRef[] {
  const tail = Buffer.from(upload.tail, 'base64');
  if (tail.length + bytes.length < CHUNK_BYTES) return [];
  const { id: account } = work.account;
  const key = `part ${stampOf(work, copy)} ${number} ${version} ${upload.received} ${contentHash(bytes)}`;
  const first = Math.floor(upload.received / CHUNK_BYTES);
  return work.slow(key, ({ store }) => store.copies.write(account, copy, number, wholeChunks(tail, bytes, first)));
}

/** Names the copy and what this message has done to it. */
export const stampOf = (work: CopyPlace['work'], { id }: CopyPlace['copy']): string => `${id} ${work.pending.get(id)?.stamp ?? ''}`;

/** The chunks that `tail` and `bytes` fill. */
export function* wholeChunks(tail: Uint8Array, bytes: Uint8Array, index: number): Generator<Chunk> {
  const first = CHUNK_BYTES - tail.length;
  if (bytes.length < first) return;
  yield { index, bytes: tail.length === 0 ? bytes.subarray(0, CHUNK_BYTES) : Buffer.concat([tail, bytes.subarray(0, first)]) };
  for (let at = first, next = index + 1; at + CHUNK_BYTES <= bytes.length; at += CHUNK_BYTES, next += 1) {
    yield { index: next, bytes: bytes.subarray(at, at + CHUNK_BYTES) };
  }
}

/** What is left over behind the last whole chunk. */
export function tailAfter(tail: Uint8Array, bytes: Uint8Array): Uint8Array {
  const rest = (tail.length + bytes.length) % CHUNK_BYTES;
  if (rest <= bytes.length) return bytes.subarray(bytes.length - rest);
  return Buffer.concat([tail.subarray(tail.length - (rest - bytes.length)), bytes]);
}

async function saveUpload(place: CopyPlace, { version, upload }: Arriving, bytes: Uint8Array, refs: readonly ChunkRef[]): Promise<void> {
  const received = upload.received + bytes.length;
  const tail = Buffer.from(tailAfter(Buffer.from(upload.tail, 'base64'), bytes)).toString('base64');
  const known: DraftState = {
    media: encodedAs(upload.type, upload.format, FALLBACK_TYPE).media,
    writing: { kind: 'unknown' },
    removed: 0,
    upload: { ...upload, received, tail },
  };
  await saveDraft(place, {
    fresh: version < 0 ? { base: undefined } : undefined,
    by: 'full',
    size: received - (received % CHUNK_BYTES),
    received: bytes.length,
    refs,
    known,
  });
}

/** Keeps what a resumed session has to know. */
export function noteIncoming(
  place: CopyPlace,
  change: ClientChange,
  object: IncomingObject | undefined,
  received: number,
  bytes: number,
): void {
  const { work, pair, open } = place;
  const { type, format } = change.meta;
  const begun: IncomingObject = object ?? {
    command: change.kind === 'Replace' ? 'Replace' : 'Add',
    luid: change.luid,
    ...(type === undefined ? {} : { type }),
    ...(format === undefined ? {} : { format }),
    received: 0,
    lastChunk: 0,
  };
  // A position leaves no doubt about what comes twice.
  const { unconfirmed, ...rest } = begun;
  const doubtful = change.part?.position === undefined && unconfirmed ? { unconfirmed } : {};
  work.save({ ...pair, open: { ...open, incoming: { ...rest, ...doubtful, received, lastChunk: bytes } } });
}

/** The object ends here, well or not. */
export function forget<T extends ChangeAnswer>({ work, pair, open }: CopyPlace, answer: T): T {
  const { incoming: _, ...rest } = open;
  work.save({ ...pair, open: rest });
  return answer;
}
