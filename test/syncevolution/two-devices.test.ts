/** Two devices of one user, with all four datastores, meet at the server: what both changed and what they changed differently. */
import assert from 'node:assert/strict';
import { meaning } from './compare.js';
import type { Device } from './device.js';
import { item, named, STORES, type Store } from './items.js';
import { ALL_STORES, assertWent, Model, Scene } from './scene.js';
import { describeWithClient } from './tools.js';

describeWithClient('SyncEvolution: two devices of one user', function () {
  this.timeout(60_000);
  const user = 'pair';
  let scene: Scene;
  let first: Device;
  let second: Device;

  before(async () => {
    scene = await Scene.open();
    await scene.addUser(user);
    first = scene.device(user, 'first', { stores: STORES });
    second = scene.device(user, 'second', { stores: STORES, wbxml: false });
  });
  after(async () => {
    await scene?.close();
  });

  const meet = async (...order: readonly Device[]): Promise<void> => {
    for (const device of order) assertWent(await device.sync('two-way'));
  };
  /** The meaning of the one item of that number on both devices and on the server, which have to agree. */
  const agreed = async (store: Store, n: number): Promise<string> => {
    const texts = [first, second].map((device) => [...device.items(store).values()]);
    texts.push([...(await scene.items(user, store))]);
    const found = texts.map((each) => each.filter((text) => text.includes(named(n))).map(meaning));
    for (const each of found) assert.deepEqual(each, found[0], 'both devices and the server hold the same');
    assert.equal(found[0]?.length, 1, 'exactly one item');
    return String(found[0]?.[0]);
  };

  it('converge after adds, changes and deletes on both', async () => {
    const models = new Map<Store, Model>();
    for (const store of ALL_STORES) for (let n = 1; n <= 6; n += 1) first.put(store, `f${n}`, item(store, n));
    await meet(first, second);
    for (const store of ALL_STORES) {
      const base = new Model(
        store,
        Array.from({ length: 6 }, (_, at) => [at + 1, item(store, at + 1)] as const),
      );
      base.copy().put(7).put(1, 'changed on the first').remove(2).playOn(first);
      base.copy().put(8).put(3, 'changed on the second').remove(4).playOn(second);
      models.set(store, base.put(7).put(8).put(1, 'changed on the first').put(3, 'changed on the second').remove(2).remove(4));
    }
    await meet(first, second, first);
    for (const [store, model] of models) {
      await scene.assertEqual(user, store, first, model.texts());
      await scene.assertEqual(user, store, second, model.texts());
    }
  });

  it('and a further sync on each has nothing to do', async () => {
    for (const device of [first, second]) {
      const report = assertWent(await device.sync('two-way'));
      const nothing = { added: 0, changed: 0, deleted: 0, failed: 0 };
      for (const store of ALL_STORES) assert.deepEqual([report.local[store], report.remote[store]], [nothing, nothing], report.text);
    }
  });

  for (const store of ALL_STORES) {
    it(`the same field of the same item changed on both (${store}): the device that syncs later wins everywhere`, async () => {
      first.put(store, first.find(store, named(5)), item(store, 5, 'what the first wants'));
      second.put(store, second.find(store, named(5)), item(store, 5, 'what the second wants'));
      await meet(first, second, first);
      assert.equal(await agreed(store, 5), meaning(item(store, 5, 'what the second wants')));
    });
  }

  it('different fields of the same contact changed on both: both stand on both devices, and nothing is in the journal', async () => {
    const number = '+1 555 0106';
    first.edit('contacts', named(6), (text) => text.replace(number, '+1 555 0199'));
    second.edit('contacts', named(6), (text) => text.replace('Beispielweg 6', 'Neue Allee 6'));
    const entries = async (): Promise<readonly unknown[]> =>
      JSON.parse(await scene.server.command('conflict', 'list', '--user', user, '--datastore', 'contacts', '--json')) as readonly unknown[];
    const before = (await entries()).length;
    await meet(first, second, first);
    const both = item('contacts', 6).replace('Beispielweg 6', 'Neue Allee 6').replace(number, '+1 555 0199');
    assert.equal(await agreed('contacts', 6), meaning(both));
    assert.equal((await entries()).length, before);
  });

  it('deleted on one and changed on the other: the side that kept data wins', async () => {
    first.remove('contacts', first.find('contacts', named(1)));
    second.put('contacts', second.find('contacts', named(1)), item('contacts', 1, 'kept'));
    first.put('contacts', first.find('contacts', named(3)), item('contacts', 3, 'kept too'));
    second.remove('contacts', second.find('contacts', named(3)));
    await meet(first, second, first, second);
    assert.equal(await agreed('contacts', 1), meaning(item('contacts', 1, 'kept')));
    assert.equal(await agreed('contacts', 3), meaning(item('contacts', 3, 'kept too')));
  });
});
