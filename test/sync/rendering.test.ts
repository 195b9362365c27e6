/** Devices that can hold less than the server: what they get, and what is made of what they send back. */
import assert from 'node:assert/strict';
import { Alert } from '../../src/model/alert.js';
import type { CtProperty } from '../../src/model/devinf.js';
import { ModelDevice } from '../model-client/device.js';
import { STORES } from '../model-client/profile.js';
import { WorldMaker } from '../faults/in-process-world.js';
import type { MortalWorld } from '../faults/world.js';

const card = (...lines: readonly string[]): Buffer => Buffer.from(['BEGIN:VCARD', 'VERSION:2.1', ...lines, 'END:VCARD', ''].join('\r\n'));
const WHOLE = card('N:Smith;Ann', 'TEL;CELL:+4911', 'TEL;HOME:+4922', 'TEL;WORK:+4933', `NOTE:${'a long note '.repeat(8)}end`);
const lines = (bytes: Uint8Array | undefined): readonly string[] =>
  Buffer.from(bytes ?? [])
    .toString()
    .split('\r\n')
    .slice(2, -2)
    .sort();

/** 30 characters of note and two numbers. */
const SMALL: readonly CtProperty[] = [{ name: 'N' }, { name: 'TEL', maxOccur: 2 }, { name: 'NOTE', maxSize: 30 }];

describe('a device that can hold less', function () {
  this.timeout(60_000);
  const maker = new WorldMaker();
  let world: MortalWorld;
  let big: ModelDevice;
  let small: ModelDevice;
  after(() => maker.remove());

  const device = (uri: string, properties?: readonly CtProperty[]): ModelDevice => {
    const { user, password, url, transport } = world;
    const ctCaps = properties && [{ ctType: 'text/x-vcard', verCt: '2.1', properties }];
    return new ModelDevice({ uri, user, password, stores: [STORES.contacts], ctCaps }, transport, url);
  };
  const only = (one: ModelDevice): { luid: string; bytes: Uint8Array } => {
    const [item, ...more] = [...one.store('contacts').items.values()];
    assert.ok(item && more.length === 0);
    return item;
  };

  beforeEach(async () => {
    world = await maker.open();
    big = device('big');
    small = device('small', SMALL);
    big.store('contacts').add(WHOLE);
    await big.sync(Alert.SlowSync);
    await small.sync(Alert.SlowSync);
  });
  afterEach(() => world.close());

  it('gets what it has room for, and the server keeps the whole', async () => {
    assert.deepEqual(
      lines(only(small).bytes),
      ['N:Smith;Ann', 'NOTE:a long note a long note a long', 'TEL;CELL:+4911', 'TEL;HOME:+4922'].sort(),
    );
    assert.deepEqual((await world.items('contacts')).map(lines), [lines(WHOLE)]);
  });

  it('edits one number: just that changes, on every side', async () => {
    const { luid, bytes } = only(small);
    small.store('contacts').replace(luid, Buffer.from(Buffer.from(bytes).toString().replace('+4922', '+4999')));
    await small.sync(Alert.TwoWay);
    await big.sync(Alert.TwoWay);
    const expected = lines(WHOLE).map((line) => line.replace('+4922', '+4999'));
    assert.deepEqual(lines(only(big).bytes), expected);
    assert.deepEqual((await world.items('contacts')).map(lines), [expected]);
    assert.match(Buffer.from(only(small).bytes).toString(), /\+4999/);
  });

  it('edits the beginning that it is shown of a note: the rest stays, and it is shown what is the beginning now', async () => {
    const edit = async (from: string, to: string): Promise<void> => {
      const { luid, bytes } = only(small);
      const text = Buffer.from(bytes).toString();
      assert.ok(text.includes(from), text);
      small.store('contacts').replace(luid, Buffer.from(text.replace(from, to)));
      await small.sync(Alert.TwoWay);
    };
    const note = (of: ModelDevice): string => /^NOTE:(.*)\r$/m.exec(Buffer.from(only(of).bytes).toString())?.[1] ?? '';
    let whole = note(big);
    for (const [from, to] of [
      ['a long note', 'a short one,'],
      ['a long note a lon', 'and a lon'],
      ['a short one', 'a much, much longer one than there is room'],
    ] as const) {
      await edit(from, to);
      whole = whole.replace(from, to);
      await big.sync(Alert.TwoWay);
      assert.equal(note(big), whole);
      assert.equal(note(small), whole.slice(0, 30).trimEnd());
      await small.sync(Alert.SlowSync);
      await big.sync(Alert.TwoWay);
      assert.equal(note(big), whole);
    }
    await edit(`NOTE:${note(small)}`, 'NOTE:');
    await big.sync(Alert.TwoWay);
    assert.equal(note(big), '');
  });

  it('edits the first line of a note while its last line, which it is not shown, is edited elsewhere: both stand', async () => {
    const edit = (of: ModelDevice, from: string, to: string): void => {
      const { luid, bytes } = only(of);
      const text = Buffer.from(bytes).toString();
      assert.ok(text.includes(from), text);
      of.store('contacts').replace(luid, Buffer.from(text.replace(from, to)));
    };
    const NOTE = 'NOTE;ENCODING=QUOTED-PRINTABLE:first line=0D=0Asecond line, of some length=0D=0Alast line';
    edit(big, `NOTE:${'a long note '.repeat(8)}end`, NOTE);
    await big.sync(Alert.TwoWay);
    await small.sync(Alert.TwoWay);
    edit(big, 'last line', 'last line, edited');
    await big.sync(Alert.TwoWay);
    edit(small, 'first line', 'edited');
    await small.sync(Alert.TwoWay);
    await big.sync(Alert.TwoWay);
    const text = Buffer.from(only(big).bytes).toString();
    assert.match(text, /NOTE.*:edited=0D=0A=?(?:\r\n)?second line, of some length=0D=0A=?(?:\r\n)?last line, edited\r\n/);
    assert.match(Buffer.from(only(small).bytes).toString(), /NOTE.*:edited=0D=0A=?(?:\r\n)?second line, of some l/);
  });

  it('touches an item without changing it: nothing changes anywhere', async () => {
    const { luid, bytes } = only(small);
    small.store('contacts').replace(luid, bytes);
    await small.sync(Alert.TwoWay);
    // Not an edit: it shows whether the server sends the item once more.
    const mine = only(big);
    big.store('contacts').items.set(mine.luid, { luid: mine.luid, type: 'text/x-vcard', bytes: card('N:untouched') });
    await big.sync(Alert.TwoWay);
    assert.deepEqual(lines(only(big).bytes), ['N:untouched']);
    assert.deepEqual((await world.items('contacts')).map(lines), [lines(WHOLE)]);
  });

  for (const type of [Alert.SlowSync, Alert.RefreshFromClient] as const)
    it(`sends all it has (${type}): nothing is doubled, nothing is cut`, async () => {
      await small.sync(type);
      await small.sync(type);
      assert.deepEqual((await world.items('contacts')).map(lines), [lines(WHOLE)]);
      await big.sync(Alert.TwoWay);
      assert.deepEqual(lines(only(big).bytes), lines(WHOLE));
    });

  it('and the server has changed the same item: both changes stand in what it sends next', async () => {
    const theirs = only(big);
    big.store('contacts').replace(theirs.luid, Buffer.from(Buffer.from(theirs.bytes).toString().replace('+4933', '+4944')));
    await big.sync(Alert.TwoWay);
    const { luid, bytes } = only(small);
    small.store('contacts').replace(luid, bytes);
    await small.sync(Alert.TwoWay);
    assert.match(Buffer.from((await world.items('contacts'))[0] ?? []).toString(), /\+4944/);
  });
});
