/**
 * The conflict journal for an operator. Undo never loses what stands now: it goes into the journal itself, so an undo can be
 * undone.
 */
import { describe } from '../../content/describe.js';
import { UserError } from '../../model/errors.js';
import type { AccountId } from '../../model/ids.js';
import type { ConflictRecord } from '../../storage/ports/conflicts.js';
import type { ContentRef, ItemRecord } from '../../storage/ports/items.js';
import type { AccountReader, AccountWriter, Store } from '../../storage/ports/store.js';
import { contentRef, newItem } from './content.js';
import { findDatastore, findUser } from './context.js';

export interface ConflictSummary {
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly datastore: string;
  readonly guid: string;
  readonly device?: string;
  readonly cause: string;
  readonly decision: string;
  readonly revision: number;
  readonly type: string;
  /** Names of the fields that lost; undefined: the whole item did. */
  readonly fields?: readonly string[];
  readonly batch?: string;
  readonly undoneAt?: number;
  /** What a person would call the item; '' when that cannot be told. */
  readonly label: string;
}

export interface ConflictDetails extends ConflictSummary {
  /** The content that does not stand; undefined when that side had deleted the item. */
  readonly lost?: Uint8Array;
  readonly kept?: Uint8Array;
}

async function details(own: AccountReader, entry: ConflictRecord): Promise<ConflictDetails> {
  const datastore = await own.datastores.byId(entry.datastore);
  const device = entry.device === undefined ? undefined : await own.devices.byId(entry.device);
  const { lost, kept } = await own.conflicts.content(entry.id);
  const speaking = lost ?? kept;
  return {
    id: entry.id,
    at: entry.at,
    datastore: datastore?.uri ?? '',
    guid: entry.guid,
    ...(device === undefined ? {} : { device: device.uri }),
    cause: entry.cause,
    decision: entry.decision,
    revision: entry.revision,
    type: entry.type,
    ...(entry.fields === undefined ? {} : { fields: entry.fields }),
    ...(entry.batch === undefined ? {} : { batch: entry.batch }),
    ...(entry.undoneAt === undefined ? {} : { undoneAt: entry.undoneAt }),
    label: speaking === undefined ? '' : describe(speaking, entry.type).label,
    ...(lost === undefined ? {} : { lost }),
    ...(kept === undefined ? {} : { kept }),
  };
}

async function requireEntry(own: AccountReader, id: number): Promise<ConflictRecord> {
  const entry = await own.conflicts.get(id);
  if (entry === undefined) throw new UserError(`There is no entry ${id} in the conflict journal; "moorage conflict list" shows all.`);
  return entry;
}

/** Newest first. @throws {UserError} when user or datastore do not exist. */
export async function listConflicts(
  store: Store,
  user: string,
  options: { datastore?: string; limit: number },
): Promise<readonly ConflictSummary[]> {
  return store.read(async (tx) => {
    const own = tx.account((await findUser(tx, user)).id);
    const datastore = options.datastore === undefined ? undefined : (await findDatastore(own, options.datastore)).id;
    const entries = await own.conflicts.list({ limit: options.limit, ...(datastore === undefined ? {} : { datastore }) });
    const all: ConflictSummary[] = [];
    for (const entry of entries) {
      const { lost: _lost, kept: _kept, ...rest } = await details(own, entry);
      all.push(rest);
    }
    return all;
  });
}

/** @throws {UserError} when there is no such entry. */
export async function showConflict(store: Store, user: string, id: number): Promise<ConflictDetails> {
  return store.read(async (tx) => {
    const own = tx.account((await findUser(tx, user)).id);
    return details(own, await requireEntry(own, id));
  });
}

export interface UndoReport {
  /** Entries that were undone: one, or all of a refresh. */
  readonly undone: number;
  /** Items that have their old content again, or are there again. */
  readonly restored: number;
  /** Items removed again, where the deletion had lost. */
  readonly removed: number;
  /** Items that had that content already. */
  readonly unchanged: number;
}

type Change = 'restored' | 'removed' | 'unchanged';

interface Undoing {
  readonly entry: ConflictRecord;
  readonly lost: Uint8Array | undefined;
  readonly ref: ContentRef | undefined;
}

const BATCH_LIMIT = 100_000;

/** The entry, or with it all of its refresh that are not undone yet; their content is put away first where it is large. */
async function gather(store: Store, account: AccountId, id: number): Promise<readonly Undoing[]> {
  const found = await store.read(async (tx) => {
    const own = tx.account(account);
    const entry = await requireEntry(own, id);
    if (entry.undoneAt !== undefined)
      throw new UserError(`Entry ${id} was undone already. To go back, undo the entry the undo has made: "moorage conflict list".`);
    if (entry.decision === 'both')
      throw new UserError('Both versions stand, as items of their own: remove the one that is not wanted with "moorage item remove".');
    const entries =
      entry.batch === undefined
        ? [entry]
        : (await own.conflicts.list({ datastore: entry.datastore, limit: BATCH_LIMIT })).filter(
            (other) => other.batch === entry.batch && other.undoneAt === undefined,
          );
    const all: { entry: ConflictRecord; lost: Uint8Array | undefined }[] = [];
    for (const each of entries) all.push({ entry: each, lost: (await own.conflicts.content(each.id)).lost });
    return all;
  });
  const undoings: Undoing[] = [];
  for (const { entry, lost } of found)
    undoings.push({ entry, lost, ref: lost === undefined ? undefined : await contentRef(store, account, lost) });
  return undoings;
}

/** No content lost but a deletion did. Only these entries are undone by removing the item: an entry whose content is gone changes nothing. */
const lostDeletion = ({ cause, decision }: ConflictRecord): boolean =>
  (cause === 'update-delete' && decision === 'server') ||
  (cause === 'delete-update' && decision === 'client') ||
  (cause === 'undo' && decision === 'restored');

async function undoOne(own: AccountWriter, { entry, lost, ref }: Undoing, batch: string | undefined, now: number): Promise<Change> {
  const before = await own.items.get(entry.datastore, entry.guid);
  const live = before !== undefined && !before.deleted;
  const current = live ? await own.items.content(entry.datastore, entry.guid) : undefined;
  let after: ItemRecord;
  if (lost === undefined || ref === undefined) {
    if (!live || !lostDeletion(entry)) return 'unchanged';
    after = await own.items.remove(entry.datastore, entry.guid, { now });
  } else {
    const item = newItem(own, lost, entry.type, ref);
    if (live && before.canonicalKey === item.canonicalKey) return 'unchanged';
    after =
      before === undefined
        ? await own.items.create(entry.datastore, item, { now })
        : await own.items.replace(entry.datastore, entry.guid, item, { now });
  }
  await own.conflicts.add(
    {
      at: now,
      datastore: entry.datastore,
      guid: after.guid,
      cause: 'undo',
      decision: !live ? 'restored' : lost === undefined ? 'removed' : 'replaced',
      revision: after.revision,
      type: live ? before.type : entry.type,
      ...(batch === undefined ? {} : { batch }),
    },
    { ...(current === undefined ? {} : { lost: current }), ...(lost === undefined ? {} : { kept: lost }) },
  );
  return lost === undefined ? 'removed' : 'restored';
}

/**
 * Brings back what lost: as a new revision, or the item itself where it was deleted; where a deletion lost, the item is removed. All entries of
 * one refresh are undone together, in one transaction. @throws {UserError} when there is no such entry, or it was undone before.
 */
export async function undoConflict(store: Store, user: string, id: number, now: number): Promise<UndoReport> {
  const account = await store.read(async (tx) => (await findUser(tx, user)).id);
  const undoings = await gather(store, account, id);
  const batch = undoings.length > 1 ? `undo-${id}` : undefined;
  return store.transact(async (tx) => {
    const own = tx.account(account);
    const counts: Record<Change, number> = { restored: 0, removed: 0, unchanged: 0 };
    let undone = 0;
    for (const undoing of undoings) {
      // Somebody else may have been faster.
      if ((await own.conflicts.get(undoing.entry.id))?.undoneAt !== undefined) continue;
      counts[await undoOne(own, undoing, batch, now)] += 1;
      await own.conflicts.markUndone(undoing.entry.id, now);
      undone += 1;
    }
    return { undone, ...counts };
  });
}
