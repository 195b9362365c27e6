import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { examine } from '../../../src/doctor/examine.js';
import { findingsOf } from '../../../src/storage/ports/inspection.js';
import { CHUNK_BYTES } from '../../../src/storage/ports/copies.js';
import { createSnapshot, restoreSnapshot, verifySnapshot } from '../../../src/storage/snapshot/snapshot.js';
import { AGES, NOW, richStore, type Rich } from '../../doctor/support/rich-store.js';
import { tempStore } from '../../support/temp-store.js';
import { CopyClient } from '../support/copy-client.js';
import { MemoryObjects } from '../support/memory-objects.js';
import { noise } from '../support/noise.js';

const K = CHUNK_BYTES;

describe('snapshots', () => {
  let root: string;
  let rich: Rich;
  let client: CopyClient;
  let snapshot: string;
  let restored: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'moorage-snapshot-'));
    [snapshot, restored] = [join(root, 'snapshot'), join(root, 'restored')];
    rich = await richStore();
    client = await CopyClient.create(rich.temp.store, rich.account, rich.device, 'contacts.db');
    await client.full(noise('one', 6 * K), 1);
  });
  afterEach(async () => {
    await rich.close();
    await rm(root, { recursive: true, force: true });
  });

  const take = () => createSnapshot(rich.temp.folder, snapshot, () => NOW);
  const faults = async () => (await verifySnapshot(snapshot)).faults;

  it('a restore drill: taken while a server writes, verified, restored, looked through by doctor, every item and generation there', async () => {
    const { store, keyring } = rich.temp;
    let done = false;
    let backups = 1;
    const writing = (async () => {
      while (!done) {
        backups += 1;
        await client.change(Buffer.concat([noise(`${backups}`, K), noise('one', 6 * K).subarray(K)]), backups);
      }
    })();
    const { files, outside } = await take();
    done = true;
    await writing;
    assert.deepEqual(outside, []);
    assert.ok(files.some(({ path }) => path.startsWith('packs/')) && files.some(({ path }) => path.startsWith('blobs/')));
    assert.deepEqual(await faults(), []);

    await restoreSnapshot(snapshot, restored);
    const again = await tempStore({ folder: restored, keyring, clock: () => NOW });
    const inspection = await examine(again.store, { now: NOW, ages: AGES, surroundings: true });
    assert.deepEqual(findingsOf(inspection), []);
    const contents = (of: typeof store) =>
      of.read(async (tx) => {
        const { items } = tx.account(rich.account);
        const list = await items.list(rich.datastore);
        return Promise.all(list.map(async ({ guid }) => Buffer.from((await items.content(rich.datastore, guid)) ?? []).toString('base64')));
      });
    assert.deepEqual(await contents(again.store), await contents(store));
    const copy = client.on(again.store);
    const known = await copy.within((copies) => copies.generations(client.copy));
    assert.ok(known.length >= 1 && known.length <= backups);
    for (const { number, modification } of known) {
      const file = await copy.file(number);
      assert.ok(
        file.equals(
          modification === 1 ? noise('one', 6 * K) : Buffer.concat([noise(`${modification}`, K), noise('one', 6 * K).subarray(K)]),
        ),
      );
    }
    await copy.change(noise('next', 6 * K), 1000);
    await again.close();
  });

  it('is as of one moment: what is written after it is not in it', async () => {
    await take();
    await client.change(noise('two', 6 * K), 2);
    await restoreSnapshot(snapshot, restored);
    const again = await tempStore({ folder: restored, keyring: rich.temp.keyring, clock: () => NOW });
    assert.equal((await client.on(again.store).within((copies) => copies.newest(client.copy)))?.number, 1);
    await again.close();
  });

  it('R64: is as sealed as the store, and holds no key', async () => {
    await take();
    for (const entry of readdirSync(snapshot, { recursive: true, withFileTypes: true }).filter((each) => each.isFile())) {
      const bytes = readFileSync(join(entry.parentPath, entry.name));
      for (const text of ['Fourth', 'contacts.db', 'moorage master key']) assert.equal(bytes.indexOf(text), -1, `${text} in ${entry.name}`);
    }
    await restoreSnapshot(snapshot, restored);
    await assert.rejects(tempStore({ folder: restored }), /The master key is not the one/);
  });

  it('notices every kind of damage, and restores nothing of a damaged one', async () => {
    await take();
    const pack =
      readdirSync(snapshot, { recursive: true })
        .map(String)
        .find((path) => /packs\/.*[0-9a-f]{32}$/.test(path)) ?? '';
    const file = join(snapshot, pack);
    const whole = readFileSync(file);
    for (const [damage, expected] of [
      [() => truncateSync(file, 10), /has 10 bytes instead of/],
      [() => writeFileSync(file, Buffer.from(whole).fill(0, 5, 6)), /has been changed/],
      [() => rmSync(file), /is missing/],
    ] as const) {
      damage();
      assert.match((await faults()).join(), expected);
      await assert.rejects(restoreSnapshot(snapshot, restored), /The snapshot is damaged: .*Nothing was restored/);
      assert.ok(!existsSync(restored));
      writeFileSync(file, whole);
    }
    writeFileSync(join(snapshot, 'stranger'), '');
    assert.deepEqual(await faults(), ['stranger is nothing of the snapshot']);
    rmSync(join(snapshot, 'stranger'));
    rmSync(join(snapshot, 'snapshot.json'));
    await assert.rejects(faults(), /is no snapshot/);
  });

  it('writes over nothing: neither another folder nor a store', async () => {
    await take();
    await assert.rejects(take(), /is not empty/);
    await assert.rejects(restoreSnapshot(snapshot, rich.temp.folder), /There is a store in .* already/);
    await assert.rejects(
      createSnapshot(join(root, 'nothing'), join(root, 'other'), () => NOW),
      /There is no data in/,
    );
  });

  it('says what is missing when a file that rows name is not there', async () => {
    rmSync(join(rich.temp.folder, 'blobs', rich.blob.slice(0, 2)), { recursive: true });
    await assert.rejects(take(), /blobs\/.* is missing, and rows name it/);
    assert.ok(!existsSync(join(snapshot, 'snapshot.json')));
  });

  it('says which storage locations hold a part of it', async () => {
    const other = await tempStore({
      locations: new Map([['nas', new MemoryObjects()]]),
      folder: rich.temp.folder,
      keyring: rich.temp.keyring,
    });
    const remote = await CopyClient.create(other.store, rich.account, rich.device, 'remote.db', 'nas');
    await remote.full(noise('remote', K), 1);
    assert.deepEqual((await take()).outside, ['nas']);
    await other.close();
  });
});
