/** Workers for devices' databases: one job at a time each, and each job with a deadline after which its worker is ended and another one takes its place. */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { CHUNK_BYTES } from '../storage/ports/copies.js';
import { answerChunks } from './chunk-exchange.js';
import {
  DatabaseFault,
  type Applied,
  type ChunkSource,
  type DatabaseFacts,
  type DatabaseJobs,
  type Inspection,
  type Operation,
  type RowDifference,
} from './jobs.js';
import { sharedBytes, type Job, type JobMessage, type JobResult, type WorkerMessage } from './messages.js';

export interface PoolOptions {
  /** Threads. */
  readonly workers: number;
  /** Milliseconds a job may take, what is added for each MB (10^6 bytes) of its files, and for each record it writes. */
  readonly deadlineMs: number;
  readonly deadlineMsPerMb: number;
  readonly deadlineMsPerRecord: number;
  /** Bytes SQLite may use of its own, and a database may grow to. */
  readonly heapBytes: number;
  readonly fileBytes: number;
}

const DEFAULTS: PoolOptions = {
  workers: Math.max(1, Math.min(4, availableParallelism() - 1)),
  deadlineMs: 60_000,
  deadlineMsPerMb: 500,
  deadlineMsPerRecord: 1,
  heapBytes: 256 * 1024 * 1024,
  fileBytes: 2 * 1024 * 1024 * 1024,
};

interface Task {
  readonly job: Job;
  readonly sources: readonly ChunkSource[];
  readonly resolve: (result: JobResult) => void;
  readonly reject: (error: unknown) => void;
}

/** What was read for the last job; for benchmarks. */
export interface PoolStatistics {
  readonly chunksRead: number;
  /** Whether files are read by chunks; undefined before the first worker has found out. */
  readonly paging: boolean | undefined;
}

export function createDatabasePool(options: Partial<PoolOptions> = {}): DatabaseJobs & { statistics(): PoolStatistics } {
  return new DatabasePool({ ...DEFAULTS, ...options });
}

class DatabasePool implements DatabaseJobs {
  readonly #options: PoolOptions;
  readonly #threads = new Set<Thread>();
  readonly #queue: Task[] = [];
  #statistics: PoolStatistics = { chunksRead: 0, paging: undefined };
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  async inspect(source: ChunkSource): Promise<Inspection> {
    if (source.size === 0) return { kind: 'no-database', reason: 'it is empty' };
    return (await this.#run({ kind: 'inspect' }, [source])) as Inspection;
  }

  async facts(source: ChunkSource): Promise<DatabaseFacts> {
    return (await this.#run({ kind: 'facts' }, [source])) as DatabaseFacts;
  }

  async apply(...[source, facts, operations, options]: Parameters<DatabaseJobs['apply']>): Promise<Applied> {
    return (await this.#run({ kind: 'apply', facts, operations, list: options?.listStatements === true }, [source])) as Applied;
  }

  async differences(before: ChunkSource, after: ChunkSource, limit: number): Promise<readonly RowDifference[]> {
    return (await this.#run({ kind: 'differences', limit }, [before, after])) as readonly RowDifference[];
  }

  statistics(): PoolStatistics {
    return this.#statistics;
  }

  /** Jobs in hand and in the queue are rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const task of this.#queue.splice(0)) task.reject(closed());
    await Promise.all([...this.#threads].map((thread) => thread.end(closed())));
  }

  #run(job: Job, sources: readonly ChunkSource[]): Promise<JobResult> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(closed());
      this.#queue.push({ job, sources, resolve, reject });
      this.#next();
    });
  }

  #next(): void {
    while (this.#queue.length > 0) {
      let free = [...this.#threads].find((thread) => thread.idle);
      if (free === undefined && this.#threads.size < this.#options.workers) {
        free = new Thread(
          this.#options,
          (thread) => {
            this.#threads.delete(thread);
            this.#next();
          },
          (statistics) => {
            this.#statistics = { ...this.#statistics, ...statistics };
          },
        );
        this.#threads.add(free);
      }
      const task = free && this.#queue.shift();
      if (free === undefined || task === undefined) return;
      void free.run(task).finally(() => this.#next());
    }
  }
}

const closed = (): Error => new Error('the server is shutting down');

class Thread {
  readonly #options: PoolOptions;
  readonly #shared = new SharedArrayBuffer(sharedBytes(CHUNK_BYTES));
  readonly #worker: Worker;
  readonly #ready: Promise<void>;
  readonly #gone: (thread: Thread) => void;
  readonly #report: (statistics: Partial<PoolStatistics>) => void;
  #task: Task | undefined;
  #sourceError: unknown;
  #settle: (() => void) | undefined;
  #ended = false;

  constructor(options: PoolOptions, gone: (thread: Thread) => void, report: (statistics: Partial<PoolStatistics>) => void) {
    this.#options = options;
    this.#gone = gone;
    this.#report = report;
    this.#worker = startWorker(this.#shared);
    this.#ready = new Promise((resolve) => {
      this.#worker.on('message', (message: WorkerMessage) => {
        if (message.kind === 'ready') {
          report({ paging: message.paging });
          resolve();
        } else this.#hear(message);
      });
      this.#worker.on('exit', () => resolve());
    });
    this.#worker.on('error', (error) => void this.end(asOutOfMemory(error)));
    this.#worker.on('exit', () => void this.end(new DatabaseFault('limit', 'the thread of the job came to an end')));
  }

  get idle(): boolean {
    return this.#task === undefined && !this.#ended;
  }

  /** Resolves when the thread is free again; the task is told by itself. */
  async run(task: Task): Promise<void> {
    this.#task = task;
    this.#sourceError = undefined;
    this.#worker.ref();
    await this.#ready;
    const ms = deadlineOf(task, this.#options);
    const timer = setTimeout(() => void this.end(new DatabaseFault('limit', `the database took more than ${Math.round(ms)} ms`)), ms);
    await new Promise<void>((settle) => {
      this.#settle = settle;
      if (this.#ended) return settle();
      const { heapBytes, fileBytes } = this.#options;
      this.#worker.postMessage({
        job: task.job,
        sizes: task.sources.map((source) => source.size),
        limits: { heapBytes, fileBytes },
      } satisfies JobMessage);
    });
    clearTimeout(timer);
    if (!this.#ended) this.#worker.unref();
  }

  async end(error: Error): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#finish((task) => task.reject(error));
    this.#gone(this);
    await this.#worker.terminate();
  }

  #hear(message: WorkerMessage): void {
    const task = this.#task;
    if (task === undefined) return;
    if (message.kind === 'chunks') {
      answerChunks(this.#shared, task.sources[message.source], message).catch((error: unknown) => {
        this.#sourceError = error;
      });
    } else if (message.kind === 'done') {
      this.#report({ chunksRead: message.chunksRead });
      this.#finish(({ resolve }) => resolve(message.result));
    } else if (message.kind === 'failed') {
      const error =
        message.fault === 'chunks'
          ? this.#sourceError
          : message.fault === 'bug'
            ? new Error(message.message)
            : new DatabaseFault(message.fault, message.message);
      this.#finish(({ reject }) => reject(error));
    }
  }

  #finish(tell: (task: Task) => void): void {
    const task = this.#task;
    this.#task = undefined;
    if (task) tell(task);
    this.#settle?.();
    this.#settle = undefined;
  }
}

function deadlineOf({ job, sources }: Task, { deadlineMs, deadlineMsPerMb, deadlineMsPerRecord }: PoolOptions): number {
  const size = sources.reduce((sum, source) => sum + source.size, 0);
  const records = job.kind === 'apply' ? job.operations.reduce((sum, operation) => sum + recordsOf(operation), 0) : 0;
  return deadlineMs + (size / 1_000_000) * deadlineMsPerMb + records * deadlineMsPerRecord;
}

function recordsOf(operation: Operation): number {
  if (operation.kind !== 'batch') return 1;
  return operation.changes.tables.reduce((sum, { deletes, replaces, adds }) => sum + deletes.length + replaces.length + adds.length, 0);
}

function asOutOfMemory(error: Error): Error {
  if ((error as NodeJS.ErrnoException).code !== 'ERR_WORKER_OUT_OF_MEMORY') return error;
  return new DatabaseFault('limit', 'the database needs more memory than a job may have', { cause: error });
}

/** Run from its sources, a thread has to learn TypeScript first: it has a module loader of its own. */
function startWorker(shared: SharedArrayBuffer): Worker {
  const options = { execArgv: [], workerData: { shared } };
  if (!import.meta.url.endsWith('.ts')) return unreferenced(new Worker(new URL('./worker.js', import.meta.url), options));
  const tsx = pathToFileURL(join(createRequire(import.meta.url).resolve('tsx/package.json'), '../dist/esm/api/index.mjs')).href;
  const boot = `import(${JSON.stringify(tsx)}).then(({ register }) => {
    register();
    return import(${JSON.stringify(new URL('./worker.ts', import.meta.url).href)});
  });`;
  return unreferenced(new Worker(boot, { ...options, eval: true }));
}

function unreferenced(worker: Worker): Worker {
  worker.unref();
  return worker;
}
