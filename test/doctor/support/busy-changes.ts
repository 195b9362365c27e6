/** A process that changes one account's items, maps and blobs as fast as it can, and sweeps with no patience at all, until it is killed. */
import { luid, type AccountId, type DatastoreId, type DeviceId, type Guid, type PairId } from '../../../src/model/ids.js';
import type { ContentRef } from '../../../src/storage/ports/items.js';
import { newItem } from '../../../src/sync/operator/content.js';
import { openWithKey } from '../../storage/support/open.js';

export interface BusyInput {
  readonly folder: string;
  /** Hex. */
  readonly key: string;
  readonly account: AccountId;
  readonly datastore: DatastoreId;
  readonly device: DeviceId;
  readonly pair: PairId;
}

const { folder, key, account, datastore, device, pair } = JSON.parse(process.argv[2] ?? '') as BusyInput;
const store = await openWithKey(folder, key);
const content = (n: number, long: boolean): Buffer =>
  Buffer.from(`BEGIN:VCARD\r\nVERSION:2.1\r\nN:Name ${n}\r\nNOTE:${long ? 'long '.repeat(14_000) : ''}${n}\r\nEND:VCARD\r\n`);
const kept: Guid[] = [];

for (let n = 1; ; n += 1) {
  const bytes = content(n, n % 5 === 0);
  const ref: ContentRef =
    bytes.length <= store.blobs.inlineLimit
      ? { kind: 'inline', bytes }
      : { kind: 'blob', name: await store.blobs.put(account, bytes), size: bytes.length };
  await store.transact(async (tx) => {
    const own = tx.account(account);
    const item = newItem(own, bytes, 'text/x-vcard', ref);
    const author = { device, now: Date.now() };
    const old = kept[n % 20];
    const { guid } =
      old === undefined || n % 3 === 0
        ? await own.items.create(datastore, item, author)
        : await own.items.replace(datastore, old, item, author);
    if (old !== undefined && old !== guid) {
      await own.items.remove(datastore, old, author);
      await own.idMap.put(pair, 0, { guid: old, gone: 1 });
    }
    await own.idMap.put(pair, 0, { guid, luid: luid(`l${n}`), heldRevision: (await own.items.get(datastore, guid))?.revision ?? 1 });
    kept[n % 20] = guid;
  });
  if (n % 10 === 0) {
    const ages = {
      endedSessionAge: 0,
      openSessionAge: 0,
      openSyncAge: 0,
      versionAge: 0,
      conflictAge: 0,
      refusalAge: 0,
      orphanBlobAge: 0,
      draftAge: 0,
    };
    await store.sweep(Date.now(), { ...ages, orphanBlobAge: 1000 });
  }
  if (n % 50 === 0) process.stdout.write(`${n}\n`);
}
