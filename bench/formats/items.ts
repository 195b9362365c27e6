/** Items as phones and programs write them: names, addresses and texts vary, so that no two are the same. */
import { createHash } from 'node:crypto';
import type { Format } from '../../src/content/conversion/format.js';

const GIVEN = ['Anna', 'Jörg', 'Zoë', 'Björn', 'Maria', 'Łukasz', 'Søren', 'Chloé', 'Peter', 'Ines', 'Tom', 'Ruth'];
const FAMILY = ['Müller', 'Smith', 'García', 'Nowak', 'Jensen', 'Dubois', 'Rossi', 'Kowalski', 'Weiß', 'Brown', 'Ng', 'O’Neill'];
const CITY = ['Berlin', 'Zürich', 'Kraków', 'Madrid', 'København', 'Lyon', 'Roma', 'London'];
const NOTE = 'Met at the fair in spring; likes early calls, never on Fridays. Second number is the office in the old harbour.';

/** The same bytes for the same number, and no two photos the same. */
export function photo(n: number, size: number): Buffer {
  const parts: Buffer[] = [];
  for (let length = 0, at = 0; length < size; length += 32, at += 1) parts.push(createHash('sha256').update(`${n} ${at}`).digest());
  return Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), ...parts]).subarray(0, size);
}

const lined = (text: string, width: number, join: string): string => (text.match(new RegExp(`.{1,${width}}`, 'g')) ?? []).join(join);

/** QUOTED-PRINTABLE of UTF-8, for values that need it. */
function legacy(name: string, params: string, value: string): string {
  if (/^[\x20-\x7e]*$/.test(value)) return `${name}${params}:${value}`;
  const encoded = [...Buffer.from(value)].map((byte) =>
    byte >= 0x20 && byte < 0x7f && byte !== 0x3d ? String.fromCharCode(byte) : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`,
  );
  return `${name}${params};ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:${encoded.join('')}`;
}

const at = <T>(list: readonly T[], n: number): T => list[n % list.length] as T;

/** A contact of some 15 properties. */
export function cardText(version: '2.1' | '3.0' | '4.0', n: number, photoBytes: number): Buffer {
  const given = at(GIVEN, n);
  const family = at(FAMILY, n * 7 + 3);
  const phone = (k: number): string => `+49 30 ${1_000_000 + n * 13 + k}`;
  const mail = `${n}.contact@firm-${n % 40}.example`;
  const street = `Hauptstraße ${n % 200}`;
  const lines =
    version === '2.1'
      ? [
          legacy('N', '', `${family};${given};;;`),
          legacy('FN', '', `${given} ${family}`),
          'ORG:Example Trading;Sales',
          'TITLE:Head of sales',
          `TEL;CELL;VOICE;PREF:${phone(1)}`,
          `TEL;WORK;VOICE:${phone(2)}`,
          `TEL;HOME:${phone(3)}`,
          `EMAIL;INTERNET;PREF:${mail}`,
          `EMAIL;INTERNET:private.${mail}`,
          legacy('ADR', ';HOME', `;;${street};${at(CITY, n)};;${10_000 + n};Germany`),
          'BDAY:19700102',
          `URL:http://www.firm-${n % 40}.example/`,
          `NOTE:${NOTE}`,
          'CATEGORIES:Business;Friends',
          'X-PHONE-RINGTONE:7',
        ]
      : [
          `N:${family};${given};;;`,
          `FN:${given} ${family}`,
          'ORG:Example Trading;Sales',
          'TITLE:Head of sales',
          `TEL;TYPE=CELL,VOICE,PREF:${phone(1)}`,
          `TEL;TYPE=WORK,VOICE:${phone(2)}`,
          `TEL;TYPE=HOME:${phone(3)}`,
          `EMAIL;TYPE=INTERNET,PREF:${mail}`,
          `EMAIL;TYPE=INTERNET:private.${mail}`,
          `ADR;TYPE=HOME:;;${street};${at(CITY, n)};;${10_000 + n};Germany`,
          'BDAY:1970-01-02',
          `URL:http://www.firm-${n % 40}.example/`,
          `NOTE:${lined(NOTE.replaceAll(';', '\\;').replaceAll(',', '\\,'), 70, '\r\n ')}`,
          'CATEGORIES:Business,Friends',
          'X-PHONE-RINGTONE:7',
        ];
  if (photoBytes > 0) {
    const data = photo(n, photoBytes).toString('base64');
    if (version === '2.1') lines.push(`PHOTO;JPEG;ENCODING=BASE64:\r\n ${lined(data, 72, '\r\n ')}\r\n`);
    else if (version === '3.0') lines.push(`PHOTO;TYPE=JPEG;ENCODING=b:${lined(data, 74, '\r\n ')}`);
    else lines.push(`PHOTO:data:image/jpeg;base64,${lined(data, 74, '\r\n ')}`);
  }
  return Buffer.from(['BEGIN:VCARD', `VERSION:${version}`, ...lines, 'REV:20260102T030405Z', 'END:VCARD', ''].join('\r\n'));
}

/** A weekly meeting with an exception and an alarm. */
export function eventText(version: '1.0' | '2.0', n: number): Buffer {
  const day = String((n % 27) + 1).padStart(2, '0');
  const where = `${at(CITY, n)}, room ${n % 90}`;
  const lines =
    version === '1.0'
      ? [
          'BEGIN:VEVENT',
          `UID:${n}`,
          legacy('SUMMARY', '', `Meeting ${n} with ${at(GIVEN, n)}`),
          legacy('DESCRIPTION', '', NOTE),
          legacy('LOCATION', '', where),
          `DTSTART:202606${day}T080000Z`,
          `DTEND:202606${day}T093000Z`,
          'RRULE:W2 MO WE #10',
          `EXDATE:202606${day}T080000Z`,
          `DALARM:202606${day}T074500Z;;;Meeting`,
          'CATEGORIES:MEETING;BUSINESS',
          'CLASS:PRIVATE',
          'PRIORITY:2',
          'STATUS:CONFIRMED',
          'LAST-MODIFIED:20260102T030405Z',
          'END:VEVENT',
        ]
      : [
          'BEGIN:VEVENT',
          `UID:${n}@example`,
          'DTSTAMP:20260102T030405Z',
          `SUMMARY:Meeting ${n} with ${at(GIVEN, n)}`,
          `DESCRIPTION:${lined(NOTE.replaceAll(';', '\\;').replaceAll(',', '\\,'), 60, '\r\n ')}`,
          `LOCATION:${where.replaceAll(',', '\\,')}`,
          `DTSTART;TZID=Europe/Berlin:202606${day}T100000`,
          `DTEND;TZID=Europe/Berlin:202606${day}T113000`,
          'RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=10',
          `EXDATE;TZID=Europe/Berlin:202606${day}T100000`,
          'CATEGORIES:MEETING,BUSINESS',
          'CLASS:PRIVATE',
          'PRIORITY:2',
          'STATUS:CONFIRMED',
          'BEGIN:VALARM',
          'ACTION:DISPLAY',
          'TRIGGER:-PT15M',
          'DESCRIPTION:Meeting',
          'END:VALARM',
          'END:VEVENT',
        ];
  return Buffer.from(['BEGIN:VCALENDAR', `VERSION:${version}`, 'PRODID:-//Example//EN', ...lines, 'END:VCALENDAR', ''].join('\r\n'));
}

const xml = (root: string, fields: Readonly<Record<string, string>>): Buffer =>
  Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?><${root}>${Object.entries(fields)
      .map(([name, value]) => `<${name}>${value}</${name}>`)
      .join('')}</${root}>`,
  );

export const sifContact = (n: number): Buffer =>
  xml('contact', {
    FirstName: at(GIVEN, n),
    LastName: at(FAMILY, n * 7 + 3),
    FileAs: `${at(FAMILY, n * 7 + 3)}, ${at(GIVEN, n)}`,
    CompanyName: 'Example Trading',
    Department: 'Sales',
    JobTitle: 'Head of sales',
    MobileTelephoneNumber: `+49 30 ${1_000_001 + n * 13}`,
    BusinessTelephoneNumber: `+49 30 ${1_000_002 + n * 13}`,
    HomeTelephoneNumber: `+49 30 ${1_000_003 + n * 13}`,
    Email1Address: `${n}.contact@firm-${n % 40}.example`,
    Email2Address: `private.${n}.contact@firm-${n % 40}.example`,
    HomeAddressStreet: `Hauptstraße ${n % 200}`,
    HomeAddressCity: at(CITY, n),
    HomeAddressPostalCode: String(10_000 + n),
    HomeAddressCountry: 'Germany',
    Birthday: '1970-01-02',
    WebPage: `http://www.firm-${n % 40}.example/`,
    Body: NOTE,
    Categories: 'Business, Friends',
  });

export const noteText = (n: number): Buffer => Buffer.from(`Shopping ${n}\r\n${NOTE}\r\n${at(CITY, n)}\r\n`);

export interface Collection {
  readonly name: string;
  readonly format: Format;
  readonly type: string;
  /** Formats of the family that each item is converted to. */
  readonly to: readonly Format[];
  readonly item: (n: number) => Buffer;
}

const PHOTO_BYTES = 6000;

export const COLLECTIONS: readonly Collection[] = [
  { name: 'vCard 2.1', format: 'vcard21', type: 'text/x-vcard', to: ['vcard30', 'vcard40', 'sifc'], item: (n) => cardText('2.1', n, 0) },
  { name: 'vCard 3.0', format: 'vcard30', type: 'text/vcard', to: ['vcard21', 'vcard40'], item: (n) => cardText('3.0', n, 0) },
  { name: 'vCard 4.0', format: 'vcard40', type: 'text/vcard', to: ['vcard21', 'vcard30'], item: (n) => cardText('4.0', n, 0) },
  { name: 'vCard 2.1, photo', format: 'vcard21', type: 'text/x-vcard', to: ['vcard30'], item: (n) => cardText('2.1', n, PHOTO_BYTES) },
  { name: 'vCard 3.0, photo', format: 'vcard30', type: 'text/vcard', to: ['vcard21'], item: (n) => cardText('3.0', n, PHOTO_BYTES) },
  { name: 'vCalendar 1.0', format: 'vcal10', type: 'text/x-vcalendar', to: ['ical20'], item: (n) => eventText('1.0', n) },
  { name: 'iCalendar 2.0', format: 'ical20', type: 'text/calendar', to: ['vcal10', 'sife'], item: (n) => eventText('2.0', n) },
  { name: 'SIF contact', format: 'sifc', type: 'text/x-s4j-sifc', to: ['vcard21', 'vcard30'], item: sifContact },
  { name: 'plain note', format: 'plain', type: 'text/plain', to: ['vnote'], item: noteText },
];
