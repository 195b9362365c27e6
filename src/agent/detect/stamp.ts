/** How a file looks from outside: equal stamps mean an unchanged file, and nothing of it is read. */
import { closeSync, openSync, readSync, statSync, type BigIntStats } from 'node:fs';
import type { Stamp } from '../state/state-types.js';
import { HEADER_BYTES, readHeader, type DatabaseHeader } from './header.js';

const WAL_HEADER_BYTES = 32;
/** Times of files are no finer than this anywhere we know. Nanoseconds. */
const COARSEST_TIME = 2_000_000_000n;

/** The first bytes of a file, fewer when it is shorter. */
export function firstBytes(path: string, length: number): Uint8Array {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(file, bytes, 0, length, 0));
  } finally {
    closeSync(file);
  }
}

/**
 * The stamp of a file. The change counter of a database's header counts transactions, but not those in write-ahead mode, where the log beside
 * the file and the times of both tell; a time that is only just past could be that of the next change too.
 * @param now milliseconds since 1970. @throws {Error} of the file system.
 */
export function stampOf(path: string, now: number): Stamp {
  const stat = statSync(path, { bigint: true });
  const header = readHeader(firstBytes(path, HEADER_BYTES));
  const wal = header ? walOf(path) : undefined;
  const latest = wal && wal.stat.mtimeNs > stat.mtimeNs ? wal.stat.mtimeNs : stat.mtimeNs;
  const counted = header !== undefined && !header.isWal;
  const racy = !counted && latest + COARSEST_TIME > BigInt(now) * 1_000_000n;
  return {
    size: Number(stat.size),
    modified: String(stat.mtimeNs),
    inode: String(stat.ino),
    ...(header ? counterOf(header) : {}),
    ...(wal ? { wal: wal.words } : {}),
    ...(racy ? { racy } : {}),
  };
}

const counterOf = ({ changeCounter, schemaCookie }: DatabaseHeader): Pick<Stamp, 'counter' | 'cookie'> => ({
  counter: changeCounter,
  cookie: schemaCookie,
});

function walOf(path: string): { readonly words: string; readonly stat: BigIntStats } | undefined {
  const stat = statSync(`${path}-wal`, { bigint: true, throwIfNoEntry: false });
  if (!stat || stat.size === 0n) return undefined;
  const header = Buffer.from(firstBytes(`${path}-wal`, WAL_HEADER_BYTES));
  return { words: `${stat.size} ${stat.mtimeNs} ${header.toString('hex', 16, 24)}`, stat };
}

/** @param before undefined: never backed up. */
export function sameStamp(before: Stamp | undefined, now: Stamp): boolean {
  if (!before) return false;
  if (before.mark !== undefined || now.mark !== undefined) return before.mark === now.mark;
  if (before.racy) return false;
  return (
    before.size === now.size &&
    before.modified === now.modified &&
    before.inode === now.inode &&
    before.counter === now.counter &&
    before.cookie === now.cookie &&
    before.wal === now.wal
  );
}
