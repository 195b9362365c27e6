/** Operations on a device's database, in one transaction. A refused one changes nothing; the facts are kept up with what was changed. */
import type { Changes, TableChanges } from '../records/changes.js';
import { RowHasher, TableSum, type TableFacts } from '../records/digest.js';
import { parseKey } from '../records/keys.js';
import type { SchemaChange } from '../records/schema.js';
import type { JsonRecord } from '../records/values.js';
import { sql, type Connection } from './connection.js';
import { assembleFacts, readSchemaHash, sumTable } from './facts.js';
import type { DatabaseFacts, Operation, OperationStatus } from './jobs.js';
import { Refusal, statusOf } from './refusal.js';
import { Removals } from './removals.js';
import { columnValues, keyText, Rows, type FoundRow, type Values } from './rows.js';
import { changeSchema } from './schema-changes.js';
import { folded, hasFacts, identityColumns, readSchema, readShape, recordColumns, type SchemaEntry, type TableShape } from './shape.js';
import { keepSequence, withoutTriggers } from './untouched.js';

export interface AppliedOperations {
  readonly statuses: readonly OperationStatus[];
  readonly facts: DatabaseFacts;
  readonly removed: number;
  readonly statements: readonly string[] | undefined;
}

/** What ANALYZE writes. */
const STATISTICS = 'sqlite_stat1';

type RecordOperation = Extract<Operation, { kind: 'record' }>;

/** @param facts of the database as it is. */
export function applyOperations(db: Connection, facts: DatabaseFacts, operations: readonly Operation[], list: boolean): AppliedOperations {
  const writer = new Writer(db, facts, list);
  db.exec('BEGIN IMMEDIATE');
  const statuses = operations.map((operation) => writer.carryOut(operation));
  const result = writer.finish();
  // Without a change the file keeps its bytes, its change counter too.
  db.exec(statuses.some(({ status }) => status < 300) ? 'COMMIT' : 'ROLLBACK');
  return { statuses, ...result };
}

class Writer {
  readonly #db: Connection;
  readonly #listing: string[] | undefined;
  readonly #rows: Rows;
  #schemaHash: string;
  #sums: Map<string, TableFacts>;
  readonly #removals = new Removals();
  #entries: readonly SchemaEntry[] | undefined;
  readonly #shapes = new Map<string, TableShape | undefined>();
  /** The table that is being written, and how to put back what was taken away for it. */
  #open: { readonly shape: TableShape; readonly sum: TableSum; readonly restore: () => void } | undefined;

  constructor(db: Connection, facts: DatabaseFacts, list: boolean) {
    this.#db = db;
    this.#listing = list ? [] : undefined;
    this.#rows = new Rows(db, new RowHasher(), this.#listing);
    this.#schemaHash = facts.schema;
    this.#sums = new Map(Object.entries(facts.tables));
  }

  carryOut(operation: Operation): OperationStatus {
    // A single record in a table that is there. Anything else may change the schema, and is undone with it.
    const simple = operation.kind === 'record' && !this.#makesTable(operation) ? operation : undefined;
    if (simple === undefined) this.#close();
    const before = {
      sums: simple ? this.#sums : new Map(this.#sums),
      schema: this.#schemaHash,
      listed: this.#listing?.length ?? 0,
      removals: this.#removals.mark(),
    };
    // What is taken away for a table stays away for the records that follow: it is no part of one of them.
    const early = simple && this.#tryOpen(simple);
    if (early !== undefined) return early;
    const rowsBefore = this.#open?.sum.facts();
    this.#db.run(sql`SAVEPOINT operation`);
    try {
      const status = this.#perform(operation);
      if (simple === undefined) this.#close();
      this.#db.run(sql`RELEASE operation`);
      return { status };
    } catch (error) {
      const status = statusOf(error);
      if (status === undefined) throw error;
      this.#db.run(sql`ROLLBACK TO operation`);
      this.#db.run(sql`RELEASE operation`);
      if (this.#listing !== undefined) this.#listing.length = before.listed;
      this.#removals.backTo(before.removals);
      if (simple) {
        if (this.#open !== undefined) this.#open = { ...this.#open, sum: new TableSum(rowsBefore) };
      } else {
        this.#open = undefined;
        this.#sums = before.sums;
        this.#schemaHash = before.schema;
        this.#forgetSchema();
      }
      return status;
    }
  }

  finish(): Omit<AppliedOperations, 'statuses'> {
    this.#close();
    return { facts: assembleFacts(this.#schemaHash, this.#sums), removed: this.#removals.count(), statements: this.#listing };
  }

  #perform(operation: Operation): number {
    switch (operation.kind) {
      case 'record':
        this.#write(operation.table, operation.command === 'Add');
        return this.#record(operation);
      case 'schema':
        return this.#schema(operation.change);
      case 'batch':
        return this.#batch(operation.changes);
    }
  }

  #makesTable({ command, table }: RecordOperation): boolean {
    return command === 'Add' && table === STATISTICS && this.#shapeOf(table) === undefined;
  }

  #tryOpen(operation: RecordOperation): OperationStatus | undefined {
    try {
      this.#write(operation.table, false);
      return undefined;
    } catch (error) {
      const status = statusOf(error);
      if (status === undefined) throw error;
      return status;
    }
  }

  /** @returns 200, or 201 for what is new. */
  #record(operation: RecordOperation): number {
    const { shape, sum } = this.#opened();
    const columns = shape.primaryKey.length > 0 ? shape.primaryKey : identityColumns(shape);
    const parts = parseKey(operation.key);
    if (parts.length !== columns.length) throw new Refusal(412, `the key of ${shape.name} is ${columns.join(', ')}`);
    const key = columns.map((column, i) => [column, parts[i] ?? null] as const);
    const found = this.#rows.find(shape, key);
    if (operation.command === 'Delete') {
      this.#remove(shape, sum, only(shape, found, key));
      return 200;
    }
    const values = columnsOf(shape, operation.record ?? missing());
    for (const [column, value] of values) {
      const named = key.find(([one]) => one === column);
      if (named !== undefined && keyText([named]) !== keyText([[column, value]]))
        throw new Refusal(412, `${column} is not what the item's name says`);
    }
    if (operation.command === 'Replace') {
      this.#update(shape, sum, only(shape, found, key), values);
      return 200;
    }
    // NULL is like no other NULL.
    if (found.length > 0 && !key.some(([, value]) => value === null)) throw new Refusal(418, `${shape.name} ${keyText(key)} is there`);
    this.#insert(shape, sum, [...key.filter(([column]) => !values.some(([one]) => one === column)), ...values]);
    return 201;
  }

  #schema(change: SchemaChange): number {
    const dropped = change.op === 'drop' && change.type === 'table' ? this.#shapeOf(change.name)?.name : undefined;
    const again = changeSchema(this.#db, change, (statement) => this.#listing?.push(statement));
    this.#forgetSchema();
    const entries = this.#schemaEntries();
    this.#schemaHash = readSchemaHash(this.#db, entries);
    if (dropped !== undefined) this.#removals.dropped(dropped, this.#sums.get(dropped)?.rows ?? 0);
    const tables = new Map<string, TableFacts>();
    for (const entry of entries.filter(hasFacts)) {
      const known = entry.name === again ? undefined : this.#sums.get(entry.name);
      tables.set(entry.name, known ?? sumTable(this.#db, readShape(this.#db, entry)));
    }
    this.#sums = tables;
    return 200;
  }

  #batch(changes: Changes): number {
    for (const change of changes.schema) this.#schema(change);
    for (const table of changes.tables) {
      const where = (record: JsonRecord, run: () => void): void => {
        try {
          run();
        } catch (error) {
          const status = statusOf(error);
          if (status === undefined) throw error;
          throw new Refusal(status.status, `${table.name} ${shortRecord(record)}: ${status.detail ?? ''}`);
        }
      };
      this.#write(table.name, true);
      this.#batchTable(table, where);
      this.#close();
    }
    return 200;
  }

  #batchTable(table: TableChanges, where: (record: JsonRecord, run: () => void) => void): void {
    const { shape, sum } = this.#opened();
    for (const record of table.deletes) {
      where(record, () => {
        const key = columnsOf(shape, record);
        const columns = key.map(([column]) => column);
        const named = [identityColumns(shape), shape.primaryKey].some(
          (one) => one.length === columns.length && one.every((column) => columns.includes(column)),
        );
        if (!named) throw new Refusal(412, `a key of ${shape.name} is ${identityColumns(shape).join(', ')}`);
        this.#remove(shape, sum, only(shape, this.#rows.find(shape, key), key));
      });
    }
    const inserts: { readonly record: JsonRecord; readonly values: Values }[] = [];
    for (const record of table.replaces) {
      where(record, () => {
        const values = columnsOf(shape, record);
        if (values.length !== recordColumns(shape).length)
          throw new Refusal(412, `a Replace of a batch has all of: ${recordColumns(shape).join(', ')}`);
        const key = identityOf(shape, values);
        this.#remove(shape, sum, only(shape, this.#rows.find(shape, key), key));
        inserts.push({ record, values });
      });
    }
    for (const record of table.adds) where(record, () => void inserts.push({ record, values: columnsOf(shape, record) }));
    for (const { record, values } of inserts) {
      where(record, () => {
        const key = identityOf(shape, values);
        if (key.length === identityColumns(shape).length && this.#rows.find(shape, key).length > 0) throw new Refusal(418, 'it is there');
        this.#insert(shape, sum, values);
      });
    }
  }

  #insert(shape: TableShape, sum: TableSum, values: Values): void {
    this.#rows.insert(shape, values);
    const given = identityOf(shape, values);
    // A text or a real that stands for an integer has become one.
    const known = shape.withoutRowid || typeof given[0]?.[1] === 'bigint';
    const identity = known ? given : [[identityColumns(shape)[0] ?? 'rowid', this.#rows.lastRowid()] as const];
    const row = only(shape, this.#rows.find(shape, identity), identity);
    sum.add(row.hash);
    this.#removals.added(shape.name, row.identity);
  }

  #update(shape: TableShape, sum: TableSum, old: FoundRow, values: Values): void {
    if (values.length > 0) this.#rows.update(shape, old.identity, values);
    const identity = old.identity.map(([column, value]) => values.find(([one]) => one === column) ?? ([column, value] as const));
    const row = only(shape, this.#rows.find(shape, identity), identity);
    sum.subtract(old.hash);
    sum.add(row.hash);
  }

  #remove(shape: TableShape, sum: TableSum, row: FoundRow): void {
    this.#rows.remove(shape, row.identity);
    sum.subtract(row.hash);
    this.#removals.removed(shape.name, row.identity);
  }

  /** Makes ready to write a table. @param create make sqlite_stat1, which no CREATE TABLE can. */
  #write(table: string, create: boolean): void {
    if (this.#open !== undefined && folded(this.#open.shape.name) === folded(table)) return;
    this.#close();
    if (create && table === STATISTICS && this.#shapeOf(table) === undefined) {
      this.#db.exec('PRAGMA writable_schema=ON');
      this.#db.exec('CREATE TABLE sqlite_stat1(tbl,idx,stat)');
      this.#db.exec('PRAGMA writable_schema=OFF');
      this.#forgetSchema();
      this.#sums.set(table, new TableSum().facts());
    }
    const shape = this.#shapeOf(table);
    if (shape === undefined) throw new Refusal(404, `no such table: ${table}`);
    const putBack = keepSequence(this.#db, shape);
    const triggers = withoutTriggers(this.#db, this.#schemaEntries(), shape.name);
    const restore = (): void => {
      putBack();
      triggers();
    };
    this.#open = { shape, sum: new TableSum(this.#sums.get(shape.name)), restore };
  }

  #close(): void {
    if (this.#open === undefined) return;
    this.#open.restore();
    this.#sums.set(this.#open.shape.name, this.#open.sum.facts());
    this.#open = undefined;
  }

  #opened(): { readonly shape: TableShape; readonly sum: TableSum } {
    if (this.#open === undefined) throw new Error('no table is open');
    return this.#open;
  }

  /** Tables whose rows are in the digest; others are not written. */
  #shapeOf(table: string): TableShape | undefined {
    const name = folded(table);
    if (!this.#shapes.has(name)) {
      const entry = this.#schemaEntries().find((one) => hasFacts(one) && folded(one.name) === name);
      this.#shapes.set(name, entry && readShape(this.#db, entry));
    }
    return this.#shapes.get(name);
  }

  #schemaEntries(): readonly SchemaEntry[] {
    this.#entries ??= readSchema(this.#db);
    if (this.#entries === undefined) throw new Refusal(500, 'a name or a statement of the schema is not UTF-8');
    return this.#entries;
  }

  #forgetSchema(): void {
    this.#entries = undefined;
    this.#shapes.clear();
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

function shortRecord(record: JsonRecord): string {
  const text = JSON.stringify(record);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
