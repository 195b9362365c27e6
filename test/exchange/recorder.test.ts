/** Messages that are kept with their sessions: which, with what, and what of it is written when. */
import assert from 'node:assert/strict';
import type { NumberedMessage } from '../../src/storage/ports/messages.js';
import { add, openAlert, statusesFor, sync, type Draft } from '../engine/support/messages.js';
import { basic, Bench, PASSWORD, statuses, USER, type Client } from './support/bench.js';

const notes = (commands: readonly Draft[] = []): Draft => sync(commands, { store: 'notes', from: './N' });
const open = openAlert(201, 'notes', './N', 'A', undefined);

describe('exchange: kept messages', () => {
  let bench: Bench;
  const start = async (settings: Readonly<Record<string, unknown>> = {}): Promise<void> => {
    bench = await Bench.open({ 'trace.messages': true, ...settings });
  };
  afterEach(() => bench.close());

  async function kept(): Promise<readonly NumberedMessage[]> {
    return bench.temp.store.read(async (tx) => {
      const [session] = await tx.sessions.ofAccount(bench.account, 1);
      return session ? tx.account(bench.account).messages.of(session.token) : [];
    });
  }
  const answersOf = (client: Client, messages: readonly NumberedMessage[]): string[] =>
    messages.map(({ response: { headers, body } }) =>
      statuses(client.decode({ httpStatus: 200, contentType: headers['Content-Type'] ?? '', body, log: {} })),
    );

  it('are the bytes that came and went, with the headers that matter', async () => {
    await start();
    const client = bench.client({ encoding: 'wbxml' });
    const sent: Uint8Array[] = [];
    const two = await client.send([open]);
    sent.push(client.body);
    await client.send([...statusesFor(two), notes([add('1', 'one')])]);
    sent.push(client.body);
    const messages = await kept();
    assert.deepEqual(
      messages.map(({ request }) => Buffer.from(request.body)),
      sent.map((bytes) => Buffer.from(bytes)),
    );
    assert.deepEqual(answersOf(client, messages), ['SyncHdr 212, Alert 200', 'SyncHdr 200, Sync 200, Add 201']);
    assert.deepEqual(messages[1]?.request.headers, {
      Host: 'sync.example',
      'User-Agent': 'phone',
      'Content-Type': 'application/vnd.syncml+wbxml',
    });
    assert.deepEqual(
      messages.map(({ n, path, httpStatus }) => [n, path, httpStatus]),
      [
        [1, '/sync', 200],
        [2, `/sync?s=${client.token}`, 200],
      ],
    );
  });

  it('are not kept unless that is asked for', async () => {
    await start({ 'trace.messages': false });
    await bench.client().send([open]);
    assert.deepEqual(await kept(), []);
  });

  it('a refused message writes nothing, and is kept with the session it leads to', async () => {
    await start();
    const client = bench.client();
    const transact = bench.temp.store.transact.bind(bench.temp.store);
    let writes = 0;
    bench.temp.store.transact = (work) => {
      writes += 1;
      return transact(work);
    };
    const post = async (header: Parameters<Client['message']>[1]): Promise<void> => {
      client.follow(client.decode(await client.post(client.encode(client.message([open], header)))));
    };
    client.msgId = 1;
    await post({ header: { verProto: 'SyncML/9.9' } });
    await bench.client({ device: 'IMEI:2' }).post(client.encode(client.message([open], { header: { source: { uri: 'IMEI:2' } } })));
    const before = writes;
    await post({});
    assert.equal((await kept()).length, 0);
    // What is written for a refusal is what was written before: nothing of the message.
    assert.equal(writes - before, 1);
    bench.temp.store.transact = transact;
    await post({ header: { cred: basic(USER, PASSWORD) } });
    assert.deepEqual(answersOf(client, await kept()), ['SyncHdr 513, Alert 513', 'SyncHdr 407, Alert 407', 'SyncHdr 212, Alert 200']);
    await post({ header: { sessionId: '1' } });
    assert.equal((await kept()).length, 4, 'what waited is kept once');
  });

  it('of a refused client at most six wait, and not for ever', async () => {
    await start();
    const client = bench.client();
    for (let i = 0; i < 8; i += 1) await client.post(client.encode(client.message([open], { header: { cred: basic(USER, `no ${i}`) } })));
    bench.now += 9 * 60 * 1000;
    await client.post(client.encode(client.message([open], { header: { verProto: 'SyncML/9.9' } })));
    bench.now += 2 * 60 * 1000;
    client.decode(await client.post(client.encode(client.message([open], { header: { cred: basic() } }))));
    assert.deepEqual(answersOf(client, await kept()), ['SyncHdr 513, Alert 513', 'SyncHdr 212, Alert 200']);
  });

  it('one that comes again gets the stored answer, and is kept once', async () => {
    await start();
    const client = bench.client();
    await client.send([open]);
    assert.equal((await client.post(client.body)).log['resend'], true);
    assert.equal((await kept()).length, 1);
  });

  it('one that is parked is kept with its interim answer', async () => {
    await start({ 'limits.inFlight': 1 });
    const client = bench.client();
    const two = await client.send([open]);
    const other = bench.client({ device: 'IMEI:2' });
    const [, busy] = await Promise.all([
      other.post(other.encode(other.message([open]))),
      client.post(client.encode(client.message([...statusesFor(two), notes()]))),
    ]);
    assert.equal(statuses(client.decode(busy)), 'SyncHdr 101');
    const messages = await bench.temp.store.read((tx) => tx.account(bench.account).messages.of(client.token as never));
    assert.deepEqual(answersOf(client, messages), ['SyncHdr 212, Alert 200', 'SyncHdr 101']);
  });

  it('the oldest go when a session has more than the configuration wants', async () => {
    await start({ 'trace.maxMessages': 2 });
    const client = bench.client();
    const two = await client.send([open]);
    const four = await client.send([...statusesFor(two), notes()]);
    await client.send(statusesFor(four));
    assert.deepEqual(
      (await kept()).map(({ n }) => n),
      [2, 3],
    );
  });
});
