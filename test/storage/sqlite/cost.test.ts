/** What must not grow: the cost of a sync without changes, and the store under many of them. */
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { DatabaseSync } from '@photostructure/sqlite';
import { guidOf, luid, type SessionToken } from '../../../src/model/ids.js';
import { fixSql } from '../../../src/storage/sqlite/outgoing.js';
import { DATABASE_FILE } from '../../../src/storage/sqlite/sqlite-store.js';
import { tempStore, type TempStore } from '../../support/temp-store.js';
import { item, response, session, settle, within, type Setting } from '../contract/setting.js';

describe('SQLite store: cost', () => {
  let opened: TempStore;
  let setting: Setting;
  const events: string[] = [];
  beforeEach(async () => {
    events.length = 0;
    opened = await tempStore({
      log: (event) => {
        if (event !== 'slow-transaction') events.push(event);
      },
    });
    setting = await settle(opened.store);
  });
  afterEach(() => opened.close());

  const fill = (count: number) =>
    within(opened.store, setting, async ({ items, idMap }) => {
      for (let n = 1; n <= count; n += 1) {
        const { guid } = await items.create(setting.datastore, item(`item ${n}`, { identityKey: `id ${n}` }), { now: 1 });
        await idMap.put(setting.pair.id, 1, { guid, luid: luid(`l${n}`), heldRevision: 1, heldGeneration: 1 });
      }
    });

  function planOf(sql: string, ...values: (number | string | null)[]): readonly string[] {
    const database = new DatabaseSync(join(opened.folder, DATABASE_FILE), { readOnly: true });
    try {
      const rows = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { detail: string }[];
      return rows.map((row) => row.detail);
    } finally {
      database.close();
    }
  }

  it('fixes a list of changes through indexes alone', () => {
    for (const redoAfter of [undefined, 2]) {
      const plan = planOf(fixSql({ scope: 'changes', ...(redoAfter === undefined ? {} : { redoAfter }) }), 1, 1, 1, 0, null, 9);
      const searches = plan.filter((step) => step.startsWith('SEARCH'));
      assert.ok(
        searches.some((step) => step.includes('item_position (datastore=? AND position>?)')),
        plan.join('\n'),
      );
      assert.ok(
        searches.some((step) => step.includes('id_map_owed (pair=? AND epoch=?)')),
        plan.join('\n'),
      );
      assert.ok(
        searches.some((step) => /SEARCH i .*\(datastore=\? AND guid=\?\)/.test(step)),
        plan.join('\n'),
      );
      assert.ok(
        searches.some((step) => /SEARCH m .*\(pair=\? AND epoch=\? AND guid=\?\)/.test(step)),
        plan.join('\n'),
      );
      // What is scanned are the candidates found before, never a table.
      for (const step of plan.filter((each) => each.startsWith('SCAN'))) assert.match(step, /^SCAN (c|\(subquery-\d+\)|CONSTANT ROW)$/);
    }
  });

  it('matches by key through indexes alone', () => {
    for (const column of ['canonical', 'identity']) {
      const plan = planOf(
        `SELECT i.guid FROM item i WHERE i.datastore = ? AND i.${column}_key = ? AND i.deleted = 0
         AND NOT EXISTS (SELECT 1 FROM id_map m WHERE m.pair = ? AND m.epoch = ? AND m.guid = i.guid) ORDER BY i.guid LIMIT 1`,
        1,
        'k',
        1,
        1,
      );
      assert.match(plan.join('\n'), new RegExp(`item_${column} \\(datastore=\\? AND ${column}_key=\\?\\)`));
      assert.ok(!plan.some((step) => step.startsWith('SCAN')), plan.join('\n'));
      assert.ok(!plan.some((step) => step.includes('B-TREE')), 'no sorting either');
    }
  });

  it('fixes an empty list in a store of 20,000 items as fast as in one of 200', async () => {
    const emptyFix = async (since: number): Promise<number> => {
      const times: number[] = [];
      for (let n = 0; n < 60; n += 1) {
        times.push(
          await within(opened.store, setting, async ({ outgoing }) => {
            const began = performance.now();
            assert.equal(await outgoing.fix({ datastore: setting.datastore, pair: setting.pair.id, epoch: 1, scope: 'changes', since }), 0);
            return performance.now() - began;
          }),
        );
      }
      return times.sort((a, b) => a - b)[30] ?? 0;
    };
    await fill(200);
    const small = await emptyFix(200);
    for (let n = 0; n < 10; n += 1) await fill2(2000, 200 + n * 2000);
    const large = await emptyFix(20_200);
    console.log(`      empty fix: ${(small * 1000).toFixed(0)} µs with 200 items, ${(large * 1000).toFixed(0)} µs with 20,200`);
    // A scan of 20,000 rows would take milliseconds; the margin is for a busy machine.
    assert.ok(large < small * 5 + 0.3, `${small} ms, then ${large} ms`);
  });

  const fill2 = (count: number, from: number) =>
    within(opened.store, setting, async ({ items, idMap }) => {
      for (let n = 1; n <= count; n += 1) {
        await items.create(setting.datastore, item(`item ${from + n}`.padEnd(600)), { now: 1 });
        await idMap.put(setting.pair.id, 1, { guid: guidOf(from + n), luid: luid(`l${from + n}`), heldRevision: 1, heldGeneration: 1 });
      }
    });

  it('moves the write-ahead log into the database while it goes on, on another thread', async () => {
    const database = join(opened.folder, DATABASE_FILE);
    const before = statSync(database).size;
    for (let n = 0; n < 10; n += 1) await fill2(300, n * 300);
    for (let tries = 0; tries < 500 && statSync(database).size === before; tries += 1) await pause(10);
    assert.ok(statSync(database).size > before, 'pages have arrived in the database');
    assert.deepEqual(events, [], 'the thread did not fail');
  });

  it('does not grow under 1,000 sessions without changes', async () => {
    await fill(100);
    const { store } = opened;
    const limits = {
      endedSessionAge: 50,
      openSessionAge: 50,
      openSyncAge: 50,
      versionAge: 50,
      conflictAge: 50,
      refusalAge: 50,
      orphanBlobAge: 50,
      draftAge: 50,
    };
    const syncOnce = (n: number) =>
      within(store, setting, async (account, tx) => {
        const pair = await account.pairs.get(setting.pair.id);
        const device = await account.devices.byId(setting.device);
        assert.ok(pair && device);
        const point = { clientNext: `c${n}`, serverNext: `s${n}`, position: 100, generation: n, epoch: 1, at: n };
        await account.outgoing.fix({ datastore: setting.datastore, pair: pair.id, epoch: 1, scope: 'changes', since: 100 });
        await account.devices.save({ ...device, authCount: n, nonce: `nonce ${n}`, lastAccessAt: n });
        await account.pairs.save({ ...pair, current: point, ...(pair.current === undefined ? {} : { previous: pair.current }) });
        await account.idMap.keepEpochs(pair.id, [1], n - 1);
        const of = session(setting, `token ${n}` as SessionToken, { startedAt: n, updatedAt: n, ended: true, state: 'x'.repeat(2000) });
        await tx.sessions.save(of, response('y'.repeat(3000)));
      });
    const sizeAfter = async (from: number, to: number): Promise<number> => {
      for (let n = from; n < to; n += 1) {
        await syncOnce(n);
        if (n % 50 === 0) await store.sweep(n, limits);
      }
      await store.sweep(to, limits);
      return statSync(join(opened.folder, DATABASE_FILE)).size;
    };
    const early = await sizeAfter(1, 200);
    const late = await sizeAfter(200, 1000);
    assert.ok(late <= early, `${early} bytes after 200 sessions, ${late} after 1,000`);
  });
});
