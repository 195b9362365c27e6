/**
 * Repairs. Each looks again inside its own transaction, keeps a copy of the rows it changes, and is committed as a whole: a repair that is
 * killed leaves the store as it was or mended, and running it again goes on.
 */
import type { SweepLimits } from '../../ports/store.js';
import type { Finding, MendOptions, MendReport } from '../../ports/inspection.js';
import { DuplicateError } from '../connection.js';
import type { Handle } from '../handle.js';
import { STORE_RULES, termsOf, type AuditRooms } from './audit.js';
import type { StoreRule } from './database.js';
import { mendCopy, type CopyMendRooms } from './copies.js';
import { LOG_RULE, RIGHTS_RULE, takeRights } from './folder.js';
import { groundAgain, RULES } from './grounds.js';
import { SWEEP_RULE } from './overdue.js';
import type { Ground, MendRoom, Suspect, Terms } from './rule.js';
import { SafetyCopy } from './safety-copy.js';

export interface MendRooms extends AuditRooms {
  transact<T>(work: (sql: Handle) => T | Promise<T>): Promise<T>;
  sweep(now: number, ages: SweepLimits, signal?: AbortSignal): Promise<unknown>;
  /** Moves the write-ahead log into the database. */
  tidy(): Promise<void>;
}

/** Row repairs share a transaction, and its syncs, for so long. Milliseconds. */
const TOGETHER_MS = 15;

export async function mend(rooms: MendRooms, findings: readonly Finding[], options: MendOptions): Promise<MendReport> {
  const terms = await rooms.read((sql) => termsOf(sql, options, 'full', rooms.blobs));
  const stamp = new Date(options.now).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const copy = new SafetyCopy(rooms.folder, `${stamp}-${process.pid}.jsonl`);
  const mender = new Mender(rooms, terms, copy);
  const wanted = findings.filter(({ repair }) => repair !== undefined);
  let mended = 0;
  try {
    for (let at = 0; at < wanted.length;) {
      options.signal?.throwIfAborted();
      options.progress?.(at, wanted.length);
      const done = (await mender.other(wanted[at], options)) ?? (await mender.rows(wanted.slice(at, at + MOST_TOGETHER)));
      at += done.looked;
      mended += done.mended;
    }
    options.progress?.(wanted.length, wanted.length);
    return { mended, left: findings.length - mended, ...(copy.path === undefined ? {} : { copy: copy.path }) };
  } finally {
    copy.close();
  }
}

const MOST_TOGETHER = 200;

/** How many findings were dealt with, and how many of them were mended: the others are in order by now, or not to be mended. */
interface Done {
  readonly looked: number;
  readonly mended: number;
}
const one = (mended: boolean): Done => ({ looked: 1, mended: mended ? 1 : 0 });

interface Found {
  readonly ground: Ground;
  readonly suspect: Suspect;
}

class Mender {
  readonly #rooms: MendRooms;
  readonly #terms: Terms;
  readonly #copy: SafetyCopy;
  readonly #once = new Set<string>();

  constructor(rooms: MendRooms, terms: Terms, copy: SafetyCopy) {
    this.#rooms = rooms;
    this.#terms = terms;
    this.#copy = copy;
  }

  /** What is no matter of a row; undefined when it is. */
  async other(finding: Finding | undefined, { now, ages, signal }: MendOptions): Promise<Done | undefined> {
    if (finding === undefined) return one(false);
    const { rule, key } = finding.at;
    if (rule === SWEEP_RULE || rule === LOG_RULE) {
      if (!this.#once.has(rule)) await (rule === SWEEP_RULE ? this.#rooms.sweep(now, ages, signal) : this.#rooms.tidy());
      this.#once.add(rule);
      return one(true);
    }
    if (rule === RIGHTS_RULE) {
      await takeRights(String(key[0]));
      return one(true);
    }
    const ofStore = STORE_RULES.find(({ id }) => id === rule);
    if (ofStore !== undefined) return one(await this.#ofStore(ofStore, key));
    const keep: CopyMendRooms['keep'] = (...asked) => {
      this.#copy.keep(...asked);
      this.#copy.sync();
    };
    const ofCopy = await mendCopy({ ...this.#rooms, keep }, finding.at, now);
    if (ofCopy !== undefined) return one(ofCopy);
    const known = RULES.get(rule)?.rule.mend;
    if (known === undefined || finding.at.account === undefined) return one(false);
    return known.guarded === true ? one(await this.#guarded(finding)) : undefined;
  }

  /** Mends as many as fit a short transaction. */
  rows(findings: readonly Finding[]): Promise<Done> {
    return this.#rooms.transact((sql) => {
      const until = performance.now() + TOGETHER_MS;
      let [looked, mended] = [0, 0];
      for (const finding of findings) {
        const rule = RULES.get(finding.at.rule)?.rule.mend;
        if (rule === undefined || rule.guarded === true || (looked > 0 && performance.now() > until)) break;
        const found = this.#look(sql, finding);
        if (found !== undefined) rule.run(this.#room(sql), found.ground, finding.at.key.slice(1), found.suspect);
        looked += 1;
        mended += found === undefined ? 0 : 1;
      }
      this.#copy.sync();
      return { looked, mended };
    });
  }

  async #guarded(finding: Finding): Promise<boolean> {
    const found = await this.#rooms.read((sql) => this.#look(sql, finding));
    if (found === undefined) return false;
    await this.#rooms.transact((sql) => {
      RULES.get(finding.at.rule)?.rule.mend?.run(this.#room(sql), found.ground, finding.at.key.slice(1), found.suspect);
      this.#copy.sync();
    });
    return true;
  }

  async #ofStore({ mend: repair }: StoreRule, key: Finding['at']['key']): Promise<boolean> {
    if (repair === undefined) return false;
    try {
      await this.#rooms.transact((sql) => {
        repair(this.#room(sql), key);
        this.#copy.sync();
      });
      return true;
    } catch (error) {
      // An index cannot be made while two rows share its key: they are mended too, and it is made in the next round.
      if (error instanceof DuplicateError) return false;
      throw error;
    }
  }

  #look(sql: Handle, { at }: Finding): Found | undefined {
    const known = RULES.get(at.rule);
    if (known === undefined || at.account === undefined) return undefined;
    const [parent = 0, ...key] = at.key;
    const ground = groundAgain(sql, this.#rooms.keyring, at.account, known.walk, Number(parent));
    const suspect = ground && known.rule.find(sql, ground, key, key, this.#terms)[0];
    return ground === undefined || suspect === undefined || suspect.mendable === false ? undefined : { ground, suspect };
  }

  #room(sql: Handle): MendRoom {
    return { sql, terms: this.#terms, keep: (table, where, ...values) => this.#copy.keep(sql, table, where, ...values) };
  }
}
