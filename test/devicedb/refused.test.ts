/** Operations of any kind, many of which have to be refused: the copy is what it would be had only the others come. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Operation } from '../../src/devicedb/jobs.js';
import { createDatabasePool } from '../../src/devicedb/pool.js';
import { formatKey } from '../../src/records/keys.js';
import type { SchemaChange } from '../../src/records/schema.js';
import { toJson, type JsonRecord } from '../../src/records/values.js';
import { anyValue } from '../records/arbitraries.js';
import { applied, assertSameDump, hasSqlite3, sourceOf, sqlite3 } from './support/files.js';
import { RICH } from './support/rich.js';

const TABLES = [
  'contacts',
  'settings',
  'pairs',
  'loose',
  'strict_one',
  'computed',
  'log',
  'n',
  'sqlite_sequence',
  'sqlite_stat1',
  'notes',
  'notes_content',
  'adults',
] as const;
const COLUMNS = [
  'id',
  'name',
  'age',
  'photo',
  'key',
  'value',
  'a',
  'b',
  'c',
  'x',
  'y',
  'w',
  'h',
  'area',
  'what',
  'rowid',
  'seq',
  'tbl',
  'nick',
] as const;
const fewValues = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(1n, 2n, 3n, 4n, 'Ann', 'Bo', 'A', 'b', null) },
  { weight: 1, arbitrary: anyValue },
);
const anyRecord: fc.Arbitrary<JsonRecord> = fc.dictionary(fc.constantFrom(...COLUMNS), fewValues.map(toJson), {
  maxKeys: 5,
  noNullPrototype: true,
});
/** Records that fit their table, so that not all is refused for its columns. */
const fitting: Readonly<Record<string, readonly string[]>> = {
  contacts: ['id', 'name', 'age', 'photo'],
  settings: ['rowid', 'key', 'value'],
  pairs: ['a', 'b', 'c'],
  loose: ['rowid', 'x', 'y'],
  log: ['rowid', 'what'],
  computed: ['id', 'w', 'h'],
  n: ['a', 'b'],
};
const anyTable = fc.constantFrom(...TABLES);
const recordOf = (table: string): fc.Arbitrary<JsonRecord> => {
  const columns = fitting[table];
  if (columns === undefined) return anyRecord;
  return fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .tuple(...columns.map(() => fewValues.map(toJson)))
        .map((values) => Object.fromEntries(columns.map((one, i) => [one, values[i] ?? null]))),
    },
    { weight: 1, arbitrary: anyRecord },
  );
};
const anyItem: fc.Arbitrary<Operation> = anyTable.chain((table) =>
  fc.record(
    {
      kind: fc.constant('record' as const),
      command: fc.constantFrom('Add' as const, 'Replace' as const, 'Delete' as const),
      table: fc.constant(table),
      key: fc.array(fewValues, { minLength: 1, maxLength: 2 }).map(formatKey),
      record: recordOf(table),
    },
    { noNullPrototype: true },
  ),
);
const anySchema: fc.Arbitrary<SchemaChange> = fc.constantFrom<SchemaChange>(
  { op: 'create', type: 'table', name: 'n', table: 'n', sql: 'CREATE TABLE n(a INTEGER PRIMARY KEY AUTOINCREMENT, b UNIQUE)' },
  { op: 'create', type: 'table', name: 'n', table: 'n', sql: 'CREATE TABLE n(a INTEGER PRIMARY KEY)' },
  { op: 'create', type: 'index', name: 'i', table: 'contacts', sql: 'CREATE UNIQUE INDEX i ON contacts(age)' },
  {
    op: 'create',
    type: 'trigger',
    name: 'tr',
    table: 'loose',
    sql: 'CREATE TRIGGER tr AFTER INSERT ON loose BEGIN DELETE FROM contacts; END',
  },
  { op: 'create', type: 'view', name: 'v', table: 'v', sql: 'CREATE VIEW w AS SELECT 1' },
  { op: 'drop', type: 'table', name: 'contacts' },
  { op: 'drop', type: 'table', name: 'n' },
  { op: 'drop', type: 'table', name: 'notes' },
  { op: 'drop', type: 'table', name: 'sqlite_sequence' },
  { op: 'drop', type: 'trigger', name: 'contacts_gone' },
  { op: 'extend', name: 'loose', sql: `CREATE TABLE loose(x, y DEFAULT 'none', z DEFAULT 5)` },
  { op: 'extend', name: 'loose', sql: 'CREATE TABLE loose(y, x)' },
  { op: 'set', userVersion: 12 },
);
const anyBatch: fc.Arbitrary<Operation> = fc
  .tuple(
    fc.array(anySchema, { maxLength: 2 }),
    fc.array(
      anyTable.chain((name) =>
        fc.record(
          {
            name: fc.constant(name),
            deletes: fc.array(anyRecord, { maxLength: 1 }),
            replaces: fc.array(recordOf(name), { maxLength: 2 }),
            adds: fc.array(recordOf(name), { maxLength: 3 }),
          },
          { noNullPrototype: true },
        ),
      ),
      { maxLength: 3 },
    ),
  )
  .map(([schema, tables]) => ({ kind: 'batch', changes: { to: 2, schema, tables } }));
const anyOperation = fc.oneof(
  { weight: 6, arbitrary: anyItem },
  { weight: 1, arbitrary: anySchema.map((change): Operation => ({ kind: 'schema', change })) },
  { weight: 2, arbitrary: anyBatch },
);

describe('devicedb: operations that are refused', function () {
  this.timeout(200_000);
  const pool = createDatabasePool({ workers: 1 });
  before(function () {
    if (!hasSqlite3) this.skip();
  });
  after(() => pool.close());

  it('leave no trace', async () => {
    const rich = sqlite3(RICH).bytes;
    const facts = await pool.facts(sourceOf(rich));
    let taken = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(anyOperation, { minLength: 1, maxLength: 25 }), async (operations) => {
        const all = await pool.apply(sourceOf(rich), facts, operations);
        const kept = operations.filter((_, i) => (all.statuses[i]?.status ?? 0) < 300);
        taken += kept.length;
        refused += operations.length - kept.length;
        const copy = applied(rich, all);
        assert.deepEqual(await pool.facts(sourceOf(copy)), all.facts);
        const alone = await pool.apply(sourceOf(rich), facts, kept);
        assert.deepEqual(
          alone.statuses,
          all.statuses.filter(({ status }) => status < 300),
        );
        assert.deepEqual([alone.facts, alone.removed], [all.facts, all.removed]);
        if (kept.length === 0) assert.deepEqual(all.changed, []);
        assertSameDump(copy, applied(rich, alone));
        assert.equal(sqlite3('PRAGMA integrity_check', copy).out.trim(), 'ok');
      }),
      { numRuns: Number(process.env['MOORAGE_RUNS'] ?? 40) },
    );
    assert.ok(taken > 20 && refused > 20, `${taken} taken, ${refused} refused`);
  });
});
