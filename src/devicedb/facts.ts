/** The facts of a database, computed from all of its rows; and whether it can be written by records at all. */
import { databaseDigest, RowHasher, schemaHash, TableSum, type SchemaRow, type TableFacts } from '../records/digest.js';
import { quoted, SqliteCode, SqliteError, sql, Sql, type Connection } from './connection.js';
import { DatabaseFault, type DatabaseFacts, type Inspection } from './jobs.js';
import { asFault } from './open.js';
import {
  columnSql,
  columnsSql,
  hasFacts,
  identityColumns,
  isVirtual,
  readSchema,
  readShape,
  recordColumns,
  type SchemaEntry,
  type TableShape,
} from './shape.js';

/** @throws {DatabaseFault} `damaged` when it cannot be read through, or has names no record could be given. */
export function computeFacts(db: Connection): DatabaseFacts {
  const entries = readSchema(db);
  if (entries === undefined) throw new DatabaseFault('damaged', NOT_UTF8);
  const tables = new Map<string, TableFacts>();
  for (const entry of entries.filter(hasFacts)) tables.set(entry.name, sumTable(db, readShape(db, entry)));
  return assembleFacts(readSchemaHash(db, entries), tables);
}

export function assembleFacts(schema: string, tables: ReadonlyMap<string, TableFacts>): DatabaseFacts {
  const all = Object.fromEntries(tables);
  return { digest: databaseDigest(schema, all), schema, tables: all };
}

export function readSchemaHash(db: Connection, entries: readonly SchemaEntry[]): string {
  const number = (name: 'user_version' | 'application_id'): number => Number(db.all(new Sql([`PRAGMA ${name}`], []))[0]?.[0] ?? 0n);
  const rows = entries.filter((entry): entry is SchemaEntry & SchemaRow => entry.sql !== undefined);
  return schemaHash(number('user_version'), number('application_id'), rows);
}

export function sumTable(db: Connection, shape: TableShape): TableFacts {
  const sum = new TableSum();
  const hasher = new RowHasher();
  // An index that says something else than its table must not be asked.
  const all = new Sql([`SELECT ${columnsSql(shape, recordColumns(shape))} FROM ${quoted(shape.name)} NOT INDEXED`], []);
  db.each(all, (row) => {
    row.encode(hasher);
    sum.add(hasher.hash());
  });
  return sum.facts();
}

const NOT_UTF8 = 'a name or a statement of its schema is not UTF-8';
const OURS = /^fts[34]$/i;
/** What quick_check says of rows that break a rule of the schema; the file itself is whole. [SQLite, "PRAGMA integrity_check"] */
const ONLY_RULES = /^(?:NULL value in |CHECK constraint failed in |NUMERIC value in |TEXT value in |non-\w+ value in )/;

/** @param treesWhole says, cheaper than `PRAGMA quick_check`, that the file is whole; rows are read after that. @throws what `inspectionOf` knows an answer to. */
export function inspectDatabase(db: Connection, treesWhole?: () => boolean): Inspection {
  // Virtual tables have a check of their own in the second half.
  const short = treesWhole !== undefined && readSchema(db)?.some(isVirtual) === false && treesWhole();
  const damage = short ? undefined : findDamage(db);
  if (damage !== undefined) return { kind: 'no-database', reason: damage };
  const entries = readSchema(db);
  if (entries === undefined) return { kind: 'exact-only', reason: NOT_UTF8 };
  const reason = whyExactOnly(db, entries);
  if (reason !== undefined) return { kind: 'exact-only', reason };
  return { kind: 'writable', facts: computeFacts(db) };
}

/** What it means for a file that opening or looking at it failed. @throws the error when that says nothing of the file. */
export function inspectionOf(error: unknown): Inspection {
  if (error instanceof SqliteError && (error.message.startsWith('malformed database schema') || error.code === SqliteCode.error)) {
    return { kind: 'exact-only', reason: error.message };
  }
  const fault = asFault(error);
  if (fault instanceof DatabaseFault && fault.kind === 'damaged') return { kind: 'no-database', reason: fault.message };
  throw error;
}

function findDamage(db: Connection): string | undefined {
  try {
    const said = db.all(sql`PRAGMA quick_check(20)`).map(([line]) => String(line as string));
    return said.find((line) => line !== 'ok' && !ONLY_RULES.test(line));
  } catch (error) {
    // A function or collation it does not have; `whyExactOnly` says it better.
    if (error instanceof SqliteError && error.code === SqliteCode.error && !error.message.startsWith('malformed')) return undefined;
    throw error;
  }
}

/** Tries whether statements for each table can be prepared; nothing is run. */
function whyExactOnly(db: Connection, entries: readonly SchemaEntry[]): string | undefined {
  for (const entry of entries.filter(isVirtual)) {
    const module = /\busing\s+["'`[]?([\w$]+)/i.exec(entry.sql ?? '')?.[1] ?? 'unknown';
    if (!OURS.test(module)) return `${entry.name} is a virtual table of the module ${module}`;
  }
  db.exec('BEGIN');
  try {
    // Triggers never fire here; what they need does not matter.
    for (const entry of entries) if (entry.type === 'trigger') db.exec(`DROP TRIGGER ${quoted(entry.name)}`);
    for (const entry of entries.filter(hasFacts)) {
      const shape = readShape(db, entry);
      if (shape.hiddenRowid) return `${entry.name} has columns of all the rowid's names`;
      const reason = tryTable(db, shape);
      if (reason !== undefined) return `${entry.name}: ${reason}`;
    }
    return undefined;
  } finally {
    db.exec('ROLLBACK');
  }
}

function tryTable(db: Connection, shape: TableShape): string | undefined {
  const table = quoted(shape.name);
  const columns = recordColumns(shape);
  const set = columns.map((column) => `${columnSql(shape, column)} = NULL`).join(', ');
  try {
    for (const statement of [
      `INSERT OR ABORT INTO ${table}(${columnsSql(shape, columns)}) VALUES (${columns.map(() => 'NULL').join(', ')})`,
      `UPDATE OR ABORT ${table} SET ${set}`,
      `DELETE FROM ${table} WHERE NULL`,
      `SELECT ${columnsSql(shape, [...identityColumns(shape), ...columns])} FROM ${table} NOT INDEXED`,
    ])
      db.prepare(statement).finalize();
    return undefined;
  } catch (error) {
    if (error instanceof SqliteError && error.code === SqliteCode.error) return error.message;
    throw error;
  }
}
