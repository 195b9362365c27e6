/**
 * Work on the photos of a message: made smaller for its device, or looked at, to know whether one that comes back shows what it was given. What is
 * not there yet is collected, while the message goes on as if it were to be left out or the same, and its end asks for all of it at once: one more
 * run of the transaction, not one for each photo.
 */
import { createHash } from 'node:crypto';
import { isMuchLarger, type PhotoLimits } from '../content/photos.js';
import { looksAlike, type Look } from '../content/picture-look.js';
import type { Pictures } from '../pictures/pictures.js';
import { SeveralResults, WorkNeeded, type WorkDone } from './slow-work.js';

interface Result {
  readonly value: unknown;
  readonly bytes: number;
}

export class PhotoDesk {
  readonly #done: WorkDone;
  readonly #wanted = new Map<string, (pictures: Pictures) => Promise<Result>>();

  constructor(done: WorkDone) {
    this.#done = done;
  }

  /** Those that are asked for and not there yet. */
  get waiting(): number {
    return this.#wanted.size;
  }

  /** Undefined: left out, or not there yet. */
  readonly thinned = (photo: Uint8Array, limits: PhotoLimits): Uint8Array | undefined => {
    const key = thinnedKey(photo, limits);
    if (this.#done.has(key)) return this.#done.get(key) as Uint8Array | undefined;
    this.#wanted.set(key, async (pictures) => {
      const value = await pictures.thin(photo, limits);
      return { value, bytes: value?.length ?? 0 };
    });
    return undefined;
  };

  /** Both show the same, or it is not known yet. */
  readonly alike = (stored: Uint8Array, back: Uint8Array): boolean => {
    if (isMuchLarger(back, stored)) return false;
    const looks = [this.#look(stored), this.#look(back)] as const;
    if (looks.includes('not yet')) return true;
    const [mine, theirs] = looks as readonly (Look | undefined)[];
    return mine !== undefined && theirs !== undefined && looksAlike(mine, theirs);
  };

  #look(photo: Uint8Array): Look | undefined | 'not yet' {
    const key = `look ${hashOf(photo)}`;
    if (this.#done.has(key)) return this.#done.get(key) as Look | undefined;
    this.#wanted.set(key, async (pictures) => {
      const value = await pictures.look(photo);
      return { value, bytes: (value ?? []).reduce((sum, { cells }) => sum + cells.length, 100) };
    });
    return 'not yet';
  }

  /** @throws {WorkNeeded} when something was missing. */
  settle(): void {
    const wanted = [...this.#wanted];
    if (wanted.length === 0) return;
    const all = createHash('sha256');
    for (const [key] of wanted) all.update(key);
    throw new WorkNeeded(`photos ${all.digest('hex')}`, async ({ pictures }) => {
      const results = new Map<string, Result>();
      for (const [key, work] of wanted) results.set(key, await work(pictures));
      return new SeveralResults(results);
    });
  }
}

const hashOf = (photo: Uint8Array): string => createHash('sha256').update(photo).digest('hex');

const thinnedKey = (photo: Uint8Array, { maxBytes, maxWidth, maxHeight, formats }: PhotoLimits): string =>
  `photo ${hashOf(photo)} ${JSON.stringify([maxBytes, maxWidth, maxHeight, formats])}`;
