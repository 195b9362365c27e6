/** What is believed of a phone's device information, and why it is not taken as it is. */
import assert from 'node:assert/strict';
import { openLibrary } from '../../src/handsets/folder.js';
import { handsetOf, type Handset } from '../../src/handsets/handset.js';
import type { CtCap, DevInf } from '../../src/model/devinf.js';

const library = openLibrary();
const phone = (devInf: Partial<DevInf>): Handset =>
  handsetOf(library, {
    uri: 'IMEI:1',
    devInf: JSON.stringify({ verDtd: '1.2', devId: 'IMEI:1', devTyp: 'phone', dataStores: [], ...devInf }),
  });
const card = (properties: CtCap['properties'], ctType = 'text/x-vcard'): CtCap => ({ ctType, verCt: '2.1', properties });

describe('what is believed of a phone', () => {
  it('a constant for every size is none (Nokia N80)', () => {
    const { believed, corrections, profile } = phone({
      man: 'NOKIA',
      mod: 'N80',
      ctCaps: [
        card([
          { name: 'PHOTO', maxSize: 256 },
          { name: 'NOTE', maxSize: 256, maxOccur: 1 },
        ]),
      ],
    });
    assert.equal(profile.id, 'nokia-s60-3rd');
    assert.deepEqual(believed?.ctCaps?.[0]?.properties, [{ name: 'PHOTO' }, { name: 'NOTE', maxOccur: 1 }]);
    assert.deepEqual(corrections, [
      {
        what: 'sizes of properties',
        claimed: '2 of them, all 256 bytes',
        believed: 'not known',
        field: 'fields.sizesWrong',
        by: 'nokia-s60-3rd',
      },
    ]);
  });

  it('formats beside those it can be given are left out', () => {
    const { believed, corrections } = phone({
      man: 'Nokia',
      mod: 'E51',
      dataStores: [
        {
          sourceRef: './C:Calendar',
          rxPref: { ctType: 'text/calendar', verCt: '2.0' },
          rx: [{ ctType: 'text/x-vcalendar', verCt: '1.0' }],
          tx: [],
          syncCap: [],
        },
        { sourceRef: './Notes', rxPref: { ctType: 'text/plain', verCt: '1.0' }, rx: [], tx: [], syncCap: [] },
      ],
    });
    assert.deepEqual(
      believed?.dataStores.map(({ rxPref, rx }) => [rxPref?.ctType, rx.length]),
      [
        ['text/x-vcalendar', 0],
        ['text/plain', 0],
      ],
    );
    assert.deepEqual(
      corrections.map(({ field, what, claimed, believed: after }) => [field, what, claimed, after]),
      [['sync.formats', 'formats for ./C:Calendar', 'text/calendar 2.0, text/x-vcalendar 1.0', 'text/x-vcalendar 1.0']],
    );
  });

  it('limits nobody declared are added to those declared, the smaller one counts', () => {
    const { believed } = phone({
      man: 'SonyEricsson',
      mod: 'K800i',
      utc: true,
      ctCaps: [card([{ name: 'NOTE' }, { name: 'TITLE', maxSize: 10 }, { name: 'EMAIL', maxOccur: 3, noTruncate: true }])],
    });
    assert.deepEqual(believed?.ctCaps?.[0]?.properties, [
      { name: 'NOTE', maxSize: 50 },
      { name: 'TITLE', maxSize: 10 },
      { name: 'EMAIL', maxOccur: 3, maxSize: 50, noTruncate: true },
    ]);
  });

  it('UTC, large objects and property lists as the profile has them', () => {
    assert.equal(phone({ man: 'Nokia', mod: 'Nokia 7210c', utc: false }).believed?.utc, true);
    assert.equal(phone({ man: 'SIEMENS', mod: 'S65', utc: true }).believed?.utc, false);
    const w890 = phone({ man: 'SonyEricsson', mod: 'W890i', supportLargeObjs: true });
    assert.equal(w890.believed?.supportLargeObjs, false);
    assert.deepEqual(
      w890.corrections.map(({ what, by }) => [what, by]),
      [['takes large objects', 'sony-ericsson-w890']],
    );
    const je = phone({ man: 'Nexthaus Corp', ctCaps: [card([{ name: 'N' }])] });
    assert.deepEqual(je.believed?.ctCaps, []);
    assert.deepEqual(
      je.corrections.map(({ field }) => field),
      ['fields.listWrong'],
    );
  });

  it('a phone nobody has described is believed', () => {
    const { profile, corrections, believed, claimed } = phone({
      man: 'Somebody',
      mod: 'Something',
      ctCaps: [card([{ name: 'N', maxSize: 5 }])],
    });
    assert.equal(profile.id, 'unknown');
    assert.deepEqual(profile.traits, {});
    assert.deepEqual(believed, claimed);
    assert.deepEqual(corrections, []);
  });

  it('an operator may choose another profile; one that is gone does no harm', () => {
    const known = {
      uri: 'IMEI:1',
      devInf: JSON.stringify({ verDtd: '1.1', devId: '1', devTyp: 'phone', man: 'SAMSUNG', mod: 'SGH-i400', dataStores: [] }),
    };
    assert.equal(handsetOf(library, known).profile.id, 'samsung');
    assert.equal(handsetOf(library, { ...known, profile: 'nokia-s60' }).profile.id, 'nokia-s60');
    const gone = handsetOf(library, { ...known, profile: 'no-more' });
    assert.deepEqual([gone.profile.id, gone.chosen], ['samsung', false]);
  });
});
