/** What a fault is answered. */
import { DatabaseFault } from '../../devicedb/jobs.js';
import { StoreError } from '../../model/errors.js';
import type { ChangeAnswer } from '../../model/effects.js';
import { Status } from '../../model/status.js';
import { RecordError } from '../../records/error.js';

const OF_RECORDS = {
  malformed: Status.IncompleteCommand,
  'too-large': Status.EntityTooLarge,
  unsupported: Status.UnsupportedMediaType,
} as const;

/**
 * The Status of an item whose work failed so. @returns undefined for what is no answer of one item: the store is not there at the moment, or
 * we are wrong.
 */
export function statusOf(error: unknown): ChangeAnswer | undefined {
  if (error instanceof RecordError) return { status: OF_RECORDS[error.fault], detail: error.message };
  if (error instanceof StoreError && error.fault === 'corrupt') return { status: Status.DataStoreFailure };
  if (error instanceof DatabaseFault)
    return error.kind === 'damaged'
      ? { status: Status.DataStoreFailure, detail: error.message }
      : { status: Status.CommandFailed, detail: error.message };
  return undefined;
}

/** Runs slow work; a fault that is an answer becomes one, so that it is kept with the version it belongs to. */
export async function answering<T>(work: () => Promise<T>): Promise<T | { readonly refused: ChangeAnswer }> {
  try {
    return await work();
  } catch (error) {
    const refused = statusOf(error);
    if (!refused) throw error;
    return { refused };
  }
}
