/** Passwords guessed in great number, digests that were overheard, and what a refusal tells. */
import assert from 'node:assert/strict';
import crypto, { createHash } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { Authenticator } from '../../src/accounts/authenticate.js';
import type { AuthOutcome, AuthRequest } from '../../src/accounts/outcome.js';
import { basicCredentials, macDigest, passwordVerifier } from '../../src/accounts/digest.js';
import { createUser } from '../../src/accounts/users.js';
import { Tolerance } from '../../src/model/leniency.js';
import type { Cred } from '../../src/model/message.js';
import type { ReadTx } from '../../src/storage/ports/store.js';
import { openAlert } from '../engine/support/messages.js';
import { basic, Bench, PASSWORD, statusOf, USER, type Client } from '../exchange/support/bench.js';

/** What the header's Status says to a message with these credentials. */
async function statusFor(client: Client, cred: Cred): Promise<number> {
  const answer = await client.post(client.encode(client.message([], { header: { cred } })));
  return statusOf(client.decode(answer)).code;
}

describe('hostile log-ins', function () {
  this.timeout(120_000);
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.open();
  });
  afterEach(() => bench.close());

  const attacker = '198.51.100.7';
  const guess = (n: number, user = USER, address = attacker): Promise<number> =>
    statusFor(bench.client({ device: `IMEI:made-up-${n}`, address }), basic(user, `guess ${n}`));
  /** A device of the user's, as it logs in with the right password. */
  const logsIn = (device: string, address: string): Promise<number> => {
    sessions += 1;
    // The same bytes again would be a repeat, which gets the stored answer.
    return statusFor(bench.client({ device, address, sessionId: `s${sessions}` }), basic());
  };
  let sessions = 0;

  it('a new name of the device with every guess does not give new guesses', async () => {
    assert.equal(await logsIn('IMEI:known', attacker), 212);
    for (let n = 0; n < 12; n += 1) assert.equal(await guess(n), 401);
    // From here on even the right password is not looked at.
    assert.equal(await logsIn('IMEI:made-up-right', attacker), 401);
    bench.now += 3000;
    assert.equal(await guess(12), 401);
    bench.now += 3000;
    assert.equal(await logsIn('IMEI:made-up-right', attacker), 401, 'the delay has doubled');
    bench.now += 2000;
    assert.equal(await logsIn('IMEI:made-up-right', attacker), 212);
  });

  it('and holds up neither the devices the user has at that address, nor new ones elsewhere', async () => {
    assert.equal(await logsIn('IMEI:known', attacker), 212);
    for (let n = 0; n < 100; n += 1) await guess(n);
    assert.equal(await logsIn('IMEI:new', attacker), 401);
    assert.equal(await logsIn('IMEI:known', attacker), 212);
    assert.equal(await logsIn('IMEI:new', '192.0.2.55'), 212);
  });

  it('one guess at each of many users, there or not, is bounded for the address', async () => {
    const { store } = bench.temp;
    const { serverId, datastores } = bench.config;
    for (const name of ['berta', 'carla']) await createUser(store, { name, password: PASSWORD, serverId, datastores, now: 0 });
    for (let n = 0; n < 60; n += 1) assert.equal(await guess(n, n % 20 === 0 ? 'berta' : `nobody ${n}`), 401);
    const right = basic('carla', PASSWORD);
    assert.equal(await statusFor(bench.client({ device: 'IMEI:c', address: attacker }), right), 401);
    assert.equal(await statusFor(bench.client({ device: 'IMEI:c', address: '192.0.2.55' }), right), 212);
  });

  it('a device that is known is not spared: its own guesses are bounded as ever', async () => {
    assert.equal(await logsIn('IMEI:known', attacker), 212);
    for (let n = 0; n < 3; n += 1)
      assert.equal(await statusFor(bench.client({ device: 'IMEI:known', address: attacker }), basic(USER, 'no')), 401);
    assert.equal(await logsIn('IMEI:known', attacker), 401);
  });

  it('a log-in that works is forgiven at its own account, and not what its address does at others', async () => {
    for (let n = 0; n < 11; n += 1) await guess(n);
    assert.equal(await logsIn('IMEI:own', attacker), 212);
    for (let n = 20; n < 31; n += 1) await guess(n);
    assert.equal(await logsIn('IMEI:other', attacker), 212, 'counted from the beginning again');
    for (let n = 100; n < 138; n += 1) await guess(n, `nobody ${n}`);
    assert.equal(await logsIn('IMEI:third', attacker), 401, 'sixty from this address all the same');
  });

  it('a digest that was overheard is worth nothing in another session, nor is one from a session that failed', async () => {
    const md5Cred = (nonce: string): Cred => {
      const verifier = passwordVerifier(USER, PASSWORD);
      const data = createHash('md5').update(verifier).update(':').update(Buffer.from(nonce, 'base64')).digest('base64');
      return { meta: { format: 'b64', type: 'syncml:auth-md5' }, data };
    };
    const phone = bench.client({ device: 'IMEI:md5' });
    const source = { uri: 'IMEI:md5', name: USER };
    const challenged = phone.decode(await phone.post(phone.encode(phone.message([], { header: { source, cred: md5Cred('') } }))));
    const first = statusOf(challenged);
    assert.equal(first.code, 212, 'nothing was agreed yet: the empty nonce');
    const overheard = [md5Cred('')];
    let nonce = first.chal?.nextNonce ?? '';
    for (let session = 2; session < 5; session += 1) {
      const cred = md5Cred(nonce);
      const again = bench.client({ device: 'IMEI:md5', sessionId: String(session) });
      const accepted = statusOf(
        again.decode(await again.post(again.encode(again.message([openAlert(200)], { header: { source, cred } })))),
      );
      assert.equal(accepted.code, 212);
      nonce = accepted.chal?.nextNonce ?? '';
      overheard.push(cred);
    }
    // The last one serves a repeat of the last message; all before it are dead.
    for (const [at, cred] of overheard.slice(0, -1).entries()) {
      const thief = bench.client({ device: 'IMEI:md5', sessionId: `stolen ${at}`, address: '198.51.100.9' });
      const answer = thief.decode(await thief.post(thief.encode(thief.message([openAlert(200)], { header: { source, cred } }))));
      assert.equal(statusOf(answer).code, 401, `digest ${at}`);
    }
  });

  it('an HMAC that was overheard does not sign another body', async () => {
    const phone = bench.client({ device: 'IMEI:mac' });
    const body = phone.encode(phone.message([], { header: { cred: undefined as never } }));
    const mac = macDigest(passwordVerifier(USER, PASSWORD), Buffer.alloc(0), body).toString('base64');
    const hmac = `algorithm=MD5, username="${USER}", mac=${mac}`;
    assert.equal(statusOf(phone.decode(await phone.post(body, { hmac }))).code, 200);
    const other = bench.client({ device: 'IMEI:mac', sessionId: '2' });
    const forged = other.encode(other.message([openAlert(203)], { header: { cred: undefined as never } }));
    assert.equal(statusOf(other.decode(await other.post(forged, { hmac }))).code, 401);
    assert.equal(statusOf(other.decode(await other.post(forged, { hmac: hmac.replace('MD5', 'none') }))).code, 406);
  });
});

describe('what a refusal tells', function () {
  this.timeout(60_000);
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.open();
  });
  afterEach(() => bench.close());

  /** Names of all store methods called, and how many digests were made, in order of time sorted by name. */
  async function workOf(cred: Cred, name: string): Promise<readonly string[]> {
    const calls: string[] = [];
    const counted = <T extends object>(path: string, target: T): T =>
      new Proxy(target, {
        get(on, key) {
          const value: unknown = Reflect.get(on, key, on);
          if (typeof value === 'function')
            return (...args: unknown[]): unknown => {
              const made: unknown = Reflect.apply(value, on, args);
              if (key === 'account') return counted(`${path}account.`, made as object);
              calls.push(`${path}${String(key)}`);
              return made;
            };
          return typeof value === 'object' && value !== null ? counted(`${path}${String(key)}.`, value) : value;
        },
      });
    const { createHash: hash, createHmac: hmac } = crypto;
    crypto.createHash = (...args: Parameters<typeof hash>) => (calls.push(`digest ${args[0]}`), hash(...args));
    crypto.createHmac = (...args: Parameters<typeof hmac>) => (calls.push(`hmac ${args[0]}`), hmac(...args));
    syncBuiltinESMExports();
    try {
      const authenticator = new Authenticator({ config: bench.config.auth, random: (n) => Buffer.alloc(n, 1) });
      const request: AuthRequest = {
        header: {
          verDtd: '1.2',
          verProto: 'SyncML/1.2',
          sessionId: '1',
          msgId: '1',
          target: { uri: 'x' },
          source: { uri: 'IMEI:9', name },
          cred,
        },
        version: '1.2',
        address: '192.0.2.1',
        body: new Uint8Array(0),
        now: bench.now,
        tolerance: new Tolerance(false),
      };
      const outcome: AuthOutcome = await bench.temp.store.read((tx) => authenticator.authenticate(counted<ReadTx>('', tx), request));
      assert.equal(outcome.kind, 'refused');
      if (outcome.kind === 'refused')
        await bench.temp.store.transact((tx) => authenticator.recordRefusal(counted('', tx), outcome, request));
    } finally {
      crypto.createHash = hash;
      crypto.createHmac = hmac;
      syncBuiltinESMExports();
    }
    return calls.sort();
  }

  const wrong = (name: string): Cred => ({ meta: { type: 'syncml:auth-basic', format: 'b64' }, data: basicCredentials(name, 'no') });
  const digest: Cred = { meta: { type: 'syncml:auth-md5', format: 'b64' }, data: Buffer.alloc(16).toString('base64') };

  for (const { by, cred } of [
    { by: 'basic', cred: wrong },
    { by: 'md5', cred: () => digest },
  ]) {
    it(`by ${by}, the server does the same work for a user there is and for one there is not`, async () => {
      const there = await workOf(cred(USER), USER);
      const not = await workOf(cred('nobody'), 'nobody');
      assert.ok(there.some((call) => call.startsWith('digest md5')) && there.includes('accounts.credential'), there.join());
      assert.deepEqual(not, there);
    });
  }
});
