/** Messages as they went over the wire, kept with their session for laboratories. Sealed at rest; they go with the session. */
import type { SessionToken } from '../../model/ids.js';

/** A request or a response. */
export interface WireSide {
  /** Those the server looks at or sets, by their usual spelling. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Bytes of the body, where it is left out for its size. */
  readonly leftOut?: number;
}

export interface KeptMessage {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** What was posted to: path and query. */
  readonly path: string;
  readonly request: WireSide;
  readonly httpStatus: number;
  readonly response: WireSide;
}

export interface NumberedMessage extends KeptMessage {
  /** From 1 within the session, in the order they were answered. */
  readonly n: number;
}

/** What is kept of one session. */
export interface KeepBounds {
  readonly messages: number;
  /** Of both bodies together. A message bigger than that is kept without them. */
  readonly bytes: number;
}

export interface MessagesReader {
  /** In order; the oldest may be gone. */
  of(token: SessionToken): Promise<readonly NumberedMessage[]>;
}

export interface MessagesWriter extends MessagesReader {
  /** Adds to a session's messages; the oldest go as the bounds want it. @throws {Error} when the account has no such session. */
  keep(token: SessionToken, messages: readonly KeptMessage[], bounds: KeepBounds): Promise<void>;
}
