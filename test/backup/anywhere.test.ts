/** Backups where messages come otherwise than usual: at several processes, all in one message, in an Atomic, over a link that is cut at any byte. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { createDatabasePool } from '../../src/devicedb/pool.js';
import type { DatabaseJobs } from '../../src/devicedb/jobs.js';
import { group, openAlert, part, statusesFor, sync, type Draft } from '../engine/support/messages.js';
import { statuses } from '../exchange/support/bench.js';
import { httpTransport, type Transport } from '../model-client/transport.js';
import { Server } from '../support/server.js';
import { BackupPhone, type Sending } from './support/backup-phone.js';
import { BackupBench, fileManifest, noise } from './support/bench.js';
import { batch, manifest, wholeFile } from './support/changes.js';
import { PhoneDatabase, sqlite3 } from './support/phone-database.js';

const json = (name: string, value: object): Draft =>
  part(name, JSON.stringify(value), { last: true, kind: 'Replace', meta: { type: 'application/json' } });

describe('backup: anywhere', function () {
  this.timeout(60_000);
  let pool: DatabaseJobs;
  let bench: BackupBench;
  before(() => {
    pool = createDatabasePool({ workers: 1 });
  });
  after(() => pool.close());
  beforeEach(async () => {
    bench = await BackupBench.open({}, pool);
  });
  afterEach(() => bench.close());

  it('each message of a session may come to another process', async () => {
    const servers = [bench.bench.another(), bench.bench.another(), bench.bench.another()];
    let message = 0;
    const link: Transport = (...all) => {
      bench.bench.exchange = servers[message % servers.length] ?? bench.bench.exchange;
      message += 1;
      return bench.bench.transport(...all);
    };
    const phone = bench.phoneOn(link, { room: 10_000, maxMsgSize: 12_000 });
    const device = new PhoneDatabase(
      `CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, x'${noise(60_000).toString('hex')}');`,
    );
    const first = await phone.backup([wholeFile(device.bytes()), manifest(device.digest(), 1)]);
    assert.deepEqual(first.codes, { '.': 200, manifest: 200 });
    device.exec(`INSERT INTO t VALUES (2, 'b')`);
    const second = await phone.backup([
      batch({ base: 1, to: 2, tables: { t: { adds: [{ id: 2, v: 'b' }] } } }),
      manifest(device.digest(), 2),
    ]);
    assert.deepEqual(second.codes, { 'changes/2': 200, manifest: 200 });
    const back = await phone.restore();
    assert.ok(back.items[0]?.content.equals(await bench.stored()));
    device.remove();
  });

  it('copies of a message that come at the same time are carried out once, and answered alike', async () => {
    const link: Transport = async (...all) => {
      const [one, other] = await Promise.all([bench.bench.transport(...all), bench.bench.transport(...all)]);
      assert.ok(Buffer.from(one.body).equals(Buffer.from(other.body)));
      return one;
    };
    const phone = bench.phoneOn(link, { room: 10_000, maxMsgSize: 12_000 });
    const bytes = noise(45_000);
    const done = await phone.backup([
      { name: '.', content: bytes },
      { name: 'manifest', content: fileManifest(bytes, 1) },
    ]);
    assert.deepEqual(done.codes, { '.': 200, manifest: 200 });
    assert.ok((await bench.stored()).equals(bytes));
    assert.equal((await bench.generations()).length, 1);
  });

  it('a new device may say everything in its first message', async () => {
    const client = bench.bench.client({ device: 'IMEI:new' });
    const file = Buffer.from('Dear all');
    const answer = await client.send([
      openAlert(203, './db/letter.txt', './db/letter.txt', '1', undefined),
      sync([part('.', 'Dear all', { last: true, kind: 'Replace' }), json('manifest', fileManifest(file, 1, { media: 'text/plain' }))], {
        store: './db/letter.txt',
        from: './db/letter.txt',
      }),
    ]);
    assert.equal(statuses(answer), 'SyncHdr 212, Alert 200, Sync 200, Replace 200, Replace 200');
    assert.equal((await bench.stored('letter.txt')).toString(), 'Dear all');
  });

  it('several backups in one message build on one another', async () => {
    const device = new PhoneDatabase(`CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'a');`);
    const first = device.bytes();
    const digests = [device.digest()];
    for (const id of [2, 3]) {
      device.exec(`INSERT INTO t VALUES (${id}, 'x')`);
      digests.push(device.digest());
    }
    const items: Sending[] = [wholeFile(first), manifest(digests[0] ?? '', 1)];
    for (const to of [2, 3])
      items.push(batch({ base: to - 1, to, tables: { t: { adds: [{ id: to, v: 'x' }] } } }), manifest(digests[to - 1] ?? '', to));
    const done = await bench.phone({ room: 100_000, maxMsgSize: 100_000 }).backup(items);
    assert.deepEqual(done.codes, { '.': 200, 'changes/2': 200, 'changes/3': 200, manifest: 200 });
    assert.deepEqual(
      (await bench.generations()).map(({ by, base }) => [by, base]),
      [
        ['full', undefined],
        ['changes', 1],
        ['changes', 2],
      ],
    );
    assert.equal(sqlite3(await bench.stored(), '.dump'), sqlite3(device.bytes(), '.dump'));
    device.remove();
  });

  it('an Atomic that fails leaves the draft as it was', async () => {
    const device = new PhoneDatabase(`CREATE TABLE t (id INTEGER PRIMARY KEY, v NOT NULL); INSERT INTO t VALUES (1, 'a');`);
    await bench.phone().backup([wholeFile(device.bytes()), manifest(device.digest(), 1)]);
    device.exec(`UPDATE t SET v = 'right' WHERE id = 1`);
    const client = bench.bench.client();
    const store = './db/phone.db';
    const opened = await client.send([openAlert(201, store, store, '7', undefined)]);
    const answer = await client.send([
      ...statusesFor(opened),
      sync(
        [
          group('Atomic', [json('t/1', { v: 'wrong' }), json('t/1', { v: null })]),
          group('Atomic', [json('t/1', { v: 'right' })]),
          json('manifest', {
            way: 'logical',
            method: 'incremental',
            media: 'application/vnd.sqlite3',
            base: 1,
            modification: 2,
            digest: device.digest(),
          }),
        ],
        { store, from: store },
      ),
    ]);
    assert.equal(
      statuses(answer),
      'SyncHdr 200, Alert 200, Sync 200, Atomic 507, Replace 216, Replace 500, Atomic 200, Replace 200, Replace 200'.replace(
        'Alert 200, ',
        '',
      ),
    );
    assert.equal(sqlite3(await bench.stored(), '.dump'), sqlite3(device.bytes(), '.dump'));
    device.remove();
  });

  it('R81: the link is cut at any byte of a message; the message comes again, and counts once', async () => {
    const server = new Server();
    const link = httpTransport();
    try {
      await server.addUser('anna', 'secret words');
      await server.start();
      let cuts = 0;
      const cutting: Transport = async (url, type, body) => {
        const address = new URL(`${server.url}${new URL(url).search}`);
        for (const share of [0, 0.3, 0.99]) {
          await sendPart(address, type, body, Math.floor(body.length * share));
          cuts += 1;
        }
        return link(address.href, type, body);
      };
      const bytes = noise(60_000);
      const phone = new BackupPhone(cutting, { file: 'x.bin' });
      const done = await phone.backup([
        { name: '.', content: bytes },
        { name: 'manifest', content: fileManifest(bytes, 1) },
      ]);
      assert.deepEqual(done.codes, { '.': 200, manifest: 200 });
      assert.ok((await phone.restore()).items[0]?.content.equals(bytes));
      assert.ok(cuts > 20);
    } finally {
      link.close();
      await server.kill();
      await server.remove();
    }
  });
});

/** Sends the head of a request and the first bytes of its body, and is gone. */
function sendPart(url: URL, type: string, body: Uint8Array, bytes: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(url.port), url.hostname, () => {
      socket.write(
        `POST ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`,
      );
      socket.write(body.subarray(0, bytes), () => {
        socket.destroy();
        resolve();
      });
    });
    socket.on('error', reject);
  });
}
