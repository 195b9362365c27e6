/** What we write is read by programs that are not ours: Debian's python3-vobject and python3-icalendar. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { convert } from '../../src/content/conversion/convert.js';
import { given } from '../../src/content/phone-form/echo.js';
import type { Format } from '../../src/content/conversion/format.js';
import { calendar, card } from './helpers.js';

/** Debian's packages are the system's own Python's. */
const python = ['/usr/bin/python3', 'python3'].find((one) => spawnSync(one, ['-c', 'import vobject, icalendar']).status === 0);

function readBy(
  kind: 'card' | 'old-card' | 'calendar' | 'old-calendar' | 'journal' | 'zoned' | 'sif',
  bytes: Uint8Array,
): Record<string, unknown> {
  const input = `${kind} ${Buffer.from(bytes).toString('base64')}\n`;
  const { stdout, stderr, status } = spawnSync(python ?? 'python3', [join(import.meta.dirname, 'independent-readers.py')], {
    input,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return (JSON.parse(stdout) as Record<string, unknown>[])[0] ?? {};
}

function converted(bytes: Uint8Array, type: string, to: Format): Uint8Array {
  const result = convert(bytes, type, to);
  assert.ok(result);
  return result;
}

describe('content: independent readers of what conversion writes', function () {
  this.timeout(60_000);
  if (python === undefined) {
    it('is not run', function () {
      const why = 'python3-vobject or python3-icalendar is missing';
      if (process.env['MOORAGE_REQUIRE_TOOLS'] === '1') throw new Error(why);
      console.log(`    (${why}: no independent reader looks at what conversion writes)`);
      this.skip();
    });
    return;
  }

  const OLD = card('2.1', [
    'N;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;J=F6rg;;Dr.;',
    'TEL;CELL;VOICE:+49 11',
    'TEL;WORK;FAX:+49 22',
    'ADR;HOME:;;Am Weg 1;K\u00f6ln;;50667;DE',
    'NOTE;ENCODING=QUOTED-PRINTABLE:one; two, three=0D=0Afour',
    'BDAY:19700102',
  ]);
  const SAID = {
    n: ['M\u00fcller', 'J\u00f6rg', '', 'Dr.', ''],
    fn: 'Dr. J\u00f6rg M\u00fcller',
    tel: [
      ['+49 11', ['CELL', 'VOICE']],
      ['+49 22', ['FAX', 'WORK']],
    ],
    adr: [['Am Weg 1', 'K\u00f6ln', '', '50667', 'DE']],
    note: 'one; two, three\nfour',
  };

  it('vobject reads our 3.0 of a 2.1 card', () => {
    assert.deepEqual(readBy('card', converted(OLD, 'text/x-vcard', 'vcard30')), { ...SAID, bday: '1970-01-02' });
  });

  it('vobject reads our 4.0 of a 2.1 card', () => {
    assert.deepEqual(readBy('card', converted(OLD, 'text/x-vcard', 'vcard40')), { ...SAID, bday: '19700102' });
  });

  it('vobject reads our 2.1 of a 3.0 card', () => {
    const there = converted(converted(OLD, 'text/x-vcard', 'vcard30'), 'text/vcard', 'vcard21');
    const { note, ...rest } = readBy('old-card', there);
    const { note: wanted, ...others } = SAID;
    assert.deepEqual(rest, { ...others, bday: '19700102' });
    assert.equal(String(note).replaceAll('\r\n', '\n'), wanted);
  });

  it('icalendar reads our 2.0 of a 1.0 event', () => {
    const event = calendar('1.0', 'VEVENT', [
      'DTSTART:20260601T100000Z',
      'DTEND:20260601T110000Z',
      'SUMMARY;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Gr=C3=BC=C3=9Fe, an alle; hier',
      'RRULE:MP2 1+ MO 2- FR #5',
      'AALARM:20260601T094500Z',
      'ATTENDEE;STATUS=ACCEPTED:Ann <ann@x.example>',
      'CATEGORIES:MEETING;WORK',
    ]);
    assert.deepEqual(readBy('calendar', converted(event, 'text/x-vcalendar', 'ical20')), {
      version: '2.0',
      start: '20260601T100000Z',
      end: '20260601T110000Z',
      stamp: '19700101T000000Z',
      summary: 'Gr\u00fc\u00dfe, an alle; hier',
      rrule: 'FREQ=MONTHLY;COUNT=5;INTERVAL=2;BYDAY=1MO,-2FR',
      people: [['mailto:ann@x.example', { CN: 'Ann', PARTSTAT: 'ACCEPTED' }]],
      categories: 'MEETING,WORK',
      alarms: [['AUDIO', '-PT15M']],
    });
  });

  it('icalendar reads our day', () => {
    const day = calendar('1.0', 'VEVENT', ['DTSTART:20260601T000000', 'DTEND:20260601T235900', 'SUMMARY:x']);
    const { start, end } = readBy('calendar', converted(day, 'text/x-vcalendar', 'ical20'));
    assert.deepEqual([start, end], ['20260601', '20260602']);
  });

  it('vobject reads our 1.0 of a 2.0 event', () => {
    const event = calendar('2.0', 'VEVENT', [
      'DTSTART;TZID=Europe/Berlin:20260601T100000',
      'DURATION:PT1H',
      'SUMMARY:Gr\u00fc\u00dfe\\, an alle',
      'RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=5',
      'EXDATE;TZID=Europe/Berlin:20260608T100000',
      'BEGIN:VALARM',
      'ACTION:AUDIO',
      'TRIGGER:-PT15M',
      'END:VALARM',
    ]);
    assert.deepEqual(readBy('old-calendar', converted(event, 'text/calendar', 'vcal10')), {
      dtstart: ['20260601T080000Z'],
      dtend: ['20260601T090000Z'],
      summary: ['Gr\u00fc\u00dfe, an alle'],
      rrule: ['W1 MO #5'],
      exdate: ['20260608T080000Z'],
      aalarm: ['20260601T074500Z'],
    });
  });

  const SIF = (root: string, inner: string): Buffer => Buffer.from(`<?xml version="1.0" encoding="UTF-8"?><${root}>${inner}</${root}>`);

  it('an XML parser reads our SIF of a card and of an event', () => {
    assert.deepEqual(readBy('sif', converted(OLD, 'text/x-vcard', 'sifc')), {
      root: 'contact',
      SIFVersion: '1.1',
      LastName: 'Müller',
      FirstName: 'Jörg',
      Title: 'Dr.',
      MobileTelephoneNumber: '+49 11',
      BusinessFaxNumber: '+49 22',
      HomeAddressStreet: 'Am Weg 1',
      HomeAddressCity: 'Köln',
      HomeAddressPostalCode: '50667',
      HomeAddressCountry: 'DE',
      Birthday: '1970-01-02',
      Body: 'one; two, three\nfour',
    });
    const event = calendar('2.0', 'VEVENT', [
      'DTSTART:20260601T080000Z',
      'SUMMARY:a < b & "c"',
      'EXDATE:20260608T080000Z,20260615T080000Z',
      'RRULE:FREQ=WEEKLY',
    ]);
    const { Subject, Exceptions, RecurrenceType } = readBy('sif', converted(event, 'text/calendar', 'sife'));
    assert.deepEqual([Subject, Exceptions, RecurrenceType], ['a < b & "c"', ['20260608T080000Z', '20260615T080000Z'], '1']);
  });

  it('vobject reads our 3.0 and 2.1 of a SIF contact', () => {
    const contact = SIF(
      'contact',
      '<FirstName>Jörg</FirstName><LastName>Müller</LastName><HomeTelephoneNumber>+49 11</HomeTelephoneNumber><BusinessAddressStreet>Am Weg 1</BusinessAddressStreet><Body>a, b; c</Body><Birthday>1970-01-02</Birthday>',
    );
    const said = {
      n: ['Müller', 'Jörg', '', '', ''],
      fn: 'Jörg Müller',
      tel: [['+49 11', ['HOME', 'VOICE']]],
      adr: [['Am Weg 1', '', '', '', '']],
      note: 'a, b; c',
    };
    assert.deepEqual(readBy('card', converted(contact, 'text/x-s4j-sifc', 'vcard30')), { ...said, bday: '1970-01-02' });
    assert.deepEqual(readBy('old-card', converted(contact, 'text/x-s4j-sifc', 'vcard21')), { ...said, bday: '19700102' });
  });

  it('icalendar reads our 2.0 of a SIF appointment, in the zone it names', () => {
    const event = SIF(
      'appointment',
      '<Timezone><BasicOffset>+0100</BasicOffset><DayLight><StandardName>Europe/Rome</StandardName></DayLight></Timezone><Start>20260531T223000Z</Start><End>20260531T233000Z</End>' +
        '<IsRecurring>1</IsRecurring><RecurrenceType>3</RecurrenceType><Interval>1</Interval><DayOfWeekMask>2</DayOfWeekMask><Instance>1</Instance><PatternStartDate>20260601</PatternStartDate><NoEndDate>0</NoEndDate><Occurrences>4</Occurrences>',
    );
    assert.deepEqual(readBy('zoned', converted(event, 'text/x-s4j-sife', 'ical20')), {
      zone: 'Europe/Rome',
      utc: '20260531T223000Z',
      rrule: 'FREQ=MONTHLY;COUNT=4;BYDAY=1MO',
    });
  });

  it('icalendar reads our journal entry of a note', () => {
    assert.deepEqual(readBy('journal', converted(Buffer.from('Milk\r\nBread, Brot; "x"\r\n'), 'text/plain', 'journal')), {
      summary: 'Milk',
      description: 'Milk\nBread, Brot; "x"',
    });
  });

  it('vobject reads our 2.1 in charsets of phones', () => {
    for (const [charset, name] of [
      ['Shift_JIS', '山田'],
      ['GB18030', '张三'],
      ['Big5', '張三'],
      ['EUC-KR', '김철수'],
      ['windows-1251', 'Иванов'],
      ['ISO-8859-2', 'Łukasz'],
    ] as const) {
      const shown = given(card('2.1', [`N:${name};a`, `FN:${name}`]), 'text/x-vcard', { traits: { text: { charset } }, limits: true });
      assert.match(Buffer.from(shown).toString('latin1'), new RegExp(`CHARSET=${charset}`));
      assert.equal(readBy('card', shown)['fn'], name);
    }
  });
});
