import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DatabaseFault, type DatabaseFacts } from '../../src/devicedb/jobs.js';
import { createDatabasePool } from '../../src/devicedb/pool.js';
import { dump, hasSqlite3, sourceOf, sqlite3 } from './support/files.js';
import { RICH } from './support/rich.js';

/** Undefined without a Python. */
function digestByPython(bytes: Uint8Array): DatabaseFacts | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'moorage-digest-'));
  try {
    const file = join(folder, 'device.db');
    writeFileSync(file, bytes);
    const run = spawnSync('python3', [fileURLToPath(new URL('./support/digest.py', import.meta.url)), file]);
    if (run.error) return undefined;
    assert.equal(run.status, 0, run.stderr.toString());
    return JSON.parse(run.stdout.toString()) as DatabaseFacts;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('devicedb: first look and facts', function () {
  this.timeout(60_000);
  const pool = createDatabasePool({ workers: 1 });
  before(function () {
    if (!hasSqlite3) this.skip();
  });
  after(() => pool.close());

  for (const [name, sql] of [
    ['one of everything', RICH],
    ['in UTF-16', `PRAGMA encoding = 'UTF-16le';${RICH}`],
    ['with pages of 512 bytes', `PRAGMA page_size = 512;${RICH}`],
    ['with pages of 65536 bytes', `PRAGMA page_size = 65536;${RICH}`],
    ['in write-ahead-log mode', `PRAGMA journal_mode = WAL;${RICH}`],
    ['with auto-vacuum', `PRAGMA auto_vacuum = FULL;${RICH}`],
    ['empty but for a version', 'PRAGMA user_version = 1'],
  ] as const) {
    it(`says the same as Python's sqlite3 and hashlib: ${name}`, async function () {
      const { bytes } = sqlite3(sql);
      const seen = await pool.inspect(sourceOf(bytes));
      assert.equal(seen.kind, 'writable', JSON.stringify(seen));
      const facts = seen.kind === 'writable' ? seen.facts : undefined;
      assert.deepEqual(await pool.facts(sourceOf(bytes)), facts);
      const other = digestByPython(bytes);
      if (other === undefined) {
        console.log('      no python3: the digest is not compared with another one');
        return this.skip();
      }
      assert.deepEqual(facts, other);
    });
  }

  it('reads files by chunks, not whole', async () => {
    assert.equal(pool.statistics().paging, true);
  });

  /** What an application's own functions would allow, and the command line does not. */
  const rewritten = (create: string, name: string, sql: string): string =>
    `${create}; PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = '${sql}' WHERE name = '${name}';`;
  for (const [name, sql, reason] of [
    [
      'a collation of its own',
      rewritten('CREATE TABLE t(a); CREATE INDEX i ON t(a)', 't', 'CREATE TABLE t(a COLLATE OTHER)'),
      /no such collation sequence: OTHER/,
    ],
    [
      'a function of its own in a check',
      rewritten('CREATE TABLE t(a)', 't', 'CREATE TABLE t(a CHECK (other(a)))'),
      /unknown function: other/,
    ],
    [
      'a function of its own in an index',
      rewritten('CREATE TABLE t(a); CREATE INDEX i ON t(lower(a))', 'i', 'CREATE INDEX i ON t(other(a))'),
      /unknown function: other/,
    ],
    [
      'a statement SQLite cannot read',
      rewritten('CREATE TABLE t(a)', 't', 'CREATE TABLE t(a FROM THE FUTURE)(b)'),
      /malformed database schema/,
    ],
    ['FTS5', 'CREATE VIRTUAL TABLE t USING fts5(a);', /module fts5/],
    ['R-tree', 'CREATE VIRTUAL TABLE t USING rtree(id, a, b);', /module rtree/],
    ['all names of the rowid taken', 'CREATE TABLE t(rowid, oid, _rowid_);', /rowid's names/],
  ] as const) {
    it(`is kept exact: ${name}`, async () => {
      const seen = await pool.inspect(sourceOf(sqlite3(sql).bytes));
      assert.equal(seen.kind, 'exact-only');
      assert.match(seen.kind === 'exact-only' ? seen.reason : '', reason);
    });
  }

  it('takes rows that break a rule of the schema for what they are', async () => {
    const { bytes } = sqlite3(
      `CREATE TABLE t(a NOT NULL, b CHECK (b > 0)); PRAGMA ignore_check_constraints = ON; INSERT INTO t VALUES (1, -1);`,
    );
    assert.equal((await pool.inspect(sourceOf(bytes))).kind, 'writable');
  });

  for (const [name, bytes, reason] of [
    ['nothing', new Uint8Array(), /empty/],
    ['a picture', Buffer.from('ffd8ffe000104a464946', 'hex'), /does not begin/],
    ['text', Buffer.from('SQLite format 3, they said'.repeat(100)), /does not begin/],
  ] as const) {
    it(`is no database: ${name}`, async () => {
      const seen = await pool.inspect(sourceOf(bytes));
      assert.equal(seen.kind, 'no-database');
      assert.match(seen.kind === 'no-database' ? seen.reason : '', reason);
    });
  }

  it('is no database: one that is cut, at every page', async () => {
    const { bytes } = sqlite3(RICH);
    for (let end = 4096; end < bytes.length; end += 4096) {
      assert.equal((await pool.inspect(sourceOf(bytes.subarray(0, end)))).kind, 'no-database');
      assert.equal((await pool.inspect(sourceOf(bytes.subarray(0, end + 100)))).kind, 'no-database');
    }
  });

  it('says what is wrong with the bytes when facts are asked of no database', async () => {
    await assert.rejects(
      pool.facts(sourceOf(Buffer.alloc(4096, 1))),
      (error) => error instanceof DatabaseFault && error.kind === 'damaged',
    );
  });

  it('finds the rows that differ', async () => {
    const { bytes } = sqlite3(RICH);
    const changed = sqlite3(
      `DELETE FROM log; UPDATE settings SET value = 'red' WHERE key = 'colour'; DELETE FROM pairs WHERE b = 2; INSERT INTO loose VALUES (9, 9); CREATE TABLE z(a); INSERT INTO z VALUES (1);`,
      bytes,
    ).bytes;
    assert.notEqual(dump(bytes), dump(changed));
    const found = await pool.differences(sourceOf(bytes), sourceOf(changed), 100);
    assert.deepEqual(found, [
      ...[1, 2, 3].map((id) => ({ table: 'log', key: { rowid: id }, before: { rowid: id, what: `added ${id}` } })),
      { table: 'loose', key: { rowid: 5 }, after: { rowid: 5, x: 9, y: 9 } },
      { table: 'pairs', key: { b: 2, a: 'A' }, before: { a: 'A', b: 2, c: null } },
      {
        table: 'settings',
        key: { rowid: 1 },
        before: { rowid: 1, key: 'colour', value: 'blue' },
        after: { rowid: 1, key: 'colour', value: 'red' },
      },
      { table: 'z', key: { rowid: 1 }, after: { rowid: 1, a: 1 } },
    ]);
    assert.equal((await pool.differences(sourceOf(bytes), sourceOf(changed), 4)).length, 4);
    assert.deepEqual(await pool.differences(sourceOf(bytes), sourceOf(bytes), 4), []);
  });
});
