import assert from 'node:assert/strict';
import fc from 'fast-check';
import { acceptable } from '../../src/content/check.js';
import { toBinary } from '../../src/content/charset.js';
import { describe as describeItem } from '../../src/content/describe.js';
import { parseLines } from '../../src/content/lines.js';
import { splitItems } from '../../src/content/split.js';
import { contacts, styles, writeContact, type Contact } from './contact-writer.js';
import { assertEqualItems } from './helpers.js';

const TYPES = [
  'text/x-vcard',
  'text/vcard',
  'text/x-vcalendar',
  'text/calendar',
  'text/x-vnote',
  'text/plain',
  'text/x-s4j-sifc',
  'text/x-vmessage',
  'application/vnd.omads-email+xml',
  'message/rfc822',
  '',
  'image/png',
];

/** Bytes that look enough like items to get past the first checks. */
const scraps = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'BEGIN:VCARD', 'END:VCARD', 'BEGIN:VCALENDAR', 'BEGIN:VEVENT', 'END:VEVENT', 'VERSION:2.1', 'VERSION:3.0', '\r', '\n', '\r\n', '\n ', '=', '=\r\n', '=0D=0A', ':', ';', ',', '\\', '"', '"a:b"',
        'N', 'TEL', 'PHOTO', 'DTSTART', 'EXDATE', 'RRULE:', 'TRIGGER:P', 'REV:99999999T999999+9999', 'UID:1', 'AGENT:', 'ENCODING=BASE64', 'QUOTED-PRINTABLE', 'CHARSET=utf-16', 'CHARSET=iso-2022-jp', 'CHARSET=utf-7', 'CHARSET=x', 'TZID=',
        '<contact>', '</contact>', '<a', '/>', '<!--', '-->', '<![CDATA[', ']]>', '&#xD800;', '&amp;', '\ufeff', '\0', '.', 'item1.', ' ', '\t',
      ), // prettier-ignore
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => Buffer.from(parts.join(''), 'utf8'));

describe('content: properties', () => {
  it('answers any bytes of any type', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), scraps), fc.constantFrom(...TYPES), (bytes, type) => {
        const item = describeItem(bytes, type);
        assert.equal(item.parsed, item.kind !== 'opaque');
        assert.equal(item.reason === undefined, item.parsed);
        assert.ok(item.label.length <= 80);
        assert.ok(item.modified === undefined || /^\d{8}T\d{6}Z$/.test(item.modified));
        assert.ok(Buffer.from(item.canonical).equals(describeItem(Buffer.from(bytes), type).canonical));
        assert.equal(typeof acceptable(bytes, type).ok, 'boolean');
        assert.ok(splitItems(bytes, type).every((part) => part.length > 0 || bytes.length === 0));
      }),
      { numRuns: 3000 },
    );
  });

  it('loses no byte in lines', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), scraps), (bytes) => {
        const source = toBinary(bytes);
        const lines = parseLines(source);
        assert.equal(lines.map((line) => source.text.slice(line.start, line.end)).join(''), source.text);
        for (const line of lines) assert.ok(line.start <= line.valueStart && line.valueStart <= line.valueEnd && line.valueEnd <= line.end);
      }),
      { numRuns: 3000 },
    );
  });

  it('reads a contact the same however it is written', () => {
    fc.assert(
      fc.property(contacts, styles, styles, (contact, one, other) => {
        assertEqualItems(writeContact(contact, one), writeContact(contact, other), 'text/x-vcard');
      }),
      { numRuns: 1000 },
    );
  });

  it('sees any change of what a person sees', () => {
    fc.assert(
      fc.property(contacts, contacts, fc.nat(), styles, styles, (contact, donor, pick, one, other) => {
        const changed = changeOne(contact, donor, pick);
        fc.pre(JSON.stringify(essence(changed)) !== JSON.stringify(essence(contact)));
        const [left, right] = [writeContact(contact, one), writeContact(changed, other)];
        assert.notDeepEqual(describeItem(left, 'text/x-vcard').canonical, describeItem(right, 'text/x-vcard').canonical);
      }),
      { numRuns: 2000 },
    );
  });

  it('takes time in proportion to the length', () => {
    const size = 1 << 18;
    for (const unit of [
      '\r',
      '\n',
      ':',
      '"',
      '=',
      ' ',
      '<',
      '<!--',
      '<a ',
      'a',
      'a:"\n',
      '=\n',
      'a\n',
      ' \n',
      'BEGIN:VCARD\n',
      'a;ENCODING=BASE64:A\n',
      ';',
      '&',
      '\\',
      'é',
      '-',
      '\t:',
      '\r\r\n ',
      '<!-- -->',
      'a=',
    ]) {
      for (const head of ['', 'BEGIN:VCARD\nNOTE;QUOTED-PRINTABLE:', 'BEGIN:VEVENT\nRDATE:', '<contact>', 'BEGIN:']) {
        const bytes = Buffer.from(head + unit.repeat(size / unit.length) + '\nX:y', 'utf8');
        for (const type of ['text/x-vcard', 'text/x-s4j-sifc', 'text/plain']) {
          const start = process.cpuUsage().user;
          describeItem(bytes, type);
          acceptable(bytes, type);
          const milliseconds = (process.cpuUsage().user - start) / 1000;
          // A quadratic step over 256 KiB takes a minute; the slowest linear one a fraction of a second.
          assert.ok(milliseconds < 3000, `${JSON.stringify(head + unit)} as ${type}: ${milliseconds} ms`);
        }
      }
    }
  }).timeout(180_000);
});

/** `contact` with one thing taken from `donor`. */
function changeOne(contact: Contact, donor: Contact, pick: number): Contact {
  const keys = Object.keys(contact) as (keyof Contact)[];
  const key = keys[pick % keys.length] ?? 'name';
  const own = contact[key];
  const others = donor[key];
  if (Array.isArray(own) && Array.isArray(others) && own.length === others.length && own.length > 0) {
    const at = pick % own.length;
    return { ...contact, [key]: own.map((entry: unknown, index) => (index === at ? (others[at] as unknown) : entry)) };
  }
  return { ...contact, [key]: others };
}

/** What is left of a contact when order, repetition and empty ends do not count. */
function essence(contact: Contact): unknown {
  const trimEnd = (parts: readonly string[]): readonly string[] => parts.slice(0, parts.findLastIndex((part) => part !== '') + 1);
  const set = (entries: readonly unknown[]): string[] => [...new Set(entries.map((entry) => JSON.stringify(entry)))].sort();
  const typed = (types: readonly string[], value: unknown): unknown => [[...types].sort(), value];
  return [
    trimEnd(contact.name),
    trimEnd(contact.org),
    contact.texts,
    set(contact.phones.map(({ types, number }) => typed(types, number))),
    set(contact.emails.map(({ types, address }) => typed(types, address))),
    set(
      contact.addresses
        .map(({ parts }) => trimEnd(parts))
        .map((parts, at) => (parts.length === 0 ? '' : typed(contact.addresses[at]?.types ?? [], parts))),
    ).filter((entry) => entry !== '""'),
    contact.birthday,
    [...contact.photo],
  ];
}
