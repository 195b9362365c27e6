/** What is asked of a log-in, and what comes of it. */
import type { AccountId } from '../model/ids.js';
import type { Tolerance } from '../model/leniency.js';
import type { Meta, SyncHdr, SyncmlVersion } from '../model/message.js';
import type { Status } from '../model/status.js';
import type { AccountRecord, FailureKey } from '../storage/ports/accounts.js';
import type { Stranger } from './first-time.js';
import type { Bound } from './lock-out.js';

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
  readonly tolerance: Tolerance;
  /** Of a live session: the account it belongs to. Other accounts' credentials are refused within it. */
  readonly known?: { readonly account: AccountId };
  /** The account service has just said who it is. */
  readonly vouched?: boolean;
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
  /** Failures that were counted before; they are forgiven. */
  readonly forgive: readonly FailureKey[];
}

export interface Refused {
  readonly kind: 'refused';
  readonly status: RefusalStatus;
  /** Type, Format and NextNonce; undefined: no further try is invited. */
  readonly challenge?: Meta;
  /** In plain words, for the operator only. */
  readonly reason: string;
  readonly account?: AccountRecord;
  /** A try that counts, and where. */
  readonly failed?: readonly Bound[];
  /** Too many failures before: refused without regard to the credentials. */
  readonly blocked?: boolean;
  /** This server does not know the user, or the device: the account service is to be asked. */
  readonly stranger?: Stranger;
}
export type RefusalStatus =
  | typeof Status.InvalidCredentials
  | typeof Status.MissingCredentials
  | typeof Status.FeatureNotSupported
  | typeof Status.UnsupportedMediaType
  | typeof Status.Forbidden
  | typeof Status.ServiceUnavailable;

export type AuthOutcome = Accepted | Refused;
