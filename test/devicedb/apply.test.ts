import assert from 'node:assert/strict';
import type { Applied, Operation } from '../../src/devicedb/jobs.js';
import { createDatabasePool } from '../../src/devicedb/pool.js';
import type { Changes } from '../../src/records/changes.js';
import { recordUri } from '../../src/records/keys.js';
import type { SchemaChange } from '../../src/records/schema.js';
import type { JsonRecord, SqlValue } from '../../src/records/values.js';
import { applied, assertSameDump, dump, hasSqlite3, sourceOf, sqlite3 } from './support/files.js';
import { RICH } from './support/rich.js';

type Command = 'Add' | 'Replace' | 'Delete';

function item(command: Command, table: string, key: SqlValue | readonly SqlValue[], record?: JsonRecord): Operation {
  const uri = recordUri(table, Array.isArray(key) ? (key as SqlValue[]) : [key as SqlValue]);
  return { kind: 'record', command, table, key: uri.slice(uri.indexOf('/') + 1), ...(record && { record }) };
}
const schema = (change: SchemaChange): Operation => ({ kind: 'schema', change });
const batch = (tables: Readonly<Record<string, Partial<Changes['tables'][number]>>>, changes: readonly SchemaChange[] = []): Operation => ({
  kind: 'batch',
  changes: {
    to: 2,
    schema: changes,
    tables: Object.entries(tables).map(([name, one]) => ({ name, deletes: [], replaces: [], adds: [], ...one })),
  },
});
const create = (type: 'table' | 'index' | 'view' | 'trigger', name: string, sql: string, table = name): SchemaChange => ({
  op: 'create',
  type,
  name,
  table,
  sql,
});

describe('devicedb: changes by records', function () {
  this.timeout(60_000);
  const pool = createDatabasePool({ workers: 1 });
  let rich: Uint8Array;
  before(function () {
    if (!hasSqlite3) return this.skip();
    rich = sqlite3(RICH).bytes;
  });
  after(() => pool.close());

  /** Applies, and proves the facts and the file by what reads them anew. */
  async function apply(bytes: Uint8Array, ...operations: Operation[]): Promise<Applied & { readonly bytes: Uint8Array }> {
    const source = sourceOf(bytes);
    const facts = bytes.length === 0 ? undefined : await pool.facts(source);
    const result = await pool.apply(source, facts, operations, { listStatements: true });
    const now = applied(bytes, result);
    assert.equal(sqlite3('PRAGMA integrity_check', now).out.trim(), 'ok');
    assert.deepEqual(result.facts, await pool.facts(sourceOf(now)));
    return { ...result, bytes: now };
  }
  /** The copy after `operations` is what the device has after `sql`, whose triggers did their work there. */
  async function sameAs(sql: string, ...operations: Operation[]): Promise<Applied> {
    const result = await apply(rich, ...operations);
    assert.deepEqual(
      result.statuses.filter(({ status }) => status >= 300),
      [],
    );
    assertSameDump(result.bytes, sqlite3(sql, rich).bytes);
    return result;
  }
  async function refused(operation: Operation, status: number, detail: RegExp): Promise<void> {
    const result = await apply(rich, operation);
    assert.equal(result.statuses[0]?.status, status);
    assert.match(result.statuses[0]?.detail ?? '', detail);
    assert.deepEqual(result.changed, []);
    assert.deepEqual(result.statements, []);
  }

  describe('single records', () => {
    it('adds, replaces and deletes; what triggers did on the device comes as records', () =>
      sameAs(
        `INSERT INTO contacts(name, age) VALUES ('Di', 4); UPDATE contacts SET age = 31 WHERE id = 1; DELETE FROM contacts WHERE id = 2;`,
        item('Add', 'contacts', 4n, { id: 4, name: 'Di', age: 4, photo: null }),
        item('Replace', 'contacts', 1n, { age: 31 }),
        item('Delete', 'contacts', 2n),
        item('Add', 'log', 4n, { what: 'added 4' }),
        item('Add', 'log', 5n, { what: 'gone 2' }),
        item('Replace', 'settings', 'colour', { value: 'bluex' }),
        item('Replace', 'settings', 'size', { value: '9223372036854775807x' }),
        item('Replace', 'settings', 'ratio', { value: '0.0x' }),
        item('Replace', 'settings', 'inf', { value: 'Infx' }),
        ...[4, 5].map((rowid) => batch({ settings: { replaces: [{ rowid, key: null, value: `${rowid - 3}x` }] } })),
        batch({ sqlite_sequence: { replaces: [{ rowid: 1, name: 'contacts', seq: 4 }] } }),
      ));

    it('keeps values to the bit', () =>
      sameAs(
        `INSERT INTO loose VALUES (9223372036854775807, -9223372036854775808), (9007199254740993, 1e300), (-0.0, 9e999), (2.0, 0.1), (3000000000, -3000000000), (CAST(x'80' AS TEXT), 'a' || char(0));`,
        ...(
          [
            [{ i: '9223372036854775807' }, { i: '-9223372036854775808' }],
            [{ i: '9007199254740993' }, { r: '1e+300' }],
            [{ r: '-0' }, { r: 'Infinity' }],
            [{ r: '2' }, 0.1],
            [3000000000, -3000000000],
            [{ t: 'gA==' }, { t: 'YQA=' }],
          ] as const
        ).map(([x, y], i) => item('Add', 'loose', BigInt(i + 5), { x, y })),
      ));

    it('names records by text, composite and quoted keys', () =>
      sameAs(
        `UPDATE pairs SET c = 7 WHERE b = 1 AND a = 'b'; DELETE FROM pairs WHERE b = 2; INSERT INTO pairs VALUES ('z', -1, 0.5); UPDATE "odd ""name/ü%" SET "select" = 4; DELETE FROM settings WHERE key = 'size'; UPDATE rowid_taken SET rowid = 's';`,
        item('Replace', 'pairs', [1n, 'B'], { c: { r: '7' } }),
        item('Delete', 'pairs', [2n, 'A']),
        item('Add', 'pairs', [-1n, 'z'], { c: 0.5 }),
        item('Replace', 'odd "name/ü%', 1n, { select: 4 }),
        item('Delete', 'settings', 'size'),
        item('Replace', 'rowid_taken', 1n, { rowid: 's' }),
      ));

    it('leaves generated columns to SQLite', () =>
      sameAs(
        `INSERT INTO computed(id, w, h) VALUES (3, 1.5, 2); UPDATE computed SET w = 10 WHERE id = 1`,
        item('Add', 'computed', 3n, { w: 1.5, h: { r: '2' } }),
        item('Replace', 'computed', 1n, { w: 10 }),
      ));

    for (const [what, operation, status, detail] of [
      ['a table that is not there', item('Add', 'nothing', 1n, {}), 404, /no such table: nothing/],
      ['a view', item('Add', 'adults', 1n, {}), 404, /no such table/],
      ['a virtual table', item('Add', 'notes', 1n, {}), 404, /no such table/],
      ['the schema', item('Add', 'sqlite_schema', 1n, { sql: 'x' }), 404, /no such table/],
      ['Replace of what is not there', item('Replace', 'contacts', 99n, { age: 1 }), 404, /no such record: contacts \{"id":99\}/],
      ['Delete of what is not there', item('Delete', 'pairs', [1n, 'c']), 404, /no such record/],
      ['Add of what is there', item('Add', 'contacts', 1n, { name: 'Ed' }), 418, /is there/],
      ['a column that is not there', item('Replace', 'contacts', 1n, { nick: 'A' }), 412, /no column named nick/],
      ['a generated column', item('Replace', 'computed', 1n, { area: 1 }), 412, /no column named area/],
      ['another key than its name', item('Replace', 'contacts', 1n, { id: 2 }), 412, /id is not what/],
      ['a key with too few parts', item('Delete', 'pairs', [1n]), 412, /the key of pairs is b, a/],
      ['a key of no form', { kind: 'record', command: 'Delete', table: 'contacts', key: 'abc' }, 412, /is not a key/],
      ['no record', item('Add', 'contacts', 9n), 412, /record is missing/],
      ['NULL where none may be', item('Add', 'contacts', 9n, { age: 1 }), 500, /NOT NULL constraint failed: contacts.name/],
      ['a value that must be unique', item('Add', 'contacts', 9n, { name: 'Ann' }), 500, /UNIQUE constraint failed: contacts.name/],
      ['a value a check forbids', item('Replace', 'contacts', 1n, { age: -1 }), 500, /CHECK constraint failed/],
      ['a text in a strict table', item('Add', 'strict_one', 3n, { n: 'five' }), 500, /cannot store TEXT/],
      ['one of several of that name', item('Delete', 'settings', null), 500, /several records/],
    ] as const) {
      it(`refuses ${what}: ${status}`, () => refused(operation, status, detail));
    }

    it('goes on after a refused one, which changes nothing', async () => {
      const result = await apply(
        rich,
        item('Add', 'contacts', 4n, { name: 'Di' }),
        item('Add', 'contacts', 5n, { name: 'Di' }),
        item('Delete', 'contacts', 1n),
        item('Delete', 'contacts', 1n),
        item('Add', 'contacts', 6n, { name: 'Ed' }),
      );
      assert.deepEqual(
        result.statuses.map(({ status }) => status),
        [201, 500, 200, 404, 201],
      );
      assert.equal(sqlite3('SELECT group_concat(id) FROM contacts', result.bytes).out.trim(), '2,3,4,6');
      assert.equal(result.removed, 1);
    });

    it('lists the statements', async () => {
      const { statements } = await apply(
        rich,
        item('Add', 'contacts', 4n, { name: "O'Hara", photo: { b: 'AP8=' } }),
        item('Replace', 'pairs', [1n, 'A'], { c: null }),
        item('Delete', 'loose', 2n),
      );
      assert.deepEqual(statements, [
        `INSERT OR ABORT INTO "contacts"("id", "name", "photo") VALUES (4, 'O''Hara', X'00ff')`,
        `UPDATE OR ABORT "pairs" SET "c" = NULL WHERE "b" = 1 AND "a" = 'A'`,
        `DELETE FROM "loose" WHERE rowid = 2`,
      ]);
    });

    it('never removes a row nobody named, whatever the schema says of conflicts', async () => {
      const { bytes } = sqlite3(
        'CREATE TABLE t(a INTEGER PRIMARY KEY ON CONFLICT REPLACE, b UNIQUE ON CONFLICT REPLACE); INSERT INTO t VALUES (1, 1), (2, 2)',
      );
      const result = await apply(bytes, item('Add', 't', 3n, { b: 1 }), item('Replace', 't', 1n, { b: 2 }));
      assert.deepEqual(
        result.statuses.map(({ detail }) => detail),
        ['UNIQUE constraint failed: t.b', 'UNIQUE constraint failed: t.b'],
      );
      assert.deepEqual(result.changed, []);
    });
  });

  describe('batches', () => {
    it('lets values of unique columns change places', () =>
      sameAs(
        `DROP TRIGGER contacts_added; DROP TRIGGER contacts_gone; UPDATE contacts SET name = 'x' WHERE id = 1; UPDATE contacts SET name = 'Ann' WHERE id = 2; UPDATE contacts SET name = 'Bo' WHERE id = 1; DELETE FROM contacts WHERE id = 3; INSERT INTO contacts VALUES (4, 'Cy', 1, NULL); UPDATE pairs SET a = 'q' WHERE b = 2;`,
        batch(
          {
            contacts: {
              deletes: [{ id: 3 }],
              replaces: [
                { id: 1, name: 'Bo', age: 30, photo: { b: 'AP8=' } },
                { id: 2, name: 'Ann', age: 15, photo: null },
              ],
              adds: [{ id: 4, name: 'Cy', age: 1, photo: null }],
            },
            pairs: { deletes: [{ a: 'A', b: 2 }], adds: [{ a: 'q', b: 2, c: null }] },
            sqlite_sequence: { replaces: [{ rowid: 1, name: 'contacts', seq: 4 }] },
          },
          [
            { op: 'drop', type: 'trigger', name: 'contacts_added' },
            { op: 'drop', type: 'trigger', name: 'contacts_gone' },
          ],
        ),
      ));

    it('fills the tables of a full-text index as ordinary ones', () =>
      sameAs(
        `DELETE FROM notes_content; DELETE FROM notes_segdir; DELETE FROM notes_docsize;`,
        batch({
          notes_content: { deletes: [{ docid: 1 }, { docid: 2 }] },
          notes_docsize: { deletes: [{ docid: 1 }, { docid: 2 }] },
          notes_segdir: { deletes: [{ level: 0, idx: 0 }] },
        }),
      ));

    for (const [what, operation, status, detail] of [
      ['Delete of what is not there', batch({ contacts: { deletes: [{ id: 1 }, { id: 9 }] } }), 404, /contacts \{"id":9\}: no such record/],
      [
        'Replace of what is not there',
        batch({ contacts: { replaces: [{ id: 9, name: 'x', age: null, photo: null }] } }),
        404,
        /no such record/,
      ],
      [
        'Add of what is there',
        batch({ log: { adds: [{ rowid: 9, what: 'x' }] }, contacts: { adds: [{ id: 1, name: 'x' }] } }),
        418,
        /it is there/,
      ],
      ['a Replace that is not whole', batch({ contacts: { replaces: [{ id: 1, name: 'x' }] } }), 412, /has all of: id, name, age, photo/],
      ['a key that names nothing', batch({ contacts: { deletes: [{ name: 'Ann' }] } }), 412, /a key of contacts is id/],
      ['a table that is not there', batch({ log: { adds: [{ what: 'x' }] }, none: {} }), 404, /no such table/],
      [
        'what a constraint forbids, at the end',
        batch({ log: { deletes: [{ rowid: 1 }] }, contacts: { adds: [{ id: 8, name: 'Ann' }] } }, [
          create('table', 'n', 'CREATE TABLE n(a)'),
        ]),
        500,
        /UNIQUE/,
      ],
      ['a schema change that is none', batch({}, [create('table', 'n', 'CREATE TABLE m(a)')]), 412, /does not create/],
    ] as const) {
      it(`is refused whole: ${what}`, () => refused(operation, status, detail));
    }

    it('is refused alone', async () => {
      const result = await apply(
        rich,
        batch({ log: { adds: [{ rowid: 9, what: 'x' }] } }),
        batch({ log: { deletes: [{ rowid: 9 }, { rowid: 10 }] } }),
        item('Add', 'log', 10n, { what: 'y' }),
      );
      assert.deepEqual(
        result.statuses.map(({ status }) => status),
        [200, 404, 201],
      );
      assert.equal(sqlite3('SELECT group_concat(what) FROM log WHERE rowid > 8', result.bytes).out.trim(), 'x,y');
    });

    it('counts rows that went and did not come again', async () => {
      const again: SchemaChange[] = [{ op: 'drop', type: 'table', name: 'log' }, create('table', 'log', 'CREATE TABLE log(what, why)')];
      const result = await apply(
        rich,
        batch(
          {
            log: { adds: [{ rowid: 1, what: 'a' }] },
            settings: { deletes: [{ key: 'colour' }, { key: 'size' }], adds: [{ rowid: 1, key: 'colour', value: 1 }] },
          },
          again,
        ),
      );
      assert.deepEqual(result.statuses, [{ status: 200 }]);
      assert.equal(result.removed, 2 + 1);
    });
  });

  describe('schema', () => {
    it('creates and drops', () =>
      sameAs(
        `CREATE TABLE n(id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT DEFAULT 'x;y' /* , */, UNIQUE(a)); CREATE UNIQUE INDEX n_a ON n(lower(a)); CREATE VIEW n_v AS SELECT * FROM n; CREATE TRIGGER n_t AFTER INSERT ON n BEGIN DELETE FROM n; SELECT 1; END; CREATE VIRTUAL TABLE words USING fts3(a); DROP VIEW adults; DROP INDEX contacts_age; DROP TABLE pairs; PRAGMA user_version = 8; PRAGMA application_id = 2147483647;`,
        schema(create('table', 'n', `CREATE TABLE n(id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT DEFAULT 'x;y' /* , */, UNIQUE(a))`)),
        schema(create('index', 'n_a', 'CREATE UNIQUE INDEX n_a ON n(lower(a))', 'n')),
        schema(create('view', 'n_v', 'CREATE VIEW n_v AS SELECT * FROM n')),
        schema(create('trigger', 'n_t', 'CREATE TRIGGER n_t AFTER INSERT ON n BEGIN DELETE FROM n; SELECT 1; END', 'n')),
        schema(create('table', 'words', 'CREATE VIRTUAL TABLE words USING fts3(a)')),
        schema({ op: 'drop', type: 'view', name: 'adults' }),
        schema({ op: 'drop', type: 'index', name: 'contacts_age' }),
        batch({ sqlite_stat1: { deletes: [{ rowid: statRow('contacts', 'contacts_age') }, { rowid: statRow('pairs', 'pairs') }] } }),
        schema({ op: 'drop', type: 'table', name: 'pairs' }),
        schema({ op: 'set', userVersion: 8, applicationId: 2147483647 }),
      ));

    it('extends a table by columns; its rows get the defaults', () =>
      sameAs(
        `ALTER TABLE contacts ADD COLUMN nick TEXT DEFAULT 'n, (o)'; ALTER TABLE contacts ADD COLUMN b2 INT NOT NULL DEFAULT 7; ALTER TABLE pairs ADD COLUMN d; UPDATE pairs SET d = 1 WHERE b = 2`,
        schema({
          op: 'extend',
          name: 'contacts',
          sql: `CREATE TABLE contacts(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, age INT CHECK (age >= 0), photo BLOB, nick TEXT DEFAULT 'n, (o)', b2 INT NOT NULL DEFAULT 7)`,
        }),
        schema({
          op: 'extend',
          name: 'pairs',
          sql: 'CREATE TABLE pairs(a TEXT COLLATE NOCASE, b INT, c REAL, d, PRIMARY KEY(b, a)) WITHOUT ROWID',
        }),
        item('Replace', 'pairs', [2n, 'A'], { d: 1 }),
      ));

    for (const [what, change, status] of [
      ['CREATE TABLE AS SELECT', create('table', 'n', 'CREATE TABLE n AS SELECT * FROM contacts'), 412],
      ['two statements', create('table', 'n', 'CREATE TABLE n(a); DELETE FROM contacts'), 500],
      ['another object than it says', create('table', 'n', 'CREATE TABLE m(a)'), 412],
      ['a view that is to be a table', create('table', 'n', 'CREATE VIEW n AS SELECT 1'), 412],
      ['a temporary table', create('table', 'n', 'CREATE TEMP TABLE n(a)'), 412],
      ['no CREATE', create('table', 'n', 'DELETE FROM contacts'), 412],
      ['PRAGMA', create('table', 'n', 'PRAGMA writable_schema=ON'), 412],
      ['ATTACH', create('table', 'n', "ATTACH '/etc/passwd' AS n"), 412],
      ['IF NOT EXISTS', create('table', 'n', 'CREATE TABLE IF NOT EXISTS n(a)'), 412],
      ['an index on another table', create('index', 'i', 'CREATE INDEX i ON log(what)', 'contacts'), 412],
      ['FTS5', create('table', 'n', 'CREATE VIRTUAL TABLE n USING fts5(a)'), 500],
      ['what is there with other SQL', create('table', 'log', 'CREATE TABLE log(x)'), 500],
      ['a name of SQLite', create('table', 'sqlite_x', 'CREATE TABLE sqlite_x(a)'), 500],
      ['extending what is not there', { op: 'extend', name: 'n', sql: 'CREATE TABLE n(a)' }, 404],
      ['extending by another change', { op: 'extend', name: 'log', sql: 'CREATE TABLE log(why, what)' }, 500],
      ['extending by a key', { op: 'extend', name: 'log', sql: 'CREATE TABLE log(what, b UNIQUE)' }, 500],
      ['extending with a second statement', { op: 'extend', name: 'log', sql: 'CREATE TABLE log(what, b; DELETE FROM log)' }, 500],
      ['dropping an index of a constraint', { op: 'drop', type: 'index', name: 'sqlite_autoindex_contacts_1' }, 500],
    ] as const) {
      it(`refuses ${what}`, () => refused(schema(change), status, /./));
    }

    it('takes again what is there, and drops what is gone', async () => {
      const result = await apply(
        rich,
        schema(create('table', 'log', 'CREATE TABLE log(what)')),
        schema({ op: 'drop', type: 'table', name: 'n' }),
      );
      assert.deepEqual(result.statuses, [{ status: 200 }, { status: 200 }]);
    });

    it('makes the statistics with their first record, and not with one that is refused', async () => {
      const { bytes } = sqlite3('CREATE TABLE t(a); CREATE INDEX i ON t(a)');
      const wrong = item('Add', 'sqlite_stat1', 1n, { table: 't' });
      const refusedOnly = await apply(bytes, wrong, item('Add', 't', 1n, { a: 1 }));
      assert.deepEqual(
        refusedOnly.statuses.map(({ status }) => status),
        [412, 201],
      );
      assert.deepEqual(Object.keys(refusedOnly.facts.tables), ['t']);
      const made = await apply(
        bytes,
        wrong,
        item('Add', 'sqlite_stat1', 1n, { tbl: 't', idx: 'i', stat: '1 1' }),
        item('Delete', 'sqlite_stat1', 7n),
      );
      assert.deepEqual(
        made.statuses.map(({ status }) => status),
        [412, 201, 404],
      );
      assert.equal(sqlite3('SELECT * FROM sqlite_stat1', made.bytes).out.trim(), 't|i|1 1');
    });

    it('makes a database from nothing', async () => {
      const device = sqlite3(
        `CREATE TABLE t(a INTEGER PRIMARY KEY, b); INSERT INTO t VALUES (1, 'x'); CREATE INDEX i ON t(b); ANALYZE`,
      ).bytes;
      const result = await apply(
        new Uint8Array(),
        batch({ t: { adds: [{ a: 1, b: 'x' }] }, sqlite_stat1: { adds: [{ rowid: 1, tbl: 't', idx: 'i', stat: '1 1' }] } }, [
          create('table', 't', 'CREATE TABLE t(a INTEGER PRIMARY KEY, b)'),
          create('index', 'i', 'CREATE INDEX i ON t(b)', 't'),
        ]),
      );
      assertSameDump(result.bytes, device);
    });
  });

  describe('the file', () => {
    for (const [name, pragma] of [
      ['in write-ahead-log mode', 'journal_mode = WAL'],
      ['with full auto-vacuum', 'auto_vacuum = FULL'],
      ['in UTF-16', "encoding = 'UTF-16be'"],
      ['with pages of 512 bytes', 'page_size = 512'],
      ['with pages of 65536 bytes', 'page_size = 65536'],
    ] as const) {
      it(`keeps what it is: ${name}`, async () => {
        const before = sqlite3(`PRAGMA ${pragma}; ${RICH}`).bytes;
        const result = await apply(
          before,
          item('Delete', 'contacts', 3n),
          item('Add', 'log', 4n, { what: 'é' }),
          schema({ op: 'drop', type: 'view', name: 'teens' }),
        );
        for (const [from, to] of [
          [16, 24],
          [52, 64],
          [64, 68],
        ] as const)
          assert.deepEqual(result.bytes.subarray(from, to), before.subarray(from, to));
        const device = sqlite3(
          `DROP TRIGGER contacts_gone; DELETE FROM contacts WHERE id = 3; INSERT INTO log VALUES ('é'); DROP VIEW teens;`,
          before,
        ).bytes;
        const trigger = /^CREATE TRIGGER contacts_gone.*\n/m;
        assert.equal(dump(result.bytes).replace(trigger, ''), dump(device));
      });
    }

    it('is read by few chunks, and few of them change', async () => {
      const { bytes } = sqlite3(
        `PRAGMA auto_vacuum = FULL; CREATE TABLE t(a INTEGER PRIMARY KEY, b); WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 20000) INSERT INTO t SELECT n, zeroblob(500) FROM c`,
      );
      const source = sourceOf(bytes);
      const facts = await pool.facts(source);
      source.asked.length = 0;
      const result = await pool.apply(source, facts, [item('Replace', 't', 7000n, { b: 1 }), item('Delete', 't', 9000n)]);
      assert.deepEqual(result.statuses, [{ status: 200 }, { status: 200 }]);
      assert.ok(bytes.length > 600 * 16_384 && source.asked.length < 10, `${source.asked.length} chunks read`);
      assert.ok(result.changed.length <= 4, `${result.changed.length} chunks changed`);
    });

    it('with full auto-vacuum is cut when much of it is free, and stays one with full auto-vacuum', async () => {
      const { bytes } = sqlite3(
        `PRAGMA auto_vacuum = FULL; CREATE TABLE t(a INTEGER PRIMARY KEY, b); CREATE INDEX t_b ON t (b); WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 4000) INSERT INTO t SELECT n, n || hex(zeroblob(250)) FROM c`,
      );
      const facts = await pool.facts(sourceOf(bytes));
      const gone = (from: number, to: number): Operation => ({
        kind: 'batch',
        changes: {
          base: 1,
          to: 2,
          schema: [],
          tables: [{ name: 't', deletes: Array.from({ length: to - from }, (_, i) => ({ a: from + i })), replaces: [], adds: [] }],
        },
      });
      const little = await pool.apply(sourceOf(bytes), facts, [gone(1, 100)]);
      assert.equal(little.size, bytes.length, 'little is free');
      const much = await pool.apply(sourceOf(bytes), facts, [gone(1000, 3900)]);
      assert.deepEqual(much.statuses, [{ status: 200 }]);
      assert.ok(much.size < bytes.length / 2, `${much.size} of ${bytes.length} bytes`);
      const cut = applied(bytes, much);
      assert.equal(cut.length, much.size);
      assert.equal(sqlite3('PRAGMA auto_vacuum; PRAGMA integrity_check; PRAGMA freelist_count', cut).out, '1\nok\n0\n');
      assert.equal(dump(cut), dump(sqlite3('DELETE FROM t WHERE a BETWEEN 1000 AND 3899', bytes).bytes));
      assert.deepEqual(await pool.facts(sourceOf(cut)), much.facts);
      // Incremental auto-vacuum is the application's own business.
      const incremental = sqlite3('PRAGMA auto_vacuum = INCREMENTAL; VACUUM', bytes).bytes;
      assert.equal((await pool.apply(sourceOf(incremental), facts, [gone(1000, 3900)])).size, incremental.length);
    });

    it('that cannot be read says so in the words of its source, and the next job runs', async () => {
      const broken = { size: rich.length, read: () => Promise.reject(new Error('the storage is away')) };
      await assert.rejects(pool.facts(broken), /the storage is away/);
      const short = { size: rich.length, read: async (indices: readonly number[]) => indices.map(() => new Uint8Array(5)) };
      await assert.rejects(pool.facts(short), /has 5 bytes instead of/);
      await pool.facts(sourceOf(rich));
    });
  });

  function statRow(table: string, index: string): number {
    return Number(sqlite3(`SELECT rowid FROM sqlite_stat1 WHERE tbl = '${table}' AND idx = '${index}'`, rich).out);
  }
});
