/** Content that was lost here and is still on a device comes back by the device's next sync, whatever stood in for it meanwhile. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { examine, READERS } from '../../src/doctor/examine.js';
import { findingsOf } from '../../src/storage/ports/inspection.js';
import { DATABASE_FILE } from '../../src/storage/sqlite/sqlite-store.js';
import { Scene, type Phone } from '../sync/support/scene.js';
import { AGES } from './support/rich-store.js';

describe('doctor: content that is still on a device', () => {
  let scene: Scene;
  let phone: Phone;
  let other: Phone;
  beforeEach(async () => {
    scene = await Scene.open();
    phone = scene.phone('IMEI:1');
    other = scene.phone('IMEI:2');
    await phone.sync(201, ['Add 1 one', 'Add 2 two'], { next: 'A' });
    await other.sync(201, [], { next: 'B' });
    // `one` has an older revision, `two` has none; only the first device has the newest of `one`.
    await phone.sync(200, ['Replace 1 one more'], { last: 'A', next: 'AA' });
    await phone.sync(200, [], { last: 'AA', next: 'AAA' });
  });
  afterEach(() => scene.close());

  const look = async () =>
    findingsOf(await examine(scene.temp.store, { now: scene.now, ages: AGES, surroundings: false })).filter(
      ({ check }) => check !== 'clock',
    );

  async function lose(guid: number): Promise<void> {
    const database = new DatabaseSync(join(scene.temp.folder, DATABASE_FILE), { timeout: 5000 });
    database.exec(`UPDATE item_version SET content = zeroblob(50) WHERE guid = ${guid} AND superseded_at IS NULL`);
    database.close();
    const found = await look();
    assert.ok(found.some(({ check, next }) => check === 'item-content' && next !== ''));
    await scene.temp.store.mend(found, { now: scene.now, ages: AGES, readers: READERS });
  }

  it('with an older revision in its place until then', async () => {
    await lose(1);
    assert.deepEqual(await look(), []);
    assert.deepEqual(await scene.texts(), ['one', 'two']);
    // Who has the older one is sent nothing new; who has the lost one is not sent the older one over it, but asked.
    const session = await phone.sync(200, ['Replace 1 one more', 'Replace 2 two'], { last: 'AAA', next: 'AAAA' });
    assert.equal(session.opened.type, 201);
    assert.deepEqual(session.got, []);
    assert.deepEqual(await scene.texts(), ['one more', 'two']);
    assert.deepEqual((await other.sync(200, [], { last: 'B', next: 'BB' })).got, ['Replace 101 one more']);
    assert.deepEqual(await look(), []);
  });

  it('without one: the item stays, and others get it once it is back', async () => {
    await lose(2);
    const [left, ...more] = await look();
    assert.deepEqual(more, []);
    assert.match(left?.what ?? '', /does not open; still on IMEI:1, IMEI:2, asked for it at the next sync$/);
    const session = await phone.sync(200, ['Replace 1 one more', 'Replace 2 two'], { last: 'AAA', next: 'AAAA' });
    assert.equal(session.opened.type, 201);
    assert.deepEqual(await scene.texts(), ['one more', 'two']);
    assert.deepEqual(
      (await look()).map(({ check, what }) => [check, what]),
      [['older-versions', 'the older revision 1 does not open']],
    );
    const third = scene.phone('IMEI:3');
    assert.deepEqual([...(await third.sync(201, [], { next: 'C' })).got].sort(), ['Add one more', 'Add two']);
  });
});
