/**
 * Lets devices sync at the same time and yet always in the same order: a device runs until it sends a message; when all wait for answers,
 * the dice say whose message is carried next.
 */
import type { Reply, Transport } from '../model-client/transport.js';
import type { Dice } from './dice.js';
import type { Wire } from './world.js';

interface Parked {
  readonly wire: Wire;
  readonly carry: (wire: Wire) => Promise<Reply>;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
}

export class Turns {
  readonly #parked: Parked[] = [];
  #running = 0;
  #wake: () => void = () => undefined;

  /** A device's way to send; `carry` takes the message to the server when it is its turn. */
  transport(carry: (wire: Wire) => Promise<Reply>): Transport {
    return (url, contentType, body, headers) =>
      new Promise((resolve, reject) => {
        this.#parked.push({ wire: { url, contentType, body, ...(headers ? { headers } : {}) }, carry, resolve, reject });
        this.#stopped();
      });
  }

  /** Runs all of them to their ends. Rejects as soon as carrying a message fails of something that `isLoss` does not know. */
  async run(devices: readonly (() => Promise<void>)[], dice: Dice, isLoss: (error: unknown) => boolean): Promise<void> {
    let failed: Error | undefined;
    const ends = devices.map((device) => {
      this.#running += 1;
      return device()
        .catch((error: unknown) => {
          failed ??= error instanceof Error ? error : new Error(String(error));
        })
        .finally(() => this.#stopped());
    });
    for (;;) {
      while (this.#running > 0) await new Promise<void>((resolve) => (this.#wake = resolve));
      if (failed !== undefined) throw failed;
      if (this.#parked.length === 0) break;
      const [next] = this.#parked.splice(dice.between(0, this.#parked.length - 1), 1);
      if (!next) break;
      let answer: () => void;
      try {
        const reply = await next.carry(next.wire);
        answer = () => next.resolve(reply);
      } catch (error) {
        if (!isLoss(error)) throw error;
        answer = () => next.reject(error);
      }
      this.#running += 1;
      answer();
    }
    await Promise.all(ends);
  }

  #stopped(): void {
    this.#running -= 1;
    if (this.#running === 0) this.#wake();
  }
}
