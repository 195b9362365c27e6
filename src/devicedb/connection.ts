/** One open database: statements with exact values in and out. Every value goes in as a parameter, never as text. */
import { Buffer } from 'node:buffer';
import { utf8 } from '../records/bytes.js';
import type { RowHasher } from '../records/digest.js';
import { textValue, TextBytes, type SqlValue } from '../records/values.js';
import type { SqlJs, SqlJsDatabase } from './sqljs.js';

/** SQLite refused. `code` is its primary result code. [SQLite, "Result and Error Codes"] */
export class SqliteError extends Error {
  override readonly name = 'SqliteError';
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code & 0xff;
  }
}

export const SqliteCode = { error: 1, noMemory: 7, corrupt: 11, full: 13, tooBig: 18, constraint: 19, notADatabase: 26 } as const;

const ROW = 100;
const DONE = 101;
/** SQLite copies what was bound. */
const TRANSIENT = -1;
const INTEGER = 1;
const FLOAT = 2;
const TEXT = 3;
const BLOB = 4;
const MAX_CACHED = 200;

/** SQL in pieces with values between them: parameters when it is run, literals when it is shown to a person. */
export class Sql {
  readonly parts: readonly string[];
  readonly values: readonly SqlValue[];
  constructor(parts: readonly string[], values: readonly SqlValue[]) {
    this.parts = parts;
    this.values = values;
  }

  /** Integers beyond 32 bits are bound as text, the only exact way this build has. */
  text(): string {
    return this.parts
      .map((part, i) => part + (i < this.values.length ? (isWide(this.values[i]) ? 'CAST(? AS INTEGER)' : '?') : ''))
      .join('');
  }

  shown(): string {
    return this.parts.map((part, i) => part + (i < this.values.length ? literal(this.values[i] ?? null) : '')).join('');
  }
}

export const sql = (parts: TemplateStringsArray | readonly string[], ...values: readonly SqlValue[]): Sql => new Sql(parts, values);

/** An identifier in quotes. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const isWide = (value: SqlValue | undefined): boolean => typeof value === 'bigint' && (value > 0x7fff_ffffn || value < -0x8000_0000n);

function literal(value: SqlValue): string {
  if (value === null) return 'NULL';
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number')
    return Number.isFinite(value)
      ? Object.is(value, -0)
        ? '-0.0'
        : String(value).replace(/^-?\d+$/, '$&.0')
      : value > 0
        ? '9e999'
        : '-9e999';
  if (typeof value === 'string' && !value.includes('\0')) return `'${value.replaceAll("'", "''")}'`;
  if (typeof value === 'string') return `CAST(X'${Buffer.from(value).toString('hex')}' AS TEXT)`;
  if (value instanceof TextBytes) return `CAST(X'${Buffer.from(value.bytes).toString('hex')}' AS TEXT)`;
  return `X'${Buffer.from(value).toString('hex')}'`;
}

export class Connection {
  readonly #lib: SqlJs;
  readonly #database: SqlJsDatabase;
  readonly #cached = new Map<string, Statement>();

  constructor(lib: SqlJs, contents?: Uint8Array) {
    this.#lib = lib;
    this.#database = new lib.Database(contents);
  }

  /** One statement. @throws {SqliteError} also when there is more than one. */
  prepare(text: string): Statement {
    const lib = this.#lib;
    const bytes = utf8(text);
    const address = lib._malloc(bytes.length + 1);
    if (address === 0) throw new SqliteError(SqliteCode.noMemory, 'out of memory');
    const stack = lib.stackSave();
    try {
      const memory = new Uint8Array(lib.memory.buffer);
      memory.set(bytes, address);
      memory[address + bytes.length] = 0;
      const out = lib.stackAlloc(8);
      this.check(lib._sqlite3_prepare_v2(this.#database.db, address, bytes.length + 1, out, out + 4));
      const view = new DataView(lib.memory.buffer);
      const handle = view.getUint32(out, true);
      const rest = bytes.subarray(view.getUint32(out + 4, true) - address);
      if (handle === 0) throw new SqliteError(SqliteCode.error, 'no statement');
      if (/[^\s;]/.test(Buffer.from(rest).toString('latin1').replace(/\0$/, ''))) {
        lib._sqlite3_finalize(handle);
        throw new SqliteError(SqliteCode.error, 'more than one statement');
      }
      return new Statement(this, lib, handle);
    } finally {
      lib.stackRestore(stack);
      lib._free(address);
    }
  }

  /** Runs it to its end. */
  run(statement: Sql): void {
    const prepared = this.#bound(statement);
    try {
      while (prepared.step());
    } finally {
      prepared.reset();
    }
  }

  /** Text we wrote ourselves, without values. */
  exec(text: string): void {
    const prepared = this.prepare(text);
    try {
      while (prepared.step());
    } finally {
      prepared.finalize();
    }
  }

  all(statement: Sql, limit = Infinity): SqlValue[][] {
    const rows: SqlValue[][] = [];
    this.each(statement, (row) => {
      rows.push(row.values());
      return rows.length < limit;
    });
    return rows;
  }

  /** Calls `take` for each row until it returns false. */
  each(statement: Sql, take: (row: Statement) => boolean | void): void {
    const prepared = this.#bound(statement);
    try {
      while (prepared.step() && take(prepared) !== false);
    } finally {
      prepared.reset();
    }
  }

  /** Throws what SQLite says of a result code. */
  check(code: number): void {
    if (code === 0 || code === ROW || code === DONE) return;
    throw new SqliteError(code, this.#lib.UTF8ToString(this.#lib._sqlite3_errmsg(this.#database.db)));
  }

  /** See `SqlJsDatabase.export`. */
  export(): Uint8Array {
    this.#forget();
    return this.#database.export();
  }

  close(): void {
    this.#forget();
    this.#database.close();
  }

  #forget(): void {
    for (const one of this.#cached.values()) one.finalize();
    this.#cached.clear();
  }

  #bound(statement: Sql): Statement {
    const text = statement.text();
    let prepared = this.#cached.get(text);
    if (prepared?.busy === true) throw new Error(`statement in use: ${text}`);
    if (prepared === undefined) {
      if (this.#cached.size >= MAX_CACHED) this.#dropOldest();
      prepared = this.prepare(text);
      this.#cached.set(text, prepared);
    }
    try {
      statement.values.forEach((value, i) => prepared.bind(i + 1, value));
    } catch (error) {
      prepared.reset();
      throw error;
    }
    return prepared;
  }

  #dropOldest(): void {
    for (const [text, one] of this.#cached) {
      if (one.busy) continue;
      one.finalize();
      this.#cached.delete(text);
      return;
    }
  }
}

export class Statement {
  readonly #connection: Connection;
  readonly #lib: SqlJs;
  readonly #handle: number;
  #columns: number;
  #busy = false;

  constructor(connection: Connection, lib: SqlJs, handle: number) {
    this.#connection = connection;
    this.#lib = lib;
    this.#handle = handle;
    this.#columns = lib._sqlite3_column_count(handle);
  }

  get busy(): boolean {
    return this.#busy;
  }

  /** @param index from 1. */
  bind(index: number, value: SqlValue): void {
    const lib = this.#lib;
    if (value === null) return; // `reset` has cleared it.
    if (typeof value === 'number') this.#connection.check(lib._sqlite3_bind_double(this.#handle, index, value));
    else if (typeof value === 'bigint' && !isWide(value)) this.#connection.check(lib._sqlite3_bind_int(this.#handle, index, Number(value)));
    else if (value instanceof Uint8Array) this.#bindBytes(index, value, '_sqlite3_bind_blob');
    else if (value instanceof TextBytes) this.#bindBytes(index, value.bytes, '_sqlite3_bind_text');
    else this.#bindBytes(index, utf8(value.toString()), '_sqlite3_bind_text');
  }

  step(): boolean {
    this.#busy = true;
    const code = this.#lib._sqlite3_step(this.#handle);
    if (code === ROW) {
      // A statement that was prepared again after a change of the schema may have others.
      this.#columns = this.#lib._sqlite3_column_count(this.#handle);
      return true;
    }
    this.#connection.check(code);
    return false;
  }

  values(): SqlValue[] {
    return Array.from({ length: this.#columns }, (_, i) => this.value(i));
  }

  /** @param column from 0. */
  value(column: number): SqlValue {
    const lib = this.#lib;
    switch (lib._sqlite3_column_type(this.#handle, column)) {
      case INTEGER: {
        const near = lib._sqlite3_column_double(this.#handle, column);
        return Number.isSafeInteger(near) ? BigInt(near) : this.#wide(column);
      }
      case FLOAT:
        return lib._sqlite3_column_double(this.#handle, column);
      case TEXT:
        return textValue(this.#text(column));
      case BLOB:
        return this.#blob(column).slice();
      default:
        return null;
    }
  }

  /** The row's bytes for the digest, from column `from` on. */
  encode(hasher: RowHasher, from = 0): void {
    const lib = this.#lib;
    const handle = this.#handle;
    hasher.begin();
    for (let column = from; column < this.#columns; column += 1) {
      switch (lib._sqlite3_column_type(handle, column)) {
        case INTEGER: {
          const near = lib._sqlite3_column_double(handle, column);
          if (Number.isSafeInteger(near)) hasher.smallInteger(near);
          else hasher.integer(this.#wide(column));
          break;
        }
        case FLOAT:
          hasher.real(lib._sqlite3_column_double(handle, column));
          break;
        case TEXT:
          hasher.text(this.#text(column));
          break;
        case BLOB:
          hasher.blob(this.#blob(column));
          break;
        default:
          hasher.null();
      }
    }
  }

  reset(): void {
    // Its code repeats that of the last step, which was thrown already.
    this.#lib._sqlite3_reset(this.#handle);
    this.#lib._sqlite3_clear_bindings(this.#handle);
    this.#busy = false;
  }

  finalize(): void {
    this.#lib._sqlite3_finalize(this.#handle);
  }

  #wide(column: number): bigint {
    return BigInt(Buffer.from(this.#text(column)).toString('latin1'));
  }

  /** A view of SQLite's memory, until the next call. */
  #text(column: number): Uint8Array {
    const address = this.#lib._sqlite3_column_text(this.#handle, column) >>> 0;
    return new Uint8Array(this.#lib.memory.buffer, address, this.#lib._sqlite3_column_bytes(this.#handle, column));
  }

  #blob(column: number): Uint8Array {
    const address = this.#lib._sqlite3_column_blob(this.#handle, column) >>> 0;
    return new Uint8Array(this.#lib.memory.buffer, address, this.#lib._sqlite3_column_bytes(this.#handle, column));
  }

  #bindBytes(index: number, bytes: Uint8Array, bind: '_sqlite3_bind_text' | '_sqlite3_bind_blob'): void {
    const lib = this.#lib;
    // An address of its own also for no bytes: NULL would be bound as NULL.
    const address = lib._malloc(bytes.length + 1);
    if (address === 0) throw new SqliteError(SqliteCode.noMemory, 'out of memory');
    new Uint8Array(lib.memory.buffer).set(bytes, address);
    const code = lib[bind](this.#handle, index, address, bytes.length, TRANSIENT);
    lib._free(address);
    this.#connection.check(code);
  }
}
