/**
 * Databases of every kind against the real server, batch and items: after each step what is restored is the same, by records or, where those
 * cannot say it, byte by byte. Needs dist (`npm run build`).
 */
import assert from 'node:assert/strict';
import { DatabaseSync } from '@photostructure/sqlite';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from '../../src/agent/agent.js';
import { startServer, type Server } from '../support/server.js';
import { IMPATIENT } from './support/bench.js';
import { digestOfBytes } from './support/fake-copies.js';

const ODD = '"we,ird ""x"" /%"';

interface Kind {
  readonly what: string;
  /** `logical` when it stays so to the end. */
  readonly kept: 'logical' | 'exact';
  readonly steps: readonly string[];
}

const KINDS: readonly Kind[] = [
  {
    what: 'FTS5, which stock SQLite on the server has not got',
    kept: 'exact',
    steps: ["CREATE VIRTUAL TABLE f USING fts5(a); INSERT INTO f VALUES ('hello')", "INSERT INTO f VALUES ('x')"],
  },
  {
    what: 'FTS4 with its shadow tables',
    kept: 'logical',
    steps: [
      "CREATE TABLE t (a); INSERT INTO t VALUES (1); CREATE VIRTUAL TABLE f USING fts4(a); INSERT INTO f VALUES ('hello')",
      "INSERT INTO f VALUES ('x')",
      'DROP TABLE f',
      "CREATE VIRTUAL TABLE g USING fts4(b); INSERT INTO g VALUES ('new words')",
    ],
  },
  {
    what: 'R-tree',
    kept: 'exact',
    steps: ['CREATE VIRTUAL TABLE r USING rtree(id, a, b); INSERT INTO r VALUES (1, 2, 3)', 'INSERT INTO r VALUES (2, 3, 4)'],
  },
  {
    what: 'statistics of ANALYZE come, change and go',
    kept: 'logical',
    steps: [
      'CREATE TABLE t (a UNIQUE); INSERT INTO t VALUES (1), (2)',
      'ANALYZE',
      'INSERT INTO t VALUES (3); ANALYZE',
      'DROP TABLE sqlite_stat1',
      'INSERT INTO t VALUES (4)',
    ],
  },
  {
    what: 'AUTOINCREMENT',
    kept: 'logical',
    steps: [
      'CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT, b); INSERT INTO t (b) VALUES (1), (2)',
      'DELETE FROM t',
      'DROP TABLE t; CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT, b, c); INSERT INTO t (b) VALUES (1), (2)',
      'DROP TABLE t',
      'CREATE TABLE u (a INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO u VALUES (100)',
      'UPDATE sqlite_sequence SET seq = 500',
    ],
  },
  {
    what: 'renamed and reorganised tables (R28)',
    kept: 'logical',
    steps: [
      'CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 2)',
      'ALTER TABLE t RENAME TO s',
      'ALTER TABLE s RENAME COLUMN a TO z',
      'ALTER TABLE s DROP COLUMN b',
      "ALTER TABLE s ADD COLUMN q DEFAULT 'x'",
    ],
  },
  {
    what: 'unique values that change places, keys that move',
    kept: 'logical',
    steps: [
      "CREATE TABLE t (id INTEGER PRIMARY KEY, u UNIQUE); INSERT INTO t VALUES (1, 'a'), (2, 'b')",
      "UPDATE t SET u = 'c' WHERE id = 1; UPDATE t SET u = 'a' WHERE id = 2; UPDATE t SET u = 'b' WHERE id = 1",
      'UPDATE t SET id = id + 10',
    ],
  },
  {
    what: 'UTF-16',
    kept: 'logical',
    steps: [
      "PRAGMA encoding = 'UTF-16le'; CREATE TABLE t (id INTEGER PRIMARY KEY, u TEXT); INSERT INTO t VALUES (1, 'ä𝄞'), (2, 'b')",
      "UPDATE t SET u = 'z' || char(0) || 'y' WHERE id = 1",
    ],
  },
  {
    what: 'auto_vacuum, and VACUUM',
    kept: 'logical',
    steps: [
      `PRAGMA auto_vacuum = FULL; CREATE TABLE t (a); WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
        INSERT INTO t SELECT randomblob(500) FROM n`,
      'DELETE FROM t WHERE rowid > 20',
      'VACUUM; INSERT INTO t VALUES (1)',
    ],
  },
  {
    what: 'odd names, and in the end a table no record can name',
    kept: 'exact',
    steps: [
      `CREATE TABLE ${ODD} ("col <&> '" PRIMARY KEY, rowid, _rowid_); INSERT INTO ${ODD} VALUES ('k,é', 1, 2)`,
      `UPDATE ${ODD} SET rowid = 5`,
      'CREATE TABLE allnames (rowid, _rowid_, oid); INSERT INTO allnames VALUES (1, 2, 3)',
    ],
  },
  {
    what: 'foreign keys that cascade',
    kept: 'logical',
    steps: [
      `CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p ON DELETE CASCADE);
        INSERT INTO p VALUES (1), (2); INSERT INTO c VALUES (1, 1), (2, 2)`,
      'DELETE FROM p WHERE id = 1',
      'INSERT INTO p VALUES (9); UPDATE c SET p = 9',
    ],
  },
];

describe('agent: kinds of databases', () => {
  let server: Server;
  let folder: string;
  before(async function () {
    this.timeout(60_000);
    server = await startServer('anna', 'secret');
    folder = mkdtempSync(join(tmpdir(), 'moorage-agent-kinds-'));
  });
  after(async () => {
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const [i, { what, kept, steps }] of KINDS.entries()) {
    for (const form of ['batch', 'records'] as const) {
      it(`${what}: ${form}`, async function () {
        this.timeout(60_000);
        const name = `${i}-${form}.db`;
        const path = join(folder, name);
        const db = new DatabaseSync(path);
        const agent = Agent.open({ state: join(folder, `state-${i}-${form}`), patience: IMPATIENT });
        try {
          for (const [step, sql] of steps.entries()) {
            db.exec(sql);
            if (step === 0) await agent.add({ path, server: server.url, user: 'anna', password: 'secret', form });
            const [report] = await agent.backup();
            assert.equal(report?.outcome, 'done', `${sql}: ${JSON.stringify(report)}`);
            const out = join(folder, 'restored.db');
            const { way } = await agent.restore({ out, file: name, server: server.url, user: 'anna', overwrite: true });
            const [is, was] = [readFileSync(out), readFileSync(path)];
            if (way === 'logical') assert.equal(digestOfBytes(is).digest, digestOfBytes(was).digest, sql);
            else assert.ok(is.equals(was), sql);
          }
          const [status] = agent.status();
          assert.equal(status?.way, kept);
          assert.equal(status.exactOnly !== undefined, kept === 'exact', 'status says why');
        } finally {
          agent.close();
          db.close();
        }
      });
    }
  }

  it('R81: the server is killed while a large file arrives, again and again, and started anew: the backup goes on and ends', async function () {
    this.timeout(120_000);
    const path = join(folder, 'large.db');
    const db = new DatabaseSync(path);
    db.exec('CREATE TABLE t (a INTEGER PRIMARY KEY, b)');
    db.exec(
      'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) INSERT INTO t SELECT i, randomblob(1000) FROM n',
    );
    const agent = Agent.open({ state: join(folder, 'large'), patience: { resends: 60, firstDelay: 50, maxDelay: 500 } });
    try {
      await agent.add({ path, server: server.url, user: 'anna', password: 'secret', coding: 'none' });
      let kills = 0;
      let restarted = Promise.resolve();
      const report = (
        await agent.backup({
          onProgress: ({ step, done, total }) => {
            if (step !== 'send' || kills >= 3 || done < (total * (kills + 1)) / 5) return;
            kills += 1;
            restarted = restarted.then(() => server.kill()).then(() => server.start());
          },
        })
      )[0];
      await restarted;
      assert.equal(kills, 3);
      assert.equal(report?.outcome, 'done', JSON.stringify(report));
      // Each kill costs the message under way, of a megabyte; from the beginning each time would be 9.7 MB.
      assert.ok(report.sent < 4_400_000 + 3 * 1_100_000, `${report.sent} bytes sent: not from the beginning each time`);
      const out = join(folder, 'large-restored.db');
      await agent.restore({ out, file: 'large.db', server: server.url, user: 'anna' });
      assert.ok(readFileSync(out).equals(readFileSync(path)));
    } finally {
      agent.close();
      db.close();
    }
  });
});
