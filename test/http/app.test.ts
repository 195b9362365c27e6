import assert from 'node:assert/strict';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { ExchangeAnswer, ExchangeRequest } from '../../src/exchange/exchange.js';
import { createApp } from '../../src/http/app.js';
import { startListening, type Listener } from '../../src/http/server.js';
import { loadConfig, type Config } from '../../src/runtime/config.js';
import { createLogger } from '../../src/runtime/logger.js';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const MAX_BODY = 10_240;

describe('HTTP endpoint', () => {
  let listener: Listener;
  let seen: ExchangeRequest[];
  let lines: Record<string, unknown>[];
  let handle: (request: ExchangeRequest, signal?: AbortSignal) => Promise<ExchangeAnswer>;
  let health: () => Promise<Readonly<Record<string, unknown>>>;

  const config = (flags: Record<string, unknown> = {}): Config =>
    loadConfig({ environment: { HOME: '/tmp' }, flags: { port: 0, 'limits.maxBodyBytes': MAX_BODY, 'limits.maxMsgSize': 5000, ...flags } })
      .config;

  async function start(settings: Config = config(), patience = new AbortController()): Promise<void> {
    const logger = createLogger('info', { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) });
    const app = createApp({
      exchange: { handle: (request, signal) => handle(request, signal) },
      config: settings,
      logger,
      health: () => health(),
      signal: patience.signal,
    });
    listener = await startListening({ app, config: settings, logger, patience });
  }

  beforeEach(() => {
    seen = [];
    lines = [];
    health = async () => ({ uptimeSeconds: 1 });
    handle = async (request) => {
      seen.push(request);
      return {
        httpStatus: 200,
        contentType: 'application/vnd.syncml+wbxml',
        body: Buffer.from('answer'),
        log: { sessionId: '7', msgId: '1' },
      };
    };
  });
  afterEach(() => listener.close());

  function send(method: string, path: string, headers: Record<string, string> = {}, body?: Uint8Array | string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = httpRequest({ port: listener.port, host: '127.0.0.1', method, path, headers, agent: false }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts).toString() }),
        );
      });
      request.on('error', reject);
      request.end(body);
    });
  }
  const WBXML = { 'Content-Type': 'application/vnd.syncml+wbxml' };

  for (const path of ['/sync', '/', '/syncml', '/funambol/ds', '/some/other%20path']) {
    it(`takes messages at ${path}`, async () => {
      await start();
      const answer = await send('POST', path, { ...WBXML, Host: 'phone.example:81' }, 'body');
      assert.equal(answer.status, 200);
      assert.equal(answer.body, 'answer');
      assert.equal(Buffer.from(seen[0]?.body ?? []).toString(), 'body');
      assert.equal(seen[0]?.url, `http://phone.example:81${path}`);
    });
  }

  it('hands on what the exchange needs, and the token of RespURI from a query with more in it', async () => {
    await start();
    const headers = {
      ...WBXML,
      Accept: '*/*',
      'User-Agent': 'Nokia6230',
      'x-wap-profile': '"http://x/6230.xml"',
      'x-syncml-hmac': 'algorithm=MD5',
      Host: 'h',
    };
    await send('POST', '/sync?a=1&s=the-token', headers, 'x');
    assert.deepEqual(
      { ...seen[0], body: undefined },
      {
        body: undefined,
        url: 'http://h/sync',
        token: 'the-token',
        address: '127.0.0.1',
        contentType: 'application/vnd.syncml+wbxml',
        accept: '*/*',
        userAgent: 'Nokia6230',
        wapProfile: '"http://x/6230.xml"',
        hmac: 'algorithm=MD5',
      },
    );
  });

  it('answers with Content-Length, never in chunks, and forbids caches', async () => {
    await start();
    const { headers } = await send('POST', '/sync', WBXML, 'x');
    assert.equal(headers['content-length'], '6');
    assert.equal(headers['transfer-encoding'], undefined);
    assert.equal(headers['content-type'], 'application/vnd.syncml+wbxml');
    assert.equal(headers['cache-control'], 'no-store, private');
  });

  it('takes a Host that is none for the address listened on', async () => {
    await start();
    await send('POST', '/sync', { ...WBXML, Host: '"><script>' }, 'x');
    assert.equal(seen[0]?.url, `http://127.0.0.1:${listener.port}/sync`);
  });

  it('takes chunked requests and gzip', async () => {
    await start();
    await send('POST', '/sync', { ...WBXML, 'Transfer-Encoding': 'chunked' }, 'in chunks');
    await send('POST', '/sync', { ...WBXML, 'Content-Encoding': 'gzip' }, gzipSync('packed'));
    assert.deepEqual(
      seen.map((request) => Buffer.from(request.body).toString()),
      ['in chunks', 'packed'],
    );
  });

  for (const { what, status, headers, body } of [
    { what: 'the largest body', status: 200, headers: {}, body: Buffer.alloc(MAX_BODY) },
    { what: 'a body one byte larger', status: 413, headers: {}, body: Buffer.alloc(MAX_BODY + 1) },
    { what: 'such a body in chunks', status: 413, headers: { 'Transfer-Encoding': 'chunked' }, body: Buffer.alloc(MAX_BODY + 1) },
    {
      what: 'what unpacks to the largest body',
      status: 200,
      headers: { 'Content-Encoding': 'gzip' },
      body: gzipSync(Buffer.alloc(MAX_BODY)),
    },
    { what: 'what unpacks to more', status: 413, headers: { 'Content-Encoding': 'gzip' }, body: gzipSync(Buffer.alloc(50_000_000)) },
    { what: 'gzip that is none', status: 400, headers: { 'Content-Encoding': 'gzip' }, body: Buffer.from('plain') },
    { what: 'gzip that is cut', status: 400, headers: { 'Content-Encoding': 'gzip' }, body: gzipSync(Buffer.alloc(5000)).subarray(0, 20) },
    { what: 'another encoding', status: 415, headers: { 'Content-Encoding': 'br' }, body: Buffer.from('x') },
  ]) {
    it(`answers ${status} to ${what}`, async () => {
      await start();
      assert.equal((await send('POST', '/sync', { ...WBXML, ...headers }, body)).status, status);
      assert.equal(seen.length, status === 200 ? 1 : 0);
    });
  }

  it('answers 406 to a client that cannot read UTF-8', async () => {
    await start();
    const asking = async (charset: string): Promise<number> =>
      (await send('POST', '/sync', { 'Content-Type': 'application/vnd.syncml+wbxml', 'Accept-Charset': charset }, 'x')).status;
    assert.equal(await asking('x-none'), 406);
    assert.equal(await asking('x-none, UTF-8;q=0'), 406);
    assert.equal(seen.length, 0);
    for (const charset of ['UTF-8', 'x-none, utf-8;q=0.5', '*', 'iso-8859-1']) assert.equal(await asking(charset), 200, charset);
  });

  it('answers 405 to other methods', async () => {
    await start();
    for (const method of ['PUT', 'DELETE', 'OPTIONS', 'PROPFIND']) {
      const answer = await send(method, '/sync');
      assert.equal(answer.status, 405, method);
      assert.equal(answer.headers.allow, 'POST, GET, HEAD');
    }
  });

  it('shows a person the settings to type into a phone', async () => {
    await start();
    const answer = await send('GET', '/sync', { Host: 'sync.example:8080' });
    assert.equal(answer.status, 200);
    assert.match(answer.headers['content-type'] ?? '', /^text\/html/);
    assert.ok(answer.body.includes('http://sync.example:8080/sync'));
    for (const name of ['contacts', 'calendar', 'tasks', 'notes', 'caltasks'])
      assert.ok(answer.body.includes(`<code>${name}</code>`), name);
    assert.ok(!answer.body.includes('<script'));
  });

  it('repeats nothing of a request in that page that could be markup', async () => {
    await start();
    const answer = await send('GET', '/%3Cscript%3Ealert(1)%3C/script%3E', { Host: 'x<b>' });
    assert.ok(!answer.body.includes('<script'));
    assert.ok(!answer.body.includes('<b>'));
  });

  it('tells its health as JSON', async () => {
    await start();
    const well = await send('GET', '/healthz');
    assert.deepEqual([well.status, JSON.parse(well.body)], [200, { status: 'ok', uptimeSeconds: 1 }]);
    health = async () => Promise.reject(new Error('the disk is gone'));
    const ill = await send('GET', '/healthz');
    assert.deepEqual([ill.status, JSON.parse(ill.body)], [503, { status: 'unavailable' }]);
  });

  it('answers 500 without any detail to a fault of ours, and logs where it was', async () => {
    await start();
    handle = async () => Promise.reject(new Error('BEGIN:VCARD secret'));
    const answer = await send('POST', '/sync', WBXML, 'x');
    assert.equal(answer.status, 500);
    assert.ok(!/VCARD|Error|at /.test(answer.body), answer.body);
    assert.ok(!JSON.stringify(lines).includes('VCARD'));
    assert.equal(lines.filter((line) => line['event'] === 'fault').length, 1);
  });

  it('logs one line a message, with what the exchange tells and sizes, without content', async () => {
    await start();
    await send('POST', '/sync?s=secret-token', WBXML, 'secret-body');
    const told = lines.filter((line) => line['event'] === 'message');
    assert.equal(told.length, 1);
    const { time: _time, ms, ...rest } = told[0] ?? {};
    assert.equal(typeof ms, 'number');
    assert.deepEqual(rest, {
      level: 'info',
      event: 'message',
      sessionId: '7',
      msgId: '1',
      bytesIn: 11,
      bytesOut: 6,
      httpStatus: 200,
      address: '127.0.0.1',
    });
    assert.ok(!JSON.stringify(lines).includes('secret'));
  });

  it('believes X-Forwarded-For only when told to', async () => {
    await start();
    await send('POST', '/sync', { ...WBXML, 'X-Forwarded-For': '9.9.9.9' }, 'x');
    await listener.close();
    await start(config({ 'http.trustProxy': 'true' }));
    // The proxy appends the address it saw; what stands before came from the client.
    await send('POST', '/sync', { ...WBXML, 'X-Forwarded-For': '6.6.6.6, 9.9.9.9' }, 'x');
    assert.deepEqual(
      seen.map((request) => request.address),
      ['127.0.0.1', '9.9.9.9'],
    );
  });

  it('answers 503 when four times as many requests are in hand as messages may be worked on', async () => {
    await start(config({ 'limits.inFlight': 1 }));
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    handle = async (request) => {
      seen.push(request);
      await finished;
      return { httpStatus: 200, body: new Uint8Array(0), log: {} };
    };
    const waiting = Array.from({ length: 5 }, () => send('POST', '/sync', WBXML, 'x'));
    const first = await Promise.race(waiting);
    assert.deepEqual([first.status, first.headers['retry-after']], [503, '30']);
    finish();
    const statuses = (await Promise.all(waiting)).map((answer) => answer.status);
    assert.deepEqual(statuses.sort(), [200, 200, 200, 200, 503]);
    assert.equal(seen.length, 4);
  });

  it('finishes the message in hand before it stops, and takes no new one', async () => {
    await start();
    let finish = (): void => undefined;
    const begun = new Promise<void>((begin) => {
      handle = async (request) => {
        seen.push(request);
        begin();
        await new Promise<void>((resolve) => (finish = resolve));
        return { httpStatus: 200, body: Buffer.from('late'), log: {} };
      };
    });
    const waiting = send('POST', '/sync', WBXML, 'x');
    await begun;
    const closed = listener.close();
    await assert.rejects(send('POST', '/sync', WBXML, 'y'));
    finish();
    const answer = await waiting;
    assert.deepEqual([answer.status, answer.body, answer.headers.connection], [200, 'late', 'close']);
    await closed;
    assert.equal(seen.length, 1);
  });

  it('waits for it no longer than configured, and says so to what works on it', async () => {
    const patience = new AbortController();
    await start(config({ 'http.shutdownTimeoutMs': 50 }), patience);
    const begun = new Promise<void>((begin) => {
      handle = async (_request, signal) => {
        begin();
        await new Promise((resolve) => signal?.addEventListener('abort', resolve));
        return { httpStatus: 200, body: new Uint8Array(0), log: {} };
      };
    });
    const waiting = send('POST', '/sync', WBXML, 'x');
    const failed = assert.rejects(waiting);
    await begun;
    await listener.close();
    await failed;
    assert.equal(patience.signal.aborted, true);
  });

  it('hangs up on a request that trickles in', async () => {
    await start(config({ 'http.headersTimeoutMs': 1000, 'http.requestTimeoutMs': 1000 }));
    const socket = connect(listener.port, '127.0.0.1');
    const ended = new Promise<string>((resolve) => {
      let text = '';
      socket.on('data', (part: Buffer) => (text += part.toString()));
      socket.on('close', () => resolve(text));
    });
    socket.write('POST /sync HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nContent-Type: application/vnd.syncml+xml\r\n\r\nhalf');
    assert.match(await ended, /^(HTTP\/1\.1 408|HTTP\/1\.1 400|$)/);
    assert.equal(seen.length, 0);
  });
});
