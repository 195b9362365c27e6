import type { DevInf } from '../model/devinf.js';
import type { Command, Cred, Meta, SyncHdr, SyncmlVersion } from '../model/message.js';

/**
 * Everything from outside that a message's run may depend on: taken once, before the transaction, so that a rerun sees the same.
 * The functions are pure.
 */
/** What the client bears less of than it says, by its handset profile. */
export interface PeerHabits {
  /** Bytes; no message of ours is bigger. */
  readonly maxMessage?: number;
  /** So much of the MaxMsgSize it names is used. */
  readonly usePercent?: number;
  /** Statuses with an error have no Items. */
  readonly errorItems?: false;
  /** Add, Replace and Delete that went well get no Status. */
  readonly itemStatuses?: false;
  /** Nothing is split, whatever it says. */
  readonly largeObjects?: false;
  /** Size of a large object is so much above its length, bytes. */
  readonly sizePlus?: number;
}

export interface Facts {
  /** No deviation of the client is let pass that conformance does not ask for. */
  readonly strict: boolean;
  readonly auth:
    | { readonly kind: 'continued' }
    | { readonly kind: 'accepted'; /** Credentials are wanted with every message. */ readonly perMessage: boolean; readonly chal?: Meta };
  /** Where the client shall send its next messages; absent when it does so already. */
  readonly respUri?: string;
  readonly limits: EngineLimits;
  readonly habits?: PeerHabits;
  readonly encoding: 'xml' | 'wbxml';
  /** False: the device never told what it is. */
  readonly knowsDevice: boolean;
  /** Our device information. `stores` names datastores and the spelling the client used; `brief` leaves out the property lists and other stores. */
  readonly devInf: (version: SyncmlVersion, stores: readonly { datastore: string; uri: string }[], brief: boolean) => DevInf;
  /** Device information as a document on its own. */
  readonly encodeDevInf: (devInf: DevInf) => Uint8Array;
  /** Encoded bytes of a command, and of a message with an empty body. */
  readonly measure: (command: Command) => number;
  readonly envelope: (header: SyncHdr) => number;
  /** Our credentials for a client that challenges us; undefined when we have none that fit. */
  readonly credentials: (chal: Meta) => Cred | undefined;
  /** What a command is answered whose own credentials do not hold: it is not carried out. */
  readonly refusal?: (command: Command) => { readonly status: number; readonly chal?: Meta } | undefined;
  /** True when we can sign our messages with an HMAC. */
  readonly canMac: boolean;
  /** The name they are made for: a digest does not tell it. */
  readonly serverName?: string;
  /** A DevInf document that came in parts. */
  readonly decodeDevInf: (bytes: Uint8Array) => DevInf | undefined;
}

/** Bytes. */
export interface EngineLimits {
  /** Announced to the client. */
  readonly maxMsgSize: number;
  readonly maxObjSize: number;
  /** For clients that name no MaxMsgSize. */
  readonly defaultMsgSize: number;
  /** No answer is bigger, whatever the client allows. */
  readonly largestMessage: number;
}
