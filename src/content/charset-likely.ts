/**
 * Text of which nobody says in what charset it is, and that is no UTF-8: read by what texts of each charset are made of. All that an item leaves
 * unnamed is looked at together. What is taken for Western though it is not shows as gibberish and can be put right; what was right and is taken
 * for another charset is lost to its owner: so a text has to be no Western one, and by its letters one of the other, to be taken for that.
 */
import { TextDecoder } from 'node:util';
import { fits } from './charset-countries.js';
import {
  looksCyrillic,
  looksGreek,
  looksHebrew,
  looksJapanese,
  looksKorean,
  looksSimplified,
  looksTraditional,
  MIXED,
  RUNS,
  type Looks,
} from './charset-looks.js';

interface Candidate {
  readonly charset: string;
  readonly looks: Looks;
}

const LETTER_SETS: readonly Candidate[] = [
  { charset: 'windows-1251', looks: looksCyrillic },
  { charset: 'koi8-u', looks: looksCyrillic },
  { charset: 'windows-1253', looks: looksGreek },
  { charset: 'windows-1255', looks: looksHebrew },
];
const PAIR_SETS: readonly Candidate[] = [
  { charset: 'gbk', looks: looksSimplified },
  { charset: 'big5', looks: looksTraditional },
  { charset: 'euc-kr', looks: looksKorean },
  { charset: 'shift_jis', looks: looksJapanese },
  { charset: 'euc-jp', looks: looksJapanese },
];

/** Longer texts tell no more. Bytes. */
const ENOUGH = 4000;
/** How good the best has to look, and how much better than the next: measured, see decision 0120. */
const LEAST_LETTERS = 0.68;
const LEAST_PAIRS = 0.36;
const APART = 0.12;

export interface Guess {
  readonly charset: string;
  /** The text is long and clear enough to say something of other texts from the same device. */
  readonly isSure: boolean;
}

/**
 * @param binary text whose charset nobody has named, a char a byte; no UTF-8.
 * @param likely charsets that the device has used, or that are used where it is; the first goes before the others.
 * @returns undefined: Western, or it cannot be told.
 */
export function likelyCharset(binary: string, likely: readonly string[] = []): Guess | undefined {
  const text = binary.slice(0, ENOUGH);
  const runs = text.match(RUNS) ?? [];
  if (runs.length === 0) return undefined;
  for (const charset of likely) {
    const name = charset.split(':')[0] ?? charset;
    const read = decoded(text, name);
    if (read !== undefined && fits(charset, text, read)) return { charset: name, isSure: false };
  }
  const bytes = runs.join('').length;
  const longest = runs.reduce((most, { length }) => Math.max(most, length), 0);
  // Somebody cries it.
  if (isOneLetter(text)) return undefined;
  // No Western word has four letters with marks in a row.
  const letters = longest >= 4 && !MIXED.test(text) ? best(text, LETTER_SETS, LEAST_LETTERS) : [];
  const pairs = bytes >= 2 ? best(text, PAIR_SETS, LEAST_PAIRS) : [];
  const [first, second] = [...letters, ...pairs].sort((a, b) => b.looks - a.looks);
  // Two that look nearly as good cannot be told apart.
  if (!first || (second && first.looks - second.looks < APART)) return undefined;
  return { charset: first.charset, isSure: bytes >= 12 };
}

const isOneLetter = (text: string): boolean => new Set(text.match(/[\x80-\xff]/g)).size === 1;

function best(text: string, among: readonly Candidate[], least: number): readonly { charset: string; looks: number }[] {
  return among.flatMap(({ charset, looks }) => {
    const read = decoded(text, charset);
    const how = read === undefined ? 0 : looks(read);
    return how >= least ? [{ charset, looks: how }] : [];
  });
}

const decoders = new Map<string, TextDecoder>();

/** Cut at the end, where the text was. */
function decoded(binary: string, charset: string): string | undefined {
  const decoder = decoders.get(charset) ?? new TextDecoder(charset, { fatal: true });
  decoders.set(charset, decoder);
  try {
    return decoder.decode(Buffer.from(binary, 'latin1'));
  } catch {
    return undefined;
  }
}
