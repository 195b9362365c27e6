/** Items as a device can hold them, and what a device means by what it sends back. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { abilitiesFor, type Abilities } from '../../src/content/abilities.js';
import { inLocalTime } from '../../src/content/local-time.js';
import { render } from '../../src/content/rendering.js';
import { takeBack } from '../../src/content/taking-back.js';
import type { CtProperty, DevInf } from '../../src/model/devinf.js';
import { contacts, styles, writeContact } from './contact-writer.js';
import { assertEqualItems, calendar, card } from './helpers.js';

const CARD = 'text/x-vcard';
const EVENT = 'text/x-vcalendar';

const devInf = (properties: readonly CtProperty[], rest: Partial<DevInf> = {}): DevInf => ({
  verDtd: '1.2',
  devId: 'phone',
  devTyp: 'phone',
  utc: true,
  dataStores: [{ sourceRef: './c', rx: [], tx: [], syncCap: [], ctCaps: [{ ctType: CARD, properties }] }],
  ...rest,
});
function cardAbilities(...properties: readonly CtProperty[]): Abilities {
  const found = abilitiesFor(devInf([{ name: 'N' }, { name: 'FN' }, ...properties]), CARD, undefined);
  assert.ok(found);
  return found;
}
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
const lines = (bytes: Uint8Array): readonly string[] => textOf(bytes).split('\r\n').slice(2, -2);
const rendered = (item: Uint8Array, abilities: Abilities, type = CARD): readonly string[] => lines(render(item, type, abilities));

describe('items as a device can hold them', () => {
  it('nothing is changed for a device that says nothing, or lists properties without limits', () => {
    const item = card('2.1', ['N:Smith;Ann', 'NOTE:a long note']);
    assert.equal(abilitiesFor(undefined, CARD, 'Europe/Berlin'), undefined);
    assert.equal(abilitiesFor(devInf([]), CARD, undefined), undefined);
    assert.equal(render(item, CARD, cardAbilities({ name: 'TEL' })), item);
    assert.equal(render(item, 'text/plain', cardAbilities({ name: 'NOTE', maxSize: 3 })), item);
  });

  for (const { name, item, property, expected } of [
    { name: 'a text', item: ['NOTE:a long note'], property: { name: 'NOTE', maxSize: 6 }, expected: ['NOTE:a long'] },
    { name: 'a text at the limit', item: ['NOTE:a long'], property: { name: 'NOTE', maxSize: 6 }, expected: ['NOTE:a long'] },
    { name: 'no character in two', item: ['NOTE:Zoë'], property: { name: 'NOTE', maxSize: 3 }, expected: ['NOTE:Zo'] },
    { name: 'no escape in two', item: ['NOTE:ab\\;c'], property: { name: 'NOTE', maxSize: 3 }, expected: ['NOTE:ab'] },
    {
      name: 'quoted-printable',
      item: ['NOTE;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Zo=C3=AB=0D=0A=\r\nmore'],
      property: { name: 'NOTE', maxSize: 4 },
      expected: ['NOTE;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Zo=C3=AB'],
    },
    {
      name: 'nothing that must not be cut',
      item: ['NOTE:a long note'],
      property: { name: 'NOTE', maxSize: 6, noTruncate: true },
      expected: [],
    },
    {
      name: 'a photo that is too large',
      item: [`PHOTO;ENCODING=BASE64:${'A'.repeat(3000)}`],
      property: { name: 'PHOTO', maxSize: 2000 },
      expected: [],
    },
    {
      name: 'no photo for a limit no photo fits',
      item: ['PHOTO;ENCODING=BASE64:AAAABBBB'],
      property: { name: 'PHOTO', maxSize: 4 },
      expected: ['PHOTO;ENCODING=BASE64:AAAABBBB'],
    },
    { name: 'no birthday', item: ['BDAY:1970-01-02'], property: { name: 'BDAY', maxSize: 4 }, expected: ['BDAY:1970-01-02'] },
    { name: 'what is too many', item: ['TEL:1', 'TEL:2', 'TEL:3'], property: { name: 'TEL', maxOccur: 2 }, expected: ['TEL:1', 'TEL:2'] },
  ] satisfies { name: string; item: string[]; property: CtProperty; expected: string[] }[])
    it(`cuts ${name}`, () => {
      assert.deepEqual(rendered(card('2.1', ['N:Smith;Ann', ...item]), cardAbilities(property)), ['N:Smith;Ann', ...expected]);
    });

  it('a name is cut but never left out', () => {
    const abilities = cardAbilities({ name: 'N', maxSize: 3, noTruncate: true });
    assert.deepEqual(rendered(card('2.1', ['N:Smith']), abilities), ['N:Smith']);
    assert.deepEqual(rendered(card('2.1', ['N:Smith']), cardAbilities({ name: 'N', maxSize: 3 })), ['N:Smi']);
  });
});

describe('times for a device without UTC', () => {
  const local = (zone: string): Abilities => {
    const found = abilitiesFor(devInf([], { utc: false }), EVENT, zone);
    assert.ok(found);
    return found;
  };

  for (const [zone, utc, expected] of [
    ['Europe/Berlin', '20260329T005959Z', '20260329T015959'],
    ['Europe/Berlin', '20260329T010000Z', '20260329T030000'],
    ['Europe/Berlin', '20261025T003000Z', '20261025T023000'],
    ['Europe/Berlin', '20261025T013000Z', '20261025T023000'],
    ['America/New_York', '20260308T065959Z', '20260308T015959'],
    ['America/New_York', '20260308T070000Z', '20260308T030000'],
    ['Australia/Lord_Howe', '20260404T145959Z', '20260405T015959'],
    ['Australia/Lord_Howe', '20260404T150000Z', '20260405T013000'],
    ['Asia/Kolkata', '20260606T200000Z', '20260607T013000'],
    ['UTC', '20260606T100000Z', '20260606T100000'],
    ['Pacific/Apia', '20111230T095959Z', '20111229T235959'],
    ['Pacific/Apia', '20111230T100000Z', '20111231T000000'],
  ] as const)
    it(`${utc} in ${zone}`, () => {
      assert.equal(inLocalTime(utc, zone), expected);
    });

  it('lists, and what is no date', () => {
    assert.equal(inLocalTime('20260101T000000Z;20260701T000000Z', 'Europe/Berlin'), '20260101T010000;20260701T020000');
    assert.equal(inLocalTime('20261399T000000Z', 'Europe/Berlin'), '20261399T000000Z');
    assert.equal(inLocalTime('20260606', 'Europe/Berlin'), '20260606');
  });

  it('all times of an event, and no stamps', () => {
    const item = calendar('1.0', 'VEVENT', ['DTSTART:20260606T100000Z', 'DTEND:20260606T110000Z', 'LAST-MODIFIED:20260101T000000Z']);
    assert.match(
      textOf(render(item, EVENT, local('Europe/Berlin'))),
      /DTSTART:20260606T120000\r\nDTEND:20260606T130000\r\nLAST-MODIFIED:20260101T000000Z/,
    );
  });

  it('a rule that names days names those of the phone\u2019s clock, and one whose days cannot move is shown once', () => {
    const series = (start: string, rule: string): Buffer => calendar('1.0', 'VEVENT', [`DTSTART:${start}`, `RRULE:${rule}`]);
    const there = (bytes: Buffer): string => textOf(render(bytes, EVENT, local('Europe/Berlin')));
    assert.match(there(series('20260608T230000Z', 'W1 MO #0')), /DTSTART:20260609T010000\r\nRRULE:W1 TU #0\r\n/);
    assert.match(there(series('20260608T100000Z', 'W1 MO #0')), /DTSTART:20260608T120000\r\nRRULE:W1 MO #0\r\n/);
    // The day was of the phone's clock all along.
    assert.match(there(series('20260607T230000Z', 'W1 MO #0')), /DTSTART:20260608T010000\r\nRRULE:W1 MO #0\r\n/);
    const second = series('20260608T230000Z', 'MP1 2+ MO #0');
    assert.doesNotMatch(there(second), /RRULE/);
    assert.match(there(second), /DTSTART:20260609T010000\r\n/);
    // The second Monday, in Berlin.
    assert.match(there(series('20260607T230000Z', 'MP1 2+ MO #0')), /DTSTART:20260608T010000\r\nRRULE:MP1 2\+ MO #0\r\n/);
  });

  it('a 1.0 device cannot say that it reads UTC', () => {
    assert.equal(abilitiesFor(devInf([], { utc: false, verDtd: '1.0' }), EVENT, 'Europe/Berlin'), undefined);
  });
});

describe('what a device means by what it sends', () => {
  const abilities = cardAbilities({ name: 'NOTE', maxSize: 6 }, { name: 'TEL', maxOccur: 2 }, { name: 'EMAIL' });
  const stored = card('2.1', ['N:Smith;Ann', 'NOTE:a long note', 'TEL:1', 'TEL:2', 'TEL:3', 'EMAIL:a@b.example', 'X-SHOE:39', 'UID:7']);
  const back = (incoming: Uint8Array): readonly string[] => [...lines(takeBack(stored, incoming, CARD, abilities))].sort();

  it('what it held comes back: nothing changes', () => {
    assertEqualItems(takeBack(stored, render(stored, CARD, abilities), CARD, abilities), stored, CARD);
  });

  for (const { name, sent, expected } of [
    {
      name: 'one number is edited: the cut note and the third number stay whole',
      sent: ['N:Smith;Ann', 'NOTE:a long', 'TEL:1', 'TEL:22', 'EMAIL:a@b.example'],
      expected: ['EMAIL:a@b.example', 'N:Smith;Ann', 'NOTE:a long note', 'TEL:1', 'TEL:22', 'TEL:3', 'UID:7', 'X-SHOE:39'],
    },
    {
      name: 'the note, of which it holds the beginning, is edited: the rest stays',
      sent: ['N:Smith;Ann', 'NOTE:short', 'TEL:1', 'TEL:2', 'EMAIL:a@b.example'],
      expected: ['EMAIL:a@b.example', 'N:Smith;Ann', 'NOTE:short note', 'TEL:1', 'TEL:2', 'TEL:3', 'UID:7', 'X-SHOE:39'],
    },
    {
      name: 'the address is deleted',
      sent: ['N:Smith;Ann', 'NOTE:a long', 'TEL:1', 'TEL:2'],
      expected: ['N:Smith;Ann', 'NOTE:a long note', 'TEL:1', 'TEL:2', 'TEL:3', 'UID:7', 'X-SHOE:39'],
    },
    {
      name: 'the same in another order and writing',
      sent: ['EMAIL;INTERNET:a@b.example', 'TEL;VOICE:2', 'TEL:1', 'NOTE;ENCODING=QUOTED-PRINTABLE:a=20long', 'N:Smith;Ann;;;'],
      expected: ['EMAIL:a@b.example', 'N:Smith;Ann', 'NOTE:a long note', 'TEL:1', 'TEL:2', 'TEL:3', 'UID:7', 'X-SHOE:39'],
    },
  ])
    it(name, () => {
      assert.deepEqual(back(card('2.1', sent)), expected);
    });

  it('a property that was left out stays, unless the device writes one of its own', () => {
    const whole = cardAbilities({ name: 'NOTE', maxSize: 6, noTruncate: true });
    const item = card('2.1', ['N:Smith', 'NOTE:a long note']);
    assert.deepEqual(lines(takeBack(item, card('2.1', ['N:Miller']), CARD, whole)), ['N:Miller', 'NOTE:a long note']);
    assert.deepEqual(lines(takeBack(item, card('2.1', ['N:Smith', 'NOTE:mine']), CARD, whole)), ['N:Smith', 'NOTE:mine']);
  });

  it('an event in local time comes back in UTC', () => {
    const zone = abilitiesFor(devInf([], { utc: false }), EVENT, 'Europe/Berlin');
    assert.ok(zone);
    const event = calendar('1.0', 'VEVENT', ['SUMMARY:lunch', 'DTSTART:20260606T100000Z', 'DTEND:20260606T110000Z']);
    const edited = Buffer.from(
      textOf(render(event, EVENT, zone))
        .replace('lunch', 'dinner')
        .replace('T130000', 'T140000'),
    );
    const result = textOf(takeBack(event, edited, EVENT, zone));
    assert.match(result, /SUMMARY:dinner\r\nDTSTART:20260606T100000Z\r\nDTEND:20260606T120000Z\r\n/);
  });

  it('items that cannot be compared are taken as they are', () => {
    for (const incoming of ['', 'no card', textOf(card('2.1', ['N:a'])).repeat(2)].map((text) => Buffer.from(text)))
      assert.equal(takeBack(stored, incoming, CARD, abilities), incoming);
  });

  it('any contact, any limits: deliver, and take back what was delivered', () => {
    const limit = fc.record({
      name: fc.constantFrom('NOTE', 'TEL', 'EMAIL', 'ADR', 'TITLE', 'URL', 'PHOTO', 'N', 'ORG'),
      maxSize: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
      maxOccur: fc.option(fc.integer({ min: 1, max: 2 }), { nil: undefined }),
      noTruncate: fc.boolean(),
    });
    fc.assert(
      fc.property(contacts, fc.array(limit, { minLength: 1, maxLength: 6 }), styles, (contact, limits, style) => {
        const item = writeContact(contact, style);
        const type = style.version === '2.1' ? CARD : 'text/vcard';
        const properties = limits.map(({ name, maxSize, maxOccur, noTruncate }) => ({
          name,
          noTruncate,
          ...(maxSize === undefined ? {} : { maxSize }),
          ...(maxOccur === undefined ? {} : { maxOccur }),
        }));
        const caps = [{ ctType: type, properties }];
        const able = abilitiesFor(
          devInf([], { dataStores: [{ sourceRef: './c', rx: [], tx: [], syncCap: [], ctCaps: caps }] }),
          type,
          undefined,
        );
        assert.ok(able);
        const held = render(item, type, able);
        assertEqualItems(takeBack(item, held, type, able), item, type);
        // What was delivered is within the limits, so delivering it changes nothing.
        assert.deepEqual(textOf(render(held, type, able)), textOf(held));
      }),
      { numRuns: 300 },
    );
  });
});
