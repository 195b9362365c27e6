/** A batch of changes carried out on a database by plain SQL, as someone else's client would. The database has no triggers, and tables are not changed. */
import { DatabaseSync } from '@photostructure/sqlite';
import type { Changes } from '../../../src/records/changes.js';
import { fromJson, TextBytes, type JsonRecord } from '../../../src/records/values.js';

const q = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export function applied(path: string, { schema, tables }: Changes): void {
  if (schema.length > 0) throw new Error('changes of the schema are not carried out here');
  const db = new DatabaseSync(path);
  const run = (sql: string, record: JsonRecord): void => {
    const values = Object.values(record).map((value) => {
      const found = fromJson(value);
      if (found instanceof TextBytes) throw new Error('a text that is none');
      return found;
    });
    if (db.prepare(sql).run(...values).changes !== 1) throw new Error(`${sql}: ${JSON.stringify(record)}`);
  };
  const where = (record: JsonRecord): string =>
    Object.keys(record)
      .map((column) => `${q(column)} IS ?`)
      .join(' AND ');
  for (const { name, deletes, replaces, adds } of tables) {
    for (const key of deletes) run(`DELETE FROM ${q(name)} WHERE ${where(key)}`, key);
    for (const [verb, records] of [
      ['REPLACE', replaces],
      ['INSERT', adds],
    ] as const) {
      for (const record of records) {
        const columns = Object.keys(record);
        run(`${verb} INTO ${q(name)} (${columns.map(q).join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`, record);
      }
    }
  }
  db.close();
}
