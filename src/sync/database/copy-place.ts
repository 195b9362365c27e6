/** The copy that a sync of `./db/<file>` is about, and its draft, as they stand in the message's transaction. */
import { databaseFile } from '../../model/datastore.js';
import type { CopyRecord, DraftRecord, GenerationRecord } from '../../storage/ports/copies.js';
import type { OpenSync, PairRecord } from '../../storage/ports/pairs.js';
import type { SyncWork } from '../work.js';
import type { DatabaseRules } from './rules.js';
import { parseDraftState, type DraftState } from './state.js';

export interface CopyPlace {
  readonly work: SyncWork;
  readonly rules: DatabaseRules;
  readonly pair: PairRecord;
  readonly open: OpenSync;
  readonly copy: CopyRecord;
}

/** A draft as it stands, with what it knows of itself. */
export interface LiveDraft extends DraftRecord {
  readonly known: DraftState;
}

export const fileOf = async (work: SyncWork, pair: PairRecord): Promise<string> => databaseFile((await work.datastore(pair)).uri) ?? '';

export const rulesOf = (work: SyncWork): DatabaseRules => {
  const { databases } = work.options;
  if (!databases) throw new Error('a sync of a file where files are not backed up');
  return databases;
};

/** The device's copy; begun when it is not there. Slow work is going to write to it, so it is begun in a transaction of its own, which counts for nothing yet. */
export async function copyOf(work: SyncWork, pair: PairRecord): Promise<CopyRecord> {
  const file = await fileOf(work, pair);
  const find = (): Promise<CopyRecord | undefined> => work.account.copies.find(work.device.id, file);
  const { location } = rulesOf(work);
  const found = await find();
  if (found) return movedTo(work, found, location);
  const { id: account } = work.account;
  const { uri } = work.device;
  const { now } = work.options;
  const made = work.slow(`copy ${account} ${uri} ${file}`, ({ store }) =>
    store.transact(async (tx) => {
      const { copies, devices } = tx.account(account);
      const device = (await devices.byUri(uri)) ?? (await devices.create(uri, now));
      return (await copies.find(device.id, file)) ?? (await copies.create(device.id, file, { ...NEW_COPY, location }, now));
    }),
  );
  return (await find()) ?? made;
}

/** Another location holds for what is written from now on; what is there stays where it is. */
async function movedTo(work: SyncWork, copy: CopyRecord, location: string): Promise<CopyRecord> {
  if (copy.location === location) return copy;
  const moved = { ...copy, location };
  await work.account.copies.save(moved);
  return moved;
}

const NEW_COPY = { media: 'application/octet-stream', way: 'file', method: 'incremental' } as const;

/** The draft of a copy; one that has waited too long is dropped. */
export async function draftOf({ work, rules, copy }: CopyPlace): Promise<LiveDraft | undefined> {
  const draft = await work.account.copies.draft(copy.id);
  if (!draft) return undefined;
  const known = parseDraftState(draft.state);
  if (known && draft.updatedAt + rules.draftAge >= work.options.now) return { ...draft, known };
  await work.account.copies.dropDraft(copy.id);
  return undefined;
}

/** The generations that changes may be made from: the newest and, for differential backups, the last full one. */
export interface Bases {
  readonly newest: GenerationRecord | undefined;
  readonly full: GenerationRecord | undefined;
}

export async function basesOf({ work, copy }: CopyPlace): Promise<Bases> {
  const all = await work.account.copies.generations(copy.id);
  return { newest: all.at(-1), full: copy.method === 'differential' ? all.findLast((one) => one.by === 'full') : undefined };
}
