/** The suite must be able to fail: every faulty server turns exactly its cases red. */
import assert from 'node:assert/strict';
import type { Variant } from '../../src/conformance/case.js';
import { CASES } from '../../src/conformance/suite.js';
import { FAULTS } from './faulty/all.js';
import { DEFAULT_VARIANT } from './faulty/faulty.js';
import { Workers } from './faulty/workers.js';

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
    for (const variant of new Map(FAULTS.map((one) => one.variant ?? DEFAULT_VARIANT).map((v) => [nameOf(v), v])).values())
      begin(nameOf(variant), { fault: undefined, variant });
    for (const { name, variant } of FAULTS) begin(name, { fault: name, variant: variant ?? DEFAULT_VARIANT });
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
      FAULTS.flatMap(({ red }) => red).filter((id) => !ids.has(id)),
      [],
    );
  });

  for (const { name, red, variant = DEFAULT_VARIANT } of FAULTS)
    it(`${name}: ${red.join(', ')}`, async () => {
      assert.ok(red.length > 0);
      const before = (await found.get(nameOf(variant))) ?? [];
      const now = (await found.get(name)) ?? [];
      assert.deepEqual(now.filter((id) => !before.includes(id)).sort(), [...red].sort());
    });
});
