/** Series with instances as some programs write them, phones that send them otherwise than they get them, and content that is damaged. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { createUser } from '../../src/accounts/users.js';
import { Alert } from '../../src/model/alert.js';
import { systemClock } from '../../src/runtime/clock.js';
import { systemRandom } from '../../src/runtime/random.js';
import { createKeyFile } from '../../src/sealing/master-key.js';
import { DATABASE_FILE } from '../../src/storage/sqlite/sqlite-store.js';
import { configOf, InProcessServer, type ServerPlace } from '../faults/in-process-server.js';
import { WorldMaker } from '../faults/in-process-world.js';
import { ModelDevice } from '../model-client/device.js';
import { STORES, type StoreProfile } from '../model-client/profile.js';
import {
  all,
  EIGHTH,
  entry,
  EVENTS_20,
  find,
  FIRST,
  instance,
  isSeries,
  later,
  replace,
  series,
  stored as storedIn,
} from './support/instances.js';
import { aWorldEach, deviceOf } from './support/world.js';

const ITEM = series('planning', [EIGHTH, FIRST]);
const calendar = (...entries: readonly (readonly string[])[]): Buffer =>
  Buffer.from(['BEGIN:VCALENDAR', 'VERSION:2.0', ...entries.flat(), 'END:VCALENDAR', ''].join('\r\n'));

describe('changed instances that are not as they should be', function () {
  this.timeout(60_000);
  const world = aWorldEach();

  const device = (uri: string, store: StoreProfile): ModelDevice => deviceOf(world, uri, store);
  const stored = (): Promise<string[]> => storedIn(world);
  async function two(item: Buffer): Promise<{ now: ModelDevice; old: ModelDevice }> {
    const [now, old] = [device('now', EVENTS_20), device('old', STORES.calendar)];
    now.store('calendar').add(item);
    await now.sync(Alert.SlowSync);
    await old.sync(Alert.SlowSync);
    return { now, old };
  }
  /** A phone that was reset, and has got its items back; one was edited since. */
  async function reset(old: ModelDevice, from = '', to = ''): Promise<ModelDevice> {
    const again = device(old.profile.uri, STORES.calendar);
    again.memory.anchors = 5000;
    for (const { text } of all(old).reverse()) again.store('calendar').add(Buffer.from(text.replace(from, to)));
    await again.sync(Alert.SlowSync);
    return again;
  }

  it('a refresh from a phone of 1.0 that sends its series whole keeps them whole', async () => {
    const old = device('old', STORES.calendar);
    old.store('calendar').add(ITEM);
    for (let round = 0; round < 2; round += 1) {
      await old.sync(Alert.RefreshFromClient);
      assert.deepEqual(await stored(), [ITEM.toString()]);
      await old.sync(Alert.TwoWay);
      assert.equal(all(old).length, 1);
    }
  });

  it('a refresh from a phone takes out no instance that the phone never had', async () => {
    const { now, old } = await two(series('planning', [FIRST]));
    now.store('calendar').replace(find(now, 'RRULE').luid, ITEM);
    await now.sync(Alert.TwoWay);
    await old.sync(Alert.RefreshFromClient);
    assert.deepEqual(await stored(), [ITEM.toString()]);
    await old.sync(Alert.TwoWay);
    assert.equal(all(old).length, 3);
    find(old, later);
  });

  for (const act of ['deleted', 'edited'] as const)
    it(`one that is there twice is one; when it is ${act} none is left behind`, async () => {
      const twice = instance('20260608', '20260610T150000', '20260610T160000', 'planning on another day');
      const { now, old } = await two(series('planning', [EIGHTH, twice]));
      assert.equal(all(old).length, 2);
      if (act === 'deleted') old.store('calendar').remove(find(old, later).luid);
      else replace(old, find(old, later), 'a day later', 'two days later');
      await old.sync(Alert.TwoWay);
      await now.sync(Alert.TwoWay);
      await old.sync(Alert.TwoWay);
      assert.equal(all(old).length, act === 'deleted' ? 1 : 2);
      const { text } = find(now, 'RRULE');
      assert.equal((text.match(/RECURRENCE-ID/g) ?? []).length, act === 'deleted' ? 0 : 1);
      assert.match(text, act === 'deleted' ? /EXDATE;TZID=Europe\/Berlin:20260608T100000/ : /two days later/);
    });

  it('instances without their series are events; a phone that has lost its map does not double them', async () => {
    const item = calendar(EIGHTH, FIRST);
    const { now, old } = await two(item);
    assert.equal(all(old).length, 2);
    for (const one of all(old)) replace(old, one, 'SUMMARY:', 'SUMMARY:new ');
    await old.sync(Alert.TwoWay);
    await now.sync(Alert.TwoWay);
    assert.deepEqual(
      all(now).map(({ text }) => text),
      [item.toString().replaceAll('SUMMARY:', 'SUMMARY:new ')],
    );
    const again = await reset(old);
    assert.deepEqual([all(again).length, (await stored()).length], [2, 1]);
  });

  it('nor does it where the phone had made the series a single event', async () => {
    const { now, old } = await two(ITEM);
    const { luid, text } = find(old, isSeries);
    old.store('calendar').replace(luid, Buffer.from(text.replace(/(?:RRULE|EXDATE):.*\r\n/g, '')));
    await old.sync(Alert.TwoWay);
    await now.sync(Alert.TwoWay);
    const again = await reset(old, 'DTEND:20260601T090000Z', 'DTEND:20260601T091500Z');
    assert.deepEqual([all(again).length, all(now).length, (await stored()).length], [3, 1, 1]);
  });

  it('one that one device changes and the phone deletes stands, and its day is not left out', async () => {
    const { now, old } = await two(series('planning', [EIGHTH]));
    old.store('calendar').remove(find(old, later).luid);
    await old.sync(Alert.TwoWay);
    const fresh = instance('20260615', '20260616T100000', '20260616T110000', 'planning on Tuesday');
    const changed = EIGHTH.map((line) => line.replace('a day', 'two days'));
    now.store('calendar').replace(find(now, 'RRULE').luid, series('planning', [changed, fresh]));
    for (let round = 0; round < 2; round += 1) for (const one of [now, old]) await one.sync(Alert.TwoWay);
    assert.doesNotMatch(find(now, 'RRULE').text, /EXDATE/);
    find(now, 'two days later', 'on Tuesday');
    assert.equal(all(old).length, 3);
    assert.equal((find(old, isSeries).text.match(/EXDATE/g) ?? []).length, 2);
  });

  it('an event that was made of one does not keep the instance away from the phone, should its series come back', async () => {
    const { now, old } = await two(series('planning', [EIGHTH]));
    const other = device('other', STORES.calendar);
    await other.sync(Alert.SlowSync);
    now.store('calendar').remove(find(now, 'RRULE').luid);
    await now.sync(Alert.TwoWay);
    replace(old, find(old, later), 'a day later', 'two days later');
    await old.sync(Alert.TwoWay);
    replace(other, find(other, isSeries), 'SUMMARY:planning', 'SUMMARY:review');
    for (let round = 0; round < 2; round += 1) for (const one of [other, old, now]) await one.sync(Alert.TwoWay);
    for (const phone of [old, other]) {
      assert.equal(all(phone).length, 3);
      find(phone, 'SUMMARY:review', 'EXDATE');
      find(phone, later);
      find(phone, 'two days later');
    }
  });

  for (const both of [false, true])
    it(`of instances without their series the phone deletes ${both ? 'all' : 'the first, and the others stay'}`, async () => {
      const { now, old } = await two(calendar(EIGHTH, FIRST));
      const other = device('other', STORES.calendar);
      await other.sync(Alert.SlowSync);
      old.store('calendar').remove(find(old, later).luid);
      if (both) old.store('calendar').remove(find(old, 'DTEND:20260601T093000Z').luid);
      const report = await old.sync(Alert.TwoWay);
      assert.deepEqual(
        report.stores.map(({ arrived }) => arrived),
        [0],
        'nothing goes back',
      );
      await now.sync(Alert.TwoWay);
      const left = both ? [] : [calendar(FIRST).toString()];
      for (const type of [Alert.TwoWay, Alert.SlowSync] as const) {
        await other.sync(type);
        await old.sync(type);
        assert.deepEqual([await stored(), all(now).map(({ text }) => text), all(other).length], [left, left, left.length]);
      }
    });
});

describe('a series that a phone moves while another device edits it', function () {
  this.timeout(60_000);
  const world = aWorldEach();
  const LATER = EIGHTH.map((line) => line.replace(/2026060[89]/g, '20260615').replace('a day', 'a week'));

  for (const [what, edited, ids] of [
    ['its title', series('review', [EIGHTH]), ['20260608']],
    ['an instance', series('planning', [EIGHTH.map((line) => line.replace('a day', 'two days'))]), ['20260608']],
    ['a new instance', series('planning', [EIGHTH, LATER]), ['20260608', '20260615']],
  ] as const)
    it(`${what}: the instances follow, and none of them is left out`, async () => {
      const [now, old, other] = [
        deviceOf(world, 'now', EVENTS_20),
        deviceOf(world, 'old', STORES.calendar),
        deviceOf(world, 'other', STORES.calendar),
      ];
      now.store('calendar').add(series('planning', [EIGHTH]));
      for (const one of [now, old, other]) await one.sync(Alert.SlowSync);
      now.store('calendar').replace(find(now, 'RRULE').luid, edited);
      await now.sync(Alert.TwoWay);
      // With its last day and with the days it leaves out.
      const { luid, text } = find(old, isSeries);
      const moved = text.replace('T080000Z', 'T120000Z').replace('DTEND:20260601T09', 'DTEND:20260601T13');
      old
        .store('calendar')
        .replace(luid, Buffer.from(moved.replace('0706T08', '0706T12').replace('EXDATE:20260608T08', 'EXDATE:20260608T12')));
      for (let round = 0; round < 2; round += 1) for (const one of [old, now, other]) await one.sync(Alert.TwoWay);
      const whole = find(now, 'RRULE').text;
      assert.match(whole, /DTSTART;TZID=Europe\/Berlin:20260601T140000/);
      assert.deepEqual(
        whole.match(/(?:RECURRENCE-ID|EXDATE)[^\r]*/g),
        ids.map((id) => `RECURRENCE-ID;TZID=Europe/Berlin:${id}T140000`),
      );
      assert.deepEqual(await storedIn(world), [whole]);
      for (const phone of [old, other]) {
        assert.equal(all(phone).length, 1 + ids.length);
        assert.deepEqual(
          find(phone, isSeries).text.match(/EXDATE[^\r]*/g),
          ids.map((id) => `EXDATE:${id}T120000Z`),
        );
      }
    });
});

describe('a series that a phone has moved, and another device edits as it was', function () {
  this.timeout(60_000);
  const maker = new WorldMaker();
  after(() => maker.remove());

  for (const [what, edited, day] of [
    ['an instance', series('planning', [EIGHTH.map((line) => line.replace('a day', 'two days')), FIRST]), 'two days later'],
    ['its title', series('review', [EIGHTH, FIRST]), 'a day later'],
    ['what it leaves out', series('planning', [EIGHTH], ['20260601']), 'a day later'],
  ] as const)
    it(`${what}: each instance is there once`, async () => {
      const world = await maker.open();
      const [now, old] = [deviceOf(world, 'now', EVENTS_20), deviceOf(world, 'old', STORES.calendar)];
      now.store('calendar').add(ITEM);
      await now.sync(Alert.SlowSync);
      await old.sync(Alert.SlowSync);
      const { luid, text } = find(old, isSeries);
      const moved = text.replace('T080000Z', 'T120000Z').replace('DTEND:20260601T09', 'DTEND:20260601T13');
      old.store('calendar').replace(luid, Buffer.from(moved.replace('0706T08', '0706T12')));
      await old.sync(Alert.TwoWay);
      now.store('calendar').replace(find(now, 'RRULE').luid, edited);
      for (let round = 0; round < 2; round += 1) for (const one of [now, old]) await one.sync(Alert.TwoWay);
      const whole = find(now, 'RRULE').text;
      assert.match(whole, /DTSTART;TZID=Europe\/Berlin:20260601T140000/);
      const left = what === 'what it leaves out' ? ['20260608'] : ['20260608', '20260601'];
      assert.deepEqual(
        whole.match(/RECURRENCE-ID[^\r]*/g),
        left.map((id) => `RECURRENCE-ID;TZID=Europe/Berlin:${id}T140000`),
      );
      assert.match(whole, new RegExp(`20260608T140000[^]*${day}`));
      assert.equal(all(old).length, 1 + left.length);
      await world.close();
    });
});

describe('a series of hundreds of changed instances', function () {
  this.timeout(60_000);
  const maker = new WorldMaker();
  after(() => maker.remove());
  const COUNT = 300;
  const day = (n: number): string => new Date(Date.UTC(2026, 0, 1 + n)).toISOString().slice(0, 10).replaceAll('-', '');
  const ITEM_OF_MANY = calendar(
    entry('UID:daily', 'DTSTART:20260101T080000Z', 'DTEND:20260101T090000Z', 'SUMMARY:daily', 'RRULE:FREQ=DAILY'),
    ...Array.from({ length: COUNT }, (_, n) => {
      const times = [`RECURRENCE-ID:${day(n)}T080000Z`, `DTSTART:${day(n)}T100000Z`, `DTEND:${day(n)}T110000Z`];
      return entry('UID:daily', ...times, `SUMMARY:daily ${n}`);
    }),
  );

  it('is read once a message, not once for each of them', async () => {
    const world = await maker.open();
    const [now, old] = [deviceOf(world, 'now', EVENTS_20), deviceOf(world, 'old', STORES.calendar)];
    now.store('calendar').add(ITEM_OF_MANY);
    await now.sync(Alert.SlowSync);
    const start = performance.now();
    await old.sync(Alert.SlowSync);
    for (const one of all(old).slice(0, 60)) replace(old, one, 'SUMMARY:daily', 'SUMMARY:edited');
    await old.sync(Alert.TwoWay);
    const took = performance.now() - start;
    assert.equal(all(old).length, COUNT + 1);
    assert.equal(((await storedIn(world)).join('').match(/SUMMARY:edited/g) ?? []).length, 60);
    await world.close();
    // Read for each of them it takes ten times as long and more.
    assert.ok(took < 12_000, `${Math.round(took)} ms`);
  });
});

describe('a series whose content is damaged', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'moorage-damaged-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('ends no sync of a phone of 1.0, which keeps what it has of it', async () => {
    const keyFile = join(folder, 'key');
    createKeyFile(keyFile);
    const place: ServerPlace = { folder: join(folder, 'data'), keyFile, settings: {}, clock: systemClock, random: systemRandom };
    const server = await InProcessServer.open(place);
    const { serverId, datastores } = configOf(place);
    await createUser(server.store, { name: 'anna', password: 'horse', serverId, datastores, now: systemClock() });
    const device = (uri: string, store: StoreProfile): ModelDevice =>
      new ModelDevice(
        { uri, user: 'anna', password: 'horse', stores: [store] },
        (...message) => server.transport(...message),
        'http://sync.example/sync',
      );
    const [now, old] = [device('now', EVENTS_20), device('old', STORES.calendar)];
    now.store('calendar').add(ITEM);
    await now.sync(Alert.SlowSync);
    await old.sync(Alert.SlowSync);
    assert.equal(all(old).length, 3);
    const database = new DatabaseSync(join(place.folder, DATABASE_FILE));
    database.exec('UPDATE item_version SET content = randomblob(200)');
    database.close();
    replace(old, find(old, later), 'a day later', 'two days later');
    old.store('calendar').add(calendar(entry('UID:other', 'DTSTART:20260701T080000Z', 'SUMMARY:other')));
    await old.sync(Alert.TwoWay);
    assert.equal(all(old).length, 4);
    await server.close();
  });
});
