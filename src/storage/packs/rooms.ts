/**
 * Memory for packs on their way. What is allocated for each would be left to the garbage collector by the hundred megabytes: it counts against a small heap, which is
 * gone through again and again for it.
 */

/** Of a room: a large message, sealed chunk by chunk, goes in. */
export const ROOM_BYTES = (1024 + 64) * 1024;
/** Rooms that are kept. */
const SPARE = 2;

export class Rooms {
  readonly #spare: Buffer[] = [];

  take(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(ROOM_BYTES);
  }

  /** Nobody may use it any more. What may still be in use is not given back. */
  give(room: Buffer): void {
    if (room.length === ROOM_BYTES && this.#spare.length < SPARE) this.#spare.push(room);
  }
}
