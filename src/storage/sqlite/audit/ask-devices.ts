/**
 * Content that was lost here may still be on a device. A pair that compares everything is sent every item by its device; a slow sync takes a
 * content that is unlike ours as the device's change when the device is known to hold our very revision. So it comes back by itself.
 */
import { Alert } from '../../../model/alert.js';
import type { PairId } from '../../../model/ids.js';
import { PAIR_COLUMNS, toPair, type PairRow } from '../pairs.js';
import type { Ground, MendRoom, Sql } from './rule.js';

/** Canonical key of an item whose content is lost: equal to that of no content. */
export const LOST_KEY = 'lost';

const HELD = 'pair = ? AND guid = ? AND held_revision = ? AND held_key IS NOT NULL';

export interface Holder {
  readonly pair: PairId;
  readonly device: string;
  /** Its next sync, if made to compare everything, has it send all it holds, and replaces nothing of it. */
  readonly comparable: boolean;
}

/** Devices known to hold this revision of an item. */
export function holdersOf(sql: Sql, ground: Ground, guid: number, revision: number): readonly Holder[] {
  const rows = sql.all<PairRow & { device_uri: string }>(
    `SELECT ${PAIR_COLUMNS.split(', ')
      .map((column) => `p.${column}`)
      .join()}, d.uri AS device_uri FROM pair p JOIN device d ON d.id = p.device WHERE p.datastore = ?`,
    ground.datastore?.id ?? 0,
  );
  const holders: Holder[] = [];
  for (const row of rows) {
    const pair = readPair(row);
    if (pair?.current === undefined) continue;
    const held = sql.get(
      'SELECT 1 FROM id_map WHERE pair = ? AND epoch = ? AND guid = ? AND luid IS NOT NULL AND gone IS NULL AND soft = 0 AND held_revision = ?',
      pair.id,
      pair.current.epoch,
      guid,
      revision,
    );
    const type = pair.lastSync?.type;
    const comparable = type === Alert.TwoWay || type === Alert.SlowSync || type === Alert.OneWayFromClient;
    if (held !== undefined) holders.push({ pair: pair.id, device: row.device_uri, comparable });
  }
  return holders;
}

/**
 * Has the devices that hold this revision compare everything at their next sync. What they were given is forgotten: it is not what stands here any
 * more, and would pass for unchanged.
 */
export function askDevices({ sql, keep }: Pick<MendRoom, 'sql' | 'keep'>, ground: Ground, guid: number, revision: number): void {
  for (const { pair, comparable } of holdersOf(sql, ground, guid, revision)) {
    if (!comparable) continue;
    keep('id_map', HELD, pair, guid, revision);
    sql.run(`UPDATE id_map SET held_key = NULL WHERE ${HELD}`, pair, guid, revision);
    compareAll({ sql, keep }, pair);
  }
}

/** The pair's next sync compares everything. */
export function compareAll({ sql, keep }: Pick<MendRoom, 'sql' | 'keep'>, pair: PairId): void {
  keep('pair', 'id = ? AND slow_needed = 0', pair);
  sql.run('UPDATE pair SET slow_needed = 1 WHERE id = ?', pair);
}

/** Undefined when its anchors cannot be read. */
export function readPair(row: PairRow): ReturnType<typeof toPair> | undefined {
  try {
    return toPair(row);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
