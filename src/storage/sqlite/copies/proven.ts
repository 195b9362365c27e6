/** Generations and drafts last found to be proven. */
const REMEMBERED = 4096;

/**
 * Which generations and drafts this process has held against their sums. Holding 12,800 rows against one takes a few hundredths of a second: done before the first
 * chunk of one is given out, and not again. A draft on a proven generation, and a step on a proven draft, are proven by how they were made.
 * The sum is part of what is remembered, so that what was undone, or changed by another process, is not taken for proven.
 */
export class Proven {
  readonly #known = new Set<string>();

  has(copy: number, of: { readonly number: number; readonly sum: string }): boolean {
    return this.#known.has(keyOf(copy, of));
  }

  add(copy: number, of: { readonly number: number; readonly sum: string }): void {
    this.#known.add(keyOf(copy, of));
    if (this.#known.size <= REMEMBERED) return;
    for (const oldest of this.#known) {
      this.#known.delete(oldest);
      return;
    }
  }
}

const keyOf = (copy: number, { number, sum }: { readonly number: number; readonly sum: string }): string => `${copy}/${number}/${sum}`;
