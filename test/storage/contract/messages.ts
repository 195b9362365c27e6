import assert from 'node:assert/strict';
import type { SessionToken } from '../../../src/model/ids.js';
import type { KeepBounds, KeptMessage } from '../../../src/storage/ports/messages.js';
import { bytes, response, session, settle, text, within, type OpenedStore, type OpenStore, type Setting } from './setting.js';

const TOKEN = 'token-1' as SessionToken;
const WIDE: KeepBounds = { messages: 100, bytes: 1000 };

/** Both bodies have `size` bytes together; the request begins with the name. */
const message = (name: string, size = 2 * name.length): KeptMessage => ({
  at: 5000,
  path: '/sync',
  request: { headers: { 'Content-Type': 'a/b' }, body: bytes(name.padEnd(size - name.length, '.')) },
  httpStatus: 200,
  response: { headers: {}, body: bytes(name) },
});

export function messagesContract(open: OpenStore): void {
  describe('kept messages', () => {
    let opened: OpenedStore;
    let setting: Setting;
    beforeEach(async () => {
      opened = await open();
      setting = await settle(opened.store);
      await opened.store.transact((tx) => tx.sessions.save(session(setting, TOKEN), response('')));
    });
    afterEach(() => opened.close());

    const keep = (bounds: KeepBounds, ...messages: KeptMessage[]) =>
      within(opened.store, setting, (account) => account.messages.keep(TOKEN, messages, bounds));
    const kept = async () => {
      const found = await opened.store.read((tx) => tx.account(setting.account).messages.of(TOKEN));
      return found.map(({ n, response: { body } }) => `${n} ${text(body)}`);
    };

    it('come back as they were kept, in order, each session for itself', async () => {
      await opened.store.transact((tx) => tx.sessions.save(session(setting, 'other'), response('')));
      const whole: KeptMessage = {
        at: 7,
        path: '/sync?s=x',
        request: { headers: { Host: 'h', 'User-Agent': 'Ü' }, body: Buffer.from([0, 1, 255]) },
        httpStatus: 200,
        response: { headers: { 'Content-Type': 'c/d' }, body: bytes('answer') },
      };
      await keep(WIDE, whole);
      await keep(WIDE, message('two'), message('three'));
      await within(opened.store, setting, (account) => account.messages.keep('other' as SessionToken, [message('else')], WIDE));
      assert.deepEqual(await kept(), ['1 answer', '2 two', '3 three']);
      const another = await opened.another();
      const [first] = await another.read((tx) => tx.account(setting.account).messages.of(TOKEN));
      const plain = (side: KeptMessage['request']) => ({ ...side, body: [...side.body] });
      assert.deepEqual(
        { ...first, request: plain(first?.request ?? whole.request), response: plain(first?.response ?? whole.response) },
        { n: 1, ...whole, request: plain(whole.request), response: plain(whole.response) },
      );
    });

    it('the oldest go when there are too many, or too many bytes; numbers are not used again', async () => {
      await keep({ messages: 2, bytes: 1000 }, message('one'), message('two'));
      assert.deepEqual(await kept(), ['1 one', '2 two']);
      await keep({ messages: 2, bytes: 1000 }, message('three'));
      assert.deepEqual(await kept(), ['2 two', '3 three']);
      await keep({ messages: 9, bytes: 20 }, message('four', 10));
      assert.deepEqual(await kept(), ['3 three', '4 four']);
      await keep({ messages: 9, bytes: 19 }, message('five', 10));
      assert.deepEqual(await kept(), ['5 five']);
    });

    it('a message that is too big alone is kept without its bodies', async () => {
      await keep({ messages: 9, bytes: 20 }, message('fits', 20));
      await keep({ messages: 9, bytes: 20 }, message('not', 21));
      const [fits, not] = await opened.store.read((tx) => tx.account(setting.account).messages.of(TOKEN));
      assert.deepEqual([fits?.request.leftOut, fits?.request.body.length], [undefined, 16]);
      assert.deepEqual([not?.request.leftOut, not?.response.leftOut, not?.request.body.length], [18, 3, 0]);
      assert.deepEqual(not?.request.headers, { 'Content-Type': 'a/b' });
    });

    it('go with their session, and have one', async () => {
      await keep(WIDE, message('one'));
      await opened.store.transact((tx) => tx.sessions.remove(TOKEN));
      assert.deepEqual(await kept(), []);
      await assert.rejects(keep(WIDE, message('one')));
    });
  });
}
