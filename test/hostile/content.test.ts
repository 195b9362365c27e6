/** Content that is written to cost more than it weighs: runs of one piece, in each place where a pattern looks. */
import assert from 'node:assert/strict';
import { acceptable } from '../../src/content/check.js';
import { describe as described } from '../../src/content/describe.js';
import { splitItems } from '../../src/content/split.js';
import { storeName } from '../../src/model/datastore.js';

const SIZE = 100_000;
/** What grows with the square of the size takes 5 to 50 s of processor time for it; all else well below a tenth of one. */
const MOST_CPU_MS = 2000;

const PIECES = [
  ...[
    '\0',
    ' ',
    '\t',
    ':',
    ';',
    ',',
    '=',
    '"',
    '\\',
    '<',
    '&',
    '-',
    'a',
    '1',
    '@',
    '/',
    '*',
    '\r',
    '\n',
    '\r\n',
    '\r\n ',
    '=\r\n',
    'a.',
    ';A=',
    ';A="',
  ],
  ...[
    '<?',
    '<!--',
    '<!',
    '<![CDATA[',
    '<a',
    '<a ',
    '</a>',
    'BEGIN',
    'BEGIN:',
    'BEGIN:VCARD\r\n',
    'END:VCARD\r\n',
    'D1 ',
    'T',
    '20240101T000000Z;',
  ],
];
const event = (property: string): readonly [string, string] => [
  `BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n${property}`,
  'x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n',
];
const card = (property: string): readonly [string, string] => [`BEGIN:VCARD\r\n${property}`, 'x\r\n\r\nEND:VCARD\r\n'];
const PLACES: Readonly<Record<string, readonly [string, string]>> = {
  'at the beginning': ['', 'x'],
  'in a name': card('N'),
  'in a value': card('N:'),
  'in quoted-printable': card('N;ENCODING=QUOTED-PRINTABLE:'),
  'in Base64': card('PHOTO;ENCODING=BASE64:'),
  'in a telephone number': card('TEL:'),
  'after BEGIN': ['BEGIN:VCARD', 'x'],
  'after END': ['BEGIN:VCARD\r\nN:a\r\nEND:VCARD', 'x'],
  'in a rule': event('RRULE:'),
  'in an alarm': event('AALARM:'),
  'in a date': event('DTSTART:'),
  'in a time zone': event('DTSTART;TZID='),
  'in a note': ['BEGIN:VNOTE\r\nBODY:', 'x\r\nEND:VNOTE\r\n'],
  'in an element': ['<contact><FirstName>', '</FirstName></contact>'],
  'in a tag': ['<contact', '></contact>'],
};
const TYPES = ['text/x-vcard', 'text/x-vcalendar', 'text/x-s4j-sifc', 'text/plain'];

describe('hostile content', function () {
  this.timeout(600_000);

  function cheap(what: string, work: () => unknown): void {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    assert.ok((user + system) / 1000 < MOST_CPU_MS, `${what}: ${(user + system) / 1000} ms`);
  }

  for (const [place, [before, after]] of Object.entries(PLACES)) {
    it(`runs of a piece ${place} cost no more than they weigh`, () => {
      for (const piece of PIECES) {
        const bytes = Buffer.from(before + piece.repeat(SIZE / piece.length) + after);
        for (const type of TYPES) {
          const what = `${JSON.stringify(piece)} as ${type}`;
          cheap(`${what}, accepted`, () => acceptable(bytes, type));
          cheap(`${what}, described`, () => described(bytes, type));
          cheap(`${what}, split`, () => [...splitItems(bytes, type)]);
        }
      }
    });
  }

  it('names of datastores no more', () => {
    for (const piece of ['/', './', '?', 'http://', '%2e', '../']) {
      cheap(piece, () => storeName(`a${piece.repeat(SIZE)}a`));
      cheap(piece, () => storeName(`${piece.repeat(SIZE)}a`));
    }
  });
});
