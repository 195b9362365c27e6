/** Unpacks what came, compares it with its manifest, and only then puts it where it belongs. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip } from 'node:zlib';
import { splitCoding } from '../../records/codings.js';
import { parseManifest, type Manifest } from '../../records/manifest.js';
import { UserError } from '../../model/errors.js';
import type { Looker } from '../detect/looker.js';
import { syncFolder } from '../job/outbox.js';
import type { ArrivingState } from './arriving.js';

/** What came is not what its manifest says. */
export class NotAsPromised extends Error {
  override readonly name = 'NotAsPromised';
}

export interface Verified {
  readonly manifest: Manifest;
  readonly size: number;
  readonly sha256: string;
  readonly by: 'sha256' | 'digest';
}

/** @throws {NotAsPromised} */
export async function unpackAndVerify(looker: Looker, from: string, to: string, state: ArrivingState): Promise<Verified> {
  if (state.manifest === undefined) throw new NotAsPromised('the server sent no manifest');
  const manifest = parseManifest(state.manifest);
  const { coding } = splitCoding(state.type ?? '');
  const coder: Transform | undefined = coding === 'gzip' ? createGunzip() : coding === 'br' ? createBrotliDecompress() : undefined;
  const hash = createHash('sha256');
  async function* hashed(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of bytes) {
      hash.update(piece);
      yield piece;
    }
  }
  const raw = createReadStream(from);
  const source = state.format === 'b64' ? Readable.from(unbase64(raw)) : raw;
  try {
    const target = createWriteStream(to, { mode: 0o600 });
    await (coder ? pipeline(source, coder, hashed, target) : pipeline(source, hashed, target));
  } catch (cause) {
    throw new NotAsPromised(`what came cannot be unpacked: ${(cause as Error).message}`, { cause });
  }
  const file = await open(to, 'r+');
  await file.sync();
  await file.close();
  const sha256 = hash.digest('hex');
  const { size } = statSync(to);
  if (manifest.sha256 === sha256) return { manifest, size, sha256, by: 'sha256' };
  if (manifest.way !== 'logical') throw new NotAsPromised('its SHA-256 is another than the manifest says');
  if ((await digestOfRestored(looker, to)) !== manifest.digest) throw new NotAsPromised('its digest is another than the manifest says');
  return { manifest, size, sha256, by: 'digest' };
}

async function* unbase64(bytes: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  let rest = '';
  for await (const piece of bytes) {
    const text = rest + piece.toString('latin1').replace(/\s+/g, '');
    const whole = text.length - (text.length % 4);
    rest = text.slice(whole);
    if (whole > 0) yield Buffer.from(text.slice(0, whole), 'base64');
  }
  if (rest !== '') yield Buffer.from(rest, 'base64');
}

async function digestOfRestored(looker: Looker, path: string): Promise<string> {
  try {
    return await looker.digest(path);
  } catch (cause) {
    throw new NotAsPromised(`it is no database that can be read: ${(cause as Error).message}`, { cause });
  } finally {
    // Opening a database in write-ahead mode leaves files beside it.
    for (const end of ['-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
  }
}

const BESIDE = ['-wal', '-shm', '-journal'];

/** In the way of a restore: a file, or what belongs to a database there. */
export const isInTheWay = (out: string): boolean => existsSync(out) || BESIDE.some((end) => existsSync(`${out}${end}`));

/** In place at once, or not at all. What belonged to an earlier database there goes first: it would be taken for a part of this one. */
export function putInPlace(verified: string, out: string): void {
  for (const end of BESIDE) rmSync(`${out}${end}`, { force: true });
  try {
    renameSync(verified, out);
  } catch (cause) {
    throw new UserError(`${out} cannot be written: ${(cause as Error).message}.`, { cause });
  }
  syncFolder(dirname(out));
}
