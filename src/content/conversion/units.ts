/**
 * A converted item keeps account of where each part of it comes from, so that what a device does to the converted item can be done to the
 * stored one.
 */
import type { LossName } from './losses.js';

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One property, or one alarm, of the stored item and what it became. */
export interface Unit {
  /** Where it stands in the stored item; undefined: the format asks for it, and the stored item has none. */
  readonly source?: Span;
  /** Binary text with its line end, at most one property or component; '' when the format has no place for it. */
  readonly text: string;
  /** What of its meaning the format has no place for. */
  readonly loss?: LossName;
}

export interface Converted {
  readonly head: string;
  readonly units: readonly Unit[];
  readonly tail: string;
}

export const textOf = ({ head, units, tail }: Converted): string => `${head}${units.map(({ text }) => text).join('')}${tail}`;
