/** Which rows of a table changed, found by their marks: 8 bytes of each row's hash beside its key. */
import { createHash } from 'node:crypto';
import { encodeRow, RowHasher, TableSum, type TableFacts } from '../../records/digest.js';
import { textValue, type SqlValue } from '../../records/values.js';
import type { MarksWriter } from '../state/marks.js';
import { readerOf } from './cells.js';
import type { Database } from './snapshot.js';
import type { TableShape } from './tables.js';

const MARK_BYTES = 8;
/** Rows after which others get their turn. */
const ROWS_AT_ONCE = 20_000;

export interface RowSink {
  added(values: readonly SqlValue[], rowid: bigint | undefined): void;
  replaced(values: readonly SqlValue[], rowid: bigint | undefined): void;
  /** @param key the rowid, or the values of the primary key. */
  deleted(key: bigint | readonly SqlValue[]): void;
}

/** Columns the table had before, when some were added since; a row with only the defaults in the new ones counts as unchanged. */
export interface Extended {
  readonly oldCount: number;
  readonly defaults: readonly SqlValue[];
}

export interface ScanOptions {
  readonly before?: Iterable<Uint8Array>;
  readonly extended?: Extended | undefined;
  readonly sink?: RowSink;
  readonly marks?: MarksWriter;
  readonly pause: () => Promise<void>;
  /** Rows that are not there for us. */
  readonly skips?: (values: readonly SqlValue[]) => boolean;
}

/** Reads a table once: its rows and sum for the digest, its new marks, and against the old ones its changes. */
export async function scanTable(db: Database, shape: TableShape, options: ScanOptions): Promise<TableFacts> {
  const reader = readerOf(db, shape);
  const sum = new TableSum();
  const hasher = new RowHasher();
  const old = options.before && (shape.withoutRowid ? new KeyedMarks(options.before) : new RowidMarks(options.before));
  let count = 0;
  for (const row of reader.rows()) {
    const values = reader.values(row);
    if (options.skips?.(values)) continue;
    const rowid = shape.rowidName === undefined ? undefined : (row[0] as bigint);
    hasher.begin();
    if (shape.showsRowid) hasher.integer(rowid ?? 0n);
    for (const value of values) hasher.value(value);
    const hash = createHash('sha256').update(hasher.encoded()).digest();
    sum.add(hash);
    const key =
      rowid === undefined ? encodeRow(shape.primaryKey.map((column) => values[shape.columns.indexOf(column)] ?? null)) : int64(rowid);
    const mark = hash.subarray(0, MARK_BYTES);
    options.marks?.add(...(rowid === undefined ? [u32(key.length), key] : [key]), mark);
    if (old && options.sink) compare(old, options, shape, { values, rowid, key, mark });
    count += 1;
    if (count % ROWS_AT_ONCE === 0) await options.pause();
  }
  options.marks?.flush();
  if (old && options.sink) for (const gone of old.rest()) options.sink.deleted(gone);
  return sum.facts();
}

interface ScannedRow {
  readonly values: readonly SqlValue[];
  readonly rowid: bigint | undefined;
  readonly key: Uint8Array;
  readonly mark: Uint8Array;
}

function compare(old: KeyedMarks | RowidMarks, { sink, extended }: ScanOptions, shape: TableShape, row: ScannedRow): void {
  const { values, rowid, key, mark } = row;
  const before = old instanceof RowidMarks ? old.take(rowid ?? 0n, sink) : old.take(key);
  if (!before) sink?.added(values, rowid);
  else if (!sameBytes(before, extended ? markBefore(extended, shape, row) : mark)) sink?.replaced(values, rowid);
}

/** The mark the row had while the table had its old columns only; none that anything equals where a new column has another value than its default. */
function markBefore({ oldCount, defaults }: Extended, shape: TableShape, { values, rowid }: ScannedRow): Uint8Array {
  const isPlain = values.slice(oldCount).every((value, i) => sameBytes(encodeRow([value]), encodeRow([defaults[i] ?? null])));
  if (!isPlain) return new Uint8Array(0);
  const shown = shape.showsRowid ? [rowid ?? 0n] : [];
  return createHash('sha256')
    .update(encodeRow([...shown, ...values.slice(0, oldCount)]))
    .digest()
    .subarray(0, MARK_BYTES);
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

function int64(value: bigint): Uint8Array {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

function u32(value: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Marks of a table with a rowid, in its order: read along with the rows. */
class RowidMarks {
  readonly #parts: Iterator<Uint8Array>;
  #part: Buffer = Buffer.alloc(0);
  #at = 0;

  constructor(parts: Iterable<Uint8Array>) {
    this.#parts = parts[Symbol.iterator]();
  }

  /** The mark of this row; the rows before it that are gone go to the sink. */
  take(rowid: bigint, sink: RowSink | undefined): Uint8Array | undefined {
    while (this.#more()) {
      const next = this.#part.readBigInt64BE(this.#at);
      if (next > rowid) return undefined;
      const mark = this.#part.subarray(this.#at + 8, this.#at + 8 + MARK_BYTES);
      this.#at += 8 + MARK_BYTES;
      if (next === rowid) return mark;
      sink?.deleted(next);
    }
    return undefined;
  }

  *rest(): Generator<bigint> {
    while (this.#more()) {
      yield this.#part.readBigInt64BE(this.#at);
      this.#at += 8 + MARK_BYTES;
    }
  }

  #more(): boolean {
    while (this.#at >= this.#part.length) {
      const next = this.#parts.next();
      if (next.done === true) return false;
      this.#part = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
      this.#at = 0;
    }
    return true;
  }
}

/** Marks of a table without rowid, whose order is its collations' own: by key. */
class KeyedMarks {
  readonly #marks = new Map<string, Uint8Array>();

  constructor(parts: Iterable<Uint8Array>) {
    for (const part of parts) {
      const bytes = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
      for (let at = 0; at < bytes.length;) {
        const length = bytes.readUInt32BE(at);
        const key = bytes.toString('latin1', at + 4, at + 4 + length);
        at += 4 + length + MARK_BYTES;
        this.#marks.set(key, bytes.subarray(at - MARK_BYTES, at));
      }
    }
  }

  take(key: Uint8Array): Uint8Array | undefined {
    const text = Buffer.from(key).toString('latin1');
    const mark = this.#marks.get(text);
    this.#marks.delete(text);
    return mark;
  }

  *rest(): Generator<readonly SqlValue[]> {
    for (const key of this.#marks.keys()) yield decodeRow(Buffer.from(key, 'latin1'));
  }
}

/** Values from their canonical bytes; see `encodeRow`. */
function decodeRow(bytes: Buffer): SqlValue[] {
  const values: SqlValue[] = [];
  for (let at = 0; at < bytes.length;) {
    const form = bytes[at];
    at += 1;
    if (form === 0) values.push(null);
    else if (form === 1) {
      values.push(bytes.readBigInt64BE(at));
      at += 8;
    } else if (form === 2) {
      values.push(bytes.readDoubleBE(at));
      at += 8;
    } else {
      const length = bytes.readUInt32BE(at);
      const content = bytes.subarray(at + 4, at + 4 + length);
      at += 4 + length;
      values.push(form === 3 ? textValue(content) : new Uint8Array(content));
    }
  }
  return values;
}
