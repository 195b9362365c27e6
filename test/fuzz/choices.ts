/** Where decisions come from: makers of inputs ask for choices and do not care whether a seed or the bytes of an input answer them. */

export abstract class Choices {
  /** 0..255 */
  abstract u8(): number;

  /** A whole number from 0 to `n - 1`. */
  below(n: number): number {
    if (n <= 1) return 0;
    if (n <= 256) return this.u8() % n;
    return (this.u8() * 0x1_00_00_00 + this.u8() * 0x1_00_00 + this.u8() * 0x1_00 + this.u8()) % n;
  }

  /** @throws {RangeError} for an empty list. */
  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError('nothing to choose from');
    return list[this.below(list.length)] as T;
  }

  /** True in about `percent` of 100 cases. */
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  bytes(n: number): Uint8Array {
    return Uint8Array.from({ length: n }, () => this.u8());
  }
}

/** A stream of bytes that depends on its seed alone (xorshift128). */
export class Random extends Choices {
  #a: number;
  #b = 0x9e37_79b9;
  #c = 0x243f_6a88;
  #d = 0xb7e1_5162;

  constructor(seed: number) {
    super();
    this.#a = seed | 0;
    for (let i = 0; i < 20; i += 1) this.#next();
  }

  u8(): number {
    return this.#next() >>> 24;
  }

  #next(): number {
    let t = this.#d;
    t ^= t << 11;
    t ^= t >>> 8;
    this.#d = this.#c;
    this.#c = this.#b;
    this.#b = this.#a;
    t ^= this.#a ^ (this.#a >>> 19);
    this.#a = t;
    return t;
  }
}

/** The bytes of an input, read as decisions. After its end every answer is 0. */
export class Tape extends Choices {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    super();
    this.#bytes = bytes;
  }

  get spent(): boolean {
    return this.#at >= this.#bytes.length;
  }

  u8(): number {
    const byte = this.#bytes[this.#at] ?? 0;
    this.#at += 1;
    return byte;
  }
}
