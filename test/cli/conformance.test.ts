/** `moorage conformance` as a laboratory runs it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Alert } from '../../src/model/alert.js';
import { HTTP_FAULTS } from '../conformance/faulty/http.js';
import { PASSWORD, startOurServer, USER, type OurServer } from '../conformance/support/our-server.js';
import { ModelDevice } from '../model-client/device.js';
import { STORES } from '../model-client/profile.js';
import { httpTransport } from '../model-client/transport.js';
import { textOf } from '../faults/labels.js';
import { CommandLine } from './run.js';

describe('moorage conformance', function () {
  this.timeout(60_000);
  let line: CommandLine;
  let server: OurServer;
  const account = (): readonly string[] => [server.url, '--user', USER, '--password', PASSWORD];

  beforeEach(async () => {
    line = new CommandLine();
    server = await startOurServer();
  });
  afterEach(async () => {
    line.remove();
    await server.close();
  });

  it('tests one area in one version and encoding, says where it is, and writes the page', async () => {
    const out = join(line.root, 'report.html');
    const args = ['conformance', ...account(), '--only', 'http', '--version', '1.1', '--encoding', 'xml', '--report', 'html', '--out', out];
    const ran = await line.run(args);
    assert.equal(ran.code, 0, ran.err);
    assert.match(ran.err, /^SyncML 1\.1 xml: \d+ cases$/m);
    assert.match(ran.err, /^ {2}\d+ kept, 0 broken, \d+ not offered, 0 inconclusive$/m);
    assert.match(ran.out, /^http +\d+ ok/m);
    assert.match(readFileSync(out, 'utf8'), /No MUST is broken/);
  });

  it('ends with 1 when a MUST is broken, and says which', async () => {
    await server.close();
    const fault = HTTP_FAULTS.find(({ red }) => red.includes('HTTP-004'));
    server = await startOurServer(fault?.wrap ? { wrap: fault.wrap() } : {});
    const ran = await line.run(['conformance', ...account(), '--only', 'HTTP-004', '--version', '1.2', '--encoding', 'wbxml']);
    assert.equal(ran.code, 1);
    assert.match(ran.err, /HTTP-004 MUST BROKEN: Honour Accept/);
  });

  it('does not empty a datastore that holds items, unless it is told to', async () => {
    const transport = httpTransport();
    const phone = new ModelDevice({ uri: 'phone', user: USER, password: PASSWORD, stores: [STORES.contacts] }, transport, server.url);
    phone.store('contacts').add(Buffer.from(textOf('contacts', 'ann')));
    await phone.sync(Alert.SlowSync);
    transport.close();
    const args = ['conformance', ...account(), '--only', 'HTTP-001', '--version', '1.2', '--encoding', 'xml'];
    const refused = await line.run(args);
    assert.equal(refused.code, 1);
    assert.match(refused.err, /contacts of lab holds 1 items.*--erase/);
    assert.equal((await line.run([...args, '--erase'])).code, 0);
  });

  it('says what is wrong with a password, an address, an area', async () => {
    const wrong = await line.run(['conformance', server.url, '--user', USER, '--password', 'no', '--only', 'http']);
    assert.equal(wrong.code, 1);
    assert.match(wrong.err, /lets the suite in neither with basic nor with md5/);
    assert.match((await line.run(['conformance', 'sync.example', '--user', USER, '--password', PASSWORD])).err, /no address/);
    assert.match((await line.run(['conformance', ...account(), '--only', 'nothing'])).err, /no such area/);
    assert.match((await line.run(['conformance', ...account(), '--version', '2.0'])).err, /write one of 1\.0, 1\.1, 1\.2/);
    assert.match((await line.run(['conformance', 'http://127.0.0.1:1/sync', '--user', USER, '--password', PASSWORD])).err, /ECONNREFUSED/);
  });
});
