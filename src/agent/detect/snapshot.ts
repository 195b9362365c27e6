/** A file as it is at one moment, while applications go on with theirs: a copy that is gone when the snapshot is closed. */
import { DatabaseSync } from '@photostructure/sqlite';
import { closeSync, fstatSync, openSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../model/errors.js';
import type { FileSettings } from '../types.js';
import type { Stamp } from '../state/state-types.js';
import type { Look } from './look.js';
import { LookFailed, type Looker } from './looker.js';
import { parseMark } from './mark.js';

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
  /** @returns bytes that were read. */
  readInto(bytes: Uint8Array, offset: number): number;
  /** Of a database: a connection to it. @throws {Error} when it cannot be opened. */
  database(): Database;
  close(): void;
}

const BUSY_MS = 10_000;

/**
 * @param before the modification number that is known.
 * @returns only the stamp when that is still the number. @throws {UserError} when the file is not there or is locked for too long.
 */
export async function takeSnapshot(
  looker: Looker,
  { path, mark }: Pick<FileSettings, 'path' | 'mark'>,
  folder: string,
  before?: Stamp,
): Promise<Snapshot | { readonly same: Stamp }> {
  const copy = join(folder, 'snapshot');
  removeCopy(copy);
  let look: Look;
  try {
    look = await looker.look({ path, copy, before, mark: mark === undefined ? undefined : parseMark(mark), busyMs: BUSY_MS });
  } catch (error) {
    throw inWords(path, error);
  }
  if (!look.copied) return { same: look.stamp };
  return ofCopy(copy, look);
}

/** What a person can do about it. */
export function inWords(path: string, error: unknown): unknown {
  if (!(error instanceof LookFailed)) return error;
  const { code, message } = error;
  const options = { cause: error };
  if (code === 'ENOENT') return new UserError(`${path} is not there.`, options);
  if (code === 'EACCES' || code === 'EPERM') return new UserError(`${path} cannot be read: run as a user who may.`, options);
  if (code === 'ENOSPC') return new UserError(`There is no room for a copy of ${path} in the state folder.`, options);
  if (/locked|busy/i.test(message)) return new UserError(`${path} is kept locked by another program; the next run tries again.`, options);
  return new UserError(`${path} cannot be read: ${message}.`, options);
}

const removeCopy = (copy: string): void => {
  for (const end of ['', '-wal', '-shm', '-journal']) rmSync(`${copy}${end}`, { force: true });
};

function ofCopy(copy: string, { stamp, pageSize, modifiedAt, lockedMs }: Look): Snapshot {
  const file = openSync(copy, 'r');
  let db: Database | undefined;
  return {
    stamp,
    size: fstatSync(file).size,
    pageSize,
    modifiedAt,
    lockedMs,
    read: (offset, length) => {
      const bytes = Buffer.allocUnsafe(length);
      return bytes.subarray(0, readSync(file, bytes, 0, length, offset));
    },
    readInto: (bytes, offset) => readSync(file, bytes, 0, bytes.length, offset),
    database: () => {
      if (!db) {
        // Not read-only: a database in write-ahead mode wants files beside it.
        db = new DatabaseSync(copy);
        db.exec('PRAGMA query_only = ON; BEGIN');
      }
      return db;
    },
    close: () => {
      if (db?.isOpen) db.close();
      closeSync(file);
      removeCopy(copy);
    },
  };
}
