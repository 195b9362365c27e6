/** Sessions joined by those they do not belong to, and messages whose numbers and names are lies. */
import assert from 'node:assert/strict';
import { createUser } from '../../src/accounts/users.js';
import type { Message } from '../../src/model/message.js';
import { add, openAlert, statusesFor, sync, type Draft } from '../engine/support/messages.js';
import { basic, Bench, PASSWORD, statusOf, type Client, type ClientOptions } from '../exchange/support/bench.js';

const openNotes = (): Draft => openAlert(201, 'notes', './N', 'A');
const note = (luid: string, text: string): Draft => sync([add(luid, text)], { store: 'notes', from: './N' });

describe('hostile sessions', function () {
  this.timeout(60_000);
  let bench: Bench;
  let phone: Client;
  let first: Message;
  beforeEach(async () => {
    bench = await Bench.open();
    phone = bench.client({ device: 'IMEI:1', sessionId: '7' });
    first = await phone.send([openNotes()]);
  });
  afterEach(() => bench.close());

  /** A message as `who` would send it, with any token, without the rules of whole sessions. Header credentials only when given. */
  async function ask(
    who: ClientOptions,
    token: string | undefined,
    body: readonly Draft[],
    header: Partial<Message['header']> = {},
  ): Promise<Message> {
    const client = bench.client({ address: '198.51.100.7', ...who });
    client.msgId = 1;
    const answer = await client.post(client.encode(client.message(body, { header })), token === undefined ? {} : { token });
    assert.equal(answer.httpStatus, 200);
    return client.decode(answer);
  }
  const code = (message: Message): number => statusOf(message).code;

  it('a token that was guessed joins nothing', async () => {
    for (const token of [
      'A'.repeat(22),
      `${phone.token?.slice(0, -1)}${phone.token?.endsWith('A') ? 'B' : 'A'}`,
      '',
      "' OR 1=1 --",
      '\u0000',
      'x'.repeat(5000),
    ])
      assert.equal(code(await ask({ device: 'IMEI:1', sessionId: '7' }, token, [note('1', 'stolen in')])), 407, token);
    assert.deepEqual(await bench.texts(), []);
  });

  it('a stolen token is of no use to another device, nor under another SessionID', async () => {
    assert.equal(code(await ask({ device: 'IMEI:thief', sessionId: '7' }, phone.token, [note('1', 'stolen in')])), 407);
    assert.equal(code(await ask({ device: 'IMEI:1', sessionId: '8' }, phone.token, [note('1', 'stolen in')])), 407);
    assert.deepEqual(await bench.texts(), []);
  });

  it('another user with a stolen token gets a session of his own, and none of the data', async () => {
    const { serverId, datastores } = bench.config;
    await createUser(bench.temp.store, { name: 'mallory', password: PASSWORD, serverId, datastores, now: 0 });
    const answer = await ask({ device: 'IMEI:thief', sessionId: '7' }, phone.token, [openNotes()], { cred: basic('mallory') });
    assert.equal(code(answer), 212);
    assert.notEqual(new URL(answer.header.respUri ?? '').searchParams.get('s'), phone.token);
    assert.equal(code(await phone.send([...statusesFor(first), note('1', 'mine')])), 200, 'the session goes on');
    assert.deepEqual(await bench.texts(), ['mine']);
  });

  it('a stolen token with everything else right is asked for credentials where each message has to bring them', async () => {
    const strict = await Bench.open({ 'auth.perMessage': true });
    try {
      const own = strict.client({ device: 'IMEI:1', sessionId: '7' });
      await own.send([openNotes()]);
      const thief = strict.client({ device: 'IMEI:1', sessionId: '7', address: '198.51.100.7' });
      thief.msgId = 1;
      const answer = await thief.post(thief.encode(thief.message([note('1', 'stolen in')])), { token: own.token ?? '' });
      assert.equal(code(thief.decode(answer)), 407);
      assert.deepEqual(await strict.texts(), []);
    } finally {
      await strict.close();
    }
  });

  it('the token of a session that has ended opens nothing: no store, no change, no content', async () => {
    const second = await phone.send([...statusesFor(first), note('1', 'mine')]);
    const third = await phone.send(statusesFor(second));
    assert.equal(third.final, true);
    const [ended] = await bench.temp.store.read((tx) => tx.sessions.ofAccount(bench.account, 1));
    assert.equal(ended?.ended, true);
    const token = phone.token ?? '';
    for (const [msgId, body] of [
      ['4', [note('2', 'after the end')]],
      ['4', [openNotes()]],
      ['1', [openNotes()]],
      ['99', [openNotes(), note('2', 'after the end')]],
    ] as const) {
      const thief = bench.client({ device: 'IMEI:1', sessionId: '7', address: '198.51.100.7' });
      const answer = await thief.post(thief.encode(thief.message(body, { header: { msgId, cred: undefined as never } })), { token });
      const told = thief.decode(answer);
      for (const one of told.body)
        if (one.kind === 'Status' && one.cmd !== 'SyncHdr') assert.ok(one.code >= 400, `MsgID ${msgId}: ${one.cmd} ${one.code}`);
      assert.doesNotMatch(JSON.stringify(told), /"kind":"(Add|Replace|Sync|Results)"/);
    }
    assert.deepEqual(await bench.texts(), ['mine']);
  });

  it('the token of a session that made room for others opens nothing', async () => {
    const crowded = await Bench.open({ 'limits.sessionsPerAccount': 2 });
    try {
      const oldest = crowded.client({ device: 'IMEI:1', sessionId: '1' });
      const begun = await oldest.send([openNotes()]);
      for (const sessionId of ['2', '3']) {
        crowded.now += 1000;
        await crowded.client({ device: `IMEI:${sessionId}`, sessionId }).send([openNotes()]);
      }
      const answer = await oldest.post(oldest.encode(oldest.message([...statusesFor(begun), note('1', 'late')])));
      assert.equal(code(oldest.decode(answer)), 407);
      assert.deepEqual(await crowded.texts(), []);
    } finally {
      await crowded.close();
    }
  });

  it('without its token nobody joins a session from another address', async () => {
    assert.equal(code(await ask({ device: 'IMEI:1', sessionId: '7' }, undefined, [note('1', 'stolen in')])), 400);
    assert.deepEqual(await bench.texts(), []);
  });

  for (const msgId of ['0', '-1', '1', 'x', '', '1e400', 'NaN', '1.5', '0x3', '99999999999999999999', '9007199254740993', '4294967296']) {
    it(`MsgID ${JSON.stringify(msgId)} in the middle of a session gets a SyncML answer and changes nothing`, async () => {
      const answer = await phone.post(phone.encode(phone.message([note('1', 'by a wrong number')], { header: { msgId } })));
      assert.equal(answer.httpStatus, 200);
      assert.ok([400, 407, 401].includes(code(phone.decode(answer))), `${code(phone.decode(answer))}`);
      assert.deepEqual(await bench.texts(), []);
    });
  }

  it('a MsgID that was answered is not carried out again with other commands', async () => {
    await phone.send([...statusesFor(first), note('1', 'once')], { final: false });
    const answer = await phone.post(phone.encode(phone.message([note('2', 'twice')], { header: { msgId: '2' } })));
    assert.equal(code(phone.decode(answer)), 400);
    assert.deepEqual(await bench.texts(), ['once']);
  });

  it('the same SessionID of two devices names two sessions', async () => {
    const other = bench.client({ device: 'IMEI:2', sessionId: '7' });
    const answer = await other.send([openNotes()]);
    assert.notEqual(other.token, phone.token);
    await other.send([...statusesFor(answer), note('1', 'of the second')]);
    await phone.send([...statusesFor(first), note('1', 'of the first')]);
    assert.deepEqual(await bench.texts(), ['of the first', 'of the second']);
  });

  for (const sessionId of ['', '9'.repeat(10_000), '\u0001\u0002', '1\r\nX-Injected: 1', '__proto__', "1'; DROP TABLE session; --"]) {
    it(`SessionID ${JSON.stringify(sessionId.slice(0, 40))} is a name like any other`, async () => {
      const odd = bench.client({ device: 'IMEI:3', sessionId, encoding: 'wbxml' });
      const answer = await odd.post(odd.encode(odd.message([openNotes()])));
      assert.equal(answer.httpStatus, 200);
      const message = odd.decode(answer);
      assert.equal(message.header.sessionId, sessionId.trim());
      assert.ok([212, 400].includes(code(message)));
      assert.doesNotMatch(JSON.stringify(answer.headers ?? {}) + (answer.contentType ?? ''), /Injected/);
    });
  }
});
