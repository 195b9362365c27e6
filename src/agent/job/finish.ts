/** What a receipt changes: only now is anything marked as backed up. */
import type { Receipt } from '../../records/receipt.js';
import { addHistory, saveState } from '../state/files.js';
import { dropJob } from '../state/jobs.js';
import { promoteMarks } from '../state/marks.js';
import type { Confirmed, FileEntry, Job } from '../state/state-types.js';
import type { StateStore } from '../state/store.js';
import type { JobReport } from '../types.js';
import { BLOCKS } from './build-bytes.js';

/** The backup is complete: the marks of the job become those of the copy, all at once with its modification number. */
export function confirmJob(store: StateStore, entry: FileEntry, job: Job, receipt: Receipt, anchor: string, report: JobReport): void {
  // Marks of bytes hold for a copy by bytes only.
  const keep = new Set([...(job.database ? Object.keys(job.database.tables) : []), ...(job.sha256 === undefined ? [] : [BLOCKS])]);
  store.transact(() => {
    const differential = job.method === 'differential';
    // A differential job's marks say what became of the last whole copy.
    if (differential && !job.isFull) promoteMarks(store, entry.id, 'full', 'confirmed', keep);
    promoteMarks(store, entry.id, 'job', 'confirmed', keep);
    if (differential && job.isFull) promoteMarks(store, entry.id, 'job', 'full', keep);
    const confirmed: Confirmed = {
      modification: receipt.modification,
      generation: receipt.generation,
      size: job.size,
      ...(job.sha256 === undefined ? {} : { sha256: job.sha256 }),
      ...(job.database ? { database: job.database } : {}),
    };
    saveState(store, entry.id, (state) => {
      const { exactOnly: _, full: __, ...rest } = state;
      const exactOnly = receipt.exactOnly ?? state.exactOnly;
      const full = differential && job.isFull ? confirmed : state.full;
      return {
        ...rest,
        way: exactOnly === undefined && job.database ? 'logical' : job.way,
        ...(exactOnly === undefined ? {} : { exactOnly }),
        confirmed,
        ...(full && differential ? { full } : {}),
        stamp: job.stamp,
        lastModification: Math.max(state.lastModification, job.to, receipt.modification),
        ...(anchor === '' ? {} : { anchor }),
        backedUpAt: report.endedAt,
        checkedAt: report.endedAt,
      };
    });
    dropJob(store, entry.id);
    addHistory(store, entry.id, report);
  });
}
