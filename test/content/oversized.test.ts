/** Items no person writes: too many values for a stack, and texts that would keep a reader busy for minutes. None may end a session. */
import assert from 'node:assert/strict';
import { decodeText } from '../../src/content/charset.js';
import { abilitiesFor } from '../../src/content/abilities.js';
import { convert, readable } from '../../src/content/conversion/convert.js';
import { takeBackConverted } from '../../src/content/conversion/taking-back.js';
import { describe as described } from '../../src/content/describe.js';
import { mergeItems } from '../../src/content/merging/merge.js';
import { given } from '../../src/content/phone-form/echo.js';
import { undress } from '../../src/content/phone-form/undress.js';
import { takeBack } from '../../src/content/taking-back.js';
import { basicOf } from '../../src/content/zones/wall.js';
import { calendar, card } from './helpers.js';

const times = <T>(count: number, make: (at: number) => T): readonly T[] => Array.from({ length: count }, (_, at) => make(at));
const zoned = (observance: readonly string[], day: string): Buffer =>
  Buffer.from(
    [
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      ...['BEGIN:VTIMEZONE', 'TZID:odd', 'BEGIN:STANDARD', 'TZOFFSETFROM:+0100', 'TZOFFSETTO:+0200', ...observance, 'END:STANDARD'],
      ...[
        'END:VTIMEZONE',
        'BEGIN:VEVENT',
        'UID:1',
        `DTSTART;TZID=odd:${day}T100000`,
        'SUMMARY:x',
        'RRULE:FREQ=DAILY;COUNT=3',
        'END:VEVENT',
      ],
      'END:VCALENDAR',
      '',
    ].join('\r\n'),
  );

describe('content: oversized items', function () {
  this.timeout(5000);

  it('megabytes of Japanese without a label are read as any of it', () => {
    assert.equal(decodeText('\xa4\xa2'.repeat(5_000_000)), 'あ'.repeat(5_000_000));
  });

  it('a hundred thousand categories are merged', () => {
    const version = (...lines: string[]) => ({ bytes: card('3.0', ['N:Berg;Anna', ...lines]), type: 'text/vcard' });
    const result = mergeItems(undefined, version(), version(`CATEGORIES:${times(130_000, (at) => `c${at}`).join(',')}`), {
      pick: () => 'both',
    });
    assert.deepEqual(result?.lost, { ours: [], theirs: [] });
    assert.match(Buffer.from(result.bytes.subarray(-100)).toString(), /CATEGORIES:c129999\r\n/);
  });

  it('thousands of groups are merged, each under a name of its own', () => {
    const version = (...lines: readonly string[]) => ({ bytes: card('3.0', ['N:Berg;Anna', ...lines]), type: 'text/vcard' });
    const sent = times(1500, (at) => `item${at}.TEL:+49301${100_000 + at}`);
    const result = mergeItems(undefined, version('item3.EMAIL:a@b.example'), version(...sent), { pick: () => 'both' });
    const names = Buffer.from(result?.bytes ?? [])
      .toString()
      .match(/^item\d+(?=\.)/gm);
    assert.equal(new Set(names).size, 1501);
  });

  it('a zone of a hundred thousand changes, and one whose rule ended long ago, are followed', () => {
    const many = zoned(['DTSTART:19700101T000000', `RDATE:${times(150_000, () => '20000101T000000').join(',')}`], '20260601');
    assert.equal(described(many, 'text/calendar').reason, undefined);
    const rule = 'RRULE:FREQ=YEARLY;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;BYDAY=MO;UNTIL=01010101T000000Z';
    const old = zoned(['DTSTART:01000101T000000', rule], '99990601');
    const started = performance.now();
    assert.match(Buffer.from(convert(old, 'text/calendar', 'vcal10') ?? []).toString(), /DTSTART:99990601T080000Z/);
    assert.ok(performance.now() - started < 2000, 'the years in between are not looked at');
  });

  it('a name with thousands of spaces is parted, or left, at once', () => {
    const abilities = { traits: { fields: { oneName: true } } } as const;
    const parted = (name: string): string =>
      Buffer.from(undress(card('2.1', [`N:${name}`]), 'text/x-vcard', abilities))
        .toString()
        .replace(/ {9,}/g, '…');
    const spaces = ' '.repeat(3000);
    assert.match(parted(`Anna${spaces}Berg${spaces};`), /^N:Berg;Anna\r$/m);
    assert.match(parted(`Anna${spaces};Berg;Maria`), /^N:Anna…;Berg;Maria\r$/m);
    assert.match(parted('Anna Berg;;'), /^N:Berg;Anna\r$/m);
  });

  it('sixty thousand dates left out of a series go to SIF and come back', () => {
    const days = times(60_000, (at) => `EXDATE:${basicOf(Date.UTC(1980, 0, 1, 10) + at * 3_600_000)}Z`);
    const item = calendar('2.0', 'VEVENT', ['SUMMARY:x', 'DTSTART:20260601T100000Z', 'RRULE:FREQ=DAILY', ...days]);
    const sif = convert(item, 'text/calendar', 'sife');
    const [ours, theirs] = [readable(item, 'text/calendar'), readable(Buffer.from(String(sif).replace('>x<', '>y<')), 'text/x-s4j-sife')];
    assert.ok(ours && theirs);
    assert.equal(String(takeBackConverted(ours, theirs)), item.toString().replace('SUMMARY:x', 'SUMMARY:y'));
  });

  it('eight thousand numbers that were all changed, and turned round, are compared', () => {
    const numbers = (first: string) => times(8000, (at) => `TEL;TYPE=HOME:${first}${100_000 + at}`);
    const version = (...lines: readonly string[]) => ({ bytes: card('3.0', ['N:Berg;Anna', ...lines]), type: 'text/vcard' });
    const [was, mine, sent] = [version(...numbers('+49')), version(...numbers('+48')), version(...[...numbers('+49')].reverse(), 'NOTE:x')];
    const back = takeBack(was.bytes, sent.bytes, 'text/vcard', { limits: false });
    assert.equal(back.length, sent.bytes.length);
    const merged = mergeItems(was, mine, sent, { pick: () => 'theirs' });
    assert.deepEqual(merged?.lost, { ours: [], theirs: [] });
    assert.equal(String(merged?.bytes).match(/:\+48/g)?.length, 8000);
  });

  it('a series of many rules that never name a day goes out at once', () => {
    const able = abilitiesFor(undefined, 'text/x-vcalendar', 'Europe/Berlin', { calendar: { ruleCount: false } }) ?? assert.fail();
    const rules = times(2000, () => 'RRULE:MD12 31 #9000');
    const item = calendar('1.0', 'VEVENT', ['DTSTART:20260201T100000', ...rules]);
    assert.equal(String(given(item, 'text/x-vcalendar', able)), item.toString());
  });
});
