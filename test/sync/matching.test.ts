/** Which of the device's items is which of ours: matches, and the near misses that must stay two. */
import assert from 'node:assert/strict';
import { setCountry } from '../../src/accounts/users.js';
import { setDeviceCountry } from '../../src/sync/operator/devices.js';
import { change, Scene } from './support/scene.js';

const card = (...lines: readonly string[]): string => ['BEGIN:VCARD', 'VERSION:2.1', ...lines, 'END:VCARD', ''].join('\r\n');
const event = (...lines: readonly string[]): string =>
  ['BEGIN:VCALENDAR', 'VERSION:1.0', 'BEGIN:VEVENT', ...lines, 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n');

interface Case {
  readonly why: string;
  readonly here: string;
  readonly there: string;
}

const SAME_IN_ANY_SLOW_SYNC: readonly Case[] = [
  { why: 'a number more', here: card('N:Smith;John', 'TEL:+4930111'), there: card('N:Smith;John', 'TEL:+4930111', 'TEL:+4930222') },
  { why: 'one of them has no number', here: card('N:Smith;John', 'TEL:+4930111'), there: card('N:Smith;John', 'NOTE:old friend') },
  {
    why: 'other numbers, the same e-mail',
    here: card('N:Smith;John', 'TEL:1', 'EMAIL:js@example.org'),
    there: card('N:Smith;John', 'TEL:2', 'EMAIL:JS@example.org'),
  },
  { why: 'the name in another order', here: card('N:Smith;John', 'TEL:1'), there: card('N:John;Smith', 'TEL:1', 'NOTE:x') },
  { why: 'a birthday a day off', here: card('N:Smith;John', 'BDAY:19700102'), there: card('N:Smith;John', 'BDAY:1970-01-01', 'NOTE:x') },
  {
    why: 'an event with a text more',
    here: event('SUMMARY:Sail', 'DTSTART:20260601T080000Z'),
    there: event('SUMMARY:Sail', 'DTSTART:20260601T080000Z', 'LOCATION:Pier'),
  },
];
const SAME_IN_A_FIRST_SYNC: readonly Case[] = [
  {
    why: 'accents, case and punctuation',
    here: card('N:Müller-Øst;José', 'TEL:1'),
    there: card('N;CHARSET=UTF-8:muller ost;JOSE', 'TEL:1'),
  },
  { why: 'a company on one side', here: card('N:Smith;John', 'ORG:Acme', 'TEL:1'), there: card('N:Smith;John', 'TEL:1') },
  { why: 'a company on one side and nothing else', here: card('N:Smith;John', 'ORG:Acme'), there: card('N:Smith;John', 'NOTE:x') },
  {
    why: 'a number with and without its country',
    here: card('N:Smith;John', 'ORG:Acme', 'TEL:+49 30 1234567'),
    there: card('N:Smith;John', 'TEL:030/1234567'),
  },
  {
    why: 'an event that was moved',
    here: event('UID:a@example', 'SUMMARY:Sail', 'DTSTART:20260601T080000Z'),
    there: event('UID:a@example', 'SUMMARY:Sail', 'DTSTART:20260602T090000Z'),
  },
  {
    why: 'an event that was renamed',
    here: event('UID:a@example', 'SUMMARY:Sail', 'DTSTART:20260601T080000Z'),
    there: event('UID:a@example', 'SUMMARY:Row', 'DTSTART:20260601T080000Z'),
  },
];
const DIFFERENT: readonly Case[] = [
  { why: 'one name, other numbers', here: card('N:Smith;John', 'TEL:+4930111'), there: card('N:Smith;John', 'TEL:+4930222') },
  { why: 'one name, other e-mails', here: card('N:Smith;John', 'EMAIL:a@example.org'), there: card('N:Smith;John', 'EMAIL:b@example.org') },
  {
    why: 'one name and landline, other birthdays',
    here: card('N:Smith;John', 'TEL:1', 'BDAY:19400101'),
    there: card('N:Smith;John', 'TEL:1', 'BDAY:19700101'),
  },
  { why: 'father and son', here: card('N:Smith;John;;;Sr.', 'TEL:1'), there: card('N:Smith;John;;;Jr.', 'TEL:1') },
  { why: 'a son who is called so, a father who is not', here: card('N:Smith;John', 'TEL:1'), there: card('N:Smith;John;;;Jr.', 'TEL:1') },
  { why: 'other middle names', here: card('N:Smith;John;Adam', 'TEL:1'), there: card('N:Smith;John;Bert', 'TEL:1') },
  { why: 'one name, two companies', here: card('N:Smith;John', 'ORG:Acme'), there: card('N:Smith;John', 'ORG:Other') },
  { why: 'a shared number, other names', here: card('N:Smith;John', 'TEL:1'), there: card('N:Smith;Jane', 'TEL:1') },
  { why: 'one company, other people', here: card('N:Smith;John', 'ORG:Acme'), there: card('N:Miller;John', 'ORG:Acme') },
  {
    why: 'one title, another day',
    here: event('SUMMARY:Sail', 'DTSTART:20260601T080000Z'),
    there: event('SUMMARY:Sail', 'DTSTART:20260602T080000Z'),
  },
  {
    why: 'one title and time, another place and text',
    here: event('SUMMARY:Call', 'DTSTART:20260601T080000Z', 'LOCATION:A', 'DESCRIPTION:one'),
    there: event('SUMMARY:Call', 'DTSTART:20260601T080000Z', 'LOCATION:B', 'DESCRIPTION:two'),
  },
  {
    why: 'one UID by chance',
    here: event('UID:1', 'SUMMARY:Sail', 'DTSTART:20260601T080000Z'),
    there: event('UID:1', 'SUMMARY:Row', 'DTSTART:20260701T080000Z'),
  },
];

describe('sync: matching', () => {
  let scene: Scene;
  afterEach(() => scene.close());

  const meet = async ({ here, there }: Case, earlier: boolean): Promise<number> => {
    scene = await Scene.open({ country: 'DE' });
    const phone = scene.phone('IMEI:1', 'files');
    const type = here.includes('VCARD') ? 'text/x-vcard' : 'text/x-vcalendar';
    const other = scene.phone('IMEI:2', 'files');
    if (earlier) await phone.sync(201);
    await other.sync(201, [change(`Add 5 ${here}`, { meta: { type } })]);
    // A phone that was away and remembers nothing, or one that comes for the first time.
    await phone.sync(201, [change(`Add 1 ${there}`, { meta: { type } })], { last: undefined });
    return (await scene.texts('files')).length;
  };

  for (const one of SAME_IN_ANY_SLOW_SYNC) it(`one: ${one.why}`, async () => assert.equal(await meet(one, true), 1));
  for (const one of SAME_IN_A_FIRST_SYNC) {
    it(`one in the first sync of a device: ${one.why}`, async () => assert.equal(await meet(one, false), 1));
    it(`and two in a later one: ${one.why}`, async () => assert.equal(await meet(one, true), 2));
  }
  for (const one of DIFFERENT) {
    it(`two: ${one.why}`, async () => assert.equal(await meet(one, false), 2));
    it(`two, the other way round: ${one.why}`, async () =>
      assert.equal(await meet({ ...one, here: one.there, there: one.here }, false), 2));
  }

  it('of several of one name, the one with something in common; each of ours once', async () => {
    scene = await Scene.open();
    const meta = { type: 'text/x-vcard' };
    const smith = (...more: string[]): string => card('N:Smith;John', ...more);
    for (const text of [smith('NOTE:nothing to tell by'), smith('TEL:1'), smith('TEL:2')]) await scene.put(text, 'contacts');
    const phone = scene.phone('IMEI:1', 'contacts');
    const sent = [smith('TEL:2', 'TITLE:two'), smith('TEL:3', 'TITLE:three'), smith('TEL:1', 'TITLE:one'), smith('TEL:4', 'TITLE:four')];
    await phone.sync(
      201,
      sent.map((text, at) => change(`Add ${at + 1} ${text}`, { meta })),
    );
    const texts = await scene.texts('contacts');
    assert.equal(texts.length, 4);
    for (const [at, title] of ['', 'one', 'two', 'three', 'four'].entries()) {
      if (at === 0) continue;
      const [found, ...more] = texts.filter((text) => text.includes(`TEL:${at}\r\n`));
      assert.ok(found?.includes(`TITLE:${title}`) && more.length === 0, title);
    }
    assert.equal(texts.filter((text) => text.includes('nothing to tell by')).length, 1);
  });

  it('numbers are of the country of the server, or of the user, or of the device', async () => {
    const meta = { type: 'text/x-vcard' };
    const [whole, local] = [card('N:Smith;John', 'TEL:+12125550123'), card('N:Smith;John', 'TEL:(212) 555-0123', 'NOTE:new')];
    for (const [server, user, device, expected] of [
      [undefined, undefined, undefined, 2],
      ['US', undefined, undefined, 1],
      ['DE', undefined, undefined, 2],
      ['DE', 'US', undefined, 1],
      ['US', 'DE', undefined, 2],
      ['DE', 'DE', 'US', 1],
      [undefined, 'US', 'DE', 2],
    ] as const) {
      scene = await Scene.open({ ...(server === undefined ? {} : { country: server }) });
      const { store } = scene.temp;
      await setCountry(store, 'anna', user);
      const phone = scene.phone('IMEI:1', 'contacts');
      await phone.open(200);
      await setDeviceCountry(store, 'anna', 'IMEI:1', device);
      await scene.put(whole, 'contacts');
      await phone.sync(201, [change(`Add 1 ${local}`, { meta })]);
      assert.equal((await scene.texts('contacts')).length, expected, `${server} ${user} ${device}`);
      await scene.close();
    }
    // What is stored came from other devices: a number without prefix is of the user's country there, and of the device's where it comes from.
    scene = await Scene.open({ country: 'DE' });
    const phone = scene.phone('IMEI:1', 'contacts');
    await phone.open(200);
    await setDeviceCountry(scene.temp.store, 'anna', 'IMEI:1', 'AT');
    await scene.put(card('N:Smith;John', 'TEL:030 123456'), 'contacts');
    await phone.sync(201, [change(`Add 1 ${card('N:Smith;John', 'TEL:+4930123456', 'NOTE:new')}`, { meta })]);
    await phone.sync(200, [change(`Add 2 ${card('N:Smith;John', 'TEL:01 5123456')}`, { meta })]);
    assert.equal((await scene.texts('contacts')).length, 2);
  });

  it('a copy of what the contact was before its number changed here is that contact', async () => {
    scene = await Scene.open();
    await scene.put(card('N:Smith;John', 'TEL:1'), 'contacts');
    await scene.edit(card('N:Smith;John', 'TEL:1'), card('N:Smith;John', 'TEL:2'), 'contacts');
    const phone = scene.phone('IMEI:1', 'contacts');
    const { got } = await phone.sync(201, [change(`Add 1 ${card('N:Smith;John', 'TEL:1')}`, { meta: { type: 'text/x-vcard' } })]);
    assert.deepEqual(got, [`Replace 1 ${card('N:Smith;John', 'TEL:2')}`]);
  });
});
