/** Which generation a restore is of, and what goes out for it. */
import { splitCoding } from '../../records/codings.js';
import { formatManifest, type Manifest } from '../../records/manifest.js';
import type { CopyId } from '../../model/ids.js';
import type { CopyRecord, GenerationRecord, KeptUpdate } from '../../storage/ports/copies.js';
import type { DatabaseEntry, DatabaseSync } from '../../storage/ports/pairs.js';
import type { SyncWork } from '../work.js';
import { gzipBlocks } from './content.js';
import type { CopyQuery } from './query.js';
import { parseCopyFacts } from './state.js';

export interface Chosen {
  readonly copy: CopyRecord;
  readonly generation: GenerationRecord;
}

/**
 * Without `from`: the device's own copy where it has what is asked for, else the account's newest of that name; a number is one of the own copy only, once
 * there are backups in it. Undefined: there is none.
 */
export async function chooseCopy(work: Pick<SyncWork, 'account' | 'device'>, file: string, query: CopyQuery): Promise<Chosen | undefined> {
  const { copies, devices } = work.account;
  if (query.from !== undefined) {
    const device = await devices.byUri(query.from);
    const copy = device && (await copies.find(device.id, file));
    return copy && chooseGeneration(work, copy, query);
  }
  const own = await copies.find(work.device.id, file);
  // A device that was given another's copy has one of its own from then on, which begins there: what is older, and numbers, are the other's.
  const counts = own && (query.generation === undefined || (await copies.generations(own.id)).some(isBackup));
  let chosen = counts ? await chooseGeneration(work, own, query) : undefined;
  // The same number of another device's copy is something else.
  if (chosen || (counts && query.generation !== undefined)) return chosen;
  for (const copy of await copies.list()) {
    const one = copy.file === file ? await chooseGeneration(work, copy, query) : undefined;
    if (one && (!chosen || goesBefore(one.generation, chosen.generation))) chosen = one;
  }
  return chosen;
}

const isBackup = ({ by }: GenerationRecord): boolean => by !== 'restore';

const goesBefore = (one: GenerationRecord, other: GenerationRecord): boolean =>
  isBackup(one) === isBackup(other) ? one.at > other.at : isBackup(one);

async function chooseGeneration({ account }: Pick<SyncWork, 'account'>, copy: CopyRecord, query: CopyQuery): Promise<Chosen | undefined> {
  const all = await account.copies.generations(copy.id);
  const { at, generation: number } = query;
  const generation = all.findLast((one) => (number === undefined || one.number === number) && (at === undefined || one.at <= at));
  return generation && { copy, generation };
}

/** The file and the manifest; with `classic` the last full copy and the updates since, where all of them are kept. */
export async function restoreEntries(
  work: SyncWork,
  { coding, classic }: DatabaseSync,
  from: NonNullable<DatabaseSync['from']>,
): Promise<readonly DatabaseEntry[]> {
  const { copies } = work.account;
  const generation = await copies.generation(from.copy, from.generation);
  if (!generation) return [];
  const plan = await classicPlan(work, from, generation, classic === true);
  const { number, size, media } = plan.full;
  const device = await otherDevice(work, from.copy);
  const blocks = coding === 'gzip' ? gzipBlocks(work, from.copy, number, size) : undefined;
  const entries: Omit<DatabaseEntry, 'seq' | 'state'>[] = [
    {
      name: '.',
      type: blocks ? `${splitCoding(media).media}+gzip` : media,
      source: { kind: 'file', generation: number, size, ...(blocks ? { blocks } : {}) },
    },
    ...plan.updates.map((one) => ({ name: one.name, type: one.media, source: { kind: 'update' as const, generation: one.generation } })),
    { name: 'manifest', type: 'application/json', source: { kind: 'text', text: formatManifest(manifestOf(generation, device)) } },
  ];
  return entries.map((entry, i) => ({ ...entry, seq: i + 1, state: 'waiting' }));
}

export interface ClassicPlan {
  readonly full: GenerationRecord;
  readonly updates: readonly KeptUpdate[];
}

/** What a restore of `generation` sends: of a differential backup the last update alone, of an incremental one all since the full copy. */
export async function classicPlan(
  { account }: Pick<SyncWork, 'account'>,
  { copy }: Pick<NonNullable<DatabaseSync['from']>, 'copy'>,
  generation: GenerationRecord,
  wanted: boolean,
): Promise<ClassicPlan> {
  const folded = { full: generation, updates: [] };
  if (!wanted || generation.by === 'full') return folded;
  const all = await account.copies.generations(copy);
  const kept = await account.copies.updates(copy);
  const updates: KeptUpdate[] = [];
  let at = generation;
  while (at.by !== 'full') {
    const of = kept.filter((update) => update.generation === at.number);
    const base = all.find(({ number }) => number === at.base);
    // Where a link is missing the copy as it is now serves as well.
    if (of.length === 0 || !base) return folded;
    updates.unshift(...of);
    at = base;
  }
  return { full: at, updates };
}

/** The device whose copy it is; undefined: the one that asks. */
async function otherDevice({ account, device }: Pick<SyncWork, 'account' | 'device'>, copy: CopyId): Promise<string | undefined> {
  const owner = (await account.copies.byId(copy))?.device;
  return owner === undefined || owner === device.id ? undefined : (await account.devices.byId(owner))?.uri;
}

/** What the file is that goes out: what the device compares it with. */
function manifestOf(generation: GenerationRecord, device: string | undefined): Manifest {
  const { database, sha256, method, modified, note } = parseCopyFacts(generation.facts);
  const rows = database && Object.fromEntries(Object.entries(database.tables).map(([name, table]) => [name, table.rows]));
  return {
    way: generation.way,
    method,
    media: generation.media,
    modification: generation.modification,
    ...(database ? { digest: database.digest } : {}),
    ...(rows ? { rows } : {}),
    size: generation.size,
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(modified === undefined ? {} : { modified }),
    ...(note === undefined ? {} : { note }),
    ...(device === undefined ? {} : { device }),
  };
}
