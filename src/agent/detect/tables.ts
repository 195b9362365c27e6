/** What a database's tables look like, as far as their rows are to be read and named. */
import type { SchemaRow } from '../../records/digest.js';
import { isInDigest } from '../../records/digest.js';
import type { Database } from './snapshot.js';

export interface TableShape {
  readonly name: string;
  /** In order, without generated ones. */
  readonly columns: readonly string[];
  readonly withoutRowid: boolean;
  /** The column that is the rowid. */
  readonly integerKey: string | undefined;
  /** The name by which the rowid can be asked for; undefined without rowid. */
  readonly rowidName: string | undefined;
  /** The rowid stands in records and hashes under `rowidName`. */
  readonly showsRowid: boolean;
  /** Columns of the declared primary key, in its order. */
  readonly primaryKey: readonly string[];
}

export interface DatabaseShape {
  readonly userVersion: number;
  readonly applicationId: number;
  /** sqlite_schema, entries with SQL. */
  readonly schema: readonly SchemaRow[];
  /** Those whose rows are in the digest. */
  readonly tables: readonly TableShape[];
  /** Tables that belong to a virtual one and come with it. */
  readonly shadows: ReadonlySet<string>;
}

/** The database cannot be read row by row; it is kept `exact`. */
export class NotByRecords extends Error {
  override readonly name = 'NotByRecords';
}

/** @param exclude tables that are not looked at, with all that belongs to them. @throws {NotByRecords} */
export function shapeOf(db: Database, exclude: readonly string[] = []): DatabaseShape {
  const list = db.prepare("SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main'").all() as {
    name: string;
    type: string;
    wr: number;
  }[];
  const excluded = new Set(exclude.map((name) => name.toLowerCase()));
  const isOut = (name: string): boolean => {
    const lower = name.toLowerCase();
    return excluded.has(lower) || [...excluded].some((out) => lower.startsWith(`${out}_`) && shadowNames.has(lower));
  };
  const shadowNames = new Set(list.filter(({ type }) => type === 'shadow').map(({ name }) => name.toLowerCase()));
  const rows = db
    .prepare('SELECT type, name, tbl_name AS tblName, sql FROM sqlite_schema WHERE sql IS NOT NULL')
    .all() as unknown as SchemaRow[];
  const schema = rows
    .filter(({ name, tblName }) => !name.startsWith('sqlite_') && !isOut(tblName))
    .map(({ type, name, tblName, sql }) => ({ type, name, tblName, sql }));
  const tables = list
    .filter(
      ({ name, type }) => (type === 'table' || type === 'shadow') && isInDigest(name, false) && name !== 'sqlite_schema' && !isOut(name),
    )
    .map(({ name, wr }) => tableShape(db, name, wr === 1));
  return { userVersion: pragma(db, 'user_version'), applicationId: pragma(db, 'application_id'), schema, tables, shadows: shadowNames };
}

const pragma = (db: Database, name: string): number =>
  Number(Object.values(db.prepare(`PRAGMA ${name}`).get() as Record<string, number>)[0] ?? 0);

interface ColumnRow {
  readonly name: string;
  readonly pk: number;
  readonly hidden: number;
}

function tableShape(db: Database, name: string, withoutRowid: boolean): TableShape {
  const all = db.prepare('SELECT name, pk, hidden FROM pragma_table_xinfo(?)').all(name) as unknown as ColumnRow[];
  const columns = all.filter(({ hidden }) => hidden === 0).map((column) => column.name);
  const primaryKey = all
    .filter(({ pk }) => pk > 0)
    .sort((a, b) => a.pk - b.pk)
    .map((column) => column.name);
  const hasKeyIndex = db.prepare("SELECT 1 FROM pragma_index_list(?) WHERE origin = 'pk'").get(name) !== undefined;
  // A primary key of one column without an index of its own is the rowid under another name.
  const integerKey = !withoutRowid && primaryKey.length === 1 && !hasKeyIndex ? primaryKey[0] : undefined;
  const taken = new Set(all.map((column) => column.name.toLowerCase()));
  const free = ['rowid', '_rowid_', 'oid'].find((alias) => !taken.has(alias));
  if (!withoutRowid && integerKey === undefined && free === undefined)
    throw new NotByRecords(`table ${name} has columns by all names of the rowid`);
  return {
    name,
    columns,
    withoutRowid,
    integerKey,
    rowidName: withoutRowid ? undefined : (integerKey ?? free),
    showsRowid: !withoutRowid && integerKey === undefined,
    primaryKey,
  };
}
