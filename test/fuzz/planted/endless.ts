import type { Target } from '../target.js';

/** Does not come back for inputs that begin with Z. */
export const target: Target = {
  name: 'endless',
  seeds: () => [Buffer.from('A')],
  generate: (choices) => Uint8Array.of(0x41 + choices.below(26)),
  run(input) {
    while (input[0] === 0x5a);
  },
};
