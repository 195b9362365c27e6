/**
 * Files into items. A file that carries an item's GUID as its name changes that item, so that exported files can be edited and
 * brought back; everything else becomes new items, unless an equal one is there. Content that an import replaces by something
 * that looks like another thing goes to the conflict journal: a file may bear a GUID by chance.
 */
import { charsetsOf } from '../../content/charset-countries.js';
import { withCharsets } from '../../content/charset-naming.js';
import { splitItems } from '../../content/split.js';
import { UserError } from '../../model/errors.js';
import { guid, type Guid, type PairId } from '../../model/ids.js';
import type { DatastoreRecord } from '../../storage/ports/datastores.js';
import type { ContentRef, ItemRecord, NewItem } from '../../storage/ports/items.js';
import type { AccountWriter, Store } from '../../storage/ports/store.js';
import { contentRef, mediaTypeOf, newItem } from './content.js';
import { findDatastore, findUser } from './context.js';

export interface ImportFile {
  /** Without folders. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface ImportOptions {
  readonly now: number;
  /** Never change items by file name; only make new ones. */
  readonly onlyNew?: boolean;
}

export interface ImportReport {
  readonly created: number;
  readonly replaced: number;
  /** An equal item was there, or the item has this content already. */
  readonly skipped: number;
  /** Names of files that hold nothing readable. */
  readonly unreadable: readonly string[];
  /** Set when replaced content went to the journal; `conflict undo` brings it back. */
  readonly journalled: number;
}

interface Piece {
  readonly type: string;
  readonly bytes: Uint8Array;
  readonly content: ContentRef;
  /** The GUID the file's name may be. */
  readonly named: Guid | undefined;
}

type Outcome = 'created' | 'replaced' | 'skipped' | 'replaced-other';

/** Items in one transaction: short enough not to hold up devices. */
const BATCH = 100;
/** A pair that does not exist: `findUnmapped` then looks through all live items. */
const NO_PAIR = 0 as PairId;

/** Types an item of a datastore of this kind may have; undefined: any. */
const TYPES_OF_KIND: Readonly<Record<string, readonly string[]>> = {
  contacts: ['text/vcard', 'text/x-vcard', 'text/x-s4j-sifc'],
  calendar: ['text/calendar', 'text/x-vcalendar', 'text/x-s4j-sife'],
  tasks: ['text/calendar', 'text/x-vcalendar', 'text/x-s4j-sift'],
  caltasks: ['text/calendar', 'text/x-vcalendar', 'text/x-s4j-sife', 'text/x-s4j-sift'],
  notes: ['text/plain', 'text/x-vnote', 'text/x-s4j-sifn'],
};

function splitFile(file: ImportFile, datastore: DatastoreRecord): { readonly type: string; readonly parts: readonly Uint8Array[] } {
  const type = mediaTypeOf(file.name, file.bytes);
  const allowed = TYPES_OF_KIND[datastore.kind];
  if (allowed !== undefined && !allowed.includes(type))
    throw new UserError(`${file.name} is ${type}, which does not belong into ${datastore.uri}; nothing was imported.`);
  return { type, parts: file.bytes.length === 0 ? [] : splitItems(file.bytes, type) };
}

async function importPiece(own: AccountWriter, datastore: DatastoreRecord, piece: Piece, now: number): Promise<Outcome> {
  const item = newItem(own, piece.bytes, piece.type, piece.content);
  const target = piece.named === undefined ? undefined : await own.items.get(datastore.id, piece.named);
  if (target !== undefined && !target.deleted) return replace(own, datastore, target, item, piece, now);
  const equal = await own.items.findUnmapped(datastore.id, 'canonical', item.canonicalKey, NO_PAIR, 0);
  if (equal !== undefined) return 'skipped';
  await own.items.create(datastore.id, item, { now });
  return 'created';
}

async function replace(
  own: AccountWriter,
  datastore: DatastoreRecord,
  target: ItemRecord,
  item: NewItem,
  piece: Piece,
  now: number,
): Promise<Outcome> {
  if (target.canonicalKey === item.canonicalKey) return 'skipped';
  const lost = await own.items.content(datastore.id, target.guid);
  const changed = await own.items.replace(datastore.id, target.guid, item, { now });
  if (target.identityKey === item.identityKey && item.identityKey !== undefined) return 'replaced';
  await own.conflicts.add(
    {
      at: now,
      datastore: datastore.id,
      guid: target.guid,
      cause: 'import',
      decision: 'client',
      revision: changed.revision,
      type: target.type,
    },
    { kept: piece.bytes, ...(lost === undefined ? {} : { lost }) },
  );
  return 'replaced-other';
}

/** @throws {UserError} when user or datastore do not exist, or a file is of a type that does not belong there; then nothing was imported. */
export async function importFiles(
  store: Store,
  user: string,
  uri: string,
  files: readonly ImportFile[],
  options: ImportOptions,
): Promise<ImportReport> {
  const { account, country, datastore } = await store.read(async (tx) => {
    const found = await findUser(tx, user);
    return { account: found.id, country: found.country, datastore: await findDatastore(tx.account(found.id), uri) };
  });
  const unreadable: string[] = [];
  const pieces: Piece[] = [];
  for (const file of files) {
    const { type, parts } = splitFile(file, datastore);
    if (parts.length === 0) unreadable.push(file.name);
    const named = parts.length === 1 && options.onlyNew !== true ? guid(file.name.replace(/\.[^.]*$/, '')) : undefined;
    // What the whole file lets see of its charset counts for each of its items, and then the user's country.
    const { seen } = withCharsets(file.bytes, type, []);
    const likely = [...(seen === undefined ? [] : [seen]), ...charsetsOf(country)];
    for (const part of parts) {
      const bytes = withCharsets(part, type, likely).bytes;
      pieces.push({ type, bytes, content: await contentRef(store, account, bytes), named });
    }
  }
  const counts: Record<Outcome, number> = { created: 0, replaced: 0, skipped: 0, 'replaced-other': 0 };
  for (let at = 0; at < pieces.length; at += BATCH) {
    const outcomes = await store.transact(async (tx) => {
      const own = tx.account(account);
      const done: Outcome[] = [];
      for (const piece of pieces.slice(at, at + BATCH)) done.push(await importPiece(own, datastore, piece, options.now));
      return done;
    });
    for (const outcome of outcomes) counts[outcome] += 1;
  }
  return {
    created: counts.created,
    replaced: counts.replaced + counts['replaced-other'],
    skipped: counts.skipped,
    unreadable,
    journalled: counts['replaced-other'],
  };
}
