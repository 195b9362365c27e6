/** How a file looks from outside: equal stamps mean an unchanged file, and nothing of it is read. */
import { statSync, type BigIntStats } from 'node:fs';
import type { Stamp } from '../state/state-types.js';

/** Times of files are no finer than this anywhere we know. Nanoseconds. */
const COARSEST_TIME = 2_000_000_000n;

/**
 * A file's stamp without opening it. A time that is only just past could be that of the next change too.
 * @param now milliseconds since 1970. @throws {Error} of the file system.
 */
export function stampOf(path: string, now: number): Stamp {
  const stat = statSync(path, { bigint: true });
  const wal = walOf(path);
  const latest = wal && wal.mtimeNs > stat.mtimeNs ? wal.mtimeNs : stat.mtimeNs;
  const racy = latest + COARSEST_TIME > BigInt(now) * 1_000_000n;
  return {
    size: Number(stat.size),
    modified: String(stat.mtimeNs),
    inode: String(stat.ino),
    ...(wal ? { wal: `${wal.size} ${wal.mtimeNs}` } : {}),
    ...(racy ? { racy } : {}),
  };
}

/** An empty log is the same as none. */
function walOf(path: string): BigIntStats | undefined {
  const stat = statSync(`${path}-wal`, { bigint: true, throwIfNoEntry: false });
  return stat && stat.size > 0n ? stat : undefined;
}

/** @param before undefined: never backed up. */
export function sameStamp(before: Stamp | undefined, now: Stamp): boolean {
  if (!before || before.racy) return false;
  return before.size === now.size && before.modified === now.modified && before.inode === now.inode && before.wal === now.wal;
}

/**
 * The modification number says so: the application's own, or the database's counter of transactions; there is none in write-ahead mode.
 */
export function sameNumber(before: Stamp | undefined, now: Stamp): boolean {
  if (!before) return false;
  if (before.mark !== undefined || now.mark !== undefined) return before.mark === now.mark;
  if (now.counter === undefined || before.counter === undefined || before.wal !== undefined || now.wal !== undefined) return false;
  return before.size === now.size && before.inode === now.inode && before.counter === now.counter && before.cookie === now.cookie;
}
