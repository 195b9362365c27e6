/** Changes to inputs that know nothing of the language, and changes by tokens where the target says where those are. */
import type { Choices } from './choices.js';
import type { Target } from './target.js';

/** What mutation asks of a target. */
export type Language = Pick<Target, 'tokens' | 'words' | 'maxBytes'>;

/** Lengths and counts that tend to be compared with limits, as mb_u_int32 and as plain bytes. */
const NUMBERS: readonly Uint8Array[] = [
  '00',
  '01',
  '7f',
  '80',
  'ff',
  '8000',
  '8100',
  'ff7f',
  '87ffffff7f',
  '8fffffff7f',
  'ffffffffff',
  '0000',
  'ffff',
].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));
const DIGITS = ['0', '-1', '1e9', '65536', '2147483648', '4294967296', '99999999999999999999', 'NaN', '1.5'].map((text) =>
  Buffer.from(text),
);

const splice = (input: Uint8Array, from: number, to: number, middle: Uint8Array): Uint8Array =>
  Buffer.concat([input.subarray(0, from), middle, input.subarray(to)]);

interface Range {
  readonly from: number;
  readonly to: number;
}

/** A stretch of the input, mostly short. */
function range(choices: Choices, length: number): Range {
  const size = 1 + choices.below(Math.min(length, choices.chance(80) ? 16 : 1024));
  const from = choices.below(length - size + 1);
  return { from, to: from + size };
}

/** From the beginning of a token to that of one of the next few. */
function tokenRange(choices: Choices, tokens: readonly number[], length: number): Range {
  const first = choices.below(tokens.length);
  const last = first + 1 + choices.below(choices.chance(70) ? 3 : 20);
  return { from: tokens[first] ?? 0, to: tokens[last] ?? length };
}

type Mutation = (choices: Choices, input: Uint8Array, other: Uint8Array, target: Language) => Uint8Array;

const flipBit: Mutation = (choices, input) => {
  const changed = Uint8Array.from(input);
  const at = choices.below(input.length);
  changed[at] = (changed[at] ?? 0) ^ (1 << choices.below(8));
  return changed;
};
const setByte: Mutation = (choices, input) => {
  const changed = Uint8Array.from(input);
  changed[choices.below(input.length)] = choices.u8();
  return changed;
};
const drop: Mutation = (choices, input) => {
  const { from, to } = range(choices, input.length);
  return splice(input, from, to, new Uint8Array(0));
};
const double: Mutation = (choices, input) => {
  const { from, to } = range(choices, input.length);
  const times = choices.chance(90) ? 1 : 2 + choices.below(40);
  return splice(input, to, to, Buffer.concat(Array.from({ length: times }, () => input.subarray(from, to))));
};
const insert: Mutation = (choices, input) => {
  const at = choices.below(input.length + 1);
  return splice(input, at, at, choices.bytes(1 + choices.below(8)));
};
const number: Mutation = (choices, input) => {
  const at = choices.below(input.length);
  return splice(input, at, at + choices.below(3), choices.pick(choices.chance(50) ? NUMBERS : DIGITS));
};
const word: Mutation = (choices, input, _other, target) => {
  const words = target.words ?? NUMBERS;
  const at = choices.below(input.length + 1);
  const inserted = choices.pick(words);
  return splice(input, at, choices.chance(50) ? at : Math.min(input.length, at + inserted.length), inserted);
};
const cross: Mutation = (choices, input, other) => {
  if (other.length === 0) return input;
  return Buffer.concat([input.subarray(0, choices.below(input.length)), other.subarray(choices.below(other.length))]);
};
const transplant: Mutation = (choices, input, other) => {
  if (other.length === 0) return input;
  const piece = range(choices, other.length);
  const place = range(choices, input.length);
  return splice(input, place.from, choices.chance(50) ? place.from : place.to, other.subarray(piece.from, piece.to));
};

/** The same by tokens. */
const byTokens: Mutation = (choices, input, other, target) => {
  const tokens = target.tokens?.(input) ?? [];
  if (tokens.length === 0) return setByte(choices, input, other, target);
  const one = tokenRange(choices, tokens, input.length);
  const piece = input.subarray(one.from, one.to);
  switch (choices.below(5)) {
    case 0:
      return splice(input, one.from, one.to, new Uint8Array(0));
    case 1: {
      const times = choices.chance(90) ? 1 : 2 + choices.below(60);
      return splice(input, one.to, one.to, Buffer.concat(Array.from({ length: times }, () => piece)));
    }
    case 2: {
      // Two stretches change places.
      const two = tokenRange(choices, tokens, input.length);
      const [a, b] = one.from <= two.from ? [one, two] : [two, one];
      if (a.to > b.from) return input;
      return Buffer.concat([
        input.subarray(0, a.from),
        input.subarray(b.from, b.to),
        input.subarray(a.to, b.from),
        input.subarray(a.from, a.to),
        input.subarray(b.to),
      ]);
    }
    case 3: {
      const at = choices.pick(tokens);
      return splice(input, at, at, piece);
    }
    default: {
      const theirs = target.tokens?.(other) ?? [];
      if (theirs.length === 0) return input;
      const taken = tokenRange(choices, theirs, other.length);
      return splice(input, one.from, choices.chance(50) ? one.from : one.to, other.subarray(taken.from, taken.to));
    }
  }
};

const MUTATIONS: readonly Mutation[] = [
  flipBit,
  setByte,
  drop,
  double,
  insert,
  number,
  word,
  word,
  cross,
  transplant,
  byTokens,
  byTokens,
  byTokens,
];

/** One to several changes. `other` lends parts; the result is no longer than the target's longest input. */
export function mutate(choices: Choices, input: Uint8Array, other: Uint8Array, target: Language): Uint8Array {
  let changed = input;
  let rounds = choices.chance(60) ? 1 : 2 + choices.below(6);
  for (; rounds > 0; rounds -= 1) {
    if (changed.length === 0) changed = choices.bytes(4);
    changed = choices.pick(MUTATIONS)(choices, changed, other, target);
  }
  return changed.subarray(0, target.maxBytes ?? 8192);
}
