import assert from 'node:assert/strict';
import { CHUNK_BYTES, type ChunkRef } from '../../../src/storage/ports/copies.js';
import type { SweepLimits } from '../../../src/storage/ports/store.js';
import { StoreError } from '../../../src/model/errors.js';
import { tempStore, type TempStore } from '../../support/temp-store.js';
import { settle, type Setting } from '../contract/setting.js';
import { CopyClient } from '../support/copy-client.js';
import { MemoryObjects } from '../support/memory-objects.js';
import { noise } from '../support/noise.js';

const K = CHUNK_BYTES;
const HOUR = 60 * 60 * 1000;
const LIMITS: SweepLimits = {
  endedSessionAge: HOUR,
  openSessionAge: HOUR,
  openSyncAge: HOUR,
  versionAge: HOUR,
  conflictAge: HOUR,
  refusalAge: HOUR,
  orphanBlobAge: HOUR,
  draftAge: 24 * HOUR,
};

describe('copies: sweeping and compacting packs', () => {
  let now: number;
  let objects: MemoryObjects;
  let opened: TempStore;
  let setting: Setting;
  let client: CopyClient;
  beforeEach(async () => {
    now = 1_000_000_000;
    objects = new MemoryObjects(() => now);
    opened = await tempStore({ clock: () => now, locations: new Map([['nas', objects]]) });
    setting = await settle(opened.store);
    client = await CopyClient.create(opened.store, setting.account, setting.device, 'a.db', 'nas');
  });
  afterEach(() => opened.close());

  const sweep = () => opened.store.sweep(now, LIMITS);
  /** Lets what is free become old, and sweeps: once to find it, once to remove it. */
  const sweepAll = async () => {
    const gone: Record<string, number> = {};
    for (let n = 0; n < 3; n += 1) {
      now += HOUR + 1;
      for (const [kind, count] of Object.entries(await sweep())) gone[kind] = (gone[kind] ?? 0) + count;
    }
    return gone;
  };
  const storedBytes = () => client.within((copies) => copies.storedBytes());

  it('R56: packs of dropped generations go, those in use stay', async () => {
    const first = noise('one', 4 * K);
    await client.full(first, 1);
    await client.full(noise('two', 4 * K), 2);
    assert.equal(objects.held.size, 2);
    await client.within((copies) => copies.drop(client.copy, 1));
    assert.deepEqual(await sweep(), {}, 'a reader may still have its refs');
    assert.deepEqual(await sweepAll(), { packs: 1 });
    assert.equal(objects.held.size, 1);
    assert.deepEqual(await client.file(2), noise('two', 4 * K));
    assert.deepEqual(await sweepAll(), {}, 'and nothing more');
  });

  it('packs that no transaction came to name go when they are old, not before', async () => {
    await client.write(1, [[0, noise('orphan', K)]]);
    assert.deepEqual(await sweep(), {});
    assert.equal(objects.held.size, 1);
    assert.deepEqual(await sweepAll(), { packs: 1 });
    assert.equal(objects.held.size, 0);
  });

  it('a step that names a pack the sweeper has taken is told to prepare again', async () => {
    await client.full(noise('a', 2 * K), 1);
    const draft = await client.within((copies) => copies.openDraft(client.copy, 1, 'changes', now));
    const refs = await client.write(draft.number, [[0, noise('late', K)]]);
    await sweepAll();
    assert.equal(await client.within((copies) => copies.saveDraft(client.copy, draft, refs)), undefined);
    const again = await client.write(draft.number, [[0, noise('late', K)]]);
    assert.ok(await client.within((copies) => copies.saveDraft(client.copy, draft, again)));
  });

  it('drafts nobody went on with for a day go, with what they had written', async () => {
    await client.full(noise('a', 4 * K), 1);
    const before = await storedBytes();
    const draft = await client.within((copies) => copies.openDraft(client.copy, 1, 'changes', now));
    await client.step(draft, Buffer.concat([noise('b', 2 * K), noise('a', 4 * K).subarray(2 * K)]), [0, 1]);
    now += LIMITS.draftAge;
    assert.equal((await sweep())['drafts'], undefined);
    now += 1;
    assert.deepEqual((await sweep())['drafts'], 1);
    assert.equal(await client.within((copies) => copies.draft(client.copy)), undefined);
    assert.equal(await storedBytes(), before);
    assert.deepEqual(await sweepAll(), { packs: 1 });
    assert.deepEqual(await client.file(1), noise('a', 4 * K));
  });

  it('R102: many small packs become one, and what nobody names is left out', async () => {
    const file = noise('file', 40 * K);
    await client.full(file, 1);
    for (let n = 2; n <= 20; n += 1) {
      noise(`change ${n}`, K).copy(file, ((n * 2) % 40) * K);
      await client.change(file, n);
      await client.within((copies) => copies.drop(client.copy, n - 1));
    }
    assert.equal(objects.held.size, 20);
    const gone = await sweepAll();
    assert.ok((gone['compacted-packs'] ?? 0) >= 10, JSON.stringify(gone));
    assert.ok(objects.held.size <= 2, `${objects.held.size} packs`);
    assert.deepEqual(await client.file(20), file);
    assert.ok(objects.size < (await storedBytes()) * 2);
  });

  it('R102: a large pack with little live content is rewritten', async () => {
    const file = noise('file', 64 * K);
    await client.full(file, 1);
    noise('new', 60 * K).copy(file, 0);
    await client.change(file, 2);
    await client.within((copies) => copies.drop(client.copy, 1));
    await sweepAll();
    assert.equal(objects.size, await storedBytes());
    assert.deepEqual(await client.file(2), file);
  });

  it('a reader that has its refs finds their bytes after they were moved', async () => {
    const file = noise('file', 64 * K);
    await client.full(file, 1);
    noise('new', 60 * K).copy(file, 0);
    await client.change(file, 2);
    const refs = await client.within((copies) => copies.chunks(client.copy, 2));
    await client.within((copies) => copies.drop(client.copy, 1));
    now += HOUR + 1;
    const gone = await sweep();
    assert.equal(gone['compacted-packs'], 1);
    assert.notDeepEqual(packsOf(await client.within((copies) => copies.chunks(client.copy, 2))), packsOf(refs));
    assert.deepEqual(Buffer.concat(await opened.store.copies.read(setting.account, client.copy, refs)), file);
  });

  it('chunks that a restored generation shares are moved once, and for both', async () => {
    const one = noise('one', 40 * K);
    await client.full(one, 1);
    await client.change(noise('two', 40 * K), 2);
    await client.within((copies) => copies.openDraft(client.copy, 1, 'restore', now));
    await client.commit(3);
    for (const number of [1, 2]) await client.within((copies) => copies.drop(client.copy, number));
    await sweepAll();
    assert.deepEqual(await client.file(3), one);
    assert.equal(objects.size, await storedBytes());
  });

  it('packs of an account or device that is gone go', async () => {
    await client.full(noise('a', 4 * K), 1);
    const other = await settle(opened.store, 'berta');
    const others = await CopyClient.create(opened.store, other.account, other.device, 'a.db', 'nas');
    await others.full(noise('b', 4 * K), 1);
    await opened.store.transact((tx) => tx.accounts.remove(setting.account));
    assert.deepEqual(await sweepAll(), { packs: 1 });
    assert.deepEqual(await others.file(1), noise('b', 4 * K));
    await opened.store.transact((tx) => tx.account(other.account).devices.remove(other.device));
    assert.deepEqual(await sweepAll(), { packs: 1 });
    assert.equal(objects.held.size, 0);
  });

  it('leaves alone what others keep in the location', async () => {
    await objects.put('0123456789abcdef/1/1/0123456789abcdef0123456789abcdef', Buffer.from('another store’s'));
    await objects.put('holiday.jpg', Buffer.from('no pack'));
    await client.write(1, [[0, noise('orphan', K)]]);
    await sweepAll();
    assert.deepEqual([...objects.held.keys()], ['0123456789abcdef/1/1/0123456789abcdef0123456789abcdef', 'holiday.jpg']);
  });

  it('a location that cannot be reached holds up nothing else, and is swept when it is back', async () => {
    await client.full(noise('a', 4 * K), 1);
    await client.full(noise('b', 4 * K), 2);
    await client.within((copies) => copies.drop(client.copy, 1));
    const local = await CopyClient.create(opened.store, setting.account, setting.device, 'local.db');
    await local.full(noise('c', 2 * K), 1);
    objects.fault = () => {
      throw new StoreError('unavailable', 'no route to host');
    };
    assert.equal((await sweepAll())['unreachable-locations'], 3);
    assert.equal(objects.held.size, 2);
    objects.fault = () => undefined;
    await sweepAll();
    assert.equal(objects.held.size, 1);
    assert.deepEqual(await client.file(2), noise('b', 4 * K));
    assert.deepEqual(await local.file(1), noise('c', 2 * K));
  });
});

const packsOf = (refs: readonly ChunkRef[]): readonly string[] => [...new Set(refs.map(({ pack }) => pack))].sort();
