/** The bytes of drafts and generations, chunk by chunk, read outside of a transaction. */
import type { ChunkSource } from '../../devicedb/jobs.js';
import { StoreError } from '../../model/errors.js';
import type { AccountId, CopyId } from '../../model/ids.js';
import { CHUNK_BYTES, type Chunk, type ChunkRef } from '../../storage/ports/copies.js';
import type { Store } from '../../storage/ports/store.js';

/** Chunks that are read at a time, 1 MiB: few round trips, little memory. */
export const CHUNKS_AT_ONCE = 64;

export const chunksOf = (size: number): number => Math.ceil(size / CHUNK_BYTES);

/** @param number of a generation or a draft. @param over chunks that take the place of its own. */
export function sourceOf(
  store: Store,
  account: AccountId,
  copy: CopyId,
  number: number | undefined,
  size: number,
  over: ReadonlyMap<number, ChunkRef> = new Map(),
): ChunkSource {
  return {
    size,
    read: async (indices, rooms) => {
      const asked = indices.filter((index) => !over.has(index));
      const below =
        number === undefined || asked.length === 0 ? [] : await store.read((tx) => tx.account(account).copies.chunks(copy, number, asked));
      const byIndex = new Map(below.map((ref) => [ref.index, ref]));
      const wanted = indices.map((index) => {
        const ref = over.get(index) ?? byIndex.get(index);
        if (!ref) throw new StoreError('corrupt', `chunk ${index} of generation ${number ?? '-'} is missing`);
        return ref;
      });
      return store.copies.read(account, copy, wanted, rooms);
    },
  };
}

export const NOTHING: ChunkSource = { size: 0, read: async (indices) => indices.map(() => new Uint8Array(0)) };

/** A source with some of its chunks replaced. */
export function overlaid(source: ChunkSource, changed: ReadonlyMap<number, Uint8Array>, size: number): ChunkSource {
  return {
    size,
    read: async (indices) => {
      const missing = indices.filter((index) => !changed.has(index));
      const read = missing.length > 0 ? await source.read(missing) : [];
      const found = new Map(missing.map((index, i) => [index, read[i] ?? new Uint8Array(0)]));
      return indices.map((index) => changed.get(index) ?? found.get(index) ?? new Uint8Array(0));
    },
  };
}

/** All bytes in order, or those from `from` up to `to`. */
export async function* bytesOf(source: ChunkSource, from = 0, to = source.size): AsyncGenerator<Uint8Array> {
  const first = Math.floor(from / CHUNK_BYTES);
  const end = chunksOf(Math.min(to, source.size));
  for (let index = first; index < end; index += CHUNKS_AT_ONCE) {
    const indices = Array.from({ length: Math.min(CHUNKS_AT_ONCE, end - index) }, (_, i) => index + i);
    const chunks = await source.read(indices);
    for (const [i, chunk] of chunks.entries()) {
      const at = (index + i) * CHUNK_BYTES;
      const piece = chunk.subarray(Math.max(0, from - at), Math.max(0, Math.min(chunk.length, to - at)));
      if (piece.length > 0) yield piece;
    }
  }
}

/** Cuts bytes into chunks. `index`: of the first one. */
export async function* cut(bytes: AsyncIterable<Uint8Array>, index = 0): AsyncGenerator<Chunk> {
  let buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let filled = 0;
  let next = index;
  for await (const piece of bytes) {
    for (let at = 0; at < piece.length;) {
      const take = Math.min(piece.length - at, CHUNK_BYTES - filled);
      buffer.set(piece.subarray(at, at + take), filled);
      filled += take;
      at += take;
      if (filled < CHUNK_BYTES) continue;
      yield { index: next, bytes: buffer };
      next += 1;
      filled = 0;
      buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    }
  }
  if (filled > 0) yield { index: next, bytes: buffer.subarray(0, filled) };
}
