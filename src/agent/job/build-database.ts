/** Jobs about a database's records: what changed since the base, as a batch or as items of their own; the whole file where that is less. */
import { writeChanges } from '../../records/changes.js';
import { encodeContent } from '../../records/codings.js';
import { formatSchemaChange, type SchemaChange } from '../../records/schema.js';
import { formatRecord } from '../../records/values.js';
import type { Snapshot } from '../detect/snapshot.js';
import type { ChangeCounts } from '../types.js';
import type { Confirmed, DatabaseSnapshot } from '../state/state-types.js';
import { mediaFor, wholeFile } from './build-bytes.js';
import { TooManyChanges, uriOf, type CollectedChanges } from './collect.js';
import { manifestItem, modifiedOf, newJob, type BuildContext, type Built, type Item, type Unchanged } from './draft-job.js';
import { withoutTables } from './filtered.js';
import { codedMedia, codingOf, storeBytes } from './outbox.js';
import { readDatabase, type Base, type ReadDatabase } from './read-database.js';

/** A batch is built in memory, here and on the server. Bytes of records, about. */
const MAX_BATCH_BYTES = 32 * 1024 * 1024;
const MIN_BATCH_BYTES = 1024 * 1024;
/** Longest name of an item. [Representation Protocol, "LocURI", as the server has it] */
const MAX_URI_BYTES = 255;

/** @param asFull the whole file is sent, whatever is known of it. @throws {NotByRecords} or what SQLite says where it cannot read it. */
export async function buildDatabaseJob(context: BuildContext, snapshot: Snapshot, asFull: boolean): Promise<Built | Unchanged> {
  const { settings, state } = context.entry;
  const base = asFull || settings.method === 'copy' ? undefined : baseOf(context);
  if (!base) return wholeDatabase(context, snapshot, asFull);
  const budget = { left: Math.min(MAX_BATCH_BYTES, Math.max(MIN_BATCH_BYTES, snapshot.size)) };
  let read: ReadDatabase;
  try {
    read = await readDatabase(context, snapshot, base, budget);
  } catch (error) {
    if (!(error instanceof TooManyChanges)) throw error;
    return wholeDatabase(context, snapshot, asFull);
  }
  if (read.database.digest === state.confirmed?.database?.digest) return { unchanged: true, database: read.database };
  const to = state.lastModification + 1;
  const items = settings.form === 'records' ? recordItems(read) : undefined;
  return items
    ? finished(context, snapshot, { to, base: base.confirmed, sentAs: 'records', items, read })
    : finished(context, snapshot, {
        to,
        base: base.confirmed,
        sentAs: `changes/${to}`,
        items: [batchItem(context, base.confirmed, to, read)],
        read,
      });
}

function baseOf({ entry }: BuildContext): (Base & { readonly confirmed: Confirmed }) | undefined {
  const version = entry.settings.method === 'differential' ? 'full' : 'confirmed';
  const confirmed = version === 'full' ? entry.state.full : entry.state.confirmed;
  return confirmed?.database && { database: confirmed.database, version, confirmed };
}

async function wholeDatabase(context: BuildContext, snapshot: Snapshot, asFull: boolean): Promise<Built | Unchanged> {
  const { entry } = context;
  const { exclude } = entry.settings;
  const read = await readDatabase(context, snapshot, undefined, { left: Infinity });
  // A plain copy of what the server has is sent to nobody.
  if (!asFull && read.database.digest === entry.state.confirmed?.database?.digest) return { unchanged: true, database: read.database };
  const shown = exclude.length > 0 ? withoutTables(context, snapshot, exclude) : snapshot;
  try {
    const { item, sha256, size } = await wholeFile(context, shown);
    return finished(context, snapshot, {
      to: entry.state.lastModification + 1,
      base: undefined,
      sentAs: '.',
      items: [item],
      read,
      whole: { sha256, size },
    });
  } finally {
    if (shown !== snapshot) shown.close();
  }
}

interface RecordsToSend {
  readonly to: number;
  readonly base: Confirmed | undefined;
  readonly sentAs: string;
  readonly items: readonly Item[];
  readonly read: ReadDatabase;
  readonly whole?: { readonly sha256: string; readonly size: number };
}

function finished(context: BuildContext, snapshot: Snapshot, { to, base, sentAs, items, read, whole }: RecordsToSend): Built {
  const { database } = read;
  const job = newJob(context, snapshot, {
    way: 'logical',
    sentAs,
    base: base?.modification,
    to,
    size: whole?.size ?? snapshot.size,
    sha256: whole?.sha256,
    database,
    isFull: whole !== undefined,
    changes: { ...countsOf(read), bytes: whole?.size ?? 0 },
  });
  return { job, items: [...items, databaseManifest(context, snapshot, { database, base: base?.modification, to, whole })] };
}

/** Also for a copy that is the same already. */
export function databaseManifest(
  context: BuildContext,
  snapshot: Pick<Snapshot, 'modifiedAt' | 'pageSize'>,
  what: {
    readonly database: DatabaseSnapshot;
    readonly base: number | undefined;
    readonly to: number;
    readonly whole?: { readonly sha256: string; readonly size: number } | undefined;
  },
): Item {
  const { database, base, to, whole } = what;
  return manifestItem({
    way: 'logical',
    method: context.entry.settings.method,
    media: mediaFor(context, snapshot as Snapshot),
    ...(base === undefined ? {} : { base }),
    modification: to,
    digest: database.digest,
    rows: Object.fromEntries(Object.entries(database.tables).map(([name, { rows }]) => [name, rows])),
    ...(whole ?? {}),
    modified: modifiedOf(snapshot as Snapshot),
  });
}

function countsOf({ schema, changes }: ReadDatabase): Omit<ChangeCounts, 'bytes'> {
  const sum = (count: (one: CollectedChanges) => number): number => changes.reduce((total, one) => total + count(one), 0);
  return {
    schema: schema?.changes.length ?? 0,
    added: sum((one) => one.adds.length),
    replaced: sum((one) => one.replaces.length),
    deleted: sum((one) => one.deletes.length),
  };
}

function batchItem({ entry, folder }: BuildContext, base: Confirmed, to: number, { schema, changes }: ReadDatabase): Item {
  const { coding } = entry.settings;
  const xml = writeChanges({ base: base.modification, to, schema: schema?.changes ?? [], tables: changes.map((one) => one.changes()) });
  const stored = storeBytes(folder, 'changes', encodeContent(xml, codingOf(coding)));
  return { kind: 'Replace', uri: `changes/${to}`, type: codedMedia('application/vnd.moorage.changes+xml', coding), ...stored };
}

/** @returns undefined where a record cannot be an item of its own: its key is not known any more, or its name is too long. */
function recordItems({ schema, changes }: ReadDatabase): Item[] | undefined {
  const items = (schema?.changes ?? []).map((change: SchemaChange, i): Item => json('Add', `schema/${i + 1}`, formatSchemaChange(change)));
  for (const table of changes) {
    for (const [kind, records] of [
      ['Delete', table.deletes],
      ['Replace', table.replaces],
      ['Add', table.adds],
    ] as const) {
      for (const record of records) {
        const uri = uriOf(table.shape, record);
        if (uri === undefined || Buffer.byteLength(uri) > MAX_URI_BYTES) return undefined;
        items.push(kind === 'Delete' ? { kind, uri } : json(kind, uri, formatRecord(record)));
      }
    }
  }
  return items;
}

const json = (kind: Item['kind'], uri: string, text: string): Item => ({
  kind,
  uri,
  type: 'application/json',
  content: Buffer.from(text, 'utf8'),
});
