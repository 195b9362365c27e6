/**
 * Waiting for a folder that may be on another machine: a call on a mount that hangs never comes back, and holds one of the few threads
 * files are worked on with. So waiting has an end, and while calls hang no more are begun.
 */
import { StoreError } from '../../model/errors.js';

/** Calls that may hang before others are refused at once. The platform has four threads for files; the database needs some. */
const MOST_HANGING = 2;

export class Patience {
  readonly #who: string;
  readonly #timeoutMs: number;
  #hanging = 0;

  /** @param who names the location in errors. */
  constructor(who: string, timeoutMs: number) {
    this.#who = who;
    this.#timeoutMs = timeoutMs;
  }

  /** @throws {StoreError} `unavailable` when it takes too long, or too much hangs already; the work itself may still end later. */
  async wait<T>(work: () => Promise<T>): Promise<T> {
    if (this.#hanging >= MOST_HANGING) throw new StoreError('unavailable', `${this.#who} does not answer; earlier calls still wait`);
    return new Promise<T>((resolve, reject) => {
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        this.#hanging += 1;
        reject(new StoreError('unavailable', `${this.#who} did not answer within ${this.#timeoutMs} ms`));
      }, this.#timeoutMs);
      const ended = (): void => {
        clearTimeout(timer);
        if (late) this.#hanging -= 1;
      };
      work().then(
        (value) => {
          ended();
          resolve(value);
        },
        (error: unknown) => {
          ended();
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
    });
  }
}
