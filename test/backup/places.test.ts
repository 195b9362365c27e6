/** Whole backups with the storage location of the user's choice, and of users whom an account service knows. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, renameSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HttpAccountService } from '../../src/accounts/http-service.js';
import { setLocation } from '../../src/accounts/users.js';
import { prepareFolder } from '../../src/storage/objects/marker.js';
import { AccountServer, SERVER_TOKEN } from '../accounts/support/account-server.js';
import { S3Process } from '../storage/objects/support/s3-process.js';
import { BackupBench, fileManifest, noise } from './support/bench.js';
import type { BackedUp, BackupPhone } from './support/backup-phone.js';

const backUp = (phone: BackupPhone, bytes: Buffer, modification: number): Promise<BackedUp> =>
  phone.backup([
    { name: '.', type: 'image/jpeg', content: bytes },
    { name: 'manifest', content: fileManifest(bytes, modification, { media: 'image/jpeg' }) },
  ]);

describe('backup: where it is kept (R16, R51, R92, R93)', function () {
  this.timeout(30_000);
  const server = new S3Process();
  let nas: string;
  let bench: BackupBench;
  before(() => server.start());
  after(() => server.remove());
  beforeEach(async () => {
    nas = join(mkdtempSync(join(tmpdir(), 'moorage-nas-')), 'mount');
    mkdirSync(nas);
    await prepareFolder(nas, 'nas');
    const { prefix } = server.location();
    bench = await BackupBench.open({
      locations: [
        { id: 'nas', kind: 'disk', folder: nas },
        {
          id: 'cloud',
          kind: 's3',
          endpoint: `http://127.0.0.1:${server.port}/backups`,
          region: 'us-east-1',
          accessKeyId: 'S3RVER',
          secretAccessKey: 'S3RVER',
          prefix,
          attempts: 2,
        },
      ],
    });
  });
  afterEach(async () => {
    await bench.close();
    rmSync(join(nas, '..'), { recursive: true });
  });
  const inFolder = (): number =>
    readdirSync(nas, { recursive: true, withFileTypes: true }).filter((one) => one.isFile() && !one.name.startsWith('.')).length;
  const prefer = (location: string | undefined): Promise<void> => setLocation(bench.bench.temp.store, 'anna', location);

  it('moves what a job writes when the choice changes; older generations come back from where they are', async () => {
    const phone = bench.phone({ file: 'photo.jpg' });
    const files = ['first', 'second', 'third'].map((_, n) => noise(60_000, n + 1));
    const packs: number[] = [];
    for (const [n, location] of [undefined, 'nas', 'cloud'].entries()) {
      await prefer(location);
      const done = await backUp(phone, files[n] ?? Buffer.alloc(0), n + 1);
      assert.deepEqual(done.codes, { '.': 200, manifest: 200 });
      assert.equal((await bench.copies())[0]?.location, location ?? 'local');
      packs.push(inFolder());
    }
    const [before = -1, during = -1, after = -1] = packs;
    assert.ok(before === 0 && during > 0 && after === during, `${packs.join()}`);
    for (const [n, file] of files.entries()) {
      const back = await phone.restore(`gen=${n + 1}`);
      assert.ok(back.items[0]?.content.equals(file), `generation ${n + 1}`);
    }
  });

  it('says so when the place is not there, keeps nothing half, and takes the job when it is back', async () => {
    const phone = bench.phone({ file: 'photo.jpg' });
    await prefer('nas');
    const first = noise(60_000, 1);
    await backUp(phone, first, 1);
    const away = `${nas}-away`;
    renameSync(nas, away);
    mkdirSync(nas);
    const refused = await backUp(phone, noise(60_000, 2), 2).then(
      (done) => JSON.stringify(done.codes),
      (error: unknown) => String(error),
    );
    assert.doesNotMatch(refused, /"manifest":200/);
    assert.deepEqual(readdirSync(nas), [], 'nothing beside the mount');
    assert.equal((await bench.generations('photo.jpg')).length, 1);
    rmSync(nas, { recursive: true });
    renameSync(away, nas);
    const again = await backUp(bench.phone({ file: 'photo.jpg' }), noise(60_000, 2), 2);
    assert.equal(again.codes['manifest'], 200);
    assert.ok((await bench.stored('photo.jpg')).equals(noise(60_000, 2)));
    assert.ok((await bench.stored('photo.jpg', 1)).equals(first));
  });
});

describe('backup: the first of a user whom the account service knows (R70, R75, R80)', function () {
  this.timeout(30_000);
  const accounts = new AccountServer();
  let bench: BackupBench;
  before(async () => {
    await accounts.start();
    await accounts.call('POST', '/accounts', { user: 'berta', password: 'words' });
  });
  after(() => accounts.remove());
  beforeEach(async () => {
    bench = await BackupBench.open({ 'accountService.restMs': 0 });
    bench.bench.exchange = bench.bench.another(
      {},
      new HttpAccountService({ url: accounts.url, token: SERVER_TOKEN, timeoutMs: 2000, attempts: 1 }),
    );
  });
  afterEach(() => bench.close());

  it('goes through at once, and the next one without the service; a stranger leaves nothing (R71, R73, R76)', async () => {
    const bytes = noise(40_000);
    const phone = bench.phone({ file: 'photo.jpg', userName: 'berta', password: 'words', device: 'IMEI:7' });
    assert.equal((await backUp(phone, bytes, 1)).codes['manifest'], 200);
    await accounts.stop();
    try {
      assert.equal((await backUp(phone, noise(40_000, 2), 2)).codes['manifest'], 200);
      assert.ok((await phone.restore('gen=1')).items[0]?.content.equals(bytes));
    } finally {
      await accounts.start();
    }
    const before = await bench.bench.temp.store.read((tx) => tx.accounts.list());
    const refused = await backUp(bench.phone({ userName: 'nobody', password: 'words', device: 'IMEI:8' }), bytes, 1);
    assert.deepEqual([refused.opened, refused.codes], [401, {}]);
    assert.deepEqual(await bench.bench.temp.store.read((tx) => tx.accounts.list()), before);
    assert.deepEqual(await bench.copies(), []);
  });
});
