/** Chance that repeats itself: everything random in a torture run is thrown with these dice. */
import { createHash } from 'node:crypto';

/** sfc32, seeded from text. [PractRand, "sfc"] */
export class Dice {
  #a: number;
  #b: number;
  #c: number;
  #count = 1;

  constructor(seed: string | number) {
    const digest = createHash('sha256').update(String(seed)).digest();
    this.#a = digest.readInt32LE(0);
    this.#b = digest.readInt32LE(4);
    this.#c = digest.readInt32LE(8);
    for (let i = 0; i < 12; i += 1) this.bits();
  }

  /** 32 random bits, 0..4294967295. */
  bits(): number {
    const t = (this.#a + this.#b + this.#count) | 0;
    this.#count = (this.#count + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + t;
    this.#c |= 0;
    return t >>> 0;
  }

  /** Whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + (this.bits() % (most - least + 1));
  }

  /** True in `percent` of a hundred. */
  chance(percent: number): boolean {
    return this.bits() / 2 ** 32 < percent / 100;
  }

  /** @throws {RangeError} of an empty list. */
  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError('nothing to pick from');
    return list[this.bits() % list.length] as T;
  }

  /** One of the keys of `weights`, each as often as its weight says. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
    const entries = Object.entries(weights) as [K, number][];
    let left = (this.bits() / 2 ** 32) * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [key, weight] of entries) {
      left -= weight;
      if (left < 0) return key;
    }
    return (entries[0] as [K, number])[0];
  }

  /** `count` of them (or all), in random order. */
  some<T>(list: readonly T[], count: number): readonly T[] {
    const left = [...list];
    const taken: T[] = [];
    while (taken.length < count && left.length > 0) taken.push(...left.splice(this.bits() % left.length, 1));
    return taken;
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.bits() & 0xff);
  }
}
