/**
 * Makes commits durable without holding up the event loop. SQLite's own `synchronous = FULL` calls fsync within the commit, on the thread
 * that answers everybody; with NORMAL it leaves the write-ahead log to the system, and here the log is synced on another thread before any
 * commit is acknowledged. One sync serves all commits before it, so many writers at once share it.
 *
 * The log is one file as long as a connection is open. Closing a handle on it is safe: SQLite's locks are on the database and its -shm file.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { StoreError } from '../../model/errors.js';

export class LogSync {
  readonly #file: FileHandle;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #failed: StoreError | undefined;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** @param log the `-wal` file of a database that has a connection open. */
  static async open(log: string): Promise<LogSync> {
    return new LogSync(await open(log, 'r+'));
  }

  /** Resolves when everything committed before this call is durable. @throws {StoreError} `unavailable`. */
  flush(): Promise<void> {
    if (this.#running === undefined) return this.#start();
    // The running one may have begun before the commit in question.
    return (this.#next ??= this.#running.then(
      () => this.#start(),
      () => this.#start(),
    ));
  }

  /** What a reader waits for, so that it never tells of a commit that may yet be lost; undefined when all is durable. */
  pending(): Promise<void> | undefined {
    return this.#next ?? this.#running;
  }

  async close(): Promise<void> {
    await this.pending()?.catch(() => undefined);
    await this.#file.close();
  }

  #start(): Promise<void> {
    this.#next = undefined;
    const running = this.#sync().finally(() => {
      this.#running = undefined;
    });
    this.#running = running;
    return running;
  }

  async #sync(): Promise<void> {
    if (this.#failed !== undefined) throw this.#failed;
    try {
      await this.#file.datasync();
    } catch (cause) {
      // After a failed sync the system may have dropped what it could not write: a later success would prove nothing.
      this.#failed = new StoreError('unavailable', 'the write-ahead log could not be synced; start again when the disk is well', { cause });
      throw this.#failed;
    }
  }
}
