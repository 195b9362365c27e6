import { createHash } from 'node:crypto';
import { TARGETS, type TargetName } from './targets/all.js';
import type { StagedOptions } from './stages.js';

export interface PlanOptions {
  /** Over all targets; Infinity: as many as the time allows. */
  readonly executions: number;
  /** Wall time of the whole run, milliseconds. */
  readonly ms: number;
  readonly jobs: number;
  readonly seed: number;
  /** The part of the executions that is made with coverage, 0 to 1. */
  readonly guided: number;
}

/**
 * The run cut into campaigns, each with a seed of its own: every target as often as there are jobs. Executions are shared out by the targets'
 * weights, time evenly.
 */
export function planOf(names: readonly TargetName[], options: PlanOptions): StagedOptions[] {
  const weights = names.reduce((sum, name) => sum + TARGETS[name].weight, 0);
  const slices: StagedOptions[] = [];
  for (const target of names) {
    const share = (options.executions * TARGETS[target].weight) / weights / options.jobs;
    for (let job = 0; job < options.jobs; job += 1) {
      slices.push({
        target,
        seed: createHash('sha256').update(`${options.seed} ${target} ${job}`).digest().readInt32BE(0),
        executions: Number.isFinite(share) ? Math.ceil(share) : Number.MAX_SAFE_INTEGER,
        ms: options.ms / names.length,
        guided: options.guided,
      });
    }
  }
  return slices;
}
