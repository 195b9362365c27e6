/** Servers with a fixed clock and a seed: the same messages get the same bytes. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Alert } from '../../src/model/alert.js';
import { steppingClock } from '../../src/runtime/clock.js';
import { seededRandom } from '../../src/runtime/random.js';
import { decodeMessage } from '../../src/wire/decode.js';
import type { Encoding } from '../../src/wire/dialect.js';
import { MEDIA_TYPES } from '../../src/wire/media-type.js';
import { ModelDevice } from '../model-client/device.js';
import { STORES } from '../model-client/profile.js';
import { httpTransport, type Reply, type Transport } from '../model-client/transport.js';
import { CommandLine } from './run.js';

const CLOCK = '2026-01-01T00:00:00Z';
const HOST = 'sync.example';
const CAPTURES = join(import.meta.dirname, '../../fixtures/captures/syncevolution');

/** Posts to the port whatever host the address names, under the same name each time. */
function link(port: number, seen: Reply[]): Transport & { close(): void } {
  const http = httpTransport();
  const post: Transport = async (url, contentType, body) => {
    const { pathname, search } = new URL(url);
    const reply = await http(`http://127.0.0.1:${port}${pathname}${search}`, contentType, body, { host: HOST });
    seen.push(reply);
    return reply;
  };
  return Object.assign(post, { close: () => http.close() });
}

/** A recorded session, its later messages to where the server says. */
async function replay(post: Transport, scenario: string, encoding: Encoding): Promise<void> {
  const folder = join(CAPTURES, scenario);
  let url = `http://${HOST}/sync`;
  for (const name of readdirSync(folder)
    .filter((file) => /-request\./.test(file))
    .sort()) {
    const reply = await post(url, MEDIA_TYPES[encoding], readFileSync(join(folder, name)));
    url = decodeMessage(reply.body, encoding).message.header.respUri ?? url;
  }
}

/** Everything a fresh server with these options answers. */
async function answersOf(...options: readonly string[]): Promise<readonly Reply[]> {
  const line = new CommandLine();
  const seen: Reply[] = [];
  try {
    await line.ok('user', 'add', 'peer', '--password', 'secret');
    const { code } = await line.served(options, async (port) => {
      const post = link(port, seen);
      await replay(post, 'slow-5-wbxml', 'wbxml');
      await replay(post, 'slow-5-xml', 'xml');
      // A challenge, its answer, and in the second session the nonce of the first.
      const device = new ModelDevice(
        { uri: 'IMEI:1', user: 'peer', password: 'secret', stores: [STORES.notes], auth: 'md5' },
        post,
        `http://${HOST}/sync`,
      );
      device.store('notes').add(Buffer.from('one'));
      for (let i = 0; i < 2; i += 1) await device.sync(Alert.TwoWay);
      post.close();
    });
    assert.equal(code, 0);
  } finally {
    line.remove();
  }
  return seen;
}

const bodies = (replies: readonly Reply[]): string[] => replies.map(({ body }) => Buffer.from(body).toString('latin1'));
/** Our Next in each Alert that opens a sync. */
const anchorsOf = (replies: readonly Reply[]): string[] =>
  replies.flatMap(({ body, contentType }) =>
    decodeMessage(body, contentType.includes('wbxml') ? 'wbxml' : 'xml').message.body.flatMap((c) =>
      c.kind === 'Alert' ? (c.items[0]?.meta?.anchor?.next ?? []) : [],
    ),
  );

describe('serve --clock --seed', function () {
  this.timeout(120_000);

  it('two fresh servers answer the same messages with the same bytes, another seed with others', async () => {
    const options = ['--clock', CLOCK, '--seed'];
    const [one, two, other] = [await answersOf(...options, '7'), await answersOf(...options, '7'), await answersOf(...options, '8')];
    assert.ok(one.length >= 9, `${one.length} answers`);
    assert.ok(one.every(({ status }) => status === 200));
    assert.deepEqual(bodies(two), bodies(one));
    assert.notDeepEqual(bodies(other), bodies(one));
  });

  it('the time is what was asked for, and the anchors of two sessions differ', async () => {
    const anchors = anchorsOf(await answersOf('--clock', CLOCK, '--seed', '7'));
    assert.ok(anchors.length >= 3, anchors.join());
    assert.equal(new Set(anchors).size, anchors.length);
    for (const anchor of anchors) assert.match(anchor, /^20260101T0000\d\dZ$/);
  });

  it('started again with its seed on the same data, it draws no token twice', async () => {
    const line = new CommandLine();
    await line.ok('user', 'add', 'peer', '--password', 'secret');
    for (let round = 0; round < 2; round += 1) {
      await line.served(['--clock', CLOCK, '--seed', '7'], async (port) => {
        const post = link(port, []);
        await replay(post, 'slow-5-wbxml', 'wbxml');
        await replay(post, 'slow-5-xml', 'xml');
        post.close();
      });
    }
    const sessions = await line.json<{ id: string }[]>('session', 'list');
    assert.equal(new Set(sessions.map(({ id }) => id)).size, sessions.length);
    assert.ok(sessions.length >= 2, `${sessions.length} sessions`);
    line.remove();
  });

  it('warns, and does not start where others could reach it or for what cannot be read', async () => {
    const line = new CommandLine();
    const nothing = async (): Promise<void> => undefined;
    const { code, err } = await line.served(['--clock', CLOCK, '--seed', '7'], nothing);
    assert.equal(code, 0);
    assert.match(err, /WARNING: --clock and --seed: for laboratories only/);
    assert.doesNotMatch((await line.served([], nothing)).err, /WARNING/);
    for (const args of [
      ['--clock', CLOCK, '--host', '0.0.0.0'],
      ['--seed', '7', '--host', '192.0.2.1'],
      ['--seed', '7', '--host', '127.0.0.1.example.org'],
      ['--seed', '7', '--public-url', 'https://sync.example.org/sync'],
      ['--seed', '7', '--processes', '2'],
      ['--seed', 'x'],
      ['--clock', 'yesterday'],
      ['--clock', '2026-01-01'],
      ['--clock', '2026-13-01T00:00:00Z'],
    ]) {
      const refused = await line.served(args, nothing);
      assert.deepEqual([refused.code, refused.out], [1, ''], `${args.join(' ')}: ${refused.err}`);
      assert.match(refused.err, /--(clock|seed)/, args.join(' '));
    }
    line.remove();
  });
});

describe('what repeats', () => {
  it('a stepping clock moves on with each reading', () => {
    const clock = steppingClock(1000, 50);
    assert.deepEqual([clock(), clock(), clock()], [1000, 1050, 1100]);
  });

  it('seeded bytes are the same for the same seed and order, of any length', () => {
    const hex = (seed: string): string[] => {
      const random = seededRandom(seed);
      return [0, 1, 16, 32, 33, 100].map((n) => Buffer.from(random(n)).toString('hex'));
    };
    assert.deepEqual(hex('a'), hex('a'));
    assert.notDeepEqual(hex('a'), hex('b'));
    assert.deepEqual(
      hex('a').map((text) => text.length / 2),
      [0, 1, 16, 32, 33, 100],
    );
    const random = seededRandom('a');
    assert.notDeepEqual(random(16), random(16));
  });
});
