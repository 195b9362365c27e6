/** A backup or restore that is broken off goes on near where it was. */
import assert from 'node:assert/strict';
import { createDatabasePool } from '../../src/devicedb/pool.js';
import type { DatabaseJobs } from '../../src/devicedb/jobs.js';
import { Interrupted, type BackupPhone, type Sending } from './support/backup-phone.js';
import { BLOCK_BYTES, packBlock } from '../../src/records/gzip-blocks.js';
import { BackupBench, fileManifest, noise } from './support/bench.js';
import { batch, manifest, wholeFile } from './support/changes.js';
import { PhoneDatabase, sqlite3 } from './support/phone-database.js';

const ROOM = 20_000;
const FILE_BYTES = 150_000;

/** Stops the phone before (`out`) or after (`in`) its nth message. */
function stopAt(phone: BackupPhone, at: 'out' | 'in', message: number): void {
  phone.hook = (when, n) => {
    if (when === at && n === message) throw new Interrupted();
  };
}
const goOn = (phone: BackupPhone): void => {
  phone.hook = () => undefined;
};

describe('backup: interrupted', function () {
  this.timeout(60_000);
  let pool: DatabaseJobs;
  let bench: BackupBench;
  let phone: BackupPhone;
  before(() => {
    pool = createDatabasePool({ workers: 1 });
  });
  after(() => pool.close());
  beforeEach(async () => {
    bench = await BackupBench.open({}, pool);
    phone = bench.phone({ room: ROOM });
  });
  afterEach(() => bench.close());

  const bytes = noise(FILE_BYTES);
  const items: readonly Sending[] = [
    { name: '.', content: bytes },
    { name: 'manifest', content: fileManifest(bytes, 1) },
  ];

  // Message 1 opens; 2 to 9 bring a part each, the last of them the manifest too.
  for (let message = 2; message <= 9; message += 1) {
    for (const [at, lost] of [
      ['out', 'its message'],
      ['in', 'our answer'],
    ] as const) {
      for (const position of [true, false]) {
        it(`R81, R82: ${lost} ${message} is lost; the session that resumes goes on with that part${position ? ', and says where it stands' : ''}`, async () => {
          stopAt(phone, at, message);
          await assert.rejects(phone.backup(items), Interrupted);
          goOn(phone);
          const from = (message - 2) * ROOM;
          // The part whose Status the device does not have goes out again, its position in Meta/EMI or not.
          const again: Sending[] = [{ name: '.', content: bytes, from, ...(position ? {} : { silent: true }) }, items[1] as Sending];
          const whole = message === 2 || (message === 9 && at === 'in');
          const done = await phone.backup(message === 2 ? items : again, 225);
          const finished = message === 9 && at === 'in';
          assert.equal(done.codes['manifest'], 200, `${JSON.stringify(done.statuses)} ${done.receipt.reason ?? ''}`);
          assert.ok((await bench.stored()).equals(bytes));
          assert.equal((await bench.generations()).length, 1);
          if (!whole && !finished) assert.ok(done.sent < FILE_BYTES - from + 5000, `${done.sent} bytes`);
        });
      }
    }
  }

  const inBlocks = Buffer.concat(
    Array.from({ length: Math.ceil(FILE_BYTES / BLOCK_BYTES) }, (_, n) =>
      packBlock(bytes.subarray(n * BLOCK_BYTES, (n + 1) * BLOCK_BYTES), 3),
    ),
  );
  const packed: Sending = { name: '.', type: 'application/octet-stream+gzip', content: inBlocks };
  for (let message = 2; message <= 9; message += 1) {
    for (const at of ['out', 'in'] as const) {
      it(`R81, R82: a gzip in blocks goes on when message ${message} is lost (${at}), and bytes that come again are left out`, async () => {
        stopAt(phone, at, message);
        await assert.rejects(phone.backup([packed, items[1] as Sending]), Interrupted);
        goOn(phone);
        const first = message === 2;
        const again: Sending = first ? packed : { ...packed, from: (message - 2) * ROOM };
        const done = await phone.backup([again, items[1] as Sending], 225);
        assert.equal(done.codes['manifest'], 200, `${JSON.stringify(done.statuses)} ${done.receipt.reason ?? ''}`);
        assert.ok((await bench.stored()).equals(bytes));
        assert.equal((await bench.generations()).length, 1);
      });
    }
  }

  for (const from of [ROOM, 2 * ROOM, 3 * ROOM + 7]) {
    it(`R81, R82: a gzip in blocks goes on from ${from}, several parts back, and says so in the first of them only`, async () => {
      stopAt(phone, 'in', 7);
      await assert.rejects(phone.backup([packed, items[1] as Sending]), Interrupted);
      goOn(phone);
      const done = await phone.backup([{ ...packed, from }, items[1] as Sending], 225);
      assert.deepEqual(done.codes, { '.': 200, manifest: 200 }, JSON.stringify(done.statuses));
      assert.ok((await bench.stored()).equals(bytes));
    });
  }

  it('R82: a device that suspends (Alert 224) goes on as well', async () => {
    phone.suspendAfter = 5;
    await assert.rejects(phone.backup(items), Interrupted);
    phone.suspendAfter = undefined;
    const done = await phone.backup([{ name: '.', content: bytes, from: 4 * ROOM }, items[1] as Sending], 225);
    assert.deepEqual(done.codes, { '.': 200, manifest: 200 });
    assert.ok((await bench.stored()).equals(bytes));
    assert.ok(done.sent < FILE_BYTES - 4 * ROOM + 5000);
  });

  it('R43, R81: changes that were applied, and whose session broke off before the manifest, count', async () => {
    const device = new PhoneDatabase(`CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'a');`);
    await phone.backup([wholeFile(device.bytes()), manifest(device.digest(), 1)]);
    device.exec(`INSERT INTO t VALUES (2, 'b'); UPDATE t SET v = 'c' WHERE id = 1;`);
    const changes: Sending[] = [
      { name: 't/2', kind: 'Add', content: { id: 2, v: 'b' } },
      { name: 't/1', content: { v: 'c' } },
    ];
    const small = bench.phone({ room: 150 });
    await small.backup([]);
    stopAt(small, 'out', 4);
    await assert.rejects(small.backup([...changes, manifest(device.digest(), 2)]), Interrupted);
    goOn(small);
    // Add again: the device does not know that it was applied.
    const done = await small.backup([...changes, manifest(device.digest(), 2)]);
    assert.deepEqual(done.codes, { 't/2': 418, 't/1': 200, manifest: 200 }, done.receipt.reason);
    assert.equal(sqlite3(await bench.stored(), '.dump'), sqlite3(device.bytes(), '.dump'));
    device.remove();
  });

  it('a batch whose answer was lost is applied once: the draft begins anew from the same base', async () => {
    const device = new PhoneDatabase(`CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'a');`);
    await phone.backup([wholeFile(device.bytes()), manifest(device.digest(), 1)]);
    device.exec(`INSERT INTO t VALUES (2, 'b')`);
    const changes = batch({ base: 1, to: 2, tables: { t: { adds: [{ id: 2, v: 'b' }] } } });
    stopAt(phone, 'in', 2);
    await assert.rejects(phone.backup([changes]), Interrupted);
    goOn(phone);
    const done = await phone.backup([changes, manifest(device.digest(), 2)]);
    assert.deepEqual(done.codes, { 'changes/2': 200, manifest: 200 }, done.receipt.reason);
    device.remove();
  });

  for (const lost of ['out', 'in'] as const) {
    it(`R81: a restore that breaks off (${lost}) goes on in the middle of the file`, async () => {
      await phone.backup(items);
      for (let message = 3; message <= 7; message += 2) {
        const second = bench.phone({ device: `IMEI:${lost}-${message}` });
        stopAt(second, lost, message);
        await assert.rejects(second.restore(), Interrupted);
        const have = second.kept.reduce((sum, part) => sum + part.length, 0);
        goOn(second);
        const before = second.fetched;
        const back = await second.restore('', 225, second.kept);
        assert.ok(back.items[0]?.content.equals(bytes));
        // What was acknowledged does not come again: a message or two at most do.
        assert.ok(second.fetched - before < FILE_BYTES - have + 70_000, `${second.fetched - before} bytes with ${have} here`);
      }
    });
  }

  it('a restore that is asked for anew begins anew', async () => {
    await phone.backup(items);
    const second = bench.phone({ device: 'IMEI:2' });
    stopAt(second, 'in', 4);
    await assert.rejects(second.restore(), Interrupted);
    goOn(second);
    const back = await second.restore();
    assert.ok(back.items[0]?.content.equals(bytes));
  });

  it('a message that comes twice is answered twice alike, and is applied once', async () => {
    const answers: string[] = [];
    const link = bench.bench.transport;
    const phoneTwice = bench.phoneOn(
      async (url, type, body) => {
        const first = await link(url, type, body);
        const second = await link(url, type, body);
        answers.push(Buffer.from(first.body).equals(Buffer.from(second.body)) ? 'same' : 'other');
        return second;
      },
      { room: ROOM },
    );
    const done = await phoneTwice.backup(items);
    assert.deepEqual(done.codes, { '.': 200, manifest: 200 });
    assert.deepEqual([...new Set(answers)], ['same']);
    assert.ok((await bench.stored()).equals(bytes));
    assert.equal((await bench.generations()).length, 1);
  });
});
