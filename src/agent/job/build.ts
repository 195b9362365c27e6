/** Chooses the way of a file and builds its job. */
import type { BackupWay } from '../../records/manifest.js';
import type { Snapshot } from '../detect/snapshot.js';
import { dropMarks } from '../state/marks.js';
import { buildBytesJob } from './build-bytes.js';
import { buildDatabaseJob } from './build-database.js';
import type { BuildContext, Built, Unchanged } from './draft-job.js';

export interface BuiltJob {
  readonly result: Built | Unchanged;
  readonly way: BackupWay;
  /** Why a database is kept `exact` that was meant to be kept by records. */
  readonly exactOnly?: string;
}

/** @param asFull what the server has is of no use as a base. */
export async function buildJob(context: BuildContext, snapshot: Snapshot, asFull: boolean): Promise<BuiltJob> {
  const { store, entry } = context;
  const { settings, state } = entry;
  const isDatabase = snapshot.pageSize !== undefined;
  const wanted: BackupWay = settings.way === 'auto' ? (isDatabase ? 'logical' : 'file') : isDatabase ? settings.way : 'file';
  if (wanted !== 'logical') return { result: await buildBytesJob(context, snapshot, wanted, asFull), way: wanted };
  if (state.exactOnly !== undefined)
    return { result: await buildBytesJob(context, snapshot, 'exact', asFull), way: 'exact', exactOnly: state.exactOnly };
  try {
    return { result: await buildDatabaseJob(context, snapshot, asFull), way: 'logical' };
  } catch (error) {
    if (!cannotRead(error)) throw error;
    // Tables that are not to leave the device cannot be kept out of a copy by bytes.
    if (settings.exclude.length > 0) throw error;
    dropMarks(store, entry.id, 'job');
    const reason = (error as Error).message;
    return { result: await buildBytesJob(context, snapshot, 'exact', asFull), way: 'exact', exactOnly: reason };
  }
}

/** Collations, functions and modules of the application that SQLite has not got here; shapes that records cannot say. */
const cannotRead = (error: unknown): boolean =>
  error instanceof Error &&
  (error.name === 'NotByRecords' ||
    /no such (module|collation|collation sequence|function|tokenizer)|malformed|unsupported/i.test(error.message));
