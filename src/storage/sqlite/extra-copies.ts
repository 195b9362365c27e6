import type { Guid, Luid, PairId } from '../../model/ids.js';
import { guidOf } from '../../model/ids.js';
import type { ExtraCopiesWriter, ExtraCopy } from '../ports/extra-copies.js';
import { guidKey, guidNumber, type Scope } from './scope.js';

interface CopyRow {
  luid: Luid;
  guid: number;
  content_key: string;
}
const SELECT = 'SELECT luid, guid, content_key FROM extra_copy WHERE pair = ? AND epoch = ?';
const BY_LUID = `${SELECT} AND luid = ?`;

export class ExtraCopies implements ExtraCopiesWriter {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  async byLuid(pair: PairId, epoch: number, luid: Luid): Promise<ExtraCopy | undefined> {
    if (!this.#scope.ownsPair(pair)) return undefined;
    const row = this.#scope.sql.get<CopyRow>(BY_LUID, pair, epoch, luid);
    return row === undefined ? undefined : toCopy(row);
  }

  async ofItem(pair: PairId, epoch: number, guid: Guid, limit: number): Promise<readonly ExtraCopy[]> {
    const key = guidNumber(guid);
    if (key === undefined || !this.#scope.ownsPair(pair)) return [];
    return this.#scope.sql.all<CopyRow>(`${SELECT} AND guid = ? LIMIT +?`, pair, epoch, key, limit).map(toCopy);
  }

  async count(pair: PairId, epoch: number): Promise<number> {
    if (!this.#scope.ownsPair(pair)) return 0;
    const sql = 'SELECT COUNT(*) AS n FROM extra_copy WHERE pair = ? AND epoch = ?';
    return this.#scope.sql.get<{ n: number }>(sql, pair, epoch)?.n ?? 0;
  }

  async put(pair: PairId, epoch: number, { luid, guid, key }: ExtraCopy): Promise<void> {
    this.#scope.mustOwnPair(pair);
    this.#scope.sql.run(
      'INSERT OR REPLACE INTO extra_copy (pair, epoch, luid, guid, content_key) VALUES (?, ?, ?, ?, ?)',
      pair,
      epoch,
      luid,
      guidKey(guid),
      key,
    );
  }

  async remove(pair: PairId, epoch: number, luid: Luid): Promise<void> {
    this.#scope.mustOwnPair(pair);
    this.#scope.sql.run('DELETE FROM extra_copy WHERE pair = ? AND epoch = ? AND luid = ?', pair, epoch, luid);
  }
}

const toCopy = (row: CopyRow): ExtraCopy => ({ luid: row.luid, guid: guidOf(row.guid), key: row.content_key });
