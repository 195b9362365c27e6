/** Whole sessions through the exchange, in both encodings and all versions; every answer is held to the rules of the model client. */
import assert from 'node:assert/strict';
import type { Message, SyncmlVersion } from '../../src/model/message.js';
import {
  add,
  alert,
  get,
  headerOk,
  map,
  nextMessage,
  openAlert,
  part,
  putDevInf,
  remove,
  replace,
  statusesFor,
  sync,
  type Draft,
} from '../engine/support/messages.js';
import { everyCommand } from '../engine/support/invariants.js';
import { basic, Bench, ENDPOINT, kinds, statuses, statusOf, type Client } from './support/bench.js';

const notes = (commands: readonly Draft[] = []): Draft => sync(commands, { store: 'notes', from: './N' });
const openNotes = (type: number, last?: string, next = 'A'): Draft => openAlert(type, 'notes', './N', next, last);

/** A slow sync that brings the device and the server to the same items. */
async function settle(client: Client, next = 'A', items: readonly Draft[] = []): Promise<void> {
  const two = await client.send([openNotes(201, undefined, next)]);
  const four = await client.send([...statusesFor(two), notes(items)]);
  await client.send(statusesFor(four));
}

describe('exchange: sessions', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.open();
  });
  afterEach(() => bench.close());

  for (const version of ['1.0', '1.1', '1.2'] as SyncmlVersion[]) {
    for (const encoding of ['xml', 'wbxml'] as const) {
      it(`slow sync, then two-way with changes of both sides (${version}, ${encoding})`, async () => {
        const first = bench.client({ version, encoding });
        const devinf = `./devinf${version.replace('.', '')}`;
        const two = await first.send([openNotes(201, undefined, 'A'), get(devinf)]);
        assert.equal(kinds(two), 'SyncHdr 212, Alert 200, Get 200, Alert 201, Results, Get, Final');
        const results = two.body.find((c) => c.kind === 'Results');
        assert.equal(results?.kind === 'Results' && results.items[0]?.source?.uri, devinf);
        const four = await first.send([...statusesFor(two), notes([add('1', 'one'), add('2', 'two')])]);
        await first.send(statusesFor(four));
        const other = bench.client({ version, encoding, device: 'IMEI:2', sessionId: '2' });
        const otherTwo = await other.send([openNotes(201, undefined, 'X')]);
        const otherFour = await other.send([...statusesFor(otherTwo), notes([add('7', 'three')])]);
        const added = everyCommand(otherFour.body).filter((c) => c.kind === 'Add');
        assert.equal(added.length, 2);
        const guids = added.flatMap((c) => (c.kind === 'Add' ? [c.items[0]?.source?.uri ?? ''] : []));
        const six = await other.send([
          ...statusesFor(otherFour),
          map(Object.fromEntries(guids.map((g, i) => [g, String(10 + i)])), { target: { uri: 'notes' }, source: { uri: './N' } }),
        ]);
        assert.equal(kinds(six), 'SyncHdr 200, Map 200, Final');

        const again = bench.client({ version, encoding, sessionId: '3' });
        const twoWay = await again.send([openNotes(200, 'A', 'B')]);
        assert.equal(statusOf(twoWay, 'Alert').code, 200);
        const changes = await again.send([...statusesFor(twoWay), notes([replace('1', 'uno'), remove('2')])]);
        assert.equal(statuses(changes), 'SyncHdr 200, Sync 200, Replace 200, Delete 200');
        assert.deepEqual(
          everyCommand(changes.body).flatMap((c) => (c.kind === 'Add' ? [c.meta?.type] : [])),
          ['text/plain'],
        );
        await again.send(statusesFor(changes));
        assert.deepEqual(await bench.texts(), ['three', 'uno']);
      });
    }
  }

  it('answers in the encoding the client asks for with Accept', async () => {
    const client = bench.client();
    const answer = await client.post(client.encode(client.message([openNotes(200)])), { accept: 'application/vnd.syncml+wbxml' });
    assert.equal(answer.contentType, 'application/vnd.syncml+wbxml');
  });

  it('several datastores in one session, one of them unknown', async () => {
    const client = bench.client();
    const two = await client.send([openNotes(201), openAlert(201, 'contacts', './C'), openAlert(201, 'nowhere', './X')]);
    assert.equal(statuses(two), 'SyncHdr 212, Alert 200, Alert 200, Alert 404');
    const four = await client.send([
      ...statusesFor(two),
      notes([add('1', 'one')]),
      sync([], { store: 'contacts', from: './C' }),
      sync([], { store: 'nowhere', from: './X' }),
    ]);
    assert.equal(statuses(four), 'SyncHdr 200, Sync 200, Add 201, Sync 200, Sync 403');
    assert.equal(four.body.filter((c) => c.kind === 'Sync').length, 2);
    await client.send(statusesFor(four));
    const record = await bench.read(async (r) =>
      (await r.pairs.ofDevice((await r.devices.byUri('IMEI:1'))?.id as never)).map((p) => p.current !== undefined),
    );
    assert.deepEqual(record, [true, true]);
  });

  it('initialization and changes in one message', async () => {
    await settle(bench.client(), 'A', [add('1', 'one')]);
    const client = bench.client({ sessionId: '2' });
    const answer = await client.send([openNotes(200, 'A', 'B'), notes([replace('1', 'uno')])]);
    assert.equal(statuses(answer), 'SyncHdr 212, Alert 200, Sync 200, Replace 200');
    assert.ok(answer.final && answer.body.some((c) => c.kind === 'Sync'));
    await client.send(statusesFor(answer));
    assert.deepEqual(await bench.texts(), ['uno']);
  });

  it('in one message with anchors that do not match: nothing is doubled when all items come', async () => {
    await settle(bench.client(), 'A', [add('1', 'one'), add('2', 'two')]);
    const client = bench.client({ sessionId: '2' });
    const answer = await client.send([openNotes(200, 'wrong', 'B'), notes([replace('1', 'one'), remove('2')])]);
    assert.equal(statuses(answer), 'SyncHdr 212, Alert 508, Sync 200, Replace 200, Delete 403');
    const again = await client.send([...statusesFor(answer), notes([replace('1', 'one'), replace('2', 'two')])]);
    assert.equal(statuses(again), 'SyncHdr 200, Sync 200, Replace 200, Replace 200');
    await client.send(statusesFor(again));
    assert.deepEqual(await bench.texts(), ['one', 'two']);
  });

  it('DevInf only, then Alert, then changes (pysyncml, syncml-js)', async () => {
    const client = bench.client();
    const first = await client.send([putDevInf(), get()]);
    assert.equal(kinds(first), 'SyncHdr 212, Put 200, Get 200, Results, Final');
    const two = await client.send([...statusesFor(first), openNotes(201)]);
    assert.equal(kinds(two), 'SyncHdr 200, Alert 200, Alert 201, Final');
    const four = await client.send([...statusesFor(two), notes([add('1', 'one')])]);
    assert.equal(statuses(four), 'SyncHdr 200, Sync 200, Add 201');
    await client.send(statusesFor(four));
    assert.deepEqual(await bench.texts(), ['one']);
  });

  it('asks a device once for its DevInf, and not again when it knows it', async () => {
    const first = bench.client();
    const two = await first.send([openNotes(201)]);
    assert.ok(two.body.some((c) => c.kind === 'Get'));
    const asked = two.body.find((c) => c.kind === 'Get');
    const put = putDevInf();
    const answer: Draft = { kind: 'Results', msgRef: '1', cmdRef: asked?.cmdId ?? '', items: put.items };
    const four = await first.send([...statusesFor(two), answer, notes()]);
    assert.equal(statuses(four), 'SyncHdr 200, Results 200, Sync 200');
    await first.send(statusesFor(four));
    const second = bench.client({ sessionId: '2' });
    assert.equal(kinds(await second.send([openNotes(200, 'A', 'B')])), 'SyncHdr 212, Alert 200, Alert 200, Final');
  });

  it('MsgRef 0 and the same CmdID twice (Funambol C++)', async () => {
    await settle(bench.client({ device: 'IMEI:2' }), 'A', [add('1', 'ours')]);
    const client = bench.client();
    const two = await client.send([openNotes(201)]);
    const zero = statusesFor(two).map((s) => ({ ...s, msgRef: '0' }) as Draft);
    const four = await client.send([
      ...zero,
      {
        ...notes([
          { ...add('5', 'five'), cmdId: '9' },
          { ...add('6', 'six'), cmdId: '9' },
        ]),
        cmdId: '9',
      },
    ]);
    assert.equal(statuses(four), 'SyncHdr 200, Sync 200, Add 201, Add 201');
    assert.deepEqual(
      four.body.flatMap((c) => (c.kind === 'Status' ? [c.cmdRef] : [])),
      ['0', '9', '9', '9'],
    );
    await client.send(statusesFor(four).map((s) => ({ ...s, msgRef: '0' }) as Draft));
    const guid = everyCommand(four.body).find((c) => c.kind === 'Add');
    const late = bench.client({ sessionId: '2' });
    const early = await late.send([openNotes(200, 'A', 'B')]);
    const luid = guid?.kind === 'Add' ? (guid.items[0]?.source?.uri ?? '') : '';
    const next = await late.send([
      ...statusesFor(early),
      map({ [luid]: '77' }, { target: { uri: 'notes' }, source: { uri: './N' } }),
      notes(),
    ]);
    assert.ok(!everyCommand(next.body).some((c) => c.kind === 'Add'), 'its Status counted although MsgRef was 0');
  });

  it('a client that begins with MsgID 3, and a SessionID of 13 digits', async () => {
    const client = bench.client({ sessionId: '1795365546123' });
    client.msgId = 2;
    const two = await client.send([openNotes(201)], { header: { cred: basic() } });
    assert.equal(two.header.msgId, '3');
    assert.equal(two.header.sessionId, '1795365546123');
    const four = await client.send([...statusesFor(two), notes([add('1', 'one')])]);
    assert.equal(four.header.msgId, '4');
  });

  it('two devices with one SessionID do not mix', async () => {
    const a = bench.client({ device: 'IMEI:1' });
    const b = bench.client({ device: 'IMEI:2' });
    const [twoA, twoB] = [await a.send([openNotes(201)]), await b.send([openNotes(201)])];
    assert.notEqual(a.token, b.token);
    await a.send([...statusesFor(twoA), notes([add('1', 'of a')])]);
    await b.send([...statusesFor(twoB), notes([add('1', 'of b')])]);
    assert.deepEqual(await bench.texts(), ['of a', 'of b']);
  });

  it('a new Alert takes the datastore from the older session: that one gets 512 and writes nothing', async () => {
    const old = bench.client();
    const two = await old.send([openNotes(201)]);
    await bench.client({ sessionId: '2' }).send([openNotes(201)]);
    const answer = await old.send([...statusesFor(two), notes([add('1', 'one')])]);
    assert.equal(statuses(answer), 'SyncHdr 512, Sync 512, Add 512');
    assert.deepEqual(await bench.texts(), []);
  });

  it('splits at MaxMsgSize, parts of large objects included, both ways', async () => {
    for (const encoding of ['xml', 'wbxml'] as const) {
      const device = `IMEI:${encoding}`;
      const long = `${encoding} ${'<ä&>'.repeat(1500)}`;
      const source = bench.client({ encoding, device: `${device}-source`, maxMsgSize: 4000 });
      const two = await source.send([openNotes(201)]);
      const data = Buffer.from(long);
      let answer = await source.send([...statusesFor(two), notes([part('1', long.slice(0, 2000), { size: data.length })])], {
        final: false,
      });
      assert.equal(statuses(answer), 'SyncHdr 200, Sync 200, Add 213');
      answer = await source.send([headerOk(2), ...[nextStatus(answer.header.msgId)], notes([part('1', long.slice(2000), { last: true })])]);
      assert.equal(statuses(answer), 'SyncHdr 200, Sync 200, Add 201');

      const sink = bench.client({ encoding, device, sessionId: '7', maxMsgSize: 3000 });
      let reply = await sink.send([openNotes(201), putDevInf()]);
      reply = await sink.send([...statusesFor(reply), notes()]);
      let got = '';
      for (let i = 0; i < 40; i += 1) {
        for (const c of everyCommand(reply.body)) {
          const content = c.kind === 'Add' && c.items[0]?.data?.kind === 'content' ? Buffer.from(c.items[0].data.bytes).toString() : '';
          if (content.startsWith(encoding) || got !== '') got += content;
        }
        if (reply.final) break;
        reply = await sink.send([...statusesFor(reply), nextMessage()], { final: false });
      }
      assert.ok(reply.final);
      assert.ok(got.startsWith(long) || got.endsWith(long), encoding);
    }
  });

  for (const encoding of ['xml', 'wbxml'] as const) {
    it(`keeps to a MaxMsgSize of 1500 bytes through a whole session (${encoding})`, async () => {
      await settle(bench.client({ device: 'IMEI:2' }), 'A', [add('1', 'x'.repeat(1200)), add('2', 'short'), add('3', 'y'.repeat(300))]);
      const client = bench.client({ encoding, maxMsgSize: 1500 });
      const got: string[] = [];
      const rest = async (answer: Message): Promise<Message> => {
        let reply = answer;
        for (let i = 0; i < 60 && !reply.final; i += 1) {
          reply = await client.send([...statusesFor(reply), nextMessage()], { final: false });
          for (const c of everyCommand(reply.body)) if (c.kind === 'Add' && !c.items[0]?.moreData) got.push(c.items[0]?.source?.uri ?? '');
        }
        assert.ok(reply.final);
        return reply;
      };
      const two = await rest(await client.send([openNotes(201), get(), putDevInf()]));
      const four = await rest(await client.send([...statusesFor(two), notes([add('9', 'mine')])]));
      await rest(await client.send(statusesFor(four)));
      assert.equal(got.length, 3);
    });
  }

  it('suspend and resume (1.2)', async () => {
    const client = bench.client();
    const two = await client.send([openNotes(201)]);
    const last = await client.send([...statusesFor(two), notes([add('1', 'one')]), alert(224, { target: ENDPOINT, source: 'IMEI:1' })]);
    assert.equal(kinds(last), 'SyncHdr 200, Sync 200, Add 201, Alert 200, Final');
    const again = bench.client({ sessionId: '2' });
    const resumed = await again.send([openNotes(225, undefined, 'B')]);
    assert.equal(kinds(resumed).replace(', Get', ''), 'SyncHdr 212, Alert 200, Alert 201, Final');
    const four = await again.send([...statusesFor(resumed), notes([add('1', 'one'), add('2', 'two')])]);
    assert.equal(statuses(four), 'SyncHdr 200, Sync 200, Add 201, Add 201');
    await again.send(statusesFor(four));
    assert.deepEqual(await bench.texts(), ['one', 'two']);
    assert.equal(statusOf(await bench.client({ sessionId: '3' }).send([openNotes(200, 'B', 'C')]), 'Alert').code, 200);
  });

  it('a late Map after package 6 is taken', async () => {
    await settle(bench.client({ device: 'IMEI:2' }), 'A', [add('1', 'ours')]);
    const client = bench.client();
    const two = await client.send([openNotes(201)]);
    const four = await client.send([...statusesFor(two), notes()]);
    const added = everyCommand(four.body).find((c) => c.kind === 'Add');
    assert.equal(kinds(await client.send(statusesFor(four))), 'SyncHdr 200, Final');
    const guid = added?.kind === 'Add' ? (added.items[0]?.source?.uri ?? '') : '';
    assert.equal(
      kinds(await client.send([headerOk(3), map({ [guid]: '5' }, { target: { uri: 'notes' }, source: { uri: './N' } })])),
      'SyncHdr 200, Map 200, Final',
    );
  });

  it('Statuses spill over into further messages when they are small', async () => {
    const client = bench.client({ maxMsgSize: 2500 });
    const two = await client.send([openNotes(201)]);
    let answer = await client.send([...statusesFor(two), notes(Array.from({ length: 40 }, (_, i) => add(String(i), `note ${i}`)))]);
    let count = 0;
    for (let i = 0; i < 40; i += 1) {
      count += answer.body.filter((c) => c.kind === 'Status' && c.cmd === 'Add').length;
      if (answer.final) break;
      answer = await client.send([...statusesFor(answer), nextMessage()], { final: false });
    }
    assert.equal(count, 40);
    assert.ok(answer.final);
  });
});

const nextStatus = (msgRef: string): Draft => ({
  kind: 'Status',
  msgRef,
  cmdRef: '99',
  cmd: 'Alert',
  targetRefs: [],
  sourceRefs: [],
  code: 200,
  items: [],
});
