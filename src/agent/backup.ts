/** Backs up files one after another or at the same time, each to its end or to where it goes on next time. */
import { setImmediate as turn } from 'node:timers/promises';
import { UserError } from '../model/errors.js';
import type { Device } from './client/settings.js';
import { Link, type Patience } from './client/link.js';
import type { HttpTransport } from './client/transport.js';
import type { Looker } from './detect/looker.js';
import { isPassing, Suspended } from './errors.js';
import { filesIn } from './folder.js';
import { runJob } from './job/run.js';
import { nameInFolder } from './names.js';
import { addHistory, fileById, listFiles, saveFile, saveState } from './state/files.js';
import { findJob } from './state/jobs.js';
import { tryLock } from './state/lock.js';
import type { FileEntry } from './state/state-types.js';
import type { StateStore } from './state/store.js';
import type { BackupOptions, JobReport, Progress } from './types.js';
import { join } from 'node:path';

export interface BackupRooms {
  readonly store: StateStore;
  readonly device: Device;
  readonly transport: HttpTransport;
  readonly looker: Looker;
  readonly patience: Patience;
  readonly now: () => number;
}

/** What is to be backed up now: files, and the files of folders, in their order. @throws {UserError} for a name that is not known. */
export function filesToBackUp(store: StateStore, names: readonly string[] | undefined): FileEntry[] {
  const all = listFiles(store);
  const chosen = names?.map((name) => {
    const found = all.find((file) => file.name === name || file.settings.path === name);
    if (!found) throw new UserError(`${name} is not backed up. "moorage agent status" lists what is; "moorage agent add" adds it.`);
    return found;
  });
  const top = chosen ?? all.filter(({ parent }) => parent === undefined);
  return top
    .flatMap((file) => (file.folder ? inFolder(store, file) : [file]))
    .sort((a, b) => a.settings.order - b.settings.order || a.name.localeCompare(b.name));
}

/** Files that came into the folder are taken in; those that are gone stay on the server. */
function inFolder(store: StateStore, folder: FileEntry): FileEntry[] {
  const { exclude, ...settings } = folder.settings;
  return filesIn(settings.path, exclude).map((path) =>
    saveFile(store, nameInFolder(folder.name, path), { ...settings, path: join(settings.path, path), exclude: [] }, false, folder.id),
  );
}

export async function backUp(rooms: BackupRooms, options: BackupOptions): Promise<JobReport[]> {
  const files = filesToBackUp(rooms.store, options.names);
  const reports: JobReport[] = [];
  const queue = files.map((file, at) => ({ file, at }));
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) reports[next.at] = await backUpFile(rooms, next.file, options);
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(options.parallel ?? 1, files.length)) }, work));
  return reports;
}

/** Never throws: what went wrong is in the report, and in the history. */
async function backUpFile(rooms: BackupRooms, file: FileEntry, options: BackupOptions): Promise<JobReport> {
  const { store, now } = rooms;
  const startedAt = now();
  const lock = tryLock(store, file.id);
  if (!lock) return ended(file, startedAt, now(), 'failed', 'Another backup of this file is under way.');
  const link = new Link(rooms.transport.post, file.settings.encoding, rooms.patience, options.signal);
  const report = (step: Progress['step'], done: number, total: number): void =>
    options.onProgress?.({ file: file.name, step, done, total });
  try {
    // Another process may have been at it.
    const entry = fileById(store, file.id) ?? file;
    return await runJob({
      store,
      entry,
      device: rooms.device,
      looker: rooms.looker,
      link,
      folder: store.jobFolder(file.id),
      suspend: options.signal,
      now,
      pause: async () => {
        await turn();
        if (options.signal?.aborted) throw new Suspended('stopped');
      },
      progress: report,
      sendProgress: (done, total) => report('send', done, total),
    });
  } catch (error) {
    const failure = {
      ...failed(file, startedAt, now(), error, findJob(store, file.id) !== undefined),
      sent: link.sent,
      received: link.received,
    };
    addHistory(store, file.id, failure);
    saveState(store, file.id, (state) => ({ ...state, checkedAt: now() }));
    return failure;
  } finally {
    lock.release();
  }
}

function failed(file: FileEntry, startedAt: number, endedAt: number, error: unknown, isPending: boolean): JobReport {
  const goesOn = isPending ? ' What was sent is kept; the next run goes on from there.' : '';
  if (error instanceof Suspended) return ended(file, startedAt, endedAt, 'suspended', `Suspended.${goesOn}`);
  const message = error instanceof Error ? error.message : String(error);
  const sentence = `${message.charAt(0).toUpperCase()}${message.slice(1)}${/[.!?]$/.test(message) ? '' : '.'}`;
  return ended(file, startedAt, endedAt, isPassing(error) ? 'interrupted' : 'failed', `${sentence}${isPassing(error) ? goesOn : ''}`);
}

const ended = (file: FileEntry, startedAt: number, endedAt: number, outcome: JobReport['outcome'], message: string): JobReport => ({
  file: file.name,
  outcome,
  startedAt,
  endedAt,
  sent: 0,
  received: 0,
  lockedMs: 0,
  message,
});
