/** Operations on a device's database, in one transaction. A refused one changes nothing; the facts are kept up with what was changed. */
import type { Changes } from '../records/changes.js';
import { RowHasher, TableSum, type TableFacts } from '../records/digest.js';
import type { SchemaChange } from '../records/schema.js';
import type { JsonRecord } from '../records/values.js';
import { sql, type Connection } from './connection.js';
import { assembleFacts, readSchemaHash, sumTable } from './facts.js';
import type { DatabaseFacts, Operation, OperationStatus } from './jobs.js';
import { Refusal, statusOf } from './refusal.js';
import { Removals } from './removals.js';
import { Rows } from './rows.js';
import { changeSchema } from './schema-changes.js';
import { folded, hasFacts, readSchema, readShape, type SchemaEntry, type TableShape } from './shape.js';
import { TableWriter, type RecordOperation } from './table-writer.js';
import { keepSequence, withoutTriggers } from './untouched.js';

export interface AppliedOperations {
  readonly statuses: readonly OperationStatus[];
  readonly facts: DatabaseFacts;
  readonly removed: number;
  readonly statements: readonly string[] | undefined;
}

/** What ANALYZE writes. */
const STATISTICS = 'sqlite_stat1';

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
  #open: { readonly writer: TableWriter; readonly restore: () => void } | undefined;

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
    const rowsBefore = this.#open?.writer.sum.facts();
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
        if (this.#open !== undefined) this.#open = { ...this.#open, writer: this.#open.writer.backTo(new TableSum(rowsBefore)) };
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
        return this.#opened().record(operation);
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
      this.#opened().batch(table, where);
      this.#close();
    }
    return 200;
  }

  /** Makes ready to write a table. @param create make sqlite_stat1, which no CREATE TABLE can. */
  #write(table: string, create: boolean): void {
    if (this.#open !== undefined && folded(this.#open.writer.shape.name) === folded(table)) return;
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
    const sum = new TableSum(this.#sums.get(shape.name));
    this.#open = { writer: new TableWriter(shape, sum, this.#rows, this.#removals), restore };
  }

  #close(): void {
    if (this.#open === undefined) return;
    this.#open.restore();
    const { shape, sum } = this.#open.writer;
    this.#sums.set(shape.name, sum.facts());
    this.#open = undefined;
  }

  #opened(): TableWriter {
    if (this.#open === undefined) throw new Error('no table is open');
    return this.#open.writer;
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

function shortRecord(record: JsonRecord): string {
  const text = JSON.stringify(record);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
