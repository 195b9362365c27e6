/**
 * What the server keeps, in the words of the domain. Each implementation passes test/storage/store-contract.ts.
 *
 * Every method that touches an account's data hangs off `account(id)`: one door, so that no query can forget its account.
 * Content goes in and comes out in the clear; implementations seal it at rest with the account's data key (design: all
 * content-bearing columns and blobs). LUIDs, URIs, counts and times stay clear.
 *
 * `transact` runs its work as one atomic, durable (fsync'd) transaction and owns retries: on a write conflict, or when a
 * blob has to be fetched first, the whole function runs again, so it may leave no trace outside. Inside, nothing is
 * awaited but the store's own methods, one at a time; a second `transact` inside the first would wait for it for ever.
 *
 * Reading with another account's ids answers as if there were nothing; writing with them throws.
 */
import type { AccountId, DatastoreId, DeviceId, Guid, Luid, PairId, SessionToken } from '../model/ids.js';
import type { SyncType } from '../model/alert.js';

export interface Store {
  read<T>(work: (tx: ReadTx) => Promise<T>): Promise<T>;
  transact<T>(work: (tx: WriteTx) => Promise<T>): Promise<T>;
  readonly blobs: Blobs;
  /** Removes what its stated limits allow to go; answers how many rows or files of each kind went. Safe at any time, from any process. */
  sweep(now: number, limits: SweepLimits, signal?: AbortSignal): Promise<Readonly<Record<string, number>>>;
  close(): Promise<void>;
}

/** Ages in milliseconds. */
export interface SweepLimits {
  readonly endedSessionAge: number;
  readonly openSessionAge: number;
  readonly openSyncAge: number;
  readonly versionAge: number;
  readonly conflictAge: number;
  readonly refusalAge: number;
  /** Blobs without a row are removed when older than this. */
  readonly orphanBlobAge: number;
}

export interface ReadTx {
  account(id: AccountId): AccountReader;
  readonly accounts: AccountsReader;
  readonly sessions: SessionsReader;
}

export interface WriteTx extends ReadTx {
  account(id: AccountId): AccountWriter;
  readonly accounts: AccountsWriter;
  readonly sessions: SessionsWriter;
  /** Runs `work` under a savepoint; when it answers `keep: false` its writes are undone and the transaction goes on. */
  savepoint<T>(work: () => Promise<{ keep: boolean; value: T }>): Promise<T>;
}

// ── accounts ────────────────────────────────────────────────────────────────────────────────────────────────────

export interface AccountRecord {
  readonly id: AccountId;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly lockedAt?: number;
  /** Bytes of item content; undefined: the server's default. */
  readonly quotaBytes?: number;
}

/** Sealed at rest. Digests as the protocol needs them. */
export interface Credential {
  /** Base64 of MD5("user:password"), which both basic and md5 are checked against. */
  readonly verifier: string;
  /** Base64 of MD5("serverId:password") with the name below: answers a client that challenges the server. */
  readonly serverVerifier: string;
  readonly serverId: string;
  /** The formula of SyncML 1.0, and a client's basic challenge, cannot be answered without it; absent where the operator forbids to keep it. */
  readonly password?: string;
}

export interface AccountsReader {
  byName(name: string): Promise<AccountRecord | undefined>;
  byId(id: AccountId): Promise<AccountRecord | undefined>;
  list(): Promise<readonly AccountRecord[]>;
  credential(id: AccountId): Promise<Credential | undefined>;
  /** Account that a device of this URI last authenticated as, for md5 clients that send no user name; undefined when none or several. */
  ofDevice(deviceUri: string): Promise<AccountId | undefined>;
  /** Secret of the whole store from which challenge nonces are computed. 32 bytes. */
  serverSecret(): Uint8Array;
  failure(key: FailureKey): Promise<Failure | undefined>;
}
export interface AccountsWriter extends AccountsReader {
  /** Makes the account with a data key of its own. @throws {UserError} when the name is taken. */
  create(name: string, credential: Credential, now: number): Promise<AccountRecord>;
  setCredential(id: AccountId, credential: Credential): Promise<void>;
  setLocked(id: AccountId, lockedAt: number | undefined): Promise<void>;
  setQuota(id: AccountId, quotaBytes: number | undefined): Promise<void>;
  /** Removes every row of the account and destroys its data key; its blobs become orphans that nobody can read. */
  remove(id: AccountId): Promise<void>;
  saveFailure(key: FailureKey, failure: Failure | undefined): Promise<void>;
}

/** Failed log-ins are counted per account, device and address, so that nobody locks a user out by name. At most 200 rows an account are kept. */
export interface FailureKey {
  readonly account: AccountId;
  readonly deviceUri: string;
  readonly address: string;
}
export interface Failure {
  readonly count: number;
  readonly lastAt: number;
  /** Refuse without looking at the credentials until then. */
  readonly blockedUntil: number;
}

// ── one account's data ──────────────────────────────────────────────────────────────────────────────────────────

export interface AccountReader {
  readonly id: AccountId;
  /** Keyed hash (HMAC-SHA-256 under the account's key, base64url): equal inputs of one purpose give equal text. */
  keyedHash(purpose: 'canonical' | 'identity' | 'blob', bytes: Uint8Array | string): string;
  readonly devices: DevicesReader;
  readonly datastores: DatastoresReader;
  readonly items: ItemsReader;
  readonly pairs: PairsReader;
  readonly idMap: IdMapReader;
  readonly outgoing: OutgoingReader;
  readonly staged: StagedReader;
  readonly chunks: ChunksReader;
  readonly conflicts: ConflictsReader;
  /** Bytes of live item content of the whole account. */
  usedBytes(): Promise<number>;
}
export interface AccountWriter extends AccountReader {
  readonly devices: DevicesWriter;
  readonly datastores: DatastoresWriter;
  readonly items: ItemsWriter;
  readonly pairs: PairsWriter;
  readonly idMap: IdMapWriter;
  readonly outgoing: OutgoingWriter;
  readonly staged: StagedWriter;
  readonly chunks: ChunksWriter;
  readonly conflicts: ConflictsWriter;
}

export interface DeviceRecord {
  readonly id: DeviceId;
  /** Source/LocURI of its SyncHdr. */
  readonly uri: string;
  readonly userAgent?: string;
  /** JSON of model/devinf, as the device sent it last. */
  readonly devInf?: string;
  /** Base64. Given out for the next session (with 212) or message. */
  readonly nonce?: string;
  /** Accepted once more: the client may not have got the last answer. */
  readonly previousNonce?: string;
  /** Counts successful authentications; computed challenge nonces depend on it, so a used digest is worthless. */
  readonly authCount: number;
  /** Base64. The nonce the client challenged us with. */
  readonly clientNonce?: string;
  readonly lastAccessAt: number;
  readonly lastRefusal?: { readonly at: number; readonly reason: string };
  readonly ignoresRespUri?: boolean;
}
export interface DevicesReader {
  byUri(uri: string): Promise<DeviceRecord | undefined>;
  byId(id: DeviceId): Promise<DeviceRecord | undefined>;
  list(): Promise<readonly DeviceRecord[]>;
}
export interface DevicesWriter extends DevicesReader {
  create(uri: string, now: number): Promise<DeviceRecord>;
  save(device: DeviceRecord): Promise<void>;
  /** Removes the device with its pairs, maps and open syncs; items stay. */
  remove(id: DeviceId): Promise<void>;
}

export type ConflictPolicy = 'client-wins' | 'client-wins-item' | 'server-wins' | 'newest-wins' | 'keep-both';

export interface DatastoreRecord {
  readonly id: DatastoreId;
  /** Name in URLs and DevInf, such as `contacts`. Unique in the account. */
  readonly uri: string;
  /** contacts, calendar, tasks, caltasks, notes or opaque. */
  readonly kind: string;
  readonly policy: ConflictPolicy;
  /** Position of the newest entry of the change log; 0 when empty. */
  readonly position: number;
  /** Log entries up to here are compacted away: an older anchor must slow-sync. */
  readonly floor: number;
}
export interface DatastoresReader {
  byUri(uri: string): Promise<DatastoreRecord | undefined>;
  byId(id: DatastoreId): Promise<DatastoreRecord | undefined>;
  list(): Promise<readonly DatastoreRecord[]>;
}
export interface DatastoresWriter extends DatastoresReader {
  create(uri: string, kind: string, policy: ConflictPolicy): Promise<DatastoreRecord>;
  setPolicy(id: DatastoreId, policy: ConflictPolicy): Promise<void>;
  /** Drops log entries up to `position` (and tombstones no entry names any more) and raises the floor. */
  compact(id: DatastoreId, position: number): Promise<void>;
}

// ── items and their change log ──────────────────────────────────────────────────────────────────────────────────

/** Content to be written: inline, or a blob that was put before the row that names it. */
export type ContentRef =
  { readonly kind: 'inline'; readonly bytes: Uint8Array } | { readonly kind: 'blob'; readonly name: string; readonly size: number };

/** What is stored of an item beside its content. */
export interface ItemFacts {
  /** Media type as received, with its version parameterless: `text/x-vcard`. */
  readonly type: string;
  /** Keyed hash of the canonical form. */
  readonly canonicalKey: string;
  /** Keyed hash of the identity, where the type has one. */
  readonly identityKey?: string;
  /** `REV` or `LAST-MODIFIED` of the content as UTC basic stamp, where it has one. */
  readonly modified?: string;
}
export interface ItemRecord extends ItemFacts {
  readonly guid: Guid;
  /** 1 when created, +1 with every change and deletion. */
  readonly revision: number;
  /** Bytes. */
  readonly size: number;
  readonly deleted: boolean;
  readonly changedAt: number;
  /** Device of the last change; undefined: the operator. */
  readonly changedBy?: DeviceId;
}
export interface NewItem extends ItemFacts {
  readonly content: ContentRef;
}
export interface Author {
  readonly device?: DeviceId;
  readonly now: number;
}
export interface ItemsReader {
  /** Tombstones too. */
  get(datastore: DatastoreId, guid: Guid): Promise<ItemRecord | undefined>;
  /** The newest content, or that of an older revision while it is kept; undefined where there is none (deleted, swept). */
  content(datastore: DatastoreId, guid: Guid, revision?: number): Promise<Uint8Array | undefined>;
  /** Live items in GUID order (length, then text), after `after`. */
  list(datastore: DatastoreId, options?: { after?: Guid; limit?: number }): Promise<readonly ItemRecord[]>;
  count(datastore: DatastoreId): Promise<number>;
  /** The oldest live item of this key that has no row in the pair's map of that epoch. */
  findUnmapped(
    datastore: DatastoreId,
    by: 'canonical' | 'identity',
    key: string,
    pair: PairId,
    epoch: number,
  ): Promise<ItemRecord | undefined>;
}
export interface ItemsWriter extends ItemsReader {
  /** Takes the next GUID, writes the item at revision 1 and logs it. */
  create(datastore: DatastoreId, item: NewItem, author: Author): Promise<ItemRecord>;
  /** Writes the next revision (also over a tombstone, which comes back to life), keeps the old one as a version, logs it. */
  replace(datastore: DatastoreId, guid: Guid, item: NewItem, author: Author): Promise<ItemRecord>;
  /** Leaves a tombstone (size 0, the facts stay) at the next revision, keeps the old one as a version, logs it. Of a tombstone: changes nothing. */
  remove(datastore: DatastoreId, guid: Guid, author: Author): Promise<ItemRecord>;
}

// ── a device's view ─────────────────────────────────────────────────────────────────────────────────────────────

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
  readonly startedAt: number;
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
  readonly lastSync?: { readonly at: number; readonly type: SyncType; readonly result: string };
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
}

/** One row of a pair's id map: what the device is believed to hold. One-to-one in both directions within an epoch. */
export interface MapRow {
  readonly guid: Guid;
  /** Undefined: our Add went out and no Map has named the LUID yet. */
  readonly luid?: Luid;
  /** The revision the device sent and we accepted, or that it acknowledged. */
  readonly heldRevision?: number;
  /** Canonical key of what it holds. */
  readonly heldKey?: string;
  /** Anchor generation during which held was set. */
  readonly heldGeneration?: number;
  /** Sent, no Status yet. */
  readonly pendingRevision?: number;
  /** Must go out in the next sync whatever the log says. */
  readonly owed?: boolean;
  /** Anchor generation in which the pair was deleted on the device; the row stays for two generations. */
  readonly gone?: number;
  /** Soft-deleted on the device: no updates are sent. */
  readonly soft?: boolean;
}
export interface IdMapReader {
  byLuid(pair: PairId, epoch: number, luid: Luid): Promise<MapRow | undefined>;
  byGuid(pair: PairId, epoch: number, guid: Guid): Promise<MapRow | undefined>;
  /** Rows that are not gone. */
  count(pair: PairId, epoch: number): Promise<number>;
  list(pair: PairId, epoch: number): Promise<readonly MapRow[]>;
  /** Rows without a LUID: our Adds whose Map has not come. */
  unmapped(pair: PairId, epoch: number): Promise<readonly MapRow[]>;
}
export interface IdMapWriter extends IdMapReader {
  /** Writes the row of `row.guid`; another row of the same LUID in this epoch loses its LUID (gone rows are dropped). */
  put(pair: PairId, epoch: number, row: MapRow): Promise<void>;
  remove(pair: PairId, epoch: number, guid: Guid): Promise<void>;
  /** Drops all epochs but these, and rows gone before `goneBefore`. */
  keepEpochs(pair: PairId, epochs: readonly number[], goneBefore: number): Promise<void>;
}

export type OutgoingKind = 'Add' | 'Replace' | 'Delete';
/** One entry of the list that is fixed at the client's Final. */
export interface OutgoingEntry {
  readonly seq: number;
  readonly guid: Guid;
  readonly kind: OutgoingKind;
  /** waiting → sent (Status expected; a large object stays here between chunks) → done | failed (stays owed). */
  readonly state: 'waiting' | 'sent' | 'done' | 'failed';
  /** Where it went out: our MsgID and CmdID, and the revision it was rendered from. */
  readonly msgId?: number;
  readonly cmdId?: number;
  readonly revision?: number;
  /** Bytes of a large object that went out, and how many of them were acknowledged with 213. */
  readonly sentBytes?: number;
  readonly ackedBytes?: number;
}
export interface FixOptions {
  readonly datastore: DatastoreId;
  readonly pair: PairId;
  readonly epoch: number;
  /** `changes`: log entries after `since`, owed rows, and rows held after generation `redoAfter` up to `redoUpTo`. `all`: every live item and every mapped one. */
  readonly scope: 'changes' | 'all';
  readonly since?: number;
  readonly redoAfter?: number;
  /** The last generation that counts as unknown: rows held in the running sync do not. */
  readonly redoUpTo?: number;
}
export interface OutgoingReader {
  /** Entries in state `waiting`, then those in `sent`. */
  remaining(pair: PairId): Promise<{ readonly waiting: number; readonly sent: number }>;
  /** Entries in state `waiting`, in order. */
  next(pair: PairId, limit: number): Promise<readonly OutgoingEntry[]>;
  /** Waiting entries (no Deletes) whose item is bigger than `bytes`. */
  oversized(pair: PairId, datastore: DatastoreId, bytes: number): Promise<readonly OutgoingEntry[]>;
  byCommand(pair: PairId, msgId: number, cmdId: number): Promise<OutgoingEntry | undefined>;
  /** In order; only those in `states`, when given. */
  list(pair: PairId, states?: readonly OutgoingEntry['state'][]): Promise<readonly OutgoingEntry[]>;
}
export interface OutgoingWriter extends OutgoingReader {
  /**
   * Clears and rebuilds the list: a live item without a row or without a LUID is an Add; one whose held revision is not its
   * revision (or counts as unknown) a Replace; a deleted one the device holds a Delete. Deletes first, then Replaces, then Adds,
   * each in GUID order. Soft rows give nothing but Deletes; a gone row counts as none. An owed row that holds the item as it is gives nothing.
   * @returns the number of entries. @throws {Error} for `changes` when the log no longer reaches back to `since` (see `floor`).
   */
  fix(options: FixOptions): Promise<number>;
  save(pair: PairId, entry: OutgoingEntry): Promise<void>;
  /** Entries sent and not answered wait again, without MsgID and CmdID; of a large object only what was acknowledged counts as sent. */
  rewind(pair: PairId): Promise<void>;
  clear(pair: PairId): Promise<void>;
}

/** An item of a refresh from client, complete and validated, waiting for the client's Final. */
export interface StagedItem extends ItemFacts {
  readonly luid: Luid;
  readonly size: number;
}
export interface StagedReader {
  get(pair: PairId, luid: Luid): Promise<StagedItem | undefined>;
  list(pair: PairId): Promise<readonly StagedItem[]>;
  content(pair: PairId, luid: Luid): Promise<ContentRef | undefined>;
}
export interface StagedWriter extends StagedReader {
  put(pair: PairId, luid: Luid, item: NewItem): Promise<void>;
  remove(pair: PairId, luid: Luid): Promise<boolean>;
  clear(pair: PairId): Promise<void>;
}

/** Parts of an object that is still being received; `owner` is a pair (items) or a session (DevInf). */
export interface ChunksReader {
  /** All parts in order, joined. */
  read(owner: string): Promise<Uint8Array>;
}
export interface ChunksWriter extends ChunksReader {
  append(owner: string, bytes: Uint8Array): Promise<void>;
  /** Drops the last part. */
  dropLast(owner: string): Promise<void>;
  clear(owner: string): Promise<void>;
}

// ── conflict journal ────────────────────────────────────────────────────────────────────────────────────────────

export interface ConflictRecord {
  readonly id: number;
  readonly at: number;
  readonly datastore: DatastoreId;
  readonly guid: Guid;
  readonly device?: DeviceId;
  /** What met: `update-update`, `update-delete`, `delete-update`, `slow-match`, `refresh`, `archive`. */
  readonly cause: string;
  /** `client`, `server`, `both`: whose version stands. */
  readonly decision: string;
  /** Revision of the item after the decision. */
  readonly revision: number;
  readonly type: string;
  /** Groups the entries of one refresh, so that they can be undone together. */
  readonly batch?: string;
  readonly undoneAt?: number;
}
export interface ConflictsReader {
  /** Newest first. */
  list(options?: { datastore?: DatastoreId; limit?: number }): Promise<readonly ConflictRecord[]>;
  get(id: number): Promise<ConflictRecord | undefined>;
  /** `lost`: the content that does not stand; `kept`: the one that does, where there is one. */
  content(id: number): Promise<{ readonly lost?: Uint8Array; readonly kept?: Uint8Array }>;
}
export interface ConflictsWriter extends ConflictsReader {
  add(entry: Omit<ConflictRecord, 'id' | 'undoneAt'>, content: { lost?: Uint8Array; kept?: Uint8Array }): Promise<number>;
  markUndone(id: number, at: number): Promise<void>;
}

// ── sessions ────────────────────────────────────────────────────────────────────────────────────────────────────

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
}

// ── blobs ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** Large content by its keyed hash. Written before the rows that name it; sealed with the account's key. */
export interface Blobs {
  /** Content of at most this many bytes is kept inline in the row. */
  readonly inlineLimit: number;
  /** Durable when it resolves. Putting the same bytes again changes nothing. @returns the blob's name. */
  put(account: AccountId, bytes: Uint8Array): Promise<string>;
}
