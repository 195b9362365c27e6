/** `npm run torture -- --replay`: one script again, in one process or with real ones. */
import { compileDiskFaults } from './disk-faults.js';
import { generate } from './generate.js';
import { TortureWorlds } from './in-process-world.js';
import { play } from './play.js';
import { openProcessWorld } from './process-world.js';
import { readScriptFile, saveFound } from './report.js';
import { failed, runScript } from './run-script.js';
import type { TortureScript } from './script.js';
import { shrunk } from './shrunk.js';
import { newTally, tableOf, type Tally } from './tally.js';

const SHRINK_MS = 300_000;

/** @param what a file, or SEED/NUMBER of the in-process engine, which is made smaller and saved in `out` when it fails. @returns whether it went well. */
export async function replay(what: string, processes: number, withProcesses: boolean, out: string): Promise<boolean> {
  const numbers = /^(\d+)\/(\d+)$/.exec(what);
  const script: TortureScript = numbers ? generate(Number(numbers[1]), Number(numbers[2]), { timePasses: true }) : readScriptFile(what);
  const tally = newTally();
  const began = performance.now();
  const failure = withProcesses
    ? await inProcesses({ ...script, servers: Math.max(1, processes) }, tally)
    : await inThisProcess(script, tally, numbers ? out : undefined);
  console.log(tableOf(tally, (performance.now() - began) / 1000));
  console.log(failure ? `torture: ${failure.message}` : 'torture: nothing failed');
  return !failure;
}

async function inThisProcess(script: TortureScript, tally: Tally, out: string | undefined): ReturnType<typeof runScript> {
  const worlds = new TortureWorlds();
  try {
    const failure = await runScript(worlds, script, tally);
    if (failure && out !== undefined) console.log(`saved: ${saveFound(out, await shrunk(worlds, script, failure, SHRINK_MS))}`);
    return failure;
  } finally {
    worlds.remove();
  }
}

async function inProcesses(script: TortureScript, tally: Tally): ReturnType<typeof runScript> {
  const faults = compileDiskFaults();
  const world = await openProcessWorld(script, typeof faults === 'string' ? undefined : faults);
  try {
    return await failed(() => play(script, world, tally), tally);
  } finally {
    await world.close();
    if (typeof faults !== 'string') faults.remove();
  }
}
