/** Makes a failing input shorter as long as it fails the same way. */

/** @param fails whether an input still fails the way it did. @param budgetMs wall time after which the best so far is taken. */
export async function minimise(input: Uint8Array, fails: (input: Uint8Array) => Promise<boolean>, budgetMs = 10_000): Promise<Uint8Array> {
  const until = performance.now() + budgetMs;
  let best = input;
  for (let size = Math.ceil(best.length / 2); size >= 1;) {
    let shorter = false;
    for (let at = 0; at < best.length && performance.now() < until;) {
      const candidate = Buffer.concat([best.subarray(0, at), best.subarray(at + size)]);
      if (await fails(candidate)) {
        best = candidate;
        shorter = true;
      } else at += size;
    }
    if (performance.now() >= until) break;
    if (size === 1 && !shorter) break;
    size = size === 1 ? 1 : Math.ceil(size / 2);
  }
  return Uint8Array.from(best);
}
