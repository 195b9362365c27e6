/** Photos that are too large for a device, told by their first bytes. Making them smaller is slow work that is done elsewhere. */

export type PhotoFormat = 'jpeg' | 'png' | 'gif' | 'webp' | 'bmp';

/** What a device can show. */
export interface PhotoLimits {
  /** Bytes of the picture itself, before any encoding. */
  readonly maxBytes?: number;
  /** Pixels. */
  readonly maxWidth?: number;
  readonly maxHeight?: number;
  /** Undefined: all. Others become JPEG. */
  readonly formats?: readonly PhotoFormat[];
}

/** A smaller picture of the same, a JPEG; undefined: there is none, and the device gets no photo. The same answer for the same arguments. */
export type ThinnedPhoto = (photo: Uint8Array, limits: PhotoLimits) => Uint8Array | undefined;

/** What came back shows what is stored, though their bytes differ. */
export type SamePicture = (stored: Uint8Array, back: Uint8Array) => boolean;

/** Properties that hold a picture; and those that hold what takes room and can be done without. */
export const PICTURES: ReadonlySet<string> = new Set(['PHOTO', 'LOGO']);
export const MEDIA: ReadonlySet<string> = new Set([...PICTURES, 'SOUND']);

interface PhotoFacts {
  readonly format: PhotoFormat;
  /** Pixels; 0 where the header does not say. */
  readonly width: number;
  readonly height: number;
}

/** @returns undefined for what is none of the pictures phones have. */
export function photoFacts(bytes: Uint8Array): PhotoFacts | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const starts = (text: string, at = 0): boolean => Buffer.from(bytes.subarray(at, at + text.length)).toString('latin1') === text;
  const has = (count: number): boolean => bytes.length >= count;
  if (starts('\xff\xd8\xff')) return { format: 'jpeg', ...jpegSize(view) };
  if (starts('\x89PNG\r\n\x1a\n') && has(24)) return { format: 'png', width: view.getUint32(16), height: view.getUint32(20) };
  if ((starts('GIF87a') || starts('GIF89a')) && has(10))
    return { format: 'gif', width: view.getUint16(6, true), height: view.getUint16(8, true) };
  if (starts('RIFF') && starts('WEBP', 8)) return { format: 'webp', width: 0, height: 0 };
  if (starts('BM') && has(26))
    return { format: 'bmp', width: Math.abs(view.getInt32(18, true)), height: Math.abs(view.getInt32(22, true)) };
  return undefined;
}

/** Pixels, of those before. */
const MUCH_LARGER = 4;

/** Twice as wide and high: no phone makes that of a picture, but somebody may have found a better one of the same. */
export function isMuchLarger(photo: Uint8Array, than: Uint8Array): boolean {
  const [a, b] = [photoFacts(photo), photoFacts(than)];
  return a !== undefined && b !== undefined && b.width > 0 && b.height > 0 && a.width * a.height >= MUCH_LARGER * b.width * b.height;
}

/** The size that a frame header says. [ITU-T T.81, "Frame header syntax"] */
function jpegSize(view: DataView): { width: number; height: number } {
  let at = 2;
  while (at + 9 <= view.byteLength && view.getUint8(at) === 0xff) {
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    if (marker === 0xda) break;
    at += 2 + Math.max(2, view.getUint16(at + 2));
  }
  return { width: 0, height: 0 };
}

/** The device can show it as it is. What is no picture we know fits only where just its bytes are limited. */
export function photoFits(bytes: Uint8Array, { maxBytes, maxWidth, maxHeight, formats }: PhotoLimits): boolean {
  if (maxBytes !== undefined && bytes.length > maxBytes) return false;
  if (maxWidth === undefined && maxHeight === undefined && formats === undefined) return true;
  const facts = photoFacts(bytes);
  if (!facts || (formats && !formats.includes(facts.format))) return false;
  if (maxWidth === undefined && maxHeight === undefined) return true;
  const { width, height } = facts;
  return width > 0 && height > 0 && width <= (maxWidth ?? Infinity) && height <= (maxHeight ?? Infinity);
}
