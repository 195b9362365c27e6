import type { DatastoreId, DeviceId, PairId, SessionToken } from '../../model/ids.js';
import { chunkOwner } from '../ports/arriving.js';
import type { AnchorPoint, Growth, OpenSync, PairRecord, PairsWriter } from '../ports/pairs.js';
import { optional, type Scope } from './scope.js';

export interface PairRow {
  id: PairId;
  device: DeviceId;
  datastore: DatastoreId;
  client_uri: string;
  last_epoch: number;
  slow_needed: number;
  fence: SessionToken | null;
  current_anchor: string | null;
  previous_anchor: string | null;
  tentative_anchor: string | null;
  open_sync: string | null;
  last_sync: string | null;
  growth: string | null;
}
export const PAIR_COLUMNS =
  'id, device, datastore, client_uri, last_epoch, slow_needed, fence, current_anchor, previous_anchor, tentative_anchor, open_sync, last_sync, growth';
const SELECT = `SELECT ${PAIR_COLUMNS} FROM pair`;

export class Pairs implements PairsWriter {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  async get(id: PairId): Promise<PairRecord | undefined> {
    const row = this.#scope.sql.get<PairRow>(`${SELECT} WHERE id = ? AND account = ?`, id, this.#scope.account);
    return row === undefined ? undefined : toPair(row);
  }

  async find(device: DeviceId, datastore: DatastoreId, clientUri: string): Promise<PairRecord | undefined> {
    const { sql, account } = this.#scope;
    const where = 'WHERE device = ? AND datastore = ? AND client_uri = ? AND account = ?';
    const row = sql.get<PairRow>(`${SELECT} ${where}`, device, datastore, clientUri, account);
    return row === undefined ? undefined : toPair(row);
  }

  async ofDevice(device: DeviceId): Promise<readonly PairRecord[]> {
    return this.#scope.sql.all<PairRow>(`${SELECT} WHERE device = ? AND account = ? ORDER BY id`, device, this.#scope.account).map(toPair);
  }

  async ofDatastore(datastore: DatastoreId): Promise<readonly PairRecord[]> {
    return this.#scope.sql
      .all<PairRow>(`${SELECT} WHERE datastore = ? AND account = ? ORDER BY id`, datastore, this.#scope.account)
      .map(toPair);
  }

  async create(device: DeviceId, datastore: DatastoreId, clientUri: string): Promise<PairRecord> {
    const { sql, account } = this.#scope;
    this.#scope.mustOwn(datastore);
    const row = sql.get<PairRow>(
      `INSERT INTO pair (account, device, datastore, client_uri, last_epoch, slow_needed)
       SELECT account, id, ?, ?, 0, 0 FROM device WHERE id = ? AND account = ? RETURNING ${PAIR_COLUMNS}`,
      datastore,
      clientUri,
      device,
      account,
    );
    if (row === undefined) throw new Error(`account ${account} has no device ${device}`);
    this.#scope.forget();
    return toPair(row);
  }

  async save(pair: PairRecord): Promise<void> {
    const { sql, account } = this.#scope;
    const written = sql.run(
      `UPDATE pair SET last_epoch = ?, slow_needed = ?, fence = ?, current_anchor = ?, previous_anchor = ?, tentative_anchor = ?, open_sync = ?, last_sync = ?, growth = ?
       WHERE id = ? AND account = ?`,
      pair.lastEpoch,
      pair.slowNeeded ? 1 : 0,
      pair.fence ?? null,
      json(pair.current),
      json(pair.previous),
      json(pair.tentative),
      json(pair.open),
      json(pair.lastSync),
      json(pair.growth),
      pair.id,
      account,
    );
    if (written !== 1) throw new Error(`account ${account} has no pair ${pair.id}`);
  }

  async remove(id: PairId): Promise<void> {
    this.#scope.mustOwnPair(id);
    const { sql, account } = this.#scope;
    sql.run('DELETE FROM chunk WHERE account = ? AND owner = ?', account, chunkOwner(id));
    sql.run('DELETE FROM pair WHERE id = ?', id);
    this.#scope.forget();
  }
}

const json = (value: object | undefined): string | null => (value === undefined ? null : JSON.stringify(value));

function parsed<K extends string, V>(key: K, text: string | null): { readonly [P in K]?: V } {
  return text === null ? {} : optional(key, JSON.parse(text) as V);
}

export const toPair = (row: PairRow): PairRecord => ({
  id: row.id,
  device: row.device,
  datastore: row.datastore,
  clientUri: row.client_uri,
  lastEpoch: row.last_epoch,
  ...parsed<'current', AnchorPoint>('current', row.current_anchor),
  ...parsed<'previous', AnchorPoint>('previous', row.previous_anchor),
  ...parsed<'tentative', AnchorPoint>('tentative', row.tentative_anchor),
  slowNeeded: row.slow_needed === 1,
  ...optional('fence', row.fence),
  ...parsed<'open', OpenSync>('open', row.open_sync),
  ...parsed<'lastSync', NonNullable<PairRecord['lastSync']>>('lastSync', row.last_sync),
  ...parsed<'growth', Growth>('growth', row.growth),
});
