/**
 * One SyncML message as plain data, the same for XML and WBXML and for versions 1.0, 1.1 and 1.2.
 * Names and nesting follow [SyncML Representation Protocol 1.2.2]. Absent elements are absent properties.
 */
import type { DevInf } from './devinf.js';

export type SyncmlVersion = '1.0' | '1.1' | '1.2';

export interface Message {
  readonly header: SyncHdr;
  /** Commands of SyncBody in the order they were sent. */
  readonly body: readonly Command[];
  /** The last message of a package carries Final. */
  readonly final: boolean;
}

export interface SyncHdr {
  readonly verDtd: string;
  readonly verProto: string;
  readonly sessionId: string;
  readonly msgId: string;
  readonly target: Location;
  readonly source: Location;
  readonly respUri?: string;
  readonly noResp?: boolean;
  readonly cred?: Cred;
  readonly meta?: Meta;
}

/** Target or Source: LocURI with its LocName. */
export interface Location {
  readonly uri: string;
  readonly name?: string;
  /** DS 1.2, only in the Target of an Alert's Item. */
  readonly filter?: Filter;
}

export interface Filter {
  readonly meta?: Meta;
  readonly field?: Item;
  readonly record?: Item;
  readonly type?: string;
}

/** Credentials. `data` is the text as sent (Base64 for `b64`), or Base64 of the bytes where they came as raw OPAQUE (md5 of 16 bytes). */
export interface Cred {
  readonly meta?: Meta;
  readonly data: string;
}

export interface Anchor {
  readonly last?: string;
  readonly next?: string;
}

/** MetInf. Sizes in bytes. [SyncML Meta Information 1.2.2] */
export interface Meta {
  readonly type?: string;
  readonly format?: string;
  readonly mark?: string;
  readonly size?: number;
  readonly anchor?: Anchor;
  readonly version?: string;
  /** Base64 text. */
  readonly nextNonce?: string;
  readonly maxMsgSize?: number;
  readonly maxObjSize?: number;
  readonly emi?: readonly string[];
  readonly mem?: { readonly sharedMem?: boolean; readonly freeMem?: number; readonly freeId?: number };
  readonly fieldLevel?: boolean;
}

/**
 * Content of an Item's Data. `content` is the object's bytes in UTF-8 or raw, exactly as sent, carriage returns of XML messages included
 * (clients count them in Size); Base64 of `Format` b64 is not undone here. Markup below Data that is no DevInf, Anchor or other known
 * MetInf is `content` again: its XML text. The bytes may be a view of the request's body.
 */
export type Data =
  | { readonly kind: 'content'; readonly bytes: Uint8Array }
  | { readonly kind: 'anchor'; readonly anchor: Anchor }
  | { readonly kind: 'devinf'; readonly devinf: DevInf };

export interface Item {
  readonly target?: Location;
  readonly source?: Location;
  readonly sourceParent?: string;
  readonly targetParent?: string;
  readonly meta?: Meta;
  readonly data?: Data;
  readonly moreData?: boolean;
}

export interface MapItem {
  /** GUID, or the temporary GUID of our Add. */
  readonly target: Location;
  /** The LUID. */
  readonly source: Location;
}

interface Base {
  /** Unique in its message; '' where the sender left it out. */
  readonly cmdId: string;
}
interface Answerable extends Base {
  readonly noResp?: boolean;
  readonly cred?: Cred;
  readonly meta?: Meta;
}

/** Add, Replace, Delete, Copy and Move. */
export interface ItemCommand extends Answerable {
  readonly kind: 'Add' | 'Replace' | 'Delete' | 'Copy' | 'Move';
  readonly items: readonly Item[];
  /** Delete only. */
  readonly archive?: boolean;
  /** Delete only. */
  readonly sftDel?: boolean;
}
export interface AlertCommand extends Answerable {
  readonly kind: 'Alert';
  /** Undefined where the sender left Data out or wrote no number. */
  readonly code?: number;
  readonly items: readonly Item[];
  readonly correlator?: string;
}
export interface SyncCommand extends Answerable {
  readonly kind: 'Sync';
  readonly target?: Location;
  readonly source?: Location;
  readonly numberOfChanges?: number;
  readonly commands: readonly Command[];
}
export interface GroupCommand extends Answerable {
  readonly kind: 'Atomic' | 'Sequence';
  readonly commands: readonly Command[];
}
export interface MapCommand extends Base {
  readonly kind: 'Map';
  readonly target?: Location;
  readonly source?: Location;
  readonly cred?: Cred;
  readonly meta?: Meta;
  readonly items: readonly MapItem[];
}
export interface PutGetCommand extends Answerable {
  readonly kind: 'Put' | 'Get';
  readonly lang?: string;
  readonly items: readonly Item[];
}
export interface ResultsCommand extends Base {
  readonly kind: 'Results';
  readonly msgRef?: string;
  readonly cmdRef: string;
  readonly meta?: Meta;
  readonly targetRef?: string;
  readonly sourceRef?: string;
  readonly items: readonly Item[];
}
export interface ExecCommand extends Answerable {
  readonly kind: 'Exec';
  readonly correlator?: string;
  readonly items: readonly Item[];
}
export interface SearchCommand extends Answerable {
  readonly kind: 'Search';
  readonly noResults?: boolean;
  readonly target?: Location;
  readonly sources: readonly Location[];
  readonly lang?: string;
  readonly data?: Data;
}
export interface StatusCommand extends Base {
  readonly kind: 'Status';
  readonly msgRef: string;
  readonly cmdRef: string;
  /** Name of the command answered, or `SyncHdr`. */
  readonly cmd: string;
  readonly targetRefs: readonly string[];
  readonly sourceRefs: readonly string[];
  readonly cred?: Cred;
  readonly chal?: Meta;
  readonly code: number;
  readonly items: readonly Item[];
}
/** An element of SyncBody, Sync, Atomic or Sequence that no version defines as a command. */
export interface UnknownCommand extends Base {
  readonly kind: 'Unknown';
  readonly name: string;
}

export type Command =
  | ItemCommand
  | AlertCommand
  | SyncCommand
  | GroupCommand
  | MapCommand
  | PutGetCommand
  | ResultsCommand
  | ExecCommand
  | SearchCommand
  | StatusCommand
  | UnknownCommand;

export type CommandKind = Command['kind'];

/** `Omit` that keeps a union a union. */
export type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** Sessions count messages one by one; a number beyond this is no count, and arithmetic on it would not be exact. */
const MAX_MSG_ID = 0xffff_ffff;

/** A MsgID as the number it stands for, 1..4294967295 in decimal digits; undefined for text that is no such number. */
export function msgIdNumber(text: string): number | undefined {
  if (!/^\d{1,10}$/.test(text)) return undefined;
  const value = Number(text);
  return value > 0 && value <= MAX_MSG_ID ? value : undefined;
}
