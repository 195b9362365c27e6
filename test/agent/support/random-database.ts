/** A database with tables of every kind of key, changed at random: rows, schema, settings. */
import type { DatabaseSync } from '@photostructure/sqlite';
import type { Chance } from './seeded.js';

export interface RandomDatabase {
  /** A few transactions. */
  change(): void;
  /** The statements so far. */
  readonly log: string[];
}

/** `key` tells how a row is chosen. */
const KINDS = [
  (name: string) => `CREATE TABLE "${name}" (id INTEGER PRIMARY KEY, a, b TEXT)`,
  (name: string) => `CREATE TABLE "${name}" (id INTEGER PRIMARY KEY AUTOINCREMENT, a, b TEXT)`,
  (name: string) => `CREATE TABLE "${name}" (a, b TEXT)`,
  (name: string) => `CREATE TABLE "${name}" (k TEXT PRIMARY KEY, a, b TEXT)`,
  (name: string) => `CREATE TABLE "${name}" (k TEXT, n INTEGER, a, b TEXT, PRIMARY KEY (n, k)) WITHOUT ROWID`,
  (name: string) => `CREATE TABLE "${name}" (rowid TEXT, a, b TEXT, c AS (a || b), d AS (b) STORED)`,
  (name: string) => `CREATE TABLE "${name}" (id INTEGER PRIMARY KEY, a UNIQUE, b TEXT COLLATE NOCASE)`,
];

export function randomDatabase(db: InstanceType<typeof DatabaseSync>, random: Chance): RandomDatabase {
  const log: string[] = [];
  let tables: string[] = [];
  let count = 0;
  const run = (sql: string): void => {
    try {
      db.exec(sql);
      log.push(sql);
    } catch (error) {
      // Values that are not unique: the application would do without, too.
      if (!/UNIQUE|PRIMARY KEY|constraint|datatype/i.test((error as Error).message))
        throw new Error(`${(error as Error).message}: ${sql}`, { cause: error });
    }
  };
  const value = (): string =>
    random.pick<() => string>([
      () => 'NULL',
      () => String(random.below(100)),
      () => String(9_007_199_254_740_000n + BigInt(random.below(10_000))),
      () => `${random.below(1000) / 8}`,
      () => `${random.below(50)}.0`,
      () => `'text ${random.below(1000)} ü <&>"'' ${'x'.repeat(random.below(300))}'`,
      () => `x'${Buffer.from([random.below(256), 0, 255]).toString('hex')}'`,
      () => `randomblob(${random.below(2000)})`,
      () => "''",
    ])();
  const columnsOf = (table: string): string[] =>
    (db.prepare('SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0').all(table) as { name: string }[]).map(({ name }) => name);
  const create = (): void => {
    count += 1;
    const name = random.pick([`t${count}`, `Table ${count}`, `tä${count}`, `q"${count}`]);
    run(random.pick(KINDS)(name.replaceAll('"', '""')));
    tables.push(name);
  };
  const q = (name: string): string => `"${name.replaceAll('"', '""')}"`;
  const insert = (table: string): void => {
    const columns = columnsOf(table).filter((column) => column !== 'id' || random.chance(0.2));
    const values = columns.map((column) => (column === 'id' || column === 'n' ? String(random.below(500)) : value()));
    run(`INSERT OR IGNORE INTO ${q(table)} (${columns.map(q).join(', ')}) VALUES (${values.join(', ')})`);
  };
  const someRows = (table: string): string => {
    const [first = 'a'] = columnsOf(table);
    return `WHERE ${q(first)} IN (SELECT ${q(first)} FROM ${q(table)} ORDER BY random() LIMIT ${1 + random.below(4)})`;
  };
  const steps: readonly (readonly [number, (table: string) => void])[] = [
    [30, insert],
    [15, (table) => run(`UPDATE OR IGNORE ${q(table)} SET b = ${value()} ${someRows(table)}`)],
    [10, (table) => run(`UPDATE OR IGNORE ${q(table)} SET ${q(random.pick(columnsOf(table)))} = ${value()} ${someRows(table)}`)],
    [10, (table) => run(`DELETE FROM ${q(table)} ${someRows(table)}`)],
    [2, (table) => run(`DELETE FROM ${q(table)}`)],
    [3, () => create()],
    [
      2,
      (table) =>
        run(
          `ALTER TABLE ${q(table)} ADD COLUMN z${(count += 1)} ${random.pick(["TEXT DEFAULT 'd'", 'INTEGER DEFAULT 5', 'REAL', "BLOB DEFAULT x'00'"])}`,
        ),
    ],
    [2, (table) => run(`CREATE INDEX i${(count += 1)} ON ${q(table)} (b)`)],
    [
      1,
      (table) =>
        run(`CREATE TRIGGER g${(count += 1)} AFTER DELETE ON ${q(table)} BEGIN UPDATE ${q(tables[0] ?? table)} SET b = 'by trigger'; END`),
    ],
    [1, (table) => run(`CREATE VIEW v${(count += 1)} AS SELECT b FROM ${q(table)}`)],
    [1, () => run(`PRAGMA user_version = ${random.below(1000)}`)],
    [1, (table) => drop(table)],
    [1, () => random.chance(0.3) && run('ANALYZE')],
    [1, () => random.chance(0.3) && run('VACUUM')],
  ];
  /** With what would be left broken. */
  const drop = (table: string): void => {
    if (tables.length < 3) return;
    for (const { type, name } of db.prepare("SELECT type, name, sql FROM sqlite_schema WHERE type IN ('view', 'trigger')").all() as {
      type: string;
      name: string;
    }[])
      run(`DROP ${type} ${q(name)}`);
    run(`DROP TABLE ${q(table)}`);
    tables = tables.filter((one) => one !== table);
  };
  const total = steps.reduce((sum, [weight]) => sum + weight, 0);
  const change = (): void => {
    const n = 1 + random.below(random.chance(0.2) ? 150 : 25);
    for (let i = 0; i < n; i += 1) {
      let at = random.below(total);
      const step = steps.find(([weight]) => (at -= weight) < 0);
      step?.[1](random.pick(tables));
    }
  };
  for (let i = 0; i < 4; i += 1) create();
  for (let i = 0; i < 5; i += 1) change();
  return { change, log };
}
