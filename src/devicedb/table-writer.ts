/** Writes the records of one table: finds what is meant, holds what is said of it against what is there, and keeps up the table's sum. */
import type { TableChanges } from '../records/changes.js';
import type { TableSum } from '../records/digest.js';
import { parseKey } from '../records/keys.js';
import type { JsonRecord } from '../records/values.js';
import type { Operation } from './jobs.js';
import { Refusal } from './refusal.js';
import type { Removals } from './removals.js';
import { columnValues, keyText, type FoundRow, type Rows, type Values } from './rows.js';
import { identityColumns, recordColumns, type TableShape } from './shape.js';

export type RecordOperation = Extract<Operation, { kind: 'record' }>;

export class TableWriter {
  readonly shape: TableShape;
  readonly sum: TableSum;
  readonly #rows: Rows;
  readonly #removals: Removals;

  constructor(shape: TableShape, sum: TableSum, rows: Rows, removals: Removals) {
    this.shape = shape;
    this.sum = sum;
    this.#rows = rows;
    this.#removals = removals;
  }

  /** The same with another sum: that of before a record that was undone. */
  backTo(sum: TableSum): TableWriter {
    return new TableWriter(this.shape, sum, this.#rows, this.#removals);
  }

  /** @returns 200, or 201 for what is new. */
  record(operation: RecordOperation): number {
    const { shape } = this;
    const columns = shape.primaryKey.length > 0 ? shape.primaryKey : identityColumns(shape);
    const parts = parseKey(operation.key);
    if (parts.length !== columns.length) throw new Refusal(412, `the key of ${shape.name} is ${columns.join(', ')}`);
    const key = columns.map((column, i) => [column, parts[i] ?? null] as const);
    const found = this.#rows.find(shape, key);
    if (operation.command === 'Delete') {
      this.#remove(only(shape, found, key));
      return 200;
    }
    const values = columnsOf(shape, operation.record ?? missing());
    for (const [column, value] of values) {
      const named = key.find(([one]) => one === column);
      if (named !== undefined && keyText([named]) !== keyText([[column, value]]))
        throw new Refusal(412, `${column} is not what the item's name says`);
    }
    if (operation.command === 'Replace') {
      this.#update(only(shape, found, key), values);
      return 200;
    }
    // NULL is like no other NULL.
    if (found.length > 0 && !key.some(([, value]) => value === null)) throw new Refusal(418, `${shape.name} ${keyText(key)} is there`);
    this.#insert([...key.filter(([column]) => !values.some(([one]) => one === column)), ...values]);
    return 201;
  }

  /** Deletions and old rows of replacements first, so that values of unique columns may change places. @param where says of a refusal which record it is about. */
  batch(table: TableChanges, where: (record: JsonRecord, run: () => void) => void): void {
    const { shape } = this;
    for (const record of table.deletes) {
      where(record, () => {
        const key = columnsOf(shape, record);
        const columns = key.map(([column]) => column);
        const named = [identityColumns(shape), shape.primaryKey].some(
          (one) => one.length === columns.length && one.every((column) => columns.includes(column)),
        );
        if (!named) throw new Refusal(412, `a key of ${shape.name} is ${identityColumns(shape).join(', ')}`);
        this.#remove(only(shape, this.#rows.find(shape, key), key));
      });
    }
    const inserts: { readonly record: JsonRecord; readonly values: Values }[] = [];
    for (const record of table.replaces) {
      where(record, () => {
        const values = columnsOf(shape, record);
        if (values.length !== recordColumns(shape).length)
          throw new Refusal(412, `a Replace of a batch has all of: ${recordColumns(shape).join(', ')}`);
        const key = identityOf(shape, values);
        this.#remove(only(shape, this.#rows.find(shape, key), key));
        inserts.push({ record, values });
      });
    }
    for (const record of table.adds) where(record, () => void inserts.push({ record, values: columnsOf(shape, record) }));
    for (const { record, values } of inserts) {
      where(record, () => {
        const key = identityOf(shape, values);
        if (key.length === identityColumns(shape).length && this.#rows.find(shape, key).length > 0) throw new Refusal(418, 'it is there');
        this.#insert(values);
      });
    }
  }

  #insert(values: Values): void {
    const { shape, sum } = this;
    this.#rows.insert(shape, values);
    const given = identityOf(shape, values);
    // A text or a real that stands for an integer has become one.
    const known = shape.withoutRowid || typeof given[0]?.[1] === 'bigint';
    const identity = known ? given : [[identityColumns(shape)[0] ?? 'rowid', this.#rows.lastRowid()] as const];
    const row = only(shape, this.#rows.find(shape, identity), identity);
    sum.add(row.hash);
    this.#removals.added(shape.name, row.identity);
  }

  #update(old: FoundRow, values: Values): void {
    const { shape, sum } = this;
    if (values.length > 0) this.#rows.update(shape, old.identity, values);
    const identity = old.identity.map(([column, value]) => values.find(([one]) => one === column) ?? ([column, value] as const));
    const row = only(shape, this.#rows.find(shape, identity), identity);
    sum.subtract(old.hash);
    sum.add(row.hash);
  }

  #remove(row: FoundRow): void {
    const { shape, sum } = this;
    this.#rows.remove(shape, row.identity);
    sum.subtract(row.hash);
    this.#removals.removed(shape.name, row.identity);
  }
}

function missing(): never {
  throw new Refusal(412, 'a record is missing');
}

function columnsOf(shape: TableShape, record: JsonRecord): Values {
  const values = columnValues(shape, record);
  if (typeof values === 'string') throw new Refusal(412, `table ${shape.name} has no column named ${values} that can be written`);
  return values;
}

const identityOf = (shape: TableShape, values: Values): Values =>
  identityColumns(shape).flatMap((column) => values.filter(([one, value]) => one === column && value !== null));

function only(shape: TableShape, found: readonly FoundRow[], key: Values): FoundRow {
  const [row, another] = found;
  if (row === undefined) throw new Refusal(404, `no such record: ${shape.name} ${keyText(key)}`);
  if (another !== undefined) throw new Refusal(500, `several records are named so: ${shape.name} ${keyText(key)}`);
  return row;
}
