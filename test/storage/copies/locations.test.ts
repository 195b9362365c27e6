/** A user's copies in real locations: the choice is kept with the account, new packs follow it, older ones stay readable where they are. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setLocation } from '../../../src/accounts/users.js';
import { DiskObjects } from '../../../src/storage/objects/disk.js';
import { prepareFolder } from '../../../src/storage/objects/marker.js';
import { CHUNK_BYTES, HOME_LOCATION } from '../../../src/storage/ports/copies.js';
import type { Objects } from '../../../src/storage/ports/objects.js';
import { tempStore, type TempStore } from '../../support/temp-store.js';
import { settle, type Setting } from '../contract/setting.js';
import { fails, names } from '../objects/contract.js';
import { S3Process } from '../objects/support/s3-process.js';
import { CopyClient } from '../support/copy-client.js';
import { noise } from '../support/noise.js';

const K = CHUNK_BYTES;

describe('copies in storage locations (R16, R51, R65, R92)', function () {
  this.timeout(30_000);
  const server = new S3Process();
  let nas: string;
  let cloud: Objects;
  let opened: TempStore;
  let setting: Setting;
  before(() => server.start());
  after(() => server.remove());
  beforeEach(async () => {
    nas = mkdtempSync(join(tmpdir(), 'moorage-nas-'));
    await prepareFolder(nas, 'nas');
    cloud = server.objects({ ...server.location(), attempts: 2 });
    opened = await tempStore({
      locations: new Map<string, Objects>([
        ['nas', new DiskObjects({ id: 'nas', folder: nas })],
        ['cloud', cloud],
      ]),
    });
    setting = await settle(opened.store);
  });
  afterEach(async () => {
    await opened.close();
    rmSync(nas, { recursive: true, force: true });
  });

  const files = (): string[] =>
    readdirSync(nas, { recursive: true, withFileTypes: true }).flatMap((one) =>
      one.isFile() && !one.name.startsWith('.') ? [join(one.parentPath, one.name)] : [],
    );
  const choice = (): Promise<string> =>
    opened.store.read(async (tx) => (await tx.accounts.byId(setting.account))?.location ?? HOME_LOCATION);
  const follow = async (client: CopyClient): Promise<CopyClient> => client.of(client.copy, await choice());
  const changed = (file: Buffer, at: number): Buffer => {
    const copy = Buffer.from(file);
    noise(`change ${at}`, K).copy(copy, at * K);
    return copy;
  };

  it('moves new writes when the choice changes; a generation may lie in three places and is one file', async () => {
    let client = await CopyClient.create(opened.store, setting.account, setting.device, 'a.db', await choice());
    const first = noise('first', 6 * K);
    await client.full(first, 1);
    assert.deepEqual([files().length, (await names(cloud)).length], [0, 0]);

    await setLocation(opened.store, 'anna', 'nas');
    client = await follow(client);
    const second = changed(first, 2);
    await client.change(second, 2);
    assert.deepEqual([files().length, (await names(cloud)).length], [1, 0]);

    await setLocation(opened.store, 'anna', 'cloud');
    client = await follow(client);
    const third = changed(second, 4);
    await client.change(third, 3);
    assert.deepEqual([files().length, (await names(cloud)).length], [1, 1]);

    for (const [number, file] of [first, second, third].entries()) assert.deepEqual(await client.file(number + 1), file);
    assert.deepEqual(await client.chunk(3, 0), first.subarray(0, K), 'from the first place');

    await setLocation(opened.store, 'anna', undefined);
    client = await follow(client);
    const fourth = changed(third, 0);
    await client.change(fourth, 4);
    assert.deepEqual([files().length, (await names(cloud)).length], [1, 1]);
    assert.deepEqual(await client.file(4), fourth);
  });

  it('shows nobody at the location what it keeps (R64)', async () => {
    const client = await CopyClient.create(opened.store, setting.account, setting.device, 'a.db', 'nas');
    await client.full(Buffer.from('Mother 0123456789 '.repeat(2000)), 1);
    for (const file of files()) assert.doesNotMatch(readFileSync(file).toString('latin1') + file, /Mother|anna|a\.db/);
    assert.equal(files().length, 1);
  });

  it('is unavailable, not lost, while a location is not there; the others go on', async () => {
    const here = await CopyClient.create(opened.store, setting.account, setting.device, 'here.db', HOME_LOCATION);
    const there = await CopyClient.create(opened.store, setting.account, setting.device, 'there.db', 'cloud');
    const file = noise('file', 3 * K);
    await here.full(file, 1);
    await there.full(file, 1);
    await server.kill();
    try {
      await assert.rejects(there.file(1), fails('unavailable'));
      await assert.rejects(there.write(2, [[0, noise('new', K)]]), fails('unavailable'));
      assert.deepEqual(await here.file(1), file);
    } finally {
      await server.start();
    }
    assert.deepEqual(await there.file(1), file);
    const elsewhere = there.of(there.copy, 'no such place');
    await assert.rejects(elsewhere.write(2, [[0, noise('new', K)]]), fails('unavailable'));
  });
});
