/** Devices of different formats on one datastore: what each gets, and what is made of what they send back. */
import assert from 'node:assert/strict';
import { Alert } from '../../src/model/alert.js';
import type { ModelDevice } from '../model-client/device.js';
import { STORES, type StoreProfile } from '../model-client/profile.js';
import { aWorldEach, deviceOf, onlyItem, onlyStored } from './support/world.js';

const item = (...lines: readonly string[]): Buffer => Buffer.from(`${lines.join('\r\n')}\r\n`);
const OLD_CARD = item(
  'BEGIN:VCARD',
  'VERSION:2.1',
  'N;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;J=F6rg',
  'TEL;CELL;VOICE:+4911',
  'TEL;WORK:+4922',
  'X-PHONE-RING;X-MAKER=1:7',
  'NOTE;ENCODING=QUOTED-PRINTABLE:one=0D=0Atwo',
  'END:VCARD',
);
const NEW_EVENT = item(
  'BEGIN:VCALENDAR',
  'PRODID:-//Example//EN',
  'VERSION:2.0',
  'BEGIN:VTIMEZONE',
  'TZID:Europe/Berlin',
  'END:VTIMEZONE',
  'BEGIN:VEVENT',
  'UID:one@example',
  'DTSTAMP:20260101T000000Z',
  'DTSTART;TZID=Europe/Berlin:20260601T100000',
  'DURATION:PT1H',
  'SUMMARY:Grüße\\, an alle',
  'RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=5',
  'EXDATE;TZID=Europe/Berlin:20260608T100000',
  'REQUEST-STATUS:2.0;Success',
  'BEGIN:VALARM',
  'ACTION:DISPLAY',
  'DESCRIPTION:ring',
  'TRIGGER:-PT15M',
  'X-SOUND:bell',
  'END:VALARM',
  'END:VEVENT',
  'END:VCALENDAR',
);
const CARDS_30: StoreProfile = { ...STORES.contacts, type: 'text/vcard', verCt: '3.0' };
const CARDS_40: StoreProfile = { ...STORES.contacts, type: 'text/vcard', verCt: '4.0' };
const CARDS_SIF: StoreProfile = { ...STORES.contacts, type: 'text/x-s4j-sifc', verCt: '1.0' };
const EVENTS_SIF: StoreProfile = { ...STORES.calendar, type: 'text/x-s4j-sife', verCt: '1.0' };
const EVENTS_20: StoreProfile = { ...STORES.calendar, type: 'text/calendar', verCt: '2.0' };

describe('devices of different formats', function () {
  this.timeout(60_000);
  const world = aWorldEach();

  type Kind = 'contacts' | 'calendar';
  const device = (uri: string, store: StoreProfile): ModelDevice => deviceOf(world, uri, store);
  const only = onlyItem;
  const stored = async (kind: Kind): Promise<string> => (await onlyStored(world, kind)).toString('latin1');
  const edit = async (one: ModelDevice, kind: Kind, ...changes: readonly (readonly [string, string])[]): Promise<void> => {
    const { luid, text } = only(one, kind);
    let changed = text;
    for (const [from, to] of changes) {
      assert.ok(changed.includes(from), from);
      changed = changed.replace(from, to);
    }
    one.store(kind).replace(luid, Buffer.from(changed));
    await one.sync(Alert.TwoWay);
  };
  /** The first device brings the item, the second gets it. */
  async function two(kind: Kind, first: StoreProfile, second: StoreProfile, bytes: Buffer): Promise<{ a: ModelDevice; b: ModelDevice }> {
    const [a, b] = [device('first', first), device('second', second)];
    a.store(kind).add(bytes);
    await a.sync(Alert.SlowSync);
    await b.sync(Alert.SlowSync);
    return { a, b };
  }

  it('a task that a phone of 1.0 ticks by its status is done in every place on the others, and open again when it unticks it', async () => {
    const task = item(
      'BEGIN:VCALENDAR',
      'PRODID:-//Example//EN',
      'VERSION:2.0',
      'BEGIN:VTODO',
      'UID:one@example',
      'SUMMARY:Paint',
      'DUE;VALUE=DATE:20260601',
      'PERCENT-COMPLETE:20',
      'STATUS:IN-PROCESS',
      'END:VTODO',
      'END:VCALENDAR',
    );
    const { a, b } = await two('calendar', EVENTS_20, STORES.calendar, task);
    await edit(b, 'calendar', ['STATUS:ACCEPTED', 'STATUS:COMPLETED']);
    await a.sync(Alert.TwoWay);
    assert.match(only(a, 'calendar').text, /PERCENT-COMPLETE:100\r\nSTATUS:COMPLETED\r\nCOMPLETED:\d{8}T\d{6}Z\r\nEND:VTODO/);
    await edit(b, 'calendar', ['SUMMARY:Paint', 'SUMMARY:Paint it']);
    await a.sync(Alert.TwoWay);
    assert.match(
      only(a, 'calendar').text,
      /SUMMARY:Paint it[^]*PERCENT-COMPLETE:100\r\nSTATUS:COMPLETED\r\nCOMPLETED:\d{8}T\d{6}Z\r\nEND:VTODO/,
    );
    await edit(b, 'calendar', ['STATUS:COMPLETED', 'STATUS:NEEDS ACTION']);
    await a.sync(Alert.TwoWay);
    assert.equal(only(a, 'calendar').text, task.toString().replace('Paint', 'Paint it').replace('IN-PROCESS', 'NEEDS-ACTION'));
  });

  it('a contact of 2.1 arrives as 3.0, and stays stored as it came', async () => {
    const { b } = await two('contacts', STORES.contacts, CARDS_30, OLD_CARD);
    const { type, text } = only(b, 'contacts');
    assert.equal(type, 'text/vcard');
    for (const line of ['VERSION:3.0', 'N:Müller;Jörg;;;', 'FN:Jörg Müller', 'TEL;TYPE=CELL,VOICE:+4911', 'NOTE:one\\ntwo'])
      assert.ok(text.split('\r\n').includes(line), `${line} in ${text}`);
    assert.equal(await stored('contacts'), OLD_CARD.toString('latin1'));
  });

  for (const [name, profile] of [
    ['3.0', CARDS_30],
    ['4.0', CARDS_40],
  ] as const)
    it(`an edit of one number on a device of ${name} changes that line of the 2.1 card, on every side`, async () => {
      const { a, b } = await two('contacts', STORES.contacts, profile, OLD_CARD);
      await edit(b, 'contacts', ['+4922', '+4999']);
      await a.sync(Alert.TwoWay);
      const expected = OLD_CARD.toString('latin1').replace('+4922', '+4999');
      assert.equal(await stored('contacts'), expected);
      assert.equal(only(a, 'contacts').text, OLD_CARD.toString().replace('+4922', '+4999'));
      assert.match(only(b, 'contacts').text, /\+4999/);
    });

  it('an echo changes nothing, in a normal sync and in a slow one', async () => {
    for (const [kind, first, second, bytes] of [
      ['contacts', STORES.contacts, CARDS_30, OLD_CARD],
      ['calendar', EVENTS_20, STORES.calendar, NEW_EVENT],
    ] as const) {
      const { b } = await two(kind, first, second, bytes);
      const { luid, text } = only(b, kind);
      b.store(kind).replace(luid, Buffer.from(text));
      await b.sync(Alert.TwoWay);
      await b.sync(Alert.SlowSync);
      assert.equal(await stored(kind), bytes.toString('latin1'));
      assert.equal(only(b, kind).text, text);
    }
  });

  it('an event of 1.0 that came as text/calendar goes to a device of 1.0 by the name that it knows, and to one of 2.0 converted', async () => {
    const OLD_EVENT = item(
      'BEGIN:VCALENDAR',
      'VERSION:1.0',
      'BEGIN:VEVENT',
      'SUMMARY:a',
      'DTSTART:20260601T080000Z',
      'END:VEVENT',
      'END:VCALENDAR',
    );
    const { a, b } = await two('calendar', { ...STORES.calendar, type: 'text/calendar' }, STORES.calendar, OLD_EVENT);
    assert.equal(only(b, 'calendar').type, 'text/x-vcalendar');
    assert.equal(only(b, 'calendar').text, OLD_EVENT.toString());
    await edit(b, 'calendar', ['SUMMARY:a', 'SUMMARY:b']);
    await a.sync(Alert.TwoWay);
    assert.equal(only(a, 'calendar').text, OLD_EVENT.toString().replace('SUMMARY:a', 'SUMMARY:b'));
    const c = device('third', EVENTS_20);
    await c.sync(Alert.SlowSync);
    assert.match(only(c, 'calendar').text, /VERSION:2\.0[^]*SUMMARY:b/);
  });

  it('an event of 2.0 arrives as 1.0', async () => {
    const { b } = await two('calendar', EVENTS_20, STORES.calendar, NEW_EVENT);
    const { type, text } = only(b, 'calendar');
    assert.equal(type, 'text/x-vcalendar');
    for (const line of [
      'DTSTART:20260601T080000Z',
      'DTEND:20260601T090000Z',
      'RRULE:W1 MO #5',
      'EXDATE:20260608T080000Z',
      'DALARM:20260601T074500Z;;;ring',
    ])
      assert.ok(text.split('\r\n').includes(line), `${line} in ${text}`);
    assert.equal(await stored('calendar'), NEW_EVENT.toString('latin1'));
  });

  it('moving it on the phone of 1.0 moves it in its own zone, with its length, its alarm and all the phone was not shown', async () => {
    const { a, b } = await two('calendar', EVENTS_20, STORES.calendar, NEW_EVENT);
    await edit(
      b,
      'calendar',
      ['DTSTART:20260601T080000Z', 'DTSTART:20260601T120000Z'],
      ['DTEND:20260601T090000Z', 'DTEND:20260601T130000Z'],
      ['DALARM:20260601T074500Z', 'DALARM:20260601T114500Z'],
    );
    await a.sync(Alert.TwoWay);
    const expected = NEW_EVENT.toString('latin1').replace('20260601T100000', '20260601T140000');
    assert.equal(await stored('calendar'), expected);
    assert.equal(Buffer.from(only(a, 'calendar').text).toString('latin1'), expected);
  });

  for (const [what, other] of [
    ['its own format', STORES.contacts],
    ['another', CARDS_30],
  ] as const)
    it(`a contact in UTF-16 arrives in UTF-8, in ${what}, and stays as it came until it is changed`, async () => {
      const wide = Buffer.concat([
        Buffer.from([0xff, 0xfe]),
        Buffer.from('BEGIN:VCARD\r\nVERSION:2.1\r\nN:Łódź;日本\r\nTEL:+4911\r\nEND:VCARD\r\n', 'utf16le'),
      ]);
      const { b } = await two('contacts', STORES.contacts, other, wide);
      const { luid, text } = only(b, 'contacts');
      assert.ok(text.includes('N:Łódź;日本'), text);
      b.store('contacts').replace(luid, Buffer.from(text));
      await b.sync(Alert.SlowSync);
      assert.equal(await stored('contacts'), wide.toString('latin1'));
      await edit(b, 'contacts', ['+4911', '+4999']);
      assert.match(Buffer.from(await stored('contacts'), 'latin1').toString(), /N:Łódź;日本\r\nTEL:\+4999/);
    });

  it('a contact of 2.1 arrives as SIF; an edit there changes that line, on every side', async () => {
    const { a, b } = await two('contacts', STORES.contacts, CARDS_SIF, OLD_CARD);
    const { type, text } = only(b, 'contacts');
    assert.equal(type, 'text/x-s4j-sifc');
    for (const element of ['<LastName>Müller</LastName>', '<MobileTelephoneNumber>+4911<', '<Body>one\r\ntwo</Body>', '<Photo/>'])
      assert.ok(text.includes(element), `${element} in ${text}`);
    await edit(b, 'contacts', ['+4922', '+4999']);
    await a.sync(Alert.TwoWay);
    const expected = OLD_CARD.toString('latin1').replace('+4922', '+4999');
    assert.equal(await stored('contacts'), expected);

    // A slow sync finds the item it has.
    await b.sync(Alert.SlowSync);
    assert.equal(await stored('contacts'), expected);
  });

  it('a SIF contact arrives as 2.1; an edit there changes that element, and what only Outlook knows stays', async () => {
    const sif = item(
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<contact>',
      '<FirstName>Ann</FirstName>',
      '<LastName>Smith</LastName>',
      '<Mileage>7</Mileage>',
      '<HomeTelephoneNumber>+4911</HomeTelephoneNumber>',
      '</contact>',
    );
    const { a, b } = await two('contacts', CARDS_SIF, STORES.contacts, sif);
    assert.match(only(b, 'contacts').text, /TEL;HOME;VOICE:\+4911\r\n/);
    await edit(b, 'contacts', ['+4911', '+4999']);
    await a.sync(Alert.TwoWay);
    assert.equal(await stored('contacts'), sif.toString().replace('+4911', '+4999'));
    assert.equal(only(a, 'contacts').text, sif.toString().replace('+4911', '+4999'));
  });

  it('an event of 2.0 moved in Outlook moves in its own zone, with its length and its alarm', async () => {
    const { a, b } = await two('calendar', EVENTS_20, EVENTS_SIF, NEW_EVENT);
    assert.match(only(b, 'calendar').text, /<ExcludeDate>20260608T080000Z<\/ExcludeDate>/);
    await edit(
      b,
      'calendar',
      ['<Start>20260601T08', '<Start>20260601T12'],
      ['<End>20260601T09', '<End>20260601T13'],
      ['20260608T08', '20260608T12'],
    );
    await a.sync(Alert.TwoWay);
    const expected = NEW_EVENT.toString('latin1')
      .replace('20260601T100000', '20260601T140000')
      .replace('20260608T100000', '20260608T140000');
    assert.equal(await stored('calendar'), expected);
  });
});
