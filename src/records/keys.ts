/** Names of records: `<table>/<key>`; see docs/device-backup-protocol.md, "Values as JSON". */
import { Buffer } from 'node:buffer';
import { fromHex, hex, utf8 } from './bytes.js';
import { malformed, shown } from './error.js';
import { formatReal, parseInteger, parseReal, textValue, TextBytes, type SqlValue } from './values.js';

const UNRESERVED = /^[A-Za-z0-9\-._~]$/;

/** Every byte that is not a letter, a digit or one of `-._~` becomes `%XX`. */
export function percentEncode(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    text += UNRESERVED.test(character) ? character : `%${byte.toString(16).padStart(2, '0').toUpperCase()}`;
  }
  return text;
}

/** @throws {RecordError} when a `%` is not followed by two hexadecimal digits. */
export function percentDecode(text: string): Uint8Array {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) throw malformed(`a % in "${shown(text)}" is not followed by two hexadecimal digits`);
  return Buffer.concat(
    text.split(/(%[0-9A-Fa-f]{2})/).map((part) => (part.startsWith('%') ? Buffer.from(part.slice(1), 'hex') : Buffer.from(part, 'utf8'))),
  );
}

export interface RecordName {
  readonly table: string;
  /** As in the LocURI, still percent-encoded; see `parseKey`. */
  readonly key: string;
}

/** LocURI of a record. `key`: values of the primary key's columns in its order, or the rowid alone. */
export function recordUri(table: string, key: readonly SqlValue[]): string {
  return `${percentEncode(utf8(table))}/${formatKey(key)}`;
}

/** @throws {RecordError} when it is not `<table>/<key>`. */
export function parseRecordUri(uri: string): RecordName {
  const slash = uri.indexOf('/');
  if (slash < 1 || slash === uri.length - 1 || uri.includes('/', slash + 1)) {
    throw malformed(`"${shown(uri)}" does not name a record: <table>/<key>`);
  }
  const table = textValue(percentDecode(uri.slice(0, slash)));
  if (table instanceof TextBytes) throw malformed('the name of the table is not UTF-8');
  return { table, key: uri.slice(slash + 1) };
}

export function formatKey(values: readonly SqlValue[]): string {
  return values.map(formatPart).join(',');
}

function formatPart(value: SqlValue): string {
  if (value === null) return 'n';
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return `r${formatReal(value)}`;
  if (typeof value === 'string') return `'${percentEncode(utf8(value))}`;
  if (value instanceof TextBytes) return `'${percentEncode(value.bytes)}`;
  return `x${hex(value)}`;
}

/** @throws {RecordError} when a part has none of the forms. */
export function parseKey(key: string): SqlValue[] {
  return key.split(',').map(parsePart);
}

/** A client may percent-encode more than it must, the quote and the form's letter too. */
function parsePart(part: string): SqlValue {
  const bytes = percentDecode(part);
  const form = bytes[0];
  if (form === 0x27) return textValue(bytes.subarray(1));
  const text = Buffer.from(bytes).toString('latin1');
  if (text === 'n') return null;
  if (text.startsWith('r')) return parseReal(text.slice(1));
  if (text.startsWith('x')) {
    const blob = fromHex(text.slice(1));
    if (blob !== undefined) return blob;
  }
  if (/^-?\d+$/.test(text)) return parseInteger(text);
  throw malformed(`"${shown(part)}" is not a key: 42, 'text, r1.5, x00ff or n`);
}
