import assert from 'node:assert/strict';
import { guid, guidOf, luid, type SessionToken } from '../../../src/model/ids.js';
import type { AnchorPoint, OpenSync, PairRecord } from '../../../src/storage/ports/pairs.js';
import type { SweepLimits } from '../../../src/storage/ports/store.js';
import { bytes, create, item, response, session, settle, within, type OpenedStore, type OpenStore, type Setting } from './setting.js';

const LIMITS: SweepLimits = {
  endedSessionAge: 100,
  openSessionAge: 200,
  openSyncAge: 300,
  versionAge: 400,
  conflictAge: 500,
  refusalAge: 600,
  orphanBlobAge: 700,
  draftAge: 800,
};
const DAY = 24 * 60 * 60 * 1000;
const NOW = 1000 * DAY;

const point = (position: number, changes: Partial<AnchorPoint> = {}): AnchorPoint => ({
  clientNext: 'c',
  serverNext: 's',
  position,
  generation: 1,
  epoch: 1,
  at: NOW - DAY,
  ...changes,
});
const openSync = (startedAt: number, changes: Partial<OpenSync> = {}): OpenSync => ({
  type: 201,
  clientNext: 'c',
  serverNext: 's',
  epoch: 2,
  base: 0,
  phase: 'receiving',
  startedAt,
  ...changes,
});

export function sweepContract(open: OpenStore): void {
  describe('sweep', () => {
    let opened: OpenedStore;
    let setting: Setting;
    let time = NOW;
    beforeEach(async () => {
      time = NOW;
      opened = await open({ clock: () => time });
      setting = await settle(opened.store);
    });
    afterEach(() => opened.close());

    const sweep = (limits: Partial<SweepLimits> = {}) => opened.store.sweep(NOW, { ...LIMITS, ...limits });
    const savePair = (changes: Partial<PairRecord>) =>
      within(opened.store, setting, (account) => account.pairs.save({ ...setting.pair, ...changes }));

    it('finds nothing in a fresh store', async () => {
      assert.deepEqual(await sweep(), {});
    });

    it('drops ended and open sessions at their own age, to the millisecond', async () => {
      await opened.store.transact(async ({ sessions }) => {
        const save = (token: string, age: number, ended: boolean) =>
          sessions.save(session(setting, token, { updatedAt: NOW - age, ended }), response(''));
        await save('ended-100', 100, true);
        await save('ended-101', 101, true);
        await save('open-200', 200, false);
        await save('open-201', 201, false);
      });
      assert.deepEqual(await sweep(), { sessions: 1, 'open-sessions': 1 });
      const left = await opened.store.read((tx) => tx.sessions.ofAccount(setting.account, 9));
      assert.deepEqual(left.map((each) => each.token).sort(), ['ended-100', 'open-200']);
      assert.equal(await opened.store.read((tx) => tx.sessions.response('ended-101' as SessionToken)), undefined);
    });

    it('ends a sync that nobody goes on with, and keeps "slow needed"', async () => {
      const fence = 'live' as SessionToken;
      await within(opened.store, setting, async (account, tx) => {
        await account.items.create(setting.datastore, item('a'), { now: NOW });
        await account.outgoing.fix({ datastore: setting.datastore, pair: setting.pair.id, epoch: 2, scope: 'all' });
        await account.staged.put(setting.pair.id, luid('1'), item('staged'));
        await account.idMap.put(setting.pair.id, 2, { guid: guid('1') });
        await tx.sessions.save(session(setting, fence, { updatedAt: NOW - 150 }), response(''));
      });
      await savePair({ open: openSync(NOW - 301), slowNeeded: true, lastEpoch: 2, fence });
      assert.deepEqual(await sweep(), {}, 'its session lives');
      await opened.store.transact((tx) => tx.sessions.remove(fence));
      await savePair({ open: openSync(NOW - 300), slowNeeded: true, lastEpoch: 2, fence });
      assert.deepEqual(await sweep(), {}, 'not old enough');
      await savePair({ open: openSync(NOW - 301), slowNeeded: true, lastEpoch: 2, fence });
      assert.deepEqual(await sweep(), { 'open-syncs': 1, 'map-rows': 1 });
      await within(opened.store, setting, async (account) => {
        const pair = await account.pairs.get(setting.pair.id);
        assert.deepEqual([pair?.open, pair?.slowNeeded, pair?.lastEpoch], [undefined, true, 2]);
        assert.deepEqual(await account.outgoing.list(setting.pair.id), []);
        assert.deepEqual(await account.staged.list(setting.pair.id), []);
      });
    });

    it('drops parts of an object whose last part is old, all of them', async () => {
      const append = (owner: string) => within(opened.store, setting, (account) => account.chunks.append(owner, bytes('x')));
      time = NOW - 9000;
      await append('left');
      await append('goes-on');
      time = NOW - 301;
      await append('left');
      time = NOW - 300;
      await append('goes-on');
      assert.deepEqual(await sweep(), { chunks: 2 });
      await opened.store.read(async (tx) => {
        const { chunks } = tx.account(setting.account);
        assert.deepEqual([(await chunks.read('left')).length, (await chunks.read('goes-on')).length], [0, 2]);
      });
    });

    it('drops versions by the time they were superseded, never the newest content', async () => {
      await within(opened.store, setting, async ({ items }) => {
        await items.create(setting.datastore, item('v1'), { now: 1 });
        await items.replace(setting.datastore, guid('1'), item('v2'), { now: NOW - 401 });
        await items.replace(setting.datastore, guid('1'), item('v3'), { now: NOW - 400 });
      });
      assert.deepEqual(await sweep(), { versions: 1 });
      await opened.store.read(async (tx) => {
        const { items } = tx.account(setting.account);
        const sizes: unknown[] = [];
        for (const n of [1, 2, 3]) sizes.push((await items.content(setting.datastore, guid('1'), n))?.length);
        assert.deepEqual(sizes, [undefined, 2, 2]);
      });
    });

    it('drops old conflicts, failures and refusals', async () => {
      await within(opened.store, setting, async (account, tx) => {
        const entry = { datastore: setting.datastore, guid: guid('1'), cause: 'archive', decision: 'server', revision: 1, type: 't' };
        await account.conflicts.add({ ...entry, at: NOW - 501 }, {});
        await account.conflicts.add({ ...entry, at: NOW - 500 }, {});
        const key = { account: setting.account, deviceUri: 'd', address: 'old' };
        await tx.accounts.saveFailure(key, { count: 1, lastAt: NOW - 601, blockedUntil: 0 });
        await tx.accounts.saveFailure({ ...key, address: 'blocked' }, { count: 1, lastAt: NOW - 601, blockedUntil: NOW });
        await tx.accounts.saveFailure({ ...key, address: 'young' }, { count: 1, lastAt: NOW - 600, blockedUntil: 0 });
        const device = await account.devices.byId(setting.device);
        assert.ok(device);
        await account.devices.save({ ...device, lastRefusal: { at: NOW - 601, reason: 'nonce' } });
      });
      assert.deepEqual(await sweep(), { conflicts: 1, failures: 1, refusals: 1 });
      const device = await opened.store.read((tx) => tx.account(setting.account).devices.byId(setting.device));
      assert.equal(device?.lastRefusal, undefined);
    });

    it('keeps the map epochs that an anchor, an open sync or its hints name', async () => {
      await savePair({
        current: point(0, { epoch: 3 }),
        previous: point(0, { epoch: 2 }),
        tentative: point(0, { epoch: 4 }),
        open: openSync(NOW, { epoch: 6, hints: [{ epoch: 5, aborted: true }] }),
        lastEpoch: 7,
      });
      await within(opened.store, setting, async ({ idMap }) => {
        for (let epoch = 1; epoch <= 7; epoch += 1) await idMap.put(setting.pair.id, epoch, { guid: guid('1'), luid: luid('1') });
        for (let n = 2; n <= 1200; n += 1) await idMap.put(setting.pair.id, 1, { guid: guidOf(n) });
      });
      assert.deepEqual(await sweep(), { 'map-rows': 1201 });
      await opened.store.read(async (tx) => {
        const counts: number[] = [];
        for (let epoch = 1; epoch <= 7; epoch += 1) counts.push(await tx.account(setting.account).idMap.count(setting.pair.id, epoch));
        assert.deepEqual(counts, [0, 1, 1, 1, 1, 1, 0]);
      });
    });

    describe('change log', () => {
      const floor = async () => (await opened.store.read((tx) => tx.account(setting.account).datastores.byId(setting.datastore)))?.floor;
      const anotherPair = (changes: Partial<PairRecord>) =>
        within(opened.store, setting, async (account) => {
          const device = await account.devices.create(`IMEI:${Math.random()}`, 1);
          const pair = await account.pairs.create(device.id, setting.datastore, './contacts');
          await account.pairs.save({ ...pair, ...changes });
        });
      beforeEach(async () => {
        await create(opened.store, setting, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
      });

      it('is kept from the oldest position a device may still ask from', async () => {
        await savePair({ current: point(6), previous: point(4) });
        await anotherPair({ current: point(7) });
        await sweep();
        assert.equal(await floor(), 4);
      });
      it('is kept from where an open sync began', async () => {
        await savePair({ current: point(6) });
        await anotherPair({ open: openSync(NOW, { base: 3 }) });
        await sweep();
        assert.equal(await floor(), 3);
      });
      it('is kept from an anchor that is only offered yet', async () => {
        await savePair({ tentative: point(5) });
        await sweep();
        assert.equal(await floor(), 5);
      });
      it('is not kept for a device that stayed away for half a year', async () => {
        await savePair({ current: point(6) });
        await anotherPair({ current: point(2, { at: NOW - 181 * DAY }) });
        await sweep();
        assert.equal(await floor(), 6);
      });
      it('is all compacted when no device has an anchor, and never goes back', async () => {
        await sweep();
        assert.equal(await floor(), 8);
        await savePair({ current: point(2) });
        await sweep();
        assert.equal(await floor(), 8);
      });

      it('lets tombstones go that no device’s map names', async () => {
        await within(opened.store, setting, async ({ items, idMap }) => {
          for (const n of ['1', '2', '3']) await items.remove(setting.datastore, guid(n), { now: NOW });
          await idMap.put(setting.pair.id, 1, { guid: guid('2'), luid: luid('2') });
          await idMap.put(setting.pair.id, 1, { guid: guid('3'), luid: luid('3'), gone: 1 });
        });
        await savePair({ current: point(10) });
        assert.deepEqual(await sweep(), { tombstones: 1 }, 'position 11 is above the floor');
        await savePair({ current: point(11) });
        assert.deepEqual(await sweep(), { tombstones: 1 });
        await opened.store.read(async (tx) => {
          const { items } = tx.account(setting.account);
          const left: unknown[] = [];
          for (const n of ['1', '2', '3']) left.push((await items.get(setting.datastore, guid(n)))?.deleted);
          assert.deepEqual(left, [undefined, true, undefined]);
        });
      });
    });

    it('removes blobs that no row names and that were not put lately', async () => {
      const { blobs } = opened.store;
      const big = (fill: string): Uint8Array => Buffer.alloc(blobs.inlineLimit + 1, fill);
      time = NOW - 701;
      const names: string[] = [];
      for (const fill of ['orphan', 'again', 'item', 'staged']) names.push(await blobs.put(setting.account, big(fill)));
      const named = (at: number) => ({ ...item('x'), content: { kind: 'blob' as const, name: names[at] ?? '', size: 1 } });
      await within(opened.store, setting, async ({ items, staged }) => {
        await items.create(setting.datastore, named(2), { now: 1 });
        await staged.put(setting.pair.id, luid('1'), named(3));
      });
      time = NOW - 700;
      await blobs.put(setting.account, big('again'));
      await blobs.put(setting.account, big('young'));
      assert.deepEqual(await sweep(), { blobs: 1 });
      const other = await opened.another();
      const length = await other.read(
        async (tx) => (await tx.account(setting.account).items.content(setting.datastore, guid('1')))?.length,
      );
      assert.equal(length, big('x').length);
      await within(opened.store, setting, ({ items }) => items.remove(setting.datastore, guid('1'), { now: NOW - 401 }));
      assert.deepEqual(
        await sweep({ orphanBlobAge: 700 }),
        { versions: 1, tombstones: 1, blobs: 1 },
        'the last version took its blob along',
      );
    });

    it('stops when it is told to', async () => {
      await assert.rejects(opened.store.sweep(NOW, LIMITS, AbortSignal.abort()), { name: 'AbortError' });
    });
  });
}
