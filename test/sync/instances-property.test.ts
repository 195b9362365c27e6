/**
 * Any series with changed instances, on a device of 2.0 and on a phone of 1.0: whatever is edited where, over links that lose messages and by a
 * phone that loses its map, in the end both hold the same, once; and what the phone sends back as it got it changes nothing.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe as describeItem } from '../../src/content/describe.js';
import { convert } from '../../src/content/conversion/convert.js';
import { instanceAlone, instancesIn } from '../../src/content/series/instances.js';
import { Alert } from '../../src/model/alert.js';
import { WorldMaker } from '../faults/in-process-world.js';
import type { MortalWorld } from '../faults/world.js';
import { ModelDevice } from '../model-client/device.js';
import { STORES, type StoreProfile } from '../model-client/profile.js';
import { LinkLost, type Transport } from '../model-client/transport.js';

const EVENTS_20: StoreProfile = { ...STORES.calendar, type: 'text/calendar', verCt: '2.0' };
const RUNS = Number(process.env['MOORAGE_RUNS'] ?? 30);
const ZONES = ['Europe/Berlin', 'America/New_York', undefined] as const;
const DAYS = ['20260601', '20260608', '20260615', '20260622', '20260629'] as const;

interface Setting {
  readonly zone: (typeof ZONES)[number];
  /** Days that are changed from the beginning, to so many hours later. */
  readonly changed: readonly { readonly day: number; readonly hours: number }[];
  /** The phone keeps no UIDs. */
  readonly bare: boolean;
}
const timeOf = ({ zone }: Setting, name: string, day: number, hour: number): string => {
  const time = `${DAYS[day % DAYS.length] ?? ''}T${String(hour).padStart(2, '0')}0000`;
  return zone === undefined ? `${name}:${time}Z` : `${name};TZID=${zone}:${time}`;
};
const entry = (...lines: readonly string[]): string =>
  ['BEGIN:VEVENT', 'UID:planning@example', 'DTSTAMP:20260101T000000Z', ...lines, 'END:VEVENT', ''].join('\r\n');
const instance = (setting: Setting, day: number, hours: number, word: string): string =>
  entry(
    timeOf(setting, 'RECURRENCE-ID', day, 10),
    timeOf(setting, 'DTSTART', day, 10 + hours),
    timeOf(setting, 'DTEND', day, 11 + hours),
    `SUMMARY:planning${word}`,
  );
const series = (setting: Setting): string =>
  [
    'BEGIN:VCALENDAR',
    'PRODID:-//Example//EN',
    'VERSION:2.0',
    entry(timeOf(setting, 'DTSTART', 0, 10), timeOf(setting, 'DTEND', 0, 11), 'SUMMARY:planning', 'RRULE:FREQ=WEEKLY;BYDAY=MO') +
      setting.changed.map(({ day, hours }) => instance(setting, day, hours, '')).join('') +
      'END:VCALENDAR',
    '',
  ].join('\r\n');

type Act =
  | { readonly act: 'edit there' | 'edit here'; readonly at: number }
  | { readonly act: 'delete there' | 'delete here'; readonly at: number }
  | { readonly act: 'add here'; readonly day: number }
  | { readonly act: 'move there' }
  | { readonly act: 'sync there'; readonly slow: boolean; readonly lost: number }
  | { readonly act: 'echo there' | 'sync here' | 'forget there' };

const at = fc.nat(7);
const acts: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ act: fc.constantFrom('edit there' as const, 'edit here' as const), at }),
  fc.record({ act: fc.constantFrom('delete there' as const, 'delete here' as const), at }),
  fc.record({ act: fc.constant('add here' as const), day: fc.nat(4) }),
  fc.record({ act: fc.constant('sync there' as const), slow: fc.boolean(), lost: fc.oneof(fc.constant(-1), fc.nat(9)) }),
  fc.record({ act: fc.constant('move there' as const) }),
  fc.record({ act: fc.constantFrom('echo there' as const, 'sync here' as const, 'forget there' as const) }),
);
const settings: fc.Arbitrary<Setting> = fc.record({
  zone: fc.constantFrom(...ZONES),
  changed: fc.uniqueArray(fc.record({ day: fc.nat(4), hours: fc.nat(3) }), { selector: ({ day }) => day, minLength: 1, maxLength: 3 }),
  bare: fc.boolean(),
});

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const keyOf = (bytes: Uint8Array, type: string): string => Buffer.from(describeItem(bytes, type).canonical).toString();
const isSeries = (text: string): boolean => text.includes('RRULE');

class Play {
  readonly #world: MortalWorld;
  readonly #setting: Setting;
  readonly #here: ModelDevice;
  #there: ModelDevice;
  #words = 0;
  #devices = 0;

  constructor(world: MortalWorld, setting: Setting) {
    this.#world = world;
    this.#setting = setting;
    this.#here = this.#device('here', EVENTS_20);
    this.#there = this.#device('there', STORES.calendar);
  }

  #device(uri: string, store: StoreProfile): ModelDevice {
    const { user, password, url, transport } = this.#world;
    const device = new ModelDevice({ uri, user, password, stores: [store] }, transport, url);
    // A device that was reset says other anchors than before.
    this.#devices += 1;
    device.memory.anchors = this.#devices * 1000;
    device.loss = { resends: 0, reauthenticates: false, resumes: false };
    return device;
  }

  async run(list: readonly Act[]): Promise<void> {
    this.#here.store('calendar').add(Buffer.from(series(this.#setting)));
    await this.#here.sync(Alert.SlowSync);
    await this.#syncThere(true, -1);
    for (const one of list) await this.#do(one);
    for (let round = 0; round < 3; round += 1) {
      await this.#here.sync(Alert.TwoWay);
      await this.#syncThere(false, -1);
    }
    await this.#here.sync(Alert.TwoWay);
    await this.#check();
    const [stored, shown] = [await this.#stored(), this.#shown()];
    for (const slow of [false, true]) {
      this.#echo();
      await this.#syncThere(slow, -1);
      assert.deepEqual([await this.#stored(), this.#shown()], [stored, shown], 'an echo changes nothing');
    }
    await this.#forget();
    assert.deepEqual(await this.#stored(), stored, 'neither does a phone that has lost its map');
    await this.#check();
  }

  async #do(act: Act): Promise<void> {
    const there = [...this.#there.store('calendar').items.values()];
    const here = [...this.#here.store('calendar').items.values()].find(({ bytes }) => isSeries(textOf(bytes)));
    const parts = here ? textOf(here.bytes).split(/(?=BEGIN:VEVENT)|(?=END:VCALENDAR)/) : [];
    const write = (changed: readonly string[]): void => {
      if (here) this.#here.store('calendar').replace(here.luid, Buffer.from(changed.join('')));
    };
    this.#words += 1;
    const retitled = (text: string): string => text.replace(/SUMMARY:[^\r\n]*/, `SUMMARY:planning ${this.#words}`);
    switch (act.act) {
      case 'edit there': {
        const one = there[act.at % there.length];
        if (one) this.#there.store('calendar').replace(one.luid, Buffer.from(retitled(textOf(one.bytes))));
        return;
      }
      case 'move there': {
        const one = there.find(({ bytes }) => isSeries(textOf(bytes)));
        const later = (_: string, before: string, hour: string): string => `${before}${String(Number(hour) + 1).padStart(2, '0')}`;
        if (one)
          this.#there.store('calendar').replace(one.luid, Buffer.from(textOf(one.bytes).replace(/(DT(?:START|END):\d{8}T)(\d\d)/g, later)));
        return;
      }
      case 'delete there': {
        const single = there.filter(({ bytes }) => !isSeries(textOf(bytes)));
        const one = single[act.at % single.length];
        if (one) this.#there.store('calendar').remove(one.luid);
        return;
      }
      case 'edit here': {
        const changed = 1 + (act.at % (parts.length - 2));
        return write(parts.map((part, place) => (place === changed ? retitled(part) : part)));
      }
      case 'delete here':
        return write(parts.filter((part, place) => place !== 2 + act.at || !part.includes('RECURRENCE-ID')));
      case 'add here':
        if (parts.join('').includes(`RECURRENCE-ID${timeOf(this.#setting, '', act.day, 10)}`)) return;
        return write([...parts.slice(0, -1), instance(this.#setting, act.day, 1, ` ${this.#words}`), ...parts.slice(-1)]);
      case 'sync here':
        return void (await this.#here.sync(Alert.TwoWay));
      case 'sync there':
        return this.#syncThere(act.slow, act.lost);
      case 'echo there':
        return this.#echo();
      case 'forget there':
        return this.#forget();
    }
  }

  /** `lost`: the answer to which message does not arrive; of some the server dies while it works on it. */
  async #syncThere(slow: boolean, lost: number): Promise<void> {
    let sent = 0;
    const lossy: Transport = async (...message) => {
      sent += 1;
      const isLost = sent === lost + 1;
      if (isLost && lost % 3 > 0) return this.#world.deadly(lost % 3 === 1 ? 'before-commit' : 'after-commit')(...message);
      const reply = await this.#world.transport(...message);
      if (isLost) throw new LinkLost('lost');
      return reply;
    };
    this.#there.transport = lossy;
    await this.#there.sync(slow ? Alert.SlowSync : Alert.TwoWay);
    if (!this.#setting.bare) return;
    // It drops what it does not know, once it has it.
    const { items } = this.#there.store('calendar');
    for (const [luid, one] of items) items.set(luid, { ...one, bytes: Buffer.from(textOf(one.bytes).replace(/UID:[^\r\n]*\r\n/, '')) });
  }

  #echo(): void {
    const store = this.#there.store('calendar');
    for (const { luid, bytes } of [...store.items.values()])
      store.replace(luid, Buffer.from(textOf(bytes).replace(/(SUMMARY:[^\r\n]*\r\n)([^]*)(END:VEVENT)/, '$2$1$3')));
  }

  /** All it has is new to it, in another order. */
  async #forget(): Promise<void> {
    await this.#syncThere(false, -1);
    const items = [...this.#there.store('calendar').items.values()];
    this.#there = this.#device('there', STORES.calendar);
    for (const { bytes } of items.reverse()) this.#there.store('calendar').add(bytes);
    await this.#syncThere(true, -1);
  }

  async #stored(): Promise<string[]> {
    return (await this.#world.items('calendar')).map(textOf).sort();
  }

  #shown(): string[] {
    return [...this.#there.store('calendar').items.values()].map(({ bytes }) => keyOf(bytes, STORES.calendar.type)).sort();
  }

  async #check(): Promise<void> {
    const stored = await this.#stored();
    const here = [...this.#here.store('calendar').items.values()].map(({ bytes }) => textOf(bytes)).sort();
    assert.deepEqual(
      here.map((text) => keyOf(Buffer.from(text), EVENTS_20.type)),
      stored.map((text) => keyOf(Buffer.from(text), EVENTS_20.type)),
    );
    assert.equal(stored.filter(isSeries).length, 1, 'one series');
    const expected = stored.flatMap((text) => {
      const bytes = Buffer.from(text);
      const alone = instancesIn(bytes, EVENTS_20.type).map((name) => instanceAlone(bytes, EVENTS_20.type, name) ?? assert.fail());
      assert.equal(alone.length, (text.match(/RECURRENCE-ID/g) ?? []).length, 'each day once');
      return [bytes, ...alone].map((one) => keyOf(convert(one, EVENTS_20.type, 'vcal10') ?? assert.fail(), STORES.calendar.type));
    });
    assert.deepEqual(this.#shown(), expected.sort());
  }
}

describe('changed instances of any series', function () {
  this.timeout(RUNS * 4000);
  const maker = new WorldMaker();
  after(() => maker.remove());

  it('both sides hold the same in the end, once, and an echo changes nothing', () =>
    fc.assert(
      fc.asyncProperty(settings, fc.array(acts, { maxLength: 10 }), async (setting, list) => {
        const world = await maker.open();
        try {
          await new Play(world, setting).run(list);
        } finally {
          await world.close();
        }
      }),
      { numRuns: RUNS },
    ));
});
