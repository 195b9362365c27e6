/** Fields that are emptied on a phone: it keeps what it has where nothing comes. */
import type { Abilities } from '../abilities.js';
import type { Component } from '../components.js';
import type { Dialect } from '../value.js';
import { madeOf, type Piece } from './pieces.js';

/** A value that means none. */
export const DASH = '-';

/** Fields people empty, by the kind of entry. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  VCARD: ['TITLE', 'ORG', 'NOTE', 'URL'],
  VEVENT: ['LOCATION', 'DESCRIPTION'],
  VTODO: ['DESCRIPTION'],
};
/** @NOTE Sony Ericsson: of contacts URL and EMAIL only. */
const DASHED: Readonly<Record<string, readonly string[]>> = {
  VCARD: ['URL', 'EMAIL'],
  VEVENT: ['SUMMARY', 'LOCATION', 'DESCRIPTION'],
  VTODO: ['SUMMARY', 'DESCRIPTION'],
};

export const isDashed = (entry: Component, name: string): boolean => DASHED[entry.name]?.includes(name) === true;

const isEmpty = ({ name, line }: Piece): boolean => name !== '' && line !== undefined && line.valueStart === line.valueEnd;

/** @param replaces the phone has the item: what is missing in it now may stand there. */
export function emptied(
  entry: Component,
  pieces: readonly Piece[],
  dialect: Dialect,
  { properties, traits }: Abilities,
  replaces: boolean,
): readonly Piece[] {
  const how = traits?.fields?.whenEmpty;
  if (how === 'omit') return pieces.filter((piece) => !isEmpty(piece));
  if (how === undefined || !replaces) return pieces;
  const wanted = (how === 'dash' ? DASHED : FIELDS)[entry.name] ?? [];
  // What the phone does not list it may not have; without a list, what every phone has.
  const has = (name: string): boolean => (properties ? properties.has(name) : entry.name !== 'VCARD');
  const missing = wanted.filter((name) => has(name) && !pieces.some((piece) => piece.name === name && !isEmpty(piece)));
  if (missing.length === 0) return pieces;
  const rest = pieces.filter(({ name }) => !missing.includes(name));
  return [...rest, ...missing.map((name) => madeOf(name, [], how === 'dash' ? `:${DASH}` : ':', dialect))];
}
