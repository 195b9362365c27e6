/** A failing script made small in one process. */
import type { TortureFailure } from './failure.js';
import type { TortureWorlds, WorldOptions } from './in-process-world.js';
import { foundOf, type Found } from './report.js';
import { runScript } from './run-script.js';
import type { Fault, TortureScript } from './script.js';
import { shrink } from './shrink.js';
import { newTally } from './tally.js';

const MOST_TRIALS = 1500;

/** @param failure what `script` fails of. */
export async function shrunk(
  worlds: TortureWorlds,
  script: TortureScript,
  failure: TortureFailure,
  ms: number,
  wrap?: WorldOptions['wrap'],
  trials = MOST_TRIALS,
): Promise<Found> {
  const struck = new Set<Fault>();
  await runScript(worlds, script, newTally(), wrap, struck);
  const play = (one: TortureScript): Promise<TortureFailure | undefined> => runScript(worlds, one, newTally(), wrap);
  const small = await shrink(withFaults(script, struck), failure.kind, async (one) => (await play(one))?.kind, { trials, ms });
  return foundOf((await play(small.script)) ?? failure, 'in-process', small.script, small.done ? 'fully' : 'in part');
}

/** Most faults of a script wait for messages that are never sent. */
const withFaults = (script: TortureScript, struck: ReadonlySet<Fault>): TortureScript => ({
  ...script,
  events: script.events.map((event) =>
    'wave' in event
      ? { ...event, wave: event.wave.map((visit) => ({ ...visit, faults: visit.faults.filter((fault) => struck.has(fault)) })) }
      : event,
  ),
});
