/** What a phone does not keep of a property although it keeps its value: types, or which part of a name is which. */
import type { Abilities } from '../abilities.js';
import type { ContentLine } from '../lines.js';
import { typesOf } from '../params.js';
import { structuredValue, textValue, type ValueSource } from '../value.js';
import { renamed } from './pieces.js';
import { selectorOf } from './selectors.js';

const known = new WeakMap<Abilities, ReadonlySet<string>>();

/** Names of properties whose types the device does not keep, or keeps by their order alone. */
export function looseNames(abilities: Abilities): ReadonlySet<string> {
  const before = known.get(abilities);
  if (before) return before;
  const { readAs = {}, writeAs = {}, leaveOut = [], oneName } = abilities.traits?.fields ?? {};
  const names = new Set<string>();
  for (const selector of Object.keys(readAs).map(selectorOf))
    if (selector.nth !== undefined || selector.types.length === 0) names.add(selector.name);
  for (const [from, to] of Object.entries(writeAs))
    if (selectorOf(to).types.length < selectorOf(from).types.length) names.add(selectorOf(from).name);
  for (const selector of leaveOut.map(selectorOf)) if (selector.types.includes('PREF')) names.add(selector.name);
  if (oneName) names.add('N');
  known.set(abilities, names);
  return names;
}

/** The line without its types; a name as the words it is said in. */
export function untyped(source: ValueSource, line: ContentLine): string {
  if (line.name === 'N') {
    const [family = '', given = ''] = structuredValue(textValue(source, line), source.dialect);
    return `N:${Buffer.from(`${given} ${family}`.trim(), 'utf8').toString('latin1')}\r\n`;
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
const SEPARATOR = /(?<!\\);/;

/** Where the values begin in the lines. */
interface Offsets {
  readonly mine: number;
  readonly sent: number;
}
