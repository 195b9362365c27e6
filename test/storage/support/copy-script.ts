import { CHUNK_BYTES } from '../../../src/storage/ports/copies.js';
import { noise } from './noise.js';

/** Backups of `copy-writer`. */
export const LAST_MODIFICATION = 5;

/** What the file is at each modification: large enough for packs that get compacted. */
export function fileAt(modification: number): Buffer {
  const file = noise('base', 48 * CHUNK_BYTES);
  for (let n = 2; n <= modification; n += 1) noise(`${n}`, 26 * CHUNK_BYTES).copy(file, (n % 2) * 20 * CHUNK_BYTES);
  return file;
}
