/** Opens a device's database so that it can do no harm: see docs/decisions/0070. */
import { equalBytes } from '../records/bytes.js';
import { CHUNK_BYTES, type Chunk } from '../storage/ports/copies.js';
import { Connection, sql, SqliteCode, SqliteError } from './connection.js';
import { headerMask, readHeader, type DatabaseHeader } from './header.js';
import { DatabaseFault } from './jobs.js';
import { NeedsWholeFile, PagedFile, type ChunkReader } from './paged-file.js';
import type { SqlJs } from './sqljs.js';
import { wasm } from './wasm.js';

export interface OpenLimits {
  /** Bytes SQLite may use of its own. */
  readonly heapBytes: number;
  /** Bytes a database may grow to. */
  readonly fileBytes: number;
}

export interface OpenDatabase {
  readonly db: Connection;
  /** It has full auto-vacuum. */
  readonly givesBackPages: boolean;
  /** Chunks that changed, and the size afterwards. Once, after the last commit; the connection is of no use then. */
  result(): { readonly changed: readonly Chunk[]; readonly size: number };
  /** Chunks that were read for another look at the same file. */
  adopt(file: PagedFile): void;
  /** How many chunks were asked for. */
  chunksRead(): number;
}

/**
 * @param whole read all of it at once instead of by chunks. Bytes that SQL does not see may then change.
 * @throws {DatabaseFault} `damaged` when the header is not that of a database. `reader.size` 0: an empty one.
 */
export function openDatabase(lib: SqlJs, reader: ChunkReader, limits: OpenLimits, whole: boolean): OpenDatabase {
  if (reader.size === 0) return openWhole(lib, new Uint8Array(), undefined, limits);
  const head = reader.read([0])[0] ?? new Uint8Array();
  const header = readHeader(head, reader.size);
  if (typeof header === 'string') throw new DatabaseFault('damaged', header);
  if (whole) return openWhole(lib, readAll(reader), header, limits);
  const file = new PagedFile(reader, headerMask(header));
  const db = new Connection(lib, file.asContents());
  guard(db, header.pageSize, limits);
  return {
    db,
    givesBackPages: header.fullAutoVacuum,
    result: () => {
      const pages = Number(db.all(sql`PRAGMA page_count`)[0]?.[0]);
      // A small file that was cut has become another one behind our back.
      if (pages * header.pageSize !== file.size) throw new NeedsWholeFile();
      return { changed: file.changed(), size: file.size };
    },
    adopt: (other) => file.adopt(other),
    chunksRead: () => file.chunksRead,
  };
}

function openWhole(lib: SqlJs, bytes: Uint8Array, header: DatabaseHeader | undefined, limits: OpenLimits): OpenDatabase {
  const shown = new Uint8Array(bytes);
  const kept = [...(header ? headerMask(header).keys() : [])].map((offset) => [offset, bytes[offset] ?? 0] as const);
  if (header) for (const [offset, byte] of headerMask(header)) shown[offset] = byte;
  const db = new Connection(lib, bytes.length === 0 ? undefined : shown);
  guard(db, header?.pageSize ?? 4096, limits);
  return {
    db,
    givesBackPages: header?.fullAutoVacuum === true,
    result: () => {
      const after = db.export();
      for (const [offset, byte] of kept) after[offset] = byte;
      return { changed: differentChunks(bytes, after), size: after.length };
    },
    adopt: () => undefined,
    chunksRead: () => Math.ceil(bytes.length / CHUNK_BYTES),
  };
}

/** So that what is opened can do no harm. */
export function guard(db: Connection, pageSize: number, limits: OpenLimits): void {
  for (const pragma of [
    `hard_heap_limit=${limits.heapBytes}`,
    'trusted_schema=OFF',
    'cell_size_check=ON',
    'foreign_keys=OFF',
    'journal_mode=MEMORY',
    'synchronous=OFF',
    'temp_store=MEMORY',
    'cache_size=-16000',
    `max_page_count=${Math.max(1, Math.floor(limits.fileBytes / pageSize))}`,
  ])
    db.exec(`PRAGMA ${pragma}`);
}

function readAll(reader: ChunkReader): Uint8Array {
  const bytes = new Uint8Array(reader.size);
  const count = Math.ceil(reader.size / CHUNK_BYTES);
  for (let from = 0; from < count; from += 64) {
    const indices = Array.from({ length: Math.min(64, count - from) }, (_, i) => from + i);
    reader.read(indices).forEach((chunk, i) => bytes.set(chunk, (from + i) * CHUNK_BYTES));
  }
  return bytes;
}

function differentChunks(before: Uint8Array, after: Uint8Array): Chunk[] {
  const chunks: Chunk[] = [];
  for (let index = 0; index * CHUNK_BYTES < after.length; index += 1) {
    const now = after.slice(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
    if (!equalBytes(now, before.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES))) chunks.push({ index, bytes: now });
  }
  return chunks;
}

/** What an error met on the way means for the file. Those that say something else are returned as they are. */
export function asFault(error: unknown): unknown {
  if (error instanceof SqliteError) {
    if (error.code === SqliteCode.noMemory || error.code === SqliteCode.full || error.code === SqliteCode.tooBig) {
      return new DatabaseFault('limit', `the database needs more than it may: ${error.message}`, { cause: error });
    }
    return new DatabaseFault('damaged', error.message, { cause: error });
  }
  if (error instanceof wasm.RuntimeError)
    return new DatabaseFault('damaged', `SQLite broke down on it: ${error.message}`, { cause: error });
  if (error instanceof RangeError && !(error instanceof NeedsWholeFile)) {
    return new DatabaseFault('limit', `the database needs more than it may: ${error.message}`, { cause: error });
  }
  return error;
}
