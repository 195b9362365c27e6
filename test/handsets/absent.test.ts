/**
 * A property that is empty, one that is not there although the phone has it, and one the phone does not have: the first two were taken away by a
 * person, the third was not. What tells is the phone's property lists. [Device Information 1.2, "CTCap"]
 */
import assert from 'node:assert/strict';
import type { DevInf } from '../../src/model/devinf.js';
import { add, replace } from '../engine/support/messages.js';
import { Bench } from '../exchange/support/bench.js';
import { HandsetFinder } from '../../src/handsets/handset.js';
import { openLibrary } from '../../src/handsets/folder.js';
import { Phone } from './support/phone.js';

const CARD = { type: 'text/x-vcard' };
const card = (...lines: readonly string[]): string => ['BEGIN:VCARD', 'VERSION:2.1', 'N:Berg;Anna', ...lines, 'END:VCARD', ''].join('\r\n');
const STORED = card('TEL;HOME:1', 'TEL;WORK:2', 'TITLE:Boss', 'NOTE:n', 'NICKNAME:Ann', 'EMAIL;INTERNET:a@x.example');

const listOf = (names: string): Partial<DevInf> => ({
  ctCaps: [{ ctType: CARD.type, properties: names.split(' ').map((name) => ({ name })) }],
});
/** In words of 1.2: within the store. */
const inStore = (names: string): Partial<DevInf> => ({
  verDtd: '1.2',
  dataStores: [
    {
      sourceRef: './contacts',
      rxPref: { ctType: CARD.type, verCt: '2.1' },
      rx: [],
      txPref: { ctType: CARD.type, verCt: '2.1' },
      tx: [],
      syncCap: ['1', '2'],
      ctCaps: listOf(names).ctCaps ?? [],
    },
    {
      sourceRef: './other',
      rxPref: { ctType: CARD.type, verCt: '2.1' },
      rx: [],
      tx: [],
      syncCap: ['1', '2'],
      ctCaps: listOf('N NICKNAME TITLE NOTE TEL EMAIL').ctCaps ?? [],
    },
  ],
});

/** What is stored after the phone has changed what it was given into `sent`. */
async function after(devInf: Partial<DevInf>, sent: string, man = 'Somebody'): Promise<string[]> {
  const bench = await Bench.open();
  try {
    bench.handsets = new HandsetFinder({ library: openLibrary() });
    bench.exchange = bench.another();
    const desktop = new Phone(bench, { man: 'Patrick Ohly', mod: 'SyncEvolution' });
    await desktop.sync(201, [add('1', STORED, { meta: CARD })]);
    const phone = new Phone(bench, { man, mod: 'Something' }, { devInf });
    await phone.sync(201, []);
    const [luid = ''] = [...phone.items.keys()];
    await phone.sync(200, [replace(luid, sent, { meta: CARD })]);
    const [text = ''] = await bench.texts('contacts');
    return text.split('\r\n').slice(3, -2).sort();
  } finally {
    await bench.close();
  }
}

const ALL = ['EMAIL;INTERNET:a@x.example', 'NICKNAME:Ann', 'NOTE:n', 'TEL;HOME:1', 'TEL;WORK:2', 'TITLE:Boss'];

describe('a property a phone does not send', () => {
  for (const [words, lists] of [
    ['1.1', listOf],
    ['1.2', inStore],
  ] as const) {
    it(`${words}: that it has, was taken away; that it has not, stays`, async () => {
      const sent = card('TEL;HOME:1', 'TEL;WORK:2', 'EMAIL;INTERNET:a@x.example');
      assert.deepEqual(
        await after(lists('N TEL EMAIL NOTE'), sent),
        ALL.filter((line) => line !== 'NOTE:n'),
      );
    });

    it(`${words}: one of several was taken away`, async () => {
      const sent = card('TEL;WORK:2', 'NOTE:n', 'EMAIL;INTERNET:a@x.example');
      assert.deepEqual(
        await after(lists('N TEL EMAIL NOTE'), sent),
        ALL.filter((line) => line !== 'TEL;HOME:1'),
      );
    });
  }

  it('that comes empty was taken away, whether or not the phone lists it', async () => {
    const sent = card('TEL;HOME:1', 'TEL;WORK:2', 'NOTE:', 'TITLE:', 'EMAIL;INTERNET:a@x.example');
    const left = await after(listOf('N TEL EMAIL NOTE'), sent);
    assert.deepEqual(
      left.filter((line) => !line.endsWith(':')),
      ALL.filter((line) => line !== 'NOTE:n' && line !== 'TITLE:Boss'),
    );
  });

  it('that comes as "-" from a phone that cannot send it empty was taken away', async () => {
    const sent = card('TEL;HOME:1', 'TEL;WORK:2', 'NOTE:n', 'EMAIL:-');
    assert.deepEqual(
      await after(listOf('N TEL EMAIL NOTE'), sent, 'SonyEricsson'),
      ALL.filter((line) => !line.startsWith('EMAIL')),
    );
  });

  it('that was cut or left out for it is not taken away by it', async () => {
    const lists = inStore('N');
    const [first] = lists.dataStores ?? [];
    assert.ok(first);
    const properties = [
      { name: 'N' },
      { name: 'TEL', maxOccur: 1 },
      { name: 'TITLE', maxSize: 2 },
      { name: 'NOTE' },
      { name: 'NICKNAME', maxSize: 2, noTruncate: true },
    ];
    const devInf = { ...lists, dataStores: [{ ...first, ctCaps: [{ ctType: CARD.type, properties }] }] };
    assert.deepEqual(await after(devInf, card('TEL;HOME:1', 'TITLE:Bo', 'NOTE:n')), ALL);
    const older: Partial<DevInf> = {
      ctCaps: [
        {
          ctType: CARD.type,
          properties: [...properties.slice(0, 1), { name: 'TEL' }, { name: 'TITLE', dataType: 'chr', size: 2 }, { name: 'NOTE' }],
        },
      ],
    };
    assert.deepEqual(await after(older, card('TEL;HOME:1', 'TEL;WORK:2', 'TITLE:Bo', 'NOTE:n')), ALL);
  });
});
