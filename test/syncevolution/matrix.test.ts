/**
 * Every kind of sync the client knows, in both encodings, for contacts, calendar, tasks and notes in one session each. Two devices take
 * part: the one under test and another that stands for everything that changes on the server meanwhile.
 */
import type { Device, Mode } from './device.js';
import { STORES, type Store } from './items.js';
import { ALL_STORES, assertSame, assertWent, Model, Scene } from './scene.js';
import { describeWithClient } from './tools.js';
import { meanings } from './compare.js';

interface Case {
  readonly mode: Mode;
  /** Numbers that the device under test adds, rewrites and deletes before; then the same for the other device. */
  readonly here: readonly [add: readonly number[], change: readonly number[], remove: readonly number[]];
  readonly there: readonly [add: readonly number[], change: readonly number[], remove: readonly number[]];
  /** What the two sides hold afterwards, from what they would hold with nothing, own or all changes. */
  readonly device: 'own' | 'both' | 'server';
  readonly server: 'own' | 'both' | 'device';
}

/** In this order: each case starts where the one before it ended. */
const CASES: readonly Case[] = [
  { mode: 'slow', here: [[3, 4, 5, 6], [], []], there: [[1, 2, 3, 4], [], []], device: 'both', server: 'both' },
  { mode: 'slow', here: [[], [], []], there: [[], [], []], device: 'both', server: 'both' },
  { mode: 'two-way', here: [[7], [1], [2]], there: [[8], [3], [4]], device: 'both', server: 'both' },
  { mode: 'one-way-from-client', here: [[9], [1], [3]], there: [[10], [5], [6]], device: 'own', server: 'both' },
  { mode: 'refresh-from-server', here: [[11], [1], [7]], there: [[12], [5], [8]], device: 'server', server: 'own' },
  { mode: 'one-way-from-server', here: [[13], [1], []], there: [[14], [5], [9]], device: 'both', server: 'own' },
  { mode: 'refresh-from-client', here: [[15], [1], [5]], there: [[16], [10], [12]], device: 'own', server: 'device' },
];

const noted = (who: string, round: number): string => `Changed ${who}, round ${round}`;

describeWithClient('SyncEvolution: every kind of sync', function () {
  this.timeout(60_000);
  let scene: Scene;
  before(async () => {
    scene = await Scene.open();
  });
  after(async () => {
    await scene?.close();
  });

  for (const encoding of ['WBXML', 'XML'] as const) {
    describe(encoding, () => {
      const user = `matrix-${encoding.toLowerCase()}`;
      let device: Device;
      let other: Device;
      /** What each side should hold, by store. */
      const onDevice = new Map<Store, Model>(ALL_STORES.map((store) => [store, new Model(store)]));
      const onServer = new Map<Store, Model>(ALL_STORES.map((store) => [store, new Model(store)]));

      before(async () => {
        await scene.addUser(user);
        const settings = { stores: STORES, wbxml: encoding === 'WBXML' };
        device = scene.device(user, 'pocket', settings);
        other = scene.device(user, 'desk', settings);
      });

      for (const [round, { mode, here, there, ...after }] of CASES.entries()) {
        describe(`${mode}${round === 1 ? ' again' : ''}`, () => {
          const exported = new Map<Store, readonly string[]>();

          before(async () => {
            if (round > 0) assertWent(await other.sync('two-way'));
            for (const store of ALL_STORES) {
              const mine = onDevice.get(store)?.copy() ?? new Model(store);
              const theirs = onServer.get(store)?.copy() ?? new Model(store);
              const both = theirs.copy();
              const change = (models: readonly Model[], [add, rewrite, remove]: Case['here'], who: string): void => {
                for (const model of models) {
                  for (const n of add) model.put(n);
                  for (const n of rewrite) if (model.has(n)) model.put(n, noted(who, round));
                  for (const n of remove) model.remove(n);
                }
              };
              change([mine, both], here, 'here');
              change([theirs, both], there, 'there');
              mine.playOn(device);
              theirs.playOn(other);
              onDevice.set(store, { own: mine, both, server: theirs }[after.device]);
              onServer.set(store, { own: theirs, both, device: mine }[after.server]);
            }
            assertWent(await other.sync('two-way'));
            assertWent(await device.sync(mode));
            const exports = ALL_STORES.map(async (store) => exported.set(store, meanings(await scene.items(user, store))));
            await Promise.all(exports);
          });

          for (const store of ALL_STORES) {
            it(store, () => {
              assertSame(`${store} on the device`, meanings(device.items(store).values()), meanings(onDevice.get(store)?.texts() ?? []));
              assertSame(`${store} on the server`, exported.get(store) ?? [], meanings(onServer.get(store)?.texts() ?? []));
            });
          }
        });
      }
    });
  }
});
