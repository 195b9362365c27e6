/** A small run of the torturer, and what it rests on: the same script always runs the same. `npm run torture` does it for minutes. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Dice } from './dice.js';
import { generate } from './generate.js';
import { TortureWorlds } from './in-process-world.js';
import { openProcessWorld } from './process-world.js';
import { play } from './play.js';
import { formatFound, readScript, readScriptFile } from './report.js';
import { runScript } from './run-script.js';
import { newTally } from './tally.js';

const SEED = 20260105;
const SCRIPTS = 6;
const FOUND = fileURLToPath(new URL('../../fixtures/torture', import.meta.url));

describe('torture', function () {
  this.timeout(120_000);
  const worlds = new TortureWorlds();
  after(() => {
    worlds.remove();
  });

  for (let index = 0; index < SCRIPTS; index += 1) {
    it(`script ${SEED}/${index}: nothing lost, nothing doubled, nobody stuck`, async () => {
      const tally = newTally();
      const failure = await runScript(worlds, generate(SEED, index, { timePasses: true }), tally);
      assert.equal(failure?.message, undefined);
      assert.ok(tally.sessions > 0 && tally.settling > 0);
    });
  }

  it('the same script runs the same, to the last number', async () => {
    const script = generate(SEED, 7, { timePasses: true });
    const [one, two] = [newTally(), newTally()];
    await runScript(worlds, script, one);
    await runScript(worlds, readScript(JSON.stringify(script)), two);
    assert.deepEqual(two, one);
    assert.deepEqual(generate(SEED, 7, { timePasses: true }), script);
    assert.notDeepEqual(generate(SEED, 8, { timePasses: true }).events, script.events);
  });

  it('processes on one folder, killed while they work', async () => {
    const script = generate(SEED, 3, { timePasses: false, processes: 2 });
    const world = await openProcessWorld(script, undefined);
    const tally = newTally();
    try {
      await play({ ...script, events: script.events.slice(0, 1 + script.events.findIndex((event) => 'settle' in event)) }, world, tally);
    } finally {
      await world.close();
    }
    assert.ok(tally.kills > 0, 'no kill struck: take another script');
  });

  describe('scripts that once failed', () => {
    for (const file of existsSync(FOUND) ? readdirSync(FOUND).filter((name) => name.endsWith('.json')) : []) {
      it(file, async () => {
        assert.equal((await runScript(worlds, readScriptFile(`${FOUND}/${file}`), newTally()))?.message, undefined);
      });
    }
  });

  it('a saved script is read back as it was', () => {
    const script = generate(SEED, 1, { timePasses: true });
    const text = formatFound({ kind: 'loss', detail: 'one is gone', engine: 'in-process', shrunk: 'fully', script });
    assert.deepEqual(readScript(text), JSON.parse(JSON.stringify(script)));
  });
});

describe('dice', () => {
  it('fall alike for one seed, and evenly', () => {
    const [one, two] = [new Dice('a'), new Dice('a')];
    const falls = Array.from({ length: 6000 }, () => one.between(1, 6));
    assert.deepEqual(
      Array.from({ length: 6000 }, () => two.between(1, 6)),
      falls,
    );
    for (let side = 1; side <= 6; side += 1) assert.ok(Math.abs(falls.filter((fall) => fall === side).length - 1000) < 150);
  });
});
