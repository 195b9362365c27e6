/** The short check of a file says no less than SQLite's own. */
import assert from 'node:assert/strict';
import { sql } from '../../src/devicedb/connection.js';
import { computeFacts } from '../../src/devicedb/facts.js';
import { openDatabase, type OpenLimits } from '../../src/devicedb/open.js';
import type { PagedFile } from '../../src/devicedb/paged-file.js';
import { loadSqlJs } from '../../src/devicedb/sqljs.js';
import { treesAreWhole } from '../../src/devicedb/trees.js';
import { CHUNK_BYTES } from '../../src/storage/ports/copies.js';
import { hasSqlite3, sqlite3 } from './support/files.js';

const LIMITS: OpenLimits = { heapBytes: 1 << 26, fileBytes: 1 << 28 };
const make = loadSqlJs();
const readerOf = (bytes: Uint8Array) => ({
  size: bytes.length,
  read: (indices: readonly number[]) => indices.map((index) => bytes.slice(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES)),
});

const SCHEMA = `CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT NOT NULL, b); CREATE INDEX t_a ON t(a); CREATE TABLE k(x TEXT, y, PRIMARY KEY (x, y)) WITHOUT ROWID;
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
    INSERT INTO t SELECT i, 'name ' || (i * 7919 % 1500), CASE WHEN i % 40 = 0 THEN zeroblob(9000) ELSE hex(i) END FROM n;
  INSERT INTO k SELECT a, id FROM t; DELETE FROM t WHERE id % 3 = 0;`;

const shortCheck = async (bytes: Uint8Array, keep: (file: PagedFile) => void = () => undefined): Promise<boolean> =>
  treesAreWhole(await make(), readerOf(bytes), LIMITS, keep);

/** Whether the whole check, and reading all rows, find nothing. */
async function fullCheck(bytes: Uint8Array): Promise<boolean> {
  try {
    const { db } = openDatabase(await make(), readerOf(bytes), LIMITS, true);
    const said = db.all(sql`PRAGMA quick_check(20)`).map(([line]) => String(line as string));
    computeFacts(db);
    return said.every((line) => line === 'ok' || line.startsWith('NULL value in '));
  } catch {
    return false;
  }
}

/** Reading all rows, which the first look does behind the short check. */
async function rowsRead(bytes: Uint8Array): Promise<boolean> {
  try {
    computeFacts(openDatabase(await make(), readerOf(bytes), LIMITS, false).db);
    return true;
  } catch {
    return false;
  }
}

describe('devicedb: the short check', function () {
  this.timeout(60_000);
  before(function () {
    if (!hasSqlite3) this.skip();
  });

  for (const [what, before] of [
    ['as usual', ''],
    ['in write-ahead mode', 'PRAGMA journal_mode = WAL;'],
    ['that frees its pages at once', 'PRAGMA auto_vacuum = FULL;'],
    ['that frees its pages when asked', 'PRAGMA auto_vacuum = INCREMENTAL;'],
    ['with small pages', 'PRAGMA page_size = 512;'],
    ['with large pages', 'PRAGMA page_size = 65536;'],
  ] as const) {
    it(`is content with a file ${what}, and reads it once`, async () => {
      const { bytes } = sqlite3(before + SCHEMA);
      let read = 0;
      assert.ok(await shortCheck(bytes, (file) => (read = file.chunksRead)));
      assert.ok(read <= Math.ceil(bytes.length / CHUNK_BYTES), `${read} chunks`);
    });
  }

  it('says of 80 damaged files no more good than the whole check and reading them', async () => {
    const { bytes } = sqlite3(SCHEMA);
    let state = 11;
    const next = (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const said = { whole: 0, damaged: 0 };
    for (let n = 0; n < 80; n += 1) {
      const damaged = Uint8Array.from(bytes);
      const page = next(bytes.length / 4096) * 4096;
      // Heads of pages and their lists of cells are where a tree is damaged most.
      for (let i = 0; i < 1 + (n % 3); i += 1) damaged[page + (n % 2 === 0 ? next(40) : next(4096))]! ^= 1 << next(8);
      const short = await shortCheck(damaged);
      said[short ? 'whole' : 'damaged'] += 1;
      if (short && (await rowsRead(damaged))) assert.ok(await fullCheck(damaged), `file ${n}`);
    }
    assert.ok(said.whole > 5 && said.damaged > 10, JSON.stringify(said));
  });
});
