import assert from 'node:assert/strict';
import { guid, luid, type DeviceId, type SessionToken } from '../../../src/model/ids.js';
import { bytes, item, response, session, settle, text, within, type OpenedStore, type OpenStore, type Setting } from './setting.js';

export function syncStateContract(open: OpenStore): void {
  describe('staged items, chunks, conflicts, sessions', () => {
    let opened: OpenedStore;
    let setting: Setting;
    beforeEach(async () => {
      opened = await open();
      setting = await settle(opened.store);
    });
    afterEach(() => opened.close());

    it('stages items in the order they came; the last of a LUID counts', async () => {
      await within(opened.store, setting, async ({ staged }) => {
        const { id } = setting.pair;
        await staged.put(id, luid('b'), item('first', { identityKey: 'who', modified: '20080101T000000Z' }));
        await staged.put(id, luid('a'), item('other'));
        await staged.put(id, luid('b'), item('second', { identityKey: 'who' }));
        const b = { luid: luid('b'), type: 'text/x-vcard', canonicalKey: 'canonical of second', identityKey: 'who', size: 6 };
        assert.deepEqual(await staged.get(id, luid('b')), b);
        assert.deepEqual(
          (await staged.list(id)).map((each) => each.luid),
          ['b', 'a'],
        );
        const content = await staged.content(id, luid('b'));
        assert.equal(content?.kind === 'inline' ? text(content.bytes) : undefined, 'second');
        await staged.put(id, luid('c'), { ...item('c'), content: { kind: 'blob', name: 'name-of-a-blob-0', size: 70_000 } });
        assert.deepEqual(await staged.content(id, luid('c')), { kind: 'blob', name: 'name-of-a-blob-0', size: 70_000 });
        assert.equal((await staged.get(id, luid('c')))?.size, 70_000);
        assert.equal(await staged.remove(id, luid('a')), true);
        assert.equal(await staged.remove(id, luid('a')), false);
        await staged.clear(id);
        assert.deepEqual(await staged.list(id), []);
        assert.equal(await staged.content(id, luid('b')), undefined);
      });
    });

    it('joins chunks in order, each owner for itself', async () => {
      await within(opened.store, setting, async ({ chunks }) => {
        await chunks.append('1', bytes('one '));
        await chunks.append('2', bytes('other'));
        await chunks.append('1', bytes('two '));
        await chunks.append('1', bytes('three'));
        await chunks.dropLast('1');
        await chunks.append('1', bytes('drei'));
        assert.equal(text(await chunks.read('1')), 'one two drei');
        await chunks.clear('1');
        assert.equal(text(await chunks.read('1')), '');
        assert.equal(text(await chunks.read('2')), 'other');
        await chunks.dropLast('nobody');
      });
    });

    it('keeps the conflict journal, newest first', async () => {
      await within(opened.store, setting, async ({ conflicts, datastores }) => {
        const notes = await datastores.create('notes', 'notes', 'client-wins');
        const entry = {
          at: 5,
          datastore: setting.datastore,
          guid: guid('1'),
          device: setting.device,
          cause: 'update-update',
          decision: 'client',
          revision: 3,
          type: 'text/x-vcard',
          batch: 'b1',
        };
        const { device: _device, batch: _batch, ...bare } = entry;
        const first = await conflicts.add(entry, { lost: bytes('lost'), kept: bytes('kept') });
        const second = await conflicts.add({ ...bare, datastore: notes.id }, { lost: bytes('') });
        assert.deepEqual(await conflicts.get(first), { ...entry, id: first });
        assert.deepEqual(await conflicts.list(), [
          { ...bare, datastore: notes.id, id: second },
          { ...entry, id: first },
        ]);
        assert.deepEqual(
          (await conflicts.list({ datastore: setting.datastore })).map((each) => each.id),
          [first],
        );
        assert.deepEqual(
          (await conflicts.list({ limit: 1 })).map((each) => each.id),
          [second],
        );
        const content = await conflicts.content(first);
        assert.deepEqual([text(content.lost), text(content.kept)], ['lost', 'kept']);
        const other = await conflicts.content(second);
        assert.deepEqual([text(other.lost), 'kept' in other], ['', false]);
        await conflicts.markUndone(first, 9);
        assert.equal((await conflicts.get(first))?.undoneAt, 9);
        assert.deepEqual(await conflicts.content(77), {});
      });
    });

    it('keeps a session and the answer to its last message', async () => {
      const first = session(setting, 'token-1');
      await opened.store.transact(async ({ sessions }) => {
        await sessions.save(first, response('<one/>'));
        assert.deepEqual(await sessions.byToken(first.token), first);
        const again = { ...first, lastMsgId: 2, updatedAt: 6000, state: '{"phase":"sync"}', trace: '[1]', origin: 'elsewhere' };
        await sessions.save(again, response('<two/>', { msgId: 2, digest: 'd2', at: 6000 }));
        assert.deepEqual(await sessions.byToken(first.token), again);
      });
      const other = await opened.another();
      const stored = await other.read((tx) => tx.sessions.response(first.token));
      assert.ok(stored);
      assert.deepEqual(
        { ...stored, bytes: text(stored.bytes) },
        { ...response('', { msgId: 2, digest: 'd2', at: 6000 }), bytes: '<two/>' },
      );
      await opened.store.transact(async ({ sessions }) => {
        await sessions.remove(first.token);
        assert.equal(await sessions.byToken(first.token), undefined);
        assert.equal(await sessions.response(first.token), undefined);
      });
      assert.equal(await other.read((tx) => tx.sessions.byToken('never' as SessionToken)), undefined);
    });

    it('finds live sessions by where they come from, newest first', async () => {
      await opened.store.transact(async ({ sessions }) => {
        const save = (token: string, changes: Parameters<typeof session>[2]) =>
          sessions.save(session(setting, token, changes), response(''));
        await save('old', { startedAt: 1 });
        await save('new', { startedAt: 2 });
        await save('ended', { startedAt: 3, ended: true });
        await save('elsewhere', { startedAt: 4, origin: 'elsewhere' });
        await save('other', { startedAt: 5, sessionId: '2' });
        const tokens = (found: readonly { token: string }[]) => found.map((each) => each.token);
        assert.deepEqual(tokens(await sessions.find('IMEI:1', '1', '192.0.2.1 Phone/1.0')), ['new', 'old']);
        assert.deepEqual(tokens(await sessions.find('IMEI:2', '1', '192.0.2.1 Phone/1.0')), []);
        assert.deepEqual(tokens(await sessions.ofAccount(setting.account, 2)), ['other', 'elsewhere']);
        assert.equal(await sessions.countOpen(setting.account), 4);
        await sessions.removeOpen(setting.account, 999_999 as DeviceId);
        assert.equal(await sessions.countOpen(setting.account), 4);
        await sessions.removeOpen(setting.account, setting.device);
        assert.deepEqual(tokens(await sessions.ofAccount(setting.account, 9)), ['ended']);
      });
    });
  });
}
