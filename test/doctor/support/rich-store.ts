/** A store with a row of every kind, in states that occur: what the tests of doctor damage. */
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { makeCredential } from '../../../src/accounts/users.js';
import { newSession } from '../../../src/engine/session.js';
import { examine } from '../../../src/doctor/examine.js';
import { Alert } from '../../../src/model/alert.js';
import {
  luid,
  type AccountId,
  type DatastoreId,
  type DeviceId,
  type Guid,
  type PairId,
  type SessionToken,
} from '../../../src/model/ids.js';
import { chunkOwner } from '../../../src/storage/ports/arriving.js';
import { findingsOf, type Depth, type Finding } from '../../../src/storage/ports/inspection.js';
import type { NewItem } from '../../../src/storage/ports/items.js';
import type { AnchorPoint, OpenSync } from '../../../src/storage/ports/pairs.js';
import type { SweepLimits } from '../../../src/storage/ports/store.js';
import { DATABASE_FILE } from '../../../src/storage/sqlite/sqlite-store.js';
import { newItem } from '../../../src/sync/operator/content.js';
import { tempStore, type TempStore } from '../../support/temp-store.js';

const HOUR = 60 * 60 * 1000;
export const DAY = 24 * HOUR;
export const NOW = Date.UTC(2024, 5, 1);
export const AGES: SweepLimits = {
  endedSessionAge: 2 * DAY,
  openSessionAge: 2 * HOUR,
  openSyncAge: 30 * DAY,
  versionAge: 90 * DAY,
  conflictAge: 90 * DAY,
  refusalAge: 30 * DAY,
  orphanBlobAge: HOUR,
  draftAge: DAY,
};

export const card = (name: string, extra = ''): Buffer =>
  Buffer.from(`BEGIN:VCARD\r\nVERSION:2.1\r\nN:${name};Given\r\nTEL;CELL:+491701234567\r\n${extra}END:VCARD\r\n`);

const anchor = (generation: number, position: number, epoch = 1): AnchorPoint => ({
  clientNext: `c${generation}`,
  serverNext: `2024010${generation}T000000Z`,
  position,
  generation,
  epoch,
  at: NOW - 3 * HOUR + generation,
});

const openSync = (type: OpenSync['type'], changes: Partial<OpenSync> = {}): OpenSync => ({
  type,
  clientNext: 'c9',
  serverNext: '20240109T000000Z',
  epoch: 2,
  base: 0,
  phase: 'receiving',
  startedAt: NOW - HOUR,
  ...changes,
});

export interface Rich {
  readonly temp: TempStore;
  readonly account: AccountId;
  readonly datastore: DatastoreId;
  readonly device: DeviceId;
  /** Settled, with a map. */
  readonly settled: PairId;
  /** A refresh from the client is open, two items are staged. */
  readonly refreshing: PairId;
  /** A slow sync is open, its list is fixed. */
  readonly sending: PairId;
  /** A large object is being received. */
  readonly receiving: PairId;
  /** 1: replaced once; 2: deleted; 3: a blob; 4 and 5: as they came. All held by the settled device but 2. */
  readonly items: readonly Guid[];
  readonly blob: string;
  /** SQL past the store, as a disk or a bug would have it. */
  damage(...sql: readonly string[]): void;
  sql<Row extends object>(text: string): Row[];
  /** Rules that are broken, with what the finding says. */
  examine(depth?: Depth): Promise<readonly Finding[]>;
  close(): Promise<void>;
}

const BIG = card('Big', `NOTE:${'long '.repeat(20_000)}\r\n`);

export async function richStore(): Promise<Rich> {
  const temp = await tempStore({ clock: () => NOW });
  const { store } = temp;
  const account = (await store.transact((tx) => tx.accounts.create('anna', makeCredential('anna', 'pw', 'moorage'), NOW - DAY))).id;
  await store.transact((tx) => tx.accounts.create('bert', makeCredential('bert', 'pw', 'moorage'), NOW - DAY));
  const blob = await store.blobs.put(account, BIG);
  const made = await store.transact(async (tx) => {
    const own = tx.account(account);
    const datastore = (await own.datastores.create('contacts', 'contacts', 'client-wins')).id;
    const phone = await own.devices.create('IMEI:1', NOW - HOUR);
    const device = phone.id;
    await own.devices.save({ ...phone, nonce: 'bm9uY2U=', devInf: '{"man":"Maker"}', authCount: 3 });
    const author = { device, now: NOW - 2 * HOUR };
    const inline = (bytes: Buffer): NewItem => newItem(own, bytes, 'text/x-vcard', { kind: 'inline', bytes });
    const first = await own.items.create(datastore, inline(card('First')), author);
    await own.items.replace(datastore, first.guid, inline(card('First', 'NOTE:changed\r\n')), author);
    const second = await own.items.create(datastore, inline(card('Second')), author);
    const third = await own.items.create(
      datastore,
      newItem(own, BIG, 'text/x-vcard', { kind: 'blob', name: blob, size: BIG.length }),
      author,
    );
    const fourth = await own.items.create(datastore, inline(card('Fourth')), author);
    const fifth = await own.items.create(datastore, inline(card('Fifth')), author);
    const items = [first.guid, second.guid, third.guid, fourth.guid, fifth.guid];
    const pair = async (uri: string): Promise<PairId> => (await own.pairs.create(device, datastore, uri)).id;
    const settled = await pair('./contacts');
    for (const [at, guid] of items.entries())
      await own.idMap.put(settled, 1, {
        guid,
        luid: luid(`l${at + 1}`),
        heldRevision: at === 0 ? 2 : 1,
        heldKey: (await own.items.get(datastore, guid))?.canonicalKey ?? '',
        heldGeneration: 2,
      });
    await own.items.remove(datastore, second.guid, author);
    await own.idMap.put(settled, 1, { guid: second.guid, luid: luid('l2'), gone: 2 });
    const refreshing = await pair('./refresh');
    const sending = await pair('./send');
    const receiving = await pair('./receive');
    const base = { device, datastore, slowNeeded: true, lastEpoch: 2, fence: 'token-live-1' as SessionToken };
    await own.pairs.save({
      ...base,
      id: settled,
      clientUri: './contacts',
      slowNeeded: false,
      lastEpoch: 1,
      current: anchor(2, 7),
      previous: anchor(1, 3),
      lastSync: { at: NOW - 3 * HOUR, type: Alert.TwoWay, result: 'ok' },
    });
    await own.pairs.save({ ...base, id: refreshing, clientUri: './refresh', open: openSync(Alert.RefreshFromClient) });
    await own.staged.put(refreshing, luid('s1'), inline(card('Staged')));
    await own.staged.put(refreshing, luid('s2'), newItem(own, BIG, 'text/x-vcard', { kind: 'blob', name: blob, size: BIG.length }));
    await own.pairs.save({ ...base, id: sending, clientUri: './send', open: openSync(Alert.SlowSync, { phase: 'sending', position: 7 }) });
    await own.outgoing.fix({ datastore, pair: sending, epoch: 2, scope: 'all' });
    const [sentOut] = await own.outgoing.next(sending, 1);
    if (sentOut) await own.outgoing.save(sending, { ...sentOut, state: 'sent', msgId: 2, cmdId: 3, revision: 2 });
    await own.chunks.append(chunkOwner(receiving), Buffer.alloc(1000, 'a'));
    await own.chunks.append(chunkOwner(receiving), Buffer.alloc(500, 'b'));
    const incoming = { command: 'Add', luid: luid('big'), size: 5000, received: 1500, lastChunk: 500 } as const;
    await own.pairs.save({
      ...base,
      id: receiving,
      clientUri: './receive',
      slowNeeded: false,
      open: openSync(Alert.TwoWay, { incoming }),
    });
    await own.conflicts.add(
      {
        at: NOW - 2 * HOUR,
        datastore,
        guid: first.guid,
        device,
        cause: 'update-update',
        decision: 'client',
        revision: 2,
        type: 'text/x-vcard',
      },
      { lost: card('First'), kept: card('First', 'NOTE:changed\r\n') },
    );
    const live = { ...newSession('1.2', 'http://sync.example/sync', 'IMEI:1'), phase: 'modifications' as const, msgId: 2 };
    const state = (ended: boolean, parked: object[]): string =>
      JSON.stringify({ engine: ended ? { ...live, phase: 'ended' } : live, perMessage: false, ...(parked.length > 0 ? { parked } : {}) });
    for (const [token, ended] of [
      ['token-live-1', false],
      ['token-over-1', true],
    ] as const)
      await tx.sessions.save(
        {
          token: token as SessionToken,
          account,
          device,
          deviceUri: 'IMEI:1',
          sessionId: '1',
          origin: '192.0.2.1 Phone/1.0',
          lastMsgId: 2,
          startedAt: NOW - HOUR,
          updatedAt: NOW - HOUR,
          ended,
          state: state(ended, ended ? [] : [{ msgId: 2, encoding: 'xml', body: '' }]),
          trace: '[]',
        },
        { msgId: 2, digest: 'd', bodyDigest: 'b', contentType: 'application/vnd.syncml+xml', bytes: Buffer.from('answer'), at: NOW - HOUR },
      );
    const side = { headers: { Host: 'sync.example' }, body: Buffer.from('<SyncML/>') };
    await own.messages.keep(
      'token-over-1' as SessionToken,
      [{ at: NOW - HOUR, path: '/sync', request: side, httpStatus: 200, response: side }],
      { messages: 9, bytes: 1000 },
    );
    return { datastore, device, settled, refreshing, sending, receiving, items };
  });
  const file = join(temp.folder, DATABASE_FILE);
  const withDatabase = <T>(work: (db: InstanceType<typeof DatabaseSync>) => T): T => {
    const db = new DatabaseSync(file, { timeout: 5000, enableForeignKeyConstraints: false, defensive: false });
    try {
      return work(db);
    } finally {
      db.close();
    }
  };
  return {
    ...made,
    temp,
    account,
    blob,
    damage: (...all) => withDatabase((db) => all.forEach((sql) => db.exec(sql))),
    sql: <Row extends object>(text: string) =>
      withDatabase((db) =>
        db
          .prepare(text)
          .all()
          .map((row) => ({ ...(row as Row) })),
      ),
    examine: async (depth = 'full') => findingsOf(await examine(store, { now: NOW, ages: AGES, depth, surroundings: false })),
    close: () => temp.close(),
  };
}
