/** How many pictures and sounds an item has: what it may be given without, where there is no room for them. */
import { binaryValue } from './value.js';
import { linesOf } from './entries.js';
import { normalizeMediaType, syntaxOf } from './media-type.js';
import { MEDIA } from './photos.js';
import { sourceOf } from './rendering.js';
import { parseSif } from './sif-document.js';
import { PHOTO } from './sif-photo.js';

/** Never throws. */
export function mediaIn(bytes: Uint8Array, mediaType: string): number {
  if (!mayHaveMedia(bytes)) return 0;
  if (syntaxOf(normalizeMediaType(mediaType)) === 'sif') {
    const document = parseSif(bytes);
    return typeof document === 'string'
      ? 0
      : document.root.children.filter(({ name, text }) => name === PHOTO && text.trim() !== '').length;
  }
  const document = linesOf(bytes, mediaType);
  if (!document) return 0;
  const source = sourceOf(document, mediaType);
  const lines = document.roots.flatMap((root) => root.lines);
  return lines.filter((line) => MEDIA.has(line.name) && binaryValue(source, line) !== undefined).length;
}

/** Most items have none, and are not worth reading for that. */
const ANY_NAME = new RegExp([...MEDIA].join('|'), 'i');
const mayHaveMedia = (bytes: Uint8Array): boolean =>
  ANY_NAME.test(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'));
