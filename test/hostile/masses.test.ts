/** Much of what is small: items, levels, sessions, messages that wait. What one sender can make the server hold has a bound. */
import assert from 'node:assert/strict';
import type { Message } from '../../src/model/message.js';
import { add, devInf, group, openAlert, part, putDevInf, status, statusesFor, sync, type Draft } from '../engine/support/messages.js';
import { Bench, kinds, statusOf, statuses, type Client } from '../exchange/support/bench.js';

const MIB = 1024 * 1024;
const notes = (commands: readonly Draft[]): Draft => sync(commands, { store: 'notes', from: './N' });

describe('hostile masses', function () {
  this.timeout(300_000);
  let bench: Bench;
  afterEach(() => bench.close());

  async function begun(settings: Readonly<Record<string, unknown>> = {}, sessionId = '1'): Promise<{ client: Client; first: Message }> {
    bench ??= await Bench.open(settings);
    const client = bench.client({ device: 'IMEI:many', sessionId, encoding: 'wbxml' });
    return { client, first: await client.send([openAlert(201, 'notes', './N', 'A')]) };
  }
  beforeEach(() => (bench = undefined as never));

  /** The answer to bytes as they are, by HTTP or by Status. */
  async function told(client: Client, bytes: Uint8Array): Promise<string> {
    const answer = await client.post(bytes);
    if (answer.httpStatus !== 200) return `HTTP ${answer.httpStatus}`;
    return kinds(client.decode(answer));
  }

  it('as many items as a message may have are taken, one more is refused, however they are nested', async () => {
    const { client, first } = await begun({ 'limits.itemsPerMessage': 50 });
    const adds = (n: number): Draft[] => Array.from({ length: n }, (_, i) => add(String(i), `note ${i}`));
    // A command counts, and each item of it: the Sync, its Statuses, and two for each Add.
    const others = 1 + statusesFor(first).length;
    const fit = Math.floor((50 - others) / 2);
    const over = client.encode(client.message([...statusesFor(first), notes(adds(fit + 1))]));
    assert.match(await told(client, over), /^SyncHdr 413/);
    client.msgId -= 1;
    const nested = client.encode(client.message([...statusesFor(first), notes([group('Sequence', [group('Atomic', adds(fit))])])]));
    assert.match(await told(client, nested), /^SyncHdr 413/);
    assert.deepEqual(await bench.texts(), []);
    client.msgId -= 1;
    await client.send([...statusesFor(first), notes(adds(fit))]);
    assert.equal((await bench.texts()).length, fit);
  });

  it('millions of tiny items are refused before they are looked at, in either encoding', async () => {
    const { client } = await begun();
    const [head = '', tail = ''] = Buffer.from(client.encode(client.message([notes([add('1', 'MARK')])]), 'xml'))
      .toString('latin1')
      .split(/<Add>.*<\/Add>/s);
    const item = '<Item><Source><LocURI>1</LocURI></Source><Data>x</Data></Item>';
    const xml = Buffer.from(`${head}<Add><CmdID>9</CmdID>${item.repeat(250_000)}</Add>${tail}`);
    const answer = await client.post(xml, { contentType: 'application/vnd.syncml+xml' });
    assert.ok(answer.httpStatus === 413 || statusOf(client.decode(answer)).code === 413);
    // WBXML: Item with nothing in it is a byte.
    const bytes = client.encode(client.message([notes([add('1', 'MARK')])]));
    const at = Buffer.from(bytes).indexOf('MARK');
    const wbxml = Buffer.concat([bytes.subarray(0, at - 1), Buffer.alloc(5_000_000, 0x14), bytes.subarray(at - 1)]);
    assert.match(await told(client, wbxml), /413|HTTP 4/);
    assert.deepEqual(await bench.texts(), []);
  });

  describe('levels', () => {
    const deep = (open: string, close: string, n: number): string => open.repeat(n) + close.repeat(n);

    it('of content are no levels of the message: it is taken or refused as content', async () => {
      const { client, first } = await begun();
      const contents = [
        ['text/x-vcard', 'BEGIN:VCARD\r\n'.repeat(20_000)],
        ['text/x-vcard', deep('BEGIN:VCARD\r\n', 'END:VCARD\r\n', 5000)],
        ['text/calendar', deep('BEGIN:VEVENT\r\n', 'END:VEVENT\r\n', 5000)],
        ['text/x-vcalendar', `BEGIN:VCALENDAR\r\n${deep('BEGIN:VTODO\r\n', 'END:VTODO\r\n', 5000)}END:VCALENDAR\r\n`],
        ['text/x-s4j-sifc', `<contact>${deep('<a>', '</a>', 10_000)}</contact>`],
        ['text/x-s4j-sifn', '<note>'.repeat(20_000)],
        ['text/plain', deep('<a>', '</a>', 10_000)],
        ['text/x-vcard', `BEGIN:VCARD\r\nN:${';'.repeat(100_000)}\r\nTEL${';TYPE=a'.repeat(20_000)}:1\r\nEND:VCARD\r\n`],
        [
          'text/x-vcalendar',
          `BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n${'EXDATE:20240101T000000Z\r\n'.repeat(4000)}END:VEVENT\r\nEND:VCALENDAR\r\n`,
        ],
        [
          'text/x-vcalendar',
          `BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20240101T000000Z\r\nRRULE:D1 #999999999\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`,
        ],
      ] as const;
      let previous = first;
      for (const [n, [type, text]] of contents.entries()) {
        const answer = await client.send([...statusesFor(previous), notes([add(String(n), text, { meta: { type } })])], { final: false });
        assert.match(statuses(answer), /Add (201|415)/, `${type} ${text.slice(0, 40)}`);
        previous = answer;
      }
    });

    it('of device information within a message count with those around it', async () => {
      const { client } = await begun({ 'limits.maxDepth': 64 });
      const put = (data: string): Uint8Array => {
        const command = { ...putDevInf(), items: [{ source: { uri: './devinf12' }, data: { kind: 'content', bytes: Buffer.from(data) } }] };
        const bytes = client.encode(client.message([command as Draft], { header: { msgId: '2' } }), 'xml');
        client.msgId -= 1;
        return bytes;
      };
      const asXml = (markup: string): Promise<string> =>
        client
          .post(put(markup), { contentType: 'application/vnd.syncml+xml' })
          .then((answer) => (answer.httpStatus === 200 ? statuses(client.decode(answer)) : `HTTP ${answer.httpStatus}`));
      // Escaped, and as a document in a CDATA section of its own: read a second time.
      const nested = `<DevInf xmlns="syncml:devinf"><VerDTD>1.2</VerDTD>${deep('<Ext>', '</Ext>', 500)}</DevInf>`;
      assert.doesNotMatch(await asXml(nested), /Put 2/);
      assert.doesNotMatch(await asXml(`<?xml version="1.0"?>${'<DevInf>'.repeat(100_000)}`), /Put 2/);
      assert.equal(await bench.read(async (reader) => (await reader.devices.byUri('IMEI:many'))?.devInf), undefined);
    });

    it('of device information as WBXML in WBXML, no less', async () => {
      const { client } = await begun();
      // DevInf 1.2, then Ext within Ext.
      const inner = Buffer.concat([Buffer.from([2, 0xa5, 1, 0x6a, 0, 0x4a]), Buffer.alloc(100_000, 0x4e), Buffer.alloc(100_001, 1)]);
      const command = {
        ...putDevInf(),
        meta: { type: 'application/vnd.syncml-devinf+wbxml' },
        items: [{ source: { uri: './devinf12' }, data: { kind: 'content', bytes: inner } }],
      };
      const answer = await client.post(client.encode(client.message([command as unknown as Draft])));
      assert.ok([200, 400, 413].includes(answer.httpStatus));
      assert.equal(await bench.read(async (reader) => (await reader.devices.byUri('IMEI:many'))?.devInf), undefined);
    });

    it('device information too large to keep is refused', async () => {
      const { client } = await begun();
      const huge = { ...devInf, man: 'x'.repeat(1_100_000) };
      const command = { ...putDevInf(), items: [{ source: { uri: './devinf12' }, data: { kind: 'devinf', devinf: huge } }] } as Draft;
      assert.match(await told(client, client.encode(client.message([command]))), /Put 413/);
    });
  });

  describe('what one sender makes the server hold', () => {
    it('sessions: the oldest makes room, and what is known of each is small', async () => {
      await begun({ 'limits.sessionsPerAccount': 5 });
      for (let n = 2; n < 40; n += 1) await begun({}, String(n));
      const open = await bench.temp.store.read(async (tx) => (await tx.sessions.ofAccount(bench.account, 100)).filter((s) => !s.ended));
      assert.equal(open.length, 5);
    });

    it('a trace that does not grow with what a message is made of', async () => {
      const { client } = await begun();
      const made = Array.from({ length: 2000 }, (_, i) => status(1, 1, `${i}${'x'.repeat(60)}`, i));
      const answer = await client.post(client.encode(client.message(made)));
      assert.ok(JSON.stringify(answer.log).length < 10_000, `${JSON.stringify(answer.log).length}`);
      const [session] = await bench.temp.store.read((tx) => tx.sessions.ofAccount(bench.account, 1));
      assert.ok((session?.trace.length ?? 0) < 10_000, `${session?.trace.length}`);
    });

    it('messages that wait while the server is busy: up to a bound', async () => {
      const { client, first } = await begun({ 'limits.maxMsgSize': MIB });
      bench.exchange = bench.another({ inFlight: 0 });
      const size = (): Promise<number> =>
        bench.temp.store.read(async (tx) => (await tx.sessions.ofAccount(bench.account, 1))[0]?.state.length ?? 0);
      for (let n = 0; n < 30; n += 1) {
        const body = [...statusesFor(first), notes([add(String(n), 'x'.repeat(MIB))])];
        assert.match(await told(client, client.encode(client.message(body, { final: false }))), /^SyncHdr 101/);
      }
      const held = await size();
      assert.ok(held > MIB && held < 6 * MIB, `${held}`);
      bench.exchange = bench.another();
      const other = bench.client({ device: 'IMEI:other', sessionId: '9' });
      assert.match(statuses(await other.send([openAlert(201, 'notes', './N', 'A')])), /SyncHdr 212/);
    });

    it('parts of large objects, begun again and again under other names: they count to the quota', async () => {
      bench = await Bench.open({ 'limits.quotaBytes': 3 * MIB + 1000, 'limits.maxObjSize': MIB });
      const codes: number[] = [];
      for (let n = 0; n < 6; n += 1) {
        const client = bench.client({ device: 'IMEI:many', sessionId: `q${n}`, encoding: 'wbxml' });
        const from = `./N${n}`;
        const first = await client.send([openAlert(201, 'notes', from, 'A')]);
        const begunPart = part('1', 'x'.repeat(MIB - 10), { size: MIB });
        const answer = await client.send([...statusesFor(first), sync([begunPart], { store: 'notes', from })], { final: false });
        codes.push(statusOf(answer, 'Add').code);
      }
      assert.deepEqual(codes, [213, 213, 213, 420, 420, 420]);
      const arrived = await bench.read((reader) => reader.arrivedBytes());
      assert.ok(arrived <= 3 * MIB + 1000, `${arrived}`);
    });

    it('items of refreshes that are never completed: they count to the quota', async () => {
      bench = await Bench.open({ 'limits.quotaBytes': 3 * MIB, 'limits.maxObjSize': MIB });
      const codes: number[] = [];
      for (let n = 0; n < 5; n += 1) {
        const client = bench.client({ device: 'IMEI:many', sessionId: `r${n}`, encoding: 'wbxml' });
        const from = `./N${n}`;
        const first = await client.send([openAlert(203, 'notes', from, 'A')]);
        const body = sync([add('1', 'y'.repeat(MIB - 10))], { store: 'notes', from });
        codes.push(statusOf(await client.send([...statusesFor(first), body], { final: false }), 'Add').code);
      }
      assert.deepEqual(codes, [201, 201, 201, 420, 420]);
    });
  });
});
