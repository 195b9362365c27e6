/**
 * Makes commits durable without holding up the event loop. SQLite's own `synchronous = FULL` calls fsync within the commit, on the thread
 * that answers everybody; with NORMAL it leaves the write-ahead log to the system, and here the log is synced on another thread before any
 * commit is acknowledged. One sync serves all commits before it, so many writers at once share it.
 *
 * The log is one file as long as a connection is open. Closing a handle on it is safe: SQLite's locks are on the database and its -shm file.
 */
import { existsSync } from 'node:fs';
import { open, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { StoreError } from '../../model/errors.js';

/** Beside the log while what is in it cannot be trusted. It need not be durable: after a power cut the log is what the disk says. */
const MARK = '-untrusted';
const REWRITE_BYTES = 1024 * 1024;

export class LogSync {
  readonly #file: FileHandle;
  readonly #log: string;
  readonly #onFailure: (error: StoreError) => void;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #failed: StoreError | undefined;

  private constructor(file: FileHandle, log: string, onFailure: (error: StoreError) => void) {
    this.#file = file;
    this.#log = log;
    this.#onFailure = onFailure;
  }

  /**
   * @param log the `-wal` file of a database that has a connection open. @param onFailure called once, when a sync has failed.
   */
  static async open(log: string, onFailure: (error: StoreError) => void = () => undefined): Promise<LogSync> {
    return new LogSync(await open(log, 'r+'), log, onFailure);
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

  /** @throws {StoreError} `unavailable` once a sync has failed: what can be read then may be gone with the next power cut. */
  mustBeTrusted(): void {
    if (this.#failed !== undefined) throw this.#failed;
  }

  get trusted(): boolean {
    return this.#failed === undefined;
  }

  /** Makes an end of it: a file that rows rely on could not be synced. */
  distrust(cause: unknown): void {
    if (this.#failed !== undefined) return;
    this.#failed = new StoreError('unavailable', 'the disk could not sync what was written; start again when it is well', { cause });
    this.#onFailure(this.#failed);
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
    this.mustBeTrusted();
    try {
      await this.#file.datasync();
    } catch (cause) {
      // The system may have dropped what it could not write, and call it written: a later success would prove nothing.
      await writeFile(`${this.#log}${MARK}`, '').catch(() => undefined);
      this.distrust(cause);
    }
    this.mustBeTrusted();
  }
}

/** Whether a sync of this log has failed since the machine was started. */
export const isUntrusted = (log: string): boolean => existsSync(`${log}${MARK}`);

/**
 * Makes a log trustworthy again of which a sync had failed: the system holds its bytes for written that may not be. Writing them once more
 * makes them to be written again. To be called while nobody can write to the log: with a write transaction open.
 * @throws {StoreError} `unavailable` when the disk still cannot.
 */
export async function rewriteLog(log: string): Promise<void> {
  try {
    const file = await open(log, 'r+');
    try {
      const buffer = Buffer.alloc(REWRITE_BYTES);
      for (let at = 0; ;) {
        const { bytesRead } = await file.read(buffer, 0, REWRITE_BYTES, at);
        if (bytesRead === 0) break;
        await file.write(buffer, 0, bytesRead, at);
        at += bytesRead;
      }
      await file.datasync();
    } finally {
      await file.close();
    }
    await rm(`${log}${MARK}`, { force: true });
  } catch (cause) {
    throw new StoreError('unavailable', 'the write-ahead log still cannot be synced', { cause });
  }
}
