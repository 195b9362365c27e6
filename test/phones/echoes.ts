/**
 * The promise to the user of several devices: what a phone sends back untouched changes nothing anywhere, whatever it has made of it; what a
 * person edits on it changes just that, on every device.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe as describeItem } from '../../src/content/describe.js';
import { Alert } from '../../src/model/alert.js';
import type { CtProperty } from '../../src/model/devinf.js';
import { contacts, styles, writeContact, type Contact, type Style } from '../content/contact-writer.js';
import { Bench, PASSWORD, USER } from '../exchange/support/bench.js';
import { ModelDevice } from '../model-client/device.js';
import { STORES, type DeviceOptions, type StoreProfile } from '../model-client/profile.js';
import { events } from './events.js';
import { notes } from './notes.js';
import { tasks } from './tasks.js';
import { DrawnHandsets, nameOf, phones, type Phone } from './phone.js';

const URL = 'http://sync.example/sync';

interface Card {
  readonly contact: Contact;
  readonly style: Style;
}

const cards = fc
  .tuple(fc.constantFrom<Style['version']>('2.1', '3.0', '4.0'), fc.array(fc.tuple(contacts, styles), { minLength: 1, maxLength: 4 }))
  .map(([version, list]): readonly Card[] =>
    list.map(([contact, style], at) => ({
      style: { ...style, version },
      // Names that differ, so that no card is taken for another; a number, so that no phone has to make one up.
      contact: {
        ...contact,
        name: [`Smith${'abcd'.charAt(at)}`, `Ann${'wxyz'.charAt(at)}`, '', '', ''],
        texts: { ...contact.texts, TITLE: 'Before' },
        phones: [{ types: ['HOME'], number: `+4911${at}` }, ...contact.phones],
      },
    })),
  );

/** What is on the desk: items, and each as it is to be when its title is another. */
interface Desk {
  readonly store: StoreProfile;
  readonly count: number;
  /** Is it that item, also after a phone has had it? */
  readonly tells: (at: number, text: string) => boolean;
  readonly item: (at: number, title: string) => Buffer;
  /** What the phone calls such a store. */
  readonly onPhone: (phone: Phone) => StoreProfile;
  /** What the phone says it has of such items; undefined: nothing. */
  readonly listed: (phone: Phone) => readonly CtProperty[] | undefined;
}

const contactStore = (version: string): StoreProfile => ({
  ...STORES.contacts,
  type: version === '2.1' ? 'text/x-vcard' : 'text/vcard',
  verCt: version,
});
const sif = (store: StoreProfile, letter: string): StoreProfile => ({ ...store, type: `text/x-s4j-sif${letter}`, verCt: '1.0' });
const calendarStore = (version: string): StoreProfile => ({
  ...STORES.calendar,
  type: version === '1.0' ? 'text/x-vcalendar' : 'text/calendar',
  verCt: version,
});

const noteStore = (form: 'plain' | 'vnote'): StoreProfile => ({
  ...STORES.notes,
  type: form === 'plain' ? 'text/plain' : 'text/x-vnote',
  verCt: form === 'plain' ? '1.0' : '1.1',
});

const contactDesks: fc.Arbitrary<Desk> = cards.map((list) => ({
  store: contactStore(list[0]?.style.version ?? '2.1'),
  count: list.length,
  tells: (at, text) => text.includes(`Smith${'abcd'.charAt(at)}`),
  listed: ({ properties }) => properties,
  item: (at, title) => {
    const { contact, style } = list[at] ?? assert.fail();
    return writeContact({ ...contact, texts: { ...contact.texts, TITLE: title } }, style);
  },
  onPhone: ({ version }) => (version === 'sif' ? sif(STORES.contacts, 'c') : contactStore(version)),
}));
const taskStore = (store: StoreProfile): StoreProfile => ({ ...store, uri: './T', target: 'tasks' });
const calendarOf = (phone: Phone, letter: string): StoreProfile =>
  phone.version === 'sif' ? sif(STORES.calendar, letter) : calendarStore(phone.version === '3.0' ? '2.0' : '1.0');
const titled = (at: number, text: string): boolean => new RegExp(`Before ${'abcd'.charAt(at)}(?![a-z])`).test(text);
const calendarDesks: fc.Arbitrary<Desk> = events.map(({ version, count, item }) => ({
  store: calendarStore(version),
  count,
  tells: titled,
  listed: () => undefined,
  item,
  onPhone: (phone) => calendarOf(phone, 'e'),
}));
const taskDesks: fc.Arbitrary<Desk> = tasks.map(({ version, count, item }) => ({
  store: taskStore(calendarStore(version)),
  count,
  tells: titled,
  listed: ({ ofTasks }) => ofTasks,
  item,
  onPhone: (phone) => taskStore(calendarOf(phone, 't')),
}));
const noteDesks: fc.Arbitrary<Desk> = notes.map(({ form, count, item }) => ({
  store: noteStore(form),
  count,
  tells: titled,
  listed: () => undefined,
  item,
  onPhone: ({ version, profile }) =>
    version === 'sif' ? sif(STORES.notes, 'n') : noteStore(version === '2.1' && !profile ? 'vnote' : 'plain'),
}));

const texts = (items: Iterable<Uint8Array>): string[] => [...items].map((bytes) => Buffer.from(bytes).toString('latin1')).sort();
const canonical = (bytes: Uint8Array, type: string): string =>
  Buffer.from(describeItem(bytes, type).canonical).toString('utf8').replaceAll('\x1d', '\n');

/** One run. @throws {AssertionError} when the promise is broken. */
export async function echoesChangeNothing(desk: Desk, phone: Phone): Promise<void> {
  const bench = await Bench.open({ timeZone: 'Europe/Berlin' });
  try {
    const handsets = new DrawnHandsets();
    bench.handsets = handsets;
    bench.exchange = bench.another();
    if (phone.profile) handsets.chosen.set('phone', phone.profile.id);
    const { target, type } = desk.store;
    const device = (uri: string, store: StoreProfile, more: Partial<DeviceOptions>): ModelDevice =>
      new ModelDevice({ uri, user: USER, password: PASSWORD, stores: [store], ...more }, bench.transport, URL);
    const own = desk.onPhone(phone);
    // SIF has no properties by those names.
    const announced = phone.version === 'sif' ? undefined : desk.listed(phone);
    const ctCaps = announced ? [{ ctType: own.type, verCt: own.verCt, properties: announced }] : undefined;
    const first = device('desk', desk.store, {});
    const mobile = device('phone', own, { ctCaps, ...(phone.utc ? {} : { utc: false, version: '1.1' }) });
    const [atDesk, onPhone] = [first.store(target), mobile.store(target)];
    const originals = Array.from({ length: desk.count }, (_, at) => desk.item(at, 'Before'));
    for (const bytes of originals) atDesk.add(bytes);
    await first.sync(Alert.SlowSync);
    await mobile.sync(Alert.SlowSync);
    assert.equal(onPhone.items.size, desk.count);

    for (const { luid, bytes } of [...onPhone.items.values()]) onPhone.replace(luid, phone.mangled(Buffer.from(bytes), own.type));
    await mobile.sync(Alert.TwoWay);
    assert.deepEqual(texts(await stored(bench, target)), texts(originals), `an echo changes nothing: ${nameOf(phone)}`);
    await first.sync(Alert.TwoWay);
    assert.deepEqual(texts([...atDesk.items.values()].map(({ bytes }) => bytes)), texts(originals));

    const edited = [...onPhone.items.values()].find(({ bytes }) => Buffer.from(bytes).includes('Before'));
    if (edited) {
      const which = originals.findIndex((_, at) => desk.tells(at, Buffer.from(edited.bytes).toString('latin1')));
      assert.ok(which >= 0, 'the phone has what tells it from others');
      onPhone.replace(edited.luid, Buffer.from(Buffer.from(edited.bytes).toString('latin1').replace('Before', 'After'), 'latin1'));
      await mobile.sync(Alert.TwoWay);
      await first.sync(Alert.TwoWay);
      const now = await stored(bench, target);
      const [changed, ...more] = now.filter((bytes) => !originals.some((one) => one.equals(bytes)));
      assert.ok(changed && more.length === 0 && now.length === desk.count, `one item changes: ${nameOf(phone)}`);
      assert.equal(canonical(changed, type), canonical(desk.item(which, 'After'), type), `and just that of it: ${nameOf(phone)}`);
      assert.deepEqual(texts([...atDesk.items.values()].map(({ bytes }) => bytes)), texts(now), 'the other device has it');
    }
    const before = texts(await stored(bench, target));
    await mobile.sync(Alert.SlowSync);
    assert.deepEqual(texts(await stored(bench, target)), before, `a slow sync changes nothing: ${nameOf(phone)}`);
  } finally {
    await bench.close();
  }
}

async function stored(bench: Bench, uri: string): Promise<readonly Buffer[]> {
  return bench.read(async (reader) => {
    const datastore = await reader.datastores.byUri(uri);
    const found: Buffer[] = [];
    for (const item of datastore ? await reader.items.list(datastore.id) : [])
      found.push(Buffer.from((await reader.items.content(datastore?.id ?? assert.fail(), item.guid)) ?? []));
    return found;
  });
}

export const KINDS = { contacts: contactDesks, events: calendarDesks, tasks: taskDesks, notes: noteDesks } as const;

/** @param options of fast-check: `numRuns`, `seed`, `path`. */
export function echoProperty(kind: keyof typeof KINDS, options: fc.Parameters<[Desk, Phone]>): Promise<void> {
  return fc.assert(fc.asyncProperty(KINDS[kind], phones, echoesChangeNothing), options);
}
