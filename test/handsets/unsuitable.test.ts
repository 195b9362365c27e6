/**
 * Items a device has no place for: in no format that it names, or of a kind that its store does not hold. They are not sent, stay here whatever the
 * device does, and the rest goes on as if they were not there.
 */
import assert from 'node:assert/strict';
import { holdsKind, kindsHeld, namesFormat } from '../../src/content/conversion/device-store.js';
import { readable } from '../../src/content/conversion/convert.js';
import { openLibrary } from '../../src/handsets/folder.js';
import { HandsetFinder } from '../../src/handsets/handset.js';
import type { DevInf, DevInfDataStore } from '../../src/model/devinf.js';
import { add, remove, replace } from '../engine/support/messages.js';
import { Bench } from '../exchange/support/bench.js';
import { Phone, type Session } from './support/phone.js';

const card = (version: string, name: string): string => `BEGIN:VCARD\r\nVERSION:${version}\r\nN:${name};A\r\nFN:A ${name}\r\nEND:VCARD\r\n`;
const entry = (kind: 'VEVENT' | 'VTODO', title: string): string =>
  `BEGIN:VCALENDAR\r\nVERSION:1.0\r\nBEGIN:${kind}\r\nSUMMARY:${title}\r\n${
    kind === 'VEVENT' ? 'DTSTART:20260601T080000Z\r\nDTEND:20260601T090000Z' : 'DUE:20260601T080000Z'
  }\r\nEND:${kind}\r\nEND:VCALENDAR\r\n`;
const VCAL = { type: 'text/x-vcalendar' };
const texts = (phone: Phone): string[] => [...phone.items.values()].map((bytes) => Buffer.from(bytes).toString());
const titles = (phone: Phone): string[] =>
  texts(phone)
    .map((text) => /SUMMARY:(.*)\r/.exec(text)?.[1] ?? '')
    .sort();
const countOf = ({ answers }: Session): number | undefined =>
  answers.flatMap(({ body }) =>
    body.flatMap((one) => (one.kind === 'Sync' && one.numberOfChanges !== undefined ? [one.numberOfChanges] : [])),
  )[0];

describe('an item that is not for a device', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.open();
    bench.handsets = new HandsetFinder({ library: openLibrary() });
    bench.exchange = bench.another();
  });
  afterEach(() => bench.close());
  const lastSync = (phone: Phone) =>
    bench.read(async (reader) => {
      const device = (await reader.devices.byUri(phone.id)) ?? assert.fail();
      return (await reader.pairs.ofDevice(device.id))[0]?.lastSync;
    });

  it('because it has no form there: is not sent, is told of, and comes as soon as it has one', async () => {
    const desktop = new Phone(bench, { man: 'Patrick Ohly', mod: 'SyncEvolution' }, { types: [['text/vcard', '4.0']] });
    const meta = { type: 'text/vcard' };
    const two = `${card('4.0', 'Berg')}${card('4.0', 'Tal')}`;
    await desktop.sync(201, [add('own1', two, { meta }), add('own2', card('4.0', 'See'), { meta })]);
    const phone = new Phone(bench, { man: 'Somebody', mod: 'Something' }, { types: [['text/x-vcard', '2.1']] });
    await phone.sync(201, []);
    assert.equal(texts(phone).length, 1);
    assert.match(texts(phone)[0] ?? '', /VERSION:2\.1\r\nN:See;A/);
    assert.deepEqual((await lastSync(phone))?.kept, { format: 1 });
    assert.equal(bench.logged.filter(({ event }) => event === 'no-format-for-device').length, 1);
    assert.deepEqual((await phone.sync(200, [])).received, []);
    assert.deepEqual((await lastSync(phone))?.kept, { format: 1 });
    await desktop.sync(200, [replace('own1', card('4.0', 'Berg'), { meta })]);
    assert.equal((await phone.sync(200, [])).received.length, 1);
    assert.equal((await lastSync(phone))?.kept, undefined);
    assert.equal(texts(phone).length, 2);
  });

  it('because it names no such type: a task for a store of SIF events', async () => {
    const desktop = new Phone(
      bench,
      { man: 'Patrick Ohly', mod: 'SyncEvolution' },
      { store: 'calendar', types: [['text/x-vcalendar', '1.0']] },
    );
    await desktop.sync(201, [add('own1', entry('VTODO', 'Buy'), { meta: VCAL }), add('own2', entry('VEVENT', 'Walk'), { meta: VCAL })]);
    const phone = new Phone(bench, { man: 'Somebody', mod: 'Something' }, { store: 'calendar', types: [['text/x-s4j-sife', '1.0']] });
    const { received } = await phone.sync(201, []);
    assert.equal(received.length, 1);
    assert.match(texts(phone)[0] ?? '', /<Subject>Walk</);
  });

  it('goes all the same to a device whose words for types nobody knows, or that has told nothing', async () => {
    const desktop = new Phone(bench, { man: 'Patrick Ohly', mod: 'SyncEvolution' }, { types: [['text/vcard', '4.0']] });
    await desktop.sync(201, [add('own1', card('4.0', 'Berg'), { meta: { type: 'text/vcard' } })]);
    for (const options of [{ types: [['application/x-address', '1']] as const }, { silent: true }]) {
      const phone = new Phone(bench, { man: 'Somebody', mod: 'Something' }, options);
      await phone.sync(201, []);
      assert.match(texts(phone)[0] ?? '', /VERSION:4\.0/);
    }
  });

  /** A phone with a store for events and one for tasks, and both synced with one datastore. */
  const separate: Partial<DevInf> = {
    dataStores: ['Calendar', 'Tasks'].map((name) => ({
      sourceRef: `./${name}`,
      rxPref: { ctType: 'text/x-vcalendar', verCt: '1.0' },
      rx: [],
      txPref: { ctType: 'text/x-vcalendar', verCt: '1.0' },
      tx: [],
      syncCap: ['1', '2'],
    })),
  };
  const half = (store: string, deviceId: string): Phone =>
    new Phone(bench, { man: 'Somebody', mod: 'Something', deviceId }, { store, datastore: 'calendar', devInf: separate });

  it('because it is a task: a phone with two stores joins them in one datastore with a phone that has one', async () => {
    const nokia = new Phone(bench, { man: 'NOKIA', mod: 'N80' }, { store: 'calendar', types: [['text/x-vcalendar', '1.0']] });
    await nokia.sync(201, [add('own1', entry('VTODO', 'Buy'), { meta: VCAL }), add('own2', entry('VEVENT', 'Walk'), { meta: VCAL })]);
    const [events, tasks] = [half('Calendar', 'IMEI:two'), half('Tasks', 'IMEI:two')];
    const first = await events.sync(201, []);
    await tasks.sync(201, []);
    assert.deepEqual([titles(events), titles(tasks)], [['Walk'], ['Buy']]);
    assert.equal(countOf(first) ?? 1, 1, 'what will not come is not announced');
    assert.equal((await lastSync(events))?.kept, undefined, 'it is nothing to tell of');

    // A task of its own reaches the other phone; what that one does there comes back to the right store.
    await tasks.sync(200, [add('t9', entry('VTODO', 'Paint'), { meta: VCAL })]);
    await nokia.sync(200, [add('own3', entry('VEVENT', 'Swim'), { meta: VCAL })]);
    assert.deepEqual(titles(nokia), ['Paint']);
    await events.sync(200, []);
    await tasks.sync(200, []);
    assert.deepEqual([titles(events), titles(tasks)], [['Swim', 'Walk'], ['Buy']]);
    const [bought = ''] = [...tasks.items].find(([, bytes]) => Buffer.from(bytes).includes('Buy')) ?? [];
    await tasks.sync(200, [remove(bought)]);
    assert.deepEqual(
      (await nokia.sync(200, [])).received.map(({ kind }) => kind),
      ['Delete'],
    );
  });

  it('stays when the device makes its set the whole one', async () => {
    const nokia = new Phone(bench, { man: 'NOKIA', mod: 'N80' }, { store: 'calendar', types: [['text/x-vcalendar', '1.0']] });
    await nokia.sync(201, [add('own1', entry('VTODO', 'Buy'), { meta: VCAL }), add('own2', entry('VEVENT', 'Walk'), { meta: VCAL })]);
    const events = half('Calendar', 'IMEI:three');
    await events.sync(201, []);
    await events.sync(203, [add('own7', entry('VEVENT', 'Swim'), { meta: VCAL })]);
    const left = await bench.texts('calendar');
    assert.deepEqual(
      left
        .filter((text) => text !== '')
        .map((text) => /SUMMARY:(.*)\r/.exec(text)?.[1])
        .sort(),
      ['Buy', 'Swim'],
    );
  });
});

describe('what a device names of its stores', () => {
  const store = (sourceRef: string, more: Partial<DevInfDataStore> = {}): DevInfDataStore => ({
    sourceRef,
    rx: [],
    tx: [],
    syncCap: [],
    ...more,
  });
  const devInf = (...dataStores: DevInfDataStore[]): DevInf => ({ verDtd: '1.2', devId: 'x', devTyp: 'phone', dataStores });
  const begins = (...valEnum: string[]): Partial<DevInfDataStore> => ({
    ctCaps: [{ ctType: 'text/x-vcalendar', properties: [{ name: 'BEGIN', valEnum }, { name: 'SUMMARY' }] }],
  });
  const kinds = (inf: DevInf, uri: string): string => [...(kindsHeld(inf, uri) ?? ['any'])].sort().join(' ');

  it('tells which of events and tasks they hold', () => {
    assert.equal(kinds(devInf(store('./Calendar'), store('./Tasks')), './Tasks'), 'VTODO');
    assert.equal(kinds(devInf(store('./Calendar'), store('./Tasks')), 'calendar'), 'VEVENT');
    assert.equal(kinds(devInf(store('./Calendar')), './Calendar'), 'any', 'it may hold both: there is no other');
    assert.equal(kinds(devInf(store('./Tasks'), store('./Contacts')), './Tasks'), 'any');
    assert.equal(kinds(devInf(store('./Cal', begins('VCALENDAR', 'VEVENT', 'VTODO')), store('./Tasks')), './Cal'), 'VEVENT VTODO');
    assert.equal(kinds(devInf(store('./X', begins('VCALENDAR', 'VTODO'))), './X'), 'VTODO');
    assert.equal(
      kinds(devInf(store('c:\\Documents\\agenda\\agenda'), store('c:\\Documents\\jotter')), 'c:\\Documents\\agenda\\agenda'),
      'any',
    );
    assert.equal(
      kinds(devInf(store('./1'), store('./2', { displayName: 'To-do' }), store('./3', { displayName: 'Calendar' })), './2'),
      'VTODO',
    );
    assert.equal(kinds(devInf(store('./Calendar'), store('./Tasks')), './Other'), 'any');
  });

  it('an item of neither kind is no matter of that', () => {
    const journal = 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VJOURNAL\r\nSUMMARY:n\r\nEND:VJOURNAL\r\nEND:VCALENDAR\r\n';
    const item = (text: string, type: string) => readable(Buffer.from(text), type) ?? assert.fail();
    assert.ok(holdsKind(new Set(['VTODO']), item(journal, 'text/calendar')));
    assert.ok(!holdsKind(new Set(['VTODO']), item(entry('VEVENT', 'a'), 'text/x-vcalendar')));
    assert.ok(!holdsKind(new Set(['VEVENT']), item('<?xml version="1.0"?><task><Subject>a</Subject></task>', 'text/x-s4j-sift')));
  });

  it('tells whether a format is among them, by any word for it', () => {
    const rx = [{ ctType: 'text/x-vcard', verCt: '3.0' }];
    assert.ok(namesFormat(devInf(store('./C', { rx })), './C', 'text/vcard', 'vcard30'));
    assert.ok(!namesFormat(devInf(store('./C', { rx })), './C', 'text/vcard', 'vcard40'));
    assert.ok(namesFormat(devInf(store('./C', { rx, tx: [{ ctType: 'text/vcard', verCt: '4.0' }] })), './C', 'text/vcard', 'vcard40'));
    assert.ok(!namesFormat(devInf(store('./C', { rx })), './C', 'text/x-vmessage', undefined));
    assert.ok(
      namesFormat(devInf(store('./C', { rx: [...rx, { ctType: 'text/x-vMessage', verCt: '' }] })), './C', 'text/x-vmessage', undefined),
    );
    assert.ok(namesFormat(devInf(store('./C', { rx: [{ ctType: '*/*', verCt: '' }] })), './C', 'text/x-vmessage', undefined));
    assert.ok(namesFormat(devInf(store('./C')), './C', 'text/vcard', 'vcard40'), 'one that names nothing takes all');
    const calendars = [{ ctType: 'text/calendar', verCt: '2.0' }];
    assert.ok(namesFormat(devInf(store('./C', { rx: calendars })), './C', 'text/calendar', 'journal'));
  });
});
