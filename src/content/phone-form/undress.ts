/** What a phone sends, as other programs would write it: the other direction of `dress.ts`. */
import { isUtf8 } from 'node:buffer';
import type { OddDayForm, Traits } from '../../handsets/traits.js';
import type { Abilities } from '../abilities.js';
import type { Component } from '../components.js';
import { applyEdits, linesOf } from '../entries.js';
import { sourceOf } from '../rendering.js';
import { decodeQuotedPrintable } from '../transfer-encoding.js';
import { unfoldedValue, type ValueSource } from '../value.js';
import { exchanged, fromLines } from './addresses.js';
import { DASH, isDashed } from './emptied.js';
import { changedEntries, madeOf, renamed, type Piece } from './pieces.js';
import { isExactly, isOf, selectorOf } from './selectors.js';
import { isAdded, withoutEmpty } from './slots.js';

type Fields = NonNullable<Traits['fields']>;

/** @returns `bytes` itself when it is written as it is anywhere. Never throws. */
export function undress(bytes: Uint8Array, mediaType: string, { traits }: Pick<Abilities, 'traits'>): Uint8Array {
  if (!traits || (!traits.fields && !traits.text && !traits.calendar)) return bytes;
  const document = linesOf(bytes, mediaType);
  if (!document) return bytes;
  const source = sourceOf(document, mediaType);
  const edits = changedEntries(document, (entry, pieces) => undressed(entry, pieces, source, traits));
  return edits.length === 0 ? bytes : applyEdits(source.text, edits);
}

function undressed(
  entry: Component,
  pieces: readonly Piece[],
  source: ValueSource,
  { fields = {}, calendar = {}, text }: Traits,
): readonly Piece[] {
  let result = pieces;
  if (fields.whenEmpty === 'dash' || fields.placeholder !== undefined)
    result = result.filter((piece) => !isNone(entry, piece, source, fields));
  if (fields.uid === 'never') result = result.filter(({ name }) => name !== 'UID');
  if (calendar.untitled && entry.name === 'VEVENT') result = titled(result, source);
  if (fields.needs) result = result.filter((piece) => !isNeeded(entry, piece, source, fields.needs ?? []));
  if (fields.adds) result = result.filter((piece) => !isAdded(entry, piece, source, fields.adds ?? []));
  if (calendar.yearlyDayCategory !== undefined) result = withoutCategory(result, source, calendar.yearlyDayCategory);
  if (fields.addressLines && entry.name === 'VCARD') result = fromLines(result, source);
  if (fields.addressSwapped) result = result.map((piece) => exchanged(piece, source));
  if (fields.readAs || fields.writeAs) result = meant(result, source, fields);
  // Only now: places count those that are empty.
  if (fields.places || fields.whenEmpty === 'send') result = withoutEmpty(result, fields.places ?? []);
  if (fields.oneName && entry.name === 'VCARD') result = result.map((piece) => splitName(piece, source));
  if (calendar.priorities) result = result.map((piece) => priority(piece, source, calendar.priorities ?? {}));
  if (calendar.categoriesPrefixed) result = result.flatMap((piece) => category(piece, source));
  if (calendar.alarmRead === 'display') result = result.map((piece) => alarm(piece, source));
  if (calendar.daysRead && entry.name === 'VEVENT') result = days(result, source, calendar.daysRead);
  if (text?.assumed !== undefined) result = result.map((piece) => named(piece, source, text.assumed ?? ''));
  return result;
}

const valueIn = ({ line }: Piece, source: ValueSource): string => (line ? source.text.slice(line.valueStart, line.valueEnd) : '');

function isNone(entry: Component, piece: Piece, source: ValueSource, { whenEmpty, placeholder }: Fields): boolean {
  if (!piece.line || valueIn(piece, source).trim() !== DASH) return false;
  return (
    (whenEmpty === 'dash' && isDashed(entry, piece.name)) || (placeholder !== undefined && selectorOf(placeholder).name === piece.name)
  );
}

const kindOf = ({ name, types }: { readonly name: string; readonly types: readonly string[] }): string =>
  [name, ...[...types].sort()].join(';');

/** What is not named, but written under another name, means the name it was written for. */
function meant(pieces: readonly Piece[], source: ValueSource, { readAs = {}, writeAs = {} }: Fields): readonly Piece[] {
  const back = Object.entries(writeAs).flatMap(([from, to]) =>
    selectorOf(from).name === selectorOf(to).name ? [] : [[to, from] as const],
  );
  const table = [...Object.entries(readAs), ...back];
  const places = Object.entries(readAs).filter(([from]) => selectorOf(from).nth !== undefined);
  const seen = new Map<string, number>();
  return pieces.map((piece) => {
    if (piece.name === '') return piece;
    // What says already which place it has takes that place.
    const placed = places.find(([, to]) => isExactly(piece, selectorOf(to)));
    const kind = placed ? kindOf(selectorOf(placed[0])) : kindOf(piece);
    const nth = (seen.get(kind) ?? 0) + 1;
    seen.set(kind, nth);
    const found = table.find(([from]) => {
      const selector = selectorOf(from);
      return isExactly(piece, selector) && (selector.nth === undefined || selector.nth === nth);
    });
    if (!found) return piece;
    const to = selectorOf(found[1]);
    return renamed(piece, to.name, to.types, source);
  });
}

/** @NOTE Nokia 7650: what a person typed is in the description. */
function titled(pieces: readonly Piece[], source: ValueSource): readonly Piece[] {
  const has = (name: string): boolean => pieces.some((piece) => piece.name === name && valueIn(piece, source).trim() !== '');
  if (has('SUMMARY') || !has('DESCRIPTION')) return pieces;
  return pieces
    .filter(({ name }) => name !== 'SUMMARY')
    .map((piece) => (piece.name === 'DESCRIPTION' ? renamed(piece, 'SUMMARY', [], source) : piece));
}

/** Empty, as it was put in for the phone. */
const isNeeded = (entry: Component, piece: Piece, source: ValueSource, needs: readonly string[]): boolean =>
  needs.map(selectorOf).some((selector) => selector.name === piece.name && isOf(selector, entry, () => false)) &&
  valueIn(piece, source).trim() === '';

/** @NOTE Nokia Series 40: birthdays have the category SPECIAL OCCASION. */
function withoutCategory(pieces: readonly Piece[], source: ValueSource, category: string): readonly Piece[] {
  const isYearly = pieces.some((piece) => piece.name === 'RRULE' && /^\s*(?:Y[DM]\d|MD12\b)/i.test(valueIn(piece, source)));
  return isYearly
    ? pieces.filter((piece) => piece.name !== 'CATEGORIES' || valueIn(piece, source).trim().toUpperCase() !== category)
    : pieces;
}

/** @NOTE Sony Ericsson W800: `N:First Last;`. */
function splitName(piece: Piece, source: ValueSource): Piece {
  if (piece.name !== 'N' || !piece.line || piece.line.encoding !== 'none') return piece;
  const value = valueIn(piece, source);
  const match = /^([^;\s]+)\s+([^;\s][^;]*)$/.exec(value.replace(/(?<![\s;])[\s;]+$/, ''));
  if (!match) return piece;
  const head = source.text.slice(piece.line.start, piece.line.valueStart);
  return { ...piece, text: `${head}${match[2] ?? ''};${match[1] ?? ''}${source.text.slice(piece.line.valueEnd, piece.line.end)}` };
}

/** The first of ours that is the phone's. */
function priority(piece: Piece, source: ValueSource, table: Readonly<Record<string, string>>): Piece {
  if (piece.name !== 'PRIORITY') return piece;
  const value = valueIn(piece, source).trim();
  const found = Object.entries(table)
    .find(([, theirs]) => theirs === value)?.[0]
    .slice(0, 1);
  return found === undefined || found === value ? piece : madeOf('PRIORITY', [], `:${found}`, source.dialect);
}

/** @NOTE UIQ: 65536 is the category of none. */
function category(piece: Piece, source: ValueSource): readonly Piece[] {
  if (piece.name !== 'CATEGORIES' || !piece.line) return [piece];
  const value = valueIn(piece, source);
  const members = value.split(/([,;])/);
  const bare = members.map((member, at) => (at % 2 === 1 ? member : member.replace(/^X-(?=.)/i, ''))).join('');
  if (/^\s*65536\s*$/.test(bare)) return [];
  if (bare === value) return [piece];
  return [
    {
      ...piece,
      text: source.text.slice(piece.line.start, piece.line.valueStart) + bare + source.text.slice(piece.line.valueEnd, piece.line.end),
    },
  ];
}

/** It has one kind of alarm, and writes any as DALARM, without what is shown or heard: that is no other alarm than the one it was given. */
function alarm(piece: Piece, source: ValueSource): Piece {
  if ((piece.name !== 'DALARM' && piece.name !== 'AALARM') || !piece.line) return piece;
  const [time = ''] = valueIn(piece, source).split(';');
  return time.trim() === '' ? piece : madeOf('AALARM', [], `:${time.trim()}`, source.dialect);
}

/** Forms that mean a day on this phone alone. The others are told by what reads calendars. */
const ODD: Readonly<Partial<Record<OddDayForm, RegExp>>> = {
  'to-0900': /^000000\.\.090000$/,
  'from-0900-to-2359': /^090000\.\.235900$/,
  'at-2359': /^235900\.\.235900$/,
  'working-day': /^080000\.\.180000$/,
  'from-2359-before': /^000000\.\.235900 -1$/,
};

function days(pieces: readonly Piece[], source: ValueSource, forms: readonly OddDayForm[]): readonly Piece[] {
  const timeOf = (name: string): RegExpExecArray | null => {
    const piece = pieces.find((one) => one.name === name);
    return piece ? /^\s*(\d{8})T(\d{6})\s*$/.exec(valueIn(piece, source)) : null;
  };
  const start = timeOf('DTSTART');
  const end = timeOf('DTEND');
  if (!start || !end) return pieces;
  const [, startDay = '', startTime = ''] = start;
  const [, endDay = '', endTime = ''] = end;
  const form = `${startTime}..${endTime}${endDay < startDay ? ' -1' : ''}`;
  if (!forms.some((one) => ODD[one]?.test(form))) return pieces;
  return pieces.map((piece) => {
    if (piece.name === 'DTSTART') return madeOf('DTSTART', [], `:${startDay}T000000`, source.dialect);
    return piece.name === 'DTEND' ? madeOf('DTEND', [], `:${endDay < startDay ? startDay : endDay}T235900`, source.dialect) : piece;
  });
}

/** Text that says no charset, or says UTF-8 and is none, gets the name of the one it is in; UTF-8 is known by itself. */
function named(piece: Piece, source: ValueSource, charset: string): Piece {
  const { line } = piece;
  if (
    !line ||
    piece.name === '' ||
    (line.charset !== undefined && !/^utf-?8$/i.test(line.charset)) ||
    line.encoding === 'base64' ||
    /^(?:iso-8859-1|windows-1252|utf-8)$/i.test(charset)
  )
    return piece;
  const value = source.text.slice(line.valueStart, line.valueEnd);
  // eslint-disable-next-line no-control-regex -- bytes
  if (!/[^\x00-\x7f]/.test(value) && line.encoding !== 'quoted-printable') return piece;
  const colon = piece.text.length - (line.end - line.valueStart) - 1;
  const head = piece.text.slice(0, colon);
  if (line.charset === undefined) return { ...piece, text: `${head};CHARSET=${charset}${piece.text.slice(colon)}` };
  const unfolded = unfoldedValue(source, line);
  const bytes = Buffer.from(line.encoding === 'quoted-printable' ? decodeQuotedPrintable(unfolded) : unfolded, 'latin1');
  return isUtf8(bytes) ? piece : { ...piece, text: `${head.replace(/(;CHARSET=)[^;]*/i, `$1${charset}`)}${piece.text.slice(colon)}` };
}
