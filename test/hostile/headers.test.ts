/** HTTP headers and request lines that try to become something else: other headers, other addresses, another's session, lines of the log. */
import assert from 'node:assert/strict';
import { openAlert } from '../engine/support/messages.js';
import { decodeMessage } from '../../src/wire/decode.js';
import { LiveServer } from './support/live-server.js';

const TYPE = 'Content-Type: application/vnd.syncml+xml\r\n';

describe('hostile headers', function () {
  this.timeout(120_000);
  let server: LiveServer;
  before(async () => {
    server = await LiveServer.open();
  });
  after(() => server.close());
  let sessions = 0;

  /** A first message behind these header lines, with the right password. */
  async function ask(line: string, headers: string): Promise<{ readonly text: string; readonly respUri: string | undefined }> {
    sessions += 1;
    const client = server.bench.client({ sessionId: String(sessions), device: 'IMEI:headers' });
    const body = client.encode(client.message([openAlert(201, 'notes', './N', String(sessions))]));
    const text = await server.ask(`${line}\r\n${headers}${TYPE}Connection: close\r\nContent-Length: ${body.length}\r\n\r\n`, body);
    const xml = text.slice(text.indexOf('\r\n\r\n') + 4);
    const respUri = text.startsWith('HTTP/1.1 200 ') ? decodeMessage(Buffer.from(xml, 'latin1'), 'xml').message.header.respUri : undefined;
    return { text, respUri };
  }
  const POST = 'POST /sync HTTP/1.1';
  const own = (): RegExp => new RegExp(`^http://127\\.0\\.0\\.1:${server.port}/sync\\?s=[\\w-]{22}$`);

  it('a Host that may not stand in a URL is not repeated in RespURI', async () => {
    for (const host of [
      ...[
        'evil.example/x?',
        'user:pw@evil.example',
        'evil.example#',
        'a b',
        '"><x>',
        'evil.example\\@own',
        '[::1',
        'a:99999999',
        'é',
        '%0d%0aX: 1',
      ],
      ...['http://evil.example', '.'.repeat(3000) + '/', "'; DROP TABLE", '\t', '<![CDATA['],
    ]) {
      const { text, respUri } = await ask(POST, `Host: ${host}\r\n`);
      if (text.startsWith('HTTP/1.1 400 ')) continue;
      assert.match(respUri ?? text, own(), host);
    }
  });

  for (const name of ['Host', 'User-Agent', 'Content-Encoding', 'x-syncml-hmac', 'Accept', 'X-Forwarded-For']) {
    it(`${name} cannot bring a line of its own`, async () => {
      for (const ending of ['\r\n ', '\r', '\n', '\0', '\r\r\n', '\u0085', '\u000b', '%0d%0a']) {
        const { text } = await ask(POST, `${name === 'Host' ? '' : 'Host: x\r\n'}${name}: a${ending}X-Injected: 1\r\n`);
        const head = text.slice(0, text.indexOf('\r\n\r\n'));
        assert.match(head, /^HTTP\/1\.1 (200|400|415) /, JSON.stringify(ending));
        assert.doesNotMatch(head, /injected/i, JSON.stringify(ending));
      }
    });
  }

  it('nor does a request line, and where it leads is data', async () => {
    for (const target of [
      '/sync%0d%0aX-Injected:%201',
      '/sync?s=%0d%0aX-Injected:%201',
      '//evil.example/sync',
      '/../../etc/passwd',
      '/%00',
      '/sync?s=a&s=b',
    ]) {
      const { text, respUri } = await ask(`POST ${target} HTTP/1.1`, 'Host: own.example\r\n');
      assert.doesNotMatch(text.slice(0, text.indexOf('\r\n\r\n')), /injected/i);
      if (respUri !== undefined) assert.equal(new URL(respUri).host, 'own.example', target);
    }
    const { respUri } = await ask('POST http://evil.example/sync HTTP/1.1', 'Host: own.example\r\n');
    assert.match(respUri ?? '', /^http:\/\/own\.example\/sync\?s=/);
    for (const line of [
      'POST sync HTTP/1.1',
      'POST /a b HTTP/1.1',
      'POST /sync HTTP/9.9',
      'post /sync HTTP/1.1',
      'CONNECT evil.example:80 HTTP/1.1',
    ])
      assert.doesNotMatch((await ask(line, 'Host: x\r\n')).text, /^HTTP\/1\.1 2/, line);
  });

  it('a log line for each, of JSON, without more', async () => {
    for (const entry of server.logged) assert.equal(typeof entry['event'], 'string');
    const before = server.logged.length;
    await ask(POST, 'Host: x\r\nUser-Agent: {"event":"forged","level":"error"}\u009b31m\r\n');
    assert.equal(server.logged.length, before + 1);
    assert.equal(server.logged.at(-1)?.['event'], 'message');
  });

  it('an address from X-Forwarded-For is believed of a proxy only, and never more than one', async () => {
    await ask(POST, 'Host: x\r\nX-Forwarded-For: 203.0.113.9, 198.51.100.1\r\n');
    assert.equal(server.logged.at(-1)?.['address'], '127.0.0.1');
    const behind = await LiveServer.open({ 'http.trustProxy': true });
    try {
      const client = behind.bench.client();
      const body = client.encode(client.message([]));
      // The first was written by the client itself; the proxy adds the last.
      const forged = 'X-Forwarded-For: 203.0.113.9, 198.51.100.1\r\n';
      await behind.ask(`${POST}\r\nHost: x\r\n${forged}${TYPE}Connection: close\r\nContent-Length: ${body.length}\r\n\r\n`, body);
      assert.equal(behind.logged.at(-1)?.['address'], '198.51.100.1');
    } finally {
      await behind.close();
    }
  });
});
