/**
 * Repairs. Each looks again inside its own transaction, keeps a copy of the rows it changes, and is committed as a whole: a repair that is
 * killed leaves the store as it was or mended, and running it again goes on.
 */
import type { SweepLimits } from '../../ports/store.js';
import type { Finding, MendOptions, MendReport } from '../../ports/inspection.js';
import { DuplicateError } from '../connection.js';
import type { Handle } from '../handle.js';
import { STORE_RULES, termsOf, type AuditRooms } from './audit.js';
import { LOG_RULE, RIGHTS_RULE, takeRights } from './folder.js';
import { groundAgain, RULES } from './grounds.js';
import { SWEEP_RULE } from './overdue.js';
import type { MendRoom, Suspect, Terms } from './rule.js';
import { SafetyCopy } from './safety-copy.js';

export interface MendRooms extends AuditRooms {
  transact<T>(work: (sql: Handle) => T): Promise<T>;
  sweep(now: number, ages: SweepLimits, signal?: AbortSignal): Promise<unknown>;
  /** Moves the write-ahead log into the database. */
  tidy(): Promise<void>;
}

export async function mend(rooms: MendRooms, findings: readonly Finding[], options: MendOptions): Promise<MendReport> {
  const terms = await rooms.read((sql) => termsOf(sql, options, 'full', rooms.blobs));
  const stamp = new Date(options.now).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const copy = new SafetyCopy(rooms.folder, `${stamp}-${process.pid}.jsonl`);
  let mended = 0;
  const wanted = findings.filter(({ repair }) => repair !== undefined);
  const once = new Set<string>();
  try {
    for (const [at, finding] of wanted.entries()) {
      options.signal?.throwIfAborted();
      options.progress?.(at, wanted.length);
      const { rule } = finding.at;
      if (rule === SWEEP_RULE || rule === LOG_RULE) {
        if (!once.has(rule)) await (rule === SWEEP_RULE ? rooms.sweep(options.now, options.ages, options.signal) : rooms.tidy());
        once.add(rule);
        mended += 1;
      } else if (rule === RIGHTS_RULE) {
        await takeRights(String(finding.at.key[0]));
        mended += 1;
      } else if (await unlessTaken(() => mendRow(rooms, finding, terms, copy))) mended += 1;
    }
    options.progress?.(wanted.length, wanted.length);
    return { mended, left: findings.length - mended, ...(copy.path === undefined ? {} : { copy: copy.path }) };
  } finally {
    copy.close();
  }
}

/** An index cannot be made while two rows share its key: they are mended first, and it is made in the next round. */
async function unlessTaken(work: () => Promise<boolean>): Promise<boolean> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DuplicateError) return false;
    throw error;
  }
}

/** @returns false when it is in order by now, or has nothing that mends it. */
async function mendRow(rooms: MendRooms, finding: Finding, terms: Terms, copy: SafetyCopy): Promise<boolean> {
  const roomOf = (sql: Handle): MendRoom => ({ sql, terms, keep: (table, where, ...values) => copy.keep(sql, table, where, ...values) });
  const ofStore = STORE_RULES.find(({ id }) => id === finding.at.rule);
  if (ofStore?.mend !== undefined) {
    const { mend: repair } = ofStore;
    await rooms.transact((sql) => {
      repair(roomOf(sql), finding.at.key);
      copy.sync();
    });
    return true;
  }
  const known = RULES.get(finding.at.rule);
  const { account, key: place } = finding.at;
  if (known?.rule.mend === undefined || account === undefined) return false;
  const { rule, walk } = known;
  const repair = known.rule.mend;
  const [parent = 0, ...key] = place;
  const look = (sql: Handle): { readonly suspect: Suspect; readonly ground: NonNullable<ReturnType<typeof groundAgain>> } | undefined => {
    const ground = groundAgain(sql, rooms.keyring, account, walk, Number(parent));
    const suspect = ground && rule.find(sql, ground, key, key, terms)[0];
    return ground === undefined || suspect === undefined || suspect.mendable === false ? undefined : { suspect, ground };
  };
  const before = repair.guarded === true ? await rooms.read(look) : undefined;
  return rooms.transact((sql) => {
    const found = repair.guarded === true ? before : look(sql);
    if (found === undefined) return false;
    repair.run(roomOf(sql), found.ground, key, found.suspect);
    copy.sync();
    return true;
  });
}
