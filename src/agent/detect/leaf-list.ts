/** The leaves of a table's tree in the order of their rows: which rows are on each, and the hash of its bytes. A few bytes each, for there are many. */
import { createHash } from 'node:crypto';

export const LEAF_HASH_BYTES = 16;
/** First and last rowid, rows, hash. */
const ENTRY_BYTES = 8 + 8 + 4 + LEAF_HASH_BYTES;
const MANY = 64;

export class LeafList {
  #bytes = Buffer.allocUnsafe(MANY * ENTRY_BYTES);
  length = 0;

  /** @param hash of which the first bytes are kept. */
  add(first: bigint, last: bigint, rows: number, hash: Uint8Array): void {
    const at = this.length * ENTRY_BYTES;
    if (at === this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes, Buffer.allocUnsafe(at)]);
    this.#bytes.writeBigInt64BE(first, at);
    this.#bytes.writeBigInt64BE(last, at + 8);
    this.#bytes.writeUInt32BE(rows, at + 16);
    this.#bytes.set(hash.subarray(0, LEAF_HASH_BYTES), at + 20);
    this.length += 1;
  }

  first(i: number): bigint {
    return this.#bytes.readBigInt64BE(i * ENTRY_BYTES);
  }

  last(i: number): bigint {
    return this.#bytes.readBigInt64BE(i * ENTRY_BYTES + 8);
  }

  rows(i: number): number {
    return this.#bytes.readUInt32BE(i * ENTRY_BYTES + 16);
  }

  hash(i: number): Uint8Array {
    return this.#bytes.subarray(i * ENTRY_BYTES + 20, (i + 1) * ENTRY_BYTES);
  }

  /** SHA-256 over all of it, hexadecimal: equal ones have the same rows. */
  digest(): string {
    return createHash('sha256')
      .update(this.#bytes.subarray(0, this.length * ENTRY_BYTES))
      .digest('hex');
  }
}
