import type { Target } from '../target.js';

/** Takes memory without end for inputs that begin with Z. */
export const target: Target = {
  name: 'greedy',
  seeds: () => [Buffer.from('A')],
  generate: (choices) => Uint8Array.of(0x41 + choices.below(26)),
  run(input) {
    const held: object[] = [];
    while (input[0] === 0x5a) held.push({ one: held.length, other: [held.length] });
  },
};
