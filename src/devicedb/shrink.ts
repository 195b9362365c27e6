/**
 * A database with full auto-vacuum gives free pages back with every commit. Here they stay on its free list, for a file of which only some chunks are at hand
 * cannot be cut (`header.ts`); when much of it is free the file is read as a whole, and cut.
 */
import { sql, type Connection } from './connection.js';
import { NeedsWholeFile } from './paged-file.js';

/** Of the file's pages. Reading the whole costs as much as a look at every page: so seldom enough. */
const FREE_SHARE = 0.25;
const MIN_FREE_BYTES = 256 * 1024;
/** A whole file is in memory several times over; in a larger one free pages wait until they are used again. */
const MAX_FILE_BYTES = 128 * 1024 * 1024;

/** After the last commit. @param whole all of the file is at hand. @param maxFileBytes it is read as a whole for. @throws {NeedsWholeFile} when it is to be cut, and is not. */
export function cutFreePages(db: Connection, whole: boolean, maxFileBytes = MAX_FILE_BYTES): void {
  const free = Number(db.all(sql`PRAGMA freelist_count`)[0]?.[0]);
  const pages = Number(db.all(sql`PRAGMA page_count`)[0]?.[0]);
  const pageSize = Number(db.all(sql`PRAGMA page_size`)[0]?.[0]);
  if (free * pageSize < MIN_FREE_BYTES || free < FREE_SHARE * pages) return;
  if (!whole) {
    if (pages * pageSize > maxFileBytes) return;
    throw new NeedsWholeFile();
  }
  db.exec('PRAGMA incremental_vacuum');
}
