/** Tables without rowid: their order is their collations' own, and every page of theirs holds rows; so all of it is read, and rows are found by key. */
import { encodeRow, TableSum, type TableFacts } from '../../records/digest.js';
import { textValue, type SqlValue } from '../../records/values.js';
import { readerOf } from './cells.js';
import { ROW_MARK_BYTES } from './leaf-marks.js';
import { markBefore, rowHashes, sameBytes } from './row-hash.js';
import { ROWS_AT_ONCE, type ScanOptions } from './rows.js';
import type { Database } from './snapshot.js';
import type { TableShape } from './tables.js';

export async function scanByKey(db: Database, shape: TableShape, options: ScanOptions): Promise<TableFacts> {
  const { sink, extended, marks } = options;
  const reader = readerOf(db, shape);
  const hashOf = rowHashes(shape);
  const keyColumns = shape.primaryKey.map((column) => shape.columns.indexOf(column));
  const sum = new TableSum();
  const old = options.before && new KeyedMarks(options.before());
  let count = 0;
  for (const row of reader.rows()) {
    const values = reader.values(row);
    if (options.skips?.(values)) continue;
    const hash = hashOf(values, undefined);
    sum.add(hash);
    const key = encodeRow(keyColumns.map((i) => values[i] ?? null));
    const mark = hash.subarray(0, ROW_MARK_BYTES);
    marks?.add(u32(key.length), key, mark);
    if (old && sink) {
      const before = old.take(key);
      if (!before) sink.added(values, undefined);
      else if (!sameBytes(before, extended ? markBefore(extended, shape, values, undefined) : mark)) sink.replaced(values, undefined);
    }
    count += 1;
    if (count % ROWS_AT_ONCE === 0) await options.pause();
  }
  marks?.flush();
  if (old && sink) for (const gone of old.rest()) sink.deleted(gone);
  return sum.facts();
}

function u32(value: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

class KeyedMarks {
  readonly #marks = new Map<string, Uint8Array>();

  constructor(parts: Iterable<Uint8Array>) {
    for (const part of parts) {
      const bytes = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
      for (let at = 0; at < bytes.length;) {
        const length = bytes.readUInt32BE(at);
        const key = bytes.toString('latin1', at + 4, at + 4 + length);
        at += 4 + length + ROW_MARK_BYTES;
        this.#marks.set(key, bytes.subarray(at - ROW_MARK_BYTES, at));
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
