/** Backup server, account service and storage as three processes, each with credentials of its own, and a phone that talks to the first only. */
import assert from 'node:assert/strict';
import { AccountServer, SERVER_TOKEN, SIGN_UP_TOKEN } from '../accounts/support/account-server.js';
import { httpTransport } from '../model-client/transport.js';
import { names } from '../storage/objects/contract.js';
import { S3Process } from '../storage/objects/support/s3-process.js';
import { Program } from '../support/program.js';
import { BackupPhone } from './support/backup-phone.js';
import { fileManifest, noise } from './support/bench.js';

describe('backup: three parties (R47, R70, R93)', function () {
  this.timeout(60_000);
  const accounts = new AccountServer();
  const storage = new S3Process();
  const link = httpTransport();
  let server: Program;
  before(async () => {
    await accounts.start();
    await storage.start();
    const cloud = {
      id: 'cloud',
      kind: 's3',
      endpoint: `http://127.0.0.1:${storage.port}/backups`,
      accessKeyId: 'S3RVER',
      secretAccessKey: 'S3RVER',
      prefix: 'moorage/',
    };
    server = new Program('serve', {
      MOORAGE_LOCATIONS: JSON.stringify([cloud]),
      MOORAGE_LOCATION: 'cloud',
      MOORAGE_ACCOUNT_SERVICE_URL: accounts.url,
      MOORAGE_ACCOUNT_SERVICE_TOKEN: SERVER_TOKEN,
      MOORAGE_ACCOUNT_SERVICE_REST_MS: '0',
    });
    await server.start();
  });
  after(async () => {
    link.close();
    await server.remove();
    await storage.remove();
    await accounts.remove();
  });

  const phone = (device: string, password: string): BackupPhone =>
    new BackupPhone(link, { url: `http://127.0.0.1:${server.port}/sync`, file: 'photo.jpg', device, userName: 'berta', password });
  const backUp = (by: BackupPhone, bytes: Buffer, modification: number): ReturnType<BackupPhone['backup']> =>
    by.backup([
      { name: '.', type: 'image/jpeg', content: bytes },
      { name: 'manifest', content: fileManifest(bytes, modification, { media: 'image/jpeg' }) },
    ]);

  it('a user signs up with one, backs up to another and lies with the third; each may be gone for a while', async () => {
    const bytes = noise(50_000);
    const mine = phone('IMEI:1', 'words of berta');
    assert.equal((await backUp(mine, bytes, 1)).opened, 401, 'not registered');
    assert.equal((await accounts.call('POST', '/accounts', { user: 'berta', password: 'words of berta', entitled: false })).status, 201);
    assert.equal((await backUp(mine, bytes, 1)).opened, 403, 'not entitled');
    await accounts.call('PUT', '/accounts/berta/entitlement', { entitled: true });
    assert.equal((await backUp(mine, bytes, 1)).codes['manifest'], 200);
    const bucket = storage.objects({ prefix: 'moorage/' });
    const packs = (await names(bucket)).length;
    assert.ok(packs > 0);

    await accounts.stop();
    const second = noise(50_000, 2);
    assert.equal((await backUp(mine, second, 2)).codes['manifest'], 200, 'a known phone needs no account service');
    assert.equal((await backUp(phone('IMEI:2', 'words of berta'), bytes, 1)).opened, 503);
    await accounts.start();

    await storage.kill();
    const third = noise(50_000, 3);
    const failed = await backUp(mine, third, 3).catch(String);
    assert.doesNotMatch(JSON.stringify(failed), /"manifest":200/);
    await storage.start();
    assert.equal((await backUp(phone('IMEI:1', 'words of berta'), third, 3)).codes['manifest'], 200);

    await server.stop();
    await server.start();
    for (const [n, file] of [bytes, second, third].entries())
      assert.ok((await phone('IMEI:1', 'words of berta').restore(`gen=${n + 1}`)).items[0]?.content.equals(file), `generation ${n + 1}`);
    assert.ok((await names(bucket)).length > packs);
  });

  it('no log has the secrets of anybody', () => {
    for (const said of [server.said, accounts.said]) {
      assert.match(said, /"listening"/);
      assert.doesNotMatch(said, new RegExp(`words of|S3RVER|${SERVER_TOKEN}|${SIGN_UP_TOKEN}`));
    }
    assert.match(server.said, /"account-service".*"outcome":"entitled"|"outcome":"entitled".*"account-service"/);
    assert.match(server.said, /location-retry/);
  });
});
