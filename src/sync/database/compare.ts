/** Is the draft what the device has? By the digest of its rows, or by the hash of its bytes. */
import { createHash } from 'node:crypto';
import type { ChunkSource } from '../../devicedb/jobs.js';
import type { Manifest } from '../../records/manifest.js';
import { chunkMarks } from '../../records/receipt.js';
import type { CopyWay } from '../../storage/ports/copies.js';
import type { SlowRooms } from '../slow-work.js';
import { hashesOf } from './pending.js';
import { bytesOf } from './sources.js';
import { contentOf, type Standing, type Start } from './start.js';
import type { CopyFacts, Writing } from './state.js';

export type Verdict =
  | { readonly kind: 'equal'; readonly way: CopyWay; readonly facts: CopyFacts }
  | {
      readonly kind: 'differs';
      readonly way: CopyWay;
      readonly need: 'pages' | 'full';
      readonly reason: string;
      /** What was learned of the draft. */
      readonly writing: Writing;
      /** For the receipt, with need `pages`. */
      readonly chunks?: string;
      readonly exactOnly?: string;
    };

export async function compare(rooms: SlowRooms, standing: Standing, start: Start, manifest: Manifest): Promise<Verdict> {
  const source = contentOf(rooms, standing, start);
  const said: CopyFacts = {
    method: manifest.method,
    ...(manifest.modified === undefined ? {} : { modified: manifest.modified }),
    ...(manifest.note === undefined ? {} : { note: manifest.note }),
  };
  if (manifest.way !== 'logical') return compareBytes({ rooms, standing, start, source, said }, manifest);
  const writing = await looked(rooms, start, source);
  if (writing.kind !== 'by-records') return compareUnwritable({ rooms, standing, start, source, said }, manifest, writing);
  const { facts } = writing;
  if (facts.digest === manifest.digest) return { kind: 'equal', way: 'logical', facts: { ...said, database: facts } };
  return more(rooms, standing, start, { way: 'logical', writing, reason: `the digest here is ${facts.digest}` });
}

interface Comparing {
  readonly rooms: SlowRooms;
  readonly standing: Standing;
  readonly start: Start;
  readonly source: ChunkSource;
  readonly said: CopyFacts;
}

type Known = Exclude<Writing, { kind: 'unknown' }>;

async function looked({ databases }: SlowRooms, start: Start, source: ChunkSource): Promise<Known> {
  const { writing } = start.known;
  if (writing.kind !== 'unknown') return writing;
  const found = await databases.inspect(source);
  return found.kind === 'writable' ? { kind: 'by-records', facts: found.facts } : found;
}

/** A database that records cannot be written to, or none at all, is kept by its bytes: the receipt says so. */
async function compareUnwritable(
  { rooms, standing, start, source, said }: Comparing,
  manifest: Manifest,
  writing: Extract<Writing, { reason: string }>,
): Promise<Verdict> {
  const way = writing.kind === 'exact-only' ? 'exact' : 'file';
  const sha256 = await sha256Of(source);
  const sizeFits = manifest.size === undefined || manifest.size === source.size;
  if (sizeFits && (manifest.sha256 === undefined || manifest.sha256 === sha256))
    return { kind: 'equal', way, facts: { ...said, sha256, exactOnly: writing.reason } };
  return more(rooms, standing, start, { way, writing, reason: `the SHA-256 here is ${sha256}`, exactOnly: writing.reason });
}

async function compareBytes({ rooms, standing, start, source, said }: Comparing, manifest: Manifest): Promise<Verdict> {
  const { way } = manifest;
  const { writing } = start.known;
  const reason = await difference(rooms, standing, start, source, manifest);
  if (reason !== undefined) return more(rooms, standing, start, { way, writing, reason });
  const facts: CopyFacts = { ...said, ...(manifest.sha256 === undefined ? {} : { sha256: manifest.sha256 }) };
  // Bytes were asked for to mend a copy that is kept by records: it goes on so.
  const mended =
    start.known.asked === undefined || way === 'file'
      ? undefined
      : await looked(rooms, { ...start, known: { ...start.known, writing: { kind: 'unknown' } } }, source);
  if (mended?.kind === 'by-records') return { kind: 'equal', way: 'logical', facts: { ...facts, database: mended.facts } };
  return { kind: 'equal', way, facts: mended ? { ...facts, exactOnly: mended.reason } : facts };
}

/** Why the bytes are not those of the device; undefined when they are. */
async function difference(
  { store }: SlowRooms,
  { account, copy }: Standing,
  { source: stored }: Start,
  source: ChunkSource,
  manifest: Manifest,
): Promise<string | undefined> {
  if (manifest.size !== undefined && manifest.size !== source.size) return `the size here is ${source.size}`;
  if (manifest.chunkDigest !== undefined && stored) {
    // The chunks' hashes are at hand: the file need not be read.
    const hashes = await hashesOf(store, account, copy.id, stored);
    const digest = createHash('sha256').update(hashes).digest('hex');
    return digest === manifest.chunkDigest ? undefined : `the digest of the chunks here is ${digest}`;
  }
  const sha256 = await sha256Of(source);
  return sha256 === manifest.sha256 ? undefined : `the SHA-256 here is ${sha256}`;
}

export async function sha256Of(source: ChunkSource): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of bytesOf(source)) hash.update(piece);
  return hash.digest('hex');
}

/** Pages first; the whole file when that has not helped, or there is nothing yet that pages could mend. */
async function more(
  { store }: SlowRooms,
  { account, copy }: Standing,
  { source, size, known }: Start,
  found: Pick<Extract<Verdict, { kind: 'differs' }>, 'way' | 'writing' | 'reason' | 'exactOnly'>,
): Promise<Verdict> {
  if (!source || size === 0 || known.asked !== undefined) return { kind: 'differs', need: 'full', ...found };
  const hashes = await hashesOf(store, account, copy.id, source);
  return { kind: 'differs', need: 'pages', chunks: chunkMarks(hashes), ...found };
}
