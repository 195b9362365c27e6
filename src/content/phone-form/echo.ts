/** What a device gets of an item, and what it means when it sends just that back. */
import type { Abilities } from '../abilities.js';
import { render } from '../rendering.js';
import { dress, type Occasion } from './dress.js';
import { inStyle } from './style.js';
import { timesIn } from './times-in.js';
import { undress } from './undress.js';

/** @returns `bytes` itself when the device gets it as it is. Never throws. */
export const given = (bytes: Uint8Array, mediaType: string, abilities: Abilities, occasion?: Occasion): Uint8Array =>
  dress(inStyle(render(bytes, mediaType, abilities), mediaType, abilities), mediaType, abilities, occasion);

/** What a device sends, as others would write it. @returns `bytes` itself when it does. Never throws. */
export const putRight = (bytes: Uint8Array, mediaType: string, abilities: Abilities): Uint8Array =>
  timesIn(undress(bytes, mediaType, abilities), mediaType, abilities);

/**
 * What a device has been given, as others would write it when it comes back: what the device makes of parts of its own accord, and what puts that
 * right, are nothing taken together.
 */
export function asHeld(bytes: Uint8Array, mediaType: string, abilities: Abilities): Uint8Array {
  const { traits } = abilities;
  if (!traits?.fields?.addressSwapped) return putRight(bytes, mediaType, abilities);
  const { addressSwapped: _, ...fields } = traits.fields;
  return putRight(bytes, mediaType, { ...abilities, traits: { ...traits, fields } });
}

/** The item less what the device cannot hold of it. */
export const held = (bytes: Uint8Array, mediaType: string, abilities: Abilities): Uint8Array =>
  asHeld(given(bytes, mediaType, abilities), mediaType, abilities);
