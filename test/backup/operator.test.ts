/** What an operator sees of backups and does with them, and what retention drops. */
import assert from 'node:assert/strict';
import { createDatabasePool } from '../../src/devicedb/pool.js';
import type { DatabaseJobs } from '../../src/devicedb/jobs.js';
import type { GenerationRecord } from '../../src/storage/ports/copies.js';
import { outOfDate, retain } from '../../src/sync/database/retention.js';
import {
  acceptBackup,
  diffBackups,
  exportBackup,
  listBackups,
  removeBackup,
  restoreBackup,
  showBackup,
  verifyBackup,
} from '../../src/sync/operator/backups.js';
import { forgetDevice } from '../../src/sync/operator/devices.js';
import { USER } from '../exchange/support/bench.js';
import { BackupBench, fileManifest, noise } from './support/bench.js';
import { batch, manifest, wholeFile } from './support/changes.js';
import { PhoneDatabase, sqlite3 } from './support/phone-database.js';

const NAME = { user: USER, file: 'phone.db' };
const DAY_MS = 24 * 3_600_000;

describe('backup: for the operator', function () {
  this.timeout(30_000);
  let pool: DatabaseJobs;
  let bench: BackupBench;
  let device: PhoneDatabase;
  before(() => {
    pool = createDatabasePool({ workers: 1 });
  });
  after(() => pool.close());
  beforeEach(async () => {
    bench = await BackupBench.open({}, pool);
    device = new PhoneDatabase(`CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'a'), (2, 'b');`);
    const phone = bench.phone();
    await phone.backup([wholeFile(device.bytes()), manifest(device.digest(), 1)]);
    bench.bench.now += DAY_MS;
    device.exec(`INSERT INTO t VALUES (3, 'c'); UPDATE t SET v = 'z' WHERE id = 1; DELETE FROM t WHERE id = 2;`);
    const tables = { t: { deletes: [{ id: 2 }], replaces: [{ id: 1, v: 'z' }], adds: [{ id: 3, v: 'c' }] } };
    await phone.backup([batch({ base: 1, to: 2, tables }), manifest(device.digest(), 2)]);
  });
  afterEach(async () => {
    device.remove();
    await bench.close();
  });
  const store = () => bench.bench.temp.store;
  const rooms = () => ({ store: store(), databases: pool });
  const exported = async (which: object = {}): Promise<Buffer> => {
    const pieces: Uint8Array[] = [];
    for await (const piece of (await exportBackup(store(), { ...NAME, ...which })).bytes) pieces.push(piece);
    return Buffer.concat(pieces);
  };

  it('lists and shows them, with sizes, proofs, and what a restore sends', async () => {
    const [copy] = await listBackups(store());
    assert.deepEqual([copy?.user, copy?.device, copy?.record.file, copy?.generations.length], [USER, 'IMEI:1', 'phone.db', 2]);
    const shown = await showBackup(store(), NAME);
    assert.deepEqual(shown.plan, ['.', 'manifest']);
    assert.equal(shown.generations[1]?.facts.database?.digest, device.digest());
    assert.equal(shown.draft, undefined);
    await bench.phone({ room: 1000 }).backup([{ name: 't/9', kind: 'Add', content: { id: 9, v: null } }]);
    assert.ok((await showBackup(store(), NAME)).draft);
    await assert.rejects(showBackup(store(), { ...NAME, file: 'other.db' }), /There is no backup of "other.db"/);
    await assert.rejects(listBackups(store(), 'nobody'), /There is no user "nobody"/);
  });

  it('R66: exports any of them, by number or time', async () => {
    assert.equal(sqlite3(await exported(), '.dump'), sqlite3(device.bytes(), '.dump'));
    assert.equal(sqlite3(await exported({ generation: 1 }), 'SELECT count(*) FROM t'), '2\n');
    const [first] = await bench.generations();
    assert.equal(sqlite3(await exported({ at: (first?.at ?? 0) + 1 }), 'SELECT v FROM t WHERE id = 1'), 'a\n');
    await assert.rejects(exported({ generation: 9 }), /There is no backup of "phone.db" with the number 9/);
  });

  it('shows the rows that differ', async () => {
    const rows = await diffBackups(rooms(), NAME, 1, 2, 100);
    assert.deepEqual(
      rows.map(({ key, before, after }) => [key, before, after]),
      [
        [{ id: 1 }, { id: 1, v: 'a' }, { id: 1, v: 'z' }],
        [{ id: 2 }, { id: 2, v: 'b' }, undefined],
        [{ id: 3 }, undefined, { id: 3, v: 'c' }],
      ],
    );
  });

  it('proves them from their bytes, with progress', async () => {
    const seen: number[] = [];
    const results = [];
    for await (const one of verifyBackup(rooms(), { ...NAME, all: true }, (_g, bytes) => seen.push(bytes)))
      results.push([one.generation, one.ok]);
    assert.deepEqual(results, [
      [1, true],
      [2, true],
    ]);
    assert.ok(seen.includes(device.bytes().length));
  });

  it('makes an older one the newest; the device is told that it has something else, and begins anew from there', async () => {
    const made = await restoreBackup(store(), { ...NAME, generation: 1 }, bench.bench.now);
    assert.deepEqual([made.number, made.by, made.modification], [3, 'restore', 1]);
    const phone = bench.phone();
    const back = await phone.restore();
    assert.equal(sqlite3(back.items[0]?.content ?? Buffer.alloc(0), 'SELECT group_concat(v) FROM t'), 'a,b\n');
    const late = await phone.backup([batch({ base: 2, to: 3, tables: { t: { adds: [{ id: 4, v: 'd' }] } } })]);
    assert.deepEqual(late.statuses['changes/3'], { code: 409, detail: '1' });
    await assert.rejects(restoreBackup(store(), { ...NAME, generation: 3 }, 0), /is the newest one already/);
  });

  it('removes one, or all; never the newest alone', async () => {
    await assert.rejects(removeBackup(store(), NAME, 2), /is the newest one/);
    await removeBackup(store(), NAME, 1);
    assert.deepEqual(
      (await bench.generations()).map(({ number }) => number),
      [2],
    );
    assert.equal(sqlite3(await exported(), '.dump'), sqlite3(device.bytes(), '.dump'));
    await removeBackup(store(), NAME);
    assert.deepEqual(await bench.copies(), []);
  });

  it('does not forget a device that has backups', async () => {
    await assert.rejects(forgetDevice(store(), USER, 'IMEI:1'), /The device has backups of "phone.db"/);
    await removeBackup(store(), NAME);
    await forgetDevice(store(), USER, 'IMEI:1');
  });

  it('any part of the name of the device will do, and which one it is asks for where several have a file of that name', async () => {
    const devices = ['agent:c117-5f', 'agent:c117-7a', 'agent:c117-7ab'];
    const file = (n: number): Buffer => noise(100 + n);
    for (const [n, uri] of devices.entries()) {
      await bench.phone({ device: uri }).backup([
        { name: '.', content: file(n) },
        { name: 'manifest', content: fileManifest(file(n), 1) },
      ]);
    }
    await assert.rejects(
      exported(),
      /^UserError: 4 devices have backups of "phone.db"\. Say which one; .*\n {2}--device IMEI +IMEI:1: 2 backups, the newest of .*Z\n/,
    );
    const of = async (device: string): Promise<number> => (await exported({ device })).length;
    assert.equal(await of('C117-5'), file(0).length);
    // One name begins with the other: all of it means the shorter one.
    assert.equal(await of('agent:c117-7a'), file(1).length);
    assert.equal(await of('7AB'), file(2).length);
    await assert.rejects(
      exported({ device: 'c117' }),
      /3 devices have backups.*\n {2}--device c117-5 +agent:c117-5f: .*\n {2}--device agent:c117-7a .*\n/,
    );
    await assert.rejects(
      exported({ device: 'zz' }),
      /No device with "zz" in its name has backups of "phone.db"\. These have:\n {2}--device IMEI/,
    );
    await assert.rejects(exported({ file: 'phone.dd' }), /There is no backup of "phone\.dd"\. .* has backups of "phone\.db"\.$/);
  });

  it('a device that was given the file, or came no further than its draft, does not make it doubtful which one is meant', async () => {
    await bench.phone({ device: 'IMEI:2' }).backup([{ name: '.', content: noise(100) }]);
    assert.equal((await showBackup(store(), NAME)).device, 'IMEI:1');
    assert.equal((await showBackup(store(), { ...NAME, device: 'IMEI:2' })).generations.length, 0);
    await bench.phone({ device: 'IMEI:3' }).restore();
    assert.equal((await showBackup(store(), NAME)).device, 'IMEI:1');
    assert.deepEqual(
      (await showBackup(store(), { ...NAME, device: 'IMEI:3' })).generations.map(({ by }) => by),
      ['restore'],
    );
  });

  it('retention drops what is too old or too much, when the newest is proven; flagged ones stay until they are accepted', async () => {
    const phone = bench.phone();
    for (const to of [3, 4, 5]) {
      bench.bench.now += DAY_MS;
      device.exec(`UPDATE t SET v = '${to}' WHERE id = 1`);
      await phone.backup([
        batch({ base: to - 1, to, tables: { t: { replaces: [{ id: 1, v: String(to) }] } } }),
        manifest(device.digest(), to),
      ]);
    }
    const [copy] = await bench.copies();
    assert.ok(copy);
    await store().transact((tx) => tx.account(bench.bench.account).copies.setFlags(copy.id, 2, ['many-deletions']));
    const rules = { keepGenerations: 2, keepDays: 365 };
    assert.equal((await retain(rooms(), rules, bench.bench.now)).dropped, 1);
    // 2 is flagged, 1 is what it was made from.
    assert.deepEqual(
      (await bench.generations()).map(({ number }) => number),
      [1, 2, 4, 5],
    );
    await acceptBackup(store(), { ...NAME, generation: 2 });
    assert.equal((await retain(rooms(), rules, bench.bench.now)).dropped, 2);
    assert.equal((await retain(rooms(), { keepGenerations: 9, keepDays: 3 }, bench.bench.now + 30 * DAY_MS)).dropped, 1);
    assert.equal(sqlite3(await exported(), '.dump'), sqlite3(device.bytes(), '.dump'));
  });

  it('nothing is dropped while the newest cannot be proven', async () => {
    const blind: DatabaseJobs = { ...pool, facts: async () => ({ digest: '00', schema: '00', tables: {} }) };
    const result = await retain({ store: store(), databases: blind }, { keepGenerations: 1, keepDays: 1 }, bench.bench.now + 99 * DAY_MS);
    assert.equal(result.dropped, 0);
    assert.match(result.faulty[0]?.faults.join() ?? '', /its digest is 00, and should be/);
    assert.equal((await bench.generations()).length, 2);
  });
});

describe('backup: what retention may drop', () => {
  const of = (number: number, more: Partial<GenerationRecord> = {}): GenerationRecord => ({
    ...{ number, base: number - 1, modification: number, at: number * DAY_MS, size: 1, by: 'changes', way: 'logical', media: 'x/y' },
    ...{ received: 1, flags: [], job: '', facts: '{}', ...more },
  });
  const all = [of(1, { by: 'full' }), of(2), of(3), of(4), of(5)];
  const numbers = (...[copy, generations, updates, rules, now]: Parameters<typeof outOfDate>): number[] =>
    outOfDate(copy, generations, updates, rules, now).map(({ number }) => number);
  const few = { keepGenerations: 2, keepDays: 1000 };

  it('what is beyond the count, and what is too old; never the newest', () => {
    assert.deepEqual(numbers({ method: 'incremental' }, all, [], few, 0), [1, 2, 3]);
    assert.deepEqual(numbers({ method: 'incremental' }, all, [], { keepGenerations: 99, keepDays: 1 }, 99 * DAY_MS), [1, 2, 3, 4]);
    assert.deepEqual(numbers({ method: 'incremental' }, [], [], few, 0), []);
  });
  it('R13: nothing where every change is kept', () => {
    assert.deepEqual(numbers({ method: 'every-change' }, all, [], few, 99_999 * DAY_MS), []);
  });
  it('R10: not the full one that differential backups are made from', () => {
    assert.deepEqual(numbers({ method: 'differential' }, all, [], few, 0), [2, 3]);
  });
  it('R9: not what kept updates lead from', () => {
    const updates = [3, 4, 5].map((generation) => ({ generation, name: 'x', media: 'x/y', size: 1 }));
    assert.deepEqual(numbers({ method: 'incremental' }, all, updates, { ...few, keepGenerations: 1 }, 0), [1]);
  });
});
