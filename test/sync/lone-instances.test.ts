/** Changed instances of a series that are items of their own on the device that made them: on phones of 1.0 they look like those that are not. */
import assert from 'node:assert/strict';
import { Alert } from '../../src/model/alert.js';
import type { ModelDevice } from '../model-client/device.js';
import { STORES, type StoreProfile } from '../model-client/profile.js';
import {
  all,
  EIGHTH,
  EVENTS_20,
  find,
  FIRST,
  isSeries,
  later,
  replace,
  series,
  stored as storedIn,
  type Shown,
} from './support/instances.js';
import { aWorldEach, deviceOf } from './support/world.js';

describe('changed instances that are items of their own', function () {
  this.timeout(60_000);
  const world = aWorldEach();
  const device = (uri: string, store: StoreProfile): ModelDevice => deviceOf(world, uri, store);
  const stored = (): Promise<string[]> => storedIn(world);

  const SERIES = series('planning', []);
  const alone = (one: readonly string[]): Buffer =>
    Buffer.from(['BEGIN:VCALENDAR', 'PRODID:-//Example//EN', 'VERSION:2.0', ...one, 'END:VCALENDAR', ''].join('\r\n'));
  async function apart(...instances: (readonly string[])[]): Promise<{ now: ModelDevice; old: ModelDevice }> {
    const [now, old] = [device('now', EVENTS_20), device('old', STORES.calendar)];
    for (const item of [SERIES, ...instances.map(alone)]) now.store('calendar').add(item);
    await now.sync(Alert.SlowSync);
    await old.sync(Alert.SlowSync);
    return { now, old };
  }

  it('arrive without the name of their series, and the series without their days; an echo changes nothing', async () => {
    const { now, old } = await apart(EIGHTH, FIRST);
    const shown = all(old);
    assert.equal(shown.length, 3);
    assert.match(find(old, isSeries).text, /EXDATE:20260608T080000Z\r\nEXDATE:20260601T080000Z\r\n/);
    assert.match(find(old, later).text, /UID:planning@example-20260608T080000Z\r\n/);
    assert.doesNotMatch(shown.map(({ text }) => text).join(''), /RECURRENCE-ID|ELSEWHERE/);
    const expected = [SERIES, alone(EIGHTH), alone(FIRST)].map(String).sort();
    for (const type of [Alert.TwoWay, Alert.SlowSync]) {
      for (const { luid, text } of shown) old.store('calendar').replace(luid, Buffer.from(text));
      await old.sync(type);
      assert.deepEqual(await stored(), expected);
      assert.deepEqual(all(old), shown);
    }
    for (const order of [shown, [...shown].reverse()]) {
      const again = device(`again ${order.indexOf(shown[0] as Shown)}`, STORES.calendar);
      for (const { text } of order) again.store('calendar').add(Buffer.from(text.replace(/UID:[^\r\n]*\r\n/, '')));
      await again.sync(Alert.SlowSync);
      assert.equal(all(again).length, 3);
    }
    assert.deepEqual(await stored(), expected);
    await now.sync(Alert.TwoWay);
    assert.equal(all(now).length, 3);
  });

  it('edits of both on the phone are edits of both, and of nothing else', async () => {
    const { now, old } = await apart(EIGHTH);
    replace(old, find(old, isSeries), 'SUMMARY:planning', 'SUMMARY:review');
    replace(old, find(old, later), 'a day later', 'two days later');
    await old.sync(Alert.TwoWay);
    await now.sync(Alert.TwoWay);
    const expected = [
      SERIES.toString().replace('SUMMARY:planning', 'SUMMARY:review'),
      alone(EIGHTH).toString().replace('a day later', 'two days later'),
    ].sort();
    assert.deepEqual(await stored(), expected);
    assert.deepEqual(
      all(now)
        .map(({ text }) => text)
        .sort(),
      expected,
    );
  });

  it('one that comes later, or goes, changes the series on the phone; one deleted there does not come back in the series', async () => {
    const { now, old } = await apart();
    assert.doesNotMatch(find(old, isSeries).text, /EXDATE/);
    now.store('calendar').add(alone(EIGHTH));
    await now.sync(Alert.TwoWay);
    await old.sync(Alert.TwoWay);
    assert.match(find(old, isSeries).text, /EXDATE:20260608T080000Z/);
    now.store('calendar').remove(find(now, 'RECURRENCE-ID').luid);
    await now.sync(Alert.TwoWay);
    await old.sync(Alert.TwoWay);
    assert.deepEqual([all(old).length, /EXDATE/.test(find(old, isSeries).text)], [1, false]);

    now.store('calendar').add(alone(EIGHTH));
    await now.sync(Alert.TwoWay);
    await old.sync(Alert.TwoWay);
    old.store('calendar').remove(find(old, later).luid);
    const report = await old.sync(Alert.TwoWay);
    assert.deepEqual(
      report.stores.map(({ arrived }) => arrived),
      [0],
    );
    await now.sync(Alert.TwoWay);
    assert.deepEqual(
      all(now).map(({ text }) => text),
      [series('planning', [], ['20260608']).toString()],
    );
  });
});
