/** Every script played without a fault: its own expectation is right, and the reference's advice is followed. */
import assert from 'node:assert/strict';
import { WorldMaker } from './in-process-world.js';
import { play, sorted } from './player.js';
import { SCRIPTS } from './scripts.js';
import type { StoreName } from '../model-client/profile.js';

describe('scripts without faults', () => {
  const maker = new WorldMaker();
  after(() => {
    maker.remove();
  });

  for (const script of SCRIPTS) {
    it(script.name, async () => {
      const world = await maker.open();
      try {
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
