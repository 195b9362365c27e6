/**
 * Proof that two databases hold the same; see docs/device-backup-protocol.md, "Digest of a database". The rows of a table are proven by the sum of
 * their hashes, so that a changed row is subtracted and added without reading the others.
 */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { compareBytewise, fromHex, hex, utf8 } from './bytes.js';
import { TextBytes, type SqlValue } from './values.js';

/** Rows of a table, and the sum of their hashes modulo 2^256 (hexadecimal, 64 digits). */
export interface TableFacts {
  readonly rows: number;
  readonly sum: string;
}

/** A row of sqlite_schema. */
export interface SchemaRow {
  readonly type: string;
  readonly name: string;
  readonly tblName: string;
  readonly sql: string;
}

export const HASH_BYTES = 32;

/** Encodes a row after another in one buffer: there are millions of them. */
export class RowHasher {
  #buffer = Buffer.alloc(4096);
  #length = 0;

  /** Forgets what was added. */
  begin(): void {
    this.#length = 0;
  }

  null(): void {
    this.#buffer[this.#room(1)] = 0;
  }

  integer(value: bigint): void {
    const at = this.#room(9);
    this.#buffer[at] = 1;
    this.#buffer.writeBigInt64BE(value, at + 1);
  }

  /** An INTEGER of −(2^53−1) … 2^53−1. */
  smallInteger(value: number): void {
    const at = this.#room(9);
    this.#buffer[at] = 1;
    const high = Math.floor(value / 0x1_0000_0000);
    this.#buffer.writeInt32BE(high, at + 1);
    this.#buffer.writeUInt32BE(value - high * 0x1_0000_0000, at + 5);
  }

  real(value: number): void {
    const at = this.#room(9);
    this.#buffer[at] = 2;
    this.#buffer.writeDoubleBE(value, at + 1);
  }

  text(bytes: Uint8Array): void {
    this.#bytes(3, bytes);
  }

  blob(bytes: Uint8Array): void {
    this.#bytes(4, bytes);
  }

  value(value: SqlValue): void {
    if (value === null) this.null();
    else if (typeof value === 'bigint') this.integer(value);
    else if (typeof value === 'number') this.real(value);
    else if (typeof value === 'string') this.text(utf8(value));
    else if (value instanceof TextBytes) this.text(value.bytes);
    else this.blob(value);
  }

  /** What was added since `begin`. */
  encoded(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  hash(): Uint8Array {
    return createHash('sha256').update(this.encoded()).digest();
  }

  #bytes(form: number, bytes: Uint8Array): void {
    const at = this.#room(5 + bytes.length);
    this.#buffer[at] = form;
    this.#buffer.writeUInt32BE(bytes.length, at + 1);
    this.#buffer.set(bytes, at + 5);
  }

  #room(bytes: number): number {
    const at = this.#length;
    this.#length += bytes;
    if (this.#length > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(this.#length, this.#buffer.length * 2));
      larger.set(this.#buffer);
      this.#buffer = larger;
    }
    return at;
  }
}

/** The canonical bytes of a row. `values`: the rowid first where the digest has it, then the columns in order without generated ones. */
export function encodeRow(values: readonly SqlValue[]): Uint8Array {
  const hasher = new RowHasher();
  for (const value of values) hasher.value(value);
  return hasher.encoded().slice();
}

export function rowHash(values: readonly SqlValue[]): Uint8Array {
  return createHash('sha256').update(encodeRow(values)).digest();
}

/** A table's rows and their sum, kept up row by row. */
export class TableSum {
  #rows: number;
  /** Least significant first, 32 bits each. */
  readonly #limbs = new Uint32Array(8);

  /** @throws {RangeError} when `from.sum` is not 64 hexadecimal digits. */
  constructor(from?: TableFacts) {
    this.#rows = from?.rows ?? 0;
    if (from === undefined) return;
    const bytes = fromHex(from.sum);
    if (bytes?.length !== HASH_BYTES) throw new RangeError(`"${from.sum}" is not the sum of hashes`);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    for (let i = 0; i < 8; i += 1) this.#limbs[i] = view.getUint32(28 - 4 * i);
  }

  add(hash: Uint8Array): void {
    this.addAll(1, hash);
  }

  /** Rows of which the sum of the hashes is known, 32 bytes. */
  addAll(rows: number, hash: Uint8Array): void {
    this.#rows += rows;
    let carry = 0;
    for (let i = 0; i < 8; i += 1) {
      const sum = (this.#limbs[i] ?? 0) + limb(hash, i) + carry;
      this.#limbs[i] = sum % 0x1_0000_0000;
      carry = sum >= 0x1_0000_0000 ? 1 : 0;
    }
  }

  subtract(hash: Uint8Array): void {
    this.#rows -= 1;
    let borrow = 0;
    for (let i = 0; i < 8; i += 1) {
      const difference = (this.#limbs[i] ?? 0) - limb(hash, i) - borrow;
      borrow = difference < 0 ? 1 : 0;
      this.#limbs[i] = difference + borrow * 0x1_0000_0000;
    }
  }

  facts(): TableFacts {
    return { rows: this.#rows, sum: hex(this.sum()) };
  }

  /** Of all hashes, 32 bytes. */
  sum(): Uint8Array {
    const bytes = Buffer.alloc(HASH_BYTES);
    for (let i = 0; i < 8; i += 1) bytes.writeUInt32BE(this.#limbs[i] ?? 0, 28 - 4 * i);
    return bytes;
  }
}

function limb(hash: Uint8Array, index: number): number {
  const at = 28 - 4 * index;
  return (((hash[at] ?? 0) << 24) | ((hash[at + 1] ?? 0) << 16) | ((hash[at + 2] ?? 0) << 8) | (hash[at + 3] ?? 0)) >>> 0;
}

/** Whether a table's rows are in the digest. `virtual`: whether it is a virtual one. */
export function isInDigest(table: string, virtual: boolean): boolean {
  return !virtual && (!table.startsWith('sqlite_') || table === 'sqlite_sequence' || table === 'sqlite_stat1');
}

/**
 * Hash of the schema, hexadecimal. `rows`: those of sqlite_schema that have SQL, in any order; names that begin with `sqlite_` are left out here.
 * @param userVersion, applicationId as in the database's header, of 32 bits.
 */
export function schemaHash(userVersion: number, applicationId: number, rows: readonly SchemaRow[]): string {
  const hash = createHash('sha256');
  const numbers = Buffer.alloc(8);
  numbers.writeInt32BE(userVersion | 0, 0);
  numbers.writeInt32BE(applicationId | 0, 4);
  hash.update(numbers);
  const counted = rows.filter(({ name }) => !name.startsWith('sqlite_'));
  counted.sort((a, b) => compareBytewise(a.type, b.type) || compareBytewise(a.name, b.name));
  for (const { type, name, tblName, sql } of counted) for (const one of [type, name, tblName, sql]) hash.update(text(one));
  return hash.digest('hex');
}

/** The digest of the whole, hexadecimal. @param schema see `schemaHash`. @param tables those of `isInDigest`. */
export function databaseDigest(schema: string, tables: Readonly<Record<string, TableFacts>>): string {
  const hash = createHash('sha256').update('moorage-digest-1').update(Buffer.from(schema, 'hex'));
  for (const [name, { rows, sum }] of Object.entries(tables).sort(([a], [b]) => compareBytewise(a, b))) {
    const count = Buffer.alloc(8);
    count.writeBigUInt64BE(BigInt(rows));
    hash.update(text(name)).update(count).update(Buffer.from(sum, 'hex'));
  }
  return hash.digest('hex');
}

function text(value: string): Uint8Array {
  const bytes = Buffer.from(value, 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
