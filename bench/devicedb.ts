/**
 * What 15 changed rows cost on a device's database of 1, 10, 50 and 200 MB whose chunks are in memory: chunks that are read, chunks that change,
 * and milliseconds, the worker's start not counted. And what the first look at an upload costs, which reads everything.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { DatabaseSync } from '@photostructure/sqlite';
import type { ChunkSource, Operation } from '../src/devicedb/jobs.js';
import { createDatabasePool } from '../src/devicedb/pool.js';
import { CHUNK_BYTES } from '../src/storage/ports/copies.js';

const DEFAULT_MB = [1, 10, 50, 200];
const RUNS = 15;
const PHOTO_BYTES = 4000;

export async function devicedbBench(sizes: readonly number[] = DEFAULT_MB): Promise<void> {
  const pool = createDatabasePool({ workers: 1 });
  try {
    for (const mb of sizes) {
      const { bytes, contacts } = makeDatabase(mb);
      const source = sourceOf(bytes);
      const started = performance.now();
      const seen = await pool.inspect(source);
      if (seen.kind !== 'writable') throw new Error(`not writable: ${seen.reason}`);
      const lookMs = performance.now() - started;
      const times: number[] = [];
      let changed = 0;
      for (let run = 0; run < RUNS; run += 1) {
        const at = performance.now();
        const result = await pool.apply(source, seen.facts, [fifteen(contacts, run)]);
        times.push(performance.now() - at);
        if (result.statuses.some(({ status }) => status >= 300)) throw new Error(JSON.stringify(result.statuses));
        changed = result.changed.length;
      }
      times.sort((a, b) => a - b);
      const median = times[Math.floor(RUNS / 2)] ?? 0;
      console.log(
        `${(bytes.length / 1e6).toFixed(1).padStart(6)} MB: 15 rows ${median.toFixed(1)} ms (${(times[0] ?? 0).toFixed(1)}–${(times.at(-1) ?? 0).toFixed(1)}), ` +
          `${pool.statistics().chunksRead} chunks read, ${changed} changed; first look ${(lookMs / 1000).toFixed(2)} s`,
      );
    }
  } finally {
    await pool.close();
  }
}

/** Five added, five changed, five removed, all over the table. */
function fifteen(contacts: number, run: number): Operation {
  const id = (i: number): number => 1 + ((run * 7919 + i * Math.floor(contacts / 16)) % (contacts - 1));
  const record = (one: number): { id: number; name: string; number: string; photo: null } => ({
    id: one,
    name: `changed ${one}`,
    number: '+49171',
    photo: null,
  });
  return {
    kind: 'batch',
    changes: {
      to: 2,
      schema: [],
      tables: [
        {
          name: 'contacts',
          deletes: [0, 1, 2, 3, 4].map((i) => ({ id: id(i) })),
          replaces: [5, 6, 7, 8, 9].map((i) => record(id(i))),
          adds: [1, 2, 3, 4, 5].map((i) => record(contacts + i)),
        },
      ],
    },
  };
}

/** Contacts with an index, a photo each and a trigger. */
function makeDatabase(mb: number): { readonly bytes: Uint8Array; readonly contacts: number } {
  const folder = mkdtempSync(join(tmpdir(), 'moorage-bench-'));
  try {
    const file = join(folder, 'device.db');
    const db = new DatabaseSync(file);
    db.exec(`CREATE TABLE contacts(id INTEGER PRIMARY KEY, name TEXT, number TEXT, photo BLOB); CREATE INDEX contacts_name ON contacts(name);
      CREATE TABLE log(what); CREATE TRIGGER added AFTER INSERT ON contacts BEGIN INSERT INTO log VALUES (new.id); END; BEGIN`);
    const contacts = Math.floor((mb * 1e6) / (PHOTO_BYTES + 150));
    const insert = db.prepare('INSERT INTO contacts VALUES (?, ?, ?, randomblob(?))');
    for (let id = 1; id <= contacts; id += 1) insert.run(id, `name ${(id * 7919) % contacts} of a contact`, `+49171${id}`, PHOTO_BYTES);
    db.exec('COMMIT');
    db.close();
    return { bytes: new Uint8Array(readFileSync(file)), contacts };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function sourceOf(bytes: Uint8Array): ChunkSource {
  return {
    size: bytes.length,
    read: async (indices) => indices.map((index) => bytes.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES)),
  };
}
