/**
 * Who sent this message? Decided from reading alone; what a log-in changes is written later, inside the message's transaction.
 *
 * A refusal tells a stranger nothing: unknown names, locked users and wrong passwords get the same answer after the same
 * work, and count the same. The reason is for the operator.
 */
import type { AccountId } from '../model/ids.js';
import type { Meta, SyncHdr, SyncmlVersion } from '../model/message.js';
import { Status } from '../model/status.js';
import type { Config } from '../runtime/config.js';
import type { Random } from '../runtime/random.js';
import type { AccountRecord, Credential, DeviceRecord, Failure, FailureKey, ReadTx, Store, WriteTx } from '../storage/ports.js';
import { readCredentials, type Presented } from './credentials.js';
import { macDigest, md5Digest, passwordVerifier, sameBytes } from './digest.js';
import { nextFailure, StrangerFailures } from './lock-out.js';
import { acceptedNonces, challengeNonce, freshNonce } from './nonce.js';
import { foldName } from './users.js';

export interface AuthRequest {
  readonly header: SyncHdr;
  readonly version: SyncmlVersion;
  /** The client's network address. */
  readonly address: string;
  /** The x-syncml-hmac header. */
  readonly hmac?: string;
  /** The whole request body, which the hmac is over. */
  readonly body: Uint8Array;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Of a live session: the account it belongs to. Other accounts' credentials are refused within it. */
  readonly known?: { readonly account: AccountId };
}

export interface Accepted {
  readonly kind: 'accepted';
  readonly account: AccountRecord;
  readonly method: 'basic' | 'md5' | 'mac';
  /** Answer 200 with a challenge, and ask again with the next message, instead of 212. */
  readonly perMessage: boolean;
  /** Base64, for the Chal of our 212 or 200. */
  readonly nextNonce: string;
  /** Base64. The nonce the digest was made with; undefined for basic. */
  readonly usedNonce?: string;
  /** Only after basic: for answering a basic challenge of the client within this session. Never stored. */
  readonly password?: string;
  /** Failures were counted before; they are forgiven. */
  readonly forgive?: FailureKey;
}

export interface Refused {
  readonly kind: 'refused';
  readonly status: RefusalStatus;
  /** Type, Format and NextNonce; undefined: no further try is invited. */
  readonly challenge?: Meta;
  /** In plain words, for the operator only. */
  readonly reason: string;
  readonly account?: AccountRecord;
  /** A try that counts. */
  readonly failed: boolean;
}
export type RefusalStatus =
  | typeof Status.InvalidCredentials
  | typeof Status.MissingCredentials
  | typeof Status.FeatureNotSupported
  | typeof Status.UnsupportedMediaType;

export type AuthOutcome = Accepted | Refused;

export interface AuthenticatorOptions {
  readonly store: Store;
  readonly config: Config['auth'];
  readonly random: Random;
}

/** Tried for md5 log-ins without a user name; with more accounts than this the client is asked for basic. */
const MAX_ACCOUNTS_TRIED = 20;

interface Candidate {
  readonly account: AccountRecord;
  readonly credential: Credential;
  readonly device: DeviceRecord | undefined;
  readonly failure: Failure | undefined;
}

type Proof = Extract<Presented, { kind: 'basic' | 'md5' | 'mac' }>;

/** Takes the place of an account that does not exist, so that looking in vain takes as long. */
const NOBODY: Credential = { verifier: passwordVerifier('', ''), serverVerifier: '', serverId: '' };
const NO_ACCOUNT = 0 as AccountId;

export class Authenticator {
  readonly #store: Store;
  readonly #config: Config['auth'];
  readonly #random: Random;
  readonly #strangers = new StrangerFailures();

  constructor(options: AuthenticatorOptions) {
    this.#store = options.store;
    this.#config = options.config;
    this.#random = options.random;
  }

  /** Checks the credentials of one message. Writes nothing. */
  async authenticate(request: AuthRequest): Promise<AuthOutcome> {
    const presented = readCredentials(request.header, request.hmac);
    return this.#store.read(async (tx) => {
      switch (presented.kind) {
        case 'none':
          return this.#refuse(tx, request, Status.MissingCredentials, 'it sent no credentials');
        case 'unsupported-type':
          return this.#refuse(
            tx,
            request,
            Status.FeatureNotSupported,
            `it logs in with "${presented.type}", which this server does not know`,
          );
        case 'unknown-format':
          return {
            kind: 'refused',
            status: Status.UnsupportedMediaType,
            reason: `its credentials have the unknown Format "${presented.format}"`,
            failed: false,
          };
        case 'malformed':
          return this.#refuse(tx, request, Status.InvalidCredentials, `it sent ${presented.reason}`);
        default:
          return this.#check(tx, request, presented);
      }
    });
  }

  /**
   * To be called inside the message's transaction after success. Moves the device's nonces on: the one just used stays good,
   * because this answer may be lost and the message come again. @returns the device as saved.
   */
  async recordSuccess(tx: WriteTx, outcome: Accepted, device: DeviceRecord, now: number): Promise<DeviceRecord> {
    const { previousNonce: _old, ...rest } = device;
    const previousNonce = outcome.usedNonce ?? device.nonce;
    const saved: DeviceRecord = {
      ...rest,
      authCount: device.authCount + 1,
      nonce: outcome.nextNonce,
      ...(previousNonce === undefined ? {} : { previousNonce }),
      lastAccessAt: now,
    };
    await tx.account(outcome.account.id).devices.save(saved);
    if (outcome.forgive !== undefined) await tx.accounts.saveFailure(outcome.forgive, undefined);
    return saved;
  }

  /** Remembers a refusal for the operator (on devices the account knows) and counts a failed try. */
  async recordRefusal(tx: WriteTx, outcome: Refused, request: AuthRequest): Promise<void> {
    if (outcome.account === undefined) return;
    const deviceUri = request.header.source.uri;
    if (outcome.failed) {
      const key: FailureKey = { account: outcome.account.id, deviceUri, address: request.address };
      await tx.accounts.saveFailure(key, nextFailure(await tx.accounts.failure(key), request.now, this.#config));
    }
    // A first message without credentials is how many phones begin; that is nothing to tell anybody.
    if (outcome.status === Status.MissingCredentials) return;
    const devices = tx.account(outcome.account.id).devices;
    const device = await devices.byUri(deviceUri);
    if (device !== undefined) await devices.save({ ...device, lastRefusal: { at: request.now, reason: outcome.reason } });
  }

  async #check(tx: ReadTx, request: AuthRequest, proof: Proof): Promise<AuthOutcome> {
    if (this.#config.requireHmac && proof.kind !== 'mac')
      return this.#refuse(tx, request, Status.InvalidCredentials, `it logs in with ${proof.kind}, and only x-syncml-hmac is allowed here`);
    if (proof.kind !== 'mac' && !this.#config.methods.includes(proof.kind))
      return this.#refuse(tx, request, Status.InvalidCredentials, `it logs in with ${proof.kind}, which is not allowed here`);

    const deviceUri = request.header.source.uri;
    const candidates = await this.#candidates(tx, request, proof.name, proof.kind !== 'basic');
    const secret = tx.accounts.serverSecret();
    let match: { candidate: Candidate; usedNonce: string | undefined } | undefined;
    for (const candidate of candidates) {
      const nonces = acceptedNonces(secret, deviceUri, candidate.device, request.now);
      const found = verify(proof, candidate.account.name, candidate.credential, nonces, request.body);
      if (found !== undefined) match ??= { candidate, usedNonce: found.nonce };
    }
    if (candidates.length === 0) {
      await tx.accounts.credential(NO_ACCOUNT);
      verify(proof, '', NOBODY, acceptedNonces(secret, deviceUri, undefined, request.now), request.body);
    }
    const reason = match === undefined ? undefined : this.#objection(match.candidate, request);
    if (match !== undefined && reason === undefined) return this.#accept(match.candidate, match.usedNonce, proof, request);

    // Looking for other spellings has been done for unknown names; known ones take as long.
    if (candidates.length > 0 && proof.name !== undefined) await tx.accounts.list();
    const only = match?.candidate ?? (candidates.length === 1 ? candidates[0] : undefined);
    return this.#refuseProof(tx, request, proof, only, reason);
  }

  #objection(candidate: Candidate, request: AuthRequest): string | undefined {
    if (candidate.account.lockedAt !== undefined) return 'the user is locked';
    if (candidate.failure !== undefined && candidate.failure.blockedUntil > request.now) return 'too many failed log-ins, it has to wait';
    if (request.known !== undefined && request.known.account !== candidate.account.id)
      return 'it sent credentials of another user within a session';
    return undefined;
  }

  #accept(candidate: Candidate, usedNonce: string | undefined, proof: Proof, request: AuthRequest): Accepted {
    const { account, device, failure } = candidate;
    return {
      kind: 'accepted',
      account,
      method: proof.kind,
      perMessage: proof.kind === 'mac' || this.#config.perMessage || device?.ignoresRespUri === true,
      nextNonce: freshNonce(this.#random),
      ...(usedNonce === undefined ? {} : { usedNonce }),
      ...(proof.kind === 'basic' ? { password: proof.password } : {}),
      ...(failure === undefined
        ? {}
        : { forgive: { account: account.id, deviceUri: request.header.source.uri, address: request.address } }),
    };
  }

  async #refuseProof(
    tx: ReadTx,
    request: AuthRequest,
    proof: Proof,
    candidate: Candidate | undefined,
    objection: string | undefined,
  ): Promise<Refused> {
    const strangerKey = `${proof.name ?? ''}\n${request.header.source.uri}\n${request.address}`;
    const before = candidate === undefined ? this.#strangers.get(strangerKey) : candidate.failure;
    const blocked = before !== undefined && before.blockedUntil > request.now;
    const failed = !blocked;
    const count = blocked ? before.count : nextFailure(before, request.now, this.#config).count;
    if (failed && candidate === undefined) this.#strangers.add(strangerKey, request.now, this.#config);
    const reason = blocked
      ? 'too many failed log-ins, it has to wait'
      : (objection ?? wrongProof(proof, request.version, candidate !== undefined));
    // Md5 of SyncML 1.0 needs the password, and md5 without a name needs a guess: basic does not.
    const preferBasic = proof.kind === 'md5' && (request.version === '1.0' || (proof.name === undefined && candidate === undefined));
    const challenge = blocked || count >= this.#config.maxAttempts ? undefined : await this.#challenge(tx, request, candidate, preferBasic);
    return {
      kind: 'refused',
      status: Status.InvalidCredentials,
      ...(challenge === undefined ? {} : { challenge }),
      reason,
      ...(candidate === undefined ? {} : { account: candidate.account }),
      failed,
    };
  }

  async #refuse(tx: ReadTx, request: AuthRequest, status: RefusalStatus, reason: string): Promise<Refused> {
    const [candidate] = await this.#candidates(tx, request, request.header.source.name, false);
    const challenge = await this.#challenge(tx, request, candidate, request.version === '1.0');
    return {
      kind: 'refused',
      status,
      challenge,
      reason,
      ...(candidate === undefined ? {} : { account: candidate.account }),
      failed: false,
    };
  }

  async #challenge(tx: ReadTx, request: AuthRequest, candidate: Candidate | undefined, preferBasic: boolean): Promise<Meta> {
    const { requireHmac, methods, challenge } = this.#config;
    const basic = !requireHmac && (challenge === 'basic' || preferBasic) && methods.includes('basic');
    if (basic) return { format: 'b64', type: 'syncml:auth-basic' };
    const nextNonce = challengeNonce(tx.accounts.serverSecret(), request.header.source.uri, candidate?.device?.authCount ?? 0, request.now);
    return { format: 'b64', type: requireHmac ? 'syncml:auth-MAC' : 'syncml:auth-md5', nextNonce };
  }

  /** The accounts the credentials may belong to: by name, by the session, by the device, and for digests without a name all of a few. */
  async #candidates(tx: ReadTx, request: AuthRequest, name: string | undefined, guess: boolean): Promise<readonly Candidate[]> {
    const named = name === undefined ? undefined : await accountByName(tx, name);
    if (named !== undefined) return this.#load(tx, request, [named]);
    const id = request.known?.account ?? (await tx.accounts.ofDevice(request.header.source.uri));
    const remembered = id === undefined ? undefined : await tx.accounts.byId(id);
    if (remembered !== undefined) return this.#load(tx, request, [remembered]);
    if (!guess || name !== undefined) return [];
    const all = await tx.accounts.list();
    return all.length > MAX_ACCOUNTS_TRIED ? [] : this.#load(tx, request, all);
  }

  async #load(tx: ReadTx, request: AuthRequest, accounts: readonly AccountRecord[]): Promise<readonly Candidate[]> {
    const deviceUri = request.header.source.uri;
    const candidates: Candidate[] = [];
    for (const account of accounts) {
      const credential = await tx.accounts.credential(account.id);
      if (credential === undefined) continue;
      const device = await tx.account(account.id).devices.byUri(deviceUri);
      const failure = await tx.accounts.failure({ account: account.id, deviceUri, address: request.address });
      candidates.push({ account, credential, device, failure });
    }
    return candidates;
  }
}

/** Exactly, else trimmed and in any case where that is unique. */
async function accountByName(tx: ReadTx, name: string): Promise<AccountRecord | undefined> {
  const exact = await tx.accounts.byName(name);
  if (exact !== undefined) return exact;
  const alike = (await tx.accounts.list()).filter((account) => foldName(account.name) === foldName(name));
  return alike.length === 1 ? alike[0] : undefined;
}

/** @returns undefined when the proof does not hold; else the nonce a digest was made with. Takes as long whatever the answer. */
function verify(
  proof: Proof,
  name: string,
  credential: Credential,
  nonces: readonly string[],
  body: Uint8Array,
): { readonly nonce: string | undefined } | undefined {
  if (proof.kind === 'basic') {
    const equal = sameBytes(Buffer.from(passwordVerifier(name, proof.password)), Buffer.from(credential.verifier));
    return equal ? { nonce: undefined } : undefined;
  }
  let used: string | undefined;
  for (const nonce of nonces) {
    const raw = Buffer.from(nonce, 'base64');
    const expected = proof.kind === 'md5' ? md5Digest(credential.verifier, raw) : macDigest(credential.verifier, raw, body);
    if (sameBytes(expected, proof.digest)) used ??= nonce;
  }
  return used === undefined ? undefined : { nonce: used };
}

function wrongProof(proof: Proof, version: SyncmlVersion, known: boolean): string {
  if (proof.kind === 'basic') return 'wrong user name or password (upper and lower case count)';
  if (proof.kind === 'md5' && version === '1.0')
    return 'md5 of SyncML 1.0 cannot be checked here; it was asked for the password itself (basic)';
  if (proof.name === undefined && !known) return 'it logs in with md5 and sends no user name; it was asked for basic';
  return 'wrong password (upper and lower case count), or a nonce from before: normal once after the device was reset';
}
