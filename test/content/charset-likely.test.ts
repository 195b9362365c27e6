/** Texts whose charset nobody has named. */
import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { charsetsOf, evidentCharset } from '../../src/content/charset-countries.js';
import { likelyCharset } from '../../src/content/charset-likely.js';
import { withCharsets } from '../../src/content/charset-naming.js';
import { describe as describeItem } from '../../src/content/describe.js';

const binary = (text: string, charset: string): string => iconv.encode(text, charset).toString('latin1');
const card = (version: string, ...lines: readonly string[]): Buffer =>
  Buffer.from(['BEGIN:VCARD', `VERSION:${version}`, ...lines, 'END:VCARD', ''].join('\r\n'), 'latin1');

/** Names of countries and of languages: words that nobody chose for this. */
function namesIn(locale: string): readonly string[] {
  const codes =
    'AT BE BG BR CA CH CN CZ DE DK EG ES FI FR GB GR HU IE IL IN IS IT JP KR LT LV MX NL NO PL PT RO RU SE SK TH TR TW UA US'.split(' ');
  const names = new Intl.DisplayNames(locale, { type: 'region' });
  return codes.map((code) => names.of(code) ?? '').filter((name) => name !== '');
}
/** Three names, as lines of an item. */
function itemsIn(locale: string): readonly string[] {
  const names = namesIn(locale);
  return names.map((name, at) => [name, names[(at * 7 + 3) % names.length], names[(at * 11 + 5) % names.length]].join('\n'));
}
const read = (text: string, charset: string, likely: readonly string[] = []): string | undefined => {
  const bytes = binary(text, charset);
  const guess = likelyCharset(bytes, likely);
  return guess && iconv.decode(Buffer.from(bytes, 'latin1'), guess.charset);
};
/** Items that can be written in the charset, and are more than ASCII there. */
const writable = (locale: string, charset: string): readonly string[] =>
  itemsIn(locale).filter((text) => {
    const bytes = iconv.encode(text, charset);
    return iconv.decode(bytes, charset) === text && !isUtf8(bytes);
  });

describe('content: charsets nobody has named', () => {
  for (const [locale, charset] of [
    ['ru', 'windows-1251'],
    ['ru', 'koi8-r'],
    ['uk', 'windows-1251'],
    ['bg', 'windows-1251'],
    ['zh', 'gbk'],
    ['zh-TW', 'big5'],
    ['ko', 'euc-kr'],
    ['el', 'windows-1253'],
  ] as const)
    it(`${locale} in ${charset}: no item is taken for another charset, most are read`, () => {
      const items = writable(locale, charset);
      const results = items.map((text) => read(text, charset));
      assert.ok(items.length > 20);
      assert.deepEqual(
        items.filter((text, at) => results[at] !== undefined && results[at] !== text),
        [],
      );
      const right = results.filter((result) => result !== undefined).length;
      assert.ok(right >= items.length * (/^zh/.test(locale) ? 0.65 : 0.85), `${right} of ${items.length}`);
    });

  for (const locale of ['de', 'fr', 'es', 'it', 'pt', 'nl', 'sv', 'da', 'nb', 'fi', 'is', 'ca', 'et', 'sq', 'eu', 'ga'])
    it(`${locale} is Western`, () => {
      for (const text of [...writable(locale, 'windows-1252'), ...namesIn(locale)])
        assert.equal(likelyCharset(binary(text, 'windows-1252')), undefined, text);
    });

  it('no words are taken for another charset that are Western by their marks: at most three in a row, and letters beside them', () => {
    const plain = fc.stringMatching(/^[A-Za-z]{1,6}$/);
    const marked = fc.stringMatching(/^[À-ÖØ-öø-ÿ]{1,3}$/);
    const sign = fc.constantFrom('', '', '“', '”', '’', '–', '…', '€', '«', '»', '¿', '¡');
    const word = fc.tuple(sign, plain, marked, fc.oneof(plain, fc.constant('')), sign).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 8 }), (words) => {
        const bytes = binary(words.join(' '), 'windows-1252');
        fc.pre(!isUtf8(Buffer.from(bytes, 'latin1')));
        assert.equal(likelyCharset(bytes), undefined);
        // Quotation marks beside letters may be good characters of China.
        const countries = /[\x80-\xbf]/.test(bytes) ? ['RU', 'GR', 'IL'] : ['RU', 'GR', 'IL', 'CN', 'TW', 'KR'];
        for (const country of countries) assert.equal(likelyCharset(bytes, charsetsOf(country)), undefined, country);
      }),
      { numRuns: 2000 },
    );
  });

  it('a letter that somebody cries is no word of another script', () => {
    for (const letter of 'àáâäåæçéêíîñóôöøúüÄÉÖÜ') {
      for (const cry of [letter.repeat(4), letter.repeat(9), `${letter.repeat(5)}, ${letter.repeat(7)}!`])
        assert.equal(likelyCharset(binary(cry, 'windows-1252')), undefined, cry);
    }
  });

  it('with a country, a word is enough; what is no word of it stays Western', () => {
    for (const [country, charset, text] of [
      ['RU', 'windows-1251', 'Юля'],
      ['UA', 'windows-1251', 'Їжак'],
      ['CN', 'gbk', '王伟'],
      ['TW', 'big5', '陳怡'],
      ['KR', 'euc-kr', '김'],
      ['GR', 'windows-1253', 'Μία'],
      ['IL', 'windows-1255', 'דוד'],
      ['EG', 'windows-1256', 'محمد'],
      ['TH', 'windows-874', 'สมชาย'],
      ['PL', 'windows-1250', 'Łódź'],
      ['CZ', 'windows-1250', 'Dvořák'],
      ['TR', 'windows-1254', 'Şimşek'],
      ['LV', 'windows-1257', 'Bērziņš'],
    ] as const) {
      assert.equal(read(text, charset, charsetsOf(country)), text, country);
      for (const western of ['Müller', 'Crème Brûlée', 'Ñandú', 'Åse Østergård'])
        if (country !== 'PL' && country !== 'CZ' && country !== 'TR' && country !== 'LV')
          assert.equal(likelyCharset(binary(western, 'windows-1252'), charsetsOf(country)), undefined, `${western} in ${country}`);
    }
    assert.equal(likelyCharset(binary('Åse', 'windows-1252'), charsetsOf('PL')), undefined);
    assert.deepEqual(charsetsOf('DE'), []);
    assert.deepEqual(
      [evidentCharset('KOI8-R'), evidentCharset('GB2312'), evidentCharset('ISO-8859-1'), evidentCharset('x')],
      ['koi8-u', 'gbk', undefined, undefined],
    );
  });

  it('an item is looked at as a whole, gets the name where there is a place for it, and else UTF-8', () => {
    const [name, note] = ['Иванова;Анна', 'Позвонить завтра'].map((text) => binary(text, 'windows-1251'));
    const says = (bytes: Uint8Array, type: string): string => Buffer.from(describeItem(bytes, type).canonical).toString();
    const utf8 = (version: string): Buffer =>
      Buffer.from(['BEGIN:VCARD', `VERSION:${version}`, 'N:Иванова;Анна', 'NOTE:Позвонить завтра', 'END:VCARD', ''].join('\r\n'));
    const old = withCharsets(card('2.1', `N:${name}`, `NOTE;CHARSET=UTF-8:${note}`), 'text/x-vcard', []);
    assert.equal(old.seen, 'windows-1251');
    assert.match(Buffer.from(old.bytes).toString('latin1'), /N;CHARSET=WINDOWS-1251:.*\r\nNOTE;CHARSET=WINDOWS-1251:/);
    assert.equal(says(old.bytes, 'text/x-vcard'), says(utf8('2.1'), 'text/x-vcard'));
    const modern = withCharsets(card('3.0', `N:${name}`, `NOTE:${note}`), 'text/vcard', []);
    assert.deepEqual(Buffer.from(modern.bytes), utf8('3.0'));
    assert.equal(Buffer.from(withCharsets(Buffer.from(note ?? '', 'latin1'), 'text/plain', []).bytes).toString(), 'Позвонить завтра');
  });

  it('what a label says of one text is evidence for the others; nothing else is touched', () => {
    const bytes = card('2.1', `N;CHARSET=GB2312:${binary('王伟', 'gbk')}`, `TITLE:${binary('岳珈', 'gbk')}`, 'NOTE:x');
    const { bytes: named, seen } = withCharsets(bytes, 'text/x-vcard', []);
    assert.equal(seen, 'gbk');
    assert.match(Buffer.from(named).toString('latin1'), /TITLE;CHARSET=GBK:/);
    for (const same of [
      card('2.1', 'N:Muster;Max'),
      card('2.1', `N:${binary('Müller', 'latin1')}`),
      card('2.1', 'NOTE;ENCODING=QUOTED-PRINTABLE:J=F6rg'),
      Buffer.from('Grüße'),
    ])
      assert.equal(withCharsets(same, 'text/x-vcard', []).bytes, same);
  });
});
