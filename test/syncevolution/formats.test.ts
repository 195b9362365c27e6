/** Two devices of one user that speak different formats: each gets what it asks for, and edits on both sides reach the other. */
import assert from 'node:assert/strict';
import { meanings } from './compare.js';
import type { Device } from './device.js';
import { item, named, type Store } from './items.js';
import { assertSame, assertWent, Scene } from './scene.js';
import { describeWithClient } from './tools.js';

/** The client writes out the weekday that `W1` of vCalendar 1.0 leaves to the start. */
const plain = (text: string): string => text.replace(/^(RRULE:[^\r\n]*FREQ=WEEKLY[^\r\n]*);BYDAY=[A-Z]{2}(?=[;\r\n])/m, '$1');
const assertHolds = (device: Device, store: Store, items: readonly string[]): void =>
  assertSame(`${store} on ${device.id}`, meanings([...device.items(store).values()].map(plain)), meanings(items));

describeWithClient('SyncEvolution: devices of different formats', function () {
  this.timeout(60_000);
  let scene: Scene;
  before(async () => {
    scene = await Scene.open();
  });
  after(async () => {
    await scene?.close();
  });

  for (const { store, folder, old, now, stays } of [
    { store: 'contacts', folder: 'text/vcard', old: 'text/x-vcard', now: 'text/vcard', stays: /VERSION:2\.1/ },
    { store: 'calendar', folder: 'text/calendar', old: 'text/x-vcalendar', now: 'text/calendar', stays: /VERSION:1\.0/ },
  ] as const satisfies readonly { store: Store; [name: string]: unknown }[])
    it(`${store}: ${old} on one, ${now} on the other`, async () => {
      const user = `formats-${store}`;
      await scene.addUser(user);
      const device = (id: string, wire: string): Device =>
        scene.device(user, id, { stores: { [store]: folder }, wireTypes: { [store]: wire } });
      const [first, second] = [device('first', old), device('second', now)];
      const items = [1, 2, 3, 4].map((n) => item(store, n));
      for (const [at, text] of items.entries()) first.put(store, `i${at}`, text);
      assertWent(await first.sync('slow'));
      for (const text of await scene.items(user, store)) assert.match(text, stays);
      assertWent(await second.sync('slow'));
      assertHolds(second, store, items);

      first.put(store, first.find(store, named(1)), item(store, 1, 'changed on the first'));
      second.put(store, second.find(store, named(2)), item(store, 2, 'changed on the second'));
      for (const one of [first, second, first]) assertWent(await one.sync('two-way'));
      const after = [item(store, 1, 'changed on the first'), item(store, 2, 'changed on the second'), ...items.slice(2)];
      assertHolds(first, store, after);
      assertHolds(second, store, after);
      // An edit from the other format is made in the item as it is stored.
      for (const text of await scene.items(user, store)) assert.match(text, stays);

      for (const one of [first, second]) assertWent(await one.sync('slow'));
      assertHolds(first, store, after);
      assertHolds(second, store, after);
    });
});
