import type { DatastoreId, DeviceId, Guid, PairId } from '../../model/ids.js';
import { guidOf } from '../../model/ids.js';
import type { InstancesWriter } from '../ports/instances.js';
import type { Author, ContentRef, ItemRecord, ItemsWriter, NewItem } from '../ports/items.js';
import { itemAad } from './aad.js';
import type { SqlValue } from './connection.js';
import { guidKey, guidNumber, optional, type Scope } from './scope.js';

interface ItemRow {
  guid: number;
  revision: number;
  deleted: number;
  type: string;
  canonical_key: string;
  identity_key: string | null;
  loose_key: string | null;
  series_key: string | null;
  modified: string | null;
  size: number;
  changed_at: number;
  changed_by: DeviceId | null;
}
const COLUMNS =
  'i.guid, i.revision, i.deleted, i.type, i.canonical_key, i.identity_key, i.loose_key, i.series_key, i.modified, i.size, i.changed_at, i.changed_by';

// Statements that run for each item are written once: one that is put together anew has to be read before it is known to be prepared.
const ONE = `SELECT ${COLUMNS} FROM item i WHERE i.datastore = ? AND i.guid = ?`;
/** The index is named, because LIMIT in GUID order tempts the planner to walk the whole datastore instead. */
const unmapped = (by: string): string =>
  `SELECT ${COLUMNS} FROM item i INDEXED BY item_${by} WHERE i.datastore = ? AND i.${by}_key = ? AND i.deleted = 0
     AND NOT EXISTS (SELECT 1 FROM id_map m WHERE m.pair = ? AND m.epoch = ? AND m.guid = i.guid) ORDER BY i.guid LIMIT +?`;
const mapped = (by: string): string =>
  `SELECT ${COLUMNS} FROM item i INDEXED BY item_${by} JOIN id_map m ON m.pair = ? AND m.epoch = ? AND m.guid = i.guid
     WHERE i.datastore = ? AND i.${by}_key = ? AND i.deleted = 0 AND m.luid IS NOT NULL AND m.gone IS NULL ORDER BY i.guid LIMIT +?`;
const UNMAPPED = { canonical: unmapped('canonical'), identity: unmapped('identity'), loose: unmapped('loose') };
const MAPPED = { canonical: mapped('canonical'), identity: mapped('identity') };

/** Pages through a list without an upper bound. SQLite reads a negative LIMIT as none. */
const NO_LIMIT = -1;

/** type, canonical_key, identity_key, loose_key, series_key, modified, size, changed_at, changed_by */
const columnsOf = (item: NewItem, size: number, author: Author): SqlValue[] => [
  item.type,
  item.canonicalKey,
  item.identityKey ?? null,
  item.looseKey ?? null,
  item.seriesKey ?? null,
  item.modified ?? null,
  size,
  author.now,
  author.device ?? null,
];

export class Items implements ItemsWriter {
  readonly #scope: Scope;
  readonly #instances: InstancesWriter;

  constructor(scope: Scope, instances: InstancesWriter) {
    this.#scope = scope;
    this.#instances = instances;
  }

  async get(datastore: DatastoreId, guid: Guid): Promise<ItemRecord | undefined> {
    const key = guidNumber(guid);
    if (key === undefined || !this.#scope.owns(datastore)) return undefined;
    const row = this.#row(datastore, key);
    return row === undefined ? undefined : toRecord(row);
  }

  async content(datastore: DatastoreId, guid: Guid, revision?: number): Promise<Uint8Array | undefined> {
    const { sql, account } = this.#scope;
    const key = guidNumber(guid);
    if (key === undefined || !this.#scope.owns(datastore)) return undefined;
    const row =
      revision === undefined
        ? sql.get<VersionRow>(
            `SELECT v.revision, v.blob, v.content FROM item i JOIN item_version v ON v.datastore = i.datastore AND v.guid = i.guid AND v.revision = i.revision
             WHERE i.datastore = ? AND i.guid = ? AND i.deleted = 0`,
            datastore,
            key,
          )
        : sql.get<VersionRow>(
            'SELECT revision, blob, content FROM item_version WHERE datastore = ? AND guid = ? AND revision = ?',
            datastore,
            key,
            revision,
          );
    if (row === undefined) return undefined;
    if (row.blob !== null) return sql.blob(account, row.blob);
    return row.content === null ? undefined : this.#scope.open(row.content, itemAad(account, datastore, guid, row.revision));
  }

  async list(datastore: DatastoreId, options: { after?: Guid; limit?: number } = {}): Promise<readonly ItemRecord[]> {
    if (!this.#scope.owns(datastore)) return [];
    const after = options.after === undefined ? 0 : guidKey(options.after);
    const sql = `SELECT ${COLUMNS} FROM item i WHERE i.datastore = ? AND i.deleted = 0 AND i.guid > ? ORDER BY i.guid LIMIT +?`;
    return this.#scope.sql.all<ItemRow>(sql, datastore, after, options.limit ?? NO_LIMIT).map(toRecord);
  }

  async count(datastore: DatastoreId): Promise<number> {
    const { sql, account } = this.#scope;
    return (
      sql.get<{ item_count: number }>('SELECT item_count FROM datastore WHERE id = ? AND account = ?', datastore, account)?.item_count ?? 0
    );
  }

  async findUnmapped(
    datastore: DatastoreId,
    by: 'canonical' | 'identity',
    key: string,
    pair: PairId,
    epoch: number,
  ): Promise<ItemRecord | undefined> {
    return (await this.listUnmapped(datastore, by, key, pair, epoch, 1))[0];
  }

  async listUnmapped(
    datastore: DatastoreId,
    by: 'canonical' | 'identity' | 'loose',
    key: string,
    pair: PairId,
    epoch: number,
    limit: number,
  ): Promise<readonly ItemRecord[]> {
    if (!this.#scope.owns(datastore)) return [];
    return this.#scope.sql.all<ItemRow>(UNMAPPED[by], datastore, key, pair, epoch, limit).map(toRecord);
  }

  async listMapped(
    datastore: DatastoreId,
    by: 'canonical' | 'identity',
    key: string,
    pair: PairId,
    epoch: number,
    limit: number,
  ): Promise<readonly ItemRecord[]> {
    if (!this.#scope.owns(datastore)) return [];
    return this.#scope.sql.all<ItemRow>(MAPPED[by], pair, epoch, datastore, key, limit).map(toRecord);
  }

  async listSeries(datastore: DatastoreId, key: string, limit: number): Promise<readonly ItemRecord[]> {
    if (!this.#scope.owns(datastore)) return [];
    const sql = `SELECT ${COLUMNS} FROM item i INDEXED BY item_series WHERE i.datastore = ? AND i.series_key = ? AND i.deleted = 0 ORDER BY i.guid LIMIT +?`;
    return this.#scope.sql.all<ItemRow>(sql, datastore, key, limit).map(toRecord);
  }

  async create(datastore: DatastoreId, item: NewItem, author: Author): Promise<ItemRecord> {
    const { sql, account } = this.#scope;
    const size = sizeOf(item.content);
    const taken = sql.get<{ last_guid: number; position: number }>(
      `UPDATE datastore SET last_guid = last_guid + 1, position = position + 1, item_count = item_count + 1, used_bytes = used_bytes + ?
       WHERE id = ? AND account = ? RETURNING last_guid, position`,
      size,
      datastore,
      account,
    );
    if (taken === undefined) throw new Error(`account ${account} has no datastore ${datastore}`);
    sql.run(
      `INSERT INTO item (datastore, guid, revision, position, deleted, type, canonical_key, identity_key, loose_key, series_key, modified, size, changed_at, changed_by)
       VALUES (?, ?, 1, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      datastore,
      taken.last_guid,
      taken.position,
      ...columnsOf(item, size, author),
    );
    this.#writeVersion(datastore, taken.last_guid, 1, item.content);
    await this.#nameInstances(datastore, guidOf(taken.last_guid), item);
    return newRecord(guidOf(taken.last_guid), 1, item, size, author);
  }

  async replace(datastore: DatastoreId, guid: Guid, item: NewItem, author: Author): Promise<ItemRecord> {
    const { sql } = this.#scope;
    const old = this.#mustHave(datastore, guid);
    const size = sizeOf(item.content);
    const revision = old.revision + 1;
    const position = this.#advance(datastore, old.deleted, size - old.size);
    sql.run(
      `UPDATE item SET revision = ?, position = ?, deleted = 0, type = ?, canonical_key = ?, identity_key = ?, loose_key = ?, series_key = ?, modified = ?, size = ?, changed_at = ?, changed_by = ?
       WHERE datastore = ? AND guid = ?`,
      revision,
      position,
      ...columnsOf(item, size, author),
      datastore,
      old.guid,
    );
    if (old.deleted === 0) this.#supersede(datastore, old, author.now);
    this.#writeVersion(datastore, old.guid, revision, item.content);
    await this.#nameInstances(datastore, guid, item);
    return newRecord(guid, revision, item, size, author);
  }

  async remove(datastore: DatastoreId, guid: Guid, author: Author): Promise<ItemRecord> {
    const old = this.#mustHave(datastore, guid);
    if (old.deleted === 1) return toRecord(old);
    const position = this.#advance(datastore, -1, -old.size);
    this.#scope.sql.run(
      'UPDATE item SET revision = ?, position = ?, deleted = 1, size = 0, changed_at = ?, changed_by = ? WHERE datastore = ? AND guid = ?',
      old.revision + 1,
      position,
      author.now,
      author.device ?? null,
      datastore,
      old.guid,
    );
    this.#supersede(datastore, old, author.now);
    return toRecord({ ...old, revision: old.revision + 1, deleted: 1, size: 0, changed_at: author.now, changed_by: author.device ?? null });
  }

  async #nameInstances(datastore: DatastoreId, guid: Guid, { instances = [] }: NewItem): Promise<void> {
    for (const key of instances) await this.#instances.put(datastore, guid, key);
  }

  /** Takes the next log position and keeps the counters of live items and their bytes. */
  #advance(datastore: DatastoreId, items: number, bytes: number): number {
    const row = this.#scope.sql.get<{ position: number }>(
      'UPDATE datastore SET position = position + 1, item_count = item_count + ?, used_bytes = used_bytes + ? WHERE id = ? RETURNING position',
      items,
      bytes,
      datastore,
    );
    if (row === undefined) throw new Error(`there is no datastore ${datastore}`);
    return row.position;
  }

  #supersede(datastore: DatastoreId, old: ItemRow, now: number): void {
    const sql = 'UPDATE item_version SET superseded_at = ? WHERE datastore = ? AND guid = ? AND revision = ?';
    this.#scope.sql.run(sql, now, datastore, old.guid, old.revision);
  }

  #writeVersion(datastore: DatastoreId, guid: number, revision: number, content: ContentRef): void {
    this.#scope.sql.run(
      'INSERT INTO item_version (datastore, guid, revision, blob, content) VALUES (?, ?, ?, ?, ?)',
      datastore,
      guid,
      revision,
      content.kind === 'blob' ? content.name : null,
      content.kind === 'blob' ? null : this.#scope.seal(content.bytes, itemAad(this.#scope.account, datastore, guidOf(guid), revision)),
    );
  }

  #mustHave(datastore: DatastoreId, guid: Guid): ItemRow {
    this.#scope.mustOwn(datastore);
    const row = this.#row(datastore, guidKey(guid));
    if (row === undefined) throw new Error(`datastore ${datastore} has no item ${guid}`);
    return row;
  }

  #row(datastore: DatastoreId, guid: number): ItemRow | undefined {
    return this.#scope.sql.get<ItemRow>(ONE, datastore, guid);
  }
}

interface VersionRow {
  revision: number;
  blob: string | null;
  content: Uint8Array | null;
}

export const sizeOf = (content: ContentRef): number => (content.kind === 'blob' ? content.size : content.bytes.byteLength);

function newRecord(guid: Guid, revision: number, item: NewItem, size: number, author: Author): ItemRecord {
  return {
    guid,
    revision,
    type: item.type,
    canonicalKey: item.canonicalKey,
    ...optional('identityKey', item.identityKey),
    ...optional('looseKey', item.looseKey),
    ...optional('seriesKey', item.seriesKey),
    ...optional('modified', item.modified),
    size,
    deleted: false,
    changedAt: author.now,
    ...optional('changedBy', author.device),
  };
}

const toRecord = (row: ItemRow): ItemRecord => ({
  guid: guidOf(row.guid),
  revision: row.revision,
  type: row.type,
  canonicalKey: row.canonical_key,
  ...optional('identityKey', row.identity_key),
  ...optional('looseKey', row.loose_key),
  ...optional('seriesKey', row.series_key),
  ...optional('modified', row.modified),
  size: row.size,
  deleted: row.deleted === 1,
  changedAt: row.changed_at,
  ...optional('changedBy', row.changed_by),
});
