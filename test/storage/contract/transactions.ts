import assert from 'node:assert/strict';
import { StoreError } from '../../../src/model/errors.js';
import { bytes, create, CREDENTIAL, item, settle, text, within, type OpenedStore, type OpenStore, type Setting } from './setting.js';

export function transactionContract(open: OpenStore): void {
  describe('transactions', () => {
    let opened: OpenedStore;
    let setting: Setting;
    beforeEach(async () => {
      opened = await open();
      setting = await settle(opened.store);
    });
    afterEach(() => opened.close());

    it('leaves nothing of work that throws', async () => {
      const { store } = opened;
      await assert.rejects(
        within(store, setting, async (account, tx) => {
          await account.items.create(setting.datastore, item('gone'), { now: 1 });
          await account.chunks.append('pair', bytes('gone'));
          await tx.accounts.create('berta', CREDENTIAL, 1);
          throw new Error('on purpose');
        }),
        /on purpose/,
      );
      await store.read(async (tx) => {
        const account = tx.account(setting.account);
        assert.equal(await account.items.count(setting.datastore), 0);
        assert.equal((await account.items.list(setting.datastore)).length, 0);
        assert.equal((await account.datastores.byId(setting.datastore))?.position, 0);
        assert.equal(await account.usedBytes(), 0);
        assert.equal((await account.chunks.read('pair')).length, 0);
        assert.equal(await tx.accounts.byName('berta'), undefined);
      });
    });

    it('shows a commit to a second connection at once', async () => {
      const other = await opened.another();
      const [made] = await create(opened.store, setting, 'seen');
      assert.ok(made);
      const seen = await other.read((tx) => tx.account(setting.account).items.content(setting.datastore, made.guid));
      assert.equal(text(seen), 'seen');
    });

    it('reads its own writes, and one moment within a read', async () => {
      const { store } = opened;
      const other = await opened.another();
      await within(store, setting, async (account) => {
        await account.items.create(setting.datastore, item('a'), { now: 1 });
        assert.equal((await account.items.list(setting.datastore)).length, 1);
      });
      const counts = await store.read(async (tx) => {
        const before = await tx.account(setting.account).items.count(setting.datastore);
        await create(other, setting, 'b');
        return [before, await tx.account(setting.account).items.count(setting.datastore)];
      });
      assert.deepEqual(counts, [1, 1]);
      assert.equal(await store.read((tx) => tx.account(setting.account).items.count(setting.datastore)), 2);
    });

    it('queues two writers so that neither loses an update', async () => {
      const other = await opened.another();
      const stores = [opened.store, other];
      await Promise.all(
        Array.from({ length: 40 }, (_, n) =>
          within(stores[n % 2] ?? other, setting, async (account) => {
            const device = await account.devices.byId(setting.device);
            assert.ok(device);
            await account.devices.save({ ...device, authCount: device.authCount + 1 });
          }),
        ),
      );
      const device = await other.read((tx) => tx.account(setting.account).devices.byId(setting.device));
      assert.equal(device?.authCount, 40);
    });

    it('runs the whole work again on a conflict, with nothing left of the first run', async () => {
      const seen: number[] = [];
      await within(opened.store, setting, async (account) => {
        seen.push(await account.items.count(setting.datastore));
        await account.items.create(setting.datastore, item('once'), { now: 1 });
        if (seen.length < 3) throw new StoreError('conflict', 'on purpose');
      });
      assert.deepEqual(seen, [0, 0, 0]);
      assert.equal(await opened.store.read((tx) => tx.account(setting.account).items.count(setting.datastore)), 1);
    });

    it('gives up on work that always conflicts, and does not repeat other faults', async () => {
      let runs = 0;
      const failing = (fault: 'conflict' | 'corrupt'): Promise<never> =>
        opened.store.transact(async () => {
          runs += 1;
          throw new StoreError(fault, 'on purpose');
        });
      await assert.rejects(failing('corrupt'), { fault: 'corrupt' });
      assert.equal(runs, 1);
      await assert.rejects(failing('conflict'), { fault: 'conflict' });
      assert.ok(runs > 2 && runs < 20, `${runs} runs`);
    });

    it('undoes a savepoint alone, nested ones too', async () => {
      const { store } = opened;
      await within(store, setting, async (account, tx) => {
        const add = (content: string) => account.items.create(setting.datastore, item(content), { now: 1 });
        await add('a');
        const value = await tx.savepoint(async () => {
          await add('b');
          await tx.savepoint(async () => ({ keep: false, value: await add('c') }));
          await tx.savepoint(async () => ({ keep: true, value: await add('d') }));
          return { keep: true, value: 'kept' };
        });
        assert.equal(value, 'kept');
        await tx.savepoint(async () => {
          await tx.savepoint(async () => ({ keep: true, value: await add('e') }));
          return { keep: false, value: undefined };
        });
        await assert.rejects(
          tx.savepoint(async () => {
            await add('f');
            throw new Error('on purpose');
          }),
          /on purpose/,
        );
      });
      await store.read(async (tx) => {
        const { items } = tx.account(setting.account);
        const contents: unknown[] = [];
        for (const { guid } of await items.list(setting.datastore)) contents.push(text(await items.content(setting.datastore, guid)));
        assert.deepEqual(contents, ['a', 'b', 'd']);
        assert.equal(await items.count(setting.datastore), 3);
      });
    });

    it('does not remember what an undone savepoint made', async () => {
      await within(opened.store, setting, async (account, tx) => {
        const made = await tx.savepoint(async () => ({
          keep: false,
          value: await account.datastores.create('notes', 'notes', 'client-wins'),
        }));
        await assert.rejects(account.items.create(made.id, item('x'), { now: 1 }));
        assert.deepEqual(await account.items.list(made.id), []);
      });
    });

    it('refuses what outlives its transaction', async () => {
      const kept = await opened.store.transact(async (tx) => tx);
      await assert.rejects(kept.accounts.list(), /ended/);
    });

    it('does not let a reader write', async () => {
      const reader = await opened.store.read(async (tx) => {
        const writer = tx.account(setting.account) as unknown as { chunks: { append(owner: string, part: Uint8Array): Promise<void> } };
        return writer.chunks.append('pair', bytes('x')).then(
          () => 'written',
          () => 'refused',
        );
      });
      assert.equal(reader, 'refused');
    });

    it('finishes what was asked before it closes, and refuses what comes after', async () => {
      const { store } = opened;
      const other = await opened.another();
      const writing = Array.from({ length: 5 }, (_, n) => create(store, setting, `item ${n}`));
      await store.close();
      assert.equal((await Promise.all(writing)).length, 5);
      await assert.rejects(create(store, setting, 'late'), { fault: 'unavailable' });
      assert.equal(await other.read((tx) => tx.account(setting.account).items.count(setting.datastore)), 5);
    });
  });
}
