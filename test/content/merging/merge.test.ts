/** Two versions of an item made into one: edits of different fields both stand, values of a field are compared by what they mean. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe as describeItem } from '../../../src/content/describe.js';
import { mergeItems, type Merged } from '../../../src/content/merging/merge.js';
import type { Pick } from '../../../src/content/merging/three-way.js';

const theirsWin: Pick = () => 'theirs';
const oursWin: Pick = () => 'ours';
const card = (...lines: string[]): string => ['BEGIN:VCARD', 'VERSION:3.0', ...lines, 'END:VCARD', ''].join('\r\n');
const card21 = (...lines: string[]): string => ['BEGIN:VCARD', 'VERSION:2.1', ...lines, 'END:VCARD', ''].join('\r\n');
const event = (...lines: string[]): string =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'BEGIN:VEVENT', ...lines, 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n');

interface Case {
  readonly base?: string;
  readonly ours: string;
  readonly theirs: string;
  readonly pick?: Pick;
  readonly country?: string;
}
const typeOf = (text: string): string =>
  text.includes('VCALENDAR') ? 'text/calendar' : text.includes('VERSION:2.1') ? 'text/x-vcard' : 'text/vcard';
function merged({ base, ours, theirs, pick = theirsWin, country }: Case): Merged & { text: string } {
  const version = (text: string) => ({ bytes: Buffer.from(text), type: typeOf(text) });
  const result = mergeItems(base === undefined ? undefined : version(base), version(ours), version(theirs), {
    pick,
    countries: { ours: country, theirs: country },
  });
  assert.ok(result, 'can be merged');
  return { ...result, text: Buffer.from(result.bytes).toString() };
}
const says = (text: string): string => Buffer.from(describeItem(Buffer.from(text), typeOf(text)).canonical).toString();
const assertSays = (actual: string, expected: string): void => {
  if (says(actual) !== says(expected)) assert.equal(actual, expected);
};
const NOTHING = { ours: [], theirs: [] };

describe('content: merging', () => {
  const base = card('N:Berg;Anna', 'TEL;TYPE=CELL:+49171111111', 'NOTE:old', 'TITLE:Captain');

  it('edits of different fields both stand, and everything else stays as it was written', () => {
    const ours = base.replace('old', 'new');
    const theirs = base.replace('Captain', 'Admiral');
    const { text, lost } = merged({ base, ours, theirs });
    assert.equal(text, ours.replace('Captain', 'Admiral'));
    assert.deepEqual(lost, NOTHING);
  });

  it('the same field: the picked side stands, the other is named', () => {
    const ours = base.replace('old', 'from here');
    const theirs = base.replace('old', 'from there').replace('Captain', 'Admiral');
    const there = merged({ base, ours, theirs });
    assertSays(there.text, theirs);
    assert.deepEqual(there.lost, { ours: ['NOTE'], theirs: [] });
    const here = merged({ base, ours, theirs, pick: oursWin });
    assertSays(here.text, ours.replace('Captain', 'Admiral'));
    assert.deepEqual(here.lost, { ours: [], theirs: ['NOTE'] });
  });

  it('a number more on each side: both are kept', () => {
    const ours = base.replace('NOTE', 'TEL;TYPE=HOME:+4930222222\r\nNOTE');
    const theirs = base.replace('NOTE', 'TEL;TYPE=WORK:+4930333333\r\nNOTE');
    const { text, lost } = merged({ base, ours, theirs });
    for (const number of ['111111', '222222', '333333']) assert.match(text, new RegExp(number));
    assert.deepEqual(lost, NOTHING);
  });

  it('a number taken out on one side goes, a number changed on one side is changed', () => {
    const two = base.replace('NOTE', 'TEL;TYPE=HOME:+4930222222\r\nNOTE');
    const { text } = merged({ base: two, ours: base, theirs: two.replace('+49171111111', '+49171444444') });
    assertSays(text, base.replace('+49171111111', '+49171444444'));
  });

  it('one number changed on both sides is one field', () => {
    const { text, lost } = merged({ base, ours: base.replace('111111', '222222'), theirs: base.replace('111111', '333333') });
    assertSays(text, base.replace('111111', '333333'));
    assert.deepEqual(lost, { ours: ['TEL'], theirs: [] });
  });

  it('without the version they come from nothing is taken for deleted', () => {
    const ours = card('N:Berg;Anna', 'TEL;TYPE=CELL:0171 111111', 'TEL;TYPE=HOME:030 222222', 'NOTE:here');
    const theirs = card('N:Berg;Anna', 'TEL;TYPE=CELL:+49171111111', 'EMAIL:anna@example.org');
    const { text, lost } = merged({ ours, theirs, country: 'DE' });
    assert.equal(text.match(/^TEL/gm)?.length, 2, 'one number in two spellings is one number');
    for (const kept of ['222222', 'here', 'anna@example.org']) assert.ok(text.includes(kept), kept);
    assert.deepEqual(lost.theirs, []);
  });

  it('e-mail addresses do not differ in case, and categories are facts each', () => {
    const was = card('N:Berg;Anna', 'EMAIL:anna@example.org', 'CATEGORIES:one,two,three');
    const { text, lost } = merged({
      base: was,
      ours: was.replace('two,', '').replace('anna@', 'Anna@'),
      theirs: was.replace('three', 'three,four'),
    });
    assertSays(text, card('N:Berg;Anna', 'EMAIL:anna@example.org', 'CATEGORIES:one,three,four'));
    assert.deepEqual(lost, NOTHING);
  });

  it('what shares a group goes together, under a name that is free', () => {
    const ours = base.replace('NOTE', 'item1.URL:https://here.example\r\nitem1.X-ABLabel:here\r\nNOTE');
    const theirs = base.replace('NOTE', 'item1.URL:https://there.example\r\nitem1.X-ABLabel:there\r\nNOTE');
    const { text } = merged({ base, ours, theirs });
    assert.match(text, /item1\.X-ABLabel:here/);
    assert.match(text, /item2\.URL:https:\/\/there\.example\r\nitem2\.X-ABLabel:there/);
  });

  it('a version in another format of the family: its edit is made in ours', () => {
    const was = card21('N:Berg;Anna', 'TEL;CELL:+49171111111', 'NOTE:old');
    const theirs = card('N:Berg;Anna', 'FN:Anna Berg', 'TEL;TYPE=CELL:+49171111111', 'NOTE:a\\, b');
    const { text } = merged({ base: was, ours: was.replace('TEL;CELL', 'TEL;HOME:+493022222\r\nTEL;CELL'), theirs });
    assertSays(text, card21('N:Berg;Anna', 'TEL;HOME:+493022222', 'TEL;CELL:+49171111111', 'NOTE:a, b'));
  });

  it('a start and its end are one field: no event gets one of each', () => {
    const was = event('UID:1', 'SUMMARY:Sail', 'DTSTART:20260601T080000Z', 'DTEND:20260601T090000Z');
    const ours = was.replace('T090000Z', 'T100000Z');
    const theirs = was.replace('T080000Z', 'T110000Z').replace('T090000Z', 'T120000Z').replace('Sail', 'Row');
    const { text, lost } = merged({ base: was, ours, theirs });
    assertSays(text, theirs);
    assert.deepEqual(lost, { ours: ['DTSTART'], theirs: [] });
    assertSays(merged({ base: was, ours, theirs, pick: oursWin }).text, ours.replace('Sail', 'Row'));
  });

  it('instances deleted, attendees asked and alarms set on each side all stand', () => {
    const was = event('UID:1', 'SUMMARY:Sail', 'DTSTART:20260601T080000Z', 'RRULE:FREQ=DAILY;COUNT=9', 'EXDATE:20260602T080000Z');
    const ours = was
      .replace('EXDATE:', 'EXDATE:20260603T080000Z,')
      .replace(
        'END:VEVENT',
        'ATTENDEE:mailto:a@example.org\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT',
      );
    const theirs = was
      .replace('EXDATE:', 'EXDATE:20260604T080000Z,')
      .replace(
        'END:VEVENT',
        'ATTENDEE:mailto:b@example.org\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT15M\r\nEND:VALARM\r\nEND:VEVENT',
      );
    const { text, lost } = merged({ base: was, ours, theirs });
    for (const part of ['0602', '0603', '0604', 'a@example.org', 'b@example.org', '-PT5M', '-PT15M']) assert.ok(text.includes(part), part);
    assert.deepEqual(lost, NOTHING);
    assert.ok(describeItem(Buffer.from(text), 'text/calendar').parsed);
  });

  it('changed instances of a series are merged each for itself', () => {
    const main = 'BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Sail\r\nDTSTART:20260601T080000Z\r\nRRULE:FREQ=DAILY\r\nEND:VEVENT\r\n';
    const instance = (day: string, title: string): string =>
      `BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:${title}\r\nDTSTART:202606${day}T090000Z\r\nRECURRENCE-ID:202606${day}T080000Z\r\nEND:VEVENT\r\n`;
    const series = (...parts: string[]): string => `BEGIN:VCALENDAR\r\nVERSION:2.0\r\n${parts.join('')}END:VCALENDAR\r\n`;
    const was = series(main, instance('02', 'Row'));
    const { text } = merged({
      base: was,
      ours: series(main, instance('02', 'Row'), instance('03', 'Swim')),
      theirs: series(main.replace('Sail', 'Race'), instance('04', 'Walk')),
    });
    assertSays(text, series(main.replace('Sail', 'Race'), instance('03', 'Swim'), instance('04', 'Walk')));
  });

  it('a zone comes with the times that name it', () => {
    const zone =
      'BEGIN:VTIMEZONE\r\nTZID:Island\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0300\r\nTZOFFSETTO:+0300\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n';
    const was = event('UID:1', 'SUMMARY:Sail', 'DTSTART:20260601T080000Z', 'LOCATION:Pier');
    const theirs = was
      .replace('DTSTART:20260601T080000Z', 'DTSTART;TZID=Island:20260601T110000')
      .replace('BEGIN:VEVENT', `${zone}BEGIN:VEVENT`);
    const { text } = merged({ base: was, ours: was.replace('Pier', 'Harbour'), theirs });
    assertSays(text, theirs.replace('Pier', 'Harbour'));
  });

  it('an event and a task are no versions of each other', () => {
    const version = (text: string) => ({ bytes: Buffer.from(text), type: 'text/calendar' });
    const [meeting, task] = [event('UID:1', 'DTSTART:20260601T100000Z', 'SUMMARY:a'), event('UID:1', 'DUE:20260601T100000Z', 'SUMMARY:a')];
    const todo = version(task.replaceAll('VEVENT', 'VTODO'));
    const both: Pick = () => 'both';
    assert.equal(mergeItems(undefined, version(meeting), todo, { pick: both }), undefined);
    assert.equal(mergeItems(version(meeting), version(meeting), todo, { pick: both }), undefined);
  });

  it('what is not understood has no fields', () => {
    const bytes = { bytes: Buffer.from('a'), type: 'application/octet-stream' };
    assert.equal(mergeItems(bytes, bytes, { ...bytes, bytes: Buffer.from('b') }, { pick: theirsWin }), undefined);
  });
});

interface Person {
  readonly N: string;
  readonly NOTE: string;
  readonly TITLE: string;
  readonly BDAY: string;
  readonly TEL: readonly string[];
  readonly EMAIL: readonly string[];
  readonly CATEGORIES: readonly string[];
}
const SINGLES = ['N', 'NOTE', 'TITLE', 'BDAY'] as const;
const SETS = ['TEL', 'EMAIL', 'CATEGORIES'] as const;

const word = fc.stringMatching(/^[A-Za-z]{1,8}$/);
const pools = {
  TEL: Array.from({ length: 12 }, (_, i) => `+49301234${String(i).padStart(3, '0')}`),
  EMAIL: Array.from({ length: 12 }, (_, i) => `user${i}@example.org`),
  CATEGORIES: Array.from({ length: 12 }, (_, i) => `kind${i}`),
};
const valueOf = {
  N: fc.tuple(word, word).map(([a, b]) => `${a};${b}`),
  NOTE: fc.option(word, { nil: '' }),
  TITLE: fc.option(word, { nil: '' }),
  BDAY: fc.constantFrom('', '19700101', '19800202', '19900303'),
};
const person: fc.Arbitrary<Person> = fc.record({
  ...valueOf,
  TEL: fc.subarray(pools.TEL.slice(0, 6)),
  EMAIL: fc.subarray(pools.EMAIL.slice(0, 6)),
  CATEGORIES: fc.subarray(pools.CATEGORIES.slice(0, 6)),
});
/** What one side does: new values for some single fields; of each set, some values taken out or others put in. */
const edits = (fresh: readonly [number, number]) =>
  fc.record({
    singles: fc.record(valueOf, { requiredKeys: [] }),
    sets: fc.record(
      Object.fromEntries(
        SETS.map((name) => [
          name,
          fc.oneof(
            fc.record({ out: fc.subarray(pools[name].slice(0, 6)), into: fc.constant<string[]>([]) }),
            fc.record({ out: fc.constant<string[]>([]), into: fc.subarray(pools[name].slice(...fresh)) }),
          ),
        ]),
      ) as Record<(typeof SETS)[number], fc.Arbitrary<{ out: string[]; into: string[] }>>,
      { requiredKeys: [] },
    ),
  });
type Edits = typeof edits extends (...args: never[]) => fc.Arbitrary<infer T> ? T : never;

function edited(who: Person, { singles, sets }: Edits): Person {
  const result: Record<string, unknown> = { ...who };
  for (const name of SINGLES) if (singles[name] !== undefined) result[name] = singles[name];
  for (const name of SETS) {
    const change = sets[name];
    if (change) result[name] = [...who[name].filter((value) => !change.out.includes(value)), ...change.into];
  }
  return result as unknown as Person;
}

function written(who: Person, format: '2.1' | '3.0' | '4.0'): string {
  const lines = [`N:${who.N};;;`];
  if (format !== '2.1') lines.push(`FN:${who.N.split(';').reverse().join(' ')}`);
  for (const name of ['NOTE', 'TITLE', 'BDAY'] as const) if (who[name] !== '') lines.push(`${name}:${who[name]}`);
  for (const number of who.TEL) lines.push(`${format === '2.1' ? 'TEL;HOME' : 'TEL;TYPE=HOME'}:${number}`);
  for (const address of who.EMAIL) lines.push(`EMAIL:${address}`);
  if (who.CATEGORIES.length > 0) lines.push(`CATEGORIES:${who.CATEGORIES.join(',')}`);
  return ['BEGIN:VCARD', `VERSION:${format}`, ...lines, 'END:VCARD', ''].join('\r\n');
}

describe('content: merging, for any card and any edits', () => {
  const format = fc.constantFrom('2.1', '3.0', '4.0' as const);

  it("the winner's edits stand all, the other's where they are not in the way, and nothing else changes", () => {
    fc.assert(
      fc.property(person, edits([6, 9]), edits([8, 12]), format, format, fc.boolean(), (who, here, there, own, other, theirsFirst) => {
        const [winner, loser] = theirsFirst ? [there, here] : [here, there];
        const expected = edited(edited(who, loser), winner);
        // What the winner changes to what it was is no edit: the other's stands.
        const singles = Object.fromEntries(
          SINGLES.map((name) => [name, edited(who, winner)[name] === who[name] ? edited(who, loser)[name] : expected[name]]),
        );
        const result = merged({
          base: written(who, own),
          ours: written(edited(who, here), own),
          theirs: written(edited(who, there), other),
          pick: theirsFirst ? theirsWin : oursWin,
        });
        const sets = Object.fromEntries(SETS.map((name) => [name, [...new Set(expected[name])]]));
        assertSays(result.text, written({ ...expected, ...singles, ...sets }, own));
      }),
      { numRuns: 400 },
    );
  });

  it('edits of different fields: the result does not depend on who is who, and merging again changes nothing', () => {
    fc.assert(
      fc.property(person, edits([6, 9]), fc.subarray([...SINGLES, ...SETS]), format, (who, all, mine, own) => {
        const half = (inside: boolean): Edits => ({
          singles: Object.fromEntries(Object.entries(all.singles).filter(([name]) => mine.includes(name as 'N') === inside)),
          sets: Object.fromEntries(Object.entries(all.sets).filter(([name]) => mine.includes(name as 'TEL') === inside)),
        });
        const [base, ours, theirs] = [who, edited(who, half(true)), edited(who, half(false))].map((one) => written(one, own)) as [
          string,
          string,
          string,
        ];
        const one = merged({ base, ours, theirs });
        const other = merged({ base, ours: theirs, theirs: ours });
        assertSays(one.text, other.text);
        assert.deepEqual([one.lost, other.lost], [NOTHING, NOTHING]);
        assertSays(one.text, written(edited(who, all), own));
        assert.equal(merged({ base, ours: one.text, theirs }).text, one.text);
        assert.equal(merged({ base: theirs, ours: one.text, theirs }).text, one.text);
      }),
      { numRuns: 300 },
    );
  });
});
