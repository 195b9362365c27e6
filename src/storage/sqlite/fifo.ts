import { setImmediate as nextTurn } from 'node:timers/promises';

/** After this long without a turn of the event loop the queue lets sockets and timers go first. */
const TURN_MS = 2;

/** Runs async jobs one after the other in the order they came. */
export class Fifo {
  #waiting: (() => Promise<void>)[] = [];
  #busy = false;
  #pumping: Promise<void> = Promise.resolve();
  #turnAt = 0;

  run<T>(job: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push(() => job().then(resolve, reject));
      if (this.#busy) return;
      this.#busy = true;
      this.#pumping = this.#pump();
    });
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#busy) await this.#pumping;
  }

  async #pump(): Promise<void> {
    for (let at = 0; at < this.#waiting.length; at += 1) {
      // Jobs are synchronous underneath: without this, a busy queue would starve the event loop.
      if (performance.now() - this.#turnAt > TURN_MS) {
        await nextTurn();
        this.#turnAt = performance.now();
      }
      await this.#waiting[at]?.();
      if (at === 255) {
        this.#waiting = this.#waiting.slice(at + 1);
        at = -1;
      }
    }
    this.#waiting = [];
    this.#busy = false;
  }
}
