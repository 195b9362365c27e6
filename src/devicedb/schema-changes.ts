/** Schema changes by an allow-list: one statement, of which exactly the effect is there that was announced. */
import type { SchemaChange } from '../records/schema.js';
import { quoted, type Connection } from './connection.js';
import { Refusal } from './refusal.js';
import { folded, isVirtual, readSchema, readShape, type SchemaEntry } from './shape.js';
import { keepOwnRows } from './untouched.js';

/** How SQLite itself begins what it keeps in sqlite_schema. */
const CREATES: Readonly<Record<string, RegExp>> = {
  table: /^CREATE (?:VIRTUAL )?TABLE\s/,
  index: /^CREATE (?:UNIQUE )?INDEX\s/,
  view: /^CREATE VIEW\s/,
  trigger: /^CREATE TRIGGER\s/,
};
const NAME = String.raw`(?:"(?:[^"]|"")*"|'(?:[^']|'')*'|\`(?:[^\`]|\`\`)*\`|\[[^\]]*\]|[^\s"'\`\[(]+)`;
const FULL_TEXT = new RegExp(String.raw`^CREATE VIRTUAL TABLE\s+${NAME}\s+USING\s+fts[34]\b`, 'i');

type Create = Extract<SchemaChange, { op: 'create' }>;

/**
 * Carries out a change inside the caller's savepoint. @param list takes the statements that were run.
 * @returns whether the content of a table that stays has to be summed anew: its name.
 * @throws {Refusal} or {SqliteError} when it is refused: roll back.
 */
export function changeSchema(db: Connection, change: SchemaChange, list: (statement: string) => void): string | undefined {
  const before = schema(db);
  const run = (statement: string): void => {
    db.exec(statement);
    list(statement);
  };
  switch (change.op) {
    case 'set':
      if (change.userVersion !== undefined) run(`PRAGMA user_version = ${change.userVersion}`);
      if (change.applicationId !== undefined) run(`PRAGMA application_id = ${change.applicationId}`);
      return undefined;
    case 'drop': {
      const entry = find(before, change.type, change.name);
      // It may have gone with its table.
      if (entry === undefined) return undefined;
      const restore = keepOwnRows(db, before, entry);
      run(`DROP ${change.type.toUpperCase()} ${quoted(entry.name)}`);
      restore();
      return undefined;
    }
    case 'create':
      create(db, before, change, run);
      return undefined;
    case 'extend':
      return extend(db, before, change.name, change.sql, run);
  }
}

function create(db: Connection, before: readonly SchemaEntry[], change: Create, run: (statement: string) => void): void {
  const there = find(before, change.type, change.name);
  // It may have come with its virtual table.
  if (there?.sql === change.sql) return;
  if (CREATES[change.type]?.test(change.sql) !== true) throw new Refusal(412, `"sql" is not as SQLite keeps the SQL of a ${change.type}`);
  const virtual = /^CREATE VIRTUAL/.test(change.sql);
  if (virtual && !FULL_TEXT.test(change.sql)) throw new Refusal(500, 'virtual tables are created only with fts3 and fts4');
  run(change.sql);
  const old = new Set(before.map(({ type, name }) => `${type} ${name}`));
  const after = schema(db);
  const added = after.filter(({ type, name }) => !old.has(`${type} ${name}`));
  const made = added.find(({ type, name }) => type === change.type && name === change.name);
  if (made === undefined || made.sql !== change.sql || folded(made.tblName) !== folded(change.table)) {
    throw new Refusal(412, `"sql" does not create the ${change.type} ${change.name} and is kept as it is`);
  }
  const belongs = (entry: SchemaEntry): boolean =>
    entry === made ||
    (entry.sql === undefined && entry.tblName === made.name) ||
    entry.name === 'sqlite_sequence' ||
    (virtual && folded(entry.tblName).startsWith(`${folded(made.name)}_`));
  if (!added.every(belongs) || after.length !== before.length + added.length)
    throw new Refusal(412, '"sql" does more than create one object');
}

/** The new columns are what stands in the new SQL and not in the old. SQLite writes them there itself, and then the two must be the same. */
function extend(
  db: Connection,
  before: readonly SchemaEntry[],
  name: string,
  wanted: string,
  run: (statement: string) => void,
): string | undefined {
  const entry = find(before, 'table', name);
  if (entry === undefined) throw new Refusal(404, `no such table: ${name}`);
  const old = entry.sql ?? '';
  if (old === wanted) return undefined;
  if (isVirtual(entry)) throw new Refusal(500, 'a virtual table cannot be extended');
  const shape = readShape(db, entry);
  for (const column of newColumns(old, wanted)) run(`ALTER TABLE ${quoted(entry.name)} ADD COLUMN ${column}`);
  const after = schema(db);
  const now = find(after, 'table', name);
  const others = (entries: readonly SchemaEntry[]): string =>
    JSON.stringify(entries.filter((one) => one.rowid !== entry.rowid).map((one) => [one.name, one.sql]));
  if (now === undefined || now.sql !== wanted || others(after) !== others(before)) {
    throw new Refusal(500, `${name} cannot be extended to that: drop it, create it and send its records`);
  }
  const columns = readShape(db, now).columns;
  if (!shape.columns.every((column, i) => columns[i] === column))
    throw new Refusal(500, `the old columns of ${name} are not the first of the new ones`);
  return entry.name;
}

/** Definitions of the columns that were added, as texts; their SQL is checked by its effect. */
export function newColumns(old: string, wanted: string): string[] {
  let prefix = 0;
  while (prefix < old.length && old[prefix] === wanted[prefix]) prefix += 1;
  const length = wanted.length - old.length;
  if (length <= 0) throw new Refusal(500, 'the new SQL has nothing more than the old');
  // Where two things begin alike, the beginning may be counted to the wrong one: ", c INT" before ", PRIMARY KEY (a)".
  while (prefix > 0 && wanted[prefix] !== ',' && wanted[prefix - 1] === wanted[prefix + length - 1]) prefix -= 1;
  const added = wanted.slice(prefix, prefix + length);
  if (wanted.slice(0, prefix) + wanted.slice(prefix + length) !== old || !added.startsWith(',')) {
    throw new Refusal(500, 'the new SQL is not the old with columns added: drop the table, create it and send its records');
  }
  return splitAtCommas(added.slice(1)).map((column) => column.trim());
}

/**
 * Commas within parentheses, quotes and comments separate nothing. What is not closed goes to the end, and each character is looked at once: the text may be
 * anything.
 */
function splitAtCommas(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  const token = /"[^"]*(?:"|$)|'[^']*(?:'|$)|`[^`]*(?:`|$)|\[[^\]]*(?:\]|$)|--[^\n]*|\/\*(?:[^]*?\*\/|[^]*)|[(),]/g;
  for (const { 0: found, index } of text.matchAll(token)) {
    if (found === '(') depth += 1;
    else if (found === ')') depth -= 1;
    else if (found === ',' && depth === 0) {
      parts.push(text.slice(from, index));
      from = index + 1;
    }
  }
  return [...parts, text.slice(from)];
}

function schema(db: Connection): SchemaEntry[] {
  const entries = readSchema(db);
  if (entries === undefined) throw new Refusal(500, 'a name or a statement of the schema is not UTF-8');
  return entries;
}

const find = (entries: readonly SchemaEntry[], type: string, name: string): SchemaEntry | undefined =>
  entries.find((entry) => entry.type === type && folded(entry.name) === folded(name));
