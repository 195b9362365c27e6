import assert from 'node:assert/strict';
import { guid, guidOf } from '../../../src/model/ids.js';
import { create, GUID_NONE, item, settle, text, within, type OpenedStore, type OpenStore, type Setting } from './setting.js';

export function itemContract(open: OpenStore): void {
  describe('items', () => {
    let opened: OpenedStore;
    let setting: Setting;
    beforeEach(async () => {
      opened = await open();
      setting = await settle(opened.store);
    });
    afterEach(() => opened.close());

    it('gives GUIDs from 1 up and revision 1, and logs each', async () => {
      const { store } = opened;
      const made = await create(store, setting, 'a', 'b');
      assert.deepEqual(made[0], {
        guid: guid('1'),
        revision: 1,
        type: 'text/x-vcard',
        canonicalKey: 'canonical of a',
        size: 1,
        deleted: false,
        changedAt: 2000,
        changedBy: setting.device,
      });
      await store.read(async (tx) => {
        const account = tx.account(setting.account);
        assert.deepEqual(await account.items.get(setting.datastore, guid('2')), made[1]);
        assert.equal((await account.datastores.byId(setting.datastore))?.position, 2);
        assert.equal(await account.items.get(setting.datastore, GUID_NONE), undefined);
        assert.equal(await account.items.get(setting.datastore, guid('no/guid')), undefined);
        assert.equal(await account.items.content(setting.datastore, GUID_NONE), undefined);
      });
    });

    it('keeps every fact of an item', async () => {
      await within(opened.store, setting, async (account) => {
        const made = await account.items.create(setting.datastore, item('a', { identityKey: 'id', modified: '20080101T000000Z' }), {
          now: 3,
        });
        assert.equal(made.identityKey, 'id');
        assert.equal(made.modified, '20080101T000000Z');
        assert.deepEqual(await account.items.get(setting.datastore, made.guid), made);
        assert.equal(made.changedBy, undefined);
      });
    });

    it('keeps the old content as a version through changes and deletion', async () => {
      await create(opened.store, setting, 'one');
      await within(opened.store, setting, async ({ items, datastores }) => {
        const one = guid('1');
        const content = async (revision?: number) => text(await items.content(setting.datastore, one, revision));
        const second = await items.replace(setting.datastore, one, item('second'), { now: 3000 });
        assert.equal(second.revision, 2);
        assert.equal(second.size, 6);
        assert.deepEqual(await items.get(setting.datastore, one), second);
        assert.deepEqual([await content(), await content(1), await content(2)], ['second', 'one', 'second']);

        const gone = await items.remove(setting.datastore, one, { now: 4000, device: setting.device });
        assert.deepEqual(gone, { ...second, revision: 3, size: 0, deleted: true, changedAt: 4000, changedBy: setting.device });
        assert.deepEqual(await items.get(setting.datastore, one), gone);
        assert.deepEqual([await content(), await content(2), await content(3)], [undefined, 'second', undefined]);
        assert.deepEqual(await items.remove(setting.datastore, one, { now: 5000 }), gone, 'repeating a deletion changes nothing');

        const back = await items.replace(setting.datastore, one, item('back'), { now: 6000 });
        assert.deepEqual([back.revision, back.deleted], [4, false]);
        assert.deepEqual([await content(), await content(2), await content(4)], ['back', 'second', 'back']);
        assert.equal((await datastores.byId(setting.datastore))?.position, 4);
      });
    });

    it('lists live items in GUID order: shorter first, then as text', async () => {
      const contents = Array.from({ length: 80 }, (_, n) => `item ${n}`);
      await create(opened.store, setting, ...contents);
      await within(opened.store, setting, async ({ items }) => {
        await items.remove(setting.datastore, guidOf(5), { now: 1 });
        const guids = (await items.list(setting.datastore)).map((each) => each.guid);
        const sorted = [...guids].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
        assert.deepEqual(guids, sorted);
        assert.equal(guids.length, 79);
        assert.equal(await items.count(setting.datastore), 79);
        const paged: string[] = [];
        for (let after = guid('0'), page; ; after = page.at(-1)?.guid ?? after) {
          page = await items.list(setting.datastore, paged.length === 0 ? { limit: 7 } : { after, limit: 7 });
          if (page.length === 0) break;
          paged.push(...page.map((each) => each.guid));
        }
        assert.deepEqual(paged, guids);
      });
    });

    it('counts live items and their bytes over all datastores', async () => {
      await create(opened.store, setting, '12345', '123');
      await within(opened.store, setting, async (account) => {
        const notes = await account.datastores.create('notes', 'notes', 'client-wins');
        await account.items.create(notes.id, item('12'), { now: 1 });
        assert.equal(await account.usedBytes(), 10);
        await account.items.replace(setting.datastore, guid('1'), item('1'), { now: 1 });
        assert.equal(await account.usedBytes(), 6);
        await account.items.remove(setting.datastore, guid('2'), { now: 1 });
        assert.equal(await account.usedBytes(), 3);
        await account.items.replace(setting.datastore, guid('2'), item('1234'), { now: 1 });
        assert.equal(await account.usedBytes(), 7);
        assert.equal(await account.items.count(setting.datastore), 2);
      });
    });

    it('finds the oldest live item of a key that the pair has not mapped in that epoch', async () => {
      await within(opened.store, setting, async ({ items, idMap }) => {
        const same = { canonicalKey: 'same', identityKey: 'who' };
        for (const content of ['a', 'b', 'c']) await items.create(setting.datastore, item(content, same), { now: 1 });
        await items.create(setting.datastore, item('d', { canonicalKey: 'other' }), { now: 1 });
        const find = async (by: 'canonical' | 'identity', key: string, epoch = 1) =>
          (await items.findUnmapped(setting.datastore, by, key, setting.pair.id, epoch))?.guid;
        assert.equal(await find('canonical', 'same'), '1');
        await idMap.put(setting.pair.id, 1, { guid: guid('1') });
        assert.equal(await find('canonical', 'same'), '2');
        assert.equal(await find('identity', 'who'), '2');
        assert.equal(await find('canonical', 'same', 2), '1', 'another epoch');
        await items.remove(setting.datastore, guid('2'), { now: 1 });
        assert.equal(await find('identity', 'who'), '3');
        await idMap.put(setting.pair.id, 1, { guid: guid('3') });
        assert.equal(await find('canonical', 'same'), undefined);
        assert.equal(await find('canonical', 'other'), '4');
        assert.equal(await find('identity', 'other'), undefined);
        for (const content of ['e', 'f', 'g']) await items.create(setting.datastore, item(content, { looseKey: 'perhaps' }), { now: 1 });
        await idMap.put(setting.pair.id, 1, { guid: guid('6') });
        const list = async (limit: number) =>
          (await items.listUnmapped(setting.datastore, 'loose', 'perhaps', setting.pair.id, 1, limit)).map((one) => [
            one.guid,
            one.looseKey,
          ]);
        assert.deepEqual(await list(9), [
          ['5', 'perhaps'],
          ['7', 'perhaps'],
        ]);
        assert.equal((await list(1)).length, 1);
      });
    });

    it('refuses to change what is not there', async () => {
      await within(opened.store, setting, async ({ items }) => {
        await assert.rejects(items.replace(setting.datastore, GUID_NONE, item('x'), { now: 1 }));
        await assert.rejects(items.remove(setting.datastore, GUID_NONE, { now: 1 }));
        assert.equal(await items.count(setting.datastore), 0);
      });
    });
  });
}
