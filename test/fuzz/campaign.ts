/**
 * Many executions of one target. Inputs come from the grammar, from seeds and from a pool; with coverage, an input that reaches code no
 * other has reached joins the pool. Coverage is read once a batch; only a batch that found something is gone through one by one.
 */
import { createHash } from 'node:crypto';
import { Random } from './choices.js';
import type { Coverage } from './coverage.js';
import { checkMemory, checkPrototypes, heldBytes, MEMORY_BYTES, runGuarded } from './guard.js';
import { minimise } from './minimise.js';
import { mutate } from './mutate.js';
import { OracleFailure, type Target } from './target.js';

export interface CampaignOptions {
  readonly seed: number;
  readonly executions: number;
  /** `performance.now()` at which it ends all the same. */
  readonly until: number;
  readonly coverage?: Coverage;
  /** The inputs an earlier campaign of this target found worth keeping: they are gone on from, in place of the seeds. */
  readonly pool?: readonly Uint8Array[];
  /** Called before an execution, for whoever watches: a thread that hangs cannot speak. */
  readonly watch?: (input: Uint8Array) => void;
  /** Different failures after which it ends. */
  readonly maxFailures?: number;
}

export interface Failure {
  /** Equal for failures of one cause: kind of the error and the place it came from. */
  readonly signature: string;
  readonly detail: string;
  /** Minimised. */
  readonly input: Uint8Array;
}

export interface CampaignResult {
  readonly executions: number;
  /** Seeds, and the inputs that reached what none had reached. */
  readonly pool: readonly Uint8Array[];
  /** Characters of source that ran; 0 without coverage. */
  readonly covered: number;
  readonly ms: number;
  readonly failures: readonly Failure[];
}

const NOTHING = new Uint8Array(0);
const BATCH = 128;
const MAX_POOL = 4000;
/** Of 100 inputs so many are made by the grammar alone. */
const GRAMMAR_PERCENT = 25;

export function signatureOf(error: unknown): string {
  if (error instanceof OracleFailure) {
    const cause = error.cause instanceof Error ? ` ${frameOf(error.cause)}` : '';
    return `${error.oracle}${cause}`;
  }
  return error instanceof Error ? `${error.name} ${frameOf(error)}` : String(error);
}

/** The innermost function of the code under test, without line numbers: they change with every edit. */
function frameOf(error: Error): string {
  const line = (error.stack ?? '').split('\n').find((one) => one.includes('/src/'));
  const [, name = '', file = ''] = /at (?:(.+?) \()?.*\/src\/([^:]+)/.exec(line ?? '') ?? [];
  return `${file} ${name}`.trim();
}

export async function runCampaign(target: Target, options: CampaignOptions): Promise<CampaignResult> {
  const { seed, coverage, until } = options;
  const choices = new Random(seed);
  const startedAt = performance.now();
  const failures = new Map<string, Failure>();
  const pool: Uint8Array[] = [];
  let executions = 0;

  const attempt = async (input: Uint8Array): Promise<void> => {
    executions += 1;
    options.watch?.(input);
    try {
      await runGuarded(target, input);
    } catch (error) {
      await report(input, error);
    }
  };
  const check = async (input: Uint8Array, oracle: () => Promise<void>): Promise<void> => {
    try {
      await oracle();
    } catch (error) {
      await report(input, error);
    }
  };
  const report = async (input: Uint8Array, error: unknown): Promise<void> => {
    const signature = signatureOf(error);
    if (failures.has(signature)) return;
    const fails = async (candidate: Uint8Array): Promise<boolean> => {
      options.watch?.(candidate);
      try {
        await runGuarded(target, candidate);
        return false;
      } catch (other) {
        return signatureOf(other) === signature;
      }
    };
    failures.set(signature, { signature, detail: error instanceof Error ? (error.stack ?? error.message) : String(error), input });
    failures.set(signature, { ...(failures.get(signature) as Failure), input: await minimise(input, fails, 5000) });
  };
  const over = (): boolean =>
    executions >= options.executions || performance.now() >= until || failures.size >= (options.maxFailures ?? 20);

  const seeds = options.pool ?? target.seeds();
  for (const input of seeds) {
    if (over()) break;
    await attempt(input);
    pool.push(input);
  }
  coverage?.fresh();
  const parent = (): Uint8Array => (pool.length === 0 || choices.chance(5) ? target.generate(choices) : choices.pick(pool));
  while (!over()) {
    const batch = Array.from({ length: Math.min(BATCH, options.executions - executions) }, () =>
      choices.chance(GRAMMAR_PERCENT) ? target.generate(choices) : mutate(choices, parent(), parent(), target),
    );
    const before = heldBytes();
    for (const input of batch) {
      if (over()) break;
      await attempt(input);
    }
    // One of them took much: which, each has to show again.
    const suspects = heldBytes() - before > MEMORY_BYTES ? batch : [];
    for (const input of suspects) await check(input, () => checkMemory(target, input));
    await check(batch[0] ?? NOTHING, async () => checkPrototypes());
    if (coverage && coverage.fresh() > 0) await keep(batch);
  }

  /** Somewhere in this batch are inputs that reached new code: each that adds to it joins the pool. */
  async function keep(batch: readonly Uint8Array[]): Promise<void> {
    coverage?.rewind();
    for (const input of batch) {
      options.watch?.(input);
      try {
        await target.run(input);
      } catch {
        // Reported when it ran first.
      }
      if ((coverage?.fresh() ?? 0) === 0) continue;
      if (pool.length < Math.max(MAX_POOL, seeds.length + 1)) pool.push(input);
      else pool[seeds.length + choices.below(pool.length - seeds.length)] = input;
    }
  }

  await target.close?.();
  return {
    executions,
    pool,
    covered: coverage?.covered ?? 0,
    ms: performance.now() - startedAt,
    failures: [...failures.values()],
  };
}

export const nameOfFailure = (failure: Failure): string => createHash('sha256').update(failure.signature).digest('hex').slice(0, 12);
