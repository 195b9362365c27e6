/** A database's values and records in JSON; see docs/device-backup-protocol.md, "Values as JSON". */
import { base64, fromBase64, utf8Text } from './bytes.js';
import { malformed, shown } from './error.js';

/** TEXT whose bytes are not UTF-8. SQLite keeps such texts as they are. */
export class TextBytes {
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** NULL, TEXT, BLOB, INTEGER (bigint) and REAL (number): the two kinds of numbers are never mixed up. */
export type SqlValue = null | string | TextBytes | Uint8Array | bigint | number;

export type JsonValue =
  null | string | number | { readonly i: string } | { readonly r: string } | { readonly t: string } | { readonly b: string };

/** Column → value. */
export type JsonRecord = Readonly<Record<string, JsonValue>>;

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);
const INTEGER = /^-?(?:0|[1-9]\d{0,18})$/;
const REAL = /^-?(?:Infinity|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;
/** Half a surrogate pair: JSON can write it, UTF-8 and so SQLite cannot hold it. */
const HALF_PAIR = /\p{Surrogate}/u;

/** The text of an INTEGER. @throws {RecordError} when it is none of 64 bits. */
export function parseInteger(text: string): bigint {
  if (!INTEGER.test(text)) throw malformed(`"${shown(text)}" is not an integer`);
  const value = BigInt(text);
  if (value > MAX_INT64 || value < MIN_INT64) throw malformed(`${text} does not fit 64 bits`);
  return value;
}

/** Shortest text that gives the same double. */
export const formatReal = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

/** @throws {RecordError} when it is no number. */
export function parseReal(text: string): number {
  if (!REAL.test(text)) throw malformed(`"${shown(text)}" is not a real number`);
  return Number(text);
}

/** TEXT from its bytes as UTF-8. */
export const textValue = (bytes: Uint8Array): string | TextBytes => utf8Text(bytes) ?? new TextBytes(new Uint8Array(bytes));

/** @throws {RangeError} for NaN, which SQLite does not have, and for integers beyond 64 bits. */
export function toJson(value: SqlValue): JsonValue {
  if (value === null) return null;
  if (typeof value === 'bigint') {
    if (value > MAX_INT64 || value < MIN_INT64) throw new RangeError(`${value} does not fit 64 bits`);
    return value <= MAX_SAFE && value >= -MAX_SAFE ? Number(value) : { i: value.toString() };
  }
  if (typeof value === 'number') {
    if (Number.isNaN(value)) throw new RangeError('SQLite has no NaN');
    const text = formatReal(value);
    return text.includes('.') && !text.includes('e') ? value : { r: text };
  }
  if (typeof value === 'string') return value.includes('\0') ? { t: base64(Buffer.from(value, 'utf8')) } : value;
  if (value instanceof TextBytes) return { t: base64(value.bytes) };
  return { b: base64(value) };
}

/** @throws {RecordError} */
export function fromJson(value: unknown): SqlValue {
  if (value === null) return null;
  if (typeof value === 'string') {
    if (HALF_PAIR.test(value)) throw malformed('half a surrogate pair in a text');
    return value;
  }
  if (typeof value === 'number') {
    if (!Number.isInteger(value)) return value;
    if (!Number.isSafeInteger(value)) throw malformed(`${value} is beyond 2^53: write {"i":"…"} for an integer, {"r":"…"} for a real`);
    return BigInt(value);
  }
  if (typeof value === 'object' && !Array.isArray(value)) {
    const [entry, more] = Object.entries(value as Record<string, unknown>);
    if (entry !== undefined && more === undefined && typeof entry[1] === 'string') {
      const [form, text] = entry as [string, string];
      if (form === 'i') return parseInteger(text);
      if (form === 'r') return parseReal(text);
      if (form === 't' || form === 'b') {
        const bytes = fromBase64(text);
        if (bytes === undefined) throw malformed(`"${shown(text)}" is not Base64`);
        return form === 'b' ? bytes : textValue(bytes);
      }
    }
  }
  throw malformed(`${described(value)} is not a value`);
}

/** Without its content, which may be nested without end. */
function described(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value !== 'object' || value === null) return String(value);
  return `an object with ${shown(Object.keys(value).slice(0, 5).join(', ')) || 'nothing in it'}`;
}

/** @throws {RecordError} when it is not a record; the values are checked too. */
export function checkRecord(value: unknown): JsonRecord {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('a record is a JSON object');
  for (const [column, one] of Object.entries(value as Record<string, unknown>)) {
    try {
      fromJson(one);
    } catch (cause) {
      throw malformed(`column ${shown(column)}: ${(cause as Error).message}`, { cause });
    }
  }
  return value as JsonRecord;
}

/** @throws {RecordError} when the text is not a record in JSON. */
export function parseRecord(text: string): JsonRecord {
  return checkRecord(parseJson(text));
}

export function formatRecord(record: JsonRecord): string {
  return JSON.stringify(record);
}

/** @throws {RecordError} */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw malformed(`not JSON: ${(cause as Error).message}`, { cause });
  }
}
