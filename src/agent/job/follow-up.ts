/** Jobs that the server's answer asks for: the changed chunks after a digest that differs, or the proof that it has what was sent. */
import { createHash } from 'node:crypto';
import type { ByteRange } from '../../records/ranges.js';
import { chunkMark, parseChunkMarks, RECEIPT_CHUNK_BYTES, type Receipt } from '../../records/receipt.js';
import { ChangedBlocks } from '../detect/blocks.js';
import type { Snapshot } from '../detect/snapshot.js';
import { MarksWriter } from '../state/marks.js';
import type { Job } from '../state/state-types.js';
import { BLOCKS, finished, mediaFor, pagesItem, wholeFile, type Proven } from './build-bytes.js';
import { ChunkDigest } from './chunk-digest.js';
import { databaseManifest } from './build-database.js';
import { manifestItem, modifiedOf, type BuildContext, type Built, type Item } from './draft-job.js';
import { withoutTables } from './filtered.js';
import { readDatabase } from './read-database.js';

/** The file as it is now, by its bytes: what differs from the server's draft, or all of it. */
export async function buildRepair(context: BuildContext, snapshot: Snapshot, before: Job, receipt: Receipt): Promise<Built> {
  const { entry } = context;
  const { exclude } = entry.settings;
  const to = Math.max(entry.state.lastModification, before.to, receipt.modification) + 1;
  const read = before.database ? await readDatabase(context, snapshot, undefined, { left: Infinity }) : undefined;
  const shown = read && exclude.length > 0 ? withoutTables(context, snapshot, exclude) : snapshot;
  try {
    const asPages = receipt.need === 'pages' && receipt.chunks !== undefined;
    const what = asPages ? await changedChunks(context, shown, receipt, to) : { ...(await wholeFile(context, shown)), bytes: shown.size };
    const base = asPages ? receipt.modification : undefined;
    return finished(context, snapshot, { way: 'exact', to, base, ...what, database: read?.database, counts: before.changes });
  } finally {
    if (shown !== snapshot) shown.close();
  }
}

async function changedChunks(
  context: BuildContext,
  snapshot: Snapshot,
  receipt: Receipt,
  to: number,
): Promise<Proven & { readonly item: Item; readonly bytes: number }> {
  const { store, entry, pause } = context;
  const marks = parseChunkMarks(receipt.chunks ?? '');
  const blocks = new ChangedBlocks(undefined);
  const blockMarks = new MarksWriter(store, entry.id, 'job', BLOCKS);
  const hash = createHash('sha256');
  const chunkDigest = new ChunkDigest();
  const ranges: ByteRange[] = [];
  let bytes = 0;
  for (let at = 0; at < snapshot.size; at += RECEIPT_CHUNK_BYTES) {
    const chunk = Buffer.from(snapshot.read(at, Math.min(RECEIPT_CHUNK_BYTES, snapshot.size - at)));
    hash.update(chunk);
    chunkDigest.add(chunk);
    blockMarks.add(blocks.add(chunk));
    const mark = marks[at / RECEIPT_CHUNK_BYTES];
    if (!mark || Buffer.compare(mark, chunkMark(chunk)) !== 0) {
      ranges.push({ offset: at, xor: false, bytes: chunk });
      bytes += chunk.length;
    }
    context.progress('read', at, snapshot.size);
    await pause();
  }
  blockMarks.flush();
  const item = pagesItem(context, { base: receipt.modification, to, size: snapshot.size, ranges });
  return { item, sha256: hash.digest('hex'), size: snapshot.size, chunkDigest: chunkDigest.digest(), bytes };
}

/**
 * The server has the modification number that this job was to bring: its receipt was lost. A manifest without changes asks whether the copy is
 * what was sent; the answer is a receipt.
 */
export function buildProof(context: BuildContext, before: Job): Built {
  const to = before.to + 1;
  const job: Job = { ...before, base: before.to, to, sentAs: 'manifest', opened: false, startedAt: context.now(), sent: 0, received: 0 };
  const seen = { modifiedAt: Number(before.stamp.modified) / 1e6, pageSize: before.database ? 1 : undefined };
  if (before.way === 'logical' && before.database)
    return { job, items: [databaseManifest(context, seen, { database: before.database, base: before.to, to })] };
  const manifest = manifestItem({
    way: before.way,
    method: before.method,
    media: mediaFor(context, seen as Snapshot),
    base: before.to,
    modification: to,
    size: before.size,
    ...(before.sha256 === undefined ? {} : { sha256: before.sha256 }),
    modified: modifiedOf(seen as Snapshot),
  });
  return { job, items: [manifest] };
}
