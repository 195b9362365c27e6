/** Numbers and addresses of phones that have a fixed place for each, and properties a phone puts in by itself. */
import type { Component } from '../components.js';
import type { Dialect, ValueSource } from '../value.js';
import { madeOf, type Piece } from './pieces.js';
import { isExactly, isOf, selectorOf } from './selectors.js';

const isEmpty = ({ line }: Piece): boolean => line !== undefined && line.valueStart === line.valueEnd;

/** One of each of these at the end, in this order, empty where there is none: the phone knows them by their place. */
export function inPlaces(pieces: readonly Piece[], places: readonly string[], dialect: Dialect): readonly Piece[] {
  const rest = [...pieces];
  const placed = places.map(selectorOf).map((selector) => {
    const at = rest.findIndex((piece) => isExactly(piece, selector));
    const [found] = at < 0 ? [] : rest.splice(at, 1);
    return found ?? madeOf(selector.name, selector.types, ':', dialect);
  });
  // More of a kind than it has places for stand behind, and a line at the end of the text may lack its end.
  const more = rest.filter((piece) => places.some((place) => isExactly(piece, selectorOf(place))));
  const ended = (piece: Piece): Piece => (/[\r\n]$/.test(piece.text) ? piece : { ...piece, text: `${piece.text}\r\n` });
  return [...rest.filter((piece) => !more.includes(piece)), ...placed, ...more].map(ended);
}

/**
 * Numbers and addresses that are empty are none where the phone has others. @param places of these they are none in any case: it has to send them.
 */
export function withoutEmpty(pieces: readonly Piece[], places: readonly string[]): readonly Piece[] {
  const isSlot = ({ name }: Piece): boolean => name === 'TEL' || name === 'EMAIL';
  const isPlaced = ({ name }: Piece): boolean => places.some((place) => selectorOf(place).name === name);
  const hasOther = ({ name }: Piece): boolean => pieces.some((one) => one.name === name && !isEmpty(one));
  return pieces.filter((piece) => !isSlot(piece) || !isEmpty(piece) || !(isPlaced(piece) || hasOther(piece)));
}

/** @NOTE Motorola: a number holds digits and +, nothing else. */
export function digitsOf(piece: Piece): Piece {
  if (piece.name !== 'TEL') return piece;
  const [, head = '', value = '', end = ''] = /^([^:]*:)([^\r\n]*)([\r\n]*)$/.exec(piece.text) ?? [];
  const digits = value.replace(/[^0-9+]/g, '');
  return digits === '' || digits === value ? piece : { ...piece, text: `${head}${digits}${end}` };
}

/** @NOTE Nokia N81, E72, N97: a number or an address with an unknown parameter is dropped in an update. */
export function plainly(piece: Piece): Piece {
  if (piece.name !== 'TEL' && piece.name !== 'EMAIL') return piece;
  const [head = ''] = /^[^:]*/.exec(piece.text) ?? [];
  const plain = head.replace(/;(?:TYPE=)?"?X-[^;:]*/gi, '');
  return plain === head ? piece : { ...piece, text: plain + piece.text.slice(head.length) };
}

/** What the phone adds to every entry, whoever wrote it: `event:PRIORITY:0`. */
export function isAdded(entry: Component, piece: Piece, source: ValueSource, added: readonly string[]): boolean {
  const { line } = piece;
  if (!line) return false;
  const value = source.text.slice(line.valueStart, line.valueEnd).trim();
  return added.some((text) => {
    const at = text.lastIndexOf(':');
    const selector = selectorOf(text.slice(0, at));
    return selector.name === piece.name && isOf(selector, entry, () => false) && value.toUpperCase() === text.slice(at + 1).toUpperCase();
  });
}

/** What the phone takes no such entry without is there, empty. */
export function withNeeded(entry: Component, pieces: readonly Piece[], needs: readonly string[], dialect: Dialect): readonly Piece[] {
  const missing = needs
    .map(selectorOf)
    .filter((selector) => isOf(selector, entry, () => false) && !pieces.some(({ name }) => name === selector.name));
  if (missing.length === 0) return pieces;
  const ended = pieces.map((piece) => (/[\r\n]$/.test(piece.text) ? piece : { ...piece, text: `${piece.text}\r\n` }));
  return [...ended, ...missing.map(({ name, types }) => madeOf(name, types, ':', dialect))];
}
