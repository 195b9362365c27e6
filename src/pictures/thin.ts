/** Photos made small enough for a phone. */
import type { PhotoLimits } from '../content/photos.js';
import { MAX_SECONDS, openPicture } from './open.js';

/** Qualities that are tried, best first, before the picture is made smaller. */
const QUALITIES = [85, 70, 55, 40];
/** The next size that is tried. */
const SMALLER = 0.7;
/** A picture with less than this to a side shows nothing, pixels. */
const LEAST_SIDE = 16;
/** Beyond the largest screen of phones that have limits at all, pixels. */
const LARGEST_SIDE = 2048;

/** A JPEG within the limits, upright, on white where it was transparent; undefined when there is none. @throws {Error} when its data are broken. */
export async function thinner(
  photo: Uint8Array,
  { maxBytes = Infinity, maxWidth, maxHeight }: PhotoLimits,
): Promise<Uint8Array | undefined> {
  const opened = await openPicture(photo);
  if (!opened) return undefined;
  let width = Math.min(maxWidth ?? LARGEST_SIDE, LARGEST_SIDE);
  let height = Math.min(maxHeight ?? LARGEST_SIDE, LARGEST_SIDE);
  // The large original is decoded once.
  const upright = await opened
    .picture()
    .autoOrient()
    .resize({ width, height, fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#ffffff' })
    .timeout({ seconds: MAX_SECONDS })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  [width, height] = [upright.info.width, upright.info.height];
  while (width >= LEAST_SIDE || height >= LEAST_SIDE) {
    for (const quality of QUALITIES) {
      const jpeg = await opened
        .pixels(upright.data, upright.info.width, upright.info.height)
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
