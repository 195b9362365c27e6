/** Devices that take objects of a certain size only: what they get of larger ones, what their edits mean, and where it is told. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import sharp from 'sharp';
import { parseDocument } from '../../src/content/components.js';
import { sourceOf } from '../../src/content/rendering.js';
import { binaryValue } from '../../src/content/value.js';
import { Alert } from '../../src/model/alert.js';
import type { CtProperty } from '../../src/model/devinf.js';
import { showDevice } from '../../src/sync/operator/devices.js';
import { assertEqualItems } from '../content/helpers.js';
import { SharpPictures } from '../../src/pictures/pictures.js';
import { thinner } from '../../src/pictures/thin.js';
import { Bench, ENDPOINT, PASSWORD, USER } from '../exchange/support/bench.js';
import { ModelDevice } from '../model-client/device.js';
import { STORES, type DeviceOptions, type StoreProfile } from '../model-client/profile.js';
import { photo } from '../pictures/photos.js';
import { change, Scene, type Phone } from './support/scene.js';

const CARDS_SIF: StoreProfile = { ...STORES.contacts, type: 'text/x-s4j-sifc', verCt: '1.0' };
const LISTED: readonly CtProperty[] = ['N', 'TEL', 'NOTE', 'PHOTO', 'LOGO', 'SOUND'].map((name) => ({ name }));

const binary = (name: string, type: string, bytes: Uint8Array): string =>
  `${name};${type};ENCODING=BASE64:\r\n ${Buffer.from(bytes)
    .toString('base64')
    .replace(/(.{70})/g, '$1\r\n ')}\r\n\r\n`;
const card = (inner: string, name = 'Smith'): Buffer =>
  Buffer.from(`BEGIN:VCARD\r\nVERSION:2.1\r\nN:${name};Ann\r\nTEL;CELL:+4911\r\n${inner}END:VCARD\r\n`);
const edit = (bytes: Uint8Array): Buffer => Buffer.from(Buffer.from(bytes).toString().replace('+4911', '+4999'));

function valueOf(bytes: Uint8Array, name: string): Buffer | undefined {
  const document = parseDocument(bytes);
  const line = document?.roots[0]?.lines.find((one) => one.name === name);
  return document && line && binaryValue(sourceOf(document, 'text/x-vcard'), line);
}

describe('objects too large for a device', function () {
  this.timeout(60_000);
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.open();
  });
  afterEach(() => bench.close());

  const device = (uri: string, options: Partial<DeviceOptions> = {}): ModelDevice => {
    const { stores = [STORES.contacts], ...more } = options;
    return new ModelDevice({ uri, user: USER, password: PASSWORD, stores, ...more }, bench.transport, ENDPOINT);
  };
  const listing = (type: string): Pick<DeviceOptions, 'ctCaps'> => ({ ctCaps: [{ ctType: type, verCt: '2.1', properties: LISTED }] });
  const bring = async (...cards: readonly Buffer[]): Promise<ModelDevice> => {
    const big = device('big');
    for (const one of cards) big.store('contacts').add(one);
    await big.sync(Alert.SlowSync);
    return big;
  };
  const only = (one: ModelDevice): { luid: string; bytes: Uint8Array } => {
    const [item, ...more] = [...one.store('contacts').items.values()];
    assert.ok(item && more.length === 0, `${more.length + (item ? 1 : 0)} items`);
    return item;
  };
  const stored = async (): Promise<Buffer> => {
    const [one, ...more] = await bench.texts('contacts');
    assert.ok(one !== undefined && more.length === 0);
    return Buffer.from(one);
  };
  const tooLarge = async (uri: string) => (await showDevice(bench.temp.store, USER, uri)).stores[0]?.lastSync?.kept;

  /** Clients whose largest object is that, each in its own way. */
  const CLIENTS: readonly (readonly [string, Partial<DeviceOptions>, number])[] = [
    ['MaxObjSize', { maxObjSize: 8000 }, 8000],
    ['MaxObjSize, in XML', { maxObjSize: 8000, encoding: 'xml' }, 8000],
    ['SyncML 1.1 without large objects', { version: '1.1', maxObjSize: undefined, maxMsgSize: 8000 }, 8000],
    ['SyncML 1.0', { version: '1.0', maxObjSize: undefined, maxMsgSize: 8000 }, 8000],
    ['SyncML 1.0, in XML', { version: '1.0', maxObjSize: undefined, maxMsgSize: 8000, encoding: 'xml' }, 8000],
  ];
  for (const [what, options, most] of CLIENTS)
    it(`${what}: the photo goes out smaller; its echo changes nothing, an edit just that`, async () => {
      const whole = card(binary('PHOTO', 'JPEG', await photo('jpeg', 300, 200)));
      assert.ok(whole.length > 2 * most);
      await bring(whole);
      const phone = device('phone', { ...options, ...listing(STORES.contacts.type) });
      await phone.sync(Alert.SlowSync);
      const { luid, bytes } = only(phone);
      const shown = valueOf(bytes, 'PHOTO');
      assert.ok(shown && bytes.length <= most && bytes.length > most / 3, `${bytes.length} bytes`);
      assert.equal((await sharp(shown).metadata()).format, 'jpeg');
      assert.equal(await tooLarge('phone'), undefined);

      for (const type of [Alert.TwoWay, Alert.SlowSync]) {
        phone.store('contacts').replace(luid, Buffer.from(bytes));
        await phone.sync(type);
        assert.deepEqual(await stored(), whole);
      }
      phone.store('contacts').replace(luid, edit(bytes));
      await phone.sync(Alert.TwoWay);
      assertEqualItems(await stored(), edit(whole), 'text/x-vcard');
    });

  for (const [what, stores, most] of [
    ['vCard', [STORES.contacts], 700],
    ['SIF', [CARDS_SIF], 2000],
  ] as const)
    it(`${what}: where no photo fits there is none, and neither an echo, nor edits, nor a slow sync take it away`, async () => {
      const whole = card(binary('PHOTO', 'JPEG', await photo('jpeg', 300, 200)));
      const big = await bring(whole);
      const phone = device('phone', { maxObjSize: most, stores, ...listing(stores[0].type) });
      await phone.sync(Alert.SlowSync);
      assert.ok(!/photo/i.test(Buffer.from(only(phone).bytes).toString()));
      assert.match(Buffer.from(only(phone).bytes).toString(), /\+4911/);
      for (const [at, type] of [Alert.TwoWay, Alert.TwoWay, Alert.SlowSync, Alert.RefreshFromClient].entries()) {
        const { luid, bytes } = only(phone);
        phone.store('contacts').replace(
          luid,
          Buffer.from(
            Buffer.from(bytes)
              .toString()
              .replace(/\+49\d+/, `+49${at}00`),
          ),
        );
        await phone.sync(type);
        assertEqualItems(await stored(), Buffer.from(whole.toString().replace('+4911', `+49${at}00`)), 'text/x-vcard');
      }
      await big.sync(Alert.TwoWay);
      assertEqualItems(only(big).bytes, Buffer.from(whole.toString().replace('+4911', '+49300')), 'text/x-vcard');
    });

  /** How many photos are made smaller for each message of a sync. */
  async function thinnedIn(phone: ModelDevice, type: Parameters<ModelDevice['sync']>[0]): Promise<readonly number[]> {
    const { prototype } = SharpPictures;
    const thin = Object.getOwnPropertyDescriptor(prototype, 'thin') ?? {};
    const made: number[] = [];
    prototype.thin = async (...args) => {
      made[made.length - 1] = (made.at(-1) ?? 0) + 1;
      return thinner(...args);
    };
    phone.transport = async (...message) => {
      made.push(0);
      return bench.transport(...message);
    };
    try {
      await phone.sync(type);
    } finally {
      Object.defineProperty(prototype, 'thin', thin);
    }
    return made;
  }

  it('no photo is made smaller to see whether a device could have held what a refresh of its takes away', async () => {
    const photos = await Promise.all([1, 2, 3].map((seed) => photo('jpeg', 200, 150, seed)));
    await bring(...photos.map((one, at) => card(binary('PHOTO', 'JPEG', one), `Smith ${at}`)));
    const properties: readonly CtProperty[] = [{ name: 'N' }, { name: 'TEL' }, { name: 'PHOTO', maxSize: 4000 }];
    const phone = device('phone', { ctCaps: [{ ctType: STORES.contacts.type, verCt: '2.1', properties }] });
    phone.store('contacts').add(card('', 'Mine'));
    const made = await thinnedIn(phone, Alert.RefreshFromClient);
    assert.equal((await bench.texts('contacts')).length, 1);
    assert.equal(Math.max(...made), 0);
  });

  it('smaller photos are made as they go out, not all of them before the first', async () => {
    const photos = await Promise.all(Array.from({ length: 30 }, (_, at) => photo('jpeg', 200, 150, at + 1)));
    await bring(...photos.map((one, at) => card(binary('PHOTO', 'JPEG', one), `Smith ${at}`)));
    const properties: readonly CtProperty[] = [{ name: 'N' }, { name: 'TEL' }, { name: 'PHOTO', maxSize: 4000 }];
    const phone = device('phone', {
      maxObjSize: 5000,
      maxMsgSize: 12_000,
      ctCaps: [{ ctType: STORES.contacts.type, verCt: '2.1', properties }],
    });
    const made = await thinnedIn(phone, Alert.SlowSync);
    assert.equal(phone.store('contacts').items.size, 30);
    assert.ok(made.reduce((sum, count) => sum + count, 0) >= 30);
    assert.ok(Math.max(...made) <= 16, made.join());
  });

  it('a photo that the phone takes itself is one, and so is its removal then', async () => {
    const whole = card(binary('PHOTO', 'JPEG', await photo('jpeg', 300, 200)));
    await bring(whole);
    const phone = device('phone', { maxObjSize: 700, ...listing(STORES.contacts.type) });
    await phone.sync(Alert.SlowSync);
    const bare = only(phone).bytes;
    const own = await sharp(await photo('jpeg', 300, 200, 9))
      .resize(24, 24)
      .jpeg({ quality: 30 })
      .toBuffer();
    phone.store('contacts').replace(
      only(phone).luid,
      Buffer.from(
        Buffer.from(bare)
          .toString()
          .replace('END:', `${binary('PHOTO', 'JPEG', own)}END:`),
      ),
    );
    await phone.sync(Alert.TwoWay);
    assert.deepEqual(valueOf(await stored(), 'PHOTO'), own);
    phone.store('contacts').replace(only(phone).luid, Buffer.from(bare));
    await phone.sync(Alert.TwoWay);
    assert.equal(valueOf(await stored(), 'PHOTO'), undefined);
  });

  it('with more room in a later sync the photo of a changed item goes out as it is', async () => {
    const whole = card(binary('PHOTO', 'JPEG', await photo('jpeg', 60, 40)));
    const big = await bring(whole);
    const phone = device('phone', { maxObjSize: 700, ...listing(STORES.contacts.type) });
    await phone.sync(Alert.SlowSync);
    Object.assign(phone.profile, { maxObjSize: 100_000 });
    big.store('contacts').replace(only(big).luid, edit(whole));
    await big.sync(Alert.TwoWay);
    await phone.sync(Alert.TwoWay);
    assertEqualItems(only(phone).bytes, edit(whole), 'text/x-vcard');
    phone.store('contacts').replace(only(phone).luid, card('').fill(card('')));
    await phone.sync(Alert.TwoWay);
    assert.equal(valueOf(await stored(), 'PHOTO'), undefined, 'it has it, and may take it away');
  });

  it('the answer to what went out without its photo may be lost', async () => {
    const whole = card(binary('PHOTO', 'JPEG', await photo('jpeg', 300, 200)));
    await bring(whole);
    const phone = device('phone', { maxObjSize: 700, ...listing(STORES.contacts.type) });
    let messages = 0;
    phone.transport = async (...message) => {
      messages += 1;
      // It has stored the item by then.
      if (messages >= 3) return { status: 500, contentType: '', body: Buffer.alloc(0) };
      return bench.transport(...message);
    };
    await assert.rejects(phone.sync(Alert.SlowSync));
    phone.transport = bench.transport;
    const { luid, bytes } = only(phone);
    const noted = (one: Uint8Array): Buffer => Buffer.from(Buffer.from(one).toString().replace('TEL;', 'NOTE:met in Kiel\r\nTEL;'));
    phone.store('contacts').replace(luid, noted(bytes));
    await phone.sync(Alert.SlowSync);
    assert.equal(phone.store('contacts').items.size, 1);
    assertEqualItems(await stored(), noted(whole), 'text/x-vcard');
  });

  it('the answer to an edit that went out cut may be lost: what the phone then brings is no edit of what it had before', async () => {
    const noted = (note: string): Buffer => card(`NOTE:${note}\r\n`);
    const big = await bring(noted('one two three four five'));
    const properties: readonly CtProperty[] = [{ name: 'N' }, { name: 'TEL' }, { name: 'NOTE', maxSize: 8 }];
    const phone = device('phone', { ctCaps: [{ ctType: STORES.contacts.type, verCt: '2.1', properties }] });
    await phone.sync(Alert.SlowSync);
    const longer = noted('six seven eight nine ten');
    big.store('contacts').replace(only(big).luid, longer);
    await big.sync(Alert.TwoWay);
    phone.transport = async (...message) => {
      const has = Buffer.from(only(phone).bytes).includes('six');
      return has ? { status: 500, contentType: '', body: Buffer.alloc(0) } : bench.transport(...message);
    };
    await assert.rejects(phone.sync(Alert.TwoWay));
    phone.transport = bench.transport;
    assert.match(Buffer.from(only(phone).bytes).toString(), /NOTE:six seve\r/);
    await phone.sync(Alert.SlowSync);
    assert.deepEqual(await stored(), longer);
  });

  it('edited on both sides, and then once more: the photo stays', async () => {
    const whole = card(`NOTE:one\r\n${binary('PHOTO', 'JPEG', await photo('jpeg', 300, 200))}`);
    const big = await bring(whole);
    const phone = device('phone', { maxObjSize: 700, ...listing(STORES.contacts.type) });
    await phone.sync(Alert.SlowSync);
    const changed = (bytes: Uint8Array, from: string, to: string): Buffer => Buffer.from(Buffer.from(bytes).toString().replace(from, to));
    big.store('contacts').replace(only(big).luid, changed(whole, 'one', 'two'));
    await big.sync(Alert.TwoWay);
    phone.store('contacts').replace(only(phone).luid, edit(only(phone).bytes));
    // It is cut off before what was merged comes back to it.
    await phone.sync(Alert.OneWayFromClient);
    assertEqualItems(await stored(), changed(edit(whole), 'one', 'two'), 'text/x-vcard');
    phone.store('contacts').replace(only(phone).luid, changed(only(phone).bytes, '+4999', '+4988'));
    await phone.sync(Alert.OneWayFromClient);
    assertEqualItems(await stored(), changed(changed(whole, '+4911', '+4988'), 'one', 'two'), 'text/x-vcard');
    await phone.sync(Alert.TwoWay);
    assert.match(Buffer.from(only(phone).bytes).toString(), /NOTE:two/);
  });

  it('a sound is left out where the item does not fit, and kept', async () => {
    const picture = await photo('jpeg', 40, 30);
    const whole = card(binary('PHOTO', 'JPEG', picture) + binary('SOUND', 'WAVE', randomBytes(20_000)));
    await bring(whole);
    const phone = device('phone', { maxObjSize: 8000, ...listing(STORES.contacts.type) });
    await phone.sync(Alert.SlowSync);
    const { luid, bytes } = only(phone);
    assert.equal(valueOf(bytes, 'SOUND'), undefined);
    assert.deepEqual(valueOf(bytes, 'PHOTO'), picture);
    for (const number of ['+4999', '+4988', '+4977']) {
      const changed = (one: Uint8Array): Buffer => Buffer.from(Buffer.from(one).toString().replace('+4911', number));
      phone.store('contacts').replace(luid, changed(bytes));
      await phone.sync(Alert.TwoWay);
      assertEqualItems(await stored(), changed(whole), 'text/x-vcard');
    }
  });

  it('a sound larger than the size a device has for it is left out, and kept', async () => {
    const whole = card(binary('SOUND', 'WAVE', randomBytes(5000)));
    await bring(whole);
    const properties: readonly CtProperty[] = [{ name: 'N' }, { name: 'TEL' }, { name: 'SOUND', maxSize: 3000 }];
    const phone = device('phone', { ctCaps: [{ ctType: STORES.contacts.type, verCt: '2.1', properties }] });
    await phone.sync(Alert.SlowSync);
    assert.equal(valueOf(only(phone).bytes, 'SOUND'), undefined);
    phone.store('contacts').replace(only(phone).luid, edit(only(phone).bytes));
    await phone.sync(Alert.TwoWay);
    assertEqualItems(await stored(), edit(whole), 'text/x-vcard');
  });

  for (const [what, options] of CLIENTS)
    it(`${what}: what is too large without any photo is told in the log and of the device, and comes once it fits`, async () => {
      const long = card(`NOTE:${'long '.repeat(3000)}\r\n${binary('PHOTO', 'JPEG', await photo('jpeg', 60, 40))}`, 'Long');
      const big = await bring(long, card('', 'Short'));
      const phone = device('phone', options);
      await phone.sync(Alert.SlowSync);
      assert.match(Buffer.from(only(phone).bytes).toString(), /Short/);
      const told = await tooLarge('phone');
      assert.equal(told?.size, 1);
      assert.equal(told.largest, long.length);
      assert.ok(told.room !== undefined && told.room > 5000 && told.room <= 8000, `${told.room}`);
      assert.equal(bench.logged.filter(({ event }) => event === 'items-too-large').length, 1);

      const [luid] = [...big.store('contacts').items.values()]
        .filter(({ bytes }) => Buffer.from(bytes).includes('Long'))
        .map((one) => one.luid);
      assert.ok(luid);
      big.store('contacts').replace(luid, card('NOTE:less\r\n', 'Long'));
      await big.sync(Alert.TwoWay);
      await phone.sync(Alert.TwoWay);
      assert.equal(phone.store('contacts').items.size, 2);
      assert.equal(await tooLarge('phone'), undefined);
    });
});

describe('objects that a device refuses as too large', () => {
  let scene: Scene;
  let phone: Phone;
  let whole: string;
  before(async () => {
    whole = card(binary('PHOTO', 'JPEG', await photo('jpeg', 60, 40))).toString();
  });
  beforeEach(async () => {
    scene = await Scene.open();
    phone = scene.phone('IMEI:1', 'contacts');
    await phone.sync(201);
    await scene.put(whole, 'contacts');
  });
  afterEach(() => scene.close());
  const bare = card('').toString();
  const type = { meta: { type: 'text/x-vcard' } };

  for (const status of [413, 416])
    it(`${status}: the item goes out once more, without its photo, which stays`, async () => {
      assert.deepEqual((await phone.sync(200, [], { answer: () => status })).got, [`Add ${whole}`]);
      assert.deepEqual((await phone.sync(200)).got, [`Add ${bare}`]);
      assert.deepEqual((await phone.sync(200)).got, []);
      await phone.sync(200, [change(`Replace 101 ${bare.replace('+4911', '+4999')}`, type)]);
      assert.deepEqual(await scene.texts('contacts'), [whole.replace('+4911', '+4999')]);
      assert.deepEqual(scene.notes, []);
    });

  it('refused without its photo, too: not again until it changes, and the log says so', async () => {
    for (const sent of [`Add ${whole}`, `Add ${bare}`]) assert.deepEqual((await phone.sync(200, [], { answer: () => 413 })).got, [sent]);
    assert.deepEqual((await phone.sync(200)).got, []);
    assert.equal(scene.notes[0]?.event, 'item-refused-by-device');
    await scene.edit(whole, whole.replace('+4911', '+4999'), 'contacts');
    assert.equal((await phone.sync(200)).got.length, 1);
  });
});
