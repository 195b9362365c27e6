/** Jobs about a file's bytes: `exact` and `file`, and the whole file in any way. */
import { createHash } from 'node:crypto';
import { encodeContent } from '../../records/codings.js';
import type { BackupWay } from '../../records/manifest.js';
import { writePages, type Pages } from '../../records/ranges.js';
import { ChangedBlocks } from '../detect/blocks.js';
import { ChunkDigest } from './chunk-digest.js';
import type { Snapshot } from '../detect/snapshot.js';
import { allMarks, hasMarks, MarksWriter } from '../state/marks.js';
import type { DatabaseSnapshot } from '../state/state-types.js';
import type { ChangeCounts } from '../types.js';
import { manifestItem, modifiedOf, newJob, type BuildContext, type Built, type Item, type Unchanged } from './draft-job.js';
import { mediaOf, SQLITE_MEDIA } from './media.js';
import { codedMedia, codingOf, PIECE_BYTES, storeBytes, storeFile } from './outbox.js';

/** The row of a file's block marks. SQLite keeps such names from tables. */
export const BLOCKS = 'sqlite_:blocks';
const NO_COUNTS: ChangeCounts = { schema: 0, added: 0, replaced: 0, deleted: 0, bytes: 0 };
/** Beyond this share of the file its whole is sent: it can be compressed as it is, and nothing depends on it. */
const WHOLE_SHARE = 0.6;

/** A snapshot's bytes, with its block marks written on the way. */
export function* readPieces({ progress }: BuildContext, snapshot: Snapshot): Generator<Buffer> {
  for (let at = 0; at < snapshot.size; at += PIECE_BYTES) {
    progress('read', at, snapshot.size);
    yield Buffer.from(snapshot.read(at, Math.min(PIECE_BYTES, snapshot.size - at)));
  }
  progress('read', snapshot.size, snapshot.size);
}

export const mediaFor = ({ entry }: BuildContext, snapshot: Snapshot): string =>
  entry.settings.media ?? (snapshot.pageSize === undefined ? mediaOf(entry.settings.path) : SQLITE_MEDIA);

/** What a manifest says of a file's bytes. */
export interface Proven {
  readonly size: number;
  readonly sha256: string;
  readonly chunkDigest: string;
}

/** The whole file as one item. */
export async function wholeFile(context: BuildContext, snapshot: Snapshot): Promise<Proven & { readonly item: Item }> {
  const { store, entry, folder, pause } = context;
  const { coding } = entry.settings;
  const blocks = new ChangedBlocks(undefined);
  const chunks = new ChunkDigest();
  const marks = new MarksWriter(store, entry.id, 'job', BLOCKS);
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (const piece of readPieces(context, snapshot)) {
      marks.add(blocks.add(piece));
      chunks.add(piece);
      await pause();
      yield piece;
    }
  }
  const { sha256, ...content } = await storeFile(folder, 'whole', pieces(), snapshot.size, coding);
  marks.flush();
  return {
    item: { kind: 'Replace', uri: '.', type: codedMedia(mediaFor(context, snapshot), coding), ...content },
    sha256,
    size: snapshot.size,
    chunkDigest: chunks.digest(),
  };
}

/** @param asFull the whole file is sent, whatever is known of it. */
export async function buildBytesJob(
  context: BuildContext,
  snapshot: Snapshot,
  way: BackupWay,
  asFull: boolean,
): Promise<Built | Unchanged> {
  const { store, entry, pause } = context;
  const { settings, state } = entry;
  const version = settings.method === 'differential' ? 'full' : 'confirmed';
  const base = settings.method === 'differential' ? state.full : state.confirmed;
  const comparable = !asFull && settings.method !== 'copy' && base !== undefined && hasMarks(store, entry.id, version, BLOCKS);
  const blocks = new ChangedBlocks(comparable ? allMarks(store, entry.id, version, BLOCKS) : new Uint8Array(0));
  const to = state.lastModification + 1;
  if (comparable) {
    const hash = createHash('sha256');
    const chunks = new ChunkDigest();
    const marks = new MarksWriter(store, entry.id, 'job', BLOCKS);
    for (const piece of readPieces(context, snapshot)) {
      hash.update(piece);
      chunks.add(piece);
      marks.add(blocks.add(piece));
      if (blocks.bytes > WHOLE_SHARE * snapshot.size && blocks.bytes > PIECE_BYTES) break;
      await pause();
    }
    marks.flush();
    if (blocks.bytes <= WHOLE_SHARE * snapshot.size || blocks.bytes <= PIECE_BYTES) {
      const sha256 = hash.digest('hex');
      if (sha256 === state.confirmed?.sha256 && snapshot.size === state.confirmed.size) return { unchanged: true };
      const item = pagesItem(context, { base: base.modification, to, size: snapshot.size, ranges: blocks.finish() });
      const proven: Proven = { sha256, size: snapshot.size, chunkDigest: chunks.digest() };
      return finished(context, snapshot, { way, to, base: base.modification, item, bytes: blocks.bytes, ...proven });
    }
  }
  const whole = await wholeFile(context, snapshot);
  if (!asFull && whole.sha256 === state.confirmed?.sha256 && whole.size === state.confirmed.size) return { unchanged: true };
  return finished(context, snapshot, { way, to, base: undefined, bytes: whole.size, ...whole });
}

export function pagesItem({ entry, folder }: BuildContext, pages: Pages): Item {
  // Pages know no ZIP.
  const coding = entry.settings.coding === 'zip' ? 'gzip' : entry.settings.coding;
  const stored = storeBytes(folder, 'pages', encodeContent(writePages(pages), codingOf(coding)));
  return { kind: 'Replace', uri: `pages/${pages.to}`, type: codedMedia('application/vnd.moorage.pages', coding), ...stored };
}

export interface BytesToSend extends Proven {
  readonly way: BackupWay;
  readonly to: number;
  readonly base: number | undefined;
  readonly item: Item;
  readonly bytes: number;
  /** What the rows are, of a database that is kept by its bytes for this once. */
  readonly database?: DatabaseSnapshot | undefined;
  /** Counts of rows, where they are known. */
  readonly counts?: ChangeCounts;
}

/** A job about bytes: the whole file, or pages, and the manifest that proves them. */
export function finished(context: BuildContext, snapshot: Snapshot, what: BytesToSend): Built {
  const { way, to, base, item, sha256, size, chunkDigest, bytes, database, counts = NO_COUNTS } = what;
  const manifest = manifestItem({
    way,
    method: context.entry.settings.method,
    media: mediaFor(context, snapshot),
    ...(base === undefined ? {} : { base }),
    modification: to,
    size,
    sha256,
    chunkDigest,
    ...(database ? { digest: database.digest } : {}),
    modified: modifiedOf(snapshot),
  });
  const changes = { ...counts, bytes };
  const job = newJob(context, snapshot, { way, sentAs: item.uri, base, to, size, sha256, database, isFull: item.uri === '.', changes });
  return { job, items: [item, manifest] };
}
