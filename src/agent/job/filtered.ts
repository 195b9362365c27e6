/** A database without the tables that are not to be backed up: nothing of their rows is left in its pages either. */
import { DatabaseSync } from '@photostructure/sqlite';
import { closeSync, fstatSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Snapshot } from '../detect/snapshot.js';
import { quoted } from '../detect/names.js';
import { readPieces } from './build-bytes.js';
import type { BuildContext } from './draft-job.js';

/** Close it when it is no longer needed. */
export function withoutTables(context: BuildContext, snapshot: Snapshot, exclude: readonly string[]): Snapshot {
  const raw = join(context.folder, 'all');
  const left = join(context.folder, 'left');
  const remove = (): void => {
    for (const path of [raw, `${raw}-wal`, `${raw}-shm`, `${raw}-journal`, left]) rmSync(path, { force: true });
  };
  remove();
  const copy = openSync(raw, 'w', 0o600);
  try {
    for (const piece of readPieces(context, snapshot)) writeSync(copy, piece);
  } finally {
    closeSync(copy);
  }
  const db = new DatabaseSync(raw);
  try {
    db.exec('PRAGMA foreign_keys = OFF; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF');
    for (const name of exclude) db.exec(`DROP TABLE IF EXISTS main.${quoted(name)}`);
    // Unlike VACUUM it keeps the rowids of all tables.
    db.prepare('VACUUM INTO ?').run(left);
  } finally {
    db.close();
  }
  const file = openSync(left, 'r');
  return {
    ...snapshot,
    size: fstatSync(file).size,
    read: (offset, length) => {
      const bytes = Buffer.allocUnsafe(length);
      return bytes.subarray(0, readSync(file, bytes, 0, length, offset));
    },
    readInto: (bytes, offset) => readSync(file, bytes, 0, bytes.length, offset),
    close: () => {
      closeSync(file);
      remove();
    },
  };
}
