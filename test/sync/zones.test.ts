/** Devices in zones: what a user's and a device's zone do, and that one moment is one event for all of them. */
import assert from 'node:assert/strict';
import { setTimeZone } from '../../src/accounts/users.js';
import { Alert } from '../../src/model/alert.js';
import { setDeviceZone, showDevice } from '../../src/sync/operator/devices.js';
import { Bench, PASSWORD, USER } from '../exchange/support/bench.js';
import { ModelDevice } from '../model-client/device.js';
import { STORES, type StoreProfile } from '../model-client/profile.js';
import { calendar } from '../content/helpers.js';

const EVENTS_20: StoreProfile = { ...STORES.calendar, type: 'text/calendar', verCt: '2.0' };

describe('devices in zones', function () {
  this.timeout(60_000);
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.open({ timeZone: 'UTC' });
  });
  afterEach(() => bench.close());

  const device = (uri: string, store: StoreProfile): ModelDevice =>
    new ModelDevice({ uri, user: USER, password: PASSWORD, stores: [store] }, bench.transport, 'http://sync.example/sync');
  const held = (one: ModelDevice): { luid: string; text: string } => {
    const [item, ...more] = [...one.store('calendar').items.values()];
    assert.ok(item && more.length === 0, 'one item');
    return { luid: item.luid, text: Buffer.from(item.bytes).toString() };
  };
  const stored = async (): Promise<string> => {
    const [text, ...more] = await bench.texts('calendar');
    assert.ok(text !== undefined && more.length === 0, 'one item');
    return text;
  };
  const has = (text: string, ...lines: readonly string[]): void => {
    for (const line of lines) assert.ok(text.split('\r\n').includes(line), `${line} in ${text}`);
  };

  for (const [what, zoned, old] of [
    [
      'an event',
      ['DTSTART;TZID=Europe/Berlin:20260601T100000', 'DTEND;TZID=Europe/Berlin:20260601T110000'],
      ['DTSTART:20260601T080000Z', 'DTEND:20260601T090000Z'],
    ],
    ['an event of Windows', ['DTSTART;TZID=India Standard Time:20260601T100000'], ['DTSTART:20260601T043000Z']],
    [
      'a series',
      ['DTSTART;TZID=America/New_York:20260601T220000', 'RRULE:FREQ=DAILY;COUNT=3'],
      ['DTSTART:20260602T020000Z', 'RRULE:D1 #3'],
    ],
    ['a day', ['DTSTART;VALUE=DATE:20260601'], ['DTSTART:20260601T000000', 'DTEND:20260601T235900']],
  ] as const)
    it(`a phone of 1.0 that lost its map, or had it from elsewhere, doubles nothing: ${what}`, async () => {
      const program = device('program', EVENTS_20);
      program.store('calendar').add(calendar('2.0', 'VEVENT', [...zoned, 'SUMMARY:Lunch']));
      await program.sync(Alert.SlowSync);
      for (const uri of ['phone', 'phone after a reset']) {
        const phone = device(uri, STORES.calendar);
        phone.store('calendar').add(calendar('1.0', 'VEVENT', [...old, 'SUMMARY:Lunch']));
        await phone.sync(Alert.SlowSync);
        held(phone);
        await stored();
      }
      await program.sync(Alert.TwoWay);
      held(program);
    });

  it('a series of a phone in New York goes to a program with its zone, and an edit there changes just what was edited', async () => {
    await setTimeZone(bench.temp.store, USER, 'America/New_York');
    const phone = device('phone', STORES.calendar);
    phone
      .store('calendar')
      .add(calendar('1.0', 'VEVENT', ['DTSTART:20260106T043000Z', 'DTEND:20260106T053000Z', 'RRULE:W1 MO #40', 'SUMMARY:Call']));
    await phone.sync(Alert.SlowSync);
    const program = device('program', EVENTS_20);
    await program.sync(Alert.SlowSync);
    const { luid, text } = held(program);
    has(text, 'TZID:America/New_York', 'DTSTART;TZID=America/New_York:20260105T233000', 'RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=40');
    const before = await stored();
    program.store('calendar').replace(luid, Buffer.from(text.replace('SUMMARY:Call', 'SUMMARY:Phone call')));
    await program.sync(Alert.TwoWay);
    assert.equal(await stored(), before.replace('SUMMARY:Call', 'SUMMARY:Phone call'));
    await phone.sync(Alert.TwoWay);
    has(held(phone).text, 'DTSTART:20260106T043000Z', 'RRULE:W1 MO #40', 'SUMMARY:Phone call');
    assert.doesNotMatch(held(phone).text, /X-MOORAGE/);

    // Moved in the program by its clock, it moves on the phone, and back again.
    program
      .store('calendar')
      .replace(luid, Buffer.from(held(program).text.replace('T233000', 'T223000').replace('20260106T003000', '20260105T233000')));
    await program.sync(Alert.TwoWay);
    await phone.sync(Alert.TwoWay);
    has(held(phone).text, 'DTSTART:20260106T033000Z', 'DTEND:20260106T043000Z', 'RRULE:W1 MO #40');
  });

  it('a zone of the device counts before that of its user', async () => {
    await setTimeZone(bench.temp.store, USER, 'Europe/Berlin');
    const phone = device('phone', STORES.calendar);
    await phone.sync(Alert.SlowSync);
    await setDeviceZone(bench.temp.store, USER, 'phone', 'Asia/Kolkata');
    phone.store('calendar').add(calendar('1.0', 'VEVENT', ['DTSTART:20260601T100000', 'SUMMARY:Tea']));
    await phone.sync(Alert.TwoWay);
    has(await stored(), 'DTSTART:20260601T043000Z');
    // It says what it said once more: nothing changes.
    const { luid } = held(phone);
    phone.store('calendar').replace(luid, calendar('1.0', 'VEVENT', ['DTSTART:20260601T100000', 'SUMMARY:Tea']));
    await phone.sync(Alert.TwoWay);
    has(await stored(), 'DTSTART:20260601T043000Z');
    assert.deepEqual((await showDevice(bench.temp.store, USER, 'phone')).zone, { name: 'Asia/Kolkata', by: 'operator' });
    assert.deepEqual(await setDeviceZone(bench.temp.store, USER, 'phone', undefined), { name: 'Europe/Berlin', by: 'user' });
  });

  it('the mark of a series is shown to no device, and stays when one edits the series', async () => {
    const [phone, other] = [device('phone', STORES.calendar), device('other', STORES.calendar)];
    await phone.sync(Alert.SlowSync);
    await setDeviceZone(bench.temp.store, USER, 'phone', 'Asia/Kolkata');
    phone.store('calendar').add(calendar('1.0', 'VEVENT', ['DTSTART:20260601T100000', 'RRULE:D1 #3', 'SUMMARY:Tea']));
    await phone.sync(Alert.TwoWay);
    has(await stored(), 'X-MOORAGE-ZONE:Asia/Kolkata', 'DTSTART:20260601T043000Z');
    await other.sync(Alert.SlowSync);
    const { luid, text } = held(other);
    assert.doesNotMatch(text, /X-MOORAGE/);
    other.store('calendar').replace(luid, Buffer.from(text));
    await other.sync(Alert.TwoWay);
    other.store('calendar').replace(luid, Buffer.from(text.replace('Tea', 'Coffee')));
    await other.sync(Alert.TwoWay);
    has(await stored(), 'X-MOORAGE-ZONE:Asia/Kolkata', 'DTSTART:20260601T043000Z', 'SUMMARY:Coffee');
  });

  it('what a phone tells of its zone is remembered, and its items stay as they came', async () => {
    const phone = device('phone', STORES.calendar);
    const item = calendar(
      '1.0',
      'VEVENT',
      ['DTSTART:20260601T100000', 'SUMMARY:Tea'],
      ['TZ:+01', 'DAYLIGHT:TRUE;+02;20260329T020000;20261025T030000;;'],
    );
    phone.store('calendar').add(item);
    await phone.sync(Alert.SlowSync);
    assert.equal(await stored(), item.toString());
    assert.deepEqual((await showDevice(bench.temp.store, USER, 'phone')).zone, { name: 'Europe/Berlin', by: 'device' });
    const program = device('program', EVENTS_20);
    await program.sync(Alert.SlowSync);
    has(held(program).text, 'DTSTART;TZID=Europe/Berlin:20260601T100000');
  });

  it('without a zone a local time stays one', async () => {
    const phone = device('phone', STORES.calendar);
    const item = calendar('1.0', 'VEVENT', ['DTSTART:20260601T100000', 'SUMMARY:Tea']);
    phone.store('calendar').add(item);
    await phone.sync(Alert.SlowSync);
    assert.equal(await stored(), item.toString());
    const program = device('program', EVENTS_20);
    await program.sync(Alert.SlowSync);
    has(held(program).text, 'DTSTART:20260601T100000');
  });
});
