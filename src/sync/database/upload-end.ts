/** The last part of a whole file: the draft becomes the file. */
import type { ChunkSource } from '../../devicedb/jobs.js';
import type { ChangeAnswer, ClientChange } from '../../model/effects.js';
import type { AccountId, CopyId } from '../../model/ids.js';
import { Status } from '../../model/status.js';
import { CHUNK_BYTES, type ChunkRef } from '../../storage/ports/copies.js';
import type { IncomingObject } from '../../storage/ports/pairs.js';
import { contentHash } from '../content-hash.js';
import type { SlowRooms } from '../slow-work.js';
import type { CopyPlace } from './copy-place.js';
import { decodeStream, encodedAs } from './decode.js';
import { overRoom, saveDraft, sealedBytes } from './draft.js';
import { contentAt, contentSource, wholeChunkBytes, type Pending } from './pending.js';
import { bytesOf, cut, NOTHING, overlaid } from './sources.js';
import { answering } from './statuses.js';
import { FALLBACK_TYPE, forget, stampOf, tailAfter, wholeChunks, type Arriving } from './upload.js';

type Range = NonNullable<IncomingObject['unconfirmed']>[number];
type Ended = { readonly refs: readonly ChunkRef[]; readonly size: number } | { readonly refused: ChangeAnswer };

export async function completeUpload(
  place: CopyPlace,
  change: ClientChange,
  arriving: Arriving,
  bytes: Uint8Array,
  object: IncomingObject | undefined,
): Promise<ChangeAnswer> {
  const { work, copy, rules } = place;
  const { number, version, upload } = arriving;
  const { id: account } = work.account;
  const standing = { account, copy: copy.id, pending: work.pending.get(copy.id) };
  const encoded = encodedAs(upload.type, upload.format, FALLBACK_TYPE);
  // A position leaves no doubt about what comes twice.
  const doubtful = change.part?.position === undefined ? doubtfulRanges(object) : [];
  const key = `file ${stampOf(work, copy)} ${number} ${version} ${upload.received} ${contentHash(bytes)} ${JSON.stringify(doubtful)}`;
  const ended = work.slow<Ended>(key, (rooms) =>
    answering(async (): Promise<Ended> => {
      const sent = asSent(rooms, standing, arriving, bytes);
      const repeated = await repeatedRanges(sent, doubtful, upload.size);
      if (!repeated) return { refused: { status: Status.SizeMismatch } };
      if (repeated.length === 0 && encoded.coding === undefined && encoded.format !== 'b64') {
        if (sent.size > rules.maxFileBytes) return { refused: { status: Status.EntityTooLarge } };
        return { refs: await rooms.store.copies.write(account, copy, number, lastChunks(arriving, bytes)), size: sent.size };
      }
      const counted = { size: 0 };
      const limits = { maxBytes: rules.maxFileBytes, maxInMemory: rules.maxUpdateBytes };
      const file = measured(decodeStream(without(sent, repeated), encoded, limits), counted);
      const refs = await rooms.store.copies.write(account, copy, number, cut(file));
      return { refs, size: counted.size };
    }),
  );
  const refused = 'refused' in ended ? ended.refused : await tooMuch(place, ended.refs);
  if (refused || 'refused' in ended) {
    if (version >= 0) await work.account.copies.dropDraft(copy.id);
    return forget(place, refused ?? { status: Status.CommandFailed });
  }
  await saveDraft(place, {
    fresh: version < 0 ? { base: undefined } : undefined,
    by: 'full',
    size: ended.size,
    received: bytes.length,
    refs: ended.refs,
    known: { media: encoded.media, writing: { kind: 'unknown' }, removed: 0 },
  });
  return forget(place, { status: change.kind === 'Add' ? Status.ItemAdded : Status.Ok });
}

/** What was sent packed is measured when it is unpacked. */
async function tooMuch({ work }: CopyPlace, refs: readonly ChunkRef[]): Promise<ChangeAnswer | undefined> {
  return (await overRoom(work, sealedBytes(refs))) ? { status: Status.DeviceFull } : undefined;
}

/** The object's bytes as they came: the draft's chunks, and behind them what this message brings. */
function asSent({ store }: SlowRooms, { account, copy, pending }: Standing, to: Arriving, bytes: Uint8Array): ChunkSource {
  const { number, version, upload } = to;
  const whole = wholeChunkBytes(upload.received);
  const stored = version < 0 ? NOTHING : contentSource(store, account, copy, contentAt(number, whole, pending));
  const last = new Map([...lastChunks(to, bytes)].map((chunk) => [chunk.index, chunk.bytes]));
  return overlaid(stored, last, upload.received + bytes.length);
}

interface Standing {
  readonly account: AccountId;
  readonly copy: CopyId;
  readonly pending: Pending | undefined;
}

function* lastChunks({ upload }: Arriving, bytes: Uint8Array): ReturnType<typeof wholeChunks> {
  const tail = Buffer.from(upload.tail, 'base64');
  yield* wholeChunks(tail, bytes, Math.floor(upload.received / CHUNK_BYTES));
  const rest = tailAfter(tail, bytes);
  if (rest.length > 0) yield { index: Math.floor((upload.received + bytes.length) / CHUNK_BYTES), bytes: rest };
}

/** Parts that may have come twice, because our Status for them was lost. */
function doubtfulRanges(object: IncomingObject | undefined): readonly Range[] {
  if (!object) return [];
  const latest = { at: object.received - object.lastChunk, length: object.lastChunk };
  return object.unconfirmed ?? (latest.length > 0 ? [latest] : []);
}

/**
 * Which of them did come twice: a repeated part stands twice in a row, and the object is longer than announced by just their lengths.
 * @returns undefined when its length cannot be explained so.
 */
async function repeatedRanges(sent: ChunkSource, doubtful: readonly Range[], size: number): Promise<readonly Range[] | undefined> {
  if (sent.size === size) return [];
  const twice: Range[] = [];
  for (const range of doubtful) if (await standsTwice(sent, range)) twice.push(range);
  for (let choice = 1; choice < 2 ** twice.length; choice += 1) {
    const dropped = twice.filter((_, i) => choice & (1 << i));
    if (sent.size - dropped.reduce((sum, { length }) => sum + length, 0) === size) return dropped;
  }
  return undefined;
}

async function standsTwice(sent: ChunkSource, { at, length }: Range): Promise<boolean> {
  if (at + 2 * length > sent.size) return false;
  const [first, second] = [await joined(bytesOf(sent, at, at + length)), await joined(bytesOf(sent, at + length, at + 2 * length))];
  return first.equals(second);
}

async function joined(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function* without(sent: ChunkSource, ranges: readonly Range[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (const { at, length } of [...ranges].sort((a, b) => a.at - b.at)) {
    yield* bytesOf(sent, from, at);
    from = at + length;
  }
  yield* bytesOf(sent, from);
}

async function* measured(bytes: AsyncIterable<Uint8Array>, counted: { size: number }): AsyncGenerator<Uint8Array> {
  for await (const piece of bytes) {
    counted.size += piece.length;
    yield piece;
  }
}
