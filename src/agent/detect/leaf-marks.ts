/**
 * What is kept of a table with rowids between two backups, leaf by leaf: hash of its bytes, sum of its rows' hashes, and of each row the rowid and 8
 * bytes of its hash. A leaf that is still there needs no look at its rows, for its sum is known; of one that is gone the rows are known.
 */
import type { MarksWriter } from '../state/marks.js';
import { LEAF_HASH_BYTES } from './leaf-list.js';

export const ROW_MARK_BYTES = 8;
const SUM_BYTES = 32;
/** Bytes of all of it, rows, first rowid, hash, sum. */
const HEAD_BYTES = 4 + 4 + 8 + LEAF_HASH_BYTES + SUM_BYTES;
/** A rowid's distance from the one before: seven bits a byte. */
const MAX_STEP_BYTES = 10;

/** One leaf as it was. */
export class LeafMark {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get rows(): number {
    return this.bytes.readUInt32BE(4);
  }

  get first(): bigint {
    return this.bytes.readBigInt64BE(8);
  }

  get hash(): Uint8Array {
    return this.bytes.subarray(16, 16 + LEAF_HASH_BYTES);
  }

  get sum(): Uint8Array {
    return this.bytes.subarray(HEAD_BYTES - SUM_BYTES, HEAD_BYTES);
  }

  *rowMarks(): Generator<{ readonly rowid: bigint; readonly mark: Uint8Array }> {
    let rowid = this.first;
    for (let at = HEAD_BYTES; at < this.bytes.length; at += ROW_MARK_BYTES) {
      let shift = 0n;
      for (let more = true; more; at += 1) {
        const byte = this.bytes.readUInt8(at);
        rowid += BigInt(byte & 127) << shift;
        shift += 7n;
        more = byte > 127;
      }
      yield { rowid, mark: this.bytes.subarray(at, at + ROW_MARK_BYTES) };
    }
  }
}

/** Leaves from the parts they were written in; each stands in one of them. */
export function* leafMarks(parts: Iterable<Uint8Array>): Generator<LeafMark> {
  for (const part of parts) {
    const bytes = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
    for (let at = 0; at < bytes.length;) {
      const length = bytes.readUInt32BE(at);
      yield new LeafMark(bytes.subarray(at, at + length));
      at += length;
    }
  }
}

/** Gathers a leaf row by row. */
export class LeafMarkWriter {
  readonly #marks: MarksWriter;
  #bytes = Buffer.allocUnsafe(4096);
  #length = 0;
  #rows = 0;
  #before = 0n;

  constructor(marks: MarksWriter) {
    this.#marks = marks;
  }

  /** @param hash the row's, of which the first bytes are kept. Rowids ascend. */
  add(rowid: bigint, hash: Uint8Array): void {
    if (this.#rows === 0) {
      this.#length = HEAD_BYTES;
      this.#bytes.writeBigInt64BE(rowid, 8);
      this.#before = rowid;
    }
    if (this.#length + MAX_STEP_BYTES + ROW_MARK_BYTES > this.#bytes.length)
      this.#bytes = Buffer.concat([this.#bytes, Buffer.allocUnsafe(this.#bytes.length)]);
    let step = rowid - this.#before;
    for (; step > 127n; step >>= 7n) this.#byte(Number(step & 127n) | 128);
    this.#byte(Number(step));
    this.#bytes.set(hash.subarray(0, ROW_MARK_BYTES), this.#length);
    this.#length += ROW_MARK_BYTES;
    this.#rows += 1;
    this.#before = rowid;
  }

  /** @param hash of the leaf's bytes. */
  end(hash: Uint8Array, sum: Uint8Array): void {
    this.#bytes.writeUInt32BE(this.#length, 0);
    this.#bytes.writeUInt32BE(this.#rows, 4);
    this.#bytes.set(hash, 16);
    this.#bytes.set(sum, 16 + LEAF_HASH_BYTES);
    this.#marks.add(this.#bytes.subarray(0, this.#length));
    this.#rows = 0;
  }

  /** A leaf that is as it was. */
  again(leaf: LeafMark): void {
    this.#marks.add(leaf.bytes);
  }

  flush(): void {
    this.#marks.flush();
  }

  #byte(value: number): void {
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }
}
