/** Charsets that are taken on evidence from beside the text: what a device has used before, and what is used where it is. */
import { TextDecoder } from 'node:util';
import { frequency, looksCyrillic, MIXED, MIXED_PAIRS, NON_ASCII } from './charset-looks.js';

/** @param binary the text, a char a byte. @param text as it reads. */
type Fits = (binary: string, text: string) => boolean;

/** Whole words of one script: what stands in a Western word is none of these. */
const wordsOf =
  (script: RegExp): Fits =>
  (binary, text) =>
    !MIXED.test(binary) &&
    /[\x80-\xff]{2}/.test(binary) &&
    (text.match(/\p{L}+/gu) ?? []).every((word) => !NON_ASCII.test(word) || script.test(word));
/** Letters of an alphabet that shares ASCII with the Western ones. */
const lettersOf =
  (letters: string): Fits =>
  (_, text) =>
    [...text].every((char) => !NON_ASCII.test(char) || letters.includes(char.toLowerCase()) || !/\p{L}/u.test(char));
const characters =
  (script: RegExp): Fits =>
  (binary, text) =>
    // Where second bytes are letters of ASCII, the characters have to be good ones.
    !MIXED_PAIRS.test(text) && script.test(text) && (!MIXED.test(binary) || frequency(text) >= 0.75);

const IDEOGRAPHS = /^[\0-\x7f\u00b7\u2010-\u2026\u3000-\u3011\u4e00-\u9fff\uff00-\uffef]*$/;

const cyrillic: Fits = (binary, text) => wordsOf(/^\p{Script=Cyrillic}+$/u)(binary, text) && looksCyrillic(text) >= 0.4;

/** Charsets that are taken on evidence from elsewhere, and what a text must be to be one of theirs. */
const FITTING: ReadonlyMap<string, Fits> = new Map<string, Fits>([
  ['windows-1251', cyrillic],
  ['koi8-u', cyrillic],
  ['gbk', characters(IDEOGRAPHS)],
  ['big5', characters(IDEOGRAPHS)],
  ['euc-kr', characters(/^[\0-\x7f\u00b7\u2010-\u2026\u3000-\u3011\u4e00-\u9fff\uac00-\ud7a3\uff00-\uffef]*$/)],
  ['windows-1253', wordsOf(/^\p{Script=Greek}+$/u)],
  ['windows-1255', wordsOf(/^\p{Script=Hebrew}+$/u)],
  ['windows-1256', wordsOf(/^\p{Script=Arabic}+$/u)],
  ['windows-874', wordsOf(/^[\p{Script=Thai}\p{M}]+$/u)],
  ['windows-1250:PL', lettersOf('ąćęłńóśźż')],
  ['windows-1250:CZ', lettersOf('áäčďéěíľĺňóôöŕřšťúůüýž')],
  ['windows-1250:HU', lettersOf('áéíóöőúüű')],
  ['windows-1250:RO', lettersOf('ăâîşţ')],
  ['windows-1250:HR', lettersOf('čćđšž')],
  ['windows-1250', lettersOf('áäąăâćčçďđéěęëíîĺľłńňóôöőŕřśšşťţúůüűýźžż')],
  ['windows-1254', lettersOf('âçğîıöşüûi̇')],
  ['windows-1257', lettersOf('āąäčćēęėģīįķļłńņóōõöśšŗūųüźžż')],
]);

/** Behind a colon: the country whose letters count. */
export const fits = (charset: string, binary: string, text: string): boolean => FITTING.get(charset)?.(binary, text) ?? false;

/** Charsets of phones and computers of the time, by the country of their users. */
const OF_COUNTRY: Readonly<Record<string, readonly string[]>> = {
  ...of('RU BY KZ KG BG MK', 'windows-1251', 'koi8-u'),
  ...of('UA', 'windows-1251', 'koi8-u'),
  ...of('CN SG', 'gbk'),
  ...of('TW HK MO', 'big5'),
  ...of('KR', 'euc-kr'),
  ...of('GR CY', 'windows-1253'),
  ...of('TR', 'windows-1254'),
  ...of('IL', 'windows-1255'),
  ...of('AE BH DZ EG IQ IR JO KW LB LY MA OM PK QA SA SD SY TN YE', 'windows-1256'),
  ...of('TH', 'windows-874'),
  ...of('PL', 'windows-1250:PL'),
  ...of('CZ SK', 'windows-1250:CZ'),
  ...of('HU', 'windows-1250:HU'),
  ...of('RO MD', 'windows-1250:RO'),
  ...of('BA HR ME RS SI', 'windows-1250:HR'),
  ...of('EE LT LV', 'windows-1257'),
};

function of(countries: string, ...charsets: readonly string[]): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(countries.split(' ').map((country) => [country, charsets]));
}

/** @param country ISO 3166. @returns names that {@link fits} knows; none for a country of Western charsets. */
export const charsetsOf = (country: string | undefined): readonly string[] => (country === undefined ? [] : (OF_COUNTRY[country] ?? []));

/** Can other texts of a device be taken on the evidence of a text that it calls so? @returns the name it goes by here. */
export function evidentCharset(label: string): string | undefined {
  try {
    const name = new TextDecoder(label).encoding;
    const known = name === 'koi8-r' ? 'koi8-u' : name === 'gb18030' ? 'gbk' : name;
    return FITTING.has(known) ? known : undefined;
  } catch {
    return undefined;
  }
}
