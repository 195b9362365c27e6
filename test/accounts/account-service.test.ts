/** Users and devices met for the first time, with a real account service: a process of its own, asked over HTTP, and all that can go wrong with it. */
import assert from 'node:assert/strict';
import { HttpAccountService } from '../../src/accounts/http-service.js';
import { md5Digest, md5Digest10, passwordVerifier } from '../../src/accounts/digest.js';
import type { Cred, Message } from '../../src/model/message.js';
import { printConfig } from '../../src/runtime/config.js';
import type { AccountRecord } from '../../src/storage/ports/accounts.js';
import { add, openAlert, statusesFor, sync } from '../engine/support/messages.js';
import { basic, Bench, kinds, statusOf, type Client } from '../exchange/support/bench.js';
import { FaultProxy, type Fault } from '../storage/objects/support/fault-proxy.js';
import { AccountServer, SERVER_TOKEN, SIGN_UP_TOKEN } from './support/account-server.js';

interface Opened {
  readonly client: Client;
  readonly answer: Message;
  readonly code: number;
  readonly chal: string | undefined;
  readonly nonce: string | undefined;
}

describe('account service (R47, R69–R77)', function () {
  this.timeout(30_000);
  const server = new AccountServer();
  const proxy = new FaultProxy(() => server.port);
  let bench: Bench;
  let sessions = 0;

  before(async () => {
    await server.start();
    await proxy.start();
    for (const [user, entitled] of [
      ['berta', true],
      ['Carl', true],
      ['doris', false],
    ] as const)
      assert.equal((await server.call('POST', '/accounts', { user, password: `words of ${user}`, entitled })).status, 201);
  });
  after(async () => {
    await proxy.stop();
    await server.remove();
  });

  const service = (more: Partial<ConstructorParameters<typeof HttpAccountService>[0]> = {}): HttpAccountService =>
    new HttpAccountService({ url: `http://127.0.0.1:${proxy.port}`, token: SERVER_TOKEN, timeoutMs: 2000, attempts: 1, ...more });

  beforeEach(async () => {
    bench = await Bench.open({ 'accountService.restMs': 0 });
    bench.exchange = bench.another({}, service());
    proxy.fail(() => undefined);
  });
  afterEach(() => bench.close());

  /** The first message of a session. The third refusal in a row has no challenge, so answers are read without the rules of clients. */
  async function open(cred: Cred | undefined, device = 'IMEI:9', name?: string): Promise<Opened> {
    sessions += 1;
    const client = bench.client({ device, sessionId: String(sessions) });
    const source = { uri: device, ...(name === undefined ? {} : { name }) };
    const { header, ...rest } = client.message([openAlert(201, 'contacts', './C', undefined, 'A')], { header: { source } });
    const { cred: _another, ...bare } = header;
    const message = { ...rest, header: cred === undefined ? bare : { ...bare, cred } };
    const answer = client.decode(await client.post(client.encode(message)));
    client.follow(answer);
    const { code, chal } = statusOf(answer);
    return { client, code, answer, chal: chal?.type, nonce: chal?.nextNonce };
  }
  const knows = (user: string, words = `words of ${user}`): Cred => basic(user, words);
  const md5 = (user: string, nonce: string, words = `words of ${user}`): Cred => ({
    meta: { type: 'syncml:auth-md5', format: 'b64' },
    data: md5Digest(passwordVerifier(user, words), Buffer.from(nonce, 'base64')).toString('base64'),
  });
  const account = (name: string): Promise<AccountRecord | undefined> => bench.temp.store.read((tx) => tx.accounts.byName(name));
  const lastAccess = async (name: string, device: string): Promise<number | undefined> => {
    const id = (await account(name))?.id;
    return id === undefined ? undefined : bench.temp.store.read(async (tx) => (await tx.account(id).devices.byUri(device))?.lastAccessAt);
  };
  const outcomes = (): unknown[] =>
    bench.logged.filter(({ event }) => event === 'account-service').map(({ fields }) => (fields as { outcome?: unknown }).outcome);
  const nothingWritten = async (): Promise<void> => {
    const accounts = await bench.temp.store.read((tx) => tx.accounts.list());
    assert.deepEqual(
      accounts.map(({ name }) => name),
      ['anna'],
    );
    const [anna] = accounts;
    assert.deepEqual(anna && (await bench.temp.store.read((tx) => tx.account(anna.id).devices.list())), []);
  };

  it('is asked about an unknown user, once; what it said is kept, and the time of each visit (R75, R77)', async () => {
    bench.now = 1_000_000_000_000;
    const first = await open(knows('berta'));
    assert.equal(first.code, 212);
    assert.equal(proxy.count, 1);
    assert.equal((await account('berta'))?.fromService, true);
    assert.equal(await lastAccess('berta', 'IMEI:9'), bench.now);
    bench.now += 86_400_000;
    assert.equal((await open(knows('berta'))).code, 212);
    assert.equal(await lastAccess('berta', 'IMEI:9'), bench.now);
    assert.equal(proxy.count, 1, 'it was asked again');
    assert.deepEqual(outcomes(), ['entitled']);
  });

  it('lets the user sync contacts like any other (R80)', async () => {
    const { client, answer: two } = await open(knows('berta'));
    const card = 'BEGIN:VCARD\r\nVERSION:2.1\r\nN:Last;First\r\nTEL:123\r\nEND:VCARD\r\n';
    const added = add('1', card, { meta: { type: 'text/x-vcard' } });
    const four = client.decode(
      await client.post(client.encode(client.message([...statusesFor(two), sync([added], { store: 'contacts', from: './C' })]))),
    );
    assert.match(kinds(four), /Add 201/);
    const id = (await account('berta'))?.id;
    assert.ok(id !== undefined);
    const count = await bench.temp.store.read(async (tx) => {
      const contacts = await tx.account(id).datastores.byUri('contacts');
      return contacts && tx.account(id).items.count(contacts.id);
    });
    assert.equal(count, 1);
  });

  it('is not needed for users and devices that are known: it may be switched off (R73)', async () => {
    await open(knows('berta'));
    await server.stop();
    try {
      assert.equal((await open(knows('berta'))).code, 212);
      assert.equal((await open(basic())).code, 212);
      const wrong = await open(knows('berta', 'other words'));
      assert.equal(wrong.code, 401, 'R74: compared with this server’s own records');
      assert.equal((await open(knows('Carl'))).code, 503);
    } finally {
      await server.start();
    }
    assert.equal((await open(knows('Carl'), 'IMEI:10')).code, 212);
  });

  it('is asked about a new device of its users, not about one of this server’s own (R75)', async () => {
    await open(knows('berta'));
    assert.equal((await open(knows('berta'), 'IMEI:10')).code, 212);
    assert.equal((await open(knows('berta'), 'IMEI:10')).code, 212);
    assert.equal(proxy.count, 2);
    assert.equal((await open(basic(), 'IMEI:11')).code, 212);
    assert.equal(proxy.count, 2);
    await server.stop();
    try {
      assert.equal((await open(knows('berta'), 'IMEI:12')).code, 503);
      assert.equal((await open(knows('berta'), 'IMEI:10')).code, 212);
    } finally {
      await server.start();
    }
  });

  it('takes a device of one user for a new one when another user logs in with it', async () => {
    assert.equal((await open(basic(), 'IMEI:9')).code, 212);
    assert.equal((await open(knows('berta'), 'IMEI:9')).code, 212);
    assert.equal(proxy.count, 1);
  });

  it('learns the password of a user who logs in with md5, and checks it without the service after (R72)', async () => {
    const asked = await open(undefined, 'IMEI:20', 'berta');
    assert.equal(asked.code, 407);
    const first = await open(md5('berta', asked.nonce ?? ''), 'IMEI:20', 'berta');
    assert.equal(first.code, 212);
    assert.equal(proxy.count, 1);
    const again = await open(md5('berta', first.nonce ?? ''), 'IMEI:20', 'berta');
    assert.equal(again.code, 212);
    assert.equal(proxy.count, 1);
  });

  it('learns it from md5 of SyncML 1.0 too', async () => {
    const digest = md5Digest10('berta', 'words of berta', Buffer.from('nonce'));
    const asked = { user: 'berta', device: 'IMEI:1', serverId: 'moorage' };
    const credential = { type: 'md5', digest: digest.toString('base64') } as const;
    const nonces = ['other', 'nonce'].map((nonce) => Buffer.from(nonce).toString('base64'));
    assert.equal((await service().ask({ ...asked, credential: { ...credential, nonces } })).result, 'entitled');
    assert.equal((await service().ask({ ...asked, credential: { ...credential, nonces: nonces.slice(0, 1) } })).result, 'wrong-credential');
  });

  it('refuses wrong words, by basic and by md5, and writes nothing (R71, R74, R76)', async () => {
    const { nonce = '' } = await open(undefined, 'IMEI:20', 'nobody');
    for (const [cred, name] of [
      [knows('berta', 'wrong'), undefined],
      [knows('nobody'), undefined],
      [md5('berta', nonce, 'wrong'), 'berta'],
    ] as const)
      assert.equal((await open(cred, 'IMEI:20', name)).code, 401);
    await nothingWritten();
    assert.deepEqual([...new Set(outcomes())].sort(), ['unknown', 'wrong-credential']);
  });

  it('answers 403 to who is registered and not entitled, and only to who has the password (R69, R76)', async () => {
    const refused = await open(knows('doris'));
    assert.deepEqual([refused.code, refused.chal], [403, undefined]);
    assert.equal((await open(knows('doris', 'wrong'), 'IMEI:30')).code, 401);
    await nothingWritten();
    assert.equal((await server.call('PUT', '/accounts/doris/entitlement', { entitled: true })).status, 200);
    assert.equal((await open(knows('doris'))).code, 212);
    await server.call('PUT', '/accounts/doris/entitlement', { entitled: false });
    assert.deepEqual(outcomes(), ['not-entitled', 'wrong-credential', 'entitled']);
  });

  it('is asked no more after too many wrong words', async () => {
    for (let n = 0; n < 8; n += 1) assert.equal((await open(knows('berta', `wrong ${n}`))).code, 401);
    assert.equal(proxy.count, 3);
    assert.equal((await open(knows('berta'))).code, 401, 'it has to wait');
    assert.equal(proxy.count, 3);
  });

  it('asks for basic where the service cannot check md5', async () => {
    proxy.fail(() => answers({ result: 'needs-basic' }));
    const { nonce = '' } = await open(undefined, 'IMEI:20', 'berta');
    const asked = await open(md5('berta', nonce), 'IMEI:20', 'berta');
    assert.deepEqual([asked.code, asked.chal], [401, 'syncml:auth-basic']);
    proxy.fail(() => undefined);
    assert.equal((await open(knows('berta'), 'IMEI:20')).code, 212);
  });

  const answers = (json: unknown, status = 200): Fault => ({
    kind: 'answer',
    status,
    body: typeof json === 'string' ? json : JSON.stringify(json),
  });
  const taken = { result: 'entitled', user: 'berta' };
  for (const { why, fault, outcome } of [
    { why: 'a page of a portal', fault: answers('<html>Welcome</html>'), outcome: 'garbage' },
    { why: 'nothing', fault: answers(''), outcome: 'garbage' },
    { why: 'half an answer', fault: answers('{"result":"entitled","user":"ber'), outcome: 'garbage' },
    { why: 'an answer that is none', fault: answers({ result: 'perhaps' }), outcome: 'garbage' },
    { why: 'an answer about somebody else', fault: answers({ ...taken, user: 'Carl' }), outcome: 'garbage' },
    { why: 'a name that is none', fault: answers({ ...taken, user: '' }), outcome: 'garbage' },
    { why: 'more than anybody says', fault: answers({ ...taken, more: 'x'.repeat(100_000) }), outcome: 'garbage' },
    {
      why: 'a way to somewhere else',
      fault: { kind: 'answer', status: 307, headers: { location: 'http://127.0.0.1:1/' } },
      outcome: 'garbage',
    },
    { why: 'not found', fault: answers({}, 404), outcome: 'garbage' },
    { why: 'a fault of its own', fault: answers({}, 500), outcome: 'unreachable' },
    { why: 'that it has too much to do', fault: answers({}, 503), outcome: 'unreachable' },
    { why: 'nothing, for ever', fault: { kind: 'stall' }, outcome: 'unreachable' },
    { why: 'an answer that is lost', fault: { kind: 'lose-response' }, outcome: 'unreachable' },
    { why: 'that it does not know this server', fault: answers({}, 401), outcome: 'refused' },
  ] as const satisfies readonly { why: string; fault: Fault; outcome: string }[])
    it(`answers 503, never 401, and writes nothing, when the service says ${why}`, async () => {
      bench.exchange = bench.another({}, service({ timeoutMs: 300 }));
      proxy.fail(() => fault);
      const refused = await open(knows('berta'));
      assert.deepEqual([refused.code, refused.chal], [503, undefined]);
      assert.deepEqual(outcomes(), [outcome]);
      await nothingWritten();
      proxy.fail(() => undefined);
      assert.equal((await open(knows('berta'))).code, 212, 'nothing was held against it');
    });

  it('believes no verifier that does not fit the log-in', async () => {
    const { nonce = '' } = await open(undefined, 'IMEI:20', 'berta');
    for (const said of [{}, { verifier: passwordVerifier('berta', 'other words') }, { password: 'other words' }]) {
      proxy.fail(() => answers({ ...taken, ...said }));
      assert.equal((await open(md5('berta', nonce), 'IMEI:20', 'berta')).code, 503);
    }
    await nothingWritten();
    proxy.fail(() => answers({ ...taken, verifier: passwordVerifier('berta', 'words of berta') }));
    assert.equal((await open(md5('berta', nonce), 'IMEI:20', 'berta')).code, 212);
  });

  it('takes over quota and storage location, where there is one of that name (R16)', async () => {
    proxy.fail(() => answers({ ...taken, quotaBytes: 5000, location: 'nowhere' }));
    assert.equal((await open(knows('berta'))).code, 212);
    const berta = await account('berta');
    assert.deepEqual([berta?.quotaBytes, berta?.location], [5000, undefined]);
    proxy.fail(() => answers({ ...taken, location: 'local' }));
    assert.equal((await open(knows('berta'), 'IMEI:10')).code, 212);
    assert.equal((await account('berta'))?.location, 'local');
  });

  it('keeps the new password of a user whose new device brings it', async () => {
    proxy.fail(() => answers({ ...taken }));
    assert.equal((await open(knows('berta', 'old words'))).code, 212);
    assert.equal((await open(knows('berta', 'new words'))).code, 401, 'a known device is not asked about');
    assert.equal((await open(knows('berta', 'new words'), 'IMEI:10')).code, 212);
    assert.equal((await open(knows('berta', 'new words'))).code, 212);
    assert.equal((await open(knows('berta', 'old words'))).code, 401);
    assert.equal(proxy.count, 2);
  });

  it('does not take over a user of this server’s own', async () => {
    proxy.fail(() => answers({ result: 'entitled', user: 'anna', password: 'wrong' }));
    assert.equal((await open(basic('anna', 'wrong'), 'IMEI:40')).code, 401);
    assert.equal((await open(basic('anna', 'wrong'), 'IMEI:41', 'anna')).code, 401);
    assert.equal(proxy.count, 0);
  });

  it('tries again when an answer is lost, and rests after it was not answered', async () => {
    bench.exchange = bench.another({}, service({ attempts: 2 }));
    proxy.fail((n) => (n === 1 ? { kind: 'lose-response' } : undefined));
    assert.equal((await open(knows('berta'))).code, 212);
    assert.equal(proxy.count, 2);

    await bench.close();
    bench = await Bench.open({ 'accountService.restMs': 10_000 });
    bench.exchange = bench.another({}, service());
    proxy.fail(() => answers({}, 503));
    assert.equal((await open(knows('berta'))).code, 503);
    assert.equal((await open(knows('berta'))).code, 503);
    assert.equal(proxy.count, 1);
    bench.now += 10_001;
    proxy.fail(() => undefined);
    assert.equal((await open(knows('berta'))).code, 212);
  });

  it('asks once when a message and its copy come together', async () => {
    proxy.fail(() => ({ kind: 'slow', ms: 200 }));
    const both = await Promise.all([open(knows('berta'), 'IMEI:9'), open(knows('berta'), 'IMEI:9')]);
    assert.deepEqual(
      both.map(({ code }) => code),
      [212, 212],
    );
    assert.equal(proxy.count, 1);
  });

  it('tells the log neither names nor words nor tokens', async () => {
    await open(knows('berta'));
    await open(knows('Carl', 'wrong'), 'IMEI:50');
    proxy.fail(() => answers('<html>words of berta</html>'));
    await open(knows('Carl'), 'IMEI:51');
    const said = JSON.stringify([bench.logged, bench.told]);
    assert.doesNotMatch(said, /berta|Carl|words of|token-of/);
    const shown = printConfig({ ...bench.config, accountService: { ...bench.config.accountService, token: SERVER_TOKEN } });
    assert.doesNotMatch(shown, /token-of/);
  });

  describe('the service itself', () => {
    const question = { user: 'berta', device: 'IMEI:1', serverId: 'moorage', credential: { type: 'basic', password: 'words of berta' } };

    it('takes sign-ups and entitlements from one token, questions from another (R47, R69, R70)', async () => {
      for (const token of ['', 'wrong', SIGN_UP_TOKEN]) assert.equal((await server.call('POST', '/check', question, token)).status, 401);
      for (const token of ['', 'wrong', SERVER_TOKEN]) {
        assert.equal((await server.call('POST', '/accounts', { user: 'eve', password: 'x' }, token)).status, 401);
        assert.equal((await server.call('PUT', '/accounts/berta/entitlement', { entitled: false }, token)).status, 401);
        assert.equal((await server.call('GET', '/accounts/berta', undefined, token)).status, 401);
      }
      assert.deepEqual((await server.call('POST', '/check', question, SERVER_TOKEN)).json, {
        result: 'entitled',
        user: 'berta',
        verifier: passwordVerifier('berta', 'words of berta'),
        password: 'words of berta',
        serverVerifier: passwordVerifier('moorage', 'words of berta'),
      });
      const stranger = bench.another({}, service({ token: 'not-the-token-of-anybody' }));
      bench.exchange = stranger;
      assert.equal((await open(knows('berta'))).code, 503);
      assert.deepEqual(outcomes(), ['refused']);
    });

    it('shows and refuses what it should', async () => {
      const shown = (await server.call('GET', '/accounts/Carl')).json as { user: string; entitled: boolean; createdAt: number };
      assert.deepEqual([shown.user, shown.entitled], ['Carl', true]);
      assert.doesNotMatch(JSON.stringify(shown), /words/);
      for (const [method, path, body, status] of [
        ['POST', '/accounts', { user: 'BERTA', password: 'x' }, 409],
        ['POST', '/accounts', { user: 'a:b', password: 'x' }, 400],
        ['POST', '/accounts', { user: 'x' }, 400],
        ['POST', '/accounts', 'not json', 400],
        ['POST', '/accounts', { user: 'x', password: 'y', admin: true }, 400],
        ['GET', '/accounts/nobody', undefined, 404],
        ['PUT', '/accounts/nobody/entitlement', { entitled: true }, 404],
        ['PUT', '/accounts/berta/entitlement', { entitled: 1 }, 400],
        ['GET', '/accounts/%E0%A4%A', undefined, 404],
        ['DELETE', '/accounts/berta', undefined, 404],
        ['GET', '/elsewhere', undefined, 404],
        ['POST', '/accounts', 'x'.repeat(100_000), 413],
      ] as const)
        assert.equal((await server.call(method, path, body)).status, status, `${method} ${path}`);
      assert.deepEqual(await server.call('GET', '/health', undefined, ''), { status: 200, json: { ok: true } });
    });
  });
});
