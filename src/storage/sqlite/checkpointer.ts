/**
 * Moves committed pages from the write-ahead log into the database file while the event loop goes on. A checkpoint syncs two files and
 * writes hundreds of pages; done within a commit, as SQLite does by itself, it would hold up everybody. The thread is started when it is
 * first needed; were it ever to fail, SQLite's own checkpoint (see `Connection`) takes over at a larger size.
 */
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { Connection } from './connection.js';

/** Pages of 4 kB in the log and not yet in the database. */
const ENOUGH_PAGES = 500;
/** The log is looked at once in this many commits: a look costs as much as a small statement, and a commit seldom writes more than ten pages. */
const COMMITS_A_LOOK = 8;

/**
 * What the thread runs. As text, because a thread gets no TypeScript loader where the program runs from its sources. A checkpoint that meets
 * another process's is left for the next time; a disk that is ill shows in the next commit.
 */
const THREAD = `
const { parentPort, workerData } = require('node:worker_threads');
const { DatabaseSync } = require(workerData.driver);
const database = new DatabaseSync(workerData.file, { timeout: 0, defensive: true });
database.exec('PRAGMA synchronous = NORMAL');
parentPort.on('message', (word) => {
  if (word === 'close') {
    database.close();
    parentPort.close();
    return;
  }
  try {
    database.exec('PRAGMA wal_checkpoint(PASSIVE)');
  } catch {}
  parentPort.postMessage('done');
});
`;

export class Checkpointer {
  readonly #file: string;
  readonly #log: (event: string, fields: object) => void;
  #thread: Worker | undefined;
  #busy = false;
  #commits = 0;

  constructor(file: string, log: (event: string, fields: object) => void) {
    this.#file = file;
    this.#log = log;
  }

  /** To be called after each commit. Does not wait. */
  afterCommit(connection: Connection): void {
    this.#commits += 1;
    if (this.#busy || this.#commits < COMMITS_A_LOOK) return;
    this.#commits = 0;
    // NOOP does nothing but count. [SQLite, "PRAGMA wal_checkpoint"]
    const row = connection.get<{ log: number; checkpointed: number }>('PRAGMA wal_checkpoint(NOOP)');
    if (row === undefined || row.log - row.checkpointed < ENOUGH_PAGES) return;
    this.#busy = true;
    this.#thread ??= this.#start();
    this.#thread.postMessage('checkpoint');
  }

  async close(): Promise<void> {
    const thread = this.#thread;
    if (thread === undefined) return;
    this.#thread = undefined;
    this.#busy = true;
    const ended = once(thread, 'exit');
    thread.ref();
    thread.postMessage('close');
    await ended;
  }

  #start(): Worker {
    const driver = createRequire(import.meta.url).resolve('@photostructure/sqlite');
    const thread = new Worker(THREAD, { eval: true, execArgv: [], workerData: { driver, file: this.#file } });
    thread.unref();
    thread.on('message', () => {
      this.#busy = false;
    });
    thread.on('error', (error) => {
      // `busy` stays set: no second try in this process.
      this.#thread = undefined;
      this.#log('checkpoint-thread-failed', { reason: error.message });
    });
    return thread;
  }
}
