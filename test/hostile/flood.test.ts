/** More than the server can take, over real HTTP: it says so, to each, and serves on as soon as there is room. */
import assert from 'node:assert/strict';
import type { MessageHandler } from '../../src/http/app.js';
import type { Message } from '../../src/model/message.js';
import { add, openAlert, statusesFor, sync, type Draft } from '../engine/support/messages.js';
import { basic, kinds, statusOf } from '../exchange/support/bench.js';
import { LiveServer, until } from './support/live-server.js';

describe('a flood', function () {
  this.timeout(180_000);
  let server: LiveServer;
  afterEach(() => server.close());

  it('of messages beyond those worked on: 101 beyond the first bound, 503 beyond the second, and all is well after', async () => {
    // Two are worked on, four times as many are let in; the exchange's own work waits for `release`.
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const exchange: MessageHandler[] = [];
    server = await LiveServer.open(
      { 'limits.inFlight': 2 },
      { handle: (request) => exchange[0]?.handle(request) ?? Promise.reject(new Error('too early')) },
    );
    const { bench } = server;
    exchange.push(bench.another({ inFlight: 2 }));
    const { store } = bench.temp;
    const read = store.read.bind(store);
    store.read = async (work) => (await gate, read(work));

    const clients = Array.from({ length: 30 }, (_, n) => bench.client({ device: `IMEI:${n}`, sessionId: String(n) }));
    const answers = clients.map((client) => server.post(client, [openAlert(201, 'notes', './N', 'A')]));
    const settled: { status: number; code: number | undefined }[] = [];
    for (const answer of answers)
      void answer.then(({ status, message }) => settled.push({ status, code: message && statusOf(message).code }));
    await until(() => settled.length >= 28, 'those beyond the bounds to be told');
    assert.ok(settled.every(({ status, code }) => status === 503 || code === 101));
    assert.ok(
      settled.some(({ code }) => code === 101),
      'busy, as SyncML says it',
    );
    release();
    await Promise.all(answers);
    assert.equal(settled.filter(({ code }) => code === 212).length, 2);
    store.read = read;
    assert.equal(await server.logIn({ sessionId: 'after' }), 200);
  });

  it('of everything at once does not disturb a session, whose changes are there exactly once', async () => {
    server = await LiveServer.open({ 'limits.inFlight': 4 });
    const { bench } = server;
    let over = false;
    const told = new Set<number>();
    const noise = async (n: number): Promise<void> => {
      for (let round = 0; !over; round += 1) {
        const client = bench.client({ device: `IMEI:noise-${n}`, sessionId: `${round}` });
        const wrong = client.encode(client.message([], { header: { cred: basic('nobody', `${n} ${round}`) } }));
        const bodies = [wrong, Buffer.from('no message'), Buffer.alloc(200_000, 0x6a), wrong.subarray(0, wrong.length / 2)];
        const headers = { 'Content-Type': 'application/vnd.syncml+xml' };
        const body = bodies[round % bodies.length] ?? wrong;
        const response = await fetch(`http://127.0.0.1:${server.port}/sync`, { method: 'POST', headers, body }).catch(() => undefined);
        if (response) told.add(response.status);
        await response?.arrayBuffer().catch(() => undefined);
      }
    };
    const noises = Array.from({ length: 8 }, (_, n) => noise(n));
    try {
      const phone = bench.client({ device: 'IMEI:calm', sessionId: '1' });
      /** As phones do: what was not taken comes again. */
      const insist = async (body: readonly Draft[], final = true): Promise<Message> => {
        for (let attempt = 0; attempt < 200; attempt += 1) {
          const { message } = await server.post(phone, body, { final });
          if (message && statusOf(message).code < 300 && statusOf(message).code !== 101) return message;
          phone.msgId -= 1;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        throw new Error('never taken');
      };
      let last = await insist([openAlert(201, 'notes', './N', 'A')]);
      for (let n = 0; n < 8; n += 1) {
        const body = sync([add(String(n), `note ${n}`)], { store: 'notes', from: './N' });
        last = await insist([...statusesFor(last), body], n === 7);
        assert.match(kinds(last), /SyncHdr 200/);
      }
    } finally {
      over = true;
      await Promise.all(noises);
    }
    assert.equal((await bench.texts()).length, 8);
    assert.ok(
      [...told].every((status) => [200, 400, 413, 503].includes(status)),
      [...told].join(),
    );
    assert.equal(server.logged.filter((line) => line['event'] === 'fault').length, 0);
  });
});
