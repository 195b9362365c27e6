/** A fault behind a row of doors, each of which shows only to an input that has passed the ones before. */
import type { Target } from '../target.js';

const KEY = [0x4d, 0x4f, 0x4f, 0x52, 0x41, 0x47];

function open(input: Uint8Array): number {
  if (input[0] !== KEY[0]) return 0;
  if (input[1] !== KEY[1]) return 1;
  if (input[2] !== KEY[2]) return 2;
  if (input[3] !== KEY[3]) return 3;
  if (input[4] !== KEY[4]) return 4;
  throw new TypeError('behind five doors');
}

export const target: Target = {
  name: 'maze',
  seeds: () => [Buffer.from('123456')],
  words: KEY.map((byte) => Uint8Array.of(byte)),
  generate: (choices) => choices.bytes(8),
  run: (input) => void open(input),
};
