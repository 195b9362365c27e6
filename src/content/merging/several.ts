/** Two versions of a file of several cards: card by card, each known by its UID, or else by whom it is about. */
import { applyEdits, type Edit } from '../entries.js';
import type { Component } from '../components.js';
import { convert, readable, type Readable } from '../conversion/convert.js';
import { describe } from '../describe.js';
import type { Merged, Version } from './merge.js';

interface Card extends Version {
  readonly component: Component;
}
type Cards = ReadonlyMap<string, Card>;
type MergeOne = (base: Version | undefined, ours: Version, theirs: Version) => Merged | undefined;

export const areSeveral = ({ document }: Readable): boolean =>
  document !== undefined && document.roots.length > 1 && document.roots.every(({ name }) => name === 'VCARD');

/** @returns undefined where cards cannot be told apart, or two versions of one are none that merge. */
export function mergedSeveral(
  own: Readable,
  base: Version | undefined,
  theirs: Version,
  type: string,
  merge: MergeOne,
): Merged | undefined {
  const other = readable(theirs.bytes, theirs.type);
  const was = base && readable(base.bytes, base.type);
  if (!other || (base && !was)) return undefined;
  const versions = [own, other, ...(was ? [was] : [])];
  const types = [type, theirs.type, ...(base ? [base.type] : [])];
  const [mine, sent, before] = allByUid(versions, types) ?? versions.map((one, at) => cardsOf(one, types[at] ?? type, identityOf));
  if (!mine || !sent || (base && !before)) return undefined;

  const edits: Edit[] = [];
  const otherwise: Edit[] = [];
  const lost = { ours: new Set<string>(), theirs: new Set<string>() };
  const put = (span: { readonly start: number; readonly end: number }, bytes: Uint8Array, instead = bytes): void => {
    edits.push({ start: span.start, end: span.end, text: ended(bytes) });
    otherwise.push({ start: span.start, end: span.end, text: ended(instead) });
  };
  for (const [key, ours] of mine) {
    const card = before?.get(key);
    const there = sent.get(key);
    if (!there) {
      if (card && saysTheSame(card, ours)) put(ours.component, new Uint8Array(0));
      continue;
    }
    const one = merge(card, ours, there);
    if (!one) return undefined;
    for (const side of ['ours', 'theirs'] as const) for (const name of one.lost[side]) lost[side].add(name);
    if (one.bytes !== ours.bytes || one.otherwise) put(ours.component, one.bytes, one.otherwise);
  }
  const last = [...mine.values()].reduce((at, { component }) => Math.max(at, component.end), 0);
  for (const [key, there] of sent) {
    const card = before?.get(key);
    if (mine.has(key) || (card && saysTheSame(card, there))) continue;
    const bytes = other.format === own.format ? there.bytes : convert(there.bytes, there.type, own.format);
    if (!bytes) return undefined;
    put({ start: last, end: last }, bytes);
  }
  const text = own.document?.source.text ?? '';
  const isLost = lost.ours.size + lost.theirs.size > 0;
  return {
    bytes: edits.length === 0 ? own.bytes : applyEdits(text, edits),
    lost: { ours: [...lost.ours].sort(), theirs: [...lost.theirs].sort() },
    ...(isLost ? { otherwise: applyEdits(text, otherwise) } : {}),
  };
}

/** Undefined unless each card of each version has a UID of its own. */
function allByUid(versions: readonly Readable[], types: readonly string[]): readonly Cards[] | undefined {
  const all = versions.map((one, at) => cardsOf(one, types[at] ?? '', uidOf));
  return all.every((cards) => cards !== undefined) ? all : undefined;
}

type KeyOf = (card: Card, document: NonNullable<Readable['document']>) => string | undefined;

function cardsOf({ document }: Readable, type: string, keyOf: KeyOf): Cards | undefined {
  if (!document?.roots.every(({ name }) => name === 'VCARD')) return undefined;
  const cards = new Map<string, Card>();
  for (const component of document.roots) {
    const bytes = Buffer.from(document.source.text.slice(component.start, component.end), 'latin1');
    const card: Card = { component, bytes, type };
    const key = keyOf(card, document);
    if (key === undefined || cards.has(key)) return undefined;
    cards.set(key, card);
  }
  return cards;
}

const uidOf: KeyOf = ({ component }, { source }) => {
  const line = component.lines.find(({ name }) => name === 'UID');
  return (line && source.text.slice(line.valueStart, line.valueEnd).trim()) || undefined;
};
const identityOf: KeyOf = ({ bytes, type }) => describe(bytes, type).identity;

const saysTheSame = (a: Card, b: Card): boolean =>
  Buffer.compare(Buffer.from(describe(a.bytes, a.type).canonical), Buffer.from(describe(b.bytes, b.type).canonical)) === 0;

function ended(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  return text === '' || /[\r\n]$/.test(text) ? text : `${text}\r\n`;
}
