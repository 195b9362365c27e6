/** What goes through a small message size, with every way to say who one is, in both versions; and what is refused without harm. */
import assert from 'node:assert/strict';
import { meanings } from './compare.js';
import { contact, contactWithPhoto } from './items.js';
import { Proxy } from './proxy.js';
import { assertSame, assertWent, Scene } from './scene.js';
import { describeWithClient } from './tools.js';

const MESSAGE_BYTES = 10_000;
/** The client does not offer less than this, whatever it is configured with. */
const CLIENT_MESSAGE_BYTES = 10_240;
const PHOTO_BYTES = 200_000;

describeWithClient('SyncEvolution: sizes, credentials, versions', function () {
  this.timeout(60_000);
  let scene: Scene;
  let proxy: Proxy;

  before(async () => {
    scene = await Scene.open({ env: { MOORAGE_LIMITS_MAX_MSG_SIZE: String(MESSAGE_BYTES) } });
    proxy = new Proxy(() => new URL(scene.server.url));
    await proxy.listen();
  });
  after(async () => {
    await proxy?.close();
    await scene?.close();
  });

  for (const wbxml of [true, false]) {
    it(`a photo of ${PHOTO_BYTES} bytes goes up and down in messages of ${MESSAGE_BYTES} (${wbxml ? 'WBXML' : 'XML'})`, async () => {
      const user = `photo-${wbxml ? 'wbxml' : 'xml'}`;
      await scene.addUser(user);
      const settings = { wbxml, url: `${proxy.origin}/sync`, maxMsgSize: MESSAGE_BYTES };
      const [up, down] = [scene.device(user, 'up', settings), scene.device(user, 'down', settings)];
      const card = contactWithPhoto(1, PHOTO_BYTES);
      up.put('contacts', 'photo', card);
      proxy.reset();
      assertWent(await up.sync('slow'));
      assert.ok(proxy.exchanges.length > PHOTO_BYTES / CLIENT_MESSAGE_BYTES, 'the way up took many messages');
      await scene.assertEqual(user, 'contacts', up, [card]);
      proxy.reset();
      assertWent(await down.sync('slow'));
      assert.ok(proxy.exchanges.length > PHOTO_BYTES / CLIENT_MESSAGE_BYTES, 'the way down took many messages');
      await scene.assertEqual(user, 'contacts', down, [card]);
      const longest = Math.max(...proxy.exchanges.map(({ response }) => response?.length ?? 0));
      assert.ok(longest <= CLIENT_MESSAGE_BYTES, `an answer of ${longest} bytes, the client takes ${CLIENT_MESSAGE_BYTES}`);
    });
  }

  for (const version of ['1.1', '1.2'] as const) {
    for (const auth of ['md5', 'basic'] as const) {
      it(`SyncML ${version} with ${auth}`, async () => {
        const user = `plain-${version}-${auth}`;
        await scene.addUser(user);
        const other = scene.device(user, 'other');
        other.put('contacts', 'b', contact(2));
        assertWent(await other.sync('slow'));
        const device = scene.device(user, 'device', { version, auth });
        device.put('contacts', 'a', contact(1));
        assertWent(await device.sync('slow'));
        device.put('contacts', 'c', contact(3));
        assertWent(await device.sync('two-way'));
        await scene.assertEqual(user, 'contacts', device, [contact(1), contact(2), contact(3)]);
      });
    }
  }

  it('vCard 2.1 on the wire', async () => {
    const user = 'vcard21';
    await scene.addUser(user);
    const [up, down] = [scene.device(user, 'up'), scene.device(user, 'down')];
    for (const device of [up, down]) device.set({ wireTypes: { contacts: 'text/x-vcard' } });
    const cards = [1, 2, 3, 4, 5].map((n) => contact(n, `Zeile ${n}\nändern; später`));
    for (const [n, card] of cards.entries()) up.put('contacts', `c${n}`, card);
    assertWent(await up.sync('slow'));
    assertWent(await down.sync('slow'));
    await scene.assertEqual(user, 'contacts', up, cards);
    await scene.assertEqual(user, 'contacts', down, cards);
  });

  describe('refuses', () => {
    const user = 'refusals';
    const kept = [contact(1), contact(2)];
    let refused = 0;
    before(async () => {
      await scene.addUser(user);
      const device = scene.device(user, 'owner');
      for (const [n, card] of kept.entries()) device.put('contacts', `c${n}`, card);
      assertWent(await device.sync('slow'));
    });

    for (const auth of ['md5', 'basic'] as const) {
      it(`a wrong password (${auth})`, async () => {
        const thief = scene.device(user, `thief-${(refused += 1)}`, { auth, password: 'guess' });
        thief.put('contacts', 'mine', contact(9));
        const report = await thief.sync('refresh-from-client');
        assert.notEqual(report.exitCode, 0);
        assert.match(report.text, /403|401/, 'the client says that access was denied');
        assertSame('the server', meanings(await scene.items(user, 'contacts')), meanings(kept));
        assertSame('the device', meanings(thief.items('contacts').values()), meanings([contact(9)]));
      });
    }

    it('a datastore it does not have, and syncs the other one in the same session', async () => {
      const device = scene.device(user, 'curious', { stores: { contacts: 'text/vcard', nosuchstore: 'text/plain' } });
      device.put('nosuchstore', 'n', 'a note\n');
      const report = await device.sync('two-way');
      assert.notEqual(report.exitCode, 0);
      assert.match(report.text, /404/);
      await scene.assertEqual(user, 'contacts', device, kept);
      assert.deepEqual([...device.items('nosuchstore').values()], ['a note\n']);
      device.put('contacts', 'more', contact(3));
      assertWent(await device.sync('two-way', ['contacts']));
      await scene.assertEqual(user, 'contacts', device, [...kept, contact(3)]);
    });
  });
});
