import { randomBytes } from 'node:crypto';
import { UserError } from '../../model/errors.js';
import type { AccountId } from '../../model/ids.js';
import type { Keyring } from '../../sealing/keyring.js';
import type { SqlValue } from './connection.js';

/** A connection, or a transaction's handle on one. */
interface Sql {
  get<Row>(sql: string, ...values: SqlValue[]): Row | undefined;
  all<Row>(sql: string, ...values: SqlValue[]): Row[];
  run(sql: string, ...values: SqlValue[]): number;
}

const SECRET_BYTES = 32;
const SECRET_AAD = 'server-secret';

/**
 * Checks the master key against the store and answers the server's secret; both are written when the store is new. Runs in a write transaction.
 * @throws {UserError} when the store was made under another master key: nothing is written then.
 */
export function openSecrets(sql: Sql, keyring: Keyring): Uint8Array {
  const check = value(sql, 'key_check');
  if (check === undefined) {
    const used = sql.get('SELECT 1 FROM account UNION ALL SELECT 1 FROM meta LIMIT 1') !== undefined;
    if (used)
      throw new UserError('The store has lost the value that its master key is checked with. Restore the data folder from a snapshot.');
    const secret = randomBytes(SECRET_BYTES);
    setValue(sql, 'key_check', keyring.newCheck());
    setValue(sql, SECRET_AAD, keyring.wrap(secret, SECRET_AAD));
    return secret;
  }
  if (!keyring.checks(check)) {
    throw new UserError(
      'The master key is not the one this data folder was sealed with, so nothing in it can be read. Give the right key: ' +
        'put its file back in its place, or name it in the configuration or the environment. No new key was made.',
    );
  }
  const wrapped = value(sql, SECRET_AAD);
  if (wrapped === undefined) throw new UserError('The store has lost its server secret. Restore the data folder from a snapshot.');
  return keyring.unwrap(wrapped, SECRET_AAD);
}

/** Wraps everything that an older master key wrapped under the newest one. @returns the number of keys wrapped again. */
export function rewrapAll(sql: Sql, keyring: Keyring): number {
  let count = 0;
  for (const row of sql.all<{ account: AccountId; wrapped: Uint8Array }>(
    'SELECT account, wrapped FROM account JOIN account_key ON account = id',
  )) {
    const again = keyring.rewrapAccountKey(row.wrapped, row.account);
    if (again === undefined) continue;
    sql.run('UPDATE account_key SET wrapped = ? WHERE account = ?', again, row.account);
    count += 1;
  }
  const secret = keyring.rewrap(value(sql, SECRET_AAD) ?? new Uint8Array(0), SECRET_AAD);
  if (secret !== undefined) {
    setValue(sql, SECRET_AAD, secret);
    setValue(sql, 'key_check', keyring.newCheck());
    count += 1;
  }
  return count;
}

function value(sql: Sql, key: string): Uint8Array | undefined {
  return sql.get<{ value: Uint8Array }>('SELECT value FROM meta WHERE key = ?', key)?.value;
}

function setValue(sql: Sql, key: string, bytes: Uint8Array): void {
  sql.run('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)', key, bytes);
}
