/**
 * What may go, and when. Each kind goes in batches of one short transaction, so that a sweep never holds up the messages; a sweep that is
 * cut off leaves nothing half done and the next one goes on.
 */
import type { PairId } from '../../model/ids.js';
import type { DiskBlobs } from '../blobs/disk.js';
import type { PairRecord } from '../ports/pairs.js';
import type { SweepLimits } from '../ports/store.js';
import { sweepCopies, type CopySweepRooms } from './copies/sweep.js';
import { DELETE_TOMBSTONES } from './datastores.js';
import type { Handle } from './handle.js';
import { epochsOf } from './id-map.js';
import { DELETE_INSTANCES } from './instances.js';
import { dropOpenSync } from './open-sync.js';
import { PAIR_COLUMNS, toPair, type PairRow } from './pairs.js';

/** Rows in one transaction. */
const BATCH = 500;
/** A device that has not synced for so long no longer holds the change log back; it must slow-sync. Milliseconds. */
const STALE_PAIR_AGE = 180 * 24 * 60 * 60 * 1000;

export interface SweepRooms extends CopySweepRooms {
  tidy(): Promise<void>;
  readonly blobs: DiskBlobs;
}

export async function sweep(
  rooms: SweepRooms,
  now: number,
  limits: SweepLimits,
  signal?: AbortSignal,
): Promise<Readonly<Record<string, number>>> {
  const gone: Record<string, number> = {};
  const count = (kind: string, rows: number): void => {
    if (rows > 0) gone[kind] = (gone[kind] ?? 0) + rows;
  };
  /** Runs `sql` (which ends in LIMIT) until nothing is left. */
  const drain = async (kind: string, sql: string, ...values: number[]): Promise<void> => {
    for (;;) {
      signal?.throwIfAborted();
      const rows = await rooms.transact((tx) => tx.run(sql, ...values, BATCH));
      count(kind, rows);
      if (rows < BATCH) return;
    }
  };

  await drain('sessions', oldest('session', 'ended = 1 AND updated_at < ?'), now - limits.endedSessionAge);
  await drain('open-sessions', oldest('session', 'ended = 0 AND updated_at < ?'), now - limits.openSessionAge);
  for (const id of await rooms.read((sql) => sql.all<{ id: PairId }>('SELECT id FROM pair WHERE open_sync IS NOT NULL'))) {
    signal?.throwIfAborted();
    count('open-syncs', await rooms.transact((sql) => endOldSync(sql, id.id, now - limits.openSyncAge)));
  }
  await drain('chunks', OLD_CHUNKS, now - Math.max(limits.openSyncAge, limits.openSessionAge));
  await drain('versions', oldest('item_version', 'superseded_at < ?'), now - limits.versionAge);
  await drain('conflicts', oldest('conflict', 'at < ?'), now - limits.conflictAge);
  await drain('failures', OLD_FAILURES, now - limits.refusalAge, now);
  await drain('refusals', OLD_REFUSALS, now - limits.refusalAge);
  for (const { id } of await rooms.read((sql) => sql.all<{ id: PairId }>('SELECT id FROM pair'))) {
    signal?.throwIfAborted();
    for (;;) {
      const rows = await rooms.transact((sql) => dropUnnamedEpoch(sql, id));
      count('map-rows', rows);
      if (rows < BATCH) break;
    }
  }
  for (const { id } of await rooms.read((sql) => sql.all<{ id: number }>('SELECT id FROM datastore'))) {
    signal?.throwIfAborted();
    count('tombstones', await rooms.transact((sql) => compact(sql, id, now)));
  }
  count('blobs', await sweepBlobs(rooms, now - limits.orphanBlobAge, signal));
  await sweepCopies(rooms, now, limits, count, signal);
  await rooms.tidy();
  return gone;
}

const oldest = (table: string, where: string): string =>
  `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE ${where} LIMIT ?)`;

/** All parts of an object whose last part came long ago. */
const OLD_CHUNKS = `DELETE FROM chunk WHERE id IN (SELECT c.id FROM (SELECT account, owner FROM chunk GROUP BY account, owner HAVING MAX(at) < ?) o
  JOIN chunk c ON c.account = o.account AND c.owner = o.owner LIMIT ?)`;
const OLD_FAILURES = `DELETE FROM failure WHERE (account, device_uri, address) IN
  (SELECT account, device_uri, address FROM failure WHERE last_at < ? AND blocked_until < ? LIMIT ?)`;
const OLD_REFUSALS = 'UPDATE device SET refused_at = NULL WHERE id IN (SELECT id FROM device WHERE refused_at < ? LIMIT ?)';

/**
 * Ends a sync that was begun long ago and that no live session works on.
 */
function endOldSync(sql: Handle, id: PairId, before: number): number {
  const pair = pairOf(sql, id);
  if (pair?.open === undefined || pair.open.startedAt >= before) return 0;
  const alive =
    pair.fence === undefined
      ? undefined
      : sql.get('SELECT 1 FROM session WHERE token = ? AND ended = 0 AND updated_at >= ?', pair.fence, before);
  if (alive !== undefined) return 0;
  return dropOpenSync(sql, id);
}

/** Drops map rows of epochs that neither an anchor nor an open sync names. @returns rows; fewer than a batch when none is left. */
function dropUnnamedEpoch(sql: Handle, id: PairId): number {
  const pair = pairOf(sql, id);
  if (pair === undefined) return 0;
  const named = new Set([pair.current, pair.previous, pair.tentative, pair.open, ...(pair.open?.hints ?? [])].map((point) => point?.epoch));
  let rows = 0;
  for (const epoch of epochsOf(sql, id)) {
    if (named.has(epoch) || rows >= BATCH) continue;
    const some = 'SELECT guid FROM id_map WHERE pair = ?1 AND epoch = ?2 LIMIT ?3';
    rows += sql.run(`DELETE FROM id_map WHERE pair = ?1 AND epoch = ?2 AND guid IN (${some})`, id, epoch, BATCH);
  }
  return rows;
}

/** Raises the floor to the oldest position that a device may still ask from. @returns tombstones dropped. */
function compact(sql: Handle, datastore: number, now: number): number {
  const pairs = sql.all<PairRow>(`SELECT ${PAIR_COLUMNS} FROM pair WHERE datastore = ?`, datastore).map(toPair);
  const needed = pairs.flatMap((pair) => (isStale(pair, now) ? [] : positionsOf(pair)));
  const floor = needed.length === 0 ? null : Math.min(...needed);
  sql.run('UPDATE datastore SET floor = MAX(floor, MIN(position, COALESCE(?, position))) WHERE id = ?', floor, datastore);
  const tombstone = sql.get(
    'SELECT 1 FROM item WHERE datastore = ?1 AND deleted = 1 AND position <= (SELECT floor FROM datastore WHERE id = ?1) LIMIT 1',
    datastore,
  );
  if (tombstone === undefined) return 0;
  const dropped = sql.run(DELETE_TOMBSTONES, datastore, datastore);
  if (dropped > 0) sql.run(DELETE_INSTANCES, datastore);
  return dropped;
}

/** The previous anchor is usable as long as there is one; an offered one may be taken; an open sync becomes an anchor where it began. */
function positionsOf({ current, previous, tentative, open }: PairRecord): readonly number[] {
  return [(previous ?? current)?.position, tentative?.position, open?.base].filter((position) => position !== undefined);
}

function isStale({ current, tentative, open, lastSync }: PairRecord, now: number): boolean {
  return Math.max(current?.at ?? 0, tentative?.at ?? 0, open?.startedAt ?? 0, lastSync?.at ?? 0) < now - STALE_PAIR_AGE;
}

async function sweepBlobs(rooms: SweepRooms, before: number, signal?: AbortSignal): Promise<number> {
  let gone = 0;
  for await (const name of rooms.blobs.olderThan(before, signal)) {
    const named = await rooms.read(
      (sql) =>
        sql.get('SELECT 1 FROM item_version WHERE blob = ?1 UNION ALL SELECT 1 FROM staged WHERE blob = ?1 LIMIT 1', name) !== undefined,
    );
    if (!named && (await rooms.blobs.removeUnlessTouched(name, before))) gone += 1;
  }
  return gone;
}

function pairOf(sql: Handle, id: PairId): PairRecord | undefined {
  const row = sql.get<PairRow>(`SELECT ${PAIR_COLUMNS} FROM pair WHERE id = ?`, id);
  return row === undefined ? undefined : toPair(row);
}
