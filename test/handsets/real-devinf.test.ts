/** Device information of real phones: what is believed of it. The documents are not ours to ship; without them there is nothing to test. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { abilitiesFor } from '../../src/content/abilities.js';
import { takenBy } from '../../src/content/conversion/format.js';
import { openLibrary } from '../../src/handsets/folder.js';
import { handsetOf, type Handset } from '../../src/handsets/handset.js';
import { decodeDevInf } from '../../src/wire/decode-devinf.js';

const folder = new URL('../../../shared/corpus/devinf/from-messages/', import.meta.url);
const library = openLibrary();
function phone(file: string): Handset {
  const devInf = decodeDevInf(readFileSync(new URL(file, folder)));
  assert.ok(devInf, file);
  return handsetOf(library, { uri: devInf.devId, devInf: JSON.stringify(devInf) });
}
const cards = (handset: Handset, zone?: string) => abilitiesFor(handset.believed, 'text/x-vcard', zone, handset.profile.traits);

(existsSync(folder) ? describe : describe.skip)('real device information', () => {
  it('gives each phone its profile', () => {
    for (const [file, id] of [
      ['NOKIA-N80.xml', 'nokia-s60-3rd'],
      ['Nokia-Corporation-Nokia-3220.xml', 'nokia-s40'],
      ['Sony-Ericsson-P900.xml', 'uiq'],
      ['SonyEricsson-K800i.xml', 'sony-ericsson-kwc'],
      ['SonyEricsson-W910i.xml', 'sony-ericsson-kwc'],
      ['Synthesis-AG-SySync-Client-PalmOS-STD.xml', 'synthesis-palm'],
      ['Ericsson.xml', 'ericsson-t39'],
      ['man-1-2-PC.xml', 'unknown'],
    ] as const)
      assert.equal(phone(file).profile.id, id, file);
  });

  it('Nokia N80: 256 bytes for everything are no limits', () => {
    const n80 = phone('NOKIA-N80.xml');
    assert.ok(n80.corrections.some(({ what, claimed }) => what === 'sizes of properties' && claimed.includes('256')));
    const able = cards(n80) ?? assert.fail();
    assert.ok((able.properties?.size ?? 0) > 10);
    for (const limit of able.properties?.values() ?? []) assert.equal(limit.maxSize, undefined);
    assert.deepEqual(
      takenBy(n80.believed ?? assert.fail(), './C:Contacts.cdb').map(({ type }) => type),
      ['text/x-vcard'],
    );
  });

  it('Sony Ericsson K800i: its limits are what it says, and what is known', () => {
    const able = cards(phone('SonyEricsson-K800i.xml')) ?? assert.fail();
    assert.equal(able.properties?.get('TITLE')?.maxSize, 15);
    assert.equal(able.properties.get('EMAIL')?.maxOccur, 3);
    assert.equal(able.properties.get('TEL')?.noTruncate, true);
  });

  it('Nokia 3220 and Palm OS: local times; SyncML 1.0 gets them where the profile says so', () => {
    for (const file of ['Nokia-Corporation-Nokia-3220.xml', 'Synthesis-AG-SySync-Client-PalmOS-STD.xml', 'Sony-Ericsson-P900.xml'])
      assert.equal(cards(phone(file), 'Europe/Berlin')?.localZone, 'Europe/Berlin', file);
    assert.equal(cards(phone('Ericsson.xml'), 'Europe/Berlin')?.localZone, undefined);
  });
});
