/** Conflicts field by field, between devices that hold what their formats and abilities let them. */
import assert from 'node:assert/strict';
import { Alert } from '../../src/model/alert.js';
import type { CtProperty } from '../../src/model/devinf.js';
import type { ConflictPolicy } from '../../src/storage/ports/datastores.js';
import { change, Scene, type Phone } from './support/scene.js';
import type { ModelDevice } from '../model-client/device.js';
import { STORES, type StoreProfile } from '../model-client/profile.js';
import { aWorldEach, deviceOf, onlyItem, type HeldItem } from './support/world.js';

const card = (...lines: readonly string[]): string => ['BEGIN:VCARD', 'VERSION:2.1', 'N:Berg;Anna', ...lines, 'END:VCARD', ''].join('\r\n');
const meta = { type: 'text/x-vcard' };
const BASE = card('TEL;CELL:+491711', 'NOTE:old', 'TITLE:Captain');

describe('sync: conflicts, field by field', () => {
  let scene: Scene;
  let phone: Phone;
  const start = async (policy: ConflictPolicy = 'client-wins'): Promise<void> => {
    scene = await Scene.open({ policy });
    phone = scene.phone('IMEI:1', 'contacts');
    await phone.sync(201, [change(`Add 1 ${BASE}`, { meta })]);
  };
  afterEach(() => scene.close());
  const both = async (here: string, there: string) => {
    await scene.edit(BASE, here, 'contacts');
    const { statuses, got } = await phone.sync(200, [change(`Replace 1 ${there}`, { meta })]);
    return { status: statuses[0], got, stands: await scene.texts('contacts'), journal: await scene.conflicts() };
  };
  const server = BASE.replace('old', 'server');
  const other = BASE.replace('Captain', 'Admiral');
  const mixed = server.replace('Captain', 'Admiral');

  for (const policy of ['client-wins', 'server-wins', 'newest-wins', 'keep-both', 'merge'] as const)
    it(`edits of different fields under ${policy}: both stand (207), the merged item goes back once`, async () => {
      await start(policy);
      assert.deepEqual(await both(server, other), { status: 207, got: [`Replace 1 ${mixed}`], stands: [mixed], journal: [] });
      assert.deepEqual((await phone.sync(200)).got, []);
    });

  const LIST = 'Shopping\nbread\nmilk\ntea';
  for (const policy of ['client-wins', 'server-wins', 'keep-both', 'merge'] as const)
    it(`notes line by line under ${policy}`, async () => {
      scene = await Scene.open({ policy });
      phone = scene.phone();
      await phone.sync(201, [`Add 1 ${LIST}`]);
      await scene.edit(LIST, LIST.replace('bread', 'rye'));
      const [there, result] = [LIST.replace('tea', 'coffee'), LIST.replace('tea', 'coffee').replace('bread', 'rye')];
      const { statuses, got } = await phone.sync(200, [`Replace 1 ${there}`]);
      assert.deepEqual([statuses, got, await scene.conflicts()], [[207], [`Replace 1 ${result}`], []]);
      // One line, edited by both.
      await scene.edit(result, result.replace('milk', 'soya milk'));
      const second = await phone.sync(200, [`Replace 1 ${result.replace('milk', 'cream')}`]);
      const [first, ...more] = await scene.texts();
      switch (policy) {
        case 'client-wins':
          return assert.deepEqual([second.statuses, first, more], [[208], result.replace('milk', 'cream'), []]);
        case 'keep-both':
          return assert.deepEqual([second.statuses, more.length], [[209], 1]);
        default:
          assert.deepEqual([second.statuses, first, more], [[419], result.replace('milk', 'soya milk'), []]);
      }
      assert.equal((await scene.conflicts())[0]?.lost, result.replace('milk', 'cream'));
    });

  it('client-wins-item is about whole items', async () => {
    await start('client-wins-item');
    const { status, got, stands } = await both(server, other);
    assert.deepEqual([status, got, stands], [208, [], [other]]);
  });

  it("the same field: the client's value stands (208); with another of the server's beside it, that goes back (207)", async () => {
    await start();
    const mine = BASE.replace('old', 'phone');
    assert.deepEqual(await both(server, mine), {
      status: 208,
      got: [],
      stands: [mine],
      journal: [{ cause: 'update-update', decision: 'client', lost: server, kept: mine }],
    });
    await scene.close();
    await start();
    const more = server.replace('Captain', 'Admiral');
    const result = mine.replace('Captain', 'Admiral');
    const { status, got, stands, journal } = await both(more, mine);
    assert.deepEqual([status, got, stands], [207, [`Replace 1 ${result}`], [result]]);
    // What would stand had the server won: no edit that stands anyway is undone with it.
    assert.deepEqual(journal, [{ cause: 'update-update', decision: 'client', lost: more, kept: result }]);
    const entries = await scene.read((reader) => reader.conflicts.list());
    assert.deepEqual(entries[0]?.fields, ['NOTE']);
  });

  it("under server-wins the server's value stands and the client's other edit too", async () => {
    await start('server-wins');
    const { status, got, stands } = await both(server, BASE.replace('old', 'phone').replace('Captain', 'Admiral'));
    assert.deepEqual([status, got, stands], [207, [`Replace 1 ${mixed}`], [mixed]]);
    await scene.close();
    await start('server-wins');
    const alone = await both(server, BASE.replace('old', 'phone'));
    assert.deepEqual([alone.status, alone.got, alone.stands], [419, [`Replace 1 ${server}`], [server]]);
  });

  it('keep-both makes two of an item whose field both changed', async () => {
    await start('keep-both');
    const { status, stands } = await both(server, BASE.replace('old', 'phone'));
    assert.deepEqual([status, stands.length], [209, 2]);
  });

  it('merge: the longer note, all numbers, and what one side took out of a field both changed', async () => {
    await start('merge');
    const here = BASE.replace('old', 'a longer text of the server').replace('+491711', '+491722');
    const there = BASE.replace('old', 'phone').replace('+491711', '+491733');
    const { stands } = await both(here, there);
    assert.match(stands[0] ?? '', /a longer text/);
    assert.match(stands[0] ?? '', /\+491722\r\n[^]*\+491733/);
  });

  it('the same number put in on both sides, written in two ways, is one edit', async () => {
    await start();
    const here = BASE.replace('NOTE', 'TEL;HOME:+49 (30) 1234\r\nNOTE');
    const { status, got, stands } = await both(here, BASE.replace('NOTE', 'TEL;HOME:+49301234\r\nNOTE'));
    assert.deepEqual([status, got, stands], [200, [], [here]]);
  });

  it('an edit that the phone takes back before it got the merged item is taken back', async () => {
    await start();
    await scene.edit(BASE, server, 'contacts');
    assert.deepEqual((await phone.sync(200, [change(`Replace 1 ${other}`, { meta })], { until: 'changes' })).statuses, [207]);
    await phone.sync(200, [change(`Replace 1 ${BASE}`, { meta })]);
    assert.deepEqual(await scene.texts('contacts'), [server]);
  });

  it('the older content is gone: nothing is taken for deleted', async () => {
    await start();
    await scene.edit(BASE, server.replace('TITLE', 'TEL;HOME:+4930\r\nTITLE'), 'contacts');
    await scene.temp.store.sweep(scene.now + 1000, SWEEP);
    const { statuses } = await phone.sync(200, [change(`Replace 1 ${BASE.replace('Captain', 'Admiral')}`, { meta })]);
    assert.deepEqual(statuses, [207]);
    const [stands] = await scene.texts('contacts');
    assert.match(stands ?? '', /\+491711[^]*\+4930|\+4930[^]*\+491711/);
    assert.match(stands ?? '', /Admiral/);
  });
});

const SWEEP = {
  endedSessionAge: 0,
  openSessionAge: 0,
  openSyncAge: 30 * 86_400_000,
  versionAge: 0,
  conflictAge: 86_400_000,
  refusalAge: 0,
  orphanBlobAge: 0,
  draftAge: 0,
};

describe('sync: conflicts between devices of different abilities', function () {
  this.timeout(60_000);
  const world = aWorldEach();

  const CARDS_30: StoreProfile = { ...STORES.contacts, type: 'text/vcard', verCt: '3.0' };
  const SMALL: readonly CtProperty[] = [{ name: 'N' }, { name: 'TEL', maxOccur: 1 }, { name: 'NOTE', maxSize: 10 }];
  const device = (uri: string, store: StoreProfile, properties?: readonly CtProperty[]): ModelDevice =>
    deviceOf(world, uri, store, properties);
  const only = (one: ModelDevice): HeldItem => onlyItem(one, 'contacts');
  const edit = (one: ModelDevice, from: string, to: string): void => {
    const { luid, text } = only(one);
    assert.ok(text.includes(from), text);
    one.store('contacts').replace(luid, Buffer.from(text.replace(from, to)));
  };

  it('a small phone of 2.1 and a big one of 3.0 edit at the same time: each gets what the other did, and nothing is cut', async () => {
    const big = device('big', CARDS_30);
    const small = device('small', STORES.contacts, SMALL);
    const whole = [
      'BEGIN:VCARD',
      'VERSION:3.0',
      'N:Berg;Anna',
      'FN:Anna Berg',
      'TEL;TYPE=CELL:+491711',
      'TEL;TYPE=HOME:+4930',
      'NOTE:a note that is long',
      'TITLE:Captain',
      'END:VCARD',
      '',
    ];
    big.store('contacts').add(Buffer.from(whole.join('\r\n')));
    await big.sync(Alert.SlowSync);
    await small.sync(Alert.SlowSync);
    assert.doesNotMatch(only(small).text, /\+4930|long/);

    edit(big, 'Captain', 'Admiral');
    edit(big, '+4930', '+4940');
    await big.sync(Alert.TwoWay);
    edit(small, '+491711', '+491799');
    await small.sync(Alert.TwoWay);
    await big.sync(Alert.TwoWay);
    for (const text of [only(big).text, ...(await world.items('contacts')).map((bytes) => Buffer.from(bytes).toString())])
      for (const part of ['+491799', '+4940', 'Admiral', 'a note that is long']) assert.ok(text.includes(part), `${part} in ${text}`);
    assert.match(only(small).text, /\+491799/);

    edit(big, 'a note that is long', 'quite another');
    await big.sync(Alert.TwoWay);
    edit(small, 'a note tha', 'mine');
    await small.sync(Alert.TwoWay);
    await big.sync(Alert.TwoWay);
    assert.match(only(big).text, /NOTE:mine/);
    assert.match(only(big).text, /Admiral/);
  });

  it('a phone of vCalendar 1.0 moves an event while another program of 2.0 writes to it and asks somebody: both stand on both', async () => {
    const EVENTS_20: StoreProfile = { ...STORES.calendar, type: 'text/calendar', verCt: '2.0' };
    const program = device('program', EVENTS_20);
    const old = device('old', STORES.calendar);
    const whole = [
      'BEGIN:VCALENDAR',
      'PRODID:-//Example//EN',
      'VERSION:2.0',
      'BEGIN:VEVENT',
      'UID:one@example',
      'DTSTAMP:20260101T000000Z',
      'DTSTART:20260601T080000Z',
      'DTEND:20260601T090000Z',
      'SUMMARY:Sail',
      'LOCATION:Pier',
      'ATTENDEE:mailto:a@example.org',
      'BEGIN:VALARM',
      'ACTION:DISPLAY',
      'DESCRIPTION:ring',
      'TRIGGER:-PT15M',
      'END:VALARM',
      'END:VEVENT',
      'END:VCALENDAR',
      '',
    ];
    const one = (of: ModelDevice): { luid: string; text: string } => {
      const [item, ...more] = [...of.store('calendar').items.values()];
      assert.ok(item && more.length === 0);
      return { luid: item.luid, text: Buffer.from(item.bytes).toString() };
    };
    const change = (of: ModelDevice, ...edits: readonly (readonly [string, string])[]): void => {
      const { luid, text } = one(of);
      for (const [from] of edits) assert.ok(text.includes(from), text);
      of.store('calendar').replace(luid, Buffer.from(edits.reduce((done, [from, to]) => done.replace(from, to), text)));
    };
    program.store('calendar').add(Buffer.from(whole.join('\r\n')));
    await program.sync(Alert.SlowSync);
    await old.sync(Alert.SlowSync);
    change(program, ['LOCATION:Pier', 'LOCATION:Harbour'], ['ATTENDEE', 'ATTENDEE:mailto:b@example.org\r\nATTENDEE']);
    await program.sync(Alert.TwoWay);
    change(
      old,
      ['DTSTART:20260601T080000Z', 'DTSTART:20260601T100000Z'],
      ['DTEND:20260601T090000Z', 'DTEND:20260601T113000Z'],
      ['20260601T074500Z', '20260601T094500Z'],
    );
    await old.sync(Alert.TwoWay);
    await program.sync(Alert.TwoWay);
    for (const part of [
      'DTSTART:20260601T100000Z',
      'DTEND:20260601T113000Z',
      'Harbour',
      'a@example.org',
      'b@example.org',
      'TRIGGER:-PT15M',
    ])
      assert.ok(one(program).text.includes(part), `${part} in ${one(program).text}`);
    for (const part of ['DTSTART:20260601T100000Z', 'DTEND:20260601T113000Z', 'Harbour', 'b@example.org'])
      assert.ok(one(old).text.includes(part), `${part} in ${one(old).text}`);
    assert.equal((await world.items('calendar')).length, 1);
  });
});
