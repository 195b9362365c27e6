/** A file that was restored to where this agent backs it up from: what the server has is known, and the next backup holds later changes only. */
import { resolve } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { BackupRooms } from '../backup.js';
import { takeSnapshot } from '../detect/snapshot.js';
import { wholeFile } from '../job/build-bytes.js';
import type { BuildContext } from '../job/draft-job.js';
import { BLOCKS } from '../job/build-bytes.js';
import { readDatabase } from '../job/read-database.js';
import { findFile, saveState } from '../state/files.js';
import { dropJob } from '../state/jobs.js';
import { tryLock } from '../state/lock.js';
import { promoteMarks } from '../state/marks.js';
import type { Confirmed } from '../state/state-types.js';
import type { RestoreOptions, RestoreReport } from '../types.js';

export async function adoptRestored({ store, now, looker }: BackupRooms, options: RestoreOptions, report: RestoreReport): Promise<void> {
  const entry = findFile(store, options.file);
  if (!entry || entry.settings.path !== resolve(options.out)) return;
  const lock = tryLock(store, entry.id);
  if (!lock) return;
  try {
    dropJob(store, entry.id);
    const folder = store.jobFolder(entry.id);
    const context: BuildContext = { store, entry, folder, now, pause: () => turn(), progress: () => undefined };
    const snapshot = await takeSnapshot(looker, entry.settings, folder);
    if ('same' in snapshot) return;
    try {
      const whole = await wholeFile(context, snapshot);
      const byRecords = report.way === 'logical' && snapshot.pageSize !== undefined;
      const read = byRecords ? await readDatabase(context, snapshot, undefined, { left: Infinity }) : undefined;
      const confirmed: Confirmed = {
        modification: report.modification,
        generation: 0,
        size: whole.size,
        sha256: whole.sha256,
        ...(read ? { database: read.database } : {}),
      };
      const keep = new Set([...(read ? Object.keys(read.database.tables) : []), BLOCKS]);
      store.transact(() => {
        promoteMarks(store, entry.id, 'job', 'confirmed', keep);
        saveState(store, entry.id, ({ full: _, ...state }) => ({
          ...state,
          confirmed,
          way: report.way,
          stamp: snapshot.stamp,
          lastModification: Math.max(state.lastModification, report.modification),
        }));
      });
    } finally {
      snapshot.close();
    }
    dropJob(store, entry.id);
  } finally {
    lock.release();
  }
}
