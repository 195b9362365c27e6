/** Whether a file can be read by chunks with the sql.js that is installed: that hangs on what it does inside. */
import { CHUNK_BYTES } from '../storage/ports/copies.js';
import { Connection, sql } from './connection.js';
import { openDatabase, type OpenLimits } from './open.js';
import type { ChunkReader } from './paged-file.js';
import type { SqlJs } from './sqljs.js';

const ROWS = 400;
const LIMITS: OpenLimits = { heapBytes: 64 * 1024 * 1024, fileBytes: 16 * 1024 * 1024 };

export async function pagingWorks(make: () => Promise<SqlJs>): Promise<boolean> {
  try {
    const lib = await make();
    const before = sample(lib);
    const opened = openDatabase(lib, memoryReader(before), LIMITS, false);
    const { db } = opened;
    if (db.all(sql`SELECT length(b) FROM t WHERE a = ${7n}`)[0]?.[0] !== 1000n) return false;
    // A look-up by key that reads everything is no paging.
    if (opened.chunksRead() > 4) return false;
    db.run(sql`UPDATE t SET b = ${'changed'} WHERE a = ${7n}`);
    db.run(sql`INSERT INTO t VALUES (${BigInt(ROWS + 1)}, ${new Uint8Array(100_000)})`);
    const { changed, size } = opened.result();
    if (size <= before.length || changed.length < 5 || changed.length > 12) return false;
    const after = new Uint8Array(size);
    after.set(before);
    for (const { index, bytes } of changed) after.set(bytes, index * CHUNK_BYTES);
    const again = openDatabase(await make(), memoryReader(after), LIMITS, true).db;
    if (again.all(sql`PRAGMA integrity_check`)[0]?.[0] !== 'ok') return false;
    const [row] = again.all(
      sql`SELECT (SELECT b FROM t WHERE a = ${7n}), (SELECT length(b) FROM t WHERE a = ${BigInt(ROWS + 1)}), count(*) FROM t`,
    );
    return row?.[0] === 'changed' && row[1] === 100_000n && row[2] === BigInt(ROWS + 1);
  } catch {
    return false;
  }
}

function sample(lib: SqlJs): Uint8Array {
  const db = new Connection(lib);
  db.exec('CREATE TABLE t(a INTEGER PRIMARY KEY, b)');
  db.exec('BEGIN');
  for (let i = 1; i <= ROWS; i += 1) db.run(sql`INSERT INTO t VALUES (${BigInt(i)}, ${new Uint8Array(1000)})`);
  db.exec('COMMIT');
  const bytes = db.export();
  db.close();
  return bytes;
}

function memoryReader(bytes: Uint8Array): ChunkReader {
  return { size: bytes.length, read: (indices) => indices.map((index) => bytes.slice(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES)) };
}
