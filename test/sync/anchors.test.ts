/** Anchors, fencing and resuming. [design: anchors are needed for 200, 202 and 204; never widen to a sync that destroys] */
import assert from 'node:assert/strict';
import type { SyncType } from '../../src/model/alert.js';
import { DAY, Scene, type Phone } from './support/scene.js';

describe('sync: anchors', () => {
  let scene: Scene;
  let phone: Phone;
  beforeEach(async () => {
    scene = await Scene.open();
    phone = scene.phone();
  });
  afterEach(() => scene.close());

  const outcome = async (type: SyncType | 'resume', last: string | undefined): Promise<string> => {
    const answer = await phone.open(type, { last });
    return answer.kind === 'opened' ? `${answer.status} ${answer.type}` : `${answer.status}`;
  };

  for (const [type, expected] of [
    [200, '508 201'],
    [201, '200 201'],
    [202, '508 201'],
    [203, '200 203'],
    [204, '508 205'],
    [205, '200 205'],
  ] as const) {
    it(`a first sync, and one with an anchor we do not know: ${type} becomes ${expected}`, async () => {
      assert.equal(await outcome(type, undefined), expected);
      assert.equal(await outcome(type, 'unknown'), expected);
      await phone.sync(201, ['Add 1 one'], { next: 'A' });
      assert.equal(await outcome(type, 'unknown'), expected);
    });
    it(`with the agreed anchor ${type} is ${type}`, async () => {
      await phone.sync(201, ['Add 1 one'], { next: 'A' });
      assert.equal(await outcome(type, 'A'), `200 ${type}`);
      assert.equal(await outcome(type, ' A\r\n'), `200 ${type}`);
    });
  }

  it('an empty Last counts as none', async () => {
    await phone.sync(201, [], { next: 'A' });
    assert.equal(await outcome(200, ' '), '508 201');
  });

  it('404 for a datastore we do not have, 406 for a filter behind its name', async () => {
    const other = scene.phone('IMEI:1', 'nowhere');
    assert.deepEqual(await other.open(200), { kind: 'refused', status: 404 });
    const filter = scene.phone('IMEI:1', 'notes?SINCE&EQ;20240101T000000Z');
    assert.deepEqual(await filter.open(200), { kind: 'refused', status: 406 });
  });

  it('names a datastore by alias, path and URL', async () => {
    const answers = [];
    for (const name of ['card', './Card/', '/contacts', 'http://host/contacts']) {
      const answer = await scene.phone('IMEI:1', name).open(201);
      answers.push(answer.kind === 'opened' ? answer.datastore : answer.status);
    }
    assert.deepEqual(answers, ['contacts', 'contacts', 'contacts', 'contacts']);
  });

  it('are of one device and one store: neither moves the other', async () => {
    await phone.sync(201, ['Add 1 one'], { next: 'A' });
    const other = scene.phone('IMEI:2');
    const opened = await other.open(200, { last: 'A' });
    assert.equal(opened.kind === 'opened' && opened.status, 508);
    assert.equal(await outcome(200, 'A'), '200 200');
  });

  it('our Next is a UTC stamp, and later each time, also within a second', async () => {
    const first = await phone.sync(201, [], { next: 'A' });
    const second = await phone.sync(200, [], { next: 'B', last: 'A' });
    assert.match(first.opened.next, /^\d{8}T\d{6}Z$/);
    assert.ok(second.opened.next > first.opened.next);
    assert.equal(second.opened.last, first.opened.next);
  });

  it('do not move when the session stops before its end', async () => {
    await phone.sync(201, ['Add 1 one'], { next: 'A' });
    for (const until of ['open', 'changes', 'received', 'sent'] as const) {
      await phone.sync(200, ['Replace 1 two'], { last: 'A', next: 'B', until });
      assert.equal((await phone.record()).current?.clientNext, 'A');
    }
    assert.equal(await outcome(200, 'A'), '200 200');
  });

  it('the one before the last still counts, and what the device was told since goes out again as Replace', async () => {
    await phone.sync(201, ['Add 1 one'], { next: 'A' });
    await scene.put('from the server');
    await scene.edit('one', 'one, edited');
    const lost = await phone.sync(200, [], { last: 'A', next: 'B' });
    assert.deepEqual([...lost.got].sort(), ['Add from the server', 'Replace 1 one, edited']);
    const again = await phone.sync(200, [], { last: 'A', next: 'C' });
    assert.equal(again.opened.status, 200);
    assert.deepEqual([...again.got].sort(), ['Replace 1 one, edited', 'Replace 101 from the server']);
    assert.deepEqual((await phone.sync(200, [], { last: 'C', next: 'D' })).got, []);
    assert.equal(await outcome(200, 'B'), '508 201');
  });

  it('two generations back is too old', async () => {
    await phone.sync(201, [], { next: 'A' });
    await phone.sync(200, [], { last: 'A', next: 'B' });
    await phone.sync(200, [], { last: 'B', next: 'C' });
    assert.equal(await outcome(200, 'A'), '508 201');
  });

  it('offered with our last Final: the client that shows it took them goes on, though its last message never came', async () => {
    await phone.sync(201, ['Add 1 one'], { next: 'A' });
    await scene.put('new');
    const cut = await phone.sync(200, [], { last: 'A', next: 'B', until: 'offered' });
    assert.deepEqual(cut.got, ['Add new']);
    const next = await phone.sync(200, [], { last: 'B', next: 'C' });
    assert.equal(next.opened.status, 200);
    assert.deepEqual(next.got, []);
  });

  it('offered and not answered: what got no Status goes out again', async () => {
    await phone.sync(201, [], { next: 'A' });
    await scene.put('new');
    await phone.sync(200, [], { last: 'A', next: 'B', until: 'offered', answer: () => 0 });
    assert.deepEqual((await phone.sync(200, [], { last: 'B', next: 'C' })).got, ['Add new']);
  });

  it('offered and turned down: another sync takes the offer away', async () => {
    await phone.sync(201, ['Add 1 one'], { next: 'A' });
    await phone.sync(200, [], { last: 'A', next: 'B', until: 'offered' });
    // The old anchor again: the client did not take B. A slow sync begins and is broken off.
    await phone.sync(201, ['Replace 1 one'], { last: 'A', next: 'X', until: 'changes' });
    assert.equal((await phone.record()).tentative, undefined);
    assert.equal(await outcome(200, 'B'), '508 201');
    assert.deepEqual(await scene.texts(), ['one']);
  });

  it('offered and then refused by the device: the offer is none', async () => {
    await phone.sync(201, ['Add 1 one'], { next: 'A' });
    await scene.put('new');
    await phone.sync(200, [], { last: 'A', next: 'B', until: 'offered', answer: () => 0 });
    await phone.ask('abandon', { pair: phone.pair, reason: 'it answered our Sync with 510' });
    assert.equal((await phone.record()).tentative, undefined);
    assert.deepEqual((await phone.sync(200, [], { last: 'A', next: 'B', until: 'sent', answer: () => 0 })).got, ['Add new']);
    assert.equal(await outcome(200, 'B'), '508 201');
  });

  it('a slow sync that is broken off makes the next normal one slow', async () => {
    await phone.sync(201, ['Add 1 one'], { next: 'A' });
    await phone.sync(201, ['Add 1 one'], { next: 'B', until: 'changes' });
    assert.equal(await outcome(200, 'A'), '508 201');
    await phone.sync(201, ['Add 1 one'], { next: 'C' });
    assert.equal(await outcome(200, 'C'), '200 200');
  });

  it('a compacted log is never "nothing new"', async () => {
    await phone.sync(201, ['Add 1 one'], { next: 'A' });
    await scene.put('two');
    await scene.write(async (writer) => writer.datastores.compact((await writer.datastores.byUri('notes'))?.id as never, 2));
    assert.equal(await outcome(200, 'A'), '508 201');
  });

  it('one-way from the client leaves our changes outstanding', async () => {
    await phone.sync(201, ['Add 1 one'], { next: 'A' });
    await scene.put('ours');
    const oneWay = await phone.sync(202, ['Replace 1 one more'], { last: 'A', next: 'B' });
    assert.deepEqual([oneWay.statuses, oneWay.got], [[200], []]);
    assert.deepEqual((await phone.sync(200, [], { last: 'B', next: 'C' })).got, ['Add ours']);
  });

  it("what the session itself changed is not told back, and what others change after the client's Final is left for the next", async () => {
    await phone.sync(201, ['Add 1 one'], { next: 'A' });
    await phone.sync(200, ['Add 2 two', 'Replace 1 uno'], { last: 'A', next: 'B', until: 'received' });
    await scene.put('late');
    assert.deepEqual(await phone.fetch(), []);
    await phone.ask('offer', { pair: phone.pair });
    await phone.ask('finish', { pair: phone.pair });
    assert.deepEqual((await phone.sync(200, [], { last: 'B', next: 'C' })).got, ['Add late']);
  });

  it('the client disagrees (508): two-way goes on slow, from-server goes on as a refresh', async () => {
    await phone.sync(201, ['Add 1 one'], { next: 'A' });
    for (const [type, becomes] of [
      [200, 201],
      [202, 201],
      [203, 201],
      [204, 205],
    ] as const) {
      await phone.open(type, { last: 'A' });
      assert.equal(await phone.ask('widen', { pair: phone.pair }), becomes);
      // What was widened was not finished either: agree again.
      await phone.sync(201, ['Replace 1 one'], { next: 'A' });
    }
    assert.deepEqual(await scene.texts(), ['one']);
  });
});

describe('sync: fencing', () => {
  it('a session that has opened the pair takes it from older ones', async () => {
    const scene = await Scene.open();
    const phone = scene.phone();
    await phone.open(201);
    const older = phone.token;
    assert.equal(await phone.ask('owns', { pairs: [phone.pair] }), true);
    await phone.open(201);
    assert.equal(await phone.ask('owns', { pairs: [phone.pair] }), true);
    phone.token = older;
    assert.equal(await phone.ask('owns', { pairs: [phone.pair] }), false);
    await scene.close();
  });
});

describe('sync: resume (Alert 225)', () => {
  let scene: Scene;
  let phone: Phone;
  beforeEach(async () => {
    scene = await Scene.open();
    phone = scene.phone();
    await phone.sync(201, ['Add 1 one'], { next: 'A' });
  });
  afterEach(() => scene.close());

  it('without state: 508, and a normal sync where the anchors match, a slow one where they do not', async () => {
    const matching = await phone.open('resume', { last: 'A' });
    assert.deepEqual(matching.kind === 'opened' && [matching.status, matching.type, matching.resumed], [508, 200, undefined]);
    await phone.sync(200, [], { last: 'A', next: 'B', until: 'open' });
    const none = await phone.open('resume', { last: 'unknown' });
    assert.deepEqual(none.kind === 'opened' && [none.status, none.type], [508, 201]);
  });

  it('before anything was received there is nothing to resume', async () => {
    await phone.sync(200, [], { last: 'A', next: 'B', until: 'open' });
    const again = await phone.open('resume', { last: 'A' });
    assert.deepEqual(again.kind === 'opened' && [again.status, again.type], [508, 200]);
  });

  it('in the middle of the changes: goes on with the type that ran, also without Last', async () => {
    for (const last of ['A', undefined]) {
      await phone.sync(201, ['Replace 1 one', 'Add 2 two'], { last: 'A', next: 'B', until: 'changes' });
      const resumed = await phone.open('resume', { last, next: 'C' });
      assert.deepEqual(resumed.kind === 'opened' && [resumed.status, resumed.type, resumed.resumed?.received], [200, 201, false]);
      // Answered items again: the same, and nothing twice.
      assert.deepEqual(await phone.codes('Replace 1 one', 'Add 2 two', 'Add 3 three'), [200, 201, 201]);
      await phone.ask('received', { pair: phone.pair });
      await phone.fetch();
      await phone.ask('finish', { pair: phone.pair });
      assert.deepEqual(await scene.texts(), ['one', 'three', 'two']);
      assert.equal((await phone.record()).current?.clientNext, 'C');
      await phone.sync(201, ['Replace 1 one', 'Replace 2 two', 'Replace 3 three'], { next: 'A' });
    }
  });

  it('of a sync that came with an anchor we do not know: it comes with the same one', async () => {
    await phone.sync(200, ['Replace 1 one'], { last: 'stale', next: 'B', until: 'changes' });
    const resumed = await phone.open('resume', { last: 'stale', next: 'C' });
    assert.deepEqual(resumed.kind === 'opened' && [resumed.status, resumed.type], [200, 201]);
    const other = await phone.open('resume', { last: 'another', next: 'C' });
    assert.equal(other.kind === 'opened' && other.status, 508);
  });

  it('our Last is of the sync that the client names: its last answer may have been lost', async () => {
    const first = (await phone.record()).current?.serverNext;
    await phone.sync(200, [], { last: 'A', next: 'B' });
    const again = await phone.sync(200, ['Add 2 two'], { last: 'A', next: 'C', until: 'changes' });
    const resumed = await phone.open('resume', { last: 'A', next: 'D' });
    assert.ok(resumed.kind === 'opened' && resumed.resumed);
    assert.deepEqual([again.opened.last, resumed.last], [first, first]);
  });

  it('while our changes go out: only what got no Status is sent again', async () => {
    await scene.put('a');
    await scene.put('b');
    await phone.sync(200, [], {
      last: 'A',
      next: 'B',
      until: 'sent',
      answer: (e) => (Buffer.from(e.content ?? []).toString() === 'a' ? 201 : 0),
    });
    const resumed = await phone.open('resume', { last: 'A', next: 'C' });
    assert.equal(resumed.kind === 'opened' && resumed.resumed?.received, true);
    await scene.put('later');
    assert.equal(await phone.ask('received', { pair: phone.pair }), 1);
    assert.deepEqual(await phone.fetch(), ['Add b']);
    await phone.ask('finish', { pair: phone.pair });
    assert.deepEqual((await phone.sync(200, [], { last: 'C', next: 'D' })).got, ['Add later']);
  });

  it('too late: the state is forgotten after its age', async () => {
    await phone.sync(200, ['Add 2 two'], { last: 'A', next: 'B', until: 'changes' });
    scene.now += 31 * DAY;
    const late = await phone.open('resume', { last: 'A' });
    assert.deepEqual(late.kind === 'opened' && [late.status, late.type], [508, 200]);
  });

  it('another Alert instead drops what was kept', async () => {
    await phone.sync(200, ['Add 2 two'], { last: 'A', next: 'B', until: 'changes' });
    await phone.sync(200, [], { last: 'A', next: 'C', until: 'open' });
    const resumed = await phone.open('resume', { last: 'A' });
    assert.equal(resumed.kind === 'opened' && resumed.status, 508);
  });
});
