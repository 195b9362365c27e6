/**
 * What may go of copies: drafts nobody went on with, packs no row names. A pack's row is marked before its object is removed, in the
 * transaction that finds it unnamed: a step that was prepared long ago and names it only then is told to prepare again.
 */
import { StoreError } from '../../../model/errors.js';
import type { AccountId, CopyId } from '../../../model/ids.js';
import { ownerOf, packOf, packText } from '../../packs/names.js';
import type { PackBytes } from '../../packs/pack-bytes.js';
import type { ObjectFacts } from '../../ports/objects.js';
import type { SweepLimits } from '../../ports/store.js';
import type { Handle } from '../handle.js';
import { compact } from './compact.js';
import type { Copies } from './copies.js';

export interface CopySweepRooms {
  transact<T>(work: (sql: Handle) => T | Promise<T>): Promise<T>;
  read<T>(work: (sql: Handle) => T | Promise<T>): Promise<T>;
  readonly packs: PackBytes;
  copiesOf(sql: Handle, account: AccountId): Copies;
  now(): number;
}

/** Rows in one transaction. */
const BATCH = 100;
/** Marks of packs that are gone outlive every step that could still name them. */
const MARK_AGE_MS = 30 * 24 * 60 * 60 * 1000;

type Count = (kind: string, rows: number) => void;

/** A location that cannot be reached is left for the next time. */
export async function sweepCopies(
  rooms: CopySweepRooms,
  now: number,
  limits: Pick<SweepLimits, 'draftAge' | 'orphanBlobAge'>,
  count: Count,
  signal?: AbortSignal,
): Promise<void> {
  const before = now - limits.orphanBlobAge;
  count('drafts', await sweepDrafts(rooms, now - limits.draftAge, signal));
  await rooms.transact((sql) =>
    sql.run('UPDATE copy_pack SET free_since = ? WHERE live_chunks = 0 AND gone = 0 AND free_since IS NULL', now),
  );
  count('packs', await sweepFreePacks(rooms, before, signal));
  const used = new Map<CopyId, ObjectFacts[]>();
  for (const [location, objects] of rooms.packs.locations) {
    await reaching(count, async () => {
      for await (const facts of objects.list(`${rooms.packs.store}/`)) {
        signal?.throwIfAborted();
        if (facts.modifiedAt >= before) continue;
        const owner = ownerOf(rooms.packs.store, facts.name);
        if (owner === undefined) continue;
        const name = packText({ location, object: facts.name });
        // Nearly all are: a look costs little, the transaction that marks one is for the others.
        if ((await rooms.read((sql) => isNoted(sql, name))) || (await rooms.transact((sql) => isWanted(sql, owner, name, now)))) {
          used.set(owner.copy, [...(used.get(owner.copy) ?? []), { ...facts, name }]);
          continue;
        }
        await objects.remove(facts.name);
        count('packs', 1);
      }
    });
  }
  for (const [copy, packs] of used) {
    signal?.throwIfAborted();
    await reaching(count, async () => {
      count('compacted-packs', await compact(rooms, copy, packs));
    });
  }
  await rooms.transact((sql) => sql.run('DELETE FROM copy_pack WHERE gone = 1 AND live_chunks = 0 AND free_since < ?', now - MARK_AGE_MS));
}

async function reaching(count: Count, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof StoreError) || error.fault === 'conflict') throw error;
    count(error.fault === 'corrupt' ? 'damaged-packs' : 'unreachable-locations', 1);
  }
}

async function sweepDrafts(rooms: CopySweepRooms, before: number, signal?: AbortSignal): Promise<number> {
  const old = await rooms.read((sql) =>
    sql.all<{ copy: CopyId; account: AccountId }>(
      'SELECT d.copy, c.account FROM copy_draft d JOIN copy c ON c.id = d.copy WHERE d.updated_at < ?',
      before,
    ),
  );
  let gone = 0;
  for (const { copy, account } of old) {
    signal?.throwIfAborted();
    gone += await rooms.transact(async (sql) => {
      if (sql.get('SELECT 1 FROM copy_draft WHERE copy = ? AND updated_at < ?', copy, before) === undefined) return 0;
      await rooms.copiesOf(sql, account).dropDraft(copy);
      return 1;
    });
  }
  return gone;
}

/** The rows themselves are asked, not only their count: a pack is removed once. */
const MARK = `UPDATE copy_pack SET gone = 1 WHERE id IN (SELECT id FROM copy_pack WHERE live_chunks = 0 AND gone = 0 AND free_since < ? LIMIT ?)
  AND NOT EXISTS (SELECT 1 FROM copy_chunk c WHERE c.copy = copy_pack.copy AND c.pack = copy_pack.id) RETURNING name`;

async function sweepFreePacks(rooms: CopySweepRooms, before: number, signal?: AbortSignal): Promise<number> {
  let gone = 0;
  for (;;) {
    signal?.throwIfAborted();
    const marked = await rooms.transact((sql) => sql.all<{ name: string }>(MARK, before, BATCH));
    for (const { name } of marked) {
      const { location, object } = packOf(name);
      // What cannot be removed now is met again among the location's objects.
      await rooms.packs.locations
        .get(location)
        ?.remove(object)
        .catch((error: unknown) => {
          if (!(error instanceof StoreError)) throw error;
        });
    }
    gone += marked.length;
    if (marked.length < BATCH) return gone;
  }
}

const isNoted = (sql: Handle, name: string): boolean => sql.get('SELECT 1 FROM copy_pack WHERE name = ? AND gone = 0', name) !== undefined;

/** Whether rows may name the pack; when not, none will. */
function isWanted(sql: Handle, { account, copy }: { account: AccountId; copy: CopyId }, name: string, now: number): boolean {
  const row = sql.get<{ gone: number }>('SELECT gone FROM copy_pack WHERE name = ?', name);
  if (row !== undefined) return row.gone === 0;
  if (sql.get('SELECT 1 FROM copy WHERE id = ? AND account = ?', copy, account) === undefined) return false;
  sql.run('INSERT INTO copy_pack (copy, name, live_chunks, live_bytes, free_since, gone) VALUES (?, ?, 0, 0, ?, 1)', copy, name, now);
  return false;
}
