/** A device's set becomes the server's: what the device cannot show stays, and so do its copies of one item. */
import assert from 'node:assert/strict';
import { Alert } from '../../src/model/alert.js';
import type { CtProperty } from '../../src/model/devinf.js';
import { ModelDevice } from '../model-client/device.js';
import { STORES } from '../model-client/profile.js';
import { WorldMaker } from '../faults/in-process-world.js';
import type { MortalWorld } from '../faults/world.js';
import { change, Scene, type Phone } from './support/scene.js';

const card = (...lines: readonly string[]): string => ['BEGIN:VCARD', 'VERSION:2.1', ...lines, 'END:VCARD', ''].join('\r\n');
const NOTE = `NOTE:${'a long note '.repeat(8)}end`;
const PHOTO = `PHOTO;JPEG;ENCODING=BASE64:\r\n ${'/9j/'.repeat(50)}\r\n`;
const ANN = [NOTE, PHOTO, 'N:Smith;Ann', 'TEL;CELL:+4911', 'TEL;HOME:+4922', 'TEL;WORK:+4933'];
const BOB = ['N:Jones;Bob', 'TEL;CELL:+4944'];
/** 30 characters of note, two numbers and no photo. */
const SMALL: readonly CtProperty[] = [{ name: 'N' }, { name: 'TEL', maxOccur: 2 }, { name: 'NOTE', maxSize: 30 }];
const NOTHING_HIDDEN: readonly CtProperty[] = [...SMALL, { name: 'PHOTO' }];

describe('sync: refresh from a device that can hold less', function () {
  this.timeout(60_000);
  const maker = new WorldMaker();
  let world: MortalWorld;
  let big: ModelDevice;
  let small: ModelDevice;
  after(() => maker.remove());
  afterEach(() => world.close());

  const device = (uri: string, properties?: readonly CtProperty[]): ModelDevice => {
    const { user, password, url, transport } = world;
    const ctCaps = properties && [{ ctType: 'text/x-vcard', verCt: '2.1', properties }];
    return new ModelDevice({ uri, user, password, stores: [STORES.contacts], ctCaps }, transport, url);
  };
  /** The server's items, each as its sorted lines. */
  const here = async (): Promise<readonly (readonly string[])[]> =>
    (await world.items('contacts'))
      .map((bytes) => sorted(Buffer.from(bytes).toString()))
      .sort((a, b) => nameIn(a).localeCompare(nameIn(b)));
  const nameIn = (lines: readonly string[]): string => lines.find((line) => line.startsWith('N:')) ?? '';
  const sorted = (text: string): readonly string[] =>
    text
      .split('\r\n')
      .filter((line) => !/^(?:BEGIN|END|VERSION)|^$/.test(line))
      .sort();
  const linesOf = (...lines: readonly string[]): readonly string[] => sorted(lines.join('\r\n'));
  /** Changes one of a device's items, that with this name, and syncs. */
  const edit = async (one: ModelDevice, name: string, from: string, to: string, type: 200 | 203 = Alert.TwoWay): Promise<void> => {
    const items = one.store('contacts');
    for (const { luid, bytes } of items.items.values()) {
      const text = Buffer.from(bytes).toString();
      if (text.includes(name) && text.includes(from)) items.replace(luid, Buffer.from(text.replace(from, to)));
    }
    await one.sync(type);
  };
  const start = async (properties = SMALL, first: readonly string[] = ANN): Promise<void> => {
    world = await maker.open();
    big = device('big');
    small = device('small', properties);
    big.store('contacts').add(Buffer.from(card(...first)));
    big.store('contacts').add(Buffer.from(card(...BOB)));
    await big.sync(Alert.SlowSync);
    await small.sync(Alert.SlowSync);
  };

  it('takes an edit and keeps the rest; what the device has not is gone', async () => {
    await start();
    const items = small.store('contacts');
    for (const { luid, bytes } of [...items.items.values()]) if (Buffer.from(bytes).includes('Bob')) items.remove(luid);
    await edit(small, 'Ann', '+4922', '+4999', Alert.RefreshFromClient);
    assert.deepEqual(await here(), [linesOf(...ANN).map((line) => line.replace('+4922', '+4999'))]);
  });

  it('keeps what was changed here since and the device cannot show, beside its own edit', async () => {
    await start();
    await edit(big, 'Ann', '+4933', '+4977');
    await edit(small, 'Ann', '+4922', '+4999', Alert.RefreshFromClient);
    const expected = linesOf(...ANN).map((line) => line.replace('+4922', '+4999').replace('+4933', '+4977'));
    assert.deepEqual(await here(), [linesOf(...BOB), expected]);
  });

  it('what was changed here since and the device shows otherwise is as the device has it', async () => {
    await start();
    await edit(big, 'Ann', '+4911', '+4988');
    await edit(big, 'Ann', '+4933', '+4977');
    await small.sync(Alert.RefreshFromClient);
    assert.deepEqual(await here(), [linesOf(...BOB), linesOf(...ANN).map((line) => line.replace('+4933', '+4977'))]);
    await big.sync(Alert.TwoWay);
    const mine = [...big.store('contacts').items.values()].map(({ bytes }) => Buffer.from(bytes).toString());
    assert.ok(mine.some((text) => text.includes('+4911') && text.includes('+4977') && text.includes(NOTE)));
  });

  it('what was deleted here and the device still has comes back whole', async () => {
    await start();
    const items = big.store('contacts');
    for (const { luid, bytes } of [...items.items.values()]) if (Buffer.from(bytes).includes('Ann')) items.remove(luid);
    await big.sync(Alert.TwoWay);
    assert.deepEqual(await here(), [linesOf(...BOB)]);
    await edit(small, 'Ann', '+4922', '+4999', Alert.RefreshFromClient);
    assert.deepEqual(await here(), [linesOf(...BOB), linesOf(...ANN).map((line) => line.replace('+4922', '+4999'))]);
  });

  it('in a normal sync too', async () => {
    await start();
    const items = big.store('contacts');
    for (const { luid, bytes } of [...items.items.values()]) if (Buffer.from(bytes).includes('Ann')) items.remove(luid);
    await big.sync(Alert.TwoWay);
    await edit(small, 'Ann', '+4922', '+4999');
    assert.deepEqual(await here(), [linesOf(...BOB), linesOf(...ANN).map((line) => line.replace('+4922', '+4999'))]);
  });

  it('items that are too large to be kept beside the others are no exception', async () => {
    const large = `PHOTO;JPEG;ENCODING=BASE64:\r\n ${'/9j/'.repeat(20_000)}\r\n`;
    await start(NOTHING_HIDDEN, [NOTE, large, ...ANN.slice(2)]);
    await edit(small, 'Ann', '+4922', '+4999', Alert.RefreshFromClient);
    const [, ann] = await here();
    assert.ok(ann?.includes(NOTE) && ann.includes('TEL;HOME:+4999') && ann.includes('TEL;WORK:+4933'));
  });
});

describe('sync: refresh from a device with copies of an item', () => {
  const ANNA = card('N:Berg;Anna', 'TEL;CELL:+491711', 'NOTE:old');
  const meta = { type: 'text/x-vcard' };
  const add = (luid: number, text: string) => change(`Add ${luid} ${text}`, { meta });
  const LEAST = 5;
  let scene: Scene;
  let phone: Phone;
  const texts = (): Promise<string[]> => scene.texts('contacts');
  beforeEach(async () => {
    scene = await Scene.open({ growth: { guard: true, least: LEAST, percent: 50 } });
    phone = scene.phone('IMEI:1', 'contacts');
    await phone.sync(201, [add(1, ANNA)]);
    for (let n = 0; n < 3; n += 1)
      await phone.sync(
        200,
        [1, 2, 3, 4].map((at) => add(100 + 4 * n + at, ANNA)),
      );
  });
  afterEach(() => scene.close());
  /** The first ones are items of their own; these are copies. */
  const COPIES = [106, 107, 108, 109, 110, 111, 112];
  const made = [1, 101, 102, 103, 104, 105];

  it('makes no items of copies, and knows them afterwards', async () => {
    assert.equal((await texts()).length, 1 + LEAST);
    for (let n = 0; n < 2; n += 1) {
      await phone.sync(
        203,
        [...COPIES, ...made].map((luid) => add(luid, ANNA)),
      );
      assert.equal((await texts()).length, 1 + LEAST);
    }
    await phone.sync(
      200,
      [...made, ...COPIES.slice(1)].map((luid) => `Delete ${luid}`),
    );
    assert.deepEqual(await texts(), [ANNA]);
    await phone.sync(200, ['Delete 106']);
    assert.deepEqual(await texts(), []);
  });

  it('the item is what its own LUID brings, edited or not; a copy stands for it where that is gone', async () => {
    const edited = ANNA.replace('old', 'new');
    // The oldest of them.
    const guid = await scene.guidWith(ANNA, 'contacts');
    await phone.sync(203, [add(106, ANNA), add(107, ANNA), add(1, edited)]);
    assert.equal(await scene.guidWith(edited, 'contacts'), guid);
    await phone.sync(203, [add(1, edited)]);
    await phone.sync(203, [add(1, edited), add(113, edited)]);
    assert.deepEqual(await texts(), [edited]);
    await phone.sync(203, [add(113, edited)]);
    assert.equal(await scene.guidWith(edited, 'contacts'), guid);
    assert.deepEqual(await texts(), [edited]);
  });

  it('a copy that could not be brought over is one still', async () => {
    scene.limits.maxObjSize = ANNA.length;
    const { statuses } = await phone.sync(203, [add(1, ANNA), add(106, `${ANNA}${' '.repeat(50)}`)]);
    assert.deepEqual(statuses, [201, 413]);
    assert.deepEqual(await texts(), [ANNA]);
    await phone.sync(200, ['Delete 1']);
    assert.deepEqual(await texts(), [ANNA]);
  });

  it('a namesake with other numbers is another contact, in a refresh too', async () => {
    await phone.sync(203, [add(1, ANNA)]);
    const guid = await scene.guidWith(ANNA, 'contacts');
    const other = scene.phone('IMEI:2', 'contacts');
    const daughter = ANNA.replace('+491711', '+491722').replace('old', 'daughter');
    await other.sync(203, [add(7, daughter)]);
    assert.deepEqual(await texts(), [daughter]);
    assert.notEqual(await scene.guidWith(daughter, 'contacts'), guid);
  });
});
