import type { Guid, Luid, PairId } from '../../model/ids.js';
import { guidOf } from '../../model/ids.js';
import type { IdMapWriter, MapRow } from '../ports/id-map.js';
import type { Handle } from './handle.js';
import { guidKey, guidNumber, optional, type Scope } from './scope.js';

interface IdMapRow {
  guid: number;
  luid: Luid | null;
  held_revision: number | null;
  held_key: string | null;
  held_generation: number | null;
  pending_revision: number | null;
  owed: number;
  gone: number | null;
  soft: number;
  without_media: number;
}
const COLUMNS = 'guid, luid, held_revision, held_key, held_generation, pending_revision, owed, gone, soft, without_media';
const SELECT = `SELECT ${COLUMNS} FROM id_map WHERE pair = ? AND epoch = ?`;
const BY_LUID = `${SELECT} AND luid = ?`;
const BY_GUID = `${SELECT} AND guid = ?`;
const PUT = `INSERT INTO id_map (pair, epoch, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
   ON CONFLICT (pair, epoch, guid) DO UPDATE SET luid = excluded.luid, held_revision = excluded.held_revision, held_key = excluded.held_key,
     held_generation = excluded.held_generation, pending_revision = excluded.pending_revision, owed = excluded.owed, gone = excluded.gone, soft = excluded.soft,
     without_media = excluded.without_media`;

export class IdMap implements IdMapWriter {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  async byLuid(pair: PairId, epoch: number, luid: Luid): Promise<MapRow | undefined> {
    if (!this.#scope.ownsPair(pair)) return undefined;
    const row = this.#scope.sql.get<IdMapRow>(BY_LUID, pair, epoch, luid);
    return row === undefined ? undefined : toMapRow(row);
  }

  async byGuid(pair: PairId, epoch: number, guid: Guid): Promise<MapRow | undefined> {
    const key = guidNumber(guid);
    if (key === undefined || !this.#scope.ownsPair(pair)) return undefined;
    const row = this.#scope.sql.get<IdMapRow>(BY_GUID, pair, epoch, key);
    return row === undefined ? undefined : toMapRow(row);
  }

  async count(pair: PairId, epoch: number): Promise<number> {
    if (!this.#scope.ownsPair(pair)) return 0;
    const sql = 'SELECT COUNT(*) AS n FROM id_map WHERE pair = ? AND epoch = ? AND gone IS NULL';
    return this.#scope.sql.get<{ n: number }>(sql, pair, epoch)?.n ?? 0;
  }

  async list(pair: PairId, epoch: number): Promise<readonly MapRow[]> {
    if (!this.#scope.ownsPair(pair)) return [];
    return this.#scope.sql.all<IdMapRow>(`${SELECT} ORDER BY guid`, pair, epoch).map(toMapRow);
  }

  async unmapped(pair: PairId, epoch: number): Promise<readonly MapRow[]> {
    if (!this.#scope.ownsPair(pair)) return [];
    const sql = `SELECT ${COLUMNS} FROM id_map INDEXED BY id_map_unmapped WHERE pair = ? AND epoch = ? AND luid IS NULL ORDER BY guid`;
    return this.#scope.sql.all<IdMapRow>(sql, pair, epoch).map(toMapRow);
  }

  async put(pair: PairId, epoch: number, row: MapRow): Promise<void> {
    this.#scope.mustOwnPair(pair);
    const { sql } = this.#scope;
    const key = guidKey(row.guid);
    if (row.luid !== undefined) {
      const other = sql.get<{ guid: number; gone: number | null }>(
        'SELECT guid, gone FROM id_map WHERE pair = ? AND epoch = ? AND luid = ?',
        pair,
        epoch,
        row.luid,
      );
      if (other !== undefined && other.guid !== key) {
        const change = other.gone === null ? 'UPDATE id_map SET luid = NULL' : 'DELETE FROM id_map';
        sql.run(`${change} WHERE pair = ? AND epoch = ? AND guid = ?`, pair, epoch, other.guid);
      }
    }
    sql.run(
      PUT,
      pair,
      epoch,
      key,
      row.luid ?? null,
      row.heldRevision ?? null,
      row.heldKey ?? null,
      row.heldGeneration ?? null,
      row.pendingRevision ?? null,
      row.owed === true ? 1 : 0,
      row.gone ?? null,
      row.soft === true ? 1 : 0,
      row.withoutMedia === true ? 1 : 0,
    );
  }

  async remove(pair: PairId, epoch: number, guid: Guid): Promise<void> {
    this.#scope.mustOwnPair(pair);
    this.#scope.sql.run('DELETE FROM id_map WHERE pair = ? AND epoch = ? AND guid = ?', pair, epoch, guidKey(guid));
  }

  async keepEpochs(pair: PairId, epochs: readonly number[], goneBefore: number): Promise<void> {
    this.#scope.mustOwnPair(pair);
    const { sql } = this.#scope;
    // From epoch to epoch along the key: a session without changes must not read the whole map.
    for (const epoch of epochsOf(sql, pair)) {
      if (!epochs.includes(epoch)) sql.run('DELETE FROM id_map WHERE pair = ? AND epoch = ?', pair, epoch);
    }
    sql.run(`DELETE FROM extra_copy WHERE pair = ? AND epoch NOT IN (${epochs.map(() => '?').join()})`, pair, ...epochs);
    sql.run('DELETE FROM id_map WHERE pair = ? AND gone < ?', pair, goneBefore);
  }
}

/** The epochs a pair has rows of, oldest first. */
export function* epochsOf(sql: Handle, pair: PairId): Generator<number> {
  for (let last = -1; ;) {
    const row = sql.get<{ epoch: number | null }>('SELECT MIN(epoch) AS epoch FROM id_map WHERE pair = ? AND epoch > ?', pair, last);
    if (row === undefined || row.epoch === null) return;
    last = row.epoch;
    yield last;
  }
}

const toMapRow = (row: IdMapRow): MapRow => ({
  guid: guidOf(row.guid),
  ...optional('luid', row.luid),
  ...optional('heldRevision', row.held_revision),
  ...optional('heldKey', row.held_key),
  ...optional('heldGeneration', row.held_generation),
  ...optional('pendingRevision', row.pending_revision),
  ...(row.owed === 1 ? { owed: true } : {}),
  ...optional('gone', row.gone),
  ...(row.soft === 1 ? { soft: true } : {}),
  ...(row.without_media === 1 ? { withoutMedia: true } : {}),
});
