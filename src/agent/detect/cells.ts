/** Values of rows as SQLite has them, texts included that are no texts for JavaScript. */
import type { StatementSyncInstance as Statement } from '@photostructure/sqlite';
import { textValue, type SqlValue } from '../../records/values.js';
import { quoted } from './names.js';
import type { Database } from './snapshot.js';
import type { TableShape } from './tables.js';

/** Rows of a table in the order of their rowid (of the table's own order without one). Each: rowid, values, and what tells whether texts are whole. */
export interface RowReader {
  /** @param between first and last rowid, of a table that has them. */
  rows(between?: readonly [first: bigint, last: bigint]): IterableIterator<unknown[]>;
  /** Positions of `shape.columns` in a row. */
  readonly firstColumn: number;
  /** The values of a row's columns. */
  values(row: unknown[]): SqlValue[];
}

/**
 * The driver ends a text at its first NUL and puts U+FFFD for what is no UTF-8. The bytes of all texts of a row come along in one number: where
 * it does not fit what was read, or U+FFFD is in it, the row's texts are read once more as bytes.
 */
export function readerOf(db: Database, shape: TableShape): RowReader {
  const table = quoted(shape.name);
  const columns = shape.columns.map(quoted);
  const octets = columns.map((column) => `iif(typeof(${column}) = 'text', octet_length(${column}), 0)`);
  // A long sum would be nested too deep; so it goes in pieces.
  const sums = pieces(octets, 100).map((some) => some.join(' + '));
  const rowid = shape.rowidName === undefined ? [] : [quoted(shape.rowidName)];
  const prepared = (rest: string): Statement => {
    const statement = db.prepare(`SELECT ${[...rowid, ...columns, ...sums].join(', ')} FROM main.${table}${rest}`);
    statement.setReadBigInts(true);
    statement.setReturnArrays(true);
    return statement;
  };
  const key = quoted(shape.rowidName ?? '');
  const all = prepared(shape.rowidName === undefined ? '' : ` ORDER BY ${key}`);
  let some: Statement | undefined;
  const firstColumn = rowid.length;
  const end = firstColumn + columns.length;
  const isUtf8 = (db.prepare('PRAGMA encoding').get() as { encoding: string }).encoding === 'UTF-8';
  const again = exactly(db, shape);
  return {
    firstColumn,
    rows: (between) => {
      if (!between) return all.iterate() as IterableIterator<unknown[]>;
      some ??= prepared(` WHERE ${key} BETWEEN ? AND ? ORDER BY ${key}`);
      return some.iterate(...between) as IterableIterator<unknown[]>;
    },
    values: (row) => {
      const values = row.slice(firstColumn, end) as SqlValue[];
      let expected = 0n;
      for (let i = end; i < row.length; i += 1) expected += row[i] as bigint;
      if (expected === 0n) return values;
      let got = 0;
      let doubtful = false;
      for (const value of values) {
        if (typeof value !== 'string') continue;
        got += isUtf8 ? Buffer.byteLength(value, 'utf8') : value.length * 2;
        doubtful ||= value.includes('\ufffd');
      }
      return (doubtful && isUtf8) || BigInt(got) !== expected ? again(row, values) : values;
    },
  };
}

/** Reads the texts of one row as bytes. */
function exactly(db: Database, shape: TableShape): (row: unknown[], values: readonly SqlValue[]) => SqlValue[] {
  const table = quoted(shape.name);
  const key = shape.rowidName === undefined ? shape.primaryKey : [shape.rowidName];
  const where = key.map((column) => `${quoted(column)} IS ?`).join(' AND ');
  const encoding = (db.prepare('PRAGMA encoding').get() as { encoding: string }).encoding;
  return (row, values) => {
    const keys = shape.rowidName === undefined ? key.map((column) => row[shape.columns.indexOf(column)]) : [row[0]];
    return values.map((value, i) => {
      if (typeof value !== 'string') return value;
      const column = quoted(shape.columns[i] ?? '');
      const found = db.prepare(`SELECT CAST(${column} AS BLOB) AS bytes FROM main.${table} WHERE ${where}`).get(...keys) as
        { bytes: Uint8Array } | undefined;
      if (!found) throw new Error(`a row of ${shape.name} whose key is no text JavaScript could hold`);
      return encoding === 'UTF-8' ? textValue(found.bytes) : utf16(found.bytes, encoding === 'UTF-16be');
    });
  };
}

function utf16(bytes: Uint8Array, big: boolean): string {
  const buffer = Buffer.from(bytes);
  return (big ? buffer.swap16() : buffer).toString('utf16le');
}

function pieces<T>(all: readonly T[], length: number): T[][] {
  const found: T[][] = [];
  for (let at = 0; at < all.length; at += length) found.push(all.slice(at, at + length));
  return found;
}
