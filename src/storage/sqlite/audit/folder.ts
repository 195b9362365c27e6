/** The data folder and the machine under it: files that are nobody's, rights, room, clock. */
import { lstat, readdir, stat, statfs, chmod } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import type { BlobFile } from '../../blobs/disk.js';
import type { Finding } from '../../ports/inspection.js';
import type { Sql } from './rule.js';

/** Where safety copies lie, below the data folder. */
export const COPY_FOLDER = 'doctor';
export const RIGHTS_RULE = 'rights';
export const LOG_RULE = 'log-size';

const MIB = 1024 * 1024;
/** Below one of these, what comes may not fit. Bytes, and the share of the disk. */
const LOW_SPACE = { bytes: 512 * MIB, share: 0.01 } as const;
/** SQLite's own checkpoint bounds the log at 32 MiB. */
const UNUSUAL_LOG = 128 * MIB;
/** Clocks of machines that share a store may differ a little. Milliseconds. */
const CLOCK_SLACK_MS = 5 * 60 * 1000;
/** Rights that only the owner should have. */
const OTHERS = 0o077;
const OTHERS_WRITE = 0o022;

export interface FolderFacts {
  readonly folder: string;
  readonly database: string;
  readonly blobs: string;
  readonly packs: string;
  readonly keyFile: string | undefined;
}

const inMiB = (bytes: number): string => `${Math.round(bytes / MIB)} MiB`;

export async function* strayFiles({ folder, database, blobs, packs, keyFile }: FolderFacts): AsyncGenerator<Finding> {
  const ours = new Set([
    database,
    `${database}-wal`,
    `${database}-wal-untrusted`,
    `${database}-shm`,
    `${database}-journal`,
    blobs,
    packs,
    COPY_FOLDER,
    'moorage.json',
  ]);
  for (const name of await readdir(folder)) {
    if (ours.has(name) || (keyFile !== undefined && resolve(keyFile) === resolve(folder, name))) continue;
    yield {
      check: 'stray-files',
      what: `${name} is nothing Moorage keeps there`,
      next: 'Move it elsewhere if it is yours. Nothing needs it, and snapshots grow with it.',
      at: { rule: 'stray-files', key: [name] },
    };
  }
}

export const strayBlob = (file: BlobFile, folder: string): Finding => ({
  check: 'blob-files',
  what: `${relative(folder, file.path)} is no blob, or not in its place`,
  next: 'Move it elsewhere; no row can name it.',
  at: { rule: 'blob-files', key: [relative(folder, file.path)] },
});

/** Rights of one file; `owner` is the data folder's. */
async function* rightsOf(path: string, label: string, owner: number, mask: number): AsyncGenerator<Finding> {
  const facts = await lstat(path).catch(() => undefined);
  if (facts === undefined) return;
  if ((facts.mode & mask) !== 0)
    yield {
      check: 'permissions',
      what: `${label} is open to others (mode ${(facts.mode & 0o777).toString(8)})`,
      next: `chmod go= ${label}`,
      repair: 'take the rights from group and others',
      at: { rule: RIGHTS_RULE, key: [path] },
    };
  if (facts.uid !== owner)
    yield {
      check: 'permissions',
      what: `${label} has another owner (${facts.uid}) than the data folder (${owner})`,
      next: 'Run commands as the user the server runs as; give the file to that user with chown.',
      at: { rule: 'owner', key: [path] },
    };
}

export async function* permissions({ folder, database, blobs, packs, keyFile }: FolderFacts): AsyncGenerator<Finding> {
  const { uid, mode } = await stat(folder);
  // What lies in it is its owner's alone in any case; who may write there could put a database of his own in its place.
  if ((mode & OTHERS_WRITE) !== 0) yield* rightsOf(folder, folder, uid, OTHERS_WRITE);
  for (const name of [database, `${database}-wal`, `${database}-shm`, blobs, packs, COPY_FOLDER])
    yield* rightsOf(join(folder, name), name, uid, OTHERS);
  if (keyFile === undefined) return;
  const key = await stat(keyFile).catch(() => undefined);
  if (key !== undefined && (key.mode & OTHERS) !== 0)
    yield {
      check: 'permissions',
      what: `the master key can be read by others (mode ${(key.mode & 0o777).toString(8)})`,
      next: `chmod go= ${keyFile}, and think of "moorage key rotate"`,
      at: { rule: 'key-rights', key: [keyFile] },
    };
}

export async function* blobRights(file: BlobFile, owner: number, folder: string): AsyncGenerator<Finding> {
  yield* rightsOf(file.path, relative(folder, file.path), owner, OTHERS);
}

/** Takes rights from group and others. */
export async function takeRights(path: string): Promise<void> {
  await chmod(path, (await stat(path)).mode & 0o700);
}

export async function* room({ folder, database }: FolderFacts): AsyncGenerator<Finding> {
  const { bavail, blocks, bsize } = await statfs(folder);
  if (bavail * bsize < LOW_SPACE.bytes || bavail < blocks * LOW_SPACE.share)
    yield {
      check: 'disk-space',
      what: `${inMiB(bavail * bsize)} are free where the data lies`,
      next: 'Make room. Until then messages that write may be refused; nothing that was acknowledged is lost.',
      at: { rule: 'disk-space', key: [] },
    };
  const log = await stat(join(folder, `${database}-wal`)).catch(() => undefined);
  if (log !== undefined && log.size > UNUSUAL_LOG)
    yield {
      check: 'log-size',
      what: `the write-ahead log has ${inMiB(log.size)}`,
      next: 'A process may hold an old read open: look for a command or copy that hangs, and end it.',
      repair: 'move the log into the database',
      at: { rule: LOG_RULE, key: [basename(database)] },
    };
}

const NEWEST = `SELECT MAX(at) AS at FROM (SELECT MAX(updated_at) AS at FROM session UNION ALL SELECT MAX(last_access_at) FROM device
  UNION ALL SELECT MAX(changed_at) FROM item)`;

export function* clock(sql: Sql, now: number): Generator<Finding> {
  const newest = sql.get<{ at: number | null }>(NEWEST)?.at ?? 0;
  if (newest <= now + CLOCK_SLACK_MS) return;
  yield {
    check: 'clock',
    what: `the newest row is of ${new Date(newest).toISOString()}, and this machine’s clock says ${new Date(now).toISOString()}`,
    next: 'Set the clock. While it is behind, sessions look young and nothing is swept.',
    at: { rule: 'clock', key: [] },
  };
}
