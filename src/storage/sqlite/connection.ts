/**
 * One SQLite connection: cached statements, faults as StoreError. Everything here is synchronous.
 *
 * @NOTE SQLite plans a statement with `LIMIT ?` anew whenever another value is bound to any of its parameters, which costs ten times what most of
 * them do. Those that run for each item say `LIMIT +?`.
 */
import { DatabaseSync, type StatementSyncInstance } from '@photostructure/sqlite';
import { StoreError, UserError } from '../../model/errors.js';

export type SqlValue = string | number | Uint8Array | null;

/** SQLite's primary result codes that we tell apart. [SQLite, "Result and Error Codes"] */
const Code = { Perm: 3, Busy: 5, Locked: 6, NoMem: 7, ReadOnly: 8, IoErr: 10, Corrupt: 11, Full: 13, CantOpen: 14, NotADb: 26 } as const;
const UNIQUE_VIOLATIONS: readonly number[] = [1555, 2067];

/** Pages of 4 kB in the write-ahead log at which a commit does what the checkpointer has not kept up with, so that the log has a bound. */
const CHECKPOINT_PAGES = 8000;
/** Page cache, KiB. Nearly all is read and written on the write connection; the other one reads a session or a row. */
const CACHE_KIB = { write: 8192, read: 1024 } as const;

export class Connection {
  readonly #db: InstanceType<typeof DatabaseSync>;
  readonly #statements = new Map<string, StatementSyncInstance>();

  constructor(file: string, mode: 'write' | 'read') {
    this.#db = guard(() => new DatabaseSync(file, { timeout: 0, readOnly: mode === 'read', defensive: true }));
    try {
      this.#prepare(mode);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** @throws {StoreError} `conflict` while another process brings the log in order that a killed one left. */
  #prepare(mode: 'write' | 'read'): void {
    this.exec(`PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -${CACHE_KIB[mode]}`);
    if (mode === 'read') this.exec('PRAGMA query_only = ON');
    // secure_delete: what leaves a page is overwritten there, so that a destroyed key has no forgotten copy.
    else this.exec(`PRAGMA synchronous = NORMAL; PRAGMA secure_delete = FAST; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  }

  get inTransaction(): boolean {
    return this.#db.isTransaction;
  }

  exec(sql: string): void {
    guard(() => {
      this.#db.exec(sql);
    });
  }

  get<Row>(sql: string, ...values: SqlValue[]): Row | undefined {
    return guard(() => this.#statement(sql).get(...values) as Row | undefined);
  }

  all<Row>(sql: string, ...values: SqlValue[]): Row[] {
    return guard(() => this.#statement(sql).all(...values) as Row[]);
  }

  /** @returns the number of rows written. */
  run(sql: string, ...values: SqlValue[]): number {
    return guard(() => this.#statement(sql).run(...values).changes);
  }

  /** @NOTE the library has no call to finalize a statement: the file's handles go with the garbage collection of those that were cached. */
  close(): void {
    this.#statements.clear();
    if (this.#db.isOpen) this.#db.close();
  }

  #statement(sql: string): StatementSyncInstance {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

function guard<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw translate(error);
  }
}

/** For the operator, where the file cannot be read as a database at all. */
export const NO_STORE =
  'The file moorage.db in the data folder is no Moorage store (or is damaged). Restore it from a snapshot or name another folder.';

/** A row of this key exists already. */
export class DuplicateError extends Error {
  override readonly name = 'DuplicateError';
}

function translate(error: unknown): unknown {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return error;
  const options = { cause: error };
  if (UNIQUE_VIOLATIONS.includes(error.errcode)) return new DuplicateError(error.message, options);
  switch (error.errcode & 0xff) {
    case Code.Busy:
    case Code.Locked:
      return new StoreError('conflict', error.message, options);
    case Code.NotADb:
      return new UserError(NO_STORE, options);
    case Code.Corrupt:
      return new StoreError('corrupt', error.message, options);
    case Code.Perm:
    case Code.NoMem:
    case Code.ReadOnly:
    case Code.IoErr:
    case Code.Full:
    case Code.CantOpen:
      return new StoreError('unavailable', error.message, options);
    default:
      return error;
  }
}
