/** Accounts, their credentials and failed log-ins. */
import type { AccountId } from '../../model/ids.js';

export interface AccountRecord {
  readonly id: AccountId;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly lockedAt?: number;
  /** Bytes of item content; undefined: the server's default. */
  readonly quotaBytes?: number;
  /** Storage location of what its copies get from now on; undefined: the server's default. */
  readonly location?: string;
  /** IANA name of where its devices are, when nothing nearer tells; undefined: the server's configuration says. */
  readonly timeZone?: string;
  /** ISO 3166 code of where its telephone numbers without the prefix of a country are; undefined: the server's configuration says. */
  readonly country?: string;
  /** It was taken over from an account service, which is asked about devices that are new to it. */
  readonly fromService?: true;
  /** Registered, and may not use the service. */
  readonly notEntitled?: true;
}

/** Sealed at rest. Digests as the protocol needs them. */
export interface Credential {
  /** Base64 of MD5("user:password"), which both basic and md5 are checked against. */
  readonly verifier: string;
  /** Base64 of MD5("serverId:password") with the name below: answers a client that challenges the server. Absent where an account service did not say. */
  readonly serverVerifier?: string;
  readonly serverId: string;
  /** The formula of SyncML 1.0, and a client's basic challenge, cannot be answered without it; absent where the operator forbids to keep it. */
  readonly password?: string;
}

export interface AccountsReader {
  byName(name: string): Promise<AccountRecord | undefined>;
  byId(id: AccountId): Promise<AccountRecord | undefined>;
  list(): Promise<readonly AccountRecord[]>;
  credential(id: AccountId): Promise<Credential | undefined>;
  /** Account that a device of this URI last authenticated as, for md5 clients that send no user name; undefined when none or several. */
  ofDevice(deviceUri: string): Promise<AccountId | undefined>;
  /** Secret of the whole store from which challenge nonces are computed. 32 bytes. */
  serverSecret(): Uint8Array;
  failure(key: FailureKey): Promise<Failure | undefined>;
}

export interface AccountsWriter extends AccountsReader {
  /** Makes the account with a data key of its own. @throws {UserError} when the name is taken. */
  create(name: string, credential: Credential, now: number): Promise<AccountRecord>;
  setCredential(id: AccountId, credential: Credential): Promise<void>;
  setLocked(id: AccountId, lockedAt: number | undefined): Promise<void>;
  setQuota(id: AccountId, quotaBytes: number | undefined): Promise<void>;
  setEntitled(id: AccountId, entitled: boolean): Promise<void>;
  setLocation(id: AccountId, location: string | undefined): Promise<void>;
  setTimeZone(id: AccountId, timeZone: string | undefined): Promise<void>;
  setCountry(id: AccountId, country: string | undefined): Promise<void>;
  /** The account is one of the account service's from now on. */
  markFromService(id: AccountId): Promise<void>;
  /** Removes every row of the account and destroys its data key; its blobs become orphans that nobody can read. */
  remove(id: AccountId): Promise<void>;
  saveFailure(key: FailureKey, failure: Failure | undefined): Promise<void>;
}

/** Failed log-ins are counted per account, device and address, so that nobody locks a user out by name. At most 200 rows an account are kept. */
export interface FailureKey {
  readonly account: AccountId;
  readonly deviceUri: string;
  readonly address: string;
}

export interface Failure {
  readonly count: number;
  readonly lastAt: number;
  /** Refuse without looking at the credentials until then. */
  readonly blockedUntil: number;
}
