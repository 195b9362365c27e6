/** Phones that encode a photo anew before they send it back, and what is made of that: the photo that is stored stays. */
import assert from 'node:assert/strict';
import sharp, { type Sharp } from 'sharp';
import { Alert } from '../../src/model/alert.js';
import type { CtProperty } from '../../src/model/devinf.js';
import { parseDocument } from '../../src/content/components.js';
import { convert } from '../../src/content/conversion/convert.js';
import { sourceOf } from '../../src/content/rendering.js';
import { binaryValue } from '../../src/content/value.js';
import type { ModelDevice } from '../model-client/device.js';
import { STORES, type StoreProfile } from '../model-client/profile.js';
import { assertEqualItems } from '../content/helpers.js';
import { portrait } from '../pictures/photos.js';
import { aWorldEach, deviceOf, onlyItem, onlyStored, type HeldItem } from './support/world.js';

const CARDS_30: StoreProfile = { ...STORES.contacts, type: 'text/vcard', verCt: '3.0' };
const CARDS_SIF: StoreProfile = { ...STORES.contacts, type: 'text/x-s4j-sifc', verCt: '1.0' };
const named = (...names: string[]): CtProperty[] => names.map((name) => ({ name }));
/** Room for a value of 6000 bytes. */
const SMALL: readonly CtProperty[] = [...named('N', 'TEL'), { name: 'PHOTO', maxSize: 6000 }];
const WHOLE: readonly CtProperty[] = named('N', 'TEL', 'PHOTO');

const card = (photo: Uint8Array, type: string): Buffer =>
  Buffer.from(
    `BEGIN:VCARD\r\nVERSION:2.1\r\nN:Smith;Ann\r\nTEL;CELL:+4911\r\nPHOTO;${type};ENCODING=BASE64:\r\n ${Buffer.from(photo).toString('base64')}\r\n\r\nEND:VCARD\r\n`,
  );

/** The photo of an item of any format. */
function photoOf(bytes: Uint8Array, type: string): Buffer {
  const lines = type.includes('sif') ? convert(bytes, type, 'vcard30') : bytes;
  const document = lines && parseDocument(lines);
  const line = document?.roots[0]?.lines.find(({ name }) => name === 'PHOTO');
  const photo = document && line && binaryValue(sourceOf(document, type), line);
  assert.ok(photo, 'there is a photo');
  return photo;
}

/** The item with another photo in its place, and another number. */
function edited(bytes: Uint8Array, type: string, photo: Uint8Array, number: string): Buffer {
  const was = photoOf(bytes, type).toString('base64');
  const compact = Buffer.from(bytes)
    .toString()
    .replace(/\r\n(?: |(?=\r\n))/g, '');
  assert.ok(compact.includes(was));
  return Buffer.from(compact.replace(was, Buffer.from(photo).toString('base64')).replace('+4911', number));
}

type Encoder = (picture: Sharp) => Sharp;
const ENCODERS: Readonly<Record<string, Encoder>> = {
  'of less quality': (picture) => picture.jpeg({ quality: 40 }),
  'made smaller': (picture) => picture.resize(96, 96, { fit: 'inside' }).jpeg({ quality: 70 }),
  'made larger': (picture) => picture.resize(480, 480).jpeg({ quality: 60 }),
  'as a PNG': (picture) => picture.png(),
};

describe('photos that come back encoded anew', function () {
  this.timeout(60_000);
  const world = aWorldEach();

  const device = (uri: string, store: StoreProfile, properties?: readonly CtProperty[]): ModelDevice =>
    deviceOf(world, uri, store, properties);
  const only = (one: ModelDevice): HeldItem => onlyItem(one, 'contacts');
  const stored = (): Promise<Buffer> => onlyStored(world, 'contacts');
  /** A device that brought `whole`, and another that has it. */
  const two = async (
    whole: Buffer,
    store: StoreProfile,
    properties?: readonly CtProperty[],
  ): Promise<{ big: ModelDevice; phone: ModelDevice }> => {
    const [big, phone] = [device('big', STORES.contacts), device('phone', store, properties)];
    big.store('contacts').add(whole);
    await big.sync(Alert.SlowSync);
    await phone.sync(Alert.SlowSync);
    return { big, phone };
  };
  const again = async (phone: ModelDevice, type: string, encoder: Encoder, number = '+4911'): Promise<void> => {
    const { luid, bytes } = only(phone);
    const photo = await encoder(sharp(photoOf(bytes, type))).toBuffer();
    phone.store('contacts').replace(luid, edited(bytes, type, photo, number));
  };

  const PHONES: readonly (readonly [string, StoreProfile, (readonly CtProperty[])?])[] = [
    ['a phone of small photos', STORES.contacts, SMALL],
    ['a phone without limits', STORES.contacts, WHOLE],
    ['a phone that says nothing of itself', STORES.contacts],
    ['one of vCard 3.0', CARDS_30, SMALL],
    ['one of SIF', CARDS_SIF],
  ];
  for (const [what, store, properties] of PHONES)
    it(`${what}: the stored photo stays, an edit beside it is made, in every encoding`, async () => {
      const whole = card(await portrait(1), 'PNG');
      const { big, phone } = await two(whole, store, properties);
      let number = 10;
      for (const encoder of Object.values(ENCODERS)) {
        await again(phone, store.type, encoder, `+49${number}`);
        await phone.sync(Alert.TwoWay);
        assertEqualItems(await stored(), Buffer.from(whole.toString().replace('+4911', `+49${number}`)), 'text/x-vcard');
        await big.sync(Alert.TwoWay);
        big.store('contacts').replace(only(big).luid, whole);
        await big.sync(Alert.TwoWay);
        await phone.sync(Alert.TwoWay);
        number += 1;
      }
    });

  for (const type of [Alert.SlowSync, Alert.RefreshFromClient] as const)
    it(`without an edit, in a sync of ${type}: nothing changes, byte for byte`, async () => {
      const whole = card(
        await sharp(await portrait(2))
          .jpeg()
          .toBuffer(),
        'JPEG',
      );
      const { phone } = await two(whole, STORES.contacts, SMALL);
      await again(phone, STORES.contacts.type, (picture) => picture.jpeg({ quality: 30 }));
      await phone.sync(type);
      assert.deepEqual(await stored(), whole);
      assert.equal(phone.store('contacts').items.size, 1);
    });

  for (const [what, other] of [
    ['of someone else', () => portrait(5)],
    [
      'cut to the face',
      async () =>
        sharp(await portrait(1))
          .extract({ left: 60, top: 40, width: 200, height: 200 })
          .jpeg()
          .toBuffer(),
    ],
    [
      'turned',
      async () =>
        sharp(await portrait(1))
          .rotate(90)
          .jpeg()
          .toBuffer(),
    ],
  ] as const)
    it(`a photo ${what} is a new one, and goes to all`, async () => {
      const { big, phone } = await two(card(await portrait(1), 'PNG'), STORES.contacts, SMALL);
      const fresh = await other();
      phone.store('contacts').replace(only(phone).luid, edited(only(phone).bytes, STORES.contacts.type, fresh, '+4911'));
      await phone.sync(Alert.TwoWay);
      assert.deepEqual(photoOf(await stored(), 'text/x-vcard'), fresh);
      await big.sync(Alert.TwoWay);
      assert.deepEqual(photoOf(only(big).bytes, 'text/x-vcard'), fresh);
    });

  it('a much better photo of the same is a new one, and goes to all', async () => {
    const small = await sharp(await portrait(1))
      .resize(120, 120)
      .png()
      .toBuffer();
    const { big, phone } = await two(card(small, 'PNG'), STORES.contacts, WHOLE);
    const better = await sharp(await portrait(1))
      .jpeg({ quality: 90 })
      .toBuffer();
    phone.store('contacts').replace(only(phone).luid, edited(only(phone).bytes, STORES.contacts.type, better, '+4911'));
    await phone.sync(Alert.TwoWay);
    assert.deepEqual(photoOf(await stored(), 'text/x-vcard'), better);
    await big.sync(Alert.TwoWay);
    assert.deepEqual(photoOf(only(big).bytes, 'text/x-vcard'), better);
  });

  it('a logo is looked at as a photo is', async () => {
    const logo = (photo: Buffer): Buffer => Buffer.from(card(photo, 'PNG').toString().replace('PHOTO', 'LOGO'));
    const whole = logo(await portrait(3));
    const { phone } = await two(whole, STORES.contacts, [...named('N', 'TEL'), { name: 'LOGO', maxSize: 6000 }]);
    const text = Buffer.from(only(phone).bytes).toString();
    assert.match(text, /LOGO;JPEG/);
    assert.ok(text.length < 6000);
    const small = await sharp(await portrait(3))
      .resize(80, 80)
      .jpeg({ quality: 60 })
      .toBuffer();
    phone
      .store('contacts')
      .replace(only(phone).luid, Buffer.from(logo(small).toString().replace('+4911', '+4999').replace(';PNG', ';JPEG')));
    await phone.sync(Alert.TwoWay);
    assertEqualItems(await stored(), Buffer.from(whole.toString().replace('+4911', '+4999')), 'text/x-vcard');
  });

  it('an edit after the limits of a phone have changed brings along what it was given before, and the whole photo stays', async () => {
    const whole = card(await portrait(4), 'PNG');
    const { phone } = await two(whole, STORES.contacts, SMALL);
    for (const [at, properties] of [[...named('N', 'TEL'), { name: 'PHOTO', maxSize: 2500 }], WHOLE, SMALL].entries()) {
      const later = device('phone', STORES.contacts, properties);
      const { luid, bytes } = only(phone);
      later.store('contacts').items.set(luid, { luid, bytes } as never);
      Object.assign(later.memory, phone.memory, { devInfSent: false });
      later.store('contacts').replace(luid, Buffer.from(Buffer.from(bytes).toString().replace('+4911', `+490${at}`)));
      await later.sync(Alert.SlowSync);
      assertEqualItems(await stored(), Buffer.from(whole.toString().replace('+4911', `+490${at}`)), 'text/x-vcard');
    }
  });
});
