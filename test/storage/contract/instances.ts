import assert from 'node:assert/strict';
import { guid, guidOf, luid } from '../../../src/model/ids.js';
import { create, item, settle, within, type OpenedStore, type OpenStore, type Setting } from './setting.js';

export function instancesContract(open: OpenStore): void {
  describe('instances of series', () => {
    let opened: OpenedStore;
    let setting: Setting;
    beforeEach(async () => {
      opened = await open();
      setting = await settle(opened.store);
    });
    afterEach(() => opened.close());

    it('get GUIDs of the counter of items, once for each day of a series, whatever revisions it is in', async () => {
      await within(opened.store, setting, async ({ items, instances }) => {
        const { datastore } = setting;
        const series = await items.create(datastore, item('a', { instances: ['mo', 'tu'] }), { now: 1 });
        const other = await items.create(datastore, item('b'), { now: 1 });
        assert.deepEqual([series.guid, other.guid], [guidOf(1), guidOf(4)]);
        await items.replace(datastore, series.guid, item('c', { instances: ['tu', 'we'] }), { now: 2 });
        await items.replace(datastore, series.guid, item('d'), { now: 3 });
        const rows = [
          { guid: guidOf(2), series: series.guid, key: 'mo' },
          { guid: guidOf(3), series: series.guid, key: 'tu' },
          { guid: guidOf(5), series: series.guid, key: 'we' },
        ];
        assert.deepEqual(await instances.ofSeries(datastore, series.guid), rows);
        assert.deepEqual(await instances.byGuid(datastore, guidOf(3)), rows[1]);
        assert.equal(await instances.byGuid(datastore, series.guid), undefined);
        assert.deepEqual(await instances.series(datastore), [series.guid]);
        assert.deepEqual([await instances.series(datastore, 3), await instances.series(datastore, 4)], [[series.guid], []]);
        assert.equal(await items.get(datastore, guidOf(3)), undefined, 'it is no item');
        assert.equal(await items.count(datastore), 2);
      });
    });

    it('are others of their series, when it was moved; never two the same', async () => {
      await within(opened.store, setting, async ({ items, instances }) => {
        const { datastore } = setting;
        await items.create(datastore, item('a', { instances: ['mo', 'tu'] }), { now: 1 });
        await instances.rename(datastore, guidOf(2), 'we');
        await instances.rename(datastore, guidOf(3), 'we');
        assert.deepEqual(
          (await instances.ofSeries(datastore, guidOf(1))).map(({ key }) => key),
          ['we', 'tu'],
        );
      });
    });

    it('are found where a pair’s map names them, and left out of what is fixed', async () => {
      await within(opened.store, setting, async ({ items, instances, idMap, outgoing }) => {
        const { datastore, pair } = setting;
        await items.create(datastore, item('a', { instances: ['mo', 'tu'] }), { now: 1 });
        await idMap.put(pair.id, 1, { guid: guidOf(3), luid: luid('3'), owed: true });
        await idMap.put(pair.id, 2, { guid: guidOf(2), luid: luid('2') });
        assert.deepEqual(
          (await instances.mapped(pair.id, 1)).map((one) => one.guid),
          [guidOf(3)],
        );
        for (const options of [{ scope: 'all' }, { scope: 'changes', since: 0 }] as const) {
          await outgoing.fix({ datastore, pair: pair.id, epoch: 1, ...options });
          assert.deepEqual(
            (await outgoing.list(pair.id)).map((entry) => entry.guid),
            [guidOf(1)],
          );
        }
      });
    });

    it('go with their series, when no map names them any more', async () => {
      const { datastore, pair } = setting;
      await within(opened.store, setting, async ({ items, idMap, pairs }) => {
        for (const n of [1, 4]) {
          await items.create(datastore, item(`${n}`, { instances: ['mo', 'tu'] }), { now: 1 });
          await items.remove(datastore, guidOf(n), { now: 2 });
        }
        await idMap.put(pair.id, 1, { guid: guidOf(3), luid: luid('3') });
        await idMap.put(pair.id, 1, { guid: guidOf(5), luid: luid('5'), gone: 1 });
        await pairs.save({ ...pair, current: { clientNext: 'a', serverNext: 'b', position: 9, generation: 1, epoch: 1, at: 10 } });
      });
      const never = Number.MAX_SAFE_INTEGER;
      const ages = { endedSessionAge: never, openSessionAge: never, openSyncAge: never, versionAge: never, conflictAge: never };
      await opened.store.sweep(10, { ...ages, refusalAge: never, orphanBlobAge: never, draftAge: never });
      await within(opened.store, setting, async ({ instances }) => {
        assert.deepEqual(await instances.ofSeries(datastore, guidOf(4)), []);
        assert.deepEqual(
          (await instances.ofSeries(datastore, guidOf(1))).map((one) => one.guid),
          [guidOf(3)],
        );
      });
    });

    it('are put into the list of what goes out, in its order; what is taken out of it is gone', async () => {
      await create(opened.store, setting, 'a', 'b', 'c');
      await within(opened.store, setting, async ({ outgoing }) => {
        const { datastore, pair } = setting;
        await outgoing.fix({ datastore, pair: pair.id, epoch: 1, scope: 'all' });
        await outgoing.amend(pair.id, new Set([2]), [
          { guid: guid('9'), kind: 'Add' },
          { guid: guid('8'), kind: 'Delete' },
          { guid: guid('7'), kind: 'Replace' },
        ]);
        assert.deepEqual(
          (await outgoing.next(pair.id, 9)).map(({ seq, kind, guid: of }) => `${seq} ${kind} ${of}`),
          ['1 Delete 8', '2 Replace 7', '3 Add 1', '4 Add 3', '5 Add 9'],
        );
        const [first] = await outgoing.next(pair.id, 1);
        await outgoing.save(pair.id, { ...(first ?? assert.fail()), state: 'sent' });
        await assert.rejects(outgoing.amend(pair.id, new Set(), []));
      });
    });
  });
}
