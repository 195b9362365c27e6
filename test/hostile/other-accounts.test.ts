/**
 * Every operation on an account's data, asked by one user with the ids of another: nothing is read, nothing changes. A new effect of the engine does not
 * compile without a row here, and a new operation of the operator fails the last test. The store's own ports: test/storage/contract/scoping.ts.
 */
import assert from 'node:assert/strict';
import { createUser } from '../../src/accounts/users.js';
import type { Effect, EffectKind } from '../../src/model/effects.js';
import { UserError } from '../../src/model/errors.js';
import { guid, type PairId, type SessionToken } from '../../src/model/ids.js';
import { Tolerance } from '../../src/model/leniency.js';
import type { Store } from '../../src/storage/ports/store.js';
import * as conflicts from '../../src/sync/operator/conflicts.js';
import * as datastores from '../../src/sync/operator/datastores.js';
import * as policies from '../../src/sync/operator/policies.js';
import * as devices from '../../src/sync/operator/devices.js';
import * as importing from '../../src/sync/operator/import.js';
import * as items from '../../src/sync/operator/items.js';
import * as sessions from '../../src/sync/operator/sessions.js';
import { SyncWork } from '../../src/sync/work.js';
import { add, openAlert, statusesFor, sync } from '../engine/support/messages.js';
import { Bench, PASSWORD } from '../exchange/support/bench.js';

interface Ids {
  readonly store: Store;
  readonly pair: PairId;
  readonly token: string;
  readonly conflict: number;
}
const DEVICE = 'IMEI:annas';

async function allOf<T>(source: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}

/** What is asked, and whether it is refused or answered without anything of the other's. */
const OPERATIONS: Readonly<Record<string, { readonly ask: (anna: Ids) => Promise<unknown>; readonly refused: boolean }>> = {
  listConflicts: { ask: ({ store }) => conflicts.listConflicts(store, 'berta', { limit: 9 }), refused: false },
  showConflict: { ask: ({ store, conflict }) => conflicts.showConflict(store, 'berta', conflict), refused: true },
  undoConflict: { ask: ({ store, conflict }) => conflicts.undoConflict(store, 'berta', conflict, 1), refused: true },
  listDatastores: { ask: ({ store }) => datastores.listDatastores(store, 'berta'), refused: false },
  setPolicy: { ask: ({ store }) => policies.setPolicy(store, 'berta', { datastore: 'notes' }, 'keep-both'), refused: false },
  unsetPolicy: { ask: ({ store }) => policies.unsetPolicy(store, 'berta', { device: DEVICE }), refused: true },
  listPolicies: { ask: ({ store }) => policies.listPolicies(store, 'berta', []), refused: false },
  listDevices: { ask: ({ store }) => devices.listDevices(store, 'berta'), refused: false },
  showDevice: { ask: ({ store }) => devices.showDevice(store, 'berta', DEVICE), refused: true },
  plannedReset: { ask: ({ store }) => devices.plannedReset(store, 'berta', DEVICE, undefined), refused: true },
  chooseProfile: { ask: ({ store }) => devices.chooseProfile(store, 'berta', DEVICE, undefined), refused: true },
  setDeviceCountry: { ask: ({ store }) => devices.setDeviceCountry(store, 'berta', DEVICE, 'DE'), refused: true },
  setDeviceZone: { ask: ({ store }) => devices.setDeviceZone(store, 'berta', DEVICE, 'Europe/Berlin'), refused: true },
  resetDevice: { ask: ({ store }) => devices.resetDevice(store, 'berta', DEVICE, undefined), refused: true },
  forgetDevice: { ask: ({ store }) => devices.forgetDevice(store, 'berta', DEVICE), refused: true },
  importFiles: {
    ask: ({ store }) => importing.importFiles(store, 'berta', 'notes', [{ name: '1.txt', bytes: Buffer.from('over it') }], { now: 1 }),
    refused: false,
  },
  listItems: { ask: ({ store }) => items.listItems(store, 'berta', 'contacts'), refused: false },
  showItem: { ask: ({ store }) => items.showItem(store, 'berta', 'contacts', '1'), refused: true },
  removeItem: { ask: ({ store }) => items.removeItem(store, 'berta', 'contacts', '1', 1), refused: true },
  exportItems: { ask: ({ store }) => allOf(items.exportItems(store, 'berta', 'contacts')), refused: false },
  listSessions: { ask: ({ store }) => sessions.listSessions(store, 'berta', 9), refused: false },
  showSession: { ask: ({ store, token }) => sessions.showSession(store, 'berta', token), refused: true },
  keptMessages: { ask: ({ store, token }) => sessions.keptMessages(store, 'berta', token), refused: true },
};

/** What an effect asks beside the pair; 'names': it names its own user's stores and no ids. */
const EFFECTS: Readonly<Record<EffectKind, object | 'names'>> = {
  open: 'names',
  map: 'names',
  devInf: 'names',
  clientNonce: 'names',
  atomic: 'names',
  owns: {},
  change: { changes: [{}] },
  dropIncoming: {},
  answered: { answers: [{ msgId: 1, cmdId: 1, code: 200 }] },
  widen: {},
  received: {},
  outgoing: { bytes: 1000 },
  sent: { msgId: 1, entries: [{ seq: 1, cmdId: 1 }] },
  skip: { seqs: [1] },
  resend: {},
  rewind: {},
  offer: {},
  finish: {},
  abandon: { reason: 'no' },
};

describe('another account', function () {
  this.timeout(60_000);
  let bench: Bench;
  let anna: Ids;

  before(async () => {
    bench = await Bench.open();
    const { store } = bench.temp;
    const phone = bench.client({ device: DEVICE });
    const first = await phone.send([openAlert(201, 'notes', './N', 'A')]);
    await phone.send([...statusesFor(first), sync([add('1', 'secret of anna')], { store: 'notes', from: './N' })], { final: false });
    const { pair, conflict } = await store.transact(async (tx) => {
      const own = tx.account(bench.account);
      const notes = await own.datastores.byUri('notes');
      assert.ok(notes);
      const [of] = await own.pairs.ofDatastore(notes.id);
      const entry = {
        at: 1,
        datastore: notes.id,
        guid: guid('1'),
        cause: 'update-update',
        decision: 'client',
        revision: 1,
        type: 'text/plain',
      };
      return { pair: of?.id, conflict: await own.conflicts.add(entry, { lost: Buffer.from('secret of anna') }) };
    });
    assert.ok(pair);
    anna = { store, pair, conflict, token: phone.token ?? '' };
    await createUser(store, { name: 'berta', password: PASSWORD, serverId: 'moorage', datastores: bench.config.datastores, now: 0 });
  });
  after(() => bench.close());

  const annas = async (): Promise<string> =>
    (await bench.texts()).join() +
    (await anna.store.read(async (tx) => {
      const own = tx.account(bench.account);
      const all: unknown[] = [
        await own.devices.list(),
        await own.conflicts.list(),
        await tx.sessions.ofAccount(own.id, 9),
        await own.pairs.get(anna.pair),
      ];
      for (const datastore of await own.datastores.list()) all.push(datastore, await own.items.list(datastore.id));
      all.push(await own.outgoing.list(anna.pair), await own.usedBytes());
      return JSON.stringify(all);
    }));

  for (const [name, { ask, refused }] of Object.entries(OPERATIONS)) {
    it(`${name} ${refused ? 'is refused' : 'shows and changes only what is its own'}`, async () => {
      const before = await annas();
      if (refused) await assert.rejects(ask(anna), UserError);
      else assert.doesNotMatch(JSON.stringify((await ask(anna)) ?? ''), /secret|annas/);
      assert.equal(await annas(), before);
    });
  }

  for (const [kind, asks] of Object.entries(EFFECTS)) {
    if (asks === 'names') continue;
    it(`the effect ${kind} on its pair fails`, async () => {
      const before = await annas();
      await assert.rejects(
        anna.store.transact(async (tx) => {
          const berta = await tx.accounts.byName('berta');
          assert.ok(berta);
          const account = tx.account(berta.id);
          const device = (await account.devices.byUri('IMEI:b')) ?? (await account.devices.create('IMEI:b', 1));
          const work = new SyncWork({
            ...{
              tx,
              account,
              device,
              now: 1,
              specs: [],
              prepared: new Map(),
              done: new Map(),
              databases: undefined,
              token: 'berta' as SessionToken,
              note: () => undefined,
            },
            ...{ tolerance: new Tolerance(false), limits: { maxObjSize: 1000, quotaBytes: 1000, resumeAge: 1000 } },
          });
          await work.perform({ kind, pair: anna.pair, pairs: [anna.pair], ...asks } as unknown as Effect);
          await work.flush();
        }),
        /is gone|has no pair/,
      );
      assert.equal(await annas(), before);
    });
  }

  it('every operation of the operator has its row', () => {
    const all = [conflicts, datastores, policies, devices, importing, items, sessions].flatMap((module) => Object.keys(module));
    assert.deepEqual([...all].sort(), Object.keys(OPERATIONS).sort());
  });
});
