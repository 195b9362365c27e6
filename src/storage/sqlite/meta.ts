import { randomBytes } from 'node:crypto';
import { UserError } from '../../model/errors.js';
import type { AccountId } from '../../model/ids.js';
import type { Keyring } from '../../sealing/keyring.js';
import type { Connection } from './connection.js';

const SECRET_BYTES = 32;
const SECRET_AAD = 'server-secret';

/**
 * Checks the master key against the store and answers the server's secret; both are written when the store is new. Runs in a write transaction.
 * @throws {UserError} when the store was made under another master key: nothing is written then.
 */
export function openSecrets(connection: Connection, keyring: Keyring): Uint8Array {
  const check = value(connection, 'key_check');
  if (check === undefined) {
    const used = connection.get('SELECT 1 FROM account UNION ALL SELECT 1 FROM meta LIMIT 1') !== undefined;
    if (used)
      throw new UserError('The store has lost the value that its master key is checked with. Restore the data folder from a snapshot.');
    const secret = randomBytes(SECRET_BYTES);
    setValue(connection, 'key_check', keyring.newCheck());
    setValue(connection, SECRET_AAD, keyring.wrap(secret, SECRET_AAD));
    return secret;
  }
  if (!keyring.checks(check)) {
    throw new UserError(
      'The master key is not the one this data folder was sealed with, so nothing in it can be read. Give the right key: ' +
        'put its file back in its place, or name it in the configuration or the environment. No new key was made.',
    );
  }
  const wrapped = value(connection, SECRET_AAD);
  if (wrapped === undefined) throw new UserError('The store has lost its server secret. Restore the data folder from a snapshot.');
  return keyring.unwrap(wrapped, SECRET_AAD);
}

/** Wraps everything that an older master key wrapped under the newest one. @returns the number of keys wrapped again. */
export function rewrapAll(connection: Connection, keyring: Keyring): number {
  let count = 0;
  for (const row of connection.all<{ id: AccountId; wrapped_key: Uint8Array }>('SELECT id, wrapped_key FROM account')) {
    const again = keyring.rewrapAccountKey(row.wrapped_key, row.id);
    if (again === undefined) continue;
    connection.run('UPDATE account SET wrapped_key = ? WHERE id = ?', again, row.id);
    count += 1;
  }
  const secret = keyring.rewrap(value(connection, SECRET_AAD) ?? new Uint8Array(0), SECRET_AAD);
  if (secret !== undefined) {
    setValue(connection, SECRET_AAD, secret);
    setValue(connection, 'key_check', keyring.newCheck());
    count += 1;
  }
  return count;
}

function value(connection: Connection, key: string): Uint8Array | undefined {
  return connection.get<{ value: Uint8Array }>('SELECT value FROM meta WHERE key = ?', key)?.value;
}

function setValue(connection: Connection, key: string, bytes: Uint8Array): void {
  connection.run('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)', key, bytes);
}
