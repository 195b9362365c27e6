import type { DatastoreId } from '../../model/ids.js';
import type { ConflictPolicy, DatastoreRecord, DatastoresWriter } from '../ports/datastores.js';
import type { Scope } from './scope.js';

const COLUMNS = 'id, uri, kind, policy, position, floor';

export class Datastores implements DatastoresWriter {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  async byUri(uri: string): Promise<DatastoreRecord | undefined> {
    return plain(this.#scope.sql.get(`SELECT ${COLUMNS} FROM datastore WHERE account = ? AND uri = ?`, this.#scope.account, uri));
  }

  async byId(id: DatastoreId): Promise<DatastoreRecord | undefined> {
    return plain(this.#scope.sql.get(`SELECT ${COLUMNS} FROM datastore WHERE id = ? AND account = ?`, id, this.#scope.account));
  }

  async list(): Promise<readonly DatastoreRecord[]> {
    const rows = this.#scope.sql.all<DatastoreRecord>(
      `SELECT ${COLUMNS} FROM datastore WHERE account = ? ORDER BY uri`,
      this.#scope.account,
    );
    return rows.map((row) => ({ ...row }));
  }

  async create(uri: string, kind: string, policy: ConflictPolicy): Promise<DatastoreRecord> {
    const row = this.#scope.sql.get<DatastoreRecord>(
      `INSERT INTO datastore (account, uri, kind, policy) VALUES (?, ?, ?, ?) RETURNING ${COLUMNS}`,
      this.#scope.account,
      uri,
      kind,
      policy,
    );
    if (row === undefined) throw new Error('the datastore was not written');
    return { ...row };
  }

  async compact(id: DatastoreId, position: number): Promise<void> {
    this.#scope.mustOwn(id);
    const { sql } = this.#scope;
    sql.run('UPDATE datastore SET floor = MIN(?, position) WHERE id = ? AND floor < MIN(?, position)', position, id, position);
    sql.run(DELETE_TOMBSTONES, id, id);
  }
}

/**
 * Tombstones below the floor that no device's map names. A device that was away too long still has map rows: they tell its slow sync
 * what was deleted here.
 */
export const DELETE_TOMBSTONES = `
  DELETE FROM item WHERE datastore = ?1 AND deleted = 1
    AND position <= (SELECT floor FROM datastore WHERE id = ?1)
    AND guid NOT IN (SELECT m.guid FROM pair p JOIN id_map m ON m.pair = p.id WHERE p.datastore = ?2 AND m.gone IS NULL)`;

function plain(row: DatastoreRecord | undefined): DatastoreRecord | undefined {
  return row === undefined ? undefined : { ...row };
}
