/**
 * Chunks' bytes in packs: a pack is the sealed chunks of one write call, one behind the other. A chunk is its codec (1 byte) and the sealed,
 * compressed bytes; the seal binds them to account, copy, index, the generation they were written for, and the hash of the bytes in the
 * clear. So a chunk opens only in its place, and only for rows that mean exactly these bytes; it may lie in any pack.
 */
import { hash as hashOf } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { StoreError } from '../../model/errors.js';
import type { AccountId, CopyId } from '../../model/ids.js';
import type { AccountKeys } from '../../sealing/account-keys.js';
import { SEAL_OVERHEAD } from '../../sealing/envelope.js';
import { CHUNK_BYTES, type Chunk, type ChunkRef, type CopyBytes, type CopyRecord } from '../ports/copies.js';
import type { Objects } from '../ports/objects.js';
import { Codec, squeeze, storedMember, storedMemberSize, unsqueeze } from './codec.js';
import { newPack, packOf } from './names.js';
import { PackWriter } from './pack-writer.js';
import { pieces, type Piece, type Stretch } from './pieces.js';
import { Rooms } from './rooms.js';
import { together } from './together.js';

/** Storage locations by their ids. */
export type Locations = ReadonlyMap<string, Objects>;

/** Pieces that are being fetched. */
const FETCHES = 8;
/** Longest that sealing chunks holds up the event loop, ms; and chunks that are opened in about that time. */
const BURST_MS = 2;
const BURST_CHUNKS = 32;
/** Chunks of another copy that are open at a time. */
const ADOPTED_AT_ONCE = 64;
/** Bytes of a piece that is fetched into memory that is kept for such. */
const LARGE_PIECE = 128 * 1024;

export class PackBytes implements CopyBytes {
  readonly locations: Locations;
  /** In front of the names of this store's packs. */
  readonly store: string;
  readonly #keysOf: (account: AccountId) => Promise<AccountKeys>;
  readonly #rooms = new Rooms();

  constructor(locations: Locations, store: string, keysOf: (account: AccountId) => Promise<AccountKeys>) {
    this.locations = locations;
    this.store = store;
    this.#keysOf = keysOf;
  }

  async write(
    account: AccountId,
    copy: Pick<CopyRecord, 'id' | 'location'>,
    number: number,
    chunks: AsyncIterable<Chunk> | Iterable<Chunk>,
  ): Promise<readonly ChunkRef[]> {
    const place = { keys: await this.#keysOf(account), account, copy: copy.id };
    const packs = this.#writer(account, copy);
    const facts: ChunkFacts[] = [];
    let began = performance.now();
    try {
      for await (const chunk of chunks) {
        if (performance.now() - began > BURST_MS) {
          await nextTurn();
          began = performance.now();
        }
        facts.push(await put(packs, place, number, chunk));
      }
      return refsOf(facts, await packs.end());
    } finally {
      // After a failure: nothing goes on behind the caller's back.
      await packs.settled();
    }
  }

  async adopt(
    account: AccountId,
    from: CopyId,
    refs: readonly ChunkRef[],
    copy: Pick<CopyRecord, 'id' | 'location'>,
    number: number,
  ): Promise<readonly ChunkRef[]> {
    const place = { keys: await this.#keysOf(account), account, copy: copy.id };
    const packs = this.#writer(account, copy);
    const facts: ChunkFacts[] = [];
    try {
      for (let at = 0; at < refs.length; at += ADOPTED_AT_ONCE) {
        const some = refs.slice(at, at + ADOPTED_AT_ONCE);
        const codecs: number[] = [];
        const bodies = await this.#each(account, from, some, ({ codec, body }, n) => {
          codecs[n] = codec;
          return body;
        });
        for (const [n, { index, hash }] of some.entries()) {
          const fact = { index, writtenFor: number, hash, codec: codecs[n] ?? -1 };
          await seal(packs, place, fact, bodies[n] as Uint8Array);
          facts.push(fact);
        }
      }
      return refsOf(facts, await packs.end());
    } finally {
      await packs.settled();
    }
  }

  async read(account: AccountId, copy: CopyId, refs: readonly ChunkRef[], rooms?: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
    return this.#each(account, copy, refs, (one, n) => {
      const bytes = unpacked(one, copy);
      const room = rooms?.[n];
      if (room?.byteLength === bytes.byteLength) {
        room.set(bytes);
        return room;
      }
      // What was opened is its own; what was unpacked lies where the next one comes.
      return bytes === one.body ? bytes : Buffer.from(bytes);
    });
  }

  async members(account: AccountId, copy: CopyId, refs: readonly ChunkRef[], size: number): Promise<readonly Uint8Array[]> {
    const sizes = this.memberSizes(refs, size);
    const members = await this.#each(account, copy, refs, (one) =>
      one.codec === Codec.Gzip ? one.body : storedMember(unpacked(one, copy)),
    );
    members.forEach((member, n) => {
      if (member.length !== sizes[n])
        throw new StoreError('corrupt', `chunk ${refs[n]?.index} of copy ${copy} is not packed as it should be`);
    });
    return members;
  }

  memberSizes(refs: readonly Pick<ChunkRef, 'index' | 'length' | 'member'>[], size: number): readonly number[] {
    return refs.map(({ index, length, member }) =>
      member ? length - CODEC_BYTES - SEAL_OVERHEAD : storedMemberSize(Math.min(CHUNK_BYTES, size - index * CHUNK_BYTES)),
    );
  }

  /** @param made of a chunk that was opened, and its place in the list. */
  async #each(
    account: AccountId,
    copy: CopyId,
    refs: readonly ChunkRef[],
    made: (opened: Opened, at: number) => Uint8Array,
  ): Promise<readonly Uint8Array[]> {
    const place = { keys: await this.#keysOf(account), account, copy };
    const chunks: Uint8Array[] = Array.from({ length: refs.length });
    await together(pieces(refs), FETCHES, async (piece) => {
      const room = piece.length < LARGE_PIECE ? undefined : this.#rooms.take();
      const bytes = await this.#fetch(piece, room);
      for (const [n, at] of piece.members.entries()) {
        if (n > 0 && n % BURST_CHUNKS === 0) await nextTurn();
        const ref = refs[at] as ChunkRef;
        const from = ref.offset - piece.offset;
        chunks[at] = made(opened(place, ref, bytes.subarray(from, from + ref.length)), at);
      }
      // After a failure somebody may still be writing there.
      if (room !== undefined) this.#rooms.give(room);
    });
    return chunks;
  }

  /** Sealed chunks as they are, moved into new packs. @returns where each lies now. */
  async move(account: AccountId, copy: Pick<CopyRecord, 'id' | 'location'>, chunks: readonly Stretch[]): Promise<readonly Stretch[]> {
    const found: Uint8Array[] = Array.from({ length: chunks.length });
    await together(pieces(chunks), FETCHES, async (piece) => {
      const bytes = await this.#fetch(piece);
      for (const at of piece.members) {
        const { offset, length } = chunks[at] as Stretch;
        found[at] = bytes.subarray(offset - piece.offset, offset - piece.offset + length);
      }
    });
    const packs = this.#writer(account, copy);
    try {
      for (const bytes of found) await packs.add(bytes.byteLength, (room) => room.set(bytes));
      return await packs.end();
    } finally {
      await packs.settled();
    }
  }

  /** @throws {StoreError} `unavailable` when none of this name is configured. */
  location(id: string): Objects {
    const objects = this.locations.get(id);
    if (objects === undefined) throw new StoreError('unavailable', `there is no storage location "${id}" in the configuration`);
    return objects;
  }

  #writer(account: AccountId, copy: Pick<CopyRecord, 'id' | 'location'>): PackWriter {
    return new PackWriter(this.location(copy.location), () => newPack(copy.location, this.store, account, copy.id), this.#rooms);
  }

  async #fetch({ pack, offset, length }: Piece, room?: Uint8Array): Promise<Uint8Array> {
    const { location, object } = packOf(pack);
    return this.location(location).get(object, { offset, length }, room);
  }
}

interface Place {
  readonly keys: AccountKeys;
  readonly account: AccountId;
  readonly copy: CopyId;
}

interface ChunkFacts extends Pick<ChunkRef, 'index' | 'writtenFor' | 'hash'> {
  readonly codec: number;
}

/** In front of the sealed bytes. */
const CODEC_BYTES = 1;

interface Opened {
  readonly ref: ChunkRef;
  readonly codec: number;
  readonly body: Uint8Array;
}

async function put(packs: PackWriter, place: Place, writtenFor: number, { index, bytes, member }: Chunk): Promise<ChunkFacts> {
  if (bytes.byteLength === 0 || bytes.byteLength > CHUNK_BYTES) throw new RangeError(`a chunk of ${bytes.byteLength} bytes`);
  const hash = hashOf('sha256', bytes, 'buffer');
  const { codec, body } = squeeze(bytes, member);
  const facts = { index, writtenFor, hash, codec };
  await seal(packs, place, facts, body);
  return facts;
}

const seal = (packs: PackWriter, place: Place, facts: ChunkFacts, body: Uint8Array): Promise<void> =>
  packs.add(CODEC_BYTES + body.byteLength + SEAL_OVERHEAD, (room) => {
    room[0] = facts.codec;
    place.keys.sealInto(room.subarray(CODEC_BYTES), body, chunkAad(place, facts, facts.codec));
  });

const refsOf = (facts: readonly ChunkFacts[], places: readonly Stretch[]): readonly ChunkRef[] =>
  facts.map(({ index, writtenFor, codec, hash }, n) => {
    const { pack, offset, length } = places[n] as Stretch;
    return { index, writtenFor, pack, offset, length, member: codec === Codec.Gzip, hash };
  });

function opened(place: Place, ref: ChunkRef, bytes: Uint8Array): Opened {
  const codec = bytes[0] ?? -1;
  return { ref, codec, body: place.keys.open(bytes.subarray(CODEC_BYTES), chunkAad(place, ref, codec)) };
}

function unpacked({ ref, codec, body }: Opened, copy: CopyId): Uint8Array {
  try {
    return unsqueeze(codec, body);
  } catch (cause) {
    throw new StoreError('corrupt', `chunk ${ref.index} of copy ${copy} cannot be decompressed`, { cause });
  }
}

/** Changing it makes every chunk unreadable. */
const chunkAad = (
  { account, copy }: Place,
  { index, writtenFor, hash }: Pick<ChunkRef, 'index' | 'writtenFor' | 'hash'>,
  codec: number,
): string =>
  `copy-chunk/${account}/${copy}/${index}/${writtenFor}/${codec}/${Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString('base64')}`;
