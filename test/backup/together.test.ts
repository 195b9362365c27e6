/** Backups beside everything else: other datastores in the same session, several devices, both encodings, the order of the stages. */
import assert from 'node:assert/strict';
import { createDatabasePool } from '../../src/devicedb/pool.js';
import type { DatabaseJobs } from '../../src/devicedb/jobs.js';
import type { CopyBytes } from '../../src/storage/ports/copies.js';
import type { ItemCommand } from '../../src/model/message.js';
import { add, map, openAlert, part, replace, statusesFor, sync, type Draft } from '../engine/support/messages.js';
import { kinds, statuses } from '../exchange/support/bench.js';
import { BackupBench, fileManifest, noise } from './support/bench.js';
import { batch, manifest, wholeFile } from './support/changes.js';
import { PhoneDatabase, sqlite3 } from './support/phone-database.js';

describe('backup: together with others', function () {
  this.timeout(30_000);
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
  const bytes = noise(5000);
  const text = (value: object): string => JSON.stringify(value);

  for (const encoding of ['xml', 'wbxml'] as const) {
    it(`R80, R79, R83, R85: one session syncs notes and backs up a file, in ${encoding}`, async () => {
      const client = bench.bench.client({ encoding, maxMsgSize: 30_000 });
      const opened = await client.send([
        openAlert(201, 'notes', './N', '1', undefined),
        openAlert(201, './db/letter.txt', './db/letter.txt', '1', undefined),
      ]);
      assert.equal(statuses(opened), 'SyncHdr 212, Alert 200, Alert 200');
      const done = await client.send([
        ...statusesFor(opened),
        sync([add('1', 'a note')], { store: 'notes', from: './N' }),
        sync(
          [
            part('.', 'Dear all', { last: true, kind: 'Replace', meta: { type: 'text/plain' } }),
            part('manifest', text(fileManifest(Buffer.from('Dear all'), 1, { media: 'text/plain' })), {
              last: true,
              kind: 'Replace',
              meta: { type: 'application/json' },
            }),
          ],
          { store: './db/letter.txt', from: './db/letter.txt' },
        ),
      ]);
      assert.equal(statuses(done), 'SyncHdr 200, Sync 200, Add 201, Sync 200, Replace 200, Replace 200');
      assert.match(kinds(done), /Sync, Sync, Final$/);
      const end = await client.send(statusesFor(done));
      assert.equal(kinds(end), 'SyncHdr 200, Final');
      assert.deepEqual(await bench.bench.texts('notes'), ['a note']);
      assert.equal((await bench.stored('letter.txt')).toString(), 'Dear all');
    });
  }

  it('R88, R98: three devices of one account have three copies, and each gets any of them', async () => {
    const devices = ['IMEI:a', 'IMEI:b', 'IMEI:c'];
    for (const [i, device] of devices.entries()) {
      const own = noise(4000, i + 1);
      const done = await bench.phone({ device }).backup([
        { name: '.', content: own },
        { name: 'manifest', content: fileManifest(own, 1) },
      ]);
      assert.equal(done.codes['manifest'], 200);
    }
    assert.equal((await bench.copies()).length, 3);
    for (const [i, from] of devices.entries()) {
      const back = await bench.phone({ device: 'IMEI:new' }).restore(`from=${encodeURIComponent(from)}`);
      assert.ok(back.items[0]?.content.equals(noise(4000, i + 1)));
    }
  });

  it('R87: a device that answers a notification (Alert 206, 210) backs up and restores as with 200 and 205', async () => {
    const phone = bench.phone();
    const done = await phone.backup(
      [
        { name: '.', content: bytes },
        { name: 'manifest', content: fileManifest(bytes, 1) },
      ],
      206,
    );
    assert.deepEqual(done.codes, { '.': 200, manifest: 200 });
    assert.ok((await phone.restore('', 210)).items[0]?.content.equals(bytes));
  });

  it('R90: for what two devices share the device is master: its word stands on both sides', async () => {
    let sessions = 0;
    const note = async (device: string, how: number, change: Draft[], last?: string): Promise<{ got: string[]; next: string }> => {
      sessions += 1;
      const next = String(sessions);
      const client = bench.bench.client({ device, sessionId: next });
      const opened = await client.send([openAlert(how, 'notes', './N', next, last)]);
      const done = await client.send([...statusesFor(opened), sync(change, { store: 'notes', from: './N' })]);
      const items = done.body
        .flatMap((c) => (c.kind === 'Sync' ? c.commands : []))
        .filter((c): c is ItemCommand => 'items' in c && c.kind !== 'Map');
      const maps = items
        .filter((c) => c.kind === 'Add')
        .map((c) => map({ [c.items[0]?.source?.uri ?? '']: '1' }, { target: { uri: 'notes' }, source: { uri: './N' } }));
      await client.send([...statusesFor(done), ...maps]);
      return { next, got: items.map(({ items: [one] }) => (one?.data?.kind === 'content' ? Buffer.from(one.data.bytes).toString() : '')) };
    };
    const first = await note('IMEI:a', 201, [add('1', 'as it was')]);
    const second = await note('IMEI:b', 201, []);
    assert.deepEqual(second.got, ['as it was']);
    const mine = await note('IMEI:a', 200, [replace('1', 'of the first')], first.next);
    await note('IMEI:b', 200, [replace('1', 'of the second')], second.next);
    assert.deepEqual(await bench.bench.texts('notes'), ['of the second']);
    assert.deepEqual((await note('IMEI:a', 200, [], mine.next)).got, ['of the second']);
  });

  it('Alerts 202 and 203 back up without a receipt', async () => {
    const phone = bench.phone();
    for (const [how, seed] of [
      [203, 1],
      [202, 2],
    ] as const) {
      const own = noise(3000, seed);
      const done = await phone.backup(
        [
          { name: '.', content: own },
          { name: 'manifest', content: fileManifest(own, seed) },
        ],
        how,
      );
      assert.deepEqual([done.codes, done.receipt], [{ '.': 200, manifest: 200 }, {}]);
      assert.ok((await bench.stored()).equals(own));
    }
  });

  it('R94, R61, R64: chunks are fetched, opened and unpacked, then edited, then packed, sealed and put back', async () => {
    const stages: string[] = [];
    const { copies } = bench.bench.temp.store;
    const recorded: CopyBytes = {
      write: async (...all) => {
        stages.push('write');
        return copies.write(...all);
      },
      read: async (...all) => {
        stages.push('read');
        return copies.read(...all);
      },
      adopt: (...all) => copies.adopt(...all),
      members: (...all) => copies.members(...all),
      memberSizes: (...all) => copies.memberSizes(...all),
    };
    Object.defineProperty(bench.bench.temp.store, 'copies', { value: recorded });
    const device = new PhoneDatabase(
      `CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, x'${noise(200_000).toString('hex')}'), (2, 'a');`,
    );
    const phone = bench.phone({ room: 300_000 });
    await phone.backup([wholeFile(device.bytes()), manifest(device.digest(), 1)]);
    device.exec(`UPDATE t SET v = 'b' WHERE id = 2`);
    stages.length = 0;
    const done = await phone.backup([
      batch({ base: 1, to: 2, tables: { t: { replaces: [{ id: 2, v: 'b' }] } } }),
      manifest(device.digest(), 2),
    ]);
    assert.equal(done.codes['manifest'], 200);
    assert.match(stages.join(' '), /^(read )+write$/);
    assert.ok(stages.length < 8, 'only what the change touches is fetched');
    assert.equal(sqlite3(await bench.stored(), '.dump'), sqlite3(device.bytes(), '.dump'));
    device.remove();
  });

  it('other names that ask for files beside ./db are what they were: 404', async () => {
    const client = bench.bench.client();
    const opened = await client.send([
      openAlert(201, './dbx/letter.txt', './x', '1', undefined),
      openAlert(204, './db/a', './a', '1', undefined),
    ]);
    assert.equal(statuses(opened), 'SyncHdr 212, Alert 404, Alert 406');
  });

  it('device information names ./db to those that use it', async () => {
    const client = bench.bench.client();
    const opened = await client.send([
      openAlert(201, './db/x', './db/x', '1', undefined),
      { kind: 'Get', meta: { type: 'application/vnd.syncml-devinf+xml' }, items: [{ target: { uri: './devinf12' } }] },
    ]);
    const results = opened.body.find((c) => c.kind === 'Results');
    const data = results?.kind === 'Results' ? results.items[0]?.data : undefined;
    assert.ok(data?.kind === 'devinf');
    assert.ok(data.devinf.dataStores.some(({ sourceRef }) => sourceRef === './db'));
  });
});
