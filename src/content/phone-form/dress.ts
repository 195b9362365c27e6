/**
 * An item as a phone wants it written, by its handset profile: names and order of properties, charset and encoding, what it must not get.
 * What it sends back is put right by `undress.ts` before anything else looks at it.
 */
import type { Traits } from '../../handsets/traits.js';
import type { Abilities } from '../abilities.js';
import type { Component } from '../components.js';
import { applyEdits, linesOf } from '../entries.js';
import { sourceOf } from '../rendering.js';
import type { ValueSource } from '../value.js';
import { asLabels, withDashes } from './addresses.js';
import { emptied } from './emptied.js';
import { notBefore } from './earliest.js';
import { changedEntries, firstPieces, madeOf, renamed, type Piece } from './pieces.js';
import { isAny, isExactly, isOf, selectorOf, type Selector } from './selectors.js';
import { digitsOf, inPlaces, plainly, withNeeded } from './slots.js';
import { written } from './text.js';

export interface Occasion {
  /** The phone has the item already. */
  readonly replaces?: boolean;
  /** The item as the phone was given it before, where that is known. */
  readonly had?: Uint8Array;
  /** A name for the item, for phones that want one inside of it. */
  readonly uid?: string;
}

/** @returns `bytes` itself when the phone takes it as it is. Never throws. */
export function dress(bytes: Uint8Array, mediaType: string, abilities: Abilities, occasion: Occasion = {}): Uint8Array {
  const { traits } = abilities;
  if (!traits || (!traits.fields && !traits.text && !traits.calendar)) return bytes;
  const document = linesOf(bytes, mediaType);
  if (!document) return bytes;
  const source = sourceOf(document, mediaType);
  const had = occasion.had === undefined ? [] : firstPieces(occasion.had, mediaType);
  const edits = changedEntries(document, (entry, pieces) => dressed(entry, pieces, source, abilities, { ...occasion, pieces: had }));
  return edits.length === 0 ? bytes : applyEdits(source.text, edits);
}

function dressed(
  entry: Component,
  pieces: readonly Piece[],
  source: ValueSource,
  abilities: Abilities,
  { replaces = false, uid, pieces: had }: Occasion & { readonly pieces: readonly Piece[] },
): readonly Piece[] {
  const { fields = {}, calendar = {}, text } = abilities.traits ?? {};
  let result = pieces;
  if (fields.leaveOut || fields.firstOnly || fields.photo?.none) result = without(entry, result, source, fields);
  if (calendar.earliest !== undefined && entry.name === 'VEVENT') result = notBefore(result, calendar.earliest);
  if (calendar.priorities) result = result.map((piece) => withPriority(piece, source, calendar.priorities ?? {}));
  if (fields.emailInternet && entry.name === 'VCARD') result = result.map((piece) => withInternet(piece, source));
  if (calendar.yearlyDayCategory !== undefined && isYearlyDay(pieces, source) && entry.name === 'VEVENT')
    result = [
      ...result.filter(({ name }) => name !== 'CATEGORIES'),
      madeOf('CATEGORIES', [], `:${calendar.yearlyDayCategory}`, source.dialect),
    ];
  if (fields.addressLines === 'both' && entry.name === 'VCARD') result = asLabels(result, source);
  if (fields.writeAs) result = result.map((piece) => spelled(piece, source, fields.writeAs ?? {}));
  if (text) result = result.map((piece) => written(piece, source, text));
  if (entry.name === 'VCARD') result = result.map((piece) => inItsHand(piece, fields));
  if (fields.photo && entry.name === 'VCARD') result = result.map((piece) => photo(piece, source, fields.photo ?? {}));
  result = emptied(entry, result, source.dialect, abilities, { replaces, had });
  if (fields.placeholder !== undefined && entry.name === 'VCARD') result = reachable(result, source, fields.placeholder);
  if (fields.uid === 'never') result = result.filter(({ name }) => name !== 'UID');
  if (fields.uid === 'wanted' && uid !== undefined && !result.some(({ name }) => name === 'UID'))
    result = [...result, madeOf('UID', [], `:${uid}`, source.dialect)];
  if (fields.needs) result = withNeeded(entry, result, fields.needs, source.dialect);
  if (fields.places && entry.name === 'VCARD') result = inPlaces(result, fields.places, source.dialect);
  return fields.last ? ordered(entry, result, fields.last) : result;
}

type Fields = NonNullable<Traits['fields']>;

/** Numbers and addresses, written as they are to be. */
function inItsHand(piece: Piece, { addressLines, digitsOnly, plainParameters }: Fields): Piece {
  const plain = plainParameters ? plainly(piece) : piece;
  const whole = addressLines === 'sent' ? withDashes(plain) : plain;
  return digitsOnly ? digitsOf(whole) : whole;
}

/** A number that is the preferred one is not left out for that: it loses the mark. */
function without(
  entry: Component,
  pieces: readonly Piece[],
  source: ValueSource,
  { leaveOut = [], firstOnly = [], photo: how }: Fields,
): readonly Piece[] {
  const isDay = (): boolean => isYearlyDay(pieces, source);
  const out = leaveOut.map(selectorOf).filter((selector) => isOf(selector, entry, isDay));
  const once = firstOnly.map(selectorOf).filter((selector) => isOf(selector, entry, isDay));
  const seen = new Set<Selector>();
  return pieces.flatMap((piece): readonly Piece[] => {
    if (piece.name === '') return [piece];
    if (how?.none && piece.name === 'PHOTO') return [];
    const first = once.find((selector) => isAny(piece, selector));
    if (first && seen.has(first)) return [];
    if (first) seen.add(first);
    const selector = out.find((one) => isAny(piece, one));
    if (!selector) return [piece];
    const rest = piece.types.filter((type) => type !== 'PREF');
    return selector.types.includes('PREF') ? [renamed(piece, piece.name, rest, source)] : [];
  });
}

function isYearlyDay(pieces: readonly Piece[], { text }: ValueSource): boolean {
  const value = (name: string): string => {
    const line = pieces.find((piece) => piece.name === name)?.line;
    return line ? text.slice(line.valueStart, line.valueEnd) : '';
  };
  return /^\s*(?:Y[DM]\d|MD12\b|.*FREQ=YEARLY)/i.test(value('RRULE')) && /^\s*\d{4}-?\d\d-?\d\d(?:T000000Z?)?\s*$/.test(value('DTSTART'));
}

/** `4-9` names a range. */
function withPriority(piece: Piece, source: ValueSource, table: Readonly<Record<string, string>>): Piece {
  if (piece.name !== 'PRIORITY' || !piece.line) return piece;
  const value = source.text.slice(piece.line.valueStart, piece.line.valueEnd).trim();
  const found = Object.entries(table).find(([range]) => value >= range.slice(0, 1) && value <= range.slice(-1) && value.length === 1);
  return found && found[1] !== value ? madeOf('PRIORITY', [], `:${found[1]}`, source.dialect) : piece;
}

/** @NOTE Nokia E51: an address without INTERNET is not shown, and lost. */
function withInternet(piece: Piece, source: ValueSource): Piece {
  if (piece.name !== 'EMAIL' || piece.types.some((type) => type === 'INTERNET' || type === 'X400')) return piece;
  return renamed(piece, piece.name, ['INTERNET', ...piece.types], source);
}

function spelled(piece: Piece, source: ValueSource, table: Readonly<Record<string, string>>): Piece {
  const found = Object.entries(table).find(([from]) => isExactly(piece, selectorOf(from)));
  if (!found) return piece;
  const to = selectorOf(found[1]);
  return renamed(piece, to.name, to.types, source);
}

/** @NOTE S60 takes a photo with CHARSET for a second one, and ignores a card whose photo no empty line follows. */
function photo(piece: Piece, source: ValueSource, how: NonNullable<Fields['photo']>): Piece {
  const { line } = piece;
  if (piece.name !== 'PHOTO' || line?.encoding !== 'base64') return piece;
  const head = piece.text.slice(0, piece.text.indexOf(':'));
  let bare = how.charset === false ? head.replace(/;CHARSET=[^;]*/gi, '') : head;
  if (how.type === false) bare = bare.replace(/;TYPE=[^;]*/gi, '').replace(/;(?:JPEG|JPG|GIF|PNG|BMP)(?=;|$)/gi, '');
  const value = source.text.slice(line.valueStart, line.end);
  const ended = how.emptyLine && source.dialect === 'legacy' && !/\n[ \t]*\r?\n$/.test(value) ? `${value}\r\n` : value;
  return { ...piece, text: `${bare}:${ended}` };
}

function reachable(pieces: readonly Piece[], source: ValueSource, placeholder: string): readonly Piece[] {
  if (pieces.some(({ name, line }) => (name === 'TEL' || name === 'EMAIL') && line?.valueStart !== line?.valueEnd)) return pieces;
  const { name, types } = selectorOf(placeholder);
  return [...pieces.filter((piece) => piece.name !== 'EMAIL'), madeOf(name, types, ':-', source.dialect)];
}

function ordered(entry: Component, pieces: readonly Piece[], last: readonly string[]): readonly Piece[] {
  const selectors = last.map(selectorOf).filter((selector) => isOf(selector, entry, () => false));
  const placeOf = (piece: Piece): number => (piece.name === '' ? -1 : selectors.findIndex((selector) => isAny(piece, selector)));
  if (!pieces.some((piece) => placeOf(piece) >= 0)) return pieces;
  // A line at the end of the text may lack its end.
  const whole = pieces.map((piece) => (/[\r\n]$/.test(piece.text) ? piece : { ...piece, text: `${piece.text}\r\n` }));
  return [...whole]
    .map((piece, at) => ({ piece, at, place: placeOf(piece) }))
    .sort((a, b) => a.place - b.place || a.at - b.at)
    .map(({ piece }) => piece);
}
