/**
 * Who sent this message? Decided from reading alone; what a log-in changes is written later, inside the message's transaction.
 *
 * A refusal tells a stranger nothing: unknown names, locked users and wrong passwords get the same answer after the same
 * work, and count the same. The reason is for the operator.
 */
import type { Meta } from '../model/message.js';
import { Status } from '../model/status.js';
import type { Config } from '../runtime/config.js';
import type { Random } from '../runtime/random.js';
import type { AccountRecord, Credential, Failure, FailureKey } from '../storage/ports/accounts.js';
import type { DeviceRecord } from '../storage/ports/devices.js';
import type { ReadTx, WriteTx } from '../storage/ports/store.js';
import { readCredentials } from './credentials.js';
import { passwordVerifier } from './digest.js';
import { nextFailure, strangerKey, widerBounds, type Bound } from './lock-out.js';
import type { Accepted, AuthOutcome, AuthRequest, RefusalStatus, Refused } from './outcome.js';
import { acceptedNonces, challengeNonce, freshNonce } from './nonce.js';
import { verify, wrongProof, type Proof, type Proven } from './proof.js';
import { foldName } from './users.js';

export interface AuthenticatorOptions {
  readonly config: Config['auth'];
  readonly random: Random;
  /** What the nonces of challenges are computed from, where it is not to be the store's secret. */
  readonly nonceSecret?: Uint8Array;
  /** There is an account service. */
  readonly asksService?: boolean;
  /** Devices that never use a nonce they were given. What they send can be sent again by who has heard it, as basic can: it counts where that does. */
  readonly lacksNonce?: (device: DeviceRecord) => boolean;
}

/** Tried for md5 log-ins without a user name; with more accounts than this the client is asked for basic. */
const MAX_ACCOUNTS_TRIED = 20;

interface Candidate {
  readonly account: AccountRecord;
  readonly credential: Credential;
  readonly device: DeviceRecord | undefined;
  readonly failure: Failure | undefined;
}

interface Found {
  readonly candidates: readonly Candidate[];
  readonly all?: readonly AccountRecord[];
}

/** Who a failed try counts against: an account, or the name of a stranger. */
interface Suspect {
  readonly account: AccountRecord | undefined;
  readonly key: FailureKey | undefined;
  readonly failure: Failure | undefined;
  readonly authCount: number;
  /** The wider counts. */
  readonly wider: readonly Counted[];
}

interface Counted {
  readonly bound: Bound;
  readonly failure: Failure | undefined;
}

/** Takes the place of an account that does not exist, so that looking in vain takes as long. */
const NOBODY: Credential = { verifier: passwordVerifier('', ''), serverVerifier: '', serverId: '' };
const WAIT = 'too many failed log-ins, it has to wait';

const failureKey = (account: AccountRecord, { header, address }: AuthRequest): FailureKey => ({
  account: account.id,
  deviceUri: header.source.uri,
  address,
});

export class Authenticator {
  readonly #config: Config['auth'];
  readonly #random: Random;
  readonly #nonceSecret: Uint8Array | undefined;
  readonly #asksService: boolean;
  readonly #lacksNonce: (device: DeviceRecord) => boolean;

  constructor(options: AuthenticatorOptions) {
    this.#config = options.config;
    this.#random = options.random;
    this.#nonceSecret = options.nonceSecret;
    this.#asksService = options.asksService ?? false;
    this.#lacksNonce = options.lacksNonce ?? (() => false);
  }

  /** Checks the credentials of one message. Writes nothing. */
  async authenticate(tx: ReadTx, request: AuthRequest): Promise<AuthOutcome> {
    const presented = readCredentials(request.header, request.hmac, request.tolerance);
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
        };
      case 'malformed':
        return this.#refuse(tx, request, Status.InvalidCredentials, `it sent ${presented.reason}`);
      default:
        return this.#check(tx, request, presented);
    }
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
    for (const key of outcome.forgive) await tx.accounts.saveFailure(key, undefined);
    return saved;
  }

  /** Remembers a refusal for the operator (on devices the account knows) and counts a failed try. */
  async recordRefusal(tx: WriteTx, outcome: Refused, request: AuthRequest): Promise<void> {
    const { failed, account } = outcome;
    for (const { key, allowed } of failed ?? [])
      await tx.accounts.saveFailure(key, nextFailure(await tx.accounts.failure(key), request.now, this.#config, allowed));
    // A first message without credentials is how many phones begin; one that has to wait was told of before.
    if (outcome.status === Status.MissingCredentials || outcome.blocked === true) return;
    // Looked up for a stranger too: at the account where the failure was counted.
    const at = account?.id ?? failed?.[0]?.key.account;
    const devices = at === undefined ? undefined : tx.account(at).devices;
    const device = await devices?.byUri(request.header.source.uri);
    if (account !== undefined && device !== undefined)
      await devices?.save({ ...device, lastRefusal: { at: request.now, reason: outcome.reason } });
  }

  #secret(tx: ReadTx): Uint8Array {
    return this.#nonceSecret ?? tx.accounts.serverSecret();
  }

  async #check(tx: ReadTx, request: AuthRequest, proof: Proof): Promise<AuthOutcome> {
    if (this.#config.requireHmac && proof.kind !== 'mac')
      return this.#refuse(tx, request, Status.InvalidCredentials, `it logs in with ${proof.kind}, and only x-syncml-hmac is allowed here`);
    if (proof.kind !== 'mac' && !this.#config.methods.includes(proof.kind))
      return this.#refuse(tx, request, Status.InvalidCredentials, `it logs in with ${proof.kind}, which is not allowed here`);

    const deviceUri = request.header.source.uri;
    const { candidates, all: listed } = await this.#candidates(tx, request, proof.name, proof.kind !== 'basic');
    const secret = this.#secret(tx);
    let match: Match | undefined;
    for (const candidate of candidates) {
      const nonces = (): readonly string[] => this.#nonces(secret, deviceUri, proof, candidate.device, request.now);
      const found = verify(proof, candidate.account.name, candidate.credential, nonces, request.body);
      if (found !== undefined) match ??= { candidate, proven: found };
    }
    let reason = match === undefined ? undefined : this.#objection(match.candidate, match.proven, proof, request);
    if (match !== undefined && reason === undefined) {
      const { account, device } = match.candidate;
      if (account.notEntitled)
        return { kind: 'refused', status: Status.Forbidden, reason: 'the user is registered, and not entitled to this service', account };
      const wider = isNew(device) ? await this.#wider(tx, request, account, await tx.accounts.list()) : [];
      const waits = wider.some((counted) => isBlocked(counted.failure, request));
      // A device that is new to a user of the account service is one the service has not spoken of.
      const asked = this.#isAskedAbout(match.candidate, request);
      if (!waits && !asked) return this.#accept(match, wider, proof, request);
      reason = waits ? WAIT : 'the device is new, and the account service was not asked';
    }

    const only = match?.candidate ?? (candidates.length === 1 ? candidates[0] : undefined);
    const all = listed ?? (await tx.accounts.list());
    // What looking for a stranger takes.
    if (only !== undefined) strangerKey(all, proof.name ?? '', deviceUri, request.address);
    if (only !== undefined && listed === undefined) await tx.accounts.ofDevice(deviceUri);
    const suspect =
      only === undefined
        ? await this.#stranger(tx, request, proof, all, secret)
        : { ...suspectOf(only, request), wider: await this.#wider(tx, request, only.account, all) };
    const refused = this.#refuseProof(tx, request, proof, suspect, reason);
    // The device may be known as another user's.
    const folded = proof.name === undefined ? undefined : foldName(proof.name);
    const named = folded === undefined ? match?.candidate : candidates.find(({ account }) => foldName(account.name) === folded);
    const user = proof.name ?? named?.account.name;
    if (user === undefined || refused.blocked === true || !this.#asks(request) || (named && !this.#isAskedAbout(named, request)))
      return refused;
    const nonces = proof.kind === 'basic' ? [] : this.#nonces(secret, deviceUri, proof, named?.device, request.now);
    return { ...refused, stranger: { user, device: deviceUri, proof, nonces, body: request.body } };
  }

  #nonces(secret: Uint8Array, uri: string, proof: Proof, device: DeviceRecord | undefined, now: number): readonly string[] {
    const lacksNonce = device !== undefined && proof.kind === 'md5' && this.#config.methods.includes('basic') && this.#lacksNonce(device);
    return acceptedNonces(secret, uri, device, now, lacksNonce);
  }

  /** Within a session everybody is known; who was just vouched for is not asked about again. */
  #asks(request: AuthRequest): boolean {
    return this.#asksService && request.vouched !== true && request.known === undefined;
  }

  #isAskedAbout({ account, device }: Candidate, request: AuthRequest): boolean {
    return this.#asks(request) && account.fromService === true && isNew(device) && account.lockedAt === undefined;
  }

  /** The wider counts as they stand. */
  async #wider(tx: ReadTx, request: AuthRequest, who: AccountRecord | string, all: readonly AccountRecord[]): Promise<readonly Counted[]> {
    const counted: Counted[] = [];
    for (const bound of widerBounds(all, who, request.address, this.#config))
      counted.push({ bound, failure: await tx.accounts.failure(bound.key) });
    return counted;
  }

  /** A name that no account has: counted apart, and looked at as long as one that exists. */
  async #stranger(tx: ReadTx, request: AuthRequest, proof: Proof, all: readonly AccountRecord[], secret: Uint8Array): Promise<Suspect> {
    const { uri } = request.header.source;
    const key = strangerKey(all, proof.name ?? '', uri, request.address);
    const decoy = all.find((account) => account.id === key?.account);
    const wider = await this.#wider(tx, request, proof.name ?? '', all);
    if (key === undefined || decoy === undefined) return { account: undefined, key, failure: undefined, authCount: 0, wider };
    const candidate = await this.#load(tx, decoy, key, uri);
    const nonces = (): readonly string[] => acceptedNonces(secret, uri, undefined, request.now);
    verify(proof, decoy.name, NOBODY, nonces, request.body);
    return { account: undefined, key, failure: candidate?.failure, authCount: 0, wider };
  }

  /** Why a proof that holds is not accepted all the same. */
  #objection(candidate: Candidate, proven: Proven, proof: Proof, request: AuthRequest): string | undefined {
    const { tolerance, version } = request;
    const { name } = candidate.account;
    if (proof.name === undefined && !tolerance.allows('md5-without-name')) return 'it logs in without a user name, which is not let pass';
    if (proof.name !== undefined && proof.name !== name && !tolerance.allows('user-name-spelling'))
      return `it writes the user name otherwise than "${name}"`;
    if (proof.kind === 'md5' && proven.formula10 !== (version === '1.0') && !tolerance.allows('md5-other-formula'))
      return 'its digest is made by the formula of another version';
    if (candidate.account.lockedAt !== undefined) return 'the user is locked';
    if (isBlocked(candidate.failure, request)) return WAIT;
    if (request.known !== undefined && request.known.account !== candidate.account.id)
      return 'it sent credentials of another user within a session';
    return undefined;
  }

  #accept(match: Match, wider: readonly Counted[], proof: Proof, request: AuthRequest): Accepted {
    const { account, device, failure } = match.candidate;
    const usedNonce = match.proven.nonce;
    return {
      kind: 'accepted',
      account,
      method: proof.kind,
      perMessage: proof.kind === 'mac' || this.#config.perMessage || device?.ignoresRespUri === true,
      nextNonce: freshNonce(this.#random),
      ...(usedNonce === undefined ? {} : { usedNonce }),
      ...(proof.kind === 'basic' ? { password: proof.password } : {}),
      // What others of this address do at other accounts is not forgiven.
      forgive: [
        ...(failure === undefined ? [] : [failureKey(account, request)]),
        ...wider.filter((counted) => counted.failure !== undefined && counted.bound.allowed < widest(wider)).map(({ bound }) => bound.key),
      ],
    };
  }

  #refuseProof(tx: ReadTx, request: AuthRequest, proof: Proof, suspect: Suspect, objection: string | undefined): Refused {
    const { account, failure, key } = suspect;
    const known = account === undefined ? {} : { account };
    // A device that is known is not held up by what others try from its address.
    const wider = suspect.authCount === 0 ? suspect.wider : [];
    if (isBlocked(failure, request) || wider.some((counted) => isBlocked(counted.failure, request)))
      return { kind: 'refused', status: Status.InvalidCredentials, reason: WAIT, ...known, blocked: true };
    // Md5 of SyncML 1.0 needs the password, which may not be kept, and md5 without a name needs a guess: basic does not.
    const preferBasic =
      proof.kind === 'md5' &&
      ((request.version === '1.0' && !this.#config.keepPasswords) || (proof.name === undefined && account === undefined));
    const last = nextFailure(failure, request.now, this.#config).count >= this.#config.maxAttempts;
    return {
      kind: 'refused',
      status: Status.InvalidCredentials,
      ...(last ? {} : { challenge: this.#challenge(tx, request, suspect.authCount, preferBasic) }),
      reason: objection ?? wrongProof(proof, request.version, account !== undefined, this.#config.keepPasswords),
      ...known,
      ...(key === undefined ? {} : { failed: [{ key, allowed: this.#config.maxAttempts }, ...wider.map(({ bound }) => bound)] }),
    };
  }

  async #refuse(tx: ReadTx, request: AuthRequest, status: RefusalStatus, reason: string): Promise<Refused> {
    const [candidate] = (await this.#candidates(tx, request, request.header.source.name, false)).candidates;
    const challenge = this.#challenge(
      tx,
      request,
      candidate?.device?.authCount ?? 0,
      request.version === '1.0' && !this.#config.keepPasswords,
    );
    return { kind: 'refused', status, challenge, reason, ...(candidate === undefined ? {} : { account: candidate.account }) };
  }

  #challenge(tx: ReadTx, request: AuthRequest, authCount: number, preferBasic: boolean): Meta {
    const { requireHmac, methods, challenge } = this.#config;
    const basic = !requireHmac && (challenge === 'basic' || preferBasic) && methods.includes('basic');
    if (basic) return { format: 'b64', type: 'syncml:auth-basic' };
    const nextNonce = challengeNonce(this.#secret(tx), request.header.source.uri, authCount, request.now);
    return { format: 'b64', type: requireHmac ? 'syncml:auth-MAC' : 'syncml:auth-md5', nextNonce };
  }

  /**
   * The accounts the credentials may belong to: by name (exactly, else trimmed and in any case where that is unique), by the session, by the
   * device, and for digests without a name all of a few. `all`: every account, where they had to be gone through.
   */
  async #candidates(tx: ReadTx, request: AuthRequest, name: string | undefined, guess: boolean): Promise<Found> {
    const load = async (accounts: readonly AccountRecord[]): Promise<readonly Candidate[]> => {
      const candidates: Candidate[] = [];
      for (const account of accounts) {
        const candidate = await this.#load(tx, account, failureKey(account, request), request.header.source.uri);
        if (candidate !== undefined) candidates.push(candidate);
      }
      return candidates;
    };
    const exact = name === undefined ? undefined : await tx.accounts.byName(name);
    if (exact !== undefined) return { candidates: await load([exact]) };
    const all = await tx.accounts.list();
    const alike = name === undefined ? [] : all.filter((account) => foldName(account.name) === foldName(name));
    if (alike.length === 1) return { candidates: await load(alike), all };
    const id = request.known?.account ?? (await tx.accounts.ofDevice(request.header.source.uri));
    const remembered = all.filter((account) => account.id === id);
    if (remembered.length > 0) return { candidates: await load(remembered), all };
    return { candidates: guess && name === undefined && all.length <= MAX_ACCOUNTS_TRIED ? await load(all) : [], all };
  }

  async #load(tx: ReadTx, account: AccountRecord, key: FailureKey, deviceUri: string): Promise<Candidate | undefined> {
    const credential = await tx.accounts.credential(account.id);
    if (credential === undefined) return undefined;
    const device = await tx.account(account.id).devices.byUri(deviceUri);
    return { account, credential, device, failure: await tx.accounts.failure(key) };
  }
}

const isBlocked = (failure: Failure | undefined, { now }: AuthRequest): boolean => failure !== undefined && failure.blockedUntil > now;
/** It has never logged in to the account. */
const isNew = (device: DeviceRecord | undefined): boolean => (device?.authCount ?? 0) === 0;
const widest = (wider: readonly Counted[]): number => Math.max(...wider.map(({ bound }) => bound.allowed));

const suspectOf = ({ account, device, failure }: Candidate, request: AuthRequest): Omit<Suspect, 'wider'> => ({
  account,
  key: failureKey(account, request),
  failure,
  authCount: device?.authCount ?? 0,
});

interface Match {
  readonly candidate: Candidate;
  readonly proven: Proven;
}
