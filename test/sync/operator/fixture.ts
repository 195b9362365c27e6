import { createUser } from '../../../src/accounts/users.js';
import type { AccountId, Guid } from '../../../src/model/ids.js';
import { loadConfig } from '../../../src/runtime/config.js';
import { newItem } from '../../../src/sync/operator/content.js';
import type { DatastoreRecord } from '../../../src/storage/ports/datastores.js';
import type { AccountWriter, WriteTx } from '../../../src/storage/ports/store.js';
import { tempStore, type TempStore } from '../../support/temp-store.js';

/** A store with the user `anna`, and a clock that a test turns by hand. */
export interface Fixture {
  readonly temp: TempStore;
  readonly account: AccountId;
  now: number;
  close(): Promise<void>;
}

export async function openFixture(): Promise<Fixture> {
  const fixture: { temp?: TempStore; account?: AccountId; now: number } = { now: 1_700_000_000_000 };
  const temp = await tempStore({ clock: () => fixture.now });
  const { datastores } = loadConfig({ environment: { HOME: '/tmp' } }).config;
  const account = await createUser(temp.store, { name: 'anna', password: 'pw', serverId: 'moorage', datastores, now: fixture.now });
  return Object.assign(fixture, { temp, account: account.id, close: () => temp.close() });
}

export const card = (name: string, tel = '1'): string => `BEGIN:VCARD\r\nVERSION:2.1\r\nN:${name};X\r\nTEL:${tel}\r\nEND:VCARD\r\n`;
export const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');
export const text = (content: Uint8Array | undefined): string | undefined =>
  content === undefined ? undefined : Buffer.from(content).toString('utf8');

/** Work on anna's contacts, as a device's message would do it. */
export function onContacts<T>(
  fixture: Fixture,
  work: (own: AccountWriter, contacts: DatastoreRecord, tx: WriteTx) => Promise<T>,
): Promise<T> {
  return fixture.temp.store.transact(async (tx) => {
    const own = tx.account(fixture.account);
    const contacts = await own.datastores.byUri('contacts');
    if (contacts === undefined) throw new Error('no contacts');
    return work(own, contacts, tx);
  });
}

export const createCard = (fixture: Fixture, content: string): Promise<Guid> =>
  onContacts(fixture, async (own, contacts) => {
    const raw = bytes(content);
    return (await own.items.create(contacts.id, newItem(own, raw, 'text/x-vcard', { kind: 'inline', bytes: raw }), { now: fixture.now }))
      .guid;
  });
