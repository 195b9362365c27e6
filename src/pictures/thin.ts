/** Photos made small enough for a phone. They come from phones and programs of strangers: nothing of them is believed. [sharp] */
import type { Sharp, SharpOptions } from 'sharp';
import { photoFacts, type PhotoLimits } from '../content/photos.js';

/** Larger photos are left out, bytes. */
const MAX_INPUT_BYTES = 20 * 1024 * 1024;
/** A picture of a few kilobytes may unfold to gigabytes. */
const MAX_INPUT_PIXELS = 40_000_000;
/** Of one step, s. */
const MAX_SECONDS = 10;
/** Qualities that are tried, best first, before the picture is made smaller. */
const QUALITIES = [85, 70, 55, 40];
/** The next size that is tried. */
const SMALLER = 0.7;
/** A picture with less than this to a side shows nothing, pixels. */
const LEAST_SIDE = 16;
/** Beyond the largest screen of phones that have limits at all, pixels. */
const LARGEST_SIDE = 2048;

export interface Pictures {
  /** A JPEG within the limits, upright, on white where it was transparent; undefined when there is none. Never throws. */
  thin(photo: Uint8Array, limits: PhotoLimits): Promise<Uint8Array | undefined>;
}

export class SharpPictures implements Pictures {
  /** One photo at a time: each is decoded as a whole. */
  #last: Promise<unknown> = Promise.resolve();

  thin(photo: Uint8Array, limits: PhotoLimits): Promise<Uint8Array | undefined> {
    const thinned = this.#last.then(() => smaller(photo, limits).catch(() => undefined));
    this.#last = thinned;
    return thinned;
  }
}

async function smaller(photo: Uint8Array, { maxBytes = Infinity, maxWidth, maxHeight }: PhotoLimits): Promise<Uint8Array | undefined> {
  const facts = photoFacts(photo);
  // The library reads documents and vectors too; and knows no BMP.
  if (!facts || facts.format === 'bmp' || photo.length > MAX_INPUT_BYTES || facts.width * facts.height > MAX_INPUT_PIXELS) return undefined;
  const { default: sharp } = await import('sharp');
  sharp.cache(false);
  const options: SharpOptions = { limitInputPixels: MAX_INPUT_PIXELS, failOn: 'error', pages: 1, sequentialRead: true };
  let width = Math.min(maxWidth ?? LARGEST_SIDE, LARGEST_SIDE);
  let height = Math.min(maxHeight ?? LARGEST_SIDE, LARGEST_SIDE);
  // The large original is decoded once.
  const upright = await sharp(photo, options)
    .rotate()
    .resize({ width, height, fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#ffffff' })
    .timeout({ seconds: MAX_SECONDS })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { info } = upright;
  const picture = (): Sharp => sharp(upright.data, { raw: { width: info.width, height: info.height, channels: info.channels } });
  [width, height] = [info.width, info.height];
  while (width >= LEAST_SIDE || height >= LEAST_SIDE) {
    for (const quality of QUALITIES) {
      const jpeg = await picture()
        .resize({ width: Math.max(1, width), height: Math.max(1, height), fit: 'inside' })
        .jpeg({ quality })
        .timeout({ seconds: MAX_SECONDS })
        .toBuffer();
      if (jpeg.length <= maxBytes) return jpeg;
    }
    width = Math.floor(width * SMALLER);
    height = Math.floor(height * SMALLER);
  }
  return undefined;
}
