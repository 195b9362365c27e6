/**
 * Slow work of messages in hand, and its results until they are used. Kept in this process only: another one that carries the message out does the
 * work again. What serves several messages (pieces of a file that goes out) stays for a while, within bounds.
 */
import { SeveralResults, WorkNeeded, type SlowRooms, type WorkDone } from '../sync/slow-work.js';

/** Results that nobody asks for any more, ms. */
const KEEP_MS = 10 * 60 * 1000;
/** Results that may be asked for again, bytes. */
const REUSABLE_BYTES = 24 * 1024 * 1024;
/** Rounds of one message: what a client can ask for in one of them needs far fewer. */
const MAX_ROUNDS = 400;

interface Result {
  readonly value: unknown;
  readonly at: number;
  /** Undefined: it serves one message. */
  readonly bytes: number | undefined;
}

export class SlowWork {
  readonly #rooms: SlowRooms;
  readonly #clock: () => number;
  readonly #running = new Map<string, Promise<void>>();
  /** The least recently used first. */
  readonly #results = new Map<string, Result>();
  #reusableBytes = 0;

  /** @param clock milliseconds of any beginning; it never goes back. */
  constructor(rooms: SlowRooms, clock: () => number) {
    this.#rooms = rooms;
    this.#clock = clock;
  }

  /**
   * Runs a transaction until all slow work it needs is done. @returns `slow` when that takes longer than `patienceMs`: the work goes on, and the
   * message finds it done when it comes again.
   */
  async through<T>(attempt: (done: WorkDone) => Promise<T>, patienceMs: number | undefined): Promise<T | 'slow'> {
    const end = patienceMs === undefined ? undefined : this.#clock() + patienceMs;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const used = new Set<string>();
      try {
        const value = await attempt(this.#done(used));
        for (const key of used) if (this.#results.get(key)?.bytes === undefined) this.#results.delete(key);
        return value;
      } catch (error) {
        if (!(error instanceof WorkNeeded)) throw error;
        const work = this.#begin(error, used);
        const done = await (end === undefined ? work : within(work, Math.max(0, end - this.#clock())));
        if (done === 'slow') return 'slow';
      }
    }
    throw new Error(`a message needs more than ${MAX_ROUNDS} rounds of slow work`);
  }

  #done(used: Set<string>): WorkDone {
    const results = this.#results;
    const view: Pick<WorkDone, 'has' | 'get'> = {
      has: (key) => results.has(key),
      get: (key) => {
        const found = results.get(key);
        if (!found) return undefined;
        used.add(key);
        results.delete(key);
        results.set(key, found);
        return found.value;
      },
    };
    return view as WorkDone;
  }

  /** Two copies of a message share what is running. */
  #begin({ key, run, reusable }: WorkNeeded, used: ReadonlySet<string>): Promise<void> {
    const running = this.#running.get(key);
    if (running) return running;
    const begun = run(this.#rooms)
      .then((value) => {
        const at = this.#clock();
        if (value instanceof SeveralResults)
          this.#keep(new Map([...value.results].map(([one, { value: result, bytes }]) => [one, { value: result, at, bytes }])), used);
        else this.#keep(new Map([[key, { value, at, bytes: reusable?.(value) }]]), used);
      })
      .finally(() => this.#running.delete(key));
    // It may fail after its message was put off: the message runs it again then.
    begun.catch(() => undefined);
    this.#running.set(key, begun);
    return begun;
  }

  /** What one piece of work brought stays, and what the message that waits for it has used, whatever its size: it needs all of it together. */
  #keep(fresh: ReadonlyMap<string, Result>, used: ReadonlySet<string>): void {
    for (const [key, result] of fresh) {
      this.#reusableBytes += (result.bytes ?? 0) - (this.#results.get(key)?.bytes ?? 0);
      this.#results.set(key, result);
    }
    const now = this.#clock();
    for (const [other, { at, bytes }] of this.#results) {
      const late = now - at > KEEP_MS;
      const tooMuch = bytes !== undefined && this.#reusableBytes > REUSABLE_BYTES && !fresh.has(other) && !used.has(other);
      if (!late && !tooMuch) continue;
      this.#results.delete(other);
      this.#reusableBytes -= bytes ?? 0;
    }
  }
}

async function within(work: Promise<void>, ms: number): Promise<'slow' | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'slow'>((resolve) => {
    timer = setTimeout(() => resolve('slow'), ms);
  });
  try {
    return await Promise.race([work.then(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}
