/** What goes to the device, by pieces: a file's chunks, compressed where that was asked for, as text where the message is XML. */
import { gzipSync } from 'node:zlib';
import { StoreError } from '../../model/errors.js';
import type { AccountId, CopyId } from '../../model/ids.js';
import { CHUNK_BYTES, type ChunkRef } from '../../storage/ports/copies.js';
import type { DatabaseEntry } from '../../storage/ports/pairs.js';
import type { SlowRooms } from '../slow-work.js';
import type { SyncWork } from '../work.js';
import { bytesOf, chunksOf, sourceOf } from './sources.js';

/** Bytes that are fetched for one message and those after it. */
const PIECE_BYTES = 1_048_576;
/** A file goes out compressed as its chunks are stored: a gzip member for each of them. [RFC 1952, "File format"] So many go together. */
const MEMBERS = PIECE_BYTES / CHUNK_BYTES;
/** The gzip of an empty file, which has no chunks. */
const NO_MEMBERS = gzipSync(new Uint8Array(0));

type FileSource = Extract<DatabaseEntry['source'], { kind: 'file' }>;

/** A part of what goes out, from `offset` on, and what the whole measures; both in the form it is sent in. */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly format?: string;
}

export async function pieceOf(
  work: SyncWork,
  copy: CopyId,
  entry: DatabaseEntry,
  at: { readonly offset: number; readonly bytes: number; readonly text: boolean },
): Promise<Piece> {
  if (entry.source.kind !== 'file') return inText(await wholeOf(work, copy, entry), at);
  const { source } = entry;
  const size = source.blocks ? source.blocks.reduce((sum, length) => sum + length, 0) : source.size;
  if (!at.text) return { bytes: sentBytes(work, copy, source, at.offset, at.offset + at.bytes), size };
  // Three bytes are four characters.
  const from = Math.floor(at.offset / 4) * 3;
  const bytes = sentBytes(work, copy, source, from, from + Math.ceil(at.bytes / 4) * 3 + 3);
  const whole = from + bytes.length >= size ? bytes : bytes.subarray(0, bytes.length - (bytes.length % 3));
  const text = Buffer.from(Buffer.from(whole).toString('base64'), 'latin1').subarray(at.offset % 4);
  return { bytes: text, size: Math.ceil(size / 3) * 4, format: 'b64' };
}

/** Bytes of the form that is sent, `from` to `to` or less. */
function sentBytes(work: SyncWork, copy: CopyId, source: FileSource, from: number, to: number): Uint8Array {
  if (source.blocks) return memberBytes(work, copy, source, source.blocks, from, to);
  const end = Math.min(to, source.size);
  const pieces: Uint8Array[] = [];
  for (let at = from; at < end;) {
    const index = Math.floor(at / PIECE_BYTES);
    const piece = filePiece(work, copy, source, index);
    const begin = index * PIECE_BYTES;
    pieces.push(piece.subarray(at - begin, end - begin));
    at = Math.min(end, begin + PIECE_BYTES);
  }
  return pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);
}

const lengthOf = (bytes: Uint8Array): number => bytes.length;

function filePiece(work: SyncWork, copy: CopyId, { generation, size }: FileSource, index: number): Uint8Array {
  const { id: account } = work.account;
  return work.slow(
    `piece ${account} ${copy} ${generation} ${index}`,
    (rooms) => read(rooms, account, copy, generation, size, index * PIECE_BYTES, (index + 1) * PIECE_BYTES),
    lengthOf,
  );
}

function memberBytes(work: SyncWork, copy: CopyId, source: FileSource, blocks: readonly number[], from: number, to: number): Uint8Array {
  const { id: account } = work.account;
  const { generation, size } = source;
  const pieces: Uint8Array[] = [];
  let begin = 0;
  for (const [index, length] of blocks.entries()) {
    const end = begin + length;
    if (end > from && begin < to) {
      const member = work.slow<Uint8Array>(
        `members ${account} ${copy} ${generation} ${index}`,
        (rooms) => joinedMembers(rooms, account, copy, generation, size, index),
        lengthOf,
      );
      if (member.length !== length) throw new StoreError('corrupt', 'a compressed piece is not what it was');
      pieces.push(member.subarray(Math.max(0, from - begin), to - begin));
    }
    begin = end;
  }
  return pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);
}

async function read(
  { store }: SlowRooms,
  account: AccountId,
  copy: CopyId,
  generation: number,
  size: number,
  from: number,
  to: number,
): Promise<Uint8Array> {
  const out = Buffer.allocUnsafe(Math.max(0, Math.min(size, to) - from));
  let filled = 0;
  for await (const bytes of bytesOf(sourceOf(store, account, copy, generation, size), from, Math.min(size, to))) {
    out.set(bytes, filled);
    filled += bytes.length;
  }
  if (filled !== out.length) throw new StoreError('corrupt', `generation ${generation} is shorter than it should be`);
  return out;
}

async function joinedMembers(
  { store }: SlowRooms,
  account: AccountId,
  copy: CopyId,
  generation: number,
  size: number,
  piece: number,
): Promise<Uint8Array> {
  if (size === 0) return NO_MEMBERS;
  const from = piece * MEMBERS;
  const indices = Array.from({ length: Math.min(MEMBERS, chunksOf(size) - from) }, (_, i) => from + i);
  const refs = await store.read((tx) => tx.account(account).copies.chunks(copy, generation, indices));
  return Buffer.concat(await store.copies.members(account, copy, whole(refs, indices.length, generation), size));
}

/** Lengths of the pieces: Size has to be known before the first of them goes out. */
export function gzipBlocks(work: SyncWork, copy: CopyId, generation: number, size: number): readonly number[] {
  const { id: account } = work.account;
  return work.slow(`gzip ${account} ${copy} ${generation}`, async ({ store }) => {
    if (size === 0) return [NO_MEMBERS.length];
    const refs = await store.read((tx) => tx.account(account).copies.chunks(copy, generation));
    const sizes = store.copies.memberSizes(whole(refs, chunksOf(size), generation), size);
    const blocks: number[] = [];
    for (let at = 0; at < sizes.length; at += MEMBERS) blocks.push(sizes.slice(at, at + MEMBERS).reduce((sum, one) => sum + one, 0));
    return blocks;
  });
}

function whole(refs: readonly ChunkRef[], chunks: number, generation: number): readonly ChunkRef[] {
  if (refs.length !== chunks) throw new StoreError('corrupt', `generation ${generation} is shorter than it should be`);
  return refs;
}

async function wholeOf(work: SyncWork, copy: CopyId, { name, source }: DatabaseEntry): Promise<Uint8Array> {
  if (source.kind === 'text') return Buffer.from(source.text, 'utf8');
  if (source.kind === 'file') throw new Error('a file goes out in pieces');
  const update = await work.account.copies.update(copy, source.generation, name);
  if (!update) throw new StoreError('corrupt', `update ${name} is not kept any more`);
  return update;
}

/** JSON is text already. */
function inText(bytes: Uint8Array, { offset, text }: { readonly offset: number; readonly text: boolean }): Piece {
  const isText =
    !text || Buffer.from(bytes).toString('utf8').length === 0 || !/[^\t\n\r\x20-\x7e]/.test(Buffer.from(bytes).toString('latin1'));
  if (isText) return { bytes: bytes.subarray(offset), size: bytes.length };
  const encoded = Buffer.from(Buffer.from(bytes).toString('base64'), 'latin1');
  return { bytes: encoded.subarray(offset), size: encoded.length, format: 'b64' };
}
