/** Which bytes of a file changed, found by marks of its blocks, kept instead of a second copy. */
import type { ByteRange } from '../../records/ranges.js';

/** Bytes. Small, so that a change in a database's page costs little; a page is a multiple of it. */
export const BLOCK_BYTES = 512;
export const BLOCK_MARK_BYTES = 8;

/**
 * 64 bits over a block. They only have to differ when the block does, by accident as it were; that the copy is the same is proven by SHA-256,
 * and a block that was missed shows there.
 */
export function blockMark(bytes: Buffer, from: number, to: number, out: Buffer, at: number): void {
  let a = 0x9e3779b9 ^ (to - from);
  let b = 0x85ebca6b;
  let i = from;
  for (; i + 4 <= to; i += 4) {
    const word = bytes.readInt32LE(i);
    a = Math.imul(a ^ word, 0x85ebca77);
    a ^= a >>> 15;
    b = Math.imul((b << 13) | (b >>> 19), 5) ^ Math.imul(word, 0x9e3779b1);
  }
  for (; i < to; i += 1) {
    a = Math.imul(a ^ (bytes[i] ?? 0), 0x01000193);
    b = Math.imul(b ^ (bytes[i] ?? 0), 0xc2b2ae3d);
  }
  a = Math.imul(a ^ (b >>> 16), 0x7feb352d);
  b = Math.imul(b ^ (a >>> 15), 0x846ca68b);
  out.writeInt32LE(a ^ (b >>> 13), at);
  out.writeInt32LE(b ^ (a >>> 16), at + 4);
}

/** Gathers a file's blocks that changed, as ranges; neighbours become one. */
export class ChangedBlocks {
  readonly #before: Uint8Array | undefined;
  readonly ranges: ByteRange[] = [];
  #open: { offset: number; parts: Uint8Array[]; end: number } | undefined;
  #index = 0;
  bytes = 0;

  /** @param before marks of the file as it was; undefined: only new marks are wanted. */
  constructor(before: Uint8Array | undefined) {
    this.#before = before;
  }

  /** The next bytes of the file, whole blocks but for the last. @returns their marks. */
  add(bytes: Buffer): Buffer {
    const count = Math.ceil(bytes.length / BLOCK_BYTES);
    const marks = Buffer.allocUnsafe(count * BLOCK_MARK_BYTES);
    for (let i = 0; i < count; i += 1) {
      const from = i * BLOCK_BYTES;
      const to = Math.min(bytes.length, from + BLOCK_BYTES);
      blockMark(bytes, from, to, marks, i * BLOCK_MARK_BYTES);
      if (this.#before && !this.#same(marks, i)) this.#changed(bytes.subarray(from, to));
      this.#index += 1;
    }
    return marks;
  }

  finish(): readonly ByteRange[] {
    if (this.#open) this.ranges.push({ offset: this.#open.offset, xor: false, bytes: Buffer.concat(this.#open.parts) });
    this.#open = undefined;
    return this.ranges;
  }

  #same(marks: Buffer, i: number): boolean {
    const at = this.#index * BLOCK_MARK_BYTES;
    const old = this.#before?.subarray(at, at + BLOCK_MARK_BYTES);
    return old !== undefined && Buffer.compare(old, marks.subarray(i * BLOCK_MARK_BYTES, (i + 1) * BLOCK_MARK_BYTES)) === 0;
  }

  #changed(bytes: Uint8Array): void {
    const offset = this.#index * BLOCK_BYTES;
    // The caller's buffer is used again.
    const own = Uint8Array.prototype.slice.call(bytes);
    this.bytes += own.length;
    if (this.#open && this.#open.end === offset) {
      this.#open.parts.push(own);
      this.#open.end += own.length;
      return;
    }
    this.finish();
    this.#open = { offset, parts: [own], end: offset + own.length };
  }
}
