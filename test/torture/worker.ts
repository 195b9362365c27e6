/** One process under `npm run torture`: plays script after script in its engine and tells the parent of each. */
import { compileDiskFaults } from './disk-faults.js';
import { generate } from './generate.js';
import { TortureWorlds } from './in-process-world.js';
import { play } from './play.js';
import { openProcessWorld } from './process-world.js';
import { foundOf, type Found } from './report.js';
import { runScript, failed } from './run-script.js';
import { shrunk } from './shrunk.js';
import { addTally, newTally, type Tally } from './tally.js';

export interface Job {
  readonly engine: Found['engine'];
  readonly seed: number;
  /** Numbers of its scripts: `first`, `first + step` … */
  readonly first: number;
  readonly step: number;
  /** Server processes on one folder. */
  readonly processes: number;
  readonly shrinkMs: number;
}

/** After each script. */
export interface Word {
  readonly tally: Tally;
  readonly found?: Found;
}

async function playInProcess(worlds: TortureWorlds, job: Job, index: number): Promise<Word> {
  const tally = newTally();
  const script = generate(job.seed, index, { timePasses: true });
  const failure = await runScript(worlds, script, tally);
  return failure ? { tally, found: await shrunk(worlds, script, failure, job.shrinkMs) } : { tally };
}

/** A script that failed with processes is tried in one process, where it can be shrunk. */
async function playWithProcesses(
  worlds: TortureWorlds,
  faults: ReturnType<typeof compileDiskFaults>,
  job: Job,
  index: number,
): Promise<Word> {
  const tally = newTally();
  const shim = typeof faults === 'string' ? undefined : faults;
  const script = generate(job.seed, index, { timePasses: false, processes: job.processes });
  const world = await openProcessWorld({ servers: script.servers, settings: script.settings }, shim);
  try {
    const seen = newTally();
    const failure = await failed(() => play(script, world, seen), seen);
    addTally(tally, seen);
    if (!failure) return { tally };
    if ((await runScript(worlds, script, newTally()))?.kind !== failure.kind) {
      return { tally, found: foundOf(failure, 'processes', script, 'not') };
    }
    return { tally, found: { ...(await shrunk(worlds, script, failure, job.shrinkMs)), engine: 'processes' } };
  } finally {
    await world.close();
  }
}

async function work(job: Job, tell: (word: Word) => void, stopped: () => boolean): Promise<void> {
  const worlds = new TortureWorlds();
  const faults = job.engine === 'processes' ? compileDiskFaults() : '';
  try {
    for (let index = job.first; !stopped(); index += job.step) {
      tell(await (job.engine === 'in-process' ? playInProcess(worlds, job, index) : playWithProcesses(worlds, faults, job, index)));
    }
  } finally {
    worlds.remove();
    if (typeof faults !== 'string') faults.remove();
  }
}

let stop = false;
process.on('message', (message: Job | 'stop') => {
  if (message === 'stop') {
    stop = true;
    return;
  }
  work(
    message,
    (word) => process.send?.(word, undefined, undefined, () => undefined),
    () => stop,
  ).then(
    () => process.disconnect(),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => {
  stop = true;
});
