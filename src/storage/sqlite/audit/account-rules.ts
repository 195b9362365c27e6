/** What hangs off an account directly: its key and credential, devices, datastores, the journal. */
import type { DeviceId } from '../../../model/ids.js';
import { conflictAad, credentialAad, devInfAad, deviceAad } from '../aad.js';
import { open } from './content.js';
import { between, rowRule, type Rule, type Walk } from './rule.js';

const REPAIR = 'Run "moorage doctor --repair".';
const ACCOUNT = { table: 'account', parent: 'account', column: 'id', key: ['id'] } as const;

function isJson(bytes: Uint8Array): boolean {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}

const ACCOUNT_KEY: Rule = {
  id: 'account-key',
  check: 'account-keys',
  next: 'Nothing of this user can be read. Restore the data folder from a snapshot, or give the master key that was in force before.',
  find: (_sql, ground, [id = 0]) =>
    ground.keys === undefined ? [{ key: [id], what: 'the data key is missing, or the master key does not open it' }] : [],
};

const CREDENTIAL: Rule = {
  id: 'credential',
  check: 'credentials',
  next: 'Give the user a new password: "moorage user passwd NAME".',
  find: (sql, { keys, account }) => {
    if (keys === undefined) return [];
    const row = sql.get<{ sealed: Uint8Array | null }>('SELECT sealed_credential AS sealed FROM account WHERE id = ?', account);
    if (row === undefined) return [];
    if (row.sealed === null) return [{ key: [account], what: 'has no credential: nobody can log in' }];
    const opened = open(keys, row.sealed, credentialAad(account));
    return 'bytes' in opened && isJson(opened.bytes) ? [] : [{ key: [account], what: 'the credential does not open: nobody can log in' }];
  },
};

export const ACCOUNT_WALK: Walk = { ...ACCOUNT, rules: [ACCOUNT_KEY, CREDENTIAL] };

const DEVICE = { table: 'device', parent: 'account', key: ['id'] } as const;

interface DeviceRow {
  readonly id: DeviceId;
  readonly uri: string;
  readonly sealed_detail: Uint8Array | null;
  readonly sealed_devinf: Uint8Array | null;
  readonly devinf_key: string | null;
}

const DEVICE_SEALED: Rule = {
  id: 'device-sealed',
  check: 'devices',
  next: REPAIR,
  find: (sql, { keys, account }, from, to) => {
    if (keys === undefined) return [];
    const rows = sql.all<DeviceRow>(
      `SELECT t.id, t.uri, t.sealed_detail FROM device t WHERE t.account = ? AND ${between(DEVICE.key)} AND t.sealed_detail IS NOT NULL`,
      account,
      ...from,
      ...to,
    );
    return rows.flatMap((row) => {
      const opened = open(keys, row.sealed_detail ?? new Uint8Array(0), deviceAad(account, row.id));
      return 'bytes' in opened && isJson(opened.bytes)
        ? []
        : [{ key: [row.id], what: `device ${row.uri}: its nonces do not open: it cannot log in` }];
    });
  },
  mend: {
    how: 'forget its nonces; it is challenged again',
    run: ({ sql, keep }, _ground, [id = 0]) => {
      keep('device', 'id = ?', id);
      sql.run('UPDATE device SET sealed_detail = NULL WHERE id = ?', id);
    },
  },
};

const DEVICE_DEVINF: Rule = {
  id: 'device-devinf',
  check: 'devices',
  next: REPAIR,
  find: (sql, { keys, account }, from, to) => {
    if (keys === undefined) return [];
    const rows = sql.all<DeviceRow>(
      `SELECT t.id, t.uri, t.sealed_devinf, t.devinf_key FROM device t
       WHERE t.account = ? AND ${between(DEVICE.key)} AND (t.sealed_devinf IS NOT NULL OR t.devinf_key IS NOT NULL)`,
      account,
      ...from,
      ...to,
    );
    return rows.flatMap((row) => {
      const opened = row.sealed_devinf === null ? undefined : open(keys, row.sealed_devinf, devInfAad(account, row.id));
      const what =
        opened === undefined || 'fault' in opened || !isJson(opened.bytes)
          ? 'does not open'
          : keys.mac('devinf', opened.bytes) === row.devinf_key
            ? undefined
            : 'is not the one its key stands for';
      return what === undefined ? [] : [{ key: [row.id], what: `device ${row.uri}: its DevInf ${what}` }];
    });
  },
  mend: {
    how: 'forget its DevInf; it tells it again',
    run: ({ sql, keep }, _ground, [id = 0]) => {
      keep('device', 'id = ?', id);
      sql.run('UPDATE device SET sealed_devinf = NULL, devinf_key = NULL WHERE id = ?', id);
    },
  },
};

export const DEVICE_WALK: Walk = { ...DEVICE, rules: [DEVICE_SEALED, DEVICE_DEVINF] };

const DATASTORE = { table: 'datastore', parent: 'account', key: ['id'] } as const;

interface TotalsRow {
  readonly id: number;
  readonly uri: string;
  readonly position: number;
  readonly item_count: number;
  readonly used_bytes: number;
  readonly items: number;
  readonly bytes: number;
}

const TOTALS: Rule = {
  id: 'datastore-totals',
  check: 'totals',
  next: REPAIR,
  find: (sql, { account }, from, to) =>
    sql
      .all<TotalsRow>(
        `SELECT t.id, t.uri, t.position, t.item_count, t.used_bytes, COUNT(i.guid) AS items, COALESCE(SUM(i.size), 0) AS bytes
         FROM datastore t LEFT JOIN item i ON i.datastore = t.id AND i.deleted = 0
         WHERE t.account = ? AND ${between(DATASTORE.key)} GROUP BY t.id HAVING items <> t.item_count OR bytes <> t.used_bytes`,
        account,
        ...from,
        ...to,
      )
      .map((row) => ({
        key: [row.id],
        what: `${row.uri} counts ${row.item_count} items and ${row.used_bytes} bytes, and has ${row.items} and ${row.bytes}`,
        facts: { position: row.position, items: row.items, bytes: row.bytes },
      })),
  mend: {
    how: 'count again',
    // Every change of an item takes a position: as long as that is the same, the sums are right.
    guarded: true,
    run: ({ sql }, _ground, [id = 0], { facts }) => {
      if (facts === undefined) return;
      const { items = 0, bytes = 0, position = 0 } = facts;
      sql.run('UPDATE datastore SET item_count = ?, used_bytes = ? WHERE id = ? AND position = ?', items, bytes, id, position);
    },
  },
};

export const DATASTORE_WALK: Walk = {
  ...DATASTORE,
  rules: [
    TOTALS,
    rowRule<{ id: number; uri: string; position: number; floor: number }>({
      of: DATASTORE,
      id: 'floor-beyond',
      check: 'log-positions',
      next: REPAIR,
      columns: 't.uri, t.position, t.floor',
      wrong: 't.floor > t.position OR t.floor < 0',
      words: ({ uri, floor, position }) => ({ what: `${uri}: the change log begins after ${floor} and ends at ${position}` }),
      mend: {
        how: 'raise the counter',
        run: ({ sql }, _ground, [id = 0]) => {
          sql.run('UPDATE datastore SET position = MAX(position, floor), floor = MAX(floor, 0) WHERE id = ?', id);
        },
      },
    }),
  ],
};

const CONFLICT = { table: 'conflict', parent: 'account', key: ['id'] } as const;

const CONFLICT_CONTENT: Rule = {
  id: 'conflict-content',
  check: 'conflicts',
  next: 'The entry cannot be undone. To have it, restore a snapshot; else it goes when its time is over.',
  find: (sql, { keys, account }, from, to) => {
    if (keys === undefined) return [];
    const rows = sql.all<{ id: number; guid: number; lost: Uint8Array | null; kept: Uint8Array | null }>(
      `SELECT t.id, t.guid, t.lost, t.kept FROM conflict t WHERE t.account = ? AND ${between(CONFLICT.key)}`,
      account,
      ...from,
      ...to,
    );
    return rows.flatMap((row) => {
      const bad = (['lost', 'kept'] as const).filter((side) => {
        const sealed = row[side];
        return sealed !== null && 'fault' in open(keys, sealed, conflictAad(account, row.id, side));
      });
      return bad.length === 0 ? [] : [{ key: [row.id], guid: row.guid, what: `entry ${row.id} of the conflict journal does not open` }];
    });
  },
};

export const CONFLICT_WALK: Walk = {
  ...CONFLICT,
  rules: [
    CONFLICT_CONTENT,
    rowRule<{ id: number }>({
      of: CONFLICT,
      id: 'conflict-owner',
      check: 'ownership',
      next: 'Restore the data folder from a snapshot.',
      wrong: 't.account <> (SELECT d.account FROM datastore d WHERE d.id = t.datastore)',
      words: ({ id }) => ({ what: `entry ${id} of the conflict journal is of another user’s datastore` }),
    }),
  ],
};
