/**
 * Random edits on three devices, random sync types, random faults: once all have synced in peace, all hold the same, nothing is doubled,
 * and nothing is lost that nobody deleted. Items have keys that are made once, so a key that occurs twice is an item doubled.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Alert, type SyncType } from '../../src/model/alert.js';
import { faultEvery, FAULTS } from './faults.js';
import { WorldMaker } from './in-process-world.js';
import { parseLabel } from './labels.js';
import { play } from './player.js';
import type { Script, Step } from './scripts.js';
import type { MortalWorld } from './world.js';

/** Faults in one run. A session needs some messages without one. */
const MOST_FAULTS = 4;

type Move =
  | { readonly what: 'add' | 'replace' | 'remove'; readonly device: string; readonly pick: number; readonly large: boolean }
  | { readonly what: 'sync'; readonly device: string; readonly type: SyncType }
  | { readonly what: 'forget'; readonly device: string };

interface Plan {
  readonly moves: readonly Move[];
  readonly fault: number;
  /** Messages from one fault to the next. */
  readonly gap: number;
}

const DEVICES: Script['devices'] = {
  a: { maxMsgSize: 2600, sendLimit: 1800, auth: 'md5', forgets: 'with-status' },
  b: { encoding: 'xml', version: '1.1', newItemsAs: 'Replace', maxMsgSize: 5000, sendLimit: 5000 },
  c: { maps: 'recognised' },
};
const NAMES = Object.keys(DEVICES);

const device = fc.constantFrom(...NAMES);
/** Two-way, slow and one-way syncs: none of them takes anything away that was not deleted. */
const gentle = fc.constantFrom<SyncType>(
  Alert.TwoWay,
  Alert.TwoWay,
  Alert.TwoWay,
  Alert.SlowSync,
  Alert.OneWayFromClient,
  Alert.OneWayFromServer,
);
const anyType = fc.oneof(gentle, fc.constantFrom<SyncType>(Alert.RefreshFromClient, Alert.RefreshFromServer));

const movesOf = (type: fc.Arbitrary<SyncType>): fc.Arbitrary<Move> =>
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        what: fc.constantFrom('add' as const, 'add' as const, 'replace' as const, 'remove' as const),
        device,
        pick: fc.nat(20),
        large: fc.nat(9).map((n) => n === 0),
      }),
    },
    { weight: 4, arbitrary: fc.record({ what: fc.constant('sync' as const), device, type }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant('forget' as const), device }) },
  );
const planOf = (type: fc.Arbitrary<SyncType>): fc.Arbitrary<Plan> =>
  fc.record({
    moves: fc.array(movesOf(type), { minLength: 8, maxLength: 22 }),
    fault: fc.nat(FAULTS.length - 1),
    gap: fc.integer({ min: 3, max: 20 }),
  });

/** Edits need items that are there: what a device holds is followed roughly, and `player` skips edits of what is gone. */
function scriptOf(plan: Plan): { script: Script; kept: ReadonlySet<string> } {
  const keys: string[] = [];
  const removed = new Set<string>();
  let edits = 1;
  const steps = plan.moves.map((move): Step => {
    if (move.what === 'sync') return { sync: move.device, type: move.type, ifAgreed: move.type === Alert.OneWayFromServer };
    if (move.what === 'forget') return { forget: move.device };
    if (move.what === 'add' || keys.length === 0) {
      const key = `key${keys.length + 1}`;
      keys.push(key);
      return { edit: move.device, in: 'contacts', add: [move.large ? `${key}*5000` : key] };
    }
    const key = keys[move.pick % keys.length] ?? '';
    edits += 1;
    if (move.what === 'replace') return { edit: move.device, in: 'contacts', replace: [`${key}#${edits}`], ifThere: true };
    removed.add(key);
    return { edit: move.device, in: 'contacts', remove: [key], ifThere: true };
  });
  const script: Script = { name: 'random', devices: DEVICES, steps, expect: {} };
  return { script, kept: new Set(keys.filter((key) => !removed.has(key))) };
}

async function converges(world: MortalWorld, plan: Plan, gentleOnly: boolean): Promise<void> {
  const { script, kept } = scriptOf(plan);
  const fault = FAULTS[plan.fault];
  assert.ok(fault);
  const transport = faultEvery(plan.gap, MOST_FAULTS, world.transport, fault.strike(world));
  const { settled } = await play(script, world, { transport, loss: fault.loss });
  const server = settled['server']?.contacts ?? [];
  for (const name of NAMES) assert.deepEqual(settled[name]?.contacts, server, `${name} holds what the server holds`);
  const keys = server.map((label) => parseLabel(label).key);
  assert.equal(new Set(keys).size, keys.length, `doubled: ${keys.join(' ')}`);
  if (gentleOnly) for (const key of kept) assert.ok(keys.includes(key), `${key} is lost; left: ${keys.join(' ')}`);
}

describe('random edits, sync types and faults on three devices', function () {
  this.timeout(120_000);
  const maker = new WorldMaker();
  after(() => {
    maker.remove();
  });

  const run = (type: fc.Arbitrary<SyncType>, gentleOnly: boolean, numRuns: number): Promise<void> =>
    fc.assert(
      fc.asyncProperty(planOf(type), async (plan) => {
        const world = await maker.open();
        try {
          await converges(world, plan, gentleOnly);
        } finally {
          await world.close();
        }
      }),
      { numRuns },
    );

  it('converge without loss under two-way, slow and one-way syncs', () => run(gentle, true, 50));
  it('converge under all types, refreshes too', () => run(anyType, false, 30));
});
