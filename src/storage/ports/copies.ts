/**
 * The server's sealed copies of devices' files. A copy is a row of generations; a generation is a file cut into chunks, and shares with
 * its neighbours every chunk that did not change. A draft is a generation in the making: the same rows, not yet counted.
 *
 * Two halves. Chunks' bytes are put durably before the transaction that names them, and read outside of one (`CopyBytes`). Which chunk lies where,
 * generations and drafts are rows, changed with the message that changed them (`CopiesWriter`).
 */
import type { AccountId, CopyId, DeviceId } from '../../model/ids.js';

/** Bytes of a chunk; the last one of a file may be shorter. */
export const CHUNK_BYTES = 16_384;

/** The storage location that every server has: a folder in its data folder. */
export const HOME_LOCATION = 'local';

/** How a file is kept; see docs/device-backup-protocol.md. */
export type CopyWay = 'logical' | 'exact' | 'file';
export type CopyMethod = 'incremental' | 'differential' | 'copy' | 'every-change';

/** A chunk of one generation, and where its sealed bytes lie. */
export interface ChunkRef {
  /** Position in the file: bytes from `index * CHUNK_BYTES`. */
  readonly index: number;
  /** The generation it was written for: part of what its seal authenticates, with account, copy and index. */
  readonly writtenFor: number;
  /** Opaque; names the storage location too, so that a copy may have chunks in several. */
  readonly pack: string;
  readonly offset: number;
  /** Sealed bytes. */
  readonly length: number;
  /** What is sealed is a gzip member. [RFC 1952, "File format"] */
  readonly member: boolean;
  /** SHA-256 of the bytes in the clear. */
  readonly hash: Uint8Array;
}

/** One file of one device. */
export interface CopyRecord {
  readonly id: CopyId;
  readonly device: DeviceId;
  /** Its name: `contacts.db`. Unique for the device. */
  readonly file: string;
  /** Of the newest generation. */
  readonly media: string;
  readonly way: CopyWay;
  readonly method: CopyMethod;
  /** Highest generation number ever used, drafts too. */
  readonly lastNumber: number;
  /** Where new chunks go; see `CopyBytes`. */
  readonly location: string;
  readonly createdAt: number;
}

export interface GenerationRecord {
  readonly number: number;
  /** The generation it was made from; absent for a full one. */
  readonly base?: number;
  /** The device's modification number. */
  readonly modification: number;
  readonly at: number;
  /** Bytes of the file. */
  readonly size: number;
  /** What brought it: the whole file, changes, ranges of bytes, or a restore of an older one. */
  readonly by: 'full' | 'changes' | 'pages' | 'restore';
  readonly way: CopyWay;
  readonly media: string;
  /** Bytes the device sent for it. */
  readonly received: number;
  /** Backups that were flagged are never dropped by retention. */
  readonly flags: readonly string[];
  /** Job: the session's token. */
  readonly job: string;
  /** What is known of its content, sealed: digests, rows by table. JSON of the room `devicedb`. */
  readonly facts: string;
}

export interface DraftRecord {
  readonly number: number;
  /** The generation it starts from; absent when it starts from nothing. */
  readonly base?: number;
  /** Raised with every step; a step prepared on another version is prepared again. */
  readonly version: number;
  readonly size: number;
  readonly received: number;
  readonly by: GenerationRecord['by'];
  readonly openedAt: number;
  readonly updatedAt: number;
  /** Sealed JSON of the room `sync`/`devicedb`: facts so far, what the last receipt asked for. */
  readonly state: string;
}

/** An update as it came, kept where the method is a classic one. */
export interface KeptUpdate {
  readonly generation: number;
  /** LocURI: `changes/42`. */
  readonly name: string;
  readonly media: string;
  readonly size: number;
}

export interface CopiesReader {
  byId(id: CopyId): Promise<CopyRecord | undefined>;
  find(device: DeviceId, file: string): Promise<CopyRecord | undefined>;
  /** In order of device and file. */
  list(): Promise<readonly CopyRecord[]>;
  /** Oldest first. */
  generations(copy: CopyId): Promise<readonly GenerationRecord[]>;
  generation(copy: CopyId, number: number): Promise<GenerationRecord | undefined>;
  newest(copy: CopyId): Promise<GenerationRecord | undefined>;
  draft(copy: CopyId): Promise<DraftRecord | undefined>;
  /**
   * Refs of a generation, or of the draft with this number, in order of index; `indices` left out: all. Missing ones are left out.
   * @throws {StoreError} `corrupt` when its chunks are not those it was made of. Looked at when all are asked for, and once a process.
   */
  chunks(copy: CopyId, number: number, indices?: readonly number[]): Promise<readonly ChunkRef[]>;
  /** Hashes of all chunks in order, 32 bytes each. */
  hashes(copy: CopyId, number: number): Promise<Uint8Array>;
  updates(copy: CopyId): Promise<readonly KeptUpdate[]>;
  update(copy: CopyId, generation: number, name: string): Promise<Uint8Array | undefined>;
  /** Bytes of sealed chunks that the account's copies take. */
  storedBytes(): Promise<number>;
}

export interface CopiesWriter extends CopiesReader {
  create(
    device: DeviceId,
    file: string,
    facts: Pick<CopyRecord, 'media' | 'way' | 'method' | 'location'>,
    now: number,
  ): Promise<CopyRecord>;
  save(copy: CopyRecord): Promise<void>;
  /** Begins a draft on a generation of this copy, or on nothing, with the next number; an earlier draft is dropped. */
  openDraft(copy: CopyId, base: number | undefined, by: DraftRecord['by'], now: number): Promise<DraftRecord>;
  /**
   * A step of the draft: its new record (version raised by one) and the chunks that changed. Chunks beyond the new size are dropped.
   * @returns undefined, and changes nothing, when the draft is gone or has another version than `draft.version`: prepare again.
   */
  saveDraft(copy: CopyId, draft: DraftRecord, changed: readonly ChunkRef[]): Promise<DraftRecord | undefined>;
  dropDraft(copy: CopyId): Promise<void>;
  /** The draft becomes a generation; the copy's media, way and method are the generation's. */
  commit(
    copy: CopyId,
    generation: Omit<GenerationRecord, 'number' | 'base' | 'by' | 'received' | 'size'>,
    method: CopyMethod,
  ): Promise<GenerationRecord>;
  setFlags(copy: CopyId, number: number, flags: readonly string[]): Promise<void>;
  /** Drops a generation; chunks only it had become garbage. @throws {StoreError} when it is the newest one. */
  drop(copy: CopyId, number: number): Promise<void>;
  /** The whole copy. Bytes follow with the next sweep. */
  remove(copy: CopyId): Promise<void>;
  keepUpdate(copy: CopyId, update: Omit<KeptUpdate, 'size'>, bytes: Uint8Array): Promise<void>;
}

/** A chunk in the clear. */
export interface Chunk {
  readonly index: number;
  readonly bytes: Uint8Array;
  /** The same bytes as a gzip member, where it is at hand. */
  readonly member?: Uint8Array;
}

/** The sealed bytes of chunks, in packs in the copy's storage location. */
export interface CopyBytes {
  /** Compresses, seals and stores chunks, each before it asks for the next; durable when it resolves. Packs nobody names are removed by a sweep after a while. @throws {StoreError} `unavailable`. */
  write(
    account: AccountId,
    copy: Pick<CopyRecord, 'id' | 'location'>,
    number: number,
    chunks: AsyncIterable<Chunk> | Iterable<Chunk>,
  ): Promise<readonly ChunkRef[]>;
  /**
   * In the clear, in the order asked for. @param rooms memory for each, of its length, which may be used.
   * @throws {StoreError} `corrupt` when one is missing, damaged or not the one it should be; `unavailable`.
   */
  read(account: AccountId, copy: CopyId, refs: readonly ChunkRef[], rooms?: readonly Uint8Array[]): Promise<readonly Uint8Array[]>;
  /** Chunks of another copy of the account, neither unpacked nor packed, sealed and stored for this one. @throws {StoreError} as `read` and `write`. */
  adopt(
    account: AccountId,
    from: CopyId,
    refs: readonly ChunkRef[],
    copy: Pick<CopyRecord, 'id' | 'location'>,
    number: number,
  ): Promise<readonly ChunkRef[]>;
  /** Each as a gzip member: those that are stored so are not unpacked. Joined they are the file's gzip. @throws {StoreError} as `read`. */
  members(account: AccountId, copy: CopyId, refs: readonly ChunkRef[], size: number): Promise<readonly Uint8Array[]>;
  /** Bytes of each of these members. @param size of the file. */
  memberSizes(refs: readonly Pick<ChunkRef, 'index' | 'length' | 'member'>[], size: number): readonly number[];
}
