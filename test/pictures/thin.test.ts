/** Photos made smaller. */
import assert from 'node:assert/strict';
import { deflateSync } from 'node:zlib';
import sharp, { type Metadata } from 'sharp';
import { photoFacts, photoFits, type PhotoLimits } from '../../src/content/photos.js';
import { SharpPictures } from '../../src/pictures/pictures.js';
import { photo } from './photos.js';

const pictures = new SharpPictures();

async function thinned(bytes: Uint8Array, limits: PhotoLimits): Promise<Metadata & { bytes: number }> {
  const result = await pictures.thin(bytes, limits);
  assert.ok(result, 'there is a smaller one');
  assert.ok(photoFits(result, { ...limits, formats: ['jpeg'] }), 'it is within the limits');
  return { ...(await sharp(result).metadata()), bytes: result.length };
}

/** A PNG whose header says more than it holds. */
function bomb(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    return Buffer.concat([length, body, Buffer.alloc(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(1000))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

describe('pictures', function () {
  this.timeout(30_000);

  for (const format of ['jpeg', 'png', 'gif'] as const) {
    it(`${format}: its size is told by its first bytes`, async () => {
      assert.deepEqual(photoFacts(await photo(format, 123, 77)), { format, width: 123, height: 77 });
    });

    it(`${format}: within bytes and pixels, as JPEG, in its proportions`, async () => {
      const { width, height, format: is } = await thinned(await photo(format, 160, 120), { maxBytes: 3000, maxWidth: 100, maxHeight: 100 });
      assert.equal(is, 'jpeg');
      assert.ok(
        width !== undefined && height !== undefined && width <= 100 && Math.abs(width / height - 160 / 120) < 0.05,
        `${width}x${height}`,
      );
    });
  }

  it('with few bytes gets smaller, with many stays as large as it may', async () => {
    const large = await photo('jpeg', 600, 400);
    const [few, many] = [await thinned(large, { maxBytes: 1500 }), await thinned(large, { maxBytes: 100_000, maxWidth: 300 })];
    assert.ok((few.width ?? 0) < 300, `${few.width}`);
    assert.equal(many.width, 300);
  });

  it('is upright, on white', async () => {
    const lying = await sharp({ create: { width: 60, height: 40, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
      .png()
      .toBuffer();
    const turned = await sharp(await photo('jpeg', 60, 40))
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const flat = await pictures.thin(lying, { maxBytes: 5000 });
    assert.ok(flat);
    const { data } = await sharp(flat).raw().toBuffer({ resolveWithObject: true });
    assert.ok((data[0] ?? 0) > 250, 'white');
    const up = await thinned(turned, { maxWidth: 50, maxHeight: 50 });
    assert.ok((up.height ?? 0) > (up.width ?? 0), 'turned');
  });

  it('is the same for the same photo and limits', async () => {
    const large = await photo('jpeg', 300, 300);
    assert.deepEqual(await pictures.thin(large, { maxBytes: 3000 }), await pictures.thin(large, { maxBytes: 3000 }));
  });

  for (const [what, bytes] of [
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>')],
    ['the beginning of a JPEG', Buffer.from('\xff\xd8\xff\xe0\x00\x10JFIF\x00', 'latin1')],
    [
      'a JPEG of noise',
      Buffer.concat([Buffer.from('\xff\xd8\xff\xc0\x00\x11\x08\x02\x00\x02\x00\x03', 'latin1'), Buffer.alloc(5000, 0x5a)]),
    ],
    ['a picture of more pixels than anyone has', bomb(60_000, 60_000)],
    ['a picture that says more than it holds', bomb(2000, 2000)],
  ] as const)
    it(`${what}: there is no smaller one, and no harm`, async () => {
      const before = process.memoryUsage().rss;
      assert.equal(await pictures.thin(bytes, { maxBytes: 1000 }), undefined);
      assert.ok(process.memoryUsage().rss - before < 300_000_000);
    });

  it('half of a photo is none', async () => {
    const whole = await photo('jpeg', 400, 400);
    assert.equal(await pictures.thin(whole.subarray(0, whole.length / 2), { maxBytes: 2000 }), undefined);
  });
});

describe('pictures: what fits', () => {
  it('by bytes, pixels and format', async () => {
    const png = await photo('png', 100, 50);
    for (const [limits, fits] of [
      [{ maxBytes: png.length }, true],
      [{ maxBytes: png.length - 1 }, false],
      [{ maxWidth: 100, maxHeight: 50 }, true],
      [{ maxWidth: 99 }, false],
      [{ maxHeight: 49 }, false],
      [{ formats: ['png'] }, true],
      [{ formats: ['jpeg', 'gif'] }, false],
    ] as const)
      assert.equal(photoFits(png, limits), fits, JSON.stringify(limits));
    assert.equal(photoFits(Buffer.from('no picture'), { maxBytes: 100 }), true);
    assert.equal(photoFits(Buffer.from('no picture'), { maxWidth: 100 }), false);
  });
});
