/**
 * Copies of devices' files, looked at from outside: one generation a read, so that nobody waits long. What seems wrong is looked at again,
 * since a server may have changed it between two reads.
 */
import { createHash } from 'node:crypto';
import { StoreError } from '../../../model/errors.js';
import type { AccountId, CopyId } from '../../../model/ids.js';
import { packOf } from '../../packs/names.js';
import type { CheckName } from '../../ports/checks.js';
import type { ChunkRef, CopyRecord } from '../../ports/copies.js';
import type { Finding, InspectOptions } from '../../ports/inspection.js';
import type { CopySweepRooms } from '../copies/sweep.js';
import type { Handle } from '../handle.js';

export const DRAFT_RULE = 'copy-draft';
export const COUNT_RULE = 'copy-pack-count';
export const NUMBER_RULE = 'copy-number';

/** Chunks that are read at a time when bytes are looked at. */
const SLICE = 128;

export type CopyAuditRooms = Pick<CopySweepRooms, 'read' | 'packs' | 'copiesOf'>;

export interface CopyStep {
  readonly check: CheckName;
  /** Rows, generations or chunks that were looked at. */
  readonly looked: number;
  readonly finding?: Finding;
}

interface Head {
  readonly id: CopyId;
  readonly account: AccountId;
  readonly user: string;
  readonly uri: string;
}

const HEADS = `SELECT c.id, c.account, a.name AS user, d.uri FROM copy c JOIN account a ON a.id = c.account JOIN account_key k ON k.account = a.id JOIN device d ON d.id = c.device
  WHERE ?1 IS NULL OR c.account = ?1 ORDER BY c.id`;

const RESTORE = 'Restore the data folder from a snapshot, or have the device make a full backup.';

export async function* auditCopies(
  rooms: CopyAuditRooms,
  { account, depth, signal }: Pick<InspectOptions, 'account' | 'depth' | 'signal'>,
): AsyncGenerator<CopyStep> {
  for (const head of await rooms.read((sql) => sql.all<Head>(HEADS, account ?? null))) {
    signal?.throwIfAborted();
    const look = new Look(rooms, head, signal);
    // Without the account's key nothing of it opens: that is a finding of its own.
    if (!(await look.hasKey())) continue;
    yield* look.record();
    yield* look.generations();
    yield* look.draft();
    yield* look.counts();
    yield* look.packs();
    if (depth === 'full') yield* look.bytes();
  }
}

class Look {
  readonly #rooms: CopyAuditRooms;
  readonly #head: Head;
  readonly #signal: AbortSignal | undefined;
  #file = '';
  /** That are missing or too short: their chunks are not looked at one by one. */
  readonly #badPacks = new Set<string>();

  constructor(rooms: CopyAuditRooms, head: Head, signal: AbortSignal | undefined) {
    this.#rooms = rooms;
    this.#head = head;
    this.#signal = signal;
  }

  async hasKey(): Promise<boolean> {
    try {
      await this.#rooms.packs.read(this.#head.account, this.#head.id, []);
      return true;
    } catch (error) {
      if (error instanceof StoreError) return false;
      throw error;
    }
  }

  async *record(): AsyncGenerator<CopyStep> {
    let record: CopyRecord | undefined;
    const fault = await this.#fault(async (copies) => {
      record = await copies.byId(this.#head.id);
    });
    this.#file = record?.file ?? `copy ${this.#head.id}`;
    yield this.#step(
      'copies',
      fault === undefined ? undefined : { what: `its name and media type do not open (${fault})`, rule: 'copy-record', key: [] },
    );
    const beyond = await this.#rooms.read((sql) => sql.get(BEYOND, this.#head.id) !== undefined);
    yield this.#step(
      'counters',
      beyond
        ? { what: 'it has a generation of a higher number than was given out', rule: NUMBER_RULE, key: [], repair: 'raise the counter' }
        : undefined,
    );
  }

  async *generations(): AsyncGenerator<CopyStep> {
    const numbers = await this.#rooms.read((sql) =>
      sql.all<{ number: number }>('SELECT number FROM copy_generation WHERE copy = ? ORDER BY number', this.#head.id),
    );
    for (const { number } of numbers) {
      this.#signal?.throwIfAborted();
      const fault = await this.#twice((copies) => copies.chunks(this.#head.id, number));
      yield this.#step(
        'copies',
        fault === undefined ? undefined : { what: `generation ${number} is broken (${fault})`, rule: 'copy-generation', key: [number] },
      );
    }
  }

  async *draft(): AsyncGenerator<CopyStep> {
    const number = await this.#rooms.read(
      (sql) => sql.get<{ number: number }>('SELECT number FROM copy_draft WHERE copy = ?', this.#head.id)?.number,
    );
    if (number === undefined) return;
    const fault = await this.#twice((copies) => draftIsWhole(copies, this.#head.id));
    yield this.#step(
      'copy-drafts',
      fault === undefined
        ? undefined
        : { what: `the draft ${number} is broken (${fault})`, rule: DRAFT_RULE, key: [number], repair: 'drop the draft' },
    );
  }

  async *counts(): AsyncGenerator<CopyStep> {
    const { wrong, unnoted } = await this.#rooms.read((sql) => ({
      wrong: wrongCounts(sql, this.#head.id).length,
      unnoted: sql.get(UNNOTED, this.#head.id) !== undefined,
    }));
    yield this.#step(
      'copy-totals',
      wrong > 0
        ? {
            what: `the counts of ${wrong} packs are not those of the rows that name them`,
            rule: COUNT_RULE,
            key: [],
            repair: 'count again',
          }
        : undefined,
    );
    yield this.#step('copies', unnoted ? { what: 'rows name a pack that is not noted', rule: 'copy-pack-noted', key: [] } : undefined);
  }

  /** That packs are there and long enough: the last byte that a row names of each is fetched. */
  async *packs(): AsyncGenerator<CopyStep> {
    for (const { name, end } of await this.#rooms.read((sql) => sql.all<{ name: string; end: number }>(ENDS, this.#head.id))) {
      this.#signal?.throwIfAborted();
      const fault = await this.#packFault(name, end);
      const still = fault === undefined || (await this.#rooms.read((sql) => sql.get(STILL_NAMED, this.#head.id, name) !== undefined));
      if (fault !== undefined) this.#badPacks.add(name);
      yield this.#step('copy-packs', still && fault !== undefined ? { what: fault, rule: 'copy-pack', key: [name] } : undefined);
    }
  }

  /** Every chunk of every generation, each once: it must open, and be what its hash says. */
  async *bytes(): AsyncGenerator<CopyStep> {
    const seen = new Set<string>();
    const numbers = await this.#rooms.read((sql) =>
      sql.all<{ number: number }>('SELECT number FROM copy_generation WHERE copy = ? ORDER BY number DESC', this.#head.id),
    );
    for (const { number } of numbers) {
      let refs: readonly ChunkRef[] = [];
      await this.#fault(async (copies) => {
        refs = await copies.chunks(this.#head.id, number);
      });
      const fresh = refs.filter(
        ({ pack, offset }) => !this.#badPacks.has(pack) && !seen.has(`${pack} ${offset}`) && seen.add(`${pack} ${offset}`),
      );
      for (let at = 0; at < fresh.length; at += SLICE) {
        this.#signal?.throwIfAborted();
        const slice = fresh.slice(at, at + SLICE);
        const broken = await this.#brokenOf(slice);
        yield { check: 'copy-packs', looked: slice.length };
        for (const { index } of broken)
          yield this.#step(
            'copy-packs',
            { what: `chunk ${index} of generation ${number} does not open`, rule: 'copy-bytes', key: [number, index] },
            0,
          );
      }
    }
  }

  async #brokenOf(refs: readonly ChunkRef[]): Promise<readonly ChunkRef[]> {
    const wrong = async (some: readonly ChunkRef[]): Promise<boolean> => {
      try {
        const chunks = await this.#rooms.packs.read(this.#head.account, this.#head.id, some);
        return chunks.some(
          (bytes, n) =>
            !createHash('sha256')
              .update(bytes)
              .digest()
              .equals(some[n]?.hash ?? new Uint8Array(0)),
        );
      } catch (error) {
        if (error instanceof StoreError && error.fault === 'corrupt') return true;
        // A location that cannot be reached was reported with its packs.
        if (error instanceof StoreError) return false;
        throw error;
      }
    };
    if (!(await wrong(refs))) return [];
    const broken: ChunkRef[] = [];
    for (const ref of refs) if (await wrong([ref])) broken.push(ref);
    return broken;
  }

  async #packFault(name: string, end: number): Promise<string | undefined> {
    const { location, object } = packOf(name);
    try {
      await this.#rooms.packs.location(location).get(object, { offset: end - 1, length: 1 });
      return undefined;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return error.fault === 'corrupt'
        ? `the pack ${name} is missing or too short`
        : `the pack ${name} cannot be reached (${error.message})`;
    }
  }

  /** What is wrong with it now; undefined when it could be read. */
  async #fault(work: (copies: ReturnType<CopyAuditRooms['copiesOf']>) => Promise<unknown>): Promise<string | undefined> {
    try {
      await this.#rooms.read(async (sql) => {
        await work(this.#rooms.copiesOf(sql, this.#head.account));
      });
      return undefined;
    } catch (error) {
      if (error instanceof StoreError && error.fault === 'corrupt') return error.message;
      throw error;
    }
  }

  async #twice(work: (copies: ReturnType<CopyAuditRooms['copiesOf']>) => Promise<unknown>): Promise<string | undefined> {
    return (await this.#fault(work)) === undefined ? undefined : this.#fault(work);
  }

  #step(
    check: CheckName,
    found:
      { readonly what: string; readonly rule: string; readonly key: readonly (string | number)[]; readonly repair?: string } | undefined,
    looked = 1,
  ): CopyStep {
    if (found === undefined) return { check, looked };
    const { id, account, user, uri } = this.#head;
    return {
      check,
      looked,
      finding: {
        check,
        what: `${this.#file}: ${found.what}`,
        next: found.repair === undefined ? RESTORE : 'Run "moorage doctor --repair".',
        user,
        device: uri,
        ...(found.repair === undefined ? {} : { repair: found.repair }),
        at: { rule: found.rule, account, key: [id, ...found.key] },
      },
    };
  }
}

async function draftIsWhole(copies: ReturnType<CopyAuditRooms['copiesOf']>, copy: CopyId): Promise<void> {
  const draft = await copies.draft(copy);
  if (draft !== undefined) await copies.chunks(copy, draft.number);
}

const BEYOND = `SELECT 1 FROM copy c WHERE c.id = ?1 AND c.last_number < (SELECT MAX(n) FROM (
  SELECT MAX(number) AS n FROM copy_generation WHERE copy = ?1 UNION ALL SELECT number FROM copy_draft WHERE copy = ?1))`;
const UNNOTED =
  'SELECT 1 FROM copy_chunk c WHERE c.copy = ? AND c.pack IS NOT NULL AND NOT EXISTS (SELECT 1 FROM copy_pack p WHERE p.id = c.pack AND p.copy = c.copy)';
const ENDS = `SELECT p.name, MAX(c.at + c.length) AS end FROM copy_chunk c JOIN copy_pack p ON p.id = c.pack WHERE c.copy = ? GROUP BY p.id`;
const STILL_NAMED = 'SELECT 1 FROM copy_pack WHERE copy = ? AND name = ? AND live_chunks > 0';

interface WrongCount {
  readonly id: number;
  readonly chunks: number;
  readonly bytes: number;
}

const wrongCounts = (sql: Pick<Handle, 'all'>, copy: CopyId): readonly WrongCount[] =>
  sql.all<WrongCount>(
    `SELECT p.id, IFNULL(n.chunks, 0) AS chunks, IFNULL(n.bytes, 0) AS bytes FROM copy_pack p
     LEFT JOIN (SELECT pack, COUNT(*) AS chunks, SUM(length) AS bytes FROM copy_chunk WHERE copy = ?1 GROUP BY pack) n ON n.pack = p.id
     WHERE p.copy = ?1 AND (p.live_chunks <> IFNULL(n.chunks, 0) OR p.live_bytes <> IFNULL(n.bytes, 0))`,
    copy,
  );

export interface CopyMendRooms extends CopyAuditRooms, Pick<CopySweepRooms, 'transact'> {
  /** Copies rows to the safety copy before they are changed. */
  keep(sql: Handle, table: string, where: string, ...values: readonly (string | number)[]): void;
}

/** @returns whether it was still so, and is mended; undefined when it is no matter of copies. */
export async function mendCopy(rooms: CopyMendRooms, { rule, account, key }: Finding['at'], now: number): Promise<boolean | undefined> {
  if (account === undefined || (rule !== DRAFT_RULE && rule !== COUNT_RULE && rule !== NUMBER_RULE)) return undefined;
  const copy = Number(key[0]) as CopyId;
  return rooms.transact(async (sql) => {
    if (rule === NUMBER_RULE) {
      if (sql.get(BEYOND, copy) === undefined) return false;
      rooms.keep(sql, 'copy', 'id = ?', copy);
      sql.run(
        `UPDATE copy SET last_number = MAX(IFNULL((SELECT MAX(number) FROM copy_generation WHERE copy = ?1), 0),
           IFNULL((SELECT number FROM copy_draft WHERE copy = ?1), 0)) WHERE id = ?1`,
        copy,
      );
      return true;
    }
    if (rule === COUNT_RULE) {
      const wrong = wrongCounts(sql, copy);
      for (const { id, chunks, bytes } of wrong)
        sql.run(
          'UPDATE copy_pack SET live_chunks = ?, live_bytes = ?, free_since = ? WHERE id = ?',
          chunks,
          bytes,
          chunks > 0 ? null : now,
          id,
        );
      return wrong.length > 0;
    }
    const copies = rooms.copiesOf(sql, account);
    try {
      await draftIsWhole(copies, copy);
      return false;
    } catch (error) {
      if (!(error instanceof StoreError) || error.fault !== 'corrupt') throw error;
    }
    rooms.keep(sql, 'copy_draft', 'copy = ?', copy);
    await copies.dropDraft(copy);
    return true;
  });
}
