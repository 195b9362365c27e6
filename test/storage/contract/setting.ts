import type { AccountId, DatastoreId, DeviceId, Guid, PairId, SessionToken } from '../../../src/model/ids.js';
import type { Credential } from '../../../src/storage/ports/accounts.js';
import type { ItemRecord, NewItem } from '../../../src/storage/ports/items.js';
import type { PairRecord } from '../../../src/storage/ports/pairs.js';
import type { SessionRecord, StoredResponse } from '../../../src/storage/ports/sessions.js';
import type { AccountWriter, Store, WriteTx } from '../../../src/storage/ports/store.js';

export interface OpenedStore {
  readonly store: Store;
  /** Another store on the same data, as another process would open it. */
  another(): Promise<Store>;
  /** Closes everything that was opened and removes the data. */
  close(): Promise<void>;
}
export interface OpenStoreOptions {
  readonly clock?: () => number;
}
export type OpenStore = (options?: OpenStoreOptions) => Promise<OpenedStore>;

export const CREDENTIAL: Credential = { verifier: 'dmVyaWZpZXI=', serverVerifier: 'c2VydmVy', serverId: 'moorage' };

export const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');
export const text = (content: Uint8Array | undefined): string | undefined => content && Buffer.from(content).toString('utf8');

export const item = (content: string, facts: Partial<Omit<NewItem, 'content'>> = {}): NewItem => ({
  type: 'text/x-vcard',
  canonicalKey: `canonical of ${content}`,
  ...facts,
  content: { kind: 'inline', bytes: bytes(content) },
});

/** One account with a datastore, a device and their pair. */
export interface Setting {
  readonly account: AccountId;
  readonly datastore: DatastoreId;
  readonly device: DeviceId;
  readonly pair: PairRecord;
}

export async function settle(store: Store, name = 'anna'): Promise<Setting> {
  return store.transact(async (tx) => {
    const { id } = await tx.accounts.create(name, CREDENTIAL, 1000);
    const account = tx.account(id);
    const datastore = await account.datastores.create('contacts', 'contacts', 'client-wins');
    const device = await account.devices.create('IMEI:1', 1000);
    const pair = await account.pairs.create(device.id, datastore.id, './contacts');
    return { account: id, datastore: datastore.id, device: device.id, pair };
  });
}

/** Work on the account's own door in a write transaction. */
export const within = <T>(store: Store, setting: Setting, work: (account: AccountWriter, tx: WriteTx) => Promise<T>): Promise<T> =>
  store.transact((tx) => work(tx.account(setting.account), tx));

/** Creates one item per content, in one transaction. */
export function create(store: Store, setting: Setting, ...contents: readonly string[]): Promise<readonly ItemRecord[]> {
  return within(store, setting, async (account) => {
    const made: ItemRecord[] = [];
    for (const content of contents)
      made.push(await account.items.create(setting.datastore, item(content), { now: 2000, device: setting.device }));
    return made;
  });
}

export function session(setting: Setting, token: string, changes: Partial<SessionRecord> = {}): SessionRecord {
  return {
    token: token as SessionToken,
    account: setting.account,
    device: setting.device,
    deviceUri: 'IMEI:1',
    sessionId: '1',
    origin: '192.0.2.1 Phone/1.0',
    lastMsgId: 1,
    startedAt: 5000,
    updatedAt: 5000,
    ended: false,
    state: '{"phase":"new"}',
    trace: '[]',
    ...changes,
  };
}

export const response = (body: string, changes: Partial<StoredResponse> = {}): StoredResponse => ({
  msgId: 1,
  digest: 'd1',
  bodyDigest: 'b1',
  contentType: 'application/vnd.syncml+xml',
  bytes: bytes(body),
  at: 5000,
  ...changes,
});

export const PAIR_NONE = 999_999 as PairId;
export const GUID_NONE = 'zzzz' as Guid;
