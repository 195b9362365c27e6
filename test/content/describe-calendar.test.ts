import assert from 'node:assert/strict';
import { describe as describeItem } from '../../src/content/describe.js';
import { assertEqualItems, assertOtherItems, bytesOf, calendar } from './helpers.js';

const meeting = ['SUMMARY:Meeting', 'DTSTART:20070929T120000Z', 'DTEND:20070929T130000Z', 'LOCATION:Room 1'];

describe('describe: calendar items', () => {
  for (const { why, left, right } of [
    {
      why: 'vCalendar 1.0 and iCalendar 2.0 of a simple event',
      left: calendar(
        '1.0',
        'VEVENT',
        [...meeting, 'CATEGORIES:MEETING;TRAVEL', 'DESCRIPTION;ENCODING=QUOTED-PRINTABLE:a=0D=0Ab, c', 'TRANSP:0', 'CLASS:PUBLIC'],
        ['TZ:-07'],
      ),
      right: calendar(
        '2.0',
        'VEVENT',
        [
          'UID:1',
          'DTSTAMP:20070101T000000Z',
          ...meeting,
          'CATEGORIES:TRAVEL,MEETING',
          'DESCRIPTION:a\\nb\\, c',
          'SEQUENCE:3',
          'PRIORITY:0',
        ],
        ['PRODID:x', 'METHOD:PUBLISH'],
      ),
    },
    {
      why: 'vCalendar 1.0 and iCalendar 2.0 of a simple task',
      left: calendar('1.0', 'VTODO', ['SUMMARY:Pay', 'DUE:19960401T083000Z', 'STATUS:NEEDS ACTION', 'COMPLETED:']),
      right: calendar('2.0', 'VTODO', ['UID:a', 'SUMMARY:Pay', 'DUE:19960401T083000Z', 'STATUS:NEEDS-ACTION']),
    },
    {
      why: 'TZID=UTC and Z',
      left: calendar('2.0', 'VEVENT', ['DTSTART;TZID=UTC:20070929T120000']),
      right: calendar('2.0', 'VEVENT', ['DTSTART:20070929T120000Z']),
    },
    { why: 'the UID', left: calendar('2.0', 'VEVENT', ['UID:1', ...meeting]), right: calendar('2.0', 'VEVENT', ['UID:2', ...meeting]) },
    {
      why: 'order in a rule and what it says by default',
      left: calendar('2.0', 'VEVENT', ['RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=TU,MO;UNTIL=20080101T000000Z']),
      right: calendar('2.0', 'VEVENT', ['RRULE:FREQ=WEEKLY;UNTIL=20080101T000000Z;BYDAY=MO,TU;WKST=MO']),
    },
    {
      why: 'how exception dates are spread over lines',
      left: calendar('2.0', 'VEVENT', ['EXDATE:20070101T100000Z,20070102T100000Z']),
      right: calendar('2.0', 'VEVENT', ['EXDATE:20070102T100000Z', 'EXDATE:20070101T100000Z']),
    },
    {
      why: 'soft breaks that EXDATE does not announce (SK65)',
      left: calendar('1.0', 'VEVENT', ['EXDATE:20070101T100000Z;20070102T100000Z']),
      right: calendar('1.0', 'VEVENT', ['EXDATE:20070101T100000Z;=\r\n20070102T100000Z']),
    },
    {
      why: 'spaces and empty parts of an alarm',
      left: calendar('1.0', 'VEVENT', ['AALARM;TYPE=X-EPOCSOUND:20061005T075000Z ; ;0; ']),
      right: calendar('1.0', 'VEVENT', ['AALARM;TYPE=X-EPOCSOUND:20061005T075000Z;;0']),
    },
    {
      why: 'spelling of durations',
      left: calendar('2.0', 'VEVENT', ['DURATION:PT1H30M', 'BEGIN:VALARM', 'TRIGGER;RELATED=START:-P1W', 'END:VALARM']),
      right: calendar('2.0', 'VEVENT', ['BEGIN:VALARM', 'TRIGGER:-P7D', 'END:VALARM', 'DURATION:PT90M']),
    },
    {
      why: 'a zone whose name has commas, escaped in a text and not in a parameter',
      left: calendar(
        '2.0',
        'VEVENT',
        ['DTSTART;TZID="Dublin, London":20070929T120000'],
        ['BEGIN:VTIMEZONE', 'TZID:Dublin, London', 'BEGIN:STANDARD', 'TZOFFSETTO:+0000', 'END:STANDARD', 'END:VTIMEZONE'],
      ),
      right: calendar(
        '2.0',
        'VEVENT',
        ['DTSTART;TZID="Dublin, London":20070929T120000'],
        ['BEGIN:VTIMEZONE', 'TZID:Dublin\\, London', 'BEGIN:STANDARD', 'TZOFFSETTO:+0000', 'END:STANDARD', 'END:VTIMEZONE'],
      ),
    },
    {
      why: 'the VTIMEZONE of a zone that all know',
      left: calendar(
        '2.0',
        'VEVENT',
        ['DTSTART;TZID=Europe/Berlin:20070929T140000'],
        ['BEGIN:VTIMEZONE', 'TZID:Europe/Berlin', 'END:VTIMEZONE'],
      ),
      right: calendar('2.0', 'VEVENT', ['DTSTART;TZID="Europe/Berlin":20070929T140000']),
    },
    {
      why: 'BEGIN:VEVENT: (gnokii)',
      left: calendar('1.0', 'VEVENT', meeting),
      right: bytesOf(calendar('1.0', 'VEVENT', meeting).toString().replace('BEGIN:VEVENT', 'BEGIN:VEVENT:')),
    },
    {
      why: 'garbage after the end (RAZR2 V8)',
      left: calendar('1.0', 'VEVENT', meeting),
      right: bytesOf(`${calendar('1.0', 'VEVENT', meeting).toString()}xy\0`),
    },
  ]) {
    it(`does not count ${why}`, () => {
      assertEqualItems(left, right, 'text/x-vcalendar');
    });
  }

  for (const { why, left, right } of [
    {
      why: 'UTC against floating time',
      left: calendar('2.0', 'VEVENT', ['DTSTART:20070929T120000Z']),
      right: calendar('2.0', 'VEVENT', ['DTSTART:20070929T120000']),
    },
    {
      why: 'the zone',
      left: calendar('2.0', 'VEVENT', ['DTSTART;TZID=Europe/Berlin:20070929T120000']),
      right: calendar('2.0', 'VEVENT', ['DTSTART;TZID=Europe/Rome:20070929T120000']),
    },
    {
      why: 'a date against midnight',
      left: calendar('2.0', 'VEVENT', ['DTSTART;VALUE=DATE:20070929']),
      right: calendar('2.0', 'VEVENT', ['DTSTART:20070929T000000']),
    },
    {
      why: 'the zone of floating times in vCalendar 1.0',
      left: calendar('1.0', 'VEVENT', ['DTSTART:20070929T120000'], ['TZ:+01']),
      right: calendar('1.0', 'VEVENT', ['DTSTART:20070929T120000'], ['TZ:+02']),
    },
    {
      why: "what a calendar's own zone is",
      left: calendar(
        '2.0',
        'VEVENT',
        ['DTSTART;TZID=Mine:20070929T120000'],
        ['BEGIN:VTIMEZONE', 'TZID:Mine', 'BEGIN:STANDARD', 'TZOFFSETTO:+0100', 'END:STANDARD', 'END:VTIMEZONE'],
      ),
      right: calendar(
        '2.0',
        'VEVENT',
        ['DTSTART;TZID=Mine:20070929T120000'],
        ['BEGIN:VTIMEZONE', 'TZID:Mine', 'BEGIN:STANDARD', 'TZOFFSETTO:+0200', 'END:STANDARD', 'END:VTIMEZONE'],
      ),
    },
    { why: 'event against task', left: calendar('2.0', 'VEVENT', ['SUMMARY:a']), right: calendar('2.0', 'VTODO', ['SUMMARY:a']) },
    {
      why: 'which series an exception belongs to',
      left: series(['1', 'A'], ['2', 'B'], ['1', 'X']),
      right: series(['1', 'A'], ['2', 'B'], ['2', 'X']),
    },
    { why: 'a rule', left: calendar('1.0', 'VEVENT', ['RRULE:W1 TU #0']), right: calendar('1.0', 'VEVENT', ['RRULE:W1 TH #0']) },
    {
      why: 'days against hours in a duration',
      left: calendar('2.0', 'VEVENT', ['DURATION:P1D']),
      right: calendar('2.0', 'VEVENT', ['DURATION:PT24H']),
    },
    { why: 'a backslash in 1.0', left: calendar('1.0', 'VEVENT', ['SUMMARY:a\\nb']), right: calendar('2.0', 'VEVENT', ['SUMMARY:a\\nb']) },
  ]) {
    it(`counts ${why}`, () => {
      assertOtherItems(left, right, 'text/x-vcalendar');
    });
  }

  it('gives kind, identity, label and time of change', () => {
    const event = describeItem(calendar('2.0', 'VEVENT', [...meeting, 'LAST-MODIFIED:20080113T144844Z']), 'text/calendar');
    assert.deepEqual([event.kind, event.label, event.modified], ['vevent', 'Meeting', '20080113T144844Z']);
    assert.equal(
      event.identity,
      describeItem(calendar('1.0', 'VEVENT', ['SUMMARY:meeting ', 'DTSTART:20070929T120000']), 'text/x-vcalendar').identity,
    );
    const task = describeItem(calendar('1.0', 'VTODO', ['SUMMARY:Pay', 'DUE:20070929T000000Z']), 'text/x-vcalendar');
    assert.equal(task.kind, 'vtodo');
    assert.equal(
      task.identity,
      describeItem(calendar('2.0', 'VTODO', ['SUMMARY:pay', 'DUE;VALUE=DATE:20070929']), 'text/calendar').identity,
    );
    assert.notEqual(task.identity, describeItem(calendar('2.0', 'VTODO', ['SUMMARY:pay']), 'text/calendar').identity);
  });

  it('takes the first line of the description when there is no summary (7650)', () => {
    const event = describeItem(calendar('1.0', 'VEVENT', ['DESCRIPTION:Lunch', 'DTSTART:20070929T120000Z']), 'text/x-vcalendar');
    assert.equal(event.label, 'Lunch');
    assert.ok(event.identity?.includes('lunch'));
  });

  it('reads the last calendar when one is left open before it', () => {
    const event = describeItem(
      bytesOf('BEGIN:VCALENDAR\nBEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nSUMMARY:a\nEND:VEVENT\nEND:VCALENDAR\n'),
      'text/calendar',
    );
    assert.deepEqual([event.kind, event.label], ['vevent', 'a']);
  });

  it('keeps what has no entry, or contacts and entries together, as opaque', () => {
    assert.equal(describeItem(bytesOf('BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n'), 'text/calendar').kind, 'opaque');
    const mixed = Buffer.concat([calendar('2.0', 'VEVENT', meeting), bytesOf('BEGIN:VCARD\nN:a\nEND:VCARD\n')]);
    assert.equal(describeItem(mixed, 'text/calendar').kind, 'opaque');
  });

  it('does not follow nesting without end', () => {
    const item = describeItem(bytesOf('BEGIN:VEVENT\n'.repeat(100_000)), 'text/calendar');
    assert.deepEqual([item.parsed, item.reason], [false, 'components nested deeper than 16']);
  });
});

describe('describe: notes', () => {
  it('reads vNotes', () => {
    const left = bytesOf(
      'BEGIN:VNOTE\nVERSION:1.1\nBODY;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:=\nv=C3=A5r=0D=0Atwo=20=20\nDCREATED:20051030T111735Z\nEND:VNOTE\n',
    );
    const right = bytesOf('BEGIN:VNOTE\r\nVERSION:1.1\r\nBODY;CHARSET=UTF-8;ENCODING=BASE64:dsOlcg0KdHdv\r\n\r\nEND:VNOTE\r\n');
    assertEqualItems(left, right, 'text/x-vnote');
    const note = describeItem(left, 'text/x-vnote');
    assert.deepEqual([note.kind, note.label], ['vnote', 'vår']);
    assert.equal(note.identity, describeItem(bytesOf('\n VÅR \nother'), 'text/plain').identity);
  });

  it('does not count line ends and white space at the end of text', () => {
    assertEqualItems(bytesOf('a\n\nb'), bytesOf('a\r\n\r\nb \r\n'), 'text/plain');
    assertEqualItems(bytesOf('a\n\nb'), bytesOf('a\r\rb'), 'text/plain');
    assertEqualItems(bytesOf('f\u00fcr'), Buffer.from('für', 'latin1'), 'text/plain; charset=x');
    assertOtherItems(bytesOf('a\nb'), bytesOf('a\n\nb'), 'text/plain');
    assertOtherItems(bytesOf('a'), bytesOf(' a'), 'text/plain');
  });

  it('has no identity and no label for an empty note', () => {
    const note = describeItem(bytesOf(' \r\n'), 'text/plain');
    assert.deepEqual([note.kind, note.parsed, note.identity, note.label], ['text', true, undefined, '']);
  });
});

function series(...entries: readonly (readonly [uid: string, summary: string])[]): Buffer {
  const text = entries.map(([uid, summary]) => `BEGIN:VEVENT\r\nUID:${uid}\r\nSUMMARY:${summary}\r\nEND:VEVENT\r\n`).join('');
  return bytesOf(`BEGIN:VCALENDAR\r\nVERSION:2.0\r\n${text}END:VCALENDAR\r\n`);
}
