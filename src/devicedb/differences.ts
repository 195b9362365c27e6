/** Rows that differ between two databases, found by key. */
import { Sql, quoted, type Connection, type Statement } from './connection.js';
import type { RowDifference } from './jobs.js';
import { columnSql, columnsSql, hasFacts, identityColumns, readSchema, readShape, recordColumns, type TableShape } from './shape.js';
import { toRecord } from './rows.js';
import type { JsonRecord, SqlValue } from '../records/values.js';
import { compareBytewise } from '../records/bytes.js';

/** Table by table in the order of their names; at most `limit`. */
export function findDifferences(before: Connection, after: Connection, limit: number): RowDifference[] {
  const found: RowDifference[] = [];
  const old = shapes(before);
  const now = shapes(after);
  for (const table of [...new Set([...old.keys(), ...now.keys()])].sort(compareBytewise)) {
    const oldShape = old.get(table);
    const newShape = now.get(table);
    const add = (difference: RowDifference): boolean => found.push(difference) < limit;
    if (found.length >= limit) break;
    if (oldShape) eachRow(before, oldShape, (key, record) => compareRow(after, newShape, table, key, record, add));
    if (found.length >= limit) break;
    if (newShape) {
      eachRow(after, newShape, (key, record) => {
        if (oldShape && lookUp(before, oldShape, key) !== undefined) return true;
        return add({ table, key: keyRecord(newShape, key), after: record });
      });
    }
  }
  return found;
}

function compareRow(
  after: Connection,
  shape: TableShape | undefined,
  table: string,
  key: Key,
  record: JsonRecord,
  add: (difference: RowDifference) => boolean,
): boolean {
  const now = shape && lookUp(after, shape, key);
  if (now !== undefined && JSON.stringify(now) === JSON.stringify(record)) return true;
  return add({ table, key: toRecord(key.columns, key.values), before: record, ...(now !== undefined && { after: now }) });
}

interface Key {
  readonly columns: readonly string[];
  readonly values: readonly SqlValue[];
}

const keyRecord = (shape: TableShape, key: Key): JsonRecord => toRecord(identityColumns(shape), key.values);

function shapes(db: Connection): Map<string, TableShape> {
  return new Map((readSchema(db) ?? []).filter(hasFacts).map((entry) => [entry.name, readShape(db, entry)] as const));
}

function eachRow(db: Connection, shape: TableShape, take: (key: Key, record: JsonRecord) => boolean): void {
  const columns = identityColumns(shape);
  const all = new Sql([`SELECT ${columnsSql(shape, [...columns, ...recordColumns(shape)])} FROM ${quoted(shape.name)} NOT INDEXED`], []);
  db.each(all, (row) => {
    const values = row.values();
    return take({ columns, values: values.slice(0, columns.length) }, toRecord(recordColumns(shape), values.slice(columns.length)));
  });
}

/** Undefined when it is not there, or the table's key has other columns now. */
function lookUp(db: Connection, shape: TableShape, key: Key): JsonRecord | undefined {
  const columns = identityColumns(shape);
  if (columns.length !== key.values.length) return undefined;
  const parts = columns.map(
    (column, i) =>
      `${i === 0 ? `SELECT ${columnsSql(shape, recordColumns(shape))} FROM ${quoted(shape.name)} WHERE ` : ' AND '}${columnSql(shape, column)} = `,
  );
  let record: JsonRecord | undefined;
  db.each(new Sql([...parts, ''], key.values), (row: Statement) => {
    record = toRecord(recordColumns(shape), row.values());
    return false;
  });
  return record;
}
