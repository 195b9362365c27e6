/** Pairs: anchors, the sync that is open, and the large object it is receiving. */
import { isSyncType, opensEpoch } from '../../../model/alert.js';
import type { PairId } from '../../../model/ids.js';
import { SEAL_OVERHEAD } from '../../../sealing/envelope.js';
import { chunkOwner } from '../../ports/arriving.js';
import type { AnchorPoint, OpenSync } from '../../ports/pairs.js';
import { chunkAad } from '../aad.js';
import { compareAll } from './ask-devices.js';
import { open } from './content.js';
import { endSync } from './map-rules.js';
import { between, rowRule, type Ground, type Key, type Mend, type MendRoom, type Rule, type Sql, type Suspect, type Walk } from './rule.js';

const REPAIR = 'Run "moorage doctor --repair".';
const PAIR = { table: 'pair', parent: 'account', key: ['id'] } as const;
const ANCHORS = ['current', 'previous', 'tentative'] as const;

interface Row {
  readonly id: PairId;
  readonly device_uri: string;
  readonly uri: string;
  readonly position: number;
  readonly last_epoch: number;
  readonly slow_needed: number;
  readonly current_anchor: string | null;
  readonly previous_anchor: string | null;
  readonly tentative_anchor: string | null;
  readonly open_sync: string | null;
  readonly last_sync: string | null;
}

const SELECT = `SELECT t.id, d.uri AS device_uri, s.uri, s.position, t.last_epoch, t.slow_needed, t.current_anchor, t.previous_anchor,
  t.tentative_anchor, t.open_sync, t.last_sync FROM pair t JOIN device d ON d.id = t.device JOIN datastore s ON s.id = t.datastore
  WHERE t.account = ? AND ${between(PAIR.key)}`;

/** A rule that looks at each pair of the range. */
function pairRule(
  options: Omit<Rule, 'find' | 'mend'> & { wrong: (row: Row, sql: Sql, ground: Ground) => string | undefined; mend: Mend },
): Rule {
  const { wrong, ...rest } = options;
  return {
    ...rest,
    find: (sql, ground, from, to) =>
      sql.all<Row>(SELECT, ground.account, ...from, ...to).flatMap((row): Suspect[] => {
        const what = wrong(row, sql, ground);
        return what === undefined ? [] : [{ key: [row.id], what: `${row.uri} with ${row.device_uri}: ${what}` }];
      }),
  };
}

const pairIn = (key: Key): PairId => Number(key[0]) as PairId;

function parsed<T>(text: string | null, isRight: (value: T) => boolean): T | 'unreadable' | undefined {
  if (text === null) return undefined;
  try {
    const value = JSON.parse(text) as T;
    return typeof value === 'object' && value !== null && isRight(value) ? value : 'unreadable';
  } catch {
    return 'unreadable';
  }
}

const isCount = (value: unknown): boolean => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

const anchorOf = (row: Row, which: (typeof ANCHORS)[number]): AnchorPoint | 'unreadable' | undefined =>
  parsed<AnchorPoint>(
    row[`${which}_anchor`],
    (a) => typeof a.clientNext === 'string' && typeof a.serverNext === 'string' && [a.position, a.generation, a.epoch, a.at].every(isCount),
  );

const openOf = (row: Row): OpenSync | 'unreadable' | undefined =>
  parsed<OpenSync>(
    row.open_sync,
    (o) =>
      isSyncType(o.type) &&
      typeof o.clientNext === 'string' &&
      [o.epoch, o.base, o.startedAt].every(isCount) &&
      ['opened', 'receiving', 'sending', 'sent'].includes(o.phase),
  );

/** What can be read of it. */
const readable = <T>(value: T | 'unreadable' | undefined): T | undefined => (value === 'unreadable' ? undefined : value);
const anchors = (row: Row): AnchorPoint[] => ANCHORS.flatMap((which) => readable(anchorOf(row, which)) ?? []);

const rowOf = (sql: Sql, ground: Ground, key: Key): Row | undefined => sql.all<Row>(SELECT, ground.account, ...key, ...key)[0];

const raisePosition = ({ sql }: MendRoom, pair: PairId, to: number): void => {
  sql.run('UPDATE datastore SET position = MAX(position, ?) WHERE id = (SELECT datastore FROM pair WHERE id = ?)', to, pair);
};

const forgetObject = ({ sql, keep }: MendRoom, ground: Ground, pair: PairId): void => {
  keep('pair', 'id = ?', pair);
  keep('chunk', 'account = ? AND owner = ?', ground.account, chunkOwner(pair));
  sql.run('DELETE FROM chunk WHERE account = ? AND owner = ?', ground.account, chunkOwner(pair));
  sql.run(`UPDATE pair SET open_sync = json_remove(open_sync, '$.incoming') WHERE id = ? AND json_valid(open_sync)`, pair);
};

interface Part {
  readonly seq: number;
  readonly content: Uint8Array;
}

function partsFault(row: Row, sql: Sql, ground: Ground): string | undefined {
  const owner = chunkOwner(row.id);
  const parts = sql.all<Part>('SELECT seq, content FROM chunk WHERE account = ? AND owner = ? ORDER BY seq', ground.account, owner);
  const object = readable(openOf(row))?.incoming;
  if (object === undefined) return parts.length === 0 ? undefined : `${parts.length} parts of a large object, and none is being received`;
  const { keys } = ground;
  const unread = parts.find(
    ({ seq, content }) => keys !== undefined && 'fault' in open(keys, content, chunkAad(ground.account, owner, seq)),
  );
  if (unread !== undefined) return `part ${unread.seq} of a large object does not open`;
  const bytes = parts.reduce((sum, { content }) => sum + content.byteLength - SEAL_OVERHEAD, 0);
  if (parts.some(({ seq }, at) => seq !== at + 1) || bytes !== object.received)
    return `a large object of which ${object.received} bytes have come has parts of ${bytes} bytes`;
  return undefined;
}

export const PAIR_WALK: Walk = {
  ...PAIR,
  rules: [
    pairRule({
      id: 'anchor-unreadable',
      check: 'anchors',
      next: REPAIR,
      wrong: (row) => {
        const bad = ANCHORS.filter((which) => anchorOf(row, which) === 'unreadable');
        if (bad.length > 0) return `the ${bad.join(' and ')} anchor cannot be read`;
        const last = parsed<{ at: number; type: number; result: string }>(
          row.last_sync,
          (l) => isCount(l.at) && typeof l.result === 'string',
        );
        return last === 'unreadable' ? 'what is noted of its last sync cannot be read' : undefined;
      },
      mend: {
        how: 'drop it and compare everything with the device',
        run: ({ sql, keep }, ground, key) => {
          const row = rowOf(sql, ground, key);
          if (row === undefined) return;
          keep('pair', 'id = ?', row.id);
          const bad = ANCHORS.filter((which) => anchorOf(row, which) === 'unreadable');
          for (const which of bad) sql.run(`UPDATE pair SET ${which}_anchor = NULL WHERE id = ?`, row.id);
          if (bad.length === 0) sql.run('UPDATE pair SET last_sync = NULL WHERE id = ?', row.id);
          else compareAll({ sql, keep }, row.id);
        },
      },
    }),
    pairRule({
      id: 'anchor-beyond',
      check: 'anchors',
      next: REPAIR,
      wrong: (row) =>
        anchors(row).some((anchor) => anchor.position > row.position)
          ? `an anchor lies beyond the change log, which ends at ${row.position}: the device would miss changes`
          : undefined,
      mend: {
        how: 'raise the log’s counter and compare everything with the device',
        run: (room, ground, key) => {
          const row = rowOf(room.sql, ground, key);
          if (row === undefined) return;
          raisePosition(room, row.id, Math.max(...anchors(row).map((anchor) => anchor.position)));
          compareAll(room, row.id);
        },
      },
    }),
    pairRule({
      id: 'anchor-order',
      check: 'anchors',
      next: REPAIR,
      wrong: (row) => {
        const [current, previous] = [readable(anchorOf(row, 'current')), readable(anchorOf(row, 'previous'))];
        if (previous === undefined || row.current_anchor === null)
          return previous ? 'there is a previous anchor and no current one' : undefined;
        return current !== undefined && previous.generation >= current.generation
          ? 'the previous anchor is not older than the current one'
          : undefined;
      },
      mend: {
        how: 'drop the previous anchor',
        run: ({ sql, keep }, _ground, key) => {
          keep('pair', 'id = ?', pairIn(key));
          sql.run('UPDATE pair SET previous_anchor = NULL WHERE id = ?', pairIn(key));
        },
      },
    }),
    pairRule({
      id: 'pair-epoch-beyond',
      check: 'counters',
      next: REPAIR,
      wrong: (row) => {
        const used = [...anchors(row), readable(openOf(row))].map((point) => point?.epoch ?? 0);
        return Math.max(...used) > row.last_epoch
          ? `epoch ${Math.max(...used)} is used, and the last one given is ${row.last_epoch}`
          : undefined;
      },
      mend: {
        how: 'raise the counter',
        run: ({ sql }, ground, key) => {
          const row = rowOf(sql, ground, key);
          if (row === undefined) return;
          const used = [...anchors(row), readable(openOf(row))].map((point) => point?.epoch ?? 0);
          sql.run('UPDATE pair SET last_epoch = MAX(last_epoch, ?) WHERE id = ?', Math.max(...used), row.id);
        },
      },
    }),
    pairRule({
      id: 'open-unreadable',
      check: 'open-syncs',
      next: REPAIR,
      wrong: (row) => (openOf(row) === 'unreadable' ? 'the open sync cannot be read' : undefined),
      mend: { how: 'end it and compare everything with the device', run: (room, _ground, key) => endSync(room, pairIn(key)) },
    }),
    pairRule({
      id: 'open-beyond',
      check: 'open-syncs',
      next: REPAIR,
      wrong: (row) => {
        const sync = readable(openOf(row));
        return sync !== undefined && Math.max(sync.base, sync.position ?? 0) > row.position
          ? `the open sync lies beyond the change log, which ends at ${row.position}`
          : undefined;
      },
      mend: {
        how: 'raise the log’s counter, end the sync and compare everything with the device',
        run: (room, ground, key) => {
          const row = rowOf(room.sql, ground, key);
          const sync = row && readable(openOf(row));
          if (sync !== undefined) raisePosition(room, pairIn(key), Math.max(sync.base, sync.position ?? 0));
          endSync(room, pairIn(key));
        },
      },
    }),
    pairRule({
      id: 'open-unmarked',
      check: 'open-syncs',
      next: REPAIR,
      wrong: (row) => {
        const sync = readable(openOf(row));
        return sync !== undefined && opensEpoch(sync.type) && row.slow_needed === 0
          ? 'a sync that compares everything is open, and the pair is not marked for one: a half-built map could be taken for whole'
          : undefined;
      },
      mend: { how: 'set the mark', run: (room, _ground, key) => compareAll(room, pairIn(key)) },
    }),
    pairRule({
      id: 'incoming-parts',
      check: 'chunks',
      next: REPAIR,
      wrong: partsFault,
      mend: {
        how: 'remove the parts; the device sends the object again',
        run: (room, ground, key) => forgetObject(room, ground, pairIn(key)),
      },
    }),
    rowRule<{ id: PairId }>({
      of: PAIR,
      id: 'pair-owner',
      check: 'ownership',
      next: 'Restore the data folder from a snapshot, and stop the servers until then: one user’s device could read another’s data.',
      wrong: `t.account <> (SELECT d.account FROM device d WHERE d.id = t.device) OR t.account <> (SELECT s.account FROM datastore s WHERE s.id = t.datastore)`,
      words: ({ id }) => ({ what: `pair ${id} joins a device and a datastore of different users` }),
    }),
    rowRule<{ id: PairId }>({
      of: PAIR,
      id: 'fence-owner',
      check: 'ownership',
      next: REPAIR,
      wrong: 'EXISTS (SELECT 1 FROM session s WHERE s.token = t.fence AND (s.account <> t.account OR s.device <> t.device))',
      words: ({ id }) => ({ what: `pair ${id} is fenced for a session of another device` }),
      mend: {
        how: 'drop the fence',
        run: ({ sql, keep }, _ground, key) => {
          keep('pair', 'id = ?', pairIn(key));
          sql.run('UPDATE pair SET fence = NULL WHERE id = ?', pairIn(key));
        },
      },
    }),
  ],
};

const CHUNK = { table: 'chunk', parent: 'account', key: ['owner', 'seq'] } as const;

export const CHUNK_WALK: Walk = {
  ...CHUNK,
  rules: [
    rowRule<{ owner: string; seq: number }>({
      of: CHUNK,
      id: 'chunk-without-pair',
      check: 'chunks',
      next: REPAIR,
      wrong: `t.owner LIKE 'pair:%' AND NOT EXISTS (SELECT 1 FROM pair p WHERE p.id = CAST(substr(t.owner, 6) AS INTEGER) AND p.account = t.account)`,
      words: ({ seq }) => ({ what: `part ${seq} of a large object, and its device is not there` }),
      mend: {
        how: 'remove it',
        run: ({ sql, keep }, ground, [owner = '']) => {
          keep('chunk', 'account = ? AND owner = ?', ground.account, owner);
          sql.run('DELETE FROM chunk WHERE account = ? AND owner = ?', ground.account, owner);
        },
      },
    }),
  ],
};
