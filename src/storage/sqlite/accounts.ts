import type { AccountId } from '../../model/ids.js';
import { UserError } from '../../model/errors.js';
import type { AccountRecord, AccountsWriter, Credential, Failure, FailureKey } from '../ports/accounts.js';
import { credentialAad } from './aad.js';
import { DuplicateError } from './connection.js';
import type { Handle } from './handle.js';
import { optional, type KeyCache, type Scope } from './scope.js';

/** Failed log-ins kept for one account: more would let a stranger fill the store. */
const MAX_FAILURES = 200;

interface AccountRow {
  id: AccountId;
  name: string;
  created_at: number;
  locked_at: number | null;
  quota_bytes: number | null;
  location: string | null;
  service: number;
  entitled: number;
  time_zone: string | null;
  country: string | null;
}
const COLUMNS = 'id, name, created_at, locked_at, quota_bytes, location, service, entitled, time_zone, country';

export class Accounts implements AccountsWriter {
  readonly #sql: Handle;
  readonly #cache: KeyCache;
  readonly #scope: (account: AccountId) => Scope;
  readonly #secret: Uint8Array;

  constructor(sql: Handle, cache: KeyCache, scope: (account: AccountId) => Scope, secret: Uint8Array) {
    this.#sql = sql;
    this.#cache = cache;
    this.#scope = scope;
    this.#secret = secret;
  }

  async byName(name: string): Promise<AccountRecord | undefined> {
    return record(this.#sql.get<AccountRow>(`SELECT ${COLUMNS} FROM account WHERE name = ?`, name));
  }

  async byId(id: AccountId): Promise<AccountRecord | undefined> {
    return record(this.#sql.get<AccountRow>(`SELECT ${COLUMNS} FROM account WHERE id = ?`, id));
  }

  async list(): Promise<readonly AccountRecord[]> {
    return this.#sql.all<AccountRow>(`SELECT ${COLUMNS} FROM account ORDER BY name`).map(toRecord);
  }

  async credential(id: AccountId): Promise<Credential | undefined> {
    const row = this.#sql.get<{ sealed_credential: Uint8Array | null }>('SELECT sealed_credential FROM account WHERE id = ?', id);
    if (!row?.sealed_credential) return undefined;
    return JSON.parse(this.#scope(id).openText(row.sealed_credential, credentialAad(id))) as Credential;
  }

  async ofDevice(deviceUri: string): Promise<AccountId | undefined> {
    const rows = this.#sql.all<{ account: AccountId }>('SELECT account FROM device WHERE uri = ? AND auth_count > 0 LIMIT 2', deviceUri);
    return rows.length === 1 ? rows[0]?.account : undefined;
  }

  serverSecret(): Uint8Array {
    return this.#secret;
  }

  async failure(key: FailureKey): Promise<Failure | undefined> {
    const row = this.#sql.get<{ count: number; last_at: number; blocked_until: number }>(
      'SELECT count, last_at, blocked_until FROM failure WHERE account = ? AND device_uri = ? AND address = ?',
      ...failureKey(key),
    );
    return row === undefined ? undefined : { count: row.count, lastAt: row.last_at, blockedUntil: row.blocked_until };
  }

  async create(name: string, credential: Credential, now: number): Promise<AccountRecord> {
    try {
      const row = this.#sql.get<AccountRow>(`INSERT INTO account (name, created_at) VALUES (?, ?) RETURNING ${COLUMNS}`, name, now);
      if (row === undefined) throw new Error('the account was not written');
      this.#sql.run('INSERT INTO account_key (account, wrapped) VALUES (?, ?)', row.id, this.#cache.newAccountKey(row.id));
      await this.setCredential(row.id, credential);
      return toRecord(row);
    } catch (error) {
      if (!(error instanceof DuplicateError)) throw error;
      throw new UserError(`There is an account "${name}" already. Choose another name.`, { cause: error });
    }
  }

  async setCredential(id: AccountId, credential: Credential): Promise<void> {
    const sealed = this.#scope(id).seal(JSON.stringify(credential), credentialAad(id));
    this.#sql.run('UPDATE account SET sealed_credential = ? WHERE id = ?', sealed, id);
  }

  async setLocked(id: AccountId, lockedAt: number | undefined): Promise<void> {
    this.#sql.run('UPDATE account SET locked_at = ? WHERE id = ?', lockedAt ?? null, id);
  }

  async setQuota(id: AccountId, quotaBytes: number | undefined): Promise<void> {
    this.#sql.run('UPDATE account SET quota_bytes = ? WHERE id = ?', quotaBytes ?? null, id);
  }

  async setEntitled(id: AccountId, entitled: boolean): Promise<void> {
    this.#sql.run('UPDATE account SET entitled = ? WHERE id = ?', entitled ? 1 : 0, id);
  }

  async setLocation(id: AccountId, location: string | undefined): Promise<void> {
    this.#sql.run('UPDATE account SET location = ? WHERE id = ?', location ?? null, id);
  }

  async setTimeZone(id: AccountId, timeZone: string | undefined): Promise<void> {
    this.#sql.run('UPDATE account SET time_zone = ? WHERE id = ?', timeZone ?? null, id);
  }

  async setCountry(id: AccountId, country: string | undefined): Promise<void> {
    this.#sql.run('UPDATE account SET country = ? WHERE id = ?', country ?? null, id);
  }

  async markFromService(id: AccountId): Promise<void> {
    this.#sql.run('UPDATE account SET service = 1 WHERE id = ?', id);
  }

  async remove(id: AccountId): Promise<void> {
    this.#sql.shred = true;
    this.#sql.run('UPDATE account_key SET wrapped = zeroblob(length(wrapped)) WHERE account = ?', id);
    this.#sql.run('DELETE FROM account WHERE id = ?', id);
    this.#scope(id).forget();
  }

  async saveFailure(key: FailureKey, failure: Failure | undefined): Promise<void> {
    if (failure === undefined) {
      this.#sql.run('DELETE FROM failure WHERE account = ? AND device_uri = ? AND address = ?', ...failureKey(key));
      return;
    }
    this.#sql.run(
      'INSERT OR REPLACE INTO failure (account, device_uri, address, count, last_at, blocked_until) VALUES (?, ?, ?, ?, ?, ?)',
      ...failureKey(key),
      failure.count,
      failure.lastAt,
      failure.blockedUntil,
    );
    this.#sql.run(
      `DELETE FROM failure WHERE account = ? AND (device_uri, address) IN
       (SELECT device_uri, address FROM failure WHERE account = ? ORDER BY last_at DESC LIMIT -1 OFFSET ${MAX_FAILURES})`,
      key.account,
      key.account,
    );
  }
}

const failureKey = (key: FailureKey): [number, string, string] => [key.account, key.deviceUri, key.address];

const record = (row: AccountRow | undefined): AccountRecord | undefined => (row === undefined ? undefined : toRecord(row));

const toRecord = (row: AccountRow): AccountRecord => ({
  id: row.id,
  name: row.name,
  createdAt: row.created_at,
  ...optional('lockedAt', row.locked_at),
  ...optional('quotaBytes', row.quota_bytes),
  ...optional('location', row.location),
  ...optional('timeZone', row.time_zone),
  ...optional('country', row.country),
  ...(row.service === 1 ? { fromService: true } : {}),
  ...(row.entitled === 0 ? { notEntitled: true } : {}),
});
