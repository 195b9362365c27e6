/** One device's store paired with one datastore: anchors, and the sync that is open. */
import type { SyncType } from '../../model/alert.js';
import type { CopyId, DatastoreId, DeviceId, Luid, PairId, SessionToken } from '../../model/ids.js';

/** One point both sides agreed on. */
export interface AnchorPoint {
  /** The client's Next, opaque; its next session must present it as Last. */
  readonly clientNext: string;
  readonly serverNext: string;
  /** Every change up to this log position is known to the device or owed to it by the id map. */
  readonly position: number;
  readonly generation: number;
  /** The map epoch that is valid with this anchor. */
  readonly epoch: number;
  readonly at: number;
}

/** A sync that has begun and not ended: what another session needs to go on with it. */
export interface OpenSync {
  readonly type: SyncType;
  /** The client's Next of the session that runs it; becomes the anchor. */
  readonly clientNext: string;
  /** The Last it came with, which the client repeats when it resumes: it need not be an anchor of ours. */
  readonly clientLast?: string;
  readonly serverNext: string;
  /** Map epoch it works in. */
  readonly epoch: number;
  /** The client asked for another type, which its anchors did not allow. */
  readonly anchorsDiffered?: boolean;
  /** The position it started from. */
  readonly base: number;
  /** Set when the previous anchor was presented: rows held since that generation count as unknown. */
  readonly redoAfter?: number;
  /** Epochs whose rows serve a slow sync as hints, best first; `aborted` is one that never ended well. */
  readonly hints?: readonly { readonly epoch: number; readonly aborted: boolean }[];
  /** Items of a refresh that were refused: what stands for them here stays. */
  readonly refused?: readonly Luid[];
  /** Entry of which only parts are out. */
  readonly partial?: { readonly seq: number };
  readonly phase: 'opened' | 'receiving' | 'sending' | 'sent';
  /** Log position the outgoing list was fixed at. */
  readonly position?: number;
  /** The client was told in its first Sync; 420 came back: no more Adds in this session. */
  readonly full?: boolean;
  /** Large object that is being received. */
  readonly incoming?: IncomingObject;
  /** The large object that was completed last: its last chunk may come again when our Status for it was lost. */
  readonly completed?: { readonly luid: Luid; readonly status: number; /** Keyed hash of its last chunk. */ readonly chunk: string };
  /** Set where the datastore is the copy of a device's file. */
  readonly database?: DatabaseSync;
  readonly kept?: Kept;
  /** Bytes of the largest object that the device takes in this sync; what is larger goes with smaller pictures, or without. */
  readonly room?: number;
  readonly startedAt: number;
}

/** Items a sync did not bring to the device, by the reason; they are tried again with each sync. */
export interface Kept {
  /** It has named no format that they can be written in. */
  readonly format?: number;
  /** They are too large for it, with smaller pictures and without any. */
  readonly size?: number;
  /** Bytes of the largest of these, and of the largest object that it takes. */
  readonly largest?: number;
  readonly room?: number;
}

/** A sync of the copy of a device's file. */
export interface DatabaseSync {
  /** Where a restore is from. */
  readonly from?: { readonly copy: CopyId; readonly generation: number };
  /** How its file goes out. */
  readonly coding?: 'gzip';
  /** The last full copy and the updates since, as they came. */
  readonly classic?: boolean;
  /** JSON: the answer to the manifest that has come. */
  readonly receipt?: string;
  /** What goes to the device, in order; fixed at the client's Final. */
  readonly entries: readonly DatabaseEntry[];
}

export interface DatabaseEntry {
  readonly seq: number;
  /** LocURI. */
  readonly name: string;
  readonly type: string;
  readonly source:
    | { readonly kind: 'text'; readonly text: string }
    /** `blocks`: lengths of the compressed pieces it goes out in. */
    | { readonly kind: 'file'; readonly generation: number; readonly size: number; readonly blocks?: readonly number[] }
    | { readonly kind: 'update'; readonly generation: number };
  /** As an entry of the list of items: waiting → sent → done | failed. Bytes are those of the form it was sent in. */
  readonly state: 'waiting' | 'sent' | 'done' | 'failed';
  readonly msgId?: number;
  readonly cmdId?: number;
  readonly sentBytes?: number;
  readonly ackedBytes?: number;
}

export interface IncomingObject {
  readonly command: 'Add' | 'Replace';
  readonly luid: Luid;
  readonly type?: string;
  readonly format?: string;
  readonly version?: string;
  /** Announced bytes of the whole object. */
  readonly size?: number;
  /** Bytes stored. */
  readonly received: number;
  /** Bytes of the chunk whose 213 may not have reached the client. */
  readonly lastChunk: number;
  /** Chunks that may have come twice: those that were the last when a session broke off. Bytes from the beginning. */
  readonly unconfirmed?: readonly { readonly at: number; readonly length: number }[];
}

/** What a device brings of late, and how much of it says nothing that it has not brought before. */
export interface Growth {
  /** Milliseconds since 1970. */
  readonly since: number;
  /** When the last look-alike came; 0: none has. */
  readonly lastAt: number;
  /** Items that came as new, or in a slow sync. */
  readonly arrived: number;
  readonly alike: number;
  /** From then on look-alikes are no new items. */
  readonly stoppedAt?: number;
}

export interface PairRecord {
  readonly id: PairId;
  readonly device: DeviceId;
  readonly datastore: DatastoreId;
  /** The device's name of its store. */
  readonly clientUri: string;
  /** Highest epoch ever used. */
  readonly lastEpoch: number;
  readonly current?: AnchorPoint;
  readonly previous?: AnchorPoint;
  /** Offered with our last Final; agreed as soon as the client shows that it took it. */
  readonly tentative?: AnchorPoint;
  /** A sync that compares or replaces whole sets was begun and has not ended well. */
  readonly slowNeeded: boolean;
  /** Only this session may write. */
  readonly fence?: SessionToken;
  readonly open?: OpenSync;
  readonly growth?: Growth;
  readonly lastSync?: LastSync;
}

/** Slow syncs in a row from which on a device is shown as one that is always slow. */
export const MANY_SLOW = 3;

export interface LastSync {
  readonly at: number;
  readonly type: SyncType;
  readonly result: string;
  /** Syncs up to this one that were slow, one after the other, without need: neither the first of the pair nor for a device that cannot do other. */
  readonly slowInARow?: number;
  /** The last of these was slow because the anchors differed; else the device asked for it. */
  readonly anchorsDiffered?: boolean;
  readonly kept?: Kept;
}

export interface PairsReader {
  get(id: PairId): Promise<PairRecord | undefined>;
  find(device: DeviceId, datastore: DatastoreId, clientUri: string): Promise<PairRecord | undefined>;
  ofDevice(device: DeviceId): Promise<readonly PairRecord[]>;
  ofDatastore(datastore: DatastoreId): Promise<readonly PairRecord[]>;
}

export interface PairsWriter extends PairsReader {
  create(device: DeviceId, datastore: DatastoreId, clientUri: string): Promise<PairRecord>;
  save(pair: PairRecord): Promise<void>;
  /** Removes the pair with its maps, its outgoing list and what has arrived; items stay. */
  remove(id: PairId): Promise<void>;
}
