/** Servers that are broken on purpose: the torturer finds each of them, and leaves a script that fails there and nowhere else. */
import assert from 'node:assert/strict';
import { BREAKAGES } from './broken.js';
import { generate } from './generate.js';
import { TortureWorlds } from './in-process-world.js';
import { runScript } from './run-script.js';
import type { TortureScript } from './script.js';
import { shrunk } from './shrunk.js';
import { newTally } from './tally.js';

const SEED = 7;
const MOST_SESSIONS = 600;
/** The one whose script is made small here, for so many trials: it takes a while. */
const SHRUNK = 'loses some Maps';
const TRIALS = 40;
const NO_LIMIT_MS = 600_000;

describe('the torturer finds a server that', function () {
  this.timeout(180_000);
  const worlds = new TortureWorlds();
  after(() => {
    worlds.remove();
  });

  for (const { name, from, wrap } of BREAKAGES) {
    it(name, async () => {
      const tally = newTally();
      let script: TortureScript;
      let failure;
      for (let index = from; ; index += 1) {
        script = generate(SEED, index, { timePasses: true });
        failure = await runScript(worlds, script, tally, wrap);
        if (failure) break;
        assert.ok(tally.sessions + tally.settling < MOST_SESSIONS, 'not found');
      }
      assert.notEqual(failure.kind, 'harness', failure.message);
      if (name !== SHRUNK) return;
      const small = await shrunk(worlds, script, failure, NO_LIMIT_MS, wrap, TRIALS);
      assert.equal(small.kind, failure.kind);
      assert.ok(
        small.script.events.length < script.events.length / 2,
        `${small.script.events.length} of ${script.events.length} events left`,
      );
      assert.equal((await runScript(worlds, small.script, newTally(), wrap))?.kind, failure.kind);
      assert.equal((await runScript(worlds, small.script, newTally()))?.message, undefined, 'an intact server passes it');
    });
  }
});
