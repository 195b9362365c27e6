/** Changes by ranges of bytes, `pages/<to>`: only the chunks they touch are read and written. */
import type { ChangeAnswer } from '../../model/effects.js';
import { Status } from '../../model/status.js';
import { RecordError } from '../../records/error.js';
import { patchedPart, readPages, touchedPieces, type Pages } from '../../records/ranges.js';
import { CHUNK_BYTES, type Chunk, type ChunkRef } from '../../storage/ports/copies.js';
import { contentHash } from '../content-hash.js';
import type { SlowRooms } from '../slow-work.js';
import type { CopyPlace } from './copy-place.js';
import { decodeWhole, encodedAs } from './decode.js';
import { overRoom, saveDraft } from './draft.js';
import type { WholeChange } from './records.js';
import { CHUNKS_AT_ONCE, chunksOf } from './sources.js';
import { contentOf, draftNumber, numberHeld, standingOf, startFrom, type Standing, type Start } from './start.js';
import { answering } from './statuses.js';

export const PAGES_TYPE = 'application/vnd.moorage.pages';

type Patched =
  | { readonly start: Start; readonly to: number; readonly size: number; readonly refs: readonly ChunkRef[] }
  | { readonly refused: ChangeAnswer };

export async function takePages(place: CopyPlace, change: WholeChange): Promise<ChangeAnswer> {
  const { work, rules } = place;
  const standing = await standingOf(place);
  const key = `pages ${standing.key} ${contentHash(change.content)} ${change.type ?? ''} ${change.name}`;
  const done = work.slow<Patched>(key, (rooms) => answering(() => patch(rooms, standing, change, rules)));
  if ('refused' in done) return done.refused;
  const { start, to, size, refs } = done;
  if (
    await overRoom(
      work,
      refs.reduce((sum, { length }) => sum + length, 0),
    )
  )
    return { status: Status.DeviceFull };
  const { updates, ...known } = start.known;
  const kept = rules.keepUpdates
    ? [{ name: change.name, media: change.type ?? PAGES_TYPE, content: Buffer.from(change.content).toString('base64') }]
    : [];
  await saveDraft(place, {
    fresh: start.fresh,
    by: 'pages',
    size,
    received: change.content.length,
    refs,
    known: { ...known, modification: to, writing: afterwards(known.writing), updates: [...(updates ?? []), ...kept] },
  });
  return { status: Status.Ok };
}

/** What was known of the rows is not known any more. A file that is no database stays one until it is looked at again. */
const afterwards = (writing: Start['known']['writing']): Start['known']['writing'] =>
  writing.kind === 'by-records' ? { kind: 'unknown' } : writing;

async function patch(rooms: SlowRooms, standing: Standing, change: WholeChange, rules: CopyPlace['rules']): Promise<Patched> {
  const { media, ...encoded } = encodedAs(change.type, change.format, PAGES_TYPE);
  if (media !== PAGES_TYPE || change.kind === 'Delete') throw new RecordError('unsupported', media);
  const pages = readPages(decodeWhole(change.content, encoded, rules.maxUpdateBytes));
  if (change.name !== `pages/${pages.to}`)
    throw new RecordError('malformed', `the number afterwards is ${pages.to}, and not that of ${change.name}`);
  if (pages.size > rules.maxFileBytes) throw new RecordError('too-large', `more than ${rules.maxFileBytes} bytes`);
  const start = startFrom(standing, pages.base);
  const held = numberHeld(standing);
  if (!start) return { refused: { status: Status.Conflict, ...(held === undefined ? {} : { detail: held }) } };
  const { account, copy } = standing;
  const refs = await rooms.store.copies.write(account, copy, draftNumber(standing, start), patchedChunks(rooms, standing, start, pages));
  return { start, to: pages.to, size: pages.size, refs };
}

async function* patchedChunks(rooms: SlowRooms, standing: Standing, start: Start, pages: Pages): AsyncGenerator<Chunk> {
  const source = contentOf(rooms, standing, start);
  const touched = touchedPieces(pages, CHUNK_BYTES, start.size);
  const there = chunksOf(start.size);
  for (let at = 0; at < touched.length; at += CHUNKS_AT_ONCE) {
    const indices = touched.slice(at, at + CHUNKS_AT_ONCE);
    const known = indices.filter((index) => index < there);
    const read = known.length > 0 ? await source.read(known) : [];
    const before = new Map(known.map((index, i) => [index, read[i] ?? new Uint8Array(0)]));
    for (const index of indices) {
      const base = before.get(index) ?? new Uint8Array(0);
      yield { index, bytes: patchedPart(pages, index * CHUNK_BYTES, base, CHUNK_BYTES) };
    }
  }
}
