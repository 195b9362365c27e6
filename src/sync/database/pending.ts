/**
 * Steps of a draft that this message has taken and nobody else can see yet. Slow work of a later step is done outside of the transaction: it finds what
 * was committed before, and these chunks laid over it.
 */
import { createHash } from 'node:crypto';
import type { ChunkSource } from '../../devicedb/jobs.js';
import type { AccountId, CopyId } from '../../model/ids.js';
import { CHUNK_BYTES, type ChunkRef } from '../../storage/ports/copies.js';
import type { Store } from '../../storage/ports/store.js';
import { chunksOf, sourceOf } from './sources.js';

export interface Pending {
  /** Of the draft, or of the generation it has become. */
  readonly number: number;
  /** Draft or generation whose committed chunks lie below; undefined: nothing does. */
  readonly origin: number | undefined;
  readonly refs: ReadonlyMap<number, ChunkRef>;
  /** Differs for different steps, also between attempts of different messages. */
  readonly stamp: string;
}

/** Content by where its chunks are. */
export interface Content {
  readonly number: number | undefined;
  readonly size: number;
  readonly over?: ReadonlyMap<number, ChunkRef>;
}

/** The content of draft or generation `number`, as the transaction sees it. */
export const contentAt = (number: number, size: number, pending: Pending | undefined): Content =>
  pending?.number === number ? { number: pending.origin, size, over: pending.refs } : { number, size };

export interface Taken {
  /** Of the draft, after the step. */
  readonly number: number;
  readonly size: number;
  /** Set when the draft was begun with it. */
  readonly fresh: { readonly base: number | undefined } | undefined;
  readonly refs: readonly ChunkRef[];
  readonly state: string;
}

export function after(before: Pending | undefined, { number, size, fresh, refs, state }: Taken): Pending {
  const below = lowerBy(before, number, fresh);
  const over = new Map(below.refs);
  for (const ref of refs) over.set(ref.index, ref);
  for (const index of over.keys()) if (index >= chunksOf(size)) over.delete(index);
  const stamp = createHash('sha256')
    .update(JSON.stringify([before?.stamp, number, size, refs.map(nameOf), state]))
    .digest('base64url');
  return { number, origin: below.origin, refs: over, stamp };
}

const nameOf = ({ index, pack, offset }: ChunkRef): readonly unknown[] => [index, pack, offset];

function lowerBy(before: Pending | undefined, number: number, fresh: Taken['fresh']): Pick<Pending, 'origin' | 'refs'> {
  const base = fresh ? fresh.base : number;
  if (before && base === before.number) return before;
  return { origin: base, refs: new Map() };
}

export const contentSource = (store: Store, account: AccountId, copy: CopyId, { number, size, over }: Content): ChunkSource =>
  sourceOf(store, account, copy, number, size, over);

/** SHA-256 of each chunk in order, 32 bytes each. */
export async function hashesOf(store: Store, account: AccountId, copy: CopyId, { number, size, over }: Content): Promise<Uint8Array> {
  const out = new Uint8Array(chunksOf(size) * 32);
  const committed = number === undefined ? new Uint8Array(0) : await store.read((tx) => tx.account(account).copies.hashes(copy, number));
  out.set(committed.subarray(0, out.length));
  for (const [index, { hash }] of over ?? []) out.set(hash, index * 32);
  return out;
}

export const wholeChunkBytes = (bytes: number): number => bytes - (bytes % CHUNK_BYTES);
