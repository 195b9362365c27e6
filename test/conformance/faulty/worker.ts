/** A process that tries faulty servers one after the other: told a fault's name, it answers with the cases that failed. */
import { variantName } from '../../../src/conformance/report/summary.js';
import { runConformance } from '../../../src/conformance/runner.js';
import type { ConformanceCase, Variant } from '../../../src/conformance/case.js';
import { CASES } from '../../../src/conformance/suite.js';
import { PASSWORD, startOurServer, USER, type OurServerOptions } from '../support/our-server.js';
import { FAULTS } from './all.js';
import type { Fault } from './faulty.js';
import { Recording } from './touched.js';

export interface Task {
  readonly fault: string;
  readonly variant: Variant;
  /** The cases to run: all, those whose messages the fault changes, or of these the ones that have to fail and a quarter of the others. */
  readonly cases: 'all' | 'touched' | 'sample';
}
export type Outcome = { readonly red: readonly string[] } | { readonly error: string };

async function failing(
  variant: Variant,
  cases: readonly ConformanceCase[],
  options: OurServerOptions,
  recording?: Recording,
): Promise<readonly string[]> {
  const server = await startOurServer(options);
  try {
    const { results } = await runConformance({
      server: { url: server.url, user: USER, password: PASSWORD, datastore: 'contacts' },
      cases,
      versions: [variant.version],
      encodings: [variant.encoding],
      run: '1',
      crossCheck: false,
      onStart: () => recording?.end(undefined),
      onResult: ({ id }) => recording?.end(id),
    });
    return results.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id);
  } finally {
    await server.close();
  }
}

const recordings = new Map<string, Promise<Recording>>();

function recordingOf(variant: Variant): Promise<Recording> {
  const name = variantName(variant);
  const made = recordings.get(name) ?? record(variant);
  recordings.set(name, made);
  return made;
}

async function record(variant: Variant): Promise<Recording> {
  const recording = new Recording();
  const red = await failing(variant, CASES, { wrap: recording.wrap }, recording);
  if (red.length > 0) throw new Error(`without a fault there fail in ${variantName(variant)}: ${red.join(', ')}`);
  return recording;
}

/** What was recorded says nothing about a server with other settings, or with something in front of it. */
async function casesFor(fault: Fault, { variant, cases }: Task): Promise<readonly ConformanceCase[]> {
  const { settings, front, wrap } = fault;
  if (cases === 'all' || settings !== undefined || front !== undefined || wrap === undefined) return CASES;
  const touched = await (await recordingOf(variant)).touchedBy(wrap());
  const concerned = touched === undefined ? CASES : CASES.filter(({ id, kind }) => kind === 'scan' || touched.includes(id));
  if (cases === 'touched' || fault.inCompany) return concerned;
  const named = new Set([...fault.red, ...(fault.alsoRed ?? [])]);
  // Another quarter for each fault: together they see every case.
  const quarter = FAULTS.indexOf(fault) % 4;
  return concerned.filter(({ id, kind }, at) => kind === 'scan' || named.has(id) || at % 4 === quarter);
}

async function redCases(task: Task): Promise<readonly string[]> {
  const fault = FAULTS.find(({ name }) => name === task.fault);
  if (!fault) throw new Error(`no fault ${task.fault}`);
  const { settings, front, wrap } = fault;
  return failing(task.variant, await casesFor(fault, task), {
    ...(settings === undefined ? {} : { settings }),
    ...(front === undefined ? {} : { front }),
    ...(wrap === undefined ? {} : { wrap: wrap() }),
  });
}

// Nobody is there to be told any more.
process.on('disconnect', () => process.exit());
process.on('message', (task: Task) => {
  redCases(task).then(
    (red) => process.send?.({ red } satisfies Outcome),
    (error: unknown) =>
      process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) } satisfies Outcome),
  );
});
