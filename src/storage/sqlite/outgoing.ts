import type { DatastoreId, Luid, PairId } from '../../model/ids.js';
import { guidOf } from '../../model/ids.js';
import type { FixOptions, OutgoingEntry, OutgoingKind, OutgoingWriter } from '../ports/outgoing.js';
import { guidKey, optional, type Scope } from './scope.js';

/** Stored as their place here, so that the order of kinds is the order of the list. */
const KINDS = ['Delete', 'Replace', 'Add'] as const satisfies readonly OutgoingKind[];
const STATES = ['waiting', 'sent', 'done', 'failed'] as const satisfies readonly OutgoingEntry['state'][];
const WAITING = 0;
const SENT = 1;

interface OutgoingRow {
  seq: number;
  guid: number;
  kind: number;
  state: number;
  msg_id: number | null;
  cmd_id: number | null;
  revision: number | null;
  sent_bytes: number | null;
  acked_bytes: number | null;
  luid: Luid | null;
}
const COLUMNS = 'o.seq, o.guid, o.kind, o.state, o.msg_id, o.cmd_id, o.revision, o.sent_bytes, o.acked_bytes, o.luid';
const SELECT = `SELECT ${COLUMNS} FROM outgoing o WHERE o.pair = ?`;

export class Outgoing implements OutgoingWriter {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  async remaining(pair: PairId): Promise<{ readonly waiting: number; readonly sent: number }> {
    if (!this.#scope.ownsPair(pair)) return { waiting: 0, sent: 0 };
    const count = 'SELECT COUNT(*) AS n FROM outgoing WHERE pair = ? AND state = ?';
    const of = (state: number): number => this.#scope.sql.get<{ n: number }>(count, pair, state)?.n ?? 0;
    return { waiting: of(WAITING), sent: of(SENT) };
  }

  async next(pair: PairId, limit: number): Promise<readonly OutgoingEntry[]> {
    if (!this.#scope.ownsPair(pair)) return [];
    return toEntries(
      this.#scope.sql.all<OutgoingRow>(
        `SELECT ${COLUMNS} FROM outgoing o INDEXED BY outgoing_state WHERE o.pair = ? AND o.state = ${WAITING} ORDER BY o.seq LIMIT +?`,
        pair,
        limit,
      ),
    );
  }

  async oversized(pair: PairId, datastore: DatastoreId, bytes: number): Promise<readonly OutgoingEntry[]> {
    if (!this.#scope.ownsPair(pair) || !this.#scope.owns(datastore)) return [];
    return toEntries(
      this.#scope.sql.all<OutgoingRow>(
        `SELECT ${COLUMNS} FROM outgoing o CROSS JOIN item i ON i.datastore = ? AND i.guid = o.guid
         WHERE o.pair = ? AND o.state = ${WAITING} AND o.kind <> ${KINDS.indexOf('Delete')} AND i.deleted = 0 AND i.size > ? ORDER BY o.seq`,
        datastore,
        pair,
        bytes,
      ),
    );
  }

  async byCommand(pair: PairId, msgId: number, cmdId: number): Promise<OutgoingEntry | undefined> {
    if (!this.#scope.ownsPair(pair)) return undefined;
    const sql = `SELECT ${COLUMNS} FROM outgoing o INDEXED BY outgoing_command WHERE o.pair = ? AND o.msg_id = ? AND o.cmd_id = ? ORDER BY o.seq LIMIT 1`;
    return toEntries(this.#scope.sql.all<OutgoingRow>(sql, pair, msgId, cmdId))[0];
  }

  async list(pair: PairId, states?: readonly OutgoingEntry['state'][]): Promise<readonly OutgoingEntry[]> {
    if (!this.#scope.ownsPair(pair)) return [];
    if (states === undefined) return toEntries(this.#scope.sql.all<OutgoingRow>(`${SELECT} ORDER BY o.seq`, pair));
    const wanted = STATES.flatMap((state, at) => (states.includes(state) ? [at] : [])).join();
    const from = 'FROM outgoing o INDEXED BY outgoing_state WHERE o.pair = ?';
    return toEntries(this.#scope.sql.all<OutgoingRow>(`SELECT ${COLUMNS} ${from} AND o.state IN (${wanted}) ORDER BY o.seq`, pair));
  }

  async fix(options: FixOptions): Promise<number> {
    const { sql } = this.#scope;
    this.#scope.mustOwnPair(options.pair);
    this.#scope.mustOwn(options.datastore);
    const since = options.since ?? 0;
    if (options.scope === 'changes') this.#mustReach(options, since);
    sql.run('DELETE FROM outgoing WHERE pair = ?', options.pair);
    const fixed = sql.run(
      fixSql(options),
      options.pair,
      options.epoch,
      options.datastore,
      options.scope === 'changes' ? since : null,
      options.redoAfter ?? null,
      options.redoUpTo ?? Number.MAX_SAFE_INTEGER,
    );
    return fixed + sql.run(COPIES_SQL, options.pair, options.epoch);
  }

  async amend(pair: PairId, drop: ReadonlySet<number>, add: readonly Pick<OutgoingEntry, 'guid' | 'kind' | 'luid'>[]): Promise<void> {
    const { sql } = this.#scope;
    this.#scope.mustOwnPair(pair);
    const kept = (await this.list(pair)).filter(({ seq }) => !drop.has(seq));
    if (kept.some(({ state }) => state !== 'waiting')) throw new Error(`pair ${pair} is sending: its list is fixed`);
    const all = [...kept, ...add].map(({ guid, kind, luid = '' }) => ({ guid: guidKey(guid), kind: KINDS.indexOf(kind), luid }));
    // Copies of an item go before it: while it is in the map they are known.
    all.sort((a, b) => Number(a.luid === '') - Number(b.luid === '') || a.kind - b.kind || a.guid - b.guid);
    sql.run('DELETE FROM outgoing WHERE pair = ?', pair);
    const insert = `INSERT INTO outgoing (pair, seq, guid, kind, luid, state) VALUES (?, ?, ?, ?, ?, ${WAITING})`;
    for (const [at, { guid, kind, luid }] of all.entries()) sql.run(insert, pair, at + 1, guid, kind, luid === '' ? null : luid);
  }

  async save(pair: PairId, entry: OutgoingEntry): Promise<void> {
    this.#scope.mustOwnPair(pair);
    const written = this.#scope.sql.run(
      'UPDATE outgoing SET guid = ?, kind = ?, state = ?, msg_id = ?, cmd_id = ?, revision = ?, sent_bytes = ?, acked_bytes = ?, luid = ? WHERE pair = ? AND seq = ?',
      guidKey(entry.guid),
      KINDS.indexOf(entry.kind),
      STATES.indexOf(entry.state),
      entry.msgId ?? null,
      entry.cmdId ?? null,
      entry.revision ?? null,
      entry.sentBytes ?? null,
      entry.ackedBytes ?? null,
      entry.luid ?? null,
      pair,
      entry.seq,
    );
    if (written !== 1) throw new Error(`pair ${pair} has no outgoing entry ${entry.seq}`);
  }

  async rewind(pair: PairId): Promise<void> {
    this.#scope.mustOwnPair(pair);
    // A large object goes on from what was acknowledged; the old numbers must not match a Status of the next session.
    this.#scope.sql.run(`UPDATE outgoing SET state = ${WAITING}, sent_bytes = acked_bytes WHERE pair = ? AND state = ${SENT}`, pair);
    this.#scope.sql.run('UPDATE outgoing SET msg_id = NULL, cmd_id = NULL WHERE pair = ? AND msg_id IS NOT NULL', pair);
  }

  async clear(pair: PairId): Promise<void> {
    this.#scope.mustOwnPair(pair);
    this.#scope.sql.run('DELETE FROM outgoing WHERE pair = ?', pair);
  }

  /** A compacted log must never look like "nothing new". */
  #mustReach({ datastore }: FixOptions, since: number): void {
    const floor = this.#scope.sql.get<{ floor: number }>('SELECT floor FROM datastore WHERE id = ?', datastore)?.floor ?? 0;
    if (since < floor)
      throw new Error(`the change log of datastore ${datastore} begins after ${floor}, asked for ${since}: a slow sync is due`);
  }
}

/** Deletes for the other copies of items that are to be deleted. Parameters: pair, epoch. Their numbers are below those of all others. */
const COPIES_SQL = `
  INSERT INTO outgoing (pair, seq, guid, kind, state, luid)
  SELECT o.pair, 1 - ROW_NUMBER() OVER (ORDER BY x.guid DESC, x.luid DESC), o.guid, o.kind, o.state, x.luid
  FROM outgoing o CROSS JOIN extra_copy x INDEXED BY extra_copy_guid ON x.pair = o.pair AND x.guid = o.guid
  WHERE o.pair = ? AND x.epoch = ? AND o.kind = ${KINDS.indexOf('Delete')}`;

/**
 * Parameters: 1 pair, 2 epoch, 3 datastore, 4 since, 5 redoAfter (NULL: none), 6 redoUpTo.
 * The candidates come from indexes alone, so that a sync without changes costs the same however many items there are.
 */
export function fixSql({ scope, redoAfter }: Pick<FixOptions, 'scope' | 'redoAfter'>): string {
  const candidates =
    scope === 'all'
      ? `SELECT guid FROM item WHERE datastore = ?3 AND deleted = 0 AND ?4 IS NULL
         UNION SELECT guid FROM id_map WHERE pair = ?1 AND epoch = ?2`
      : `SELECT guid FROM item INDEXED BY item_position WHERE datastore = ?3 AND position > ?4
         UNION SELECT guid FROM id_map INDEXED BY id_map_owed WHERE pair = ?1 AND epoch = ?2 AND owed = 1
         ${redoAfter === undefined ? '' : 'UNION SELECT guid FROM id_map WHERE pair = ?1 AND epoch = ?2 AND held_generation > ?5 AND held_generation <= ?6'}`;
  // A row that is gone stands for a device without the item; a row without LUID for an Add that never arrived.
  return `
    INSERT INTO outgoing (pair, seq, guid, kind, state)
    SELECT ?1, ROW_NUMBER() OVER (ORDER BY kind, guid), guid, kind, ${WAITING} FROM (
      SELECT c.guid AS guid, CASE
        WHEN i.guid IS NULL OR i.deleted = 1 THEN CASE WHEN m.luid IS NOT NULL AND m.gone IS NULL THEN ${KINDS.indexOf('Delete')} END
        WHEN m.soft = 1 THEN NULL
        WHEN m.luid IS NULL OR m.gone IS NOT NULL THEN ${KINDS.indexOf('Add')}
        WHEN m.held_revision IS NOT i.revision OR (m.held_generation > ?5 AND m.held_generation <= ?6) THEN ${KINDS.indexOf('Replace')}
      END AS kind
      FROM (${candidates}) c
      LEFT JOIN item i ON i.datastore = ?3 AND i.guid = c.guid
      LEFT JOIN id_map m ON m.pair = ?1 AND m.epoch = ?2 AND m.guid = c.guid
      WHERE NOT EXISTS (SELECT 1 FROM instance n WHERE n.datastore = ?3 AND n.guid = c.guid)
    ) WHERE kind IS NOT NULL`;
}

const toEntries = (rows: readonly OutgoingRow[]): OutgoingEntry[] =>
  rows.flatMap((row) => {
    const kind = KINDS[row.kind];
    const state = STATES[row.state];
    if (kind === undefined || state === undefined) return [];
    return {
      seq: row.seq,
      guid: guidOf(row.guid),
      kind,
      state,
      ...optional('msgId', row.msg_id),
      ...optional('cmdId', row.cmd_id),
      ...optional('revision', row.revision),
      ...optional('sentBytes', row.sent_bytes),
      ...optional('ackedBytes', row.acked_bytes),
      ...optional('luid', row.luid),
    };
  });
