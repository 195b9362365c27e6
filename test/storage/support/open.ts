import { Keyring } from '../../../src/sealing/keyring.js';
import { masterKeyId } from '../../../src/sealing/master-key.js';
import { openSqliteStore, type SqliteStore } from '../../../src/storage/sqlite/sqlite-store.js';

export function keyringOf(hex: string): Keyring {
  const key = Buffer.from(hex, 'hex');
  return new Keyring({ keys: [{ id: masterKeyId(key), key }] });
}

export const openWithKey = (folder: string, hex: string): Promise<SqliteStore> =>
  openSqliteStore({ folder, keyring: keyringOf(hex), clock: Date.now });
