/** Which lines of a text another has too, in order: the shortest way from the one to the other. [Myers, "An O(ND) Difference Algorithm"] */

/** Lines `[from, to)` of the first text have lines `[at, until)` of the second in their place; one of the two may be empty. */
export interface Hunk {
  readonly from: number;
  readonly to: number;
  readonly at: number;
  readonly until: number;
}

/** Texts that differ in more lines are taken for different where they begin to differ: the work grows with the square of it. */
const MAX_APART = 400;

/** @returns what is to be done to `a` to get `b`, in order, with at least one line in common between any two. */
export function hunksOf(a: readonly string[], b: readonly string[]): readonly Hunk[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  const rest = { from: head, to: a.length - tail, at: head, until: b.length - tail };
  if (rest.from === rest.to && rest.at === rest.until) return [];
  if (rest.from === rest.to || rest.at === rest.until) return [rest];
  const steps = shortest(a.slice(rest.from, rest.to), b.slice(rest.at, rest.until));
  if (!steps) return [rest];
  const hunks: Hunk[] = [];
  let [x, y] = [0, 0];
  for (const [from, at, length] of [...steps, [rest.to - head, rest.until - head, 0] as const]) {
    if (from > x || at > y) hunks.push({ from: head + x, to: head + from, at: head + y, until: head + at });
    x = from + length;
    y = at + length;
  }
  return hunks;
}

/** Runs of common lines, as place in `a`, place in `b` and length; undefined where the texts are too far apart. */
function shortest(a: readonly string[], b: readonly string[]): readonly (readonly [number, number, number])[] | undefined {
  const max = Math.min(a.length + b.length, MAX_APART);
  /** How far in `a` the best way comes on each diagonal, which is the place in `a` less that in `b`; one picture for each number of steps. */
  const ways: Int32Array[] = [];
  const best = new Int32Array(2 * max + 3);
  const middle = max + 1;
  for (let apart = 0; apart <= max; apart += 1) {
    ways.push(best.slice());
    for (let diagonal = -apart; diagonal <= apart; diagonal += 2) {
      const down = best[middle + diagonal + 1] ?? 0;
      const right = (best[middle + diagonal - 1] ?? 0) + 1;
      let x = diagonal === -apart || (diagonal !== apart && right - 1 < down) ? down : right;
      while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x += 1;
      best[middle + diagonal] = x;
      if (x >= a.length && x - diagonal >= b.length) return wayBack(ways, middle, a.length, b.length);
    }
  }
  return undefined;
}

function wayBack(ways: readonly Int32Array[], middle: number, endA: number, endB: number): readonly (readonly [number, number, number])[] {
  const runs: (readonly [number, number, number])[] = [];
  let [x, y] = [endA, endB];
  for (let apart = ways.length - 1; apart >= 0; apart -= 1) {
    const best = ways[apart];
    const diagonal = x - y;
    const down = best?.[middle + diagonal + 1] ?? 0;
    const right = (best?.[middle + diagonal - 1] ?? 0) + 1;
    const isDown = diagonal === -apart || (diagonal !== apart && right - 1 < down);
    const from = apart === 0 ? 0 : isDown ? down : right;
    if (x > from) runs.unshift([from, from - diagonal, x - from]);
    if (apart === 0) break;
    x = isDown ? down : right - 1;
    y = x - (isDown ? diagonal + 1 : diagonal - 1);
  }
  return runs;
}
