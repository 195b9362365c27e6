import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createDatabasePool } from '../../src/devicedb/pool.js';
import { loadSqlJs } from '../../src/devicedb/sqljs.js';
import { pagingWorks } from '../../src/devicedb/self-test.js';
import { hasSqlite3, sourceOf, sqlite3 } from './support/files.js';

describe('devicedb: the pool', function () {
  this.timeout(60_000);
  let small: Uint8Array;
  before(function () {
    if (!hasSqlite3) return this.skip();
    small = sqlite3('CREATE TABLE t(a); INSERT INTO t VALUES (1), (2)').bytes;
  });

  it('does many jobs with few workers, each for its own file', async () => {
    const pool = createDatabasePool({ workers: 2 });
    try {
      const rows = await Promise.all(
        Array.from({ length: 30 }, async (_, i) => {
          const operations = Array.from(
            { length: i },
            (__, k) => ({ kind: 'record', command: 'Add', table: 't', key: String(k + 3), record: { a: k } }) as const,
          );
          return (await pool.apply(sourceOf(small), undefined, operations)).facts.tables['t']?.rows;
        }),
      );
      assert.deepEqual(
        rows,
        Array.from({ length: 30 }, (_, i) => i + 2),
      );
    } finally {
      await pool.close();
    }
  });

  it('rejects what is in hand and in the queue when it is closed, also while a source is waited for', async () => {
    const pool = createDatabasePool({ workers: 1 });
    let asked = (): void => undefined;
    const reading = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const never = { size: small.length, read: () => (asked(), new Promise<readonly Uint8Array[]>(() => undefined)) };
    const jobs = [pool.facts(never), pool.facts(sourceOf(small))].map((job) => assert.rejects(job, /shutting down/));
    await reading;
    await pool.close();
    await Promise.all(jobs);
    await assert.rejects(pool.facts(sourceOf(small)), /shutting down/);
  });

  it('holds no process up that has nothing else to do', () => {
    const built = new URL('../../dist/devicedb/pool.js', import.meta.url);
    // `npm test` builds first; a single test file may run without.
    if (!existsSync(fileURLToPath(built))) return console.log('      not built: the worker of the built server is not tested');
    const script = `
      const { createDatabasePool } = await import(${JSON.stringify(built.href)});
      const bytes = Buffer.from(process.argv[1], 'base64');
      const pool = createDatabasePool({ workers: 1 });
      const facts = await pool.facts({ size: bytes.length, read: async (indices) => indices.map((i) => bytes.subarray(i * 16384, (i + 1) * 16384)) });
      console.log(facts.tables.t.rows, pool.statistics().paging);`;
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', script, Buffer.from(small).toString('base64')], {
      timeout: 50_000,
    });
    assert.equal(run.stdout.toString().trim(), '2 true', run.stderr.toString());
    assert.equal(run.status, 0);
  });

  it('finds out when the bytes of a file cannot be stood in for', async () => {
    const make = loadSqlJs();
    assert.equal(await pagingWorks(make), true);
    // As a build would that copies what it is given.
    const copying = async (): ReturnType<typeof make> => {
      const lib = await make();
      const { Database } = lib;
      const Copying = function (contents?: Uint8Array) {
        const length = contents?.length ?? 0;
        return new Database(contents && !(contents instanceof Uint8Array) ? new Uint8Array(length) : contents);
      } as unknown as typeof Database;
      return Object.assign(Object.create(lib) as typeof lib, { Database: Copying });
    };
    assert.equal(await pagingWorks(copying), false);
  });
});
