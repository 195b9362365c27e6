/** A row's hash, as it is in the digest, and what is kept of it. */
import { hash } from 'node:crypto';
import { encodeRow, RowHasher } from '../../records/digest.js';
import type { SqlValue } from '../../records/values.js';
import { ROW_MARK_BYTES } from './leaf-marks.js';
import type { TableShape } from './tables.js';

/** Columns the table had before, when some were added since; a row with only the defaults in the new ones counts as unchanged. */
export interface Extended {
  readonly oldCount: number;
  readonly defaults: readonly SqlValue[];
}

/** @returns hashes of a table's rows, 32 bytes. */
export function rowHashes(shape: TableShape): (values: readonly SqlValue[], rowid: bigint | undefined) => Uint8Array {
  const hasher = new RowHasher();
  return (values, rowid) => {
    hasher.begin();
    if (shape.showsRowid) hasher.integer(rowid ?? 0n);
    for (const value of values) hasher.value(value);
    return hash('sha256', hasher.encoded(), 'buffer');
  };
}

/** The mark the row had while the table had its old columns only; none that anything equals where a new column has another value than its default. */
export function markBefore(
  { oldCount, defaults }: Extended,
  shape: TableShape,
  values: readonly SqlValue[],
  rowid: bigint | undefined,
): Uint8Array {
  const isPlain = values.slice(oldCount).every((value, i) => sameBytes(encodeRow([value]), encodeRow([defaults[i] ?? null])));
  if (!isPlain) return new Uint8Array(0);
  const shown = shape.showsRowid ? [rowid ?? 0n] : [];
  return hash('sha256', encodeRow([...shown, ...values.slice(0, oldCount)]), 'buffer').subarray(0, ROW_MARK_BYTES);
}

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
