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
import type { AccountId } from '../../model/ids.js';
import type { AccountsReader, AccountsWriter } from './accounts.js';
import type { ChunksReader, ChunksWriter, StagedReader, StagedWriter } from './arriving.js';
import type { ConflictsReader, ConflictsWriter } from './conflicts.js';
import type { CopiesReader, CopiesWriter, CopyBytes } from './copies.js';
import type { DatastoresReader, DatastoresWriter } from './datastores.js';
import type { DevicesReader, DevicesWriter } from './devices.js';
import type { IdMapReader, IdMapWriter } from './id-map.js';
import type { ItemsReader, ItemsWriter } from './items.js';
import type { InstancesReader, InstancesWriter } from './instances.js';
import type { MessagesReader, MessagesWriter } from './messages.js';
import type { OutgoingReader, OutgoingWriter } from './outgoing.js';
import type { ExtraCopiesReader, ExtraCopiesWriter } from './extra-copies.js';
import type { PairsReader, PairsWriter } from './pairs.js';
import type { PoliciesReader, PoliciesWriter } from './policies.js';
import type { SessionsReader, SessionsWriter } from './sessions.js';

export interface Store {
  read<T>(work: (tx: ReadTx) => Promise<T>): Promise<T>;
  transact<T>(work: (tx: WriteTx) => Promise<T>): Promise<T>;
  readonly blobs: Blobs;
  readonly copies: CopyBytes;
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
  /** Blobs and packs without a row are removed when older than this. */
  readonly orphanBlobAge: number;
  /** Drafts of copies that nobody went on with. */
  readonly draftAge: number;
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

export interface AccountReader {
  readonly id: AccountId;
  /** Keyed hash (HMAC-SHA-256 under the account's key, base64url): equal inputs of one purpose give equal text. */
  keyedHash(purpose: 'canonical' | 'identity' | 'blob', bytes: Uint8Array | string): string;
  readonly devices: DevicesReader;
  readonly datastores: DatastoresReader;
  readonly items: ItemsReader;
  readonly pairs: PairsReader;
  readonly idMap: IdMapReader;
  readonly instances: InstancesReader;
  readonly extraCopies: ExtraCopiesReader;
  readonly outgoing: OutgoingReader;
  readonly staged: StagedReader;
  readonly chunks: ChunksReader;
  readonly conflicts: ConflictsReader;
  readonly policies: PoliciesReader;
  readonly messages: MessagesReader;
  readonly copies: CopiesReader;
  /** Bytes of live item content of the whole account, and of the sealed chunks of its copies: what its quota limits. */
  usedBytes(): Promise<number>;
  /** Bytes that have arrived and do not count yet: staged items, and parts of objects that are not whole. */
  arrivedBytes(): Promise<number>;
}

export interface AccountWriter extends AccountReader {
  readonly devices: DevicesWriter;
  readonly datastores: DatastoresWriter;
  readonly items: ItemsWriter;
  readonly pairs: PairsWriter;
  readonly idMap: IdMapWriter;
  readonly instances: InstancesWriter;
  readonly extraCopies: ExtraCopiesWriter;
  readonly outgoing: OutgoingWriter;
  readonly staged: StagedWriter;
  readonly chunks: ChunksWriter;
  readonly conflicts: ConflictsWriter;
  readonly policies: PoliciesWriter;
  readonly messages: MessagesWriter;
  readonly copies: CopiesWriter;
}

/** Large content by its keyed hash. Written before the rows that name it; sealed with the account's key. */
export interface Blobs {
  /** Content of at most this many bytes is kept inline in the row. */
  readonly inlineLimit: number;
  /** Durable when it resolves. Putting the same bytes again changes nothing. @returns the blob's name. */
  put(account: AccountId, bytes: Uint8Array): Promise<string>;
}
