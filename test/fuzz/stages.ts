/**
 * A campaign in two stages. Coverage costs three quarters of the speed and is worth it while it still finds something: the first stage collects the
 * inputs that reach new code, the second goes on from those without looking, in a thread whose code V8 may make fast.
 */
import type { CampaignResult } from './campaign.js';
import { runWatched, type WatchedOptions } from './watched.js';

export type StagedOptions = Omit<WatchedOptions, 'guided' | 'pool'> & {
  /** The part of the executions, and of the time, that the first stage has: 0 to 1. */
  readonly guided: number;
};

export async function runInStages(options: StagedOptions): Promise<CampaignResult> {
  const { guided: part, ...rest } = options;
  if (part === 0 || part === 1) return runWatched({ ...rest, guided: part === 1 });
  const first = await runWatched({ ...rest, guided: true, executions: Math.ceil(rest.executions * part), ms: rest.ms * part });
  const second = await runWatched({
    ...rest,
    guided: false,
    seed: rest.seed ^ 0x5eed,
    executions: rest.executions - first.executions,
    ms: rest.ms - first.ms,
    // A thread that broke told nothing of its pool.
    ...(first.pool.length > 0 ? { pool: first.pool } : {}),
  });
  const seen = new Set(first.failures.map(({ signature }) => signature));
  return {
    executions: first.executions + second.executions,
    ms: first.ms + second.ms,
    pool: first.pool,
    covered: first.covered,
    failures: [...first.failures, ...second.failures.filter(({ signature }) => !seen.has(signature))],
  };
}
