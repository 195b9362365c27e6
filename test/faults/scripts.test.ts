/** Every script played without a fault: its own expectation is right, and the reference's advice is followed. In strict mode likewise. */
import assert from 'node:assert/strict';
import { SyncGivenUp } from '../model-client/device.js';
import { WorldMaker } from './in-process-world.js';
import { play, sorted } from './player.js';
import { SCRIPTS, type Script } from './scripts.js';
import type { StoreName } from '../model-client/profile.js';

/** Devices of the scripts conform, but for this. */
const deviates = (script: Script): boolean => Object.values(script.devices).some((device) => device.followsRespUri === false);

for (const mode of ['lenient', 'strict'] as const) {
  describe(`scripts without faults, ${mode}`, () => {
    const maker = new WorldMaker({ strict: mode === 'strict' });
    after(() => {
      maker.remove();
    });

    for (const script of SCRIPTS) {
      it(script.name, async () => {
        const world = await maker.open();
        try {
          if (mode === 'strict' && deviates(script)) {
            await assert.rejects(play(script, world), SyncGivenUp);
            return;
          }
          const outcome = await play(script, world);
          for (const [store, labels] of Object.entries(script.expect) as [StoreName, readonly string[]][]) {
            const atEnd = script.ends?.['server']?.[store] ?? labels;
            assert.deepEqual(outcome.ends['server']?.[store], sorted(atEnd), `${store} on the server when the script ends`);
            for (const [who, held] of Object.entries(outcome.settled))
              assert.deepEqual(held[store], sorted(labels), `${store} of ${who}, settled`);
          }
          for (const [who, stores] of Object.entries(script.ends ?? {})) {
            for (const [store, labels] of Object.entries(stores) as [StoreName, readonly string[]][]) {
              assert.deepEqual(outcome.ends[who]?.[store], sorted(labels), `${store} of ${who} when the script ends`);
            }
          }
          assert.deepEqual(outcome.widened, script.widens ?? [], 'nobody was put to a slow sync without need');
          assert.deepEqual(outcome.ignored, []);
        } finally {
          await world.close();
        }
      });
    }
  });
}
