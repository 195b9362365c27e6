/**
 * Photos made smaller for the devices of a message. Those that are not there yet are collected, while the message goes on as if they were to be
 * left out, and its end asks for all of them at once: one more run of the transaction, not one for each photo.
 */
import { createHash } from 'node:crypto';
import type { PhotoLimits } from '../content/photos.js';
import { SeveralResults, WorkNeeded, type WorkDone } from './slow-work.js';

interface Wanted {
  readonly photo: Uint8Array;
  readonly limits: PhotoLimits;
}

export class PhotoDesk {
  readonly #done: WorkDone;
  readonly #wanted = new Map<string, Wanted>();

  constructor(done: WorkDone) {
    this.#done = done;
  }

  /** Undefined: left out, or not there yet. */
  readonly thinned = (photo: Uint8Array, limits: PhotoLimits): Uint8Array | undefined => {
    const key = keyOf(photo, limits);
    if (this.#done.has(key)) return this.#done.get(key) as Uint8Array | undefined;
    this.#wanted.set(key, { photo, limits });
    return undefined;
  };

  /** @throws {WorkNeeded} when something was missing. */
  settle(): void {
    const wanted = [...this.#wanted];
    if (wanted.length === 0) return;
    const all = createHash('sha256');
    for (const [key] of wanted) all.update(key);
    throw new WorkNeeded(`photos ${all.digest('hex')}`, async ({ pictures }) => {
      const results = new Map<string, { value: unknown; bytes: number }>();
      for (const [key, { photo, limits }] of wanted) {
        const value = await pictures.thin(photo, limits);
        results.set(key, { value, bytes: value?.length ?? 0 });
      }
      return new SeveralResults(results);
    });
  }
}

function keyOf(photo: Uint8Array, { maxBytes, maxWidth, maxHeight, formats }: PhotoLimits): string {
  const hash = createHash('sha256').update(photo).digest('hex');
  return `photo ${hash} ${JSON.stringify([maxBytes, maxWidth, maxHeight, formats])}`;
}
