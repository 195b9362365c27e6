/**
 * How a chunk is compressed before it is sealed: as a gzip member of its own, so that the members of a file joined are the file's gzip and a restore
 * packs nothing. What does not become smaller stays as it is. The work is done where it is asked for: for 16 kB, handing it to the threads of
 * Node's pool costs more than twice the work itself.
 */
import { brotliDecompressSync, constants, crc32, gzipSync } from 'node:zlib';
import { Inflater } from '../../packing/inflater.js';
import { CHUNK_BYTES } from '../ports/copies.js';

/** The byte in front of a chunk. Numbers that stand in packs are never given another meaning. */
export const Codec = { None: 0, /** Read, not written any more. */ Brotli: 1, Gzip: 2 } as const;
export type Codec = (typeof Codec)[keyof typeof Codec];

export interface Squeezed {
  readonly codec: Codec;
  readonly body: Uint8Array;
}

const SETTINGS = { level: constants.Z_BEST_SPEED };
/** A chunk that saves less than a 16th is not worth taking apart again. */
const WORTH = 15 / 16;

/** Where a chunk is looked at before it is compressed: photographs, and files that came packed, are not worth the try. */
const SAMPLES = 4;
const SAMPLE_BYTES = 1024;
/** Of 1024 random bytes 251 are different, give or take 2; the fewest in 20,000 samples were 242. */
const MANY = 240;

/** @param member the bytes as a gzip member, where somebody made one already. */
export function squeeze(bytes: Uint8Array, member?: Uint8Array): Squeezed {
  if (member === undefined && looksRandom(bytes)) return { codec: Codec.None, body: bytes };
  const body = member ?? gzipSync(bytes, SETTINGS);
  return body.byteLength < bytes.byteLength * WORTH ? { codec: Codec.Gzip, body } : { codec: Codec.None, body: bytes };
}

/** All over the chunk. */
function looksRandom(bytes: Uint8Array): boolean {
  const step = Math.floor(bytes.byteLength / SAMPLES);
  if (step < SAMPLE_BYTES) return false;
  const seen = new Uint8Array(256);
  for (let sample = 1; sample <= SAMPLES; sample += 1) {
    let different = 0;
    for (let at = (sample - 1) * step, end = at + SAMPLE_BYTES; at < end; at += 1) {
      const byte = bytes[at] as number;
      if (seen[byte] !== sample) {
        seen[byte] = sample;
        different += 1;
      }
    }
    if (different < MANY) return false;
  }
  return true;
}

let inflater: Inflater | undefined;

/** What is packed; may be valid until the next call only. @throws {Error} when the bytes are not of this codec, or would be more than a chunk. */
export function unsqueeze(codec: number, body: Uint8Array): Uint8Array {
  switch (codec) {
    case Codec.None:
      return body;
    case Codec.Brotli:
      return brotliDecompressSync(body, { maxOutputLength: CHUNK_BYTES });
    case Codec.Gzip:
      return (inflater ??= new Inflater('gzip', CHUNK_BYTES)).inflate(body);
    default:
      throw new Error(`there is no codec ${codec}`);
  }
}

/** A member without name and time, one stored block, and no more blocks. [RFC 1952, "Member format"; RFC 1951, "Non-compressed blocks"] */
const MEMBER_HEAD = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1);
const LENGTHS = 4;
const MEMBER_TAIL = 8;

export const storedMemberSize = (bytes: number): number => MEMBER_HEAD.length + LENGTHS + bytes + MEMBER_TAIL;

/** A gzip member that holds the bytes as they are. */
export function storedMember(bytes: Uint8Array): Uint8Array {
  const member = Buffer.allocUnsafe(storedMemberSize(bytes.length));
  member.set(MEMBER_HEAD);
  member.writeUInt16LE(bytes.length, MEMBER_HEAD.length);
  member.writeUInt16LE(bytes.length ^ 0xffff, MEMBER_HEAD.length + 2);
  member.set(bytes, MEMBER_HEAD.length + LENGTHS);
  member.writeUInt32LE(crc32(bytes), member.length - MEMBER_TAIL);
  member.writeUInt32LE(bytes.length, member.length - MEMBER_TAIL / 2);
  return member;
}
