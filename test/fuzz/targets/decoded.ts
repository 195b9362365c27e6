/** What must hold of a decoder and of what it made, in either encoding. */
import { isDeepStrictEqual } from 'node:util';
import { WireError } from '../../../src/model/errors.js';
import type { Command, Message } from '../../../src/model/message.js';
import { decodeMessage, type Decoded } from '../../../src/wire/decode.js';
import type { Dialect, Encoding, WireLimits } from '../../../src/wire/dialect.js';
import { MessageEncoder } from '../../../src/wire/encode.js';
import { OracleFailure } from '../target.js';
import { essenceOf } from './essence.js';

const LIMITS: WireLimits = { maxBytes: 64 * 1024, maxDepth: 64, maxElements: 4000, maxDocTypeBytes: 1024 };

/** A message, or undefined where it was refused as it should be. @throws {OracleFailure} */
export function decodeStrictly(input: Uint8Array, encoding: Encoding): Decoded | undefined {
  try {
    return decodeMessage(input, encoding, LIMITS);
  } catch (error) {
    if (!(error instanceof WireError)) throw new OracleFailure('only WireError', String(error), { cause: error });
    if (error.offset < 0 || error.offset > input.length) throw new OracleFailure('offset', `${error.offset} of ${input.length}`);
    return undefined;
  }
}

/** Device information or an anchor where only content is looked for: comes back as content. */
const hasOddData = (commands: readonly Command[]): boolean =>
  commands.some(
    (c) =>
      ('commands' in c && hasOddData(c.commands)) ||
      (c.kind !== 'Put' && c.kind !== 'Results' && 'items' in c && c.items.some((item) => 'data' in item && item.data?.kind === 'devinf')),
  );

/** Credentials with characters no text can hold go out as bytes, and bytes are read as Base64. Nobody but the fuzzer writes them again. */
// eslint-disable-next-line no-control-regex -- control characters are what it is about
const hasOddCredentials = ({ header }: Message): boolean => /[\u0000-\u001f]/.test(header.cred?.data ?? '');

const hasUnknown = (commands: readonly Command[]): boolean =>
  commands.some((c) => c.kind === 'Unknown' || ('commands' in c && hasUnknown(c.commands)));

/**
 * Decodes, writes, reads again. In the message's own encoding nothing that counts may change; what was written stays the same when it is written
 * again. Not everything comes back: what no DTD has a place for is read and not written. Only decoding is done for every input. @param written what it is written in.
 * @throws {OracleFailure}
 */
export function checkMessage(input: Uint8Array, encoding: Encoding, written: Encoding = encoding): void {
  const decoded = decodeStrictly(input, encoding);
  if (decoded === undefined || !oneOf(4, input) || hasUnknown(decoded.message.body)) return;
  const dialect: Dialect = { ...decoded.dialect, encoding: written };
  const once = rewrite(decoded.message, dialect);
  const odd = hasOddData(decoded.message.body) || hasOddCredentials(decoded.message);
  if (written === encoding && !odd) compare('round trip', essenceOf(decoded.message), essenceOf(once));
  // Descriptions a device gives twice are written once, which shows only the second time.
  const twice = rewrite(once, dialect);
  compare(`${written} written again`, twice, rewrite(twice, dialect));
}

/** True for one of `n` inputs, always the same ones: what is slow to check is not checked for each. */
export function oneOf(n: number, input: Uint8Array): boolean {
  let sum = input.length;
  for (const byte of input) sum = (sum * 31 + byte) & 0xffff;
  return sum % n === 0;
}

function rewrite(message: Message, dialect: Dialect): Message {
  const bytes = new MessageEncoder(dialect).encode(message);
  try {
    return decodeMessage(bytes, dialect.encoding, { ...LIMITS, maxBytes: Number.MAX_SAFE_INTEGER, maxElements: 100_000 }).message;
  } catch (error) {
    throw new OracleFailure(`unreadable as ${dialect.encoding}`, String(error), { cause: error });
  }
}

function compare(what: string, sent: unknown, received: unknown): void {
  if (!isDeepStrictEqual(sent, received)) throw new OracleFailure(`${what}: ${difference(sent, received)}`, '');
}

/** The last keys on the way to the first difference, without positions in lists: what kind of thing came back otherwise. */
export const difference = (a: unknown, b: unknown): string => pathOf(a, b).slice(-3).join('.');

function pathOf(a: unknown, b: unknown): readonly string[] {
  if (a instanceof Uint8Array || b instanceof Uint8Array) return ['bytes'];
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
    return [typeof a === typeof b ? 'value' : `${typeof a}/${typeof b}`];
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const [one, other] = [(a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]];
    if (!isDeepStrictEqual(one, other)) return /^\d+$/.test(key) ? pathOf(one, other) : [key, ...pathOf(one, other)];
  }
  return ['kind of object'];
}
