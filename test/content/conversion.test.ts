/** Formats into each other: what each property becomes, and that devices of another format change what they change and nothing else. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { convert, converted, readable, TYPES } from '../../src/content/conversion/convert.js';
import { formatOf, takenBy, targetsOf, type Format } from '../../src/content/conversion/format.js';
import { legacyRule, modernRule, plainClock } from '../../src/content/conversion/rules.js';
import { takeBackConverted } from '../../src/content/conversion/taking-back.js';
import { textOf } from '../../src/content/conversion/units.js';
import { inUtc, zoneNamed } from '../../src/content/conversion/zones.js';
import { parseDocument } from '../../src/content/components.js';
import { inLocalTime } from '../../src/content/local-time.js';
import { recurrenceRule } from '../../src/content/recurrence-rule.js';
import type { ContentTypeRef, DevInf } from '../../src/model/devinf.js';
import { contacts, styles, writeContact } from './contact-writer.js';
import { assertEqualItems, calendar, card } from './helpers.js';

/** With a name: versions that ask for one make it of other things otherwise. */
const named = contacts.map((contact) => ({ ...contact, name: ['Smith', ...contact.name.slice(1)] }));
const CARDS = ['vcard21', 'vcard30', 'vcard40'] as const;

function convertedTo(to: Format, bytes: Uint8Array, type: string): Buffer {
  const result = convert(bytes, type, to);
  assert.ok(result);
  return Buffer.from(result);
}

/** Logical lines between the frame's. */
function linesOf(bytes: Uint8Array): readonly string[] {
  const frame = /^(?:BEGIN|END):V(?!ALARM)|^VERSION:|^PRODID:|^DTSTAMP:1970/;
  return Buffer.from(bytes)
    .toString('utf8')
    .replace(/\r\n /g, '')
    .split('\r\n')
    .filter((line) => line !== '' && !frame.test(line));
}

function takenBack(stored: Uint8Array, storedType: string, sent: Uint8Array, sentType: string, zone?: string): Buffer {
  const [ours, theirs] = [readable(stored, storedType), readable(sent, sentType)];
  assert.ok(ours && theirs);
  const result = takeBackConverted(ours, theirs, zone);
  assert.ok(result);
  return Buffer.from(result);
}

describe('content: cards in other versions', function () {
  this.timeout(20_000);
  for (const [what, from, line, expected] of [
    [
      'bare types and quoted-printable',
      '2.1',
      'TEL;CELL;VOICE;PREF:+1',
      { vcard30: 'TEL;TYPE=CELL,VOICE,PREF:+1', vcard40: 'TEL;TYPE=cell,voice;PREF=1:+1' },
    ],
    [
      'a charset',
      '2.1',
      'NOTE;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:J=F6rg; a, b=0D=0Ac',
      { vcard30: 'NOTE:Jörg\\; a\\, b\\nc', vcard40: 'NOTE:Jörg\\; a\\, b\\nc' },
    ],
    ['a group', '2.1', 'item1.X-ABLABEL:Office', { vcard30: 'item1.X-ABLABEL:Office', vcard40: 'item1.X-ABLABEL:Office' }],
    ['an extension with a parameter', '2.1', 'X-RING;X-MAKER=1:a;b', { vcard30: 'X-RING;X-MAKER=1:a;b', vcard40: 'X-RING;X-MAKER=1:a;b' }],
    ['a birthday', '2.1', 'BDAY:19700102T000000Z', { vcard30: 'BDAY:1970-01-02', vcard40: 'BDAY:19700102' }],
    [
      'a photo',
      '2.1',
      'PHOTO;JPEG;ENCODING=BASE64:\r\n /9j/\r\n',
      { vcard30: 'PHOTO;TYPE=JPEG;ENCODING=b:/9j/', vcard40: 'PHOTO:data:image/jpeg;base64,/9j/' },
    ],
    ['a photo elsewhere', '2.1', 'PHOTO;VALUE=URL:http://x.example/a;b', { vcard30: 'PHOTO;VALUE=uri:http://x.example/a;b' }],
    ['an escape of 2.1', '2.1', 'ADR;HOME:;;a\\;b;c', { vcard30: 'ADR;TYPE=HOME:;;a\\;b;c;;;' }],
    ['escapes of 3.0', '3.0', 'ADR:;;a\\;b\\, c\\nd;e', { vcard21: 'ADR;ENCODING=QUOTED-PRINTABLE:;;a\\;b, c=0D=0Ad;e;;;' }],
    ['text of 3.0', '3.0', 'NOTE:Zoë\\; x\\, y', { vcard21: 'NOTE;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Zo=C3=AB; x, y' }],
    ['an address without a type', '3.0', 'EMAIL:a@b.example', { vcard21: 'EMAIL;INTERNET:a@b.example', vcard40: 'EMAIL:a@b.example' }],
    ['categories', '3.0', 'CATEGORIES:a,b', { vcard21: 'CATEGORIES:a;b', vcard40: 'CATEGORIES:a,b' }],
    ['what only 4.0 has', '4.0', 'GENDER:F', { vcard21: 'X-GENDER:F', vcard30: 'X-GENDER:F' }],
    ['and back', '3.0', 'X-GENDER:F', { vcard40: 'GENDER:F' }],
    ['a preference of 4.0', '4.0', 'TEL;TYPE=home;PREF=1;ALTID=1:+1', { vcard21: 'TEL;HOME;PREF:+1', vcard30: 'TEL;TYPE=HOME,PREF:+1' }],
    ['a birthday without a year', '4.0', 'BDAY:--0203', { vcard30: undefined }],
  ] as const)
    it(what, () => {
      const bytes = card(from, ['N:Smith;Ann;;;', 'FN:Ann Smith', ...(line.startsWith('item1') ? ['item1.TEL:+1'] : []), line]);
      for (const [to, wanted] of Object.entries(expected)) {
        const lines = linesOf(convertedTo(to as Format, bytes, from === '2.1' ? 'text/x-vcard' : 'text/vcard'));
        const others = lines.filter((one) => !/^(?:N:|FN:|item1\.TEL)/.test(one));
        assert.deepEqual(others, wanted === undefined ? [] : [wanted], to);
      }
    });

  it('names that a version asks for are made of what there is', () => {
    assert.deepEqual(linesOf(convertedTo('vcard30', card('2.1', ['N:Smith;Ann']), 'text/x-vcard')), ['N:Smith;Ann;;;', 'FN:Ann Smith']);
    assert.deepEqual(linesOf(convertedTo('vcard30', card('2.1', ['ORG:Acme;Lab']), 'text/x-vcard')), ['ORG:Acme;Lab', 'FN:Acme', 'N:;;;;']);
    assert.deepEqual(linesOf(convertedTo('vcard21', card('4.0', ['FN:Ann']), 'text/vcard')), ['FN:Ann', 'N:Ann;;;;']);
  });

  it('long lines are folded, or have soft breaks, and break no character', () => {
    const note = 'ä€😀'.repeat(60);
    const there = convertedTo('vcard30', card('2.1', ['N:a', `NOTE;CHARSET=UTF-8:${note}`]), 'text/x-vcard');
    for (const line of there.toString('latin1').split('\r\n')) {
      assert.ok(line.length <= 75, `${line.length}`);
      assert.equal(Buffer.from(line, 'latin1').toString('utf8').includes('\ufffd'), false);
    }
    const back = convertedTo('vcard21', there, 'text/vcard');
    for (const line of back.toString('latin1').split('\r\n'))
      assert.ok(line.length <= 76 + 'NOTE;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:'.length);
    assertEqualItems(card('3.0', ['N:a', `NOTE:${note}`, 'FN:a']), back, 'text/x-vcard');
  });

  it('there and back says the same, for any contact in any version', () => {
    fc.assert(
      fc.property(named, styles, fc.constantFrom(...CARDS), (contact, style, to) => {
        const bytes = writeContact(contact, style);
        const from = `vcard${style.version.replace('.', '')}` as Format;
        if (from === to) return;
        const back = convertedTo(from, convertedTo(to, bytes, TYPES[from]), TYPES[to]);
        assertEqualItems(bytes, back, TYPES[from]);
      }),
      { numRuns: 200 },
    );
  });

  it('deliver and echo: nothing changes, for any contact in any version', () => {
    fc.assert(
      fc.property(named, styles, fc.constantFrom(...CARDS), (contact, style, to) => {
        const bytes = writeContact(contact, style);
        const from = `vcard${style.version.replace('.', '')}` as Format;
        if (from === to) return;
        assert.deepEqual(takenBack(bytes, TYPES[from], convertedTo(to, bytes, TYPES[from]), TYPES[to]), Buffer.from(bytes));
      }),
      { numRuns: 200 },
    );
  });

  it('deliver and one edit: exactly that field changes, for any contact in any version', () => {
    fc.assert(
      fc.property(named, styles, fc.constantFrom(...CARDS), (contact, style, to) => {
        const bytes = writeContact({ ...contact, texts: { ...contact.texts, TITLE: 'Before' } }, style);
        const from = `vcard${style.version.replace('.', '')}` as Format;
        if (from === to) return;
        const edited = convertedTo(to, bytes, TYPES[from])
          .toString('latin1')
          .replace(/Before/, 'After');
        const result = takenBack(bytes, TYPES[from], Buffer.from(edited, 'latin1'), TYPES[to]);
        const expected = writeContact({ ...contact, texts: { ...contact.texts, TITLE: 'After' } }, style);
        assertEqualItems(expected, result, TYPES[from]);
      }),
      { numRuns: 200 },
    );
  });
});

/** An event or a task, as both formats can say it. */
const dates = fc
  .date({ min: new Date(0), max: new Date('2099-01-01T00:00:00Z'), noInvalidDate: true })
  .map((date) => `${date.toISOString().replace(/[-:]/g, '').slice(0, 13)}00`);
const words = fc.stringMatching(/^[A-Za-z;,:=äß漢"' ]{1,40}$/).map((text) => `t${text.trim()}t`);
const later = (start: string, hours: number): string =>
  new Date(
    Date.UTC(
      Number(start.slice(0, 4)),
      Number(start.slice(4, 6)) - 1,
      Number(start.slice(6, 8)),
      Number(start.slice(9, 11)) + hours,
      Number(start.slice(11, 13)),
    ),
  )
    .toISOString()
    .replace(/[-:]/g, '')
    .slice(0, 15);
const escaped = (text: string): string => text.replace(/[\\;,]/g, '\\$&');
const days = fc.uniqueArray(fc.constantFrom('MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'), { minLength: 1, maxLength: 4 });
const rules = fc
  .tuple(
    fc.oneof(
      fc.constant('FREQ=DAILY'),
      fc.constant('FREQ=WEEKLY'),
      days.map((list) => `FREQ=WEEKLY;BYDAY=${list.join(',')}`),
      fc.tuple(fc.constantFrom(1, 2, 5, -1, -2), fc.constantFrom('MO', 'SU')).map(([at, day]) => `FREQ=MONTHLY;BYDAY=${at}${day}`),
      fc
        .uniqueArray(fc.constantFrom(1, 15, 31, -1, -3), { minLength: 1, maxLength: 3 })
        .map((list) => `FREQ=MONTHLY;BYMONTHDAY=${list.join(',')}`),
      fc.constant('FREQ=YEARLY'),
      fc.constant('FREQ=YEARLY;BYMONTH=2,7'),
      fc.constant('FREQ=YEARLY;BYYEARDAY=1,200'),
    ),
    fc.integer({ min: 1, max: 9 }),
    fc.oneof(
      fc.constant(''),
      fc.integer({ min: 1, max: 99 }).map((count) => `;COUNT=${count}`),
      dates.map((end) => `;UNTIL=${end}Z`),
    ),
  )
  .map(([rule, interval, end]) => `${rule};INTERVAL=${interval}${end}`);

interface Event {
  readonly lines: readonly string[];
  readonly zone: string | undefined;
}

const zones = fc.constantFrom(
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Australia/Sydney',
  'Pacific/Auckland',
  'America/Sao_Paulo',
);
const events: fc.Arbitrary<Event> = fc
  .record({
    start: dates,
    hours: fc.integer({ min: 1, max: 50 }),
    form: fc.constantFrom('utc', 'zone', 'local', 'day'),
    zone: zones,
    summary: words,
    description: fc.option(words),
    rule: fc.option(rules),
    except: fc.boolean(),
    alarm: fc.option(fc.integer({ min: 1, max: 4000 })),
    status: fc.constantFrom('TENTATIVE', 'CONFIRMED', 'CANCELLED'),
    transparent: fc.boolean(),
    person: fc.option(fc.constantFrom('ACCEPTED', 'DECLINED', 'TENTATIVE')),
    categories: fc.uniqueArray(fc.constantFrom('work', 'home', 'x y'), { maxLength: 2 }),
  })
  .map((e) => {
    const isDay = e.form === 'day';
    const at = (text: string, name: string): string =>
      isDay
        ? `${name};VALUE=DATE:${text.slice(0, 8)}`
        : e.form === 'zone'
          ? `${name};TZID=${e.zone}:${text}`
          : `${name}:${text}${e.form === 'utc' ? 'Z' : ''}`;
    const end = isDay ? later(`${e.start.slice(0, 8)}T000000`, 24 * Math.ceil(e.hours / 24)) : later(e.start, e.hours);
    // An event from midnight to midnight is a day in 1.0.
    const isMidnight = !isDay && e.start.endsWith('T000000');
    const start = isMidnight ? e.start.replace('T000000', 'T010000') : e.start;
    return {
      zone: e.form === 'zone' ? e.zone : undefined,
      lines: [
        at(start, 'DTSTART'),
        at(isMidnight ? later(start, e.hours) : end, 'DTEND'),
        `SUMMARY:${escaped(e.summary)}`,
        ...(e.description === null ? [] : [`DESCRIPTION:${escaped(e.description)}`]),
        ...(e.rule === null || (e.rule.includes('UNTIL') && e.form !== 'utc')
          ? []
          : [`RRULE:${e.rule}`, ...(e.except ? [at(later(start, 24), 'EXDATE')] : [])]),
        `STATUS:${e.status}`,
        `TRANSP:${e.transparent ? 'TRANSPARENT' : 'OPAQUE'}`,
        ...(e.person === null
          ? []
          : [`ATTENDEE;CN=Ann;PARTSTAT=${e.person};RSVP=TRUE:mailto:ann@x.example`, 'ORGANIZER;CN=Bob:mailto:bob@x.example']),
        ...(e.categories.length === 0 ? [] : [`CATEGORIES:${e.categories.join(',')}`]),
        ...(e.alarm === null ? [] : ['BEGIN:VALARM', 'ACTION:AUDIO', `TRIGGER:-PT${e.alarm}M`, 'END:VALARM']),
      ],
    };
  });

describe('content: calendars in other versions', function () {
  this.timeout(20_000);
  it('there and back says the same, but for the name of the zone, for any event both can say', () => {
    fc.assert(
      fc.property(events, ({ lines, zone }) => {
        const bytes = calendar('2.0', 'VEVENT', lines);
        const item = readable(bytes, 'text/calendar');
        fc.pre(item !== undefined && !converted(item, 'vcal10')?.units.some(({ loss }) => loss === 'first-day'));
        const back = convertedTo('ical20', convertedTo('vcal10', bytes, 'text/calendar'), 'text/x-vcalendar');
        // Where UTC has other days than the rule, times stay on their zone's clock, and the zone is there again; else they are in UTC.
        const inUtcNow = lines.map((line) => {
          const match = /^([A-Z]+);TZID=[^:]*:(.*)$/.exec(line);
          return match && zone ? `${match[1]}:${inUtc(match[2] ?? '', zone)}` : line;
        });
        const [named = ''] = /TZID=[^:]*:/.exec(back.toString()) ?? [];
        const inZone = lines.map((line) => line.replace(`TZID=${zone}:`, named));
        const expected = /DTSTART:\S*Z/.test(back.toString()) ? inUtcNow : inZone;
        const [timezone = ''] = /BEGIN:VTIMEZONE[^]*END:VTIMEZONE/.exec(back.toString()) ?? [];
        assertEqualItems(calendar('2.0', 'VEVENT', expected, timezone.split('\r\n')), back, 'text/calendar');
      }),
      { numRuns: 300 },
    );
  });

  for (const [minutes, why] of [
    [61, 'the first of two moments that the clock shows alike'],
    [1, 'the second of them'],
    [130, 'before both'],
  ] as const)
    it(`an alarm at ${why} stays so long before`, () => {
      const zone = 'TZID=Pacific/Auckland';
      const alarm = ['BEGIN:VALARM', 'ACTION:AUDIO', `TRIGGER:-PT${minutes}M`, 'END:VALARM'];
      const item = calendar('2.0', 'VEVENT', [`DTSTART;${zone}:19890305T030000`, 'SUMMARY:a', 'RRULE:FREQ=DAILY;COUNT=1', ...alarm]);
      const there = convertedTo('vcal10', item, 'text/calendar');
      assert.match(convertedTo('ical20', there, 'text/x-vcalendar').toString(), new RegExp(`TRIGGER:-PT${minutes}M\r\n`), there.toString());
    });

  it('deliver and echo: nothing changes', () => {
    fc.assert(
      fc.property(events, ({ lines }) => {
        const bytes = calendar('2.0', 'VEVENT', lines);
        const there = convertedTo('vcal10', bytes, 'text/calendar');
        assert.deepEqual(takenBack(bytes, 'text/calendar', there, 'text/x-vcalendar'), bytes);
        const again = convertedTo('ical20', there, 'text/x-vcalendar');
        assert.deepEqual(takenBack(there, 'text/x-vcalendar', again, 'text/calendar'), there);
      }),
      { numRuns: 200 },
    );
  });

  it('deliver and one edit: exactly that field changes', () => {
    fc.assert(
      fc.property(events, ({ lines }) => {
        const with_ = (title: string): Buffer =>
          calendar('2.0', 'VEVENT', [...lines, `LOCATION:${title}`, 'X-KEPT;X-A=1:as it is', 'DTSTAMP:20200101T000000Z']);
        const there = convertedTo('vcal10', with_('Before'), 'text/calendar').toString('latin1');
        const result = takenBack(
          with_('Before'),
          'text/calendar',
          Buffer.from(there.replace('Before', 'After'), 'latin1'),
          'text/x-vcalendar',
        );
        assert.equal(result.toString(), with_('After').toString());
      }),
      { numRuns: 200 },
    );
  });

  it('a move by an hour on the phone is a move by an hour in the zone of the event, and of nothing else', () => {
    fc.assert(
      fc.property(dates, zones, (start, zone) => {
        const at = (text: string): Buffer => calendar('2.0', 'VEVENT', [`DTSTART;TZID=${zone}:${text}`, 'DURATION:PT30M', 'SUMMARY:x']);
        const there = convertedTo('vcal10', at(start), 'text/calendar').toString();
        const moved = there.replace(/\d{8}T\d{6}Z/g, (utc) => `${later(utc, 1)}Z`);
        const result = takenBack(at(start), 'text/calendar', Buffer.from(moved), 'text/x-vcalendar').toString();
        const expected = inLocalTime(`${later(inUtc(start, zone), 1)}Z`, zone);
        assert.equal(result, at(expected).toString());
      }),
      { numRuns: 100 },
    );
  });

  for (const [what, lines, expected] of [
    [
      'days, as phones write them',
      ['DTSTART:20260601T000000', 'DTEND:20260601T235900'],
      ['DTSTART;VALUE=DATE:20260601', 'DTEND;VALUE=DATE:20260602'],
    ],
    [
      'days to 24:00 with a Z that is none',
      ['DTSTART:20260601T000000Z', 'DTEND:20260602T240000Z'],
      ['DTSTART;VALUE=DATE:20260601', 'DTEND;VALUE=DATE:20260603'],
    ],
    [
      'a day with a mark',
      ['X-EPOCAGENDAENTRYTYPE:EVENT', 'DTSTART:20260601T090000', 'DTEND:20260601T090000'],
      ['X-EPOCAGENDAENTRYTYPE:EVENT', 'DTSTART;VALUE=DATE:20260601', 'DTEND;VALUE=DATE:20260602'],
    ],
    [
      'a night in UTC is no day',
      ['DTSTART:20260601T000000Z', 'DTEND:20260602T000000Z'],
      ['DTSTART:20260601T000000Z', 'DTEND:20260602T000000Z'],
    ],
    [
      'an alarm with a sound',
      ['DTSTART:20260601T100000Z', 'AALARM;TYPE=X-EPOCSOUND:20260601T094500Z;;;file.wav'],
      ['DTSTART:20260601T100000Z', 'BEGIN:VALARM', 'ACTION:AUDIO', 'TRIGGER:-PT15M', 'END:VALARM'],
    ],
    ['an alarm that is none', ['DTSTART:20260601T100000Z', 'AALARM:00000000T000000'], ['DTSTART:20260601T100000Z']],
    [
      'people',
      ['ATTENDEE;ROLE=ORGANIZER:Bob <bob@x.example>', 'ATTENDEE;STATUS=NEEDS ACTION;EXPECT=FYI:ann@x.example'],
      ['ORGANIZER;CN=Bob:mailto:bob@x.example', 'ATTENDEE;ROLE=NON-PARTICIPANT;PARTSTAT=NEEDS-ACTION:mailto:ann@x.example'],
    ],
  ] as const)
    it(`1.0: ${what}`, () => {
      assert.deepEqual(linesOf(convertedTo('ical20', calendar('1.0', 'VEVENT', lines), 'text/x-vcalendar')), expected);
    });

  it('1.0: tasks', () => {
    const task = ['SUMMARY:x', 'DUE:20260601T000000', 'STATUS:NEEDS ACTION', 'PRIORITY:1', 'COMPLETED:20260602T101112Z'];
    assert.deepEqual(linesOf(convertedTo('ical20', calendar('1.0', 'VTODO', task), 'text/x-vcalendar')), [
      'SUMMARY:x',
      'DUE;VALUE=DATE:20260601',
      'STATUS:NEEDS-ACTION',
      'PRIORITY:1',
      'COMPLETED:20260602T101112Z',
    ]);
  });

  it('a changed instance of a series is left out of it on a phone of 1.0, and comes back by no edit', () => {
    const series = calendar('2.0', 'VEVENT', [
      'UID:1',
      'DTSTART:20260601T100000Z',
      'RRULE:FREQ=DAILY;COUNT=5',
      'SUMMARY:each',
      'END:VEVENT',
      'BEGIN:VEVENT',
      'UID:1',
      'RECURRENCE-ID:20260602T100000Z',
      'DTSTART:20260602T120000Z',
      'SUMMARY:this one',
    ]);
    const there = convertedTo('vcal10', series, 'text/calendar');
    assert.deepEqual(linesOf(there), ['UID:1', 'DTSTART:20260601T100000Z', 'RRULE:D1 #5', 'SUMMARY:each', 'EXDATE:20260602T100000Z']);
    const edited = Buffer.from(there.toString().replace('each', 'all'));
    assert.equal(takenBack(series, 'text/calendar', edited, 'text/x-vcalendar').toString(), series.toString().replace('each', 'all'));
  });

  it('a day with a length in days that is made longer on a phone has a longer one', () => {
    const at = (length: string): Buffer => calendar('2.0', 'VEVENT', ['DTSTART;VALUE=DATE:20260601', `DURATION:${length}`, 'SUMMARY:x']);
    const there = convertedTo('vcal10', at('P1D'), 'text/calendar').toString();
    const longer = Buffer.from(there.replace('DTEND:20260602', 'DTEND:20260604'));
    assert.equal(takenBack(at('P1D'), 'text/calendar', longer, 'text/x-vcalendar').toString(), at('P3D').toString());
  });

  it('a phone that is given local times moves an event in the zone it is stored in', () => {
    const at = (text: string): Buffer => calendar('2.0', 'VEVENT', [`DTSTART;TZID=America/New_York:${text}`, 'SUMMARY:x']);
    const sent = calendar('1.0', 'VEVENT', ['DTSTART:20260601T170000', 'SUMMARY:x']);
    assert.equal(
      takenBack(at('20260601T100000'), 'text/calendar', sent, 'text/x-vcalendar', 'Europe/Berlin').toString(),
      at('20260601T110000').toString(),
    );
  });

  it('a stored event of 1.0 that moves takes its alarm along', () => {
    const at = (start: string, alarm: string): Buffer => calendar('1.0', 'VEVENT', [`DTSTART:${start}`, `AALARM:${alarm}`, 'X-A:1']);
    const there = convertedTo('ical20', at('20260601T100000Z', '20260601T094500Z'), 'text/x-vcalendar');
    const moved = Buffer.from(there.toString().replace('T100000Z', 'T120000Z'));
    const result = takenBack(at('20260601T100000Z', '20260601T094500Z'), 'text/x-vcalendar', moved, 'text/calendar');
    assert.equal(result.toString(), at('20260601T120000Z', '20260601T114500Z').toString());
  });
});

describe('content: rules in both grammars', () => {
  for (const [old, now] of [
    ['D1 #0', 'FREQ=DAILY'],
    ['D2 #10', 'FREQ=DAILY;INTERVAL=2;COUNT=10'],
    ['W1 TU TH 20261224T000000Z', 'FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20261224T000000Z'],
    ['MP1 1+ MO 2- FR #0', 'FREQ=MONTHLY;BYDAY=1MO,-2FR'],
    ['MD1 1 15- LD #3', 'FREQ=MONTHLY;BYMONTHDAY=1,-15,-1;COUNT=3'],
    ['YM1 6 7 #0', 'FREQ=YEARLY;BYMONTH=6,7'],
    ['YD1 #0', 'FREQ=YEARLY'],
  ] as const)
    it(`${old} is ${now}`, () => {
      assert.equal(recurrenceRule(modernRule(old, plainClock('20260601T100000Z')) ?? ''), recurrenceRule(now));
      const back = legacyRule(now, plainClock('20260601T100000Z')) ?? '';
      assert.equal(modernRule(back, plainClock('20260601T100000Z')), modernRule(old, plainClock('20260601T100000Z')));
    });

  for (const [now, old, why] of [
    ['FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=MO,WE', 'W2 MO WE #0', 'no Sunday: the week begins on Monday as well'],
    ['FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU,MO', undefined, 'the Sunday before is another week in 1.0'],
    ['FREQ=WEEKLY;INTERVAL=2;WKST=WE;BYDAY=MO,TU', 'W2 MO TU #0', 'both are before Wednesday'],
    ['FREQ=WEEKLY;INTERVAL=2;WKST=WE;BYDAY=MO,TH', undefined, 'Wednesday parts them'],
    ['FREQ=MONTHLY;BYDAY=SU,MO,TU,WE,TH,FR,SA;BYSETPOS=-1', 'MD1 LD #0', 'the last of all days'],
    ['FREQ=MONTHLY;BYDAY=MO;BYMONTHDAY=1,2,3,4,5,6,7', 'MP1 1+ MO #0', 'a Monday in the first seven days'],
    ['FREQ=YEARLY;BYMONTH=3,6,9,12;BYMONTHDAY=1,15', 'MD3 1 15 #0', 'every third month'],
    ['FREQ=YEARLY;BYMONTH=6,12;BYDAY=1MO', 'MP6 1+ MO #0', 'every sixth month'],
    ['FREQ=YEARLY;BYMONTH=6,11;BYDAY=1MO', undefined, 'no even months'],
    ['FREQ=YEARLY;BYMONTH=6,12;BYDAY=MO;BYSETPOS=1', undefined, 'the first Monday of both months together'],
    ['FREQ=DAILY;BYHOUR=10;BYMINUTE=0;COUNT=3', 'D1 #3', 'the hour it has anyway'],
    ['FREQ=DAILY;BYHOUR=10,16', undefined, 'twice a day'],
  ] as const)
    it(`${now} is ${old ?? 'shown once'}: ${why}`, () => assert.equal(legacyRule(now, plainClock('20260601T100000')), old));

  it('a rule of 1.0 without an end has none, and a word that is none makes no rule', () => {
    assert.equal(modernRule('YD1', plainClock('')), 'FREQ=YEARLY');
    for (const text of ['', 'Q1', 'W1 XX', 'MP1 MO', 'D1 tomorrow']) assert.equal(modernRule(text, plainClock('')), undefined);
  });

  it('what 1.0 has no form for is not written as something else', () => {
    for (const rule of [
      'FREQ=HOURLY',
      'FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1',
      'FREQ=YEARLY;BYMONTH=3;BYDAY=2SU',
      'FREQ=MONTHLY;INTERVAL=2;BYDAY=MO',
      'FREQ=DAILY;BYHOUR=9',
    ])
      assert.equal(legacyRule(rule, plainClock('20260601T100000Z')), undefined, rule);
  });
});

describe('content: tasks in other versions', () => {
  const there = (version: '1.0' | '2.0', lines: readonly string[], home?: string): readonly string[] => {
    const [type, to] = version === '1.0' ? (['text/x-vcalendar', 'ical20'] as const) : (['text/calendar', 'vcal10'] as const);
    return linesOf(convert(calendar(version, 'VTODO', lines), type, to, home) ?? assert.fail());
  };
  for (const [what, version, lines, expected, home] of [
    ['done, by its date', '1.0', ['COMPLETED:20260601T100000Z'], ['COMPLETED:20260601T100000Z', 'STATUS:COMPLETED'], undefined],
    [
      'done, by its status',
      '1.0',
      ['STATUS:COMPLETED', 'COMPLETED:20260601T100000Z'],
      ['STATUS:COMPLETED', 'COMPLETED:20260601T100000Z'],
      undefined,
    ],
    [
      'not done',
      '1.0',
      ['STATUS:NEEDS ACTION', 'COMPLETED:00000000T000000'],
      ['STATUS:NEEDS-ACTION', 'COMPLETED:00000000T000000'],
      undefined,
    ],
    ['half done', '1.0', ['STATUS:ACCEPTED', 'X-PERCENT-COMPLETE:50'], ['STATUS:IN-PROCESS', 'PERCENT-COMPLETE:50'], undefined],
    ['due on a day', '1.0', ['DUE:20260601T000000'], ['DUE;VALUE=DATE:20260601'], undefined],
    ['due on a day, in UTC', '1.0', ['DUE:20260531T220000Z'], ['DUE;VALUE=DATE:20260601'], 'Europe/Berlin'],
    ['due at a time', '1.0', ['DUE:20260531T220000Z'], ['DUE:20260531T220000Z'], undefined],
    ['done by all of it', '2.0', ['PERCENT-COMPLETE:100'], ['X-PERCENT-COMPLETE:100', 'STATUS:COMPLETED'], undefined],
    [
      'due on a day, of 2.0',
      '2.0',
      ['DUE;VALUE=DATE:20260601', 'STATUS:IN-PROCESS'],
      ['DUE:20260601T000000', 'STATUS:ACCEPTED'],
      undefined,
    ],
    [
      'due in a zone',
      '2.0',
      ['DUE;TZID=Asia/Kathmandu:20260601T100000', 'COMPLETED:20260601T050000Z'],
      ['DUE:20260601T041500Z', 'COMPLETED:20260601T050000Z', 'STATUS:COMPLETED'],
      undefined,
    ],
    [
      'with a length',
      '2.0',
      ['DTSTART;TZID=Europe/Berlin:20260328T120000', 'DURATION:P1D'],
      ['DTSTART:20260328T110000Z', 'DUE:20260329T100000Z'],
      undefined,
    ],
  ] as const)
    it(what, () => {
      assert.deepEqual(there(version, lines, home), expected);
    });

  it('a status that was made up on the way is nobody\u2019s change, and one that is set is', () => {
    const task = calendar('1.0', 'VTODO', ['SUMMARY:x', 'COMPLETED:20260601T100000Z']);
    const modern = convertedTo('ical20', task, 'text/x-vcalendar');
    assert.deepEqual(takenBack(task, 'text/x-vcalendar', modern, 'text/calendar'), task);
    const open = Buffer.from(
      modern.toString().replace('COMPLETED:20260601T100000Z\r\n', '').replace('STATUS:COMPLETED', 'STATUS:NEEDS-ACTION'),
    );
    assert.deepEqual(linesOf(takenBack(task, 'text/x-vcalendar', open, 'text/calendar')), ['SUMMARY:x', 'STATUS:NEEDS ACTION']);
  });
});

describe('content: alarms in other versions', () => {
  const alarm = (...lines: readonly string[]): readonly string[] => ['BEGIN:VALARM', 'ACTION:AUDIO', ...lines, 'END:VALARM'];
  /** Berlin puts its clocks forward in the night to the 29th of March 2026. */
  const START = 'DTSTART;TZID=Europe/Berlin:20260329T100000';
  for (const [what, lines, rings, home] of [
    ['an hour before', [START, ...alarm('TRIGGER:-PT1H')], '20260329T070000Z', undefined],
    ['a day before, by the clock', [START, ...alarm('TRIGGER:-P1D')], '20260328T090000Z', undefined],
    ['24 hours before', [START, ...alarm('TRIGGER:-PT24H')], '20260328T080000Z', undefined],
    ['before the end', [START, 'DURATION:PT2H', ...alarm('TRIGGER;RELATED=END:-PT15M')], '20260329T094500Z', undefined],
    [
      'after the end',
      [START, 'DTEND;TZID=Europe/Berlin:20260329T110000', ...alarm('TRIGGER;RELATED=END:PT5M')],
      '20260329T090500Z',
      undefined,
    ],
    ['at a time', [START, ...alarm('TRIGGER;VALUE=DATE-TIME:20260101T000000Z')], '20260101T000000Z', undefined],
    [
      'of a series that keeps its clock',
      ['DTSTART;TZID=America/New_York:20260105T233000', 'RRULE:FREQ=WEEKLY;BYDAY=MO', ...alarm('TRIGGER:-PT15M')],
      '20260105T231500',
      undefined,
    ],
    [
      'of a series, for a phone in that zone',
      ['DTSTART;TZID=America/New_York:20260105T233000', 'RRULE:FREQ=WEEKLY;BYDAY=MO', ...alarm('TRIGGER:-PT15M')],
      '20260106T041500Z',
      'America/New_York',
    ],
    ['of a day', ['DTSTART;VALUE=DATE:20260329', ...alarm('TRIGGER:-PT15H')], '20260328T090000', undefined],
  ] as const)
    it(`${what}, as a time`, () => {
      const there = linesOf(convert(calendar('2.0', 'VEVENT', lines), 'text/calendar', 'vcal10', home) ?? assert.fail());
      assert.ok(there.includes(`AALARM:${rings}`), there.join('\n'));
    });

  for (const [what, lines, trigger, home] of [
    ['UTC before UTC', ['DTSTART:20260601T080000Z', 'AALARM:20260601T074500Z'], 'TRIGGER:-PT15M', undefined],
    ['local before local', ['DTSTART:20260601T100000', 'AALARM:20260601T094500'], 'TRIGGER:-PT15M', undefined],
    ['UTC before local, in a known zone', ['DTSTART:20260601T100000', 'AALARM:20260601T074500Z'], 'TRIGGER:-PT15M', 'Europe/Berlin'],
    [
      'UTC before local, somewhere',
      ['DTSTART:20260601T100000', 'AALARM:20260601T074500Z'],
      'TRIGGER;VALUE=DATE-TIME:20260601T074500Z',
      undefined,
    ],
    [
      'of a series, so long before each',
      ['DTSTART:20260601T080000Z', 'RRULE:W1 MO #0', 'AALARM:20260601T060000Z'],
      'TRIGGER:-PT2H',
      undefined,
    ],
    [
      'over a change of the clock',
      ['DTSTART:20260329T100000', 'AALARM:20260328T100000', 'X-MOORAGE-ZONE:Europe/Berlin'],
      'TRIGGER:-PT23H',
      undefined,
    ],
    ['of a day, in UTC', ['DTSTART:20260601T000000', 'DTEND:20260601T235900', 'AALARM:20260601T070000Z'], 'TRIGGER:PT9H', 'Europe/Berlin'],
  ] as const)
    it(`${what}, as a length`, () => {
      const there = linesOf(convert(calendar('1.0', 'VEVENT', lines), 'text/x-vcalendar', 'ical20', home) ?? assert.fail());
      assert.ok(there.includes(trigger), there.join('\n'));
    });
});

describe('content: times of zones', () => {
  for (const [zone, local, utc] of [
    ['Europe/Berlin', '20260329T013000', '20260329T003000Z'],
    ['Europe/Berlin', '20260329T023000', '20260329T013000Z'],
    ['Europe/Berlin', '20261025T023000', '20261025T003000Z'],
    ['America/New_York', '20261101T013000', '20261101T053000Z'],
    ['America/New_York', '20260308T023000', '20260308T073000Z'],
    ['Australia/Lord_Howe', '20261004T021500', '20261003T154500Z'],
    ['Asia/Kolkata', '20260601T000000', '20260531T183000Z'],
    ['Pacific/Auckland', '20260101T000000', '20251231T110000Z'],
    ['Pacific/Apia', '20111231T000000', '20111230T100000Z'],
    ['America/Sao_Paulo', '20181104T003000', '20181104T033000Z'],
    ['Africa/Johannesburg', '20260601T120000', '20260601T100000Z'],
    ['America/St_Johns', '20260601T120000', '20260601T143000Z'],
  ] as const)
    it(`${local} in ${zone} is ${utc}`, () => {
      assert.equal(inUtc(local, zone), utc);
    });

  it('names with a path and names of Windows are known, others are not', () => {
    assert.equal(zoneNamed('/freeassociation.sourceforge.net/Tzfile/Europe/Berlin'), 'Europe/Berlin');
    assert.equal(zoneNamed('Tokyo Standard Time'), 'Asia/Tokyo');
    assert.equal(zoneNamed('Our office'), undefined);
    assert.equal(zoneNamed('Europe/Nowhere'), undefined);
  });
});

describe('content: notes in other formats', () => {
  const note = 'Groceries: Müsli\r\nmilk = 2\r\n';
  it('a plain text goes into a vNote and back, and an edit there changes the text', () => {
    const there = convertedTo('vnote', Buffer.from(note), 'text/plain');
    assert.match(
      there.toString(),
      /^BEGIN:VNOTE\r\nVERSION:1.1\r\nBODY;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Groceries: M=C3=BCsli=0D=0Amilk =3D 2\r\nEND:VNOTE\r\n$/,
    );
    assert.equal(convertedTo('plain', there, 'text/x-vnote').toString(), note.trimEnd());
    assert.deepEqual(takenBack(Buffer.from(note), 'text/plain', there, 'text/x-vnote'), Buffer.from(note));
    const edited = Buffer.from(there.toString().replace('2', '3'));
    assert.equal(takenBack(Buffer.from(note), 'text/plain', edited, 'text/x-vnote').toString(), note.trimEnd().replace('2', '3'));
  });

  it('a vNote keeps its frame when its text is edited elsewhere', () => {
    const stored = Buffer.from('BEGIN:VNOTE\r\nVERSION:1.1\r\nX-IRMC-LUID:7\r\nBODY:one\r\nEND:VNOTE\r\n');
    assert.equal(takenBack(stored, 'text/x-vnote', Buffer.from('two'), 'text/plain').toString(), stored.toString().replace('one', 'two'));
    assert.deepEqual(takenBack(stored, 'text/x-vnote', Buffer.from('one'), 'text/plain'), stored);
  });
});

describe('content: which format a device gets', () => {
  const ref = (text: string): ContentTypeRef => ({ ctType: text.split(' ')[0] ?? '', verCt: text.split(' ')[1] ?? '' });
  const devInf = (...stores: readonly (readonly [string, string | undefined, ...string[]])[]): DevInf => ({
    verDtd: '1.2',
    devId: 'x',
    devTyp: 'phone',
    dataStores: stores.map(([sourceRef, pref, ...rx]) => ({
      sourceRef,
      ...(pref ? { rxPref: ref(pref) } : {}),
      rx: rx.map(ref),
      tx: [],
      syncCap: [],
    })),
  });
  const given = (format: Format, info: DevInf, uri = './C'): string | undefined => targetsOf(format, takenBy(info, uri))[0]?.format;

  it('as stored where the device takes that, in any place; else what it likes best of the family', () => {
    const both = devInf(['./C', 'text/vcard 3.0', 'text/x-vcard 2.1']);
    assert.equal(given('vcard21', both), undefined);
    assert.equal(given('vcard40', both), 'vcard30');
    assert.equal(given('vcard30', devInf(['./C', 'text/x-vcard 2.1'])), 'vcard21');
    assert.equal(given('ical20', both), undefined);
    assert.equal(given('vcard21', devInf(['./C', undefined])), undefined);
  });

  it('by the store that is synced, where the device names it', () => {
    const two = devInf(['./C', 'text/vcard 4.0'], ['./D', 'text/x-vcard 2.1']);
    assert.equal(given('vcard30', two, 'C'), 'vcard40');
    assert.equal(given('vcard30', two, './D'), 'vcard21');
    assert.equal(given('vcard30', two, './E'), 'vcard40');
  });

  it('an item is what it says of itself', () => {
    const format = (bytes: Uint8Array, type: string): Format | undefined => {
      const document = parseDocument(bytes);
      return document && formatOf(document, type);
    };
    assert.equal(format(card('3.0', []), 'text/x-vcard'), 'vcard30');
    assert.equal(format(card('4.0', []), 'text/vcard'), 'vcard40');
    assert.equal(format(calendar('1.0', 'VEVENT', []), 'text/calendar'), 'vcal10');
    assert.equal(format(Buffer.from('BEGIN:VCARD\r\nEND:VCARD\r\n'), 'text/vcard'), 'vcard30');
  });
});

const FRAMES = [
  ['BEGIN:VCARD\r\nVERSION:2.1\r\n', 'END:VCARD\r\n'],
  ['BEGIN:VCARD\r\nVERSION:3.0\r\n', 'END:VCARD\r\n'],
  ['BEGIN:VCARD\r\nVERSION:4.0\r\n', 'END:VCARD\r\n'],
  ['BEGIN:VCALENDAR\r\nVERSION:1.0\r\nBEGIN:VEVENT\r\n', 'END:VEVENT\r\nEND:VCALENDAR\r\n'],
  ['BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\n', 'END:VEVENT\r\nEND:VCALENDAR\r\n'],
] as const;

describe('content: conversion of any bytes', function () {
  this.timeout(30_000);
  const pieces = fc.constantFrom(
    'BEGIN:VCARD', 'END:VCARD', 'VERSION:2.1', 'VERSION:3.0', 'VERSION:4.0', 'BEGIN:VCALENDAR', 'END:VCALENDAR', 'VERSION:1.0', 'VERSION:2.0', 'BEGIN:VEVENT', 'END:VEVENT',
    'BEGIN:VTODO', 'END:VTODO', 'BEGIN:VALARM', 'END:VALARM', 'DTSTART', 'DTEND', 'DURATION', 'DUE', 'RRULE', 'EXDATE', 'RECURRENCE-ID', 'AALARM', 'TRIGGER', 'ATTENDEE', 'ORGANIZER',
    'TEL', 'N', 'PHOTO', 'BDAY', ';TZID=Europe/Berlin', ';TZID=', ';VALUE=DATE', ';VALUE=URI', ';ENCODING=BASE64', ';ENCODING=QUOTED-PRINTABLE', ';CHARSET=GBK', ':', ';', ',', '"', '\r\n', '\n', ' ', '=',
    '20260601T100000', '99999999T999999Z', '00000000', '20260601', '-P1D', 'P9999999D', 'W1 MO', 'FREQ=DAILY;INTERVAL=0', '#0', 'é', 'data:x;base64,AAAA', 'item1.', 'X-A', '\\', '\\n',
  ); // prettier-ignore
  const junk = fc.array(pieces, { maxLength: 40 }).map((parts) => Buffer.from(parts.join('')));
  const framed = fc
    .tuple(fc.constantFrom<readonly [string, string]>(...FRAMES), fc.array(fc.array(pieces, { maxLength: 6 }), { maxLength: 8 }))
    .map(([[head, tail], lines]) => Buffer.from(`${head}${lines.map((parts) => parts.join('')).join('\r\n')}\r\n${tail}`));

  it('gives an item, or none, and never an error; and so does taking back', () => {
    fc.assert(
      fc.property(fc.oneof(junk, framed), fc.oneof(junk, framed), fc.constantFrom(...Object.values(TYPES)), (stored, sent, type) => {
        const ours = readable(stored, type);
        const theirs = readable(sent, type);
        for (const to of Object.keys(TYPES) as Format[]) if (ours) converted(ours, to);
        if (ours && theirs) takeBackConverted(ours, theirs, 'Europe/Berlin');
      }),
      { numRuns: 2000 },
    );
  });

  it('and what it gives is read as one item of that format, whose echo changes nothing', () => {
    fc.assert(
      fc.property(framed, (stored) => {
        const ours = readable(stored, 'text/x-vcard');
        if (!ours) return;
        for (const to of Object.keys(TYPES) as Format[]) {
          const there = converted(ours, to);
          if (!there) continue;
          const given = readable(Buffer.from(textOf(there), 'latin1'), TYPES[to]);
          assert.equal(given?.format, to);
          assert.deepEqual(takeBackConverted(ours, given), ours.bytes);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
