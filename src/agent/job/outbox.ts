/** Writes the content of items into the job's folder, so that it is there after a loss of power before the job says so. */
import { createHash } from 'node:crypto';
import { closeSync, createWriteStream, fsyncSync, openSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { constants, createBrotliCompress } from 'node:zlib';
import { encodeContent, type Coding } from '../../records/codings.js';
import { BLOCK_BYTES, packBlock } from '../../records/gzip-blocks.js';
import type { FileSettings } from '../types.js';

/** Bytes read of a file at a time. */
export const PIECE_BYTES = 1024 * 1024;
/** Content up to this stands in the state database itself. */
const MAX_INLINE_BYTES = 64 * 1024;
/** From here on speed counts more than the last percent. Bytes. */
const LARGE_BYTES = 8 * 1024 * 1024;

export type CodingName = FileSettings['coding'];

export const codingOf = (name: CodingName): Coding | undefined => (name === 'none' ? undefined : name);
export const codedMedia = (media: string, name: CodingName): string => (name === 'none' ? media : `${media}+${name}`);

export interface StoredContent {
  /** Name in the job's folder. */
  readonly file?: string;
  readonly content?: Uint8Array;
}

/** Content that is at hand. */
export function storeBytes(folder: string, name: string, bytes: Uint8Array): StoredContent {
  if (bytes.length <= MAX_INLINE_BYTES) return { content: bytes };
  const file = openSync(join(folder, name), 'w', 0o600);
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  syncFolder(folder);
  return { file: name };
}

/** A whole file, coded. @returns also the SHA-256 of the bytes before coding, hexadecimal. */
export async function storeFile(
  folder: string,
  name: string,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  size: number,
  coding: CodingName,
): Promise<StoredContent & { readonly sha256: string }> {
  const hash = createHash('sha256');
  async function* hashed(): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      hash.update(piece);
      yield piece;
    }
  }
  if (coding === 'zip') {
    const all: Uint8Array[] = [];
    for await (const piece of hashed()) all.push(Uint8Array.prototype.slice.call(piece));
    return { ...storeBytes(folder, name, encodeContent(Buffer.concat(all), 'zip')), sha256: hash.digest('hex') };
  }
  const path = join(folder, name);
  const source = Readable.from(hashed(), { objectMode: true });
  const target = createWriteStream(path, { mode: 0o600 });
  const coder = coderFor(coding, size);
  await (coder ? pipeline(source, coder, target) : pipeline(source, target));
  const written = await open(path, 'r+');
  await written.sync();
  await written.close();
  syncFolder(folder);
  return { file: name, sha256: hash.digest('hex') };
}

function coderFor(
  coding: CodingName,
  size: number,
): Transform | ((pieces: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array>) | undefined {
  const large = size > LARGE_BYTES;
  if (coding === 'gzip') return (pieces) => inBlocks(pieces, large ? 3 : 6);
  if (coding === 'br')
    return createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: large ? 2 : 5, [constants.BROTLI_PARAM_SIZE_HINT]: size } });
  return undefined;
}

/** A gzip that the server need not pack again; see `gzip-blocks.ts`. */
async function* inBlocks(pieces: AsyncIterable<Uint8Array>, level: number): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array(0);
  let empty = true;
  for await (const piece of pieces) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    const whole = bytes.length - (bytes.length % BLOCK_BYTES);
    for (let at = 0; at < whole; at += BLOCK_BYTES) {
      // Whoever uses this as a library gets a turn between blocks.
      if (at > 0) await setImmediate();
      yield packBlock(bytes.subarray(at, at + BLOCK_BYTES), level);
    }
    // A piece's memory may be used again.
    rest = Uint8Array.prototype.slice.call(bytes, whole);
    empty &&= bytes.length === 0;
  }
  if (rest.length > 0 || empty) yield packBlock(rest, level);
}

/** The names in a folder are on disk. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } catch {
    // Not every platform lets a folder be synced; there a name is as safe as it gets.
  } finally {
    closeSync(descriptor);
  }
}
