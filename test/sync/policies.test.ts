/** Which of several rules settles a conflict, in which kind of sync. */
import assert from 'node:assert/strict';
import type { DatastoreId, DeviceId } from '../../src/model/ids.js';
import { SYNC_MOMENTS } from '../../src/model/datastore.js';
import { rulingFor } from '../../src/sync/policy.js';
import { Scene } from './support/scene.js';

const [store, other] = [1 as DatastoreId, 2 as DatastoreId];
const [phone, tablet] = [1 as DeviceId, 2 as DeviceId];
const spec = { uri: 'notes', policy: 'client-wins', slowPolicy: 'server-wins' } as const;

describe('sync: rules for conflicts', () => {
  it('device before datastore before user before configuration; of a scope, the one for this kind of sync', () => {
    const rules = [
      { policy: 'merge' },
      { datastore: store, policy: 'newest-wins' },
      { datastore: store, sync: 'first', policy: 'keep-both' },
      { device: phone, policy: 'client-wins-item' },
      { device: phone, datastore: store, sync: 'normal', policy: 'server-wins' },
    ] as const;
    const policies = (datastore: DatastoreId, device?: DeviceId) =>
      SYNC_MOMENTS.map((sync) => rulingFor(rules, spec, { datastore, ...(device ? { device } : {}), sync }, 'keep-both').policy);
    assert.deepEqual(policies(store), ['keep-both', 'newest-wins', 'newest-wins']);
    assert.deepEqual(policies(store, tablet), ['keep-both', 'newest-wins', 'newest-wins']);
    assert.deepEqual(policies(store, phone), ['client-wins-item', 'client-wins-item', 'server-wins']);
    assert.deepEqual(policies(other, phone), ['client-wins-item', 'client-wins-item', 'client-wins-item']);
    assert.deepEqual(policies(other, tablet), ['merge', 'merge', 'merge']);
  });

  it('the configuration may differ for first and for slow syncs; a store it does not name has the policy it was made with', () => {
    const policies = (setting: Parameters<typeof rulingFor>[1]) =>
      SYNC_MOMENTS.map((sync) => rulingFor([], setting, { datastore: store, sync }, 'keep-both').policy);
    assert.deepEqual(policies(spec), ['client-wins', 'server-wins', 'client-wins']);
    assert.deepEqual(policies(undefined), ['keep-both', 'keep-both', 'keep-both']);
  });

  it('first, slow and normal syncs each have their rule', async () => {
    const scene = await Scene.open();
    await scene.put('one\nserver');
    await scene.write(async (writer) => {
      await writer.policies.set({ sync: 'first', policy: 'server-wins' });
      await writer.policies.set({ sync: 'slow', policy: 'keep-both' });
    });
    const device = scene.phone();
    assert.deepEqual((await device.sync(201, ['Add 1 one\nphone'])).statuses, [419]);
    await scene.edit('one\nserver', 'one\nagain');
    assert.deepEqual((await device.sync(200, ['Replace 1 one\nmine'])).statuses, [208]);
    await scene.edit('one\nmine', 'one\nserver');
    assert.deepEqual((await device.sync(201, ['Replace 1 one\nphone'])).statuses, [209]);
    await scene.close();
  });
});
