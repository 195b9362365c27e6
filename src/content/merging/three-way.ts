/**
 * Two versions of a field and the one both were made from: what it is to be. An edit on one side stands; where both sides edited the same, one
 * of them is picked. Without the version they come from, what only one side has is kept, since nobody can tell whether the other took it out.
 */
import type { Element } from './fields.js';
import { Waiting } from '../waiting.js';
import { isListOfFacts, isSingle } from './rules.js';

export type Side = 'ours' | 'theirs';

/** Both sides have edited one value of a field. Undefined: that side took it out. */
export interface Clash {
  readonly field: string;
  readonly ours: Element | undefined;
  readonly theirs: Element | undefined;
}

/** What is to stand of them; `both` for values that can stand beside each other. */
export type Pick = (clash: Clash) => Side | 'both';

export interface MergedField {
  readonly elements: readonly Element[];
  /** Sides of which a value does not stand. */
  readonly lost: ReadonlySet<Side>;
}

/** @param base undefined: not known; an empty list: the field was not there. */
export function mergeField(
  name: string,
  base: readonly Element[] | undefined,
  ours: readonly Element[],
  theirs: readonly Element[],
  pick: Pick,
): MergedField {
  if (isSame(ours, theirs)) return { elements: ours, lost: NOTHING };
  if (base && isSame(base, theirs)) return { elements: ours, lost: NOTHING };
  if (base && isSame(base, ours)) return { elements: theirs, lost: NOTHING };
  return isSingle(name) ? mergeSingle(name, base, ours, theirs, pick) : mergeSet(name, base ?? [], ours, theirs, pick);
}

const NOTHING: ReadonlySet<Side> = new Set();

const isSame = (a: readonly Element[], b: readonly Element[]): boolean =>
  a.length === b.length && new Set([...a, ...b].map(({ meaning }) => meaning)).size === new Set(a.map(({ meaning }) => meaning)).size;

function mergeSingle(
  name: string,
  base: readonly Element[] | undefined,
  ours: readonly Element[],
  theirs: readonly Element[],
  pick: Pick,
): MergedField {
  if (!base && ours.length === 0) return { elements: theirs, lost: NOTHING };
  if (!base && theirs.length === 0) return { elements: ours, lost: NOTHING };
  const side = pick({ field: name, ours: ours[0], theirs: theirs[0] });
  // There is room for one.
  return side === 'ours' ? { elements: ours, lost: new Set(['theirs']) } : { elements: theirs, lost: new Set(['ours']) };
}

function mergeSet(name: string, base: readonly Element[], ours: readonly Element[], theirs: readonly Element[], pick: Pick): MergedField {
  const mine = aligned(name, base, ours);
  const sent = aligned(name, base, theirs);
  const lost = new Set<Side>();
  const result: Element[] = [];
  const decide = (a: Element | undefined, b: Element | undefined): void => {
    if (a?.meaning === b?.meaning) return void (a && result.push(a));
    const side = pick({ field: name, ours: a, theirs: b });
    const canStandTogether = a !== undefined && b !== undefined && a.id !== b.id;
    if (side === 'both' && canStandTogether) return void result.push(a, b);
    const wins = side === 'both' ? (b ? 'theirs' : 'ours') : side;
    const winner = wins === 'ours' ? a : b;
    lost.add(wins === 'ours' ? 'theirs' : 'ours');
    if (winner) result.push(winner);
  };
  for (const was of base) {
    const a = mine.now.get(was);
    const b = sent.now.get(was);
    if (a?.meaning === was.meaning) {
      if (b) result.push(b.meaning === was.meaning ? a : b);
    } else if (b?.meaning === was.meaning) {
      if (a) result.push(a);
    } else decide(a, b);
  }
  const fresh = new Waiting(sent.added);
  const sameAs = fresh.by(({ id }) => id);
  for (const a of mine.added) {
    const b = sameAs(a.id);
    if (b) decide(a, b);
    else result.push(a);
  }
  return { elements: withoutDoubles([...result, ...fresh.left()]), lost };
}

/** One side made of a value what the other added. */
function withoutDoubles(elements: readonly Element[]): readonly Element[] {
  const seen = new Set<string>();
  return elements.filter(({ meaning }) => {
    const isNew = !seen.has(meaning);
    seen.add(meaning);
    return isNew;
  });
}

/** What became of each value of the base on one side, and what is new there. */
function aligned(
  name: string,
  base: readonly Element[],
  side: readonly Element[],
): { now: ReadonlyMap<Element, Element>; added: readonly Element[] } {
  const now = new Map<Element, Element>();
  const left = new Waiting(side);
  const take = (keyOf: (one: Element) => string): void => {
    const taken = left.by(keyOf);
    for (const was of base) {
      const one = now.has(was) ? undefined : taken(keyOf(was));
      if (one) now.set(was, one);
    }
  };
  take(({ meaning }) => meaning);
  take(({ id }) => id);
  // The only value of its types is gone and another of these types has come: it was changed.
  if (!isListOfFacts(name)) take(({ types }) => types);
  return { now, added: left.left() };
}
