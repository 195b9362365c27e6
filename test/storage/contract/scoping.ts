import assert from 'node:assert/strict';
import { guid, luid, type CopyId, type SessionToken } from '../../../src/model/ids.js';
import { HOME_LOCATION, type DraftRecord } from '../../../src/storage/ports/copies.js';
import type { AccountWriter } from '../../../src/storage/ports/store.js';
import { bytes, create, item, response, session, settle, within, type OpenedStore, type OpenStore, type Setting } from './setting.js';

const TOKEN = 'anna-1' as SessionToken;

/** Everything an account can ask for, asked by berta with anna's ids. What it must answer, or `refused` where it must throw. */
const ASKED: Readonly<Record<string, { readonly ask: (berta: AccountWriter, anna: Ids) => Promise<unknown>; readonly answer: unknown }>> = {
  'devices.byId': { ask: (b, a) => b.devices.byId(a.device), answer: undefined },
  'devices.byUri': { ask: (b) => b.devices.byUri('IMEI:1'), answer: undefined },
  'devices.list': { ask: (b) => b.devices.list(), answer: [] },
  'devices.save': { ask: (b, a) => b.devices.save({ id: a.device, uri: 'IMEI:1', authCount: 9, lastAccessAt: 9 }), answer: 'refused' },
  'devices.remove': { ask: (b, a) => b.devices.remove(a.device), answer: undefined },
  'datastores.byId': { ask: (b, a) => b.datastores.byId(a.datastore), answer: undefined },
  'datastores.byUri': { ask: (b) => b.datastores.byUri('contacts'), answer: undefined },
  'datastores.list': { ask: (b) => b.datastores.list(), answer: [] },
  'policies.list': { ask: (b) => b.policies.list(), answer: [] },
  'policies.set for a datastore': { ask: (b, a) => b.policies.set({ datastore: a.datastore, policy: 'keep-both' }), answer: 'refused' },
  'policies.set for a device': { ask: (b, a) => b.policies.set({ device: a.device, policy: 'keep-both' }), answer: 'refused' },
  'policies.remove': { ask: (b, a) => b.policies.remove({ datastore: a.datastore }), answer: false },
  'datastores.compact': { ask: (b, a) => b.datastores.compact(a.datastore, 1), answer: 'refused' },
  'items.get': { ask: (b, a) => b.items.get(a.datastore, guid('1')), answer: undefined },
  'items.content': { ask: (b, a) => b.items.content(a.datastore, guid('1')), answer: undefined },
  'items.content of a revision': { ask: (b, a) => b.items.content(a.datastore, guid('1'), 1), answer: undefined },
  'items.list': { ask: (b, a) => b.items.list(a.datastore), answer: [] },
  'items.count': { ask: (b, a) => b.items.count(a.datastore), answer: 0 },
  'items.findUnmapped': {
    ask: (b, a) => b.items.findUnmapped(a.datastore, 'canonical', 'canonical of secret', a.pair, 9),
    answer: undefined,
  },
  'items.listUnmapped': {
    ask: (b, a) => b.items.listUnmapped(a.datastore, 'canonical', 'canonical of secret', a.pair, 9, 9),
    answer: [],
  },
  'items.listMapped': {
    ask: (b, a) => b.items.listMapped(a.datastore, 'canonical', 'canonical of secret', a.pair, 1, 9),
    answer: [],
  },
  'items.create': { ask: (b, a) => b.items.create(a.datastore, item('x'), { now: 1 }), answer: 'refused' },
  'items.replace': { ask: (b, a) => b.items.replace(a.datastore, guid('1'), item('x'), { now: 1 }), answer: 'refused' },
  'items.remove': { ask: (b, a) => b.items.remove(a.datastore, guid('1'), { now: 1 }), answer: 'refused' },
  'pairs.get': { ask: (b, a) => b.pairs.get(a.pair), answer: undefined },
  'pairs.find': { ask: (b, a) => b.pairs.find(a.device, a.datastore, './contacts'), answer: undefined },
  'pairs.ofDevice': { ask: (b, a) => b.pairs.ofDevice(a.device), answer: [] },
  'pairs.ofDatastore': { ask: (b, a) => b.pairs.ofDatastore(a.datastore), answer: [] },
  'pairs.create': { ask: (b, a) => b.pairs.create(a.device, a.datastore, './other'), answer: 'refused' },
  'pairs.save': { ask: (b, a) => b.pairs.save({ ...a.setting.pair, slowNeeded: true }), answer: 'refused' },
  'pairs.remove': { ask: (b, a) => b.pairs.remove(a.pair), answer: 'refused' },
  'idMap.byLuid': { ask: (b, a) => b.idMap.byLuid(a.pair, 1, luid('7')), answer: undefined },
  'idMap.byGuid': { ask: (b, a) => b.idMap.byGuid(a.pair, 1, guid('1')), answer: undefined },
  'idMap.count': { ask: (b, a) => b.idMap.count(a.pair, 1), answer: 0 },
  'idMap.list': { ask: (b, a) => b.idMap.list(a.pair, 1), answer: [] },
  'idMap.unmapped': { ask: (b, a) => b.idMap.unmapped(a.pair, 1), answer: [] },
  'idMap.put': { ask: (b, a) => b.idMap.put(a.pair, 1, { guid: guid('1') }), answer: 'refused' },
  'idMap.remove': { ask: (b, a) => b.idMap.remove(a.pair, 1, guid('1')), answer: 'refused' },
  'idMap.keepEpochs': { ask: (b, a) => b.idMap.keepEpochs(a.pair, [], 9), answer: 'refused' },
  'extraCopies.byLuid': { ask: (b, a) => b.extraCopies.byLuid(a.pair, 1, luid('7')), answer: undefined },
  'extraCopies.ofItem': { ask: (b, a) => b.extraCopies.ofItem(a.pair, 1, guid('1'), 9), answer: [] },
  'extraCopies.count': { ask: (b, a) => b.extraCopies.count(a.pair, 1), answer: 0 },
  'extraCopies.put': { ask: (b, a) => b.extraCopies.put(a.pair, 1, { luid: luid('7'), guid: guid('1'), key: 'k' }), answer: 'refused' },
  'extraCopies.remove': { ask: (b, a) => b.extraCopies.remove(a.pair, 1, luid('7')), answer: 'refused' },
  'items.listSeries': { ask: (b, a) => b.items.listSeries(a.datastore, 'series', 9), answer: [] },
  'instances.byGuid': { ask: (b, a) => b.instances.byGuid(a.datastore, guid('2')), answer: undefined },
  'instances.ofSeries': { ask: (b, a) => b.instances.ofSeries(a.datastore, guid('1')), answer: [] },
  'instances.series': { ask: (b, a) => b.instances.series(a.datastore), answer: [] },
  'instances.mapped': { ask: (b, a) => b.instances.mapped(a.pair, 1), answer: [] },
  'instances.rename': { ask: (b, a) => b.instances.rename(a.datastore, guid('2'), 'other'), answer: 'refused' },
  'instances.put': { ask: (b, a) => b.instances.put(a.datastore, guid('1'), 'other'), answer: 'refused' },
  'outgoing.remaining': { ask: (b, a) => b.outgoing.remaining(a.pair), answer: { waiting: 0, sent: 0 } },
  'outgoing.next': { ask: (b, a) => b.outgoing.next(a.pair, 9), answer: [] },
  'outgoing.oversized': { ask: (b, a) => b.outgoing.oversized(a.pair, a.datastore, 0), answer: [] },
  'outgoing.byCommand': { ask: (b, a) => b.outgoing.byCommand(a.pair, 2, 3), answer: undefined },
  'outgoing.list': { ask: (b, a) => b.outgoing.list(a.pair), answer: [] },
  'outgoing.list of a state': { ask: (b, a) => b.outgoing.list(a.pair, ['sent']), answer: [] },
  'outgoing.fix': { ask: (b, a) => b.outgoing.fix({ datastore: a.datastore, pair: a.pair, epoch: 1, scope: 'all' }), answer: 'refused' },
  'outgoing.amend': { ask: (b, a) => b.outgoing.amend(a.pair, new Set([1]), []), answer: 'refused' },
  'outgoing.save': { ask: (b, a) => b.outgoing.save(a.pair, { seq: 1, guid: guid('1'), kind: 'Add', state: 'done' }), answer: 'refused' },
  'outgoing.rewind': { ask: (b, a) => b.outgoing.rewind(a.pair), answer: 'refused' },
  'outgoing.clear': { ask: (b, a) => b.outgoing.clear(a.pair), answer: 'refused' },
  'staged.get': { ask: (b, a) => b.staged.get(a.pair, luid('7')), answer: undefined },
  'staged.list': { ask: (b, a) => b.staged.list(a.pair), answer: [] },
  'staged.content': { ask: (b, a) => b.staged.content(a.pair, luid('7')), answer: undefined },
  'staged.bytes': { ask: (b, a) => b.staged.bytes(a.pair, luid('7')), answer: undefined },
  'staged.put': { ask: (b, a) => b.staged.put(a.pair, luid('7'), item('x')), answer: 'refused' },
  'staged.remove': { ask: (b, a) => b.staged.remove(a.pair, luid('7')), answer: 'refused' },
  'staged.clear': { ask: (b, a) => b.staged.clear(a.pair), answer: 'refused' },
  'chunks.read': { ask: async (b) => (await b.chunks.read('1')).length, answer: 0 },
  'chunks.append': { ask: (b) => b.chunks.append('1', bytes('x')), answer: undefined },
  'chunks.dropLast': { ask: (b) => b.chunks.dropLast('1'), answer: undefined },
  'chunks.clear': { ask: (b) => b.chunks.clear('1'), answer: undefined },
  'conflicts.list': { ask: (b) => b.conflicts.list(), answer: [] },
  'conflicts.list of a datastore': { ask: (b, a) => b.conflicts.list({ datastore: a.datastore }), answer: [] },
  'conflicts.get': { ask: (b, a) => b.conflicts.get(a.conflict), answer: undefined },
  'conflicts.content': { ask: (b, a) => b.conflicts.content(a.conflict), answer: {} },
  'conflicts.add': { ask: (b, a) => b.conflicts.add({ ...CONFLICT, datastore: a.datastore }, {}), answer: 'refused' },
  'conflicts.markUndone': { ask: (b, a) => b.conflicts.markUndone(a.conflict, 9), answer: undefined },
  'messages.of': { ask: (b) => b.messages.of(TOKEN), answer: [] },
  'messages.keep': { ask: (b) => b.messages.keep(TOKEN, [], { messages: 1, bytes: 1 }), answer: 'refused' },
  'copies.byId': { ask: (b, a) => b.copies.byId(a.copy), answer: undefined },
  'copies.find': { ask: (b, a) => b.copies.find(a.device, 'secret.db'), answer: undefined },
  'copies.list': { ask: (b) => b.copies.list(), answer: [] },
  'copies.generations': { ask: (b, a) => b.copies.generations(a.copy), answer: [] },
  'copies.generation': { ask: (b, a) => b.copies.generation(a.copy, 1), answer: undefined },
  'copies.newest': { ask: (b, a) => b.copies.newest(a.copy), answer: undefined },
  'copies.draft': { ask: (b, a) => b.copies.draft(a.copy), answer: undefined },
  'copies.chunks': { ask: (b, a) => b.copies.chunks(a.copy, 1), answer: [] },
  'copies.chunks of a draft': { ask: (b, a) => b.copies.chunks(a.copy, 2, [0]), answer: [] },
  'copies.hashes': { ask: async (b, a) => (await b.copies.hashes(a.copy, 1)).length, answer: 0 },
  'copies.updates': { ask: (b, a) => b.copies.updates(a.copy), answer: [] },
  'copies.update': { ask: (b, a) => b.copies.update(a.copy, 1, 'changes/1'), answer: undefined },
  'copies.storedBytes': { ask: (b) => b.copies.storedBytes(), answer: 0 },
  'copies.create': { ask: (b, a) => b.copies.create(a.device, 'x', COPY, 1), answer: 'refused' },
  'copies.save': {
    ask: (b, a) => b.copies.save({ id: a.copy, device: a.device, file: 'secret.db', ...COPY, lastNumber: 9, createdAt: 1 }),
    answer: 'refused',
  },
  'copies.openDraft': { ask: (b, a) => b.copies.openDraft(a.copy, 1, 'changes', 1), answer: 'refused' },
  'copies.saveDraft': { ask: (b, a) => b.copies.saveDraft(a.copy, a.draft, []), answer: 'refused' },
  'copies.dropDraft': { ask: (b, a) => b.copies.dropDraft(a.copy), answer: 'refused' },
  'copies.commit': { ask: (b, a) => b.copies.commit(a.copy, GENERATION, 'copy'), answer: 'refused' },
  'copies.setFlags': { ask: (b, a) => b.copies.setFlags(a.copy, 1, ['x']), answer: 'refused' },
  'copies.drop': { ask: (b, a) => b.copies.drop(a.copy, 1), answer: 'refused' },
  'copies.remove': { ask: (b, a) => b.copies.remove(a.copy), answer: 'refused' },
  'copies.keepUpdate': {
    ask: (b, a) => b.copies.keepUpdate(a.copy, { generation: 1, name: 'changes/1', media: 'x' }, bytes('x')),
    answer: 'refused',
  },
  usedBytes: { ask: (b) => b.usedBytes(), answer: 0 },
  arrivedBytes: { ask: (b) => b.arrivedBytes(), answer: 0 },
};

const CONFLICT = { at: 1, guid: guid('1'), cause: 'update-update', decision: 'client', revision: 1, type: 'text/x-vcard' } as const;

const COPY = { media: 'x', way: 'file', method: 'copy', location: HOME_LOCATION } as const;
const GENERATION = { modification: 9, at: 9, way: 'file', media: 'x', flags: [], job: '', facts: '' } as const;

interface Ids {
  readonly setting: Setting;
  readonly device: Setting['device'];
  readonly datastore: Setting['datastore'];
  readonly pair: Setting['pair']['id'];
  readonly conflict: number;
  readonly copy: CopyId;
  readonly draft: DraftRecord;
}

export function scopingContract(open: OpenStore): void {
  describe('account scoping', () => {
    let opened: OpenedStore;
    let anna: Ids;
    before(async () => {
      opened = await open();
      const setting = await settle(opened.store, 'anna');
      await create(opened.store, setting, 'secret');
      anna = await within(opened.store, setting, async (account, tx) => {
        const { id } = setting.pair;
        await account.idMap.put(id, 1, { guid: guid('1'), luid: luid('7'), pendingRevision: 1 });
        await account.idMap.put(id, 1, { guid: await account.instances.put(setting.datastore, guid('1'), 'key'), luid: luid('8') });
        await account.outgoing.fix({ datastore: setting.datastore, pair: id, epoch: 1, scope: 'all' });
        await account.staged.put(id, luid('7'), item('secret'));
        await account.chunks.append('1', bytes('secret'));
        const copy = await account.copies.create(setting.device, 'secret.db', COPY, 1);
        await account.copies.openDraft(copy.id, undefined, 'full', 1);
        await account.copies.commit(copy.id, GENERATION, 'copy');
        await account.copies.keepUpdate(copy.id, { generation: 1, name: 'changes/1', media: 'x' }, bytes('secret'));
        const draft = await account.copies.openDraft(copy.id, 1, 'changes', 1);
        const conflict = await account.conflicts.add({ ...CONFLICT, datastore: setting.datastore }, { lost: bytes('secret') });
        await tx.sessions.save(session(setting, TOKEN), response('secret'));
        const side = { headers: {}, body: bytes('secret') };
        await account.messages.keep(TOKEN, [{ at: 1, path: '/', request: side, httpStatus: 200, response: side }], {
          messages: 1,
          bytes: 99,
        });
        return { setting, device: setting.device, datastore: setting.datastore, pair: id, conflict, copy: copy.id, draft };
      });
    });
    after(() => opened.close());

    /** What anna sees of everything, to compare before and after. */
    const annaSees = () =>
      opened.store.read(async (tx) => {
        const a = tx.account(anna.setting.account);
        return JSON.stringify([
          await a.devices.list(),
          await a.datastores.list(),
          await a.items.list(anna.datastore),
          await a.pairs.ofDevice(anna.device),
          await a.idMap.list(anna.pair, 1),
          await a.instances.mapped(anna.pair, 1),
          await a.outgoing.list(anna.pair),
          await a.staged.list(anna.pair),
          Buffer.from(await a.chunks.read('1')).toString(),
          await a.conflicts.list(),
          await a.messages.of(TOKEN),
          await a.copies.list(),
          await a.copies.generations(anna.copy),
          await a.copies.draft(anna.copy),
          await a.copies.updates(anna.copy),
          await a.usedBytes(),
          await a.arrivedBytes(),
        ]);
      });

    for (const [what, { ask, answer }] of Object.entries(ASKED)) {
      it(`${what} of another account ${answer === 'refused' ? 'is refused' : 'sees and changes nothing'}`, async () => {
        const before = await annaSees();
        await opened.store.transact(async (tx) => {
          await tx.savepoint(async () => {
            const berta = await tx.accounts.create('berta', { verifier: '', serverVerifier: '', serverId: '' }, 1);
            const asked = ask(tx.account(berta.id), anna);
            if (answer === 'refused') await assert.rejects(asked);
            else assert.deepEqual(await asked, answer);
            return { keep: true, value: undefined };
          });
          const berta = await tx.accounts.byName('berta');
          if (berta !== undefined) await tx.accounts.remove(berta.id);
        });
        assert.equal(await annaSees(), before);
      });
    }

    it('asks for everything there is', async () => {
      const names = await opened.store.read(async (tx) => {
        const rooms = Object.entries(tx.account(anna.setting.account)).filter(([room]) => room !== 'id' && room !== 'scope');
        return rooms.flatMap(([room, methods]) =>
          Object.getOwnPropertyNames(Object.getPrototypeOf(methods)).map((method) => `${room}.${method}`),
        );
      });
      assert.ok(names.length > 40);
      const asked = new Set(Object.keys(ASKED).map((what) => what.split(' ')[0]));
      const missing = names.filter((name) => !name.endsWith('.constructor') && !asked.has(name));
      // A device or datastore that is made belongs to the account that makes it.
      assert.deepEqual(missing, ['devices.create', 'datastores.create']);
    });
  });
}
