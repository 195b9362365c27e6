import assert from 'node:assert/strict';
import { DatabaseSync } from '@photostructure/sqlite';
import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { readChanges } from '../../src/records/changes.js';
import { readPages } from '../../src/records/ranges.js';
import { CONTACTS, fill, only, openBench, type Bench } from './support/bench.js';
import { App } from './support/app.js';
import { digestOfBytes, newest } from './support/fake-copies.js';

describe('agent: what a backup holds', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench();
  });
  afterEach(() => bench.close());

  const same = (file: string): void => {
    const copy = newest(bench.server.copy(file))?.bytes ?? Buffer.alloc(0);
    assert.equal(digestOfBytes(copy).digest, digestOfBytes(readFileSync(bench.path(file))).digest);
  };
  /** The batch as it came over the wire. */
  const lastBatch = () => {
    const item = bench.server.items.findLast(({ uri }) => uri.startsWith('changes/'));
    return item && readChanges(gunzipSync(item.bytes));
  };

  it('R2 R3 R18 R42 R43 R44: the file first, then only what came later; the number is that of the record', async () => {
    const db = bench.database('user.db3', CONTACTS);
    fill(db);
    const agent = bench.agent();
    await bench.add(agent, bench.path('user.db3'));
    const first = only(await agent.backup());
    const whole = bench.server.items.find(({ uri }) => uri === '.');
    assert.equal(whole?.type, 'application/vnd.sqlite3+gzip');
    assert.ok(gunzipSync(whole.bytes).equals(readFileSync(bench.path('user.db3'))), 'the very bytes');
    assert.ok(first.sent < statSync(bench.path('user.db3')).size, 'R38: fewer bytes on the wire');
    db.exec("INSERT INTO contacts VALUES (200, 'A', NULL)");
    only(await agent.backup());
    db.exec("INSERT INTO contacts VALUES (201, 'B', NULL)");
    const third = only(await agent.backup());
    assert.deepEqual(third.changes, { schema: 0, added: 1, replaced: 0, deleted: 0, bytes: 0 });
    assert.equal(third.modification, 3);
    assert.equal(agent.status()[0]?.modification, newest(bench.server.copy('user.db3'))?.modification);
    assert.deepEqual(
      agent.history('user.db3').map(({ modification }) => modification),
      [3, 2, 1],
    );
    db.close();
  });

  it('R23 R26 R27: equal numbers: no session; a second change before the next backup is no second job', async () => {
    const db = bench.database('c.db', CONTACTS);
    const agent = bench.agent();
    await bench.add(agent, bench.path('c.db'));
    only(await agent.backup());
    const { requests } = bench.server;
    only(await agent.backup(), 'unchanged');
    // Touched, not changed: the number is looked at, nothing is read or sent.
    const past = new Date('2020-01-01');
    utimesSync(bench.path('c.db'), past, past);
    only(await agent.backup(), 'unchanged');
    assert.equal(bench.server.requests, requests);
    db.exec("INSERT INTO contacts VALUES (1, 'A', NULL)");
    db.exec("INSERT INTO contacts VALUES (2, 'B', NULL)");
    assert.equal(agent.status()[0]?.changed, true);
    assert.equal(only(await agent.backup()).changes?.added, 2);
    assert.equal(agent.status()[0]?.changed, false);
    db.close();
  });

  it('R21 R24: whether something changed can be read from what is on disk, by whoever opens the state folder', async () => {
    const db = bench.database('mark.db', CONTACTS);
    const agent = bench.agent();
    await bench.add(agent, bench.path('mark.db'));
    only(await agent.backup());
    // A stamp as old as the file itself could be that of a file changed right after.
    const long = new Date(Date.now() - 60_000);
    utimesSync(bench.path('mark.db'), long, long);
    only(await agent.backup(), 'unchanged');
    const other = bench.agent();
    assert.equal(other.status()[0]?.changed, false);
    db.exec("INSERT INTO contacts VALUES (1, 'New', NULL)");
    db.close();
    assert.equal(other.status()[0]?.changed, true);
    assert.equal(agent.status()[0]?.changed, true);
  });

  it('R23: changes that were taken back are no change', async () => {
    const db = bench.database('c.db', CONTACTS);
    fill(db);
    const agent = bench.agent();
    await bench.add(agent, bench.path('c.db'));
    only(await agent.backup());
    const { requests } = bench.server;
    db.exec("UPDATE contacts SET name = 'x' WHERE id = 1; UPDATE contacts SET name = 'Name 1' WHERE id = 1");
    only(await agent.backup(), 'unchanged');
    assert.equal(bench.server.requests, requests);
    db.close();
  });

  it('R25 R26: a column the application keeps decides, whatever else changes', async () => {
    const db = bench.database('c.db', `${CONTACTS} CREATE TABLE meta (changed INTEGER); INSERT INTO meta VALUES (1)`);
    const agent = bench.agent();
    await bench.add(agent, bench.path('c.db'), { mark: 'meta.changed' });
    only(await agent.backup());
    db.exec("INSERT INTO contacts VALUES (1, 'not counted', NULL)");
    only(await agent.backup(), 'unchanged');
    db.exec('UPDATE meta SET changed = 2');
    const report = only(await agent.backup());
    assert.deepEqual(report.changes, { schema: 0, added: 1, replaced: 1, deleted: 0, bytes: 0 });
    db.close();
  });

  it('R4 R28 R30 R31 R32: schema first, then rows of changed tables only', async () => {
    const db = bench.database('c.db', CONTACTS);
    fill(db);
    const agent = bench.agent();
    await bench.add(agent, bench.path('c.db'));
    only(await agent.backup());
    db.exec(`CREATE TABLE weather (day TEXT, rain REAL); INSERT INTO weather VALUES ('mon', 1.5);
      DROP TABLE notes; CREATE VIEW v AS SELECT name FROM contacts;
      ALTER TABLE contacts ADD COLUMN nick TEXT DEFAULT 'none'; UPDATE contacts SET nick = 'Bo' WHERE id = 7; PRAGMA user_version = 4`);
    const report = only(await agent.backup());
    const batch = lastBatch();
    assert.deepEqual(
      batch?.schema.map((change) => ('name' in change ? `${change.op} ${change.name}` : change.op)),
      ['drop notes', 'extend contacts', 'create weather', 'create v', 'set'],
    );
    assert.deepEqual(batch.tables.map(({ name }) => name).sort(), ['contacts', 'weather']);
    assert.equal(report.changes?.replaced, 1, 'rows with only the default are not sent');
    same('c.db');
    db.close();
  });

  it('R36 R37: JSON in XML in gzip; the other codings', async () => {
    const db = bench.database('c.db', CONTACTS);
    fill(db);
    const agent = bench.agent();
    for (const [i, coding] of (['gzip', 'br', 'zip', 'none'] as const).entries()) {
      await bench.add(agent, bench.path('c.db'), { coding });
      db.exec(`INSERT INTO contacts VALUES (${300 + i}, 'ä < & " ${coding}', NULL)`);
      only(await agent.backup());
      const item = bench.server.items.findLast(({ uri }) => uri !== 'manifest');
      assert.ok(item?.type.endsWith(coding === 'none' ? (i === 0 ? 'sqlite3' : '+xml') : `+${coding}`), item?.type);
      same('c.db');
    }
    db.close();
  });

  it('R36: gunzip gives XML whose elements are the records in JSON', async () => {
    const db = bench.database('c.db', CONTACTS);
    const agent = bench.agent();
    await bench.add(agent, bench.path('c.db'));
    only(await agent.backup());
    db.prepare('INSERT INTO calls VALUES (?, ?, ?)').run('1', 2.5, Buffer.from([0, 255]));
    only(await agent.backup());
    const xml = gunzipSync(bench.server.items.findLast(({ uri }) => uri === 'changes/2')?.bytes ?? Buffer.alloc(0)).toString('utf8');
    const json = /<Add>(.*)<\/Add>/.exec(xml)?.[1]?.replaceAll('&quot;', '"') ?? '';
    assert.deepEqual(JSON.parse(json), { rowid: 1, number: '1', at: 2.5, data: { b: 'AP8=' } });
    db.close();
  });

  it('values that are hard to say come back the same: 64 bits, reals, NUL, bytes that are no UTF-8, UTF-16', async () => {
    for (const encoding of ['UTF-8', 'UTF-16le']) {
      const name = `v-${encoding}.db`;
      const db = bench.database(
        name,
        `PRAGMA encoding = '${encoding}'; CREATE TABLE v (a, b TEXT); CREATE TABLE k (a TEXT, b, PRIMARY KEY (a, b)) WITHOUT ROWID`,
      );
      const agent = bench.agent(`state-${encoding}`);
      await bench.add(agent, bench.path(name));
      only(await agent.backup());
      db.exec(`INSERT INTO v VALUES (9223372036854775807, ''), (-9223372036854775808, NULL), (1e300, 'x'), (-0.0, 'ü𝄞'), (9e999, '\ufffd'),
        (0.1, char(65533)), (x'', ''), (x'00ff', 'a'), (5, CAST(5 AS TEXT)), (5.0, 'a''b');
        INSERT INTO v VALUES ('a', 'nul'); INSERT INTO k VALUES ('x', 1), ('x', 1.5), ('', x'00')`);
      // The server's driver of this test cannot do that in UTF-16.
      if (encoding === 'UTF-8') db.exec("INSERT INTO v VALUES (CAST(x'61ff62' AS TEXT), 'no utf-8'), ('a' || char(0) || 'b', 'x')");
      const report = only(await agent.backup());
      assert.equal(report.sentAs, 'changes/2');
      db.exec("DELETE FROM k WHERE b = 1.5; UPDATE v SET b = 'c' WHERE b = 'nul'; DELETE FROM v WHERE a = 0.1");
      assert.deepEqual(only(await agent.backup()).changes, { schema: 0, added: 0, replaced: 1, deleted: 2, bytes: 0 });
      same(name);
      db.close();
    }
  });

  it('R10: a differential backup holds what changed since the last full one; switching back to incremental works', async () => {
    const db = bench.database('c.db', CONTACTS);
    fill(db);
    const agent = bench.agent();
    await bench.add(agent, bench.path('c.db'), { method: 'differential' });
    only(await agent.backup());
    for (const n of [1, 2, 3]) {
      db.exec(`INSERT INTO contacts VALUES (${500 + n}, 'd', NULL); DELETE FROM notes WHERE title = 'note ${n}'`);
      const report = only(await agent.backup());
      assert.deepEqual([report.changes?.added, report.changes?.deleted], [n, n]);
      assert.equal(lastBatch()?.base, 1);
      same('c.db');
    }
    only(await agent.backup(), 'unchanged');
    await bench.add(agent, bench.path('c.db'), { method: 'incremental' });
    db.exec("INSERT INTO contacts VALUES (600, 'i', NULL)");
    assert.equal(only(await agent.backup()).changes?.added, 1);
    assert.equal(lastBatch()?.base, 4);
    same('c.db');
    db.close();
  });

  it('R7 R12 R35: the method chosen counts for the next job', async () => {
    const db = bench.database('c.db', CONTACTS);
    fill(db);
    const agent = bench.agent();
    await bench.add(agent, bench.path('c.db'));
    only(await agent.backup());
    await bench.add(agent, bench.path('c.db'), { method: 'copy' });
    db.exec("INSERT INTO contacts VALUES (600, 'i', NULL)");
    assert.equal(only(await agent.backup()).sentAs, '.');
    await bench.add(agent, bench.path('c.db'), { way: 'exact' });
    db.exec("INSERT INTO contacts VALUES (601, 'i', NULL)");
    assert.equal(only(await agent.backup()).sentAs, 'pages/3');
    assert.ok(newest(bench.server.copy('c.db'))?.bytes.equals(readFileSync(bench.path('c.db'))));
    await bench.add(agent, bench.path('c.db'), { form: 'records' });
    db.exec("INSERT INTO contacts VALUES (602, 'i', NULL)");
    only(await agent.backup());
    same('c.db');
    db.close();
  });

  it('R34: changed blocks of an exact copy are 512 bytes each, not the file', async () => {
    const db = bench.database('c.db', CONTACTS);
    fill(db);
    const agent = bench.agent();
    await bench.add(agent, bench.path('c.db'), { way: 'exact' });
    only(await agent.backup());
    db.exec("UPDATE contacts SET name = 'Nema 50' WHERE id = 50");
    const report = only(await agent.backup());
    assert.ok((report.changes?.bytes ?? 0) <= 1024, JSON.stringify(report));
    const item = bench.server.items.findLast(({ uri }) => uri === 'pages/2');
    assert.ok(readPages(gunzipSync(item?.bytes ?? Buffer.alloc(0))).ranges.every(({ offset }) => offset % 512 === 0));
    db.close();
  });

  it('need=pages: the chunks that differ follow at once; need=full: the file', async () => {
    const app = await App.start(bench.path('c.db'));
    await app.exec(CONTACTS);
    await app.fill();
    const agent = bench.agent();
    await bench.add(agent, bench.path('c.db'));
    only(await agent.backup());
    for (const [i, asksFull] of [false, true].entries()) {
      bench.server.spoil = true;
      bench.server.asksFull = asksFull;
      await app.exec(`INSERT INTO contacts VALUES (${700 + i}, 'x', NULL)`);
      const report = only(await agent.backup());
      assert.equal(report.sentAs, asksFull ? '.' : `pages/${report.modification ?? 0}`);
      bench.server.spoil = false;
      assert.ok(newest(bench.server.copy('c.db'))?.bytes.equals(readFileSync(bench.path('c.db'))), 'the same bytes');
      await app.exec(`INSERT INTO contacts VALUES (${800 + i}, 'x', NULL)`);
      assert.match(only(await agent.backup()).sentAs ?? '', /^changes\//, 'by records again');
      same('c.db');
    }
    await app.close();
  });

  it('a database the server cannot write by records is kept by its bytes from then on, and status says why', async () => {
    const db = bench.database('c.db', `${CONTACTS} CREATE VIRTUAL TABLE f USING fts5 (a); INSERT INTO f VALUES ('hello')`);
    fill(db);
    const agent = bench.agent();
    bench.server.exactOnly = 'no such module: fts5';
    await bench.add(agent, bench.path('c.db'));
    only(await agent.backup());
    db.exec("INSERT INTO f VALUES ('world')");
    const report = only(await agent.backup());
    assert.equal(report.sentAs, 'pages/2');
    assert.match(agent.status()[0]?.exactOnly ?? '', /fts5/);
    assert.ok(newest(bench.server.copy('c.db'))?.bytes.equals(readFileSync(bench.path('c.db'))));
    db.close();
  });

  it('409 with another number than ours: the whole file again', async () => {
    const db = bench.database('c.db', CONTACTS);
    fill(db);
    const agent = bench.agent();
    await bench.add(agent, bench.path('c.db'));
    only(await agent.backup());
    bench.server.copies.clear();
    db.exec("INSERT INTO contacts VALUES (200, 'A', NULL)");
    assert.equal(only(await agent.backup()).sentAs, '.');
    same('c.db');
    db.close();
  });

  it('R14: an excluded table never appears in any transfer, its old pages included', async () => {
    const db = bench.database(
      'c.db',
      `${CONTACTS} CREATE TABLE secrets (id INTEGER PRIMARY KEY AUTOINCREMENT, word TEXT); CREATE INDEX s ON secrets (word)`,
    );
    fill(db);
    for (let i = 0; i < 50; i += 1) db.exec(`INSERT INTO secrets (word) VALUES ('PLAINSECRET${i}')`);
    db.exec('DELETE FROM secrets WHERE id < 20');
    const agent = bench.agent();
    await assert.rejects(bench.add(agent, bench.path('c.db'), { exclude: ['secret'] }), /There is no table secret .*secrets/);
    await assert.rejects(bench.add(agent, bench.path('c.db'), { exclude: ['secrets'], way: 'exact' }), /kept by records/);
    await bench.add(agent, bench.path('c.db'), { exclude: ['secrets'], coding: 'none' });
    only(await agent.backup());
    db.exec("INSERT INTO secrets (word) VALUES ('PLAINSECRET'); INSERT INTO contacts VALUES (900, 'seen', NULL)");
    const report = only(await agent.backup());
    assert.equal(report.changes?.added, 1);
    db.exec("INSERT INTO secrets (word) VALUES ('PLAINSECRET')");
    only(await agent.backup(), 'unchanged');
    for (const { uri, bytes } of bench.server.items) assert.ok(!/PLAINSECRET|secrets/.test(bytes.toString('latin1')), uri);
    db.close();
  });

  it('R14: a table excluded later, and included again, takes its counter along', async () => {
    const db = bench.database(
      'c.db',
      `${CONTACTS} CREATE TABLE secrets (id INTEGER PRIMARY KEY AUTOINCREMENT, word TEXT); CREATE TABLE kept (id INTEGER PRIMARY KEY AUTOINCREMENT);
        INSERT INTO secrets VALUES (7, 'x'); INSERT INTO kept VALUES (3)`,
    );
    const counters = (): readonly unknown[] => {
      writeFileSync(bench.path('copy.db'), newest(bench.server.copy('c.db'))?.bytes ?? Buffer.alloc(0));
      const copy = new DatabaseSync(bench.path('copy.db'));
      const found = copy.prepare('SELECT name, seq FROM sqlite_sequence ORDER BY name').all();
      copy.close();
      return found.map((row) => Object.values(row as object).join(' '));
    };
    const agent = bench.agent();
    for (const [i, exclude] of [[], ['secrets'], []].entries()) {
      await bench.add(agent, bench.path('c.db'), { exclude });
      db.exec(`INSERT INTO contacts VALUES (${900 + i}, 'new', NULL)`);
      const { added, deleted } = only(await agent.backup()).changes ?? {};
      // A contact; and of what is excluded now, or was: its row, which goes with its table, and its counter.
      assert.deepEqual(
        [added, deleted],
        [
          [0, 0],
          [1, 1],
          [3, 0],
        ][i],
        `changes of backup ${i + 1}`,
      );
      assert.deepEqual(counters(), exclude.length > 0 ? ['kept 3'] : ['kept 3', 'secrets 7'], `backup ${i + 1}`);
    }
    db.close();
    same('c.db');
  });

  it('R14: a folder, less its excluded files', async () => {
    mkdirSync(bench.path('docs/cache/deep'), { recursive: true });
    for (const name of ['a.txt', 'b.tmp', 'cache/c.txt', 'cache/deep/d.txt', 'sub:e.txt', 'keep.txt'])
      writeFileSync(bench.path(`docs/${name}`), name);
    const agent = bench.agent();
    await bench.add(agent, bench.path('docs'), { exclude: ['*.tmp', 'cache/'] });
    const names = (await agent.backup()).map(({ file, outcome }) => `${file} ${outcome}`);
    assert.deepEqual(names, ['docs:a.txt done', 'docs:keep.txt done', 'docs:sub%3Ae.txt done']);
    writeFileSync(bench.path('docs/new.txt'), 'new');
    rmSync(bench.path('docs/a.txt'));
    const again = (await agent.backup()).map(({ file }) => file);
    assert.deepEqual(again, ['docs:keep.txt', 'docs:new.txt', 'docs:sub%3Ae.txt']);
    assert.ok(!bench.server.items.some(({ bytes }) => /\.tmp|cache/.test(bytes.toString('latin1'))));
  });

  it('R20 R41 R45: edits of any origin, preferences too, by hand', async () => {
    const app = await App.start(bench.path('c.db'));
    await app.exec(`${CONTACTS} CREATE TABLE prefs (key TEXT PRIMARY KEY, value) WITHOUT ROWID; INSERT INTO prefs VALUES ('tone', 'bell');
      CREATE TRIGGER rule AFTER INSERT ON contacts BEGIN INSERT INTO notes VALUES ('called ' || new.name, 'by a rule'); END`);
    const agent = bench.agent();
    await bench.add(agent, bench.path('c.db'));
    only(await agent.backup());
    await app.exec("UPDATE prefs SET value = 'horn'; INSERT INTO contacts VALUES (1, 'user', NULL)");
    const report = only(await agent.backup());
    assert.deepEqual(report.changes, { schema: 0, added: 2, replaced: 1, deleted: 0, bytes: 0 });
    same('c.db');
    await app.close();
  });

  it('names that cannot be, files that are not there: said in words, nothing sent', async () => {
    const agent = bench.agent();
    await assert.rejects(bench.add(agent, bench.path('none.db')), /is not there/);
    writeFileSync(bench.path('f.txt'), 'x');
    await assert.rejects(bench.add(agent, bench.path('f.txt'), { name: 'a/b' }), /is no name/);
    await assert.rejects(bench.add(agent, bench.path('f.txt'), { way: 'exact' }), /no SQLite database/);
    await assert.rejects(bench.add(agent, bench.path('f.txt'), { schedule: 'daily' }), /is no schedule/);
    await bench.add(agent, bench.path('f.txt'));
    rmSync(bench.path('f.txt'));
    assert.match(only(await agent.backup(), 'failed').message ?? '', /is not there/);
    await assert.rejects(agent.backup({ names: ['g'] }), /is not backed up/);
    agent.remove('f.txt');
    assert.deepEqual(agent.status(), []);
    assert.equal(bench.server.requests, 0);
  });

  it('the state folder is readable by its owner only', async () => {
    const agent = bench.agent();
    writeFileSync(bench.path('f.txt'), 'x');
    await bench.add(agent, bench.path('f.txt'));
    assert.equal(statSync(bench.path('state')).mode & 0o077, 0);
    for (const name of ['agent.db', 'agent.db-wal']) assert.equal(statSync(bench.path(`state/${name}`)).mode & 0o077, 0, name);
  });
});
