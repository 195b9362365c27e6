/** Logging in with md5 digests, nonces, and the HTTP header of the same make. [SyncML Representation Protocol 1.2.2, "Security"] */
import { Alert } from '../../model/alert.js';
import type { Cred } from '../../model/message.js';
import { Status } from '../../model/status.js';
import { active, scan, type ConformanceCase } from '../case.js';
import type { Answer } from '../lab/answer.js';
import { dialectOf, encode } from '../lab/codec.js';
import { hmacHeader, md5Cred, md5Digest } from '../lab/credentials.js';
import type { DeviceOptions, LabDevice } from '../lab/device.js';
import type { Lab } from '../lab/lab.js';
import { isRefusal, type LabSession, type SendOptions } from '../lab/session.js';

const MD5 = 'syncml:auth-md5';
const LET_IN = [Status.AuthAccepted, Status.Ok];
const isLetIn = ({ headerCode }: Answer): boolean => LET_IN.some((code) => code === headerCode);
const NEVER_ISSUED = Buffer.from('never issued by anybody');

const logIn = (session: LabSession, options: SendOptions = {}): Promise<Answer> => session.send([session.alert(Alert.SlowSync)], options);

/** A session of a device that was challenged for md5: its next message holds the digest. Undefined where md5 is not asked for. */
async function challenged(device: LabDevice): Promise<LabSession | undefined> {
  const session = device.session();
  const isChallenge = ({ headerStatus }: Answer): boolean =>
    isRefusal(headerStatus?.code) && (headerStatus?.chal?.type ?? MD5) === MD5 && headerStatus?.chal?.nextNonce !== undefined;
  if (isChallenge(await logIn(session, { cred: 'none' }))) return session;
  // Asked for basic: a client that can do md5 only shows it by a digest, which cannot be right yet.
  const { user, password, version } = session.device;
  return isChallenge(await logIn(session, { cred: md5Cred(version, user, password, NEVER_ISSUED) })) ? session : undefined;
}

const withNonce = async (lab: Lab, options: DeviceOptions = {}): Promise<LabSession> =>
  (await challenged(lab.device({ auth: 'md5', ...options }))) ?? lab.unsupported('the server does not challenge for md5');

/** For a digest that will be wrong. */
const knownWithNonce = async (lab: Lab): Promise<LabSession> =>
  (await challenged(await lab.knownDevice({ auth: 'md5' }))) ?? lab.unsupported('the server does not challenge for md5');

/** For cases about more than that the digest is accepted. */
async function givenMd5(lab: Lab): Promise<void> {
  lab.given(isLetIn(await logIn(await withNonce(lab))), 'a right md5 digest is not accepted at all');
}

const formula = async (lab: Lab): Promise<void> => {
  const session = await withNonce(lab);
  const answer = await logIn(session);
  lab.oneOf(answer.headerCode, LET_IN, `Status of the SyncHdr for the digest of SyncML ${lab.variant.version}`);
};

const otherNonce = async (lab: Lab): Promise<void> => {
  const session = await knownWithNonce(lab);
  const { version, user, password } = session.device;
  const answer = await logIn(session, { cred: md5Cred(version, user, password, NEVER_ISSUED) });
  lab.oneOf(
    answer.headerCode,
    [Status.InvalidCredentials, Status.MissingCredentials],
    'Status of the SyncHdr for a digest over a nonce the server never gave',
  );
};

/** The digest's 16 bytes in place of the Base64 text. */
function rawDigest(text: string): (bytes: Uint8Array) => Uint8Array {
  const inline = Buffer.concat([Buffer.from([0x03]), Buffer.from(text), Buffer.from([0x00])]);
  const opaque = Buffer.concat([Buffer.from([0xc3, 0x10]), Buffer.from(text, 'base64')]);
  return (bytes) => {
    const whole = Buffer.from(bytes);
    const at = whole.indexOf(inline);
    if (at < 0) throw new Error('the digest is not in the message');
    return Buffer.concat([whole.subarray(0, at), opaque, whole.subarray(at + inline.length)]);
  };
}

function raw(session: LabSession, nonce: Uint8Array): SendOptions {
  const { version, user, password } = session.device;
  const data = md5Digest(version, user, password, nonce);
  return { cred: { meta: { type: MD5, format: 'bin' }, data }, editBytes: rawDigest(data) };
}

/** Package 1 without Cred, proven by the HTTP header over its bytes. */
function signed(session: LabSession, nonce: Uint8Array): Promise<Answer> {
  const { user, password, version, encoding } = session.device;
  const { message, ids } = session.compose([session.alert(Alert.SlowSync)], { cred: 'none' });
  const mac = hmacHeader(user, password, nonce, encode(message, dialectOf(version, encoding)));
  return session.transmit(message, ids, { http: { headers: { 'x-syncml-hmac': mac } } });
}

export const MD5_CASES: readonly ConformanceCase[] = [
  active(
    'AUT-002',
    async (lab) => {
      const session = await challenged(lab.device({ auth: 'md5' }));
      lab.check(
        session !== undefined,
        'a client that logs in with md5 is challenged for md5, with a nonce',
        session ? 'it is' : 'it is not',
      );
      if (session) lab.oneOf((await logIn(session)).headerCode, LET_IN, 'Status of the SyncHdr for a right md5 digest');
    },
    { versions: ['1.1', '1.2'] },
  ),
  active('AUT-011', async (lab) => {
    const session = await withNonce(lab);
    const used = session.device.nonce;
    const answer = await logIn(session);
    lab.given(isLetIn(answer), 'the digest is not accepted');
    if (answer.headerCode === Status.AuthAccepted) lab.unsupported('212: the log-in holds for the whole session');
    lab.check(answer.headerStatus?.chal?.nextNonce !== undefined, '200 for md5 credentials comes with Chal and NextNonce', answer.summary);
    const { version, user, password } = session.device;
    const stale = await session.push([], { cred: md5Cred(version, user, password, used), odd: true });
    lab.check(isRefusal(stale.headerCode), 'the digest used before is refused in the next message', String(stale.headerCode));
    const fresh = await session.push([]);
    lab.oneOf(fresh.headerCode, LET_IN, 'Status of the SyncHdr for a new digest');
  }),
  active('AUT-012', async (lab) => {
    const session = await withNonce(lab);
    const answer = await logIn(session);
    lab.given(answer.headerCode === Status.AuthAccepted, `the log-in is answered with ${answer.headerCode ?? 'no Status'}`);
    if (answer.headerStatus?.chal?.nextNonce === undefined) lab.unsupported('the 212 holds no NextNonce');
    const next = await logIn(session.device.session());
    lab.oneOf(next.headerCode, LET_IN, 'Status of the SyncHdr of the next session, whose digest is over the NextNonce of the 212');
  }),
  active('AUT-013a', formula, { versions: ['1.1', '1.2'], title: 'MD5 formula of 1.1/1.2: the digest is accepted' }),
  active('AUT-013b', otherNonce, { versions: ['1.1', '1.2'], title: 'MD5 formula of 1.1/1.2: the nonce is part of it' }),
  active('AUT-014a', formula, { versions: ['1.0'], title: 'MD5 formula of 1.0: the digest is accepted' }),
  active('AUT-014b', otherNonce, { versions: ['1.0'], title: 'MD5 formula of 1.0: the nonce is part of it' }),
  active(
    'AUT-015',
    async (lab) => {
      await givenMd5(lab);
      const session = await withNonce(lab);
      const { version, user, password, nonce } = session.device;
      const cred: Cred = { meta: { type: MD5 }, data: md5Digest(version, user, password, nonce) };
      const answer = await logIn(session, { cred });
      lab.oneOf(answer.headerCode, LET_IN, 'Status of the SyncHdr for a digest in Base64 without Format');
    },
    { encodings: ['xml'] },
  ),
  active(
    'AUT-016',
    async (lab) => {
      const wrong = await knownWithNonce(lab);
      const bad = await logIn(wrong, raw(wrong, NEVER_ISSUED));
      lab.check(!isLetIn(bad), 'a wrong digest of 16 raw bytes is refused', String(bad.headerCode));
      const session = await withNonce(lab);
      const answer = await logIn(session, raw(session, session.device.nonce));
      if (!isLetIn(answer)) lab.unsupported(`a right digest of 16 raw bytes is answered with ${answer.headerCode ?? 'no Status'}`);
      lab.note('a right digest of 16 raw bytes is accepted');
    },
    { encodings: ['wbxml'] },
  ),
  scan('AUT-017', ({ exchanges }) => {
    const nonces = exchanges.flatMap(({ answer }) =>
      (answer?.body ?? []).flatMap((c) => (c.kind === 'Status' && c.chal?.nextNonce !== undefined ? [c.chal.nextNonce.trim()] : [])),
    );
    const broken = nonces.filter((nonce) => nonce.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(nonce));
    return { applied: nonces.length, broken: broken.map((nonce) => `NextNonce ${JSON.stringify(nonce)} is no Base64`) };
  }),
  scan('AUT-018', ({ exchanges }) => {
    const chals = exchanges.flatMap(({ answer }) =>
      (answer?.body ?? []).flatMap((c) => (c.kind === 'Status' && c.chal?.nextNonce !== undefined ? [c.chal] : [])),
    );
    const broken = chals.filter(({ type }) => type !== MD5 && !type?.startsWith('syncml:auth-'));
    return {
      applied: chals.length,
      broken: broken.map(({ type }) => `Chal with NextNonce and ${type === undefined ? 'no Type' : `Type ${type}`}`),
    };
  }),
  active(
    'AUT-019a',
    async (lab) => {
      await givenMd5(lab);
      const session = await withNonce(lab, {
        uri: `IMEI:49${lab.run.slice(-6).padStart(6, '0')}${lab.variant.version.replace('.', '')}0019`,
      });
      const answer = await logIn(session);
      lab.oneOf(answer.headerCode, LET_IN, 'Status of the SyncHdr with an IMEI as LocURI and the user as LocName');
    },
    { title: 'md5: the user is who LocName names, whatever LocURI is' },
  ),
  active(
    'AUT-019b',
    async (lab) => {
      await givenMd5(lab);
      const session = await withNonce(lab);
      const answer = await logIn(session, { header: { source: { uri: session.device.uri, name: 'nobody-of-this-name' } } });
      lab.oneOf(
        answer.headerCode,
        [Status.InvalidCredentials, Status.MissingCredentials],
        'Status of the SyncHdr with the digest of one user and the LocName of another',
      );
    },
    { title: 'md5: a digest counts for the user in LocName only' },
  ),
  active(
    'AUT-024a',
    async (lab) => {
      const session = (await lab.knownDevice({ auth: 'md5' })).session();
      const { version, user, password } = session.device;
      const answer = await logIn(session, { cred: md5Cred(version, user, password, NEVER_ISSUED) });
      lab.given(isRefusal(answer.headerCode), 'a stale digest is not refused');
      const chal = answer.headerStatus?.chal;
      if (chal && (chal.type ?? MD5) !== MD5) lab.unsupported('the server challenges for basic');
      const nonce = chal?.nextNonce;
      lab.check(nonce !== undefined && nonce !== '', 'the refusal of a stale digest holds a NextNonce', nonce ?? 'none');
      lab.check(!Buffer.from(nonce ?? '', 'base64').equals(NEVER_ISSUED), 'it is another nonce than the stale one', nonce ?? 'none');
    },
    { title: 'After a failed md5 one more challenge, with a nonce' },
  ),
  active(
    'AUT-024b',
    async (lab) => {
      await givenMd5(lab);
      const session = await knownWithNonce(lab);
      const { version, user, password } = session.device;
      const stale = await logIn(session, { cred: md5Cred(version, user, password, NEVER_ISSUED) });
      lab.given(isRefusal(stale.headerCode) && stale.headerStatus?.chal?.nextNonce !== undefined, 'a stale digest is not challenged again');
      const answer = await logIn(session);
      lab.oneOf(answer.headerCode, LET_IN, 'Status of the SyncHdr for the digest over the nonce of the second challenge');
    },
    { title: 'After a failed md5 the nonce of the next challenge is good' },
  ),
  active(
    'AUT-025',
    async (lab) => {
      const session = await withNonce(lab);
      const answer = await signed(session, session.device.nonce);
      if (isRefusal(answer.headerCode)) lab.unsupported(`a message with x-syncml-hmac is answered with ${answer.headerCode}`);
      lab.equal(
        answer.headerCode,
        Status.Ok,
        'Status of the SyncHdr of a message proven by x-syncml-hmac, which counts for that message only',
      );
      lab.check(answer.headerStatus?.chal?.nextNonce !== undefined, 'with it comes a NextNonce', answer.summary);
      const forged = await signed(await knownWithNonce(lab), NEVER_ISSUED);
      lab.check(isRefusal(forged.headerCode), 'a message with a wrong x-syncml-hmac is refused', String(forged.headerCode));
    },
    { versions: ['1.1', '1.2'] },
  ),
];
