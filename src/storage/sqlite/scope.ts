/** The one door to an account's rows: what a repository needs to know of its account within one transaction. */
import type { AccountId, DatastoreId, Guid, PairId } from '../../model/ids.js';
import { guidOf } from '../../model/ids.js';
import type { AccountKeys } from '../../sealing/account-keys.js';
import type { Keyring } from '../../sealing/keyring.js';
import type { Handle } from './handle.js';

/** Data keys that were unwrapped, for all transactions. An entry counts only while the stored wrapped key is the same bytes. */
export class KeyCache {
  readonly #keyring: Keyring;
  readonly #entries = new Map<AccountId, { readonly wrapped: Uint8Array; readonly keys: AccountKeys }>();

  constructor(keyring: Keyring) {
    this.#keyring = keyring;
  }

  /** @throws {Error} when there is no such account. */
  of(handle: Handle, account: AccountId): AccountKeys {
    const row = handle.get<{ wrapped: Uint8Array }>('SELECT wrapped FROM account JOIN account_key ON account = id WHERE id = ?', account);
    if (row === undefined) {
      this.#entries.delete(account);
      throw new Error(`there is no account ${account}`);
    }
    const known = this.#entries.get(account);
    if (known !== undefined && Buffer.compare(known.wrapped, row.wrapped) === 0) return known.keys;
    const keys = this.#keyring.accountKeys(row.wrapped, account);
    this.#entries.set(account, { wrapped: row.wrapped, keys });
    return keys;
  }

  newAccountKey(account: AccountId): Uint8Array {
    return this.#keyring.newAccountKey(account);
  }
}

export class Scope {
  readonly account: AccountId;
  readonly sql: Handle;
  readonly #cache: KeyCache;
  #keys: AccountKeys | undefined;
  readonly #datastores = new Map<DatastoreId, boolean>();
  readonly #pairs = new Map<PairId, boolean>();

  constructor(sql: Handle, cache: KeyCache, account: AccountId) {
    this.sql = sql;
    this.account = account;
    this.#cache = cache;
  }

  get keys(): AccountKeys {
    return (this.#keys ??= this.#cache.of(this.sql, this.account));
  }

  forget(): void {
    this.#keys = undefined;
    this.#datastores.clear();
    this.#pairs.clear();
  }

  seal(bytes: Uint8Array | readonly Uint8Array[] | string, aad: string): Uint8Array {
    return this.keys.seal(typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : bytes, aad);
  }

  open(sealed: Uint8Array, aad: string): Buffer {
    return this.keys.open(sealed, aad);
  }

  openText(sealed: Uint8Array, aad: string): string {
    return this.keys.open(sealed, aad).toString('utf8');
  }

  owns(datastore: DatastoreId): boolean {
    return this.#known(this.#datastores, datastore, 'SELECT 1 FROM datastore WHERE id = ? AND account = ?');
  }

  ownsPair(pair: PairId): boolean {
    return this.#known(this.#pairs, pair, 'SELECT 1 FROM pair WHERE id = ? AND account = ?');
  }

  /** For writes. @throws {Error} when the datastore is not this account's. */
  mustOwn(datastore: DatastoreId): void {
    if (!this.owns(datastore)) throw new Error(`account ${this.account} has no datastore ${datastore}`);
  }

  /** For writes. @throws {Error} when the pair is not this account's. */
  mustOwnPair(pair: PairId): void {
    if (!this.ownsPair(pair)) throw new Error(`account ${this.account} has no pair ${pair}`);
  }

  #known<Id extends number>(known: Map<Id, boolean>, id: Id, sql: string): boolean {
    let owned = known.get(id);
    if (owned === undefined) {
      owned = this.sql.get(sql, id, this.account) !== undefined;
      known.set(id, owned);
    }
    return owned;
  }
}

/** The number a GUID stands for; undefined when no GUID of ours reads so. */
export function guidNumber(guid: Guid): number | undefined {
  const n = Number.parseInt(guid, 36);
  return Number.isSafeInteger(n) && n > 0 && guidOf(n) === guid ? n : undefined;
}

/** For writes. @throws {RangeError} when it is no GUID of ours. */
export function guidKey(guid: Guid): number {
  const n = guidNumber(guid);
  if (n === undefined) throw new RangeError(`"${guid}" is no GUID of this store`);
  return n;
}

/** `value` under `key`, or nothing where the column is NULL: absent properties stay absent. */
export function optional<K extends string, V>(key: K, value: V | null | undefined): { readonly [P in K]?: V } {
  return value === null || value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V });
}
