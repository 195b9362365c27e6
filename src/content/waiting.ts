/** Things that wait to be taken, each once, by what they are equal in: of those that are alike the first. In time with their number. */
export class Waiting<T> {
  readonly #left: Set<T>;

  constructor(all: Iterable<T>) {
    this.#left = new Set(all);
  }

  /** @returns takes the first that is left with that key. Those without a key are not found. */
  by(keyOf: (one: T) => string | undefined): (key: string | undefined) => T | undefined {
    const index = new Map<string, T[]>();
    for (const one of [...this.#left].reverse()) {
      const key = keyOf(one);
      const alike = key === undefined ? undefined : index.get(key);
      if (alike) alike.push(one);
      else if (key !== undefined) index.set(key, [one]);
    }
    return (key) => {
      const alike = key === undefined ? undefined : index.get(key);
      for (let one = alike?.pop(); one !== undefined; one = alike?.pop()) if (this.#left.delete(one)) return one;
      return undefined;
    };
  }

  /** Takes the first that fits, of so many that are left. */
  first(most: number, fits: (one: T) => boolean): T | undefined {
    let looks = 0;
    for (const one of this.#left) {
      if (looks >= most) return undefined;
      looks += 1;
      if (fits(one)) {
        this.#left.delete(one);
        return one;
      }
    }
    return undefined;
  }

  /** In their order. */
  left(): readonly T[] {
    return [...this.#left];
  }
}
