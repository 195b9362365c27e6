/** SIF items into the formats of other devices and back: what each element becomes, and that an edit changes one thing. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { bytesOf, convert, converted, readable, TYPES } from '../../src/content/conversion/convert.js';
import type { Format } from '../../src/content/conversion/format.js';
import { takeBackConverted } from '../../src/content/conversion/taking-back.js';
import { takeBack } from '../../src/content/taking-back.js';
import { parseSif, plainTextOf } from '../../src/content/sif-document.js';
import { bytesOf as utf8, calendar, card } from './helpers.js';

const SIF = 'text/x-s4j-sifc';

const sif = (root: string, inner: string): Buffer => utf8(`<?xml version="1.0" encoding="UTF-8"?>\r\n<${root}>${inner}</${root}>`);

/** Logical lines of a converted item, without its frame. */
function linesOf(bytes: Uint8Array, to: Format, type = SIF): readonly string[] {
  const result = convert(bytes, type, to);
  assert.ok(result, `there is a form in ${to}`);
  return Buffer.from(result)
    .toString('utf8')
    .replace(/\r\n /g, '')
    .split('\r\n')
    .filter((line) => line !== '' && !/^(?:BEGIN|END):V(?!ALARM)|^VERSION:|^PRODID:|^DTSTAMP:1970|^N:;;;;$|^FN:$/.test(line));
}

/** Elements with a value other than 0, by name. */
function elementsOf(bytes: Uint8Array): Record<string, string> {
  const document = parseSif(bytes);
  assert.ok(typeof document !== 'string');
  const text = document.source.text;
  return Object.fromEntries(
    document.root.children
      .map((one) => [one.name, one.children.length > 0 ? text.slice(one.innerStart, one.innerEnd) : plainTextOf(one)] as const)
      .filter(([name, value]) => value !== '' && value !== '0' && name !== 'SIFVersion'),
  );
}

function elements(bytes: Uint8Array, type: string, to: Format): Record<string, string> {
  const result = convert(bytes, type, to);
  assert.ok(result);
  return elementsOf(result);
}

function taken(stored: Uint8Array, storedType: string, sent: Uint8Array, sentType: string): Buffer {
  const [ours, theirs] = [readable(stored, storedType), readable(sent, sentType)];
  assert.ok(ours && theirs);
  const result = takeBackConverted(ours, theirs);
  assert.ok(result);
  return Buffer.from(result);
}

/** What a device gets of a stored item, changed as the device changes it, and what the stored item is then. */
function edited(stored: Uint8Array, storedType: string, to: Format, toType: string, change: (text: string) => string): string {
  const item = readable(stored, storedType);
  const there = item && converted(item, to);
  assert.ok(there);
  const shown = Buffer.from(bytesOf(there)).toString('utf8');
  const sent = change(shown);
  assert.notEqual(sent, shown, 'the device changes something');
  return taken(stored, storedType, utf8(sent), toType).toString('utf8');
}

describe('content: SIF contacts', () => {
  for (const [what, inner, expected] of [
    [
      'a name',
      '<FirstName>Jörg</FirstName><LastName>Müller &amp; Co</LastName><MiddleName>A</MiddleName><Title>Dr.</Title><Suffix>Jr.</Suffix><FileAs>M, J</FileAs>',
      ['N:Müller & Co;Jörg;A;Dr.;Jr.', 'FN:Dr. Jörg A Müller & Co Jr.', 'X-EVOLUTION-FILE-AS:M\\, J'],
    ],
    ['a full name of its own', '<LastName>X</LastName><Subject>The X</Subject>', ['N:X;;;;', 'FN:The X']],
    [
      'a company',
      '<CompanyName>Acme; Inc.</CompanyName><Department>R&amp;D</Department><OfficeLocation>7</OfficeLocation><JobTitle>Boss</JobTitle>',
      ['ORG:Acme\\; Inc.;R&D;7', 'TITLE:Boss', 'FN:Acme\\; Inc.'],
    ],
    [
      'addresses',
      '<HomeAddressStreet>Am Weg 1\r\nHof</HomeAddressStreet><HomeAddressCity>Köln</HomeAddressCity><BusinessAddressPostalCode>1</BusinessAddressPostalCode><OtherAddressCountry>DE</OtherAddressCountry>',
      ['ADR;TYPE=HOME:;;Am Weg 1\\nHof;Köln;;;', 'ADR;TYPE=WORK:;;;;;1;', 'ADR:;;;;;;DE'],
    ],
    [
      'telephone numbers',
      '<MobileTelephoneNumber>1</MobileTelephoneNumber><HomeFaxNumber>2</HomeFaxNumber><Business2TelephoneNumber>3</Business2TelephoneNumber><PrimaryTelephoneNumber>4</PrimaryTelephoneNumber>',
      ['TEL;TYPE=CELL:1', 'TEL;TYPE=WORK,VOICE:3', 'TEL;TYPE=HOME,FAX:2', 'TEL;TYPE=VOICE,PREF:4', 'FN:1'],
    ],
    [
      'dates and words',
      '<Birthday>1970-01-02</Birthday><Anniversary>45001231T230000Z</Anniversary><Gender>1</Gender><Sensitivity>2</Sensitivity><Categories>a; b,c</Categories>',
      ['BDAY:1970-01-02', 'X-GENDER:F', 'CATEGORIES:a,b,c', 'CLASS:PRIVATE'],
    ],
    ['a photo', '<Photo encoding="base64" type="JPG">/9j/</Photo>', ['PHOTO;TYPE=JPEG;ENCODING=b:/9j/']],
  ] as const)
    it(`${what}: to vCard 3.0`, () => {
      assert.deepEqual(linesOf(sif('contact', inner), 'vcard30'), expected);
    });

  it('to vCard 2.1 and 4.0', () => {
    const contact = sif(
      'contact',
      '<LastName>Müller</LastName><MobileTelephoneNumber>1</MobileTelephoneNumber><Birthday>1970-01-02</Birthday>',
    );
    assert.deepEqual(linesOf(contact, 'vcard21'), [
      'N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;;;;',
      'FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller',
      'TEL;CELL:1',
      'BDAY:19700102',
    ]);
    assert.deepEqual(linesOf(contact, 'vcard40'), ['N:Müller;;;;', 'FN:Müller', 'TEL;TYPE=cell:1', 'BDAY:19700102']);
  });

  const CARD = card('2.1', [
    'N:Smith;Ann',
    'TEL;CELL;WORK:1',
    'TEL;HOME:2',
    'TEL;HOME:3',
    'TEL;HOME:4',
    'TEL;PREF:5',
    'EMAIL;INTERNET:a@x.example',
    'ADR;HOME:box;ext;street;city;;1;DE',
    'NOTE;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:J=F6rg=0D=0A<b>',
    'X-OWN:kept',
  ]);

  it('of a vCard: each value in the element of its kind, the rest on the list', () => {
    assert.deepEqual(elements(CARD, 'text/x-vcard', 'sifc'), {
      LastName: 'Smith',
      FirstName: 'Ann',
      MobileTelephoneNumber: '1',
      HomeTelephoneNumber: '2',
      Home2TelephoneNumber: '3',
      OtherTelephoneNumber: '4',
      PrimaryTelephoneNumber: '5',
      Email1Address: 'a@x.example',
      HomeAddressPostOfficeBox: 'box',
      HomeAddressStreet: 'street',
      HomeAddressCity: 'city',
      HomeAddressPostalCode: '1',
      HomeAddressCountry: 'DE',
      Body: 'Jörg\n<b>',
    });
    const item = readable(CARD, 'text/x-vcard');
    const lost = item && converted(item, 'sifc')?.units.flatMap(({ loss }) => loss ?? []);
    assert.deepEqual(lost?.sort(), ['parameter', 'parameter', 'sif-no-element', 'sif-part']);
  });

  for (const [what, change, expected] of [
    ['a number', (text: string) => text.replace('>2<', '>22<'), ['TEL;HOME:2', 'TEL;HOME:22']],
    [
      'a street',
      (text: string) => text.replace('>street<', '>way<'),
      ['ADR;HOME:box;ext;street;city;;1;DE', 'ADR;HOME:box;ext;way;city;;1;DE'],
    ],
    [
      'a cell phone',
      (text: string) => text.replace('<MobileTelephoneNumber>1<', '<MobileTelephoneNumber>9<'),
      ['TEL;CELL;WORK:1', 'TEL;CELL;WORK:9'],
    ],
    ['a birthday that is new', (text: string) => text.replace('<Birthday/>', '<Birthday>2001-02-03</Birthday>'), ['', 'BDAY:20010203']],
    ['a number taken away', (text: string) => text.replace('>3<', '><'), ['TEL;HOME:3', '']],
    [
      'an e-mail address that is new, before the old one',
      (text: string) =>
        text.replace(
          /<Email1Address>.*<Email2Address\/>/s,
          '<Email1Address>b@x.example</Email1Address><Email2Address>a@x.example</Email2Address>',
        ),
      ['', 'EMAIL;INTERNET:b@x.example'],
    ],
  ] as const)
    it(`stored as vCard 2.1, ${what}: that line changes and no other`, () => {
      const result = edited(CARD, 'text/x-vcard', 'sifc', SIF, change);
      const before = CARD.toString('utf8').split('\r\n');
      const after = result.split('\r\n');
      assert.deepEqual(
        [before.filter((line) => !after.includes(line)), after.filter((line) => !before.includes(line))],
        expected.map((line) => (line === '' ? [] : [line])),
      );
    });

  const STORED = sif(
    'contact',
    '\r\n<FirstName>Ann</FirstName>\r\n<LastName>Smith</LastName>\r\n<Mileage>7</Mileage>\r\n<HomeTelephoneNumber>1</HomeTelephoneNumber>\r\n<RadioTelephoneNumber>2</RadioTelephoneNumber>\r\n<Email1Address>a@x.example</Email1Address>\r\n<Body/>\r\n',
  );
  for (const [to, change, expected] of [
    ['vcard21', (text: string) => text.replace('TEL;HOME;VOICE:1', 'TEL;HOME;VOICE:11'), { HomeTelephoneNumber: '11' }],
    ['vcard30', (text: string) => text.replace(/TEL;TYPE=HOME,VOICE:1\r\n/, ''), { HomeTelephoneNumber: undefined }],
    ['vcard40', (text: string) => text.replace('END:VCARD', 'TEL;TYPE=cell:3\r\nEND:VCARD'), { MobileTelephoneNumber: '3' }],
    ['vcard30', (text: string) => text.replace('END:VCARD', 'NOTE:ä\\n<\r\nEND:VCARD'), { Body: 'ä\n<' }],
    ['vcard21', (text: string) => text.replace('N:Smith;Ann', 'N:Smyth;Ann'), { LastName: 'Smyth', Subject: 'Ann Smith' }],
    ['vcard30', (text: string) => text.replace(/VOICE:1\r\n/, 'VOICE:1\r\nTEL;TYPE=HOME,VOICE:12\r\n'), { Home2TelephoneNumber: '12' }],
    ['vcard30', (text: string) => text.replace('END:VCARD', 'X-A;X-P=1:b\\;c\r\nEND:VCARD'), { MoorageProperty: 'X-A;X-P=1:b\\;c' }],
  ] as const)
    it(`stored as SIF, changed as ${to}: ${JSON.stringify(expected)}`, () => {
      const result = edited(STORED, SIF, to, TYPES[to] ?? '', change);
      const wanted: Record<string, string | undefined> = { ...elementsOf(STORED), ...expected };
      assert.deepEqual(elementsOf(utf8(result)), Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined)));
      // Bytes around the change are as they were.
      assert.ok(result.includes('\r\n<Mileage>7</Mileage>\r\n'));
    });

  it('properties without an element come back to clients that have them, and go when they go', () => {
    const add = (text: string): string =>
      text.replace('END:VCARD', ['X-A:b', ...[1, 2, 3, 4].map((n) => `EMAIL:${n}@x.example`), 'END:VCARD'].join('\r\n'));
    const stored = edited(STORED, SIF, 'vcard30', 'text/vcard', add);
    const lines = linesOf(utf8(stored), 'vcard30');
    assert.ok(lines.includes('X-A:b'));
    assert.equal(lines.filter((line) => line.startsWith('EMAIL')).length, 5);
    const without = edited(utf8(stored), SIF, 'vcard30', 'text/vcard', (text) => text.replace('X-A:b\r\n', ''));
    assert.ok(!linesOf(utf8(without), 'vcard30').includes('X-A:b'));
    assert.equal(linesOf(utf8(without), 'vcard30').filter((line) => line.startsWith('EMAIL')).length, 5);
  });

  it('in a charset that is not UTF-8, changes are written as references', () => {
    const latin = utf8('<?xml version="1.0" encoding="ISO-8859-2"?><contact><LastName>\uf7b1</LastName><FirstName>A</FirstName></contact>');
    const item = readable(latin, SIF);
    const shown = item && converted(item, 'vcard30');
    assert.ok(shown);
    const sent = Buffer.from(bytesOf(shown)).toString('utf8').replace('N:ą;A', 'N:ą;ř');
    const result = taken(latin, SIF, utf8(sent), 'text/vcard');
    assert.ok(result.toString('latin1').includes('<LastName>\xb1</LastName><FirstName>&#x159;</FirstName>'), result.toString('latin1'));
  });

  it('a client that does not send an element has none of it', () => {
    const small = sif('contact', '<FirstName>Anne</FirstName><LastName>Smith</LastName><HomeTelephoneNumber/>');
    const result = elementsOf(takeBack(STORED, small, SIF, { limits: false }));
    assert.deepEqual(result, {
      FirstName: 'Anne',
      LastName: 'Smith',
      Mileage: '7',
      RadioTelephoneNumber: '2',
      Email1Address: 'a@x.example',
    });
    const has = new Map([['MILEAGE', {}]]);
    assert.equal(elementsOf(takeBack(STORED, small, SIF, { limits: false, properties: has }))['Mileage'], undefined);
  });

  it('any name, number and note: an edit of one changes that one', () => {
    const text = fc.stringMatching(/^[A-Za-zäöŁ&<>;,\\' -]{1,20}$/).filter((one) => one.trim() === one && one !== '');
    fc.assert(
      fc.property(
        text,
        text,
        fc.stringMatching(/^\d{3,12}$/),
        text,
        fc.constantFrom('LastName', 'FirstName', 'MobileTelephoneNumber', 'Body'),
        text,
        (last, first, number, note, which, fresh) => {
          const was: Record<string, string> = { LastName: last, FirstName: first, MobileTelephoneNumber: number, Body: note };
          if (was[which] === fresh) return;
          const one = (values: Record<string, string>): Buffer => {
            const inner = Object.entries(values).map(
              ([name, value]) => `<${name}>${value.replace(/&/g, '&amp;').replace(/</g, '&lt;')}</${name}>`,
            );
            return sif('contact', inner.join(''));
          };
          for (const format of ['vcard21', 'vcard30', 'vcard40'] as const) {
            const stored = convert(one(was), SIF, format);
            assert.ok(stored);
            const result = taken(stored, TYPES[format] ?? '', one({ ...was, [which]: fresh }), SIF);
            const { Subject, ...now } = elements(result, TYPES[format] ?? '', 'sifc');
            assert.deepEqual(now, { ...was, [which]: fresh }, Subject);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('content: SIF appointments and tasks', () => {
  for (const [what, inner, expected] of [
    [
      'an appointment',
      '<Subject>Grüße</Subject><Start>20260601T080000Z</Start><End>20260601T090000Z</End><AllDayEvent>0</AllDayEvent><BusyStatus>0</BusyStatus><ReminderSet>1</ReminderSet><ReminderMinutesBeforeStart>15</ReminderMinutesBeforeStart><Sensitivity>3</Sensitivity><Importance>2</Importance>',
      [
        'SUMMARY:Grüße',
        'CLASS:CONFIDENTIAL',
        'PRIORITY:1',
        'DTSTART:20260601T080000Z',
        'DTEND:20260601T090000Z',
        'TRANSP:TRANSPARENT',
        'BEGIN:VALARM',
        'ACTION:AUDIO',
        'TRIGGER:-PT15M',
        'END:VALARM',
      ],
    ],
    [
      'a day',
      '<AllDayEvent>1</AllDayEvent><Start>2026-06-01</Start><End>2026-06-01</End>',
      ['DTSTART;VALUE=DATE:20260601', 'DTEND;VALUE=DATE:20260602'],
    ],
    [
      'days, to midnight',
      '<AllDayEvent>1</AllDayEvent><Start>20260601T000000</Start><End>20260603T000000</End>',
      ['DTSTART;VALUE=DATE:20260601', 'DTEND;VALUE=DATE:20260603'],
    ],
    [
      'days, to a minute before',
      '<AllDayEvent>1</AllDayEvent><Start>20260601T000000</Start><End>20260602T235900</End>',
      ['DTSTART;VALUE=DATE:20260601', 'DTEND;VALUE=DATE:20260603'],
    ],
    [
      'a day whose midnight is in UTC',
      '<AllDayEvent>1</AllDayEvent><Start>20260531T220000Z</Start><End>20260531T220000Z</End>',
      ['DTSTART;VALUE=DATE:20260601', 'DTEND;VALUE=DATE:20260602'],
    ],
    [
      'people',
      '<Start>20260601T080000Z</Start><Attendees><Attendee><AttendeeName>Ann</AttendeeName><AttendeeEmail>a@x.example</AttendeeEmail><AttendeeStatus>3</AttendeeStatus><AttendeeType>2</AttendeeType></Attendee><Attendee><AttendeeName>Bo</AttendeeName><AttendeeEmail>b@x.example</AttendeeEmail><AttendeeType>0</AttendeeType></Attendee></Attendees>',
      [
        'DTSTART:20260601T080000Z',
        'ATTENDEE;CN=Ann;ROLE=OPT-PARTICIPANT;PARTSTAT=ACCEPTED:mailto:a@x.example',
        'ORGANIZER;CN=Bo:mailto:b@x.example',
      ],
    ],
  ] as const)
    it(`${what}: to iCalendar 2.0`, () => {
      assert.deepEqual(linesOf(sif('appointment', inner), 'ical20'), expected);
    });

  it('to vCalendar 1.0', () => {
    const event = sif(
      'appointment',
      '<Subject>x</Subject><Start>20260601T080000Z</Start><End>20260601T090000Z</End><ReminderSet>1</ReminderSet><ReminderMinutesBeforeStart>15</ReminderMinutesBeforeStart><IsRecurring>1</IsRecurring><RecurrenceType>1</RecurrenceType><Interval>2</Interval><DayOfWeekMask>2</DayOfWeekMask><NoEndDate>0</NoEndDate><Occurrences>5</Occurrences>',
    );
    assert.deepEqual(linesOf(event, 'vcal10'), [
      'SUMMARY:x',
      'DTSTART:20260601T080000Z',
      'DTEND:20260601T090000Z',
      'RRULE:W2 MO #5',
      'AALARM:20260601T074500Z',
    ]);
  });

  it('a task', () => {
    const task = sif(
      'task',
      '<Subject>x</Subject><StartDate>2026-06-01</StartDate><DueDate>20260602T000000Z</DueDate><Complete>1</Complete><Status>2</Status><PercentComplete>100</PercentComplete><DateCompleted>2026-06-01</DateCompleted><ReminderSet>1</ReminderSet><ReminderTime>20260602T060000Z</ReminderTime>',
    );
    assert.deepEqual(linesOf(task, 'ical20'), [
      'SUMMARY:x',
      'DTSTART;VALUE=DATE:20260601',
      'DUE;VALUE=DATE:20260602',
      'STATUS:COMPLETED',
      'PERCENT-COMPLETE:100',
      'COMPLETED:20260601T000000Z',
      'BEGIN:VALARM',
      'ACTION:AUDIO',
      'TRIGGER;VALUE=DATE-TIME:20260602T060000Z',
      'END:VALARM',
    ]);
    assert.equal(convert(task, SIF, 'vcard30'), undefined);
    assert.equal(convert(calendar('2.0', 'VTODO', ['SUMMARY:x']), 'text/calendar', 'sife'), undefined, 'a task is no appointment');
  });

  const RULES: readonly (readonly [rule: string, pattern: Record<string, string>])[] = [
    ['FREQ=DAILY;INTERVAL=3;COUNT=4', { Interval: '3', Occurrences: '4' }],
    ['FREQ=WEEKLY;BYDAY=MO,WE,SU', { RecurrenceType: '1', DayOfWeekMask: '11', NoEndDate: '1' }],
    ['FREQ=MONTHLY;BYMONTHDAY=1', { RecurrenceType: '2', DayOfMonth: '1', NoEndDate: '1' }],
    ['FREQ=MONTHLY;BYDAY=2TU', { RecurrenceType: '3', DayOfWeekMask: '4', Instance: '2', NoEndDate: '1' }],
    ['FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1', { RecurrenceType: '3', DayOfWeekMask: '62', Instance: '5', NoEndDate: '1' }],
    ['FREQ=MONTHLY;BYMONTHDAY=-1', { RecurrenceType: '3', DayOfWeekMask: '127', Instance: '5', NoEndDate: '1' }],
    ['FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=1', { RecurrenceType: '5', MonthOfYear: '6', DayOfMonth: '1', NoEndDate: '1' }],
    [
      'FREQ=YEARLY;INTERVAL=2;BYMONTH=6;BYDAY=-1FR',
      { RecurrenceType: '6', Interval: '2', MonthOfYear: '6', DayOfWeekMask: '32', Instance: '5', NoEndDate: '1' },
    ],
    ['FREQ=DAILY;UNTIL=20260701T235959Z', { PatternEndDate: '20260701T000000Z' }],
  ];
  for (const [rule, pattern] of RULES)
    it(`${rule}: Outlook's pattern, and back`, () => {
      const event = calendar('2.0', 'VEVENT', ['DTSTART:20260601T080000Z', `RRULE:${rule}`]);
      const { Start, End, AllDayEvent, BusyStatus, Importance, IsRecurring, PatternStartDate, ...rest } = elements(
        event,
        'text/calendar',
        'sife',
      );
      assert.deepEqual(rest, { Interval: '1', ...pattern });
      assert.deepEqual(
        [Start, End, AllDayEvent, BusyStatus, Importance, IsRecurring, PatternStartDate],
        ['20260601T080000Z', '20260601T080000Z', undefined, '2', '1', '1', '20260601T000000Z'],
      );
      const there = convert(event, 'text/calendar', 'sife');
      assert.ok(there);
      assert.ok(linesOf(there, 'ical20').includes(`RRULE:${rule}`), linesOf(there, 'ical20').join('\n'));
    });

  it('rules Outlook has no pattern for are on the list, and stay', () => {
    const event = calendar('2.0', 'VEVENT', ['DTSTART:20260601T080000Z', 'SUMMARY:a', 'RRULE:FREQ=MONTHLY;BYMONTHDAY=1,15']);
    const item = readable(event, 'text/calendar');
    assert.deepEqual(item && converted(item, 'sife')?.units.flatMap(({ loss }) => loss ?? []), ['sif-rule']);
    const result = edited(event, 'text/calendar', 'sife', 'text/x-s4j-sife', (text) => text.replace('>a<', '>b<'));
    assert.equal(result, event.toString('utf8').replace('SUMMARY:a', 'SUMMARY:b'));
  });

  it('yearly intervals in months, as newer Outlooks count them', () => {
    const inner =
      '<Start>20260601T080000Z</Start><IsRecurring>1</IsRecurring><RecurrenceType>5</RecurrenceType><Interval>12</Interval><DayOfMonth>1</DayOfMonth><MonthOfYear>6</MonthOfYear><NoEndDate>1</NoEndDate>';
    assert.ok(linesOf(sif('appointment', inner), 'ical20').includes('RRULE:FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=1'));
  });

  it('days are those of the program: a start in UTC on the day before moves them', () => {
    const inner =
      '<Start>20260531T223000Z</Start><IsRecurring>1</IsRecurring><RecurrenceType>1</RecurrenceType><Interval>1</Interval><DayOfWeekMask>2</DayOfWeekMask><PatternStartDate>20260601T000000</PatternStartDate><NoEndDate>1</NoEndDate>';
    assert.ok(linesOf(sif('appointment', inner), 'ical20').includes('RRULE:FREQ=WEEKLY;BYDAY=SU'));
  });

  it('a series that names its zone is on its clock', () => {
    const inner =
      '<Timezone><BasicOffset>+0100</BasicOffset><DayLight><DSTName>Europe/Rome</DSTName><StandardName>Europe/Rome</StandardName></DayLight></Timezone>' +
      '<Start>20260531T223000Z</Start><End>20260531T233000Z</End><IsRecurring>1</IsRecurring><RecurrenceType>1</RecurrenceType><Interval>1</Interval><DayOfWeekMask>2</DayOfWeekMask><PatternStartDate>20260601T000000</PatternStartDate><NoEndDate>1</NoEndDate><Exceptions><ExcludeDate>20260607T223000Z</ExcludeDate></Exceptions>';
    const lines = linesOf(sif('appointment', inner), 'ical20');
    for (const line of [
      'TZID:Europe/Rome',
      'DTSTART;TZID=Europe/Rome:20260601T003000',
      'DTEND;TZID=Europe/Rome:20260601T013000',
      'RRULE:FREQ=WEEKLY;BYDAY=MO',
      'EXDATE;TZID=Europe/Rome:20260608T003000',
    ])
      assert.ok(lines.includes(line), `${line} in ${lines.join('\n')}`);
  });

  const SERIES = calendar('2.0', 'VEVENT', [
    'UID:1',
    'DTSTART;TZID=Europe/Berlin:20260601T003000',
    'DURATION:PT1H',
    'SUMMARY:a',
    'RRULE:FREQ=WEEKLY;BYDAY=MO',
    'EXDATE;TZID=Europe/Berlin:20260608T003000',
    'ATTENDEE;CN=Ann;PARTSTAT=ACCEPTED;X-OWN=1:mailto:a@x.example',
    'X-OWN:kept',
    'BEGIN:VALARM',
    'ACTION:DISPLAY',
    'DESCRIPTION:shown',
    'TRIGGER:-PT10M',
    'END:VALARM',
  ]);
  for (const [what, change, expected] of [
    ['its title', (text: string) => text.replace('>a<', '>b<'), [['SUMMARY:a'], ['SUMMARY:b']]],
    [
      'its start and end',
      (text: string) =>
        text.replace('<Start>20260531T223000Z', '<Start>20260531T230000Z').replace('<End>20260531T233000Z', '<End>20260601T000000Z'),
      [['DTSTART;TZID=Europe/Berlin:20260601T003000'], ['DTSTART;TZID=Europe/Berlin:20260601T010000']],
    ],
    ['its end', (text: string) => text.replace('<End>20260531T233000Z', '<End>20260601T003000Z'), [['DURATION:PT1H'], ['DURATION:PT2H']]],
    [
      'its days',
      (text: string) => text.replace('<DayOfWeekMask>2<', '<DayOfWeekMask>6<'),
      [['RRULE:FREQ=WEEKLY;BYDAY=MO'], ['RRULE:FREQ=WEEKLY;BYDAY=MO,TU']],
    ],
    [
      'its end date',
      (text: string) =>
        text.replace('<NoEndDate>1', '<NoEndDate>0').replace('<PatternEndDate/>', '<PatternEndDate>2026-07-01</PatternEndDate>'),
      [['RRULE:FREQ=WEEKLY;BYDAY=MO'], ['RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20260701T215959Z']],
    ],
    [
      'an exception, by its day',
      (text: string) => text.replace('</Exceptions>', '<ExcludeDate>2026-06-15</ExcludeDate></Exceptions>'),
      [['EXDATE;TZID=Europe/Berlin:20260608T003000'], ['EXDATE;TZID=Europe/Berlin:20260608T003000,20260615T003000']],
    ],
    ['its reminder', (text: string) => text.replace('>10<', '>5<'), [['TRIGGER:-PT10M'], ['TRIGGER:-PT5M']]],
    ['its privacy', (text: string) => text.replace('<Sensitivity>0', '<Sensitivity>2'), [[], ['CLASS:PRIVATE']]],
    [
      'an answer',
      (text: string) => text.replace('<AttendeeStatus>3', '<AttendeeStatus>4'),
      [['ATTENDEE;CN=Ann;PARTSTAT=ACCEPTED;X-OWN=1:mailto:a@x.example'], ['ATTENDEE;CN=Ann;PARTSTAT=DECLINED;X-OWN=1:mailto:a@x.example']],
    ],
  ] as const)
    it(`stored as iCalendar 2.0, ${what}: that changes and nothing else`, () => {
      const result = edited(SERIES, 'text/calendar', 'sife', 'text/x-s4j-sife', change);
      const before = SERIES.toString('utf8').split('\r\n');
      const after = result.split('\r\n');
      assert.deepEqual([before.filter((line) => !after.includes(line)), after.filter((line) => !before.includes(line))], expected);
    });

  it('an alarm that has no minutes before its start stays, wherever the program is', () => {
    for (const start of ['20260601', '20260601T100000'])
      for (const home of [undefined, 'America/New_York']) {
        const stored = calendar('1.0', 'VEVENT', [`DTSTART:${start}`, 'AALARM:20260531T180000Z', 'SUMMARY:x']);
        const ours = readable(stored, 'text/x-vcalendar');
        const there = ours && converted(ours, 'sife', home);
        const shown = there && readable(bytesOf(there), 'text/x-s4j-sife');
        assert.ok(ours && shown);
        assert.equal(takeBackConverted(ours, shown, 'Europe/Berlin', home), ours.bytes);
      }
  });

  it('any event: an edit of one element changes that one', () => {
    const word = fc.stringMatching(/^[A-Za-zä&<>;,]{1,10}$/);
    const edit = fc.oneof(
      fc.tuple(fc.constantFrom('Subject', 'Location', 'Body'), word),
      fc.tuple(fc.constant('Sensitivity'), fc.constantFrom('0', '2', '3')),
      fc.tuple(fc.constant('BusyStatus'), fc.constantFrom('0', '1', '2', '3')),
      fc.tuple(fc.constant('Importance'), fc.constantFrom('0', '1', '2')),
      fc.tuple(fc.constant('ReminderMinutesBeforeStart'), fc.integer({ min: 1, max: 4000 }).map(String)),
      fc.tuple(fc.constant('End'), fc.constantFrom('20260601T103000Z', '20260602T080000Z')),
      fc.tuple(fc.constant('DayOfWeekMask'), fc.integer({ min: 1, max: 127 }).map(String)),
      fc.tuple(fc.constant('Interval'), fc.integer({ min: 1, max: 9 }).map(String)),
    );
    const details = fc.subarray([
      'LOCATION:here',
      'DESCRIPTION:more',
      'CLASS:PRIVATE',
      'PRIORITY:1',
      'TRANSP:TRANSPARENT',
      'X-OWN:1',
      'EXDATE:20260608T080000Z',
    ]);
    const zones = fc.constantFrom(
      ['DTSTART:20260601T080000Z', 'DTEND:20260601T090000Z'],
      ['DTSTART;TZID=Europe/Berlin:20260601T100000', 'DURATION:PT1H'],
    );
    const alarm = ['BEGIN:VALARM', 'ACTION:AUDIO', 'TRIGGER:-PT15M', 'END:VALARM'];
    fc.assert(
      fc.property(zones, details, edit, fc.constantFrom('ical20', 'vcal10'), (when, more, [name, value], format) => {
        const modern = calendar('2.0', 'VEVENT', ['UID:1', 'SUMMARY:x', ...when, 'RRULE:FREQ=WEEKLY;BYDAY=MO', ...more, ...alarm]);
        const stored = format === 'ical20' ? modern : (convert(modern, 'text/calendar', 'vcal10') ?? modern);
        const type = TYPES[format] ?? '';
        const was = elements(stored, type, 'sife');
        const there = Buffer.from(convert(stored, type, 'sife') ?? []).toString('utf8');
        const written = value.replace(/&/g, '&amp;').replace(/</g, '&lt;');
        const sent = there.replace(new RegExp(`<${name}(?:/>|>[^<]*</${name}>)`), () => `<${name}>${written}</${name}>`);
        const now = elements(taken(stored, type, utf8(sent), 'text/x-s4j-sife'), type, 'sife');
        const expected = { ...was, [name]: value };
        if (value === '0') assert.equal(now[name], undefined);
        assert.deepEqual({ ...now, [name]: value }, expected);
      }),
      { numRuns: 300 },
    );
  });

  const STORED = sif(
    'appointment',
    '\r\n<Subject>a</Subject>\r\n<Mileage>7</Mileage>\r\n<Start>20260601T080000Z</Start>\r\n<End>20260601T090000Z</End>\r\n<AllDayEvent>0</AllDayEvent>\r\n<ReminderSet>1</ReminderSet><ReminderMinutesBeforeStart>15</ReminderMinutesBeforeStart>\r\n<IsRecurring>0</IsRecurring>\r\n',
  );
  for (const [to, change, expected] of [
    ['vcal10', (text: string) => text.replace('SUMMARY:a', 'SUMMARY:b'), { Subject: 'b' }],
    ['ical20', (text: string) => text.replace('DTEND:20260601T090000Z', 'DTEND:20260601T100000Z'), { End: '20260601T100000Z' }],
    ['vcal10', (text: string) => text.replace('T074500Z', 'T073000Z'), { ReminderMinutesBeforeStart: '30' }],
    [
      'ical20',
      (text: string) => text.replace(/BEGIN:VALARM.*END:VALARM\r\n/s, ''),
      { ReminderSet: undefined, ReminderMinutesBeforeStart: undefined },
    ],
    [
      'ical20',
      (text: string) => text.replace('BEGIN:VALARM', 'RRULE:FREQ=DAILY;COUNT=3\r\nBEGIN:VALARM'),
      { IsRecurring: '1', RecurrenceType: undefined, Interval: '1', PatternStartDate: '20260601T000000Z', Occurrences: '3' },
    ],
    ['ical20', (text: string) => text.replace('BEGIN:VALARM', 'GEO:1;2\r\nBEGIN:VALARM'), { MoorageProperty: 'GEO:1;2' }],
  ] as const)
    it(`stored as SIF, changed as ${to}: ${JSON.stringify(expected)}`, () => {
      const result = edited(STORED, 'text/x-s4j-sife', to, TYPES[to] ?? '', change);
      const wanted: Record<string, string | undefined> = { ...elementsOf(STORED), ...expected };
      assert.deepEqual(elementsOf(utf8(result)), Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined)));
    });
});

describe('content: notes in all their formats', () => {
  const NOTE = utf8('Milk\r\nBread, Brot; "x"\r\n');
  for (const [to, expected] of [
    ['vnote', ['BODY;ENCODING=QUOTED-PRINTABLE:Milk=0D=0ABread, Brot; "x"']],
    ['journal', ['SUMMARY:Milk', 'DESCRIPTION:Milk\\nBread\\, Brot\\; "x"']],
  ] as const)
    it(`a text as ${to}`, () => {
      assert.deepEqual(linesOf(NOTE, to, 'text/plain'), expected);
    });

  it('a text as SIF', () => {
    assert.deepEqual(elements(NOTE, 'text/plain', 'sifn'), { Subject: 'Milk', Body: 'Milk\nBread, Brot; "x"' });
  });

  const FORMS: readonly (readonly [Format, string, Uint8Array])[] = [
    ['plain', 'text/plain', NOTE],
    ['vnote', 'text/x-vnote', utf8('BEGIN:VNOTE\r\nVERSION:1.1\r\nBODY:Milk\r\nX-OWN:1\r\nEND:VNOTE\r\n')],
    ['journal', 'text/calendar', calendar('2.0', 'VJOURNAL', ['UID:1', 'DTSTART;VALUE=DATE:20260601', 'SUMMARY:Milk', 'CATEGORIES:x'])],
    ['sifn', 'text/x-s4j-sifn', sif('note', '<Subject>Milk</Subject><Body>Milk\r\nBread</Body><Color>3</Color>')],
  ];
  for (const [from, type, stored] of FORMS)
    for (const [to, toType] of FORMS)
      if (from !== to)
        it(`${from} for a device of ${to}: an echo is no change, an edit is one of the text alone`, () => {
          const item = readable(stored, type);
          const there = item && converted(item, to);
          assert.ok(there);
          const shown = readable(bytesOf(there), toType);
          assert.ok(item && shown);
          assert.equal(takeBackConverted(item, shown), item.bytes);
          const result = edited(stored, type, to, toType, (text) => text.replaceAll('Milk', 'Tea'));
          assert.ok(result.includes('Tea') && !result.includes('Milk'), result);
          for (const kept of ['X-OWN:1', 'DTSTART;VALUE=DATE:20260601', 'CATEGORIES:x', '<Color>3</Color>'])
            assert.equal(result.includes(kept), Buffer.from(stored).includes(kept), kept);
        });
});

describe('content: conversion of any SIF', function () {
  this.timeout(30_000);
  const names = fc.constantFrom(
    'Subject', 'Body', 'Start', 'End', 'AllDayEvent', 'IsRecurring', 'RecurrenceType', 'Interval', 'DayOfWeekMask', 'Instance', 'DayOfMonth', 'MonthOfYear', 'PatternStartDate',
    'PatternEndDate', 'Occurrences', 'NoEndDate', 'Exceptions', 'ExcludeDate', 'Attendees', 'Attendee', 'AttendeeEmail', 'AttendeeName', 'AttendeeType', 'ReminderSet', 'ReminderTime',
    'ReminderMinutesBeforeStart', 'DueDate', 'StartDate', 'Complete', 'Status', 'Timezone', 'DayLight', 'DSTName', 'LastName', 'FileAs', 'Email1Address', 'Birthday', 'Photo', 'Categories',
    'MoorageProperty', 'HomeAddressStreet', 'CompanyName', 'Gender', 'Mileage',
  ); // prettier-ignore
  const texts = fc.constantFrom(
    '', '0', '1', '2', '3', '5', '6', '12', '62', '127', '-1', '99999999999', '20260601T100000Z', '2026-06-01', '20260601', '45001231T230000Z', '99999999T999999Z', '00000000', 'Europe/Rome',
    'a', 'ä &amp; &lt;', 'TEL:1', 'BEGIN:VALARM', 'END:VCARD', '&#0;&#xD800;', ' x ', '/9j/', ';', ',', 'a@x', '<b/>', '<![CDATA[x]]>',
  ); // prettier-ignore
  const leaf = fc.tuple(names, texts).map(([name, text]) => (text === '' ? `<${name}/>` : `<${name}>${text}</${name}>`));
  const group = fc.tuple(names, fc.array(leaf, { maxLength: 4 })).map(([name, inner]) => `<${name}>${inner.join('')}</${name}>`);
  const any = fc
    .tuple(fc.constantFrom('contact', 'appointment', 'task', 'note'), fc.array(fc.oneof(leaf, leaf, group), { maxLength: 14 }))
    .map(([root, inner]) => sif(root, inner.join('')));

  it('gives an item whose echo changes nothing, and takes any other back without an error', () => {
    fc.assert(
      fc.property(any, any, (stored, sent) => {
        const [ours, theirs] = [readable(stored, SIF), readable(sent, SIF)];
        if (!ours || !theirs) return;
        for (const [to, type] of Object.entries(TYPES) as [Format, string][]) {
          const there = converted(ours, to);
          const shown = there && readable(bytesOf(there), type);
          if (!shown) continue;
          assert.deepEqual(takeBackConverted(ours, shown), ours.bytes);
          const other = converted(theirs, to);
          const sentThere = other && readable(bytesOf(other), type);
          if (sentThere) takeBackConverted(ours, sentThere);
          takeBackConverted(shown, theirs);
        }
        takeBack(stored, sent, SIF, { limits: false });
      }),
      { numRuns: 400 },
    );
  });
});
