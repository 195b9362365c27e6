/** The 100 bytes a database begins with. [SQLite, "Database File Format", "The Database Header"] */
import { Buffer } from 'node:buffer';

export const HEADER_BYTES = 100;
const MAGIC = 'SQLite format 3\0';

export interface DatabaseHeader {
  /** Bytes. */
  readonly pageSize: number;
  /** Written in write-ahead-log mode. */
  readonly wal: boolean;
  /** Frees pages at every commit, and cuts the file. */
  readonly fullAutoVacuum: boolean;
}

/** The header, or in words what is wrong with it. @param size bytes of the file. */
export function readHeader(head: Uint8Array, size: number): DatabaseHeader | string {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  if (bytes.length < HEADER_BYTES || bytes.toString('latin1', 0, 16) !== MAGIC) return 'it does not begin as an SQLite database does';
  const stored = bytes.readUInt16BE(16);
  const pageSize = stored === 1 ? 65_536 : stored;
  if (pageSize < 512 || (pageSize & (pageSize - 1)) !== 0) return `its page size is ${pageSize}`;
  if (size % pageSize !== 0) return `its ${size} bytes are not whole pages of ${pageSize}`;
  if (bytes[21] !== 64 || bytes[22] !== 32 || bytes[23] !== 32) return 'its payload fractions are not those of SQLite';
  const [write = 0, read = 0] = bytes.subarray(18, 20);
  if (write < 1 || read < 1 || write > 2 || read > 2) return `it has the format ${write}, ${read}, which is newer than this server knows`;
  const pages = bytes.readUInt32BE(28);
  // An old SQLite leaves the number of pages alone; the two counters then differ. [ibid., "In-header database size"]
  const counted = pages !== 0 && bytes.readUInt32BE(24) === bytes.readUInt32BE(92);
  if (counted && pages !== size / pageSize) return `it says it has ${pages} pages, and has ${size / pageSize}`;
  return { pageSize, wal: write === 2 || read === 2, fullAutoVacuum: bytes.readUInt32BE(52) !== 0 && bytes.readUInt32BE(64) === 0 };
}

/**
 * Bytes of the header that are other ones while the server has the file open, offset → byte. WAL: there is no shared memory to have a log with.
 * Full auto-vacuum: pages stay on the free list instead of the file being cut, which a file read by chunks cannot be.
 */
export function headerMask(header: DatabaseHeader): ReadonlyMap<number, number> {
  const mask = new Map<number, number>();
  if (header.wal) mask.set(18, 1).set(19, 1);
  if (header.fullAutoVacuum) mask.set(67, 1);
  return mask;
}
