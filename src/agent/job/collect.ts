/** Gathers what the scan of a table finds, as records. */
import type { TableChanges } from '../../records/changes.js';
import { recordUri } from '../../records/keys.js';
import { fromJson, toJson, type JsonRecord, type JsonValue, type SqlValue } from '../../records/values.js';
import type { RowSink } from '../detect/rows.js';
import type { TableShape } from '../detect/tables.js';

/** There is so much to say that the whole file is less. */
export class TooManyChanges extends Error {
  override readonly name = 'TooManyChanges';
}

/** Bytes of records, about, in one backup. */
export interface Budget {
  left: number;
}

export class CollectedChanges implements RowSink {
  readonly shape: TableShape;
  readonly deletes: JsonRecord[] = [];
  readonly replaces: JsonRecord[] = [];
  readonly adds: JsonRecord[] = [];
  readonly #budget: Budget;

  constructor(shape: TableShape, budget: Budget) {
    this.shape = shape;
    this.#budget = budget;
  }

  get isEmpty(): boolean {
    return this.deletes.length + this.replaces.length + this.adds.length === 0;
  }

  added(values: readonly SqlValue[], rowid: bigint | undefined): void {
    this.adds.push(this.#record(values, rowid));
  }

  replaced(values: readonly SqlValue[], rowid: bigint | undefined): void {
    this.replaces.push(this.#record(values, rowid));
  }

  deleted(key: bigint | readonly SqlValue[]): void {
    const { rowidName, primaryKey } = this.shape;
    if (typeof key === 'bigint') this.deletes.push(this.#paid({ [rowidName ?? 'rowid']: toJson(key) }));
    else this.deletes.push(this.#paid(Object.fromEntries(primaryKey.map((column, i) => [column, toJson(key[i] ?? null)]))));
  }

  changes(): TableChanges {
    const { deletes, replaces, adds } = this;
    return { name: this.shape.name, deletes, replaces, adds };
  }

  #record(values: readonly SqlValue[], rowid: bigint | undefined): JsonRecord {
    const { columns, showsRowid, rowidName } = this.shape;
    const record: Record<string, JsonValue> = {};
    if (showsRowid && rowidName !== undefined) record[rowidName] = toJson(rowid ?? 0n);
    for (const [i, column] of columns.entries()) record[column] = toJson(values[i] ?? null);
    return this.#paid(record);
  }

  #paid(record: JsonRecord): JsonRecord {
    let cost = 24;
    for (const [column, value] of Object.entries(record)) cost += column.length + costOf(value);
    this.#budget.left -= cost;
    if (this.#budget.left < 0) throw new TooManyChanges(`changes of ${this.shape.name}`);
    return record;
  }
}

function costOf(value: JsonValue): number {
  if (typeof value === 'string') return value.length + 4;
  if (typeof value === 'object' && value !== null) return Object.values(value).reduce((sum: number, text: string) => sum + text.length, 10);
  return 10;
}

/**
 * LocURI of a record as an item of its own: the declared primary key, else the rowid.
 * @returns undefined where the record does not hold it: of a row that is gone only the rowid is known.
 */
export function uriOf(shape: TableShape, record: JsonRecord): string | undefined {
  const names = shape.primaryKey.length > 0 ? shape.primaryKey : [shape.rowidName ?? ''];
  const key: SqlValue[] = [];
  for (const name of names) {
    const value = record[name];
    if (value === undefined) return undefined;
    key.push(fromJson(value));
  }
  return recordUri(shape.name, key);
}
