/** What a phone does not keep of a property although it keeps its value: types, or which part of a name is which. */
import type { Abilities } from '../abilities.js';
import type { ContentLine } from '../lines.js';
import { typesOf } from '../params.js';
import { structuredValue, textValue, type ValueSource } from '../value.js';
import { renamed } from './pieces.js';
import { selectorOf } from './selectors.js';

/** `order`: they come by their order alone, without types of their own. `some`: a type may be missing. */
export type Looseness = 'order' | 'some';

const known = new WeakMap<Abilities, ReadonlyMap<string, Looseness>>();

/** Names of properties whose types the device does not keep, or keeps by their order alone. */
export function looseNames(abilities: Abilities): ReadonlyMap<string, Looseness> {
  const before = known.get(abilities);
  if (before) return before;
  const { readAs = {}, writeAs = {}, leaveOut = [], oneName, addressLines, addressSwapped, looseSpaces } = abilities.traits?.fields ?? {};
  const names = new Map<string, Looseness>();
  for (const [from, to] of Object.entries(writeAs))
    if (selectorOf(to).types.length < selectorOf(from).types.length) names.set(selectorOf(from).name, 'some');
  for (const selector of leaveOut.map(selectorOf)) if (selector.types.includes('PREF')) names.set(selector.name, 'some');
  for (const selector of Object.keys(readAs).map(selectorOf))
    if (selector.nth !== undefined) names.set(selector.name, 'order');
    else if (selector.types.length === 0 && !names.has(selector.name)) names.set(selector.name, 'some');
  if (oneName) names.set('N', 'some');
  if (addressLines) names.set('ADR', 'order');
  if (addressSwapped && !names.has('ADR')) names.set('ADR', 'some');
  if (looseSpaces) for (const name of TEXTS) names.set(name, 'some');
  known.set(abilities, names);
  return names;
}

/** Long texts. */
const TEXTS: ReadonlySet<string> = new Set(['NOTE', 'SUMMARY', 'DESCRIPTION', 'LOCATION']);

/** Types that say where, not what. */
const PLACES: ReadonlySet<string> = new Set(['HOME', 'WORK', 'INTERNET', 'VOICE', 'PREF', 'DOM', 'INTL', 'POSTAL', 'PARCEL']);

/** Can the line the device sends be this one of ours, with another value? */
export function mayBe(looseness: Looseness, mine: ContentLine, sent: ContentLine): boolean {
  const [own, theirs] = [typesOf(mine), typesOf(sent)];
  const isWithin = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean => [...a].every((type) => b.has(type));
  if (looseness === 'some') return isWithin(theirs, new Set([...own, 'VOICE', 'INTERNET']));
  const kinds = (types: ReadonlySet<string>): Set<string> => new Set([...types].filter((type) => !PLACES.has(type)));
  return isWithin(kinds(own), kinds(theirs)) && isWithin(kinds(theirs), kinds(own));
}

/** The line the device sends, with the types of ours. */
export function typedAs(source: ValueSource, sent: ContentLine, mine: ContentLine): string {
  const piece = { text: source.text.slice(sent.start, sent.end), name: sent.name, types: [...typesOf(sent)], line: sent };
  const { text } = renamed(piece, sent.name, [...typesOf(mine)], source);
  return /[\r\n]$/.test(text) ? text : `${text}\r\n`;
}

const inBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

/** The line without its types; a name as the words it is said in, a text without its spaces, an address with its second and third part in any order. */
export function untyped(source: ValueSource, line: ContentLine): string {
  if (line.name === 'N') {
    const [family = '', given = ''] = structuredValue(textValue(source, line), source.dialect);
    const words = `${given} ${family}`.split(/\s+/).filter((word) => word !== '');
    return `N:${inBytes(words.join(' '))}\r\n`;
  }
  if (TEXTS.has(line.name)) return `${line.name}:${inBytes(textValue(source, line).replace(/\s+/g, ''))}\r\n`;
  if (line.name === 'ADR') {
    const [box = '', second = '', third = '', ...rest] = structuredValue(textValue(source, line), source.dialect);
    return `X-ADR:${inBytes([box, ...[second, third].sort(), ...rest].join(' / '))}\r\n`;
  }
  const piece = { text: source.text.slice(line.start, line.end), name: line.name, types: [...typesOf(line)], line };
  const { text } = renamed(piece, line.name, [], source);
  return /[\r\n]$/.test(text) ? text : `${text}\r\n`;
}

/** The parts of a structured value a device has no place for, behind those it sends; its own line where that cannot be said. */
export function withFurtherParts(
  ours: string,
  theirs: string,
  mine: ContentLine,
  sent: ContentLine,
  kept: number,
  offsets: Offsets,
): string {
  if (mine.multiline || sent.multiline || mine.encoding !== sent.encoding || mine.charset !== sent.charset) return theirs;
  const own = ours.slice(offsets.mine).replace(/[\r\n]+$/, '');
  const value = theirs.slice(offsets.sent).replace(/[\r\n]+$/, '');
  const further = own.split(SEPARATOR).slice(kept);
  if (further.length === 0) return theirs;
  const parts = value.split(SEPARATOR).slice(0, kept);
  while (parts.length < kept) parts.push('');
  return `${theirs.slice(0, offsets.sent)}${[...parts, ...further].join(';')}\r\n`;
}
const SEPARATOR = /(?<!\\|=5C);/i;

/** Where the values begin in the lines. */
interface Offsets {
  readonly mine: number;
  readonly sent: number;
}
