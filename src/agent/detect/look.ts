/**
 * The look at a file in use, as it is at one moment: its stamp, and a copy of its bytes to work on.
 *
 * It is taken in a process of its own (`look-process.ts`): locks of files belong to processes, and a process that closes a file loses all its
 * locks on it, those of an application that keeps the database open in the same process included. For the same reason nothing is closed here
 * before the connection is.
 *
 * A database in write-ahead mode is copied under a read transaction, which holds up nobody. One with a rollback journal is copied under the
 * shortest read lock there can be, for writers have to wait that long.
 */
import { DatabaseSync } from '@photostructure/sqlite';
import { closeSync, constants, copyFileSync, fstatSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import type { Stamp } from '../state/state-types.js';
import { HEADER_BYTES, readHeader, type DatabaseHeader } from './header.js';
import { quoted } from './names.js';
import { sameNumber, stampOf } from './stamp.js';
import { LogPages, readWalIndex, type WalIndex } from './wal.js';

export interface LookRequest {
  readonly path: string;
  /** Where the copy goes. */
  readonly copy: string;
  /** No copy is made when the modification number is still this. */
  readonly before?: Stamp | undefined;
  /** `table.column` of the application's modification number. */
  readonly mark?: { readonly table: string; readonly column: string } | undefined;
  /** How long another process may keep the database to itself before the look is given up. Milliseconds. */
  readonly busyMs: number;
}

export interface Look {
  readonly stamp: Stamp;
  readonly copied: boolean;
  /** Of a database; bytes. */
  readonly pageSize?: number;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
  /** Milliseconds in which a writer would have had to wait. */
  readonly lockedMs: number;
}

type Database = InstanceType<typeof DatabaseSync>;

/**
 * Takes the read lock. Not a prepared statement: with the driver a connection lives on, locks and all, until the last of them is collected,
 * though it was closed.
 */
const LOOK_IN = 'SELECT count(*) FROM sqlite_schema';
const COPY_TRIES = 5;
const DESCRIBE_BUSY_MS = 10_000;
const BEGIN_TRIES = 200;
const PIECE_BYTES = 1024 * 1024;

/** @throws {Error} of the file system or of SQLite. */
export function look(request: LookRequest): Look {
  const open: number[] = [];
  let db: Database | undefined;
  try {
    const file = openSync(request.path, 'r');
    open.push(file);
    if (!fstatSync(file).isFile()) throw new Error('it is not a file');
    const header = headerOf(file);
    if (!header) return copyOfFile(request);
    db = connect(request.path, request.busyMs);
    return header.isWal ? underReadTransaction(request, db, file, open) : underReadLock(request, db, file);
  } finally {
    if (db?.isOpen) db.close();
    for (const one of open) closeSync(one);
  }
}

/** Names of a database's tables; undefined of any other file. */
export function tablesOf(path: string): readonly string[] | undefined {
  const file = openSync(path, 'r');
  let db: Database | undefined;
  try {
    if (!headerOf(file)) return undefined;
    db = connect(path, DESCRIBE_BUSY_MS);
    const rows = db
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name")
      .all();
    return (rows as { name: string }[]).map(({ name }) => name);
  } finally {
    if (db?.isOpen) db.close();
    closeSync(file);
  }
}

function headerOf(file: number): DatabaseHeader | undefined {
  const bytes = Buffer.alloc(HEADER_BYTES);
  return readHeader(bytes.subarray(0, readSync(file, bytes, 0, HEADER_BYTES, 0)));
}

/** Writing may be needed: what a crashed application left is rolled back, and the log is brought into the database. */
function connect(path: string, busyMs: number): Database {
  try {
    const db = new DatabaseSync(path, { timeout: busyMs });
    db.exec(LOOK_IN);
    return db;
  } catch (error) {
    if (!/readonly|unable to open|denied/i.test((error as Error).message)) throw error;
    return new DatabaseSync(path, { timeout: busyMs, readOnly: true });
  }
}

const beginReading = (db: Database): void => {
  db.exec('BEGIN');
  db.exec(LOOK_IN);
};

function stampIn({ path, mark }: LookRequest, db: Database, file: number): Stamp {
  const header = headerOf(file);
  return {
    ...stampOf(path, Date.now()),
    // In write-ahead mode the counter stands still while transactions go by.
    ...(header && !header.isWal ? { counter: header.changeCounter, cookie: header.schemaCookie } : {}),
    ...(mark ? { mark: markOf(db, mark) } : {}),
  };
}

/** The largest, should there be more than one row. */
function markOf(db: Database, { table, column }: { readonly table: string; readonly column: string }): string {
  const statement = db.prepare(`SELECT max(${quoted(column)}) AS value FROM main.${quoted(table)}`);
  statement.setReadBigInts(true);
  return String((statement.get() as { value: unknown }).value);
}

function underReadLock(request: LookRequest, db: Database, file: number): Look {
  const begun = performance.now();
  beginReading(db);
  const stamp = stampIn(request, db, file);
  const copied = !sameNumber(request.before, stamp);
  if (copied) copyFileSync(request.path, request.copy, constants.COPYFILE_FICLONE);
  db.exec('COMMIT');
  const lockedMs = performance.now() - begun;
  return { stamp, copied, modifiedAt: statSync(request.path).mtimeMs, lockedMs, ...pageSizeOf(file) };
}

const pageSizeOf = (file: number): { pageSize?: number } => {
  const header = headerOf(file);
  return header ? { pageSize: header.pageSize } : {};
};

function underReadTransaction(request: LookRequest, db: Database, file: number, open: number[]): Look {
  const { path } = request;
  // PASSIVE waits for nobody and holds up nobody.
  db.exec('PRAGMA wal_checkpoint(PASSIVE)');
  const index = openSync(`${path}-shm`, 'r');
  open.push(index);
  const now = beginAtIndex(db, index);
  const stamp = stampIn(request, db, file);
  const seen = { modifiedAt: statSync(path).mtimeMs, lockedMs: 0, ...pageSizeOf(file) };
  if (sameNumber(request.before, stamp)) return { stamp, copied: false, ...seen };
  const pageSize = headerOf(file)?.pageSize ?? 4096;
  let log: LogPages | undefined;
  if (now.backfilled < now.frames) {
    const descriptor = openSync(`${path}-wal`, 'r');
    open.push(descriptor);
    log = new LogPages(descriptor, now.frames, pageSize);
  }
  // An index that was made for an empty log does not know the number of pages.
  const size = now.pages > 0 ? now.pages * pageSize : fstatSync(file).size;
  const copy = openSync(request.copy, 'w', 0o600);
  open.push(copy);
  for (let at = 0; at < size; at += PIECE_BYTES) {
    const bytes = Buffer.alloc(Math.min(PIECE_BYTES, size - at));
    readSync(file, bytes, 0, bytes.length, at);
    log?.overlay(bytes, at);
    writeSync(copy, bytes);
  }
  db.exec('COMMIT');
  return { stamp, copied: true, ...seen };
}

/** Begins to read, and tells what of the log belongs to it: nothing was committed between two looks at the index. */
function beginAtIndex(db: Database, file: number): WalIndex {
  for (let tries = 1; ; tries += 1) {
    const before = readWalIndex(file);
    beginReading(db);
    const after = readWalIndex(file);
    if (before && after && after.header !== '' && before.header === after.header) return after;
    if (tries === BEGIN_TRIES) throw new Error('it is being written all the time');
    db.exec('COMMIT');
  }
}

function copyOfFile({ path, copy }: LookRequest): Look {
  for (let tries = 1; tries <= COPY_TRIES; tries += 1) {
    const before = statSync(path, { bigint: true });
    copyFileSync(path, copy, constants.COPYFILE_FICLONE);
    const stamp = stampOf(path, Date.now());
    const same = String(before.mtimeNs) === stamp.modified && Number(before.size) === stamp.size;
    if (same) return { stamp, copied: true, modifiedAt: Number(before.mtimeNs / 1_000_000n), lockedMs: 0 };
  }
  throw new Error('it is being written all the time');
}
