/** Runs backups when they are due, for as long as it is let. */
import type { BackupRooms } from './backup.js';
import { backUp, filesToBackUp } from './backup.js';
import { dayOf, dueAt, timingOf, type Policy } from './schedule/policy.js';
import { nextInside, parseWindow } from './schedule/window.js';
import { fileById, historyOf, listFiles, saveState } from './state/files.js';
import type { FileEntry } from './state/state-types.js';
import type { BackupOptions, JobReport } from './types.js';

export interface RunOptions extends Omit<BackupOptions, 'names'> {
  readonly policy?: Policy;
  /** Told of every job. */
  readonly onReport?: (report: JobReport) => void;
  /** Told of every wait. `next`: milliseconds since 1970, undefined when nothing is to come. */
  readonly onWait?: (next: number | undefined) => void;
  /** Waits; ends early when the run is to stop. Replaced by tests. */
  readonly sleep?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** First wait after an interruption; doubles up to the longest. Milliseconds. */
const FIRST_RETRY_MS = 60_000;
const LONGEST_RETRY_MS = 60 * 60_000;
/** Settings may be changed by another process meanwhile; clocks may be set. */
const LONGEST_SLEEP_MS = 60_000;
const DAY_MS = 24 * 60 * 60_000;

/** Ends when `options.signal` is aborted. */
export async function runScheduled(rooms: BackupRooms, options: RunOptions): Promise<void> {
  const { store, now } = rooms;
  const begun = now();
  const retries = new Map<number, { at: number; count: number }>();
  const sleep = options.sleep ?? sleepFor;
  while (options.signal?.aborted !== true) {
    const plans = listFiles(store)
      .filter(({ parent }) => parent === undefined)
      .map((file) => ({ file, due: due(rooms, file, options.policy ?? {}, begun, retries.get(file.id)) }));
    for (const { file, due } of plans) if (file.state.nextAt !== due) saveState(store, file.id, (state) => ({ ...state, nextAt: due }));
    const ready = plans.filter(({ due }) => due <= now());
    if (ready.length === 0) {
      const next = plans.length === 0 ? undefined : Math.min(...plans.map(({ due }) => due));
      options.onWait?.(next);
      await sleep(Math.min(LONGEST_SLEEP_MS, Math.max(1, (next ?? Infinity) - now())), options.signal);
      continue;
    }
    const { policy: _, onReport, onWait: __, sleep: ___, ...backupOptions } = options;
    const reports = await backUp(rooms, { ...backupOptions, names: ready.map(({ file }) => file.name) });
    for (const report of reports) onReport?.(report);
    for (const { file } of ready) note(rooms, file, reports, retries);
  }
}

function due({ store, now }: BackupRooms, file: FileEntry, policy: Policy, begun: number, retry: { at: number } | undefined): number {
  const timing = timingOf(file.settings, policy);
  const at = dueAt(timing, file.state.checkedAt, begun, now());
  const again = retry && (timing.between === undefined ? retry.at : nextInside(parseWindow(timing.between), retry.at));
  const wanted = again === undefined ? at : Math.min(at, again);
  if (timing.maxPerDay === undefined) return wanted;
  const today = dayOf(Math.max(wanted, now()));
  const done = historyOf(store, file.id, timing.maxPerDay).filter(({ outcome, endedAt }) => outcome === 'done' && dayOf(endedAt) === today);
  return done.length >= timing.maxPerDay ? Math.max(wanted, dayOf(today + DAY_MS + DAY_MS / 12)) : wanted;
}

/** An interrupted backup is tried again soon, ever less soon; a failed one waits for its next time. */
function note(
  { store, now }: BackupRooms,
  file: FileEntry,
  reports: readonly JobReport[],
  retries: Map<number, { at: number; count: number }>,
): void {
  const own = new Set(filesToBackUp(store, [file.name]).map(({ name }) => name));
  const interrupted = reports.some(({ file: name, outcome }) => own.has(name) && outcome === 'interrupted');
  if (file.folder || fileById(store, file.id)?.state.checkedAt === undefined)
    saveState(store, file.id, (state) => ({ ...state, checkedAt: now() }));
  if (!interrupted) {
    retries.delete(file.id);
    return;
  }
  const count = (retries.get(file.id)?.count ?? 0) + 1;
  retries.set(file.id, { at: now() + Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (count - 1)), count });
}

function sleepFor(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done);
  });
}
