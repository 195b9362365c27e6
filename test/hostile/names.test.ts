/** Names that look like paths, markup or properties, and names without end: of servers, devices, stores, items. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { createUser } from '../../src/accounts/users.js';
import type { Cred } from '../../src/model/message.js';
import { add, map, openAlert, statusesFor, sync, type Draft } from '../engine/support/messages.js';
import { basic, Bench, PASSWORD, statusOf, statuses, type Client } from '../exchange/support/bench.js';

const LARGE = 'x'.repeat(100_000);

describe('hostile names', function () {
  this.timeout(120_000);
  let bench: Bench;
  before(async () => {
    bench = await Bench.open();
    const { store } = bench.temp;
    const { serverId, datastores } = bench.config;
    await createUser(store, { name: 'berta', password: PASSWORD, serverId, datastores, now: 0 });
    const berta = bench.client({ device: 'IMEI:berta', sessionId: 'b' });
    await berta.send([openAlert(201, 'notes', './N', 'A')], { header: { cred: basic('berta', PASSWORD) } });
    await berta.send([sync([add('1', 'secret of berta')], { store: 'notes', from: './N' })]);
  });
  after(() => bench.close());

  let count = 0;
  const phone = (more: { readonly device?: string; readonly sessionId?: string } = {}): Client => {
    count += 1;
    return bench.client({ encoding: 'wbxml', device: 'IMEI:anna', sessionId: `s${count}`, ...more });
  };
  const files = (): readonly string[] => readdirSync(bench.temp.folder, { recursive: true }).map(String).sort();
  const everything = async (): Promise<string> => {
    const texts: string[] = [];
    for (const { uri } of await bench.read((reader) => reader.datastores.list())) texts.push(...(await bench.texts(uri)));
    return texts.join();
  };

  describe('of datastores', () => {
    const names = [
      ...[
        '../notes',
        './../../notes',
        '/notes',
        '//notes',
        '/etc/passwd',
        'file:///etc/passwd',
        '..',
        '.',
        '/',
        './',
        '..\\notes',
        'C:\\notes',
      ],
      ...['%2e%2e/notes', '%2E%2E%2Fnotes', '%2fnotes', '..%2f..%2fnotes', '%00', 'notes%00', 'notes\u0000', '\u0000', 'not\u0000es', '%'],
      ...[
        'berta/notes',
        './berta/notes',
        '../berta/notes',
        'notes/../berta',
        'http://sync.example/berta/notes',
        'berta@notes',
        'berta:notes',
      ],
      ...[
        '__proto__',
        'constructor',
        'toString',
        'hasOwnProperty',
        'notes?/../contacts',
        'notes;berta',
        "notes' OR '1'='1",
        '1',
        '2',
        'ｎｏｔｅｓ',
      ],
      ...['notes\r\nX: 1', '\u001b[2J', 'x'.repeat(255), LARGE, '../'.repeat(20_000) + 'notes', ' ', '\ufeffnotes', 'NOTES\u202e'],
    ];
    for (const name of names) {
      it(`${JSON.stringify(name.slice(0, 40))} (${name.length}) is the user's own store or none`, async () => {
        const before = files();
        const client = phone();
        const answer = await client.send([openAlert(201, name, './N', `${count}`)]);
        const { code } = statusOf(answer, 'Alert');
        const opened = [200, 508].includes(code);
        assert.ok(opened || [400, 403, 404, 406, 412, 414, 422].includes(code), `${code}`);
        const written = await client.send([...statusesFor(answer), sync([add('1', `by ${count};`)], { store: name, from: './N' })]);
        // What does not fit the answer comes with the next: the note shows whether it was taken.
        assert.equal((await everything()).includes(`by ${count};`), opened, statuses(written));
        assert.doesNotMatch(JSON.stringify(answer) + JSON.stringify(written), /secret of berta/);
        assert.doesNotMatch(await everything(), /berta/);
        assert.deepEqual(files(), before, 'no name becomes a file');
        const get: Draft = { kind: 'Get', meta: { type: 'text/plain' }, items: [{ target: { uri: name } }] };
        const got = await phone().send([get]);
        assert.doesNotMatch(statuses(got), /Get 2/);
        assert.doesNotMatch(JSON.stringify(got), /secret/);
      });
    }

    it('as the device calls it: of a length that can be kept, or 414', async () => {
      for (const [name, code] of [
        ['x'.repeat(1024), 200],
        ['x'.repeat(1025), 414],
        [LARGE, 414],
      ] as const) {
        const answer = await phone().send([openAlert(200, 'notes', name, 'A', undefined)]);
        assert.equal(statusOf(answer, 'Alert').code === 414 ? 414 : 200, code);
      }
    });
  });

  it('anchors are kept, of a length that can be, or refused', async () => {
    const long = await phone().send([openAlert(200, 'notes', './N', LARGE)]);
    assert.equal(statusOf(long, 'Alert').code, 400);
    const last = await phone().send([openAlert(200, 'notes', './N', '1', LARGE)]);
    assert.equal(statusOf(last, 'Alert').code, 400);
    const odd = await phone().send([openAlert(201, 'notes', './N', '../..\u0001%00<a>')]);
    assert.equal(statusOf(odd, 'Alert').code, 200);
  });

  it('of items: each is an item of its own, and comes back under its name', async () => {
    const names = [
      ...[
        '../../x',
        '/etc/passwd',
        '%2e%2e%2f',
        '..',
        '.',
        '/',
        'a/b',
        'a\\b',
        '__proto__',
        'constructor',
        'toString',
        '*',
        '%',
        '%00',
        "' --",
      ],
      ...['\u001b[2J', '<a>&', '\u202e', '\ufeff', 'é', 'e\u0301', ' 1', '1', '01', '1.0', '1e0', 'x'.repeat(255), '\u00e9'.repeat(127)],
    ];
    const before = files().filter((name) => !/blobs/.test(name));
    const client = phone({ device: 'IMEI:odd-luids' });
    const first = await client.send([openAlert(201, 'notes', './N', 'A')]);
    // Large enough to become files.
    const body = names.map((name, n) => add(name, `note of ${n} ${'.'.repeat(20_000)}`));
    const answer = await client.send([...statusesFor(first), sync(body, { store: 'notes', from: './N' })]);
    assert.doesNotMatch(statuses(answer), /Add [^2]/);
    const known = await bench.read(async (reader) => {
      const store = await reader.datastores.byUri('notes');
      const pairs = await reader.pairs.ofDatastore(store?.id ?? (0 as never));
      const luids: string[] = [];
      for (const pair of pairs)
        for (const { luid } of await reader.idMap.list(pair.id, pair.current?.epoch ?? pair.open?.epoch ?? 1)) if (luid) luids.push(luid);
      return luids;
    });
    for (const name of names) assert.ok(known.includes(name), JSON.stringify(name));
    assert.deepEqual(
      files().filter((name) => !/blobs/.test(name)),
      before,
    );
    for (const file of files().filter((name) => /blobs/.test(name))) assert.match(file, /^[\w./-]+$/);
  });

  it('of items, too long: 414, and Maps that name what there is not are refused', async () => {
    const client = phone();
    const first = await client.send([openAlert(200, 'notes', './N', 'A', undefined)]);
    const long = 'x'.repeat(256);
    const body = [add(long, 'too long'), add('\u00e9'.repeat(128), 'in bytes, too'), add('', 'none'), add(LARGE, 'far too long')];
    const answer = await client.send([...statusesFor(first), sync(body, { store: 'notes', from: './N' })]);
    assert.match(statuses(answer), /Add 414, Add 414, Add 400/);
    const mapped = map({ '../1': '1', [LARGE]: '2', __proto__x: LARGE, '%00': '4' }, { target: { uri: 'notes' }, source: { uri: './N' } });
    const after = await client.send([...statusesFor(answer), mapped]);
    assert.doesNotMatch(statuses(after), /Map 200/);
  });

  describe('in the header', () => {
    const ask = async (header: object, cred: Cred = basic()): Promise<number> => {
      const client = phone();
      const answer = await client.post(
        client.encode(client.message([openAlert(201, 'notes', './N', 'A')], { header: { ...header, cred } })),
      );
      assert.equal(answer.httpStatus, 200);
      assert.ok(JSON.stringify(answer.log).length < 2000, 'the log does not grow with it');
      return statusOf(client.decode(answer)).code;
    };
    const devices = async (): Promise<number> => (await bench.read((reader) => reader.devices.list())).length;

    it('too long for a device, a server, a session, a message: refused before anything is kept, also of strangers', async () => {
      const before = await devices();
      for (const cred of [basic(), basic('anna', 'wrong'), basic('nobody', 'x')]) {
        assert.equal(await ask({ source: { uri: 'x'.repeat(2049) } }, cred), 414);
        assert.equal(await ask({ source: { uri: LARGE } }, cred), 414);
        assert.equal(await ask({ target: { uri: LARGE } }, cred), 414);
        assert.equal(await ask({ sessionId: LARGE }, cred), 400);
        assert.equal(await ask({ msgId: '1'.repeat(65) }, cred), 400);
      }
      assert.equal(await devices(), before);
      assert.equal(await ask({ source: { uri: 'x'.repeat(2048) } }), 212);
    });

    it('what is not repeated to the client comes back as it was, as data', async () => {
      for (const uri of ['IMEI:1\r\nX-Injected: 1', '<b>&amp;', '../../x', '__proto__', '\u0001', '\u202e']) {
        const client = phone({ device: uri });
        const answer = await client.post(client.encode(client.message([])));
        assert.equal(client.decode(answer).header.target.uri, uri);
        assert.doesNotMatch(JSON.stringify(answer.headers ?? {}), /Injected/);
      }
    });

    it('a RespURI of the client is not followed', async () => {
      for (const respUri of ['http://evil.example/\r\nX: 1', 'file:///etc/passwd', 'http://169.254.169.254/', LARGE]) {
        const client = phone();
        const answer = await client.post(client.encode(client.message([], { header: { respUri } })));
        assert.equal(statusOf(client.decode(answer)).code, 212);
        assert.doesNotMatch(client.decode(answer).header.respUri ?? '', /evil|passwd|169/);
      }
    });
  });
});
