/**
 * Packs with little in them that is still named, and many small ones, are written together anew: the sealed chunks are moved as they are.
 * Rows move in one transaction; the old packs stay until the sweeper finds that nobody has named them for a while, so that a reader that
 * has its refs already finds what they say.
 */
import type { AccountId, CopyId } from '../../../model/ids.js';
import type { Stretch } from '../../packs/pieces.js';
import type { ObjectFacts } from '../../ports/objects.js';
import { Packs, type Named } from './packs.js';
import type { CopySweepRooms } from './sweep.js';

/** A pack is rewritten when less than this share of it is named. */
const SPARSE = 0.5;
/** Small packs are put together when there are so many of them. */
const SMALL_BYTES = 512 * 1024;
const MANY_SMALL = 16;
/** Chunks that are moved at a time, so that neither memory nor the transaction grows. */
const MOVED = 1000;

interface PackRow {
  readonly id: number;
  readonly name: string;
  readonly live_bytes: number;
}
interface MovedRow {
  readonly idx: number;
  readonly generation: number;
  readonly pack: number;
  readonly at: number;
  readonly length: number;
}

/** @param objects packs of the copy that are no longer new, by their names in rows. @returns how many were rewritten. */
export async function compact(rooms: CopySweepRooms, copy: CopyId, objects: readonly ObjectFacts[]): Promise<number> {
  const sizes = new Map(objects.map(({ name, size }) => [name, size]));
  const found = await rooms.read((sql) => {
    const head = sql.get<{ account: AccountId; location: string }>('SELECT account, location FROM copy WHERE id = ?', copy);
    const packs = sql
      .all<PackRow>('SELECT id, name, live_bytes FROM copy_pack WHERE copy = ? AND gone = 0 AND live_chunks > 0', copy)
      .filter(({ name }) => sizes.has(name));
    const chosen = new Map(worthwhile(packs, sizes).map(({ id, name }) => [id, name]));
    if (head === undefined || chosen.size === 0) return undefined;
    const rows = sql
      .all<MovedRow>('SELECT idx, generation, pack, at, length FROM copy_chunk WHERE copy = ? AND pack IS NOT NULL', copy)
      .filter(({ pack }) => chosen.has(pack))
      .sort((a, b) => a.idx - b.idx || a.generation - b.generation);
    return { head, chosen, rows };
  });
  if (found === undefined) return 0;
  for (let from = 0; from < found.rows.length; from += MOVED) {
    const rows = found.rows.slice(from, from + MOVED);
    await move(rooms, { id: copy, ...found.head }, rows, found.chosen);
  }
  return found.chosen.size;
}

function worthwhile(packs: readonly PackRow[], sizes: ReadonlyMap<string, number>): readonly PackRow[] {
  const sizeOf = ({ name }: PackRow): number => sizes.get(name) ?? 0;
  const small = packs.filter((pack) => sizeOf(pack) < SMALL_BYTES);
  if (small.length >= MANY_SMALL) return packs.filter((pack) => small.includes(pack) || pack.live_bytes < sizeOf(pack) * SPARSE);
  return packs.filter((pack) => sizeOf(pack) >= SMALL_BYTES && pack.live_bytes < sizeOf(pack) * SPARSE);
}

async function move(
  rooms: CopySweepRooms,
  copy: { readonly id: CopyId; readonly account: AccountId; readonly location: string },
  rows: readonly MovedRow[],
  names: ReadonlyMap<number, string>,
): Promise<void> {
  // Generations that were restored share the chunk itself with those they came from: it is moved once.
  const chunks = new Map<string, Stretch>();
  const keyOf = ({ pack, at }: MovedRow): string => `${pack}/${at}`;
  for (const row of rows) chunks.set(keyOf(row), { pack: names.get(row.pack) ?? '', offset: row.at, length: row.length });
  const moved = await rooms.packs.move(copy.account, copy, [...chunks.values()]);
  const places = new Map([...chunks.keys()].map((key, n) => [key, moved[n] as Stretch]));
  await rooms.transact((sql) => {
    const packs = new Packs(sql, copy.id);
    if (sql.get('SELECT 1 FROM copy WHERE id = ?', copy.id) === undefined) return;
    const ids = packs.idsOf(new Set(moved.map(({ pack }) => pack)));
    if (ids === undefined) return;
    const come: Named[] = [];
    const gone: Named[] = [];
    for (const row of rows) {
      const place = places.get(keyOf(row)) as Stretch;
      const pack = ids.get(place.pack) as number;
      // Only what is still as it was read.
      const done = sql.run(
        'UPDATE copy_chunk SET pack = ?, at = ? WHERE copy = ? AND idx = ? AND generation = ? AND pack = ? AND at = ?',
        pack,
        place.offset,
        copy.id,
        row.idx,
        row.generation,
        row.pack,
        row.at,
      );
      if (done === 0) continue;
      come.push({ pack, length: row.length });
      gone.push(row);
    }
    packs.count(come, gone, rooms.now());
  });
}
