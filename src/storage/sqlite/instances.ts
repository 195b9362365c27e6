import type { DatastoreId, Guid, PairId } from '../../model/ids.js';
import { guidOf } from '../../model/ids.js';
import type { InstanceRow, InstancesWriter } from '../ports/instances.js';
import { guidKey, guidNumber, type Scope } from './scope.js';

interface Row {
  guid: number;
  series: number;
  instance_key: string;
}
const SELECT = 'SELECT n.guid, n.series, n.instance_key FROM instance n';

/** Instances of series that are swept, which no device is known to have. Parameter: 1 datastore. */
export const DELETE_INSTANCES = `DELETE FROM instance WHERE datastore = ?1
  AND NOT EXISTS (SELECT 1 FROM item i WHERE i.datastore = ?1 AND i.guid = instance.series)
  AND NOT EXISTS (SELECT 1 FROM pair p JOIN id_map m ON m.pair = p.id AND m.guid = instance.guid AND m.gone IS NULL WHERE p.datastore = ?1)`;

export class Instances implements InstancesWriter {
  readonly #scope: Scope;
  /** Datastores in which there is any, or none: most have none, and are asked once and not for each item. */
  readonly #any = new Map<DatastoreId, boolean>();

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  async byGuid(datastore: DatastoreId, guid: Guid): Promise<InstanceRow | undefined> {
    const key = guidNumber(guid);
    if (key === undefined || !this.#hasAny(datastore)) return undefined;
    const row = this.#scope.sql.get<Row>(`${SELECT} WHERE n.datastore = ? AND n.guid = ?`, datastore, key);
    return row && toInstance(row);
  }

  async ofSeries(datastore: DatastoreId, series: Guid): Promise<readonly InstanceRow[]> {
    const key = guidNumber(series);
    if (key === undefined || !this.#hasAny(datastore)) return [];
    return this.#scope.sql.all<Row>(`${SELECT} WHERE n.datastore = ? AND n.series = ? ORDER BY n.guid`, datastore, key).map(toInstance);
  }

  async series(datastore: DatastoreId, since = 0): Promise<readonly Guid[]> {
    if (!this.#hasAny(datastore)) return [];
    const sql = `SELECT DISTINCT n.series FROM instance n CROSS JOIN item i ON i.datastore = n.datastore AND i.guid = n.series
       WHERE n.datastore = ? AND i.position > ? ORDER BY n.series`;
    return this.#scope.sql.all<{ series: number }>(sql, datastore, since).map((row) => guidOf(row.series));
  }

  async mapped(pair: PairId, epoch: number): Promise<readonly InstanceRow[]> {
    if (!this.#scope.ownsPair(pair)) return [];
    // From the instances, of which there are few, to the map, which may be long.
    const sql = `${SELECT} CROSS JOIN id_map m ON m.pair = ?1 AND m.epoch = ?2 AND m.guid = n.guid
       WHERE n.datastore = (SELECT datastore FROM pair WHERE id = ?1) ORDER BY n.guid`;
    return this.#scope.sql.all<Row>(sql, pair, epoch).map(toInstance);
  }

  async rename(datastore: DatastoreId, guid: Guid, key: string): Promise<void> {
    this.#scope.mustOwn(datastore);
    this.#scope.sql.run('UPDATE OR IGNORE instance SET instance_key = ? WHERE datastore = ? AND guid = ?', key, datastore, guidKey(guid));
  }

  async put(datastore: DatastoreId, series: Guid, key: string): Promise<Guid> {
    const { sql, account } = this.#scope;
    this.#scope.mustOwn(datastore);
    const known = sql.get<{ guid: number }>(
      'SELECT guid FROM instance WHERE datastore = ? AND series = ? AND instance_key = ?',
      datastore,
      guidKey(series),
      key,
    );
    if (known) return guidOf(known.guid);
    const taken = sql.get<{ last_guid: number }>(
      'UPDATE datastore SET last_guid = last_guid + 1 WHERE id = ? AND account = ? RETURNING last_guid',
      datastore,
      account,
    );
    if (taken === undefined) throw new Error(`account ${account} has no datastore ${datastore}`);
    sql.run(
      'INSERT INTO instance (datastore, guid, series, instance_key) VALUES (?, ?, ?, ?)',
      datastore,
      taken.last_guid,
      guidKey(series),
      key,
    );
    this.#any.set(datastore, true);
    return guidOf(taken.last_guid);
  }

  #hasAny(datastore: DatastoreId): boolean {
    const known = this.#any.get(datastore);
    if (known !== undefined) return known;
    const { sql } = this.#scope;
    const any = this.#scope.owns(datastore) && sql.get('SELECT 1 FROM instance WHERE datastore = ? LIMIT 1', datastore) !== undefined;
    this.#any.set(datastore, any);
    return any;
  }
}

const toInstance = (row: Row): InstanceRow => ({ guid: guidOf(row.guid), series: guidOf(row.series), key: row.instance_key });
