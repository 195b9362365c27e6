/**
 * The embedded store: one SQLite database in write-ahead mode and a folder of blobs. One write connection behind a queue, one read-only
 * connection behind another; any number of processes may have the same folder open. The driver is synchronous, so a transaction whose work
 * awaits nothing but the store's methods runs within one turn of the event loop.
 */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '../../model/errors.js';
import type { AccountId } from '../../model/ids.js';
import type { Keyring } from '../../sealing/keyring.js';
import { DiskBlobs } from '../blobs/disk.js';
import { RecentBlobs } from '../blobs/recent.js';
import { MIGRATIONS } from '../migrations/migrations.js';
import type { Blobs, ReadTx, Store, SweepLimits, WriteTx } from '../ports.js';
import { jittered, untilFree } from './back-off.js';
import { Connection } from './connection.js';
import { Fifo } from './fifo.js';
import { BlobNeeded, Handle } from './handle.js';
import { openSecrets, rewrapAll } from './meta.js';
import { migrate } from './migrate.js';
import { KeyCache } from './scope.js';
import { sweep } from './sweep.js';
import { Tx, type TxRooms } from './tx.js';

export const DATABASE_FILE = 'moorage.db';
const BLOB_FOLDER = 'blobs';

/** Longest wait for another process's transaction, in milliseconds. */
const BUSY_LIMIT_MS = 10_000;
/** Work that meets a conflict is run this often in all. */
const MAX_ATTEMPTS = 8;
/** A transaction that takes longer is a fault: it holds up every other writer. Milliseconds. */
const SLOW_MS = 50;
const INLINE_LIMIT_BYTES = 64 * 1024;
const RECENT_BLOBS_BYTES = 16 * 1024 * 1024;
/** After this many milliseconds of writing without a pause, a process that has met another one lets it in. */
const SHARE_MS = 20;

export interface SqliteStoreOptions {
  /** Data folder; made when it is missing. */
  readonly folder: string;
  readonly keyring: Keyring;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly log?: (event: string, fields: object) => void;
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
  closeSync(openSync(file, 'a', 0o600));
  const writer = new Connection(file, 'write');
  try {
    await migrate(writer, MIGRATIONS, BUSY_LIMIT_MS);
    const secret = await exclusively(writer, () => openSecrets(writer, options.keyring));
    return new SqliteStore(options, writer, new Connection(file, 'read'), secret);
  } catch (error) {
    writer.close();
    throw error;
  }
}

/** Synchronous work in a write transaction of its own. */
async function exclusively<T>(connection: Connection, work: () => T): Promise<T> {
  await untilFree(() => {
    connection.exec('BEGIN IMMEDIATE');
  }, BUSY_LIMIT_MS);
  try {
    const value = work();
    connection.exec('COMMIT');
    return value;
  } finally {
    if (connection.inTransaction) connection.exec('ROLLBACK');
  }
}

export class SqliteStore implements Store {
  readonly blobs: Blobs;
  readonly #writer: Connection;
  readonly #reader: Connection;
  readonly #writes = new Fifo();
  readonly #reads = new Fifo();
  readonly #keyring: Keyring;
  readonly #rooms: TxRooms;
  readonly #log: (event: string, fields: object) => void;
  readonly #disk: DiskBlobs;
  readonly #recent = new RecentBlobs(RECENT_BLOBS_BYTES);
  #closed = false;
  #shares = false;
  #pausedAt = 0;

  constructor(options: SqliteStoreOptions, writer: Connection, reader: Connection, secret: Uint8Array) {
    this.#writer = writer;
    this.#reader = reader;
    this.#keyring = options.keyring;
    this.#rooms = { cache: new KeyCache(options.keyring), secret, clock: options.clock };
    this.#log = options.log ?? (() => undefined);
    this.#disk = new DiskBlobs(join(options.folder, BLOB_FOLDER), options.clock);
    this.blobs = { inlineLimit: INLINE_LIMIT_BYTES, put: (account, bytes) => this.#putBlob(account, bytes) };
  }

  read<T>(work: (tx: ReadTx) => Promise<T>): Promise<T> {
    return this.#repeated((pinned) => this.#reads.run(() => this.#attempt(this.#reader, work, pinned)));
  }

  transact<T>(work: (tx: WriteTx) => Promise<T>): Promise<T> {
    return this.#repeated((pinned) => this.#writes.run(() => this.#attempt(this.#writer, work, pinned)));
  }

  sweep(now: number, limits: SweepLimits, signal?: AbortSignal): Promise<Readonly<Record<string, number>>> {
    const rooms = {
      transact: <T>(work: (sql: Handle) => T): Promise<T> => this.#raw(this.#writes, this.#writer, work),
      read: <T>(work: (sql: Handle) => T): Promise<T> => this.#raw(this.#reads, this.#reader, work),
      tidy: () => this.#tidy(),
      blobs: this.#disk,
    };
    return sweep(rooms, now, limits, signal);
  }

  /** Wraps every data key under the newest master key of the ring. To be run after a rotation, before the old key goes. @returns how many were wrapped again. */
  rewrapKeys(): Promise<number> {
    return this.#writes.run(() => exclusively(this.#writer, () => rewrapAll(this.#writer, this.#keyring)));
  }

  /** Waits for what runs and waits, then lets go of the files. Closing again does nothing. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([this.#writes.idle(), this.#reads.idle()]);
    this.#reader.close();
    this.#writer.close();
  }

  async #repeated<T>(attempt: (pinned: Map<string, Uint8Array>) => Promise<T>): Promise<T> {
    // Blobs that were fetched for this work stay at hand until it is done, whatever else passes through the memory of recent ones.
    const pinned = new Map<string, Uint8Array>();
    for (let attempts = 1; ;) {
      try {
        return await attempt(pinned);
      } catch (error) {
        if (error instanceof BlobNeeded) {
          pinned.set(blobKey(error.account, error.blob), await this.#fetchBlob(error.account, error.blob));
          continue;
        }
        if (!(error instanceof StoreError) || error.fault !== 'conflict' || attempts === MAX_ATTEMPTS) throw error;
        attempts += 1;
        await jittered(2 ** attempts);
      }
    }
  }

  async #attempt<T>(connection: Connection, work: (tx: Tx) => Promise<T>, pinned: ReadonlyMap<string, Uint8Array>): Promise<T> {
    await this.#begin(connection);
    const began = performance.now();
    const handle = new Handle(
      connection,
      (account, name) => pinned.get(blobKey(account, name)) ?? this.#recent.get(blobKey(account, name)),
    );
    try {
      const value = await work(new Tx(handle, this.#rooms));
      // Also when the work swallowed the fault: it decided on less than there is.
      if (handle.blobNeeded !== undefined) throw handle.blobNeeded;
      handle.end();
      connection.exec('COMMIT');
      if (handle.shred) this.#tidy();
      return value;
    } catch (error) {
      throw handle.blobNeeded ?? error;
    } finally {
      handle.end();
      if (connection.inTransaction) connection.exec('ROLLBACK');
      const ms = performance.now() - began;
      if (ms > SLOW_MS && connection === this.#writer) this.#log('slow-transaction', { ms: Math.round(ms) });
    }
  }

  #raw<T>(queue: Fifo, connection: Connection, work: (sql: Handle) => T): Promise<T> {
    return queue.run(async () => {
      await this.#begin(connection);
      const handle = new Handle(connection, () => undefined);
      try {
        const value = work(handle);
        connection.exec('COMMIT');
        return value;
      } finally {
        handle.end();
        if (connection.inTransaction) connection.exec('ROLLBACK');
      }
    });
  }

  async #begin(connection: Connection): Promise<void> {
    if (this.#closed) throw new StoreError('unavailable', 'the store is closed');
    if (connection === this.#reader) {
      // The first look fixes what the whole read sees.
      await untilFree(() => {
        if (!connection.inTransaction) connection.exec('BEGIN');
        connection.get('SELECT 1 FROM meta LIMIT 1');
      }, BUSY_LIMIT_MS);
      return;
    }
    if (this.#shares && performance.now() - this.#pausedAt > SHARE_MS) {
      await jittered(2);
      this.#pausedAt = performance.now();
      this.#shares = false;
    }
    const { waited } = await untilFree(() => {
      connection.exec('BEGIN IMMEDIATE');
    }, BUSY_LIMIT_MS);
    if (waited) {
      this.#shares = true;
      this.#pausedAt = performance.now();
    }
  }

  /** Empties the write-ahead log, so that what was deleted does not stay in it. Left for the next time while someone reads. */
  #tidy(): void {
    const row = this.#writer.get<{ busy: number }>('PRAGMA wal_checkpoint(TRUNCATE)');
    if (row?.busy !== 0) this.#log('checkpoint-put-off', {});
  }

  async #putBlob(account: AccountId, bytes: Uint8Array): Promise<string> {
    const keys = await this.#raw(this.#reads, this.#reader, (sql) => this.#rooms.cache.of(sql, account));
    const name = keys.mac('blob', bytes);
    if (!(await this.#disk.touch(name))) await this.#disk.write(name, keys.seal(bytes, blobAad(account, name)));
    this.#recent.set(blobKey(account, name), Uint8Array.from(bytes));
    return name;
  }

  async #fetchBlob(account: AccountId, name: string): Promise<Uint8Array> {
    const keys = await this.#raw(this.#reads, this.#reader, (sql) => this.#rooms.cache.of(sql, account));
    const bytes = keys.open(await this.#disk.read(name), blobAad(account, name));
    this.#recent.set(blobKey(account, name), bytes);
    return bytes;
  }
}

const blobKey = (account: AccountId, name: string): string => `${account}/${name}`;
const blobAad = (account: AccountId, name: string): string => `blob/${account}/${name}`;
