/**
 * A file as it is at one moment, while applications go on with theirs. A database in write-ahead mode is read under a read transaction, which
 * holds up nobody. One with a rollback journal is copied under the shortest read lock there can be, for writers have to wait that long; other
 * files are copied too. The copy is gone when the snapshot is closed.
 */
import { DatabaseSync } from '@photostructure/sqlite';
import { closeSync, constants, copyFileSync, fstatSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../model/errors.js';
import type { Stamp } from '../state/state-types.js';
import { HEADER_BYTES, readHeader } from './header.js';
import { firstBytes, stampOf } from './stamp.js';
import { pagesInLog, readWalIndex, type WalIndex } from './wal.js';

export type Database = InstanceType<typeof DatabaseSync>;

export interface Snapshot {
  readonly stamp: Stamp;
  /** Bytes of the file, with all that is committed in it. */
  readonly size: number;
  /** Of a database; bytes. */
  readonly pageSize: number | undefined;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
  /** Milliseconds in which a writer would have had to wait. */
  readonly lockedMs: number;
  /** Fewer bytes at the end of the file. */
  read(offset: number, length: number): Uint8Array;
  /** Of a database: a connection that sees this very state. @throws {Error} when it cannot be opened. */
  database(): Database;
  close(): void;
}

export interface SnapshotOptions {
  /** Where a copy may be made. */
  readonly folder: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How long another process may keep the database to itself before the backup gives up for now. */
  readonly busyMs?: number;
}

const BUSY_MS = 10_000;
const COPY_TRIES = 5;

/** @throws {UserError} when the file is not there or is locked for too long. */
export function takeSnapshot(path: string, options: SnapshotOptions): Snapshot {
  try {
    if (!statSync(path).isFile()) throw new UserError(`${path} is not a file.`);
    const header = readHeader(firstBytes(path, HEADER_BYTES));
    if (!header) return copyOfFile(path, options);
    return header.isWal ? underReadTransaction(path, options) : copyOfDatabase(path, options);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new UserError(`${path} is not there.`, { cause });
    if (code === 'EACCES' || code === 'EPERM') throw new UserError(`${path} cannot be read: run as a user who may.`, { cause });
    if (/locked|busy/i.test(message))
      throw new UserError(`${path} is kept locked by another program; the next run tries again.`, { cause });
    throw new UserError(`${path} cannot be read: ${message}.`, { cause });
  }
}

/** Writing may be needed: what a crashed application left is rolled back, and the log is brought into the database. */
function connect(path: string, busyMs: number): Database {
  try {
    const db = new DatabaseSync(path, { timeout: busyMs });
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    return db;
  } catch (error) {
    if (!/readonly|unable to open|denied/i.test((error as Error).message)) throw error;
    return new DatabaseSync(path, { timeout: busyMs, readOnly: true });
  }
}

const beginReading = (db: Database): void => {
  db.exec('BEGIN');
  db.prepare('SELECT count(*) FROM sqlite_schema').get();
};

function underReadTransaction(path: string, options: SnapshotOptions): Snapshot {
  const db = connect(path, options.busyMs ?? BUSY_MS);
  const open: number[] = [];
  const close = (): void => {
    for (const one of open.splice(0)) closeSync(one);
    if (db.isOpen) db.close();
  };
  try {
    // PASSIVE waits for nobody and holds up nobody.
    db.prepare('PRAGMA wal_checkpoint(PASSIVE)').get();
    const index = beginAtIndex(db, path);
    const stamp = stampOf(path, options.now());
    const pageSize = readHeader(firstBytes(path, HEADER_BYTES))?.pageSize ?? 4096;
    const file = openSync(path, 'r');
    open.push(file);
    let log: OverlaidFile['log'];
    if (index.backfilled < index.frames) {
      const descriptor = openSync(`${path}-wal`, 'r');
      open.push(descriptor);
      log = { descriptor, offsets: pagesInLog(descriptor, index.frames, pageSize) };
    }
    // An index that was made for an empty log does not know the number of pages.
    const size = index.pages > 0 ? index.pages * pageSize : fstatSync(file).size;
    return {
      stamp,
      size,
      pageSize,
      modifiedAt: statSync(path).mtimeMs,
      lockedMs: 0,
      read: (offset, length) => readOverlaid({ file, log, pageSize, size }, offset, length),
      database: () => db,
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

const BEGIN_TRIES = 200;

/** Begins to read, and tells what of the log belongs to it: nothing was committed between two looks at the index. */
function beginAtIndex(db: Database, path: string): WalIndex {
  for (let tries = 1; ; tries += 1) {
    const before = readWalIndex(path);
    beginReading(db);
    const after = readWalIndex(path);
    if (before && after && after.header !== '' && before.header === after.header) return after;
    if (tries === BEGIN_TRIES) throw new Error('it is being written all the time');
    db.exec('COMMIT');
  }
}

interface OverlaidFile {
  readonly file: number;
  readonly log: { readonly descriptor: number; readonly offsets: ReadonlyMap<number, number> } | undefined;
  readonly pageSize: number;
  readonly size: number;
}

function readOverlaid({ file, log, pageSize, size }: OverlaidFile, offset: number, length: number): Uint8Array {
  const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
  readSync(file, bytes, 0, bytes.length, offset);
  if (!log) return bytes;
  const last = Math.floor((offset + bytes.length - 1) / pageSize);
  for (let page = Math.floor(offset / pageSize); page <= last; page += 1) {
    const found = log.offsets.get(page + 1);
    if (found === undefined) continue;
    const from = Math.max(offset, page * pageSize);
    const to = Math.min(offset + bytes.length, (page + 1) * pageSize);
    readSync(log.descriptor, bytes, from - offset, to - from, found + from - page * pageSize);
  }
  return bytes;
}

function copyOfDatabase(path: string, options: SnapshotOptions): Snapshot {
  const copy = join(options.folder, 'snapshot');
  const db = connect(path, options.busyMs ?? BUSY_MS);
  let stamp: Stamp;
  let lockedMs: number;
  try {
    // Into the cache of the system first, so that the lock is short.
    const begun = performance.now();
    beginReading(db);
    stamp = stampOf(path, options.now());
    copyFileSync(path, copy, constants.COPYFILE_FICLONE);
    db.exec('COMMIT');
    lockedMs = performance.now() - begun;
  } finally {
    db.close();
  }
  return ofCopy(path, copy, stamp, lockedMs, readHeader(firstBytes(copy, HEADER_BYTES))?.pageSize);
}

function copyOfFile(path: string, options: SnapshotOptions): Snapshot {
  const copy = join(options.folder, 'snapshot');
  for (let tries = 1; ; tries += 1) {
    const before = statSync(path, { bigint: true });
    copyFileSync(path, copy, constants.COPYFILE_FICLONE);
    const stamp = stampOf(path, options.now());
    if (String(before.mtimeNs) === stamp.modified && Number(before.size) === stamp.size) return ofCopy(path, copy, stamp, 0, undefined);
    if (tries === COPY_TRIES) throw new UserError(`${path} is being written all the time; the next run tries again.`);
  }
}

function ofCopy(path: string, copy: string, stamp: Stamp, lockedMs: number, pageSize: number | undefined): Snapshot {
  const file = openSync(copy, 'r');
  let db: Database | undefined;
  return {
    stamp,
    size: fstatSync(file).size,
    pageSize,
    modifiedAt: statSync(path).mtimeMs,
    lockedMs,
    read: (offset, length) => {
      const bytes = Buffer.allocUnsafe(length);
      return bytes.subarray(0, readSync(file, bytes, 0, length, offset));
    },
    database: () => {
      if (!db) {
        db = new DatabaseSync(copy, { readOnly: true });
        beginReading(db);
      }
      return db;
    },
    close: () => {
      closeSync(file);
      if (db?.isOpen) db.close();
      rmSync(copy, { force: true });
    },
  };
}
