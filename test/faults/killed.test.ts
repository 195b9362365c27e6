/** Real processes: killed with SIGKILL in the middle of messages, and two of them taking turns on one folder. */
import assert from 'node:assert/strict';
import { PATIENT } from '../model-client/device.js';
import { faultAt, faultEverywhere } from './faults.js';
import { play, type Outcome } from './player.js';
import { openProcessWorld, type ProcessWorld } from './process-world.js';
import { scriptOf, type Script } from './scripts.js';

/** Milliseconds from the first byte to the kill, one after the other: before, during and after the few a message takes. */
const DELAYS = [1, 6, 3, 12, 0, 4, 8, 2, 5, 20];

describe('processes that are killed', function () {
  this.timeout(120_000);
  let at = 0;
  const nextDelay = (): number => {
    at += 1;
    return DELAYS[at % DELAYS.length] ?? 0;
  };

  async function run(world: ProcessWorld, work: () => Promise<Outcome>): Promise<Outcome> {
    try {
      return await work();
    } finally {
      await world.close();
    }
  }
  const undisturbed = async (script: Script, servers = 1): Promise<Outcome> => {
    const world = await openProcessWorld(servers);
    return run(world, () => play(script, world));
  };

  for (const name of ['two-way', 'large objects', 'refresh from client']) {
    it(`${name}: killed in every message of one run`, async () => {
      const script = scriptOf(name);
      const calm = await undisturbed(script);
      const world = await openProcessWorld();
      const transport = faultEverywhere(world.transport, world.killAfter(nextDelay));
      assert.deepEqual(await run(world, () => play(script, world, { transport, loss: PATIENT })), calm);
    });
  }

  it('two-way: killed in one message, the device begins a new session', async () => {
    const script = scriptOf('two-way');
    const calm = await undisturbed(script);
    for (const message of [2, 5, 8, 9, 11, 12]) {
      const world = await openProcessWorld();
      const transport = faultAt(message, world.transport, world.killAfter(nextDelay));
      const outcome = await run(world, () => play(script, world, { transport, loss: { ...PATIENT, resends: 0 } }));
      assert.deepEqual({ message, ...outcome }, { message, ...calm });
    }
  });

  it('several messages: two processes take turns', async () => {
    const script = scriptOf('several messages');
    assert.deepEqual(await undisturbed(script, 2), await undisturbed(script));
  });
});
