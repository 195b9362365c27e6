/** Numbers in [0, 1) that depend on the seed alone, so that a run can be repeated. */
export type Random = () => number;

/** Mulberry32. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** Milliseconds to the next arrival of a Poisson process with `rate` arrivals a second. */
export const nextGap = (random: Random, rate: number): number => (-Math.log(1 - random()) / rate) * 1000;
