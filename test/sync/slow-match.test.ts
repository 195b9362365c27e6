/** Slow sync: every item finds its partner once; repeated any number of times and cut off anywhere, nothing is doubled. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Scene, type Phone } from './support/scene.js';

describe('sync: slow match', () => {
  let scene: Scene;
  let phone: Phone;
  beforeEach(async () => {
    scene = await Scene.open();
    phone = scene.phone();
  });
  afterEach(() => scene.close());

  it('equal content matches (200, an Add 201), alike is settled, the rest is new; what the client lacks goes out', async () => {
    for (const text of ['same', 'alike\nhere', 'only here']) await scene.put(text);
    const { statuses, got } = await phone.sync(201, ['Replace 1 same', 'Replace 2 alike\nthere', 'Replace 3 only there']);
    assert.deepEqual(statuses, [200, 208, 201]);
    assert.deepEqual(got, ['Add only here']);
    assert.deepEqual(await scene.texts(), ['alike\nthere', 'only here', 'only there', 'same']);
    assert.deepEqual(
      (await scene.conflicts()).map((c) => [c.cause, c.lost]),
      [['slow-match', 'alike\nhere']],
    );
  });

  it('an Add that matched is 201 to its sender', async () => {
    await scene.put('same');
    assert.deepEqual((await phone.sync(201, ['Add 1 same'])).statuses, [201]);
    assert.deepEqual(await scene.texts(), ['same']);
  });

  it('each server item is matched once: doubles on the client stay two', async () => {
    await scene.put('same');
    assert.deepEqual((await phone.sync(201, ['Replace 1 same', 'Replace 2 same'])).statuses, [200, 201]);
    assert.deepEqual(await scene.texts(), ['same', 'same']);
  });

  it('Delete in a slow sync: 403', async () => {
    assert.deepEqual((await phone.sync(201, ['Add 1 one', 'Delete 1'])).statuses, [201, 403]);
    assert.deepEqual(await scene.texts(), ['one']);
  });

  it('keep-both sends the other one as an Add', async () => {
    await scene.close();
    scene = await Scene.open({ policy: 'keep-both' });
    phone = scene.phone();
    await scene.put('alike\nhere');
    const { statuses, got } = await phone.sync(201, ['Replace 1 alike\nthere']);
    assert.deepEqual([statuses, got], [[209], ['Add alike\nhere']]);
    assert.deepEqual((await phone.sync(200)).got, []);
  });

  it('the same LUID as before and the content as it was: the same item, edits of either side stand', async () => {
    await phone.sync(201, ['Add 1 one\na', 'Add 2 two\na']);
    await scene.edit('two\na', 'two\nserver');
    const { statuses, got } = await phone.sync(201, ['Replace 1 one\nphone', 'Replace 2 two\na']);
    assert.deepEqual(statuses, [200, 200]);
    assert.deepEqual(await scene.texts(), ['one\nphone', 'two\nserver']);
    assert.deepEqual(got, ['Replace 2 two\nserver']);
  });

  it('deleted here since: the Delete goes out instead of the item coming back', async () => {
    await phone.sync(201, ['Add 1 one', 'Add 2 two']);
    await scene.edit('one', undefined);
    const { statuses, got } = await phone.sync(201, ['Replace 1 one', 'Replace 2 two']);
    assert.deepEqual([statuses, got], [[200, 200], ['Delete 1']]);
    assert.deepEqual(await scene.texts(), ['two']);
  });

  it('deleted here and changed there: the data stays; a new item where the phone knows no anchor any more', async () => {
    await phone.sync(201, ['Add 1 one\na']);
    await scene.edit('one\na', undefined);
    assert.deepEqual((await phone.sync(201, ['Replace 1 one\nb'])).statuses, [208]);
    assert.deepEqual(await scene.texts(), ['one\nb']);
    await scene.edit('one\nb', undefined);
    assert.deepEqual((await phone.sync(201, ['Replace 1 one\nc'], { last: undefined })).statuses, [201]);
    assert.deepEqual(await scene.texts(), ['one\nc']);
  });

  it('a phone that knows its anchor means the same item by a LUID, however it was edited', async () => {
    await phone.sync(201, ['Add 1 first words', 'Add 2 two']);
    const { statuses, got } = await phone.sync(201, ['Replace 1 other words', 'Replace 2 two']);
    assert.deepEqual([statuses, got], [[200, 200], []]);
    assert.deepEqual(await scene.texts(), ['other words', 'two']);
  });

  it('a phone that was reset counts its LUIDs from 1 again: content decides, not the LUID', async () => {
    await phone.sync(201, ['Add 1 one', 'Add 2 two', 'Add 3 three']);
    const { statuses, got } = await phone.sync(201, ['Replace 1 three', 'Replace 2 one', 'Replace 3 brand new'], { last: undefined });
    assert.deepEqual(statuses, [200, 200, 201]);
    assert.deepEqual(got, ['Add two']);
    assert.deepEqual(await scene.texts(), ['brand new', 'one', 'three', 'two']);
  });

  it('cut off and edited before the repeat: still the same item', async () => {
    await phone.sync(201, ['Add 1 first words', 'Add 2 two'], { until: 'changes' });
    await phone.sync(201, ['Add 1 other words', 'Add 2 two']);
    assert.deepEqual(await scene.texts(), ['other words', 'two']);
  });

  it('cut off twice, the second time earlier: what only the first one saw is known too', async () => {
    await phone.sync(201, ['Add 1 one', 'Add 2 two'], { until: 'changes' });
    await phone.sync(201, ['Add 1 one'], { until: 'changes' });
    await phone.sync(201, ['Add 1 one', 'Add 2 edited']);
    assert.deepEqual(await scene.texts(), ['edited', 'one']);
  });

  it('what we sent in a slow sync that was cut off, changed or deleted here since: the copy does not undo that', async () => {
    await scene.put('no name');
    await scene.put('another');
    await phone.sync(201, [], { until: 'sent', maps: () => false });
    await scene.edit('no name', 'edited');
    await scene.edit('another', undefined);
    const { statuses, got } = await phone.sync(201, ['Add 7 no name', 'Add 8 another']);
    assert.deepEqual(
      [statuses, got],
      [
        [201, 201],
        ['Delete 8', 'Replace 7 edited'],
      ],
    );
    assert.deepEqual(await scene.texts(), ['edited']);
  });

  it('a copy of what an item was before, from a phone of which nothing is known: the newer content stays and goes out', async () => {
    await phone.sync(201, ['Add 1 one\na']);
    await phone.sync(200, ['Replace 1 one\nb']);
    const { statuses, got } = await scene.phone('IMEI:2').sync(201, ['Add 5 one\na']);
    assert.deepEqual([statuses, got], [[201], ['Replace 5 one\nb']]);
  });

  it('what went out in a sync that ended well and was never named, deleted here since: its copy does not bring it back', async () => {
    await phone.sync(201, []);
    await scene.put('late Map');
    await phone.sync(200, [], { maps: () => false });
    await scene.edit('late Map', undefined);
    const { statuses, got } = await phone.sync(201, ['Replace 7 late Map']);
    assert.deepEqual([statuses, got], [[200], ['Delete 7']]);
    assert.deepEqual(await scene.texts(), []);
  });

  it('a copy of what went out and was replaced here before its Status came: the newer content stays', async () => {
    await scene.put('older');
    await phone.open(201, { next: 'A' });
    await phone.ask('received', { pair: phone.pair });
    const [entry] = (await phone.ask('outgoing', { pair: phone.pair, bytes: 1000 })).entries;
    assert.ok(entry);
    await phone.ask('sent', { pair: phone.pair, msgId: 2, entries: [{ seq: entry.seq, cmdId: 5, revision: 1, complete: true }] });
    await scene.edit('older', 'newer');
    await phone.ask('answered', { pair: phone.pair, answers: [{ msgId: 2, cmdId: 5, status: 201 }] });
    await phone.map({ [entry.guid]: '7' });
    await phone.ask('finish', { pair: phone.pair });
    const { statuses, got } = await phone.sync(201, ['Replace 7 older'], { last: 'A' });
    assert.deepEqual([statuses, got], [[200], ['Replace 7 newer']]);
    assert.deepEqual(await scene.texts(), ['newer']);
    assert.deepEqual(await scene.conflicts(), []);
  });

  it('what we sent in a slow sync that was cut off is known by its content', async () => {
    await scene.put('ours');
    await phone.sync(201, [], { until: 'sent', maps: () => false });
    const { statuses, got } = await phone.sync(201, ['Add 7 ours']);
    assert.deepEqual([statuses, got], [[201], []]);
    assert.deepEqual(await scene.texts(), ['ours']);
  });

  it('the old map stays valid until the slow sync has ended well', async () => {
    await phone.sync(201, ['Add 1 one'], { next: 'A' });
    const before = (await phone.record()).current?.epoch;
    await phone.sync(201, ['Add 1 one'], { next: 'B', until: 'sent' });
    const record = await phone.record();
    assert.equal(record.current?.epoch, before);
    assert.equal(record.slowNeeded, true);
    const row = await scene.read((r) => r.idMap.byLuid(phone.pair, before ?? 0, '1' as never));
    assert.ok(row);
  });

  it('any number of repeats, cut off anywhere, doubles nothing', async () => {
    const until = fc.constantFrom('open', 'changes', 'received', 'sent', 'offered', 'end');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ until, count: fc.integer({ min: 0, max: 5 }) }), { maxLength: 5 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { maxLength: 4 }),
        async (tries, server) => {
          const fresh = await Scene.open();
          try {
            const device = fresh.phone();
            for (const n of server) await fresh.put(`item ${n}`);
            const mine = Array.from({ length: 5 }, (_, i) => `Add ${i + 1} item ${i + 1}`);
            for (const t of tries) await device.sync(201, mine.slice(0, t.count), { until: t.until, answer: () => 0 });
            await device.sync(201, mine, { answer: () => 0 });
            const expected = [...new Set([1, 2, 3, 4, 5, ...server])].map((n) => `item ${n}`).sort();
            assert.deepEqual(await fresh.texts(), expected);
          } finally {
            await fresh.close();
          }
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('sync: refresh from the client', () => {
  let scene: Scene;
  let phone: Phone;
  beforeEach(async () => {
    scene = await Scene.open();
    phone = scene.phone();
    await phone.sync(201, ['Add 1 one\na', 'Add 2 two', 'Add 3 three']);
    await scene.put('ours');
  });
  afterEach(() => scene.close());

  it("makes the server's set the client's, at the client's Final and not before", async () => {
    await phone.sync(203, ['Add 1 one\na', 'Add 8 new'], { until: 'changes' });
    assert.deepEqual(await scene.texts(), ['one\na', 'ours', 'three', 'two']);
    await phone.ask('received', { pair: phone.pair });
    assert.deepEqual(await scene.texts(), ['new', 'one\na']);
  });

  it('keeps the GUIDs of equal and alike items', async () => {
    const [one, two] = [await scene.guidWith('one\na'), await scene.guidWith('two')];
    const { statuses, got } = await phone.sync(203, ['Replace 4 one\nb', 'Replace 5 two']);
    assert.deepEqual([statuses, got], [[201, 201], []]);
    assert.equal(await scene.guidWith('one\nb'), one);
    assert.equal(await scene.guidWith('two'), two);
  });

  it('an item is known by its LUID, however it was edited, also when it was deleted here: its GUID stays', async () => {
    await phone.sync(201, ['Add 1 one', 'Add 2 two']);
    const guids = [await scene.guidWith('one'), await scene.guidWith('two')];
    await scene.edit('two', undefined);
    await phone.sync(203, ['Add 1 quite another', 'Add 2 two'], { last: phone.last });
    assert.deepEqual(await scene.texts(), ['quite another', 'two']);
    assert.deepEqual([await scene.guidWith('quite another'), await scene.guidWith('two')], guids);
  });

  it('an exact partner goes before one that is alike', async () => {
    await scene.put('one\nexact');
    const exact = await scene.guidWith('one\nexact');
    await phone.sync(203, ['Add 1 one\nchanged', 'Add 9 one\nexact']);
    assert.equal(await scene.guidWith('one\nexact'), exact);
  });

  it('journals what goes, so that it can be undone', async () => {
    await phone.sync(203, ['Add 1 one\nb']);
    const journal = (await scene.conflicts()).map((c) => `${c.cause} ${c.lost}`).sort();
    assert.deepEqual(journal, ['refresh one\na', 'refresh ours', 'refresh three', 'refresh two']);
  });

  it('broken off: discarded, nothing is lost; the next sync is slow', async () => {
    await phone.sync(203, ['Add 1 one\na'], { until: 'changes' });
    const next = await phone.sync(200, ['Replace 1 one\na', 'Replace 2 two', 'Replace 3 three'], {});
    assert.deepEqual([next.opened.status, next.opened.type], [508, 201]);
    assert.deepEqual(next.got, ['Add ours']);
    assert.deepEqual(await scene.texts(), ['one\na', 'ours', 'three', 'two']);
  });

  it('resumed: what was staged counts', async () => {
    await phone.sync(203, ['Add 1 one\na'], { until: 'changes' });
    await phone.sync('resume', ['Add 2 two']);
    assert.deepEqual(await scene.texts(), ['one\na', 'two']);
  });

  it('the same item again replaces its stage; Delete takes it back', async () => {
    const { statuses } = await phone.sync(203, ['Add 1 x', 'Replace 1 y', 'Add 2 z', 'Delete 2', 'Delete 9']);
    assert.deepEqual(statuses, [201, 200, 201, 200, 211]);
    assert.deepEqual(await scene.texts(), ['y']);
  });

  it('what the device has and could not bring over stays as it was here', async () => {
    scene.limits.maxObjSize = 20;
    const big = `two\n${'x'.repeat(40)}`;
    const { statuses } = await phone.sync(203, ['Add 1 one\na', `Replace 2 ${big}`]);
    assert.deepEqual(statuses, [201, 413]);
    assert.deepEqual(await scene.texts(), ['one\na', 'two']);
    scene.limits.maxObjSize = 1000;
    assert.deepEqual((await phone.sync(200, [`Replace 2 ${big}`])).got, []);
    assert.deepEqual(await scene.texts(), ['one\na', big]);
  });

  it('reaches other devices as changes', async () => {
    const other = scene.phone('IMEI:2');
    await other.sync(201);
    await phone.sync(203, ['Add 1 one\na', 'Add 2 two']);
    assert.deepEqual([...(await other.sync(200)).got].sort(), ['Delete 103', 'Delete 104']);
  });
});

describe('sync: from the server only', () => {
  it('204 sends changes, 205 all items', async () => {
    const scene = await Scene.open();
    const phone = scene.phone();
    await phone.sync(201, ['Add 1 one']);
    await scene.put('two');
    assert.deepEqual((await phone.sync(204)).got, ['Add two']);
    assert.deepEqual((await phone.sync(204)).got, []);
    assert.deepEqual([...(await phone.sync(205)).got].sort(), ['Add one', 'Add two']);
    assert.deepEqual((await phone.sync(200)).got, []);
    await scene.close();
  });
});
