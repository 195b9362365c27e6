/** Work on photos, off the hot path. They come from phones and programs of strangers: nothing of them is believed. */
import type { PhotoLimits } from '../content/photos.js';
import type { Look } from '../content/picture-look.js';
import { lookAt } from './look.js';
import { thinner } from './thin.js';

export interface Pictures {
  /** A JPEG within the limits, upright, on white where it was transparent; undefined when there is none. Never throws. */
  thin(photo: Uint8Array, limits: PhotoLimits): Promise<Uint8Array | undefined>;
  /** What it shows; undefined when that cannot be told. Never throws. */
  look(photo: Uint8Array): Promise<Look | undefined>;
}

export class SharpPictures implements Pictures {
  /** One photo at a time: each is decoded as a whole. */
  #last: Promise<unknown> = Promise.resolve();

  thin(photo: Uint8Array, limits: PhotoLimits): Promise<Uint8Array | undefined> {
    return this.#next(() => thinner(photo, limits));
  }

  look(photo: Uint8Array): Promise<Look | undefined> {
    return this.#next(() => lookAt(photo));
  }

  /** A fault in its data is a fault of the whole. */
  #next<T>(step: () => Promise<T | undefined>): Promise<T | undefined> {
    const done = this.#last.then(() => step().catch(() => undefined));
    this.#last = done;
    return done;
  }
}
