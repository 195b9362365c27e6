/** What a server's sweeper should have removed long ago. */
import type { Finding } from '../../ports/inspection.js';
import type { Sql, Terms } from './rule.js';

/** After its time a thing may stay this long: servers sweep every few minutes. Milliseconds. */
export const GRACE_MS = 60 * 60 * 1000;

const count = (sql: Sql, text: string, ...values: number[]): number => sql.get<{ n: number }>(text, ...values)?.n ?? 0;

/** Sweeping is mended as one. */
export const SWEEP_RULE = 'sweep';

export const overdue = (what: string): Finding => ({
  check: 'overdue',
  what,
  next: 'A server that runs removes it within minutes; or run "moorage doctor --repair".',
  repair: 'sweep',
  at: { rule: SWEEP_RULE, key: [] },
});

/** A number in a JSON column; 0 when there is none, or no JSON. */
const number = (column: string, property: string): string =>
  `COALESCE(CASE WHEN json_valid(${column}) THEN json_extract(${column}, '$.${property}') END, 0)`;

const TOMBSTONES = `SELECT COUNT(*) AS n FROM item i JOIN datastore d ON d.id = i.datastore WHERE i.deleted = 1 AND i.position <= d.floor
  AND i.changed_at < ?1 AND NOT EXISTS (SELECT 1 FROM pair p WHERE p.datastore = d.id
    AND (EXISTS (SELECT 1 FROM id_map m WHERE m.pair = p.id AND m.guid = i.guid AND m.gone IS NULL)
      OR MAX(${number('p.last_sync', 'at')}, ${number('p.open_sync', 'startedAt')}) >= ?1))`;

/** The sweeper notes when it finds a pack free, and removes it an age later. */
const FREE_PACKS = 'SELECT COUNT(*) AS n FROM copy_pack WHERE live_chunks = 0 AND gone = 0 AND free_since < ?';

/** Rows that are over their time by more than the grace, seen from when a server last worked on the store. */
export function* overdueRows(sql: Sql, { ages, lastLife }: Terms): Generator<Finding> {
  const due = (age: number): number => lastLife - age - GRACE_MS;
  const kinds: readonly (readonly [string, number])[] = [
    ['ended sessions', count(sql, 'SELECT COUNT(*) AS n FROM session WHERE ended = 1 AND updated_at < ?', due(ages.endedSessionAge))],
    [
      'sessions that wait for a message that will not come',
      count(sql, 'SELECT COUNT(*) AS n FROM session WHERE ended = 0 AND updated_at < ?', due(ages.openSessionAge)),
    ],
    [
      'syncs that were broken off',
      count(
        sql,
        `SELECT COUNT(*) AS n FROM pair p WHERE ${number('p.open_sync', 'startedAt')} BETWEEN 1 AND ?1 - 1
         AND NOT EXISTS (SELECT 1 FROM session s WHERE s.token = p.fence AND s.ended = 0 AND s.updated_at >= ?1)`,
        due(ages.openSyncAge),
      ),
    ],
    [
      'parts of large objects',
      count(sql, 'SELECT COUNT(*) AS n FROM chunk WHERE at < ?', due(Math.max(ages.openSyncAge, ages.openSessionAge))),
    ],
    ['older versions of items', count(sql, 'SELECT COUNT(*) AS n FROM item_version WHERE superseded_at < ?', due(ages.versionAge))],
    ['entries of the conflict journal', count(sql, 'SELECT COUNT(*) AS n FROM conflict WHERE at < ?', due(ages.conflictAge))],
    ['tombstones', count(sql, TOMBSTONES, due(0))],
    ['drafts of copies', count(sql, 'SELECT COUNT(*) AS n FROM copy_draft WHERE updated_at < ?', due(ages.draftAge))],
    ['packs without a row', count(sql, FREE_PACKS, due(ages.orphanBlobAge))],
  ];
  for (const [what, n] of kinds) if (n > 0) yield overdue(`${n} ${what} that are out of date`);
}
