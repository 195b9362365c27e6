/** Photos for tests, made by the library that thins them. */
import sharp from 'sharp';

/** Noise, which no format makes small; `seed` tells them apart. */
export async function photo(format: 'jpeg' | 'png' | 'gif', width: number, height: number, seed = 1): Promise<Buffer> {
  const pixels = Buffer.alloc(width * height * 3);
  let state = seed;
  for (let at = 0; at < pixels.length; at += 1) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    pixels[at] = (at % (width * 3)) / 16 + ((state >> 16) & 63) + seed;
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .toFormat(format)
    .toBuffer();
}
