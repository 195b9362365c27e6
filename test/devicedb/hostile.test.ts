import assert from 'node:assert/strict';
import { DatabaseFault, type DatabaseFacts, type Operation } from '../../src/devicedb/jobs.js';
import { createDatabasePool } from '../../src/devicedb/pool.js';
import { hasSqlite3, sourceOf, sqlite3 } from './support/files.js';
import { RICH } from './support/rich.js';

/** Repeatable: a failure names its number. */
function* numbers(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

const NO_FACTS: DatabaseFacts = { digest: '', schema: '', tables: {} };
const EDITS: readonly Operation[] = [
  { kind: 'record', command: 'Replace', table: 'contacts', key: '1', record: { name: 'Zoë' } },
  { kind: 'record', command: 'Delete', table: 'contacts', key: '2' },
  { kind: 'record', command: 'Add', table: 'loose', key: '77', record: { x: 1, y: 2 } },
  { kind: 'record', command: 'Add', table: 'pairs', key: "5,'a", record: { c: 1 } },
  { kind: 'schema', change: { op: 'create', type: 'table', name: 'n', table: 'n', sql: 'CREATE TABLE n(a)' } },
];

describe('devicedb: files that mean harm', function () {
  this.timeout(300_000);
  const pool = createDatabasePool({
    workers: 2,
    deadlineMs: 8000,
    deadlineMsPerMb: 0,
    heapBytes: 48 * 1024 * 1024,
    fileBytes: 64 * 1024 * 1024,
  });
  let rich: Uint8Array;
  before(function () {
    if (!hasSqlite3) return this.skip();
    rich = sqlite3(RICH).bytes;
  });
  after(() => pool.close());

  /** Whatever the bytes are: an answer, or a fault that says whose it is. */
  async function answered(bytes: Uint8Array): Promise<string> {
    const seen = await pool.inspect(sourceOf(bytes));
    if (seen.kind !== 'writable') assert.ok(seen.reason.length > 0);
    // Also where the first look would have kept us from it.
    try {
      const facts = seen.kind === 'writable' ? seen.facts : NO_FACTS;
      const result = await pool.apply(sourceOf(bytes), facts, EDITS);
      assert.equal(result.statuses.length, EDITS.length);
    } catch (error) {
      assert.ok(error instanceof DatabaseFault, String(error));
    }
    return seen.kind;
  }

  async function lives(): Promise<void> {
    assert.equal((await pool.inspect(sourceOf(rich))).kind, 'writable');
  }

  const damage: readonly (readonly [string, number, (bytes: Uint8Array, random: () => number) => Uint8Array])[] = [
    ['cut', 60, (bytes, random) => bytes.slice(0, Math.floor(random() * bytes.length))],
    [
      'cut at a page, with a header that agrees',
      40,
      (bytes, random) => agreeing(bytes.slice(0, 4096 * (1 + Math.floor(random() * (bytes.length / 4096 - 1))))),
    ],
    ['with one byte changed', 150, (bytes, random) => changed(bytes, random, 1, 0)],
    ['with many bytes changed behind the first page', 100, (bytes, random) => changed(bytes, random, 200, 4096)],
    ['with bytes of the header changed', 100, (bytes, random) => changed(bytes.slice(), random, 2, 0, 100)],
    ['with bytes of the schema changed', 60, (bytes, random) => changed(bytes.slice(), random, 20, 100, 4096)],
    ["with pages in each other's places", 40, swapped],
  ];
  for (const [what, count, spoil] of damage) {
    it(`answers ${count} files ${what}`, async () => {
      const next = numbers(count);
      const kinds = new Set<string>();
      for (let i = 0; i < count; i += 1) kinds.add(await answered(spoil(rich.slice(), () => next.next().value)));
      await lives();
      assert.ok(kinds.has('no-database') || kinds.has('exact-only'), [...kinds].join());
    });
  }

  it('says no to a file of which the header promises more than there is', async () => {
    for (const pages of [0xffff_ffff, 0x7fff_ffff, rich.length / 4096 + 1]) {
      const bytes = Buffer.from(rich);
      bytes.writeUInt32BE(pages, 28);
      const seen = await pool.inspect(sourceOf(bytes));
      assert.equal(seen.kind, 'no-database');
      assert.match(seen.kind === 'no-database' ? seen.reason : '', /pages/);
    }
  });

  const one: Operation = { kind: 'record', command: 'Add', table: 't', key: '1', record: { a: 1 } };
  const ENDLESS = 'WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c';

  it('fires no trigger, however long it would take', async () => {
    const { bytes } = sqlite3(
      `CREATE TABLE t(a); CREATE TABLE o(b); CREATE TRIGGER x BEFORE INSERT ON t BEGIN INSERT INTO o ${ENDLESS}; END; CREATE TRIGGER y AFTER INSERT ON t BEGIN INSERT INTO t VALUES (new.a + 1); END; PRAGMA recursive_triggers = ON;`,
    );
    const result = await pool.apply(sourceOf(bytes), await pool.facts(sourceOf(bytes)), [one]);
    assert.deepEqual(result.statuses, [{ status: 201 }]);
    assert.deepEqual(
      Object.entries(result.facts.tables).map(([name, { rows }]) => [name, rows]),
      [
        ['t', 1],
        ['o', 0],
      ],
    );
  });

  it('ends a job that has no end, and takes the next', async () => {
    // SQLite forbids a SELECT in a CHECK; to look for four million zeros in eight million of them does as well.
    const { bytes } = sqlite3(`CREATE TABLE t(a, CHECK (instr(zeroblob(8000000), zeroblob(4000000) || x'01') = a))`);
    const impatient = createDatabasePool({ workers: 1, deadlineMs: 1500, deadlineMsPerMb: 0, deadlineMsPerRecord: 0 });
    try {
      const facts = await impatient.facts(sourceOf(bytes));
      const started = performance.now();
      const slow = impatient.apply(sourceOf(bytes), facts, [one]);
      const waiting = impatient.facts(sourceOf(bytes));
      await assert.rejects(slow, (error) => error instanceof DatabaseFault && error.kind === 'limit' && error.message.includes('1500 ms'));
      assert.ok(performance.now() - started < 6000);
      assert.deepEqual(await waiting, facts);
    } finally {
      await impatient.close();
    }
  });

  it('gives no more memory than it may have', async () => {
    const { bytes } = sqlite3(`CREATE TABLE t(a, b DEFAULT (zeroblob(900000000)), c AS (zeroblob(900000000) || a))`);
    for (const job of [pool.apply(sourceOf(bytes), NO_FACTS, [one]), pool.apply(sourceOf(bytes), undefined, [one, one])]) {
      await assert.rejects(job, (error) => error instanceof DatabaseFault && error.kind === 'limit');
    }
    await lives();
  });

  it('lets no file grow beyond the limit', async () => {
    const { bytes } = sqlite3(`CREATE TABLE t(a, b)`);
    const adds = Array.from({ length: 30 }, (_, i): Operation => ({
      kind: 'record',
      command: 'Add',
      table: 't',
      key: String(i),
      record: { a: 'x'.repeat(3_000_000) },
    }));
    await assert.rejects(
      pool.apply(sourceOf(bytes), await pool.facts(sourceOf(bytes)), adds),
      (error) => error instanceof DatabaseFault && error.kind === 'limit',
    );
    await lives();
  });

  it('answers absurd schemas', async () => {
    const many = Array.from({ length: 2000 }, (_, i) => `CREATE TABLE t${i}(a, b UNIQUE);`).join('');
    assert.equal((await pool.inspect(sourceOf(sqlite3(`BEGIN; ${many} COMMIT;`).bytes))).kind, 'writable');
    const wide = (columns: number): Uint8Array =>
      sqlite3(`CREATE TABLE t(${Array.from({ length: columns }, (_, i) => `c${i}`).join(', ')}); INSERT INTO t DEFAULT VALUES;`).bytes;
    assert.equal((await pool.inspect(sourceOf(wide(1998)))).kind, 'writable');
    assert.equal((await pool.inspect(sourceOf(wide(1999)))).kind, 'exact-only');
    const views = Array.from({ length: 300 }, (_, i) => `CREATE VIEW v${i + 1} AS SELECT * FROM v${i} a, v${i} b;`).join('');
    assert.equal((await pool.inspect(sourceOf(sqlite3(`CREATE VIEW v0 AS SELECT 1; ${views}`).bytes))).kind, 'writable');
    const names = sqlite3(
      `CREATE TABLE "__proto__"("__proto__", "constructor"); INSERT INTO "__proto__" VALUES (1, 2); CREATE TABLE ""(""); `,
    ).bytes;
    const seen = await pool.inspect(sourceOf(names));
    assert.equal(seen.kind === 'writable' && Object.hasOwn(seen.facts.tables, '__proto__'), true);
    const result = await pool.apply(sourceOf(names), seen.kind === 'writable' ? seen.facts : undefined, [
      { kind: 'record', command: 'Replace', table: '__proto__', key: '1', record: JSON.parse('{"__proto__":3}') as Record<string, number> },
      { kind: 'record', command: 'Add', table: '', key: '1', record: { '': 3 } },
    ]);
    assert.deepEqual(result.statuses, [{ status: 200 }, { status: 201 }]);
  });

  it('reaches nothing outside of the file', async () => {
    for (const call of [`load_extension('/tmp/x')`, `readfile('/etc/passwd')`, `writefile('/tmp/x', 'x')`, 'edit(1)']) {
      const { bytes } = sqlite3(`CREATE TABLE t(a, b DEFAULT (${call}))`);
      const result = await pool.apply(sourceOf(bytes), undefined, [one]);
      assert.deepEqual(result.statuses, [{ status: 500, detail: `unknown function: ${call.split('(', 1)[0] ?? ''}()` }]);
    }
  });
});

function agreeing(bytes: Uint8Array): Uint8Array {
  Buffer.from(bytes.buffer).writeUInt32BE(bytes.length / 4096, 28);
  return bytes;
}

function changed(bytes: Uint8Array, random: () => number, count: number, from: number, to = bytes.length): Uint8Array {
  for (let i = 0; i < count; i += 1) bytes[from + Math.floor(random() * (to - from))] = Math.floor(random() * 256);
  return bytes;
}

function swapped(bytes: Uint8Array, random: () => number): Uint8Array {
  const pages = bytes.length / 4096;
  for (let i = 0; i < 3; i += 1) {
    const a = 4096 * (1 + Math.floor(random() * (pages - 1)));
    const b = 4096 * (1 + Math.floor(random() * (pages - 1)));
    const kept = bytes.slice(a, a + 4096);
    bytes.copyWithin(a, b, b + 4096);
    bytes.set(kept, b);
  }
  return bytes;
}
