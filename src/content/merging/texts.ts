/**
 * Two versions of a text and the one both were made from, line by line. Lines that only one side has touched are as that side has them; of lines
 * that both have edited, one side's are picked. What both put in at one place stands one after the other.
 */
import type { Element } from './fields.js';
import { hunksOf, type Hunk } from './line-diff.js';
import type { Pick, Side } from './three-way.js';

export interface MergedText {
  readonly text: string;
  /** Sides of which a line does not stand. */
  readonly lost: ReadonlySet<Side>;
}

/** Lines `[from, to)` of the base, as one or both sides have edited them. */
interface Stretch {
  from: number;
  to: number;
  readonly ours: Hunk[];
  readonly theirs: Hunk[];
}

/**
 * @param base undefined: not known, then nothing is taken for deleted, and lines of both sides in one place contradict each other.
 * @param field name of the field the text is, for `pick`. Lines end in LF.
 */
export function mergeTexts(base: string | undefined, ours: string, theirs: string, field: string, pick: Pick): MergedText {
  const mine = linesOf(ours);
  const sent = linesOf(theirs);
  const was = base === undefined ? commonLines(mine, sent) : linesOf(base);
  const lost = new Set<Side>();
  const lines: string[] = [];
  let at = 0;
  for (const stretch of stretchesOf(hunksOf(was, mine), hunksOf(was, sent))) {
    for (const line of was.slice(at, stretch.from)) lines.push(line);
    const before = was.slice(stretch.from, stretch.to);
    const a = versionOf(before, stretch.from, stretch.ours, mine);
    const b = versionOf(before, stretch.from, stretch.theirs, sent);
    const isInserted = before.length === 0 && base !== undefined;
    for (const line of isInserted ? both(a, b) : decided(before, a, b, { field, pick, lost })) lines.push(line);
    at = stretch.to;
  }
  for (const line of was.slice(at)) lines.push(line);
  return { text: lines.join('\n'), lost };
}

/** A text that is empty has none: what is put into it, or left of it, is no edit of an empty line. */
const linesOf = (text: string): readonly string[] => (text === '' ? [] : text.split('\n'));

function commonLines(a: readonly string[], b: readonly string[]): readonly string[] {
  const common: string[] = [];
  let at = 0;
  for (const { from, to } of hunksOf(a, b)) {
    for (const line of a.slice(at, from)) common.push(line);
    at = to;
  }
  return [...common, ...a.slice(at)];
}

/** Edits that have lines of the base in common, or put something in at one place, belong together. */
function stretchesOf(ours: readonly Hunk[], theirs: readonly Hunk[]): readonly Stretch[] {
  const all = [...ours.map((hunk) => ({ hunk, side: 'ours' as const })), ...theirs.map((hunk) => ({ hunk, side: 'theirs' as const }))];
  // What is put in before a line goes before an edit of that line.
  all.sort((a, b) => a.hunk.from - b.hunk.from || a.hunk.to - b.hunk.to);
  const stretches: Stretch[] = [];
  for (const { hunk, side } of all) {
    const last = stretches.at(-1);
    const isOne = last && (hunk.from < last.to || (hunk.from === hunk.to && last.from === last.to && hunk.from === last.from));
    const stretch = isOne ? last : { from: hunk.from, to: hunk.to, ours: [], theirs: [] };
    if (!isOne) stretches.push(stretch);
    stretch.to = Math.max(stretch.to, hunk.to);
    stretch[side].push(hunk);
  }
  return stretches;
}

/** The lines `before`, which begin at `from`, as a side has them. */
function versionOf(before: readonly string[], from: number, hunks: readonly Hunk[], side: readonly string[]): readonly string[] {
  const parts: (readonly string[])[] = [];
  let at = 0;
  for (const hunk of hunks) {
    parts.push(before.slice(at, hunk.from - from), side.slice(hunk.at, hunk.until));
    at = hunk.to - from;
  }
  return [...parts, before.slice(at)].flat();
}

const isSame = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((line, at) => line === b[at]);

/** What both put in at one place; a line that both put in stands once. */
function both(a: readonly string[], b: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const line of a) left.set(line, (left.get(line) ?? 0) + 1);
  const more = b.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
  return [...a, ...more];
}

interface Rules {
  readonly field: string;
  readonly pick: Pick;
  readonly lost: Set<Side>;
}

function decided(before: readonly string[], a: readonly string[], b: readonly string[], rules: Rules): readonly string[] {
  if (isSame(a, b) || isSame(b, before)) return a;
  if (isSame(a, before)) return b;
  // Neither put lines in nor took some out: each line was edited by itself.
  if (before.length > 1 && a.length === before.length && b.length === before.length)
    return before.flatMap((line, at) => decided([line], a.slice(at, at + 1), b.slice(at, at + 1), rules));
  const side = rules.pick({ field: rules.field, ours: elementOf(a), theirs: elementOf(b) });
  // Nobody can tell which of the lines belong together.
  const winner = side === 'ours' ? 'ours' : 'theirs';
  rules.lost.add(winner === 'ours' ? 'theirs' : 'ours');
  return winner === 'ours' ? a : b;
}

/** Undefined: that side took the lines out. */
function elementOf(lines: readonly string[]): Element | undefined {
  const text = lines.join('\n');
  return lines.length === 0 ? undefined : { id: '', meaning: text, types: '', text };
}
