/**
 * What the engine remembers of a session between messages: plain JSON, stored with each answer.
 *
 * Phases are named for the package we are receiving: `initialization` (1), `modifications` (3), `map` (5), `ended`. `closing` is set once
 * the client's Final of that package has come: we are sending our answer package and end it with Final when all of it is out; then
 * the next phase begins.
 */
import type { SyncType } from '../model/alert.js';
import type { PairId } from '../model/ids.js';
import type { Anchor, Command, Cred, DistributiveOmit, StatusCommand, SyncmlVersion } from '../model/message.js';

export type Phase = 'initialization' | 'modifications' | 'map' | 'ended';

export interface OpenStore {
  readonly pair: PairId;
  /** Names as the client wrote them: some phones compare them letter by letter. */
  readonly clientUri: string;
  readonly serverUri: string;
  readonly datastore: string;
  type: SyncType;
  /** A Sync for it has come. */
  syncSeen: boolean;
  /** The client's changes are complete and the outgoing list is fixed. */
  received: boolean;
  /** 508 was answered in the package that already held changes: all items come in the next one. */
  restart: boolean;
  /** Anything of our own Sync was sent. */
  syncSent: boolean;
  /** NumberOfChanges of our first Sync. */
  count: number;
  /** All entries are out. */
  allSent: boolean;
  state: 'open' | 'refused' | 'failed' | 'finished';
  resumed: boolean;
  /** Mem of the client's Sync. */
  freeIds?: number;
  freeBytes?: number;
}

/** A command that waits for room in an answer, without its CmdID. */
export type Waiting =
  | { readonly kind: 'command'; readonly command: DistributiveOmit<Command, 'cmdId'>; /** Alert of this store. */ readonly pair?: PairId }
  | {
      readonly kind: 'devinf';
      readonly msgRef: string;
      readonly cmdRef: string;
      readonly uri: string;
      /** Bytes of the document that are out, where it goes in parts. */
      readonly sent?: number;
    };

/** A Status without its CmdID. Its Items hold a text or an anchor: bytes would not survive JSON. */
export type WaitingStatus = Omit<StatusCommand, 'cmdId' | 'items'> & { readonly details: readonly (string | Anchor)[] };

export interface SentSync {
  readonly msgId: number;
  readonly pair: PairId;
  /** CmdID of the Sync and of its last child. */
  readonly sync: number;
  readonly lastChild: number;
}

export interface Session {
  readonly version: SyncmlVersion;
  /** Our address as the client wrote it, and the client's. */
  readonly serverUri: string;
  readonly clientUri: string;
  /** User name the client gave in clear, for messages that leave it out. */
  userName?: string;
  phase: Phase;
  closing: boolean;
  /** MsgID of our last message. */
  msgId: number;
  stores: OpenStore[];
  /** Bytes. */
  clientMaxMsgSize?: number;
  clientMaxObjSize?: number;
  largeObjects: boolean;
  numberOfChanges: boolean;
  /** Statuses that did not fit, in order. */
  statuses: WaitingStatus[];
  waiting: Waiting[];
  sentSyncs: SentSync[];
  sentAlerts: { readonly msgId: number; readonly cmdId: number; readonly pair: PairId }[];
  /** Our own commands other than Status and Sync in the last message: sent again when the client wants credentials first. */
  lastOwn: { msgId: number; commands: { cmdId: number; waiting: Waiting }[] };
  /** What the CmdIDs of our messages begin after: they come back in the client's Statuses and tell its sessions apart. Absent: 0. */
  readonly cmdIdsAfter?: number;
  /** CmdIDs of our last message. */
  lastIds?: { readonly msgId: number; readonly first: number; readonly last: number };
  /** Large object being received. */
  incoming?: { pair: PairId; luid: string; target?: string; source?: string };
  /** A DevInf that comes in parts: Base64 of what is here, by its URI. */
  incomingDevInf?: { uri: string; data: string };
  devInfAsked: boolean;
  /** Credentials the client asked us for; go into the next header. */
  cred?: Cred;
  /** Goes beside them in the clear. */
  credName?: string;
  /** Base64. The client wants an HMAC over each of our messages, made with this nonce. */
  macNonce?: string;
  /** Challenges of the client answered so far. */
  challenges: number;
  mutual: 'none' | 'challenged' | 'accepted';
  /** A sync Alert came in the package we are receiving. */
  alertSeen: boolean;
  /** Our package answers with Alerts: the client's changes are still to come after it. */
  stay: boolean;
  /** Messages in a row that brought nothing. */
  idle: number;
  /** EMI datapos was seen: the client understands positions. */
  positions: boolean;
}

export function newSession(version: SyncmlVersion, serverUri: string, clientUri: string): Session {
  return {
    version,
    serverUri,
    clientUri,
    phase: 'initialization',
    closing: false,
    msgId: 0,
    stores: [],
    largeObjects: false,
    numberOfChanges: false,
    statuses: [],
    waiting: [],
    sentSyncs: [],
    sentAlerts: [],
    lastOwn: { msgId: 0, commands: [] },
    devInfAsked: false,
    challenges: 0,
    mutual: 'none',
    alertSeen: false,
    stay: false,
    idle: 0,
    positions: false,
  };
}
