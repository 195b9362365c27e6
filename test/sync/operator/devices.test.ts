/** What an operator does to devices: a reset device begins anew, and loses and doubles nothing. */
import assert from 'node:assert/strict';
import { Alert } from '../../../src/model/alert.js';
import { examine } from '../../../src/doctor/examine.js';
import { UserError } from '../../../src/model/errors.js';
import { plannedReset, resetDevice, showDevice } from '../../../src/sync/operator/devices.js';
import { add, openAlert, part, statusesFor, sync } from '../../engine/support/messages.js';
import { Bench, ENDPOINT, kinds, PASSWORD, statuses, USER } from '../../exchange/support/bench.js';
import { ModelDevice } from '../../model-client/device.js';
import { STORES } from '../../model-client/profile.js';
import { bytes as text, card } from './fixture.js';

const URI = 'IMEI:1';

describe('device reset', () => {
  let bench: Bench;
  let device: ModelDevice;
  beforeEach(async () => {
    bench = await Bench.open();
    const stores = [STORES.notes, STORES.contacts];
    device = new ModelDevice({ uri: URI, user: USER, password: PASSWORD, stores, auth: 'md5' }, bench.transport, ENDPOINT);
    device.store('notes').add(text('one'));
    device.store('notes').add(text('two'));
    for (const name of ['Ann', 'Bob']) device.store('contacts').add(text(card(name)));
    await device.sync(Alert.TwoWay);
  });
  afterEach(async () => {
    const { checks } = await examine(bench.temp.store, { now: bench.now, ages: bench.config.retention, surroundings: false });
    assert.deepEqual(
      checks.flatMap(({ findings }) => findings),
      [],
    );
    await bench.close();
  });

  const effective = async (): Promise<Readonly<Record<string, number | undefined>>> =>
    Object.fromEntries((await device.sync(Alert.TwoWay)).stores.map((store) => [store.uri, store.effective]));
  const held = (name: string): string[] => [...device.store(name).items.values()].map(({ bytes }) => Buffer.from(bytes).toString()).sort();

  it('the next sync is a slow one, and doubles nothing', async () => {
    assert.deepEqual(await effective(), { notes: Alert.TwoWay, contacts: Alert.TwoWay });
    const forgotten = await resetDevice(bench.temp.store, USER, URI, undefined);
    assert.deepEqual(
      forgotten.stores.map(({ datastore, held }) => [datastore, held]),
      [
        ['notes', 2],
        ['contacts', 2],
      ],
    );
    assert.equal(forgotten.wholeDevice, true);
    const [luid] = device.store('contacts').items.keys();
    assert.ok(luid);
    const more = card('Ann', '1').replace('TEL:1', 'TEL:1\r\nTEL:2');
    device.store('contacts').replace(luid, text(more));
    device.store('contacts').add(text(card('Cat')));
    assert.deepEqual(await effective(), { notes: Alert.SlowSync, contacts: Alert.SlowSync });
    assert.deepEqual(await effective(), { notes: Alert.TwoWay, contacts: Alert.TwoWay });
    assert.deepEqual(await bench.texts(), ['one', 'two']);
    assert.deepEqual(await bench.texts('contacts'), [more, card('Bob'), card('Cat')]);
    for (const name of ['notes', 'contacts']) assert.deepEqual(held(name), await bench.texts(name));
  });

  it('nonces, device information and its way with RespURI are forgotten; what happened stays', async () => {
    const before = await showDevice(bench.temp.store, USER, URI);
    assert.ok(before.devInf);
    await resetDevice(bench.temp.store, USER, URI, undefined);
    const after = await showDevice(bench.temp.store, USER, URI);
    assert.deepEqual([after.devInf, after.stores], [undefined, []]);
    assert.deepEqual([after.logins, after.lastAccessAt, after.userAgent], [before.logins, before.lastAccessAt, before.userAgent]);
    const record = await bench.read((reader) => reader.devices.byUri(URI));
    assert.deepEqual([record?.nonce, record?.previousNonce, record?.clientNonce, record?.ignoresRespUri], Array(4).fill(undefined));
    const sessions = await bench.temp.store.read((tx) => tx.sessions.ofAccount(bench.account, 9));
    assert.equal(sessions.length, 1);
  });

  it('of one datastore: the others, nonces and device information stay', async () => {
    const before = await bench.read((reader) => reader.devices.byUri(URI));
    const forgotten = await resetDevice(bench.temp.store, USER, URI, 'notes');
    assert.equal(forgotten.wholeDevice, false);
    assert.deepEqual(await bench.read((reader) => reader.devices.byUri(URI)), before);
    assert.deepEqual(await effective(), { notes: Alert.SlowSync, contacts: Alert.TwoWay });
    assert.deepEqual(await bench.texts(), ['one', 'two']);
  });

  it('another device of the user keeps its anchors', async () => {
    const other = new ModelDevice({ uri: 'IMEI:2', user: USER, password: PASSWORD, stores: [STORES.notes] }, bench.transport, ENDPOINT);
    await other.sync(Alert.TwoWay);
    await resetDevice(bench.temp.store, USER, URI, undefined);
    assert.equal((await other.sync(Alert.TwoWay)).stores[0]?.effective, Alert.TwoWay);
  });

  it('a session that is under way is gone, with a large object half received', async () => {
    const client = bench.client({ device: 'IMEI:3' });
    const two = await client.send([openAlert(201, 'notes', './N', 'A', undefined)]);
    await client.send([...statusesFor(two), sync([part('1', 'abc', { size: 6 })], { store: 'notes', from: './N' })], { final: false });
    const planned = await plannedReset(bench.temp.store, USER, 'IMEI:3', undefined);
    assert.equal(planned.stores[0]?.open?.type, Alert.SlowSync);
    const [pair] = await bench.read(async (reader) => reader.pairs.ofDevice((await reader.devices.byUri('IMEI:3'))?.id as never));
    assert.ok(pair);
    await resetDevice(bench.temp.store, USER, 'IMEI:3', undefined);
    assert.equal((await bench.read((reader) => reader.chunks.read(`pair:${pair.id}`))).length, 0);
    const answer = client.decode(
      await client.post(client.encode(client.message([sync([add('2', 'x')], { store: 'notes', from: './N' })]))),
    );
    assert.equal(statuses(answer), 'SyncHdr 407, Sync 407, Add 407');
    assert.equal(await bench.temp.store.read((tx) => tx.sessions.countOpen(bench.account)), 0);
    const again = await bench.client({ device: 'IMEI:3', sessionId: '2' }).send([openAlert(200, 'notes', './N', 'B', 'A')]);
    assert.equal(kinds(again), 'SyncHdr 212, Alert 508, Alert 201, Get, Final');
  });

  it('says what is not there', async () => {
    for (const [user, uri, datastore] of [
      ['nobody', URI, undefined],
      [USER, 'IMEI:9', undefined],
      [USER, URI, 'photos'],
    ] as const) {
      await assert.rejects(plannedReset(bench.temp.store, user, uri, datastore), UserError);
      await assert.rejects(resetDevice(bench.temp.store, user, uri, datastore), UserError);
    }
    assert.deepEqual(await effective(), { notes: Alert.TwoWay, contacts: Alert.TwoWay });
  });
});
