/**
 * Contacts with photos and sounds on a device that holds all of them and on one that has less room, encodes photos anew and loses its connection:
 * whatever is edited where, in the end each contact is there once, with the number, the note, the photo and the sound it was given last.
 */
import assert from 'node:assert/strict';
import sharp from 'sharp';
import { parseDocument } from '../../src/content/components.js';
import { sourceOf } from '../../src/content/rendering.js';
import { binaryValue, textValue } from '../../src/content/value.js';
import { Alert } from '../../src/model/alert.js';
import type { CtProperty } from '../../src/model/devinf.js';
import { Bench, ENDPOINT, PASSWORD, USER } from '../exchange/support/bench.js';
import { ModelDevice } from '../model-client/device.js';
import { STORES, type DeviceOptions } from '../model-client/profile.js';
import { portrait } from '../pictures/photos.js';
import { Dice } from '../torture/dice.js';

/** Contacts, portraits of each that are set one after the other, and rounds of edits. */
const CONTACTS = 4;
const PORTRAITS = 12;
const ROUNDS = Number(process.env['MOORAGE_RUNS'] ?? 12);

interface Contact {
  readonly tel: string;
  readonly note: string;
  readonly photo?: Buffer | undefined;
  readonly sound?: Buffer | undefined;
}

const binary = (name: string, type: string, bytes: Buffer | undefined): string =>
  bytes ? `${name};${type};ENCODING=BASE64:\r\n ${bytes.toString('base64').replace(/(.{70})/g, '$1\r\n ')}\r\n\r\n` : '';
const written = (name: string, { tel, note, photo, sound }: Contact): Buffer =>
  Buffer.from(
    `BEGIN:VCARD\r\nVERSION:2.1\r\nN:${name};Ann\r\nTEL;CELL:${tel}\r\nNOTE:${note}\r\n${binary('PHOTO', 'JPEG', photo)}${binary('SOUND', 'WAVE', sound)}END:VCARD\r\n`,
  );

function read(bytes: Uint8Array): readonly [name: string, contact: Contact] {
  const document = parseDocument(bytes);
  assert.ok(document);
  const source = sourceOf(document, 'text/x-vcard');
  const line = (name: string) => document.roots[0]?.lines.find((one) => one.name === name);
  const text = (name: string): string => {
    const found = line(name);
    return found ? textValue(source, found) : '';
  };
  const medium = (name: string): Buffer | undefined => {
    const found = line(name);
    return found && binaryValue(source, found);
  };
  const [name = ''] = text('N').split(';');
  return [name, { tel: text('TEL'), note: text('NOTE'), photo: medium('PHOTO'), sound: medium('SOUND') }];
}

const named = (...names: string[]): CtProperty[] => names.map((name) => ({ name }));
const listing = (properties: readonly CtProperty[]): Pick<DeviceOptions, 'ctCaps'> => ({
  ctCaps: [{ ctType: STORES.contacts.type, verCt: '2.1', properties }],
});
const ALL = named('N', 'TEL', 'NOTE', 'PHOTO', 'SOUND');
const PHONES: Readonly<Record<string, Partial<DeviceOptions>>> = {
  'small objects': { maxObjSize: 5000, ...listing(ALL) },
  'objects without room for any photo': { maxObjSize: 900, ...listing(ALL) },
  'small photos and sounds': listing([...named('N', 'TEL', 'NOTE'), { name: 'PHOTO', maxSize: 5000 }, { name: 'SOUND', maxSize: 3000 }]),
  'all it gets, which lists nothing': {},
  'small objects, which lists nothing': { maxObjSize: 5000 },
};

describe('any edits of contacts with photos', function () {
  this.timeout(60_000);
  const portraits: Buffer[] = [];
  before(async () => {
    for (let who = 0; who < PORTRAITS; who += 1) portraits.push(await portrait(who, 240, 240));
  });

  for (const [what, options] of Object.entries(PHONES))
    it(`a phone of ${what}`, async () => {
      const dice = new Dice(`photos ${what} ${process.env['MOORAGE_SEED'] ?? 1}`);
      const bench = await Bench.open();
      try {
        await play(bench, options, dice);
      } finally {
        await bench.close();
      }
    });

  async function play(bench: Bench, options: Partial<DeviceOptions>, dice: Dice): Promise<void> {
    const device = (uri: string, more: Partial<DeviceOptions> = {}): ModelDevice =>
      new ModelDevice({ uri, user: USER, password: PASSWORD, stores: [STORES.contacts], ...more }, bench.transport, ENDPOINT);
    const [big, phone] = [device('big'), device('phone', options)];
    const all = new Map<string, Contact>();
    const told: string[] = [];
    let next = 0;
    const given = new Map<string, number>();
    /** Nobody is given the portrait that he has. */
    const fresh = async (name: string, quality: number): Promise<Buffer> => {
      const who = (given.get(name) ?? Number(name.slice(1)) * 3) + 1;
      given.set(name, who);
      return sharp(portraits[who % PORTRAITS])
        .resize(200, 200)
        .jpeg({ quality })
        .toBuffer();
    };
    for (let at = 0; at < CONTACTS; at += 1) {
      const sound = at === 1 ? Buffer.alloc(9000, 'sound') : undefined;
      all.set(`P${at}`, { tel: `+${at}00`, note: 'n', photo: at === 3 ? undefined : await fresh(`P${at}`, 85), sound });
    }
    for (const [name, contact] of all) big.store('contacts').add(written(name, contact));
    await big.sync(Alert.SlowSync);
    await phone.sync(Alert.SlowSync);

    const encodedAnew = async (photo: Buffer): Promise<Buffer> => {
      const picture = sharp(photo);
      return dice.pick([picture.jpeg({ quality: 45 }), picture.resize(120, 120).jpeg({ quality: 70 }), picture.png()]).toBuffer();
    };
    const edit = async (where: ModelDevice, what: readonly (keyof Contact)[]): Promise<void> => {
      const { luid, bytes } = dice.pick([...where.store('contacts').items.values()]);
      const [name, shown] = read(bytes);
      const field = dice.pick(what);
      // A phone that is given none may have no place for one.
      if (field === 'photo' && where === phone && shown.photo === undefined) return;
      next += 1;
      const value = field === 'photo' ? await fresh(name, where === big ? 80 : 35) : `${field} ${next}`;
      all.set(name, { ...(all.get(name) as Contact), [field]: value });
      const photo = shown.photo && where === phone && dice.chance(50) ? await encodedAnew(shown.photo) : shown.photo;
      where.store('contacts').replace(luid, written(name, { ...shown, photo, [field]: value }));
      told.push(`${where === big ? 'big' : 'phone'} ${field} of ${name}`);
    };
    const cutOff = async (where: ModelDevice): Promise<void> => {
      const { transport } = where;
      let left = dice.between(1, 4);
      where.transport = async (...message) => {
        left -= 1;
        if (left > 0 || dice.chance(50)) return transport(...message);
        return { status: 500, contentType: '', body: Buffer.alloc(0) };
      };
      await where.sync(dice.pick([Alert.TwoWay, Alert.SlowSync])).catch(() => told.push('cut off'));
      where.transport = transport;
    };
    for (let round = 0; round < ROUNDS; round += 1) {
      // Not both the same: who wins is another matter.
      if (dice.chance(70)) await edit(big, ['tel', 'photo']);
      if (dice.chance(70)) await edit(phone, ['note']);
      for (const where of [big, phone]) {
        if (dice.chance(25)) await cutOff(where);
        await where.sync(dice.pick([Alert.TwoWay, Alert.TwoWay, Alert.SlowSync]));
      }
      await big.sync(Alert.TwoWay);
      if (dice.chance(40)) {
        await edit(phone, ['tel', 'note', 'photo']);
        await phone.sync(dice.pick([Alert.TwoWay, Alert.SlowSync, Alert.RefreshFromClient]));
        await big.sync(Alert.TwoWay);
      }
      const stored = (await bench.texts('contacts')).map((one) => read(Buffer.from(one)));
      stored.sort(([a], [b]) => (a < b ? -1 : 1));
      assert.deepEqual(stored, [...all], told.join(', '));
    }
  }
});
