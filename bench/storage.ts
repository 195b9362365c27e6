/** What the store costs: one item, one message, an empty sync. Numbers are medians on the machine that ran them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guidOf, luid, type AccountId, type DatastoreId, type DeviceId, type PairId, type SessionToken } from '../src/model/ids.js';
import { Keyring } from '../src/sealing/keyring.js';
import { masterKeyId } from '../src/sealing/master-key.js';
import type { NewItem } from '../src/storage/ports/items.js';
import type { AccountWriter, Store } from '../src/storage/ports/store.js';
import { openSqliteStore } from '../src/storage/sqlite/sqlite-store.js';

export interface Measure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

interface Place {
  readonly store: Store;
  readonly account: AccountId;
  readonly datastore: DatastoreId;
  readonly device: DeviceId;
  readonly pair: PairId;
}

const ITEM_BYTES = 500;
const REPLY_BYTES = 20_000;
const ITEMS_A_MESSAGE = 50;

export async function storageBench(): Promise<readonly Measure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'moorage-bench-'));
  const key = randomBytes(32);
  const keyring = new Keyring({ keys: [{ id: masterKeyId(key), key }] });
  const store = await openSqliteStore({ folder, keyring, clock: Date.now });
  try {
    const place = await prepare(store);
    return [await creates(place), await messages(place), await smallTransactions(place), await reads(place), await emptySyncs(place)];
  } finally {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function prepare(store: Store): Promise<Place> {
  return store.transact(async (tx) => {
    const { id } = await tx.accounts.create('bench', { verifier: 'v', serverVerifier: 's', serverId: 'i' }, 1);
    const account = tx.account(id);
    const datastore = await account.datastores.create('contacts', 'contacts', 'client-wins');
    const device = await account.devices.create('IMEI:1', 1);
    const pair = await account.pairs.create(device.id, datastore.id, './contacts');
    return { store, account: id, datastore: datastore.id, device: device.id, pair: pair.id };
  });
}

let made = 0;
const newItem = (account: AccountWriter): NewItem => {
  made += 1;
  return {
    type: 'text/x-vcard',
    canonicalKey: account.keyedHash('canonical', `item ${made}`),
    identityKey: account.keyedHash('identity', `who ${made}`),
    content: { kind: 'inline', bytes: Buffer.alloc(ITEM_BYTES, made) },
  };
};

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** items.create with sealing, without the keyed hashes that its caller computes and without the commit. */
async function creates({ store, account, datastore }: Place): Promise<Measure> {
  const times: number[] = [];
  for (let round = 0; round < 20; round += 1) {
    await store.transact(async (tx) => {
      const door = tx.account(account);
      const items = Array.from({ length: 500 }, () => newItem(door));
      const began = performance.now();
      for (const item of items) await door.items.create(datastore, item, { now: 1 });
      times.push(((performance.now() - began) * 1000) / items.length);
    });
  }
  return { name: `items.create, sealing ${ITEM_BYTES} bytes`, value: median(times), unit: 'µs' };
}

/** A message of a slow sync: 50 new items with their map rows, session and a reply of 20 kB, one durable commit. */
async function messages({ store, account, datastore, device, pair }: Place): Promise<Measure> {
  const count = 200;
  const began = performance.now();
  for (let n = 0; n < count; n += 1) {
    await store.transact(async (tx) => {
      const door = tx.account(account);
      await tx.sessions.byToken('t' as SessionToken);
      for (let each = 0; each < ITEMS_A_MESSAGE; each += 1) {
        const { guid } = await door.items.create(datastore, newItem(door), { now: 1, device });
        await door.idMap.put(pair, 1, { guid, luid: luid(`l${made}`), heldRevision: 1, heldGeneration: 1 });
      }
      await saveSession({ store, account, datastore, device, pair }, 't', n, tx.sessions);
    });
  }
  return { name: `messages of ${ITEMS_A_MESSAGE} Adds, durable`, value: (count * 1000) / (performance.now() - began), unit: 'a second' };
}

async function smallTransactions(place: Place): Promise<Measure> {
  const count = 500;
  const began = performance.now();
  for (let n = 0; n < count; n += 1) await place.store.transact((tx) => saveSession(place, 'small', n, tx.sessions));
  return { name: 'messages without items, durable', value: (count * 1000) / (performance.now() - began), unit: 'a second' };
}

async function reads({ store, account, datastore }: Place): Promise<Measure> {
  const count = 5000;
  const began = performance.now();
  for (let n = 1; n <= count; n += 1) await store.read((tx) => tx.account(account).items.content(datastore, guidOf(n)));
  return { name: 'reads of one item, each a transaction', value: (count * 1000) / (performance.now() - began), unit: 'a second' };
}

async function emptySyncs({ store, account, datastore, pair }: Place): Promise<Measure> {
  const times: number[] = [];
  await store.transact(async (tx) => {
    const door = tx.account(account);
    const since = (await door.datastores.byId(datastore))?.position ?? 0;
    for (let n = 0; n < 200; n += 1) {
      const began = performance.now();
      await door.outgoing.fix({ datastore, pair, epoch: 1, scope: 'changes', since });
      times.push((performance.now() - began) * 1000);
    }
  });
  return { name: `outgoing.fix without changes, ${made} items`, value: median(times), unit: 'µs' };
}

function saveSession(place: Place, token: string, n: number, sessions: { save: SaveSession }): Promise<void> {
  return sessions.save(
    {
      token: token as SessionToken,
      account: place.account,
      device: place.device,
      deviceUri: 'IMEI:1',
      sessionId: '1',
      origin: '192.0.2.1',
      lastMsgId: n,
      startedAt: 1,
      updatedAt: n,
      ended: false,
      state: 's'.repeat(2000),
      trace: '[]',
    },
    { msgId: n, digest: 'd', bodyDigest: 'b', contentType: 'application/vnd.syncml+wbxml', bytes: Buffer.alloc(REPLY_BYTES, n), at: n },
  );
}
type SaveSession = Parameters<Parameters<Store['transact']>[0]>[0]['sessions']['save'];

if (import.meta.url === `file://${process.argv[1]}`) {
  for (const { name, value, unit } of await storageBench()) console.log(`${name}: ${value.toFixed(value < 100 ? 1 : 0)} ${unit}`);
}
