import type { DatastoreId, DeviceId } from '../../model/ids.js';
import { guidOf } from '../../model/ids.js';
import type { ConflictRecord, ConflictsWriter } from '../ports/conflicts.js';
import { conflictAad } from './aad.js';
import { guidKey, optional, type Scope } from './scope.js';

interface ConflictRow {
  id: number;
  at: number;
  datastore: DatastoreId;
  guid: number;
  device: DeviceId | null;
  cause: string;
  decision: string;
  revision: number;
  type: string;
  batch: string | null;
  fields: string | null;
  undone_at: number | null;
}
const SELECT = 'SELECT id, at, datastore, guid, device, cause, decision, revision, type, batch, fields, undone_at FROM conflict';
const NO_LIMIT = -1;

export class Conflicts implements ConflictsWriter {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  async list(options: { datastore?: DatastoreId; limit?: number } = {}): Promise<readonly ConflictRecord[]> {
    const { sql, account } = this.#scope;
    const limit = options.limit ?? NO_LIMIT;
    const rows =
      options.datastore === undefined
        ? sql.all<ConflictRow>(`${SELECT} WHERE account = ? ORDER BY id DESC LIMIT ?`, account, limit)
        : sql.all<ConflictRow>(`${SELECT} WHERE datastore = ? AND account = ? ORDER BY id DESC LIMIT ?`, options.datastore, account, limit);
    return rows.map(toConflict);
  }

  async get(id: number): Promise<ConflictRecord | undefined> {
    const row = this.#scope.sql.get<ConflictRow>(`${SELECT} WHERE id = ? AND account = ?`, id, this.#scope.account);
    return row === undefined ? undefined : toConflict(row);
  }

  async content(id: number): Promise<{ readonly lost?: Uint8Array; readonly kept?: Uint8Array }> {
    const { sql, account } = this.#scope;
    const row = sql.get<{ lost: Uint8Array | null; kept: Uint8Array | null }>(
      'SELECT lost, kept FROM conflict WHERE id = ? AND account = ?',
      id,
      account,
    );
    const side = (name: 'lost' | 'kept'): Uint8Array | undefined => {
      const sealed = row?.[name] ?? undefined;
      return sealed && this.#scope.open(sealed, conflictAad(account, id, name));
    };
    return { ...optional('lost', side('lost')), ...optional('kept', side('kept')) };
  }

  async add(entry: Omit<ConflictRecord, 'id' | 'undoneAt'>, content: { lost?: Uint8Array; kept?: Uint8Array }): Promise<number> {
    const { sql, account } = this.#scope;
    this.#scope.mustOwn(entry.datastore);
    const row = sql.get<{ id: number }>(
      `INSERT INTO conflict (account, at, datastore, guid, device, cause, decision, revision, type, batch, fields) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
      account,
      entry.at,
      entry.datastore,
      guidKey(entry.guid),
      entry.device ?? null,
      entry.cause,
      entry.decision,
      entry.revision,
      entry.type,
      entry.batch ?? null,
      entry.fields === undefined ? null : JSON.stringify(entry.fields),
    );
    if (row === undefined) throw new Error('the conflict was not written');
    // Sealed for the row's id, which only the insert gives.
    const side = (name: 'lost' | 'kept'): Uint8Array | null => {
      const plain = content[name];
      return plain === undefined ? null : this.#scope.seal(plain, conflictAad(account, row.id, name));
    };
    sql.run('UPDATE conflict SET lost = ?, kept = ? WHERE id = ?', side('lost'), side('kept'), row.id);
    return row.id;
  }

  async markUndone(id: number, at: number): Promise<void> {
    this.#scope.sql.run('UPDATE conflict SET undone_at = ? WHERE id = ? AND account = ?', at, id, this.#scope.account);
  }
}

const toConflict = (row: ConflictRow): ConflictRecord => ({
  id: row.id,
  at: row.at,
  datastore: row.datastore,
  guid: guidOf(row.guid),
  ...optional('device', row.device),
  cause: row.cause,
  decision: row.decision,
  revision: row.revision,
  type: row.type,
  ...optional('batch', row.batch),
  ...(row.fields === null ? {} : { fields: JSON.parse(row.fields) as readonly string[] }),
  ...optional('undoneAt', row.undone_at),
});
