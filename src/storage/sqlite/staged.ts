import type { Luid, PairId } from '../../model/ids.js';
import type { StagedItem, StagedWriter } from '../ports/arriving.js';
import type { ContentRef, NewItem } from '../ports/items.js';
import { stagedAad } from './aad.js';
import { sizeOf } from './items.js';
import { optional, type Scope } from './scope.js';

interface StagedRow {
  luid: Luid;
  type: string;
  canonical_key: string;
  identity_key: string | null;
  loose_key: string | null;
  modified: string | null;
  size: number;
}
const SELECT = 'SELECT luid, type, canonical_key, identity_key, loose_key, modified, size FROM staged WHERE pair = ?';

export class Staged implements StagedWriter {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  async get(pair: PairId, luid: Luid): Promise<StagedItem | undefined> {
    if (!this.#scope.ownsPair(pair)) return undefined;
    const row = this.#scope.sql.get<StagedRow>(`${SELECT} AND luid = ?`, pair, luid);
    return row === undefined ? undefined : toStaged(row);
  }

  async list(pair: PairId): Promise<readonly StagedItem[]> {
    if (!this.#scope.ownsPair(pair)) return [];
    return this.#scope.sql.all<StagedRow>(`${SELECT} ORDER BY id`, pair).map(toStaged);
  }

  async content(pair: PairId, luid: Luid): Promise<ContentRef | undefined> {
    if (!this.#scope.ownsPair(pair)) return undefined;
    const row = this.#scope.sql.get<{ size: number; blob: string | null; content: Uint8Array | null }>(
      'SELECT size, blob, content FROM staged WHERE pair = ? AND luid = ?',
      pair,
      luid,
    );
    if (row === undefined) return undefined;
    if (row.blob !== null) return { kind: 'blob', name: row.blob, size: row.size };
    return row.content === null
      ? undefined
      : { kind: 'inline', bytes: this.#scope.open(row.content, stagedAad(this.#scope.account, pair, luid)) };
  }

  async bytes(pair: PairId, luid: Luid): Promise<Uint8Array | undefined> {
    const content = await this.content(pair, luid);
    return content?.kind === 'blob' ? this.#scope.sql.blob(this.#scope.account, content.name) : content?.bytes;
  }

  async put(pair: PairId, luid: Luid, item: NewItem): Promise<void> {
    this.#scope.mustOwnPair(pair);
    this.#scope.sql.run(
      `INSERT INTO staged (pair, luid, type, canonical_key, identity_key, loose_key, modified, size, blob, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (pair, luid) DO UPDATE SET type = excluded.type, canonical_key = excluded.canonical_key, identity_key = excluded.identity_key,
         loose_key = excluded.loose_key, modified = excluded.modified, size = excluded.size, blob = excluded.blob, content = excluded.content`,
      pair,
      luid,
      item.type,
      item.canonicalKey,
      item.identityKey ?? null,
      item.looseKey ?? null,
      item.modified ?? null,
      sizeOf(item.content),
      item.content.kind === 'blob' ? item.content.name : null,
      item.content.kind === 'blob' ? null : this.#scope.seal(item.content.bytes, stagedAad(this.#scope.account, pair, luid)),
    );
  }

  async remove(pair: PairId, luid: Luid): Promise<boolean> {
    this.#scope.mustOwnPair(pair);
    return this.#scope.sql.run('DELETE FROM staged WHERE pair = ? AND luid = ?', pair, luid) > 0;
  }

  async clear(pair: PairId): Promise<void> {
    this.#scope.mustOwnPair(pair);
    this.#scope.sql.run('DELETE FROM staged WHERE pair = ?', pair);
  }
}

const toStaged = (row: StagedRow): StagedItem => ({
  luid: row.luid,
  type: row.type,
  canonicalKey: row.canonical_key,
  ...optional('identityKey', row.identity_key),
  ...optional('looseKey', row.loose_key),
  ...optional('modified', row.modified),
  size: row.size,
});
