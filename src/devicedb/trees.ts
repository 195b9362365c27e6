/**
 * Whether the trees, free list and pages of a database file are whole, without the rest of `PRAGMA quick_check`, which goes through all rows once more to say
 * what nobody asks of it here (rules of the schema) or what reading the rows says as well.
 *
 * The check has two halves: first the file, then rows, table by table; and it tells what it found in the file before it begins with the rows. So the file is shown
 * with one page more on its free list than it has. When that is all there is to tell, it is whole, and the check ends there.
 */
import { Buffer } from 'node:buffer';
import { Connection, sql } from './connection.js';
import { headerMask, readHeader } from './header.js';
import { guard, type OpenLimits } from './open.js';
import { PagedFile, type ChunkReader } from './paged-file.js';
import type { SqlJs } from './sqljs.js';

/** Of the pages on the free list, in the header. [SQLite, "Database File Format", "Number of freelist pages"] */
const FREE_PAGES_AT = 36;
const ONE_TOO_FEW = /^Freelist: size is (\d+) but should be (\d+)$/;

/** @param keep takes what was read, for others. @returns false: it is not, or it cannot be said so; `PRAGMA quick_check` tells. */
export function treesAreWhole(lib: SqlJs, reader: ChunkReader, limits: OpenLimits, keep: (file: PagedFile) => void): boolean {
  const head = Buffer.from(reader.read([0])[0] ?? []);
  const header = readHeader(head, reader.size);
  if (typeof header === 'string') return false;
  const freePages = head.readUInt32BE(FREE_PAGES_AT);
  const shown = Buffer.alloc(4);
  shown.writeUInt32BE((freePages + 1) % 2 ** 32);
  const mask = new Map(headerMask(header));
  shown.forEach((byte, n) => mask.set(FREE_PAGES_AT + n, byte));
  try {
    const file = new PagedFile(reader, mask);
    const db = new Connection(lib, file.asContents());
    guard(db, header.pageSize, limits);
    const [row] = db.all(sql`PRAGMA quick_check(20)`, 1);
    db.close();
    keep(file);
    const lines = (typeof row?.[0] === 'string' ? row[0] : '').split('\n');
    const found = ONE_TOO_FEW.exec(lines.filter((line) => !line.startsWith('*** in database')).join('\n'));
    return found !== null && Number(found[1]) === freePages && Number(found[2]) === freePages + 1;
  } catch {
    return false;
  }
}
