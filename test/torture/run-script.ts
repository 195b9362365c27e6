/** One script in a fresh world of this process, and what came of it. */
import { TortureFailure } from './failure.js';
import type { TortureWorlds, WorldOptions } from './in-process-world.js';
import { play } from './play.js';
import type { Fault, TortureScript } from './script.js';
import { addTally, newTally, type Tally } from './tally.js';

/** @param tally gets what was counted. @param struck the faults that happened. @returns undefined when all went well. */
export async function runScript(
  worlds: TortureWorlds,
  script: TortureScript,
  tally: Tally,
  wrap?: WorldOptions['wrap'],
  struck?: Set<Fault>,
): Promise<TortureFailure | undefined> {
  const world = await worlds.open({ servers: script.servers, settings: script.settings, ...(wrap ? { wrap } : {}) });
  const seen = newTally();
  try {
    return await failed(() => play(script, world, seen, struck), seen);
  } finally {
    addTally(tally, seen);
    await world.close();
  }
}

/** @returns what `run` fails of, counted in `tally`. */
export async function failed(run: () => Promise<void>, tally: Tally): Promise<TortureFailure | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    const failure = error instanceof TortureFailure ? error : new TortureFailure('harness', String(error), { cause: error });
    if (failure.kind === 'loss') tally.losses += 1;
    else if (failure.kind === 'double') tally.doubles += 1;
    else tally.otherFailures += 1;
    return failure;
  }
}
