import fc from 'fast-check';
import { bytesOf } from './helpers.js';

/** A contact as a person sees it. */
export interface Contact {
  readonly name: readonly string[];
  readonly org: readonly string[];
  readonly texts: Readonly<Record<'TITLE' | 'NOTE' | 'URL' | 'NICKNAME', string>>;
  readonly phones: readonly { readonly types: readonly string[]; readonly number: string }[];
  readonly emails: readonly { readonly types: readonly string[]; readonly address: string }[];
  readonly addresses: readonly { readonly types: readonly string[]; readonly parts: readonly string[] }[];
  readonly birthday: string;
  readonly photo: Uint8Array;
}

const words = fc.constantFrom(
  'a',
  'Zoë',
  'п',
  '漢字',
  ' ',
  ';',
  ',',
  '\\',
  ':',
  '"',
  '=',
  '=3D',
  'END:VCARD',
  '.',
  '—',
  '😀',
  'é',
  "'",
  'n',
  'N',
);
/** Text without white space at its ends, which does not count. A backslash at the end of a component cannot be written in 2.1. */
const component = fc.array(words, { maxLength: 6 }).map((parts) =>
  parts
    .join('')
    .trim()
    .replace(/[\\\s]+$/, ''),
);
const text = fc.array(fc.oneof(words, fc.constant('\n')), { maxLength: 12 }).map((parts) =>
  parts
    .join('')
    .trim()
    .replace(/[\\\s]+$/, ''),
);
const types = fc.uniqueArray(fc.constantFrom('HOME', 'WORK', 'PREF', 'CELL', 'FAX'), { maxLength: 3 });

export const contacts: fc.Arbitrary<Contact> = fc.record({
  name: fc.array(component, { minLength: 5, maxLength: 5 }),
  org: fc.array(component, { minLength: 2, maxLength: 2 }),
  texts: fc.record({ TITLE: text, NOTE: text, URL: text, NICKNAME: text }),
  phones: fc.array(fc.record({ types, number: fc.stringMatching(/^\+?[0-9]{1,12}([p*#][0-9]{1,3})?$/) }), { maxLength: 3 }),
  emails: fc.array(fc.record({ types, address: fc.stringMatching(/^[a-z]{1,8}@[a-z]{1,8}\.example$/) }), { maxLength: 2 }),
  addresses: fc.array(fc.record({ types, parts: fc.array(component, { minLength: 7, maxLength: 7 }) }), { maxLength: 2 }),
  birthday: fc.constantFrom('', '1970-01-02', '2001-12-31'),
  photo: fc.uint8Array({ maxLength: 90 }),
});

/** How one program writes it. `dice` decides everything that has no name, and is used in order, round and round. */
export interface Style {
  readonly version: '2.1' | '3.0' | '4.0';
  readonly newline: '\r\n' | '\n' | '\r\r\n';
  readonly latin: boolean;
  readonly width: number;
  readonly dice: readonly number[];
}

export const styles: fc.Arbitrary<Style> = fc.record({
  version: fc.constantFrom('2.1', '3.0', '4.0'),
  newline: fc.constantFrom('\r\n', '\n', '\r\r\n'),
  latin: fc.boolean(),
  width: fc.integer({ min: 10, max: 76 }),
  dice: fc.array(fc.nat({ max: 59 }), { minLength: 20, maxLength: 60 }),
});

/** Writes `contact` in `style`. */
export function writeContact(contact: Contact, style: Style): Buffer {
  let thrown = 0;
  const roll = (sides: number): number => (style.dice[thrown++ % style.dice.length] ?? 0) % sides;
  const legacy = style.version === '2.1';
  const lines: string[] = [];

  const put = (name: string, typeList: readonly string[], parts: readonly string[]): void => {
    const value = parts.map((part) => escape(part, legacy)).join(';') + (parts.length > 1 && roll(3) === 0 ? ';' : '');
    const header = roll(2) === 0 ? name : name.toLowerCase();
    const params = typeParams(typeList, style.version, roll);
    if (legacy && (value.includes('\n') || roll(2) === 0)) {
      const bytes = style.latin ? latin1(value) : undefined;
      const charset = bytes === undefined ? 'UTF-8' : 'ISO-8859-1';
      const encoding = roll(2) === 0 ? 'QUOTED-PRINTABLE' : 'ENCODING=Quoted-Printable';
      lines.push(`${header}${params};CHARSET=${charset};${encoding}:${quotedPrintable(bytes ?? Buffer.from(value), style.width)}`);
    } else {
      lines.push(fold(`${header}${params}:`, roll(2) === 0 ? decompose(value) : value, legacy, style.width));
    }
  };

  put('N', [], contact.name);
  const [family = '', given = '', middle = '', prefix = '', suffix = ''] = contact.name;
  const composed = [prefix, given, middle, family, suffix].filter((part) => part !== '').join(' ');
  if (composed !== '' && (!legacy || roll(2) === 0)) put('FN', [], [composed]);
  put('ORG', [], contact.org);
  for (const [name, value] of Object.entries(contact.texts)) if (value !== '' || roll(2) === 0) put(name, [], [value]);
  for (const { types: list, number } of contact.phones)
    put('TEL', roll(2) === 0 && !list.includes('FAX') ? [...list, 'VOICE'] : list, [spaced(number, roll)]);
  for (const { types: list, address } of contact.emails)
    put('EMAIL', roll(2) === 0 ? ['INTERNET', ...list] : list, [roll(2) === 0 ? address.toUpperCase() : address]);
  for (const { types: list, parts } of contact.addresses) put('ADR', list, parts);
  if (contact.birthday !== '') put('BDAY', [], [roll(2) === 0 ? contact.birthday : contact.birthday.replaceAll('-', '')]);
  if (contact.photo.length > 0) lines.push(photo(contact.photo, style, roll));
  for (const noise of [
    'REV:20080113T144844Z',
    'PRODID:-//x',
    'UID:1',
    'X-IRMC-LUID:0001',
    'X-EMPTY:',
    'EMAIL;INTERNET:',
    'CLASS:PUBLIC',
    '',
  ])
    if (roll(3) === 0) lines.push(noise);

  for (let at = lines.length - 1; at > 0; at -= 1) {
    const other = roll(at + 1);
    [lines[at], lines[other]] = [lines[other] ?? '', lines[at] ?? ''];
  }
  lines.splice(legacy ? roll(lines.length + 1) : 0, 0, `VERSION:${style.version}`);
  return bytesOf(['BEGIN:VCARD', ...lines, 'END:VCARD', ''].join('\n').replaceAll('\n', style.newline));
}

type Roll = (sides: number) => number;

function escape(value: string, legacy: boolean): string {
  if (legacy) return value.replaceAll(';', '\\;');
  return value.replace(/[\\;,]/g, '\\$&').replaceAll('\n', '\\n');
}

function typeParams(list: readonly string[], version: string, roll: Roll): string {
  const spell = (type: string): string => (roll(2) === 0 ? type : type.toLowerCase());
  const shuffled = roll(2) === 0 ? list : [...list].reverse();
  if (shuffled.length === 0) return '';
  if (version === '2.1' && roll(2) === 0) return shuffled.map((type) => `;${spell(type)}`).join('');
  if (version === '4.0' && roll(2) === 0) return `;TYPE="${shuffled.map(spell).join(',')}"`;
  if (roll(2) === 0) return shuffled.map((type) => `;type=${spell(type)}`).join('');
  return `;TYPE=${shuffled.map(spell).join(',')}`;
}

function spaced(number: string, roll: Roll): string {
  return number.replace(/[0-9]/g, (digit) => digit + ['', '', '', ' ', '-', '.'][roll(6)]).trim();
}

function decompose(value: string): string {
  return value.normalize('NFD');
}

/** ISO-8859-1, when all of `value` is in it. */
function latin1(value: string): Buffer | undefined {
  const bytes = Buffer.from(value, 'latin1');
  return bytes.toString('latin1') === value ? bytes : undefined;
}

/** Breaks lines anywhere between encoded bytes; line ends of the text become =0D=0A. */
function quotedPrintable(bytes: Uint8Array, width: number): string {
  let text = '';
  let line = '';
  for (const byte of bytes) {
    const plain = (byte >= 0x20 && byte <= 0x3c) || (byte >= 0x3e && byte <= 0x7e);
    const piece = byte === 0x0a ? '=0D=0A' : plain ? String.fromCharCode(byte) : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    // A line that starts with END:VCARD would end the item for any reader.
    if (line.length + piece.length > width && !/^[EB]/i.test(piece)) {
      text += `${line}=\n`;
      line = '';
    }
    line += piece;
  }
  return text + line;
}

/** 3.0 folds between any two bytes (here: as private-use raw bytes), 2.1 before white space inside of the value. */
function fold(header: string, value: string, legacy: boolean, width: number): string {
  if (legacy) return header + value.replace(/(?<=[^ ].{8}) (?=[^ ])/gu, '\n ');
  let text = header;
  let length = header.length;
  for (const byte of Buffer.from(value)) {
    if (length >= width) {
      text += '\n ';
      length = 1;
    }
    text += byte < 0x80 ? String.fromCharCode(byte) : String.fromCharCode(0xf700 + byte);
    length += 1;
  }
  return text;
}

function photo(bytes: Uint8Array, style: Style, roll: Roll): string {
  const base64 = Buffer.from(bytes).toString('base64');
  if (style.version === '4.0') return fold('PHOTO:', `data:image/jpeg;base64,${base64}`, false, style.width);
  if (style.version === '3.0') return fold('PHOTO;ENCODING=b;TYPE=JPEG:', base64, false, style.width);
  const pieces = base64.match(/.{1,16}/g) ?? [];
  const header = ['PHOTO;ENCODING=BASE64', 'PHOTO;JPEG;BASE64', 'PHOTO;TYPE=JPEG;Encoding=Base64'][roll(3)] ?? '';
  return `${header}:${roll(2) === 0 ? '\n ' : ''}${pieces.join(roll(2) === 0 ? '\n' : '\n ')}\n`;
}
