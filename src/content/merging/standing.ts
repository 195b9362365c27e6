/** When an entry is that both sides have edited, and what follows from that for the dates left out of it. */
import type { Element } from './fields.js';
import { endedElsewhere, followed, type Edition } from './moved-series.js';
import { mergeField, type MergedField, type Pick, type Side } from './three-way.js';

export interface Standing {
  readonly was: Edition;
  readonly mine: Edition;
  readonly sent: Edition;
  /** Whose start stands. */
  readonly side: Side;
  readonly field: MergedField;
}

type Sides = readonly [base: readonly Element[] | undefined, ours: readonly Element[], theirs: readonly Element[]];

/** @returns undefined where neither side has moved or ended it otherwise. */
export function standingOf(was: Edition, mine: Edition, sent: Edition, pick: Pick): Standing | undefined {
  const sides = [was, mine, sent].map(({ entry }) => entry.fields.get('DTSTART')?.elements ?? []);
  const [base = [], ours = [], theirs = []] = sides;
  const meanings = new Set(sides.map(([only]) => only?.meaning));
  if (sides.some(({ length }) => length !== 1) || meanings.size === 1) return undefined;
  const ended = meanings.size === 3 ? endedElsewhere(was, mine, sent) : undefined;
  const field = ended ? { elements: [ended.element], lost: new Set<Side>() } : mergeField('DTSTART', base, ours, theirs, pick);
  const side = ended?.side ?? (field.elements[0] === ours[0] ? 'ours' : 'theirs');
  return { was, mine, sent, side, field };
}

/** The values of a field, as they are in the entry that is going to stand: dates that are left out of a series move with it. */
export function inStanding(standing: Standing | undefined, name: string, [base, ours, theirs]: Sides): Sides {
  if (name !== 'EXDATE' || !standing) return [base, ours, theirs];
  const { was, mine, sent, side } = standing;
  const there = side === 'ours' ? mine : sent;
  return [base && followed(was, there, base), followed(mine, there, ours), followed(sent, there, theirs)];
}
