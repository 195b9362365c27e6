/** What the schema says of a table, as far as its records need it. */
import { quoted, sql, type Connection } from './connection.js';
import type { SqlValue } from '../records/values.js';
import { isInDigest, type SchemaRow } from '../records/digest.js';

export interface TableShape {
  readonly name: string;
  readonly virtual: boolean;
  readonly withoutRowid: boolean;
  /** Stored columns in order: those of a record and of the digest. */
  readonly columns: readonly string[];
  /** Columns of the declared primary key, in its order. */
  readonly primaryKey: readonly string[];
  /** The INTEGER PRIMARY KEY. */
  readonly integerKey: string | undefined;
  /** The name under which the rowid stands in a record; undefined when an INTEGER PRIMARY KEY does, or there is none. */
  readonly rowid: string | undefined;
  /** A table whose rowid cannot be named, having columns of all three names. */
  readonly hiddenRowid: boolean;
  readonly autoincrement: boolean;
}

/** Object of sqlite_schema. `sql` is undefined for indexes that belong to a constraint. */
export interface SchemaEntry extends Omit<SchemaRow, 'sql'> {
  readonly rowid: bigint;
  readonly sql: string | undefined;
}

/** In the order of the file. A name that is not UTF-8 is none we could write: undefined. */
export function readSchema(db: Connection): SchemaEntry[] | undefined {
  const entries: SchemaEntry[] = [];
  for (const [rowid, type, name, tblName, text] of db.all(sql`SELECT rowid, type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid`)) {
    if (typeof type !== 'string' || typeof name !== 'string' || typeof tblName !== 'string') return undefined;
    if (typeof rowid !== 'bigint' || (text !== null && typeof text !== 'string')) return undefined;
    entries.push({ rowid, type, name, tblName, sql: text ?? undefined });
  }
  return entries;
}

/** SQLite's names differ not by case, of ASCII only. */
export const folded = (name: string): string => name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

export const isVirtual = (entry: SchemaEntry): boolean => /^create\s+virtual\b/i.test(entry.sql ?? '');

/** Whether the rows of this object are in the digest. */
export const hasFacts = (entry: SchemaEntry): boolean => entry.type === 'table' && isInDigest(entry.name, isVirtual(entry));

export function readShape(db: Connection, entry: SchemaEntry): TableShape {
  const name = entry.name;
  const columns = db.all(sql`SELECT name, type, pk, hidden FROM pragma_table_xinfo(${name}) ORDER BY cid`);
  const text = (value: SqlValue | undefined): string => (typeof value === 'string' ? value : '');
  const withoutRowid = db.all(sql`SELECT wr FROM pragma_table_list(${name}) WHERE schema = 'main'`)[0]?.[0] === 1n;
  const keyed = columns.filter(([, , pk]) => typeof pk === 'bigint' && pk > 0n).sort((a, b) => Number(a[2]) - Number(b[2]));
  const primaryKey = keyed.map(([column]) => text(column));
  // INTEGER PRIMARY KEY DESC is no rowid: it has an index as any other key.
  const hasKeyIndex = db.all(sql`SELECT 1 FROM pragma_index_list(${name}) WHERE origin = 'pk'`).length > 0;
  const integerKey = !withoutRowid && primaryKey.length === 1 && !hasKeyIndex ? primaryKey[0] : undefined;
  const all = new Set(columns.map(([column]) => folded(text(column))));
  const free = ['rowid', '_rowid_', 'oid'].find((one) => !all.has(one));
  const needsRowid = !withoutRowid && integerKey === undefined;
  return {
    name,
    virtual: isVirtual(entry),
    withoutRowid,
    columns: columns.filter(([, , , hidden]) => hidden === 0n).map(([column]) => text(column)),
    primaryKey,
    integerKey,
    rowid: needsRowid ? free : undefined,
    hiddenRowid: needsRowid && free === undefined,
    autoincrement: /\bautoincrement\b/i.test(entry.sql ?? ''),
  };
}

/** Names of a record's members in order: the rowid first where it stands in the record. */
export const recordColumns = (shape: TableShape): string[] =>
  shape.rowid === undefined ? [...shape.columns] : [shape.rowid, ...shape.columns];

/** Columns that identify a row whatever else is in it. */
export const identityColumns = (shape: TableShape): readonly string[] =>
  shape.withoutRowid ? shape.primaryKey : [shape.integerKey ?? shape.rowid ?? 'rowid'];

/** A column in SQL. The rowid's names are written bare: in quotes they would be texts where no column has them. */
export const columnSql = (shape: TableShape, column: string): string => (column === shape.rowid ? column : quoted(column));

export const columnsSql = (shape: TableShape, columns: readonly string[]): string => columns.map((one) => columnSql(shape, one)).join(', ');
