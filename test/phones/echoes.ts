/**
 * The promise to the user of several devices: what a phone sends back untouched changes nothing anywhere, whatever it has made of it; what a
 * person edits on it changes just that, on every device.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe as describeItem } from '../../src/content/describe.js';
import { Alert } from '../../src/model/alert.js';
import { contacts, styles, writeContact, type Contact, type Style } from '../content/contact-writer.js';
import { Bench, PASSWORD, USER } from '../exchange/support/bench.js';
import { ModelDevice } from '../model-client/device.js';
import { STORES, type StoreProfile } from '../model-client/profile.js';
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

const storeOf = (version: string): StoreProfile => ({
  ...STORES.contacts,
  type: version === '2.1' ? 'text/x-vcard' : 'text/vcard',
  verCt: version,
});

const texts = (items: Iterable<Uint8Array>): string[] => [...items].map((bytes) => Buffer.from(bytes).toString('latin1')).sort();
const canonical = (bytes: Uint8Array): string =>
  Buffer.from(describeItem(bytes, 'text/x-vcard').canonical).toString('utf8').replaceAll('\x1d', '\n');

/** One run. @throws {AssertionError} when the promise is broken. */
export async function echoesChangeNothing(list: readonly Card[], phone: Phone): Promise<void> {
  const bench = await Bench.open();
  try {
    const handsets = new DrawnHandsets();
    bench.handsets = handsets;
    bench.exchange = bench.another();
    if (phone.profile) handsets.chosen.set('phone', phone.profile.id);
    const device = (uri: string, store: StoreProfile, more: Phone['properties']): ModelDevice => {
      const ctCaps = more && [{ ctType: store.type, verCt: store.verCt, properties: more }];
      return new ModelDevice({ uri, user: USER, password: PASSWORD, stores: [store], ctCaps }, bench.transport, URL);
    };
    const version = list[0]?.style.version ?? '2.1';
    const desk = device('desk', storeOf(version), undefined);
    const mobile = device('phone', storeOf(phone.version), phone.properties);
    const [atDesk, onPhone] = [desk.store('contacts'), mobile.store('contacts')];
    const originals = list.map(({ contact, style }) => writeContact(contact, style));
    for (const bytes of originals) atDesk.add(bytes);
    await desk.sync(Alert.SlowSync);
    await mobile.sync(Alert.SlowSync);
    assert.equal(onPhone.items.size, list.length);

    for (const { luid, bytes } of [...onPhone.items.values()]) onPhone.replace(luid, phone.mangled(Buffer.from(bytes)));
    await mobile.sync(Alert.TwoWay);
    assert.deepEqual(texts(await stored(bench)), texts(originals), `an echo changes nothing: ${nameOf(phone)}`);
    await desk.sync(Alert.TwoWay);
    assert.deepEqual(texts([...atDesk.items.values()].map(({ bytes }) => bytes)), texts(originals));

    const edited = [...onPhone.items.values()].find(({ bytes }) => Buffer.from(bytes).includes('Before'));
    if (edited) {
      const which = list.findIndex((_, at) => Buffer.from(edited.bytes).includes(`Smith${'abcd'.charAt(at)}`));
      const card = list[which] ?? assert.fail('the name is on the phone');
      onPhone.replace(edited.luid, Buffer.from(Buffer.from(edited.bytes).toString('latin1').replace('Before', 'After'), 'latin1'));
      await mobile.sync(Alert.TwoWay);
      await desk.sync(Alert.TwoWay);
      const wanted = writeContact({ ...card.contact, texts: { ...card.contact.texts, TITLE: 'After' } }, card.style);
      const now = await stored(bench);
      const [changed, ...more] = now.filter((bytes) => !originals.some((one) => one.equals(bytes)));
      assert.ok(changed && more.length === 0 && now.length === list.length, `one item changes: ${nameOf(phone)}`);
      assert.equal(canonical(changed), canonical(wanted), `and just that of it: ${nameOf(phone)}`);
      assert.deepEqual(texts([...atDesk.items.values()].map(({ bytes }) => bytes)), texts(now), 'the other device has it');
    }
    const before = texts(await stored(bench));
    await mobile.sync(Alert.SlowSync);
    assert.deepEqual(texts(await stored(bench)), before, `a slow sync changes nothing: ${nameOf(phone)}`);
  } finally {
    await bench.close();
  }
}

async function stored(bench: Bench): Promise<readonly Buffer[]> {
  return bench.read(async (reader) => {
    const datastore = await reader.datastores.byUri('contacts');
    const found: Buffer[] = [];
    for (const item of datastore ? await reader.items.list(datastore.id) : [])
      found.push(Buffer.from((await reader.items.content(datastore?.id ?? assert.fail(), item.guid)) ?? []));
    return found;
  });
}

/** @param options of fast-check: `numRuns`, `seed`, `path`. */
export function echoProperty(options: fc.Parameters<[readonly Card[], Phone]>): Promise<void> {
  return fc.assert(fc.asyncProperty(cards, phones, echoesChangeNothing), options);
}
