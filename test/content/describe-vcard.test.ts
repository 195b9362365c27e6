import assert from 'node:assert/strict';
import { describe as describeItem } from '../../src/content/describe.js';
import { assertEqualItems, assertOtherItems, card } from './helpers.js';

describe('describe: vCard', () => {
  const full = [
    'N:Müller;Hans;;Dr.',
    'FN:Dr. Hans Müller',
    'TEL;TYPE=CELL:+491711234567',
    'TEL;TYPE=WORK,PREF:(030) 123-4567',
    'EMAIL;TYPE=INTERNET:Hans@Example.com',
    'ORG:Example GmbH;Engineering',
    'NOTE:first line\\nsecond\\, longer; line',
  ];

  for (const { why, left, right } of [
    { why: 'line ends', left: card('3.0', full), right: card('3.0', full, '\n') },
    { why: 'CR CR LF line ends', left: card('3.0', full), right: card('3.0', full, '\r\r\n') },
    { why: 'CR line ends', left: card('3.0', full), right: card('3.0', full, '\r') },
    { why: 'order of properties', left: card('3.0', full), right: card('3.0', [...full].reverse()) },
    { why: 'a repeated property', left: card('3.0', full), right: card('3.0', [...full, ...full]) },
    {
      why: '2.1 and 3.0',
      left: card('3.0', full),
      right: card('2.1', [
        'N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;Hans;;Dr.;',
        'TEL;CELL;VOICE:+49 171 1234567',
        'TEL;PREF;WORK:030-1234567',
        'EMAIL;INTERNET:hans@example.com',
        'ORG:Example GmbH;Engineering;',
        'NOTE;ENCODING=QUOTED-PRINTABLE:first line=0D=0Asecond, =',
        'longer; line',
        'REV:20080113T144844Z',
        'X-IRMC-LUID:000200000012',
      ]),
    },
    {
      why: '3.0 and 4.0',
      left: card('3.0', full),
      right: card('4.0', [
        'N:Müller;Hans;;Dr.;',
        'FN:Dr. Hans Müller',
        'TEL;TYPE=cell;VALUE=uri:tel:+49-171-1234567',
        'TEL;PREF=1;TYPE="work,voice":0301234567',
        'EMAIL:hans@example.com',
        'ORG:Example GmbH;Engineering',
        'NOTE:first line\\nsecond\\, longer\\; line',
        'KIND:individual',
        'UID:urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1',
      ]),
    },
    { why: '2.1 folding keeps the white space', left: card('2.1', ['NOTE:one two']), right: card('2.1', ['NOTE:one\r\n two']) },
    { why: '3.0 folding drops the white space', left: card('3.0', ['NOTE:onetwo']), right: card('3.0', ['NOTE:one\r\n two']) },
    {
      why: 'a fold inside a UTF-8 sequence',
      left: card('3.0', ['NOTE:für']),
      right: card('3.0', [`NOTE:f${raw('c3')}\r\n ${raw('bc')}r`]),
    },
    {
      why: 'a soft break inside an encoded byte',
      left: card('2.1', ['N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:- PRIMA;=D0=9F=D0=A1']),
      right: card('2.1', ['N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:- PRIMA;=D0=9F==\r\nD0=A1']),
    },
    {
      why: 'a soft break with an empty line after it (K750i)',
      left: card('2.1', ['N:Hall;Joseph', 'TEL;HOME:028']),
      right: card('2.1', ['N;ENCODING=QUOTED-PRINTABLE:Hall;Joseph=\r\n', 'TEL;HOME:028']),
    },
    {
      why: 'an encoded soft break (N9)',
      left: card('2.1', ['NOTE:onetwo']),
      right: card('2.1', ['NOTE;ENCODING=QUOTED-PRINTABLE:one==0D=0A=\r\ntwo']),
    },
    {
      why: 'a last value that ends in a bare =',
      left: card('2.1', ['URL:http://a/?b=']),
      right: card('2.1', ['URL;QUOTED-PRINTABLE:http://a/?b=3D']),
    },
    { why: '8-bit without CHARSET that is not UTF-8', left: card('2.1', ['N:Müller']), right: card('2.1', [`N:M${raw('fc')}ller`]) },
    {
      why: 'CHARSET',
      left: card('2.1', ['NOTE:привет']),
      right: card('2.1', ['NOTE;CHARSET=KOI8-R;ENCODING=QUOTED-PRINTABLE:=D0=D2=C9=D7=C5=D4']),
    },
    { why: 'Unicode composition', left: card('3.0', ['NOTE:\u00fc']), right: card('3.0', ['NOTE:u\u0308']) },
    {
      why: 'BASE64 of all versions, folded or not',
      left: card('3.0', ['PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQ==']),
      right: card('2.1', ['PHOTO;ENCODING=BASE64:\r\n /9j/4AAQSk\r\n ZJRgABAQ==\r\n', 'X-EMPTY:']),
    },
    {
      why: 'BASE64 that goes on without indentation',
      left: card('4.0', ['PHOTO:data:image/jpeg;base64,/9j/4AAQSkZJRgABAQ==']),
      right: card('2.1', ['PHOTO;JPEG;BASE64:/9j/4AAQSk\r\nZJRgABAQ==']),
    },
    { why: 'group names', left: card('3.0', ['a.URL:x', 'a.X-ABLabel:y']), right: card('3.0', ['item1.X-ABLABEL:y', 'item1.URL:x']) },
    { why: 'spellings of a date', left: card('3.0', ['BDAY:1970-01-02']), right: card('2.1', ['BDAY:19700102T000000Z']) },
    { why: 'an escaped semicolon', left: card('2.1', ['ORG:A\\;B;C']), right: card('3.0', ['ORG:A\\;B;C']) },
    {
      why: 'VERSION at the end',
      left: card('2.1', ['NOTE:a\\,b']),
      right: Buffer.from('BEGIN:VCARD\nNOTE:a\\,b\nVERSION:2.1\nEND:VCARD\n'),
    },
    { why: 'UTF-16', left: card('2.1', ['NOTE:ü']), right: Buffer.from(`\ufeff${card('2.1', ['NOTE:ü']).toString()}`, 'utf16le') },
  ]) {
    it(`does not count ${why}`, () => {
      assertEqualItems(left, right, 'text/x-vcard');
    });
  }

  for (const { why, left, right } of [
    { why: 'a backslash that 2.1 does not undo', left: card('2.1', ['NOTE:a\\,b']), right: card('3.0', ['NOTE:a\\,b']) },
    { why: 'which component a name is in', left: card('2.1', ['N:A;B']), right: card('2.1', ['N:B;A']) },
    { why: 'a separator against an escaped one', left: card('2.1', ['ORG:A;B']), right: card('2.1', ['ORG:A\\;B']) },
    { why: 'the same in a property we do not know', left: card('3.0', ['X-IM:A;B']), right: card('3.0', ['X-IM:A\\;B']) },
    { why: 'a leading +', left: card('2.1', ['TEL:+491']), right: card('2.1', ['TEL:491']) },
    { why: 'a dot in a SIP address', left: card('4.0', ['TEL:sip:a@b.c']), right: card('4.0', ['TEL:sip:a@bc']) },
    { why: 'a pause in a number', left: card('2.1', ['TEL:123p4']), right: card('2.1', ['TEL:1234']) },
    { why: 'a kind of number', left: card('2.1', ['TEL;HOME:1']), right: card('2.1', ['TEL;WORK:1']) },
    { why: 'VOICE beside FAX', left: card('2.1', ['TEL;FAX:1']), right: card('2.1', ['TEL;FAX;VOICE:1']) },
    { why: 'PREF', left: card('2.1', ['TEL;HOME:1']), right: card('2.1', ['TEL;HOME;PREF:1']) },
    { why: 'an FN of its own', left: card('3.0', ['N:Doe;John', 'FN:John Doe']), right: card('3.0', ['N:Doe;John', 'FN:Johnny']) },
    { why: 'a photo', left: card('2.1', ['PHOTO;BASE64:AAAA']), right: card('2.1', ['PHOTO;BASE64:AAAB']) },
    { why: 'a link to a photo', left: card('2.1', ['PHOTO;BASE64:AAAA']), right: card('2.1', ['PHOTO:AAAA']) },
    {
      why: 'which property a label belongs to',
      left: card('3.0', ['a.URL:x', 'b.URL:z', 'a.X-ABLabel:y']),
      right: card('3.0', ['a.URL:x', 'b.URL:z', 'b.X-ABLabel:y']),
    },
    { why: 'a line that is no property', left: card('2.1', ['NOTE:a', 'stray']), right: card('2.1', ['NOTE:a']) },
    { why: 'text that imitates a separator', left: card('2.1', ['N:a;b']), right: card('2.1', ['N:a\x1fb']) },
  ]) {
    it(`counts ${why}`, () => {
      assertOtherItems(left, right, 'text/x-vcard');
    });
  }

  it('gives identity, label and time of change', () => {
    const item = describeItem(card('3.0', [...full, 'REV:2008-01-13T15:48:44+01:00']), 'text/vcard; charset=utf-8');
    assert.equal(item.kind, 'vcard');
    assert.equal(item.parsed, true);
    assert.equal(item.label, 'Dr. Hans Müller');
    assert.equal(item.modified, '20080113T144844Z');
    assert.equal(item.identity, describeItem(card('2.1', ['N:hans;MÜLLER', 'ORG:EXAMPLE  GmbH']), 'text/x-vcard').identity);
  });

  it('takes e-mail, then phone, for a card without a name', () => {
    const byMail = describeItem(card('2.1', ['TEL:123', 'EMAIL:A@B.example']), 'text/x-vcard');
    assert.equal(byMail.identity, describeItem(card('2.1', ['EMAIL:a@b.example']), 'text/x-vcard').identity);
    const byPhone = describeItem(card('2.1', ['TEL;CELL:1-2 3']), 'text/x-vcard');
    assert.equal(byPhone.identity, describeItem(card('2.1', ['TEL:123']), 'text/x-vcard').identity);
    assert.equal(describeItem(card('2.1', ['NOTE:x']), 'text/x-vcard').identity, undefined);
  });

  it('keeps what is no card as opaque', () => {
    const item = describeItem(Buffer.from('hello'), 'text/x-vcard');
    assert.equal(item.kind, 'opaque');
    assert.equal(item.parsed, false);
    assert.ok((item.reason ?? '').length > 0);
    assertOtherItems(Buffer.from('hello'), Buffer.from('hello '), 'text/x-vcard');
  });

  it('cuts labels to 80 characters, not inside a surrogate pair', () => {
    const { label } = describeItem(card('3.0', [`FN:${'a'.repeat(79)}😀😀`]), 'text/vcard');
    assert.equal(label, 'a'.repeat(79));
  });
});

/** A byte that `card` writes as it is. */
function raw(hex: string): string {
  return String.fromCharCode(0xf700 + parseInt(hex, 16));
}
