/** Changed ranges of bytes, `pages/<to>`; see docs/device-backup-protocol.md, "`pages/<to>`". */
import { Buffer } from 'node:buffer';
import { malformed } from './error.js';

export interface ByteRange {
  readonly offset: number;
  /** Whether `bytes` are the XOR of the new bytes with the base's. */
  readonly xor: boolean;
  readonly bytes: Uint8Array;
}

export interface Pages {
  /** Modification numbers. */
  readonly base: number;
  readonly to: number;
  /** Bytes of the file afterwards. */
  readonly size: number;
  /** In order, not overlapping, none of them empty. */
  readonly ranges: readonly ByteRange[];
}

const MAGIC = 'MPG1';
const HEADER_BYTES = 28;
const RANGE_BYTES = 13;

/** @throws {RecordError} The ranges' bytes are views of `content`. */
export function readPages(content: Uint8Array): Pages {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  if (bytes.length < HEADER_BYTES || bytes.toString('latin1', 0, 4) !== MAGIC) throw malformed(`changed ranges begin with ${MAGIC}`);
  const base = u64(bytes, 4);
  const to = u64(bytes, 12);
  const size = u64(bytes, 20);
  const ranges: ByteRange[] = [];
  let end = 0;
  for (let at = HEADER_BYTES; at < bytes.length;) {
    if (bytes.length - at < RANGE_BYTES) throw malformed('the last range is cut short');
    const offset = u64(bytes, at);
    const length = bytes.readUInt32BE(at + 8);
    const form = bytes[at + 12];
    at += RANGE_BYTES;
    if (length === 0) throw malformed(`the range at ${offset} is empty`);
    if (length > bytes.length - at) throw malformed(`the range at ${offset} is cut short`);
    if (form !== 0 && form !== 1) throw malformed(`the range at ${offset} has the unknown form ${form}`);
    if (offset < end) throw malformed(`the range at ${offset} is not behind the one before it`);
    end = offset + length;
    if (end > size) throw malformed(`the range at ${offset} goes beyond the end of the file`);
    ranges.push({ offset, xor: form === 1, bytes: content.subarray(at, at + length) });
    at += length;
  }
  return { base, to, size, ranges };
}

/** @throws {RangeError} when the ranges are not in order or go beyond the size. */
export function writePages(pages: Pages): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(MAGIC, 'latin1');
  header.writeBigUInt64BE(BigInt(pages.base), 4);
  header.writeBigUInt64BE(BigInt(pages.to), 12);
  header.writeBigUInt64BE(BigInt(pages.size), 20);
  const parts: Uint8Array[] = [header];
  let end = 0;
  for (const range of pages.ranges) {
    if (range.offset < end || range.bytes.length === 0) throw new RangeError(`range at ${range.offset} is empty or out of order`);
    end = range.offset + range.bytes.length;
    if (end > pages.size) throw new RangeError(`range at ${range.offset} goes beyond the end`);
    const head = Buffer.alloc(RANGE_BYTES);
    head.writeBigUInt64BE(BigInt(range.offset), 0);
    head.writeUInt32BE(range.bytes.length, 8);
    head[12] = range.xor ? 1 : 0;
    parts.push(head, range.bytes);
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** The bytes of `after` as their XOR with `before`; bytes beyond `before` count as zero. */
export function xorBytes(before: Uint8Array, after: Uint8Array): Uint8Array {
  // slice() of a Buffer would be a view.
  const out = new Uint8Array(after);
  for (let i = 0; i < Math.min(before.length, out.length); i += 1) out[i] = (out[i] ?? 0) ^ (before[i] ?? 0);
  return out;
}

/**
 * Pieces of a file (chunks, counted from 0) that are not the same afterwards: those a range touches, and at the end those that
 * are new or have another length. In order.
 */
export function touchedPieces(pages: Pages, pieceBytes: number, baseSize: number): number[] {
  const touched = new Set<number>();
  for (const { offset, bytes } of pages.ranges) {
    const last = Math.floor((offset + bytes.length - 1) / pieceBytes);
    for (let index = Math.floor(offset / pieceBytes); index <= last; index += 1) touched.add(index);
  }
  if (pages.size !== baseSize) {
    const last = Math.ceil(pages.size / pieceBytes);
    for (let index = Math.floor(Math.min(pages.size, baseSize) / pieceBytes); index < last; index += 1) touched.add(index);
  }
  return [...touched].sort((a, b) => a - b);
}

/**
 * A part of the file afterwards.
 * @param at where the part begins. @param base the base's bytes from there on, as many as there are; bytes behind them count as zero.
 * @param length bytes wanted; fewer are returned at the end of the file.
 */
export function patchedPart(pages: Pages, at: number, base: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(Math.max(0, Math.min(length, pages.size - at)));
  out.set(base.subarray(0, out.length));
  for (let i = firstRangeBehind(pages.ranges, at); i < pages.ranges.length; i += 1) {
    const range = pages.ranges[i];
    if (range === undefined || range.offset >= at + out.length) break;
    const from = Math.max(0, at - range.offset);
    const part = range.bytes.subarray(from, at + out.length - range.offset);
    const to = range.offset + from - at;
    if (!range.xor) out.set(part, to);
    else for (let k = 0; k < part.length; k += 1) out[to + k] = (out[to + k] ?? 0) ^ (part[k] ?? 0);
  }
  return out;
}

/** The whole file afterwards. */
export const applyPages = (pages: Pages, base: Uint8Array): Uint8Array => patchedPart(pages, 0, base, pages.size);

/** Index of the first range that ends behind `at`. */
function firstRangeBehind(ranges: readonly ByteRange[], at: number): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const range = ranges[middle];
    if (range !== undefined && range.offset + range.bytes.length <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

function u64(bytes: Buffer, at: number): number {
  const value = bytes.readBigUInt64BE(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed('a number of the changed ranges is beyond 2^53');
  return Number(value);
}
