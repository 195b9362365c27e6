/** The suite against our own server: every MUST and SHOULD is kept, in every version and encoding. */
import assert from 'node:assert/strict';
import { requirementIdOf } from '../../src/conformance/case.js';
import { runConformance, VERSIONS, ENCODINGS } from '../../src/conformance/runner.js';
import { CASES } from '../../src/conformance/suite.js';
import { requirement } from '../../src/conformance/requirements.js';
import { PASSWORD, startOurServer, USER } from './support/our-server.js';

describe('conformance suite', function () {
  this.timeout(300_000);

  it('has no two cases of one name, and no case without its requirement', () => {
    const ids = CASES.map(({ id }) => id);
    assert.deepEqual(
      ids.filter((id, at) => ids.indexOf(id) !== at),
      [],
    );
    for (const id of ids) assert.equal(requirement(requirementIdOf(id)).id, requirementIdOf(id));
  });

  it('does not lock itself out of our server by its wrong log-ins, in whatever versions and encodings it goes on', async () => {
    const server = await startOurServer();
    try {
      const { results } = await runConformance({
        server: { url: server.url, user: USER, password: PASSWORD, datastore: 'contacts' },
        cases: CASES.filter(({ id }) => requirement(requirementIdOf(id)).area === 'authentication'),
        run: '1',
      });
      const red = results.filter(({ verdict }) => verdict === 'fail' || verdict === 'inconclusive');
      assert.deepEqual(
        red.map(({ id, variant, reason }) => `${id} ${variant.version} ${variant.encoding}: ${reason}`),
        [],
      );
    } finally {
      await server.close();
    }
  });

  for (const version of VERSIONS)
    for (const encoding of ENCODINGS)
      it(`our server keeps what it must and should: ${version}, ${encoding}`, async () => {
        const server = await startOurServer();
        try {
          const report = await runConformance({
            server: { url: server.url, user: USER, password: PASSWORD, datastore: 'contacts' },
            cases: CASES,
            versions: [version],
            encodings: [encoding],
            run: '1',
          });
          const red = report.results.filter(
            ({ verdict, requirement: { level } }) => level !== 'MAY' && verdict !== 'pass' && verdict !== 'not supported',
          );
          assert.deepEqual(
            red.map(({ id, verdict, reason }) => `${id} ${verdict}: ${reason}`),
            [],
          );
        } finally {
          await server.close();
        }
      });

  it('under keep-both our server keeps what is asked of one that keeps two items', async () => {
    const datastores = [{ uri: 'contacts', kind: 'contacts', policy: 'keep-both' }];
    const server = await startOurServer({ settings: { datastores } });
    try {
      const { results } = await runConformance({
        server: { url: server.url, user: USER, password: PASSWORD, datastore: 'contacts' },
        cases: CASES.filter(({ id }) => ['SYN-020', 'SYN-021', 'SYN-022'].includes(id)),
        versions: ['1.2'],
        encodings: ['wbxml'],
        run: '1',
      });
      assert.deepEqual(
        new Set(results.map(({ id, verdict }) => `${id} ${verdict}`)),
        new Set(['SYN-020 pass', 'SYN-021 pass', 'SYN-022 pass']),
      );
    } finally {
      await server.close();
    }
  });
});
