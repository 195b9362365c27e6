/** One job of a file at a time, across processes. The lock is one of the operating system's, held through SQLite: it goes with its process. */
import { DatabaseSync } from '@photostructure/sqlite';
import { join } from 'node:path';
import type { StateStore } from './store.js';

export interface Lock {
  release(): void;
}

/** @returns undefined when another process, or another job of this one, has it. */
export function tryLock(store: StateStore, file: number): Lock | undefined {
  const path = join(store.jobFolder(file), '..', `${file}.lock`);
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch {
    db.close();
    return undefined;
  }
  return {
    release: () => {
      if (!db.isOpen) return;
      db.exec('ROLLBACK');
      db.close();
    },
  };
}
