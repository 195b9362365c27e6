/** Properties as handset profiles name them: `TEL;HOME;VOICE`, `EMAIL#2`, `event:STATUS`. */
import type { Component } from '../components.js';

export interface Selector {
  readonly scope?: 'card' | 'event' | 'task' | 'yearly-day';
  readonly name: string;
  /** In the order they are named. */
  readonly types: readonly string[];
  /** `;-`: it has no types. */
  readonly bare: boolean;
  /** From 1. */
  readonly nth?: number;
}

const known = new Map<string, Selector>();

export function selectorOf(text: string): Selector {
  let selector = known.get(text);
  if (!selector) {
    const match = /^(?:([a-z-]+):)?([^;#:]+)((?:;[^;#]+)*)(?:#(\d))?$/.exec(text);
    const types = (match?.[3] ?? '').split(';').filter((type) => type !== '');
    selector = {
      ...(match?.[1] === undefined ? {} : { scope: match[1] as NonNullable<Selector['scope']> }),
      name: match?.[2] ?? text,
      types: types.filter((type) => type !== '-'),
      bare: types.includes('-'),
      ...(match?.[4] === undefined ? {} : { nth: Number(match[4]) }),
    };
    known.set(text, selector);
  }
  return selector;
}

const sameSet = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((one) => b.includes(one));

interface Typed {
  readonly name: string;
  readonly types: readonly string[];
}

/** A name without types names those that have none; white lists of types have to agree, in any order. */
export const isExactly = (piece: Typed, { name, types }: Selector): boolean => piece.name === name && sameSet(piece.types, types);

/** A name without types names all of that name. */
export function isAny(piece: Typed, selector: Selector): boolean {
  if (piece.name !== selector.name) return false;
  if (selector.bare) return piece.types.length === 0;
  return selector.types.length === 0 || sameSet(piece.types, selector.types);
}

/** Does the selector speak of such entries? */
export function isOf({ scope }: Selector, entry: Component, isYearlyDay: () => boolean): boolean {
  if (scope === undefined) return true;
  switch (scope) {
    case 'card':
      return entry.name === 'VCARD';
    case 'event':
      return entry.name === 'VEVENT';
    case 'task':
      return entry.name === 'VTODO';
    case 'yearly-day':
      return entry.name === 'VEVENT' && isYearlyDay();
  }
}
