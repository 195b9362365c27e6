/** What goes to the client, what it says of it, and its Maps. [Status codes, "What a server does on codes from the client"] */
import assert from 'node:assert/strict';
import { Scene, type Phone } from './support/scene.js';

describe('sync: Statuses of the client', () => {
  let scene: Scene;
  let phone: Phone;
  beforeEach(async () => {
    scene = await Scene.open();
    phone = scene.phone();
    await phone.sync(201, ['Add 1 one', 'Add 2 two']);
  });
  afterEach(() => scene.close());

  /** Lets our change go out, answered with `status`; what goes out in the sync after it. */
  const after = async (status: number): Promise<readonly string[]> => {
    await phone.sync(200, [], { answer: () => status });
    return (await phone.sync(200)).got;
  };
  const repeated = [0, 408, 417, 424, 500, 506, 510, 514, 999];
  const dropped = [412, 413, 415, 416];

  for (const status of [200, 201, 207, 208, 210, 418, 419]) {
    it(`Add ${status}: done, its Map is awaited once more`, async () => {
      await scene.put('new');
      // Without a LUID it is asked for once more; who knows the item answers 418.
      await phone.sync(200, [], { answer: () => status, maps: () => false });
      assert.deepEqual((await phone.sync(200, [], { answer: () => 418, maps: () => false })).got, ['Add new']);
      assert.deepEqual((await phone.sync(200)).got, []);
    });
  }
  for (const status of [200, 201, 208, 419]) {
    it(`Replace ${status}: done`, async () => {
      await scene.edit('one', 'uno');
      assert.deepEqual(await after(status), []);
    });
  }
  for (const status of [404, 410]) {
    it(`Replace ${status}: it vanished on the client and is added next time`, async () => {
      await scene.edit('one', 'uno');
      assert.deepEqual(await after(status), ['Add uno']);
    });
  }
  for (const status of [200, 210, 211, 404, 410]) {
    it(`Delete ${status}: done`, async () => {
      await scene.edit('one', undefined);
      assert.deepEqual(await after(status), []);
    });
  }
  for (const status of repeated) {
    it(`${status === 0 ? 'no Status' : status}: stays owed, whatever it was`, async () => {
      await scene.put('new');
      await scene.edit('one', 'uno');
      await scene.edit('two', undefined);
      assert.deepEqual([...(await after(status))].sort(), ['Add new', 'Delete 2', 'Replace 1 uno']);
      assert.deepEqual((await phone.sync(200)).got, []);
    });
  }
  for (const status of dropped) {
    it(`${status}: not repeated until it changes`, async () => {
      await scene.put('new');
      assert.deepEqual(await after(status), []);
      assert.equal(scene.notes[0]?.event, 'item-refused-by-device');
      await scene.edit('new', 'newer');
      assert.deepEqual((await phone.sync(200)).got, ['Add newer']);
    });
  }

  it('420: no more Adds in this session, Replaces and the next session go on', async () => {
    for (const text of ['a', 'b', 'c']) await scene.put(text);
    await phone.open(200);
    await phone.ask('received', { pair: phone.pair });
    const { entries } = await phone.ask('outgoing', { pair: phone.pair, bytes: 1 });
    assert.equal(entries.length, 1);
    await phone.ask('sent', {
      pair: phone.pair,
      msgId: 2,
      entries: [{ seq: entries[0]?.seq ?? 0, cmdId: 5, revision: 1, complete: true }],
    });
    await phone.ask('answered', { pair: phone.pair, answers: [{ msgId: 2, cmdId: 5, status: 420 }] });
    assert.deepEqual(await phone.ask('outgoing', { pair: phone.pair, bytes: 9999 }), { entries: [], done: true });
    await phone.ask('finish', { pair: phone.pair });
    phone.last = (await phone.record()).current?.clientNext;
    assert.deepEqual([...(await phone.sync(200)).got].sort(), ['Add a', 'Add b', 'Add c']);
  });

  it('a Status twice, or for what we never sent, changes nothing', async () => {
    await scene.put('new');
    await phone.open(200);
    await phone.ask('received', { pair: phone.pair });
    const { entries } = await phone.ask('outgoing', { pair: phone.pair, bytes: 99 });
    await phone.ask('sent', {
      pair: phone.pair,
      msgId: 2,
      entries: entries.map((e) => ({ seq: e.seq, cmdId: 5, revision: 1, complete: true })),
    });
    await phone.ask('answered', {
      pair: phone.pair,
      answers: [
        { msgId: 2, cmdId: 5, status: 201 },
        { msgId: 2, cmdId: 5, status: 500 },
        { msgId: 9, cmdId: 9, status: 500 },
      ],
    });
    assert.deepEqual(await phone.read(), ['done']);
  });
});

describe('sync: what is sent', () => {
  let scene: Scene;
  let phone: Phone;
  beforeEach(async () => {
    scene = await Scene.open();
    phone = scene.phone();
    await phone.sync(201, ['Add 1 one']);
  });
  afterEach(() => scene.close());

  it('Deletes first, then Replaces, then Adds', async () => {
    await phone.sync(200, ['Add 2 two']);
    await scene.put('new');
    await scene.edit('one', 'uno');
    await scene.edit('two', undefined);
    assert.deepEqual((await phone.sync(200)).got, ['Delete 2', 'Replace 1 uno', 'Add new']);
  });

  it('the newest revision at the moment of sending; deleted meanwhile: not at all', async () => {
    await scene.put('a');
    await scene.put('b');
    await phone.open(200);
    await phone.ask('received', { pair: phone.pair });
    await scene.edit('a', 'a, newer');
    await scene.edit('b', undefined);
    assert.deepEqual(await phone.fetch(), ['Add a, newer']);
    await phone.ask('finish', { pair: phone.pair });
    phone.last = (await phone.record()).current?.clientNext;
    assert.deepEqual((await phone.sync(200)).got, []);
  });

  it('leaves out what there is no room for (FreeID, FreeMem) and owes it', async () => {
    for (const text of ['aaaa', 'bbbbbbbb', 'c']) await scene.put(text);
    assert.deepEqual((await phone.sync(200, [], { freeIds: 1 })).got, ['Add aaaa']);
    assert.deepEqual((await phone.sync(200, [], { freeBytes: 5 })).got, ['Add c']);
    assert.deepEqual((await phone.sync(200)).got, ['Add bbbbbbbb']);
  });

  it('leaves out what is bigger than MaxObjSize, and what could not be placed', async () => {
    await scene.put('x'.repeat(100));
    await scene.put('small');
    await phone.open(200);
    assert.equal(await phone.ask('received', { pair: phone.pair, maxItemBytes: 99 }), 1);
    const { entries } = await phone.ask('outgoing', { pair: phone.pair, bytes: 99 });
    await phone.ask('skip', { pair: phone.pair, seqs: entries.map((e) => e.seq) });
    await phone.ask('finish', { pair: phone.pair });
    phone.last = (await phone.record()).current?.clientNext;
    assert.equal((await phone.sync(200)).got.length, 2);
  });

  it('refused by the device and deleted here: nothing is left of it', async () => {
    await scene.put('new');
    const guid = await scene.guidWith('new');
    await phone.sync(200, [], { answer: () => 500 });
    await scene.edit('new', undefined);
    assert.deepEqual((await phone.sync(200)).got, []);
    const { current } = await phone.record();
    assert.equal(await scene.read((reader) => reader.idMap.byGuid(phone.pair, current?.epoch ?? 0, guid)), undefined);
  });

  it('counts what is to come', async () => {
    await scene.put('a');
    await scene.put('b');
    await phone.open(200);
    assert.equal(await phone.ask('received', { pair: phone.pair }), 2);
  });

  describe('a large object in parts', () => {
    beforeEach(async () => {
      await scene.put('0123456789');
      await phone.open(200, { next: 'B' });
      await phone.ask('received', { pair: phone.pair });
    });
    const next = async () => phone.ask('outgoing', { pair: phone.pair, bytes: 4 });
    /** @returns where the part begins, and the object it is of. */
    const sendPart = async (msgId: number, sentBytes: number, complete = false): Promise<[number, string]> => {
      const entry = (await next()).entries[0];
      assert.ok(entry);
      await phone.ask('sent', {
        pair: phone.pair,
        msgId,
        entries: [{ seq: entry.seq, cmdId: 5, revision: entry.revision, complete, sentBytes }],
      });
      return [entry.offset, Buffer.from(entry.content ?? []).toString()];
    };
    const say = (msgId: number, status: number) => phone.ask('answered', { pair: phone.pair, answers: [{ msgId, cmdId: 5, status }] });

    it('the next goes after its 213; all again from the beginning when the client lost it', async () => {
      assert.deepEqual(await sendPart(2, 4), [0, '0123456789']);
      assert.deepEqual(await next(), { entries: [], done: false });
      await say(2, 213);
      assert.deepEqual(await sendPart(3, 8), [4, '0123456789']);
      await phone.ask('resend', { pair: phone.pair });
      assert.deepEqual(await sendPart(4, 4), [0, '0123456789']);
      await say(4, 213);
      assert.deepEqual(await sendPart(5, 10, true), [4, '0123456789']);
      await say(5, 201);
      assert.deepEqual(await next(), { entries: [], done: true });
    });

    for (const [what, to] of [
      ['changed', 'abc'],
      ['deleted', undefined],
    ] as const) {
      it(`goes on as it began when it is ${what} in the meantime, which is the next sync's news`, async () => {
        const guid = await scene.guidWith('0123456789');
        await sendPart(2, 4);
        await say(2, 213);
        await scene.edit('0123456789', to);
        assert.deepEqual(await sendPart(3, 8), [4, '0123456789']);
        await say(3, 213);
        assert.deepEqual(await sendPart(4, 10, true), [8, '0123456789']);
        await say(4, 201);
        await phone.map({ [guid]: '55' });
        await phone.ask('finish', { pair: phone.pair });
        const { got } = await phone.sync(200, [], { last: 'B' });
        assert.deepEqual(got, [to === undefined ? 'Delete 55' : 'Replace 55 abc']);
      });
    }

    it('begins anew with what it is now when the client lost the parts', async () => {
      await sendPart(2, 4);
      await say(2, 213);
      await scene.edit('0123456789', 'abcdefghij');
      await phone.ask('resend', { pair: phone.pair });
      assert.deepEqual(await sendPart(3, 4), [0, 'abcdefghij']);
    });
  });

  it('a part refused ends the object for this session; it stays owed', async () => {
    await scene.put('0123456789');
    await phone.open(200);
    await phone.ask('received', { pair: phone.pair });
    const [entry] = (await phone.ask('outgoing', { pair: phone.pair, bytes: 4 })).entries;
    assert.ok(entry);
    await phone.ask('sent', {
      pair: phone.pair,
      msgId: 2,
      entries: [{ seq: entry.seq, cmdId: 5, revision: 1, complete: false, sentBytes: 4 }],
    });
    await phone.ask('answered', { pair: phone.pair, answers: [{ msgId: 2, cmdId: 5, status: 416 }] });
    assert.deepEqual(await phone.ask('outgoing', { pair: phone.pair, bytes: 4 }), { entries: [], done: true });
    await phone.ask('finish', { pair: phone.pair });
    phone.last = (await phone.record()).current?.clientNext;
    assert.deepEqual((await phone.sync(200)).got, ['Add 0123456789']);
  });

  it('a large object that was cut off by the end of the link goes on after what was acknowledged', async () => {
    await scene.put('0123456789');
    await phone.open(200, { next: 'B' });
    await phone.ask('received', { pair: phone.pair });
    const [entry] = (await phone.ask('outgoing', { pair: phone.pair, bytes: 4 })).entries;
    assert.ok(entry);
    const part = (msgId: number, sentBytes: number) =>
      phone.ask('sent', { pair: phone.pair, msgId, entries: [{ seq: entry.seq, cmdId: 5, revision: 1, complete: false, sentBytes }] });
    await part(2, 4);
    await phone.ask('answered', { pair: phone.pair, answers: [{ msgId: 2, cmdId: 5, status: 213 }] });
    await part(3, 8);
    await phone.open('resume');
    assert.equal((await phone.ask('outgoing', { pair: phone.pair, bytes: 4 })).entries[0]?.offset, 4);
  });
});

describe('sync: Maps', () => {
  let scene: Scene;
  let phone: Phone;
  beforeEach(async () => {
    scene = await Scene.open();
    phone = scene.phone();
    await phone.sync(201, ['Add 1 one']);
    await scene.put('new');
  });
  afterEach(() => scene.close());

  it('in package 5: later changes name the LUID', async () => {
    await phone.sync(200, [], { maps: () => false });
    const guid = await scene.guidWith('new');
    assert.deepEqual(await phone.map({ [guid]: '55' }), [200]);
    await scene.edit('new', 'newer');
    assert.deepEqual((await phone.sync(200)).got, ['Replace 55 newer']);
  });

  it('at the beginning of the next session, before changes to that item', async () => {
    await phone.sync(200, [], { maps: () => false });
    await phone.open(200);
    assert.deepEqual(await phone.map({ [await scene.guidWith('new')]: '55' }), [200]);
    assert.deepEqual(await phone.codes('Replace 55 changed there'), [200]);
    assert.deepEqual(await scene.texts(), ['changed there', 'one']);
    await phone.ask('received', { pair: phone.pair });
    assert.deepEqual(await phone.fetch(), []);
  });

  it('in place of a lost Status: the Map says that the item arrived', async () => {
    await phone.sync(200, [], { answer: () => 0, until: 'offered', next: 'B' });
    await phone.map({ [await scene.guidWith('new')]: '55' });
    assert.deepEqual((await phone.sync(200, [], { last: 'B' })).got, []);
  });

  it('unknown GUID: 404, the others go on; unknown datastore: none', async () => {
    await phone.sync(200, [], { maps: () => false });
    const guid = await scene.guidWith('new');
    assert.deepEqual(await phone.map({ zz: '1', 'no/guid': '2' }), [404, 404]);
    assert.deepEqual([...((await phone.map({ zz: '1', [guid]: '3' })) ?? [])].sort(), [200, 404]);
    assert.equal(await phone.ask('map', { target: 'nowhere', source: './notes', items: [] }), undefined);
  });

  it('no LUID, or one that is too long: 400', async () => {
    await phone.sync(200, [], { maps: () => false });
    const guid = await scene.guidWith('new');
    assert.deepEqual(await phone.map({ [guid]: '' }), [400]);
    assert.deepEqual(await phone.map({ [guid]: 'x'.repeat(256) }), [400]);
  });

  it('twice for one GUID: the later wins', async () => {
    await phone.sync(200, [], { maps: () => false });
    const guid = await scene.guidWith('new');
    await phone.map({ [guid]: '55' });
    await phone.map({ [guid]: '56' });
    await scene.edit('new', undefined);
    assert.deepEqual((await phone.sync(200)).got, ['Delete 56']);
  });

  it('a LUID that stood for another item: that one is added again', async () => {
    await phone.sync(200, [], { maps: () => false });
    await phone.map({ [await scene.guidWith('new')]: '1' });
    await scene.edit('one', 'uno');
    assert.deepEqual((await phone.sync(200)).got, ['Add uno']);
  });

  it('of a slow sync that was cut off: known in the next one', async () => {
    const other = scene.phone('IMEI:2');
    await other.sync(201, [], { until: 'sent', maps: () => false });
    await other.map({ [await scene.guidWith('one')]: '7' });
    const { statuses, got } = await other.sync(201, ['Replace 7 one\nedited']);
    assert.equal(statuses[0], 200);
    assert.deepEqual(got, ['Add new']);
    assert.deepEqual(await scene.texts(), ['new', 'one\nedited']);
  });

  it('the store named in another way, or not at all', async () => {
    await phone.sync(200, [], { maps: () => false });
    const items = [{ guid: await scene.guidWith('new'), luid: '5' }];
    for (const source of ['notes', 'NOTES', '']) assert.deepEqual(await phone.ask('map', { target: './Notes', source, items }), [200]);
  });
});
