import type { AccountId } from '../model/ids.js';
import type { LeniencyName } from '../model/leniency.js';
import type { Dialect, Encoding } from '../wire/dialect.js';
import type { Request } from './locate.js';
import type { Keeping } from './recorder.js';

export interface ExchangeRequest {
  readonly body: Uint8Array;
  readonly contentType?: string;
  readonly accept?: string;
  /** Absolute URL of the endpoint as the client reached it, without query. */
  readonly url: string;
  readonly token?: string;
  readonly address: string;
  readonly userAgent?: string;
  /** Header x-wap-profile, or profile: where the phone's description lies, which tells its model. */
  readonly wapProfile?: string;
  readonly hmac?: string;
  /** Deviations that HTTP let pass. */
  readonly deviations?: readonly LeniencyName[];
}

export interface ExchangeAnswer {
  readonly httpStatus: number;
  readonly contentType?: string;
  readonly body: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Fields for the message's log line. */
  readonly log: Readonly<Record<string, unknown>>;
}

/** A decoded request on its way. */
export interface Incoming extends Request {
  readonly request: ExchangeRequest;
  readonly body: Uint8Array;
  /** Of the request's body. */
  readonly encoding: Encoding;
  /** How the answer is written. */
  readonly dialect: Dialect;
  /** Set where messages are kept with their session. */
  readonly keep: Keeping | undefined;
}

/** An encoded answer. */
export interface Reply {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  /** The client wants an HMAC over the bytes. `nonce` is Base64. */
  readonly mac?: { readonly account: AccountId; readonly nonce: string };
  readonly log: Readonly<Record<string, unknown>>;
}
