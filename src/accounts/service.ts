/**
 * The account service: who is registered and may use this server, known elsewhere. It is asked about users and devices this server does not
 * know, once; what it says is kept. Built-in accounts are one (`built-in-service.ts`), a carrier's server over HTTP another (`http-service.ts`).
 */

/** What a device presents. Texts are Base64. */
export type PresentedCredential =
  | { readonly type: 'basic'; readonly password: string }
  /** `nonces`: those the digest may have been made with. */
  | { readonly type: 'md5'; readonly digest: string; readonly nonces: readonly string[] }
  /** `body`: Base64 of the MD5 of the message, which the digest is over. */
  | { readonly type: 'mac'; readonly digest: string; readonly nonces: readonly string[]; readonly body: string };

export interface Question {
  /** As the device writes it. */
  readonly user: string;
  /** Its URI: `IMEI:…`. */
  readonly device: string;
  /** Name this server gives itself towards devices. */
  readonly serverId: string;
  readonly credential: PresentedCredential;
}

/** The user is registered, the credential is right, and the service may be used. */
export interface Entitled {
  readonly result: 'entitled';
  /** As it is registered. */
  readonly user: string;
  /** Where the service keeps it. */
  readonly password?: string | undefined;
  /** Base64 of MD5("user:password"). This or the password is needed after md5 and mac. */
  readonly verifier?: string | undefined;
  /** Base64 of MD5("serverId:password"): for devices that challenge the server, where the password is not given. */
  readonly serverVerifier?: string | undefined;
  /** Bytes. */
  readonly quotaBytes?: number | undefined;
  /** Storage location of the user's choice. */
  readonly location?: string | undefined;
}

/**
 * `not-entitled`: registered, and the credential is right. `needs-basic`: digests cannot be checked, for want of anything to check them
 * against; the device is asked for basic.
 */
export type Verdict = Entitled | { readonly result: 'unknown' | 'wrong-credential' | 'not-entitled' | 'needs-basic' };

export interface AccountService {
  /** @throws {AccountServiceError} when there is no answer. */
  ask(question: Question): Promise<Verdict>;
}

/** `unreachable`: no answer, or none in time. `refused`: it does not take this server's own credential. `garbage`: what it says cannot be. */
export type AccountServiceFault = 'unreachable' | 'refused' | 'garbage';

export class AccountServiceError extends Error {
  override readonly name = 'AccountServiceError';
  readonly fault: AccountServiceFault;
  /** @param detail names neither users nor credentials. */
  constructor(fault: AccountServiceFault, detail: string) {
    super(`${fault}: ${detail}`);
    this.fault = fault;
  }
}
