/** Items that are larger than a device can take: they go with smaller pictures, or without pictures and sounds. */
import type { Abilities } from '../content/abilities.js';
import { mediaIn } from '../content/media-in.js';
import { given } from '../content/phone-form/echo.js';
import type { Occasion } from '../content/phone-form/dress.js';
import type { PhotoLimits } from '../content/photos.js';

/** Of a picture's bytes, what they are of BASE64 in lines. */
const OF_LINES = 0.68;
/** The line around them, bytes. */
const FRAME = 80;
/** A picture of less shows nothing, bytes. */
const LEAST_PICTURE = 700;
/** Limits that differ by less give the same picture. */
const STEP = 256;

/**
 * @param whole what the device is given where there is room for all of it; `shown` is its form for the device.
 * @param room bytes of the largest object it takes.
 * @returns the item in a form that fits, where there is one; else the least there is of it.
 */
export function fitted(
  whole: Uint8Array,
  shown: Uint8Array,
  type: string,
  abilities: Abilities,
  { room, occasion }: { readonly room: number; readonly occasion: Occasion },
): Uint8Array {
  if (shown.length <= room || mediaIn(shown, type) === 0) return shown;
  const as = (more: Partial<Abilities>): Uint8Array => given(whole, type, { ...abilities, ...more, limits: true }, occasion);
  const bare = as({ withoutMedia: true });
  const pictures = mediaIn(shown, type);
  const most = Math.floor((((room - bare.length) / pictures - FRAME) * OF_LINES) / STEP) * STEP;
  if (most < LEAST_PICTURE) return bare;
  const smaller = as({ photo: within(abilities.photo, most), logo: within(abilities.logo, most), sound: most });
  return smaller.length <= room ? smaller : bare;
}

const within = (limits: PhotoLimits | undefined, maxBytes: number): PhotoLimits => ({
  ...limits,
  maxBytes: Math.min(maxBytes, limits?.maxBytes ?? Number.POSITIVE_INFINITY),
});
