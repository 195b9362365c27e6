/**
 * The bytes of a database in write-ahead mode as a read transaction sees them: the database file, and over it the pages of the log up to the
 * last commit before the transaction began. While that is open nothing of it is overwritten: a checkpoint brings no later page into the
 * file, and a log of which a page is still needed is not begun anew. [SQLite, "WAL-mode File Format", "The WAL-Index File Format"]
 */
import { readSync } from 'node:fs';
import { endianness } from 'node:os';

const LOG_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
/** Where the index says how much of the log is in the file. */
const BACKFILL_AT = 96;
const LITTLE = endianness() === 'LE';

export interface WalIndex {
  /** Frames of the log that count. */
  readonly frames: number;
  /** Pages of the database; 0: not known. */
  readonly pages: number;
  /** Frames that a checkpoint has brought into the file. */
  readonly backfilled: number;
  /** The whole header: as long as it stays the same nothing was committed. */
  readonly header: string;
}

/** @param file the `-shm` file. @returns undefined when there is no index in it. */
export function readWalIndex(file: number): WalIndex | undefined {
  const bytes = Buffer.alloc(BACKFILL_AT + 4);
  if (readSync(file, bytes, 0, bytes.length, 0) < bytes.length) return undefined;
  const u32 = (at: number): number => (LITTLE ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  // Two copies that differ: it is being written just now.
  const header = bytes.toString('latin1', 0, 48);
  return {
    frames: u32(16),
    pages: u32(20),
    backfilled: u32(BACKFILL_AT),
    header: header === bytes.toString('latin1', 48, 96) ? header : '',
  };
}

/** Pages that are newer in the log than in the file. */
export class LogPages {
  readonly #log: number;
  readonly #pageSize: number;
  /** Page number → where its newest bytes are. */
  readonly #offsets = new Map<number, number>();

  /** @param frames those of the log that count. */
  constructor(log: number, frames: number, pageSize: number) {
    this.#log = log;
    this.#pageSize = pageSize;
    const head = Buffer.alloc(4);
    for (let frame = 0; frame < frames; frame += 1) {
      const at = LOG_HEADER_BYTES + frame * (FRAME_HEADER_BYTES + pageSize);
      if (readSync(log, head, 0, 4, at) < 4) throw new Error('the write-ahead log is shorter than its index says');
      this.#offsets.set(head.readUInt32BE(0), at + FRAME_HEADER_BYTES);
    }
  }

  /** Puts them over bytes of the file from `at` on; both are multiples of the page. */
  overlay(bytes: Buffer, at: number): void {
    for (let done = 0; done < bytes.length; done += this.#pageSize) {
      const found = this.#offsets.get((at + done) / this.#pageSize + 1);
      if (found !== undefined) readSync(this.#log, bytes, done, Math.min(this.#pageSize, bytes.length - done), found);
    }
  }
}
