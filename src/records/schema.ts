/** Schema changes as items say them; see docs/device-backup-protocol.md, "Schema changes". */
import { malformed, shown } from './error.js';
import { parseJson } from './values.js';

export type SchemaObject = 'table' | 'index' | 'view' | 'trigger';

export type SchemaChange =
  | {
      readonly op: 'create';
      readonly type: SchemaObject;
      readonly name: string;
      /** The table it belongs to; its own name for tables and views. */
      readonly table: string;
      readonly sql: string;
    }
  | { readonly op: 'drop'; readonly type: SchemaObject; readonly name: string }
  | { readonly op: 'extend'; readonly name: string; readonly sql: string }
  | { readonly op: 'set'; readonly userVersion?: number; readonly applicationId?: number };

type Members = Readonly<Record<string, unknown>>;

/** @throws {RecordError} */
export function parseSchemaChange(text: string): SchemaChange {
  return checkSchemaChange(parseJson(text));
}

export function formatSchemaChange(change: SchemaChange): string {
  return JSON.stringify(change);
}

/** Unknown members are ignored. @throws {RecordError} */
export function checkSchemaChange(value: unknown): SchemaChange {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('a schema change is a JSON object');
  const members = value as Members;
  switch (members['op']) {
    case 'create': {
      const name = text(members, 'name');
      const type = objectType(members);
      const table = members['table'] === undefined && (type === 'table' || type === 'view') ? name : text(members, 'table');
      return { op: 'create', type, name, table, sql: text(members, 'sql') };
    }
    case 'drop':
      return { op: 'drop', type: objectType(members), name: text(members, 'name') };
    case 'extend':
      return { op: 'extend', name: text(members, 'name'), sql: text(members, 'sql') };
    case 'set': {
      const userVersion = int32(members, 'userVersion');
      const applicationId = int32(members, 'applicationId');
      return { op: 'set', ...(userVersion !== undefined && { userVersion }), ...(applicationId !== undefined && { applicationId }) };
    }
    default:
      throw malformed(
        `"op" of a schema change is create, drop, extend or set, not ${typeof members['op'] === 'string' ? `"${shown(members['op'])}"` : 'what it is'}`,
      );
  }
}

function text(members: Members, name: string): string {
  const value = members[name];
  if (typeof value !== 'string' || value === '') throw malformed(`a schema change needs "${name}" as a text`);
  if (value.includes('\0') || /\p{Surrogate}/u.test(value)) throw malformed(`"${name}" of a schema change holds what SQL cannot`);
  return value;
}

function objectType(members: Members): SchemaObject {
  const type = members['type'];
  if (type === 'table' || type === 'index' || type === 'view' || type === 'trigger') return type;
  throw malformed('"type" of a schema change is table, index, view or trigger');
}

function int32(members: Members, name: string): number | undefined {
  const value = members[name];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31) return value;
  throw malformed(`"${name}" is an integer of 32 bits`);
}
