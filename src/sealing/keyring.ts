/**
 * Keys under keys: the master key wraps one random data key per account and the server's own secret. Replacing the master key
 * therefore means wrapping these few again; nothing else is touched. A wrapped key is: key id (4 bytes), then the sealed envelope.
 */
import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import type { AccountId } from '../model/ids.js';
import { StoreError } from '../model/errors.js';
import { DataKeys, type AccountKeys } from './account-keys.js';
import { openWith, sealWith } from './envelope.js';
import { KEY_ID_BYTES, type MasterKey } from './master-key.js';

export type { AccountKeys } from './account-keys.js';

const DATA_KEY_BYTES = 32;
const CHECK_TEXT = Buffer.from('moorage key check');

export class Keyring {
  readonly #newest: string;
  readonly #keys: ReadonlyMap<string, KeyObject>;

  constructor(master: MasterKey) {
    this.#newest = master.keys[0].id;
    this.#keys = new Map(master.keys.map(({ id, key }) => [id, createSecretKey(key)]));
  }

  /** A fresh data key, wrapped for this account. */
  newAccountKey(account: AccountId): Buffer {
    return this.wrap(randomBytes(DATA_KEY_BYTES), accountAad(account));
  }

  /** @throws {StoreError} `corrupt` when the key is another account's, damaged or wrapped under a key that the ring lacks. */
  accountKeys(wrapped: Uint8Array, account: AccountId): AccountKeys {
    return new DataKeys(this.unwrap(wrapped, accountAad(account)));
  }

  /** The same data key under the newest master key; undefined when it is already. */
  rewrapAccountKey(wrapped: Uint8Array, account: AccountId): Buffer | undefined {
    return this.rewrap(wrapped, accountAad(account));
  }

  wrap(plain: Uint8Array, aad: string): Buffer {
    return Buffer.concat([Buffer.from(this.#newest, 'hex'), sealWith(this.#key(this.#newest), plain, `wrap/${aad}`)]);
  }

  /** @throws {StoreError} `corrupt` when it does not open. */
  unwrap(wrapped: Uint8Array, aad: string): Buffer {
    return openWith(this.#key(wrappedUnder(wrapped)), wrapped.subarray(KEY_ID_BYTES), `wrap/${aad}`);
  }

  rewrap(wrapped: Uint8Array, aad: string): Buffer | undefined {
    return wrappedUnder(wrapped) === this.#newest ? undefined : this.wrap(this.unwrap(wrapped, aad), aad);
  }

  /** A value that only this ring can check: kept with the data, so that a wrong key is noticed before anything is read or written. */
  newCheck(): Buffer {
    return this.wrap(CHECK_TEXT, 'check');
  }

  checks(check: Uint8Array): boolean {
    try {
      return this.unwrap(check, 'check').equals(CHECK_TEXT);
    } catch (error) {
      if (error instanceof StoreError) return false;
      throw error;
    }
  }

  #key(id: string): KeyObject {
    const key = this.#keys.get(id);
    if (key === undefined) throw new StoreError('corrupt', `wrapped under master key ${id}, which is not in the ring`);
    return key;
  }
}

/** Id of the master key that wrapped this. */
export const wrappedUnder = (wrapped: Uint8Array): string => Buffer.from(wrapped.subarray(0, KEY_ID_BYTES)).toString('hex');

const accountAad = (account: AccountId): string => `account/${account}`;
