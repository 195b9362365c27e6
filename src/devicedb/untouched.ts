/**
 * Keeps SQLite from changing rows nobody named: triggers are taken away while a table is written, and the rows SQLite keeps for itself
 * (sqlite_sequence, sqlite_stat1) are put back. What the device's SQLite did there comes as records.
 */
import type { SqlValue } from '../records/values.js';
import { quoted, Sql, sql, type Connection } from './connection.js';
import { folded, type SchemaEntry, type TableShape } from './shape.js';

/** The triggers of a table are gone until the returned function puts them back as they were, in their old places. */
export function withoutTriggers(db: Connection, entries: readonly SchemaEntry[], table: string): () => void {
  const triggers = entries.filter((entry) => entry.type === 'trigger' && folded(entry.tblName) === folded(table));
  for (const { name } of triggers) db.exec(`DROP TRIGGER ${quoted(name)}`);
  return () => {
    if (triggers.length === 0) return;
    db.exec('PRAGMA writable_schema=ON');
    for (const { rowid, name, tblName, sql: text } of triggers) {
      db.run(
        sql`INSERT INTO sqlite_schema(rowid, type, name, tbl_name, rootpage, sql) VALUES (${rowid}, 'trigger', ${name}, ${tblName}, 0, ${text ?? null})`,
      );
    }
    // Reads the schema again.
    db.exec('PRAGMA writable_schema=RESET');
  };
}

/** The AUTOINCREMENT's counter of a table; the returned function puts it back. */
export function keepSequence(db: Connection, shape: TableShape): () => void {
  return shape.autoincrement ? keepRows(db, 'sqlite_sequence', ['name', 'seq'], shape.name) : () => undefined;
}

/** Rows that dropping a table or index takes along; a full-text index has tables of its own. */
export function keepOwnRows(db: Connection, entries: readonly SchemaEntry[], dropped: SchemaEntry): () => void {
  const has = (name: string): boolean => entries.some((entry) => entry.name === name);
  const undo: (() => void)[] = [];
  if (dropped.type === 'table' && has('sqlite_sequence')) undo.push(keepRows(db, 'sqlite_sequence', ['name', 'seq'], dropped.name));
  if (has('sqlite_stat1') && dropped.name !== 'sqlite_stat1') undo.push(keepRows(db, 'sqlite_stat1', ['tbl', 'idx', 'stat']));
  return () => {
    for (const one of undo) one();
  };
}

/** @param value of the first column; left out: all rows, of which there is one an index. */
function keepRows(db: Connection, table: string, columns: readonly string[], value?: string): () => void {
  const all = columns.join(', ');
  const chosen = (head: string): Sql =>
    value === undefined ? new Sql([head], []) : new Sql([`${head} WHERE ${columns[0] ?? ''} = `, ''], [value]);
  const read = (): SqlValue[][] => db.all(chosen(`SELECT rowid, ${all} FROM ${table}`));
  const before = read();
  return () => {
    const now = read();
    if (JSON.stringify(now, asText) === JSON.stringify(before, asText)) return;
    db.run(chosen(`DELETE FROM ${table}`));
    for (const row of before) {
      const separators = row.map((_, i) => (i === 0 ? `INSERT INTO ${table}(rowid, ${all}) VALUES (` : ', '));
      db.run(new Sql([...separators, ')'], row));
    }
  };
}

const asText = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}` : value);
