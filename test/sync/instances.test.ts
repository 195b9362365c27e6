/** Changed instances of a series on phones whose format has no place for them: each is an item of its own there, and part of the series everywhere else. */
import assert from 'node:assert/strict';
import { Alert } from '../../src/model/alert.js';
import type { ModelDevice } from '../model-client/device.js';
import { STORES, type StoreProfile } from '../model-client/profile.js';
import {
  all,
  EIGHTH,
  entry,
  EVENTS_20,
  EVENTS_SIF,
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

describe('changed instances of a series', function () {
  this.timeout(60_000);
  const world = aWorldEach();

  const device = (uri: string, store: StoreProfile): ModelDevice => deviceOf(world, uri, store);
  const stored = (): Promise<string[]> => storedIn(world);
  /** The new device brings the series, the old phone gets it. */
  async function two(item = ITEM): Promise<{ now: ModelDevice; old: ModelDevice }> {
    const [now, old] = [device('now', EVENTS_20), device('old', STORES.calendar)];
    now.store('calendar').add(item);
    await now.sync(Alert.SlowSync);
    await old.sync(Alert.SlowSync);
    return { now, old };
  }
  const first = 'DTEND:20260601T093000Z';

  it('arrive as events of their own, and the series without their days', async () => {
    const { old } = await two();
    assert.equal(all(old).length, 3);
    const { text } = find(old, isSeries);
    assert.match(text, /EXDATE:20260608T080000Z\r\n/);
    assert.match(text, /EXDATE:20260601T080000Z\r\n/);
    assert.match(find(old, later).text, /UID:planning@example-20260608T080000Z\r\n[^]*DTSTART:20260609T130000Z\r\n/);
    assert.doesNotMatch(find(old, first).text, /RECURRENCE-ID|RRULE/);
    assert.deepEqual(await stored(), [ITEM.toString()]);
  });

  it('change nothing when they come back as they went: in a normal sync, in a slow one, from a phone that lost all it knew', async () => {
    const { now, old } = await two();
    const shown = all(old);
    for (const { luid, text } of shown) old.store('calendar').replace(luid, Buffer.from(text));
    await old.sync(Alert.TwoWay);
    await old.sync(Alert.SlowSync);
    await old.sync(Alert.TwoWay);
    assert.deepEqual(all(old), shown);
    for (const order of [shown, [...shown].reverse()]) {
      const again = device('old', STORES.calendar);
      for (const { text } of order) again.store('calendar').add(Buffer.from(text));
      await again.sync(Alert.SlowSync);
      assert.equal(all(again).length, 3);
    }
    // One without UIDs, as phones are that have none.
    const bare = device('another', STORES.calendar);
    for (const { text } of [...shown].reverse()) bare.store('calendar').add(Buffer.from(text.replace(/UID:[^\r\n]*\r\n/, '')));
    await bare.sync(Alert.SlowSync);
    assert.equal(all(bare).length, 3);
    await now.sync(Alert.TwoWay);
    assert.deepEqual(await stored(), [ITEM.toString()]);
    assert.equal(all(now).length, 1);
  });

  it('an edit on the phone is one of that instance, on every device; the series does not go out again for it', async () => {
    const { now, old } = await two();
    replace(old, find(old, later), 'a day later', 'two days later');
    replace(old, find(old, first), 'DTEND:20260601T093000Z', 'DTEND:20260601T100000Z');
    const report = await old.sync(Alert.TwoWay);
    assert.deepEqual(
      report.stores.map(({ arrived }) => arrived),
      [0],
      'nothing goes back',
    );
    await now.sync(Alert.TwoWay);
    const expected = ITEM.toString().replace('a day later', 'two days later').replace('20260601T113000', '20260601T120000');
    const text = find(now, 'RRULE').text;
    const sorted = (one: string): string[] => one.split('\r\n').sort();
    assert.deepEqual(sorted(text), sorted(expected));
    assert.equal(all(now).length, 1);
  });

  it('deleting it on the phone leaves that day out of the series, on every device', async () => {
    const { now, old } = await two();
    old.store('calendar').remove(find(old, later).luid);
    const report = await old.sync(Alert.TwoWay);
    assert.deepEqual(
      report.stores.map(({ arrived }) => arrived),
      [0],
      'nothing goes back',
    );
    await now.sync(Alert.TwoWay);
    assert.equal(find(now, 'RRULE').text, series('planning', [FIRST], ['20260608']).toString());
    await old.sync(Alert.SlowSync);
    assert.equal(all(old).length, 2);
    assert.deepEqual(await stored(), [series('planning', [FIRST], ['20260608']).toString()]);
  });

  it('deleting the series on the phone deletes the item, and its instances there', async () => {
    const { now, old } = await two();
    old.store('calendar').remove(find(old, isSeries).luid);
    await old.sync(Alert.TwoWay);
    assert.deepEqual(all(old), []);
    await now.sync(Alert.TwoWay);
    assert.deepEqual([all(now), await stored()], [[], []]);
  });

  for (const order of [0, 1, 2])
    it(`deleting all of it on the phone deletes the item, in whatever order (${order})`, async () => {
      const { now, old } = await two();
      const shown = all(old);
      for (let at = 0; at < shown.length; at += 1) old.store('calendar').remove(shown[(at + order) % shown.length]?.luid ?? '');
      await old.sync(Alert.TwoWay);
      await now.sync(Alert.TwoWay);
      await old.sync(Alert.TwoWay);
      assert.deepEqual([all(now), all(old), await stored()], [[], [], []]);
    });

  it('deleting the series on another device deletes all of it on the phone', async () => {
    const { now, old } = await two();
    now.store('calendar').remove(find(now, 'RRULE').luid);
    await now.sync(Alert.TwoWay);
    await old.sync(Alert.TwoWay);
    assert.deepEqual(all(old), []);
  });

  it('one changed, one taken out and one put in on another device: one Replace, one Delete and one Add for the phone, and the series where its days changed', async () => {
    const { now, old } = await two();
    const moved = instance('20260608', '20260610T150000', '20260610T160000', 'planning a day later');
    const fresh = instance('20260615', '20260616T100000', '20260616T110000', 'planning on Tuesday');
    now.store('calendar').replace(find(now, 'RRULE').luid, series('planning', [moved, fresh]));
    await now.sync(Alert.TwoWay);
    const before = find(old, later);
    await old.sync(Alert.TwoWay);
    assert.equal(all(old).length, 3);
    assert.equal(find(old, later, 'DTSTART:20260610T130000Z').luid, before.luid);
    find(old, 'SUMMARY:planning on Tuesday');
    const { text } = find(old, isSeries);
    assert.deepEqual(text.match(/EXDATE:[^\r]*/g), ['EXDATE:20260608T080000Z', 'EXDATE:20260615T080000Z']);

    // Only one of them changes: only that goes out.
    now.store('calendar').replace(find(now, 'RRULE').luid, series('planning', [EIGHTH, fresh]));
    await now.sync(Alert.TwoWay);
    const report = await old.sync(Alert.TwoWay);
    assert.deepEqual(
      report.stores.map(({ arrived }) => arrived),
      [1],
    );
    find(old, later, 'DTSTART:20260609T130000Z');
  });

  it('edits on both sides, of the series, of one instance and of another: all stand', async () => {
    const { now, old } = await two();
    replace(now, find(now, 'RRULE'), 'T113000', 'T114500');
    await now.sync(Alert.TwoWay);
    replace(old, find(old, later), 'a day later', 'two days later');
    replace(old, find(old, isSeries), 'SUMMARY:planning', 'SUMMARY:review');
    await old.sync(Alert.TwoWay);
    await now.sync(Alert.TwoWay);
    const { text } = find(now, 'RRULE');
    for (const part of ['SUMMARY:review', 'two days later', 'T114500']) assert.ok(text.includes(part), `${part} in ${text}`);
    find(old, 'DTEND:20260601T094500Z');
    assert.equal(all(old).length, 3);

    // The same instance: of one field the later edit, of another both.
    replace(now, find(now, 'RRULE'), 'two days later', 'cancelled?');
    await now.sync(Alert.TwoWay);
    replace(old, find(old, 'two days later'), 'DTEND:20260609T140000Z', 'DTEND:20260609T150000Z');
    await old.sync(Alert.TwoWay);
    await old.sync(Alert.TwoWay);
    find(old, 'cancelled?', 'DTEND:20260609T150000Z');
    await now.sync(Alert.TwoWay);
    assert.match(find(now, 'RRULE').text, /T170000\r\nSUMMARY:planning cancelled\?/);
    assert.equal(all(old).length, 3);
  });

  it('an edit of an instance that was taken out of the series elsewhere brings it back; of one whose series is deleted, it becomes an event', async () => {
    const { now, old } = await two();
    now.store('calendar').replace(find(now, 'RRULE').luid, series('planning', [FIRST], ['20260608']));
    await now.sync(Alert.TwoWay);
    replace(old, find(old, later), 'a day later', 'two days later');
    await old.sync(Alert.TwoWay);
    await now.sync(Alert.TwoWay);
    assert.match(find(now, 'RRULE').text, /RECURRENCE-ID;TZID=Europe\/Berlin:20260608T100000[^]*two days later/);
    assert.doesNotMatch(find(now, 'RRULE').text, /EXDATE/);
    assert.equal(all(old).length, 3);

    now.store('calendar').remove(find(now, 'RRULE').luid);
    await now.sync(Alert.TwoWay);
    replace(old, find(old, 'two days later'), 'two days later', 'three days later');
    await old.sync(Alert.TwoWay);
    await now.sync(Alert.TwoWay);
    find(now, 'three days later');
    assert.deepEqual([all(now).length, all(old).length, (await stored()).length], [1, 1, 1]);
  });

  it('one that the phone makes a series of is an event of its own from then on', async () => {
    const { now, old } = await two();
    replace(old, find(old, later), 'END:VEVENT', 'RRULE:D1 #3\r\nEND:VEVENT');
    await old.sync(Alert.TwoWay);
    await now.sync(Alert.TwoWay);
    find(now, 'RRULE:FREQ=DAILY', 'a day later');
    find(now, 'RRULE:FREQ=WEEKLY', 'EXDATE;TZID=Europe/Berlin:20260608T100000');
    await old.sync(Alert.SlowSync);
    assert.deepEqual([all(now).length, all(old).length, (await stored()).length], [2, 3, 2]);
  });

  it('a refresh from the phone takes its set: an instance that is not in it is no more, one whose series is not is an event', async () => {
    const { now, old } = await two();
    old.store('calendar').remove(find(old, later).luid);
    await old.sync(Alert.RefreshFromClient);
    assert.deepEqual(await stored(), [series('planning', [FIRST], ['20260608']).toString()]);
    old.store('calendar').remove(find(old, isSeries).luid);
    await old.sync(Alert.RefreshFromClient);
    await now.sync(Alert.TwoWay);
    assert.deepEqual([all(now).length, all(old).length, (await stored()).length], [1, 1, 1]);
    find(now, 'T113000');
    await old.sync(Alert.TwoWay);
    assert.equal(all(old).length, 1);
  });

  it('a refresh from the server brings all of it anew', async () => {
    const { old } = await two();
    await old.sync(Alert.RefreshFromServer);
    assert.equal(all(old).length, 3);
    replace(old, find(old, later), 'a day later', 'two days later');
    await old.sync(Alert.TwoWay);
    assert.match((await stored()).join(), /two days later/);
  });

  it('a phone that learns 2.0 gets the series whole, and its instances go', async () => {
    const { old } = await two();
    const learned = device('old', EVENTS_20);
    for (const { text } of all(old)) learned.store('calendar').add(Buffer.from(text));
    await learned.sync(Alert.RefreshFromServer);
    assert.deepEqual(
      all(learned).map(({ text }) => text),
      [ITEM.toString()],
    );
  });

  it('one of a series that the phone has made is kept, and comes to the phone', async () => {
    const [now, old] = [device('now', EVENTS_20), device('old', STORES.calendar)];
    const lines = ['DTSTART:20260601T080000Z', 'DTEND:20260601T090000Z', 'SUMMARY:planning', 'RRULE:W1 MO #6', 'X-OWN:kept'];
    const item = ['BEGIN:VCALENDAR', 'VERSION:1.0', 'BEGIN:VEVENT', ...lines, 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n');
    old.store('calendar').add(Buffer.from(item));
    await old.sync(Alert.SlowSync);
    await now.sync(Alert.SlowSync);
    const moved = ['UID:made-up', 'RECURRENCE-ID:20260608T080000Z', 'DTSTART:20260609T130000Z', 'DTEND:20260609T140000Z', 'SUMMARY:moved'];
    replace(now, find(now, isSeries), 'END:VEVENT\r\n', ['END:VEVENT', ...entry(...moved), ''].join('\r\n'));
    await now.sync(Alert.TwoWay);
    await old.sync(Alert.TwoWay);
    assert.equal(all(old).length, 2);
    find(old, 'SUMMARY:moved', 'DTSTART:20260609T130000Z');
    assert.match(find(old, isSeries).text, /X-OWN:kept[^]*EXDATE:20260608T080000Z/);
    replace(old, find(old, 'SUMMARY:moved'), 'SUMMARY:moved', 'SUMMARY:moved on');
    await old.sync(Alert.TwoWay);
    await now.sync(Alert.TwoWay);
    assert.match(find(now, isSeries).text, /X-OWN:kept[^]*RECURRENCE-ID:20260608T080000Z[^]*SUMMARY:moved on/);
    await old.sync(Alert.SlowSync);
    assert.deepEqual([all(old).length, all(now).length, (await stored()).length], [2, 1, 1]);
  });

  it('of days without times are days on the phone, and stay days', async () => {
    const [now, old] = [device('now', EVENTS_20), device('old', STORES.calendar)];
    const day = (name: string, date: string): string => `${name};VALUE=DATE:${date}`;
    const weekly = [day('DTSTART', '20260601'), day('DTEND', '20260602'), 'SUMMARY:market', 'RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=6'];
    const moved = [day('RECURRENCE-ID', '20260608'), day('DTSTART', '20260609'), day('DTEND', '20260610'), 'SUMMARY:market, late'];
    const of = (...entries: (readonly string[])[]): string =>
      [
        'BEGIN:VCALENDAR',
        'VERSION:2.0',
        'PRODID:-//Example//EN',
        ...entries.flatMap((one) => entry('UID:m', ...one)),
        'END:VCALENDAR',
        '',
      ].join('\r\n');
    now.store('calendar').add(Buffer.from(of(weekly, moved)));
    await now.sync(Alert.SlowSync);
    await old.sync(Alert.SlowSync);
    assert.match(find(old, isSeries).text, /EXDATE:20260608T000000\r\n/);
    const shown = find(old, 'market, late');
    assert.match(shown.text, /DTSTART:20260609T000000\r\nDTEND:20260610T000000\r\n/);
    for (const type of [Alert.TwoWay, Alert.SlowSync]) {
      for (const { luid, text } of all(old)) old.store('calendar').replace(luid, Buffer.from(text));
      await old.sync(type);
    }
    assert.deepEqual(await stored(), [of(weekly, moved)]);
    old.store('calendar').replace(shown.luid, Buffer.from(shown.text.replace('0609T', '0611T').replace('0610T', '0612T')));
    await old.sync(Alert.TwoWay);
    const later = moved.map((line) => line.replace('20260609', '20260611').replace('20260610', '20260612'));
    assert.deepEqual(await stored(), [of(weekly, later)]);
    old.store('calendar').remove(shown.luid);
    await old.sync(Alert.TwoWay);
    assert.deepEqual(await stored(), [of([...weekly, day('EXDATE', '20260608')])]);
  });

  for (const moves of ['none', 'its dates'] as const)
    it(`the phone moves the series: they are instances of the moved one, once (and ${moves} of those it leaves out)`, async () => {
      const { now, old } = await two(series('planning', [EIGHTH]));
      const { luid, text } = find(old, isSeries);
      const sent = text
        .replace('DTSTART:20260601T08', 'DTSTART:20260601T12')
        .replace('DTEND:20260601T09', 'DTEND:20260601T13')
        .replace('20260706T080000Z', '20260706T120000Z');
      old.store('calendar').replace(luid, Buffer.from(moves === 'none' ? sent : sent.replace('EXDATE:20260608T08', 'EXDATE:20260608T12')));
      // In the same session, and in the next.
      replace(old, find(old, later), 'a day later', 'two days later');
      await old.sync(Alert.TwoWay);
      await now.sync(Alert.TwoWay);
      const whole = find(now, 'RRULE').text;
      assert.match(whole, /DTSTART;TZID=Europe\/Berlin:20260601T140000/);
      assert.deepEqual(whole.match(/RECURRENCE-ID[^\r]*/g), ['RECURRENCE-ID;TZID=Europe/Berlin:20260608T140000']);
      assert.match(whole, /DTSTART;TZID=Europe\/Berlin:20260609T150000[^]*two days later/);
      assert.deepEqual(find(old, isSeries).text.match(/EXDATE[^\r]*/g), ['EXDATE:20260608T120000Z']);
      replace(old, find(old, 'two days later'), 'two days later', 'three days later');
      await old.sync(Alert.TwoWay);
      await old.sync(Alert.SlowSync);
      await now.sync(Alert.TwoWay);
      assert.match(find(now, 'RRULE').text, /three days later/);
      assert.deepEqual([all(old).length, all(now).length, (await stored()).length], [2, 1, 1]);
      old.store('calendar').remove(find(old, 'three days later').luid);
      await old.sync(Alert.TwoWay);
      assert.match((await stored()).join(), /EXDATE;TZID=Europe\/Berlin:20260608T140000/);
    });

  it('are events of their own in Outlook too', async () => {
    const [now, outlook] = [device('now', EVENTS_20), device('outlook', EVENTS_SIF)];
    now.store('calendar').add(series('planning', [EIGHTH]));
    await now.sync(Alert.SlowSync);
    await outlook.sync(Alert.SlowSync);
    assert.equal(all(outlook).length, 2);
    assert.match(find(outlook, '<IsRecurring>1').text, /<ExcludeDate>20260608T080000Z/);
    const moved = find(outlook, 'a day later');
    outlook.store('calendar').replace(moved.luid, Buffer.from(moved.text));
    await outlook.sync(Alert.SlowSync);
    assert.deepEqual(await stored(), [series('planning', [EIGHTH]).toString()]);
    replace(outlook, find(outlook, 'a day later'), 'a day later', 'two days later');
    await outlook.sync(Alert.TwoWay);
    await now.sync(Alert.TwoWay);
    assert.match(find(now, 'RRULE').text, /RECURRENCE-ID[^]*two days later/);
    outlook.store('calendar').remove(find(outlook, 'two days later').luid);
    await outlook.sync(Alert.TwoWay);
    assert.deepEqual(await stored(), [series('planning', [], ['20260608']).toString()]);
  });
});
