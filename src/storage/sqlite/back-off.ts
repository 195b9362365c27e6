import { setTimeout as pause } from 'node:timers/promises';
import { StoreError } from '../../model/errors.js';

const FIRST_MS = 1;
const LONGEST_MS = 16;

/** Repeats `attempt` while another process holds the lock, with growing, jittered pauses and never longer than `limitMs`. @throws {StoreError} `unavailable` after that. */
export async function untilFree<T>(attempt: () => T, limitMs: number): Promise<{ readonly value: T; readonly waited: boolean }> {
  const began = performance.now();
  for (let ceiling = FIRST_MS, waited = false; ; ceiling = Math.min(ceiling * 2, LONGEST_MS), waited = true) {
    try {
      return { value: attempt(), waited };
    } catch (error) {
      if (!(error instanceof StoreError) || error.fault !== 'conflict') throw error;
      if (performance.now() - began > limitMs) {
        throw new StoreError('unavailable', `another process has held the store for ${limitMs} ms`, { cause: error });
      }
    }
    await jittered(ceiling);
  }
}

/** Anything from half of `ceiling` up to it, in milliseconds. */
export const jittered = (ceiling: number): Promise<void> => pause(ceiling * (0.5 + Math.random() / 2));
