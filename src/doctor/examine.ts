/** The store's inspection with what only other rooms can read: content, and sessions. */
import { describe } from '../content/describe.js';
import { sessionFacts } from '../exchange/session-state.js';
import type { Depth, InspectableStore, Inspection, InspectOptions, Readers } from '../storage/ports/inspection.js';
import type { SweepLimits } from '../storage/ports/store.js';

export const READERS: Readers = { describe, session: sessionFacts };

export interface ExamineOptions extends Omit<InspectOptions, 'readers' | 'depth'> {
  readonly ages: SweepLimits;
  /** Default: `full`. */
  readonly depth?: Depth;
}

/**
 * Checks every rule the store keeps. Safe beside running servers and within one; writes nothing.
 * @throws {StoreError} `unavailable` when the store cannot be used.
 */
export function examine(store: Pick<InspectableStore, 'inspect'>, options: ExamineOptions): Promise<Inspection> {
  return store.inspect({ ...options, readers: READERS, depth: options.depth ?? 'full' });
}
