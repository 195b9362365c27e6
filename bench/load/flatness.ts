/** Is a series flat? The line through the samples behind the warm-up says how much it would rise in the whole time. */

/** Share of the time that counts as warm-up. */
const WARM_UP_SHARE = 0.2;

export interface Point {
  readonly minutes: number;
  readonly value: number;
}

const mean = (all: readonly number[]): number => all.reduce((sum, one) => sum + one, 0) / Math.max(1, all.length);

/** Least-squares slope, units a minute; 0 for fewer than two points. */
export function slope(points: readonly Point[]): number {
  const [mx, my] = [mean(points.map(({ minutes }) => minutes)), mean(points.map(({ value }) => value))];
  const over = points.reduce((sum, { minutes, value }) => sum + (minutes - mx) * (value - my), 0);
  const under = points.reduce((sum, { minutes }) => sum + (minutes - mx) ** 2, 0);
  return under === 0 ? 0 : over / under;
}

/** Growth over the whole time by that line, as a share of the mean: 0.1 is a tenth more at the end. */
export function growth(points: readonly Point[]): number {
  const last = points.at(-1)?.minutes ?? 0;
  const counted = points.filter(({ minutes }) => minutes >= last * WARM_UP_SHARE);
  const level = mean(counted.map(({ value }) => value));
  return level === 0 ? 0 : (slope(counted) * last) / level;
}
