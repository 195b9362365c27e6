/**
 * Work that is too slow for a transaction, or that awaits more than the store's own methods. Whoever needs its result asks for it by a key that names
 * everything the result depends on, versions included. When it is not there yet, `WorkNeeded` ends the transaction; the work is done outside, and
 * the transaction runs again. The work may be repeated and must leave nothing behind that counts.
 */
import type { DatabaseJobs } from '../devicedb/jobs.js';
import type { Pictures } from '../pictures/pictures.js';
import type { Store } from '../storage/ports/store.js';

export interface SlowRooms {
  readonly store: Store;
  readonly databases: DatabaseJobs;
  readonly pictures: Pictures;
}

export type SlowRun<T> = (rooms: SlowRooms) => Promise<T>;

/** Results by their keys, as far as they are there. */
export type WorkDone = ReadonlyMap<string, unknown>;

/** Results of one piece of work that are asked for by keys of their own, now and by later messages. */
export class SeveralResults {
  readonly results: ReadonlyMap<string, { readonly value: unknown; readonly bytes: number }>;
  constructor(results: ReadonlyMap<string, { readonly value: unknown; readonly bytes: number }>) {
    this.results = results;
  }
}

export class WorkNeeded extends Error {
  override readonly name = 'WorkNeeded';
  readonly key: string;
  readonly run: SlowRun<unknown>;
  /** Bytes of a result that later messages may ask for again; undefined: it serves one message. */
  readonly reusable: ((result: unknown) => number) | undefined;
  constructor(key: string, run: SlowRun<unknown>, reusable?: (result: unknown) => number) {
    super(`work to be done first: ${key}`);
    this.key = key;
    this.run = run;
    this.reusable = reusable;
  }
}
