/** How well a text that was read in some charset looks like one: by the letters and characters that texts are mostly made of, and how words are written. */
import { CYRILLIC, GREEK, HANGUL, HEBREW, KANA, KANJI, SIMPLIFIED, TRADITIONAL } from './charset-tables.js';

/** Of a text with its punctuation: 0 where it is none, 1 where nothing could be better. */
export type Looks = (text: string) => number;

// eslint-disable-next-line no-control-regex -- bytes
export const NON_ASCII = /[^\x00-\x7f]/;
// eslint-disable-next-line no-control-regex -- bytes
export const RUNS = /[^\x00-\x7f]+/g;
/** A letter of ASCII beside a byte of another kind, in one word: as Western words are. */
export const MIXED = /[A-Za-z][\x80-\xff]|[\x80-\xff][A-Za-z]/;

const frequent = (table: string): ReadonlySet<string> => new Set(table);

/** Ranks become weights: the first half of the letters makes up nine tenths of a text. */
const weights = (letters: string): ReadonlyMap<string, number> =>
  new Map([...letters].map((letter, at) => [letter, 1 - (at / letters.length) ** 2]));

const wordsIn = (text: string): readonly string[] => (text.match(/[\p{L}\p{M}]+/gu) ?? []).filter((word) => NON_ASCII.test(word));
const isCased = (word: string): boolean => /^(?:\p{Lu}?\p{Ll}+|\p{Lu}+)$/u.test(word);

/** Marks that stand beside words of any of these languages. */
const MARKS = /[\s\u00a0\u00ab\u00bb\u2013\u2014\u2018-\u201e\u2026\u2116\u00b0\u00b7\u05f3\u05f4]/g;

/** Few letters may look like anything. */
const SHORT = 0.6;

/** Whole words of a script of letters, as frequent as they are in its languages, and in the case that words have. */
function looksWritten(script: RegExp, letters: string, vowels: string): Looks {
  const table = weights(letters);
  return (text) => {
    const words = wordsIn(text);
    // eslint-disable-next-line no-control-regex -- all but ASCII
    const others = text.replace(/[\x00-\x7f\p{L}\p{M}]/gu, '').replace(MARKS, '');
    if (others !== '' || words.length === 0 || !words.every((word) => script.test(word))) return 0;
    if (/[\p{L}\p{M}][^\0-\x7f\p{L}\p{M}\u2019\u05f3\u05f4][\p{L}\p{M}]/u.test(text)) return 0;
    const odd = words.filter((word) => !isCased(word) && !/^\p{Lo}+$/u.test(word)).length;
    // Some names have a capital within; most words are not of capitals alone, which is what another charset makes of small letters.
    if (odd > words.length * 0.3 || (text.match(/\p{Lu}/gu)?.length ?? 0) * 2 > (text.match(/\p{L}/gu)?.length ?? 0)) return 0;
    const all = [
      ...words
        .join('')
        .toLowerCase()
        .normalize('NFD')
        .replace(/(?<![\u0438\u0418\u0456\u0406])\p{M}/gu, '')
        .normalize('NFC'),
    ];
    const weight = all.reduce((sum, letter) => sum + (table.get(letter) ?? 0), 0) / all.length;
    const share = vowels === '' ? 0.4 : all.filter((letter) => vowels.includes(letter)).length / all.length;
    // Words of consonants, and of vowels, are those of another charset.
    return share < 0.2 || share > 0.7 ? 0 : Math.max(0, weight - SHORT / all.length);
  };
}

/** Of the characters of a text, or of names, half are among some hundred. */
function looksLike(table: ReadonlySet<string>, script: RegExp): Looks {
  return (text) => {
    // eslint-disable-next-line no-control-regex -- all but ASCII
    const rest = [...text.replace(/[\x00-\x7f\s\u00b7\u2010-\u2026\u3000-\u3011\uff00-\uff60]/g, '')];
    if (rest.length < 2 || MIXED_PAIRS.test(text) || !rest.every((char) => script.test(char))) return 0;
    return Math.max(0, rest.filter((char) => table.has(char)).length / rest.length - SHORT / rest.length);
  };
}

/** Letters of ASCII and ideographs in one word. */
export const MIXED_PAIRS = /[A-Za-z][^\0-\u2fff]|[^\0-\u2fff][A-Za-z]/;
const HAN = /[\u3005\u4e00-\u9fff]/;
export const looksCyrillic = looksWritten(/^\p{Script=Cyrillic}+$/u, CYRILLIC, 'аеиоуыэюяіїєё');

export const looksGreek = looksWritten(/^\p{Script=Greek}+$/u, GREEK, 'αοιεηυω');
export const looksHebrew = looksWritten(/^\p{Script=Hebrew}+$/u, HEBREW, '');
export const looksSimplified = looksLike(frequent(SIMPLIFIED), HAN);
export const looksTraditional = looksLike(frequent(TRADITIONAL), HAN);
export const looksKorean = looksLike(frequent(HANGUL), /[\uac00-\ud7a3]/);
export const looksJapanese = looksLike(frequent(KANJI + KANA), /[\u3005\u3040-\u30ff\u4e00-\u9fff]/);

const FREQUENT = frequent(SIMPLIFIED + TRADITIONAL + HANGUL + KANJI + KANA);

/** How many of the characters of a text in pairs are frequent ones, 0..1. */
export function frequency(text: string): number {
  const all = [...text].filter((char) => char > '\x7f');
  return all.filter((char) => FREQUENT.has(char)).length / Math.max(1, all.length);
}
