/** What a fuzzing thread is told, and what it tells. */
import type { CampaignResult } from './campaign.js';

export interface WorkerTask {
  /** Name of a target, or the `file:` URL of a module that exports one as `target`. */
  readonly target: string;
  readonly seed: number;
  readonly executions: number;
  /** Milliseconds it may take. */
  readonly ms: number;
  readonly guided: boolean;
  /** What an earlier campaign of this target kept; without it the target's seeds. */
  readonly pool?: readonly Uint8Array[];
  /** The input at hand: its number, its length, its bytes. */
  readonly progress: SharedArrayBuffer;
}

export type WorkerReport = { readonly kind: 'done'; readonly result: CampaignResult };

/** Of the shared memory: how many inputs were begun, and how long the one at hand is. */
export const PROGRESS_HEADER = 8;
