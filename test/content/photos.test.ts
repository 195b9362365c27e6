/** Photos a device gets smaller, and cards that come back without one. */
import assert from 'node:assert/strict';
import type { Abilities } from '../../src/content/abilities.js';
import { abilitiesFor } from '../../src/content/abilities.js';
import { render } from '../../src/content/rendering.js';
import { takeBack } from '../../src/content/taking-back.js';
import type { DevInf } from '../../src/model/devinf.js';
import { card } from './helpers.js';

const LARGE = Buffer.concat([Buffer.from('\xff\xd8\xff', 'latin1'), Buffer.alloc(300, 1)]);
const SMALL = Buffer.from('\xff\xd8\xff\xd9', 'latin1');
const LIMITED: Abilities = { photo: { maxBytes: 100 }, thinned: () => SMALL, limits: true };
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

describe('content: photos for small devices', () => {
  for (const [version, type, stored, expected] of [
    [
      '2.1',
      'text/x-vcard',
      `PHOTO;GIF;ENCODING=BASE64:\r\n ${base64(LARGE)}\r\n`,
      `PHOTO;JPEG;ENCODING=BASE64:\r\n ${base64(SMALL)}\r\n\r\n`,
    ],
    ['3.0', 'text/vcard', `a.PHOTO;ENCODING=b;TYPE=PNG:${base64(LARGE)}`, `a.PHOTO;TYPE=JPEG;ENCODING=b:${base64(SMALL)}\r\n`],
    ['4.0', 'text/vcard', `PHOTO:data:image/png;base64,${base64(LARGE)}`, `PHOTO:data:image/jpeg;base64,${base64(SMALL)}\r\n`],
  ] as const) {
    const whole = card(version, ['N:a', stored, 'TEL:1']);

    it(`${version}: a smaller one stands in its place`, () => {
      const given = Buffer.from(render(whole, type, LIMITED)).toString('latin1');
      assert.ok(given.includes(expected), given);
      assert.ok(given.includes('N:a\r\n') && given.includes('TEL:1\r\n'));
    });

    it(`${version}: without a smaller one it is left out`, () => {
      assert.ok(!Buffer.from(render(whole, type, { ...LIMITED, thinned: () => undefined })).includes('PHOTO'));
    });

    it(`${version}: a card that comes back without it keeps it, but from a device that lists photos`, () => {
      const without = card(version, ['N:b', 'TEL:1']);
      assert.ok(Buffer.from(takeBack(whole, without, type, LIMITED)).includes(base64(LARGE)));
      const properties = new Map(['N', 'TEL', 'PHOTO'].map((name) => [name, {}]));
      assert.ok(!Buffer.from(takeBack(whole, without, type, { ...LIMITED, properties })).includes('PHOTO'));
    });
  }

  it('in SIF: a smaller one, or none; what comes back without it keeps it', () => {
    const sif = (photo: string): Buffer =>
      Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n<contact><LastName>Smith</LastName>${photo}<JobTitle>a</JobTitle></contact>`);
    const whole = sif(`<Photo TYPE="PNG" ENCODING="base64">${base64(LARGE)}</Photo>`);
    const type = 'text/x-s4j-sifc';
    const smaller = sif(`<Photo TYPE="JPEG" ENCODING="base64">${base64(SMALL)}</Photo>`);
    assert.equal(Buffer.from(render(whole, type, LIMITED)).toString(), smaller.toString());
    assert.equal(Buffer.from(render(whole, type, { ...LIMITED, thinned: () => undefined })).toString(), sif('').toString());
    assert.equal(render(smaller, type, LIMITED), smaller);
    const edited = (bytes: Buffer): Buffer => Buffer.from(bytes.toString().replace('>a<', '>b<'));
    for (const back of [smaller, sif('')]) assert.ok(Buffer.from(takeBack(whole, edited(back), type, LIMITED)).includes(base64(LARGE)));
    const fresh = base64(Buffer.from('\xff\xd8\xff\xdb', 'latin1'));
    const other = edited(sif(`<Photo TYPE="JPEG" ENCODING="base64">${fresh}</Photo>`));
    assert.equal(takeBack(whole, other, type, LIMITED), other);
    // Emptied by a program that was given one.
    assert.ok(!Buffer.from(takeBack(whole, edited(sif('<Photo></Photo>')), type, LIMITED)).includes(base64(LARGE)));
    assert.ok(Buffer.from(takeBack(whole, sif('<Photo></Photo>'), type, { ...LIMITED, withoutMedia: true })).includes(base64(LARGE)));
  });

  it('one that fits stays, byte for byte', () => {
    const whole = card('3.0', [`PHOTO;ENCODING=b:${base64(SMALL)}`]);
    assert.equal(render(whole, 'text/vcard', LIMITED), whole);
  });

  it('limits come from the size declared for the value, unless no photo would fit, and from the profile', () => {
    const devInf = (maxSize: number): DevInf => ({
      verDtd: '1.2',
      devId: 'x',
      devTyp: 'phone',
      utc: true,
      dataStores: [],
      ctCaps: [{ ctType: 'text/x-vcard', verCt: '2.1', properties: [{ name: 'N' }, { name: 'PHOTO', maxSize }] }],
    });
    const photo = (maxSize: number, profile = {}): unknown =>
      abilitiesFor(devInf(maxSize), 'text/x-vcard', undefined, { fields: { photo: profile } })?.photo;
    assert.deepEqual(photo(10_000), { maxBytes: 7000 });
    assert.equal(photo(256), undefined);
    assert.deepEqual(photo(10_000, { maxBytes: 5000, maxWidth: 96, maxHeight: 64, formats: ['jpeg'] }), {
      maxBytes: 5000,
      maxWidth: 96,
      maxHeight: 64,
      formats: ['jpeg'],
    });
  });
});
