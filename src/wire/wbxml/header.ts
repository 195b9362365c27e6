import { WireError } from '../../model/errors.js';
import type { Dialect } from '../dialect.js';
import { Cursor, encodeMbUint32 } from './cursor.js';
import { CHARSET, PUBLIC_IDS } from './tables.js';

/** Where the string table lies in the body, in bytes. */
export interface StringTable {
  readonly start: number;
  readonly end: number;
}

export interface WbxmlHeader {
  readonly version: number;
  readonly publicId: NonNullable<Dialect['wbxml']>['publicId'];
  /** What the public identifier names, if it is one of ours. Often wrong in practice: only a hint. */
  readonly root: 'SyncML' | 'DevInf' | undefined;
  readonly charset: number;
  readonly table: StringTable;
  /** Where the body begins. */
  readonly bodyAt: number;
}

/**
 * Reads version, public identifier, charset and string table. [WBXML 1.3, "Document Structure"]
 * All forms met in the field are taken: a number (right or wrong), an index into the string table (with or without a closing NUL), 1.
 *
 * @throws {WireError} 'not-syncml' for a version that is none, 'unsupported-charset', 'truncated', 'overflow'.
 */
export function readWbxmlHeader(bytes: Uint8Array): WbxmlHeader {
  const cursor = new Cursor(bytes);
  const version = cursor.u8();
  if (version > 3) throw new WireError('not-syncml', 0, `WBXML version byte ${version}`);
  const number = cursor.mbUint32();
  const index = number === 0 ? cursor.mbUint32() : undefined;
  const charsetAt = cursor.at;
  // WBXML 1.0 has no charset field.
  const charset = version === 0 ? CHARSET.utf8 : cursor.mbUint32();
  const length = cursor.mbUint32();
  const start = cursor.at;
  cursor.skip(length);
  if (charset !== CHARSET.utf8 && charset !== CHARSET.ascii && charset !== CHARSET.latin1 && charset !== CHARSET.unknown) {
    throw new WireError('unsupported-charset', charsetAt, `MIBenum ${charset}`);
  }
  const table = { start, end: start + length };
  const publicId = index !== undefined ? 'string' : number === 1 ? 'unknown' : 'number';
  const known =
    index === undefined ? PUBLIC_IDS.find((id) => id.number === number) : publicIdNamed(tableText(bytes, table, index)?.toLowerCase());
  return { version, publicId, root: known?.root, charset, table, bodyAt: cursor.at };
}

/** Names and identifiers are cut to this, in bytes. */
const MAX_NAME = 256;

/** The bytes of one string-table entry as Latin-1: to NUL or the table's end. Undefined for an index past the end. */
export function tableText(bytes: Uint8Array, table: StringTable, index: number): string | undefined {
  const start = table.start + index;
  if (start > table.end) return undefined;
  const found = bytes.subarray(start, Math.min(table.end, start + MAX_NAME));
  const nul = found.indexOf(0);
  return String.fromCharCode(...(nul < 0 ? found : found.subarray(0, nul)));
}

function publicIdNamed(fpi: string | undefined): (typeof PUBLIC_IDS)[number] | undefined {
  return fpi === undefined ? undefined : PUBLIC_IDS.find((id) => id.fpi.toLowerCase() === fpi);
}

/**
 * Header of a document we write: charset UTF-8, the version byte and the form of public identifier the peer used.
 * `strings` are further string-table bytes, which follow the public identifier; see `tableBase`.
 */
export function writeWbxmlHeader(
  dialect: Dialect,
  root: 'SyncML' | 'DevInf',
  version: string,
  strings: readonly number[] = [],
): Uint8Array {
  const id = PUBLIC_IDS.find((entry) => entry.root === root && entry.version === version) ?? PUBLIC_IDS[root === 'SyncML' ? 4 : 5];
  const byte = Math.max(1, dialect.wbxml?.version ?? 2);
  if (dialect.wbxml?.publicId !== 'string') {
    return Uint8Array.from([byte, ...encodeMbUint32(id.number), CHARSET.utf8, ...encodeMbUint32(strings.length), ...strings]);
  }
  // Without a closing NUL when it is alone, as in the specification's example.
  const fpi = [...Buffer.from(id.fpi, 'latin1'), ...(strings.length > 0 ? [0] : [])];
  return Uint8Array.from([byte, 0, 0, CHARSET.utf8, ...encodeMbUint32(fpi.length + strings.length), ...fpi, ...strings]);
}
