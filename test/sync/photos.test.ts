/** Phones that show small photos: what they get, and what is made of what they send back. */
import assert from 'node:assert/strict';
import sharp from 'sharp';
import { Alert } from '../../src/model/alert.js';
import type { CtProperty } from '../../src/model/devinf.js';
import { parseDocument } from '../../src/content/components.js';
import { sourceOf } from '../../src/content/rendering.js';
import { binaryValue } from '../../src/content/value.js';
import type { ModelDevice } from '../model-client/device.js';
import { STORES, type StoreProfile } from '../model-client/profile.js';
import { assertEqualItems } from '../content/helpers.js';
import { photo } from '../pictures/photos.js';
import { aWorldEach, deviceOf, onlyItem, onlyStored, type HeldItem } from './support/world.js';

const CARDS_30: StoreProfile = { ...STORES.contacts, type: 'text/vcard', verCt: '3.0' };
/** Room for a value of 6000 bytes. */
const SMALL: readonly CtProperty[] = [{ name: 'N' }, { name: 'TEL' }, { name: 'PHOTO', maxSize: 6000 }];

const card = (photoBytes: Uint8Array, type: string, name = 'Smith'): Buffer =>
  Buffer.from(
    [
      'BEGIN:VCARD',
      'VERSION:2.1',
      `N:${name};Ann`,
      'TEL;CELL:+4911',
      `PHOTO;${type};ENCODING=BASE64:`,
      ` ${Buffer.from(photoBytes).toString('base64')}`,
      '',
      'END:VCARD',
      '',
    ].join('\r\n'),
  );

function photoIn(bytes: Uint8Array, type: string): Buffer | undefined {
  const document = parseDocument(bytes);
  const line = document?.roots[0]?.lines.find(({ name }) => name === 'PHOTO');
  return document && line && binaryValue(sourceOf(document, type), line);
}

describe('phones that show small photos', function () {
  this.timeout(60_000);
  const world = aWorldEach();

  const device = (uri: string, store: StoreProfile, properties?: readonly CtProperty[]): ModelDevice =>
    deviceOf(world, uri, store, properties);
  const only = (one: ModelDevice): HeldItem => onlyItem(one, 'contacts');
  const stored = (): Promise<Buffer> => onlyStored(world, 'contacts');

  for (const [store, format] of [
    [STORES.contacts, 'jpeg'],
    [STORES.contacts, 'png'],
    [CARDS_30, 'gif'],
  ] as const)
    it(`${format} on a phone of ${store.type}: arrives small, its echo changes nothing, an edit beside it just that, a new photo replaces it`, async () => {
      const large = await photo(format, 200, 150);
      const whole = card(large, format.toUpperCase());
      const big = device('big', STORES.contacts);
      const small = device('small', store, SMALL);
      big.store('contacts').add(whole);
      await big.sync(Alert.SlowSync);
      await small.sync(Alert.SlowSync);
      const shown = photoIn(only(small).bytes, store.type);
      assert.ok(shown && shown.length <= 4200, `${shown?.length} bytes`);
      assert.equal((await sharp(shown).metadata()).format, 'jpeg');
      assert.match(Buffer.from(only(small).bytes).toString(), /PHOTO;(?:TYPE=)?JPEG/);
      assert.deepEqual(await stored(), whole);

      small.store('contacts').replace(only(small).luid, Buffer.from(only(small).bytes));
      await small.sync(Alert.TwoWay);
      await small.sync(Alert.SlowSync);
      assert.deepEqual(await stored(), whole);

      small.store('contacts').replace(only(small).luid, Buffer.from(Buffer.from(only(small).bytes).toString().replace('+4911', '+4999')));
      await small.sync(Alert.TwoWay);
      assertEqualItems(await stored(), Buffer.from(whole.toString().replace('+4911', '+4999')), 'text/x-vcard');

      const fresh = await photo('jpeg', 40, 40, 7);
      const text = Buffer.from(only(small).bytes).toString();
      const data = shown.toString('base64');
      const compact = text.replace(/\r\n /g, '').replace(/\r\n\r\n/g, '\r\n');
      assert.ok(compact.includes(data));
      small.store('contacts').replace(only(small).luid, Buffer.from(compact.replace(data, fresh.toString('base64'))));
      await small.sync(Alert.TwoWay);
      assert.deepEqual(photoIn(await stored(), 'text/x-vcard'), fresh);
      await big.sync(Alert.TwoWay);
      assert.deepEqual(photoIn(only(big).bytes, 'text/x-vcard'), fresh);
    });

  it('what a phone was given by other limits than it has now, and sends back unchanged, is no new photo', async () => {
    const whole = card(await photo('jpeg', 200, 150), 'JPEG');
    const [big, small] = [device('big', STORES.contacts), device('small', STORES.contacts, SMALL)];
    big.store('contacts').add(whole);
    await big.sync(Alert.SlowSync);
    await small.sync(Alert.SlowSync);
    const later = device('small', STORES.contacts, [{ name: 'N' }, { name: 'TEL' }, { name: 'PHOTO', maxSize: 3000 }]);
    for (const { luid, bytes } of small.store('contacts').items.values()) later.store('contacts').items.set(luid, { luid, bytes } as never);
    for (const type of [Alert.SlowSync, Alert.RefreshFromClient]) {
      await later.sync(type);
      assert.deepEqual(await stored(), whole);
    }
  });

  it('a photo that is none is left out for that phone, and kept', async () => {
    const whole = card(Buffer.alloc(20_000, 7), 'JPEG');
    const [big, small] = [device('big', STORES.contacts), device('small', STORES.contacts, SMALL)];
    big.store('contacts').add(whole);
    await big.sync(Alert.SlowSync);
    await small.sync(Alert.SlowSync);
    assert.equal(photoIn(only(small).bytes, 'text/x-vcard'), undefined);
    small.store('contacts').replace(only(small).luid, Buffer.from(Buffer.from(only(small).bytes).toString().replace('+4911', '+4999')));
    await small.sync(Alert.TwoWay);
    assertEqualItems(await stored(), Buffer.from(whole.toString().replace('+4911', '+4999')), 'text/x-vcard');
  });

  it('many photos in a message are made smaller together, and found again in a slow sync', async () => {
    const [big, small] = [device('big', STORES.contacts), device('small', STORES.contacts, SMALL)];
    const all: Buffer[] = [];
    for (let at = 0; at < 12; at += 1) all.push(card(await photo('jpeg', 160, 120, at + 1), 'JPEG', `Name ${at}`));
    for (const one of all) big.store('contacts').add(one);
    await big.sync(Alert.SlowSync);
    await small.sync(Alert.SlowSync);
    for (const { bytes } of small.store('contacts').items.values()) assert.ok((photoIn(bytes, 'text/x-vcard')?.length ?? 9999) <= 4200);
    await small.sync(Alert.SlowSync);
    assert.equal(small.store('contacts').items.size, 12);
    assert.deepEqual(
      (await world.items('contacts')).map((one) => Buffer.from(one).toString()).sort(),
      all.map((one) => one.toString()).sort(),
    );
  });
});
