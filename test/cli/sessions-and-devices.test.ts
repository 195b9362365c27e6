/** What an operator sees of devices and their sessions, and does to them, after a device has synced. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Alert } from '../../src/model/alert.js';
import type { Message } from '../../src/model/message.js';
import { add, openAlert, status, statusesFor, sync, type Draft } from '../engine/support/messages.js';
import { basic, ENDPOINT, PASSWORD, USER, type Bench } from '../exchange/support/bench.js';
import { ModelDevice } from '../model-client/device.js';
import { STORES } from '../model-client/profile.js';
import { CommandLine } from './run.js';

const OF_ANNA = ['--user', USER] as const;
const notes = (commands: readonly Draft[] = []): Draft => sync(commands, { store: 'notes', from: './N' });

/** A device syncs one note; its Statuses name MsgRef 0. */
async function syncOnce(bench: Bench, { sessionId = '1', type = 201, last }: { sessionId?: string; type?: number; last?: string } = {}) {
  const client = bench.client({ sessionId });
  const two = await client.send([openAlert(type, 'notes', './N', `A${sessionId}`, last)]);
  const four = await client.send([...statusesFor(two), notes([add('1', 'one')])]);
  await client.send([status(0, 0, 'SyncHdr', 200), ...statusesFor(four).slice(1)]);
}

describe('command line: devices and sessions', () => {
  let line: CommandLine;
  beforeEach(async () => {
    line = new CommandLine();
    await line.ok('user', 'add', USER, '--password', PASSWORD);
    await line.serve(USER, {}, syncOnce);
  });
  afterEach(() => line.remove());

  it('a session names the leniencies its messages needed', async () => {
    const [session] = await line.json<{ id: string }[]>('session', 'list');
    assert.ok(session);
    const shown = await line.ok('session', 'show', session.id, ...OF_ANNA);
    assert.match(shown, / 3 .*Status SyncHdr 200.*\n.*it was told.*\n +leniency used: msgref-zero\n/);
    assert.equal(shown.match(/leniency used/g)?.length, 1);
  });

  it('a device is reset only when it is meant; before, it says what would be forgotten', async () => {
    const asked = await line.run(['device', 'reset', 'IMEI:1', ...OF_ANNA]);
    assert.equal(asked.code, 1);
    assert.match(asked.err, /anchors and maps with notes \(1 item\); nonces and device information\.\nItems stay.*--yes/);
    assert.match(await line.ok('device', 'show', 'IMEI:1', ...OF_ANNA), /notes: .*1 item; slow sync, ok/);
    const one = await line.run(['device', 'reset', 'IMEI:1', ...OF_ANNA, '--datastore', 'contacts']);
    assert.match(one.err, /no anchors, since there are none/);
    assert.match(await line.ok('device', 'reset', 'IMEI:1', ...OF_ANNA, '--yes'), /Forgotten of IMEI:1: .*compares everything/s);
    assert.match(await line.ok('device', 'show', 'IMEI:1', ...OF_ANNA), /It has synced nothing yet/);
    assert.match(await line.ok('item', 'list', ...OF_ANNA, '--datastore', 'notes'), /one/);
    assert.equal((await line.json<unknown[]>('session', 'list')).length, 1);
  });

  it('a session without kept messages says how to have them', async () => {
    const [session] = await line.json<{ id: string }[]>('session', 'list');
    const { code, err } = await line.run(['session', 'show', session?.id ?? '', ...OF_ANNA, '--messages']);
    assert.equal(code, 1);
    assert.match(err, /--keep-messages/);
  });
});

describe('command line: devices whose syncs are all slow (W30)', () => {
  const shownAfter = async (...types: readonly (number | string)[]): Promise<{ list: string; show: string }> => {
    const line = new CommandLine();
    try {
      await line.ok('user', 'add', USER, '--password', PASSWORD);
      await line.serve(USER, {}, async (bench) => {
        await syncOnce(bench);
        for (const [at, type] of types.entries()) {
          await syncOnce(bench, { sessionId: String(at + 2), ...(typeof type === 'number' ? { type } : { type: 200, last: type }) });
        }
      });
      return { list: await line.ok('device', 'list'), show: await line.ok('device', 'show', 'IMEI:1', ...OF_ANNA) };
    } finally {
      line.remove();
    }
  };

  it('stand out, with the reason: the anchors differ, or the device asks for it', async () => {
    const lost = await shownAfter('nothing', 'of', 'ours');
    assert.match(lost.list, /IMEI:1 .* always slow/);
    assert.match(lost.show, /always slow: +the last 3 syncs compared everything\. The reason: the anchor it names/);
    const asked = await shownAfter(201, 201, 201);
    assert.match(asked.show, /always slow: .* The reason: it asks for that itself/);
  });

  it('one that is not slow ends the row, and two are none yet', async () => {
    for (const { list, show } of [await shownAfter(201, 201), await shownAfter(201, 201, 'A3', 201, 201)]) {
      assert.doesNotMatch(list, /always slow/);
      assert.doesNotMatch(show, /always slow/);
    }
  });
});

describe('command line: items that are too large for a device', () => {
  it('"device show" says how many, how large, and what the device takes', async () => {
    const line = new CommandLine();
    try {
      await line.ok('user', 'add', USER, '--password', PASSWORD);
      await line.serve(USER, {}, async (bench) => {
        const device = (uri: string, maxObjSize: number): ModelDevice =>
          new ModelDevice({ uri, user: USER, password: PASSWORD, stores: [STORES.notes], maxObjSize }, bench.transport, ENDPOINT);
        const large = device('large', 100_000);
        for (const text of ['short', 'long '.repeat(1000), 'longer '.repeat(2000)]) large.store('notes').add(Buffer.from(text));
        await large.sync(Alert.SlowSync);
        await device('small', 3000).sync(Alert.SlowSync);
      });
      assert.match(
        await line.ok('device', 'show', 'small', ...OF_ANNA),
        /not sent: +2 items too large for it, even without pictures \(the largest has 14\.0 kB, it takes 3\.0 kB\); tried again with each sync\n/,
      );
      assert.doesNotMatch(await line.ok('device', 'show', 'large', ...OF_ANNA), /not sent/);
    } finally {
      line.remove();
    }
  });
});

describe('command line: kept messages', () => {
  let line: CommandLine;
  let id: string;
  const sent: { request: Buffer; response: Buffer }[] = [];
  before(async () => {
    line = new CommandLine();
    await line.ok('user', 'add', USER, '--password', PASSWORD);
    await line.serve(USER, { 'trace.messages': true }, async (bench) => {
      const client = bench.client({ encoding: 'wbxml' });
      const post = async (body: readonly Draft[], header: object = {}): Promise<Message> => {
        const bytes = client.encode(client.message(body, { header }));
        const answer = await client.post(bytes);
        sent.push({ request: Buffer.from(bytes), response: Buffer.from(answer.body) });
        client.follow(client.decode(answer));
        return client.decode(answer);
      };
      client.msgId = 1;
      await post([openAlert(201, 'notes', './N', 'A', undefined)]);
      const two = await post([openAlert(201, 'notes', './N', 'A', undefined)], { cred: basic() });
      await post([...statusesFor(two), notes([add('1', 'one\u009b2J')])]);
    });
    id = (await line.json<{ id: string }[]>('session', 'list'))[0]?.id ?? '';
  });
  after(() => line.remove());

  it('are shown decoded, with what was refused before the log-in, and without secrets', async () => {
    const shown = await line.ok('session', 'show', id, ...OF_ANNA, '--messages');
    assert.match(shown, /^\n01 .* the device: POST \/sync \(WBXML, \d+ bytes\)\n {2}Host: sync\.example\n/);
    assert.match(shown, /\n03 .* the device: POST \/sync\?s=\(hidden\) /);
    assert.match(shown, /02 the server: HTTP 200 \(WBXML, \d+ bytes\)\n.*\n {4}<\?xml/);
    assert.deepEqual(
      [...shown.matchAll(/<CmdRef>0<\/CmdRef>.*?<Data>(\d+)<\/Data>/gs)].map((m) => m[1]),
      ['407', '212', '200', '200'],
    );
    assert.ok(shown.includes('<Data>one 2J</Data>'), 'nothing steers the terminal');
    assert.ok(!shown.includes(basic().data));
    const token = /s=([\w-]{20,})/;
    assert.doesNotMatch(shown, token);
    const json = await line.json<{ n: number; request: { encoding: string; xml: string } }[]>(
      'session',
      'show',
      id,
      ...OF_ANNA,
      '--messages',
    );
    assert.deepEqual(
      json.map(({ n, request }) => [n, request.encoding]),
      [
        [1, 'wbxml'],
        [2, 'wbxml'],
        [3, 'wbxml'],
      ],
    );
    assert.doesNotMatch(JSON.stringify(json), token);
  });

  it('raw, they are the bytes that went over the wire: as hex, as Base64, and as files in the form of captures', async () => {
    const raw = await line.ok('session', 'show', id, ...OF_ANNA, '--raw');
    for (const { request, response } of sent) assert.ok(raw.includes(`\n\n${request.toString('hex')}\n\n${response.toString('hex')}\n`));
    const json = await line.json<{ request: { body: string }; response: { body: string } }[]>('session', 'show', id, ...OF_ANNA, '--raw');
    assert.deepEqual(
      json.map(({ request, response }) => [request.body, response.body]),
      sent.map(({ request, response }) => [request.toString('base64'), response.toString('base64')]),
    );
    const out = join(line.root, 'capture');
    assert.match(await line.ok('session', 'show', id, ...OF_ANNA, '--raw', '--out', out), /^7 files in .*credentials/);
    assert.deepEqual(readdirSync(out), [
      '01-request.wbxml',
      '01-response.wbxml',
      '02-request.wbxml',
      '02-response.wbxml',
      '03-request.wbxml',
      '03-response.wbxml',
      'headers.txt',
    ]);
    for (const [at, { request, response }] of sent.entries()) {
      assert.deepEqual(readFileSync(join(out, `0${at + 1}-request.wbxml`)), request);
      assert.deepEqual(readFileSync(join(out, `0${at + 1}-response.wbxml`)), response);
    }
    assert.match(
      readFileSync(join(out, 'headers.txt'), 'utf8'),
      /^01 POST \/sync HTTP\/1\.1 \(\d+ body bytes\)\n {2}Host: sync\.example\n.*\n01 -> 200 \(\d+ body bytes\)\n {2}Content-Type: application\/vnd\.syncml\+wbxml\n {2}Content-Length: \d+\n\n02 POST/s,
    );
    const again = await line.run(['session', 'show', id, ...OF_ANNA, '--out', out]);
    assert.deepEqual([again.code, /not empty/.test(again.err)], [1, true]);
  });
});
