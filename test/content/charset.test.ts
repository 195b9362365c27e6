/** Charsets of phones: in, out, and labels that are wrong. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { convert } from '../../src/content/conversion/convert.js';
import { decodeText, toBinary } from '../../src/content/charset.js';
import { describe as describeItem } from '../../src/content/describe.js';
import { undress } from '../../src/content/phone-form/undress.js';
import { given } from '../../src/content/phone-form/echo.js';
import { takeBack } from '../../src/content/taking-back.js';
import { assertEqualItems, card } from './helpers.js';

const binary = (text: string, charset: string): string => iconv.encode(text, charset).toString('latin1');

const TEXTS: readonly (readonly [charset: string, text: string])[] = [
  ['UTF-8', 'Jürgen Łódź 日本語 한국어'],
  ['ISO-8859-1', 'Jürgen, señor, Ångström'],
  ['ISO-8859-2', 'Łódź, Příbram, Győr'],
  ['ISO-8859-4', 'Rīga, Tallinn, Kaunas šį'],
  ['ISO-8859-5', 'Привет, Москва'],
  ['ISO-8859-7', 'Ελληνικά'],
  ['ISO-8859-9', 'İstanbul, Şişli, ığ'],
  ['ISO-8859-13', 'Šiauliai, ąčęėįšųūž'],
  ['ISO-8859-15', 'Œuvre 5 €'],
  ['windows-1250', 'Łódź „ž”'],
  ['windows-1251', 'Привіт, Київ'],
  ['windows-1252', '5 € “quoted” — it’s'],
  ['windows-1253', 'Ελληνικά'],
  ['windows-1254', 'İstanbul ığ'],
  ['windows-1255', 'שלום'],
  ['windows-1256', 'مرحبا'],
  ['windows-1257', 'ąčęėįšųūž'],
  ['windows-1258', 'Đăng, lê, ơn'],
  ['KOI8-R', 'Привет, Москва'],
  ['KOI8-U', 'Київ, їжак'],
  ['Shift_JIS', '山田太郎 ヤマダ 表示 ﾔﾏﾀﾞ'],
  ['EUC-JP', '山田太郎 ヤマダ'],
  ['GB2312', '中国移动 北京'],
  ['GBK', '镕基 中国'],
  ['GB18030', '中国移动 𠀀'],
  ['Big5', '臺灣 中文'],
  ['EUC-KR', '한국어 이름'],
];

describe('content: charsets', () => {
  for (const [charset, text] of TEXTS) {
    it(`${charset}: read under its name, in quoted-printable and as it is`, () => {
      const bytes = binary(text, charset);
      assert.equal(decodeText(bytes, charset), text.normalize('NFC'));
      const quoted = [...bytes].map((byte) => `=${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`).join('');
      const item = card('2.1', ['N:x', `NOTE;CHARSET=${charset};ENCODING=QUOTED-PRINTABLE:${quoted}`]);
      assertEqualItems(item, card('2.1', ['N:x', `NOTE:${text}`]), 'text/x-vcard');
      const modern = convert(item, 'text/x-vcard', 'vcard30');
      assert.ok(
        Buffer.from(modern ?? [])
          .toString()
          .replaceAll('\r\n ', '')
          .includes(text.replaceAll(',', '\\,').normalize('NFC')),
      );
    });

    if (charset !== 'UTF-8')
      it(`${charset}: written for a phone that reads it, with what it lacks in UTF-8; an echo and an edit lose nothing`, () => {
        const whole = card('2.1', [`N:${text};✓`, `NOTE:${text}`, 'TEL:1']);
        const abilities = { traits: { text: { charset } }, limits: true };
        const shown = Buffer.from(given(whole, 'text/x-vcard', abilities));
        assert.ok(!shown.includes('?'), 'no question marks');
        assert.match(shown.toString('latin1'), new RegExp(`NOTE;CHARSET=${charset};ENCODING=QUOTED-PRINTABLE:`));
        // GB18030 has every character there is.
        if (charset !== 'GB18030') assert.match(shown.toString('latin1'), /N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:/);
        assertEqualItems(shown, whole, 'text/x-vcard');
        assertEqualItems(takeBack(whole, shown, 'text/x-vcard', abilities), whole, 'text/x-vcard');
        const edited = Buffer.from(shown.toString('latin1').replace('TEL:1', 'TEL:2'), 'latin1');
        assertEqualItems(
          takeBack(whole, edited, 'text/x-vcard', abilities),
          Buffer.from(whole.toString().replace('TEL:1', 'TEL:2')),
          'text/x-vcard',
        );
      });
  }

  it('ISO-2022-JP, which is written in ASCII', () => {
    assert.equal(decodeText('\x1b$B;3ED\x1b(B', 'ISO-2022-JP'), '山田');
  });

  it('no separator hides in a character of two bytes', () => {
    // The second byte of 表 in Shift_JIS is that of a backslash.
    const whole = card('2.1', ['N:表;ソ']);
    const shown = Buffer.from(given(whole, 'text/x-vcard', { traits: { text: { charset: 'Shift_JIS' } }, limits: true })).toString(
      'latin1',
    );
    assert.match(shown, /N;CHARSET=Shift_JIS;ENCODING=QUOTED-PRINTABLE:=95=5C;=83=5C\r\n/);
  });

  for (const [what, encoded] of [
    ['UTF-16 with a mark, little end first', (text: string) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')])],
    [
      'UTF-16 with a mark, big end first',
      (text: string) => Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(text, 'utf16le').swap16()]),
    ],
    ['UTF-16, little end first', (text: string) => Buffer.from(text, 'utf16le')],
    ['UTF-16, big end first', (text: string) => Buffer.from(text, 'utf16le').swap16()],
    ['UTF-8 with a mark', (text: string) => Buffer.from(`\ufeff${text}`)],
  ] as const)
    it(`${what}: read, and converted`, () => {
      const text = card('2.1', ['N:Łódź;日本', 'TEL:1']).toString();
      assertEqualItems(encoded(text), card('2.1', ['N:Łódź;日本', 'TEL:1']), 'text/x-vcard');
      assert.ok(Buffer.from(convert(encoded(text), 'text/x-vcard', 'vcard30') ?? []).includes('N:Łódź;日本'));
      assert.equal(toBinary(encoded('notes: Łódź')).text, Buffer.from('notes: Łódź').toString('latin1'));
    });
});

describe('content: wrong labels', () => {
  const utf8 = (text: string): string => Buffer.from(text).toString('latin1');
  for (const [label, bytes, expected] of [
    ['ISO-8859-1', utf8('Jörg'), 'Jörg'],
    ['windows-1252', utf8('日本語'), '日本語'],
    ['ISO-8859-1', utf8('5 €'), '5 €'],
    ['ISO-8859-2', utf8('Łódź'), 'Łódź'],
    ['windows-1251', utf8('Привет'), 'Привет'],
    ['KOI8-R', utf8('Привет'), 'Привет'],
    ['Shift_JIS', utf8('山田太郎'), '山田太郎'],
    ['GBK', utf8('你好'), '你好'],
    ['EUC-KR', utf8('한국어'), '한국어'],
    ['UTF-8', binary('Jörg Müller', 'ISO-8859-1'), 'Jörg Müller'],
    ['UTF-8', binary('5 € – “x”', 'windows-1252'), '5 € – “x”'],
    ['UTF-8', binary('やまだ たろう', 'Shift_JIS'), 'やまだ たろう'],
    ['UTF-8', binary('ヤマダ電機', 'Shift_JIS'), 'ヤマダ電機'],
    ['ISO-8859-1', binary('ヤマダ電機', 'Shift_JIS'), 'ヤマダ電機'],
    [undefined, binary('メモです。', 'Shift_JIS'), 'メモです。'],
    [undefined, binary('ひらがなのメモ', 'EUC-JP'), 'ひらがなのメモ'],
    ['Shift_JIS', binary('ひらがなのメモ', 'EUC-JP'), 'ひらがなのメモ'],
    ['X-UNKNOWN', utf8('Jörg'), 'Jörg'],
    ['X-UNKNOWN', binary('Jörg', 'ISO-8859-1'), 'Jörg'],
  ] as const)
    it(`${label ?? 'none'}, of ${expected}`, () => {
      assert.equal(decodeText(bytes, label), expected);
    });

  for (const [label, text] of [
    ['GBK', '联通'],
    ['GB2312', '一'],
    ['Shift_JIS', 'ﾄｰﾏｽ'],
    ['Shift_JIS', 'ﾄｰﾏｽ ﾊﾞｰﾄﾝ'],
    ['windows-1251', 'Рівне'],
    ['windows-1251', 'Рі'],
    ['windows-1250', 'Äą'],
    ['windows-1251', 'Рі Чє'],
    ['windows-1250', 'Äą Äľ'],
    ['EUC-KR', '한'],
    ['Big5', '一'],
    ['windows-1252', '“Hello” – it’s Bob’s'],
    ['windows-1252', 'Crème brûlée – “déjà vu”…'],
    ['ISO-8859-1', 'ÀÉÈÙÖÜÄÅ'],
    ['ISO-8859-1', 'NÃO ÀS ÇÃES'],
  ] as const)
    it(`${label} of ${text} is not corrected`, () => {
      assert.equal(decodeText(binary(text, label), label), text);
    });

  for (const text of ['“Hello” – it’s Bob’s', 'Crème brûlée', '¥100 ¤ 5', 'ÀÉÈ ÙÖÜ', '„Grüße“ – ‚so‘', '‚ƒ„…†‡', 'Ÿ‚ Žƒ'])
    it(`without a label, ${text} is Western`, () => {
      assert.equal(decodeText(binary(text, 'windows-1252')), text);
    });

  it('any Western text without a label, or with its own, is read as it was written', () => {
    const word = fc.stringMatching(/^[A-Za-zÀ-ÖØ-öø-ÿ]{1,8}$/);
    const quote = fc.constantFrom('', '“', '’', '–', '…', '€', '„');
    fc.assert(
      fc.property(fc.array(fc.tuple(quote, word, quote), { minLength: 1, maxLength: 6 }), (words) => {
        const text = words
          .map((parts) => parts.join(''))
          .join(' ')
          .normalize('NFC');
        const bytes = binary(text, 'windows-1252');
        // Â and Ã before a symbol are what UTF-8 looks like.
        fc.pre(Buffer.from(bytes, 'latin1').toString('utf8').includes('\ufffd') || /^[\0-\x7f]*$/.test(text));
        assert.equal(decodeText(bytes), text);
        assert.equal(decodeText(bytes, 'windows-1252'), text);
      }),
      { numRuns: 3000 },
    );
  });

  it('a phone whose charset is known, and that says UTF-8 where it is none, is understood by its own', () => {
    const traits = { text: { assumed: 'windows-1251' } };
    const sent = (label: string, bytes: string): Buffer =>
      Buffer.from(`BEGIN:VCARD\r\nVERSION:2.1\r\nN${label}:${bytes}\r\nEND:VCARD\r\n`, 'latin1');
    for (const [label, bytes] of [
      [';CHARSET=UTF-8', binary('Привет', 'windows-1251')],
      [';CHARSET=UTF-8', utf8('Привет')],
      ['', binary('Привет', 'windows-1251')],
      [';CHARSET=KOI8-R', binary('Привет', 'KOI8-R')],
    ] as const)
      assert.equal(describeItem(undress(sent(label, bytes), 'text/x-vcard', { traits }), 'text/x-vcard').label, 'Привет', label);
  });

  it('a card whose labels lie is shown as it was meant', () => {
    const lying = Buffer.from(
      [
        'BEGIN:VCARD',
        'VERSION:2.1',
        `N;CHARSET=ISO-8859-1:${utf8('Jörg')}`,
        `NOTE;CHARSET=UTF-8:${binary('Grüße', 'ISO-8859-1')}`,
        'END:VCARD',
        '',
      ].join('\r\n'),
      'latin1',
    );
    const shown = Buffer.from(convert(lying, 'text/x-vcard', 'vcard40') ?? []).toString();
    assert.ok(shown.includes('N:Jörg;;;;\r\n') && shown.includes('NOTE:Grüße\r\n'), shown);
    assert.equal(describeItem(lying, 'text/x-vcard').label, 'Jörg');
  });
});
