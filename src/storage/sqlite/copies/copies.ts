/** Copies of devices' files as rows. A draft and a generation are the same but for the table they stand in. */
import { StoreError } from '../../../model/errors.js';
import type { CopyId, DeviceId } from '../../../model/ids.js';
import { NO_SUM } from '../../../sealing/hash-keys.js';
import type { ChunkRef, CopiesWriter, CopyMethod, CopyRecord, DraftRecord, GenerationRecord, KeptUpdate } from '../../ports/copies.js';
import type { Scope } from '../scope.js';
import { ChunkRows } from './chunk-rows.js';
import { Packs } from './packs.js';
import type { Proven } from './proven.js';
import {
  chunksOf,
  COPY_COLUMNS,
  DRAFT_COLUMNS,
  draftValues,
  fromDraft,
  fromGeneration,
  GENERATION_COLUMNS,
  generationValues,
  PUT_DRAFT,
  PUT_GENERATION,
  sealedCopy,
  toCopy,
  toDraft,
  toGeneration,
  type CopyRow,
  type DraftRow,
  type Extent,
  type GenerationRow,
  type Lineage,
  type OpenedDraft,
  type OpenedGeneration,
} from './records.js';
import { Updates } from './updates.js';

export class Copies implements CopiesWriter {
  readonly #scope: Scope;
  readonly #clock: () => number;
  readonly #proven: Proven;
  readonly #updates: Updates;

  constructor(scope: Scope, clock: () => number, proven: Proven) {
    this.#scope = scope;
    this.#clock = clock;
    this.#proven = proven;
    this.#updates = new Updates(scope);
  }

  async byId(id: CopyId): Promise<CopyRecord | undefined> {
    return this.#copy('id = ?', id);
  }

  async find(device: DeviceId, file: string): Promise<CopyRecord | undefined> {
    return this.#copy('device = ? AND file_key = ?', device, this.#fileKey(file));
  }

  async list(): Promise<readonly CopyRecord[]> {
    const rows = this.#scope.sql.all<CopyRow>(`SELECT ${COPY_COLUMNS} FROM copy WHERE account = ? ORDER BY device`, this.#scope.account);
    return rows.map((row) => toCopy(this.#scope, row)).sort((a, b) => a.device - b.device || (a.file < b.file ? -1 : 1));
  }

  async generations(copy: CopyId): Promise<readonly GenerationRecord[]> {
    if (!this.#owns(copy)) return [];
    return this.#scope.sql
      .all<GenerationRow>(`SELECT ${GENERATION_COLUMNS} FROM copy_generation WHERE copy = ? ORDER BY number`, copy)
      .map((row) => toGeneration(this.#scope, copy, row).record);
  }

  async generation(copy: CopyId, number: number): Promise<GenerationRecord | undefined> {
    return this.#generation(copy, 'number = ?', number)?.record;
  }

  async newest(copy: CopyId): Promise<GenerationRecord | undefined> {
    return this.#generation(copy, 'number = (SELECT MAX(number) FROM copy_generation WHERE copy = ?)', copy)?.record;
  }

  async draft(copy: CopyId): Promise<DraftRecord | undefined> {
    return this.#draft(copy)?.record;
  }

  async chunks(copy: CopyId, number: number, indices?: readonly number[]): Promise<readonly ChunkRef[]> {
    const lineage = this.#lineage(copy, number);
    if (lineage === undefined) return [];
    const rows = this.#rows(copy);
    if (indices === undefined) return rows.refsOf(await rows.all(lineage));
    if (!this.#proven.has(copy, lineage) && indices.length > 0) {
      await rows.all(lineage);
      this.#proven.add(copy, lineage);
    }
    return rows.refsOf(rows.some(lineage, inOrder(indices)));
  }

  async hashes(copy: CopyId, number: number): Promise<Uint8Array> {
    const lineage = this.#lineage(copy, number);
    if (lineage === undefined) return new Uint8Array(0);
    const rows = this.#rows(copy);
    return rows.hashesOf(await rows.all(lineage));
  }

  async updates(copy: CopyId): Promise<readonly KeptUpdate[]> {
    return this.#owns(copy) ? this.#updates.list(copy) : [];
  }

  async update(copy: CopyId, generation: number, name: string): Promise<Uint8Array | undefined> {
    return this.#owns(copy) ? this.#updates.content(copy, generation, name) : undefined;
  }

  async storedBytes(): Promise<number> {
    const { sql, account } = this.#scope;
    return sql.get<{ bytes: number }>(STORED_BYTES, account)?.bytes ?? 0;
  }

  async create(
    device: DeviceId,
    file: string,
    facts: Pick<CopyRecord, 'media' | 'way' | 'method' | 'location'>,
    now: number,
  ): Promise<CopyRecord> {
    const { sql, account } = this.#scope;
    if (sql.get('SELECT 1 FROM device WHERE id = ? AND account = ?', device, account) === undefined)
      throw new Error(`account ${account} has no device ${device}`);
    const row = sql.get<{ id: CopyId }>(
      `INSERT INTO copy (account, device, file_key, way, method, last_number, location, created_at) VALUES (?, ?, ?, ?, ?, 0, ?, ?) RETURNING id`,
      account,
      device,
      this.#fileKey(file),
      facts.way,
      facts.method,
      facts.location,
      now,
    );
    if (row === undefined) throw new Error('the copy was not written');
    // Sealed for the row's id, which only the insert gives.
    sql.run('UPDATE copy SET sealed = ? WHERE id = ?', sealedCopy(this.#scope, row.id, { file, media: facts.media }), row.id);
    return { id: row.id, device, file, ...facts, lastNumber: 0, createdAt: now };
  }

  async save(copy: CopyRecord): Promise<void> {
    const { sql, account } = this.#scope;
    const written = sql.run(
      'UPDATE copy SET way = ?, method = ?, location = ?, last_number = MAX(last_number, ?), sealed = ? WHERE id = ? AND device = ? AND file_key = ? AND account = ?',
      copy.way,
      copy.method,
      copy.location,
      copy.lastNumber,
      sealedCopy(this.#scope, copy.id, copy),
      copy.id,
      copy.device,
      this.#fileKey(copy.file),
      account,
    );
    if (written !== 1) throw new Error(`account ${account} has no copy ${copy.id} of this device and file`);
  }

  async openDraft(copy: CopyId, base: number | undefined, by: DraftRecord['by'], now: number): Promise<DraftRecord> {
    this.#mustOwn(copy);
    const { sql } = this.#scope;
    await this.dropDraft(copy);
    const from = base === undefined ? undefined : this.#generation(copy, 'number = ?', base)?.lineage;
    if (base !== undefined && from === undefined) throw new Error(`copy ${copy} has no generation ${base}`);
    const next = sql.get<{ number: number }>(
      'UPDATE copy SET last_number = last_number + 1 WHERE id = ? RETURNING last_number AS number',
      copy,
    );
    const number = next?.number ?? 0;
    const record: DraftRecord = {
      number,
      ...(base === undefined ? {} : { base }),
      version: 1,
      size: from?.size ?? 0,
      received: 0,
      by,
      openedAt: now,
      updatedAt: now,
      state: '',
    };
    const lineage: Lineage = { ...(from ?? { floor: number, size: 0, chunks: 0, sum: NO_SUM }), number };
    if (from === undefined || this.#proven.has(copy, from)) this.#proven.add(copy, lineage);
    const newest = sql.get<{ number: number }>('SELECT MAX(number) AS number FROM copy_generation WHERE copy = ?', copy)?.number;
    if (from !== undefined && from.number !== newest) {
      const packs = new Packs(sql, copy);
      packs.count(new ChunkRows(this.#scope, copy, packs).takeOver(from, number), [], this.#clock());
    }
    this.#writeDraft(copy, fromDraft(this.#scope, copy, record, lineage));
    return record;
  }

  async saveDraft(copy: CopyId, draft: DraftRecord, changed: readonly ChunkRef[]): Promise<DraftRecord | undefined> {
    this.#mustOwn(copy);
    const opened = this.#draft(copy);
    if (opened?.record.number !== draft.number || opened.record.version !== draft.version) return undefined;
    const refs = [...new Map(changed.map((ref) => [ref.index, ref])).values()].sort((a, b) => a.index - b.index);
    const after = chunksOf(draft.size);
    if ((refs.at(-1)?.index ?? -1) >= after) throw new RangeError(`a chunk beyond the end of ${draft.size} bytes`);
    const packs = new Packs(this.#scope.sql, copy);
    const ids = packs.idsOf(new Set(refs.map(({ pack }) => pack)));
    if (ids === undefined) return undefined;

    const { lineage } = opened;
    const before = chunksOf(lineage.size);
    const rows = new ChunkRows(this.#scope, copy, packs);
    const written = refs.map(({ index }) => index);
    const replaced = rows.some(lineage, written);
    const cut = rows.range(lineage, after, before).filter(({ idx }) => idx >= after);
    const gone = [
      ...replaced.filter(({ generation }) => generation === draft.number),
      ...(after < before ? rows.removeOf(draft.number, after) : []),
    ];
    if (after - before > written.length - firstFrom(written, before)) rows.closeGaps(lineage, before, after, new Set(written));
    packs.count(await rows.put(draft.number, refs, ids), gone, this.#clock());

    const without = [...replaced, ...cut];
    const sum = rows.sum(rows.sum(lineage.sum, without, []), [], refs);
    if (this.#proven.has(copy, lineage)) this.#proven.add(copy, { number: draft.number, sum });
    const next: DraftRecord = { ...draft, ...unchanging(opened.record), version: draft.version + 1 };
    this.#writeDraft(
      copy,
      fromDraft(this.#scope, copy, next, {
        floor: lineage.floor,
        chunks: lineage.chunks - without.length + refs.length,
        sum,
      }),
    );
    return next;
  }

  async dropDraft(copy: CopyId): Promise<void> {
    this.#mustOwn(copy);
    const { sql } = this.#scope;
    // By its number alone: a draft that does not open is dropped all the same.
    const draft = sql.get<{ number: number }>('SELECT number FROM copy_draft WHERE copy = ?', copy);
    if (draft === undefined) return;
    const packs = new Packs(sql, copy);
    packs.count([], new ChunkRows(this.#scope, copy, packs).removeOf(draft.number), this.#clock());
    sql.run('DELETE FROM copy_draft WHERE copy = ?', copy);
    this.#updates.removeOf(copy, draft.number);
  }

  async commit(
    copy: CopyId,
    generation: Omit<GenerationRecord, 'number' | 'base' | 'by' | 'received' | 'size'>,
    method: CopyMethod,
  ): Promise<GenerationRecord> {
    this.#mustOwn(copy);
    const { sql } = this.#scope;
    const draft = this.#draft(copy);
    const head = await this.byId(copy);
    if (draft === undefined || head === undefined) throw new Error(`copy ${copy} has no draft`);
    const { record, lineage } = draft;
    if (lineage.chunks !== chunksOf(record.size))
      throw new Error(`copy ${copy}: the draft has ${lineage.chunks} of ${chunksOf(record.size)} chunks`);
    const made: GenerationRecord = {
      ...generation,
      number: record.number,
      ...(record.base === undefined ? {} : { base: record.base }),
      by: record.by,
      received: record.received,
      size: record.size,
    };
    const row = fromGeneration(this.#scope, copy, made, lineage);
    sql.run(PUT_GENERATION, copy, ...generationValues(row));
    sql.run('DELETE FROM copy_draft WHERE copy = ?', copy);
    await this.save({ ...head, media: generation.media, way: generation.way, method });
    return made;
  }

  async setFlags(copy: CopyId, number: number, flags: readonly string[]): Promise<void> {
    this.#mustOwn(copy);
    this.#scope.sql.run('UPDATE copy_generation SET flags = ? WHERE copy = ? AND number = ?', JSON.stringify(flags), copy, number);
  }

  async drop(copy: CopyId, number: number): Promise<void> {
    this.#mustOwn(copy);
    const { sql } = this.#scope;
    // By what stands in the clear: a generation that does not open can be dropped, too.
    const [gone, next] = sql.all<Extent>(
      'SELECT number, floor, size FROM copy_generation WHERE copy = ? AND number >= ? ORDER BY number LIMIT 2',
      copy,
      number,
    );
    if (gone?.number !== number) return;
    if (next === undefined) throw new StoreError('unavailable', 'the newest generation of a copy is not dropped');
    sql.run('DELETE FROM copy_generation WHERE copy = ? AND number = ?', copy, number);
    const packs = new Packs(sql, copy);
    packs.count([], new ChunkRows(this.#scope, copy, packs).removeUnseen(gone, next), this.#clock());
    this.#updates.removeUseless(copy);
  }

  async remove(copy: CopyId): Promise<void> {
    this.#mustOwn(copy);
    this.#scope.sql.run('DELETE FROM copy WHERE id = ? AND account = ?', copy, this.#scope.account);
  }

  async keepUpdate(copy: CopyId, update: Omit<KeptUpdate, 'size'>, bytes: Uint8Array): Promise<void> {
    this.#mustOwn(copy);
    this.#updates.keep(copy, update, bytes);
  }

  #fileKey(file: string): string {
    return this.#scope.keys.mac('copy-file', file);
  }

  #copy(where: string, ...values: (string | number)[]): CopyRecord | undefined {
    const { sql, account } = this.#scope;
    const row = sql.get<CopyRow>(`SELECT ${COPY_COLUMNS} FROM copy WHERE ${where} AND account = ?`, ...values, account);
    return row === undefined ? undefined : toCopy(this.#scope, row);
  }

  #owns(copy: CopyId): boolean {
    const { sql, account } = this.#scope;
    return sql.get('SELECT 1 FROM copy WHERE id = ? AND account = ?', copy, account) !== undefined;
  }

  #mustOwn(copy: CopyId): void {
    if (!this.#owns(copy)) throw new Error(`account ${this.#scope.account} has no copy ${copy}`);
  }

  #rows(copy: CopyId): ChunkRows {
    return new ChunkRows(this.#scope, copy, new Packs(this.#scope.sql, copy));
  }

  #generation(copy: CopyId, where: string, value: number): OpenedGeneration | undefined {
    if (!this.#owns(copy)) return undefined;
    const row = this.#scope.sql.get<GenerationRow>(
      `SELECT ${GENERATION_COLUMNS} FROM copy_generation WHERE copy = ? AND ${where}`,
      copy,
      value,
    );
    return row === undefined ? undefined : toGeneration(this.#scope, copy, row);
  }

  #draft(copy: CopyId): OpenedDraft | undefined {
    if (!this.#owns(copy)) return undefined;
    const row = this.#scope.sql.get<DraftRow>(`SELECT ${DRAFT_COLUMNS} FROM copy_draft WHERE copy = ?`, copy);
    return row === undefined ? undefined : toDraft(this.#scope, copy, row);
  }

  #lineage(copy: CopyId, number: number): Lineage | undefined {
    // The draft last: one that does not open keeps nobody from the generations.
    const generation = this.#generation(copy, 'number = ?', number)?.lineage;
    if (generation !== undefined) return generation;
    const draft = this.#draft(copy)?.lineage;
    return draft?.number === number ? draft : undefined;
  }

  #writeDraft(copy: CopyId, row: DraftRow): void {
    this.#scope.sql.run(PUT_DRAFT, copy, ...draftValues(row));
  }
}

const STORED_BYTES = `SELECT COALESCE(SUM(live_bytes), 0) AS bytes FROM copy_pack WHERE copy IN (SELECT id FROM copy WHERE account = ?)`;

/** What no step of a draft changes. */
const unchanging = ({ number, base, openedAt }: DraftRecord): Pick<DraftRecord, 'number' | 'base' | 'openedAt'> => ({
  number,
  ...(base === undefined ? {} : { base }),
  openedAt,
});

const inOrder = (indices: readonly number[]): readonly number[] => [...new Set(indices)].sort((a, b) => a - b);

/** Where in the ordered list the first number not below `from` stands. */
function firstFrom(ordered: readonly number[], from: number): number {
  const at = ordered.findIndex((number) => number >= from);
  return at === -1 ? ordered.length : at;
}
