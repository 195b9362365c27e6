/** Copies of devices' files as an operator sees them. */
import type { RowDifference } from '../../devicedb/jobs.js';
import { UserError } from '../../model/errors.js';
import type { DraftRecord } from '../../storage/ports/copies.js';
import type { Store } from '../../storage/ports/store.js';
import { classicPlan } from '../database/restore-plan.js';
import { bytesOf, sourceOf } from '../database/sources.js';
import { parseDraftState } from '../database/state.js';
import { verifyGeneration, type Verified, type VerifyRooms } from '../database/verify.js';
import { findUser } from './context.js';
import { findCopy, summarized, summaryOf, type CopyName, type CopySummary, type GenerationSummary } from './find-copy.js';

/** Which generation; neither: the newest. */
export interface GenerationName {
  readonly generation?: number | undefined;
  /** Milliseconds since 1970: the newest not later. */
  readonly at?: number | undefined;
}

export interface CopyDetails extends CopySummary {
  readonly draft?: Omit<DraftRecord, 'state'> & {
    readonly asked?: string;
    readonly arriving?: { readonly received: number; readonly size: number };
  };
  /** What a restore of the newest sends, and what it would send by the classic plan. */
  readonly plan: readonly string[];
  readonly classicPlan: readonly string[];
}

/** In order of user, device and file. @throws {UserError} when there is no such user. */
export async function listBackups(store: Store, user?: string): Promise<readonly CopySummary[]> {
  return store.read(async (tx) => {
    const accounts = user === undefined ? await tx.accounts.list() : [await findUser(tx, user)];
    const found: CopySummary[] = [];
    for (const { id, name } of accounts) {
      const own = tx.account(id);
      for (const record of await own.copies.list()) found.push(await summaryOf(own, name, record));
    }
    return found;
  });
}

/** @throws {UserError} when there is none. */
export function pick({ generations, record }: CopySummary, { generation, at }: GenerationName): GenerationSummary {
  const found = generations.findLast(
    (one) => (generation === undefined || one.number === generation) && (at === undefined || one.at <= at),
  );
  if (found) return found;
  const which = generation === undefined ? 'that old' : `with the number ${generation}`;
  throw new UserError(`There is no backup of "${record.file}" ${which}; "moorage backup show" lists them.`);
}

export async function showBackup(store: Store, name: CopyName): Promise<CopyDetails> {
  return store.read(async (tx) => {
    const { own, summary } = await findCopy(tx, name);
    const { id } = summary.record;
    const draft = await own.copies.draft(id);
    const newest = await own.copies.newest(id);
    const plan = newest ? ['.', 'manifest'] : [];
    const classic = newest && (await classicPlan({ account: own } as Parameters<typeof classicPlan>[0], { copy: id }, newest, true));
    return {
      ...summary,
      ...(draft ? { draft: draftSummary(draft) } : {}),
      plan,
      classicPlan: classic ? ['.', ...classic.updates.map((update) => update.name), 'manifest'] : [],
    };
  });
}

function draftSummary({ state, ...draft }: DraftRecord): NonNullable<CopyDetails['draft']> {
  const known = parseDraftState(state);
  return {
    ...draft,
    ...(known?.asked === undefined ? {} : { asked: known.asked }),
    ...(known?.upload ? { arriving: { received: known.upload.received, size: known.upload.size } } : {}),
  };
}

/** Proves generations from their bytes, one after another. @param progress bytes of the generation that were read, and what it has. */
export async function* verifyBackup(
  rooms: VerifyRooms,
  name: CopyName & GenerationName & { readonly all?: boolean },
  progress?: (generation: number, bytes: number, of: number) => void,
): AsyncGenerator<Verified> {
  const { account, summary } = await rooms.store.read((tx) => findCopy(tx, name));
  const wanted = name.all === true ? summary.generations : [pick(summary, name)];
  for (const { number, size } of wanted) {
    const record = await rooms.store.read((tx) => tx.account(account).copies.generation(summary.record.id, number));
    if (record) yield await verifyGeneration(rooms, account, summary.record.id, record, (bytes) => progress?.(number, bytes, size));
  }
}

export interface Exported {
  readonly generation: GenerationSummary;
  /** The file, in pieces. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

export async function exportBackup(store: Store, name: CopyName & GenerationName): Promise<Exported> {
  const { account, summary } = await store.read((tx) => findCopy(tx, name));
  const generation = pick(summary, name);
  return { generation, bytes: bytesOf(sourceOf(store, account, summary.record.id, generation.number, generation.size)) };
}

/** Makes an older generation the newest one again. @returns the new generation. */
export async function restoreBackup(store: Store, name: CopyName & GenerationName, now: number): Promise<GenerationSummary> {
  return store.transact(async (tx) => {
    const { account, summary } = await findCopy(tx, name);
    const { copies } = tx.account(account);
    const old = pick(summary, name);
    if (old.number === summary.generations.at(-1)?.number) throw new UserError(`Backup ${old.number} is the newest one already.`);
    const draft = await copies.openDraft(summary.record.id, old.number, 'restore', now);
    await copies.saveDraft(summary.record.id, { ...draft, size: old.size, updatedAt: now }, []);
    const { modification, way, media, facts } = old;
    const made = await copies.commit(
      summary.record.id,
      { modification, at: now, way, media, flags: [], job: 'operator', facts: JSON.stringify(facts) },
      summary.record.method,
    );
    return summarized(made);
  });
}

/** Rows that differ between two generations, at most `limit`. @throws {UserError} when one of them is no database. */
export async function diffBackups(
  { store, databases }: VerifyRooms,
  name: CopyName,
  before: number,
  after: number,
  limit: number,
): Promise<readonly RowDifference[]> {
  const { account, summary } = await store.read((tx) => findCopy(tx, name));
  const [a, b] = [pick(summary, { generation: before }), pick(summary, { generation: after })];
  for (const { number, way } of [a, b]) if (way === 'file') throw new UserError(`Backup ${number} is no database: it has no rows.`);
  const source = ({ number, size }: GenerationSummary): ReturnType<typeof sourceOf> =>
    sourceOf(store, account, summary.record.id, number, size);
  return databases.differences(source(a), source(b), limit);
}

/** The operator has looked at a flagged backup: it counts like any other from now on. */
export async function acceptBackup(store: Store, name: CopyName & GenerationName): Promise<GenerationSummary> {
  return store.transact(async (tx) => {
    const { account, summary } = await findCopy(tx, name);
    const generation = pick(summary, name);
    await tx.account(account).copies.setFlags(summary.record.id, generation.number, []);
    return { ...generation, flags: [] };
  });
}

/** One generation that is not the newest or, without a number, the whole copy. */
export async function removeBackup(store: Store, name: CopyName, generation?: number): Promise<void> {
  await store.transact(async (tx) => {
    const { account, summary } = await findCopy(tx, name);
    const { copies } = tx.account(account);
    if (generation === undefined) return copies.remove(summary.record.id);
    if (pick(summary, { generation }).number === summary.generations.at(-1)?.number)
      throw new UserError(`Backup ${generation} is the newest one; remove all of "${name.file}", or make an older one the newest first.`);
    return copies.drop(summary.record.id, generation);
  });
}
