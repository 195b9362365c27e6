/** Rows by key: found, put, removed. What a row's bytes are in the digest is read back after SQLite has stored it. */
import type { RowHasher } from '../records/digest.js';
import { fromJson, toJson, type JsonRecord, type SqlValue } from '../records/values.js';
import { quoted, Sql, type Connection } from './connection.js';
import { columnSql, columnsSql, folded, identityColumns, recordColumns, type TableShape } from './shape.js';

/** Columns and their values, in order. */
export type Values = readonly (readonly [column: string, value: SqlValue])[];

export interface FoundRow {
  /** Values of the identity's columns. */
  readonly identity: Values;
  readonly hash: Uint8Array;
}

export class Rows {
  readonly #db: Connection;
  readonly #hasher: RowHasher;
  /** Statements that were run, as a person reads them; undefined: not wanted. */
  readonly #listing: string[] | undefined;

  constructor(db: Connection, hasher: RowHasher, listing: string[] | undefined) {
    this.#db = db;
    this.#hasher = hasher;
    this.#listing = listing;
  }

  /** Rows with these values, at most two. */
  find(shape: TableShape, key: Values): FoundRow[] {
    const identity = identityColumns(shape);
    const condition = where(shape, key);
    const head = `SELECT ${columnsSql(shape, [...identity, ...recordColumns(shape)])} FROM ${quoted(shape.name)} WHERE `;
    const rows: FoundRow[] = [];
    const parts = [...condition.parts];
    parts[0] = `${head}${parts[0] ?? ''}`;
    parts[parts.length - 1] += ' LIMIT 2';
    this.#db.each(new Sql(parts, condition.values), (row) => {
      const found = identity.map((column, i) => [column, row.value(i)] as const);
      row.encode(this.#hasher, identity.length);
      rows.push({ identity: found, hash: this.#hasher.hash() });
    });
    return rows;
  }

  insert(shape: TableShape, values: Values): void {
    const names = columnsSql(
      shape,
      values.map(([column]) => column),
    );
    // OR ABORT: whatever a constraint of the schema says of conflicts, no other row goes away.
    if (values.length === 0) return this.#run(new Sql([`INSERT OR ABORT INTO ${quoted(shape.name)} DEFAULT VALUES`], []));
    const parts = values.map((_, i) => (i === 0 ? `INSERT OR ABORT INTO ${quoted(shape.name)}(${names}) VALUES (` : ', '));
    this.#run(
      new Sql(
        [...parts, ')'],
        values.map(([, value]) => value),
      ),
    );
  }

  update(shape: TableShape, identity: Values, values: Values): void {
    const parts = values.map(
      ([column], i) => `${i === 0 ? `UPDATE OR ABORT ${quoted(shape.name)} SET ` : ', '}${columnSql(shape, column)} = `,
    );
    const condition = where(shape, identity);
    this.#run(
      new Sql(
        [...parts, ` WHERE ${condition.parts[0] ?? ''}`, ...condition.parts.slice(1)],
        [...values.map(([, value]) => value), ...condition.values],
      ),
    );
  }

  remove(shape: TableShape, identity: Values): void {
    const condition = where(shape, identity);
    this.#run(
      new Sql([`DELETE FROM ${quoted(shape.name)} WHERE ${condition.parts[0] ?? ''}`, ...condition.parts.slice(1)], condition.values),
    );
  }

  lastRowid(): bigint {
    const value = this.#db.all(new Sql(['SELECT last_insert_rowid()'], []))[0]?.[0];
    return typeof value === 'bigint' ? value : 0n;
  }

  #run(statement: Sql): void {
    this.#db.run(statement);
    this.#listing?.push(statement.shown());
  }
}

/** NULL is looked for with IS; `parts` has one more than `values`. */
function where(shape: TableShape, key: Values): { readonly parts: readonly string[]; readonly values: readonly SqlValue[] } {
  const parts = [''];
  const values: SqlValue[] = [];
  key.forEach(([column, value], i) => {
    const text = `${i === 0 ? '' : ' AND '}${columnSql(shape, column)} `;
    if (value === null) parts[parts.length - 1] += `${text}IS NULL`;
    else {
      parts[parts.length - 1] += `${text}= `;
      parts.push('');
      values.push(value);
    }
  });
  return { parts, values };
}

/** The record's columns as the table names them. @returns the name of the first column the table does not have, as a text. */
export function columnValues(shape: TableShape, record: JsonRecord): Values | string {
  const known = new Map(recordColumns(shape).map((column) => [folded(column), column] as const));
  const values: (readonly [string, SqlValue])[] = [];
  for (const [name, value] of Object.entries(record)) {
    const column = known.get(folded(name)) ?? (isRowidAlias(shape, name) ? shape.integerKey : undefined);
    if (column === undefined) return name;
    values.push([column, fromJson(value)]);
  }
  return values;
}

/** `{"rowid":5}` is a key also where the rowid has a name of its own. */
const isRowidAlias = (shape: TableShape, name: string): boolean => shape.integerKey !== undefined && folded(name) === 'rowid';

export function toRecord(columns: readonly string[], values: readonly SqlValue[]): JsonRecord {
  return Object.fromEntries(columns.map((column, i) => [column, toJson(values[i] ?? null)]));
}

/** A key for a message, or to remember it by. */
export const keyText = (key: Values): string => JSON.stringify(Object.fromEntries(key.map(([column, value]) => [column, toJson(value)])));
