/** Both directions of a session's log-in: our credentials for the server, and its own for us. [DS Protocol 1.2, "Authentication"] */
import { randomBytes } from 'node:crypto';
import { Status } from '../../model/status.js';
import type { Cred, Meta, StatusCommand, SyncHdr } from '../../model/message.js';
import { ServerNotAuthentic } from '../errors.js';
import { basicCred, md5Cred, md5Digest } from './credentials.js';

/** What outlives a session. Base64, as they stand in NextNonce. */
export interface Nonces {
  /** For our next digest. */
  readonly ours?: string;
  /** The one the server has to use next. */
  readonly servers?: string;
}

export interface LogIn {
  readonly user: string;
  readonly password: string;
  /** What is tried first; the server's challenge decides afterwards. */
  readonly method: 'md5' | 'basic';
  /** Basic sends the password in the clear: refused over HTTP unless it is `method`. */
  readonly mayUseBasic: boolean;
  /** The server must prove that it knows the password, before anything it says is believed. */
  readonly verifyServer: boolean;
}

/** The nonce may be out of date once, and another session may have used it up meanwhile. */
const MAX_REFUSALS = 3;
const MAX_SERVER_REFUSALS = 2;

export class Authentication {
  readonly #logIn: LogIn;
  readonly #keep: (nonces: Nonces) => void;
  #nonces: Nonces;
  #method: 'md5' | 'basic';
  #accepted = false;
  #refusals = 0;
  #serverAccepted: boolean;
  #serverRefusals = 0;

  /** @param keep stores the nonces of the next session; called whenever they change. */
  constructor(logIn: LogIn, nonces: Nonces, keep: (nonces: Nonces) => void) {
    this.#logIn = logIn;
    this.#nonces = nonces;
    this.#keep = keep;
    this.#method = logIn.method;
    this.#serverAccepted = !logIn.verifyServer;
  }

  /** For the next message; undefined once the session is accepted. */
  cred(): Cred | undefined {
    if (this.#accepted) return undefined;
    const { user, password } = this.#logIn;
    return this.#method === 'basic' ? basicCred(user, password) : md5Cred(user, password, this.#nonces.ours);
  }

  /** Takes the Status of our SyncHdr. */
  answered(status: StatusCommand): 'accepted' | 'again' | 'refused' {
    const { chal, code } = status;
    if (chal?.nextNonce !== undefined) this.#update({ ...this.#nonces, ours: chal.nextNonce });
    if (code !== Status.InvalidCredentials && code !== Status.MissingCredentials) {
      // 200 with a challenge: credentials are wanted with every message.
      this.#accepted = code === Status.AuthAccepted || (this.#accepted && chal === undefined);
      return 'accepted';
    }
    this.#accepted = false;
    this.#refusals += 1;
    if (chal === undefined || this.#refusals >= MAX_REFUSALS) return 'refused';
    if (chal.type === 'syncml:auth-basic') {
      if (!this.#logIn.mayUseBasic) return 'refused';
      this.#method = 'basic';
    } else if (chal.type === 'syncml:auth-md5') this.#method = 'md5';
    return 'again';
  }

  /**
   * Judges the server's credentials.
   * @returns code and challenge of our Status for its SyncHdr. @throws {ServerNotAuthentic} when it does not prove itself.
   */
  judge(header: SyncHdr): { readonly code: number; readonly chal?: Meta } {
    if (this.#serverAccepted) return { code: Status.Ok };
    if (header.cred && this.#isRight(header, header.cred)) {
      this.#serverAccepted = true;
      return { code: Status.AuthAccepted, chal: this.#challenge() };
    }
    this.#serverRefusals += 1;
    if (this.#serverRefusals > MAX_SERVER_REFUSALS) throw new ServerNotAuthentic('the server does not prove that it knows the password');
    return { code: header.cred ? Status.InvalidCredentials : Status.MissingCredentials, chal: this.#challenge() };
  }

  #isRight(header: SyncHdr, cred: Cred): boolean {
    const names = [header.source.uri, header.source.name].filter((name) => name !== undefined);
    const { password } = this.#logIn;
    if (cred.meta?.type === 'syncml:auth-basic') return false;
    return names.some((name) => md5Digest(name, password, this.#nonces.servers) === cred.data);
  }

  #challenge(): Meta {
    const nonce = randomBytes(12).toString('base64');
    this.#update({ ...this.#nonces, servers: nonce });
    return { type: 'syncml:auth-md5', format: 'b64', nextNonce: nonce };
  }

  #update(nonces: Nonces): void {
    this.#nonces = nonces;
    this.#keep(nonces);
  }
}
