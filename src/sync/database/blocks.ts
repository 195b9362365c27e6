/**
 * A whole file that comes as a gzip in blocks: each member is a chunk of the file, so that it is unpacked, proven and sealed with the part that ends it. Nothing
 * is packed again, and with the last part the draft is the file.
 */
import type { ChangeAnswer, ClientChange } from '../../model/effects.js';
import { Status } from '../../model/status.js';
import { RecordError } from '../../records/error.js';
import { splitBlocks, unpackBlock } from '../../records/gzip-blocks.js';
import { CHUNK_BYTES, type Chunk, type ChunkRef } from '../../storage/ports/copies.js';
import type { IncomingObject } from '../../storage/ports/pairs.js';
import { contentHash } from '../content-hash.js';
import type { CopyPlace } from './copy-place.js';
import { encodedAs } from './decode.js';
import { overRoom, saveDraft, sealedBytes } from './draft.js';
import type { DraftState, Upload } from './state.js';
import { answering } from './statuses.js';
import { FALLBACK_TYPE, forget, noteIncoming, stampOf, type Arriving } from './upload.js';

/** An upload of that form. */
export type BlockUpload = Upload & { readonly blocks: number };

export const comesInBlocks = (upload: Upload): upload is BlockUpload => upload.blocks !== undefined;

type Taken = { readonly refs: readonly ChunkRef[]; readonly blocks: number; readonly rest: string; readonly size: number };

/** @param bytes of the part, without those that came before. */
export async function takeBlocks(
  place: CopyPlace,
  change: ClientChange,
  arriving: Arriving & { readonly upload: BlockUpload },
  bytes: Uint8Array,
  object: IncomingObject | undefined,
): Promise<ChangeAnswer> {
  const { work, copy, rules } = place;
  const { number, version, upload } = arriving;
  const { id: account } = work.account;
  const last = change.part?.last !== false;
  const received = upload.received + bytes.length;
  const refuse = async (answer: ChangeAnswer): Promise<ChangeAnswer> => {
    if (version >= 0) await work.account.copies.dropDraft(copy.id);
    return forget(place, answer);
  };
  if (last && received !== upload.size) return refuse({ status: Status.SizeMismatch });
  const key = `blocks ${stampOf(work, copy)} ${number} ${version} ${upload.received} ${contentHash(bytes)} ${last}`;
  const taken = work.slow<Taken | { readonly refused: ChangeAnswer }>(key, ({ store }) =>
    answering(async () => {
      const { full, rest } = splitBlocks(bytes, Buffer.from(upload.tail, 'base64'));
      const members = last && rest.length > 0 ? [...full, rest] : full;
      const blocks = upload.blocks + full.length;
      if (blocks * CHUNK_BYTES > rules.maxFileBytes) throw new RecordError('too-large', `more than ${rules.maxFileBytes} bytes`);
      const size = { bytes: upload.blocks * CHUNK_BYTES };
      const refs = await store.copies.write(account, copy, number, chunksOf(members, upload.blocks, size));
      if (size.bytes > rules.maxFileBytes) throw new RecordError('too-large', `more than ${rules.maxFileBytes} bytes`);
      return { refs, blocks, rest: last ? '' : Buffer.from(rest).toString('base64'), size: size.bytes };
    }),
  );
  if ('refused' in taken) return refuse(taken.refused);
  const { refs, blocks, rest, size } = taken;
  if (await overRoom(work, sealedBytes(refs))) return refuse({ status: Status.DeviceFull });
  const known: DraftState = {
    media: encodedAs(upload.type, upload.format, FALLBACK_TYPE).media,
    writing: { kind: 'unknown' },
    removed: 0,
    ...(last ? {} : { upload: { ...upload, received, blocks, tail: rest } }),
  };
  await saveDraft(place, { fresh: version < 0 ? { base: undefined } : undefined, by: 'full', size, received: bytes.length, refs, known });
  if (last) return forget(place, { status: change.kind === 'Add' ? Status.ItemAdded : Status.Ok });
  noteIncoming(place, change, object, received, bytes.length);
  return { status: Status.ChunkAccepted };
}

/** @param size grows with what is unpacked. */
function* chunksOf(members: readonly Uint8Array[], first: number, size: { bytes: number }): Generator<Chunk> {
  for (const [n, member] of members.entries()) {
    const bytes = unpackBlock(member);
    size.bytes += bytes.length;
    if (bytes.length > 0) yield { index: first + n, bytes, member };
  }
}
