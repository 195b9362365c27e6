/** Complaints about contents, of users of other servers: what they came to grief over, between two devices of one user. */
import assert from 'node:assert/strict';
import { Alert } from '../../src/model/alert.js';
import type { CtProperty } from '../../src/model/devinf.js';
import { Bench, PASSWORD, USER } from '../exchange/support/bench.js';
import { ModelDevice } from '../model-client/device.js';
import { STORES, type StoreName } from '../model-client/profile.js';
import type { DeviceOptions } from '../model-client/profile.js';

const card = (...lines: readonly string[]): Buffer => Buffer.from(['BEGIN:VCARD', 'VERSION:2.1', ...lines, 'END:VCARD', ''].join('\r\n'));
const event = (version: '1.0' | '2.0', ...lines: readonly string[]): Buffer =>
  Buffer.from(['BEGIN:VCALENDAR', `VERSION:${version}`, 'BEGIN:VEVENT', ...lines, 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n'));

/** East and west of Greenwich, half hours, both hemispheres, clocks that change at midnight. */
const ZONES = [
  'Pacific/Honolulu',
  'America/Los_Angeles',
  'America/Sao_Paulo',
  'America/St_Johns',
  'Atlantic/Azores',
  'Europe/London',
  'Europe/Berlin',
  'Africa/Cairo',
  'Asia/Kolkata',
  'Asia/Tokyo',
  'Australia/Lord_Howe',
  'Pacific/Auckland',
  'Pacific/Apia',
] as const;

describe('wishes about contents', function () {
  this.timeout(60_000);
  let bench: Bench;
  afterEach(() => bench.close());

  const device = (uri: string, options: Partial<DeviceOptions> = {}): ModelDevice =>
    new ModelDevice(
      { uri, user: USER, password: PASSWORD, stores: Object.values(STORES), ...options },
      bench.transport,
      'http://sync.example/sync',
    );
  const held = (one: ModelDevice, store: StoreName): readonly string[] =>
    [...one.store(store).items.values()].map(({ bytes }) => Buffer.from(bytes).toString('latin1'));
  const edit = (one: ModelDevice, store: StoreName, change: (text: string) => string): void => {
    for (const { luid, bytes } of [...one.store(store).items.values()])
      one.store(store).replace(luid, Buffer.from(change(Buffer.from(bytes).toString('latin1')), 'latin1'));
  };

  it('W10: a field taken out on the phone goes everywhere, one the phone does not have stays', async () => {
    bench = await Bench.open();
    const properties: readonly CtProperty[] = [{ name: 'N' }, { name: 'TEL' }, { name: 'NOTE' }];
    const desk = device('desk', { stores: [STORES.contacts] });
    const phone = device('phone', { stores: [STORES.contacts], ctCaps: [{ ctType: 'text/x-vcard', verCt: '2.1', properties }] });
    desk.store('contacts').add(card('N:Smith;Ann', 'TEL:+4911', 'NOTE:likes tea', 'BDAY:19700101', 'X-SHOE:39'));
    await desk.sync(Alert.SlowSync);
    await phone.sync(Alert.SlowSync);
    edit(phone, 'contacts', (text) => text.replace(/NOTE:.*\r\n/, ''));
    await phone.sync(Alert.TwoWay);
    await desk.sync(Alert.TwoWay);
    assert.deepEqual(held(desk, 'contacts'), [card('N:Smith;Ann', 'TEL:+4911', 'BDAY:19700101', 'X-SHOE:39').toString()]);
    // Empty is as good as absent.
    edit(phone, 'contacts', (text) => text.replace('TEL:+4911', 'TEL:'));
    await phone.sync(Alert.TwoWay);
    await desk.sync(Alert.TwoWay);
    assert.doesNotMatch(held(desk, 'contacts')[0] ?? '', /\+4911/);
    assert.match(held(desk, 'contacts')[0] ?? '', /BDAY:19700101[^]*X-SHOE:39/);
  });

  for (const zone of ZONES)
    it(`W15: birthdays and days keep their date on a phone of local time in ${zone}, and when they come back`, async () => {
      bench = await Bench.open({ timeZone: zone });
      const desk = device('desk', { stores: [STORES.contacts, { ...STORES.calendar, type: 'text/calendar', verCt: '2.0' }] });
      const phone = device('phone', { utc: false, version: '1.1', stores: [STORES.contacts, STORES.calendar] });
      const birthdays = ['19700101', '1970-02-28', '19691231T000000Z', '20000229'];
      for (const [at, day] of birthdays.entries()) desk.store('contacts').add(card(`N:Smith${at};Ann`, `TEL:+${at}`, `BDAY:${day}`));
      // The days on which clocks change in Europe, in America and in the south, and New Year.
      const days = ['20260329', '20261025', '20260308', '20261101', '20260405', '20261004', '20261231', '20270101'];
      for (const [at, day] of days.entries())
        desk.store('calendar').add(event('2.0', `UID:${at}`, 'DTSTAMP:20260101T000000Z', `SUMMARY:day ${at}`, `DTSTART;VALUE=DATE:${day}`));
      await desk.sync(Alert.SlowSync);
      await phone.sync(Alert.SlowSync);
      const dateOf = (text: string, name: string): string =>
        (new RegExp(`^${name}[^:]*:(\\d{4})-?(\\d\\d)-?(\\d\\d)`, 'm').exec(text) ?? []).slice(1).join('');
      const plain = birthdays.map((day) => day.replace(/-|T.*/g, '')).sort();
      assert.deepEqual(
        held(phone, 'contacts')
          .map((text) => dateOf(text, 'BDAY'))
          .sort(),
        plain,
      );
      assert.deepEqual(
        held(phone, 'calendar')
          .map((text) => dateOf(text, 'DTSTART'))
          .sort(),
        [...days].sort(),
      );

      const before = held(desk, 'calendar');
      edit(phone, 'calendar', (text) => text.replace('SUMMARY:day', 'SUMMARY:date'));
      edit(phone, 'contacts', (text) => text.replace('TEL:+', 'TEL:+7'));
      await phone.sync(Alert.TwoWay);
      await desk.sync(Alert.TwoWay);
      assert.deepEqual([...held(desk, 'calendar')].sort(), before.map((text) => text.replace('SUMMARY:day', 'SUMMARY:date')).sort());
      assert.deepEqual(
        held(desk, 'contacts')
          .map((text) => /BDAY:(.*)\r\n/.exec(text)?.[1])
          .sort(),
        [...birthdays].sort(),
      );
      for (const text of held(desk, 'contacts')) assert.match(text, /TEL:\+7/);
    });

  it('W52: numbers and addresses put in on both sides are all kept', async () => {
    bench = await Bench.open();
    const [desk, phone] = [device('desk', { stores: [STORES.contacts] }), device('phone', { stores: [STORES.contacts] })];
    desk.store('contacts').add(card('N:Smith;Ann', 'EMAIL;INTERNET:a@b.example'));
    await desk.sync(Alert.SlowSync);
    await phone.sync(Alert.SlowSync);
    edit(desk, 'contacts', (text) => text.replace('END:', 'EMAIL;INTERNET:desk@b.example\r\nEND:'));
    edit(phone, 'contacts', (text) => text.replace('END:', 'EMAIL;INTERNET:phone@b.example\r\nEND:'));
    for (const one of [desk, phone, desk]) await one.sync(Alert.TwoWay);
    for (const one of [desk, phone]) {
      const emails = [...(held(one, 'contacts')[0] ?? '').matchAll(/EMAIL[^:]*:(.*)\r\n/g)].map(([, address]) => address);
      assert.deepEqual(emails.sort(), ['a@b.example', 'desk@b.example', 'phone@b.example']);
    }
  });
});
