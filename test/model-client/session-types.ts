/** What goes into a session and what comes out of it. */
import type { Alert, SyncType } from '../../src/model/alert.js';
import type { Message } from '../../src/model/message.js';
import type { DeviceStore } from './device-store.js';
import type { AuthMemory } from './session-auth.js';

/** What a device remembers beside its stores. */
export interface DeviceMemory extends AuthMemory {
  sessions: number;
  anchors: number;
  devInfSent: boolean;
}

export interface SessionPlan {
  readonly stores: readonly { readonly store: DeviceStore; readonly type: SyncType | typeof Alert.Resume }[];
  /** Alerts and Syncs in one package. */
  readonly combined?: boolean;
  /** Send Alert 224 in the message of this number (2 or later) and leave. */
  readonly suspendAt?: number;
  /** Changes of the server are refused with 500 now and then, when they come for the first time. */
  readonly refuses?: boolean;
}

/** How one store fared. */
export interface StoreResult {
  readonly uri: string;
  readonly requested: number;
  readonly effective: number | undefined;
  readonly refused: number | undefined;
  readonly failures: readonly { readonly luid: string; readonly kind: string; readonly code: number }[];
  /** Changes the server took, and changes of the server. */
  readonly delivered: number;
  readonly arrived: number;
  /** The device's changes that met another one of the same item. */
  readonly conflicts: number;
}
export interface SessionResult {
  readonly stores: readonly StoreResult[];
  readonly messages: number;
  readonly suspended: boolean;
  /** Advice of the reference that the server did not follow. */
  readonly ignored: readonly string[];
}

/** The server refused the session as a whole. */
export class SessionRefused extends Error {
  override readonly name = 'SessionRefused';
  readonly code: number;
  constructor(code: number) {
    super(`the server answered SyncHdr with ${code}`);
    this.code = code;
  }
}

/** The server does not go on with what broke off, but with another type than the device began. */
export class ResumeRefused extends Error {
  override readonly name = 'ResumeRefused';
}

/** No answer came, however often the device sent its message. */
export class SessionDead extends Error {
  override readonly name = 'SessionDead';
}

/** Sends one message; asked again it may carry other bytes (credentials). Throws {SessionDead}. */
export type Post = (url: string, message: Message, withCred: () => Message) => Promise<{ sent: Message; response: Message; bytes: number }>;
