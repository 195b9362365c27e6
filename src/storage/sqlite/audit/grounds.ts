/** The accounts, datastores and pairs whose rows are looked at, and every rule of every table. */
import type { AccountId, DatastoreId, DeviceId, PairId } from '../../../model/ids.js';
import { StoreError } from '../../../model/errors.js';
import type { AccountKeys } from '../../../sealing/account-keys.js';
import type { Keyring } from '../../../sealing/keyring.js';
import { ACCOUNT_WALK, CONFLICT_WALK, DATASTORE_WALK, DEVICE_WALK } from './account-rules.js';
import { COPY_WALK } from './copy-rules.js';
import { ITEM_CONTENT_RULES, VERSION_WALK } from './content-rules.js';
import { INSTANCE_WALK } from './instance-rules.js';
import { ITEM_WALK } from './item-rules.js';
import { MAP_WALK, OUTGOING_WALK, STAGED_WALK } from './map-rules.js';
import { MESSAGE_WALK } from './message-rules.js';
import { CHUNK_WALK, PAIR_WALK } from './pair-rules.js';
import type { Ground, Parent, Rule, Sql, Walk } from './rule.js';
import { SESSION_WALK } from './session-rules.js';

export const WALKS: Readonly<Record<Parent, readonly Walk[]>> = {
  account: [ACCOUNT_WALK, DEVICE_WALK, DATASTORE_WALK, PAIR_WALK, SESSION_WALK, MESSAGE_WALK, CHUNK_WALK, CONFLICT_WALK],
  datastore: [{ ...ITEM_WALK, rules: [...ITEM_WALK.rules, ...ITEM_CONTENT_RULES] }, VERSION_WALK, INSTANCE_WALK],
  pair: [MAP_WALK, COPY_WALK, OUTGOING_WALK, STAGED_WALK],
};

/** Every rule with the table it is of. */
export const RULES: ReadonlyMap<string, { readonly rule: Rule; readonly walk: Walk }> = new Map(
  Object.values(WALKS).flatMap((walks) => walks.flatMap((walk) => walk.rules.map((rule) => [rule.id, { rule, walk }] as const))),
);

export interface AccountRow {
  readonly id: AccountId;
  readonly name: string;
  readonly wrapped: Uint8Array | null;
}

export const accountsOf = (sql: Sql, account: AccountId | undefined): readonly AccountRow[] =>
  sql.all<AccountRow>(
    `SELECT a.id, a.name, k.wrapped FROM account a LEFT JOIN account_key k ON k.account = a.id WHERE ?1 IS NULL OR a.id = ?1 ORDER BY a.id`,
    account ?? null,
  );

export const groundOf = (row: AccountRow, keyring: Keyring): Ground => ({ account: row.id, user: row.name, keys: keysOf(row, keyring) });

function keysOf({ id, wrapped }: AccountRow, keyring: Keyring): AccountKeys | undefined {
  if (wrapped === null) return undefined;
  try {
    return keyring.accountKeys(wrapped, id);
  } catch (error) {
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}

export const datastoresOf = (sql: Sql, ground: Ground): readonly Ground[] =>
  sql
    .all<{ id: DatastoreId; uri: string }>('SELECT id, uri FROM datastore WHERE account = ? ORDER BY id', ground.account)
    .map(({ id, uri }) => ({ ...ground, datastore: { id, uri } }));

interface PairRow {
  readonly id: PairId;
  readonly datastore: DatastoreId;
  readonly uri: string;
  readonly device: DeviceId;
  readonly device_uri: string;
}

export const pairsOf = (sql: Sql, ground: Ground): readonly Ground[] =>
  sql
    .all<PairRow>(
      `SELECT p.id, p.datastore, s.uri, p.device, d.uri AS device_uri FROM pair p JOIN datastore s ON s.id = p.datastore JOIN device d ON d.id = p.device
       WHERE p.account = ? ORDER BY p.id`,
      ground.account,
    )
    .map((row) => ({
      ...ground,
      datastore: { id: row.datastore, uri: row.uri },
      device: { id: row.device, uri: row.device_uri },
      pair: row.id,
    }));

/** The ground a finding stands on, as it is now; undefined when it is gone. */
export function groundAgain(sql: Sql, keyring: Keyring, account: AccountId, walk: Walk, parent: number): Ground | undefined {
  const [row] = accountsOf(sql, account);
  if (row === undefined) return undefined;
  const ground = groundOf(row, keyring);
  switch (walk.parent) {
    case 'account':
      return ground;
    case 'datastore':
      return datastoresOf(sql, ground).find(({ datastore }) => datastore?.id === parent);
    case 'pair':
      return pairsOf(sql, ground).find(({ pair }) => pair === parent);
  }
}
