/** A phone of which the device information is at hand, and photos of cards that other programs wrote: what it would get of them, and send back. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { abilitiesFor, type Abilities } from '../../src/content/abilities.js';
import { parseDocument } from '../../src/content/components.js';
import { render, sourceOf } from '../../src/content/rendering.js';
import { takeBack } from '../../src/content/taking-back.js';
import { binaryValue, unfoldedValue } from '../../src/content/value.js';
import { openLibrary } from '../../src/handsets/folder.js';
import { handsetOf } from '../../src/handsets/handset.js';
import { SharpPictures } from '../../src/pictures/pictures.js';
import { PhotoDesk } from '../../src/sync/photos.js';
import { SeveralResults, WorkNeeded, type SlowRooms } from '../../src/sync/slow-work.js';
import { decodeDevInf } from '../../src/wire/decode-devinf.js';
import { assertEqualItems } from '../content/helpers.js';

const CORPUS = join(import.meta.dirname, '../../../shared/corpus');
const TYPE = 'text/x-vcard';

/** Runs what needs pictures as messages do: again, until all are there. */
async function withPictures<T>(run: (desk: PhotoDesk) => T): Promise<T> {
  const done = new Map<string, unknown>();
  for (;;) {
    const desk = new PhotoDesk(done);
    const value = run(desk);
    try {
      desk.settle();
      return value;
    } catch (error) {
      if (!(error instanceof WorkNeeded)) throw error;
      const results = await error.run({ pictures: new SharpPictures() } as unknown as SlowRooms);
      assert.ok(results instanceof SeveralResults);
      for (const [key, one] of results.results) done.set(key, one.value);
    }
  }
}

function lineOf(bytes: Uint8Array): { text: string; photo: Buffer } | undefined {
  const document = parseDocument(bytes);
  const line = document?.roots[0]?.lines.find(({ name }) => name === 'PHOTO');
  const photo = document && line && binaryValue(sourceOf(document, TYPE), line);
  return photo && { text: unfoldedValue(sourceOf(document, TYPE), line), photo };
}

const card = (photo: Uint8Array): Buffer =>
  Buffer.from(
    `BEGIN:VCARD\r\nVERSION:2.1\r\nN:Smith;Ann\r\nTEL;CELL:+4911\r\nPHOTO;ENCODING=BASE64:${Buffer.from(photo).toString('base64')}\r\n\r\nEND:VCARD\r\n`,
  );

(existsSync(CORPUS) ? describe : describe.skip)('real photos on a Sony Ericsson W910i', function () {
  this.timeout(60_000);
  const devInf = readFileSync(join(CORPUS, 'devinf/from-messages/SonyEricsson-W910i.xml'));
  const able = (desk: PhotoDesk): Abilities => {
    const told = decodeDevInf(devInf);
    assert.ok(told);
    const { believed, profile } = handsetOf(openLibrary(), { uri: told.devId, devInf: JSON.stringify(told) });
    const abilities = abilitiesFor(believed, TYPE, undefined, profile.traits);
    assert.ok(abilities);
    return { ...abilities, thinned: desk.thinned, samePicture: desk.alike };
  };
  const photos = new Map<string, Buffer>();
  before(() => {
    for (const file of readdirSync(join(CORPUS, 'vcard'), { recursive: true, withFileTypes: true })) {
      const bytes = file.isFile() ? readFileSync(join(file.parentPath, file.name)) : Buffer.alloc(0);
      const photo = bytes.includes('PHOTO') ? lineOf(bytes)?.photo : undefined;
      if (photo && photo.length > 7000) photos.set(photo.toString('base64'), photo);
    }
    assert.ok(photos.size >= 5, `${photos.size} photos`);
  });

  it('it has room for 10,000 bytes of PHOTO, and gets no more', async () => {
    let small = 0;
    for (const photo of photos.values()) {
      const given = lineOf(await withPictures((desk) => render(card(photo), TYPE, able(desk))));
      if (!given) continue;
      small += 1;
      assert.ok(given.text.length <= 10_000 && given.photo.length <= 7000, `${given.text.length}`);
      const { format, width = 0, height = 0 } = await sharp(given.photo).metadata();
      assert.equal(format, 'jpeg');
      const was = await sharp(photo).metadata();
      assert.ok(Math.abs(width / height - (was.width ?? 0) / (was.height ?? 1)) < 0.05);
      assert.ok(width >= 60, `${width} pixels`);
    }
    // One of them ends early, and no part of it is shown.
    assert.ok(small >= photos.size - 1, `${small} of ${photos.size}`);
  });

  it('what it sends back, as it is or encoded by the phone, is the photo that is stored', async () => {
    for (const photo of photos.values()) {
      const whole = card(photo);
      const given = lineOf(await withPictures((desk) => render(whole, TYPE, able(desk))));
      if (!given) continue;
      const own = await sharp(given.photo).resize(120, 120, { fit: 'inside' }).jpeg({ quality: 50 }).toBuffer();
      for (const back of [given.photo, own]) {
        const edited = Buffer.from(card(back).toString().replace('+4911', '+4999'));
        const meant = await withPictures((desk) => takeBack(whole, edited, TYPE, able(desk)));
        assertEqualItems(meant, Buffer.from(whole.toString().replace('+4911', '+4999')), TYPE);
      }
    }
  });
});
