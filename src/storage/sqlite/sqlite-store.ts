/**
 * The embedded store: one SQLite database in write-ahead mode and a folder of blobs. One write connection behind a queue, one read-only
 * connection behind another; any number of processes may have the same folder open. The driver is synchronous, so a transaction whose work
 * awaits nothing but the store's methods runs within one turn of the event loop.
 */
import { createHmac } from 'node:crypto';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError, UserError } from '../../model/errors.js';
import type { AccountId } from '../../model/ids.js';
import type { AccountKeys, Keyring } from '../../sealing/keyring.js';
import { DiskBlobs } from '../blobs/disk.js';
import { RecentBlobs } from '../blobs/recent.js';
import { DiskObjects } from '../objects/disk.js';
import { PackBytes, type Locations } from '../packs/pack-bytes.js';
import { MIGRATIONS } from '../migrations/migrations.js';
import { HOME_LOCATION, type CopyBytes } from '../ports/copies.js';
import type { Finding, InspectableStore, Inspection, InspectOptions, MendOptions, MendReport } from '../ports/inspection.js';
import type { Blobs, ReadTx, SweepLimits, WriteTx } from '../ports/store.js';
import { blobAad } from './aad.js';
import { audit, type AuditRooms } from './audit/audit.js';
import { mend } from './audit/mend.js';
import { jittered, untilFree } from './back-off.js';
import { Checkpointer } from './checkpointer.js';
import { Connection, NO_STORE } from './connection.js';
import { Copies } from './copies/copies.js';
import { Proven } from './copies/proven.js';
import { BlobNeeded, type BlobsAtHand } from './handle.js';
import { BUSY_LIMIT_MS, Lane, type Log } from './lane.js';
import { isUntrusted, LogSync, rewriteLog } from './log-sync.js';
import { openSecrets, rewrapAll } from './meta.js';
import { migrate } from './migrate.js';
import { KeyCache, Scope } from './scope.js';
import { sweep, type SweepRooms } from './sweep.js';
import { Tx, type TxRooms } from './tx.js';

export const DATABASE_FILE = 'moorage.db';
export const BLOB_FOLDER = 'blobs';
/** Of the storage location that is always there. */
export const PACK_FOLDER = 'packs';

/** Work that meets a conflict is run this often in all. */
const MAX_ATTEMPTS = 8;
const INLINE_LIMIT_BYTES = 64 * 1024;
const RECENT_BLOBS_BYTES = 16 * 1024 * 1024;

export interface SqliteStoreOptions {
  /** Data folder; made when it is missing. */
  readonly folder: string;
  readonly keyring: Keyring;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** `slow-transaction` {ms}; `checkpoint-put-off` {}; `checkpoint-thread-failed` {reason}. */
  readonly log?: Log;
  /**
   * Called once, when something could not be synced: every later call of this store is refused. The program had best end at once, and begin
   * anew; opening makes the log trustworthy again.
   */
  readonly onUntrusted?: (error: StoreError) => void;
  /** Storage locations beside the one in the data folder. They are closed with the store. */
  readonly locations?: Locations;
  readonly readOnly?: false;
}

/**
 * Opens the store, making or migrating it first.
 * @throws {UserError} when the master key is another one, or the database is no store of ours or a newer program's.
 * @throws {StoreError} `unavailable` when it cannot be opened or another process holds it too long.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  const file = join(options.folder, DATABASE_FILE);
  // SQLite gives its log files the rights of the database file, so it is made first, for its owner only.
  makeFile(file);
  const writer = await openDatabase(file);
  try {
    const secret = await firstLook(writer, options.keyring, `${file}-wal`);
    const sync = await LogSync.open(`${file}-wal`, options.onUntrusted);
    return new SqliteStore(options, writer, await connect(file, 'read'), sync, secret);
  } catch (error) {
    writer.close();
    throw error;
  }
}

/** The log of a killed process is brought in order by the first one that comes after it; the others wait. */
const connect = async (file: string, mode: 'write' | 'read'): Promise<Connection> =>
  (await untilFree(() => new Connection(file, mode), BUSY_LIMIT_MS)).value;

async function openDatabase(file: string): Promise<Connection> {
  let connection: Connection | undefined;
  try {
    connection = await connect(file, 'write');
    await migrate(connection, MIGRATIONS, BUSY_LIMIT_MS);
    return connection;
  } catch (error) {
    connection?.close();
    if (error instanceof StoreError && error.fault === 'corrupt') throw new UserError(NO_STORE, { cause: error });
    throw error;
  }
}

/** Only where there is none: closing a handle on an existing one would drop the locks that this process holds on it. [SQLite, "How To Corrupt"] */
function makeFile(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

async function firstLook(connection: Connection, keyring: Keyring, log: string): Promise<Uint8Array> {
  await untilFree(() => {
    connection.exec('BEGIN IMMEDIATE');
  }, BUSY_LIMIT_MS);
  try {
    if (isUntrusted(log)) await rewriteLog(log);
    const secret = openSecrets(connection, keyring);
    connection.exec('COMMIT');
    return secret;
  } finally {
    if (connection.inTransaction) connection.exec('ROLLBACK');
  }
}

export class SqliteStore implements InspectableStore {
  readonly blobs: Blobs;
  readonly copies: CopyBytes;
  readonly #packs: PackBytes;
  readonly #sync: LogSync;
  readonly #checkpointer: Checkpointer;
  readonly #writes: Lane;
  readonly #reads: Lane;
  readonly #keyring: Keyring;
  readonly #rooms: TxRooms;
  readonly #disk: DiskBlobs;
  readonly #folder: string;
  readonly #recent = new RecentBlobs(RECENT_BLOBS_BYTES);
  readonly #inHand = new Set<Promise<unknown>>();
  #closed = false;

  /** Use `openSqliteStore`. */
  constructor(options: SqliteStoreOptions, writer: Connection, reader: Connection, sync: LogSync, secret: Uint8Array) {
    const log = options.log ?? (() => undefined);
    this.#sync = sync;
    this.#checkpointer = new Checkpointer(join(options.folder, DATABASE_FILE), log);
    this.#writes = new Lane(writer, 'write', sync, log, (connection) => {
      this.#checkpointer.afterCommit(connection);
    });
    this.#reads = new Lane(reader, 'read', sync, log);
    this.#folder = options.folder;
    this.#keyring = options.keyring;
    this.#rooms = { cache: new KeyCache(options.keyring), secret, clock: options.clock, proven: new Proven() };
    this.#disk = new DiskBlobs(join(options.folder, BLOB_FOLDER), options.clock, (cause) => sync.distrust(cause));
    this.blobs = { inlineLimit: INLINE_LIMIT_BYTES, put: (account, bytes) => this.#hold(() => this.#putBlob(account, bytes)) };
    const locations: Locations = new Map([[HOME_LOCATION, homeLocation(options.folder)], ...(options.locations ?? [])]);
    this.#packs = new PackBytes(locations, storeName(secret), (account) => this.#keysOf(account));
    this.copies = {
      write: (...asked) => this.#hold(() => this.#packs.write(...asked)),
      read: (...asked) => this.#hold(() => this.#packs.read(...asked)),
      adopt: (...asked) => this.#hold(() => this.#packs.adopt(...asked)),
      members: (...asked) => this.#hold(() => this.#packs.members(...asked)),
      memberSizes: (...asked) => this.#packs.memberSizes(...asked),
    };
  }

  read<T>(work: (tx: ReadTx) => Promise<T>): Promise<T> {
    return this.#hold(() => this.#repeat(this.#reads, work));
  }

  transact<T>(work: (tx: WriteTx) => Promise<T>): Promise<T> {
    return this.#hold(() => this.#repeat(this.#writes, work));
  }

  sweep(now: number, limits: SweepLimits, signal?: AbortSignal): Promise<Readonly<Record<string, number>>> {
    return this.#hold(() => sweep(this.#maintenance(), now, limits, signal));
  }

  inspect(options: InspectOptions): Promise<Inspection> {
    return this.#hold(() => audit(this.#maintenance(), options));
  }

  mend(findings: readonly Finding[], options: MendOptions): Promise<MendReport> {
    const rooms = this.#maintenance();
    return this.#hold(() => mend({ ...rooms, sweep: (...asked) => sweep(rooms, ...asked) }, findings, options));
  }

  /** What sweeping and inspecting need beside the rows of one account. */
  #maintenance(): SweepRooms & AuditRooms {
    return {
      transact: (work) => this.#writes.run(async (handle) => work(handle)),
      read: (work) => this.#reads.run(async (handle) => work(handle)),
      tidy: () => this.#writes.tidy(),
      blobs: this.#disk,
      keyring: this.#keyring,
      folder: this.#folder,
      database: DATABASE_FILE,
      blobFolder: BLOB_FOLDER,
      packFolder: PACK_FOLDER,
      packs: this.#packs,
      now: this.#rooms.clock,
      copiesOf: (handle, account) => new Copies(new Scope(handle, this.#rooms.cache, account), this.#rooms.clock, this.#rooms.proven),
    };
  }

  /**
   * Wraps every data key under the newest master key of the ring. To be run after a rotation, before the old key goes.
   * @returns how many were wrapped again.
   */
  rewrapKeys(): Promise<number> {
    return this.#hold(async () => {
      const count = await this.#writes.run(async (handle) => rewrapAll(handle, this.#keyring));
      await this.#writes.tidy();
      return count;
    });
  }

  /** Finishes what was begun, then lets go of the files. Closing again does nothing. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    while (this.#inHand.size > 0) await Promise.allSettled(this.#inHand);
    for (const location of this.#packs.locations.values()) await location.close();
    await this.#checkpointer.close();
    // So that the database file alone is the whole store, unless another process has it open.
    await this.#writes.tidy();
    await this.#sync.close();
    // The last connection to close moves the log into the database, unless it only reads.
    const inOrder = this.#sync.trusted ? [this.#reads, this.#writes] : [this.#writes, this.#reads];
    for (const lane of inOrder) lane.close();
  }

  async #hold<T>(job: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new StoreError('unavailable', 'the store is closed');
    const running = job();
    this.#inHand.add(running);
    try {
      return await running;
    } finally {
      this.#inHand.delete(running);
    }
  }

  async #repeat<T>(lane: Lane, work: (tx: Tx) => Promise<T>): Promise<T> {
    // Blobs that were fetched for this work stay at hand until it is done, whatever else passes through the memory of recent ones.
    const pinned = new Map<string, Uint8Array>();
    const atHand: BlobsAtHand = (account, name) => pinned.get(blobKey(account, name)) ?? this.#recent.get(blobKey(account, name));
    for (let attempt = 1; ;) {
      try {
        return await lane.run((handle) => work(new Tx(handle, this.#rooms)), atHand);
      } catch (error) {
        if (error instanceof BlobNeeded) {
          pinned.set(blobKey(error.account, error.blob), await this.#fetchBlob(error.account, error.blob));
          continue;
        }
        if (!(error instanceof StoreError) || error.fault !== 'conflict' || attempt === MAX_ATTEMPTS) throw error;
        attempt += 1;
        await jittered(2 ** attempt);
      }
    }
  }

  async #putBlob(account: AccountId, bytes: Uint8Array): Promise<string> {
    const keys = await this.#keysOf(account);
    const name = keys.mac('blob', bytes);
    if (!(await this.#disk.touch(name))) await this.#disk.write(name, keys.seal(bytes, blobAad(account, name)));
    this.#recent.set(blobKey(account, name), Uint8Array.from(bytes));
    return name;
  }

  async #fetchBlob(account: AccountId, name: string): Promise<Uint8Array> {
    const keys = await this.#keysOf(account);
    const bytes = keys.open(await this.#disk.read(name), blobAad(account, name));
    this.#recent.set(blobKey(account, name), bytes);
    return bytes;
  }

  #keysOf(account: AccountId): Promise<AccountKeys> {
    return this.#reads.run(async (handle) => this.#rooms.cache.of(handle, account));
  }
}

const homeLocation = (folder: string): DiskObjects => new DiskObjects({ id: HOME_LOCATION, folder: join(folder, PACK_FOLDER), make: true });

/** Stands in front of the store's packs, wherever they lie. Says nothing of the secret. */
const storeName = (secret: Uint8Array): string => createHmac('sha256', secret).update('moorage packs').digest('hex').slice(0, 16);

const blobKey = (account: AccountId, name: string): string => `${account}/${name}`;
