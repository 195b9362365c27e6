/** Clients that take their time, alone and in great number: nobody else waits for them, and what they held is free again. */
import assert from 'node:assert/strict';
import { FREE_BYTES } from '../../src/http/arrivals.js';
import { LiveServer, until, type Raw } from './support/live-server.js';

const HEAD = 'POST /sync HTTP/1.1\r\nHost: x\r\nContent-Type: application/vnd.syncml+xml\r\n';
const MIB = 1024 * 1024;

describe('slow clients', function () {
  this.timeout(180_000);
  let server: LiveServer;
  const trickling: NodeJS.Timeout[] = [];
  afterEach(async () => {
    for (const timer of trickling.splice(0)) clearInterval(timer);
    await server.close();
  });

  /** Sends `head`, and then a byte every now and then. */
  function trickle(head: string, byte: string): Raw {
    const one = server.raw();
    one.write(head);
    trickling.push(setInterval(() => one.write(byte), 150));
    return one;
  }
  const manyTrickle = (count: number, head: string, byte: string): Raw[] => Array.from({ length: count }, () => trickle(head, byte));
  const requestsBegun = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300));

  it('three hundred that trickle their headers hold up nobody, and are hung up on', async () => {
    server = await LiveServer.open({ 'http.headersTimeoutMs': 3000 });
    const slow = manyTrickle(300, 'POST /sync HTTP/1.1\r\nX-Endless: ', 'x');
    await until(() => slow.every(({ socket }) => !socket.connecting), 'all of them to connect');
    assert.equal(await server.logIn(), 200);
    await until(() => slow.every(({ ended }) => ended), 'all of them to be hung up on');
    assert.ok(slow.every(({ status }) => status === undefined || status === 408));
    assert.equal(await server.logIn({ sessionId: '2' }), 200);
  });

  it('header lines without end are refused before they take memory', async () => {
    server = await LiveServer.open();
    const answer = await server.ask('POST /sync HTTP/1.1\r\n', `X: ${'y'.repeat(MIB)}\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 431 /);
    assert.equal(await server.logIn(), 200);
  });

  it('bodies that trickle into every place give way to a phone, one for each', async () => {
    server = await LiveServer.open({ 'limits.inFlight': 2, 'http.headersTimeoutMs': 1000, 'http.requestTimeoutMs': 120_000 });
    const slow = manyTrickle(8, `${HEAD}Content-Length: 100000\r\n\r\n`, 'x');
    await requestsBegun();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.equal(await server.logIn(), 200);
    assert.equal(await server.logIn({ sessionId: '2' }), 200);
    await until(() => slow.some(({ ended }) => ended), 'one to be hung up on');
    // The second found the place of the first empty again.
    assert.deepEqual(
      slow.filter(({ ended }) => ended).map(({ status }) => status),
      [408],
    );
    assert.ok(server.logged.some((line) => line['refused'] === 'too-slow'));
  });

  it('and chunks that trickle no less', async () => {
    server = await LiveServer.open({ 'limits.inFlight': 1, 'http.headersTimeoutMs': 1000, 'http.requestTimeoutMs': 120_000 });
    const slow = manyTrickle(4, `${HEAD}Transfer-Encoding: chunked\r\n\r\n`, '1\r\nx\r\n');
    await new Promise((resolve) => setTimeout(resolve, 1800));
    assert.equal(await server.logIn(), 200);
    await until(() => slow.filter(({ status }) => status === 408).length === 1, 'one to be hung up on');
  });

  it('before they have had their time a phone is asked to come back, and is taken when they are gone', async () => {
    server = await LiveServer.open({ 'limits.inFlight': 1 });
    const slow = manyTrickle(4, `${HEAD}Content-Length: 100000\r\n\r\n`, 'x');
    await requestsBegun();
    assert.equal(await server.logIn(), 503);
    for (const { socket } of slow) socket.destroy();
    await until(() => server.logged.filter((line) => line['refused'] === 'aborted').length === 4, 'their places to be free');
    assert.equal(await server.logIn({ sessionId: '2' }), 200);
  });

  it('a body that trickles for longer than a request may take is hung up on, also when there is room', async () => {
    server = await LiveServer.open({ 'http.headersTimeoutMs': 1000, 'http.requestTimeoutMs': 1000 });
    const slow = manyTrickle(50, `${HEAD}Content-Length: 100000\r\n\r\n`, 'x');
    await until(() => slow.every(({ ended }) => ended), 'all of them to be hung up on');
    assert.equal(await server.logIn(), 200);
  });

  it('large bodies held back at their last byte take memory up to a bound, and small messages pass', async () => {
    server = await LiveServer.open({ 'limits.maxBodyBytes': MIB });
    const size = MIB - 10;
    const fit = Math.floor((4 * MIB) / (size - 1 - FREE_BYTES));
    const held = Array.from({ length: fit + 2 }, () => {
      const one = server.raw();
      one.write(`${HEAD}Content-Length: ${size}\r\n\r\n`);
      one.write(Buffer.alloc(size - 1, 'x'));
      return one;
    });
    await until(() => held.filter(({ status }) => status === 503).length === 2, 'those beyond the bound to be refused');
    assert.equal(await server.logIn(), 200);
    for (const { socket } of held) socket.destroy();
    await until(() => server.logged.filter((line) => line['refused'] === 'aborted').length === fit, 'the memory to be free');
    const answer = await server.ask(`${HEAD}Content-Length: ${size}\r\nConnection: close\r\n\r\n`, Buffer.alloc(size, 'x'));
    assert.match(answer, /^HTTP\/1\.1 400 /, 'read, and no message');
  });

  it('an answer that is not fetched is not kept', async () => {
    const handler = { handle: async () => ({ httpStatus: 200, body: Buffer.alloc(64 * MIB), log: {} }) };
    server = await LiveServer.open({ 'http.headersTimeoutMs': 1000, 'http.requestTimeoutMs': 1000 }, handler);
    const lazy = server.raw();
    lazy.socket.pause();
    lazy.write(`${HEAD}Content-Length: 1\r\n\r\nx`);
    await until(() => server.logged.some((line) => line['event'] === 'message'), 'the answer');
    // Both clocks are of this process: the server's runs out first.
    await new Promise((resolve) => setTimeout(resolve, 4000));
    lazy.socket.resume();
    await lazy.closed();
    assert.ok(lazy.text.length < 64 * MIB, `${lazy.text.length} bytes`);
  });

  it('more connections than there may be: the one idle longest makes room', async () => {
    server = await LiveServer.open({ 'http.maxConnections': 10 });
    const idle: Raw[] = [];
    for (let n = 0; n < 30; n += 1) {
      const one = server.raw();
      await until(() => !one.socket.connecting, 'a connection');
      idle.push(one);
    }
    assert.equal(await server.logIn(), 200);
    await until(() => idle.slice(0, 20).every(({ ended }) => ended), 'the oldest to be closed');
    assert.ok(idle.slice(-5).every(({ ended }) => !ended));
  });
});
