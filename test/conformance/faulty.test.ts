/**
 * The suite must be able to fail, and at the right place: every faulty server turns its cases red and no others. Of the others, cases of which the
 * fault changes no message are not run again ({@link Recording}), and of those it changes a quarter is, a different one for each fault.
 * MOORAGE_FAULTS=touched runs all it changes (9 minutes of CPU), MOORAGE_FAULTS=all every case with every fault.
 */
import assert from 'node:assert/strict';
import { requirementIdOf } from '../../src/conformance/case.js';
import { requirement } from '../../src/conformance/requirements.js';
import { CASES } from '../../src/conformance/suite.js';
import { FAULTS } from './faulty/all.js';
import { DEFAULT_VARIANT } from './faulty/faulty.js';
import { UNPROVEN } from './faulty/unproven.js';
import { Workers } from './faulty/workers.js';

const { MOORAGE_FAULTS: wanted } = process.env;
const cases = wanted === 'all' || wanted === 'touched' ? wanted : 'sample';

describe('faulty servers', function () {
  this.timeout(3_600_000);
  let workers: Workers;
  const found = new Map<string, Promise<readonly string[]>>();

  // All are begun at once, so that the processes are never idle; the tests take the outcomes in order.
  before(() => {
    workers = new Workers();
    for (const { name, variant = DEFAULT_VARIANT } of FAULTS) {
      const outcome = workers.run({ fault: name, variant, cases });
      outcome.catch(() => undefined);
      found.set(name, outcome);
    }
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

  it('turn every case of a MUST red, but those listed with a reason', () => {
    const red = new Set(FAULTS.flatMap((fault) => [...fault.red, ...(fault.alsoRed ?? [])]));
    const musts = CASES.map(({ id }) => id).filter((id) => requirement(requirementIdOf(id)).level === 'MUST');
    assert.deepEqual(musts.filter((id) => !red.has(id)).sort(), [...UNPROVEN.keys()].sort());
  });

  for (const { name, red, alsoRed = [] } of FAULTS)
    it(`${name}: ${red.join(', ')}`, async () => {
      assert.ok(red.length > 0);
      const now = (await found.get(name)) ?? [];
      assert.deepEqual([...now].sort(), [...red, ...alsoRed].sort());
    });
});
