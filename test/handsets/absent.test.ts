/**
 * A property that is empty, one that is not there although the phone has it, and one the phone does not have: the first two were taken away by a
 * person, the third was not. What tells is the phone's property lists; where it has none, what it has ever written. [Device Information 1.2, "CTCap"]
 */
import assert from 'node:assert/strict';
import type { DevInf } from '../../src/model/devinf.js';
import { add, replace } from '../engine/support/messages.js';
import { Bench } from '../exchange/support/bench.js';
import { HandsetFinder } from '../../src/handsets/handset.js';
import { openLibrary } from '../../src/handsets/folder.js';
import { seenWith } from '../../src/content/seen.js';
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

const EVENT = { type: 'text/x-vcalendar' };
const entry = (kind: string, ...lines: readonly string[]): string =>
  ['BEGIN:VCALENDAR', 'VERSION:1.0', `BEGIN:${kind}`, ...lines, `END:${kind}`, 'END:VCALENDAR', ''].join('\r\n');

describe('a property a phone does not send that lists none', () => {
  let bench: Bench;
  let phone: Phone;
  beforeEach(async () => {
    bench = await Bench.open();
    bench.handsets = new HandsetFinder({ library: openLibrary() });
    bench.exchange = bench.another();
  });
  afterEach(() => bench.close());

  /** The lines that are left when the phone sends `sent` for the item `stored` of another device. */
  async function left(stored: string, sent: string, own?: string, silent = false): Promise<string[]> {
    const isCard = stored.startsWith('BEGIN:VCARD');
    const [store, meta] = isCard ? (['contacts', CARD] as const) : (['calendar', EVENT] as const);
    const types = [[meta.type, isCard ? '2.1' : '1.0'] as const];
    const isNewer = stored.includes('VERSION:3.0');
    const desktop = new Phone(
      bench,
      { man: 'Patrick Ohly', mod: 'SyncEvolution' },
      { store, types: isNewer ? [['text/vcard', '3.0']] : types },
    );
    await desktop.sync(201, [add('1', stored, { meta: isNewer ? { type: 'text/vcard' } : meta })]);
    phone = new Phone(bench, { man: 'Somebody', mod: 'Something' }, { store, types, silent });
    await phone.sync(201, own === undefined ? [] : [add('own', own, { meta })]);
    const [luid = ''] = [...phone.items.keys()];
    await phone.sync(200, [replace(luid, sent, { meta })]);
    const texts = (await bench.texts(store)).filter((text) => text !== own);
    return (texts[0] ?? '').split('\r\n').filter((line) => !/^(?:BEGIN|END|VERSION|N):/.test(line) && line !== '');
  }

  for (const silent of [false, true])
    it(`stays, when the phone never wrote one${silent ? ', and has told nothing of itself' : ''}`, async () => {
      const now = await left(STORED, card('TEL;HOME:1', 'TITLE:Chief'), undefined, silent);
      // A number it took away; a title it wrote.
      assert.deepEqual(now.sort(), ['EMAIL;INTERNET:a@x.example', 'NICKNAME:Ann', 'NOTE:n', 'TEL;HOME:1', 'TITLE:Chief']);
      assert.deepEqual((await phone.sync(200, [])).received, [], 'and nothing goes back to the phone');
    });

  it('was taken away, when the phone has written one of another contact', async () => {
    const own = ['BEGIN:VCARD', 'VERSION:2.1', 'N:Other;One', 'NOTE:mine', 'END:VCARD', ''].join('\r\n');
    const now = await left(STORED, card('TEL;HOME:1', 'TEL;WORK:2'), own);
    assert.deepEqual(now.sort(), ['EMAIL;INTERNET:a@x.example', 'NICKNAME:Ann', 'TEL;HOME:1', 'TEL;WORK:2', 'TITLE:Boss']);
  });

  it('was taken away, when every phone has such: the only number of a contact', async () => {
    assert.deepEqual(await left(card('TEL;HOME:1', 'NOTE:n'), card('NOTE:n')), ['NOTE:n']);
  });

  it('stays in an item of another format', async () => {
    const stored = STORED.replace('2.1', '3.0').replace('NICKNAME:Ann', 'FN:Anna Berg\r\nNICKNAME:Ann\r\nX-DESK:1');
    const now = await left(stored, card('FN:Anna Berg', 'TEL;HOME:1', 'TEL;WORK:2', 'TITLE:Chief'));
    assert.deepEqual(now, stored.replace('Boss', 'Chief').split('\r\n').slice(3, -2));
  });

  it('was taken away, when it comes empty', async () => {
    const now = await left(STORED, card('TEL;HOME:1', 'TEL;WORK:2', 'TITLE:Boss', 'NOTE:', 'NICKNAME:Ann', 'EMAIL;INTERNET:a@x.example'));
    assert.ok(!now.includes('NOTE:n'));
  });

  it('stays in events: a rule, a place and an alarm of which the phone never wrote any', async () => {
    const stored = [
      'SUMMARY:Walk',
      'DTSTART:20260601T080000Z',
      'DTEND:20260601T090000Z',
      'RRULE:W1 #0',
      'LOCATION:Park',
      'AALARM:20260601T073000Z',
    ];
    const now = await left(entry('VEVENT', ...stored), entry('VEVENT', 'SUMMARY:Run', ...stored.slice(1, 3)));
    assert.deepEqual(now.sort(), ['SUMMARY:Run', ...stored.slice(1)].sort());
  });

  it('is told by events for events, and by tasks for tasks', async () => {
    const own = entry('VTODO', 'SUMMARY:Buy', 'LOCATION:Shop');
    const stored = ['SUMMARY:Walk', 'DTSTART:20260601T080000Z', 'DTEND:20260601T090000Z', 'LOCATION:Park'];
    const now = await left(entry('VEVENT', ...stored), entry('VEVENT', 'SUMMARY:Run', ...stored.slice(1, 3)), own);
    assert.deepEqual(now.sort(), ['SUMMARY:Run', ...stored.slice(1)].sort());
  });

  it('under another name was replaced: an alarm is one alarm', async () => {
    const stored = ['SUMMARY:Walk', 'DTSTART:20260601T080000Z', 'DTEND:20260601T090000Z'];
    const now = await left(entry('VEVENT', ...stored, 'AALARM:20260601T073000Z'), entry('VEVENT', ...stored, 'DALARM:20260601T074500Z'));
    assert.deepEqual(now.sort(), [...stored, 'DALARM:20260601T074500Z'].sort());
  });
});

describe('what a phone was seen to write', () => {
  const bytes = (text: string): Buffer => Buffer.from(text);

  it('grows with what is new, and is the same object of names otherwise', () => {
    const first = seenWith({}, bytes(card('NOTE:n')), CARD.type) ?? assert.fail();
    assert.deepEqual(first, { VCARD: ['N', 'NOTE'] });
    assert.equal(seenWith(first, bytes(card('NOTE:m')), CARD.type), undefined);
    assert.deepEqual(seenWith(first, bytes(card('X-A:m')), CARD.type), { VCARD: ['N', 'NOTE', 'X-A'] });
  });

  it('has an end, whatever a device makes up', () => {
    const names = Array.from({ length: 300 }, (_, at) => `X-${at}:1`);
    const many = seenWith({}, bytes(card(...names, `X-${'A'.repeat(60)}:1`)), CARD.type) ?? assert.fail();
    assert.equal(many['VCARD']?.length, 200);
    assert.equal(seenWith(many, bytes(card('X-NEW:1')), CARD.type), undefined);
    const long = seenWith({}, bytes(card(`X-${'A'.repeat(60)}:1`)), CARD.type);
    assert.deepEqual(long, { VCARD: ['N'] });
  });

  it('tells alarms inside of events of 2.0 too, and nothing of what is no entry', () => {
    const event = 'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nBEGIN:VALARM\r\nACTION:AUDIO\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n';
    assert.deepEqual(seenWith({}, bytes(event), 'text/calendar'), { VEVENT: ['VALARM'] });
    assert.equal(seenWith({}, bytes('a note'), 'text/plain'), undefined);
  });
});
