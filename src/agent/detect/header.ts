/** The first 100 bytes of a SQLite database. [SQLite, "Database File Format", "The Database Header"] */
const MAGIC = 'SQLite format 3\0';

export interface DatabaseHeader {
  /** Bytes. */
  readonly pageSize: number;
  readonly isWal: boolean;
  readonly changeCounter: number;
  readonly schemaCookie: number;
}

export const HEADER_BYTES = 100;

/** @returns undefined when the file is no SQLite database. */
export function readHeader(bytes: Uint8Array): DatabaseHeader | undefined {
  const header = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (header.length < HEADER_BYTES || header.toString('latin1', 0, 16) !== MAGIC) return undefined;
  const pageSize = header.readUInt16BE(16);
  return {
    pageSize: pageSize === 1 ? 65_536 : pageSize,
    isWal: header[18] === 2 || header[19] === 2,
    changeCounter: header.readUInt32BE(24),
    schemaCookie: header.readUInt32BE(40),
  };
}
