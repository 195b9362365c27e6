/** What the pool and its workers say to each other. Structured clones; chunks go through shared memory. */
import type { CHUNK_BYTES, Chunk } from '../storage/ports/copies.js';
import type { DatabaseFacts, Inspection, Operation, OperationStatus, RowDifference } from './jobs.js';
import type { OpenLimits } from './open.js';

export type Job =
  | { readonly kind: 'inspect' }
  | { readonly kind: 'facts' }
  | { readonly kind: 'apply'; readonly facts: DatabaseFacts | undefined; readonly operations: readonly Operation[]; readonly list: boolean }
  | { readonly kind: 'differences'; readonly limit: number };

export interface JobMessage {
  readonly job: Job;
  /** Bytes of the files, one for each source. */
  readonly sizes: readonly number[];
  readonly limits: OpenLimits;
}

/** The worker waits for the chunks; see `chunk-exchange.ts`. */
export interface ChunkRequest {
  readonly kind: 'chunks';
  readonly source: number;
  readonly indices: readonly number[];
}

export interface AppliedMessage {
  readonly statuses: readonly OperationStatus[];
  readonly changed: readonly Chunk[];
  readonly size: number;
  readonly facts: DatabaseFacts;
  readonly removed: number;
  readonly statements?: readonly string[];
}

export type JobResult = Inspection | DatabaseFacts | AppliedMessage | readonly RowDifference[];

export type WorkerMessage =
  /** `paging`: whether files can be read by chunks with this build of sql.js. */
  | { readonly kind: 'ready'; readonly paging: boolean }
  | ChunkRequest
  | { readonly kind: 'done'; readonly result: JobResult; readonly chunksRead: number }
  | { readonly kind: 'failed'; readonly fault: 'damaged' | 'limit' | 'chunks' | 'bug'; readonly message: string };

/** Shared memory: two integers, then the chunks one behind the other, each of its full length. */
export const READ_AT_ONCE = 64;
export const STATE = 0;
export const Waiting = { yes: 0, answered: 1, failed: 2 } as const;
export const HEAD_BYTES = 8;
export const sharedBytes = (chunkBytes: typeof CHUNK_BYTES): number => HEAD_BYTES + READ_AT_ONCE * chunkBytes;
