/** The suite must be able to fail: every faulty server turns exactly its cases red. */
import assert from 'node:assert/strict';
import type { ConformanceCase, Variant } from '../../src/conformance/case.js';
import { runConformance } from '../../src/conformance/runner.js';
import { CASES } from '../../src/conformance/suite.js';
import { FAULTS } from './faulty/all.js';
import { DEFAULT_VARIANT, type Fault } from './faulty/faulty.js';
import { PASSWORD, startOurServer, USER, type OurServerOptions } from './support/our-server.js';

async function redCases(
  options: OurServerOptions,
  { version, encoding }: Variant,
  cases: readonly ConformanceCase[] = CASES,
): Promise<readonly string[]> {
  const server = await startOurServer(options);
  try {
    const { results } = await runConformance({
      server: { url: server.url, user: USER, password: PASSWORD, datastore: 'contacts' },
      cases,
      versions: [version],
      encodings: [encoding],
      run: '1',
      crossCheck: false,
    });
    return results.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id);
  } finally {
    await server.close();
  }
}

const optionsOf = ({ settings, wrap }: Fault): OurServerOptions => ({
  ...(settings === undefined ? {} : { settings }),
  ...(wrap === undefined ? {} : { wrap: wrap() }),
});

describe('faulty servers', function () {
  this.timeout(120_000);
  const calm = new Map<string, Promise<readonly string[]>>();
  const withoutFault = (variant: Variant): Promise<readonly string[]> => {
    const key = `${variant.version} ${variant.encoding}`;
    const known = calm.get(key) ?? redCases({}, variant);
    calm.set(key, known);
    return known;
  };

  it('there are no two of one name', () => {
    const names = FAULTS.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
  });

  for (const fault of FAULTS)
    it(`${fault.name}: ${fault.red.join(', ')}`, async () => {
      assert.ok(fault.red.length > 0);
      const variant = fault.variant ?? DEFAULT_VARIANT;
      const before = await withoutFault(variant);
      const found = (await redCases(optionsOf(fault), variant)).filter((id) => !before.includes(id));
      assert.deepEqual([...found].sort(), [...fault.red].sort());
    });
});
