/** Log-in, versions, limits and what cannot be read. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Status } from '../../src/model/status.js';
import type { Cred, Message } from '../../src/model/message.js';
import { StoreError } from '../../src/model/errors.js';
import { add, alert, get, openAlert, status, statusesFor, sync, type Draft } from '../engine/support/messages.js';
import { basic, Bench, kinds, PASSWORD, statuses, statusOf, USER, type Client } from './support/bench.js';

const notes = (commands: readonly Draft[] = []): Draft => sync(commands, { store: 'notes', from: './N' });
const openNotes = (type: number, next = 'A', last?: string): Draft => openAlert(type, 'notes', './N', next, last);
const md5 = (...parts: (string | Uint8Array)[]): Buffer => parts.reduce((h, p) => h.update(p), createHash('md5')).digest();
const md5Cred = (nonce: string, user = USER, password = PASSWORD): Cred => ({
  meta: { format: 'b64', type: 'syncml:auth-md5' },
  data: md5(md5(`${user}:${password}`).toString('base64'), ':', Buffer.from(nonce, 'base64')).toString('base64'),
});
const textOf = (message: Message, cmd = 'SyncHdr'): string[] =>
  statusOf(message, cmd).items.map((i) => (i.data?.kind === 'content' ? Buffer.from(i.data.bytes).toString() : ''));

/** Sends without checking the rules of whole sessions. */
async function raw(client: Client, body: readonly Draft[], header: Partial<Message['header']> = {}, final = true): Promise<Message> {
  const answer = await client.post(client.encode(client.message(body, { header, final })));
  const message = client.decode(answer);
  client.follow(message);
  return message;
}

describe('exchange: log-in', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.open();
  });
  afterEach(() => bench.close());

  it('no credentials: 407 with a challenge for every command, and nothing else', async () => {
    const client = bench.client();
    client.msgId = 1;
    const answer = await client.send([openNotes(200), get()]);
    assert.equal(kinds(answer), 'SyncHdr 407, Alert 407, Get 407, Final');
    assert.equal(statusOf(answer).chal?.type, 'syncml:auth-md5');
    assert.equal(answer.header.respUri, undefined);
  });

  it('wrong ones: 401; unknown type: 406; unknown Format: 415', async () => {
    const client = bench.client();
    assert.equal(statuses(await raw(client, [openNotes(200)], { cred: basic(USER, 'no') })), 'SyncHdr 401, Alert 401');
    assert.equal(statusOf(await raw(client, [], { cred: { meta: { type: 'syncml:auth-x509' }, data: 'x' } })).code, 406);
    assert.equal(statusOf(await raw(client, [], { cred: { meta: { type: 'syncml:auth-basic', format: 'rot13' }, data: 'x' } })).code, 415);
  });

  it('credentials of a single command: those of the session are taken, others refuse that command alone', async () => {
    const client = bench.client();
    const cred = basic(USER, PASSWORD);
    const answer = await raw(client, [{ ...openNotes(200), cred: basic(USER, 'no') } as Draft, openAlert(201, 'contacts', './C', 'A')], {
      cred,
    });
    assert.equal(kinds(answer), 'SyncHdr 212, Alert 401, Alert 200, Alert 201, Get, Final');
    assert.equal(statusOf(answer, 'Alert').chal?.type, 'syncml:auth-md5');
    const again = await raw(client, [
      { ...openNotes(201), cred } as Draft,
      { ...notes([add('1', 'one')]), cred: basic('nobody', 'no') } as Draft,
    ]);
    assert.equal(statuses(again), 'SyncHdr 200, Alert 200, Sync 401, Add 401');
  });

  it('md5: challenged, answered in the same session with the next MsgID, accepted with the nonce of the next session', async () => {
    const client = bench.client();
    client.msgId = 1;
    const named = { source: { uri: 'IMEI:1', name: USER } };
    const refused = await raw(client, [openNotes(201)], named);
    const nonce = statusOf(refused).chal?.nextNonce ?? '';
    const accepted = await raw(client, [status(2, 0, 'SyncHdr', 200), openNotes(201)], { ...named, cred: md5Cred(nonce) });
    assert.equal(statusOf(accepted).code, 212);
    const next = statusOf(accepted).chal?.nextNonce ?? '';
    assert.notEqual(next, '');
    const later = bench.client({ sessionId: '2' });
    assert.equal(statusOf(await raw(later, [openNotes(201)], { ...named, cred: md5Cred(next) })).code, 212);
    const replayed = bench.client({ sessionId: '3' });
    assert.equal(statusOf(await raw(replayed, [openNotes(201)], { ...named, cred: md5Cred(nonce) })).code, 401);
  });

  it('credentials with every message, where that is asked for: 200 and a new nonce each time', async () => {
    await bench.close();
    bench = await Bench.open({ 'auth.perMessage': true });
    const client = bench.client();
    const named = { source: { uri: 'IMEI:1', name: USER } };
    client.msgId = 1;
    let answer = await raw(client, [], named);
    for (const body of [[openNotes(201)], [notes([add('1', 'one')])]]) {
      const nonce = statusOf(answer).chal?.nextNonce ?? '';
      answer = await raw(client, body, { ...named, cred: md5Cred(nonce) });
      assert.equal(statusOf(answer).code, 200);
      assert.notEqual(statusOf(answer).chal?.nextNonce, nonce);
    }
    assert.deepEqual(await bench.texts(), ['one']);
    assert.equal(statusOf(await raw(client, [], named)).code, 407);
  });

  it('credentials of another user within a session: refused', async () => {
    await bench.close();
    bench = await Bench.open({ 'auth.perMessage': true });
    const { createUser } = await import('../../src/accounts/users.js');
    await createUser(bench.temp.store, { name: 'eve', password: 'pw', serverId: 'moorage', datastores: bench.config.datastores, now: 0 });
    const client = bench.client();
    await raw(client, [openNotes(201)]);
    assert.equal(statusOf(await raw(client, [notes()], { cred: basic('eve', 'pw') })).code, 401);
  });

  it('a client that challenges us: our credentials in the next header, what it refused again, and its nonce is kept', async () => {
    const client = bench.client();
    const two = await raw(client, [openNotes(201)]);
    const chal = { type: 'syncml:auth-md5', format: 'b64', nextNonce: Buffer.from('nonce-1').toString('base64') };
    const refusal = [status(two.header.msgId, 0, 'SyncHdr', 407, { chal }), ...statusesFor(two, { Alert: 407, Get: 407 }).slice(1)];
    const again = await raw(client, refusal);
    assert.equal(again.header.cred?.meta?.type, 'syncml:auth-md5');
    assert.equal(again.header.source.name, 'moorage');
    const expected = md5(md5(`moorage:${PASSWORD}`).toString('base64'), ':', Buffer.from('nonce-1')).toString('base64');
    assert.equal(again.header.cred?.data, expected);
    assert.ok(
      again.body.some((c) => c.kind === 'Alert' && c.code === 201),
      kinds(again),
    );
    const ok = [
      status(again.header.msgId, 0, 'SyncHdr', 212, { chal: { ...chal, nextNonce: Buffer.from('nonce-2').toString('base64') } }),
      ...statusesFor(again).slice(1),
    ];
    const four = await raw(client, [...ok, notes([add('1', 'one')])]);
    assert.equal(statuses(four), 'SyncHdr 200, Sync 200, Add 201');
    assert.equal(four.header.cred, undefined);
    const device = await bench.read((r) => r.devices.byUri('IMEI:1'));
    assert.equal(device?.clientNonce, Buffer.from('nonce-2').toString('base64'));
  });

  it('a client that refuses us for good is let go', async () => {
    const client = bench.client();
    let answer = await raw(client, [openNotes(201)]);
    const chal = { type: 'syncml:auth-md5', format: 'b64', nextNonce: 'AAAA' };
    for (let i = 0; i < 3; i += 1) answer = await raw(client, [status(answer.header.msgId, 0, 'SyncHdr', 401, { chal })]);
    assert.equal(answer.header.cred, undefined);
    const sessions = await bench.temp.store.read((tx) => tx.sessions.ofAccount(bench.account, 9));
    assert.equal(sessions[0]?.ended, true);
  });
});

describe('exchange: what cannot be served', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.open({ 'limits.maxBodyBytes': 20_000, 'limits.maxMsgSize': 20_000, 'limits.itemsPerMessage': 20 });
  });
  afterEach(() => bench.close());

  it('505 and 513 name what we speak; errata releases count as their version', async () => {
    const client = bench.client();
    const dtd = await raw(client, [openNotes(200)], { verDtd: '9.9' });
    assert.equal(statusOf(dtd).code, 505);
    assert.deepEqual(textOf(dtd), ['1.0', '1.1', '1.2']);
    const proto = await raw(client, [openNotes(200)], { verProto: 'SyncML/9.9' });
    assert.equal(statusOf(proto).code, 513);
    assert.deepEqual(textOf(proto), ['SyncML/1.0', 'SyncML/1.1', 'SyncML/1.2']);
    const errata = await raw(bench.client({ version: '1.1' }), [openNotes(200)], { verDtd: '1.1.2', verProto: 'SyncML/1.1.2' });
    assert.equal(statusOf(errata).code, 212);
    assert.equal(errata.header.verDtd, '1.1');
  });

  it('HTTP 415 for another media type, 400 for what is no SyncML, 413 for too much of it', async () => {
    assert.equal((await bench.handle({ body: Buffer.from('{}'), contentType: 'application/json' })).httpStatus, 415);
    assert.equal((await bench.handle({ body: Buffer.from('<SyncML><oops') })).httpStatus, 400);
    assert.equal((await bench.handle({ body: new Uint8Array(0) })).httpStatus, 400);
    assert.equal((await bench.handle({ body: Buffer.alloc(20_001, 0x20) })).httpStatus, 413);
  });

  it('a header that can be read gets a SyncML answer, in its version', async () => {
    for (const version of ['1.0', '1.1', '1.2'] as const) {
      const client = bench.client({ version });
      const text = Buffer.from(client.encode(client.message([openNotes(200)]))).toString();
      const broken = await client.post(Buffer.from(text.slice(0, text.indexOf('<Final'))));
      assert.equal(broken.httpStatus, 200);
      const answer = client.decode(broken);
      assert.equal(statusOf(answer).code, 400);
      assert.equal(answer.header.verDtd, version);
      assert.match(Buffer.from(broken.body).toString(), new RegExp(`SYNCML:SYNCML${version}`));
    }
  });

  it('413 for more items than are allowed', async () => {
    const client = bench.client();
    const answer = await raw(client, [openNotes(201), notes(Array.from({ length: 20 }, (_, i) => add(String(i), 'x')))]);
    assert.equal(statusOf(answer).code, Status.EntityTooLarge);
  });

  it('510 and 503 when the store fails, in SyncML', async () => {
    for (const [fault, code] of [
      ['corrupt', 510],
      ['unavailable', 503],
    ] as const) {
      const client = bench.client();
      const transact = bench.temp.store.transact.bind(bench.temp.store);
      bench.temp.store.transact = () => Promise.reject(new StoreError(fault, 'test'));
      const answer = await raw(client, [openNotes(201)]);
      bench.temp.store.transact = transact;
      assert.equal(statuses(answer), `SyncHdr ${code}, Alert ${code}`);
    }
  });

  it("an error of ours is nobody else's business: it is thrown, for HTTP 500", async () => {
    const client = bench.client();
    const transact = bench.temp.store.transact.bind(bench.temp.store);
    bench.temp.store.transact = () => Promise.reject(new Error('a bug'));
    await assert.rejects(raw(client, [openNotes(201)]), /a bug/);
    bench.temp.store.transact = transact;
  });

  it('NoResp in SyncHdr: no Status, and what was asked for is done', async () => {
    const client = bench.client();
    const two = await client.send([openNotes(201)]);
    const four = await client.send([...statusesFor(two), notes([add('1', 'one')])], { header: { noResp: true } });
    assert.equal(kinds(four), 'Sync, Final');
    assert.deepEqual(await bench.texts(), ['one']);
  });

  it('an unknown element, an unknown command and a device-management Alert do no harm', async () => {
    const client = bench.client();
    const two = await client.send([openNotes(201), alert(1200, { source: 'x' }), { kind: 'Exec', items: [{ target: { uri: './x' } }] }]);
    assert.equal(statuses(two), 'SyncHdr 212, Alert 200, Alert 406, Exec 501');
    assert.deepEqual(textOf({ ...two, body: two.body.slice(2) }, 'Alert'), ['Alert 1200']);
  });

  it('101 when there is too much at hand: SyncHdr alone and no Final', async () => {
    await bench.close();
    bench = await Bench.open({ 'limits.inFlight': 1 });
    const [a, b] = [bench.client(), bench.client({ device: 'IMEI:2' })];
    const [first, second] = await Promise.all([raw(a, [openNotes(201)]), raw(b, [openNotes(201)])]);
    assert.equal(statusOf(first).code, 212);
    assert.equal(kinds(second), 'SyncHdr 101');
  });
});
