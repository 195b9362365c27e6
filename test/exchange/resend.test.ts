/** Messages that come again, at once, out of order, without their token, or to another server on the same store. */
import assert from 'node:assert/strict';
import { add, nextMessage, openAlert, statusesFor, sync, type Draft } from '../engine/support/messages.js';
import type { Message } from '../../src/model/message.js';
import { basic, Bench, kinds, statuses, statusOf, type Client } from './support/bench.js';

const notes = (commands: readonly Draft[] = []): Draft => sync(commands, { store: 'notes', from: './N' });
const openNotes = (type: number, next = 'A', last?: string): Draft => openAlert(type, 'notes', './N', next, last);

describe('exchange: resent messages', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.open();
  });
  afterEach(() => bench.close());

  /** Package 3 with one Add, answered; the client before it. */
  const added = async (client: Client): Promise<Uint8Array> => {
    const two = await client.send([openNotes(201)]);
    const message = client.message([...statusesFor(two), notes([add('1', 'one')])]);
    client.body = client.encode(message);
    return (await client.post(client.body)).body;
  };
  const revision = async (): Promise<number> => bench.read(async (r) => (await r.datastores.byUri('notes'))?.position ?? 0);

  it('the same bytes: the stored answer, and nothing is done twice', async () => {
    const client = bench.client();
    const first = await added(client);
    const before = await revision();
    for (let i = 0; i < 3; i += 1) assert.deepEqual((await client.post(client.body)).body, first);
    assert.equal(await revision(), before);
  });

  it('to another server on the same store', async () => {
    const client = bench.client();
    const first = await added(client);
    bench.exchange = bench.another();
    assert.deepEqual((await client.post(client.body)).body, first);
  });

  it('several copies at once: one is carried out, all get its answer', async () => {
    const client = bench.client();
    const two = await client.send([openNotes(201)]);
    const body = client.encode(client.message([...statusesFor(two), notes([add('1', 'one')])]));
    const answers = await Promise.all(Array.from({ length: 5 }, () => client.post(body)));
    for (const answer of answers) assert.deepEqual(answer.body, answers[0]?.body);
    assert.deepEqual(await bench.texts(), ['one']);
  });

  it('several copies of the first message at once: one session', async () => {
    const client = bench.client();
    const body = client.encode(client.message([openNotes(201)]));
    const answers = await Promise.all(Array.from({ length: 4 }, () => client.post(body)));
    for (const answer of answers) assert.deepEqual(answer.body, answers[0]?.body);
    const sessions = await bench.temp.store.read((tx) => tx.sessions.ofAccount(bench.account, 99));
    assert.equal(sessions.length, 1);
  });

  it('the same body with other credentials, or in the other encoding', async () => {
    const client = bench.client();
    const two = await client.send([openNotes(201)]);
    const message = client.message([...statusesFor(two), notes([add('1', 'one')])]);
    const first = await client.post(client.encode(message));
    const withCred = { ...message, header: { ...message.header, cred: basic() } };
    assert.deepEqual((await client.post(client.encode(withCred))).body, first.body);
    const wbxml = await client.post(client.encode(message, 'wbxml'), { contentType: 'application/vnd.syncml+wbxml' });
    assert.deepEqual(wbxml.body, first.body);
    assert.deepEqual(await bench.texts(), ['one']);
  });

  it('the last message of a session that has ended', async () => {
    const client = bench.client();
    const two = await client.send([openNotes(201)]);
    const four = await client.send([...statusesFor(two), notes()]);
    const message = client.message(statusesFor(four));
    const body = client.encode(message);
    const first = await client.post(body);
    assert.deepEqual((await client.post(body)).body, first.body);
  });

  it('the same MsgID with another body: 400, and the session lives on', async () => {
    const client = bench.client();
    await added(client);
    client.msgId -= 1;
    const other = client.decode(await client.post(client.encode(client.message([notes([add('2', 'two')])]))));
    assert.equal(statuses(other), 'SyncHdr 400, Sync 400, Add 400');
    const next = client.decode(await client.post(client.encode(client.message([nextMessage()], { final: false }))));
    assert.equal(statuses(next), 'SyncHdr 200, Alert 200');
    assert.deepEqual(await bench.texts(), ['one']);
  });

  it('a MsgID behind: 400; one with a gap: carried out', async () => {
    const client = bench.client();
    const two = await client.send([openNotes(201)]);
    client.msgId = 6;
    const seven = await client.post(client.encode(client.message([...statusesFor(two), notes([add('1', 'one')])], { final: false })));
    assert.equal(statuses(client.decode(seven)), 'SyncHdr 200, Sync 200, Add 201');
    client.msgId = 2;
    const three = await client.post(client.encode(client.message([notes([add('2', 'two')])])));
    assert.equal(statusOf(client.decode(three)).code, 400);
  });

  it('message 1 once more within 10 minutes is a resend, later it begins a session', async () => {
    const client = bench.client();
    const message = client.message([openNotes(201)]);
    const body = client.encode(message);
    const first = client.decode(await client.post(body));
    bench.now += 9 * 60 * 1000;
    assert.equal(client.decode(await client.post(body)).header.respUri, first.header.respUri);
    bench.now += 2 * 60 * 1000;
    assert.notEqual(client.decode(await client.post(body)).header.respUri, first.header.respUri);
  });

  it('message 1 after message 2 begins a session of its own', async () => {
    const client = bench.client();
    const message = client.message([openNotes(201)]);
    const body = client.encode(message);
    const first = client.decode(await client.post(body));
    client.follow(first);
    await client.post(client.encode(client.message([...statusesFor(first), notes([add('1', 'x')])])));
    client.token = undefined;
    const again = client.decode(await client.post(body));
    assert.equal(statusOf(again).code, 212);
    assert.notEqual(again.header.respUri, first.header.respUri);
  });

  it('an unknown token without credentials: 407 with a challenge; with them: a session of its own', async () => {
    const client = bench.client();
    client.token = 'nonsense';
    client.msgId = 1;
    const refused = client.decode(await client.post(client.encode(client.message([notes([add('1', 'x')])]))));
    assert.equal(statuses(refused), 'SyncHdr 407, Sync 407, Add 407');
    assert.ok(statusOf(refused).chal?.nextNonce);
    const accepted = client.decode(await client.post(client.encode(client.message([openNotes(201)], { header: { cred: basic() } }))));
    assert.equal(statusOf(accepted).code, 212);
    assert.ok(accepted.header.respUri);
  });

  it("a session's token is of no use with another SessionID or device", async () => {
    const client = bench.client();
    await client.send([openNotes(201)]);
    for (const options of [{ sessionId: '9' }, { device: 'IMEI:9' }]) {
      const thief = bench.client(options);
      thief.token = client.token;
      thief.msgId = 1;
      assert.equal(statusOf(thief.decode(await thief.post(thief.encode(thief.message([notes()]))))).code, 407);
    }
  });
});

describe('exchange: clients that ignore RespURI', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.open();
  });
  afterEach(() => bench.close());

  it('are known by device, SessionID, MsgID, address and User-Agent; from their next session on each message is challenged', async () => {
    const client = bench.client({ keepsToken: false });
    const two = await client.send([openNotes(201)]);
    const four = await client.send([...statusesFor(two), notes([add('1', 'one')])]);
    assert.equal(statuses(four), 'SyncHdr 200, Sync 200, Add 201');
    await client.send(statusesFor(four));
    const next = bench.client({ keepsToken: false, sessionId: '2' });
    const answer = await next.send([openNotes(200, 'B', 'A')]);
    assert.equal(statusOf(answer).code, 200);
    assert.ok(statusOf(answer).chal);
    const without = next.decode(await next.post(next.encode(next.message([...statusesFor(answer), notes()]))));
    assert.equal(statusOf(without).code, 407);
    const with_ = next.decode(await next.post(next.encode(next.message([...statusesFor(answer), notes()], { header: { cred: basic() } }))));
    assert.equal(statuses(with_), 'SyncHdr 200, Sync 200');
  });

  it('are not known from another address, or by another MsgID', async () => {
    const client = bench.client({ keepsToken: false });
    const two = await client.send([openNotes(201)]);
    const body = client.encode(client.message([...statusesFor(two), notes([add('1', 'one')])]));
    assert.equal(statusOf(client.decode(await client.post(body, { address: '198.51.100.7' }))).code, 400);
    assert.equal(statusOf(client.decode(await client.post(body, { userAgent: 'other' }))).code, 400);
    client.msgId = 7;
    assert.equal(statusOf(client.decode(await client.post(client.encode(client.message([notes()]))))).code, 400);
    assert.deepEqual(await bench.texts(), []);
  });

  it('the first message again without its credentials is not answered from the store', async () => {
    const client = bench.client({ keepsToken: false });
    const message = client.message([openNotes(201)]);
    const first = client.decode(await client.post(client.encode(message)));
    assert.equal(kinds(first).slice(0, 11), 'SyncHdr 212');
    const { cred: _, ...header } = message.header;
    const bare = client.decode(await client.post(client.encode({ ...message, header })));
    assert.equal(statusOf(bare).code, 407);
    assert.equal(bare.header.respUri, undefined);
    const wrong = { ...message, header: { ...message.header, cred: basic('anna', 'guess') } };
    assert.equal(statusOf(client.decode(await client.post(client.encode(wrong)))).code, 401);
    const right = client.decode(await client.post(client.encode({ ...message, header: { ...message.header, cred: basic() } })));
    assert.equal(right.header.respUri, first.header.respUri);
  });

  describe('once the server knows that they do', () => {
    const cred = { header: { cred: basic() } };
    const sessions = () => bench.temp.store.read((tx) => tx.sessions.ofAccount(bench.account, 99));
    /** A client whose messages nothing but its SessionID tells apart from those of the sessions before. */
    const known = async (sessionId = '2'): Promise<Client> => {
      const first = bench.client({ keepsToken: false });
      const two = await first.send([openNotes(201)]);
      const four = await first.send([...statusesFor(two), notes()]);
      await first.send(statusesFor(four));
      return bench.client({ keepsToken: false, sessionId });
    };
    const post = async (client: Client, body: Uint8Array): Promise<string> => statuses(client.decode(await client.post(body)));
    /** A package 3 that is not at its end. */
    const part = (client: Client, before: Message, name: string): Promise<Message> =>
      client.send([...statusesFor(before), notes([add(name, name)])], { ...cred, final: false });

    it('a late copy of a message is refused and disturbs nothing', async () => {
      const client = await known();
      const two = await client.send([openNotes(200, 'B', 'A')]);
      const answered = await part(client, two, 'one');
      const late = client.body;
      const next = await part(client, answered, 'two');
      const before = (await sessions()).length;
      assert.equal(await post(client, late), 'SyncHdr 400, Sync 400, Add 400');
      assert.equal((await sessions()).length, before);
      assert.equal(statuses(await part(client, next, 'three')), 'SyncHdr 200, Sync 200, Add 201');
      assert.deepEqual(await bench.texts(), ['one', 'three', 'two']);
    });

    it('a late message of another session is not taken for one of this, also where its number is the next one', async () => {
      const old = await known('3');
      const two = await old.send([openNotes(200, 'B', 'A')]);
      const answered = await part(old, two, 'old');
      const late = old.encode(old.message([...statusesFor(answered), notes([add('8', 'late')])], cred));
      const [before] = await sessions();
      assert.ok(before);
      // The device was set back: it counts its sessions anew and comes to the same number.
      bench.now += 60_000;
      const client = bench.client({ keepsToken: false, sessionId: '3' });
      const again = await part(client, await client.send([openNotes(201, 'A')]), 'new');
      assert.equal(await post(client, late), 'SyncHdr 512, Sync 512, Add 512', 'its own session has lost the datastore');
      await bench.temp.store.transact((tx) => tx.sessions.remove(before.token));
      assert.equal(await post(client, late), 'SyncHdr 400, Sync 400, Add 400', 'its own session is gone');
      assert.equal(statuses(await part(client, again, 'newer')), 'SyncHdr 200, Sync 200, Add 201');
      assert.deepEqual(await bench.texts(), ['new', 'newer', 'old']);
    });

    it('of several sessions that a message could go on with it is the newest', async () => {
      const client = await known();
      await client.send([openNotes(200, 'B', 'A')]);
      bench.now += 60_000;
      const again = bench.client({ keepsToken: false, sessionId: '2' });
      const two = await again.send([openNotes(200, 'C', 'A')]);
      assert.equal(statuses(await again.send([...statusesFor(two), notes([add('1', 'one')])], cred)), 'SyncHdr 200, Sync 200, Add 201');
    });

    it('a message of a session that is gone gets 400, and begins none', async () => {
      const client = await known();
      const two = await client.send([openNotes(200, 'B', 'A')]);
      const body = client.encode(client.message([...statusesFor(two), notes([add('1', 'one')])], cred));
      for (const { token } of await sessions()) await bench.temp.store.transact((tx) => tx.sessions.remove(token));
      assert.equal(await post(client, body), 'SyncHdr 400, Sync 400, Add 400');
      assert.deepEqual(await sessions(), []);
    });

    it('CmdIDs begin where those of other sessions do not', async () => {
      const client = await known();
      const ids = (answer: Message): number[] => answer.body.map(({ cmdId }) => Number(cmdId));
      const first = ids(await client.send([openNotes(200, 'B', 'A')]));
      const [from = 0] = first;
      assert.ok(from > 1);
      assert.deepEqual(
        first,
        first.map((_, i) => from + i),
      );
      const other = bench.client({ keepsToken: false, sessionId: '9' });
      assert.notEqual(ids(await other.send([openNotes(200, 'C', 'A')]))[0], from);
    });
  });
});
