import assert from 'node:assert/strict';
import { guid } from '../../../src/model/ids.js';
import { item, settle, within, type OpenedStore, type OpenStore, type Setting } from './setting.js';

export function blobContract(open: OpenStore): void {
  describe('blobs', () => {
    let opened: OpenedStore;
    let setting: Setting;
    beforeEach(async () => {
      opened = await open();
      setting = await settle(opened.store);
    });
    afterEach(() => opened.close());

    const big = (fill: string): Uint8Array => Buffer.alloc(opened.store.blobs.inlineLimit + 1, fill);
    const store = (content: Uint8Array) =>
      opened.store.blobs
        .put(setting.account, content)
        .then((name) =>
          within(opened.store, setting, ({ items }) =>
            items.create(setting.datastore, { ...item('big'), content: { kind: 'blob', name, size: content.length } }, { now: 1 }),
          ),
        );

    it('names a blob by its account and content', async () => {
      const { blobs } = opened.store;
      const berta = await settle(opened.store, 'berta');
      const name = await blobs.put(setting.account, big('a'));
      assert.equal(await blobs.put(setting.account, big('a')), name);
      assert.equal(name, await opened.store.read(async (tx) => tx.account(setting.account).keyedHash('blob', big('a'))));
      assert.notEqual(await blobs.put(setting.account, big('b')), name);
      assert.notEqual(await blobs.put(berta.account, big('a')), name);
    });

    it('reads an item’s blob like any content, in the store that put it and in another', async () => {
      const { guid: made, size } = await store(big('a'));
      assert.equal(size, big('a').length);
      const other = await opened.another();
      for (const each of [opened.store, other]) {
        const content = await each.read((tx) => tx.account(setting.account).items.content(setting.datastore, made));
        assert.ok(content && Buffer.compare(content, big('a')) === 0);
      }
    });

    it('runs a transaction again for each blob that is not at hand, and lets nothing of the earlier runs stand', async () => {
      await store(big('a'));
      await store(big('b'));
      const other = await opened.another();
      let runs = 0;
      const lengths = await within(other, setting, async ({ items }) => {
        runs += 1;
        await items.create(setting.datastore, item(`run ${runs}`), { now: 1 });
        const found: (number | undefined)[] = [];
        for (const n of ['1', '2']) found.push((await items.content(setting.datastore, guid(n)))?.length);
        return found;
      });
      assert.deepEqual(lengths, [big('a').length, big('b').length]);
      assert.equal(runs, 3);
      await other.read(async (tx) => assert.equal(await tx.account(setting.account).items.count(setting.datastore), 3));
    });

    it('runs again also when the work swallowed the fault', async () => {
      await store(big('a'));
      const other = await opened.another();
      const answer = await within(other, setting, async ({ items }) => {
        try {
          return (await items.content(setting.datastore, guid('1')))?.length;
        } catch {
          return 'swallowed';
        }
      });
      assert.equal(answer, big('a').length);
    });

    it('answers a blob that is gone with a fault of its own', async () => {
      await within(opened.store, setting, ({ items }) =>
        items.create(setting.datastore, { ...item('big'), content: { kind: 'blob', name: 'A'.repeat(43), size: 9 } }, { now: 1 }),
      );
      await assert.rejects(
        opened.store.read((tx) => tx.account(setting.account).items.content(setting.datastore, guid('1'))),
        { fault: 'corrupt' },
      );
    });
  });
}
