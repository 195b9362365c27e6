/** What a job is made of before it is written down. */
import type { DatabaseSnapshot, Job, JobItem } from '../state/state-types.js';
import type { FileEntry } from '../state/state-types.js';
import type { StateStore } from '../state/store.js';
import type { Snapshot } from '../detect/snapshot.js';
import { formatManifest, type Manifest } from '../../records/manifest.js';
import type { Progress } from '../types.js';

export interface BuildContext {
  readonly store: StateStore;
  readonly entry: FileEntry;
  readonly folder: string;
  readonly now: () => number;
  /** Lets others have their turn; throws when the job is to stop. */
  readonly pause: () => Promise<void>;
  readonly progress: (step: Progress['step'], done: number, total: number) => void;
}

export type Item = Omit<JobItem, 'seq' | 'offset'>;

export interface Built {
  readonly job: Job;
  readonly items: readonly Item[];
}

/** What is particular to a job. */
export type JobParts = Pick<Job, 'way' | 'sentAs' | 'to' | 'size' | 'isFull' | 'changes'> & {
  readonly base: number | undefined;
  readonly sha256?: string | undefined;
  readonly database?: DatabaseSnapshot | undefined;
};

/** A job of which nothing was sent yet. */
export function newJob({ entry, now }: BuildContext, { stamp, lockedMs }: Snapshot, parts: JobParts): Job {
  const { base, sha256, database, ...rest } = parts;
  const { method, encoding } = entry.settings;
  return {
    ...rest,
    ...(base === undefined ? {} : { base }),
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(database === undefined ? {} : { database }),
    method,
    encoding,
    startedAt: now(),
    opened: false,
    stamp,
    lockedMs,
    sent: 0,
    received: 0,
  };
}

/** Nothing is to be sent. `database`: what may be remembered all the same, to look closer at less next time. */
export interface Unchanged {
  readonly unchanged: true;
  readonly database?: DatabaseSnapshot;
}

export function manifestItem(manifest: Manifest): Item {
  return { kind: 'Replace', uri: 'manifest', type: 'application/json', content: Buffer.from(formatManifest(manifest), 'utf8') };
}

/** To the second, UTC. */
export const modifiedOf = (snapshot: Snapshot): string => `${new Date(snapshot.modifiedAt).toISOString().slice(0, 19)}Z`;
