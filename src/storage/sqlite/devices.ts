import type { DeviceId, PairId } from '../../model/ids.js';
import { chunkOwner } from '../ports/arriving.js';
import type { DeviceRecord, DevicesWriter } from '../ports/devices.js';
import { devInfAad, deviceAad } from './aad.js';
import { optional, type Scope } from './scope.js';

interface DeviceRow {
  id: DeviceId;
  uri: string;
  auth_count: number;
  last_access_at: number;
  refused_at: number | null;
  ignores_resp_uri: number;
  sealed_detail: Uint8Array | null;
  sealed_devinf: Uint8Array | null;
}
/** What is sealed of a device beside its DevInf. */
type Detail = Pick<
  DeviceRecord,
  | 'userAgent'
  | 'wapProfile'
  | 'profile'
  | 'nonce'
  | 'previousNonce'
  | 'clientNonce'
  | 'timeZone'
  | 'country'
  | 'seenZone'
  | 'seenCharset'
  | 'seenProperties'
> & {
  readonly refusal?: string;
};

const SELECT = 'SELECT id, uri, auth_count, last_access_at, refused_at, ignores_resp_uri, sealed_detail, sealed_devinf FROM device';

export class Devices implements DevicesWriter {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  async byUri(uri: string): Promise<DeviceRecord | undefined> {
    return this.#record(this.#scope.sql.get<DeviceRow>(`${SELECT} WHERE account = ? AND uri = ?`, this.#scope.account, uri));
  }

  async byId(id: DeviceId): Promise<DeviceRecord | undefined> {
    return this.#record(this.#scope.sql.get<DeviceRow>(`${SELECT} WHERE id = ? AND account = ?`, id, this.#scope.account));
  }

  async list(): Promise<readonly DeviceRecord[]> {
    return this.#scope.sql
      .all<DeviceRow>(`${SELECT} WHERE account = ? ORDER BY uri`, this.#scope.account)
      .flatMap((row) => this.#record(row) ?? []);
  }

  async create(uri: string, now: number): Promise<DeviceRecord> {
    const row = this.#scope.sql.get<{ id: DeviceId }>(
      'INSERT INTO device (account, uri, auth_count, last_access_at, ignores_resp_uri) VALUES (?, ?, 0, ?, 0) RETURNING id',
      this.#scope.account,
      uri,
      now,
    );
    if (row === undefined) throw new Error('the device was not written');
    return { id: row.id, uri, authCount: 0, lastAccessAt: now };
  }

  async save(device: DeviceRecord): Promise<void> {
    const { sql, account } = this.#scope;
    const detail: Detail = {
      ...optional('userAgent', device.userAgent),
      ...optional('wapProfile', device.wapProfile),
      ...optional('profile', device.profile),
      ...optional('nonce', device.nonce),
      ...optional('previousNonce', device.previousNonce),
      ...optional('clientNonce', device.clientNonce),
      ...optional('timeZone', device.timeZone),
      ...optional('country', device.country),
      ...optional('seenZone', device.seenZone),
      ...optional('seenCharset', device.seenCharset),
      ...optional('seenProperties', device.seenProperties),
      ...optional('refusal', device.lastRefusal?.reason),
    };
    const written = sql.run(
      `UPDATE device SET auth_count = ?, last_access_at = ?, refused_at = ?, ignores_resp_uri = ?, sealed_detail = ?
       WHERE id = ? AND account = ?`,
      device.authCount,
      device.lastAccessAt,
      device.lastRefusal?.at ?? null,
      device.ignoresRespUri === true ? 1 : 0,
      this.#scope.seal(JSON.stringify(detail), deviceAad(this.#scope.account, device.id)),
      device.id,
      account,
    );
    if (written !== 1) throw new Error(`account ${account} has no device ${device.id}`);
    this.#saveDevInf(device);
  }

  async remove(id: DeviceId): Promise<void> {
    const { sql, account } = this.#scope;
    for (const { pair } of sql.all<{ pair: PairId }>('SELECT id AS pair FROM pair WHERE device = ? AND account = ?', id, account)) {
      sql.run('DELETE FROM chunk WHERE account = ? AND owner = ?', account, chunkOwner(pair));
    }
    sql.run('DELETE FROM device WHERE id = ? AND account = ?', id, account);
    this.#scope.forget();
  }

  /** A device is saved with every log-in, its DevInf (tens of kilobytes) changes with its firmware: written only when it differs. */
  #saveDevInf({ id, devInf }: DeviceRecord): void {
    const { sql, keys } = this.#scope;
    const key = devInf === undefined ? null : keys.mac('devinf', devInf);
    const stored = sql.get<{ devinf_key: string | null }>('SELECT devinf_key FROM device WHERE id = ?', id)?.devinf_key;
    if (stored === key) return;
    const sealed = devInf === undefined ? null : this.#scope.seal(devInf, devInfAad(this.#scope.account, id));
    sql.run('UPDATE device SET devinf_key = ?, sealed_devinf = ? WHERE id = ?', key, sealed, id);
  }

  #record(row: DeviceRow | undefined): DeviceRecord | undefined {
    if (row === undefined) return undefined;
    const sealed = row.sealed_detail;
    const { refusal, ...detail } =
      sealed === null ? ({} as Detail) : (JSON.parse(this.#scope.openText(sealed, deviceAad(this.#scope.account, row.id))) as Detail);
    return {
      id: row.id,
      uri: row.uri,
      ...detail,
      ...(row.sealed_devinf === null ? {} : { devInf: this.#scope.openText(row.sealed_devinf, devInfAad(this.#scope.account, row.id)) }),
      authCount: row.auth_count,
      lastAccessAt: row.last_access_at,
      ...(row.refused_at === null ? {} : { lastRefusal: { at: row.refused_at, reason: refusal ?? '' } }),
      ...(row.ignores_resp_uri === 1 ? { ignoresRespUri: true } : {}),
    };
  }
}
