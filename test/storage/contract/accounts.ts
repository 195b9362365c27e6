import assert from 'node:assert/strict';
import { UserError } from '../../../src/model/errors.js';
import { create, CREDENTIAL, settle, within, type OpenedStore, type OpenStore, type Setting } from './setting.js';

export function accountContract(open: OpenStore): void {
  describe('accounts, devices, datastores', () => {
    let opened: OpenedStore;
    let setting: Setting;
    beforeEach(async () => {
      opened = await open();
      setting = await settle(opened.store);
    });
    afterEach(() => opened.close());

    it('keeps accounts and their credentials', async () => {
      const { store } = opened;
      await store.transact(async (tx) => {
        await tx.accounts.setLocked(setting.account, 77);
        await tx.accounts.setQuota(setting.account, 1_000_000);
        await tx.accounts.setLocation(setting.account, 'nas');
        await tx.accounts.setEntitled(setting.account, false);
        await tx.accounts.markFromService(setting.account);
        await tx.accounts.setCredential(setting.account, { ...CREDENTIAL, verifier: 'other' });
      });
      await store.read(async (tx) => {
        const expected = {
          id: setting.account,
          name: 'anna',
          createdAt: 1000,
          lockedAt: 77,
          quotaBytes: 1_000_000,
          location: 'nas',
          fromService: true,
          notEntitled: true,
        };
        assert.deepEqual(await tx.accounts.byName('anna'), expected);
        assert.deepEqual(await tx.accounts.byId(setting.account), expected);
        assert.deepEqual(await tx.accounts.list(), [expected]);
        assert.deepEqual(await tx.accounts.credential(setting.account), { ...CREDENTIAL, verifier: 'other' });
        assert.equal(await tx.accounts.byName('Anna'), undefined);
      });
      await store.transact(async (tx) => {
        await tx.accounts.setLocked(setting.account, undefined);
        await tx.accounts.setQuota(setting.account, undefined);
        await tx.accounts.setLocation(setting.account, undefined);
        await tx.accounts.setEntitled(setting.account, true);
        assert.deepEqual(await tx.accounts.byName('anna'), { id: setting.account, name: 'anna', createdAt: 1000, fromService: true });
      });
    });

    it('refuses a name that is taken', async () => {
      await assert.rejects(
        opened.store.transact((tx) => tx.accounts.create('anna', CREDENTIAL, 1)),
        UserError,
      );
    });

    it('removes an account with everything it had, and never gives its id again', async () => {
      const { store } = opened;
      await create(store, setting, 'a', 'b');
      await store.transact((tx) => tx.accounts.remove(setting.account));
      await store.read(async (tx) => {
        assert.equal(await tx.accounts.byId(setting.account), undefined);
        assert.equal(await tx.accounts.credential(setting.account), undefined);
        assert.equal(await tx.accounts.ofDevice('IMEI:1'), undefined);
        const account = tx.account(setting.account);
        assert.deepEqual(await account.datastores.list(), []);
        assert.deepEqual(await account.devices.list(), []);
        assert.equal(await account.usedBytes(), 0);
        assert.throws(() => account.keyedHash('blob', 'x'), /no account/);
      });
      const again = await settle(store);
      assert.notEqual(again.account, setting.account);
    });

    it('finds the account of a device only when it is the only one that logged in with it', async () => {
      const { store } = opened;
      const of = () => store.read((tx) => tx.accounts.ofDevice('IMEI:1'));
      const logIn = (who: Setting) =>
        within(store, who, async (account) => {
          const device = await account.devices.byUri('IMEI:1');
          assert.ok(device);
          await account.devices.save({ ...device, authCount: device.authCount + 1 });
        });
      assert.equal(await of(), undefined, 'never logged in');
      await logIn(setting);
      assert.equal(await of(), setting.account);
      const berta = await settle(store, 'berta');
      assert.equal(await of(), setting.account, 'berta has the device but never logged in with it');
      await logIn(berta);
      assert.equal(await of(), undefined);
    });

    it('has one secret for all who open it', async () => {
      const other = await opened.another();
      const secretOf = (store: typeof other) => store.read(async (tx) => Buffer.from(tx.accounts.serverSecret()).toString('hex'));
      const secret = await secretOf(opened.store);
      assert.equal(secret.length, 64);
      assert.equal(await secretOf(other), secret);
    });

    it('makes keyed hashes that differ by purpose and account', async () => {
      const { store } = opened;
      const berta = await settle(store, 'berta');
      await store.read(async (tx) => {
        const anna = tx.account(setting.account);
        const hash = anna.keyedHash('canonical', 'x');
        assert.match(hash, /^[A-Za-z0-9_-]{43}$/);
        assert.equal(anna.keyedHash('canonical', Buffer.from('x')), hash);
        assert.notEqual(anna.keyedHash('identity', 'x'), hash);
        assert.notEqual(tx.account(berta.account).keyedHash('canonical', 'x'), hash);
      });
    });

    it('counts failures for account, device and address apart, and keeps at most 200 of an account', async () => {
      const { store } = opened;
      const key = { account: setting.account, deviceUri: 'IMEI:1', address: '192.0.2.1' };
      await store.transact(async (tx) => {
        await tx.accounts.saveFailure(key, { count: 3, lastAt: 10, blockedUntil: 20 });
        assert.deepEqual(await tx.accounts.failure(key), { count: 3, lastAt: 10, blockedUntil: 20 });
        assert.equal(await tx.accounts.failure({ ...key, address: '192.0.2.2' }), undefined);
        await tx.accounts.saveFailure(key, { count: 4, lastAt: 11, blockedUntil: 21 });
        assert.equal((await tx.accounts.failure(key))?.count, 4);
        for (let n = 0; n < 200; n += 1)
          await tx.accounts.saveFailure({ ...key, address: `a${n}` }, { count: 1, lastAt: 100 + n, blockedUntil: 0 });
        assert.equal(await tx.accounts.failure(key), undefined, 'the oldest went');
        assert.equal((await tx.accounts.failure({ ...key, address: 'a0' }))?.count, 1, 'the 200th stays');
        await tx.accounts.saveFailure({ ...key, address: 'a0' }, undefined);
        assert.equal(await tx.accounts.failure({ ...key, address: 'a0' }), undefined);
      });
    });

    it('keeps devices as they are saved', async () => {
      const { store } = opened;
      const full = {
        id: setting.device,
        uri: 'IMEI:1',
        userAgent: 'Phone/1.0',
        devInf: '{"devId":"IMEI:1"}',
        nonce: 'bm9uY2U=',
        previousNonce: 'b2xk',
        authCount: 7,
        clientNonce: 'Y2xpZW50',
        lastAccessAt: 9,
        lastRefusal: { at: 8, reason: 'credentials' },
        ignoresRespUri: true,
      };
      await within(store, setting, (account) => account.devices.save(full));
      await within(store, setting, async (account) => {
        assert.deepEqual(await account.devices.byUri('IMEI:1'), full);
        await account.devices.save({ ...full, devInf: '{"devId":"changed"}' });
        assert.equal((await account.devices.byId(setting.device))?.devInf, '{"devId":"changed"}');
        const bare = { id: setting.device, uri: 'IMEI:1', authCount: 8, lastAccessAt: 10 };
        await account.devices.save(bare);
        assert.deepEqual(await account.devices.byId(setting.device), bare);
        assert.deepEqual(await account.devices.list(), [bare]);
      });
    });

    it('removes a device with its pairs and maps; items stay', async () => {
      const { store } = opened;
      const [made] = await create(store, setting, 'stays');
      assert.ok(made);
      await within(store, setting, async (account) => {
        await account.idMap.put(setting.pair.id, 1, { guid: made.guid });
        await account.devices.remove(setting.device);
        assert.equal(await account.devices.byUri('IMEI:1'), undefined);
        assert.equal(await account.pairs.get(setting.pair.id), undefined);
        assert.deepEqual(await account.pairs.ofDatastore(setting.datastore), []);
        assert.deepEqual(await account.idMap.list(setting.pair.id, 1), []);
        assert.equal(await account.items.count(setting.datastore), 1);
      });
    });

    it('keeps datastores', async () => {
      await within(opened.store, setting, async (account) => {
        const made = await account.datastores.create('notes', 'notes', 'keep-both');
        assert.deepEqual(made, { id: made.id, uri: 'notes', kind: 'notes', policy: 'keep-both', position: 0, floor: 0 });
        assert.deepEqual(
          (await account.datastores.list()).map((each) => each.uri),
          ['contacts', 'notes'],
        );
      });
    });

    it('keeps one rule of a scope; a rule goes with its device or datastore', async () => {
      await within(opened.store, setting, async (account) => {
        const notes = await account.datastores.create('notes', 'notes', 'client-wins');
        const phone = await account.devices.create('IMEI:rules', 1);
        await account.policies.set({ policy: 'merge' });
        await account.policies.set({ datastore: notes.id, policy: 'keep-both' });
        await account.policies.set({ datastore: notes.id, sync: 'slow', policy: 'merge' });
        await account.policies.set({ device: phone.id, policy: 'server-wins' });
        await account.policies.set({ datastore: notes.id, policy: 'newest-wins' });
        assert.deepEqual(await account.policies.list(), [
          { policy: 'merge' },
          { datastore: notes.id, policy: 'newest-wins' },
          { datastore: notes.id, sync: 'slow', policy: 'merge' },
          { device: phone.id, policy: 'server-wins' },
        ]);
        assert.equal(await account.policies.remove({ datastore: notes.id, sync: 'first' }), false);
        assert.equal(await account.policies.remove({}), true);
        await account.devices.remove(phone.id);
        assert.deepEqual(
          (await account.policies.list()).map(({ policy }) => policy),
          ['newest-wins', 'merge'],
        );
      });
    });

    it('keeps pairs as they are saved', async () => {
      const { store } = opened;
      const point = { clientNext: '20080101T000000Z', serverNext: 's1', position: 4, generation: 2, epoch: 3, at: 5 };
      const full = {
        ...setting.pair,
        lastEpoch: 4,
        current: point,
        previous: { ...point, generation: 1 },
        tentative: { ...point, generation: 3 },
        slowNeeded: true,
        fence: 'token' as NonNullable<Setting['pair']['fence']>,
        open: { type: 201 as const, clientNext: 'c', serverNext: 's', epoch: 4, base: 0, phase: 'receiving' as const, startedAt: 6 },
        lastSync: { at: 7, type: 200 as const, result: 'ok' },
      };
      await within(store, setting, (account) => account.pairs.save(full));
      await store.read(async (tx) => {
        const { pairs } = tx.account(setting.account);
        assert.deepEqual(await pairs.get(full.id), full);
        assert.deepEqual(await pairs.find(setting.device, setting.datastore, './contacts'), full);
        assert.equal(await pairs.find(setting.device, setting.datastore, './other'), undefined);
        assert.deepEqual(await pairs.ofDevice(setting.device), [full]);
        assert.deepEqual(await pairs.ofDatastore(setting.datastore), [full]);
      });
      await within(store, setting, async (account) => {
        await account.pairs.save(setting.pair);
        assert.deepEqual(await account.pairs.get(full.id), setting.pair);
      });
    });
  });
}
