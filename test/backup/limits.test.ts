/** What is too slow, too large, or not what it says: a clear Status, and nothing harmed. */
import assert from 'node:assert/strict';
import { BLOCK_BYTES, packBlock } from '../../src/records/gzip-blocks.js';
import { gzipSync } from 'node:zlib';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDatabasePool } from '../../src/devicedb/pool.js';
import type { DatabaseJobs } from '../../src/devicedb/jobs.js';
import { DatabaseFault } from '../../src/devicedb/jobs.js';
import { BackupBench, fileManifest, noise } from './support/bench.js';
import { batch, batchXml, manifest, wholeFile } from './support/changes.js';
import { PhoneDatabase, sqlite3 } from './support/phone-database.js';

describe('backup: limits', function () {
  this.timeout(30_000);
  let pool: DatabaseJobs;
  let bench: BackupBench;
  before(() => {
    pool = createDatabasePool({ workers: 1 });
  });
  after(() => pool.close());
  afterEach(() => bench.close());

  it('work slower than a phone waits is answered in between, and its results come with the next message', async () => {
    let looked = 0;
    const slow: DatabaseJobs = {
      ...bound(pool),
      inspect: async (source) => {
        looked += 1;
        await sleep(300);
        return pool.inspect(source);
      },
    };
    bench = await BackupBench.open({}, slow);
    bench.bench.interimAfterMs = 50;
    bench.bench.exchange = bench.bench.another();
    const device = new PhoneDatabase(`CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1);`);
    const done = await bench.phone().backup([wholeFile(device.bytes()), manifest(device.digest(), 1)]);
    assert.deepEqual(done.codes, { '.': 200, manifest: 200 });
    assert.equal(done.receipt.need, 'none');
    assert.equal(looked, 1, 'the work was done once');
    assert.ok(bench.bench.told.some(({ parked }) => parked === true));
    device.remove();
  });

  it('413 and 416 for files beyond the limit; 420 beyond the quota; what was there stays', async () => {
    bench = await BackupBench.open({ 'limits.maxFileBytes': 50_000, 'limits.quotaBytes': 60_000 });
    const bytes = noise(30_000);
    const phone = bench.phone();
    await phone.backup([
      { name: '.', content: bytes },
      { name: 'manifest', content: fileManifest(bytes, 1) },
    ]);
    const announced = await phone.backup([{ name: '.', content: noise(70_000) }]);
    assert.deepEqual(announced.codes, { '.': 416 });
    const unpacked = await phone.backup([{ name: '.', type: 'text/plain+gzip', content: gzipSync(Buffer.alloc(50_001)) }]);
    assert.deepEqual(unpacked.codes, { '.': 413 });
    const quota = await phone.backup([{ name: '.', content: noise(45_000) }]);
    assert.deepEqual(quota.codes, { '.': 420 });
    const packed = noise(20_000);
    const unpackedQuota = await phone.backup([{ name: '.', type: 'text/plain+gzip', content: gzipSync(Buffer.concat([packed, packed])) }]);
    assert.deepEqual(unpackedQuota.codes, { '.': 420 });
    assert.ok((await bench.stored()).equals(bytes));
  });

  it('420 as soon as more comes than was announced, and than there is room for', async () => {
    bench = await BackupBench.open({ 'limits.quotaBytes': 100_000 }, pool);
    const phone = bench.phone({ room: 20_000 });
    const content = noise(400_000);
    const inBlocks = Buffer.concat(
      Array.from({ length: Math.ceil(content.length / BLOCK_BYTES) }, (_, n) =>
        packBlock(content.subarray(n * BLOCK_BYTES, (n + 1) * BLOCK_BYTES), 3),
      ),
    );
    for (const one of [
      { type: 'application/octet-stream', content },
      { type: 'application/octet-stream+gzip', content: inBlocks },
    ]) {
      const done = await phone.backup([{ name: '.', announced: 100, ...one }]);
      assert.equal(done.codes['.'], 420, one.type);
      assert.ok(done.sent < 160_000, `${one.type}: ${done.sent} bytes`);
    }
  });

  it('a bomb of a few kB is stopped at the limit, in a file as in a batch', async () => {
    bench = await BackupBench.open({ 'limits.maxFileBytes': 1_000_000, 'limits.maxUpdateBytes': 1_000_000 }, pool);
    const bomb = gzipSync(Buffer.alloc(100_000_000));
    const done = await bench.phone().backup([
      { name: '.', type: 'application/octet-stream+gzip', content: bomb },
      { name: 'changes/2', type: 'application/vnd.moorage.changes+xml+gzip', content: bomb },
      { name: 'pages/2', type: 'application/vnd.moorage.pages+gzip', content: bomb },
    ]);
    assert.deepEqual(done.codes, { '.': 413, 'changes/2': 413, 'pages/2': 413 });
    const zeros = packBlock(new Uint8Array(BLOCK_BYTES), 9);
    const inBlocks = Buffer.concat(Array.from({ length: 6000 }, () => zeros));
    const over = await bench.phone().backup([{ name: '.', type: 'application/octet-stream+gzip', content: inBlocks }]);
    assert.deepEqual(over.codes, { '.': 413 });
  });

  it('412 and 415 for content that is not what it says', async () => {
    bench = await BackupBench.open({}, pool);
    const gz = gzipSync(noise(30_000));
    const broken = Buffer.from(gz);
    broken[5000] = (broken[5000] ?? 0) ^ 0xff;
    const phone = bench.phone();
    for (const [what, content, type, code] of [
      ['cut gzip', gz.subarray(0, 20_000), 'image/png+gzip', 412],
      ['blocks that go on otherwise', Buffer.concat([packBlock(noise(BLOCK_BYTES), 3), gz]), 'image/png+gzip', 412],
      [
        'a block in the middle that is too short',
        Buffer.concat([packBlock(noise(100), 3), packBlock(noise(BLOCK_BYTES), 3)]),
        'image/png+gzip',
        412,
      ],
      ['blocks that are cut in a head', Buffer.concat([packBlock(noise(BLOCK_BYTES), 3), Buffer.of(0x1f, 0x8b)]), 'image/png+gzip', 412],
      ['blocks that are cut', packBlock(noise(BLOCK_BYTES), 3).subarray(0, 9000), 'image/png+gzip', 412],
      ['damaged gzip', broken, 'image/png+gzip', 412],
      ['no gzip', noise(100), 'image/png+gzip', 412],
      ['no Brotli', noise(100), 'image/png+br', 412],
      ['no ZIP', noise(100), 'image/png+zip', 412],
    ] as const) {
      const done = await phone.backup([{ name: '.', type, content }]);
      assert.equal(done.codes['.'], code, what);
    }
    const changes = 'application/vnd.moorage.changes+xml';
    const done = await phone.backup([
      { name: 'changes/1', type: changes, content: '<Changes' },
      { name: 'changes/2', type: changes, content: batchXml({ to: 3 }) },
      { name: 'changes/3', type: 'application/xml', content: batchXml({ to: 3 }) },
      { name: 'pages/4', type: 'application/vnd.moorage.pages', content: 'MPG1' },
      { name: 'manifest', content: '{"way":"some"}' },
    ]);
    assert.deepEqual(done.codes, { 'changes/1': 412, 'changes/2': 412, 'changes/3': 415, 'pages/4': 412, manifest: 412 });
    assert.equal((await bench.generations()).length, 0);
  });

  it('510 where the copy cannot be read; nothing was changed', async () => {
    const blind: DatabaseJobs = { ...bound(pool), apply: () => Promise.reject(new DatabaseFault('damaged', 'a page is not what it was')) };
    bench = await BackupBench.open({}, blind);
    const device = new PhoneDatabase(`CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1);`);
    const phone = bench.phone();
    await phone.backup([wholeFile(device.bytes()), manifest(device.digest(), 1)]);
    const done = await phone.backup([batch({ base: 1, to: 2, tables: { t: { adds: [{ id: 2 }] } } })]);
    assert.equal(done.codes['changes/2'], 510);
    assert.ok((await bench.stored()).equals(device.bytes()));
    device.remove();
  });

  it('a batch is applied whole or not at all', async () => {
    bench = await BackupBench.open({}, pool);
    const device = new PhoneDatabase(`CREATE TABLE t (id INTEGER PRIMARY KEY, v UNIQUE); INSERT INTO t VALUES (1, 'a'), (2, 'b');`);
    const phone = bench.phone();
    await phone.backup([wholeFile(device.bytes()), manifest(device.digest(), 1)]);
    const refused = await phone.backup([batch({ base: 1, to: 2, tables: { t: { deletes: [{ id: 1 }], adds: [{ id: 3, v: 'b' }] } } })]);
    assert.equal(refused.codes['changes/2'], 500);
    assert.match(refused.statuses['changes/2']?.detail ?? '', /UNIQUE constraint failed: t\.v$/);
    // Values of unique columns may change places.
    device.exec(`UPDATE t SET v = 'x' WHERE id = 1; UPDATE t SET v = 'a' WHERE id = 2; UPDATE t SET v = 'b' WHERE id = 1;`);
    const done = await phone.backup([
      batch({
        base: 1,
        to: 2,
        tables: {
          t: {
            replaces: [
              { id: 1, v: 'b' },
              { id: 2, v: 'a' },
            ],
          },
        },
      }),
      manifest(device.digest(), 2),
    ]);
    assert.deepEqual(done.codes, { 'changes/2': 200, manifest: 200 });
    assert.equal(sqlite3(await bench.stored(), '.dump'), sqlite3(device.bytes(), '.dump'));
    device.remove();
  });

  it('404 where backups are switched off', async () => {
    bench = await BackupBench.open({ 'databases.enabled': false }, pool);
    assert.equal((await bench.phone().backup([])).opened, 404);
  });
});

const bound = (jobs: DatabaseJobs): DatabaseJobs => ({
  inspect: (source) => jobs.inspect(source),
  facts: (source) => jobs.facts(source),
  apply: (...all) => jobs.apply(...all),
  differences: (...all) => jobs.differences(...all),
  close: () => jobs.close(),
});
