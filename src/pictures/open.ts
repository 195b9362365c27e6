/** Pictures of strangers, given to the library: nothing of them is believed. [sharp] */
import type { Sharp, SharpOptions } from 'sharp';
import { photoFacts } from '../content/photos.js';

/** Larger ones are not read, bytes. */
const MAX_INPUT_BYTES = 20 * 1024 * 1024;
/** A picture of a few kilobytes may unfold to gigabytes. */
const MAX_INPUT_PIXELS = 40_000_000;
/** Of one step, s. */
export const MAX_SECONDS = 10;

export interface OpenedPicture {
  /** The picture, to be decoded anew. */
  readonly picture: () => Sharp;
  /** @param raw RGB, 8 bits each. */
  readonly pixels: (raw: Uint8Array, width: number, height: number) => Sharp;
}

/** @returns undefined for what is not read here: the library knows documents and vectors too, and no BMP. */
export async function openPicture(bytes: Uint8Array): Promise<OpenedPicture | undefined> {
  const facts = photoFacts(bytes);
  if (!facts || facts.format === 'bmp' || bytes.length > MAX_INPUT_BYTES || facts.width * facts.height > MAX_INPUT_PIXELS) return undefined;
  const { default: sharp } = await import('sharp');
  sharp.cache(false);
  const options: SharpOptions = { limitInputPixels: MAX_INPUT_PIXELS, failOn: 'error', pages: 1, sequentialRead: true };
  return {
    picture: () => sharp(bytes, options),
    pixels: (raw, width, height) => sharp(raw, { raw: { width, height, channels: 3 } }),
  };
}
