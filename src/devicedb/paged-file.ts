/**
 * A file of which only the chunks are in memory that somebody asked for. It stands where sql.js has the bytes of an in-memory file, and offers
 * what sql.js uses of them: `length`, `slice`, `subarray` and `set`. Which of its chunks changed is known without a look at the others.
 */
import { CHUNK_BYTES, type Chunk } from '../storage/ports/copies.js';
import { equalBytes } from '../records/bytes.js';

/** Chunks of the file as it was, read while the caller waits. */
export interface ChunkReader {
  /** Bytes of the file. */
  readonly size: number;
  /** Only indices the file has; the last chunk may be shorter. Valid until the next call. */
  read(indices: readonly number[]): readonly Uint8Array[];
}

/** The file was to be cut, or read in one piece: sql.js has to have all of it. */
export class NeedsWholeFile extends Error {
  override readonly name = 'NeedsWholeFile';
}

/** Never the whole file: sql.js makes its array larger when it thinks it has to. */
const ENDLESS = 2 ** 40;
const MAX_PAGE_BYTES = 65_536;
const READ_AHEAD = 64;
/** Leaves of a tree are read in one run, nodes above them and other trees in others. */
const MAX_RUNS = 4;
/** 32 MB. */
const MAX_CLEAN = 2048;

/** Chunks that were read at a time, and how many may have been. Statements read forwards; the check of a tree goes through it from its end. */
interface Run {
  readonly first: number;
  readonly last: number;
  readonly ahead: number;
}

export class PagedFile {
  readonly length = ENDLESS;
  readonly #reader: ChunkReader;
  readonly #mask: ReadonlyMap<number, number>;
  readonly #clean = new Map<number, Uint8Array>();
  readonly #dirty = new Map<number, { readonly bytes: Uint8Array; readonly original: Uint8Array }>();
  #size: number;
  /** Memory of chunks that were forgotten, for those that come. */
  readonly #spare: Uint8Array[] = [];
  /** The one that was read last in front. */
  #runs: readonly Run[] = [];
  #chunksRead = 0;

  /** @param mask bytes of the first chunk that are shown differently, and put back in what `changed` gives. */
  constructor(reader: ChunkReader, mask: ReadonlyMap<number, number>) {
    this.#reader = reader;
    this.#mask = mask;
    this.#size = reader.size;
  }

  /** What sql.js takes for the bytes of a file. */
  asContents(): Uint8Array {
    return { length: this.#size, slice: () => this, subarray: () => this } as unknown as Uint8Array;
  }

  /** What another one of the same file has read and not changed. */
  adopt(other: PagedFile): void {
    for (const [index, bytes] of other.#clean) {
      // The first chunk may be shown differently there.
      if (index > 0 && this.#clean.size < MAX_CLEAN && !this.#dirty.has(index) && !this.#clean.has(index)) this.#clean.set(index, bytes);
    }
    other.#clean.clear();
  }

  /** Bytes of the file now. */
  get size(): number {
    return this.#size;
  }

  get chunksRead(): number {
    return this.#chunksRead;
  }

  slice(): this {
    return this;
  }

  subarray(start: number, end: number): Uint8Array {
    const length = end - start;
    if (length > MAX_PAGE_BYTES) throw new NeedsWholeFile();
    const at = start % CHUNK_BYTES;
    const first = (start - at) / CHUNK_BYTES;
    if (at + length <= CHUNK_BYTES) return this.#chunk(first).subarray(at, at + length);
    const out = new Uint8Array(length);
    for (let done = 0, index = first, from = at; done < length; index += 1, from = 0) {
      const part = this.#chunk(index).subarray(from, Math.min(CHUNK_BYTES, from + length - done));
      out.set(part, done);
      done += part.length;
    }
    return out;
  }

  set(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length;) {
      const at = (position + done) % CHUNK_BYTES;
      const part = bytes.subarray(done, done + CHUNK_BYTES - at);
      this.#writable((position + done - at) / CHUNK_BYTES).set(part, at);
      done += part.length;
    }
    this.#size = Math.max(this.#size, position + bytes.length);
  }

  /** Chunks whose bytes are not what they were, and new ones; in order. */
  changed(): Chunk[] {
    const oldSize = this.#reader.size;
    if (this.#size > oldSize) {
      // Pages that were used and freed before they were ever written are zeros in between.
      for (let index = Math.floor(oldSize / CHUNK_BYTES); index * CHUNK_BYTES < this.#size; index += 1) this.#writable(index);
    }
    const chunks: Chunk[] = [];
    for (const [index, { bytes, original }] of [...this.#dirty].sort(([a], [b]) => a - b)) {
      const length = Math.min(CHUNK_BYTES, this.#size - index * CHUNK_BYTES);
      const now = bytes.slice(0, length);
      if (index === 0) for (const offset of this.#mask.keys()) now[offset] = original[offset] ?? 0;
      const oldLength = Math.min(CHUNK_BYTES, oldSize - index * CHUNK_BYTES);
      if (oldLength !== length || !equalBytes(now, original.subarray(0, length))) chunks.push({ index, bytes: now });
    }
    return chunks;
  }

  #chunk(index: number): Uint8Array {
    return this.#dirty.get(index)?.bytes ?? this.#clean.get(index) ?? this.#load(index);
  }

  #writable(index: number): Uint8Array {
    const dirty = this.#dirty.get(index);
    if (dirty) return dirty.bytes;
    const bytes = this.#chunk(index);
    const original = bytes.slice();
    if (index === 0) for (const [offset, kept] of this.#kept) original[offset] = kept;
    this.#clean.delete(index);
    this.#dirty.set(index, { bytes, original });
    return bytes;
  }

  #kept: readonly (readonly [number, number])[] = [];

  #load(index: number): Uint8Array {
    const count = Math.ceil(this.#reader.size / CHUNK_BYTES);
    if (index >= count) {
      const bytes = new Uint8Array(CHUNK_BYTES);
      this.#clean.set(index, bytes);
      return bytes;
    }
    const { first, last } = this.#nextRun(index, count);
    const wanted: number[] = [];
    for (let next = first; next <= last; next += 1) {
      if (!this.#dirty.has(next) && !this.#clean.has(next)) wanted.push(next);
    }
    this.#evict(wanted.length);
    const read = this.#reader.read(wanted);
    this.#chunksRead += wanted.length;
    const loaded = wanted.map((one, i) => [one, read[i] ?? new Uint8Array(0)] as const);
    // What is needed last is to be forgotten last.
    for (const [one, chunk] of first < index ? loaded.reverse() : loaded) {
      const bytes = this.#copyOf(chunk);
      if (one === 0) this.#hide(bytes);
      this.#clean.set(one, bytes);
    }
    return this.#clean.get(index) ?? new Uint8Array(CHUNK_BYTES);
  }

  /** What is read for a miss: more and more where it goes on beside what was read before, in whichever direction. */
  #nextRun(index: number, count: number): Run {
    const before = this.#runs.find(({ first, last }) => index === last + 1 || index === first - 1);
    const ahead = before ? Math.min(READ_AHEAD, before.ahead * 2) : 1;
    const backwards = index === (before?.first ?? 0) - 1;
    const run = backwards
      ? { first: Math.max(0, index - ahead + 1), last: index, ahead }
      : { first: index, last: Math.min(count, index + ahead) - 1, ahead };
    this.#runs = [run, ...this.#runs.filter((one) => one !== before)].slice(0, MAX_RUNS);
    return run;
  }

  #hide(bytes: Uint8Array): void {
    this.#kept = [...this.#mask.keys()].map((offset) => [offset, bytes[offset] ?? 0] as const);
    for (const [offset, shown] of this.#mask) bytes[offset] = shown;
  }

  #copyOf(chunk: Uint8Array): Uint8Array {
    const bytes = this.#spare.pop() ?? new Uint8Array(CHUNK_BYTES);
    bytes.set(chunk);
    return chunk.length < CHUNK_BYTES ? bytes.fill(0, chunk.length) : bytes;
  }

  #evict(coming: number): void {
    for (const index of this.#clean.keys()) {
      if (this.#clean.size + coming <= MAX_CLEAN) return;
      // What is beyond the old end cannot be read again.
      if (index * CHUNK_BYTES >= this.#reader.size) continue;
      // SQLite has copied what it asked for.
      this.#spare.push(this.#clean.get(index) as Uint8Array);
      this.#clean.delete(index);
    }
  }
}
