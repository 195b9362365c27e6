/** Content of items: that it is there, opens, and that what stands beside it was computed from it. */
import { guidOf } from '../../../model/ids.js';
import { SEAL_OVERHEAD } from '../../../sealing/envelope.js';
import { itemAad } from '../aad.js';
import { askDevices, holdersOf, LOST_KEY } from './ask-devices.js';
import { fileSize, faultOf, openHeld, type Held } from './content.js';
import {
  between,
  rowRule,
  type Ground,
  type Key,
  type MendRoom,
  type Rule,
  type Sql,
  type Suspect,
  type Terms,
  type Walk,
} from './rule.js';

interface NewestRow extends Held {
  readonly guid: number;
  readonly revision: number;
  readonly type: string;
  readonly size: number;
  readonly canonical_key: string;
  readonly identity_key: string | null;
  readonly loose_key: string | null;
  /** Undefined in the join: there is no row for the newest revision. */
  readonly have: number | null;
}

const NEWEST = `SELECT t.guid, t.revision, t.type, t.size, t.canonical_key, t.identity_key, t.loose_key, v.revision AS have, v.blob, v.content FROM item t
  LEFT JOIN item_version v ON v.datastore = t.datastore AND v.guid = t.guid AND v.revision = t.revision
  WHERE t.datastore = ? AND ${between(['guid'])} AND t.deleted = 0`;

const newest = (sql: Sql, ground: Ground, from: Key, to: Key): NewestRow[] =>
  ground.datastore === undefined ? [] : sql.all<NewestRow>(NEWEST, ground.datastore.id, ...from, ...to);

const aadOf = (ground: Ground, row: { guid: number; revision: number }): string =>
  itemAad(ground.account, ground.datastore?.id ?? (0 as never), guidOf(row.guid), row.revision);

/** A single row is looked at thoroughly, blobs too; a window of rows only for what is quick. */
const isSingle = (from: Key, to: Key): boolean => from.every((part, at) => part === to[at]);

function* unreadable(sql: Sql, ground: Ground, from: Key, to: Key, terms: Terms): Generator<Suspect> {
  const { keys, account } = ground;
  if (keys === undefined) return;
  for (const row of newest(sql, ground, from, to)) {
    const fault = row.have === null ? 'is not there' : faultOf(row, aadOf(ground, row), keys, account, terms.blobs, isSingle(from, to));
    if (fault === undefined) continue;
    const what = `its content (revision ${row.revision}) ${fault}`;
    const holders = holdersOf(sql, ground, row.guid, row.revision);
    const asked = row.canonical_key === LOST_KEY;
    const version = olderWhole(sql, ground, row.guid, row.revision, terms);
    const devices = holders.map(({ device }) => device).join(', ');
    const stillThere = holders.length === 0 ? '' : `; still on ${devices}${asked ? ', asked for it at the next sync' : ''}`;
    yield {
      key: [row.guid],
      guid: row.guid,
      what: `${what}${version === undefined ? '' : `; revision ${version.revision} is whole`}${stillThere}`,
      mendable: version !== undefined || (!asked && holders.some(({ comparable }) => comparable)),
    };
  }
}

interface Version extends Held {
  readonly revision: number;
}

/** The newest older version that opens. */
function olderWhole(
  sql: Sql,
  ground: Ground,
  guid: number,
  before: number,
  terms: Terms,
): (Version & { readonly bytes: Uint8Array }) | undefined {
  const { keys, datastore, account } = ground;
  if (keys === undefined || datastore === undefined) return undefined;
  const rows = sql.all<Version>(
    'SELECT revision, blob, content FROM item_version WHERE datastore = ? AND guid = ? AND revision < ? ORDER BY revision DESC',
    datastore.id,
    guid,
    before,
  );
  for (const row of rows) {
    const opened = openHeld(row, aadOf(ground, { guid, revision: row.revision }), keys, account, terms.blobs);
    if ('bytes' in opened) return { ...row, bytes: opened.bytes };
  }
  return undefined;
}

function bringBack({ sql, terms, keep }: MendRoom, ground: Ground, [guid = 0]: Key): void {
  const { keys, datastore } = ground;
  const [row] = newest(sql, ground, [guid], [guid]);
  if (keys === undefined || datastore === undefined || row === undefined) return;
  const version = olderWhole(sql, ground, row.guid, row.revision, terms);
  const of = 'datastore = ? AND guid = ? AND revision = ?';
  keep('item', 'datastore = ? AND guid = ?', datastore.id, row.guid);
  keep('item_version', of, datastore.id, row.guid, row.revision);
  if (version === undefined) {
    sql.run(
      'UPDATE item SET canonical_key = ?, identity_key = NULL, loose_key = NULL WHERE datastore = ? AND guid = ?',
      LOST_KEY,
      datastore.id,
      row.guid,
    );
  } else {
    sql.run(`DELETE FROM item_version WHERE ${of}`, datastore.id, row.guid, row.revision);
    sql.run(
      'INSERT INTO item_version (datastore, guid, revision, blob, content) VALUES (?, ?, ?, ?, ?)',
      datastore.id,
      row.guid,
      row.revision,
      version.blob,
      version.blob === null ? keys.seal(version.bytes, aadOf(ground, row)) : null,
    );
    sql.run(
      'UPDATE item SET size = ?, canonical_key = ?, identity_key = ?, loose_key = ? WHERE datastore = ? AND guid = ?',
      version.bytes.byteLength,
      ...keysOf(version.bytes, row.type, keys, terms),
      datastore.id,
      row.guid,
    );
    sql.run('UPDATE datastore SET used_bytes = used_bytes + ? WHERE id = ?', version.bytes.byteLength - row.size, datastore.id);
  }
  askDevices({ sql, keep }, ground, row.guid, row.revision);
}

type Keys = readonly [canonical: string, identity: string | null, loose: string | null];

function keysOf(bytes: Uint8Array, type: string, keys: NonNullable<Ground['keys']>, { readers }: Terms): Keys {
  const { canonical, identity, loose } = readers.describe(bytes, type);
  const keyed = (text: string | undefined): string | null => (text === undefined ? null : keys.mac('identity', text));
  return [keys.mac('canonical', canonical), keyed(identity), keyed(loose)];
}

function* wrongKeys(sql: Sql, ground: Ground, from: Key, to: Key, terms: Terms): Generator<Suspect & { keys: Keys }> {
  const { keys, account } = ground;
  if (keys === undefined || terms.depth !== 'full') return;
  for (const row of newest(sql, ground, from, to)) {
    if (row.have === null || (row.blob !== null && !isSingle(from, to))) continue;
    const opened = openHeld(row, aadOf(ground, row), keys, account, terms.blobs);
    if ('fault' in opened) continue;
    const right = keysOf(opened.bytes, row.type, keys, terms);
    const wrong = [row.canonical_key, row.identity_key, row.loose_key].findIndex((key, at) => key !== right[at]);
    if (wrong < 0) continue;
    const which = ['canonical', 'identity', 'loose'][wrong] ?? '';
    yield { key: [row.guid], guid: row.guid, what: `its ${which} key is not what its content says`, keys: right };
  }
}

const opens = (row: NewestRow, ground: Ground, { blobs }: Terms): boolean =>
  ground.keys !== undefined && 'bytes' in openHeld(row, aadOf(ground, row), ground.keys, ground.account, blobs);

interface SizeRow {
  readonly guid: number;
  readonly size: number;
  readonly blob: string | null;
  readonly sealed: number | null;
}

function* wrongSizes(sql: Sql, ground: Ground, from: Key, to: Key, terms: Terms): Generator<Suspect & { size: number }> {
  const rows = sql.all<SizeRow>(
    `SELECT t.guid, t.size, t.revision, v.blob, length(v.content) AS sealed FROM item t
     JOIN item_version v ON v.datastore = t.datastore AND v.guid = t.guid AND v.revision = t.revision
     WHERE t.datastore = ? AND ${between(['guid'])} AND t.deleted = 0`,
    ground.datastore?.id ?? 0,
    ...from,
    ...to,
  );
  for (const row of rows) {
    const sealed = row.blob === null ? row.sealed : fileSize(terms.blobs, row.blob);
    if (sealed === null || sealed === undefined || sealed - SEAL_OVERHEAD === row.size) continue;
    const size = sealed - SEAL_OVERHEAD;
    // The length of what does not open means nothing.
    if (newest(sql, ground, [row.guid], [row.guid]).some((one) => !opens(one, ground, terms))) continue;
    yield { key: [row.guid], guid: row.guid, what: `counts ${row.size} bytes and has ${size}`, size };
  }
}

const REPAIR = 'Run "moorage doctor --repair".';

export const ITEM_CONTENT: Rule = {
  id: 'item-content',
  check: 'item-content',
  next: 'Restore the data folder, or the blob, from a snapshot; or bring the item back with "moorage item import", in a file named by its GUID.',
  find: (...asked) => [...unreadable(...asked)],
  mend: { how: 'put an older version in its place, or ask the devices that hold it', run: bringBack },
};

export const ITEM_KEYS: Rule = {
  id: 'item-keys',
  check: 'item-keys',
  next: REPAIR,
  find: (...asked) => [...wrongKeys(...asked)],
  mend: {
    how: 'compute its keys again',
    run: ({ sql, terms }, ground, key) => {
      for (const { keys, guid = 0 } of wrongKeys(sql, ground, key, key, terms))
        sql.run(
          'UPDATE item SET canonical_key = ?, identity_key = ?, loose_key = ? WHERE datastore = ? AND guid = ?',
          ...keys,
          ground.datastore?.id ?? 0,
          guid,
        );
    },
  },
};

export const ITEM_SIZE: Rule = {
  id: 'item-size',
  check: 'item-facts',
  next: REPAIR,
  find: (...asked) => [...wrongSizes(...asked)],
  mend: {
    how: 'set the size its content has',
    run: ({ sql, terms }, ground, key) => {
      for (const { size, guid = 0 } of wrongSizes(sql, ground, key, key, terms))
        sql.run('UPDATE item SET size = ? WHERE datastore = ? AND guid = ?', size, ground.datastore?.id ?? 0, guid);
    },
  },
};

interface VersionRow extends Version {
  readonly guid: number;
}
const VERSION = { table: 'item_version', parent: 'datastore', key: ['guid', 'revision'] } as const;
const OF_ITEM = 'LEFT JOIN item i ON i.datastore = t.datastore AND i.guid = t.guid';
/** The row holds what a live item stands for. */
const IS_NEWEST = 'i.deleted = 0 AND i.revision = t.revision';

const mark = (at: number | null, { sql }: MendRoom, ground: Ground, [guid = 0, revision = 0]: Key): void => {
  sql.run(
    'UPDATE item_version SET superseded_at = ? WHERE datastore = ? AND guid = ? AND revision = ?',
    at,
    ground.datastore?.id ?? 0,
    guid,
    revision,
  );
};

function* unreadableOlder(sql: Sql, ground: Ground, from: Key, to: Key, terms: Terms): Generator<Suspect> {
  const { keys, account, datastore } = ground;
  if (keys === undefined || datastore === undefined) return;
  const rows = sql.all<VersionRow>(
    `SELECT t.guid, t.revision, t.blob, t.content FROM item_version t ${OF_ITEM}
     WHERE t.datastore = ? AND ${between(VERSION.key)} AND NOT COALESCE(${IS_NEWEST}, 0)`,
    datastore.id,
    ...from,
    ...to,
  );
  for (const row of rows) {
    const fault = faultOf(row, aadOf(ground, row), keys, account, terms.blobs, isSingle(from, to));
    if (fault !== undefined) yield { key: [row.guid, row.revision], guid: row.guid, what: `the older revision ${row.revision} ${fault}` };
  }
}

export const OLDER_VERSION: Rule = {
  id: 'older-version',
  check: 'older-versions',
  next: REPAIR,
  find: (...asked) => [...unreadableOlder(...asked)],
  mend: {
    how: 'remove the version',
    run: ({ sql, keep }, ground, [guid = 0, revision = 0]) => {
      const of = 'datastore = ? AND guid = ? AND revision = ?';
      keep('item_version', of, ground.datastore?.id ?? 0, guid, revision);
      sql.run(`DELETE FROM item_version WHERE ${of}`, ground.datastore?.id ?? 0, guid, revision);
    },
  },
};

export const ITEM_CONTENT_RULES: readonly Rule[] = [ITEM_CONTENT, ITEM_KEYS, ITEM_SIZE];

export const VERSION_WALK: Walk = {
  ...VERSION,
  rules: [
    OLDER_VERSION,
    rowRule<VersionRow>({
      of: VERSION,
      id: 'newest-superseded',
      check: 'item-facts',
      next: REPAIR,
      joins: OF_ITEM,
      wrong: `t.superseded_at IS NOT NULL AND ${IS_NEWEST}`,
      words: (row) => ({ guid: row.guid, what: 'its content is marked as superseded: the sweeper would remove it' }),
      mend: { how: 'take the mark away', run: (room, ground, key) => mark(null, room, ground, key) },
    }),
    rowRule<VersionRow>({
      of: VERSION,
      id: 'older-not-superseded',
      check: 'item-facts',
      next: REPAIR,
      joins: OF_ITEM,
      wrong: `t.superseded_at IS NULL AND i.guid IS NOT NULL AND t.revision <= i.revision AND NOT (${IS_NEWEST})`,
      words: (row) => ({ guid: row.guid, what: `its older revision ${row.revision} is not marked as superseded: it would stay for ever` }),
      mend: { how: 'mark it as superseded now', run: (room, ground, key) => mark(room.terms.now, room, ground, key) },
    }),
    rowRule<VersionRow>({
      of: VERSION,
      id: 'version-beyond',
      check: 'item-facts',
      next: 'Restore the data folder from a snapshot: the item’s row is older than its content.',
      joins: OF_ITEM,
      wrong: 't.revision > i.revision',
      words: (row) => ({ guid: row.guid, what: `has content of revision ${row.revision}, which it has not reached` }),
    }),
    rowRule<VersionRow>({
      of: VERSION,
      id: 'version-without-item',
      check: 'item-content',
      next: 'Restore the data folder from a snapshot: the item itself is missing.',
      joins: OF_ITEM,
      wrong: 't.superseded_at IS NULL AND i.guid IS NULL',
      words: (row) => ({ guid: row.guid, what: `content of revision ${row.revision} is there, but no item` }),
    }),
    rowRule<VersionRow>({
      of: VERSION,
      id: 'version-guid-beyond',
      check: 'counters',
      next: REPAIR,
      wrong: 't.guid > (SELECT d.last_guid FROM datastore d WHERE d.id = t.datastore)',
      words: (row) => ({ guid: row.guid, what: 'has a version, and its GUID has not been given out yet' }),
      mend: {
        how: 'raise the counter',
        run: ({ sql }, ground, [guid = 0]) => {
          sql.run('UPDATE datastore SET last_guid = MAX(last_guid, ?) WHERE id = ?', guid, ground.datastore?.id ?? 0);
        },
      },
    }),
  ],
};
