/** One side moves a series, the other leaves out a day of it or ends it elsewhere: both stand, and the day is one of the moved series. */
import assert from 'node:assert/strict';
import { mergeItems } from '../../../src/content/merging/merge.js';
import type { Pick } from '../../../src/content/merging/three-way.js';

const theirsWin: Pick = () => 'theirs';
const oursWin: Pick = () => 'ours';
const NOTHING = { ours: [], theirs: [] };

type Lines = readonly string[];
const item = (version: string, ...lines: Lines): string =>
  ['BEGIN:VCALENDAR', `VERSION:${version}`, 'BEGIN:VEVENT', 'UID:1', 'SUMMARY:Sail', ...lines, 'END:VEVENT', 'END:VCALENDAR', ''].join(
    '\r\n',
  );

function merge(version: string, base: Lines, ours: Lines, theirs: Lines, pick = theirsWin) {
  const type = version === '1.0' ? 'text/x-vcalendar' : 'text/calendar';
  const one = (lines: Lines) => ({ bytes: Buffer.from(item(version, ...lines)), type });
  const result = mergeItems(one(base), one(ours), one(theirs), { pick }) ?? assert.fail();
  const lines = Buffer.from(result.bytes)
    .toString()
    .split('\r\n')
    .filter((line) => /^(?:DTSTART|DTEND|RRULE|EXDATE)/.test(line));
  return { lines, lost: result.lost };
}

const BERLIN = 'DTSTART;TZID=Europe/Berlin:';
const LEFT_OUT = 'EXDATE;TZID=Europe/Berlin:';

interface Case {
  readonly what: string;
  readonly version?: string;
  readonly was: Lines;
  readonly moved: Lines;
  /** The other side: the same as it was, but for one thing. */
  readonly other: Lines;
  readonly both: Lines;
}

const CASES: readonly Case[] = [
  {
    what: 'an hour later: the same day',
    was: [`${BERLIN}20260601T100000`, 'RRULE:FREQ=WEEKLY;BYDAY=MO'],
    moved: [`${BERLIN}20260601T150000`, 'RRULE:FREQ=WEEKLY;BYDAY=MO'],
    other: [`${BERLIN}20260601T100000`, 'RRULE:FREQ=WEEKLY;BYDAY=MO', `${LEFT_OUT}20260615T100000`],
    both: [`${BERLIN}20260601T150000`, 'RRULE:FREQ=WEEKLY;BYDAY=MO', `${LEFT_OUT}20260615T150000`],
  },
  {
    what: 'across a change of the clock, the date in UTC',
    was: [`${BERLIN}20261005T100000`, 'RRULE:FREQ=WEEKLY'],
    moved: [`${BERLIN}20261005T233000`, 'RRULE:FREQ=WEEKLY'],
    other: [`${BERLIN}20261005T100000`, 'RRULE:FREQ=WEEKLY', 'EXDATE:20261026T090000Z'],
    both: [`${BERLIN}20261005T233000`, 'RRULE:FREQ=WEEKLY', `${LEFT_OUT}20261026T233000`],
  },
  {
    what: 'from Monday to Tuesday: the day after',
    was: [`${BERLIN}20260601T100000`, 'RRULE:FREQ=WEEKLY;BYDAY=MO'],
    moved: [`${BERLIN}20260602T100000`, 'RRULE:FREQ=WEEKLY;BYDAY=TU'],
    other: [`${BERLIN}20260601T100000`, 'RRULE:FREQ=WEEKLY;BYDAY=MO', `${LEFT_OUT}20260615T100000`],
    both: [`${BERLIN}20260602T100000`, 'RRULE:FREQ=WEEKLY;BYDAY=TU', `${LEFT_OUT}20260616T100000`],
  },
  {
    what: 'to Tuesday of the next week: still that week',
    was: [`${BERLIN}20260601T100000`, 'RRULE:FREQ=WEEKLY;BYDAY=MO'],
    moved: [`${BERLIN}20260609T100000`, 'RRULE:FREQ=WEEKLY;BYDAY=TU'],
    other: [`${BERLIN}20260601T100000`, 'RRULE:FREQ=WEEKLY;BYDAY=MO', `${LEFT_OUT}20260615T100000`],
    both: [`${BERLIN}20260609T100000`, 'RRULE:FREQ=WEEKLY;BYDAY=TU', `${LEFT_OUT}20260616T100000`],
  },
  {
    what: 'a day that begins later: the same dates',
    was: [`${BERLIN}20260601T100000`, 'RRULE:FREQ=DAILY;COUNT=30'],
    moved: [`${BERLIN}20260603T100000`, 'RRULE:FREQ=DAILY;COUNT=30'],
    other: [`${BERLIN}20260601T100000`, 'RRULE:FREQ=DAILY;COUNT=30', `${LEFT_OUT}20260615T100000`],
    both: [`${BERLIN}20260603T100000`, 'RRULE:FREQ=DAILY;COUNT=30', `${LEFT_OUT}20260615T100000`],
  },
  {
    what: 'from the 1st to the 20th of the month',
    was: [`${BERLIN}20260601T100000`, 'RRULE:FREQ=MONTHLY'],
    moved: [`${BERLIN}20260620T100000`, 'RRULE:FREQ=MONTHLY'],
    other: [`${BERLIN}20260601T100000`, 'RRULE:FREQ=MONTHLY', `${LEFT_OUT}20260901T100000`],
    both: [`${BERLIN}20260620T100000`, 'RRULE:FREQ=MONTHLY', `${LEFT_OUT}20260920T100000`],
  },
  {
    what: 'from the first Monday to the first Tuesday: the nearest',
    was: [`${BERLIN}20260601T100000`, 'RRULE:FREQ=MONTHLY;BYDAY=1MO'],
    moved: [`${BERLIN}20260602T100000`, 'RRULE:FREQ=MONTHLY;BYDAY=1TU'],
    other: [`${BERLIN}20260601T100000`, 'RRULE:FREQ=MONTHLY;BYDAY=1MO', `${LEFT_OUT}20260907T100000`],
    both: [`${BERLIN}20260602T100000`, 'RRULE:FREQ=MONTHLY;BYDAY=1TU', `${LEFT_OUT}20260901T100000`],
  },
  {
    what: 'a day that became an hour',
    was: ['DTSTART;VALUE=DATE:20260601', 'RRULE:FREQ=WEEKLY'],
    moved: [`${BERLIN}20260601T150000`, 'RRULE:FREQ=WEEKLY'],
    other: ['DTSTART;VALUE=DATE:20260601', 'RRULE:FREQ=WEEKLY', 'EXDATE;VALUE=DATE:20260615'],
    both: [`${BERLIN}20260601T150000`, 'RRULE:FREQ=WEEKLY', `${LEFT_OUT}20260615T150000`],
  },
  {
    what: 'to another time zone',
    was: [`${BERLIN}20260601T100000`, 'RRULE:FREQ=WEEKLY'],
    moved: ['DTSTART;TZID=America/New_York:20260601T100000', 'RRULE:FREQ=WEEKLY'],
    other: [`${BERLIN}20260601T100000`, 'RRULE:FREQ=WEEKLY', `${LEFT_OUT}20260615T100000`],
    both: ['DTSTART;TZID=America/New_York:20260601T100000', 'RRULE:FREQ=WEEKLY', 'EXDATE;TZID=America/New_York:20260615T100000'],
  },
  {
    what: 'with a date left out before, that moved with the series',
    was: [`${BERLIN}20260601T100000`, 'RRULE:FREQ=WEEKLY', `${LEFT_OUT}20260608T100000`],
    moved: [`${BERLIN}20260601T150000`, 'RRULE:FREQ=WEEKLY', 'EXDATE:20260608T130000Z'],
    other: [`${BERLIN}20260601T100000`, 'RRULE:FREQ=WEEKLY', `${LEFT_OUT}20260608T100000,20260615T100000`],
    both: [`${BERLIN}20260601T150000`, 'RRULE:FREQ=WEEKLY', 'EXDATE:20260608T130000Z', `${LEFT_OUT}20260615T150000`],
  },
  {
    what: 'and one that the other side takes back',
    was: [`${BERLIN}20260601T100000`, 'RRULE:FREQ=WEEKLY', `${LEFT_OUT}20260608T100000`],
    moved: [`${BERLIN}20260601T150000`, 'RRULE:FREQ=WEEKLY', `${LEFT_OUT}20260608T150000`],
    other: [`${BERLIN}20260601T100000`, 'RRULE:FREQ=WEEKLY'],
    both: [`${BERLIN}20260601T150000`, 'RRULE:FREQ=WEEKLY'],
  },
  {
    what: 'a date that is none of the series stays',
    was: [`${BERLIN}20260601T100000`, 'RRULE:FREQ=WEEKLY'],
    moved: [`${BERLIN}20260601T150000`, 'RRULE:FREQ=WEEKLY'],
    other: [`${BERLIN}20260601T100000`, 'RRULE:FREQ=WEEKLY', `${LEFT_OUT}20260616T100000`],
    both: [`${BERLIN}20260601T150000`, 'RRULE:FREQ=WEEKLY', `${LEFT_OUT}20260616T100000`],
  },
  {
    what: 'an end, an hour later',
    was: [`${BERLIN}20260601T100000`, 'RRULE:FREQ=WEEKLY'],
    moved: [`${BERLIN}20260601T150000`, 'RRULE:FREQ=WEEKLY'],
    other: [`${BERLIN}20260601T100000`, 'RRULE:FREQ=WEEKLY;UNTIL=20260629T080000Z'],
    both: [`${BERLIN}20260601T150000`, 'RRULE:FREQ=WEEKLY;UNTIL=20260629T130000Z'],
  },
  {
    what: 'an end that was, and moved with the series, comes later',
    was: [`${BERLIN}20260601T100000`, 'RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20260629T080000Z'],
    moved: [`${BERLIN}20260602T100000`, 'RRULE:FREQ=WEEKLY;BYDAY=TU;UNTIL=20260630T080000Z'],
    other: [`${BERLIN}20260601T100000`, 'RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20260713T080000Z'],
    both: [`${BERLIN}20260602T100000`, 'RRULE:FREQ=WEEKLY;BYDAY=TU;UNTIL=20260714T080000Z'],
  },
  {
    what: 'a number of times',
    was: [`${BERLIN}20260601T100000`, 'DTEND;TZID=Europe/Berlin:20260601T110000', 'RRULE:FREQ=DAILY;COUNT=5'],
    moved: [`${BERLIN}20260602T100000`, 'DTEND;TZID=Europe/Berlin:20260602T110000', 'RRULE:FREQ=DAILY;COUNT=5'],
    other: [`${BERLIN}20260601T100000`, 'DTEND;TZID=Europe/Berlin:20260601T110000', 'RRULE:FREQ=DAILY;COUNT=9'],
    both: [`${BERLIN}20260602T100000`, 'DTEND;TZID=Europe/Berlin:20260602T110000', 'RRULE:FREQ=DAILY;COUNT=9'],
  },
  {
    what: 'an end that is taken away',
    was: ['DTSTART:20260601T100000Z', 'RRULE:FREQ=WEEKLY;UNTIL=20260629T100000Z'],
    moved: ['DTSTART:20260601T120000Z', 'RRULE:FREQ=WEEKLY;UNTIL=20260629T120000Z'],
    other: ['DTSTART:20260601T100000Z', 'RRULE:FREQ=WEEKLY'],
    both: ['DTSTART:20260601T120000Z', 'RRULE:FREQ=WEEKLY'],
  },
  {
    what: 'vCalendar 1.0: an hour later',
    version: '1.0',
    was: ['X-MOORAGE-ZONE:Europe/Berlin', 'DTSTART:20261005T080000Z', 'RRULE:W1 MO #0'],
    moved: ['X-MOORAGE-ZONE:Europe/Berlin', 'DTSTART:20261005T130000Z', 'RRULE:W1 MO #0'],
    other: ['X-MOORAGE-ZONE:Europe/Berlin', 'DTSTART:20261005T080000Z', 'RRULE:W1 MO #0', 'EXDATE:20261026T090000Z'],
    both: ['DTSTART:20261005T130000Z', 'RRULE:W1 MO #0', 'EXDATE:20261026T140000Z'],
  },
  {
    what: 'vCalendar 1.0: an end',
    version: '1.0',
    was: ['X-MOORAGE-ZONE:Europe/Berlin', 'DTSTART:20261005T080000Z', 'RRULE:W1 MO #0'],
    moved: ['X-MOORAGE-ZONE:Europe/Berlin', 'DTSTART:20261006T080000Z', 'RRULE:W1 TU #0'],
    other: ['X-MOORAGE-ZONE:Europe/Berlin', 'DTSTART:20261005T080000Z', 'RRULE:W1 MO 20261026T090000Z'],
    both: ['DTSTART:20261006T080000Z', 'RRULE:W1 TU 20261027T090000Z'],
  },
];

describe('content: merging a series that was moved', () => {
  for (const { what, version = '2.0', was, moved, other, both } of CASES)
    for (const pick of [theirsWin, oursWin]) {
      const stands = pick === theirsWin ? 'theirs' : 'ours';
      it(`${what}: moved here (${stands} would win)`, () => {
        const { lines, lost } = merge(version, was, moved, other, pick);
        assert.deepEqual([...lines].sort(), [...both].sort());
        assert.deepEqual(lost, NOTHING);
      });
      it(`${what}: moved there (${stands} would win)`, () => {
        const { lines, lost } = merge(version, was, other, moved, pick);
        assert.deepEqual([...lines].sort(), [...both].sort());
        assert.deepEqual(lost, NOTHING);
      });
    }

  it('both move it: one of them stands, and what the other leaves out follows', () => {
    const was = [`${BERLIN}20260601T100000`, 'RRULE:FREQ=WEEKLY'];
    const ours = [`${BERLIN}20260601T120000`, 'RRULE:FREQ=WEEKLY', `${LEFT_OUT}20260615T120000`];
    const theirs = [`${BERLIN}20260601T150000`, 'RRULE:FREQ=WEEKLY'];
    const there = merge('2.0', was, ours, theirs);
    assert.deepEqual(there.lines, [`${BERLIN}20260601T150000`, 'RRULE:FREQ=WEEKLY', `${LEFT_OUT}20260615T150000`]);
    assert.deepEqual(there.lost, { ours: ['DTSTART'], theirs: [] });
    const here = merge('2.0', was, ours, theirs, oursWin);
    assert.deepEqual(here.lines, ours);
    assert.deepEqual(here.lost, { ours: [], theirs: ['DTSTART'] });
  });

  it('both end it elsewhere: that is one field, and one of them stands', () => {
    const series = (until: string) => [`${BERLIN}20260601T100000`, `RRULE:FREQ=WEEKLY;UNTIL=${until}T080000Z`];
    const { lines, lost } = merge('2.0', series('20260629'), series('20260706'), series('20260713'));
    assert.deepEqual(lines, series('20260713'));
    assert.deepEqual(lost, { ours: ['DTSTART'], theirs: [] });
  });

  it('a series of another rhythm: only dates that it has', () => {
    const was = [`${BERLIN}20260601T100000`, 'RRULE:FREQ=WEEKLY'];
    const moved = [`${BERLIN}20260601T120000`, 'RRULE:FREQ=MONTHLY;BYDAY=1MO'];
    const { lines } = merge('2.0', was, moved, [...was, `${LEFT_OUT}20260615T100000,20260706T100000`]);
    assert.deepEqual(lines, [...moved, `${LEFT_OUT}20260615T100000`, `${LEFT_OUT}20260706T120000`]);
  });
});
