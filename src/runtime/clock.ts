/** Milliseconds since 1970. Passed in wherever time matters, so that tests own it. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();

/** A clock that stands still and moves on by `step` ms each time it is read: the same readings give the same times. */
export function steppingClock(start: number, step: number): Clock {
  let next = start;
  return () => {
    const now = next;
    next += step;
    return now;
  };
}
