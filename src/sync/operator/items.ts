/** Items as an operator sees them: listing, reading, taking out as files and bringing in again. */
import { describe } from '../../content/describe.js';
import { UserError } from '../../model/errors.js';
import { guid, type DeviceId, type Guid } from '../../model/ids.js';
import type { DatastoreRecord } from '../../storage/ports/datastores.js';
import type { ItemRecord } from '../../storage/ports/items.js';
import type { AccountReader, ReadTx, Store } from '../../storage/ports/store.js';
import { extensionOf } from './content.js';
import { findDatastore, findUser } from './context.js';

export interface ItemSummary {
  readonly guid: Guid;
  readonly type: string;
  readonly revision: number;
  /** Bytes. */
  readonly size: number;
  readonly deleted: boolean;
  /** Milliseconds since 1970. */
  readonly changedAt: number;
  /** Device of the last change; undefined: the operator, or a device that was forgotten. */
  readonly changedBy?: string;
  /** What a person would call it; '' when that cannot be told. */
  readonly label: string;
}

export interface ItemWithContent extends ItemSummary {
  /** Undefined when it is deleted, or that revision is no longer kept. */
  readonly content?: Uint8Array;
}

/** Items read in one go while listing: keeps read transactions short. */
const PAGE = 200;

type DeviceNames = ReadonlyMap<DeviceId, string>;

const deviceNames = async (own: AccountReader): Promise<DeviceNames> =>
  new Map((await own.devices.list()).map((device) => [device.id, device.uri]));

function summary(item: ItemRecord, content: Uint8Array | undefined, names: DeviceNames): ItemSummary {
  const changedBy = item.changedBy === undefined ? undefined : names.get(item.changedBy);
  return {
    guid: item.guid,
    type: item.type,
    revision: item.revision,
    size: item.size,
    deleted: item.deleted,
    changedAt: item.changedAt,
    ...(changedBy === undefined ? {} : { changedBy }),
    label: content === undefined ? '' : describe(content, item.type).label,
  };
}

interface Opened {
  readonly own: AccountReader;
  readonly datastore: DatastoreRecord;
}

async function openDatastore(tx: ReadTx, user: string, uri: string): Promise<Opened> {
  const own = tx.account((await findUser(tx, user)).id);
  return { own, datastore: await findDatastore(own, uri) };
}

/** All live items in GUID order, a page of them at a time. @throws {UserError} when user or datastore do not exist. */
async function* pages(store: Store, user: string, uri: string): AsyncGenerator<readonly ItemWithContent[]> {
  let after: Guid | undefined;
  for (;;) {
    const page = await store.read(async (tx) => {
      const { own, datastore } = await openDatastore(tx, user, uri);
      const names = await deviceNames(own);
      const items: ItemWithContent[] = [];
      for (const item of await own.items.list(datastore.id, { limit: PAGE, ...(after === undefined ? {} : { after }) })) {
        const content = await own.items.content(datastore.id, item.guid);
        items.push({ ...summary(item, content, names), ...(content === undefined ? {} : { content }) });
      }
      return items;
    });
    if (page.length > 0) yield page;
    if (page.length < PAGE) return;
    after = page[page.length - 1]?.guid;
  }
}

/** @throws {UserError} when user or datastore do not exist. */
export async function listItems(store: Store, user: string, uri: string): Promise<readonly ItemSummary[]> {
  const all: ItemSummary[] = [];
  for await (const page of pages(store, user, uri)) for (const { content: _content, ...item } of page) all.push(item);
  return all;
}

/** @throws {UserError} when user, datastore, item or revision do not exist. */
export async function showItem(store: Store, user: string, uri: string, id: string, revision?: number): Promise<ItemWithContent> {
  return store.read(async (tx) => {
    const { own, datastore } = await openDatastore(tx, user, uri);
    const item = await own.items.get(datastore.id, guid(id));
    if (item === undefined) throw new UserError(`There is no item ${id} in ${uri}; "moorage item list" shows all.`);
    const content = await own.items.content(datastore.id, item.guid, revision);
    if (content === undefined && revision !== undefined)
      throw new UserError(`Revision ${revision} of item ${id} is not kept; its newest is ${item.revision}.`);
    const shown = summary(item, content, await deviceNames(own));
    return {
      ...shown,
      ...(revision === undefined ? {} : { revision }),
      ...(content === undefined ? {} : { content, size: content.length }),
    };
  });
}

/** Removes an item as if a device had: the deletion goes to all devices. The old revision is kept for a while. @throws {UserError} */
export async function removeItem(store: Store, user: string, uri: string, id: string, now: number): Promise<void> {
  await store.transact(async (tx) => {
    const account = await findUser(tx, user);
    const own = tx.account(account.id);
    const datastore = await findDatastore(own, uri);
    const item = await own.items.get(datastore.id, guid(id));
    if (item === undefined || item.deleted) throw new UserError(`There is no item ${id} in ${uri}; "moorage item list" shows all.`);
    await own.items.remove(datastore.id, item.guid, { now });
  });
}

export interface ExportedFile {
  /** `<guid>.<ext>`: importing it again changes that item. */
  readonly name: string;
  readonly type: string;
  /** The bytes as the device sent them. */
  readonly bytes: Uint8Array;
}

/** Every live item as a file of its own, in GUID order. @throws {UserError} when user or datastore do not exist. */
export async function* exportItems(store: Store, user: string, uri: string): AsyncGenerator<ExportedFile> {
  for await (const page of pages(store, user, uri))
    for (const { guid: id, type, content } of page)
      if (content !== undefined) yield { name: `${id}.${extensionOf(type)}`, type, bytes: content };
}
