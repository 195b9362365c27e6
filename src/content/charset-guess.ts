/**
 * Labels that are wrong. Phones say ISO-8859-1 and send UTF-8, say UTF-8 and send Shift_JIS, say nothing and send either. A label is only overruled
 * where the bytes make no sense under it, or far better sense without it: the rules err on the side of what is written.
 */
import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import { frequency } from './charset-looks.js';

/** Alone, or in rows: sequences of UTF-8. */
const UTF8_LONG = /[\xe0-\xf4][\x80-\xbf]{2,3}/g;
const UTF8_SHORT = /[\xc2-\xdf][\x80-\xbf]/g;

const counted = (binary: string, pattern: RegExp): number => binary.match(pattern)?.length ?? 0;

/** Which charsets a label stands for, as far as it matters for what may be mistaken for UTF-8. */
type Sort = 'latin' | 'letters' | 'pairs';

function sortOf(charset: string): Sort {
  if (/^(?:iso-?8859-?1|latin1|windows-1252|cp1252|iso-?8859-?15|latin9|l1|l9)$/.test(charset)) return 'latin';
  return /^(?:(?:x-)?(?:windows|cp)-?125\d|iso-?8859-?\d+|koi8-?[ru]|latin\d+|tis-620|windows-874|(?:x-)?mac)/.test(charset)
    ? 'letters'
    : 'pairs';
}

/**
 * UTF-8 under another label. In Western charsets a sequence of it reads as a capital letter before a symbol, which no one writes: one is enough.
 * Where the second byte may be a letter, two are, if no one would write so under the label. Of charsets of pairs (Shift_JIS, GBK …) any pair may be a sequence of two by chance, and half-width
 * katakana are: there, sequences of three that are all there is, of frequent characters where they are few.
 */
export function isUtf8Despite(binary: string, charset: string): boolean {
  const long = counted(binary, UTF8_LONG);
  const short = counted(binary, UTF8_SHORT);
  switch (sortOf(charset)) {
    case 'latin':
      return long + short >= 1 && isUtf8(Buffer.from(binary, 'latin1'));
    case 'letters':
      return long + short >= 2 && isUtf8(Buffer.from(binary, 'latin1')) && (long > 0 || hasNoSuchWord(binary, charset));
    case 'pairs': {
      if (long < 2 || short > 0 || !isUtf8(Buffer.from(binary, 'latin1'))) return false;
      const text = Buffer.from(binary, 'latin1').toString('utf8');
      return CJK.test(text) && (long >= MANY || isBetter(text, binary, charset));
    }
  }
}

/** So many characters are no chance. */
const MANY = 4;

/** Read under its label, there is a capital within a word, or a symbol behind a letter: `Рі` is a word, `РіРі` and `Р”` are none. */
function hasNoSuchWord(binary: string, charset: string): boolean {
  if (/(?:[\xc2-\xdf][\x80-\xbf]){2}/.test(binary)) return true;
  return (binary.match(UTF8_SHORT) ?? []).some((pair) => !/^\p{L}{2}$/u.test(read(pair, charset)));
}

function read(binary: string, charset: string): string {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(Buffer.from(binary, 'latin1'));
  } catch {
    return '';
  }
}

/** Two or three characters: which reading has the more frequent ones? */
function isBetter(utf8: string, binary: string, charset: string): boolean {
  const labelled = read(binary, charset);
  return labelled === '' || frequency(utf8) > frequency(labelled);
}

/** Nothing but what such texts are made of: kana, ideographs, Hangul, their punctuation, full-width forms, ASCII. */
const CJK = /^[\0-\x7f\u2010-\u2027\u2030-\u203b\u3000-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7a3\uff00-\uffef]*$/;

/** A charset of one and two bytes. */
interface Pairs {
  /** Bytes of the character these begin; 0 for none but ASCII. */
  readonly length: (first: number, second: number) => number;
  /** Hiragana, katakana, and their marks: in any Japanese text but a name in ideographs. */
  readonly isKana: (first: number, second: number) => boolean;
}

const within = (byte: number, low: number, high: number): boolean => byte >= low && byte <= high;

/** The second byte may be ASCII. */
const SJIS: Pairs = {
  length: (first, second) => {
    if (within(first, 0x81, 0x9f) || within(first, 0xe0, 0xea)) return within(second, 0x40, 0x7e) || within(second, 0x80, 0xfc) ? 2 : 0;
    return within(first, 0xa1, 0xdf) ? 1 : 0;
  },
  isKana: (first, second) =>
    (first === 0x82 && within(second, 0x9f, 0xf1)) || (first === 0x83 && within(second, 0x40, 0x96)) || (first === 0x81 && second === 0x5b),
};
const EUC: Pairs = {
  length: (first, second) => {
    if (first === 0x8e) return within(second, 0xa1, 0xdf) ? 2 : 0;
    return within(first, 0xa1, 0xf4) && within(second, 0xa1, 0xfe) ? 2 : 0;
  },
  isKana: (first, second) => (first === 0xa4 && within(second, 0xa1, 0xf3)) || (first === 0xa5 && within(second, 0xa1, 0xf6)),
};

/**
 * Japanese without a label that fits. Western text has quotation marks and dashes among the first bytes of Shift_JIS, one at a time and before a letter
 * or a space: so all of the text has to be made of whole characters, in runs of two or more, and a third of them kana.
 *
 * @param binary is no UTF-8. @returns undefined: it may be anything.
 */
export function japaneseIn(binary: string): 'shift_jis' | 'euc-jp' | undefined {
  if (isAllOf(binary, SJIS)) return 'shift_jis';
  return isAllOf(binary, EUC) ? 'euc-jp' : undefined;
}

/** Byte by byte: an expression for a run of them has no room for a text of megabytes. */
function isAllOf(binary: string, { length, isKana }: Pairs): boolean {
  let [bytes, kanas, runs, run, shortest] = [0, 0, 0, 0, Infinity];
  const end = (): void => {
    if (run > 0) [runs, shortest, run] = [runs + 1, Math.min(shortest, run), 0];
  };
  for (let at = 0; at < binary.length;) {
    const [first, second] = [binary.charCodeAt(at), binary.charCodeAt(at + 1)];
    const size = length(first, second);
    if (size === 0) {
      if (first > 0x7f) return false;
      end();
      at += 1;
      continue;
    }
    if (isKana(first, second)) kanas += 1;
    bytes += size;
    run += size;
    at += size;
  }
  end();
  return kanas >= 2 && kanas * 3 >= bytes / 2 && (shortest >= 4 || runs === 1);
}
