/** An item that is one entry, line by line. */
import type { Component, Document } from './components.js';
import { describe } from './describe.js';
import { entriesOf, linesOf, wholeEnd, type Edit } from './entries.js';
import type { ContentLine } from './lines.js';

export interface Side {
  readonly document: Document;
  readonly entry: Component;
  readonly lines: ReadonlyMap<string, readonly ContentLine[]>;
  /** Of its properties and of what is inside of it. */
  readonly names: ReadonlySet<string>;
}

/** Only an item that is one entry can be compared line by line. */
export function sideOf(bytes: Uint8Array, mediaType: string): Side | undefined {
  const document = linesOf(bytes, mediaType);
  const entries = document ? entriesOf(document) : [];
  const [entry] = entries;
  if (!document || !entry || entries.length > 1) return undefined;
  const lines = new Map<string, ContentLine[]>();
  for (const line of entry.lines) if (line.name !== '') lines.set(line.name, [...(lines.get(line.name) ?? []), line]);
  return { document, entry, lines, names: new Set([...lines.keys(), ...entry.children.map(({ name }) => name)]) };
}

export const textOf = ({ document }: Side, lines: readonly ContentLine[]): string =>
  lines.map((line) => ended(document.source.text.slice(line.start, wholeEnd(document.source.text, line)))).join('');

export const ended = (line: string): string => (/[\r\n]$/.test(line) ? line : `${line}\r\n`);

/** What an item says, however it is written. */
export const saysOf = (item: Uint8Array, mediaType: string): string => Buffer.from(describe(item, mediaType).canonical).toString('latin1');

/** What these lines say: the canonical form of an item that has no others. */
export const meaning = (side: Side, lines: readonly ContentLine[], mediaType: string): string => saysOf(itemOf(side, lines), mediaType);

/** An item with these lines and no others. */
export const itemOf = (side: Side, lines: readonly ContentLine[]): Uint8Array => wrapped(side, textOf(side, lines));

const frames = new WeakMap<Side, readonly [string, string]>();

/** What stands around the lines of an entry in an item that has no others. */
function frameOf(side: Side): readonly [string, string] {
  const known = frames.get(side);
  if (known) return known;
  const { entry } = side;
  const root = side.document.roots.find((one) => one === entry || one.children.includes(entry)) ?? entry;
  const versions = root.lines.filter(({ name }) => name === 'VERSION');
  const [begin, end] = root === entry ? ['', ''] : [`BEGIN:${entry.name}\r\n`, `END:${entry.name}\r\n`];
  const frame = [`BEGIN:${root.name}\r\n${textOf(side, versions)}${begin}`, `${end}END:${root.name}\r\n`] as const;
  frames.set(side, frame);
  return frame;
}

export function wrapped(side: Side, inner: string): Uint8Array {
  const [head, tail] = frameOf(side);
  return Buffer.from(head + inner + tail, 'latin1');
}

/** Puts lines where the device has its lines of that name, or before the end of the entry. */
export function put({ document, entry, lines }: Side, name: string, text: string): readonly Edit[] {
  const [first, ...rest] = lines.get(name) ?? [];
  const spanOf = (line: ContentLine): Omit<Edit, 'text'> => ({ start: line.start, end: wholeEnd(document.source.text, line) });
  if (first) return [{ ...spanOf(first), text }, ...rest.map((line) => ({ ...spanOf(line), text: '' }))];
  const end = document.lines.find((line) => line.name === 'END' && line.end === entry.end);
  const at = end?.start ?? entry.end;
  return [{ start: at, end: at, text }];
}
