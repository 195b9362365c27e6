/** Members of a JSON object somebody sent, each checked. */
import { malformed, shown } from './error.js';
import { parseJson } from './values.js';

export type Members = Readonly<Record<string, unknown>>;

/** @param what named in the errors. @throws {RecordError} when the text is not an object in JSON. */
export function members(text: string, what: string): Members {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(`the ${what} is a JSON object`);
  return value as Members;
}

export function modificationNumber(given: Members, name: string): number {
  const value = given[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value;
  throw malformed(`"${name}" is a modification number: 1 … 2^53−1`);
}

export function optionalSize(given: Members, name: string): number | undefined {
  const value = given[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw malformed(`"${name}" is a number of bytes`);
}

export function optionalText(given: Members, name: string): string | undefined {
  const value = given[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  throw malformed(`"${name}" is a text`);
}

/** A SHA-256 in hexadecimal, made lower case. */
export function hexDigest(given: Members, name: string): string | undefined {
  const value = optionalText(given, name);
  if (value === undefined) return undefined;
  if (/^[0-9a-fA-F]{64}$/.test(value)) return value.toLowerCase();
  throw malformed(`"${name}" is a SHA-256 in hexadecimal, not "${shown(value)}"`);
}
