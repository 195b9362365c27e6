/** Short messages and e-mail: told apart, shown, and kept as they are. */
import assert from 'node:assert/strict';
import { acceptable } from '../../src/content/check.js';
import { convert } from '../../src/content/conversion/convert.js';
import { describe as describeItem } from '../../src/content/describe.js';
import { splitItems } from '../../src/content/split.js';
import { bytesOf } from './helpers.js';

const VMSG = 'text/x-vmessage';
const EMAIL = 'application/vnd.omads-email+xml';

const nokia = (text: string, time = '20060101T120000Z'): string =>
  [
    'BEGIN:VMSG',
    'VERSION:1.1',
    'X-IRMC-STATUS:READ',
    'X-IRMC-BOX:INBOX',
    `X-NOK-DT:${time}`,
    'X-MESSAGE-TYPE:DELIVER',
    'BEGIN:VCARD',
    'VERSION:3.0',
    'N:Ann',
    'TEL:+49 171-1',
    'END:VCARD',
    'BEGIN:VENV',
    'BEGIN:VBODY',
    'Date:01-01-2006 13:00:00',
    text,
    'END:VBODY',
    'END:VENV',
    'END:VMSG',
    '',
  ].join('\r\n');

const MAIL = [
  'From: =?ISO-8859-1?Q?J=F6rg_M=FCller?= <Joerg@x.example>',
  'Subject: =?UTF-8?B?R3LDvMOfZQ==?=',
  ' =?UTF-8?Q?_und_mehr?=',
  'Date: Thu, 01 Jan 2026 13:00:00 +0100',
  '',
  'Hello',
  '',
].join('\r\n');
const email = (flags: string, item = MAIL, attributes = ''): Buffer =>
  bytesOf(
    `<?xml version="1.0" encoding="UTF-8"?>\r\n<Email>${flags}<emailitem${attributes}>${item.replace(/&/g, '&amp;').replace(/</g, '&lt;')}</emailitem></Email>`,
  );

describe('describe: short messages', () => {
  it('a message is told by its folder, sender, time and text, and shown with them', () => {
    const { kind, parsed, identity, label } = describeItem(bytesOf(nokia('Grüße, bis morgen\r\nAnn')), VMSG);
    assert.deepEqual([kind, parsed, label], ['message', true, '+491711: Grüße, bis morgen']);
    assert.equal(identity, JSON.stringify(['message', 'inbox', '+491711', '20060101T120000Z', 'grüße, bis morgen']));
  });

  it('with a subject in quoted-printable', () => {
    const samsung = [
      'BEGIN:VMSG',
      'VERSION:1.1',
      'X-MESSAGE-TYPE:SUBMIT',
      'BEGIN:VCARD',
      'VERSION:2.1',
      'TEL:+4911',
      'END:VCARD',
      'BEGIN:VBODY',
      'Date:2014/06/29 09:38:53 GMT',
      'Subject;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:Gr=C3=BC=C3=9Fe',
      'END:VBODY',
      'END:VMSG',
    ].join('\r\n');
    const { label, identity } = describeItem(bytesOf(samsung), VMSG);
    assert.equal(label, '+4911: Grüße');
    assert.equal(identity, JSON.stringify(['message', 'sent', '+4911', '2014/06/29 09:38:53 gmt', 'grüße']));
  });

  it('does not count line ends, counts all else', () => {
    const [crlf, lf] = [nokia('a'), nokia('a').replaceAll('\r\n', '\n')].map((text) => describeItem(bytesOf(text), VMSG));
    assert.deepEqual(crlf?.canonical, lf?.canonical);
    for (const other of [nokia('b'), nokia('a', '20060101T120001Z'), nokia('a').replace('READ', 'UNREAD')])
      assert.notDeepEqual(describeItem(bytesOf(other), VMSG).canonical, crlf?.canonical);
  });

  it('knows one without a type by its beginning', () => {
    assert.equal(describeItem(bytesOf(nokia('a')), '').kind, 'message');
  });

  it('is split from a file byte for byte, and never converted', () => {
    const [one, two] = [bytesOf(nokia('one')), bytesOf(nokia('two'))];
    assert.deepEqual(
      splitItems(Buffer.concat([one, bytesOf('\r\n'), two]), VMSG).map((item) => Buffer.from(item)),
      [one, two],
    );
    for (const to of ['plain', 'vnote', 'vcard30', 'sifn'] as const) assert.equal(convert(one, VMSG, to), undefined);
  });

  for (const [bytes, ok] of [
    [nokia('a'), true],
    ['hello', false],
    ['BEGIN:VCARD\r\nEND:VCARD\r\n', false],
  ] as const)
    it(`${ok ? 'takes' : 'refuses'} ${bytes.slice(0, 12).trim()}`, () => {
      assert.equal(acceptable(bytesOf(bytes), VMSG).ok, ok);
    });

  it('what is no message is opaque', () => {
    assert.deepEqual([describeItem(bytesOf('hello'), VMSG).kind, describeItem(bytesOf('hello'), VMSG).parsed], ['opaque', false]);
  });
});

describe('describe: e-mail', () => {
  it('an object is told by sender, time and subject, and shown by its subject', () => {
    const { kind, parsed, identity, label, modified } = describeItem(
      email('<read>true</read><modified>20260102T000000Z</modified>'),
      EMAIL,
    );
    assert.deepEqual([kind, parsed, label, modified], ['email', true, 'Grüße und mehr', '20260102T000000Z']);
    assert.equal(identity, JSON.stringify(['email', '', 'joerg@x.example', '20260101T120000Z', 'grüße und mehr']));
  });

  it('shares its identity with the message alone', () => {
    assert.equal(describeItem(bytesOf(MAIL), 'message/rfc822').identity, describeItem(email(''), EMAIL).identity);
  });

  it('does not count order, flags that are not set, nor how the message is encoded', () => {
    const plain = describeItem(email('<read>true</read><flagged>false</flagged><replied>1</replied>'), EMAIL).canonical;
    const base64 = email('<replied>true</replied><read>1</read>', Buffer.from(MAIL).toString('base64'), ' enc="base64"');
    assert.deepEqual(describeItem(base64, EMAIL).canonical, plain);
    const quoted = email(
      '<replied>true</replied><read>1</read>',
      MAIL.replaceAll('=', '=3D').replace('Hello', 'Hel=\r\nlo'),
      ' enc="quoted-printable"',
    );
    assert.deepEqual(describeItem(quoted, EMAIL).canonical, plain);
    assert.notDeepEqual(describeItem(email('<read>true</read>'), EMAIL).canonical, plain);
    assert.notDeepEqual(
      describeItem(email('<read>true</read><replied>1</replied>', MAIL.replace('Hello', 'Hullo')), EMAIL).canonical,
      plain,
    );
  });

  for (const [bytes, ok] of [
    [email(''), true],
    [bytesOf('<!DOCTYPE Email><x:Email xmlns:x="y"><x:emailitem>a</x:emailitem></x:Email>'), true],
    [bytesOf('<File><name>a</name></File>'), false],
    [bytesOf('hello'), false],
  ] as const)
    it(`${ok ? 'takes' : 'refuses'} ${bytes.toString().slice(0, 24)}`, () => {
      assert.equal(acceptable(bytes, EMAIL).ok, ok);
      assert.equal(describeItem(bytes, EMAIL).parsed, ok);
    });

  it('hostile headers are read in time that grows with them', () => {
    const started = performance.now();
    for (const part of ['=?utf-8?q?', '=?a', '?= =?', ' \r\n', '<', '<>'])
      describeItem(bytesOf(`Subject: ${part.repeat(20_000)}`), 'message/rfc822');
    assert.ok(performance.now() - started < 2000, `${performance.now() - started} ms`);
  });
});
