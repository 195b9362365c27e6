/**
 * Labels that are wrong. Phones say ISO-8859-1 and send UTF-8, say UTF-8 and send Shift_JIS, say nothing and send either. A label is only overruled
 * where the bytes make no sense under it, or far better sense without it: the rules err on the side of what is written.
 */
import { isUtf8 } from 'node:buffer';

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
 * Where the second byte may be a letter, two are. Of charsets of pairs (Shift_JIS, GBK …) any pair may be a sequence of two by chance, and half-width
 * katakana are: there, two sequences of three that are all there is.
 */
export function isUtf8Despite(binary: string, charset: string): boolean {
  const long = counted(binary, UTF8_LONG);
  const short = counted(binary, UTF8_SHORT);
  switch (sortOf(charset)) {
    case 'latin':
      return long + short >= 1 && isUtf8(Buffer.from(binary, 'latin1'));
    case 'letters':
      return long + short >= 2 && isUtf8(Buffer.from(binary, 'latin1'));
    case 'pairs':
      return long >= 2 && short === 0 && isUtf8(Buffer.from(binary, 'latin1')) && CJK.test(Buffer.from(binary, 'latin1').toString('utf8'));
  }
}

/** Nothing but what such texts are made of: kana, ideographs, Hangul, their punctuation, full-width forms, ASCII. */
const CJK = /^[\0-\x7f\u2010-\u2027\u2030-\u203b\u3000-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7a3\uff00-\uffef]*$/;

/** Runs of bytes that are no ASCII, with the second bytes of Shift_JIS that are. */
const SJIS_RUN = /(?:[\x81-\x9f\xe0-\xea][\x40-\x7e\x80-\xfc]|[\xa1-\xdf])+/g;
/** Hiragana, katakana, and their marks: in any Japanese text but a name in ideographs. */
const SJIS_KANA = /\x82[\x9f-\xf1]|\x83[\x40-\x96]|\x81[\x5b]/g;
const EUC_RUN = /(?:[\xa1-\xf4][\xa1-\xfe]|\x8e[\xa1-\xdf])+/g;
const EUC_KANA = /\xa4[\xa1-\xf3]|\xa5[\xa1-\xf6]/g;
// eslint-disable-next-line no-control-regex -- bytes
const ASCII_RUN = /[\x00-\x7f]+/g;

/**
 * Japanese without a label that fits. Western text has quotation marks and dashes among the first bytes of Shift_JIS, one at a time and before a letter
 * or a space: so all of the text has to be made of whole characters, in runs of two or more, and a third of them kana.
 *
 * @param binary is no UTF-8. @returns undefined: it may be anything.
 */
export function japaneseIn(binary: string): 'shift_jis' | 'euc-jp' | undefined {
  if (isAllOf(binary, SJIS_RUN, SJIS_KANA)) return 'shift_jis';
  return isAllOf(binary, EUC_RUN, EUC_KANA) ? 'euc-jp' : undefined;
}

function isAllOf(binary: string, run: RegExp, kana: RegExp): boolean {
  const runs = binary.match(run) ?? [];
  if (binary.replace(run, '').replace(ASCII_RUN, '') !== '') return false;
  const chars = runs.join('').length / 2;
  const kanas = runs.reduce((sum, one) => sum + counted(one, kana), 0);
  return kanas >= 2 && kanas * 3 >= chars && runs.every((one) => one.length >= 4 || runs.length === 1);
}
