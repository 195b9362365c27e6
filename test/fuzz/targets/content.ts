/** Item content: the first byte of an input is its media type, the rest the item. Everything src/content offers to the sync is called. */
import { isDeepStrictEqual } from 'node:util';
import { acceptable } from '../../../src/content/check.js';
import { describe } from '../../../src/content/describe.js';
import { splitItems } from '../../../src/content/split.js';
import type { Choices } from '../choices.js';
import { OracleFailure, type Target } from '../target.js';
import { oneOf } from './decoded.js';
import { seedFiles } from './files.js';
import { lineTokens } from './tokens.js';

const TYPES = [
  ...['text/x-vcard', 'text/vcard', 'text/calendar', 'text/x-vcalendar', 'text/x-vnote', 'text/plain', ''],
  ...[
    'text/x-s4j-sifc',
    'text/x-s4j-sife',
    'text/x-s4j-sift',
    'text/x-s4j-sifn',
    'text/x-vmessage',
    'application/vnd.omads-email+xml',
    'message/rfc822',
    'text/directory; profile=vcalendar',
    'image/png',
  ],
] as const;
const LABEL_LETTERS = 80;

const COMPONENTS = ['VCARD', 'VCALENDAR', 'VEVENT', 'VTODO', 'VJOURNAL', 'VNOTE', 'VALARM', 'VTIMEZONE', 'STANDARD', 'DAYLIGHT', 'X-ANY'];
const PROPERTIES = [
  ...['N', 'FN', 'TEL', 'EMAIL', 'ORG', 'ADR', 'PHOTO', 'NOTE', 'BDAY', 'REV', 'UID', 'VERSION', 'X-A', 'CATEGORIES', 'KIND', 'BODY'],
  ...[
    'SUMMARY',
    'DTSTART',
    'DTEND',
    'DUE',
    'DURATION',
    'RRULE',
    'EXDATE',
    'RDATE',
    'AALARM',
    'DALARM',
    'TZ',
    'DAYLIGHT',
    'TRIGGER',
    'LAST-MODIFIED',
  ],
];
const PARAMS = [
  ...[
    'TYPE=HOME',
    'HOME',
    'PREF',
    'CHARSET=UTF-8',
    'CHARSET=SHIFT_JIS',
    'CHARSET=NO-SUCH',
    'ENCODING=QUOTED-PRINTABLE',
    'ENCODING=BASE64',
    'ENCODING=b',
    'QUOTED-PRINTABLE',
  ],
  ...['VALUE=DATE', 'TZID=Europe/Berlin', 'TZID="a:b"', 'X-P="q,r"', 'TYPE=a,b', 'LANGUAGE=', '=', 'PID=1.1'],
];
const VALUES = [
  ...[
    'Muster;Anna',
    '+49 171 1234567',
    'a@b.example',
    '20240101T100000Z',
    '20240101',
    '99999999T999999',
    'P1DT2H',
    'PT',
    '-P99999999W',
    '=C3=A4=\r\n=',
    '=',
    '=Z',
  ],
  ...[
    'AAAA\r\n  BBBB\r\n\r\n',
    '\\n\\,\\;\\\\',
    ';;;;;;;;',
    ',,,,',
    'FREQ=DAILY;COUNT=2;BYDAY=MO,-1FR',
    'D1 #2',
    'MP12 1+ SU #0',
    'TRUE;+02;20240331T010000Z;;',
    '',
  ],
  ...['\u0000', '\ufeff', 'é', '😀', '\ud800', ' \t ', '__proto__', 'a'.repeat(90)],
];

function lines(choices: Choices, depth: number): string {
  const name = depth === 0 ? choices.pick(['VCARD', 'VCALENDAR', 'VCALENDAR', 'VNOTE', ...COMPONENTS]) : choices.pick(COMPONENTS);
  const newline = choices.chance(85) ? '\r\n' : choices.pick(['\n', '\r', '\r\r\n', '\u2028']);
  let text = `BEGIN:${name}${newline}`;
  for (let n = choices.below(9); n > 0; n -= 1) {
    if (depth < 4 && choices.chance(25)) text += lines(choices, depth + 1);
    else {
      const group = choices.chance(5) ? choices.pick(['item1.', 'A.B.', '.']) : '';
      const params = Array.from({ length: choices.below(3) }, () => `;${choices.pick(PARAMS)}`).join('');
      const fold = choices.chance(5) ? `${newline}${choices.pick([' ', '\t', '  ', ''])}${choices.pick(VALUES)}` : '';
      text += `${group}${choices.pick(PROPERTIES)}${params}:${choices.pick(VALUES)}${fold}${newline}`;
    }
  }
  return choices.chance(93) ? `${text}END:${name}${newline}` : text;
}

function sif(choices: Choices): string {
  const root = choices.pick(['contact', 'appointment', 'task', 'note', 'CONTACT']);
  const names = [
    'FirstName',
    'LastName',
    'Email1Address',
    'Birthday',
    'Subject',
    'Start',
    'End',
    'IsRecurring',
    'Body',
    'SIFVersion',
    'Picture',
    '__proto__',
  ];
  const texts = [
    '',
    'Anna',
    '2024-01-01',
    '20240101T100000Z',
    '4501-01-01',
    'true',
    '&amp;',
    '<![CDATA[x]]>',
    '&#10;',
    '<a>b</a>',
    '&bad;',
  ];
  const children = Array.from({ length: choices.below(8) }, () => {
    const name = choices.pick(names);
    return choices.chance(90) ? `<${name}>${choices.pick(texts)}</${name}>` : `<${name}/>`;
  });
  return `<${root}>${children.join('')}</${choices.chance(95) ? root : 'x'}>`;
}

const CHARSETS = ['utf8', 'utf8', 'utf8', 'utf8', 'latin1', 'utf16le'] as const;

export const content: Target = {
  name: 'content',
  maxBytes: 4096,
  seeds: () => [
    ...seedFiles('fixtures/content', 2500, 60).map(({ path, bytes }) => typed(path, bytes)),
    ...['vcard', 'vcalendar', 'sif'].flatMap((folder) =>
      seedFiles(`../shared/corpus/${folder}`, 2500, 100).map(({ path, bytes }) => typed(path, bytes)),
    ),
  ],
  generate: (choices) => {
    const type = choices.below(TYPES.length);
    const text = type >= 7 && type <= 10 ? sif(choices) : lines(choices, 0);
    return Buffer.concat([Uint8Array.of(type), Buffer.from(text, choices.pick(CHARSETS))]);
  },
  tokens: (input) => lineTokens(input).map((at) => Math.max(1, at)),
  words: [
    ...COMPONENTS.flatMap((name) => [`BEGIN:${name}\r\n`, `END:${name}\r\n`]),
    ...PARAMS.map((param) => `;${param}`),
    ...PROPERTIES.map((name) => `\r\n${name}:`),
    '\r\n ',
    '=\r\n',
    '\0',
    '\ufeff',
  ].map((text) => Buffer.from(text)),
  run(input, everything = false) {
    const type = TYPES[(input[0] ?? 0) % TYPES.length] ?? '';
    const bytes = input.subarray(1);
    const described = describe(bytes, type);
    if (described.label.length > LABEL_LETTERS || /[\r\n]/.test(described.label))
      throw new OracleFailure('label', JSON.stringify(described.label));
    if (described.modified !== undefined && !/^\d{8}T\d{6}Z$/.test(described.modified))
      throw new OracleFailure('modified', described.modified);
    if ((everything || oneOf(10, input)) && !isDeepStrictEqual(describe(bytes.slice(), type), described))
      throw new OracleFailure('deterministic', '');
    acceptable(bytes, type);
    for (const piece of splitItems(bytes, type)) {
      describe(piece, type);
      acceptable(piece, type);
    }
  },
};

function typed(path: string, bytes: Uint8Array): Uint8Array {
  const type =
    /sif/.test(path) || /\.xml$/.test(path)
      ? 'text/x-s4j-sifc'
      : /\.(ics|ref|local)$/.test(path)
        ? 'text/calendar'
        : /\.vcs$/.test(path)
          ? 'text/x-vcalendar'
          : 'text/x-vcard';
  return Buffer.concat([Uint8Array.of(TYPES.indexOf(type)), bytes]);
}
