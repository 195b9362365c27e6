/** Sessions and the stored answer to their last message. */
import type { AccountId, DeviceId, SessionToken } from '../../model/ids.js';

export interface SessionRecord {
  readonly token: SessionToken;
  readonly account: AccountId;
  readonly device: DeviceId;
  readonly deviceUri: string;
  /** As the client sent it. */
  readonly sessionId: string;
  /** Where it came from: client address and User-Agent, for clients that ignore RespURI. */
  readonly origin: string;
  /** MsgID of the last message answered, as number; 0 before the first. */
  readonly lastMsgId: number;
  readonly startedAt: number;
  readonly updatedAt: number;
  readonly ended: boolean;
  /** JSON of the engine's session. Sealed at rest. */
  readonly state: string;
  /** JSON list of one line per message, for `moorage session show`: counts and codes, no content. */
  readonly trace: string;
}

/** The stored answer to the last message. Sealed at rest. */
export interface StoredResponse {
  readonly msgId: number;
  /** SHA-256 of the request's bytes. */
  readonly digest: string;
  /** SHA-256 of its SyncBody in canonical form: equal when only credentials or encoding differ. */
  readonly bodyDigest: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
  readonly at: number;
}

export interface SessionsReader {
  byToken(token: SessionToken): Promise<SessionRecord | undefined>;
  /** Live sessions of this device URI and SessionID from this origin, newest first. */
  find(deviceUri: string, sessionId: string, origin: string): Promise<readonly SessionRecord[]>;
  /** The one that ended last, `since` or later: its last message may come again. */
  findEnded(deviceUri: string, sessionId: string, origin: string, since: number): Promise<SessionRecord | undefined>;
  response(token: SessionToken): Promise<StoredResponse | undefined>;
  ofAccount(account: AccountId, limit: number): Promise<readonly SessionRecord[]>;
  countOpen(account: AccountId): Promise<number>;
}

export interface SessionsWriter extends SessionsReader {
  save(session: SessionRecord, response: StoredResponse): Promise<void>;
  remove(token: SessionToken): Promise<void>;
  /** Removes the live sessions of a device; those that have ended stay. */
  removeOpen(account: AccountId, device: DeviceId): Promise<void>;
}
