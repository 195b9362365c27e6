/** Databases in memory, made and read by SQLite's own command line. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Applied, ChunkSource } from '../../../src/devicedb/jobs.js';
import { CHUNK_BYTES, type Chunk } from '../../../src/storage/ports/copies.js';

export function sourceOf(bytes: Uint8Array): ChunkSource & { readonly read: ChunkSource['read']; readonly asked: number[] } {
  const asked: number[] = [];
  return {
    size: bytes.length,
    asked,
    read: async (indices) => {
      asked.push(...indices);
      return indices.map((index) => bytes.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES));
    },
  };
}

export function afterwards(
  bytes: Uint8Array,
  { changed, size }: { readonly changed: readonly Chunk[]; readonly size: number },
): Uint8Array {
  const out = new Uint8Array(size);
  out.set(bytes.subarray(0, size));
  for (const { index, bytes: chunk } of changed) out.set(chunk, index * CHUNK_BYTES);
  return out;
}

export const applied = (bytes: Uint8Array, result: Applied): Uint8Array => afterwards(bytes, result);

export const hasSqlite3 = spawnSync('sqlite3', ['--version']).error === undefined;
if (!hasSqlite3) console.log('      no sqlite3 command: databases of other hands are not tested');

/** Runs SQL on a database (or an empty one) with the command line. @returns the file afterwards and what was printed. */
export function sqlite3(sql: string, bytes: Uint8Array = new Uint8Array()): { readonly bytes: Uint8Array; readonly out: string } {
  const folder = mkdtempSync(join(tmpdir(), 'moorage-devicedb-'));
  try {
    const file = join(folder, 'device.db');
    if (bytes.length > 0) writeFileSync(file, bytes);
    const run = spawnSync('sqlite3', ['-batch', '-bail', file], { input: sql, maxBuffer: 1 << 28 });
    if (run.status !== 0) throw new Error(`sqlite3: ${run.stderr.toString()}`);
    return { bytes: new Uint8Array(readFileSync(file)), out: run.stdout.toString('latin1') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const dump = (bytes: Uint8Array): string => sqlite3('.dump', bytes).out;

/**
 * What another SQLite prints of the two is the same; else the first line that differs is told.
 * @param anyOrder for a table that was changed in its place on the device, and made anew in the copy.
 */
export function assertSameDump(copy: Uint8Array, device: Uint8Array, anyOrder = false): void {
  // sqlite_stat4 is what some builds' ANALYZE writes; it is no content.
  const lines = (bytes: Uint8Array): string[] =>
    dump(bytes)
      .split('\n')
      .filter((line) => !/^(?:ANALYZE sqlite_schema;|INSERT INTO sqlite_stat4 )/.test(line));
  const [a, b] = [lines(copy), lines(device)];
  if (anyOrder) for (const all of [a, b]) all.sort();
  const at = a.findIndex((line, i) => line !== b[i]);
  if (at >= 0 || a.length !== b.length) assert.equal(a[at]?.slice(0, 300), b[at]?.slice(0, 300), 'the copy and the device differ');
  assert.equal(a.length, b.length);
}
