import type { Encoding } from '../../../src/wire/dialect.js';
import { allFixtures, fixtureEncoding } from '../../wire/support/fixtures.js';

const LARGEST = 2500;
const MOST = 200;

/** Captured messages of an encoding that are not too long to be changed often. */
export function messageSeeds(encoding: Encoding): readonly Uint8Array[] {
  const seeds: Uint8Array[] = [];
  for (const { key, read } of allFixtures()) {
    const bytes = read();
    if (bytes.length <= LARGEST && fixtureEncoding(key, bytes) === encoding) seeds.push(bytes);
  }
  const step = Math.max(1, Math.ceil(seeds.length / MOST));
  return seeds.filter((_, index) => index % step === 0);
}
