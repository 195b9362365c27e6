/** What goes into a session and what comes out of it. */
import type { Alert, SyncType } from '../../model/alert.js';
import type { DevInf } from '../../model/devinf.js';
import type { LogIn, Nonces } from './authentication.js';
import type { OutgoingItem, SyncNames } from './compose.js';

/** The server's answer to our Alert. */
export interface Opened {
  readonly type: SyncType;
  /** The sync that broke off goes on; else everything is sent from its beginning. */
  readonly resumed: boolean;
  /** Bytes of the largest object the server takes. */
  readonly maxObjSize: number | undefined;
}

/** One item of the server, or a part of one. */
export interface IncomingPart {
  readonly kind: 'Add' | 'Replace' | 'Delete';
  readonly uri: string;
  readonly type: string | undefined;
  readonly format: string | undefined;
  /** Of the whole object; in its first part only. */
  readonly size: number | undefined;
  /** Where the part belongs, when the server says so. */
  readonly position: number | undefined;
  readonly bytes: Uint8Array;
  readonly more: boolean;
}

export interface SyncHandler {
  /** What is sent in package 3. */
  opened(opened: Opened): readonly OutgoingItem[];
  /** The server stored the item up to `item.offset`. */
  acknowledged(item: OutgoingItem): void;
  /** The server answered the whole item. @returns false: nothing more is sent, the session comes to its end. */
  answered(item: OutgoingItem, code: number, detail: string | undefined): boolean;
  /** @returns the Status for it; 213 for a part that was taken. */
  received(part: IncomingPart): Promise<number> | number;
}

export interface SessionPlan {
  readonly names: SyncNames;
  readonly type: SyncType | typeof Alert.Resume;
  readonly last?: string;
  readonly next: string;
  readonly handler: SyncHandler;
}

export interface SessionSettings {
  readonly server: string;
  /** Source/LocURI: the device's identity. */
  readonly device: string;
  readonly logIn: LogIn;
  /** Waits for other log-ins of the account. @returns what lets the next one begin. */
  logInTurn(): Promise<() => void>;
  nonces(): Nonces;
  keepNonces(nonces: Nonces): void;
  /** SessionID, at most four digits. */
  readonly sessionId: number;
  /** Bytes of the largest answer we take. */
  readonly maxMsgSize: number;
  readonly maxObjSize: number;
  /** Sent when the server does not have it. */
  readonly devInf: DevInf | undefined;
  /** Suspends the session (Alert 224) when it is aborted. */
  readonly suspend?: AbortSignal | undefined;
}

export interface SessionResult {
  readonly type: SyncType;
  /** The server's Next. */
  readonly serverNext: string;
  readonly messages: number;
  /** The server took our device information. */
  readonly devInfTaken: boolean;
}
