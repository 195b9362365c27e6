/**
 * Chunks from the thread that has them, for one that cannot wait any other way: sql.js asks in the middle of a statement. The worker says which
 * chunks it needs and sleeps on shared memory; the other thread reads them as always, without being held up, and wakes it.
 */
import type { MessagePort } from 'node:worker_threads';
import { CHUNK_BYTES } from '../storage/ports/copies.js';
import type { ChunkSource } from './jobs.js';
import { HEAD_BYTES, READ_AT_ONCE, STATE, Waiting, type ChunkRequest } from './messages.js';
import type { ChunkReader } from './paged-file.js';

/** The source could not be read; why is known on the other side. */
export class ChunksUnavailable extends Error {
  override readonly name = 'ChunksUnavailable';
}

/** In the worker. */
export function remoteChunks(port: Pick<MessagePort, 'postMessage'>, shared: SharedArrayBuffer, source: number, size: number): ChunkReader {
  const head = new Int32Array(shared, 0, 2);
  return {
    size,
    read(indices) {
      const chunks: Uint8Array[] = [];
      for (let from = 0; from < indices.length; from += READ_AT_ONCE) {
        const part = indices.slice(from, from + READ_AT_ONCE);
        Atomics.store(head, STATE, Waiting.yes);
        port.postMessage({ kind: 'chunks', source, indices: part } satisfies ChunkRequest);
        // The other thread wakes after it has answered: one that saw the answer before it slept may be in its next request when that comes.
        while (Atomics.load(head, STATE) === Waiting.yes) Atomics.wait(head, STATE, Waiting.yes);
        if (Atomics.load(head, STATE) !== Waiting.answered) throw new ChunksUnavailable();
        part.forEach((index, i) => {
          const length = Math.min(CHUNK_BYTES, size - index * CHUNK_BYTES);
          const bytes = new Uint8Array(shared, HEAD_BYTES + i * CHUNK_BYTES, length);
          // The next request overwrites it.
          chunks.push(indices.length > READ_AT_ONCE ? bytes.slice() : bytes);
        });
      }
      return chunks;
    },
  };
}

/** Views of a whole chunk's room: there are few, and they are asked for a thousand times a second. */
const views = new WeakMap<SharedArrayBuffer, Uint8Array[]>();

function roomIn(shared: SharedArrayBuffer, place: number, length: number): Uint8Array {
  if (length < CHUNK_BYTES) return new Uint8Array(shared, HEAD_BYTES + place * CHUNK_BYTES, length);
  const known = views.get(shared) ?? [];
  if (known.length === 0) views.set(shared, known);
  return (known[place] ??= new Uint8Array(shared, HEAD_BYTES + place * CHUNK_BYTES, CHUNK_BYTES));
}

/** In the pool: answers one request. @throws what the source throws, or when it gave other bytes than it said it has; the worker is woken all the same. */
export async function answerChunks(shared: SharedArrayBuffer, source: ChunkSource | undefined, request: ChunkRequest): Promise<void> {
  const head = new Int32Array(shared, 0, 2);
  let state: number = Waiting.failed;
  try {
    if (source === undefined) throw new Error(`there is no source ${request.source}`);
    const { size } = source;
    const rooms = request.indices.map((index, i) => roomIn(shared, i, Math.max(0, Math.min(CHUNK_BYTES, size - index * CHUNK_BYTES))));
    const chunks = await source.read(request.indices, rooms);
    rooms.forEach((room, i) => {
      const bytes = chunks[i];
      if (bytes?.length !== room.length)
        throw new Error(`chunk ${request.indices[i]} has ${bytes?.length ?? 'no'} bytes instead of ${room.length}`);
      if (bytes !== room) room.set(bytes);
    });
    state = Waiting.answered;
  } finally {
    Atomics.store(head, STATE, state);
    Atomics.notify(head, STATE);
  }
}
