/** Random changes for a database of any schema: SQL statements made from what SQLite itself says of its tables. Repeatable by their seed. */
import { rows } from './sqlite-cli.js';

/** 0 ≤ n < 1. The same row of numbers for the same seed. */
export function dice(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Column {
  readonly name: string;
  readonly type: string;
  readonly pk: number;
  readonly required: number;
}

interface Table {
  readonly name: string;
  readonly withoutRowid: boolean;
  readonly columns: readonly Column[];
}

const SHARES = { update: 0.55, insert: 0.3 };
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Ordinary tables and those of full-text search: what belongs to a virtual table or to SQLite is changed by way of others. */
async function tablesOf(path: string): Promise<readonly Table[]> {
  const found = await rows<Column & { tab: string; wr: number }>(
    path,
    `SELECT t.name AS tab, t.wr, c.name, c.type, c.pk, c."notnull" AS required FROM pragma_table_list t, pragma_table_xinfo(t.name) c
     WHERE t.schema = 'main' AND t.type IN ('table', 'virtual') AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND c.hidden = 0 ORDER BY t.name, c.cid`,
  );
  const tables = new Map<string, Column[]>();
  for (const column of found) tables.set(column.tab, [...(tables.get(column.tab) ?? []), column]);
  return [...tables].map(([name, columns]) => ({ name, columns, withoutRowid: found.some(({ tab, wr }) => tab === name && wr === 1) }));
}

/** @param count statements; some may do nothing, such as an Add of what is there. */
export async function randomEdits(path: string, count: number, seed: number): Promise<readonly string[]> {
  const tables = await tablesOf(path);
  const next = dice(seed);
  const below = (n: number): number => Math.floor(next() * n);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const statement = (): string => {
    const table = pick(tables);
    const kind = next();
    if (kind < SHARES.update) {
      const column = pick(table.columns);
      return `UPDATE OR IGNORE ${quoted(table.name)} SET ${quoted(column.name)} = ${value(column, next)} WHERE ${oneRow(table, below(1e6))}`;
    }
    if (kind >= SHARES.update + SHARES.insert) return `DELETE FROM ${quoted(table.name)} WHERE ${oneRow(table, below(1e6))}`;
    const names = table.columns.map(({ name }) => quoted(name)).join(', ');
    const integerKey = table.columns.filter(({ pk }) => pk > 0).length === 1;
    const fresh = table.columns.map((column) =>
      column.pk > 0 && integerKey && /^integer$/i.test(column.type) && !table.withoutRowid ? 'NULL' : value(column, next),
    );
    // Half of them are much like a row that is there.
    if (next() < 0.5) return `INSERT OR IGNORE INTO ${quoted(table.name)} (${names}) VALUES (${fresh.join(', ')})`;
    const like = table.columns.map((column, i) => (column.pk > 0 || next() < 0.3 ? fresh[i] : quoted(column.name)));
    return `INSERT OR IGNORE INTO ${quoted(table.name)} (${names}) SELECT ${like.join(', ')} FROM ${quoted(table.name)} WHERE ${oneRow(table, below(1e6))}`;
  };
  return Array.from({ length: count }, statement);
}

function oneRow({ name, withoutRowid, columns }: Table, at: number): string {
  const key = withoutRowid ? columns.filter(({ pk }) => pk > 0).map((column) => quoted(column.name)) : ['_rowid_'];
  const list = key.join(', ');
  return `(${list}) = (SELECT ${list} FROM ${quoted(name)} LIMIT 1 OFFSET ${at} % max(1, (SELECT count(*) FROM ${quoted(name)})))`;
}

const WORDS = ['Ann', "O'Brien", 'Zoë', '', 'line\nbreak', '<&>"', '漢字', '😀', 'https://example.org/?a=1&b=2', 'x'.repeat(700)];

/** As SQL; mostly of the column's declared type, for applications keep to it. */
function value({ type, required }: Column, next: () => number): string {
  const below = (n: number): number => Math.floor(next() * n);
  if (required === 0 && next() < 0.12) return 'NULL';
  const text = (): string => `'${(WORDS[below(WORDS.length)] ?? '').replaceAll("'", "''")} ${below(1e6)}'`;
  const integer = (): string => (next() < 0.1 ? String(9_007_199_254_740_000n + BigInt(below(1e6))) : String(below(2000) - 20));
  const real = (): string => `${below(8000) / 8 - 100}e${below(3)}`;
  const blob = (): string => `x'${Buffer.from(Array.from({ length: below(90) }, () => below(256))).toString('hex')}'`;
  if (/INT|LONG|BOOL|DATE|TIME/i.test(type)) return integer();
  if (/CHAR|TEXT|CLOB|STRING/i.test(type)) return text();
  if (/REAL|FLOA|DOUB|NUM|DEC/i.test(type)) return real();
  if (/BLOB/i.test(type)) return blob();
  return [text, integer, real, blob][below(4)]?.() ?? 'NULL';
}
