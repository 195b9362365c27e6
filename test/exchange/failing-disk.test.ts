/** What a client is told while the disk is full or cannot sync, and that nothing it was told is untrue. */
import assert from 'node:assert/strict';
import { examine } from '../../src/doctor/examine.js';
import { StoreError } from '../../src/model/errors.js';
import { findingsOf } from '../../src/storage/ports/inspection.js';
import { add, openAlert, statusesFor, sync, type Draft } from '../engine/support/messages.js';
import { failSync, type FailingSync } from '../support/failing-sync.js';
import { tempStore } from '../support/temp-store.js';
import { Bench, statusOf, type Client } from './support/bench.js';

const notes = (commands: readonly Draft[] = []): Draft => sync(commands, { store: 'notes', from: './N' });

describe('exchange: a failing disk', () => {
  let bench: Bench;
  let failing: FailingSync | undefined;
  beforeEach(async () => {
    bench = await Bench.open();
  });
  afterEach(async () => {
    failing?.restore();
    failing = undefined;
    await bench.close();
  });

  /** The Status of the SyncHdr. */
  const said = async (client: Client, body: Uint8Array): Promise<number> => Number(statusOf(client.decode(await client.post(body))).code);

  /** A session up to its package 3, whose bytes are ready to be posted. */
  const ready = async (client: Client): Promise<Uint8Array> => {
    const two = await client.send([openAlert(201, 'notes', './N', 'A')]);
    return client.encode(client.message([...statusesFor(two), notes([add('1', 'one')])]));
  };

  it('answers 503 for the SyncHdr when a commit could not be synced, also when the message comes again', async () => {
    const client = bench.client();
    const body = await ready(client);
    failing = await failSync('datasync');
    for (let again = 0; again < 3; again += 1) {
      assert.equal(await said(client, body), 503);
    }
    failing.restore();
    assert.equal(await said(client, body), 503, 'a stored answer is none while it may be lost');
  });

  it('carries the message out once, whatever became of its first commit', async () => {
    const client = bench.client();
    const body = await ready(client);
    failing = await failSync('datasync');
    await client.post(body);
    failing.restore();
    await bench.temp.store.close();
    const temp = await tempStore({ folder: bench.temp.folder, keyring: bench.temp.keyring, clock: () => bench.now });
    const next = Bench.on(temp, bench.account);
    bench.exchange = next.exchange;
    assert.equal(await said(client, body), 200);
    assert.deepEqual(await next.texts(), ['one']);
    const found = await examine(temp.store, { now: next.now, ages: next.config.retention, surroundings: false });
    assert.deepEqual(findingsOf(found), []);
    await temp.close();
  });

  it('gives no stored answer of another process before it is durable', async () => {
    const client = bench.client();
    const body = await ready(client);
    await client.post(body);
    const temp = await tempStore({ folder: bench.temp.folder, keyring: bench.temp.keyring });
    bench.exchange = Bench.on(temp, bench.account).exchange;
    failing = await failSync('datasync', () => false);
    assert.equal(await said(client, body), 200);
    assert.ok(failing.calls() > 0, 'synced for the answer');
    failing.restore();
    failing = await failSync('datasync');
    assert.equal(await said(client, body), 503);
    failing.restore();
    await temp.close();
  });

  it('answers 503 when a blob finds no room, and takes the message when there is some', async () => {
    const client = bench.client();
    const two = await client.send([openAlert(201, 'notes', './N', 'A')]);
    const text = 'long '.repeat(20_000);
    const body = client.encode(client.message([...statusesFor(two), notes([add('1', text)])]));
    const { blobs } = bench.temp.store;
    const put = blobs.put.bind(blobs);
    Object.assign(blobs, { put: () => Promise.reject(new StoreError('unavailable', 'no room')) });
    assert.equal(await said(client, body), 503);
    Object.assign(blobs, { put });
    assert.equal(await said(client, body), 200);
    assert.deepEqual(await bench.texts(), [text]);
  });

  it('a log-in that could not be noted is none', async () => {
    failing = await failSync('datasync');
    const client = bench.client();
    assert.equal(await said(client, client.encode(client.message([openAlert(201, 'notes', './N', 'A')]))), 503);
  });
});
