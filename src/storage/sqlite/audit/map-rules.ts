/** Id maps, and the outgoing lists and staged items that a pair has while a sync is open. */
import { Alert } from '../../../model/alert.js';
import type { PairId } from '../../../model/ids.js';
import { stagedAad } from '../aad.js';
import { dropOpenSync } from '../open-sync.js';
import { compareAll } from './ask-devices.js';
import { faultOf, type Held } from './content.js';
import { between, rowRule, type Ground, type Key, type MendRoom, type Rule, type Walk } from './rule.js';

const REPAIR = 'Run "moorage doctor --repair".';
const MAP = { table: 'id_map', parent: 'pair', key: ['epoch', 'guid'] } as const;
const ROW = 'pair = ? AND epoch = ? AND guid = ?';
const DATASTORE = '(SELECT p.datastore FROM pair p WHERE p.id = t.pair)';
const ITEM = `LEFT JOIN item i ON i.datastore = ${DATASTORE} AND i.guid = t.guid`;

interface MapRow {
  readonly guid: number;
  readonly epoch: number;
  readonly luid: string | null;
  readonly revision: number | null;
  readonly held: number;
}

const pairOf = (ground: Ground): PairId => ground.pair ?? (0 as PairId);

const dropRow = ({ sql, keep }: MendRoom, ground: Ground, [epoch = 0, guid = 0]: Key): void => {
  keep('id_map', ROW, pairOf(ground), epoch, guid);
  sql.run(`DELETE FROM id_map WHERE ${ROW}`, pairOf(ground), epoch, guid);
  compareAll({ sql, keep }, pairOf(ground));
};

export const MAP_WALK: Walk = {
  ...MAP,
  rules: [
    rowRule<MapRow>({
      of: MAP,
      id: 'map-item-missing',
      check: 'id-map',
      next: REPAIR,
      joins: ITEM,
      wrong: `t.gone IS NULL AND i.guid IS NULL AND NOT EXISTS (SELECT 1 FROM instance n WHERE n.datastore = ${DATASTORE} AND n.guid = t.guid)`,
      words: ({ guid, epoch }) => ({ guid, what: `the map (epoch ${epoch}) names it, and there is neither item nor tombstone` }),
      mend: { how: 'drop the row and compare everything with the device', run: dropRow },
    }),
    rowRule<MapRow>({
      of: MAP,
      id: 'map-luid-twice',
      check: 'id-map',
      next: REPAIR,
      columns: 't.luid',
      // The row that was set first; the newer one stays.
      wrong: `t.luid IS NOT NULL AND EXISTS (SELECT 1 FROM id_map o WHERE o.pair = t.pair AND o.epoch = t.epoch AND o.luid = t.luid
        AND (COALESCE(o.held_generation, -1), o.guid) > (COALESCE(t.held_generation, -1), t.guid))`,
      words: ({ guid, epoch }) => ({ guid, what: `its LUID stands for another item too (epoch ${epoch})` }),
      mend: { how: 'drop the older row and compare everything with the device', run: dropRow },
    }),
    rowRule<MapRow>({
      of: MAP,
      id: 'map-revision-beyond',
      check: 'id-map',
      next: REPAIR,
      columns: 'i.revision, MAX(COALESCE(t.held_revision, 0), COALESCE(t.pending_revision, 0)) AS held',
      joins: ITEM,
      wrong: 't.held_revision > i.revision OR t.pending_revision > i.revision',
      words: ({ guid, revision, held }) => ({
        guid,
        what: `the device is said to hold revision ${held}, and the item is at ${revision ?? 0}: ours would go out over what the device has`,
      }),
      mend: {
        how: 'forget what the device holds of it and compare everything',
        run: ({ sql, keep }, ground, [epoch = 0, guid = 0]) => {
          keep('id_map', ROW, pairOf(ground), epoch, guid);
          sql.run(
            `UPDATE id_map SET held_revision = NULL, held_key = NULL, held_generation = NULL, pending_revision = NULL WHERE ${ROW}`,
            pairOf(ground),
            epoch,
            guid,
          );
          compareAll({ sql, keep }, pairOf(ground));
        },
      },
    }),
    rowRule<MapRow>({
      of: MAP,
      id: 'map-luid',
      check: 'id-map',
      next: REPAIR,
      columns: 't.luid',
      wrong: `t.luid = '' OR length(CAST(t.luid AS BLOB)) > 255`,
      words: ({ guid }) => ({ guid, what: 'its LUID is none that a device can have sent' }),
      mend: { how: 'drop the row and compare everything with the device', run: dropRow },
    }),
    rowRule<MapRow>({
      of: MAP,
      id: 'map-guid-beyond',
      check: 'counters',
      next: REPAIR,
      wrong: `t.guid > (SELECT d.last_guid FROM datastore d WHERE d.id = ${DATASTORE})`,
      words: ({ guid }) => ({ guid, what: 'a map names it, and its GUID has not been given out yet' }),
      mend: {
        how: 'raise the counter',
        run: ({ sql }, ground, [, guid = 0]) => {
          sql.run('UPDATE datastore SET last_guid = MAX(last_guid, ?) WHERE id = ?', guid, ground.datastore?.id ?? 0);
        },
      },
    }),
    rowRule<MapRow>({
      of: MAP,
      id: 'map-epoch-beyond',
      check: 'counters',
      next: REPAIR,
      wrong: 't.epoch > (SELECT p.last_epoch FROM pair p WHERE p.id = t.pair)',
      words: ({ guid, epoch }) => ({ guid, what: `its map row is of epoch ${epoch}, which the pair has not used yet` }),
      mend: {
        how: 'raise the counter',
        run: ({ sql }, ground, [epoch = 0]) => {
          sql.run('UPDATE pair SET last_epoch = MAX(last_epoch, ?) WHERE id = ?', epoch, pairOf(ground));
        },
      },
    }),
  ],
};

const OUTGOING = { table: 'outgoing', parent: 'pair', key: ['seq'] } as const;

/** Ends the open sync with a copy of what it had. */
export function endSync({ sql, keep }: MendRoom, pair: PairId): void {
  keep('pair', 'id = ?', pair);
  keep('outgoing', 'pair = ?', pair);
  keep('staged', 'pair = ?', pair);
  dropOpenSync(sql, pair);
  compareAll({ sql, keep }, pair);
}

export const OUTGOING_WALK: Walk = {
  ...OUTGOING,
  rules: [
    rowRule<{ guid: number; seq: number }>({
      of: OUTGOING,
      id: 'outgoing-without-sync',
      check: 'outgoing',
      next: REPAIR,
      columns: 't.guid',
      wrong: '(SELECT p.open_sync FROM pair p WHERE p.id = t.pair) IS NULL',
      words: ({ guid, seq }) => ({ guid, what: `entry ${seq} of an outgoing list, and no sync is open` }),
      mend: {
        how: 'remove the list',
        run: ({ sql, keep }, ground) => {
          keep('outgoing', 'pair = ?', pairOf(ground));
          sql.run('DELETE FROM outgoing WHERE pair = ?', pairOf(ground));
        },
      },
    }),
    rowRule<{ guid: number; seq: number }>({
      of: OUTGOING,
      id: 'outgoing-entry',
      check: 'outgoing',
      next: REPAIR,
      columns: 't.guid',
      wrong: 't.kind NOT IN (0, 1, 2) OR t.state NOT IN (0, 1, 2, 3) OR (t.state = 1 AND (t.msg_id IS NULL OR t.cmd_id IS NULL))',
      words: ({ guid, seq }) => ({ guid, what: `entry ${seq} of the outgoing list cannot be read` }),
      mend: { how: 'end the open sync and compare everything with the device', run: (room, ground) => endSync(room, pairOf(ground)) },
    }),
  ],
};

const STAGED = { table: 'staged', parent: 'pair', key: ['luid'] } as const;

const STAGED_CONTENT: Rule = {
  id: 'staged-content',
  check: 'staged',
  next: REPAIR,
  find: (sql, ground, from, to, terms) => {
    const { keys, account } = ground;
    if (keys === undefined) return [];
    const single = from[0] === to[0];
    return sql
      .all<Held & { luid: string }>(
        `SELECT t.luid, t.blob, t.content FROM staged t WHERE t.pair = ? AND ${between(STAGED.key)}`,
        pairOf(ground),
        ...from,
        ...to,
      )
      .flatMap((row) => {
        const fault = faultOf(row, stagedAad(account, pairOf(ground), row.luid), keys, account, terms.blobs, single);
        return fault === undefined ? [] : [{ key: [row.luid], what: `an item of the open refresh ${fault}` }];
      });
  },
  mend: { how: 'end the refresh; the device begins it again', run: (room, ground) => endSync(room, pairOf(ground)) },
};

export const STAGED_WALK: Walk = {
  ...STAGED,
  rules: [
    STAGED_CONTENT,
    rowRule<{ luid: string }>({
      of: STAGED,
      id: 'staged-without-refresh',
      check: 'staged',
      next: REPAIR,
      joins: 'JOIN pair p ON p.id = t.pair',
      wrong: `p.open_sync IS NULL OR CASE WHEN json_valid(p.open_sync) THEN json_extract(p.open_sync, '$.type') IS NOT ${Alert.RefreshFromClient} END`,
      words: () => ({ what: 'an item is staged, and no refresh is open' }),
      mend: {
        how: 'remove what is staged',
        run: ({ sql, keep }, ground) => {
          keep('staged', 'pair = ?', pairOf(ground));
          sql.run('DELETE FROM staged WHERE pair = ?', pairOf(ground));
        },
      },
    }),
  ],
};
