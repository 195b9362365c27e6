/**
 * Rows of one copy's chunks. The chunk of a generation is the newest row of its index between the generation's floor (the number of the
 * full one it goes back to) and its own number. A gap is a row without a pack: nothing is there, whatever older rows say.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CopyId } from '../../../model/ids.js';
import { StoreError } from '../../../model/errors.js';
import { HASH_BYTES, NO_SUM, type HashEntry, type HashKeys } from '../../../sealing/hash-keys.js';
import { CHUNK_BYTES, type ChunkRef } from '../../ports/copies.js';
import type { SqlValue } from '../connection.js';
import type { Scope } from '../scope.js';
import type { Named, Packs } from './packs.js';
import { chunksOf, type Extent, type Lineage } from './records.js';

export interface ChunkRow {
  readonly idx: number;
  readonly generation: number;
  readonly written_for: number;
  readonly pack: number;
  readonly at: number;
  readonly length: number;
  /** 1: its bytes are a gzip member. */
  readonly member: number;
  readonly hash: Uint8Array;
}
type MaybeGap = Omit<ChunkRow, 'pack' | 'hash'> & { readonly pack: number | null; readonly hash: Uint8Array | null };

// Beside MAX the columns are those of the row that has it. [SQLite, "Bare columns in an aggregate query"]
const RANGE = `SELECT idx, MAX(generation) AS generation, written_for, pack, at, length, member, hash FROM copy_chunk
  WHERE copy = ?1 AND idx >= ?2 AND idx < ?3 AND generation >= ?4 AND generation <= ?5 GROUP BY idx`;
const ONE = `SELECT idx, generation, written_for, pack, at, length, member, hash FROM copy_chunk
  WHERE copy = ?1 AND idx = ?2 AND generation >= ?3 AND generation <= ?4 ORDER BY generation DESC LIMIT 1`;
const PUT =
  'INSERT OR REPLACE INTO copy_chunk (copy, idx, generation, written_for, pack, at, length, member, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)';
const COLUMNS = 9;
/** Rows between which others on the event loop get their turn: a few milliseconds. The transaction goes on. */
const TURN_ROWS = 1024;
/** Rows of one statement where there are many: half the time of one by one. */
const MANY = 16;
const PUT_MANY = `${PUT}${', (?, ?, ?, ?, ?, ?, ?, ?, ?)'.repeat(MANY - 1)}`;

/** Rows that are one apart cost less as a range than as a look-up each. */
const DENSE = 4;

export class ChunkRows {
  readonly #scope: Scope;
  readonly #copy: CopyId;
  readonly #packs: Packs;

  constructor(scope: Scope, copy: CopyId, packs: Packs) {
    this.#scope = scope;
    this.#copy = copy;
    this.#packs = packs;
  }

  get #hashes(): HashKeys {
    return this.#scope.keys.hashes;
  }

  /** Chunks from one index up to another, in order; gaps are left out. */
  range({ floor, number }: Extent, from: number, to: number): readonly ChunkRow[] {
    return from >= to ? [] : this.#scope.sql.all<MaybeGap>(RANGE, this.#copy, from, to, floor, number).filter(isChunk);
  }

  /** @param indices in order, each once. */
  some(lineage: Extent, indices: readonly number[]): readonly ChunkRow[] {
    const within = indices.filter((index) => index < chunksOf(lineage.size));
    const [first, last] = [within[0], within.at(-1)];
    if (first === undefined || last === undefined) return [];
    if (last - first < within.length * DENSE) {
      const wanted = new Set(within);
      return this.range(lineage, first, last + 1).filter(({ idx }) => wanted.has(idx));
    }
    return within
      .map((index) => this.#scope.sql.get<MaybeGap>(ONE, this.#copy, index, lineage.floor, lineage.number))
      .filter((row) => row !== undefined)
      .filter(isChunk);
  }

  /**
   * All chunks of a generation or draft.
   * @throws {StoreError} `corrupt` when they are not those that its sealed sum stands for.
   */
  async all(lineage: Lineage): Promise<readonly ChunkRow[]> {
    const rows: ChunkRow[] = [];
    let sum = NO_SUM;
    const end = chunksOf(lineage.size);
    for (let from = 0; from < end; from += TURN_ROWS) {
      if (from > 0) await nextTurn();
      const some = this.range(lineage, from, Math.min(end, from + TURN_ROWS));
      sum = this.sum(sum, [], some);
      rows.push(...some);
    }
    if (rows.length !== lineage.chunks || sum !== lineage.sum)
      throw new StoreError('corrupt', `copy ${this.#copy}: the chunks of ${lineage.number} are not those it was made of`);
    return rows;
  }

  refsOf(rows: readonly ChunkRow[]): readonly ChunkRef[] {
    const names = this.#packs.namesOf(new Set(rows.map(({ pack }) => pack)));
    const hashes = this.#hashes.open(rows.map(({ hash }) => hash));
    return rows.map((row, n) => {
      const pack = names.get(row.pack);
      if (pack === undefined) throw new StoreError('corrupt', `copy ${this.#copy}: chunk ${row.idx} names a pack that is not noted`);
      const hash = hashes.subarray(n * HASH_BYTES, (n + 1) * HASH_BYTES);
      return { index: row.idx, writtenFor: row.written_for, pack, offset: row.at, length: row.length, member: row.member === 1, hash };
    });
  }

  hashesOf(rows: readonly ChunkRow[]): Uint8Array {
    return this.#hashes.open(rows.map(({ hash }) => hash));
  }

  /** The sealed sum without some chunks and with others. */
  sum(sum: string, without: readonly ChunkRow[], and: readonly ChunkRow[] | readonly ChunkRef[]): string {
    return this.#hashes.sum(sum, this.#entries(without), this.#entries(and));
  }

  #entries(chunks: readonly ChunkRow[] | readonly ChunkRef[]): readonly HashEntry[] {
    const [first] = chunks;
    if (first === undefined) return [];
    if ('index' in first) {
      const refs = chunks as readonly ChunkRef[];
      return refs.map(({ index, writtenFor, hash }) => ({ place: [this.#copy, index, writtenFor], hash }));
    }
    const rows = chunks as readonly ChunkRow[];
    const hashes = this.hashesOf(rows);
    return rows.map((row, n) => ({
      place: [this.#copy, row.idx, row.written_for],
      hash: hashes.subarray(n * HASH_BYTES, (n + 1) * HASH_BYTES),
    }));
  }

  /** Writes the draft's rows; what it had at these indices is replaced. */
  async put(number: number, refs: readonly ChunkRef[], packs: ReadonlyMap<string, number>): Promise<readonly Named[]> {
    const named: Named[] = [];
    for (let from = 0; from < refs.length; from += TURN_ROWS) {
      if (from > 0) await nextTurn();
      named.push(...this.#putSome(number, refs.slice(from, from + TURN_ROWS), packs));
    }
    return named;
  }

  #putSome(number: number, refs: readonly ChunkRef[], packs: ReadonlyMap<string, number>): readonly Named[] {
    const sealed = this.#hashes.seal(refs.map(({ hash }) => hash));
    const named: Named[] = [];
    let values: SqlValue[] = [];
    refs.forEach(({ index, writtenFor, pack: name, offset, length, member }, n) => {
      const pack = packs.get(name);
      if (pack === undefined) throw new Error(`pack ${name} was not asked for`);
      named.push({ pack, length });
      values.push(this.#copy, index, number, writtenFor, pack, offset, length, member ? 1 : 0, sealed[n] ?? null);
      if (named.length % MANY !== 0) return;
      this.#scope.sql.run(PUT_MANY, ...values);
      values = [];
    });
    for (let at = 0; at < values.length; at += COLUMNS) this.#scope.sql.run(PUT, ...values.slice(at, at + COLUMNS));
    return named;
  }

  /** A draft has grown over indices that it has no chunks for: rows of longer generations before it must not stand in for them. */
  closeGaps({ floor, number }: Extent, from: number, to: number, written: ReadonlySet<number>): void {
    const rows = this.#scope.sql.all<{ idx: number }>(
      'SELECT DISTINCT idx FROM copy_chunk WHERE copy = ? AND idx >= ? AND idx < ? AND generation >= ? AND generation < ?',
      this.#copy,
      from,
      to,
      floor,
      number,
    );
    for (const { idx } of rows) {
      if (!written.has(idx)) this.#scope.sql.run(PUT, this.#copy, idx, number, number, null, 0, 0, 0, null);
    }
  }

  /** Removes rows of a draft, all or those from an index on. */
  removeOf(number: number, from = 0): readonly Named[] {
    return this.#removed('copy = ? AND generation = ? AND idx >= ?', this.#copy, number, from);
  }

  /** For a draft on a generation that is not the newest: where newer ones have rows, the base's become the draft's own. */
  takeOver(base: Extent, number: number): readonly Named[] {
    const newer = this.#scope.sql.all<{ idx: number }>(
      'SELECT DISTINCT idx FROM copy_chunk WHERE copy = ? AND generation > ? AND generation < ? AND idx < ?',
      this.#copy,
      base.number,
      number,
      chunksOf(base.size),
    );
    const indices = newer.map(({ idx }) => idx).sort((a, b) => a - b);
    const rows = this.some(base, indices);
    for (const row of rows)
      this.#scope.sql.run(PUT, this.#copy, row.idx, number, row.written_for, row.pack, row.at, row.length, row.member, row.hash);
    return rows;
  }

  /** Removes rows that were only of the generation `gone`, whose own row is no more; `next` is the generation or draft after it. */
  removeUnseen(gone: Extent, next: Extent): readonly Named[] {
    return this.#removed(UNSEEN, this.#copy, gone.floor, gone.number, next.number, chunksOf(next.size), next.floor);
  }

  #removed(where: string, ...values: number[]): readonly Named[] {
    return this.#scope.sql
      .all<{ pack: number | null; length: number }>(`DELETE FROM copy_chunk AS c WHERE ${where} RETURNING pack, length`, ...values)
      .filter((row): row is Named => row.pack !== null);
  }
}

/**
 * The first half only narrows down (a row that `gone` saw and `next` does not is at an index where something newer came, or beyond the
 * end of `next`, or below its floor); the second half is the rule.
 */
const UNSEEN = `copy = ?1 AND generation >= ?2 AND generation <= ?3
  AND (generation < ?6 OR idx >= ?5 OR idx IN (SELECT idx FROM copy_chunk WHERE copy = ?1 AND generation > ?3 AND generation <= ?4))
  AND NOT EXISTS (
    SELECT 1 FROM (SELECT number, floor, size FROM copy_generation WHERE copy = ?1
      UNION ALL SELECT number, floor, size FROM copy_draft WHERE copy = ?1) AS g
    WHERE g.number >= c.generation AND g.floor <= c.generation AND g.size > c.idx * ${CHUNK_BYTES}
      AND g.number < IFNULL((SELECT MIN(n.generation) FROM copy_chunk n WHERE n.copy = c.copy AND n.idx = c.idx AND n.generation > c.generation), 1 << 53))`;

const isChunk = (row: MaybeGap): row is ChunkRow => row.pack !== null && row.hash !== null;
