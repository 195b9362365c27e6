/** The database as a whole: SQLite's own look at it, its shape, rows that belong to nothing. */
import { StoreError } from '../../../model/errors.js';
import type { Finding } from '../../ports/inspection.js';
import { MIGRATIONS } from '../../migrations/migrations.js';
import { Connection } from '../connection.js';
import type { MendRoom, Sql } from './rule.js';

const RESTORE = 'Stop the servers, keep a copy of the data folder as it is, and restore a snapshot.';
const REPAIR = 'Run "moorage doctor --repair".';
const MOST_MESSAGES = 100;

/** What SQLite says of an index alone: its table is whole, and the index can be made from it again. */
const OF_INDEX = /^(?:row \d+ missing from|wrong # of entries in|row \d+ values differ from) index (\w+)$/;

/** A finding of the whole store, and what mends it. */
export interface StoreRule {
  readonly id: string;
  find(sql: Sql): readonly Finding[];
  readonly mend?: (room: MendRoom, key: Finding['at']['key']) => void;
}

export const INTEGRITY: StoreRule = {
  id: 'integrity',
  find: (sql) => {
    let messages: readonly string[];
    try {
      messages = sql.all<{ integrity_check: string }>(`PRAGMA integrity_check(${MOST_MESSAGES})`).map((row) => row.integrity_check);
    } catch (error) {
      if (!(error instanceof StoreError) || error.fault === 'conflict') throw error;
      messages = [error.message];
    }
    if (messages.length === 1 && messages[0] === 'ok') return [];
    const onlyIndexes = messages.every((message) => OF_INDEX.test(message));
    const indexes = [...new Set(messages.flatMap((message) => OF_INDEX.exec(message)?.[1] ?? []))];
    if (onlyIndexes)
      return indexes.map((index) => ({
        check: 'database',
        what: `index ${index} does not agree with its table`,
        next: REPAIR,
        repair: 'build the index again',
        at: { rule: 'integrity', key: [index] },
      }));
    return messages.map((message) => ({ check: 'database', what: message, next: RESTORE, at: { rule: 'integrity', key: [] } }));
  },
  mend: ({ sql }, [index]) => {
    if (typeof index === 'string' && sql.get("SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = ?", index) !== undefined)
      sql.run(`REINDEX "${index}"`);
  },
};

interface SchemaRow {
  readonly type: string;
  readonly name: string;
  readonly sql: string;
}
const SCHEMA = `SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY name`;
const plainSql = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** Tables and indexes as this version makes them. */
function wanted(): readonly SchemaRow[] {
  const model = new Connection(':memory:', 'write');
  try {
    for (const script of MIGRATIONS) model.exec(script);
    return model.all<SchemaRow>(SCHEMA);
  } finally {
    model.close();
  }
}
let known: readonly SchemaRow[] | undefined;
const wantedSchema = (): readonly SchemaRow[] => (known ??= wanted());

export const SHAPE: StoreRule = {
  id: 'shape',
  find: (sql) => {
    const have = new Map(sql.all<SchemaRow>(SCHEMA).map((row) => [row.name, row]));
    const finding = (row: SchemaRow, what: string, repair?: string): Finding => ({
      check: 'schema',
      what: `${row.type} ${row.name} ${what}`,
      next: repair === undefined ? RESTORE : REPAIR,
      ...(repair === undefined ? {} : { repair }),
      at: { rule: 'shape', key: [row.name] },
    });
    const findings: Finding[] = [];
    for (const row of wantedSchema()) {
      const found = have.get(row.name);
      have.delete(row.name);
      if (found === undefined) findings.push(finding(row, 'is missing', row.type === 'index' ? 'make it again' : undefined));
      else if (plainSql(found.sql) !== plainSql(row.sql)) findings.push(finding(row, 'is not as this version makes it'));
    }
    for (const row of have.values()) findings.push(finding(row, 'is none of ours'));
    return findings;
  },
  mend: ({ sql }, [name]) => {
    const row = wantedSchema().find((each) => each.type === 'index' && each.name === name);
    if (row !== undefined && sql.get('SELECT 1 FROM sqlite_schema WHERE name = ?', row.name) === undefined) sql.run(row.sql);
  },
};

/** Tables without content of a person: `column` names the parent by its `key`. */
const BOOKKEEPING: Readonly<Record<string, { readonly column: string; readonly key: string }>> = {
  id_map: { column: 'pair', key: 'id' },
  outgoing: { column: 'pair', key: 'id' },
  response: { column: 'token', key: 'token' },
  failure: { column: 'account', key: 'id' },
};

export const FOREIGN_KEYS: StoreRule = {
  id: 'foreign-keys',
  find: (sql) => {
    const counts = new Map<string, { readonly table: string; readonly parent: string; count: number }>();
    for (const { table, parent } of sql.all<{ table: string; parent: string }>('PRAGMA foreign_key_check')) {
      const known = counts.get(`${table} ${parent}`) ?? { table, parent, count: 0 };
      known.count += 1;
      counts.set(`${table} ${parent}`, known);
    }
    return [...counts.values()].map(({ table, parent, count }) => ({
      check: 'foreign-keys',
      what: `${count} ${count === 1 ? 'row' : 'rows'} of ${table} without the ${parent} it belongs to`,
      next: table in BOOKKEEPING ? REPAIR : RESTORE,
      ...(table in BOOKKEEPING ? { repair: 'remove them' } : {}),
      at: { rule: 'foreign-keys', key: [table, parent] },
    }));
  },
  mend: ({ sql, keep }, [table = '', parent = '']) => {
    const known = BOOKKEEPING[table];
    if (known === undefined || !/^\w+$/.test(String(parent))) return;
    const where = `${known.column} NOT IN (SELECT ${known.key} FROM ${parent})`;
    keep(String(table), where);
    sql.run(`DELETE FROM ${table} WHERE ${where}`);
  },
};

/** The key of a removed account is overwritten, not deleted. */
export const ORPHAN_KEYS: StoreRule = {
  id: 'orphan-keys',
  find: (sql) =>
    sql
      .all<{ account: number }>(
        'SELECT account FROM account_key WHERE account NOT IN (SELECT id FROM account) AND wrapped <> zeroblob(length(wrapped))',
      )
      .map(({ account }) => ({
        check: 'account-keys',
        what: `there is a data key of account ${account}, and no such account`,
        next: 'If that account was not removed, its row is lost: restore the data folder from a snapshot.',
        at: { rule: 'orphan-keys', key: [account] },
      })),
};
