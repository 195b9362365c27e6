/** Postal addresses of phones that know them as lines of a text, or with parts in each other's place. */
import { readProperty } from '../conversion/property.js';
import { write } from '../conversion/writing.js';
import { structuredValue, textValue, type ValueSource } from '../value.js';
import { DASH } from './emptied.js';
import type { Piece } from './pieces.js';

/** Post office box, extension, street, town, region, code, country. [vCard 2.1, "Delivery Address"] */
const PARTS = 7;
const STREET = 2;
/** What the first, second and third address of a contact is. */
const PLACES: readonly (readonly string[])[] = [['HOME'], ['WORK'], []];
const SEPARATOR = /(?<!\\|=5C);/i;

/** The parts of an address, of those that are empty a dash: the phone puts each part on a line, and would close up. */
export function withDashes(piece: Piece): Piece {
  if (piece.name !== 'ADR') return piece;
  const at = piece.text.indexOf(':') + 1;
  const end = /[\r\n]*$/.exec(piece.text)?.[0] ?? '';
  const value = piece.text.slice(at, piece.text.length - end.length);
  const parts = value.split(SEPARATOR);
  while (parts.length < PARTS) parts.push('');
  while (parts.length > PARTS && parts.at(-1)?.trim() === '') parts.pop();
  if (parts.every((part) => part.trim() === '')) return piece;
  return { ...piece, text: `${piece.text.slice(0, at)}${parts.map((part) => (part.trim() === '' ? DASH : part)).join(';')}${end}` };
}

/** An address as the lines of a LABEL. Where there is one of the second place only, the first is said to be none. */
export function asLabels(pieces: readonly Piece[], source: ValueSource): readonly Piece[] {
  const isAt = (piece: Piece, place: number): boolean => piece.name === 'ADR' && piece.types.includes(PLACES[place]?.[0] ?? '');
  const isLonely = pieces.some((piece) => isAt(piece, 1)) && !pieces.some((piece) => isAt(piece, 0));
  const labels = pieces.map((piece): Piece => {
    if (piece.name !== 'ADR' || !piece.line) return piece;
    const parts = structuredValue(textValue(source, piece.line), source.dialect);
    const lines = Array.from({ length: PARTS }, (_, at) => (parts[at] ?? '') || DASH);
    return label(piece.types, lines.join('\n'));
  });
  return isLonely ? [...labels, label(PLACES[0] ?? [], DASH)].sort((a, b) => placeOf(a) - placeOf(b)) : labels;
}

/** Labels in their order, everything else before them as it stands. */
const placeOf = ({ name, types }: Piece): number =>
  name === 'LABEL' ? 1 + (types.includes('HOME') ? 0 : types.includes('WORK') ? 1 : 2) : 0;

const label = (types: readonly string[], text: string): Piece => made('LABEL', types, { kind: 'text', text });

function made(name: string, types: readonly string[], value: Parameters<typeof write>[0]['value']): Piece {
  return { name, types, text: write({ name, types, params: [], valueType: '', value }, 'vcard21') };
}

const whole = (parts: readonly string[]): readonly string[] => [
  ...parts,
  ...Array.from({ length: Math.max(0, PARTS - parts.length) }, () => ''),
];

/** Addresses of a phone that has them as lines: each LABEL is an address, which one its types or its order tell; dashes are nothing. */
export function fromLines(pieces: readonly Piece[], source: ValueSource): readonly Piece[] {
  let nth = 0;
  return pieces.flatMap((piece): readonly Piece[] => {
    if (!piece.line || (piece.name !== 'LABEL' && piece.name !== 'ADR')) return [piece];
    const isLabel = piece.name === 'LABEL';
    const { value } = readProperty(source, piece.line);
    const text = value.kind === 'text' ? value.text : textValue(source, piece.line);
    const lines = isLabel ? text.split(/\r\n?|\n/).map((one) => one.trim()) : structuredValue(text, source.dialect);
    const types = isLabel && piece.types.length === 0 ? (PLACES[nth] ?? []) : piece.types;
    if (isLabel) nth += 1;
    const said = lines.map((one) => (one === DASH ? '' : one));
    if (said.every((one) => one === '')) return isLabel || lines.length > 0 ? [] : [piece];
    if (!isLabel && said.every((one, at) => one === lines[at])) return [piece];
    // Written by a person, not made of parts: the whole of it is where one looks for an address.
    const parts =
      lines.length >= PARTS || !isLabel ? said : [...Array.from({ length: STREET }, () => ''), said.filter((one) => one !== '').join(', ')];
    return [made('ADR', types, { kind: 'parts', parts: whole(parts) })];
  });
}

/** @NOTE Motorola writes the second part of an address in the place of the third, and the third in that of the second. */
export function exchanged(piece: Piece, source: ValueSource): Piece {
  if (piece.name !== 'ADR' || !piece.line) return piece;
  const property = readProperty(source, piece.line);
  if (property.value.kind !== 'parts') return piece;
  const [box = '', second = '', third = '', ...rest] = property.value.parts;
  if (second === third) return piece;
  return { ...piece, text: write({ ...property, value: { kind: 'parts', parts: whole([box, third, second, ...rest]) } }, 'vcard21') };
}
