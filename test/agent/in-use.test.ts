/** A database that another process writes while it is backed up. R46: it must not be kept from doing so. */
import assert from 'node:assert/strict';
import { DatabaseSync } from '@photostructure/sqlite';
import { existsSync, writeFileSync } from 'node:fs';
import { only, openBench, CONTACTS, type Bench } from './support/bench.js';
import { App } from './support/app.js';
import { newest } from './support/fake-copies.js';

describe('agent: a file in use', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench({ maxMsgSize: 150_000 });
  });
  afterEach(() => bench.close());

  for (const journal of ['DELETE', 'TRUNCATE', 'WAL'] as const) {
    for (const way of ['auto', 'exact'] as const) {
      it(`R46: ${journal}, ${way}: each backup is one moment's state, the writer is hardly held up`, async function () {
        this.timeout(60_000);
        const app = await App.start(bench.path('c.db'));
        await app.exec(`PRAGMA journal_mode = ${journal}; PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 50`);
        await app.exec(`${CONTACTS} CREATE TABLE bulk (a INTEGER PRIMARY KEY, b)`);
        await app.exec(
          'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) INSERT INTO bulk SELECT i, randomblob(200) FROM n',
        );
        const agent = bench.agent();
        await bench.add(agent, bench.path('c.db'), { way });
        await app.startWriting();
        const reports = [];
        for (let i = 0; i < 4; i += 1) {
          const report = only(await agent.backup());
          reports.push(report);
          consistent(newest(bench.server.copy('c.db'))?.bytes ?? Buffer.alloc(0));
        }
        const { writes, longest, errors } = await app.stopWriting();
        assert.deepEqual(errors, []);
        assert.ok(writes > 100, `${writes} writes`);
        if (journal === 'WAL') assert.ok(reports.every(({ lockedMs }) => lockedMs === 0));
        const locked = Math.max(...reports.map(({ lockedMs }) => lockedMs));
        // The file is about 1 MB; what a write waits for is the copy of it, and this machine.
        assert.ok(locked < 1000 && longest < 3000, `locked ${locked} ms, longest write ${longest} ms`);
        await agent.backup();
        only(await agent.backup(), 'unchanged');
        await app.close();
      });
    }
  }

  /** The pairs the application writes in one transaction are both there or both not, and the file is whole. */
  function consistent(bytes: Buffer): void {
    const path = bench.path('copy.db');
    writeFileSync(path, bytes);
    const db = new DatabaseSync(path);
    try {
      assert.deepEqual({ ...db.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' });
      const odd = db.prepare('SELECT name, count(*) AS n FROM contacts WHERE id >= 5000 GROUP BY name HAVING n <> 2').all();
      assert.deepEqual(odd, []);
      assert.deepEqual({ ...db.prepare('SELECT count(*) AS n FROM bulk').get() }, { n: 4000 });
    } finally {
      db.close();
    }
  }

  it('a database that is kept locked is left alone, and the message says so', async function () {
    this.timeout(60_000);
    const app = await App.start(bench.path('c.db'));
    await app.exec(CONTACTS);
    const agent = bench.agent();
    await bench.add(agent, bench.path('c.db'));
    await app.exec('BEGIN EXCLUSIVE');
    const report = only(await agent.backup(), 'failed');
    assert.match(report.message ?? '', /locked by another program; the next run tries again/);
    await app.exec('COMMIT');
    only(await agent.backup());
    await app.close();
  });

  it('an application in the same process keeps its locks', async () => {
    // Were the file opened and closed in this process, SQLite's lock would be gone and the other process could write.
    const db = bench.database('c.db', CONTACTS);
    const agent = bench.agent();
    await bench.add(agent, bench.path('c.db'));
    db.exec("BEGIN IMMEDIATE; INSERT INTO contacts VALUES (1, 'mine', NULL)");
    const other = await App.start(bench.path('c.db'));
    await other.exec('PRAGMA busy_timeout = 0');
    only(await agent.backup());
    agent.status();
    await assert.rejects(other.exec("INSERT INTO contacts VALUES (2, 'theirs', NULL)"), /locked/);
    db.exec('COMMIT');
    assert.equal(only(await agent.backup()).changes?.added, 1);
    await other.close();
    db.close();
  });

  it('a database in write-ahead mode that nobody has open is looked at time and again, and left without files beside it', async () => {
    const agent = bench.agent();
    for (let i = 0; i < 4; i += 1) {
      // Each time in a process of its own, which ends: what it had beside the database goes with it.
      const app = await App.start(bench.path('c.db'));
      await app.exec(i === 0 ? `PRAGMA journal_mode = WAL; ${CONTACTS}` : `INSERT INTO contacts VALUES (${i}, 'x', NULL)`);
      await app.close();
      if (i === 0) await bench.add(agent, bench.path('c.db'));
      const report = only(await agent.backup());
      if (i > 0) assert.equal(report.changes?.added, 1);
      assert.ok(!existsSync(bench.path('c.db-wal')) && !existsSync(bench.path('c.db-shm')));
    }
  });
});
