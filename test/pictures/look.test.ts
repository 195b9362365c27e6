/** What counts as the same picture: what phones make of one, and what only resembles it. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { parseDocument } from '../../src/content/components.js';
import { looksAlike, type Look } from '../../src/content/picture-look.js';
import { photoFacts } from '../../src/content/photos.js';
import { sourceOf } from '../../src/content/rendering.js';
import { binaryValue } from '../../src/content/value.js';
import { SharpPictures } from '../../src/pictures/pictures.js';
import { portrait } from './photos.js';

const CORPUS = join(import.meta.dirname, '../../../shared/corpus/vcard');
/** Sides of pictures that phones show; smaller ones are icons. */
const LEAST_SIDE = 50;
const pictures = new SharpPictures();

async function lookOf(bytes: Uint8Array): Promise<Look> {
  const look = await pictures.look(bytes);
  assert.ok(look, 'it can be looked at');
  return look;
}

type Change = (picture: Sharp, width: number, height: number) => Sharp;
const inside =
  (side: number, quality: number): Change =>
  (picture) =>
    picture.resize(side, side, { fit: 'inside' }).jpeg({ quality });

const SAME: Readonly<Record<string, Change>> = {
  'JPEG of quality 85': (picture) => picture.jpeg({ quality: 85 }),
  'JPEG of quality 20': (picture) => picture.jpeg({ quality: 20 }),
  PNG: (picture) => picture.png(),
  WebP: (picture) => picture.webp({ quality: 50 }),
  'GIF of 64 colours': (picture) => picture.gif({ colours: 64, effort: 1 }),
  'PNG of 16 colours': (picture) => picture.png({ palette: true, colours: 16, effort: 1 }),
  '240 pixels': inside(240, 60),
  '96 pixels': inside(96, 70),
  '64 pixels': inside(64, 50),
};
const cut = (left: number, top: number, part: number): Change => {
  return (picture, width, height) => {
    const at = { left: Math.round(width * left), top: Math.round(height * top) };
    return picture.extract({ ...at, width: Math.round(width * part), height: Math.round(height * part) }).jpeg();
  };
};
const OTHER: Readonly<Record<string, Change>> = {
  'without its rim': cut(0.05, 0.05, 0.9),
  'moved by a twentieth': cut(0, 0, 0.95),
  'the half of it': cut(0.25, 0.25, 0.5),
  'turned by 90 degrees': (picture) => picture.rotate(90).jpeg(),
  'upside down': (picture) => picture.rotate(180).jpeg(),
  tilted: (picture) => picture.rotate(3).jpeg(),
  'much brighter': (picture) => picture.modulate({ brightness: 1.25 }).jpeg(),
  'as a square with bars': (picture, width, height) =>
    picture.resize(Math.max(width, height), Math.max(width, height) * 2, { fit: 'contain' }).jpeg(),
};

async function changed(bytes: Uint8Array, change: Change): Promise<Look> {
  const { data, info } = await sharp(bytes).autoOrient().flatten({ background: '#ffffff' }).png().toBuffer({ resolveWithObject: true });
  return lookOf(await change(sharp(data), info.width, info.height).toBuffer());
}

/** Photos of the cards that other programs wrote. */
async function realPhotos(): Promise<ReadonlyMap<string, Buffer>> {
  const found = new Map<string, Buffer>();
  if (!existsSync(CORPUS)) return found;
  for (const file of readdirSync(CORPUS, { recursive: true, withFileTypes: true })) {
    const bytes = file.isFile() ? readFileSync(join(file.parentPath, file.name)) : Buffer.alloc(0);
    const document = bytes.includes('PHOTO') ? parseDocument(bytes) : undefined;
    for (const line of document?.roots.flatMap(({ lines }) => lines) ?? []) {
      const photo = document && line.name === 'PHOTO' ? binaryValue(sourceOf(document, 'text/x-vcard'), line) : undefined;
      const { width = 0, height = 0 } = (photo && photoFacts(photo)) ?? {};
      // Some of them end early.
      const isWhole =
        photo &&
        Math.min(width, height) >= LEAST_SIDE &&
        (await sharp(photo)
          .raw()
          .toBuffer()
          .then(
            () => true,
            () => false,
          ));
      if (isWhole) found.set(photo.toString('base64'), photo);
    }
  }
  return found;
}

describe('pictures: what shows the same', function () {
  this.timeout(60_000);
  const all: { bytes: Buffer; look: Look }[] = [];
  before(async () => {
    const portraits = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((who) => portrait(who)));
    for (const bytes of [...portraits, ...(await realPhotos()).values()]) all.push({ bytes, look: await lookOf(bytes) });
    if (existsSync(CORPUS)) assert.ok(all.length > 20, `${all.length} pictures`);
  });

  for (const [what, change] of Object.entries(SAME))
    it(`${what}: the same`, async () => {
      const missed: number[] = [];
      for (const [at, { bytes, look }] of all.entries()) if (!looksAlike(look, await changed(bytes, change))) missed.push(at);
      // A picture that is taken for a new one replaces the old one: that is no harm where its details are all it has.
      assert.ok(missed.length <= all.length / 10, `${missed.join()} of ${all.length}`);
    });

  for (const [what, change] of Object.entries(OTHER))
    it(`${what}: another`, async () => {
      const mistaken: number[] = [];
      for (const [at, { bytes, look }] of all.entries()) if (looksAlike(look, await changed(bytes, change))) mistaken.push(at);
      assert.deepEqual(mistaken, []);
    });

  it('two of them are never one', () => {
    for (const [at, one] of all.entries())
      for (const [other, { look }] of all.entries()) assert.ok(at === other || !looksAlike(one.look, look), `${at} and ${other}`);
  });

  it('small things that are painted in make it another', async () => {
    const [{ bytes, look }] = all as [{ bytes: Buffer; look: Look }];
    const moustache: Change = (picture) =>
      picture.composite([{ input: { create: { width: 48, height: 20, channels: 3, background: '#111111' } }, left: 136, top: 160 }]).jpeg();
    assert.ok(!looksAlike(look, await changed(bytes, moustache)));
  });

  const drawing = (inner: string, ground = '<rect width="100%" height="100%" fill="#fff"/>'): Promise<Buffer> =>
    sharp(Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="320" height="320">${ground}${inner}</svg>`))
      .png()
      .toBuffer();
  const bars = (...widths: number[]): string =>
    widths.map((width, at) => `<rect x="${90 + at * 16}" y="${160 - width}" width="${width}" height="${width + 4}" fill="#444"/>`).join('');

  it('small marks on an empty ground are the same, or others', async () => {
    const [mark, other] = [await drawing(bars(3, 9, 2, 7, 4, 8, 3, 9)), await drawing(bars(9, 2, 8, 3, 9, 2, 7, 3))];
    assert.ok(!looksAlike(await lookOf(mark), await lookOf(other)));
    for (const one of [mark, other])
      for (const change of [SAME['JPEG of quality 85'], SAME['96 pixels'], SAME['PNG of 16 colours']] as Change[])
        assert.ok(looksAlike(await lookOf(one), await changed(one, change)));
  });

  for (const colour of ['#000', '#fff'])
    it(`marks of ${colour} on nothing: one that is not seen on its own colour is no other`, async () => {
      const [one, other] = await Promise.all(
        ['<circle cx="160" cy="160" r="120"/>', '<rect x="20" y="120" width="280" height="60"/>'].map((shape) =>
          drawing(shape.replace('/>', ` fill="${colour}"/>`), ''),
        ),
      );
      assert.ok(one && other && !looksAlike(await lookOf(one), await lookOf(other)));
      assert.ok(looksAlike(await lookOf(one), await lookOf(await sharp(one).resize(96, 96).png().toBuffer())));
    });

  it('what is nearly of one colour is the same only where hardly anything differs', async () => {
    const flat = (shade: number): Promise<Buffer> =>
      sharp({ create: { width: 64, height: 64, channels: 3, background: { r: shade, g: shade, b: shade } } })
        .png()
        .toBuffer();
    assert.ok(
      looksAlike(
        await lookOf(await flat(20)),
        await lookOf(
          await sharp(await flat(20))
            .jpeg({ quality: 30 })
            .toBuffer(),
        ),
      ),
    );
    assert.ok(!looksAlike(await lookOf(await flat(20)), await lookOf(await flat(23))));
  });

  it('upright, or as its pixels lie: a phone that drops the orientation of a photo sends the same', async () => {
    const lying = await sharp(await portrait(3, 300, 200))
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const stripped = await sharp(lying).jpeg({ quality: 60 }).toBuffer();
    const upright = await sharp(lying).autoOrient().jpeg({ quality: 60 }).toBuffer();
    assert.deepEqual([(await sharp(stripped).metadata()).width, (await sharp(upright).metadata()).width], [300, 200]);
    for (const back of [stripped, upright]) assert.ok(looksAlike(await lookOf(lying), await lookOf(back)));
    assert.ok(!looksAlike(await lookOf(lying), await lookOf(await sharp(stripped).rotate(180).toBuffer())));
  });

  it('what is transparent may come back on white or on black', async () => {
    const hole = await sharp({ create: { width: 100, height: 100, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
      .composite([
        {
          input: await sharp(await portrait(2))
            .resize(60, 60)
            .toBuffer(),
          left: 20,
          top: 20,
        },
      ])
      .png()
      .toBuffer();
    for (const background of ['#ffffff', '#000000'])
      assert.ok(looksAlike(await lookOf(hole), await lookOf(await sharp(hole).flatten({ background }).jpeg().toBuffer())), background);
    assert.ok(!looksAlike(await lookOf(hole), await lookOf(await sharp(hole).flatten({ background: '#c03030' }).jpeg().toBuffer())));
  });

  for (const [what, bytes] of [
    ['nothing', Buffer.alloc(0)],
    ['a drawing of vectors', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>')],
    ['a broken JPEG', Buffer.concat([Buffer.from('\xff\xd8\xff\xc0\x00\x11\x08\x02\x00\x02\x00\x03', 'latin1'), Buffer.alloc(5000, 0x5a)])],
  ] as const)
    it(`${what}: nothing can be told`, async () => {
      assert.equal(await pictures.look(bytes), undefined);
    });
});
