/** The photo of a contact in SIF, for devices that show small ones. */
import type { Abilities } from './abilities.js';
import { applyEdits } from './entries.js';
import type { Field } from './conversion/sif/fields.js';
import { photoFits } from './photos.js';
import { parseSif, type SifElement } from './sif-document.js';
import { decodeBase64 } from './transfer-encoding.js';

/** The element that holds it. */
export const PHOTO = 'Photo';

/** @returns `bytes` itself when the device can hold its photo as it is. Never throws. */
export function sifShown(bytes: Uint8Array, abilities: Abilities): Uint8Array {
  const { photo: limits, thinned, withoutMedia = false } = abilities;
  if (!limits && !withoutMedia) return bytes;
  const document = parseSif(bytes);
  if (typeof document === 'string' || document.source.transcoded) return bytes;
  const edits = document.root.children.flatMap((element) => {
    const photo = element.name === PHOTO ? photoIn(element.text) : undefined;
    if (!photo || (!withoutMedia && limits && photoFits(photo, limits))) return [];
    const smaller = withoutMedia || !limits ? undefined : thinned?.(photo, limits);
    return [{ start: element.start, end: element.end, text: smaller ? written(element, smaller) : '' }];
  });
  return edits.length === 0 ? bytes : applyEdits(document.source.text, edits);
}

const written = ({ name }: SifElement, jpeg: Uint8Array): string =>
  `<${name} TYPE="JPEG" ENCODING="base64">${Buffer.from(jpeg).toString('base64')}</${name}>`;

function photoIn(text: string): Uint8Array | undefined {
  const bytes = decodeBase64(text);
  return bytes && bytes.length > 0 ? bytes : undefined;
}

/** What the device sends is what it was given for the stored photo, as it is or encoded anew; or none, where it was given none. */
export function isSifPhotoHeld(stored: Field, sent: Field, { photo: limits, thinned, samePicture, withoutMedia }: Abilities): boolean {
  const [whole, back] = [photoIn(stored.text), photoIn(sent.text)];
  // Nothing has to be kept of what comes back itself.
  if (!whole || (back && Buffer.compare(whole, back) === 0)) return false;
  const shown = withoutMedia ? undefined : !limits || photoFits(whole, limits) ? whole : thinned?.(whole, limits);
  if (!back) return sent.text.trim() === '' && !shown;
  return (shown !== undefined && Buffer.compare(shown, back) === 0) || samePicture?.(whole, back) === true;
}
