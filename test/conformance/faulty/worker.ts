/** A process that tries faulty servers one after the other: told a fault's name, it answers with the cases that failed. */
import { runConformance } from '../../../src/conformance/runner.js';
import type { Variant } from '../../../src/conformance/case.js';
import { CASES } from '../../../src/conformance/suite.js';
import { PASSWORD, startOurServer, USER, type OurServerOptions } from '../support/our-server.js';
import { FAULTS } from './all.js';
import type { Fault } from './faulty.js';

export interface Task {
  /** Undefined: the server as it is. */
  readonly fault: string | undefined;
  readonly variant: Variant;
  /** Cases to run; undefined: all. */
  readonly cases: readonly string[] | undefined;
}
export type Outcome = { readonly red: readonly string[] } | { readonly error: string };

const optionsOf = ({ settings, wrap }: Fault): OurServerOptions => ({
  ...(settings === undefined ? {} : { settings }),
  ...(wrap === undefined ? {} : { wrap: wrap() }),
});

async function redCases({ fault: name, variant, cases }: Task): Promise<readonly string[]> {
  const fault = FAULTS.find((one) => one.name === name);
  if (name !== undefined && !fault) throw new Error(`no fault ${name}`);
  const server = await startOurServer(fault ? optionsOf(fault) : {});
  try {
    const { results } = await runConformance({
      server: { url: server.url, user: USER, password: PASSWORD, datastore: 'contacts' },
      cases: CASES.filter(({ id }) => cases?.includes(id) ?? true),
      versions: [variant.version],
      encodings: [variant.encoding],
      run: '1',
      crossCheck: false,
    });
    return results.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id);
  } finally {
    await server.close();
  }
}

process.on('message', (task: Task) => {
  redCases(task).then(
    (red) => process.send?.({ red } satisfies Outcome),
    (error: unknown) =>
      process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) } satisfies Outcome),
  );
});
