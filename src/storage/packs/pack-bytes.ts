/**
 * Chunks' bytes in packs: a pack is the sealed chunks of one write call, one behind the other. A chunk is its codec (1 byte) and the sealed,
 * compressed bytes; the seal binds them to account, copy, index, the generation they were written for, and the hash of the bytes in the
 * clear. So a chunk opens only in its place, and only for rows that mean exactly these bytes; it may lie in any pack.
 */
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { StoreError } from '../../model/errors.js';
import type { AccountId, CopyId } from '../../model/ids.js';
import type { AccountKeys } from '../../sealing/account-keys.js';
import { CHUNK_BYTES, type Chunk, type ChunkRef, type CopyBytes, type CopyRecord } from '../ports/copies.js';
import type { Objects } from '../ports/objects.js';
import { squeeze, unsqueeze } from './codec.js';
import { newPack, packOf, packText } from './names.js';
import { pieces, type Piece } from './pieces.js';

/** Storage locations by their ids. */
export type Locations = ReadonlyMap<string, Objects>;

/** A pack is closed when it has so many bytes. */
const PACK_BYTES = 4 * 1024 * 1024;
/** Chunks in hand: enough to keep the threads busy, few enough to let others' work in between. */
const IN_HAND = 8;
/** Packs that are being put at the same time, and pieces that are being fetched. */
const TRANSFERS = 3;
/** Longest that opening chunks holds up the event loop, ms. */
const BURST_MS = 2;

export class PackBytes implements CopyBytes {
  readonly #locations: Locations;
  readonly #keysOf: (account: AccountId) => Promise<AccountKeys>;

  constructor(locations: Locations, keysOf: (account: AccountId) => Promise<AccountKeys>) {
    this.#locations = locations;
    this.#keysOf = keysOf;
  }

  async write(
    account: AccountId,
    copy: Pick<CopyRecord, 'id' | 'location'>,
    number: number,
    chunks: AsyncIterable<Chunk> | Iterable<Chunk>,
  ): Promise<readonly ChunkRef[]> {
    const place = { keys: await this.#keysOf(account), account, copy: copy.id };
    const packs = new PackWriter(this.location(copy.location), () => newPack(copy.location, account, copy.id));
    const inHand: Promise<SealedChunk>[] = [];
    try {
      for await (const chunk of chunks) {
        inHand.push(sealed(place, number, chunk));
        const first = inHand.length < IN_HAND ? undefined : inHand.shift();
        if (first !== undefined) await packs.add(await first);
      }
      for (const one of inHand.splice(0)) await packs.add(await one);
      return await packs.end();
    } finally {
      // After a failure: nobody else waits for these, and nothing goes on behind the caller's back.
      await Promise.allSettled(inHand);
      await packs.settled();
    }
  }

  async read(account: AccountId, copy: CopyId, refs: readonly ChunkRef[]): Promise<readonly Uint8Array[]> {
    const place = { keys: await this.#keysOf(account), account, copy };
    const chunks: Uint8Array[] = Array.from({ length: refs.length });
    await together(pieces(refs), TRANSFERS, async (piece) => {
      const bytes = await this.#fetch(piece);
      let began = performance.now();
      await together(piece.members, IN_HAND, async (at) => {
        if (performance.now() - began > BURST_MS) {
          await nextTurn();
          began = performance.now();
        }
        const ref = refs[at] as ChunkRef;
        const from = ref.offset - piece.offset;
        chunks[at] = await opened(place, ref, bytes.subarray(from, from + ref.length));
      });
    });
    return chunks;
  }

  /** @throws {StoreError} `unavailable` when none of this name is configured. */
  location(id: string): Objects {
    const objects = this.#locations.get(id);
    if (objects === undefined) throw new StoreError('unavailable', `there is no storage location "${id}" in the configuration`);
    return objects;
  }

  async #fetch({ pack, offset, length }: Piece): Promise<Uint8Array> {
    const { location, object } = packOf(pack);
    return this.location(location).get(object, { offset, length });
  }
}

interface Place {
  readonly keys: AccountKeys;
  readonly account: AccountId;
  readonly copy: CopyId;
}

interface SealedChunk extends Pick<ChunkRef, 'index' | 'writtenFor' | 'hash'> {
  readonly codec: number;
  readonly body: Uint8Array;
}

async function sealed(place: Place, writtenFor: number, { index, bytes }: Chunk): Promise<SealedChunk> {
  if (bytes.byteLength === 0 || bytes.byteLength > CHUNK_BYTES) throw new RangeError(`a chunk of ${bytes.byteLength} bytes`);
  const hash = createHash('sha256').update(bytes).digest();
  const { codec, body } = await squeeze(bytes);
  return { index, writtenFor, hash, codec, body: place.keys.seal(body, chunkAad(place, { index, writtenFor, hash }, codec)) };
}

async function opened(place: Place, ref: ChunkRef, bytes: Uint8Array): Promise<Uint8Array> {
  const codec = bytes[0] ?? -1;
  const body = place.keys.open(bytes.subarray(1), chunkAad(place, ref, codec));
  try {
    return await unsqueeze(codec, body);
  } catch (cause) {
    throw new StoreError('corrupt', `chunk ${ref.index} of copy ${place.copy} cannot be decompressed`, { cause });
  }
}

/** Changing it makes every chunk unreadable. */
const chunkAad = (
  { account, copy }: Place,
  { index, writtenFor, hash }: Pick<ChunkRef, 'index' | 'writtenFor' | 'hash'>,
  codec: number,
): string =>
  `copy-chunk/${account}/${copy}/${index}/${writtenFor}/${codec}/${Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString('base64')}`;

/** Collects sealed chunks and puts them away pack by pack. */
class PackWriter {
  readonly #objects: Objects;
  readonly #name: () => ReturnType<typeof newPack>;
  readonly #refs: ChunkRef[] = [];
  #puts: Promise<void>[] = [];
  #parts: Uint8Array[] = [];
  #size = 0;
  #pack: ReturnType<typeof newPack>;

  constructor(objects: Objects, name: () => ReturnType<typeof newPack>) {
    this.#objects = objects;
    this.#name = name;
    this.#pack = name();
  }

  async add({ index, writtenFor, hash, codec, body }: SealedChunk): Promise<void> {
    const length = 1 + body.byteLength;
    this.#refs.push({ index, writtenFor, pack: packText(this.#pack), offset: this.#size, length, hash });
    this.#parts.push(Uint8Array.of(codec), body);
    this.#size += length;
    if (this.#size < PACK_BYTES) return;
    this.#put();
    if (this.#puts.length >= TRANSFERS) await this.#puts.shift();
  }

  /** @returns the refs, once all packs are durable. */
  async end(): Promise<readonly ChunkRef[]> {
    if (this.#parts.length > 0) this.#put();
    await Promise.all(this.#puts);
    return this.#refs;
  }

  async settled(): Promise<void> {
    await Promise.allSettled(this.#puts);
  }

  #put(): void {
    const putting = this.#objects.put(this.#pack.object, Buffer.concat(this.#parts, this.#size));
    // Waited for later; until then its failure has a listener.
    putting.catch(() => undefined);
    this.#puts.push(putting);
    this.#parts = [];
    this.#size = 0;
    this.#pack = this.#name();
  }
}

/** Runs `work` on each, so many at a time; after a failure nothing more is begun, and what runs is waited for. */
async function together<T>(all: readonly T[], atATime: number, work: (one: T) => Promise<void>): Promise<void> {
  let next = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    while (next < all.length && !failed) {
      const at = next;
      next += 1;
      await work(all[at] as T).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  const results = await Promise.allSettled(Array.from({ length: Math.min(atATime, all.length) }, lane));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
