/** Backup methods, restores of any time to any device, and the classic plans. */
import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import { createDatabasePool } from '../../src/devicedb/pool.js';
import type { DatabaseJobs } from '../../src/devicedb/jobs.js';
import type { BackupPhone, Received } from './support/backup-phone.js';
import { BackupBench, fileManifest, noise, sha256 } from './support/bench.js';
import { batch, manifest, wholeFile } from './support/changes.js';
import { PhoneDatabase, sqlite3 } from './support/phone-database.js';

const DAY_MS = 24 * 3_600_000;

describe('backup: methods and restores', function () {
  this.timeout(30_000);
  let pool: DatabaseJobs;
  let bench: BackupBench;
  let phone: BackupPhone;
  let device: PhoneDatabase;
  before(() => {
    pool = createDatabasePool({ workers: 1 });
  });
  after(() => pool.close());
  const begin = async (settings: Readonly<Record<string, unknown>> = {}): Promise<void> => {
    bench = await BackupBench.open(settings, pool);
    phone = bench.phone();
    device = new PhoneDatabase('CREATE TABLE t (id INTEGER PRIMARY KEY, v)');
  };
  afterEach(async () => {
    device.remove();
    await bench.close();
  });

  /** Row `n` comes at modification `n`. */
  const full = async (method = 'incremental'): Promise<void> => {
    device.exec(`INSERT INTO t VALUES (1, 'v1')`);
    const done = await phone.backup([wholeFile(device.bytes()), manifest(device.digest(), 1, { method })]);
    assert.deepEqual(done.codes, { '.': 200, manifest: 200 });
  };
  const increment = async (to: number, method = 'incremental', base = to - 1): Promise<void> => {
    device.exec(`INSERT INTO t VALUES (${to}, 'v${to}')`);
    const adds = device.all(`SELECT id, v FROM t WHERE id > ${base}`).map(({ id, v }) => ({ id: Number(id), v }));
    const done = await phone.backup([batch({ base, to, tables: { t: { adds } } }), manifest(device.digest(), to, { method, base })]);
    assert.deepEqual(done.codes, { [`changes/${to}`]: 200, manifest: 200 }, done.receipt.reason);
  };
  const rows = (bytes: Uint8Array): string => sqlite3(bytes, 'SELECT group_concat(id) FROM t').trim();
  const names = ({ items }: Received): string[] => items.map(({ name }) => name);
  const file = ({ items }: Received): Buffer => items[0]?.content ?? Buffer.alloc(0);

  it('R8, R95, R102: a restore of one full backup and 30 increments is one object', async () => {
    await begin();
    await full();
    for (let to = 2; to <= 31; to += 1) await increment(to);
    const back = await phone.restore();
    assert.deepEqual(names(back), ['.', 'manifest']);
    assert.equal(rows(file(back)), Array.from({ length: 31 }, (_, i) => i + 1).join(','));
    const said = JSON.parse(back.items[1]?.content.toString() ?? '') as { digest: string; modification: number; rows: object };
    assert.deepEqual([said.digest, said.modification, said.rows], [device.digest(), 31, { t: 31 }]);
  });

  it('R9: in the classic form it is the full backup and every increment, as they came', async () => {
    await begin({ 'backup.keepUpdates': true });
    await full();
    for (const to of [2, 3, 4]) await increment(to);
    const back = await phone.restore('plan=classic');
    assert.deepEqual(names(back), ['.', 'changes/2', 'changes/3', 'changes/4', 'manifest']);
    assert.equal(rows(file(back)), '1');
    assert.match(gunzipSync(back.items[2]?.content ?? Buffer.alloc(0)).toString(), /<Changes .*Base="2" To="3">.*"v":"v3"/);
    assert.deepEqual(names(await phone.restore()), ['.', 'manifest']);
  });

  it('R10, R11: differential: each has all changes since the full one, and a classic restore is two files', async () => {
    await begin({ 'backup.keepUpdates': true });
    await full('differential');
    await increment(2, 'differential', 1);
    await increment(3, 'differential', 1);
    await increment(4, 'differential', 1);
    const back = await phone.restore('plan=classic');
    assert.deepEqual(names(back), ['.', 'changes/4', 'manifest']);
    const last = gunzipSync(back.items[1]?.content ?? Buffer.alloc(0)).toString();
    for (const v of ['v2', 'v3', 'v4']) assert.ok(last.includes(v));
    assert.equal(rows(file(await phone.restore())), '1,2,3,4');
  });

  it('where updates are not kept the classic plan is the copy as it is', async () => {
    await begin();
    await full();
    await increment(2);
    assert.deepEqual(names(await phone.restore('plan=classic')), ['.', 'manifest']);
  });

  it('R12: plain copies: each is the whole file', async () => {
    await begin();
    for (const n of [1, 2]) {
      const bytes = noise(30_000, n);
      const done = await phone.backup([
        { name: '.', type: 'image/png', content: bytes },
        { name: 'manifest', content: fileManifest(bytes, n, { media: 'image/png', ...(n > 1 ? { base: n - 1 } : {}) }) },
      ]);
      assert.deepEqual(done.codes, { '.': 200, manifest: 200 });
      assert.ok((await bench.stored()).equals(bytes));
    }
    assert.deepEqual(
      (await bench.generations()).map(({ by }) => by),
      ['full', 'full'],
    );
  });

  it('R13, R96: every change kept: a restore with a time, or a number, gives the state of then', async () => {
    await begin();
    await full('every-change');
    const times = [bench.bench.now];
    for (const to of [2, 3, 4]) {
      bench.bench.now += DAY_MS;
      await increment(to, 'every-change');
      times.push(bench.bench.now);
    }
    const stamp = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, '');
    for (const [i, time] of times.entries()) {
      const back = await bench.phone({ device: `IMEI:other-${i}` }).restore(`from=IMEI%3A1&at=${stamp(time + 60_000)}`);
      assert.equal(rows(file(back)), Array.from({ length: i + 1 }, (_, n) => n + 1).join(','));
    }
    assert.equal(rows(file(await bench.phone({ device: 'IMEI:another' }).restore('from=IMEI%3A1&gen=2'))), '1,2');
  });

  it('R97, R98: a second device gets the copy of the first, byte for byte, and goes on from there', async () => {
    await begin();
    await full();
    await increment(2);
    const second = bench.phone({ device: 'IMEI:2' });
    const back = await second.restore();
    assert.equal(sha256(file(back)), sha256(await bench.stored()));
    // Its own copy begins with what it got.
    assert.deepEqual(
      (await bench.generations('phone.db', 'IMEI:2')).map(({ by, modification }) => [by, modification]),
      [['restore', 2]],
    );
    device.exec(`INSERT INTO t VALUES (9, 'of the second')`);
    const done = await second.backup([
      batch({ base: 2, to: 3, tables: { t: { adds: [{ id: 9, v: 'of the second' }] } } }),
      manifest(device.digest(), 3),
    ]);
    assert.deepEqual(done.codes, { 'changes/3': 200, manifest: 200 }, done.receipt.reason);
    assert.equal((await bench.generations('phone.db', 'IMEI:1')).length, 2, 'the copy of the first is as it was');
    const own = await bench.phone({ device: 'IMEI:1' }).restore();
    assert.equal(rows(file(own)), '1,2');
    assert.equal(rows(file(await second.restore())), '1,2,9');
  });

  it('R96: an older backup brought back is the base of what follows', async () => {
    await begin();
    await full();
    await increment(2);
    await increment(3);
    const back = await phone.restore('gen=1');
    assert.equal(rows(file(back)), '1');
    assert.deepEqual(
      (await bench.generations()).map(({ by }) => by),
      ['full', 'changes', 'changes', 'restore'],
    );
    device.remove();
    device = new PhoneDatabase('', file(back));
    await increment(2);
    assert.equal(rows(await bench.stored()), '1,2');
  });

  it('R96: a number that is gone from the own copy is not that of another device', async () => {
    await begin();
    await full();
    await increment(2);
    const other = new PhoneDatabase(`CREATE TABLE o (id INTEGER PRIMARY KEY);`);
    const second = bench.phone({ device: 'IMEI:2' });
    const done = await second.backup([wholeFile(other.bytes()), manifest(other.digest(), 1)]);
    other.remove();
    assert.deepEqual(done.codes, { '.': 200, manifest: 200 });
    assert.equal((await second.restore('gen=2')).opened, 404);
    assert.equal(rows(file(await second.restore('from=IMEI%3A1&gen=2'))), '1,2');
  });

  it('404 where there is nothing to restore, 422 for a query that means nothing', async () => {
    await begin();
    assert.equal((await phone.restore()).opened, 404);
    await full();
    for (const query of ['gen=9', 'from=IMEI%3A9', 'at=20010101T000000Z']) assert.equal((await phone.restore(query)).opened, 404, query);
    for (const query of ['gen=x', 'at=yesterday', 'when=now', 'at=20260231T000000Z', 'coding=br'])
      assert.equal((await phone.restore(query)).opened, 422, query);
    assert.equal((await bench.copies()).length, 1);
  });

  it('names that are no names of files are not found', async () => {
    await begin();
    for (const file of ['..', '.', 'a/b', 'a\\b', 'x'.repeat(201), 'a\nb']) {
      const done = await bench.phone({ file }).backup([]);
      assert.equal(done.opened, 404, JSON.stringify(file));
    }
    assert.deepEqual(await bench.copies(), []);
  });

  it('MaxObjSize of such a datastore is that of files', async () => {
    await begin({ 'limits.maxFileBytes': 123_456_789 });
    const done = await phone.backup([]);
    assert.equal(done.maxObjSize, 123_456_789);
  });
});
