/**
 * Rows are read of those leaves only whose bytes changed: what is found so, and the sum for the digest, is what comparing all rows finds. Random tables and
 * changes in pages of all sizes. MOORAGE_AGENT_SEED: again.
 */
import assert from 'node:assert/strict';
import { DatabaseSync } from '@photostructure/sqlite';
import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scanTable, type RowSink } from '../../src/agent/detect/rows.js';
import { shapeOf, type TableShape } from '../../src/agent/detect/tables.js';
import { hashOfTree, leavesOf, NoTree, type PageFile } from '../../src/agent/detect/tree.js';
import { MarksWriter, promoteMarks, readMarks } from '../../src/agent/state/marks.js';
import { StateStore } from '../../src/agent/state/store.js';
import { randomDatabase } from './support/random-database.js';
import { seeded } from './support/seeded.js';

const SEED = Number(process.env['MOORAGE_AGENT_SEED'] ?? Date.now() % 1_000_000);
const FILE = 1;
const pause = (): Promise<void> => Promise.resolve();

type Database = InstanceType<typeof DatabaseSync>;

describe(`agent: leaves of tables, seed ${SEED}`, () => {
  let folder: string;
  let store: StateStore;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'moorage-agent-leaves-'));
    store = new StateStore(join(folder, 'state'));
    store.run("INSERT INTO file (id, name, settings, state) VALUES (?, 'a', '{}', '{}')", FILE);
  });
  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Scans a table with leaves against the last time, and makes it the last time. */
  async function scan(db: Database, file: PageFile, shape: TableShape, sink?: RowSink): Promise<{ facts: unknown; read: number }> {
    let read = 0;
    const facts = await scanTable(db, shape, {
      before: () => readMarks(store, FILE, 'confirmed', shape.name),
      ...(sink ? { sink } : {}),
      leaves: leavesOf(file, rootOf(db, shape)),
      marks: new MarksWriter(store, FILE, 'job', shape.name),
      skips: () => {
        read += 1;
        return false;
      },
      pause,
    });
    promoteMarks(store, FILE, 'job', 'confirmed', new Set(shapeOf(db).tables.map(({ name }) => name)));
    return { facts, read };
  }

  [512, 1024, 4096, 65_536].forEach((pageSize, run) => {
    it(`R33: added, replaced and deleted rows are those of a whole comparison, pages of ${pageSize}`, async function () {
      this.timeout(60_000);
      const random = seeded(SEED + run * 7919);
      const path = join(folder, 'a.db');
      const db = new DatabaseSync(path);
      db.exec(`PRAGMA page_size = ${pageSize}; PRAGMA auto_vacuum = ${run % 3}; PRAGMA synchronous = OFF`);
      const content = randomDatabase(db, random);
      const rows = new Map<string, { readonly sql: string; readonly rows: ReadonlyMap<bigint, string> }>();
      for (let step = 0; step < 12; step += 1) {
        if (step > 0) content.change();
        const file = fileOf(path, pageSize);
        const schema = new Map(shapeOf(db).schema.map(({ name, sql }) => [name, sql]));
        for (const shape of shapeOf(db).tables) {
          if (shape.rowidName === undefined) continue;
          const sql = schema.get(shape.name) ?? '';
          const known = rows.get(shape.name);
          // Another table, or one with more columns: from the beginning.
          if (known?.sql !== sql) store.run('DELETE FROM marks WHERE name = ?', shape.name);
          const now = rowsOf(db, shape);
          const found: string[] = [];
          const { facts } = await scan(db, file, shape, collecting(found));
          assert.deepEqual(facts, await scanTable(db, shape, { pause }), content.log.join(';\n'));
          assert.deepEqual(found.sort(), differences(known?.sql === sql ? known.rows : new Map(), now), content.log.join(';\n'));
          rows.set(shape.name, { sql, rows: now });
        }
        file.close();
      }
      db.close();
    });
  });

  it('reads the rows of changed leaves only', async () => {
    const path = join(folder, 'b.db');
    const db = new DatabaseSync(path);
    db.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, photo BLOB);
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
      INSERT INTO t SELECT i, 'text of ' || i, CASE WHEN i % 50 = 0 THEN zeroblob(20000) END FROM n`);
    const [shape] = shapeOf(db).tables;
    assert.ok(shape);
    const look = async (): Promise<{ readonly read: number; readonly found: readonly string[] }> => {
      const file = fileOf(path, 4096);
      const found: string[] = [];
      const { read } = await scan(db, file, shape, collecting(found));
      file.close();
      return { read, found };
    };
    assert.equal((await look()).read, 5000);
    assert.deepEqual(await look(), { read: 0, found: [] });
    db.exec("UPDATE t SET a = 'other' WHERE id = 2000; INSERT INTO t VALUES (5001, 'new', NULL); DELETE FROM t WHERE id = 7");
    const { read, found } = await look();
    assert.deepEqual(found, ['deleted 7', 'replaced 2000', 'added 5001']);
    assert.ok(read < 1500, String(read));
    // In the middle of a value's own pages, where the leaf is as it was.
    db.exec("UPDATE t SET photo = CAST(substr(photo, 1, 10000) || x'01' || substr(photo, 10002) AS BLOB) WHERE id = 100");
    assert.deepEqual((await look()).found, ['replaced 100']);
    // Everything lies elsewhere, and is the same.
    db.exec('CREATE TABLE u AS SELECT * FROM t; DROP TABLE u; VACUUM');
    assert.deepEqual((await look()).found, []);
    db.close();
  });

  it('knows a table without rowids by all of its pages', () => {
    const path = join(folder, 'c.db');
    const db = new DatabaseSync(path);
    db.exec(`PRAGMA page_size = 512; CREATE TABLE t (k TEXT PRIMARY KEY, v BLOB) WITHOUT ROWID;
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) INSERT INTO t SELECT 'key ' || i, zeroblob(i * 3) FROM n`);
    const hash = (): string => {
      const file = fileOf(path, 512);
      const found = hashOfTree(file, rootOf(db, { name: 't' }));
      file.close();
      return found;
    };
    const seen = new Set([hash()]);
    assert.ok(seen.has(hash()));
    for (let i = 1; i <= 500; i += 7) {
      db.exec(`UPDATE t SET v = CAST(substr(v, 1, length(v) - 1) || x'01' AS BLOB) WHERE k = 'key ${i}'`);
      seen.add(hash());
    }
    assert.equal(seen.size, 1 + Math.ceil(500 / 7));
    db.close();
  });

  it('says so when pages are damaged, whichever way, and ends', () => {
    const path = join(folder, 'd.db');
    const db = new DatabaseSync(path);
    db.exec(`PRAGMA page_size = 512; CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB); CREATE TABLE k (k PRIMARY KEY, v) WITHOUT ROWID;
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO t SELECT i, zeroblob(i * 5) FROM n;
      INSERT INTO k SELECT id, v FROM t`);
    const roots = [rootOf(db, { name: 't' }), rootOf(db, { name: 'k' })] as const;
    db.close();
    const file = fileOf(path, 512);
    const whole = Buffer.alloc(file.size);
    file.readInto(whole, 0);
    file.close();
    const random = seeded(SEED);
    let refused = 0;
    for (let n = 0; n < 500; n += 1) {
      const bytes = Buffer.from(whole);
      for (let i = 0; i < 40; i += 1) bytes[random.below(bytes.length)] = random.below(256);
      const damaged: PageFile = { size: bytes.length, pageSize: 512, readInto: (into, at) => bytes.copy(into, 0, at, at + into.length) };
      for (const read of [() => leavesOf(damaged, roots[0]), () => hashOfTree(damaged, roots[1])]) {
        try {
          read();
        } catch (error) {
          assert.ok(error instanceof NoTree, String(error));
          refused += 1;
        }
      }
    }
    assert.ok(refused > 100, String(refused));
  });
});

function fileOf(path: string, pageSize: number): PageFile & { close(): void } {
  const file = openSync(path, 'r');
  return {
    size: fstatSync(file).size,
    pageSize,
    readInto: (bytes, offset) => readSync(file, bytes, 0, bytes.length, offset),
    close: () => closeSync(file),
  };
}

const rootOf = (db: Database, { name }: { readonly name: string }): number =>
  (db.prepare("SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = ?").get(name) as { rootpage: number }).rootpage;

/** Rowid → all of its values as SQL. */
function rowsOf(db: Database, { name, columns, rowidName = '' }: TableShape): ReadonlyMap<bigint, string> {
  const q = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const statement = db.prepare(
    `SELECT ${q(rowidName)} AS id, concat_ws(',', ${columns.map((column) => `quote(${q(column)})`).join(', ')}) AS row FROM ${q(name)}`,
  );
  statement.setReadBigInts(true);
  return new Map((statement.all() as { id: bigint; row: string }[]).map(({ id, row }) => [id, row]));
}

function differences(before: ReadonlyMap<bigint, string>, now: ReadonlyMap<bigint, string>): string[] {
  const found: string[] = [];
  for (const [id, row] of now)
    if (!before.has(id)) found.push(`added ${id}`);
    else if (before.get(id) !== row) found.push(`replaced ${id}`);
  for (const id of before.keys()) if (!now.has(id)) found.push(`deleted ${id}`);
  return found.sort();
}

const collecting = (found: string[]): RowSink => ({
  added: (_, rowid) => void found.push(`added ${rowid}`),
  replaced: (_, rowid) => void found.push(`replaced ${rowid}`),
  deleted: (key) => void found.push(`deleted ${typeof key === 'bigint' ? key : 'by key'}`),
});
