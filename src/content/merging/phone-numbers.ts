/** Telephone numbers by whom they reach, however they are written: `+49 (30) 12 34` and, in Germany, `030/1234` are one number. */
import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/min';
import { phoneNumber } from '../vcard.js';

/** ISO 3166 codes of where numbers of two versions are that have no prefix of a country; undefined: not known. */
export interface Countries {
  readonly ours?: string | undefined;
  readonly theirs?: string | undefined;
}

/** The digits two ways to write one number end in. A country's prefix, or that of a town, stands before them. */
const tailOf = (bare: string): string | undefined => (/^\+?\d+$/.test(bare) ? bare.slice(-TAIL) : undefined);
/** No number is shorter but those of services. */
const TAIL = 4;

/** Does a number of `ours` reach who one of `theirs` does? Most do not, and their last digits tell. */
export function shareNumber(ours: readonly string[], theirs: readonly string[], countries: Countries): boolean {
  const byTail = new Map<string, string[]>();
  for (const text of theirs) {
    const tail = tailOf(phoneNumber(text)) ?? '';
    const alike = byTail.get(tail);
    if (alike) alike.push(text);
    else byTail.set(tail, [text]);
  }
  const odd = byTail.get('') ?? [];
  const reached = new Set<string>();
  const reaches = (text: string, others: readonly string[]): boolean => {
    if (others.length === 0) return false;
    reached.clear();
    for (const other of others) reached.add(dialled(other, countries.theirs));
    return reached.has(dialled(text, countries.ours));
  };
  return ours.some((text) => {
    const tail = tailOf(phoneNumber(text));
    return tail === undefined ? reaches(text, theirs) : reaches(text, [...(byTail.get(tail) ?? []), ...odd]);
  });
}

/** So many numbers are remembered: a slow sync asks for the same ones again and again. */
const MAX_KNOWN = 10_000;
const known = new Map<string, string>();

/**
 * @param country ISO 3166 code of where numbers without a country's prefix are; undefined: such numbers are compared digit by digit.
 * @returns equal strings for numbers that reach the same; numbers nobody could dial are returned as they are, without marks between digits.
 */
export function dialled(text: string, country?: string): string {
  const bare = phoneNumber(text).replace(/^00(?=[1-9]\d{6,})/, '+');
  const key = `${country ?? ''} ${bare}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const number = /^[+\d]/.test(bare) ? parsePhoneNumberFromString(bare, country as CountryCode | undefined) : undefined;
  const result = number?.isPossible() ? `${number.number}${number.ext === undefined ? '' : `;${number.ext}`}` : bare;
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(key, result);
  return result;
}
