/**
 * A gzip that can be taken apart without unpacking it: each member holds 16 KiB of the file, the last one what is left, and says its own length in an
 * extra field. To everybody else it is a gzip like any other. What the first member says holds for all. [RFC 1952, "Member format", "Extra field"; the
 * layout is that of BGZF, SAM specification §4.1, under a name of its own]
 */
import { Buffer } from 'node:buffer';
import { crc32, deflateRawSync } from 'node:zlib';
import { Inflater } from '../packing/inflater.js';
import { malformed } from './error.js';

/** Bytes of the file in a member. */
export const BLOCK_BYTES = 16_384;

/** Deflate, with an extra field of 6 bytes: name `Mo`, 2 bytes, the member's length less one. Neither time nor system. */
const HEAD = Uint8Array.of(0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 6, 0, 0x4d, 0x6f, 2, 0);
const LENGTH_AT = HEAD.length;
const BODY_AT = HEAD.length + 2;
const TAIL_BYTES = 8;
/** Its length less one has two bytes. */
const MAX_MEMBER_BYTES = 65_536;
/** Of a stored block: a byte and two lengths. [RFC 1951, "Non-compressed blocks"] */
const STORED_BYTES = 5;

/** @param bytes at most `BLOCK_BYTES`. @param level as zlib counts it. */
export function packBlock(bytes: Uint8Array, level: number): Uint8Array {
  const packed = deflateRawSync(bytes, { level });
  const stored = packed.length >= bytes.length + STORED_BYTES;
  const body = stored ? bytes : packed;
  const bodyAt = BODY_AT + (stored ? STORED_BYTES : 0);
  const member = Buffer.allocUnsafe(bodyAt + body.length + TAIL_BYTES);
  member.set(HEAD);
  member.writeUInt16LE(member.length - 1, LENGTH_AT);
  if (stored) {
    member[BODY_AT] = 1;
    member.writeUInt16LE(bytes.length, BODY_AT + 1);
    member.writeUInt16LE(bytes.length ^ 0xffff, BODY_AT + 3);
  }
  member.set(body, bodyAt);
  member.writeUInt32LE(crc32(bytes), member.length - TAIL_BYTES);
  member.writeUInt32LE(bytes.length, member.length - TAIL_BYTES / 2);
  return member;
}

/** Whether what begins so is such a gzip. */
export const isInBlocks = (begin: Uint8Array): boolean => begin.length >= BODY_AT && HEAD.every((byte, at) => begin[at] === byte);

export interface Split {
  /** Members that hold `BLOCK_BYTES` each. */
  readonly full: readonly Uint8Array[];
  /** Behind them: a member that is not all there, or holds less and so is the last one. Never more than one member. */
  readonly rest: Uint8Array;
}

/** @param bytes from the beginning of a member on, or behind `before`, the beginning of one. @throws {RecordError} `malformed` when a member begins otherwise, or something follows a short one. */
export function splitBlocks(bytes: Uint8Array, before: Uint8Array = bytes.subarray(0, 0)): Split {
  if (before.length === 0) return split(bytes);
  // Only the member that stands in both is joined: no length is beyond that of two bytes.
  const joined = Buffer.concat([before, bytes.subarray(0, MAX_MEMBER_BYTES)]);
  if (joined.length < BODY_AT) return split(joined);
  const length = memberLength(joined);
  if (length < before.length || joined.length < length) return split(Buffer.concat([before, bytes]));
  const first = split(joined.subarray(0, length));
  const behind = bytes.subarray(length - before.length);
  if (first.full.length === 0) {
    if (behind.length > 0) throw tooShort();
    return first;
  }
  const { full, rest } = split(behind);
  return { full: [...first.full, ...full], rest };
}

function split(bytes: Uint8Array): Split {
  const full: Uint8Array[] = [];
  let at = 0;
  while (bytes.length - at >= BODY_AT) {
    const length = memberLength(bytes.subarray(at));
    if (bytes.length - at < length) break;
    const member = bytes.subarray(at, at + length);
    if (unpackedLength(member) < BLOCK_BYTES) {
      if (at + length < bytes.length) throw tooShort();
      break;
    }
    full.push(member);
    at += length;
  }
  return { full, rest: bytes.subarray(at) };
}

const tooShort = (): Error => malformed('not gzip in blocks: a member in the middle is too short');

function memberLength(bytes: Uint8Array): number {
  const length = (bytes[LENGTH_AT] ?? 0) + 256 * (bytes[LENGTH_AT + 1] ?? 0) + 1;
  if (!isInBlocks(bytes) || length < BODY_AT + TAIL_BYTES) throw malformed('not gzip in blocks: a member begins otherwise than the first');
  return length;
}

const unpackedLength = (member: Uint8Array): number =>
  Buffer.from(member.buffer, member.byteOffset, member.length).readUInt32LE(member.length - 4);

/** What a member holds; valid until the next call. @throws {RecordError} `malformed` when it is not the member it says it is, to the last byte. */
export function unpackBlock(member: Uint8Array): Uint8Array {
  if (member.length < BODY_AT + TAIL_BYTES) throw malformed('not gzip in blocks: a member is cut off');
  const size = unpackedLength(member);
  const body = member.subarray(BODY_AT, member.length - TAIL_BYTES);
  if (memberLength(member) !== member.length || size > BLOCK_BYTES) throw malformed('not gzip in blocks: a member has another length');
  const bytes = inflated(body, size);
  const sum = Buffer.from(member.buffer, member.byteOffset, member.length).readUInt32LE(member.length - TAIL_BYTES);
  if (bytes.length !== size || crc32(bytes) !== sum) throw malformed('not gzip in blocks: a member holds something else than it says');
  return bytes;
}

let inflater: Inflater | undefined;

function inflated(body: Uint8Array, size: number): Uint8Array {
  if (body[0] === 1 && body.length === size + STORED_BYTES) return storedBytes(body, size);
  try {
    return (inflater ??= new Inflater('raw', BLOCK_BYTES)).inflate(body);
  } catch (cause) {
    throw malformed(`not gzip in blocks: ${(cause as Error).message}`, { cause });
  }
}

function storedBytes(body: Uint8Array, size: number): Uint8Array {
  const length = (body[1] ?? 0) + 256 * (body[2] ?? 0);
  const inverse = (body[3] ?? 0) + 256 * (body[4] ?? 0);
  if (length !== size || inverse !== (size ^ 0xffff)) throw malformed('not gzip: a stored block has another length');
  return body.subarray(STORED_BYTES);
}
