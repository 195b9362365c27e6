/**
 * What the protocol engine asks of the datastores, and what it is told.
 *
 * The engine yields one effect at a time; each speaks for a batch of commands that do not depend on one another. `sync` carries
 * it out inside the message's transaction and feeds the answer back.
 */
import type { SyncType } from './alert.js';
import type { DevInf } from './devinf.js';
import type { Guid, Luid, PairId } from './ids.js';
import type { Item, Meta } from './message.js';

export interface Effects {
  /** Opens a datastore for a sync type, or resumes one. */
  open: { ask: OpenRequest; answer: OpenAnswer };
  /** True when this session may still write these pairs: no newer session has opened one of them. */
  owns: { ask: { readonly pairs: readonly PairId[] }; answer: boolean };
  /** Client commands of one datastore, in order. One answer each. */
  change: { ask: { readonly pair: PairId; readonly changes: readonly ClientChange[] }; answer: readonly ChangeAnswer[] };
  /** Drops a large object that was not completed. */
  dropIncoming: { ask: { readonly pair: PairId }; answer: void };
  /** LUIDs for GUIDs we sent. Names of stores as the client wrote them; undefined answer: no such pair. */
  map: {
    ask: { readonly target: string; readonly source: string; readonly items: readonly { guid: Guid; luid: string }[] };
    answer: readonly number[] | undefined;
  };
  /** Statuses of the client for our commands. */
  answered: { ask: { readonly pair: PairId; readonly answers: readonly ItemAnswer[] }; answer: void };
  /** The client disagrees with the anchor (508 for our Alert): the sync goes on as a slow one. */
  widen: { ask: { readonly pair: PairId }; answer: SyncType };
  /** The client's changes are complete: a refresh is carried out, the outgoing list is fixed. Answers the number of changes to come. */
  received: {
    ask: {
      readonly pair: PairId;
      /** Bytes; what is bigger, and would be without its pictures, is left out and stays owed. */
      readonly maxItemBytes?: number;
      /** What the client has room for. */
      readonly freeIds?: number;
      readonly freeBytes?: number;
    };
    answer: number;
  };
  /**
   * The next entries to send, up to about `bytes` of content (at least one). None and not `done`: a part of a large object is out and
   * its 213 has not come. `text`: content goes out in XML, which holds text only.
   */
  outgoing: {
    ask: {
      readonly pair: PairId;
      readonly bytes: number;
      readonly text?: boolean;
      /** Bytes of the largest object that reaches the client. */ readonly room?: number;
    };
    answer: { readonly entries: readonly Outgoing[]; readonly done: boolean };
  };
  /** These entries stand in message `msgId`. */
  sent: { ask: { readonly pair: PairId; readonly msgId: number; readonly entries: readonly SentEntry[] }; answer: void };
  /** Entries that cannot be sent to this client in this session stay owed. */
  skip: { ask: { readonly pair: PairId; readonly seqs: readonly number[] }; answer: void };
  /** The client lost the object of which parts are out (Alert 223): it is sent again from its beginning. */
  resend: { ask: { readonly pair: PairId }; answer: void };
  /** A whole message of ours was refused for want of credentials: what went out and was not answered goes out again. */
  rewind: { ask: { readonly pair: PairId }; answer: void };
  /** Our last word was sent: from here on the client may believe that the sync is over. */
  offer: { ask: { readonly pair: PairId }; answer: void };
  /** The sync has ended well: anchors move. */
  finish: { ask: { readonly pair: PairId }; answer: void };
  /** The sync ends here without moving anchors; its state stays for a resume. */
  abandon: { ask: { readonly pair: PairId; readonly reason: string }; answer: void };
  /** Keeps what the device told of itself. */
  devInf: { ask: { readonly devInf: DevInf }; answer: void };
  /** Keeps the nonce with which the client challenged us. */
  clientNonce: { ask: { readonly nonce: string }; answer: void };
  /** Runs `body` under a savepoint: all of it or nothing. */
  atomic: { ask: { readonly body: () => Generator<Effect, { keep: boolean }, unknown> }; answer: void };
}

export type EffectKind = keyof Effects;
export type Effect = { [K in EffectKind]: { readonly kind: K } & Effects[K]['ask'] }[EffectKind];
export type Answer<K extends EffectKind> = Effects[K]['answer'];

export interface OpenRequest {
  /** Source and Target of the Alert's Item, as written; an empty Target means the Source's name. */
  readonly clientUri: string;
  readonly serverUri: string;
  readonly type: SyncType | 'resume';
  readonly last?: string;
  readonly next: string;
}
export type OpenAnswer =
  | { readonly kind: 'refused'; readonly status: number }
  | {
      readonly kind: 'opened';
      readonly pair: PairId;
      /** The datastore's own name. */
      readonly datastore: string;
      /** The type that will be run. */
      readonly type: SyncType;
      /** 200, or 508 when it is not the one asked for. */
      readonly status: number;
      /** Our Next of the last sync the client took part in; absent at first. */
      readonly last?: string;
      readonly next: string;
      /** Bytes, where this datastore takes larger objects than others. */
      readonly maxObjSize?: number;
      /** A resumed sync: had the client's changes been complete? Which object was half received? */
      readonly resumed?: { readonly received: boolean; readonly incoming?: { readonly luid: string } };
    };

/** One part of a large object. */
export interface Part {
  readonly last: boolean;
  /** Announced bytes of the whole object: its first part. */
  readonly size?: number;
  /** `datapos` of Meta/EMI: where this part starts, in bytes. */
  readonly position?: number;
}

export interface ClientChange {
  readonly kind: 'Add' | 'Replace' | 'Delete';
  readonly luid: Luid;
  /** Command Meta and Item Meta joined, the Item's over the command's. */
  readonly meta: Meta;
  /** Raw bytes as sent; `format` of meta not undone. */
  readonly content?: Uint8Array;
  readonly part?: Part;
  readonly archive?: boolean;
  readonly sftDel?: boolean;
  /** The Item it came from: names content that was prepared before the transaction. */
  readonly item: Item;
}
export interface ChangeAnswer {
  readonly status: number;
  /** What the Status' Item names: the unsupported type, the missing part. */
  readonly detail?: string;
}

export interface ItemAnswer {
  readonly msgId: number;
  readonly cmdId: number;
  readonly status: number;
}

export interface Outgoing {
  readonly seq: number;
  readonly kind: 'Add' | 'Replace' | 'Delete';
  readonly guid: Guid;
  readonly luid?: Luid;
  readonly type: string;
  readonly revision: number;
  /** Absent for Delete. */
  readonly content?: Uint8Array;
  /** Bytes the client already has of a large object that goes on. */
  readonly offset: number;
  /**
   * Set for an object that is too large to be at hand whole: `content` then is the piece from `offset` on, ready to be sent, and this is what the
   * whole measures.
   */
  readonly window?: { readonly size: number; readonly format?: string };
}

export interface SentEntry {
  readonly seq: number;
  readonly cmdId: number;
  readonly revision: number;
  /** Bytes of the object that are out now, when it is a large one. */
  readonly sentBytes?: number;
  /** False while parts of it are still to come. */
  readonly complete: boolean;
}
