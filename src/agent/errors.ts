/** What can go wrong on the device's side, as far as a caller does something about it. */

/** No answer came, or only a part of one: the message may have been taken or not. The same bytes may be sent again. */
export class LinkLost extends Error {
  override readonly name = 'LinkLost';
}

/** The server asks to come back later. */
export class ServerBusy extends Error {
  override readonly name = 'ServerBusy';
  /** Milliseconds the server asks for; undefined when it said nothing. */
  readonly retryAfter: number | undefined;
  constructor(message: string, retryAfter?: number) {
    super(message);
    this.retryAfter = retryAfter;
  }
}

/** The server refused the session or the datastore; `code` is the Status, or the HTTP status where there was none. */
export class SessionRefused extends Error {
  override readonly name = 'SessionRefused';
  readonly code: number;
  constructor(message: string, code: number) {
    super(message);
    this.code = code;
  }
}

/** The server's own credentials are wrong or missing although they were asked for: nothing it says is believed. */
export class ServerNotAuthentic extends Error {
  override readonly name = 'ServerNotAuthentic';
}

/** The server departs from the protocol in a way that leaves no way on. */
export class ProtocolFault extends Error {
  override readonly name = 'ProtocolFault';
}

/** The caller asked to stop; what was sent is kept on both sides, and the next run goes on from there. */
export class Suspended extends Error {
  override readonly name = 'Suspended';
}

/** The same command later has a chance. */
export const isPassing = (error: unknown): boolean =>
  error instanceof LinkLost ||
  error instanceof ServerBusy ||
  (error instanceof SessionRefused && [407, 408, 417, 500, 503, 506, 511, 512].includes(error.code));
