/** What became of a schema: its entries now against those of the last backup. [docs/device-backup-protocol.md, "Schema changes"] */
import type { SchemaChange, SchemaObject } from '../../records/schema.js';
import type { SchemaRow } from '../../records/digest.js';
import type { DatabaseSnapshot } from '../state/state-types.js';
import type { DatabaseShape, TableShape } from './tables.js';

export interface SchemaDifference {
  readonly changes: readonly SchemaChange[];
  /** Tables that are new or made anew: all their rows are to be sent. */
  readonly made: ReadonlySet<string>;
  /** Tables that got columns at their end; the number of columns they had. */
  readonly extended: ReadonlyMap<string, number>;
  readonly dropped: ReadonlySet<string>;
}

const DROP_ORDER: readonly string[] = ['trigger', 'view', 'index', 'table'];
const CREATE_ORDER: readonly string[] = ['table', 'index', 'view', 'trigger'];

const keyOf = ({ type, name }: SchemaRow): string => `${type} ${name}`;

/** Schema changes in the order in which they can be carried out. */
export function schemaDifference(before: DatabaseSnapshot, now: DatabaseShape): SchemaDifference {
  const old = new Map(before.schema.map((row) => [keyOf(row), row]));
  const current = new Map(now.schema.map((row) => [keyOf(row), row]));
  const shapes = new Map(now.tables.map((shape) => [shape.name, shape]));
  const extended = new Map<string, number>();
  const dropped = new Set<string>();
  const made = new Set<string>();
  for (const row of before.schema) {
    if (row.type !== 'table') continue;
    const after = current.get(keyOf(row));
    if (after?.sql === row.sql) continue;
    const count = after && addedAtEnd(row, after, before.tables[row.name]?.columns, shapes.get(row.name));
    if (count === undefined) dropped.add(row.name);
    else extended.set(row.name, count);
  }
  for (const row of now.schema) if (row.type === 'table' && (!old.has(keyOf(row)) || dropped.has(row.name))) made.add(row.name);
  // A virtual table's own tables come and go with it.
  const owned = (name: string): boolean => now.shadows.has(name.toLowerCase()) || ownedBefore(before, name);
  const drops = before.schema.filter((row) => {
    if (row.type === 'table') return dropped.has(row.name) && !owned(row.name);
    // Indexes and triggers are gone with their table.
    return current.get(keyOf(row))?.sql !== row.sql && (row.type === 'view' || !dropped.has(row.tblName));
  });
  const creates = now.schema.filter((row) => {
    if (row.type === 'table') return made.has(row.name) && !owned(row.name);
    return old.get(keyOf(row))?.sql !== row.sql || (row.type !== 'view' && dropped.has(row.tblName));
  });
  const changes: SchemaChange[] = [
    ...inOrder(drops, DROP_ORDER).map((row): SchemaChange => ({ op: 'drop', type: row.type as SchemaObject, name: row.name })),
    ...[...extended.keys()].map((name): SchemaChange => ({ op: 'extend', name, sql: current.get(`table ${name}`)?.sql ?? '' })),
    ...inOrder(creates, CREATE_ORDER).map((row): SchemaChange => ({
      op: 'create',
      type: row.type as SchemaObject,
      name: row.name,
      table: row.tblName,
      sql: row.sql,
    })),
  ];
  const { userVersion, applicationId } = now;
  if (userVersion !== before.userVersion || applicationId !== before.applicationId)
    changes.push({
      op: 'set',
      ...(userVersion === before.userVersion ? {} : { userVersion }),
      ...(applicationId === before.applicationId ? {} : { applicationId }),
    });
  return { changes, made, extended, dropped };
}

const inOrder = (rows: readonly SchemaRow[], order: readonly string[]): SchemaRow[] =>
  [...rows].sort((a, b) => order.indexOf(a.type) - order.indexOf(b.type));

/** A table of the old schema that belonged to a virtual one. */
function ownedBefore(before: DatabaseSnapshot, name: string): boolean {
  return before.schema.some(
    (row) => row.type === 'table' && /^\s*CREATE\s+VIRTUAL\s+TABLE/i.test(row.sql) && name.startsWith(`${row.name}_`) && name !== row.name,
  );
}

/** ALTER TABLE ADD COLUMN puts a definition into the text and leaves the rest as it is. @returns the old number of columns. */
function addedAtEnd(
  before: SchemaRow,
  after: SchemaRow,
  oldColumns: readonly string[] | undefined,
  shape: TableShape | undefined,
): number | undefined {
  if (!oldColumns || !shape || shape.columns.length < oldColumns.length) return undefined;
  if (!oldColumns.every((column, i) => shape.columns[i] === column)) return undefined;
  let prefix = 0;
  while (prefix < before.sql.length && before.sql[prefix] === after.sql[prefix]) prefix += 1;
  const rest = before.sql.length - prefix;
  if (!after.sql.endsWith(before.sql.slice(prefix)) || after.sql.length - rest < prefix) return undefined;
  const inserted = after.sql.slice(prefix, after.sql.length - rest);
  return /^\s*,/.test(inserted) || /,\s*$/.test(inserted) ? oldColumns.length : undefined;
}
