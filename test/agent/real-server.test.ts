/** The agent against the built server: `node dist/main.js serve` in a process of its own. Needs dist (`npm run build`). */
import assert from 'node:assert/strict';
import { DatabaseSync } from '@photostructure/sqlite';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, type AddOptions, type JobReport } from '../../src/agent/agent.js';
import { startServer, type Server } from '../support/server.js';
import { CONTACTS, fill, only } from './support/bench.js';
import { digestOfBytes } from './support/fake-copies.js';
import { App } from './support/app.js';

interface Variant {
  readonly what: string;
  readonly settings: Partial<AddOptions>;
  readonly wal?: boolean;
  /** Of the job that brings the day's changes. */
  readonly sentAs: RegExp;
}

const VARIANTS: readonly Variant[] = [
  { what: 'records in a batch (R36)', settings: {}, sentAs: /^changes\/2$/ },
  { what: 'records in a batch, write-ahead mode', settings: {}, wal: true, sentAs: /^changes\/2$/ },
  { what: 'records as items (R79)', settings: { form: 'records' }, sentAs: /^records$/ },
  { what: 'XML messages (R79)', settings: { encoding: 'xml' }, sentAs: /^changes\/2$/ },
  { what: 'brotli (R37)', settings: { coding: 'br' }, sentAs: /^changes\/2$/ },
  { what: 'ZIP (R37)', settings: { coding: 'zip' }, sentAs: /^changes\/2$/ },
  { what: 'not compressed (R19)', settings: { coding: 'none' }, sentAs: /^changes\/2$/ },
  { what: 'differential (R10)', settings: { method: 'differential' }, sentAs: /^changes\/2$/ },
  { what: 'plain copy (R12)', settings: { method: 'copy' }, sentAs: /^\.$/ },
  { what: 'every change (R13)', settings: { method: 'every-change' }, sentAs: /^changes\/2$/ },
  { what: 'exact (R34, R57)', settings: { way: 'exact' }, sentAs: /^pages\/2$/ },
  { what: 'exact, write-ahead mode', settings: { way: 'exact' }, wal: true, sentAs: /^pages\/2$/ },
  { what: 'exact and differential', settings: { way: 'exact', method: 'differential' }, sentAs: /^pages\/2$/ },
  { what: 'basic log-in', settings: { auth: 'basic' }, sentAs: /^changes\/2$/ },
  { what: 'a server that has to prove itself (R78)', settings: { verifyServer: true }, sentAs: /^changes\/2$/ },
];

describe('agent: with the real server', () => {
  let server: Server;
  let folder: string;
  before(async function () {
    this.timeout(60_000);
    server = await startServer('anna', 'secret');
    folder = mkdtempSync(join(tmpdir(), 'moorage-agent-real-'));
  });
  after(async () => {
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const [i, { what, settings, wal, sentAs }] of VARIANTS.entries()) {
    it(`R101 R18 R23 R33 R42 R44 R66: ${what}`, async function () {
      this.timeout(60_000);
      const name = `phone${i}.db`;
      const path = join(folder, name);
      const app = await App.start(path);
      if (wal === true) await app.exec('PRAGMA journal_mode = WAL');
      await app.exec(CONTACTS);
      await app.fill();
      const agent = Agent.open({ state: join(folder, `state${i}`) });
      try {
        await agent.add({ path, server: server.url, user: 'anna', password: 'secret', ...settings });
        const first = only(await agent.backup());
        assert.equal(first.sentAs, '.');
        only(await agent.backup(), 'unchanged');
        await app.exec(`
          INSERT INTO contacts VALUES (1001, 'New 1', NULL), (1002, 'New 2', '+1'), (1003, 'New 3', '');
          INSERT INTO notes VALUES ('new note', 'ü'), ('other', NULL);
          DELETE FROM calls WHERE rowid IN (3, 4); DELETE FROM notes WHERE title = 'note 7';
          UPDATE contacts SET phone = 'changed' WHERE id IN (1, 2, 3); UPDATE notes SET text = 'changed' WHERE title IN ('note 8', 'note 9')`);
        const second = only(await agent.backup());
        assert.match(second.sentAs ?? '', sentAs);
        if (second.sentAs !== '.' && second.way === 'logical') assertCounts(second, { added: 5, deleted: 3, replaced: 5 });
        await app.exec(`ALTER TABLE contacts ADD COLUMN nick TEXT DEFAULT 'none';
          CREATE TABLE more (a INTEGER PRIMARY KEY AUTOINCREMENT, b UNIQUE, c AS (b || 'x'));
          CREATE INDEX calls_at ON calls (at); CREATE VIEW both AS SELECT name FROM contacts;
          CREATE TRIGGER gone AFTER INSERT ON more BEGIN DELETE FROM calls WHERE rowid = new.a + 10; END;
          INSERT INTO more (b) VALUES (1), (2.5), (NULL), ('text'); PRAGMA user_version = 7`);
        const third = only(await agent.backup());
        if (third.sentAs !== '.' && third.way === 'logical') assert.equal(third.changes?.schema, 6);
        assert.equal(third.modification, 3);
        assert.equal(agent.status()[0]?.modification, third.modification);
        await app.close();
        await restored(path, name, settings, i);
      } finally {
        await app.close();
        agent.close();
      }
    });
  }

  /** On another device, which never backed up. */
  async function restored(path: string, name: string, settings: Partial<AddOptions>, i: number): Promise<void> {
    const device = Agent.open({ state: join(folder, `other${i}`) });
    try {
      const out = join(folder, `restored-${name}`);
      const { encoding = 'wbxml', auth = 'md5', verifyServer = false } = settings;
      const log = { server: server.url, user: 'anna', password: 'secret', encoding, auth, verifyServer };
      const report = await device.restore({ out, file: name, ...log });
      assert.equal(report.objects, 1);
      const [was, is] = [readFileSync(path), readFileSync(out)];
      assert.equal(digestOfBytes(is).digest, digestOfBytes(was).digest);
      if (settings.way === 'exact') assert.ok(is.equals(was), 'byte by byte');
      const db = new DatabaseSync(out);
      assert.deepEqual({ ...db.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' });
      db.close();
    } finally {
      device.close();
    }
  }

  it('R1 R5: files that are no databases, changed blocks only, the same bytes back', async function () {
    this.timeout(60_000);
    const agent = Agent.open({ state: join(folder, 'files') });
    const files = { 'a.txt': 'text', 'b.jpg': '\xff\xd8\xff', 'c.bin': 'x'.repeat(300_000), 'd.pdf': '%PDF-1.4', 'e.exe': '\x7fELF' };
    try {
      for (const [name, content] of Object.entries(files)) {
        writeFileSync(join(folder, name), content, 'latin1');
        await agent.add({ path: join(folder, name), server: server.url, user: 'anna', password: 'secret' });
      }
      for (const report of await agent.backup({ parallel: 3 })) assert.equal(report.outcome, 'done', JSON.stringify(report));
      const changed = Buffer.from(files['c.bin'], 'latin1');
      changed[150_000] = 0;
      writeFileSync(join(folder, 'c.bin'), changed);
      const report = only(await agent.backup({ names: ['c.bin'] }));
      assert.equal(report.sentAs, 'pages/2');
      assert.equal(report.changes?.bytes, 512);
      for (const name of Object.keys(files)) {
        const out = join(folder, `${name}.out`);
        await agent.restore({ out, file: name, server: server.url, user: 'anna' });
        assert.ok(readFileSync(out).equals(readFileSync(join(folder, name))), name);
      }
    } finally {
      agent.close();
    }
  });

  it('R17: a wrong password is refused, and the message says so', async function () {
    this.timeout(60_000);
    const path = join(folder, 'refused.db');
    const db = new DatabaseSync(path);
    db.exec(CONTACTS);
    fill(db);
    db.close();
    const agent = Agent.open({ state: join(folder, 'refused') });
    try {
      await agent.add({ path, server: server.url, user: 'anna', password: 'wrong' });
      const report = only(await agent.backup(), 'failed');
      assert.match(report.message ?? '', /does not accept user name and password/);
    } finally {
      agent.close();
    }
  });
});

function assertCounts(report: JobReport, expected: Partial<NonNullable<JobReport['changes']>>): void {
  assert.deepEqual(report.changes, { schema: 0, bytes: 0, ...expected });
}
