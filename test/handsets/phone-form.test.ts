/** Each field of a profile that changes how an item is written, or what is read of it. */
import assert from 'node:assert/strict';
import { abilitiesFor, type Abilities } from '../../src/content/abilities.js';
import { dress, type Occasion } from '../../src/content/phone-form/dress.js';
import { given } from '../../src/content/phone-form/echo.js';
import { undress } from '../../src/content/phone-form/undress.js';
import { takeBack } from '../../src/content/taking-back.js';
import type { Traits } from '../../src/handsets/traits.js';
import type { DevInf } from '../../src/model/devinf.js';
import { bytesOf } from '../content/helpers.js';

const CARD = 'text/x-vcard';
const CALENDAR = 'text/x-vcalendar';
const able = (traits: Traits, type = CARD, devInf?: DevInf): Abilities =>
  abilitiesFor(devInf, type, undefined, traits) ?? assert.fail('no abilities');
const cardOf = (lines: string): Buffer => bytesOf(`BEGIN:VCARD\r\nVERSION:2.1\r\n${lines}END:VCARD\r\n`);
const eventOf = (lines: string, name = 'VEVENT'): Buffer =>
  bytesOf(`BEGIN:VCALENDAR\r\nVERSION:1.0\r\nBEGIN:${name}\r\n${lines}END:${name}\r\nEND:VCALENDAR\r\n`);
const linesOf = (lines: readonly string[]): string => lines.map((line) => `${line}\r\n`).join('');
const inner = (bytes: Uint8Array): string[] =>
  Buffer.from(bytes)
    .toString('latin1')
    .replace(/^(?:BEGIN:VCALENDAR\r\nVERSION:1\.0\r\nBEGIN:\w+|BEGIN:VCARD\r\nVERSION:2\.1)\r\n/, '')
    .replace(/END:\w+\r\n(?:END:VCALENDAR\r\n)?$/, '')
    .split('\r\n')
    .slice(0, -1);

interface Case {
  readonly field: string;
  readonly why: string;
  readonly traits: Traits;
  readonly kind?: 'card' | 'event' | 'task';
  readonly occasion?: Occasion;
  readonly stored: readonly string[];
  /** As the phone gets it. */
  readonly out?: readonly string[];
  /** As it comes from the phone, where that is not `out`. */
  readonly sent?: readonly string[];
  /** As others write what the phone sends. */
  readonly in?: readonly string[];
}

const CASES: readonly Case[] = [
  {
    field: 'fields.needs',
    why: 'an event has a description, if only an empty one, which is none when it comes back',
    traits: { fields: { needs: ['event:DESCRIPTION'] } },
    kind: 'event',
    stored: ['SUMMARY:A'],
    out: ['SUMMARY:A', 'DESCRIPTION:'],
    in: ['SUMMARY:A'],
  },
  {
    field: 'calendar.untitled',
    why: 'the description of an event without a title is its title',
    traits: { calendar: { untitled: true } },
    kind: 'event',
    stored: ['SUMMARY:A', 'DESCRIPTION:B'],
    sent: ['DESCRIPTION;CHARSET=UTF-8:B', 'SUMMARY:'],
    in: ['SUMMARY;CHARSET=UTF-8:B'],
  },
  {
    field: 'calendar.untitled',
    why: 'of one with a title it is not',
    traits: { calendar: { untitled: true } },
    kind: 'event',
    stored: ['SUMMARY:A', 'DESCRIPTION:B'],
    sent: ['SUMMARY:A', 'DESCRIPTION:B'],
    in: ['SUMMARY:A', 'DESCRIPTION:B'],
  },
  {
    field: 'calendar.yearlyDayCategory',
    why: 'birthdays have one, and it is none of theirs',
    traits: { calendar: { yearlyDayCategory: 'SPECIAL OCCASION' } },
    kind: 'event',
    stored: ['SUMMARY:A', 'DTSTART:19640512T000000', 'DTEND:19640512T235900', 'RRULE:YD1 #0', 'CATEGORIES:Family'],
    out: ['SUMMARY:A', 'DTSTART:19640512T000000', 'DTEND:19640512T235900', 'RRULE:YD1 #0', 'CATEGORIES:SPECIAL OCCASION'],
    in: ['SUMMARY:A', 'DTSTART:19640512T000000', 'DTEND:19640512T235900', 'RRULE:YD1 #0'],
  },
  {
    field: 'calendar.yearlyDayCategory',
    why: 'other events keep theirs',
    traits: { calendar: { yearlyDayCategory: 'SPECIAL OCCASION' } },
    kind: 'event',
    stored: ['SUMMARY:A', 'DTSTART:20260512T000000', 'DTEND:20260512T235900', 'CATEGORIES:SPECIAL OCCASION'],
    out: ['SUMMARY:A', 'DTSTART:20260512T000000', 'DTEND:20260512T235900', 'CATEGORIES:SPECIAL OCCASION'],
  },
  {
    field: 'fields.places',
    why: 'three fax numbers, known by their order; empty ones keep the others in their place',
    traits: {
      fields: {
        places: ['TEL;FAX;HOME', 'TEL;FAX;WORK', 'TEL;FAX'],
        readAs: { 'TEL;FAX#1': 'TEL;FAX;HOME', 'TEL;FAX#2': 'TEL;FAX;WORK', 'TEL;FAX#3': 'TEL;FAX' },
      },
    },
    stored: ['N:A', 'TEL;WORK;FAX:2', 'TEL;CELL:1'],
    out: ['N:A', 'TEL;CELL:1', 'TEL;FAX;HOME:', 'TEL;WORK;FAX:2', 'TEL;FAX:'],
    sent: ['N:A', 'TEL;CELL:1', 'TEL;FAX:', 'TEL;FAX:2', 'TEL;FAX:'],
    in: ['N:A', 'TEL;CELL:1', 'TEL;FAX;WORK:2'],
  },
  {
    field: 'fields.addressLines',
    why: 'an address comes as the lines of a LABEL, and goes with a dash in each empty part',
    traits: { fields: { addressLines: 'sent' } },
    stored: ['N:A', 'ADR;HOME:;;Am Berg 1;Bonn;;53111;'],
    out: ['N:A', 'ADR;HOME:-;-;Am Berg 1;Bonn;-;53111;-'],
    sent: ['N:A', 'LABEL;ENCODING=QUOTED-PRINTABLE:-=0D=0A-=0D=0AAm Berg 1=0D=0ABonn=0D=0A-=0D=0A53111=0D=0A-'],
    in: ['N:A', 'ADR;HOME:;;Am Berg 1;Bonn;;53111;'],
  },
  {
    field: 'fields.addressLines',
    why: 'the second is that of work; what a person has typed is the street; a dash is no address',
    traits: { fields: { addressLines: 'sent' } },
    stored: ['N:A'],
    sent: ['N:A', 'LABEL:-', 'LABEL;ENCODING=QUOTED-PRINTABLE:Am Berg 1=0ABonn', 'LABEL:Elsewhere'],
    in: ['N:A', 'ADR;WORK:;;Am Berg 1, Bonn;;;;', 'ADR:;;Elsewhere;;;;'],
  },
  {
    field: 'fields.addressLines',
    why: 'it gets labels too; the one of work alone is the second all the same',
    traits: { fields: { addressLines: 'both' } },
    stored: ['N:A', 'ADR;WORK:;;Am Berg 1;Bonn;;53111;', 'NOTE:n'],
    out: [
      'N:A',
      'NOTE:n',
      'LABEL;HOME:-',
      'LABEL;WORK;ENCODING=QUOTED-PRINTABLE:-=0D=0A-=0D=0AAm Berg 1=0D=0ABonn=0D=0A-=0D=0A53111=0D=0A-',
    ],
    in: ['N:A', 'NOTE:n', 'ADR;WORK:;;Am Berg 1;Bonn;;53111;'],
  },
  {
    field: 'fields.addressSwapped',
    why: 'second and third part are put right',
    traits: { fields: { addressSwapped: true } },
    stored: ['N:A', 'ADR;HOME:;2nd floor;Am Berg 1;Bonn;;53111;'],
    sent: ['N:A', 'ADR;HOME:;Am Berg 1;2nd floor;Bonn;;53111;'],
    in: ['N:A', 'ADR;HOME:;2nd floor;Am Berg 1;Bonn;;53111;'],
  },
  {
    field: 'fields.digitsOnly',
    why: 'of a number',
    traits: { fields: { digitsOnly: true } },
    stored: ['N:A', 'TEL;HOME:+49 (30) 11-22', 'TEL:*', 'NOTE:a-b'],
    out: ['N:A', 'TEL;HOME:+49301122', 'TEL:*', 'NOTE:a-b'],
  },
  {
    field: 'fields.plainParameters',
    why: 'numbers and addresses have nothing of other programs',
    traits: { fields: { plainParameters: true } },
    stored: ['N:A', 'TEL;X-EVOLUTION-UI-SLOT=1;HOME:1', 'EMAIL;INTERNET;X-EVOLUTION-UI-SLOT=2:a@x', 'NOTE;X-A=1:n'],
    out: ['N:A', 'TEL;HOME:1', 'EMAIL;INTERNET:a@x', 'NOTE;X-A=1:n'],
  },
  {
    field: 'fields.adds',
    why: 'what it puts into every event is nothing that a person wrote',
    traits: { fields: { adds: ['event:CATEGORIES:MEETING', 'event:PRIORITY:0'] } },
    kind: 'event',
    stored: ['SUMMARY:A', 'PRIORITY:1'],
    sent: ['SUMMARY:A', 'PRIORITY:0', 'CATEGORIES:MEETING', 'LOCATION:MEETING'],
    in: ['SUMMARY:A', 'LOCATION:MEETING'],
  },
  {
    field: 'calendar.alarmRead',
    why: 'a phone that writes any alarm as DALARM has an alarm that is heard',
    traits: { calendar: { alarmRead: 'display' } },
    kind: 'event',
    stored: ['SUMMARY:A', 'DTSTART:20260601T080000Z', 'AALARM:20260601T073000Z;;;beep.wav'],
    out: ['SUMMARY:A', 'DTSTART:20260601T080000Z', 'AALARM:20260601T073000Z;;;beep.wav'],
    sent: ['SUMMARY:A', 'DTSTART:20260601T080000Z', 'DALARM:20260601T073000Z'],
    in: ['SUMMARY:A', 'DTSTART:20260601T080000Z', 'AALARM:20260601T073000Z'],
  },
  {
    field: 'fields.leaveOut',
    why: 'what it must not get; a preferred number only loses its mark',
    traits: { fields: { leaveOut: ['TEL;PAGER', 'TEL;VOICE;PREF', 'TEL;-', 'event:CATEGORIES'] } },
    stored: ['N:A', 'TEL;PAGER:1', 'TEL;PREF;VOICE:2', 'TEL:3', 'TEL;HOME:4', 'CATEGORIES:x'],
    out: ['N:A', 'TEL;VOICE:2', 'TEL;HOME:4', 'CATEGORIES:x'],
  },
  {
    field: 'fields.leaveOut',
    why: 'of events alone',
    traits: { fields: { leaveOut: ['event:CATEGORIES', 'task:STATUS'] } },
    kind: 'event',
    stored: ['SUMMARY:A', 'CATEGORIES:x', 'STATUS:CONFIRMED'],
    out: ['SUMMARY:A', 'STATUS:CONFIRMED'],
  },
  {
    field: 'fields.leaveOut',
    why: 'of days that come every year',
    traits: { fields: { leaveOut: ['yearly-day:TZ'] } },
    kind: 'event',
    stored: ['TZ:+01', 'DTSTART:20070101T000000', 'RRULE:YD1 #0'],
    out: ['DTSTART:20070101T000000', 'RRULE:YD1 #0'],
  },
  {
    field: 'fields.leaveOut',
    why: 'of days that come every year, not of others',
    traits: { fields: { leaveOut: ['yearly-day:TZ'] } },
    kind: 'event',
    stored: ['TZ:+01', 'DTSTART:20070101T100000', 'RRULE:YD1 #0'],
    out: ['TZ:+01', 'DTSTART:20070101T100000', 'RRULE:YD1 #0'],
  },
  {
    field: 'fields.firstOnly',
    why: 'one of a kind',
    traits: { fields: { firstOnly: ['TEL;FAX', 'ADR'] } },
    stored: ['TEL;FAX:1', 'TEL;FAX:2', 'TEL;HOME:3', 'ADR;HOME:;;a', 'ADR;WORK:;;b'],
    out: ['TEL;FAX:1', 'TEL;HOME:3', 'ADR;HOME:;;a'],
  },
  {
    field: 'fields.writeAs',
    why: 'the order of types counts; names and types of its own',
    traits: { fields: { writeAs: { 'TEL;VOICE;HOME': 'TEL;HOME;VOICE', NICKNAME: 'X-EPOCSECONDNAME' } } },
    stored: ['TEL;VOICE;HOME:1', 'TEL;HOME;VOICE:2', 'TEL;HOME:3', 'NICKNAME;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Zo=C3=AB'],
    out: ['TEL;HOME;VOICE:1', 'TEL;HOME;VOICE:2', 'TEL;HOME:3', 'X-EPOCSECONDNAME;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Zo=C3=AB'],
    in: ['TEL;HOME;VOICE:1', 'TEL;HOME;VOICE:2', 'TEL;HOME:3', 'NICKNAME;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Zo=C3=AB'],
  },
  {
    field: 'fields.readAs',
    why: 'by its place among those of its kind, and by its name',
    traits: {
      fields: { readAs: { 'EMAIL#1': 'EMAIL;INTERNET', 'EMAIL#2': 'EMAIL;INTERNET;HOME', ADR: 'ADR;HOME', 'X-NICKNAME': 'NICKNAME' } },
    },
    stored: [],
    sent: ['EMAIL:a@x', 'TEL:1', 'EMAIL:b@x', 'EMAIL;WORK:c@x', 'ADR:;;s', 'ADR;WORK:;;t', 'X-NICKNAME:n'],
    in: ['EMAIL;INTERNET:a@x', 'TEL:1', 'EMAIL;INTERNET;HOME:b@x', 'EMAIL;WORK:c@x', 'ADR;HOME:;;s', 'ADR;WORK:;;t', 'NICKNAME:n'],
  },
  {
    field: 'fields.last',
    why: 'at the end, in the order that is named',
    traits: { fields: { last: ['TITLE', 'TEL;VOICE', 'TEL;HOME;VOICE'] } },
    stored: ['TEL;HOME;VOICE:1', 'TITLE:t', 'N:A', 'TEL;VOICE:2', 'NOTE:n'],
    out: ['N:A', 'NOTE:n', 'TITLE:t', 'TEL;VOICE:2', 'TEL;HOME;VOICE:1'],
  },
  {
    field: 'fields.emailInternet',
    why: 'an address without it is not shown',
    traits: { fields: { emailInternet: true } },
    stored: ['EMAIL:a@x', 'EMAIL;HOME:b@x', 'EMAIL;INTERNET;WORK:c@x', 'EMAIL;X400:d'],
    out: ['EMAIL;INTERNET:a@x', 'EMAIL;INTERNET;HOME:b@x', 'EMAIL;INTERNET;WORK:c@x', 'EMAIL;X400:d'],
  },
  {
    field: 'fields.placeholder',
    why: 'a contact nobody can reach gets an address that is none',
    traits: { fields: { placeholder: 'EMAIL;INTERNET' } },
    stored: ['N:A', 'EMAIL:'],
    out: ['N:A', 'EMAIL;INTERNET:-'],
    in: ['N:A'],
  },
  {
    field: 'fields.placeholder',
    why: 'one with a number needs none',
    traits: { fields: { placeholder: 'EMAIL;INTERNET' } },
    stored: ['N:A', 'TEL:1'],
    out: ['N:A', 'TEL:1'],
  },
  {
    field: 'fields.whenEmpty',
    why: 'dash: what an event has no more is "-", and "-" is none',
    traits: { fields: { whenEmpty: 'dash' } },
    kind: 'event',
    occasion: { replaces: true },
    stored: ['SUMMARY:A', 'LOCATION:'],
    out: ['SUMMARY:A', 'LOCATION:-', 'DESCRIPTION:-'],
    in: ['SUMMARY:A'],
  },
  {
    field: 'fields.whenEmpty',
    why: 'dash: what the phone never had is not emptied',
    traits: { fields: { whenEmpty: 'dash' } },
    kind: 'event',
    stored: ['SUMMARY:A'],
    out: ['SUMMARY:A'],
  },
  {
    field: 'fields.whenEmpty',
    why: 'send: sent empty',
    traits: { fields: { whenEmpty: 'send' } },
    kind: 'event',
    occasion: { replaces: true },
    stored: ['SUMMARY:A'],
    out: ['SUMMARY:A', 'LOCATION:', 'DESCRIPTION:'],
  },
  {
    field: 'fields.whenEmpty',
    why: 'omit: nothing empty at all',
    traits: { fields: { whenEmpty: 'omit' } },
    occasion: { replaces: true },
    stored: ['N:A', 'NOTE:', 'TEL;HOME:'],
    out: ['N:A'],
  },
  {
    field: 'fields.photo',
    why: 'no TYPE, no CHARSET, an empty line behind',
    traits: { fields: { photo: { type: false, charset: false, emptyLine: true } } },
    stored: ['PHOTO;TYPE=JPEG;CHARSET=UTF-8;ENCODING=BASE64:AAAA', 'N:A'],
    out: ['PHOTO;ENCODING=BASE64:AAAA', '', 'N:A'],
  },
  {
    field: 'fields.photo',
    why: 'none at all',
    traits: { fields: { photo: { none: true } } },
    stored: ['PHOTO;JPEG;ENCODING=BASE64:AAAA', '', 'N:A'],
    out: ['', 'N:A'],
  },
  {
    field: 'fields.uid',
    why: 'never',
    traits: { fields: { uid: 'never' } },
    stored: ['UID:u', 'N:A'],
    out: ['N:A'],
    sent: ['UID:w', 'N:A'],
    in: ['N:A'],
  },
  {
    field: 'fields.uid',
    why: 'wanted',
    traits: { fields: { uid: 'wanted' } },
    occasion: { uid: 'g7' },
    stored: ['N:A'],
    out: ['N:A', 'UID:g7'],
  },
  {
    field: 'fields.uid',
    why: 'its own stays',
    traits: { fields: { uid: 'wanted' } },
    occasion: { uid: 'g7' },
    stored: ['UID:u'],
    out: ['UID:u'],
  },
  {
    field: 'fields.oneName',
    why: 'one field for the name',
    traits: { fields: { oneName: true } },
    stored: [],
    sent: ['N:Anna Berg;'],
    in: ['N:Berg;Anna'],
  },
  {
    field: 'fields.oneName',
    why: 'a name in parts stays',
    traits: { fields: { oneName: true } },
    stored: [],
    sent: ['N:Berg;Anna Maria'],
    in: ['N:Berg;Anna Maria'],
  },
  {
    field: 'fields.limits',
    why: 'so many parts, so many of a kind, so long',
    traits: { fields: { limits: { N: { parts: 2 }, ADR: { count: 1 }, NOTE: { size: 4 } } } },
    stored: ['N:Berg;Anna;Maria;Dr.', 'ADR;HOME:;;a', 'ADR;WORK:;;b', 'NOTE:123456'],
    out: ['N:Berg;Anna', 'ADR;HOME:;;a', 'NOTE:1234'],
  },
  {
    field: 'fields.limits',
    why: 'a semicolon whose backslash is encoded parts nothing',
    traits: { fields: { limits: { ORG: { parts: 1 } } } },
    stored: ['ORG;ENCODING=QUOTED-PRINTABLE:a=5C;b\\;c;d'],
    out: ['ORG;ENCODING=QUOTED-PRINTABLE:a=5C;b\\;c'],
  },
  {
    field: 'calendar.priorities',
    why: 'its own numbers, the first of ours on the way back',
    traits: { calendar: { priorities: { '1': '1', '2': '1', '3': '2', '4-9': '3' } } },
    kind: 'task',
    stored: ['PRIORITY:7'],
    out: ['PRIORITY:3'],
    in: ['PRIORITY:4'],
  },
  {
    field: 'calendar.categoriesPrefixed',
    why: 'X- is no part of the word; 65536 is none',
    traits: { calendar: { categoriesPrefixed: true } },
    kind: 'event',
    stored: ['CATEGORIES:Chess'],
    out: ['CATEGORIES:Chess'],
    sent: ['CATEGORIES:X-Chess;MEETING', 'CATEGORIES:X-65536'],
    in: ['CATEGORIES:Chess;MEETING'],
  },
  {
    field: 'calendar.earliest',
    why: 'a birthday begins on a later one',
    traits: { calendar: { earliest: '1980-01-01' } },
    kind: 'event',
    stored: ['DTSTART:19640229T000000', 'DTEND:19640229T235900', 'RRULE:YD1 #0'],
    out: ['DTSTART:19800229T000000', 'DTEND:19800229T235900', 'RRULE:YD1 #0'],
  },
  {
    field: 'calendar.daysRead',
    why: 'odd times of days',
    traits: { calendar: { daysRead: ['at-2359', 'from-0900-to-2359', 'from-2359-before'] } },
    kind: 'event',
    stored: [],
    sent: ['DTSTART:20070101T090000', 'DTEND:20070101T235900'],
    in: ['DTSTART:20070101T000000', 'DTEND:20070101T235900'],
  },
  {
    field: 'text.charset',
    why: 'Latin-1 with its name; UTF-8 for what has no place there',
    traits: { text: { charset: 'ISO-8859-1' } },
    stored: ['N:Zoë', 'NOTE:漢', 'TITLE:Boss'],
    out: ['N;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:Zo=EB', 'NOTE;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E6=BC=A2', 'TITLE:Boss'],
  },
  {
    field: 'text.named',
    why: 'always, also of plain text',
    traits: { text: { named: 'always', quotedPrintable: '8bit' } },
    stored: ['N:Zoë', 'TITLE:Boss'],
    out: ['N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Zo=C3=AB', 'TITLE;CHARSET=UTF-8:Boss'],
  },
  {
    field: 'text.named',
    why: 'never',
    traits: { text: { named: 'never' } },
    stored: ['N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Zo=C3=AB'],
    out: ['N;ENCODING=QUOTED-PRINTABLE:Zo=C3=AB'],
  },
  {
    field: 'text.quotedPrintable',
    why: 'minimal: line ends only',
    traits: { text: { quotedPrintable: 'minimal' } },
    stored: ['N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Zo=C3=AB', 'NOTE;ENCODING=QUOTED-PRINTABLE:a=0D=0Ab'],
    out: ['N;CHARSET=UTF-8:Zo\u00c3\u00ab', 'NOTE;ENCODING=QUOTED-PRINTABLE:a=0D=0Ab'],
  },
  {
    field: 'text.quotedPrintable',
    why: 'no soft breaks',
    traits: { text: { quotedPrintable: 'no-soft-breaks' } },
    stored: [`NOTE;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:${'=C3=AB'.repeat(10)}=`, `${'=C3=AB'.repeat(10)}`],
    out: [`NOTE;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:${'=C3=AB'.repeat(20)}`],
  },
  {
    field: 'text.folds',
    why: 'one property, one line',
    traits: { text: { folds: false } },
    stored: ['NOTE:a long', '  note', 'TITLE:t'],
    out: ['NOTE:a long  note', 'TITLE:t'],
  },
  {
    field: 'text.assumed',
    why: 'the charset nobody named',
    traits: { text: { assumed: 'Shift_JIS' } },
    stored: [],
    sent: ['N:\uf78a\uf7bf', 'TITLE:Boss'],
    in: ['N;CHARSET=Shift_JIS:\u008a\u00bf', 'TITLE:Boss'],
  },
];

describe('an item in the form of a phone', () => {
  for (const { field, why, traits, kind = 'card', occasion, stored, out, sent, in: meant } of CASES)
    it(`${field}: ${why}`, () => {
      const [type, wrap] =
        kind === 'card' ? [CARD, cardOf] : [CALENDAR, (lines: string) => eventOf(lines, kind === 'task' ? 'VTODO' : 'VEVENT')];
      const abilities = able(traits, type);
      const item = wrap(linesOf(stored));
      if (out) assert.deepEqual(inner(given(item, type, abilities, occasion)), out);
      if (meant) assert.deepEqual(inner(undress(wrap(linesOf(sent ?? out ?? [])), type, abilities)), meant);
    });

  it('what a contact of a phone with property lists has no more is sent empty, as far as the phone has it', () => {
    const devInf: DevInf = {
      verDtd: '1.1',
      devId: '1',
      devTyp: 'phone',
      dataStores: [],
      ctCaps: [{ ctType: CARD, properties: [{ name: 'N' }, { name: 'NOTE' }, { name: 'TITLE' }] }],
    };
    const abilities = able({ fields: { whenEmpty: 'send' } }, CARD, devInf);
    assert.deepEqual(inner(dress(cardOf('N:A\r\nTITLE:t\r\n'), CARD, abilities, { replaces: true })), ['N:A', 'TITLE:t', 'NOTE:']);
  });

  it('fields.whenEmpty: a number or an address that is gone is emptied under its types, where the phone is known to have had it', () => {
    const now = cardOf(linesOf(['N:A', 'TEL;HOME:1', 'EMAIL;INTERNET:a@x']));
    const had = cardOf(linesOf(['N:A', 'TEL;HOME:7', 'TEL;WORK:2', 'TEL;CELL:', 'EMAIL;INTERNET:a@x', 'EMAIL;INTERNET;HOME:b@x']));
    const out = (fields: Traits['fields']): string[] => inner(dress(now, CARD, able({ fields }), { replaces: true, had })).slice(3);
    assert.deepEqual(out({ whenEmpty: 'send' }), ['TEL;WORK:', 'EMAIL;INTERNET;HOME:']);
    assert.deepEqual(out({ whenEmpty: 'dash' }), ['EMAIL;INTERNET;HOME:-'], 'of numbers it has no word for that');
    assert.deepEqual(out({ whenEmpty: 'send', placeholder: 'EMAIL;INTERNET' }), ['TEL;WORK:', 'EMAIL;INTERNET;HOME:-']);
    assert.deepEqual(out({ whenEmpty: 'omit' }), []);
    assert.deepEqual(inner(undress(cardOf(linesOf(['TEL;HOME:1', 'TEL;WORK:'])), CARD, able({ fields: { whenEmpty: 'send' } }))), [
      'TEL;HOME:1',
    ]);
  });

  it('fields.addressSwapped: an address that comes back in either order is unchanged', () => {
    const abilities = able({ fields: { addressSwapped: true } });
    const stored = cardOf(linesOf(['N:A', 'ADR;HOME:;2nd floor;Am Berg 1;Bonn;;53111;']));
    for (const sent of ['ADR;HOME:;2nd floor;Am Berg 1;Bonn;;53111;', 'ADR;HOME:;Am Berg 1;2nd floor;Bonn;;53111;']) {
      const back = takeBack(stored, undress(cardOf(linesOf(['N:A', sent])), CARD, abilities), CARD, abilities);
      assert.deepEqual(inner(back), inner(stored), sent);
    }
  });

  it('fields.looseSpaces: a text that differs in its spaces alone is unchanged, another is another', () => {
    const abilities = able({ fields: { looseSpaces: true } });
    const stored = cardOf(linesOf(['N:A', 'NOTE:one two  three']));
    const back = (note: string): string[] => inner(takeBack(stored, cardOf(linesOf(['N:A', `NOTE:${note}`])), CARD, abilities));
    assert.deepEqual(back('one  twothree'), inner(stored));
    assert.deepEqual(back('one two four'), ['N:A', 'NOTE:one two four']);
  });

  it('an edit of the part of a name a phone has leaves the other parts', () => {
    const abilities = able({ fields: { limits: { N: { parts: 2 } } } });
    const meant = takeBack(cardOf('N:Berg;Anna;Maria;Dr.\r\nNOTE:n\r\n'), cardOf('N:Bergson;Anna\r\nNOTE:n\r\n'), CARD, abilities);
    assert.deepEqual(inner(meant), ['N:Bergson;Anna;Maria;Dr.', 'NOTE:n']);
  });

  it('a number whose type a phone does not keep is known by its digits, and an edited one by what is left', () => {
    const abilities = able({ fields: { readAs: { 'TEL;FAX#1': 'TEL;FAX;HOME', 'TEL;FAX#2': 'TEL;FAX;WORK' } } });
    const stored = cardOf('N:A\r\nTEL;FAX;WORK:1\r\nTEL;FAX;HOME:2\r\n');
    const sent = undress(cardOf('N:A\r\nTEL;FAX:1\r\nTEL;FAX:3\r\n'), CARD, abilities);
    assert.deepEqual(inner(takeBack(stored, sent, CARD, abilities)), ['N:A', 'TEL;FAX;WORK:1', 'TEL;FAX;HOME:3']);
  });

  it('fields.firstOnly: what it was not shown behind the first stays, and the first can be edited and taken away', () => {
    const abilities = able({ fields: { firstOnly: ['TEL;FAX'] } });
    const stored = cardOf(linesOf(['N:A', 'TEL;FAX:1', 'TEL;FAX:2', 'TEL;HOME:3']));
    const back = (...sent: string[]): string[] => inner(takeBack(stored, cardOf(linesOf(sent)), CARD, abilities)).sort();
    assert.deepEqual(back('N:A', 'TEL;FAX:1', 'TEL;HOME:3'), ['N:A', 'TEL;FAX:1', 'TEL;FAX:2', 'TEL;HOME:3']);
    assert.deepEqual(back('N:A', 'TEL;FAX:9', 'TEL;HOME:3'), ['N:A', 'TEL;FAX:2', 'TEL;FAX:9', 'TEL;HOME:3']);
    assert.deepEqual(back('N:A', 'TEL;HOME:3'), ['N:A', 'TEL;FAX:2', 'TEL;HOME:3']);
  });

  it('what was left out for a phone is not deleted by it', () => {
    const abilities = able({ fields: { leaveOut: ['TEL;PAGER', 'CATEGORIES'] } });
    const stored = cardOf('N:A\r\nTEL;PAGER:1\r\nCATEGORIES:x\r\nTEL;HOME:2\r\n');
    assert.deepEqual(inner(takeBack(stored, cardOf('N:A\r\nTEL;HOME:3\r\n'), CARD, abilities)), [
      'N:A',
      'TEL;HOME:3',
      'TEL;PAGER:1',
      'CATEGORIES:x',
    ]);
  });

  it('a birthday that was moved for a phone is not moved by it', () => {
    const abilities = able({ calendar: { earliest: '1980-01-01' } }, CALENDAR);
    const stored = eventOf('SUMMARY:b\r\nDTSTART:19650512T000000\r\nDTEND:19650512T235900\r\nRRULE:YD1 #0\r\n');
    const sent = given(stored, CALENDAR, abilities);
    const edited = Buffer.from(Buffer.from(sent).toString('latin1').replace('SUMMARY:b', 'SUMMARY:c'), 'latin1');
    assert.deepEqual(
      inner(takeBack(stored, edited, CALENDAR, abilities)),
      inner(stored).map((line) => line.replace('SUMMARY:b', 'SUMMARY:c')),
    );
  });
});

/** Fields this table has a case for; `coverage.test.ts` holds it against all. */
export const TESTED_HERE: ReadonlySet<string> = new Set(CASES.map(({ field }) => field));
