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

/** Of these a phone has several, each known by its types. */
const REPEATED: ReadonlySet<string> = new Set(['TEL', 'EMAIL']);

interface Before {
  /** The phone has the item: what is missing in it now may stand there. */
  readonly replaces: boolean;
  /** What the phone was given of it before, where that is known. */
  readonly had: readonly Piece[];
}

export function emptied(
  entry: Component,
  pieces: readonly Piece[],
  dialect: Dialect,
  { properties, traits }: Abilities,
  { replaces, had }: Before,
): readonly Piece[] {
  const how = traits?.fields?.whenEmpty;
  if (how === 'omit') return pieces.filter((piece) => !isEmpty(piece));
  if (how === undefined || !replaces) return pieces;
  const wanted = (how === 'dash' ? DASHED : FIELDS)[entry.name] ?? [];
  // What the phone does not list it may not have; without a list, what every phone has.
  const has = (name: string): boolean => (properties ? properties.has(name) : entry.name !== 'VCARD');
  const missing = wanted.filter((name) => has(name) && !pieces.some((piece) => piece.name === name && !isEmpty(piece)));
  const gone = goneSince(had, pieces, (name) => how === 'send' || isDashed(entry, name));
  if (missing.length === 0 && gone.length === 0) return pieces;
  const rest = pieces.filter(({ name }) => !missing.includes(name));
  // @NOTE Motorola restarts on an empty address: to it there is a word for none.
  const none = (name: string): string => (how === 'dash' || traits?.fields?.placeholder?.startsWith(name) === true ? `:${DASH}` : ':');
  const others = missing.filter((name) => !gone.some((one) => one.name === name));
  return [
    ...rest,
    ...others.map((name) => madeOf(name, [], none(name), dialect)),
    ...gone.map(({ name, types }) => madeOf(name, types, none(name), dialect)),
  ];
}

/** Numbers and addresses the phone was given, of types that nothing has now. */
function goneSince(had: readonly Piece[], pieces: readonly Piece[], isWanted: (name: string) => boolean): readonly Piece[] {
  const kindOf = ({ name, types }: Piece): string => `${name};${[...types].sort().join(';')}`;
  const kinds = new Set(pieces.filter((piece) => !isEmpty(piece)).map(kindOf));
  const gone = new Map(had.filter((one) => REPEATED.has(one.name) && isWanted(one.name) && !isEmpty(one)).map((one) => [kindOf(one), one]));
  return [...gone].filter(([kind]) => !kinds.has(kind)).map(([, piece]) => piece);
}
