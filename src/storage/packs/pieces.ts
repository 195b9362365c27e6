/** Which stretches of packs to fetch for a number of chunks: neighbours come with one request. */
import type { ChunkRef } from '../ports/copies.js';

/** Where the sealed bytes of a chunk lie. */
export type Stretch = Pick<ChunkRef, 'pack' | 'offset' | 'length'>;

export interface Piece extends Stretch {
  /** Places of its chunks in the list that was asked for, in order of offset. */
  readonly members: readonly number[];
}

/** Bytes nobody asked for that are read along rather than asked for apart. */
const GAP_BYTES = 32 * 1024;
const PIECE_BYTES = 1024 * 1024;

export function pieces(chunks: readonly Stretch[]): readonly Piece[] {
  const inOrder = chunks
    .map(({ pack, offset, length }, at) => ({ pack, offset, length, at }))
    .sort((a, b) => (a.pack === b.pack ? a.offset - b.offset : a.pack < b.pack ? -1 : 1));
  const found: { pack: string; offset: number; length: number; members: number[] }[] = [];
  for (const { pack, offset, length, at } of inOrder) {
    const last = found.at(-1);
    const end = last === undefined ? 0 : last.offset + last.length;
    if (last?.pack === pack && offset <= end + GAP_BYTES && offset + length - last.offset <= PIECE_BYTES) {
      last.length = Math.max(last.length, offset + length - last.offset);
      last.members.push(at);
    } else {
      found.push({ pack, offset, length, members: [at] });
    }
  }
  return found;
}
