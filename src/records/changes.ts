/** A batch of changes; see docs/device-backup-protocol.md, "`changes/<to>`". */
import { utf8 } from './bytes.js';
import { malformed, RecordError, shown } from './error.js';
import { formatSchemaChange, parseSchemaChange, type SchemaChange } from './schema.js';
import { formatRecord, parseRecord, type JsonRecord } from './values.js';
import { escapeAttribute, escapeText, readXmlTokens } from './xml.js';

export interface TableChanges {
  readonly name: string;
  /** Keys. */
  readonly deletes: readonly JsonRecord[];
  /** Whole records. */
  readonly replaces: readonly JsonRecord[];
  readonly adds: readonly JsonRecord[];
}

export interface Changes {
  /** Modification numbers; without `base` the copy is begun with it. */
  readonly base?: number;
  readonly to: number;
  readonly schema: readonly SchemaChange[];
  readonly tables: readonly TableChanges[];
}

export interface ChangesLimits {
  /** Records and schema changes together. */
  readonly maxRecords: number;
}

export const CHANGES_NAMESPACE = 'urn:moorage:changes:1';
const DEFAULT_LIMITS: ChangesLimits = { maxRecords: 2_000_000 };
/** Changes, Table, Delete. */
const LEVELS = 3;

/** @throws {RangeError} when the name of a table holds characters XML cannot; its records have to go as single items. */
export function writeChanges(changes: Changes): Uint8Array {
  const base = changes.base === undefined ? '' : ` Base="${changes.base}"`;
  const lines = [`<Changes xmlns="${CHANGES_NAMESPACE}"${base} To="${changes.to}">`];
  for (const change of changes.schema) lines.push(element('Schema', formatSchemaChange(change)));
  for (const table of changes.tables) {
    lines.push(`<Table Name="${escapeAttribute(table.name)}">`);
    for (const key of table.deletes) lines.push(element('Delete', formatRecord(key)));
    for (const record of table.replaces) lines.push(element('Replace', formatRecord(record)));
    for (const record of table.adds) lines.push(element('Add', formatRecord(record)));
    lines.push('</Table>');
  }
  lines.push('</Changes>\n');
  return utf8(lines.join('\n'));
}

/** JSON escapes control characters and half pairs by itself; these two are left that XML does not have. */
function element(name: string, json: string): string {
  const text = json.replace(/[\ufffe\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16)}`);
  return `<${name}>${escapeText(text)}</${name}>`;
}

interface TableBuilder {
  readonly name: string;
  readonly deletes: JsonRecord[];
  readonly replaces: JsonRecord[];
  readonly adds: JsonRecord[];
}

/** @throws {RecordError} `malformed`, or `too-large` beyond the limits. */
export function readChanges(bytes: Uint8Array, limits: ChangesLimits = DEFAULT_LIMITS): Changes {
  const path: string[] = [];
  const schema: SchemaChange[] = [];
  const tables: TableBuilder[] = [];
  let numbers: { readonly base?: number; readonly to: number } | undefined;
  let text: string[] = [];
  let records = 0;
  for (const token of readXmlTokens(bytes, LEVELS)) {
    if (token.kind === 'text') {
      if (isLeaf(path)) text.push(token.text);
      else if (/[^ \t\r\n]/.test(token.text)) throw malformed(`text "${shown(token.text.trim())}" between the elements`);
    } else if (token.kind === 'end') {
      if (isLeaf(path)) {
        take(path.at(-1) ?? '', text.join(''), schema, tables.at(-1));
        records += 1;
        if (records > limits.maxRecords) throw new RecordError('too-large', `more than ${limits.maxRecords} changes in one batch`);
      }
      path.pop();
    } else {
      checkPlace(path, token.namespace, token.name);
      if (path.length === 0) numbers = readNumbers(token.attributes);
      if (token.name === 'Table') {
        const name = token.attributes.get('Name');
        if (name === undefined || name === '') throw malformed('<Table> needs a Name');
        tables.push({ name, deletes: [], replaces: [], adds: [] });
      }
      if (token.name === 'Schema' && tables.length > 0) throw malformed('<Schema> comes before every <Table>');
      path.push(token.name);
      text = [];
    }
  }
  if (numbers === undefined) throw malformed('no <Changes>');
  return { ...numbers, schema, tables };
}

const isLeaf = (path: readonly string[]): boolean => path.length === LEVELS || (path.length === 2 && path[1] === 'Schema');

function checkPlace(path: readonly string[], namespace: string, name: string): void {
  const inside = path.at(-1);
  const allowed =
    inside === undefined
      ? ['Changes']
      : inside === 'Changes'
        ? ['Schema', 'Table']
        : inside === 'Table'
          ? ['Delete', 'Replace', 'Add']
          : [];
  if (!allowed.includes(name))
    throw malformed(`<${shown(name)}> ${inside === undefined ? 'is not a batch of changes' : `has no place in <${inside}>`}`);
  if (namespace !== CHANGES_NAMESPACE) throw malformed(`<${name}> is not of the namespace ${CHANGES_NAMESPACE}`);
}

function take(name: string, text: string, schema: SchemaChange[], table: TableBuilder | undefined): void {
  if (name === 'Schema') {
    schema.push(parseSchemaChange(text));
    return;
  }
  let record: JsonRecord;
  try {
    record = parseRecord(text);
  } catch (cause) {
    throw malformed(`<${name}> of ${shown(table?.name ?? '')}: ${(cause as Error).message}`, { cause });
  }
  (name === 'Delete' ? table?.deletes : name === 'Replace' ? table?.replaces : table?.adds)?.push(record);
}

function readNumbers(attributes: ReadonlyMap<string, string>): { readonly base?: number; readonly to: number } {
  const to = modification(attributes, 'To');
  if (to === undefined) throw malformed('<Changes> needs To, the modification number afterwards');
  const base = modification(attributes, 'Base');
  return base === undefined ? { to } : { base, to };
}

function modification(attributes: ReadonlyMap<string, string>, name: string): number | undefined {
  const text = attributes.get(name);
  if (text === undefined) return undefined;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : 0;
  if (value < 1 || !Number.isSafeInteger(value)) throw malformed(`${name}="${shown(text)}" is not a modification number: 1 … 2^53−1`);
  return value;
}
