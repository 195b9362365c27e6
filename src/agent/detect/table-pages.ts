/** Which tables changed at all, told by their pages: rows are read of those only. */
import { createHash } from 'node:crypto';
import type { Snapshot } from './snapshot.js';

/**
 * SHA-256 over numbers and bytes of each table's pages. Equal ones hold the same rows; different ones may hold the same rows too.
 * @returns an empty map where SQLite cannot tell the pages of a table.
 */
export function pagesOfTables(snapshot: Snapshot, names: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const { pageSize } = snapshot;
  if (pageSize === undefined) return found;
  try {
    const db = snapshot.database();
    const pages = db.prepare('SELECT pageno FROM dbstat(?, 0) WHERE name = ? ORDER BY pageno');
    pages.setReturnArrays(true);
    for (const name of names) {
      const hash = createHash('sha256');
      const number = Buffer.alloc(4);
      for (const row of pages.iterate('main', name) as IterableIterator<[number]>) {
        number.writeUInt32BE(row[0]);
        hash.update(number);
        hash.update(snapshot.read((row[0] - 1) * pageSize, pageSize));
      }
      found.set(name, hash.digest('hex'));
    }
    return found;
  } catch {
    return new Map();
  }
}
