/**
 * Users and devices this server meets for the first time: the account service is asked, once, and what it says is kept like any account of
 * this server. From then on its own records decide, whether the service answers or not.
 *
 * What a device gets to see: 401 when the service does not know the user, or the password is wrong, as from this server itself; 403 when the
 * user is registered and not entitled: logging in again will not help, and only who has the right password learns it; 503 when the
 * service does not answer: nothing is wrong with the password, and a device that got 401 would ask its user for another.
 */
import { Status } from '../model/status.js';
import type { Config } from '../runtime/config.js';
import type { Credential } from '../storage/ports/accounts.js';
import type { Store } from '../storage/ports/store.js';
import type { Refused } from './outcome.js';
import { bodyHash } from './digest.js';
import { verify, type Proof } from './proof.js';
import { AccountServiceError, type AccountService, type Entitled, type Question } from './service.js';
import { ensureDatastores, foldName, makeCredential } from './users.js';

/** Who is to be asked about, and how what is said is checked. Made by the authenticator. */
export interface Stranger {
  /** As the device writes it. */
  readonly user: string;
  /** Its URI. */
  readonly device: string;
  readonly proof: Proof;
  readonly nonces: readonly string[];
  readonly body: Uint8Array;
}

export interface FirstTimeOptions {
  readonly service: AccountService;
  readonly store: Store;
  readonly config: Pick<Config, 'serverId' | 'datastores' | 'locations'> & {
    readonly auth: Pick<Config['auth'], 'keepPasswords' | 'methods'>;
    readonly accountService: Pick<Config['accountService'], 'restMs'>;
  };
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly log: (event: string, fields: object) => void;
}

/** Asked at the same time; more have to come again. */
const MOST_AT_ONCE = 16;

export class FirstTime {
  readonly #options: FirstTimeOptions;
  /** The same question, asked by a message and its resend. */
  readonly #asking = new Map<string, Promise<Refused | undefined>>();
  /** Not asked before: it did not answer. */
  #restUntil = 0;

  constructor(options: FirstTimeOptions) {
    this.#options = options;
  }

  /**
   * Asks about a refused log-in. @returns undefined when the account is this server's now: look again. Else the refusal as it is to be;
   * nothing was written.
   */
  ask(refused: Refused, stranger: Stranger): Promise<Refused | undefined> {
    const question = questionOf(stranger, this.#options.config.serverId);
    const key = JSON.stringify(question);
    const running = this.#asking.get(key);
    if (running !== undefined) return running;
    if (this.#asking.size >= MOST_AT_ONCE) return Promise.resolve(unavailable(refused, 'too many are being asked about'));
    const asking = this.#ask(refused, stranger, question).finally(() => this.#asking.delete(key));
    this.#asking.set(key, asking);
    return asking;
  }

  async #ask(refused: Refused, stranger: Stranger, question: Question): Promise<Refused | undefined> {
    const { service, clock, log, config } = this.#options;
    const { device } = stranger;
    if (clock() < this.#restUntil) return unavailable(refused, 'it did not answer a moment ago');
    const began = performance.now();
    const told = (outcome: string, more: object = {}): void =>
      log('account-service', { device, outcome, ms: Math.round(performance.now() - began), ...more });
    try {
      const verdict = await service.ask(question);
      const fault = verdict.result === 'entitled' ? await this.#take(stranger, verdict) : undefined;
      if (fault !== undefined) throw new AccountServiceError('garbage', fault);
      told(verdict.result);
      switch (verdict.result) {
        case 'entitled':
          return undefined;
        case 'unknown':
          return { ...refused, reason: 'the account service knows no such user' };
        case 'wrong-credential':
          return { ...refused, reason: 'wrong password, says the account service' };
        case 'not-entitled':
          return { kind: 'refused', status: Status.Forbidden, reason: 'the user is registered, and not entitled to this service' };
        case 'needs-basic': {
          const { failed: _uncounted, challenge: _other, ...rest } = refused;
          const basic = config.auth.methods.includes('basic');
          const reason = `the account service cannot check ${stranger.proof.kind}${basic ? '; it was asked for basic' : ', and basic is not allowed here'}`;
          return { ...rest, reason, ...(basic ? { challenge: { format: 'b64', type: 'syncml:auth-basic' } } : {}) };
        }
      }
    } catch (error) {
      if (!(error instanceof AccountServiceError)) throw error;
      if (error.fault === 'unreachable') this.#restUntil = clock() + config.accountService.restMs;
      told(error.fault, { detail: error.message });
      return unavailable(refused, error.message);
    }
  }

  /** Makes the account, or renews one that came from the service. @returns what is wrong with what the service said. */
  async #take(stranger: Stranger, entitled: Entitled): Promise<string | undefined> {
    const { store, config, clock } = this.#options;
    const { proof, nonces, body } = stranger;
    const { user, quotaBytes, location } = entitled;
    if (foldName(user) !== foldName(stranger.user)) return 'it answers for another user';
    const credential = this.#credentialOf(stranger, entitled);
    if (credential === undefined) return `neither password nor verifier, which ${proof.kind} needs`;
    // Whoever is let in once has to be let in by this server's own records ever after.
    if (verify(proof, user, credential, () => nonces, body) === undefined) return 'what it says of the password does not fit the log-in';
    return store.transact(async (tx) => {
      const known = (await tx.accounts.list()).find((account) => foldName(account.name) === foldName(user));
      if (known !== undefined && known.fromService !== true) return 'this server has a user of that name of its own';
      const account = known ?? (await tx.accounts.create(user, credential, clock()));
      if (known === undefined) await tx.accounts.markFromService(account.id);
      else await tx.accounts.setCredential(account.id, credential);
      await ensureDatastores(tx, account.id, config.datastores);
      if (quotaBytes !== undefined) await tx.accounts.setQuota(account.id, quotaBytes);
      // A location that is not configured here is no reason to keep somebody out.
      if (location !== undefined && account.location === undefined && this.#hasLocation(location))
        await tx.accounts.setLocation(account.id, location);
      return undefined;
    });
  }

  #credentialOf({ proof }: Stranger, { user, password, verifier, serverVerifier }: Entitled): Credential | undefined {
    const { serverId, auth } = this.#options.config;
    const known = proof.kind === 'basic' ? proof.password : password;
    if (known !== undefined) return makeCredential(user, known, serverId, auth.keepPasswords);
    return verifier === undefined ? undefined : { verifier, serverId, ...(serverVerifier === undefined ? {} : { serverVerifier }) };
  }

  #hasLocation(id: string): boolean {
    return id === 'local' || this.#options.config.locations.some((location) => location.id === id);
  }
}

function questionOf({ user, device, proof, nonces, body }: Stranger, serverId: string): Question {
  const who = { user, device, serverId };
  if (proof.kind === 'basic') return { ...who, credential: { type: 'basic', password: proof.password } };
  const digest = Buffer.from(proof.digest).toString('base64');
  if (proof.kind === 'md5') return { ...who, credential: { type: 'md5', digest, nonces } };
  return { ...who, credential: { type: 'mac', digest, nonces, body: bodyHash(body) } };
}

const unavailable = ({ account }: Refused, why: string): Refused => ({
  kind: 'refused',
  status: Status.ServiceUnavailable,
  reason: `the account service cannot say: ${why}`,
  ...(account === undefined ? {} : { account }),
});
