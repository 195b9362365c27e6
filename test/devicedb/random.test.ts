/**
 * A device edits its database as it likes, by SQL, with its triggers and foreign keys. What changed is told as records; the copy then has the
 * same content, by the digest and by what another SQLite prints.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import fc from 'fast-check';
import type { Operation } from '../../src/devicedb/jobs.js';
import { createDatabasePool } from '../../src/devicedb/pool.js';
import type { TableChanges } from '../../src/records/changes.js';
import { recordUri } from '../../src/records/keys.js';
import type { SchemaChange, SchemaObject } from '../../src/records/schema.js';
import { fromJson, textValue, toJson, type JsonRecord, type SqlValue } from '../../src/records/values.js';
import { applied, assertSameDump, hasSqlite3, sourceOf, sqlite3 } from './support/files.js';
import { RICH } from './support/rich.js';

const anyLiteral = fc.oneof(
  fc.constantFrom(
    'NULL',
    '1',
    '-1',
    '0',
    '1.0',
    '1.5',
    '-0.0',
    '9e999',
    "''",
    "'Ann'",
    "'é€😀'",
    "x''",
    "x'00ff'",
    'zeroblob(9000)',
    "CAST(x'ff' AS TEXT)",
    "'a' || char(0)",
  ),
  fc.integer().map(String),
  fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (Number.isInteger(n) ? `${n.toExponential()}` : String(n))),
  fc.string({ unit: 'grapheme' }).map((text) => `'${text.replaceAll("'", "''").replaceAll('\0', '')}'`),
);
const small = fc.integer({ min: 1, max: 8 });

const anyStatement = fc.oneof(
  fc.tuple(small, anyLiteral, anyLiteral, anyLiteral).map(([id, a, b, c]) => `INSERT INTO contacts VALUES (${id}, ${a}, ${b}, ${c})`),
  fc.tuple(anyLiteral, anyLiteral).map(([a, b]) => `INSERT INTO contacts(name, photo) VALUES (${a}, ${b})`),
  fc.tuple(small, anyLiteral).map(([id, a]) => `UPDATE contacts SET name = ${a}, age = 1 WHERE id = ${id}`),
  fc.tuple(small, small).map(([a, b]) => `UPDATE contacts SET id = ${a} + 100 WHERE id = ${b}`),
  small.map((id) => `DELETE FROM contacts WHERE id = ${id}`),
  fc.tuple(anyLiteral, anyLiteral).map(([a, b]) => `INSERT OR REPLACE INTO settings VALUES (${a}, ${b})`),
  fc.tuple(anyLiteral, anyLiteral).map(([a, b]) => `UPDATE settings SET key = ${a} WHERE key IS ${b}`),
  anyLiteral.map((a) => `DELETE FROM settings WHERE key >= ${a}`),
  fc.tuple(anyLiteral, anyLiteral, anyLiteral).map((row) => `INSERT OR REPLACE INTO pairs VALUES (${row.join(', ')})`),
  small.map((n) => `DELETE FROM pairs WHERE b = ${n}`),
  fc.tuple(anyLiteral, anyLiteral).map((row) => `INSERT INTO loose VALUES (${row.join(', ')})`),
  fc.tuple(small, anyLiteral).map(([n, a]) => `UPDATE loose SET y = ${a} WHERE rowid % 3 = ${n} % 3`),
  fc.tuple(small, small).map(([a, b]) => `UPDATE loose SET rowid = rowid + ${a} * 1000 WHERE rowid = ${b}`),
  small.map((n) => `DELETE FROM loose WHERE rowid = ${n}`),
  fc.tuple(small, anyLiteral, anyLiteral).map(([id, a, b]) => `INSERT INTO strict_one VALUES (${id}, 1, ${a}, ${b})`),
  fc.tuple(small, anyLiteral, anyLiteral).map(([id, a, b]) => `INSERT OR REPLACE INTO computed(id, w, h) VALUES (${id}, ${a}, ${b})`),
  fc.tuple(anyLiteral, anyLiteral).map((row) => `INSERT INTO notes VALUES (${row.join(', ')})`),
  small.map((n) => `DELETE FROM notes WHERE docid = ${n}`),
  fc.constantFrom(
    'INSERT INTO loose SELECT * FROM loose',
    'DELETE FROM log',
    'ANALYZE',
    'PRAGMA user_version = 99',
    'CREATE TABLE n(a INTEGER PRIMARY KEY AUTOINCREMENT, b UNIQUE)',
    'CREATE TABLE m(a, b, PRIMARY KEY(b, a)) WITHOUT ROWID',
    'INSERT INTO n(b) SELECT x FROM loose',
    'INSERT OR IGNORE INTO m SELECT x, y FROM loose',
    'DROP TABLE n',
    'DROP TABLE m',
    'DROP TABLE pairs',
    'DROP TABLE contacts',
    'CREATE INDEX loose_y ON loose(y)',
    'DROP INDEX loose_y',
    'DROP INDEX contacts_age',
    'CREATE TRIGGER n_t AFTER INSERT ON n BEGIN INSERT INTO log VALUES (new.b); END',
    'DROP TRIGGER contacts_gone',
    'DROP VIEW adults',
    'CREATE VIEW adults AS SELECT 1 AS one',
    `ALTER TABLE contacts ADD COLUMN nick TEXT DEFAULT 'none'`,
    'ALTER TABLE loose ADD COLUMN z',
    'ALTER TABLE pairs ADD COLUMN d DEFAULT 1.5',
    'ALTER TABLE pairs ADD COLUMN e DEFAULT 1.0',
    'ALTER TABLE loose RENAME COLUMN x TO xx',
    'CREATE VIRTUAL TABLE words USING fts3(a)',
    `INSERT INTO words VALUES ('some words')`,
    'DROP TABLE words',
    'DROP TABLE notes',
  ),
);

interface Table {
  readonly sql: string;
  readonly key: readonly string[];
  /** The declared primary key, else the same. */
  readonly declared: readonly string[];
  /** Key → record, both in JSON. */
  readonly rows: ReadonlyMap<string, JsonRecord>;
}

interface Snapshot {
  readonly objects: readonly { readonly type: SchemaObject; readonly name: string; readonly table: string; readonly sql: string }[];
  readonly tables: ReadonlyMap<string, Table>;
  readonly userVersion: number;
}

/** Reads all there is, by another SQLite than the server's. */
function snapshot(db: InstanceType<typeof DatabaseSync>): Snapshot {
  const all = (sql: string): Record<string, unknown>[] => {
    const statement = db.prepare(sql);
    statement.setReadBigInts(true);
    return statement.all() as Record<string, unknown>[];
  };
  const objects = all(
    'SELECT type, name, tbl_name AS "table", sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid',
  ) as unknown as Snapshot['objects'];
  // A cast of a text to a blob gives its bytes in the encoding of the database.
  const wide = all('PRAGMA encoding')[0]?.['encoding'] === 'UTF-16le';
  const tables = new Map<string, Table>();
  for (const { type, name, sql } of objects) {
    if (type !== 'table' || sql.startsWith('CREATE VIRTUAL') || (name.startsWith('sqlite_') && !/^sqlite_(sequence|stat1)$/.test(name)))
      continue;
    const columns = all(`SELECT name, pk FROM pragma_table_xinfo('${name}') WHERE hidden = 0`);
    const keyed = columns.filter(({ pk }) => pk !== 0n).sort((a, b) => Number(a['pk']) - Number(b['pk']));
    const withoutRowid = sql.includes('WITHOUT ROWID');
    const integer = /INTEGER PRIMARY KEY/.test(sql) && !withoutRowid;
    const names = columns.map((column) => String(column['name']));
    const rowid = names.includes('rowid') ? '_rowid_' : 'rowid';
    const record = withoutRowid || integer ? names : [rowid, ...names];
    const key = withoutRowid || integer ? keyed.map((column) => String(column['name'])) : [rowid];
    const quote = (column: string): string => (column === rowid ? column : `"${column.replaceAll('"', '""')}"`);
    const select = record.map(
      (column, i) =>
        `typeof(${quote(column)}) AS t${i}, CASE typeof(${quote(column)}) WHEN 'text' THEN CAST(${quote(column)} AS BLOB) ELSE ${quote(column)} END AS v${i}`,
    );
    const rows = new Map<string, JsonRecord>();
    for (const row of all(`SELECT ${select.join(', ')} FROM "${name.replaceAll('"', '""')}"`)) {
      const value = (i: number): SqlValue => {
        const read = row[`v${i}`];
        if (row[`t${i}`] !== 'text') return read as SqlValue;
        return wide ? Buffer.from(read as Uint8Array).toString('utf16le') : textValue(read as Uint8Array);
      };
      const json = Object.fromEntries(record.map((column, i) => [column, toJson(value(i))]));
      rows.set(JSON.stringify(key.map((column) => json[column])), json);
    }
    tables.set(name, { sql, key, declared: keyed.length > 0 ? keyed.map((column) => String(column['name'])) : key, rows });
  }
  return { objects, tables, userVersion: Number(all('PRAGMA user_version')[0]?.['user_version']) };
}

const isShadow = (name: string): boolean => /^(?:notes|words)_(?:content|segments|segdir|docsize|stat)$/.test(name);

/** Schema changes, and the tables whose rows have all to come again. */
function schemaChanges(
  before: Snapshot,
  after: Snapshot,
): { readonly changes: readonly SchemaChange[]; readonly anew: ReadonlySet<string> } {
  const changes: SchemaChange[] = [];
  const anew = new Set<string>();
  const old = new Map(before.objects.map((one) => [one.name, one] as const));
  const dropped = new Set<string>();
  const counted = (name: string): boolean => !name.startsWith('sqlite_') && !isShadow(name);
  const now = new Map(after.objects.map((one) => [one.name, one] as const));
  for (const { type, name, sql, table } of before.objects) {
    if (!counted(name) || now.get(name)?.sql === sql) continue;
    const next = now.get(name);
    // ALTER TABLE ADD COLUMN leaves the old columns in their places.
    if (type === 'table' && next && /nick|, z\)|, d DEFAULT/.test(next.sql) && !next.sql.includes('xx'))
      changes.push({ op: 'extend', name, sql: next.sql });
    else {
      if (!dropped.has(table)) changes.push({ op: 'drop', type, name });
      dropped.add(name);
    }
  }
  for (const { type, name, table, sql } of after.objects) {
    if (!counted(name) || (old.has(name) && !dropped.has(name) && !dropped.has(table))) continue;
    changes.push({ op: 'create', type, name, table, sql });
    if (type === 'table') anew.add(name);
  }
  if (before.userVersion !== after.userVersion) changes.push({ op: 'set', userVersion: after.userVersion });
  for (const name of [...anew])
    for (const table of after.tables.keys()) if (isShadow(table) && table.startsWith(`${name}_`)) anew.add(table);
  return { changes, anew };
}

function tableChanges(before: Snapshot, after: Snapshot, anew: ReadonlySet<string>, bySingleItems: boolean): TableChanges[] {
  const all: TableChanges[] = [];
  for (const [name, { rows, key }] of after.tables) {
    const known = anew.has(name) ? undefined : before.tables.get(name);
    const keyOf = (record: JsonRecord): JsonRecord => Object.fromEntries(key.map((column) => [column, record[column] ?? null]));
    const deletes = [...(known?.rows ?? [])].filter(([id]) => !rows.has(id)).map(([, record]) => (bySingleItems ? record : keyOf(record)));
    const adds = [...rows].filter(([id]) => known?.rows.has(id) !== true).map(([, record]) => record);
    // A column that was added is in none of the old records, and its default is in the copy already: to send them again does no harm.
    const replaces = [...rows]
      .filter(([id, record]) => known?.rows.has(id) === true && JSON.stringify(known.rows.get(id)) !== JSON.stringify(record))
      .map(([, record]) => record);
    if (deletes.length + adds.length + replaces.length > 0) all.push({ name, deletes, replaces, adds });
  }
  return all;
}

/** The same as single items: deletions first, each table's records by the name of their declared key. */
function asItems(after: Snapshot, changes: readonly TableChanges[]): Operation[] {
  const operation = (command: 'Add' | 'Replace' | 'Delete', table: string, record: JsonRecord): Operation => {
    const columns = after.tables.get(table)?.declared ?? [];
    const uri = recordUri(
      table,
      columns.map((column) => fromJson(record[column] ?? null)),
    );
    return { kind: 'record', command, table, key: uri.slice(uri.indexOf('/') + 1), ...(command !== 'Delete' && { record }) };
  };
  return [
    ...changes.flatMap(({ name, deletes }) => deletes.map((one) => operation('Delete', name, one))),
    ...changes.flatMap(({ name, replaces }) => replaces.map((one) => operation('Replace', name, one))),
    ...changes.flatMap(({ name, adds }) => adds.map((one) => operation('Add', name, one))),
  ];
}

/**
 * SQLite 3.40, which may be the one on the command line, reads 1 where a column without a type has the default 1.0 and the row is older than the column; today's, ours
 * among them, read 1.0. What such a row is has been compared before, by its digest; here it is written down, which every version reads alike.
 */
function written(bytes: Uint8Array): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'moorage-device-'));
  const file = join(folder, 'written.db');
  try {
    writeFileSync(file, bytes);
    const db = new DatabaseSync(file);
    if (db.prepare("SELECT 1 FROM pragma_table_info('pairs') WHERE name = 'e'").get()) {
      // Nothing else sets this column. One after the other: SQLite does not write what is the same.
      db.exec('PRAGMA journal_mode = DELETE; UPDATE pairs SET e = 2.0; UPDATE pairs SET e = 1.0');
    }
    db.close();
    return new Uint8Array(readFileSync(file));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('devicedb: any edits of a device', function () {
  this.timeout(400_000);
  const pool = createDatabasePool({ workers: 1 });
  let bases: readonly Uint8Array[];
  before(function () {
    if (!hasSqlite3) return this.skip();
    const kinds = [
      'page_size = 4096',
      'page_size = 512',
      'auto_vacuum = FULL',
      'auto_vacuum = INCREMENTAL',
      "encoding = 'UTF-16le'",
      'journal_mode = WAL',
    ];
    bases = kinds.map((pragma) => sqlite3(`PRAGMA ${pragma}; ${RICH}`).bytes);
  });
  after(() => pool.close());

  it('the copy has the content of the device afterwards', async () => {
    let single = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(anyStatement, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        fc.nat(5),
        async (rounds, bySingleItems, kind) => {
          const rich = bases[kind] ?? new Uint8Array();
          const folder = mkdtempSync(join(tmpdir(), 'moorage-device-'));
          const file = join(folder, 'device.db');
          writeFileSync(file, rich);
          const device = new DatabaseSync(file, { enableForeignKeyConstraints: false });
          try {
            let copy = rich;
            let facts = await pool.facts(sourceOf(copy));
            let reordered = false;
            for (const statements of rounds) {
              const before = snapshot(device);
              for (const statement of statements) {
                try {
                  device.exec(statement);
                } catch {
                  // A statement this database refuses, such as an Add of what is there: it changes nothing.
                }
              }
              const after = snapshot(device);
              const { changes, anew } = schemaChanges(before, after);
              reordered ||= [...anew].some((table) => before.tables.has(table));
              // Values of unique columns that change places, and keys with NULL, fit only a batch.
              const fits = ({ name, replaces }: TableChanges): boolean =>
                name !== 'settings' && (replaces.length === 0 || !['contacts', 'n'].includes(name));
              const simple = bySingleItems && tableChanges(before, after, anew, true).every(fits);
              const tables = tableChanges(before, after, anew, simple);
              if (simple) single += 1;
              const operations: Operation[] = simple
                ? [...changes.map((change): Operation => ({ kind: 'schema', change })), ...asItems(after, tables)]
                : [{ kind: 'batch', changes: { base: 1, to: 2, schema: changes, tables } }];
              const result = await pool.apply(sourceOf(copy), facts, operations);
              assert.deepEqual(
                result.statuses.filter(({ status }) => status >= 300),
                [],
              );
              copy = applied(copy, result);
              facts = result.facts;
              assert.deepEqual(facts, await pool.facts(sourceOf(copy)));
              // In write-ahead-log mode what is newest is in the log.
              device.exec('PRAGMA wal_checkpoint(TRUNCATE)');
              const bytes = new Uint8Array(readFileSync(file));
              assert.deepEqual(facts, await pool.facts(sourceOf(bytes)));
              assertSameDump(written(copy), written(bytes), reordered);
            }
            assert.equal(sqlite3('PRAGMA integrity_check', copy).out.trim(), 'ok');
          } finally {
            device.close();
            rmSync(folder, { recursive: true });
          }
        },
      ),
      { numRuns: Number(process.env['MOORAGE_RUNS'] ?? 40) },
    );
    assert.ok(single > 0, 'no round went by single items');
  });
});
