import assert from 'node:assert/strict';
import { guid, luid } from '../../../src/model/ids.js';
import { chunkOwner } from '../../../src/storage/ports/arriving.js';
import type { MapRow } from '../../../src/storage/ports/id-map.js';
import { bytes, create, item, settle, within, type OpenedStore, type OpenStore, type Setting } from './setting.js';

export function idMapContract(open: OpenStore): void {
  describe('id map', () => {
    let opened: OpenedStore;
    let setting: Setting;
    beforeEach(async () => {
      opened = await open();
      setting = await settle(opened.store);
    });
    afterEach(() => opened.close());

    it('keeps further copies by their LUID, each epoch for itself, and drops them with it', async () => {
      await within(opened.store, setting, async ({ idMap, extraCopies }) => {
        const { id } = setting.pair;
        const copy = (name: string, of = '1', key = 'k') => ({ luid: luid(name), guid: guid(of), key });
        for (const one of [copy('a'), copy('b'), copy('c', '2'), copy('a', '1', 'changed')]) await extraCopies.put(id, 1, one);
        await extraCopies.put(id, 2, copy('a', '2'));
        assert.deepEqual(await extraCopies.byLuid(id, 1, luid('a')), copy('a', '1', 'changed'));
        assert.deepEqual((await extraCopies.ofItem(id, 1, guid('1'), 9)).map((one) => one.luid).sort(), ['a', 'b']);
        assert.equal((await extraCopies.ofItem(id, 1, guid('1'), 1)).length, 1);
        await extraCopies.remove(id, 1, luid('b'));
        assert.deepEqual([await extraCopies.count(id, 1), await extraCopies.count(id, 2)], [2, 1]);
        await idMap.keepEpochs(id, [2], 0);
        assert.deepEqual([await extraCopies.count(id, 1), await extraCopies.count(id, 2)], [0, 1]);
      });
    });

    it('keeps rows as they are put, each epoch for itself', async () => {
      await within(opened.store, setting, async ({ idMap }) => {
        const { id } = setting.pair;
        const full: MapRow = {
          guid: guid('a'),
          luid: luid('7'),
          heldRevision: 3,
          heldKey: 'key',
          heldGeneration: 2,
          pendingRevision: 4,
          owed: true,
          gone: 5,
          soft: true,
          withoutMedia: true,
        };
        await idMap.put(id, 1, full);
        assert.deepEqual(await idMap.byGuid(id, 1, guid('a')), full);
        assert.deepEqual(await idMap.byLuid(id, 1, luid('7')), full);
        assert.equal(await idMap.byLuid(id, 2, luid('7')), undefined);
        await idMap.put(id, 2, { guid: guid('b'), luid: luid('7') });
        assert.deepEqual(await idMap.list(id, 2), [{ guid: guid('b'), luid: luid('7') }]);
        await idMap.put(id, 1, { guid: guid('a') });
        assert.deepEqual(await idMap.byGuid(id, 1, guid('a')), { guid: guid('a') });
        assert.equal(await idMap.byLuid(id, 1, luid('7')), undefined);
        await idMap.remove(id, 1, guid('a'));
        assert.deepEqual(await idMap.list(id, 1), []);
      });
    });

    it('keeps one GUID a LUID and one LUID a GUID', async () => {
      await within(opened.store, setting, async ({ idMap }) => {
        const { id } = setting.pair;
        await idMap.put(id, 1, { guid: guid('a'), luid: luid('7'), heldRevision: 1 });
        await idMap.put(id, 1, { guid: guid('b'), luid: luid('7') });
        assert.equal((await idMap.byLuid(id, 1, luid('7')))?.guid, 'b');
        assert.deepEqual(await idMap.byGuid(id, 1, guid('a')), { guid: guid('a'), heldRevision: 1 });
        await idMap.put(id, 1, { guid: guid('b'), luid: luid('7') });
        assert.equal(await idMap.count(id, 1), 2, 'repeating changes nothing');
        await idMap.put(id, 1, { guid: guid('b'), luid: luid('7'), gone: 3 });
        await idMap.put(id, 1, { guid: guid('c'), luid: luid('7') });
        assert.equal(await idMap.byGuid(id, 1, guid('b')), undefined, 'a gone row makes room');
      });
    });

    it('tells LUIDs apart by every byte', async () => {
      await within(opened.store, setting, async ({ idMap }) => {
        const { id } = setting.pair;
        const luids = ['a', 'A', 'a ', 'ä', '01', '1', 'x'.repeat(255)].map(luid);
        for (const [n, each] of luids.entries()) await idMap.put(id, 1, { guid: guid((n + 1).toString(36)), luid: each });
        for (const [n, each] of luids.entries()) assert.equal((await idMap.byLuid(id, 1, each))?.guid, (n + 1).toString(36));
      });
    });

    it('counts rows that are not gone, lists those without a LUID', async () => {
      await within(opened.store, setting, async ({ idMap }) => {
        const { id } = setting.pair;
        await idMap.put(id, 1, { guid: guid('10'), luid: luid('1') });
        await idMap.put(id, 1, { guid: guid('2'), pendingRevision: 1 });
        await idMap.put(id, 1, { guid: guid('3'), luid: luid('3'), gone: 1 });
        assert.equal(await idMap.count(id, 1), 2);
        assert.deepEqual(await idMap.unmapped(id, 1), [{ guid: guid('2'), pendingRevision: 1 }]);
        assert.deepEqual(
          (await idMap.list(id, 1)).map((row) => row.guid),
          ['2', '3', '10'],
        );
      });
    });

    it('goes with its pair, as do the outgoing list and what has arrived; items stay', async () => {
      await create(opened.store, setting, 'one');
      await within(opened.store, setting, async ({ chunks, idMap, items, outgoing, pairs, staged }) => {
        const { id } = setting.pair;
        await idMap.put(id, 1, { guid: guid('1'), luid: luid('7') });
        await outgoing.fix({ datastore: setting.datastore, pair: id, epoch: 2, scope: 'all' });
        await staged.put(id, luid('8'), item('staged'));
        await chunks.append(chunkOwner(id), bytes('half an object'));
        await pairs.remove(id);
        assert.equal((await chunks.read(chunkOwner(id))).length, 0);
        assert.equal(await pairs.get(id), undefined);
        assert.deepEqual(await idMap.list(id, 1), []);
        assert.deepEqual(await outgoing.list(id), []);
        assert.deepEqual(await staged.list(id), []);
        assert.equal(await items.count(setting.datastore), 1);
        const again = await pairs.create(setting.device, setting.datastore, './contacts');
        assert.notEqual(again.id, id, 'what is left of a session names the old one');
        await assert.rejects(pairs.remove(id));
      });
    });

    it('keeps only the epochs that are named, and rows that are gone only for a while', async () => {
      await within(opened.store, setting, async ({ idMap }) => {
        const { id } = setting.pair;
        for (const epoch of [1, 2, 3, 5]) {
          await idMap.put(id, epoch, { guid: guid('a'), luid: luid('1') });
          await idMap.put(id, epoch, { guid: guid('b'), luid: luid('2'), gone: 4 });
          await idMap.put(id, epoch, { guid: guid('c'), luid: luid('3'), gone: 5 });
        }
        await idMap.keepEpochs(id, [2, 5], 5);
        for (const [epoch, guids] of [
          [1, []],
          [2, ['a', 'c']],
          [3, []],
          [5, ['a', 'c']],
        ] as const) {
          assert.deepEqual(
            (await idMap.list(id, epoch)).map((row) => row.guid),
            guids,
            `epoch ${epoch}`,
          );
        }
      });
    });
  });
}
