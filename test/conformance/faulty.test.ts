/**
 * The suite must be able to fail: every faulty server turns its cases red. A plain run tries each server with the cases it is about, or, where
 * those are rules for every message, with those of their areas and a share of the others; MOORAGE_FAULTS=all tries it with every case, and then
 * no other may fail.
 */
import assert from 'node:assert/strict';
import { requirementIdOf, type Variant } from '../../src/conformance/case.js';
import { requirement } from '../../src/conformance/requirements.js';
import { CASES } from '../../src/conformance/suite.js';
import { FAULTS } from './faulty/all.js';
import { DEFAULT_VARIANT } from './faulty/faulty.js';
import { Workers } from './faulty/workers.js';

const EXACT = process.env['MOORAGE_FAULTS'] === 'all';
/** Of the cases a fault is not about, one in so many is run, so that a rule has messages to look at. */
const SHARE = 8;
const areaOf = (id: string): string => requirement(requirementIdOf(id)).area;

/** Undefined: all. */
function casesFor(red: readonly string[], turn: number): readonly string[] | undefined {
  if (EXACT) return undefined;
  if (!CASES.some(({ id, kind }) => kind === 'scan' && red.includes(id))) return red;
  const areas = new Set(red.map(areaOf));
  return CASES.filter(({ id, kind }, at) => kind === 'scan' || areas.has(areaOf(id)) || at % SHARE === turn % SHARE).map(({ id }) => id);
}

describe('faulty servers', function () {
  this.timeout(1_200_000);
  let workers: Workers;
  const found = new Map<string | undefined, Promise<readonly string[]>>();
  const nameOf = ({ version, encoding }: Variant): string => `as it is, ${version} ${encoding}`;

  // All are begun at once, so that the processes are never idle; the tests take the outcomes in order.
  before(() => {
    workers = new Workers();
    const begin = (name: string, task: Parameters<Workers['run']>[0]): void => {
      const outcome = workers.run(task);
      outcome.catch(() => undefined);
      found.set(name, outcome);
    };
    if (EXACT)
      for (const variant of new Map(FAULTS.map((one) => one.variant ?? DEFAULT_VARIANT).map((v) => [nameOf(v), v])).values())
        begin(nameOf(variant), { fault: undefined, variant, cases: undefined });
    for (const [turn, { name, red, variant }] of FAULTS.entries())
      begin(name, { fault: name, variant: variant ?? DEFAULT_VARIANT, cases: casesFor(red, turn) });
  });
  after(() => {
    workers.close();
  });

  it('are more than sixty, no two of one name, and name cases there are', () => {
    const names = FAULTS.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.length >= 60, String(names.length));
    const ids = new Set(CASES.map(({ id }) => id));
    assert.deepEqual(
      FAULTS.flatMap(({ red, alsoRed = [] }) => [...red, ...alsoRed]).filter((id) => !ids.has(id)),
      [],
    );
  });

  for (const { name, red, alsoRed = [], variant = DEFAULT_VARIANT } of FAULTS)
    it(`${name}: ${red.join(', ')}`, async () => {
      assert.ok(red.length > 0);
      const now = (await found.get(name)) ?? [];
      assert.deepEqual(
        red.filter((id) => !now.includes(id)),
        [],
        'not found',
      );
      if (!EXACT) return;
      const before = (await found.get(nameOf(variant))) ?? [];
      assert.deepEqual(now.filter((id) => !before.includes(id)).sort(), [...red, ...alsoRed].sort());
    });
});
