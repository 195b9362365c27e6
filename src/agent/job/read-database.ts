/** Reads a database as it is now, against what was known of it: schema first, then the rows of tables that changed. */
import { databaseDigest, schemaHash, type TableFacts } from '../../records/digest.js';
import type { SqlValue } from '../../records/values.js';
import type { Extended } from '../detect/row-hash.js';
import { scanTable } from '../detect/rows.js';
import { schemaDifference, type SchemaDifference } from '../detect/schema-changes.js';
import type { Database, Snapshot } from '../detect/snapshot.js';
import { shapeOf, type DatabaseShape, type TableShape } from '../detect/tables.js';
import { treeOf, type TableTree } from '../detect/table-tree.js';
import { NoTree } from '../detect/tree.js';
import { hasMarks, MarksWriter, readMarks, type MarksVersion } from '../state/marks.js';
import type { DatabaseSnapshot, KnownTable } from '../state/state-types.js';
import { CollectedChanges, TooManyChanges, type Budget } from './collect.js';
import type { BuildContext } from './draft-job.js';

export interface Base {
  readonly database: DatabaseSnapshot;
  readonly version: MarksVersion;
}

export interface ReadDatabase {
  readonly database: DatabaseSnapshot;
  readonly schema: SchemaDifference | undefined;
  /** Of tables that have any. */
  readonly changes: readonly CollectedChanges[];
}

/** The tables whose rows are named by others' tables. */
const NAMED_BY: Readonly<Record<string, string>> = { sqlite_sequence: 'name', sqlite_stat1: 'tbl' };

/** @throws {NotByRecords} {TooManyChanges}, and what SQLite says where the database needs what we do not have. */
export async function readDatabase(
  context: BuildContext,
  snapshot: Snapshot,
  base: Base | undefined,
  budget: Budget,
): Promise<ReadDatabase> {
  const { entry } = context;
  const { exclude } = entry.settings;
  const db = snapshot.database();
  const shape = shapeOf(db, exclude);
  const schema = base && schemaDifference(base.database, shape);
  const current = new Set(shape.tables.map(({ name }) => name));
  // No schema change can say that one of SQLite's own tables is gone.
  const lost = Object.keys(base?.database.tables ?? {}).find((name) => name.startsWith('sqlite_') && !current.has(name));
  if (lost !== undefined) throw new TooManyChanges(`${lost} is gone`);
  const tables: Record<string, KnownTable> = {};
  const changes: CollectedChanges[] = [];
  let done = 0;
  for (const table of shape.tables) {
    context.progress('read', done, shape.tables.length);
    done += 1;
    const tree = treeOf(snapshot, table);
    // Of a table some of whose rows are left out, pages say nothing: which rows are is a setting, and may be another next time.
    const pages = exclude.length > 0 && NAMED_BY[table.name] !== undefined ? undefined : tree.pages;
    const now = { columns: table.columns, ...(pages === undefined ? {} : { pages }) };
    const known = base?.database.tables[table.name];
    const untouched =
      known?.pages !== undefined && known.pages === now.pages && !schema?.made.has(table.name) && !schema?.extended.has(table.name);
    if (known && untouched) {
      tables[table.name] = { ...known, ...now };
      continue;
    }
    const { facts, found } = await readTable(context, db, table, { base, known, schema, budget, tree });
    tables[table.name] = { ...facts, ...now };
    if (found && !found.isEmpty) changes.push(found);
  }
  return { database: snapshotOf(shape, tables), schema, changes };
}

interface AgainstBase {
  readonly base: Base | undefined;
  readonly known: KnownTable | undefined;
  readonly schema: SchemaDifference | undefined;
  readonly budget: Budget;
  readonly tree: TableTree;
}

interface ReadTable {
  readonly facts: TableFacts;
  readonly found: CollectedChanges | undefined;
}

async function readTable(context: BuildContext, db: Database, table: TableShape, against: AgainstBase): Promise<ReadTable> {
  const { left } = against.budget;
  try {
    return await readTableBy(context, db, table, against);
  } catch (error) {
    if (!(error instanceof NoTree)) throw error;
    against.budget.left = left;
    return readTableBy(context, db, table, { ...against, tree: {} });
  }
}

async function readTableBy(
  { store, entry, pause }: BuildContext,
  db: Database,
  table: TableShape,
  { base, known, schema, budget, tree }: AgainstBase,
): Promise<ReadTable> {
  const { exclude } = entry.settings;
  const found = base && new CollectedChanges(table, budget);
  const compares = base && known && !schema?.made.has(table.name) && hasMarks(store, entry.id, base.version, table.name);
  const before = base && ((): Iterable<Uint8Array> => (compares ? readMarks(store, entry.id, base.version, table.name) : []));
  const naming = table.columns.indexOf(NAMED_BY[table.name] ?? '');
  const out = new Set(exclude.map((name) => name.toLowerCase()));
  const isOut = (name: SqlValue | undefined): boolean => typeof name === 'string' && out.has(name.toLowerCase());
  const skips = naming < 0 || out.size === 0 ? undefined : (values: readonly SqlValue[]) => isOut(values[naming]);
  const oldCount = compares ? schema?.extended.get(table.name) : undefined;
  const facts = await scanTable(db, table, {
    ...(before ? { before } : {}),
    ...(found ? { sink: found } : {}),
    ...(skips ? { skips } : { leaves: tree.leaves }),
    extended: oldCount === undefined ? undefined : extendedBy(db, table, oldCount),
    marks: new MarksWriter(store, entry.id, 'job', table.name),
    pause,
  });
  return { facts, found };
}

/** What ALTER TABLE ADD COLUMN puts into rows that are there. */
function extendedBy(db: Database, table: TableShape, oldCount: number): Extended {
  const rows = db.prepare('SELECT name, dflt_value FROM pragma_table_xinfo(?) WHERE hidden = 0').all(table.name) as {
    name: string;
    dflt_value: string | null;
  }[];
  const defaults = rows.slice(oldCount).map(({ dflt_value }): SqlValue => {
    if (dflt_value === null) return null;
    const statement = db.prepare(`SELECT ${dflt_value} AS value`);
    statement.setReadBigInts(true);
    return (statement.get() as { value: SqlValue }).value;
  });
  return { oldCount, defaults };
}

function snapshotOf(shape: DatabaseShape, tables: Readonly<Record<string, KnownTable>>): DatabaseSnapshot {
  const { userVersion, applicationId, schema } = shape;
  return { userVersion, applicationId, schema, tables, digest: databaseDigest(schemaHash(userVersion, applicationId, schema), tables) };
}
