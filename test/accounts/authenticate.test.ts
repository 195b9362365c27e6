import assert from 'node:assert/strict';
import { Authenticator } from '../../src/accounts/authenticate.js';
import type { Accepted, AuthOutcome, AuthRequest, Refused } from '../../src/accounts/outcome.js';
import { basicCredentials, macDigest, md5Digest, md5Digest10, passwordVerifier } from '../../src/accounts/digest.js';
import { createUser, lockUser, setEntitled, setPassword } from '../../src/accounts/users.js';
import { Tolerance } from '../../src/model/leniency.js';
import type { Cred } from '../../src/model/message.js';
import { Status } from '../../src/model/status.js';
import { loadConfig, type Config } from '../../src/runtime/config.js';
import { systemRandom } from '../../src/runtime/random.js';
import type { DeviceRecord } from '../../src/storage/ports/devices.js';
import { tempStore, type TempStore } from '../support/temp-store.js';

const MINUTE = 60_000;
const config = (flags: Record<string, unknown> = {}): Config => loadConfig({ environment: { HOME: '/tmp' }, flags }).config;

interface RequestOptions {
  readonly cred?: Cred;
  readonly name?: string;
  readonly uri?: string;
  readonly version?: AuthRequest['version'];
  readonly address?: string;
  readonly hmac?: string;
  readonly body?: Uint8Array;
  readonly known?: AuthRequest['known'];
}

const basic = (name: string, password: string): Cred => ({
  meta: { type: 'syncml:auth-basic', format: 'b64' },
  data: basicCredentials(name, password),
});
/** `nonce` is Base64, as it stands in NextNonce. */
const md5 = (name: string, password: string, nonce: string): Cred => ({
  meta: { type: 'syncml:auth-md5', format: 'b64' },
  data: md5Digest(passwordVerifier(name, password), Buffer.from(nonce, 'base64')).toString('base64'),
});

describe('log-in', () => {
  let temp: TempStore;
  let authenticator: Authenticator;
  let now: number;

  beforeEach(async () => {
    now = 1_700_000_000_000;
    temp = await tempStore({ clock: () => now });
    authenticator = new Authenticator({ config: config().auth, random: systemRandom });
    await addUser('peer', 'secret');
  });
  afterEach(() => temp.close());

  const addUser = (name: string, password: string) =>
    createUser(temp.store, { name, password, serverId: 'moorage', datastores: config().datastores, now });

  const request = (options: RequestOptions): AuthRequest => ({
    header: {
      verDtd: '1.2',
      verProto: 'SyncML/1.2',
      sessionId: '1',
      msgId: '1',
      target: { uri: 'http://localhost/sync' },
      source: { uri: options.uri ?? 'IMEI:1', ...(options.name === undefined ? {} : { name: options.name }) },
      ...(options.cred === undefined ? {} : { cred: options.cred }),
    },
    version: options.version ?? '1.2',
    address: options.address ?? '10.0.0.1',
    body: options.body ?? new Uint8Array(0),
    now,
    tolerance: new Tolerance(false),
    ...(options.hmac === undefined ? {} : { hmac: options.hmac }),
    ...(options.known === undefined ? {} : { known: options.known }),
  });

  /** Authenticates, and records the outcome as the exchange does. */
  async function logIn(options: RequestOptions, by = authenticator): Promise<AuthOutcome> {
    const asked = request(options);
    const outcome = await temp.store.read((tx) => by.authenticate(tx, asked));
    await temp.store.transact(async (tx) => {
      if (outcome.kind === 'refused') return by.recordRefusal(tx, outcome, asked);
      const devices = tx.account(outcome.account.id).devices;
      const device = (await devices.byUri(asked.header.source.uri)) ?? (await devices.create(asked.header.source.uri, now));
      await by.recordSuccess(tx, outcome, device, now);
    });
    return outcome;
  }

  function accepted(outcome: AuthOutcome): Accepted {
    if (outcome.kind === 'refused') assert.fail(`refused with ${outcome.status}: ${outcome.reason}`);
    return outcome;
  }
  function refused(outcome: AuthOutcome, status: number): Refused {
    if (outcome.kind === 'accepted') assert.fail('accepted');
    assert.equal(outcome.status, status, outcome.reason);
    return outcome;
  }

  async function device(uri = 'IMEI:1', user = 'peer'): Promise<DeviceRecord | undefined> {
    return temp.store.read(async (tx) => {
      const account = await tx.accounts.byName(user);
      return account && tx.account(account.id).devices.byUri(uri);
    });
  }

  it('answers 403 to a user of its own who is not entitled, and only to the right password', async () => {
    await setEntitled(temp.store, 'peer', false);
    const right = await temp.store.read((tx) => authenticator.authenticate(tx, request({ cred: basic('peer', 'secret') })));
    assert.ok(right.kind === 'refused');
    assert.deepEqual([right.status, right.challenge, right.failed], [Status.Forbidden, undefined, undefined]);
    const wrong = await temp.store.read((tx) => authenticator.authenticate(tx, request({ cred: basic('peer', 'other') })));
    assert.ok(wrong.kind === 'refused');
    assert.equal(wrong.status, Status.InvalidCredentials);
    await setEntitled(temp.store, 'peer', true);
    const again = await temp.store.read((tx) => authenticator.authenticate(tx, request({ cred: basic('peer', 'secret') })));
    assert.equal(again.kind, 'accepted');
  });

  describe('by basic', () => {
    it('accepts the right password and keeps it out of the store', async () => {
      const outcome = accepted(await logIn({ cred: basic('peer', 'secret') }));
      assert.equal(outcome.method, 'basic');
      assert.equal(outcome.password, 'secret');
      assert.equal(outcome.perMessage, false);
    });

    it('takes a missing Type for basic and a missing Format for Base64', async () => {
      accepted(await logIn({ cred: { data: basicCredentials('peer', 'secret') } }));
      accepted(await logIn({ cred: { meta: { type: 'syncml:auth-basic' }, data: basicCredentials('peer', 'secret') } }));
    });

    it('takes name and password as plain text', async () => {
      accepted(await logIn({ cred: { meta: { type: 'syncml:auth-basic', format: 'chr' }, data: 'peer:secret' } }));
    });

    it('splits at the first colon: passwords may have more', async () => {
      await addUser('colon', 'a:b:c');
      accepted(await logIn({ cred: basic('colon', 'a:b:c') }));
    });

    it('finds the user in another spelling when only one is meant', async () => {
      assert.equal(accepted(await logIn({ cred: basic(' PEER ', 'secret') })).account.name, 'peer');
    });

    it('refuses a wrong password with 401 and a challenge', async () => {
      const outcome = refused(await logIn({ cred: basic('peer', 'Secret') }), Status.InvalidCredentials);
      assert.equal(outcome.challenge?.type, 'syncml:auth-md5');
      assert.equal(outcome.challenge?.format, 'b64');
      assert.match(outcome.challenge?.nextNonce ?? '', /^[A-Za-z0-9+/]+=*$/);
    });

    it('refuses what is no name:password', async () => {
      refused(await logIn({ cred: { data: Buffer.from('nocolon').toString('base64') } }), Status.InvalidCredentials);
    });
  });

  describe('by md5', () => {
    it('accepts the empty nonce on first contact, and not again', async () => {
      accepted(await logIn({ name: 'peer', cred: md5('peer', 'secret', '') }));
      accepted(await logIn({ name: 'peer', cred: md5('peer', 'secret', (await device())?.nonce ?? '') }));
      refused(await logIn({ name: 'peer', cred: md5('peer', 'secret', '') }), Status.InvalidCredentials);
    });

    it('accepts the empty nonce always of a device that uses no other, where basic is allowed', async () => {
      const last = async (): Promise<string> => (await device())?.nonce ?? '';
      accepted(await logIn({ name: 'peer', cred: md5('peer', 'secret', '') }));
      accepted(await logIn({ name: 'peer', cred: md5('peer', 'secret', await last()) }));
      const again = (settings: Readonly<Record<string, unknown>>, lacks: boolean): Authenticator =>
        new Authenticator({ config: config(settings).auth, random: systemRandom, lacksNonce: () => lacks });
      const attempt = { name: 'peer', cred: md5('peer', 'secret', '') };
      accepted(await logIn(attempt, again({}, true)));
      accepted(await logIn({ name: 'peer', cred: md5('peer', 'secret', await last()) }));
      refused(await logIn(attempt, again({}, false)), Status.InvalidCredentials);
      refused(await logIn(attempt, again({ 'auth.methods': 'md5' }, true)), Status.InvalidCredentials);
      refused(await logIn({ name: 'peer', cred: md5('peer', 'wrong', '') }, again({}, true)), Status.InvalidCredentials);
    });

    it('accepts the nonce of the challenge, for some minutes', async () => {
      const challenge = refused(await logIn({ name: 'peer' }), Status.MissingCredentials).challenge;
      now += 5 * MINUTE;
      accepted(await logIn({ name: 'peer', cred: md5('peer', 'secret', challenge?.nextNonce ?? '') }));
      const late = refused(await logIn({ name: 'peer', uri: 'IMEI:2' }), Status.MissingCredentials).challenge;
      now += 11 * MINUTE;
      refused(await logIn({ name: 'peer', uri: 'IMEI:2', cred: md5('peer', 'secret', late?.nextNonce ?? '') }), Status.InvalidCredentials);
    });

    it('accepts the nonce given out last, weeks later, and once more the one before', async () => {
      const first = accepted(await logIn({ name: 'peer', cred: md5('peer', 'secret', '') })).nextNonce;
      now += 30 * 24 * 60 * MINUTE;
      const second = accepted(await logIn({ name: 'peer', cred: md5('peer', 'secret', first) })).nextNonce;
      // The answer with the second nonce was lost.
      const third = accepted(await logIn({ name: 'peer', cred: md5('peer', 'secret', first) })).nextNonce;
      accepted(await logIn({ name: 'peer', cred: md5('peer', 'secret', third) }));
      refused(await logIn({ name: 'peer', cred: md5('peer', 'secret', second) }), Status.InvalidCredentials);
      refused(await logIn({ name: 'peer', cred: md5('peer', 'secret', first) }), Status.InvalidCredentials);
    });

    it('accepts a message that answered a challenge when it comes again, because its answer was lost', async () => {
      const challenge = refused(await logIn({ name: 'peer' }), Status.MissingCredentials).challenge;
      const cred = md5('peer', 'secret', challenge?.nextNonce ?? '');
      accepted(await logIn({ name: 'peer', cred }));
      accepted(await logIn({ name: 'peer', cred }));
    });

    it('takes digests sent raw, and Base64 twice', async () => {
      const raw = md5Digest(passwordVerifier('peer', 'secret'), Buffer.alloc(0));
      const once = raw.toString('base64');
      accepted(await logIn({ name: 'peer', cred: { meta: { type: 'syncml:auth-md5' }, data: once } }));
      const nonce = (await device())?.nonce ?? '';
      const next = md5('peer', 'secret', nonce).data;
      const twice = Buffer.from(next, 'latin1').toString('base64');
      accepted(await logIn({ name: 'peer', cred: { meta: { type: 'syncml:auth-md5', format: 'bin' }, data: twice } }));
    });

    it('takes the user of the device, then of all users, when no name is sent', async () => {
      await addUser('other', 'secret2');
      const outcome = accepted(await logIn({ cred: md5('other', 'secret2', '') }));
      assert.equal(outcome.account.name, 'other');
      const again = accepted(await logIn({ cred: md5('other', 'secret2', outcome.nextNonce) }));
      assert.equal(again.account.name, 'other');
    });

    it('asks for basic when no name is sent and there are more than twenty users', async () => {
      for (let n = 0; n < 20; n += 1) await addUser(`user${n}`, 'pw');
      const outcome = refused(await logIn({ cred: md5('peer', 'secret', '') }), Status.InvalidCredentials);
      assert.deepEqual(outcome.challenge, { format: 'b64', type: 'syncml:auth-basic' });
    });

    it('accepts the formula of SyncML 1.0, with the nonce of the challenge too', async () => {
      const cred = (nonce: string) => ({
        meta: { type: 'syncml:auth-md5', format: 'b64' },
        data: md5Digest10('peer', 'secret', Buffer.from(nonce, 'base64')).toString('base64'),
      });
      const first = accepted(await logIn({ name: 'peer', version: '1.0', cred: cred('') }));
      accepted(await logIn({ name: 'peer', version: '1.0', cred: cred(first.nextNonce) }));
      const wrong = refused(await logIn({ name: 'peer', version: '1.0', cred: cred('AAAA') }), Status.InvalidCredentials);
      assert.equal(wrong.challenge?.type, 'syncml:auth-md5');
    });

    it('asks for basic after md5 of SyncML 1.0 where passwords are not kept', async () => {
      await setPassword(temp.store, 'peer', 'secret', 'moorage', false);
      const by = new Authenticator({ config: config({ 'auth.keepPasswords': false }).auth, random: systemRandom });
      const data = md5Digest10('peer', 'secret', Buffer.alloc(0)).toString('base64');
      const outcome = refused(
        await logIn({ name: 'peer', version: '1.0', cred: { meta: { type: 'syncml:auth-md5', format: 'b64' }, data } }, by),
        Status.InvalidCredentials,
      );
      assert.equal(outcome.challenge?.type, 'syncml:auth-basic');
      accepted(await logIn({ name: 'peer', version: '1.0', cred: basic('peer', 'secret') }));
    });

    it('accepts the later formula in a session of SyncML 1.0', async () => {
      accepted(await logIn({ name: 'peer', version: '1.0', cred: md5('peer', 'secret', '') }));
    });
  });

  describe('by HMAC header', () => {
    const BODY = Buffer.from('<SyncML/>');
    const header = (nonce: string): string => {
      const mac = macDigest(passwordVerifier('peer', 'secret'), Buffer.from(nonce, 'base64'), BODY).toString('base64');
      return `algorithm=MD5, username="peer", mac=${mac}`;
    };

    it('accepts it for one message at a time', async () => {
      const outcome = accepted(await logIn({ hmac: header(''), body: BODY }));
      assert.equal(outcome.method, 'mac');
      assert.equal(outcome.perMessage, true);
      accepted(await logIn({ hmac: header(outcome.nextNonce), body: BODY }));
    });

    it('refuses it over another body', async () => {
      refused(await logIn({ hmac: header(''), body: Buffer.from('<SyncML></SyncML>') }), Status.InvalidCredentials);
    });

    it('can be required', async () => {
      const strict = new Authenticator({
        config: config({ 'auth.requireHmac': 'true' }).auth,
        random: systemRandom,
      });
      const outcome = refused(await logIn({ cred: basic('peer', 'secret') }, strict), Status.InvalidCredentials);
      assert.equal(outcome.challenge?.type, 'syncml:auth-MAC');
      accepted(await logIn({ hmac: header(outcome.challenge?.nextNonce ?? ''), body: BODY }, strict));
    });
  });

  describe('answers by the table of situations', () => {
    it('407 with a challenge when there are no credentials, and writes nothing', async () => {
      accepted(await logIn({ cred: basic('peer', 'secret') }));
      const before = await device();
      const outcome = refused(await logIn({ name: 'peer' }), Status.MissingCredentials);
      assert.equal(outcome.challenge?.type, 'syncml:auth-md5');
      assert.deepEqual(await device(), before);
    });

    it('406 with a challenge of a supported type for an unsupported one', async () => {
      const cred: Cred = { meta: { type: 'syncml:auth-x509', format: 'b64' }, data: 'AAAA' };
      const outcome = refused(await logIn({ name: 'peer', cred }), Status.FeatureNotSupported);
      assert.equal(outcome.challenge?.type, 'syncml:auth-md5');
    });

    it('415 without a challenge for an unknown Format', async () => {
      const cred: Cred = { meta: { type: 'syncml:auth-basic', format: 'xml' }, data: basicCredentials('peer', 'secret') };
      assert.equal(refused(await logIn({ cred }), Status.UnsupportedMediaType).challenge, undefined);
    });

    it('asks for basic where that is configured, and refuses methods that are not allowed', async () => {
      const only = new Authenticator({ config: config({ 'auth.methods': 'basic' }).auth, random: systemRandom });
      assert.equal(refused(await logIn({ name: 'peer' }, only), Status.MissingCredentials).challenge?.type, 'syncml:auth-basic');
      refused(await logIn({ name: 'peer', cred: md5('peer', 'secret', '') }, only), Status.InvalidCredentials);
    });

    it('asks with every message where that is configured, and of devices that ignore RespURI', async () => {
      const each = new Authenticator({ config: config({ 'auth.perMessage': 'true' }).auth, random: systemRandom });
      assert.equal(accepted(await logIn({ cred: basic('peer', 'secret') }, each)).perMessage, true);
      await temp.store.transact(async (tx) => {
        const account = await tx.accounts.byName('peer');
        const devices = account && tx.account(account.id).devices;
        const known = await devices?.byUri('IMEI:1');
        assert.ok(known && devices);
        await devices.save({ ...known, ignoresRespUri: true });
      });
      assert.equal(accepted(await logIn({ cred: basic('peer', 'secret') })).perMessage, true);
    });

    it('refuses credentials of another user within a session', async () => {
      const peer = accepted(await logIn({ cred: basic('peer', 'secret') })).account;
      await addUser('other', 'secret2');
      refused(await logIn({ cred: basic('other', 'secret2'), known: { account: peer.id } }), Status.InvalidCredentials);
      accepted(await logIn({ cred: basic('peer', 'secret'), known: { account: peer.id } }));
    });
  });

  describe('that fails', () => {
    const wrong = { cred: basic('peer', 'nope') };

    it('three times gets no challenge any more and has to wait, longer each time', async () => {
      assert.ok(refused(await logIn(wrong), Status.InvalidCredentials).challenge);
      assert.ok(refused(await logIn(wrong), Status.InvalidCredentials).challenge);
      assert.equal(refused(await logIn(wrong), Status.InvalidCredentials).challenge, undefined);
      refused(await logIn({ cred: basic('peer', 'secret') }), Status.InvalidCredentials);
      now += 2001;
      refused(await logIn(wrong), Status.InvalidCredentials);
      now += 2001;
      refused(await logIn({ cred: basic('peer', 'secret') }), Status.InvalidCredentials);
      now += 2000;
      accepted(await logIn({ cred: basic('peer', 'secret') }));
      assert.ok(refused(await logIn(wrong), Status.InvalidCredentials).challenge, 'success forgives');
    });

    it('does not lock the user out on another device or from another address', async () => {
      for (let n = 0; n < 5; n += 1) await logIn(wrong);
      accepted(await logIn({ cred: basic('peer', 'secret'), uri: 'IMEI:2' }));
      accepted(await logIn({ cred: basic('peer', 'secret'), address: '10.0.0.2' }));
    });

    it('is forgotten after an hour', async () => {
      await logIn(wrong);
      await logIn(wrong);
      now += 61 * MINUTE;
      assert.ok(refused(await logIn(wrong), Status.InvalidCredentials).challenge);
    });

    it('looks the same for unknown names, locked users and wrong passwords', async () => {
      await addUser('locked', 'secret');
      await lockUser(temp.store, 'locked', now);
      const shape = (outcome: AuthOutcome): unknown => {
        const { status, challenge } = refused(outcome, Status.InvalidCredentials);
        return { status, type: challenge?.type, keys: Object.keys(challenge ?? {}) };
      };
      for (let n = 0; n < 5; n += 1) {
        const known = shape(await logIn({ cred: basic('peer', 'nope') }));
        assert.deepEqual(shape(await logIn({ cred: basic('nobody', 'nope') })), known, `try ${n + 1}`);
        assert.deepEqual(shape(await logIn({ cred: basic('locked', 'secret') })), known, `try ${n + 1}`);
      }
    });

    it('counts for names nobody has in every process, and apart from the users', async () => {
      const other = new Authenticator({ config: config().auth, random: systemRandom });
      const stranger = { cred: basic('nobody', 'nope') };
      assert.ok(refused(await logIn(stranger), Status.InvalidCredentials).challenge);
      assert.ok(refused(await logIn(stranger, other), Status.InvalidCredentials).challenge);
      assert.equal(refused(await logIn(stranger), Status.InvalidCredentials).challenge, undefined);
      assert.equal(refused(await logIn(stranger, other), Status.InvalidCredentials).blocked, true);
      assert.deepEqual(accepted(await logIn({ cred: basic('peer', 'secret') })).forgive, []);
    });

    it('tells the operator why, on a device the user has (W4, W5)', async () => {
      accepted(await logIn({ cred: basic('peer', 'secret') }));
      await logIn(wrong);
      assert.match((await device())?.lastRefusal?.reason ?? '', /wrong user name or password/);
      await lockUser(temp.store, 'peer', now);
      await logIn({ cred: basic('peer', 'secret') });
      assert.match((await device())?.lastRefusal?.reason ?? '', /locked/);
    });

    it('makes no device for a stranger', async () => {
      await logIn(wrong);
      assert.equal(await device(), undefined);
    });
  });
});
