/** How the files of the agent stand. */
import { sameStamp, stampOf } from './detect/stamp.js';
import { historyOf, listFiles } from './state/files.js';
import { findJob, itemsOf } from './state/jobs.js';
import type { FileEntry } from './state/state-types.js';
import type { StateStore } from './state/store.js';
import type { FileStatus } from './types.js';

/** Looks at every file from outside; reads none. */
export const statusOf = (store: StateStore, now: number): FileStatus[] => listFiles(store).map((file) => one(store, file, now));

function one(store: StateStore, file: FileEntry, now: number): FileStatus {
  const { name, settings, folder, state } = file;
  const { confirmed, way, exactOnly, backedUpAt, checkedAt, nextAt } = state;
  const changed = folder ? undefined : isChanged(file, now);
  const pending = findJob(store, file.id) && share(store, file.id);
  const last = historyOf(store, file.id, 1)[0];
  return {
    name,
    settings,
    folder,
    ...(way === undefined ? {} : { way }),
    ...(exactOnly === undefined ? {} : { exactOnly }),
    ...(confirmed ? { modification: confirmed.modification, generation: confirmed.generation, size: confirmed.size } : {}),
    ...(backedUpAt === undefined ? {} : { backedUpAt }),
    ...(checkedAt === undefined ? {} : { checkedAt }),
    ...(nextAt === undefined ? {} : { nextAt }),
    ...(changed === undefined ? {} : { changed }),
    ...(pending === undefined ? {} : { pending }),
    ...(last ? { last } : {}),
  };
}

function isChanged(file: FileEntry, now: number): boolean | undefined {
  try {
    return !sameStamp(file.state.stamp && { ...file.state.stamp, racy: false }, stampOf(file.settings.path, now));
  } catch {
    return undefined;
  }
}

/** Of the items' bytes, as far as they are known without opening them. */
function share(store: StateStore, file: number): number {
  const items = itemsOf(store, file);
  const done = items.filter(({ status }) => status !== undefined).length;
  return items.length === 0 ? 0 : done / items.length;
}
