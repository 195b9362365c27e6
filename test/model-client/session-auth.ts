/** Both directions of authentication, as a device keeps them: its own credentials, and its challenge to the server. [session-and-packages §10] */
import { randomBytes } from 'node:crypto';
import type { Cred, Message, Meta, StatusCommand, SyncHdr } from '../../src/model/message.js';
import { Status } from '../../src/model/status.js';
import { basicCred, md5Cred, md5Digest } from './credentials.js';
import type { DeviceProfile } from './profile.js';
import type { Findings } from './rules/findings.js';

/** What outlives a session. */
export interface AuthMemory {
  /** Base64: the server's NextNonce for our next digest. */
  nonce: string | undefined;
  /** Base64: the nonce the server has to use next. */
  serverNonce: string | undefined;
}

const MAX_ATTEMPTS = 3;

export class SessionAuth {
  readonly #profile: DeviceProfile;
  readonly #memory: AuthMemory;
  readonly #findings: Findings;
  #type: 'basic' | 'md5';
  #accepted: 'no' | 'session' | 'message' = 'no';
  #refusals = 0;
  #serverAccepted: boolean;
  #serverRefusals = 0;

  constructor(profile: DeviceProfile, memory: AuthMemory, findings: Findings) {
    this.#profile = profile;
    this.#memory = memory;
    this.#findings = findings;
    this.#type = profile.auth;
    this.#serverAccepted = !profile.challengesServer;
  }

  /** Cred for the next message; undefined when the whole session is accepted. */
  credForMessage(): Cred | undefined {
    return this.#accepted === 'session' ? undefined : this.cred();
  }

  cred(): Cred {
    const { user, password, version } = this.#profile;
    return this.#type === 'basic' ? basicCred(user, password) : md5Cred(version, user, password, this.#memory.nonce);
  }

  /** Takes the Status of our SyncHdr. @returns whether to go on, to try again with other credentials, or to give up. */
  answered(status: StatusCommand): 'accepted' | 'again' | 'refused' {
    const { chal, code } = status;
    if (chal?.nextNonce !== undefined) this.#memory.nonce = chal.nextNonce;
    if (code === Status.InvalidCredentials || code === Status.MissingCredentials) {
      if (chal?.type === 'syncml:auth-md5') this.#type = 'md5';
      else if (chal?.type === 'syncml:auth-basic') this.#type = 'basic';
      this.#refusals += 1;
      return chal !== undefined && this.#refusals < MAX_ATTEMPTS ? 'again' : 'refused';
    }
    if (code === Status.AuthAccepted) this.#accepted = 'session';
    else if (this.#accepted === 'no') this.#accepted = 'message';
    return 'accepted';
  }

  /** Judges the credentials of the server's message. @returns Status and Chal of the client's Status for the server's SyncHdr. */
  judgeServer(response: Message): { readonly code: number; readonly chal?: Meta } {
    if (this.#serverAccepted) return { code: Status.Ok };
    const { header } = response;
    if (header.cred && this.#isRight(header, header.cred)) {
      this.#serverAccepted = true;
      return { code: Status.AuthAccepted, chal: this.#challenge() };
    }
    this.#serverRefusals += 1;
    this.#findings.check(this.#serverRefusals <= 2, '§10.4', 'the server does not answer the challenge');
    return { code: header.cred ? Status.InvalidCredentials : Status.MissingCredentials, chal: this.#challenge() };
  }

  #isRight(header: SyncHdr, cred: Cred): boolean {
    const { version, password } = this.#profile;
    const nonce = Buffer.from(this.#memory.serverNonce ?? '', 'base64');
    return [header.source.uri, header.source.name].some(
      (name) => name !== undefined && md5Digest(version, name, password, nonce) === cred.data,
    );
  }

  #challenge(): Meta {
    this.#memory.serverNonce = randomBytes(12).toString('base64');
    return { type: 'syncml:auth-md5', format: 'b64', nextNonce: this.#memory.serverNonce };
  }
}
