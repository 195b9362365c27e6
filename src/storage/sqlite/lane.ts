/** One connection and the queue before it: every transaction of this process on that connection passes here, one at a time. */
import { StoreError } from '../../model/errors.js';
import { jittered, untilFree } from './back-off.js';
import type { Connection } from './connection.js';
import { Fifo } from './fifo.js';
import type { LogSync } from './log-sync.js';
import { Handle, type BlobsAtHand } from './handle.js';

/** Longest wait for another process's transaction, in milliseconds. */
export const BUSY_LIMIT_MS = 10_000;
/** A transaction that takes longer is a fault: it holds up every other writer. Milliseconds. */
const SLOW_MS = 50;
/** After this many milliseconds of writing without a pause, a process that has met another one lets it in. */
const SHARE_MS = 20;

export type Log = (event: string, fields: object) => void;

export class Lane {
  readonly #connection: Connection;
  readonly #mode: 'write' | 'read';
  readonly #sync: LogSync;
  readonly #afterCommit: (connection: Connection) => void;
  readonly #log: Log;
  readonly #queue = new Fifo();
  #shares = false;
  #pausedAt = 0;

  constructor(
    connection: Connection,
    mode: 'write' | 'read',
    sync: LogSync,
    log: Log,
    afterCommit: (connection: Connection) => void = () => undefined,
  ) {
    this.#connection = connection;
    this.#mode = mode;
    this.#sync = sync;
    this.#afterCommit = afterCommit;
    this.#log = log;
  }

  /**
   * Runs `work` in a transaction of its own: committed when it resolves, undone when it throws. Resolves when the commit is durable; the
   * next transaction does not wait for that.
   */
  async run<T>(work: (handle: Handle) => Promise<T>, blobs: BlobsAtHand = () => undefined): Promise<T> {
    const { value, durable } = await this.#queue.run(() => this.#transact(work, blobs));
    await durable;
    return value;
  }

  async #transact<T>(work: (handle: Handle) => Promise<T>, blobs: BlobsAtHand): Promise<{ value: T; durable: Promise<void> | undefined }> {
    this.#sync.mustBeTrusted();
    await (this.#mode === 'write' ? this.#beginWrite() : this.#beginRead());
    const unsynced = this.#sync.pending();
    const began = performance.now();
    const handle = new Handle(this.#connection, blobs);
    try {
      const value = await work(handle);
      // Also when the work swallowed the fault: it decided on less than there is.
      if (handle.blobNeeded !== undefined) throw handle.blobNeeded;
      handle.end();
      this.#connection.exec('COMMIT');
      if (handle.shred) this.#emptyLog();
      else this.#afterCommit(this.#connection);
      return { value, durable: this.#mode === 'write' ? this.#sync.flush() : unsynced };
    } catch (error) {
      throw handle.blobNeeded ?? error;
    } finally {
      handle.end();
      if (this.#connection.inTransaction) this.#connection.exec('ROLLBACK');
      const ms = performance.now() - began;
      if (ms > SLOW_MS && this.#mode === 'write') this.#log('slow-transaction', { ms: Math.round(ms) });
    }
  }

  /** Moves everything from the write-ahead log into the database, so that what was deleted does not stay in it. */
  tidy(): Promise<void> {
    return this.#queue.run(async () => {
      this.#emptyLog();
    });
  }

  close(): void {
    this.#connection.close();
  }

  async #beginRead(): Promise<void> {
    // The first look fixes what the whole read sees.
    await untilFree(() => {
      if (!this.#connection.inTransaction) this.#connection.exec('BEGIN');
      this.#connection.get('SELECT 1 FROM meta LIMIT 1');
    }, BUSY_LIMIT_MS);
  }

  async #beginWrite(): Promise<void> {
    if (this.#shares && performance.now() - this.#pausedAt > SHARE_MS) {
      await jittered(2);
      this.#pausedAt = performance.now();
      this.#shares = false;
    }
    const { waited } = await untilFree(() => {
      this.#connection.exec('BEGIN IMMEDIATE');
    }, BUSY_LIMIT_MS);
    if (waited) {
      this.#shares = true;
      this.#pausedAt = performance.now();
    }
  }

  /** Left for the next time while another process reads or writes. */
  #emptyLog(): void {
    // What could not be synced must not get into the database.
    if (!this.#sync.trusted) return;
    let busy = true;
    try {
      busy = this.#connection.get<{ busy: number }>('PRAGMA wal_checkpoint(TRUNCATE)')?.busy !== 0;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
    if (busy) this.#log('checkpoint-put-off', {});
  }
}
