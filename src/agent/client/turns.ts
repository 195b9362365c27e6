/** Log-ins of one account come one after another: each uses the nonce that the one before was given. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  /** Resolves when it is the caller's turn. @returns what ends it; calling it again does nothing. */
  async take(key: string): Promise<() => void> {
    const before = this.#last.get(key);
    let end: () => void = () => undefined;
    const mine = new Promise<void>((resolve) => (end = resolve));
    this.#last.set(key, before ? before.then(() => mine) : mine);
    await before;
    return end;
  }
}
