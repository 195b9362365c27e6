/** Tasks that are ticked and unticked on devices that know one of the places where that stands, and due on days or at times. */
import assert from 'node:assert/strict';
import { abilitiesFor, type Abilities } from '../../src/content/abilities.js';
import { convert, readable, TYPES } from '../../src/content/conversion/convert.js';
import type { Format } from '../../src/content/conversion/format.js';
import { takeBackConverted } from '../../src/content/conversion/taking-back.js';
import { given, putRight } from '../../src/content/phone-form/echo.js';
import { takeBack } from '../../src/content/taking-back.js';
import { inAgreement } from '../../src/content/tasks.js';
import { calendar } from './helpers.js';

const NOW = Date.UTC(2026, 5, 15, 9, 30, 0, 250);
const STAMP = '20260615T093000Z';
const BERLIN = 'Europe/Berlin';

/** What a device of `format` gets of a stored task, and what the task is when it sends `edit` of that. */
function device(stored: Buffer, storedType: string, format: Format, home: string | undefined = BERLIN) {
  const type = TYPES[format];
  const ours = readable(stored, storedType) ?? assert.fail();
  const isSame = ours.format === format;
  const able: Abilities = abilitiesFor(undefined, type, home, {}, { home, now: NOW }) ?? { limits: false };
  const there = isSame ? stored : (convert(stored, storedType, format, home) ?? assert.fail());
  const shown = Buffer.from(given(there, type, able)).toString();
  const sends = (text: string): string => {
    const back = putRight(Buffer.from(text), type, able);
    const whole = takeBack(there, back, type, able);
    const meant = isSame ? whole : (takeBackConverted(ours, readable(whole, type) ?? assert.fail(), able.localZone, home) ?? assert.fail());
    return Buffer.from(inAgreement(stored, meant, storedType, { bytes: back, type }, NOW)).toString();
  };
  return { shown, sends };
}

const lines = (text: string): readonly string[] =>
  text
    .split('\r\n')
    .filter((line) => /^(?:STATUS|COMPLETED|PERCENT|DUE|DTSTART)/.test(line))
    .sort();
const task = (version: string, ...own: readonly string[]): Buffer => calendar(version, 'VTODO', [...own, 'SUMMARY:x']);
const without =
  (name: string) =>
  (text: string): string =>
    text.replace(new RegExp(`^${name}[^\r]*\r\n`, 'm'), '');

const OPEN = ['STATUS:NEEDS-ACTION'];
const DONE = ['COMPLETED:20260601T100000Z', 'PERCENT-COMPLETE:100', 'STATUS:COMPLETED'];

type Step = readonly [what: string, stored: readonly string[], format: Format, edit: (text: string) => string, meant: readonly string[]];

const STEPS: readonly Step[] = [
  [
    'ticked by a status of 1.0',
    OPEN,
    'vcal10',
    (text) => text.replace('NEEDS ACTION', 'COMPLETED'),
    [`COMPLETED:${STAMP}`, 'STATUS:COMPLETED'],
  ],
  [
    'ticked by a status of 1.0, half done before',
    ['PERCENT-COMPLETE:50', 'STATUS:IN-PROCESS'],
    'vcal10',
    (text) => text.replace('ACCEPTED', 'COMPLETED'),
    [`COMPLETED:${STAMP}`, 'PERCENT-COMPLETE:100', 'STATUS:COMPLETED'],
  ],
  [
    'ticked by a date of 1.0',
    OPEN,
    'vcal10',
    (text) => text.replace('SUMMARY', 'COMPLETED:20260610T080000Z\r\nSUMMARY'),
    ['COMPLETED:20260610T080000Z', 'STATUS:COMPLETED'],
  ],
  [
    'ticked where nothing stood',
    [],
    'vcal10',
    (text) => text.replace('SUMMARY', 'STATUS:COMPLETED\r\nSUMMARY'),
    [`COMPLETED:${STAMP}`, 'STATUS:COMPLETED'],
  ],
  [
    'unticked by a status of 1.0',
    DONE,
    'vcal10',
    (text) => text.replace('STATUS:COMPLETED', 'STATUS:NEEDS ACTION'),
    ['PERCENT-COMPLETE:0', 'STATUS:NEEDS-ACTION'],
  ],
  [
    'unticked by a date taken out, of a phone without a status',
    DONE,
    'vcal10',
    (text) => without('STATUS')(without('COMPLETED')(text)),
    ['PERCENT-COMPLETE:0', 'STATUS:NEEDS-ACTION'],
  ],
  ['done, and sent back without when', DONE, 'vcal10', without('COMPLETED'), DONE],
  [
    'done, and sent back without when and how much',
    DONE,
    'vcal10',
    (text) => without('X-PERCENT')(without('COMPLETED')(text)),
    DONE.filter((line) => !line.startsWith('PERCENT')),
  ],
  [
    'ticked in 2.0 by a status',
    OPEN,
    'ical20',
    (text) => text.replace('NEEDS-ACTION', 'COMPLETED'),
    [`COMPLETED:${STAMP}`, 'STATUS:COMPLETED'],
  ],
  [
    'ticked in 2.0 by the percentage',
    [...OPEN, 'PERCENT-COMPLETE:20'],
    'ical20',
    (text) => text.replace(':20', ':100'),
    [`COMPLETED:${STAMP}`, 'PERCENT-COMPLETE:100', 'STATUS:COMPLETED'],
  ],
  [
    'less of it beside a status that says done, as it was before it was ticked',
    DONE,
    'ical20',
    (text) => text.replace('PERCENT-COMPLETE:100', 'PERCENT-COMPLETE:60'),
    DONE,
  ],
  [
    'a little more of it',
    ['PERCENT-COMPLETE:20', 'STATUS:IN-PROCESS'],
    'ical20',
    (text) => text.replace(':20', ':40'),
    ['PERCENT-COMPLETE:40', 'STATUS:IN-PROCESS'],
  ],
  ['ticked in SIF', OPEN, 'sift', (text) => text.replace('<Complete>0', '<Complete>1'), [`COMPLETED:${STAMP}`, 'STATUS:COMPLETED']],
  [
    'ticked in SIF by a program that fills all of it',
    OPEN,
    'sift',
    (text) =>
      text
        .replace('<Complete>0', '<Complete>1')
        .replace('<Status>0', '<Status>2')
        .replace('<PercentComplete>0', '<PercentComplete>100')
        .replace(/<DateCompleted.*/, '<DateCompleted>20260612T000000Z</DateCompleted>'),
    ['COMPLETED:20260612T000000Z', 'PERCENT-COMPLETE:100', 'STATUS:COMPLETED'],
  ],
  [
    'unticked in SIF',
    DONE,
    'sift',
    (text) => text.replace('<Complete>1', '<Complete>0').replace('<Status>2', '<Status>0'),
    ['PERCENT-COMPLETE:0', 'STATUS:NEEDS-ACTION'],
  ],
];

describe('content: tasks that are done', () => {
  for (const [what, stored, format, edit, meant] of STEPS) {
    const item = task('2.0', ...stored);
    it(`${what}`, () =>
      assert.deepEqual(
        lines(device(item, 'text/calendar', format).sends(edit(device(item, 'text/calendar', format).shown))),
        [...meant].sort(),
      ));
    it(`${what}: sent back untouched, or with another title, it is as done as it was`, () => {
      const { shown, sends } = device(item, 'text/calendar', format);
      assert.equal(sends(shown), item.toString());
      assert.deepEqual(lines(sends(shown.replace(/SUMMARY:x|<Subject>x/, (title) => title.replace(/x$/, 'y')))), [...stored].sort());
    });
  }

  it('a task of 1.0 that is ticked as one of 2.0', () => {
    const item = task('1.0', 'STATUS:NEEDS ACTION');
    const { shown, sends } = device(item, 'text/x-vcalendar', 'ical20');
    assert.deepEqual(lines(sends(shown.replace('NEEDS-ACTION', 'COMPLETED'))), [`COMPLETED:${STAMP}`, 'STATUS:COMPLETED']);
    const done = task('1.0', 'STATUS:COMPLETED', 'COMPLETED:20260601T100000Z');
    const other = device(done, 'text/x-vcalendar', 'ical20');
    assert.deepEqual(lines(other.sends(other.shown.replace('STATUS:COMPLETED', 'STATUS:NEEDS-ACTION'))), ['STATUS:NEEDS ACTION']);
  });

  it('a task of SIF that is ticked as one of 1.0 and of 2.0, and unticked', () => {
    const sif = (status: string, done: string, percent: string, date: string): Buffer =>
      Buffer.from(
        `<?xml version="1.0"?>\n<task><Subject>x</Subject><Status>${status}</Status><Complete>${done}</Complete><PercentComplete>${percent}</PercentComplete><DateCompleted>${date}</DateCompleted></task>`,
      );
    for (const format of ['vcal10', 'ical20'] as const) {
      const open = device(sif('0', '0', '0', ''), 'text/x-s4j-sift', format);
      const ticked = open.sends(
        open.shown.includes('STATUS')
          ? open.shown.replace(/STATUS:NEEDS.ACTION/, 'STATUS:COMPLETED')
          : open.shown.replace('SUMMARY', 'STATUS:COMPLETED\r\nSUMMARY'),
      );
      assert.match(ticked, /<Status>2<.*<Complete>1<.*<PercentComplete>100<.*<DateCompleted>20260615T093000Z</s);
      const closed = device(sif('2', '1', '100', '20260601T100000Z'), 'text/x-s4j-sift', format);
      assert.match(
        closed.sends(closed.shown.replace('STATUS:COMPLETED', format === 'vcal10' ? 'STATUS:NEEDS ACTION' : 'STATUS:NEEDS-ACTION')),
        /<Status>0<.*<Complete>0<.*<PercentComplete>0<.*<DateCompleted(?:><\/DateCompleted|\/)>/s,
      );
      assert.equal(closed.sends(closed.shown), sif('2', '1', '100', '20260601T100000Z').toString());
    }
  });

  it('a task that says no more than that it is done is done by all of it in SIF', () => {
    const item = task('2.0', 'STATUS:COMPLETED');
    const { shown, sends } = device(item, 'text/calendar', 'sift');
    assert.match(shown, /<Status>2<[^]*<Complete>1<[^]*<PercentComplete>100</);
    assert.equal(sends(shown), item.toString());
  });

  it('events, and edits that are none of a task, are not looked at', () => {
    const event = calendar('2.0', 'VEVENT', ['STATUS:CONFIRMED', 'SUMMARY:x']);
    const other = calendar('2.0', 'VEVENT', ['STATUS:CANCELLED', 'SUMMARY:x']);
    assert.equal(inAgreement(event, other, 'text/calendar', { bytes: other, type: 'text/calendar' }, NOW), other);
    const broken = Buffer.from('BEGIN:VTODO');
    assert.equal(inAgreement(event, broken, 'text/calendar', { bytes: broken, type: 'text/calendar' }, NOW), broken);
  });
});

describe('content: tasks that are due', () => {
  for (const [what, stored, format, shown, edit, meant] of [
    ['on a day', 'DUE;VALUE=DATE:20260601', 'vcal10', 'DUE:20260601T000000', ['20260601T', '20260602T'], 'DUE;VALUE=DATE:20260602'],
    [
      'on a day, in SIF',
      'DUE;VALUE=DATE:20260601',
      'sift',
      '<DueDate>2026-06-01</DueDate>',
      ['2026-06-01', '2026-06-02'],
      'DUE;VALUE=DATE:20260602',
    ],
    [
      'at a time',
      'DUE;TZID=Europe/Berlin:20260601T170000',
      'vcal10',
      'DUE:20260601T150000Z',
      ['T150000Z', 'T153000Z'],
      'DUE;TZID=Europe/Berlin:20260601T173000',
    ],
    [
      'at a time, on a phone that keeps days',
      'DUE;TZID=Europe/Berlin:20260601T170000',
      'vcal10',
      'DUE:20260601T150000Z',
      ['T150000Z', 'T000000'],
      'DUE;TZID=Europe/Berlin:20260601T170000',
    ],
    [
      'at a time of the night, on a phone that keeps days',
      'DUE:20260601T223000Z',
      'vcal10',
      'DUE:20260601T223000Z',
      ['20260601T223000Z', '20260602T000000'],
      'DUE:20260601T223000Z',
    ],
    [
      'at a time, moved to another day by a phone that keeps days',
      'DUE;TZID=Europe/Berlin:20260601T170000',
      'vcal10',
      'DUE:20260601T150000Z',
      ['20260601T150000Z', '20260603T000000'],
      'DUE;VALUE=DATE:20260603',
    ],
    [
      'at a time, on a program of 2.0 that keeps days',
      'DUE;TZID=Europe/Berlin:20260601T170000',
      'ical20',
      'DUE;TZID=Europe/Berlin:20260601T170000',
      ['DUE;TZID=Europe/Berlin:20260601T170000', 'DUE;VALUE=DATE:20260601'],
      'DUE;TZID=Europe/Berlin:20260601T170000',
    ],
    [
      'at a time, in SIF',
      'DUE;TZID=Europe/Berlin:20260601T170000',
      'sift',
      '<DueDate>2026-06-01</DueDate>',
      ['<Subject>x', '<Subject>x'],
      'DUE;TZID=Europe/Berlin:20260601T170000',
    ],
    [
      'before the clock changes',
      'DUE;TZID=Europe/Berlin:20261025T023000',
      'vcal10',
      'DUE:20261025T003000Z',
      ['DUE:20261025T003000Z', 'DUE:20261025T000000'],
      'DUE;TZID=Europe/Berlin:20261025T023000',
    ],
  ] as const satisfies readonly (readonly [string, string, Format, string, readonly [string, string], string])[])
    it(what, () => {
      const item = task('2.0', stored);
      const phone = device(item, 'text/calendar', format);
      assert.ok(phone.shown.includes(shown), phone.shown);
      assert.equal(phone.sends(phone.shown), item.toString());
      assert.deepEqual(lines(phone.sends(phone.shown.replace(edit[0], edit[1]))), [meant]);
    });
});
