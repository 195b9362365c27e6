/**
 * Every script × every message × every fault: both sides must end equal to the undisturbed run, nothing lost, nothing doubled.
 * Servers are exchanges in this process on real stores; killed.test.ts does the same to real processes with SIGKILL.
 */
import assert from 'node:assert/strict';
import { counting, faultAt, faultEverywhere, FAULTS, type Fault } from './faults.js';
import { WorldMaker } from './in-process-world.js';
import { play, type Outcome } from './player.js';
import { SCRIPTS, type Script } from './scripts.js';

/** Runs at a time: they wait for the disk more than they compute. */
const AT_ONCE = 6;

async function each<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const left = [...all];
  const lane = async (): Promise<void> => {
    while (left.length > 0) await work(left.shift() as T);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

describe('every script × every message × every fault', function () {
  this.timeout(120_000);
  const maker = new WorldMaker();
  after(() => {
    maker.remove();
  });

  async function undisturbed(script: Script, servers = 1): Promise<{ outcome: Outcome; messages: number }> {
    const world = await maker.open(servers);
    try {
      const transport = counting(world.transport);
      const outcome = await play(script, world, { transport });
      return { outcome, messages: transport.count() };
    } finally {
      await world.close();
    }
  }

  async function disturbed(script: Script, fault: Fault, at: number | undefined): Promise<Outcome> {
    const world = await maker.open();
    try {
      const strike = fault.strike(world);
      const transport = at === undefined ? faultEverywhere(world.transport, strike) : faultAt(at, world.transport, strike);
      return await play(script, world, { transport, loss: fault.loss });
    } finally {
      await world.close();
    }
  }

  async function compare(script: Script, fault: Fault, at: number | undefined, calm: Outcome): Promise<void> {
    const where = at === undefined ? 'every message' : `message ${at}`;
    let outcome: Outcome;
    try {
      outcome = await disturbed(script, fault, at);
    } catch (error) {
      throw new Error(`${fault.name}: ${where}`, { cause: error });
    }
    assert.deepEqual({ where, ...outcome }, { where, ...calm });
  }

  for (const script of SCRIPTS) {
    let calm: Awaited<ReturnType<typeof undisturbed>>;

    describe(script.name, () => {
      before(async () => {
        calm = await undisturbed(script);
      });

      it('each next message served by another process', async () => {
        const { outcome } = await undisturbed(script, 2);
        assert.deepEqual(outcome, calm.outcome);
      });

      for (const fault of FAULTS) {
        it(`${fault.name}, at ${fault.at === 'all' ? 'every message of one run' : 'each message in a run of its own'}`, async () => {
          const places = fault.at === 'all' ? [undefined] : Array.from({ length: calm.messages }, (_, i) => i + 1);
          await each(places, (at) => compare(script, fault, at, calm.outcome));
        });
      }
    });
  }
});
