/** The other way to open a file, for a build of sql.js that cannot be paged and for files that are cut: the same answers, only slower. */
import assert from 'node:assert/strict';
import { applyOperations } from '../../src/devicedb/apply.js';
import { sql } from '../../src/devicedb/connection.js';
import { computeFacts } from '../../src/devicedb/facts.js';
import type { Operation } from '../../src/devicedb/jobs.js';
import { openDatabase } from '../../src/devicedb/open.js';
import { createDatabasePool } from '../../src/devicedb/pool.js';
import { NeedsWholeFile } from '../../src/devicedb/paged-file.js';
import { cutFreePages } from '../../src/devicedb/shrink.js';
import { loadSqlJs } from '../../src/devicedb/sqljs.js';
import { CHUNK_BYTES } from '../../src/storage/ports/copies.js';
import { afterwards, assertSameDump, hasSqlite3, sourceOf, sqlite3 } from './support/files.js';
import { RICH } from './support/rich.js';

const LIMITS = { heapBytes: 256 * 1024 * 1024, fileBytes: 1024 * 1024 * 1024 };
const EDITS: readonly Operation[] = [
  { kind: 'record', command: 'Add', table: 'contacts', key: '9', record: { name: 'Zoë', photo: { b: 'AAEC' } } },
  { kind: 'record', command: 'Delete', table: 'contacts', key: '3' },
  { kind: 'schema', change: { op: 'drop', type: 'table', name: 'pairs' } },
  { kind: 'record', command: 'Replace', table: 'contacts', key: '77', record: {} },
];

const sourceReader =
  (bytes: Uint8Array) =>
  (indices: readonly number[]): readonly Uint8Array[] =>
    indices.map((one) => bytes.slice(one * CHUNK_BYTES, (one + 1) * CHUNK_BYTES));

describe('devicedb: files read whole', function () {
  this.timeout(120_000);
  before(function () {
    if (!hasSqlite3) this.skip();
  });

  for (const pragma of ['page_size = 4096', 'journal_mode = WAL', 'auto_vacuum = FULL']) {
    it(`gives the same as by chunks: ${pragma}`, async () => {
      const { bytes } = sqlite3(`PRAGMA ${pragma}; ${RICH}`);
      const make = loadSqlJs();
      const reader = {
        size: bytes.length,
        read: sourceReader(bytes),
      };
      const [paged, whole] = await Promise.all(
        [false, true].map(async (all) => {
          const opened = openDatabase(await make(), reader, LIMITS, all);
          const result = applyOperations(opened.db, computeFacts(opened.db), EDITS, false);
          return { ...result, bytes: afterwards(bytes, opened.result()) };
        }),
      );
      assert.ok(paged && whole);
      assert.deepEqual(
        paged.statuses.map(({ status }) => status),
        [201, 200, 200, 404],
      );
      assert.deepEqual({ ...whole, bytes: 0 }, { ...paged, bytes: 0 });
      assertSameDump(whole.bytes, paged.bytes);
      for (const offset of [18, 19, 64, 65, 66, 67]) assert.equal(whole.bytes[offset], bytes[offset]);
    });
  }

  it('a file with free pages is asked for as a whole to be cut, unless it is too large for that', async () => {
    const { bytes } = sqlite3(
      'PRAGMA auto_vacuum = INCREMENTAL; CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(900000)); DELETE FROM t; CREATE TABLE u(a);',
    );
    const { db } = openDatabase(await loadSqlJs()(), { size: bytes.length, read: sourceReader(bytes) }, LIMITS, false);
    assert.throws(() => cutFreePages(db, false, bytes.length), NeedsWholeFile);
    cutFreePages(db, false, bytes.length - 1);
    assert.equal(Number(db.all(sql`PRAGMA page_count`)[0]?.[0]) * 4096, bytes.length, 'nothing was cut');
  });

  for (const rows of [3, 400]) {
    it(`takes its way when SQLite cuts the file: a refused batch that had grown one of ${rows} rows`, async () => {
      const { bytes } = sqlite3(
        `CREATE TABLE t(a INTEGER PRIMARY KEY, b, c UNIQUE); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows}) INSERT INTO t SELECT i, zeroblob(1000), i FROM n`,
      );
      const pool = createDatabasePool({ workers: 1 });
      try {
        // More than SQLite keeps in memory, so that it is in the file when the last one turns out to be refused.
        const adds = Array.from({ length: 30 }, (_, i) => ({ a: 1000 + i, b: 'x'.repeat(1_000_000), c: i < 29 ? 1000 + i : 1 }));
        const result = await pool.apply(sourceOf(bytes), await pool.facts(sourceOf(bytes)), [
          { kind: 'batch', changes: { to: 2, schema: [], tables: [{ name: 't', deletes: [], replaces: [], adds }] } },
          { kind: 'record', command: 'Delete', table: 't', key: '2' },
        ]);
        assert.deepEqual(
          result.statuses.map(({ status }) => status),
          [500, 200],
        );
        assert.ok(pool.statistics().chunksRead >= bytes.length / CHUNK_BYTES - 1);
        const after = afterwards(bytes, result);
        assert.equal(after.length, bytes.length);
        assertSameDump(after, sqlite3('DELETE FROM t WHERE a = 2', bytes).bytes);
        assert.deepEqual(await pool.facts(sourceOf(after)), result.facts);
      } finally {
        await pool.close();
      }
    });
  }
});
