/** Runs `work` on each, so many at a time; after a failure nothing more is begun, and what runs is waited for. */
export async function together<T>(all: readonly T[], atATime: number, work: (one: T) => Promise<void>): Promise<void> {
  let next = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    while (next < all.length && !failed) {
      const at = next;
      next += 1;
      await work(all[at] as T).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  const results = await Promise.allSettled(Array.from({ length: Math.min(atATime, all.length) }, lane));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
