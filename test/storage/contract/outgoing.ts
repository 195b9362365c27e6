import assert from 'node:assert/strict';
import { guid, guidOf, luid } from '../../../src/model/ids.js';
import type { MapRow } from '../../../src/storage/ports/id-map.js';
import type { FixOptions } from '../../../src/storage/ports/outgoing.js';
import type { AccountWriter } from '../../../src/storage/ports/store.js';
import { create, item, settle, within, type OpenedStore, type OpenStore, type Setting } from './setting.js';

const held = (revision: number, more: Partial<MapRow> = {}): Partial<MapRow> => ({
  luid: luid('7'),
  heldRevision: revision,
  heldGeneration: 1,
  ...more,
});
const LAST_SYNC = 'the item changed before the last sync';
const SINCE = 'the item changed after it';

/** One item, one map row; what the list holds then. `row` undefined: none. */
const CASES: readonly {
  readonly why: string;
  readonly item: 'old' | 'changed' | 'deleted' | 'missing';
  readonly row?: Partial<MapRow>;
  readonly fix?: Partial<FixOptions>;
  readonly gives: 'Add' | 'Replace' | 'Delete' | 'nothing';
}[] = [
  { why: `new for the device; ${LAST_SYNC}, so the map owes it or nobody does`, item: 'old', gives: 'nothing' },
  { why: `new for the device; ${SINCE}`, item: 'changed', gives: 'Add' },
  { why: 'our Add went out, no LUID came', item: 'changed', row: { pendingRevision: 2 }, gives: 'Add' },
  { why: 'our Add was refused and is owed', item: 'old', row: { owed: true }, gives: 'Add' },
  { why: 'held as it is', item: 'changed', row: held(2), gives: 'nothing' },
  { why: 'held in an older revision', item: 'changed', row: held(1), gives: 'Replace' },
  { why: 'mapped, but nothing is known to be held', item: 'changed', row: { luid: luid('7') }, gives: 'Replace' },
  { why: 'held in an older revision, outside the log, not owed', item: 'old', row: held(9), gives: 'nothing' },
  { why: 'held in an older revision and owed', item: 'old', row: held(9, { owed: true }), gives: 'Replace' },
  { why: 'owed, but held as it is', item: 'old', row: held(1, { owed: true }), gives: 'nothing' },
  { why: 'deleted here, the device holds it', item: 'deleted', row: held(1), gives: 'Delete' },
  { why: 'deleted here, the device never had it', item: 'deleted', gives: 'nothing' },
  { why: 'deleted here, our Add may not have arrived', item: 'deleted', row: { pendingRevision: 1 }, gives: 'nothing' },
  { why: 'deleted on both sides', item: 'deleted', row: held(1, { gone: 2 }), gives: 'nothing' },
  { why: 'a Delete that is owed', item: 'missing', row: held(1, { owed: true }), gives: 'Delete' },
  { why: 'softly deleted on the device', item: 'changed', row: held(1, { soft: true }), gives: 'nothing' },
  { why: 'softly deleted on the device, then deleted here', item: 'deleted', row: held(1, { soft: true }), gives: 'Delete' },
  { why: 'the device deleted it, the server kept it: it goes there again', item: 'changed', row: held(1, { gone: 2 }), gives: 'Add' },
  {
    why: 'held since the generation that is in doubt',
    item: 'old',
    row: held(1, { heldGeneration: 3 }),
    fix: { redoAfter: 2 },
    gives: 'Replace',
  },
  { why: 'held before it', item: 'old', row: held(1, { heldGeneration: 2 }), fix: { redoAfter: 2 }, gives: 'nothing' },
  {
    why: 'held in the running sync',
    item: 'old',
    row: held(1, { heldGeneration: 4 }),
    fix: { redoAfter: 2, redoUpTo: 3 },
    gives: 'nothing',
  },
  {
    why: 'held in doubt, up to the last generation that counts',
    item: 'old',
    row: held(1, { heldGeneration: 3 }),
    fix: { redoAfter: 2, redoUpTo: 3 },
    gives: 'Replace',
  },
  { why: 'all: unmapped, however old', item: 'old', fix: { scope: 'all' }, gives: 'Add' },
  { why: 'all: held as it is', item: 'old', row: held(1), fix: { scope: 'all' }, gives: 'nothing' },
  { why: 'all: held in another revision', item: 'old', row: held(9), fix: { scope: 'all' }, gives: 'Replace' },
  { why: 'all: deleted here, mapped', item: 'deleted', row: held(1), fix: { scope: 'all' }, gives: 'Delete' },
  { why: 'all: mapped, and no longer even a tombstone', item: 'missing', row: held(1), fix: { scope: 'all' }, gives: 'Delete' },
  { why: 'all: deleted here, never mapped', item: 'deleted', fix: { scope: 'all' }, gives: 'nothing' },
];

export function outgoingContract(open: OpenStore): void {
  describe('outgoing list', () => {
    let opened: OpenedStore;
    let setting: Setting;
    beforeEach(async () => {
      opened = await open();
      setting = await settle(opened.store);
    });
    afterEach(() => opened.close());

    const fix = (account: AccountWriter, options: Partial<FixOptions> = {}): Promise<number> =>
      account.outgoing.fix({ datastore: setting.datastore, pair: setting.pair.id, epoch: 1, scope: 'changes', since: 0, ...options });

    for (const { why, item: state, row, fix: options, gives } of CASES) {
      it(`${gives}: ${why}`, async () => {
        await within(opened.store, setting, async (account) => {
          const { items, idMap, outgoing, datastores } = account;
          const { guid: made } = state === 'missing' ? { guid: guid('5') } : await items.create(setting.datastore, item('a'), { now: 1 });
          const since = state === 'old' ? 1 : 0;
          if (state === 'changed') await items.replace(setting.datastore, made, item('b'), { now: 2 });
          if (state === 'deleted') await items.remove(setting.datastore, made, { now: 2 });
          if (row !== undefined) await idMap.put(setting.pair.id, 1, { ...row, guid: made });
          assert.equal((await datastores.byId(setting.datastore))?.floor, 0);
          const count = await fix(account, { since, ...options });
          const list = (await outgoing.list(setting.pair.id)).map((entry) => [entry.seq, entry.guid, entry.kind, entry.state]);
          assert.deepEqual(list, gives === 'nothing' ? [] : [[1, made, gives, 'waiting']]);
          assert.equal(count, list.length);
        });
      });
    }

    it('puts Deletes first, then Replaces, then Adds, each in GUID order', async () => {
      await create(opened.store, setting, ...Array.from({ length: 60 }, (_, n) => `item ${n}`));
      await within(opened.store, setting, async (account) => {
        const { items, idMap, outgoing } = account;
        for (const n of [1, 2, 40, 41]) await idMap.put(setting.pair.id, 1, { guid: guidOf(n), luid: luid(`l${n}`), heldRevision: 1 });
        for (const n of [41, 2]) await items.remove(setting.datastore, guidOf(n), { now: 1 });
        for (const n of [40, 1]) await items.replace(setting.datastore, guidOf(n), item('new'), { now: 1 });
        assert.equal(await fix(account), 60);
        const list = await outgoing.list(setting.pair.id);
        assert.deepEqual(
          list.slice(0, 6).map(({ kind, guid: each }) => `${kind} ${each}`),
          [
            `Delete ${guidOf(2)}`,
            `Delete ${guidOf(41)}`,
            `Replace ${guidOf(1)}`,
            `Replace ${guidOf(40)}`,
            `Add ${guidOf(3)}`,
            `Add ${guidOf(4)}`,
          ],
        );
        assert.equal(list.at(-1)?.guid, guidOf(60));
        assert.deepEqual(
          list.map((entry) => entry.seq),
          Array.from({ length: 60 }, (_, n) => n + 1),
        );
      });
    });

    it('never answers "nothing new" from a log that no longer reaches back so far', async () => {
      await create(opened.store, setting, 'a', 'b', 'c');
      await within(opened.store, setting, async (account) => {
        await account.datastores.compact(setting.datastore, 2);
        assert.equal((await account.datastores.byId(setting.datastore))?.floor, 2);
        await assert.rejects(fix(account, { since: 1 }), /slow sync/);
        assert.equal(await fix(account, { since: 2 }), 1);
        assert.equal(await fix(account, { scope: 'all' }), 3, 'a slow sync needs no log');
      });
    });

    it('works through the list: next, save, remaining, byCommand, rewind, clear', async () => {
      await create(opened.store, setting, 'a', 'bb', 'ccc');
      await within(opened.store, setting, async (account) => {
        const { outgoing } = account;
        const { id } = setting.pair;
        await fix(account);
        assert.deepEqual(await outgoing.remaining(id), { waiting: 3, sent: 0 });
        const [first, second] = await outgoing.next(id, 2);
        assert.ok(first && second);
        assert.equal((await outgoing.next(id, 9)).length, 3);
        const sent = { ...first, state: 'sent' as const, msgId: 2, cmdId: 5, revision: 1, sentBytes: 900, ackedBytes: 600 };
        await outgoing.save(id, sent);
        assert.deepEqual(await outgoing.byCommand(id, 2, 5), sent);
        assert.equal(await outgoing.byCommand(id, 2, 6), undefined);
        await outgoing.save(id, { ...second, state: 'done' });
        assert.deepEqual(await outgoing.remaining(id), { waiting: 1, sent: 1 });
        assert.deepEqual(await outgoing.list(id, ['sent']), [sent]);
        assert.deepEqual(
          (await outgoing.list(id, ['done', 'waiting'])).map((entry) => entry.seq),
          [2, 3],
        );
        assert.deepEqual(
          (await outgoing.oversized(id, setting.datastore, 2)).map((entry) => entry.seq),
          [3],
        );
        assert.deepEqual(await outgoing.oversized(id, setting.datastore, 3), []);
        await outgoing.rewind(id);
        assert.deepEqual(await outgoing.next(id, 1), [
          { seq: 1, guid: first.guid, kind: 'Add', state: 'waiting', revision: 1, sentBytes: 600, ackedBytes: 600 },
        ]);
        assert.equal(await outgoing.byCommand(id, 2, 5), undefined);
        assert.equal(await fix(account, { since: 3 }), 0, 'fixing again clears the old list');
        await fix(account);
        await outgoing.clear(id);
        assert.deepEqual(await outgoing.list(id), []);
      });
    });
  });
}
