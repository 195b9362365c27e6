import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { CopyId, DeviceId } from '../../../src/model/ids.js';
import { CHUNK_BYTES, HOME_LOCATION, type ChunkRef, type CopyRecord, type DraftRecord } from '../../../src/storage/ports/copies.js';
import { CopyClient } from '../support/copy-client.js';
import { settle, within, type OpenedStore, type OpenStore, type Setting } from './setting.js';

const K = CHUNK_BYTES;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
/** Bytes that say where they stand and which version they are. */
const content = (label: string, size: number): Buffer => {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at += 64) bytes.write(`${label} at ${at}; `, at);
  return bytes;
};

export function copiesContract(open: OpenStore): void {
  describe('copies', () => {
    let opened: OpenedStore;
    let setting: Setting;
    let client: CopyClient;
    beforeEach(async () => {
      opened = await open();
      setting = await settle(opened.store);
      client = await CopyClient.create(opened.store, setting.account, setting.device, 'contacts.db');
    });
    afterEach(() => opened.close());

    const read = <T>(work: (copies: Parameters<Parameters<typeof within<T>>[2]>[0]['copies']) => Promise<T>): Promise<T> =>
      within(opened.store, setting, (account) => work(account.copies));

    it('R52, R60: a first full copy comes back byte for byte, also from another process', async () => {
      const file = content('first', 5 * K + 100);
      const made = await client.full(file, 1);
      assert.equal(sha256(await client.file(made.number)), sha256(file));
      assert.deepEqual([made.number, made.base, made.size, made.by], [1, undefined, file.length, 'full']);
      const another = client.on(await opened.another());
      assert.equal(sha256(await another.file(1)), sha256(file));
    });

    it('R61, R66: a change makes a generation that shares what did not change, and leaves the older one as it was', async () => {
      const first = content('first', 8 * K);
      await client.full(first, 1);
      const before = await read((copies) => copies.storedBytes());
      const second = Buffer.from(first);
      content('second', K).copy(second, 3 * K);
      const made = await client.change(second, 2);
      assert.deepEqual([made.number, made.base, made.by], [2, 1, 'changes']);
      assert.equal(sha256(await client.file(2)), sha256(second));
      assert.equal(sha256(await client.file(1)), sha256(first));
      const refs = await read((copies) => copies.chunks(client.copy, 2));
      assert.deepEqual(
        refs.map(({ index, writtenFor }) => [index, writtenFor]),
        [0, 1, 2, 3, 4, 5, 6, 7].map((index) => [index, index === 3 ? 2 : 1]),
      );
      const grown = (await read((copies) => copies.storedBytes())) - before;
      assert.equal(grown, refs[3]?.length);
    });

    it('reads some chunks as well as all, whatever the order asked for, and leaves out those that are not there', async () => {
      await client.full(content('f', 40 * K), 1);
      const all = await read((copies) => copies.chunks(client.copy, 1));
      for (const indices of [[7], [3, 4, 5], [39, 0, 17, 17], [], [38, 39, 40, 41], [1000]]) {
        const some = await read((copies) => copies.chunks(client.copy, 1, indices));
        const wanted = [...new Set(indices)].sort((a, b) => a - b);
        assert.deepEqual(
          some,
          all.filter(({ index }) => wanted.includes(index)),
        );
      }
      const hashes = Buffer.from(await read((copies) => copies.hashes(client.copy, 1)));
      assert.equal(hashes.toString('hex'), all.map(({ hash }) => Buffer.from(hash).toString('hex')).join(''));
      assert.equal(hashes.subarray(0, 32).toString('hex'), sha256(content('f', 40 * K).subarray(0, K)));
    });

    it('a file that shrinks and grows again does not get its old end back', async () => {
      await client.full(content('long', 6 * K), 1);
      await client.change(content('long', 6 * K).subarray(0, 2 * K + 5), 2);
      // Grown over indices that the draft writes nothing for: there is nothing, not what was there before.
      const draft = await read((copies) => copies.openDraft(client.copy, 2, 'changes', 1));
      await read((copies) => copies.saveDraft(client.copy, { ...draft, size: 6 * K }, []));
      assert.deepEqual(
        (await read((copies) => copies.chunks(client.copy, draft.number, [0, 1, 2, 3, 4, 5]))).map(({ index }) => index),
        [0, 1, 2],
      );
      await assert.rejects(client.commit(3), /3 of 6 chunks/);
      const grown = content('grown', 6 * K);
      const made = await client.change(grown, 4);
      assert.equal(sha256(await client.file(made.number)), sha256(grown));
      assert.equal(sha256(await client.file(1)), sha256(content('long', 6 * K)));
    });

    it('an empty file is a file', async () => {
      await client.full(Buffer.alloc(0), 1);
      assert.equal((await client.file(1)).length, 0);
      await client.change(content('x', 10), 2);
      await client.change(Buffer.alloc(0), 3);
      assert.equal((await client.file(3)).length, 0);
      assert.equal((await client.file(2)).toString(), content('x', 10).toString());
    });

    it('a draft counts for nothing until it is committed, and one that is dropped leaves nothing', async () => {
      await client.full(content('a', 4 * K), 1);
      const before = await read((copies) => copies.storedBytes());
      const draft = await read((copies) => copies.openDraft(client.copy, 1, 'changes', 5));
      const refs = await client.write(draft.number, [[1, content('b', K)]]);
      const saved = await read((copies) => copies.saveDraft(client.copy, { ...draft, state: 'half', received: 7, updatedAt: 6 }, refs));
      assert.deepEqual(saved, { ...draft, state: 'half', received: 7, updatedAt: 6, version: 2 });
      assert.deepEqual(await read((copies) => copies.draft(client.copy)), saved);
      assert.equal((await read((copies) => copies.newest(client.copy)))?.number, 1);
      assert.equal(sha256(await client.file(1)), sha256(content('a', 4 * K)));
      await read((copies) => copies.dropDraft(client.copy));
      assert.equal(await read((copies) => copies.draft(client.copy)), undefined);
      assert.equal(await read((copies) => copies.storedBytes()), before);
      const next = await read((copies) => copies.openDraft(client.copy, 1, 'changes', 7));
      assert.equal(next.number, 3, 'numbers are not used again');
    });

    it('a step that was prepared on another version of the draft changes nothing', async () => {
      await client.full(content('a', 2 * K), 1);
      const draft = await read((copies) => copies.openDraft(client.copy, 1, 'changes', 5));
      const refs = await client.write(draft.number, [[0, content('b', K)]]);
      const second = (await read((copies) => copies.saveDraft(client.copy, draft, refs))) as DraftRecord;
      const stale = await client.write(draft.number, [[0, content('c', K)]]);
      assert.equal(await read((copies) => copies.saveDraft(client.copy, draft, stale)), undefined);
      assert.equal(await read((copies) => copies.saveDraft(client.copy, { ...second, number: 99 }, stale)), undefined);
      assert.deepEqual(await client.chunk(draft.number, 0), content('b', K));
      await read((copies) => copies.dropDraft(client.copy));
      assert.equal(await read((copies) => copies.saveDraft(client.copy, second, refs)), undefined);
    });

    it('opening a draft drops the one before', async () => {
      await client.full(content('a', 2 * K), 1);
      const first = await read((copies) => copies.openDraft(client.copy, 1, 'changes', 5));
      const refs = await client.write(first.number, [[0, content('b', K)]]);
      await read((copies) => copies.saveDraft(client.copy, first, refs));
      const second = await read((copies) => copies.openDraft(client.copy, 1, 'changes', 6));
      assert.deepEqual(await client.chunk(second.number, 0), content('a', 2 * K).subarray(0, K));
      assert.deepEqual(await read((copies) => copies.chunks(client.copy, first.number)), []);
    });

    it('a draft on an older generation starts from that one, not from what came after', async () => {
      const one = content('one', 5 * K);
      await client.full(one, 1);
      await client.change(Buffer.concat([content('two', 2 * K), one.subarray(2 * K, 3 * K)]), 2);
      await client.full(content('three', 9 * K), 3);
      const draft = await read((copies) => copies.openDraft(client.copy, 1, 'restore', 5));
      assert.deepEqual([draft.base, draft.size], [1, one.length]);
      const restored = await client.commit(4);
      assert.deepEqual([restored.number, restored.by], [4, 'restore']);
      assert.equal(sha256(await client.file(4)), sha256(one));
      for (const number of [1, 2, 3]) await read((copies) => copies.drop(client.copy, number));
      assert.equal(sha256(await client.file(4)), sha256(one));
    });

    it('R56: what a dropped generation alone had goes, what others need stays, and the newest is not dropped', async () => {
      const one = content('one', 6 * K);
      await client.full(one, 1);
      const two = Buffer.from(one);
      content('two', K).copy(two, 0);
      await client.change(two, 2);
      const three = Buffer.from(two);
      content('three', 2 * K).copy(three, 0);
      await client.change(three, 3);
      const lengths = async (number: number) => {
        const refs = await read((copies) => copies.chunks(client.copy, number));
        return new Map(refs.map((ref) => [`${ref.pack} ${ref.offset}`, ref.length]));
      };
      const total = async (...numbers: number[]) => {
        const all = new Map<string, number>();
        for (const number of numbers) for (const [key, length] of await lengths(number)) all.set(key, length);
        return [...all.values()].reduce((sum, length) => sum + length, 0);
      };
      const stored = () => read((copies) => copies.storedBytes());
      assert.equal(await stored(), await total(1, 2, 3));
      await read((copies) => copies.drop(client.copy, 2));
      assert.equal(await stored(), await total(1, 3));
      assert.equal(sha256(await client.file(1)), sha256(one));
      assert.equal(sha256(await client.file(3)), sha256(three));
      await read((copies) => copies.drop(client.copy, 1));
      assert.equal(await stored(), await total(3));
      assert.equal(sha256(await client.file(3)), sha256(three));
      await assert.rejects(
        read((copies) => copies.drop(client.copy, 3)),
        { name: 'StoreError', fault: 'unavailable' },
      );
      assert.deepEqual(
        (await read((copies) => copies.generations(client.copy))).map(({ number }) => number),
        [3],
      );
    });

    it('keeps everything that is known of a copy and a generation', async () => {
      const facts = { media: 'application/vnd.sqlite3', way: 'logical', method: 'incremental', location: HOME_LOCATION } as const;
      const made = await read((copies) => copies.create(setting.device, 'Adreß buch.db', facts, 77));
      const record: CopyRecord = { id: made.id, device: setting.device, file: 'Adreß buch.db', ...facts, lastNumber: 0, createdAt: 77 };
      assert.deepEqual(made, record);
      assert.deepEqual(await read((copies) => copies.byId(made.id)), record);
      assert.deepEqual(await read((copies) => copies.find(setting.device, 'Adreß buch.db')), record);
      assert.equal(await read((copies) => copies.find(setting.device, 'adreß buch.db')), undefined);
      assert.deepEqual(
        (await read((copies) => copies.list())).map(({ file }) => file),
        ['Adreß buch.db', 'contacts.db'],
      );
      await assert.rejects(read((copies) => copies.create(setting.device, 'contacts.db', facts, 1)));
      await read((copies) => copies.save({ ...record, method: 'copy', media: 'image/jpeg', location: 'nas' }));
      const other = client.of(made.id, HOME_LOCATION);
      await other.full(content('x', 10), 9);
      const generation = await read((copies) => copies.generation(made.id, 1));
      assert.deepEqual(generation, { ...other.facts(9), number: 1, size: 10, by: 'full', received: 10 });
      await read((copies) => copies.setFlags(made.id, 1, ['many-deletions']));
      assert.deepEqual((await read((copies) => copies.newest(made.id)))?.flags, ['many-deletions']);
      assert.deepEqual(await read((copies) => copies.byId(made.id)), {
        ...record,
        location: 'nas',
        media: other.facts(9).media,
        lastNumber: 1,
        way: 'exact',
      });
    });

    it('R56: updates are kept while a full generation before them is', async () => {
      await client.full(content('a', K), 1);
      await client.change(content('b', K), 2);
      const keep = (generation: number, name: string, text: string) =>
        read((copies) => copies.keepUpdate(client.copy, { generation, name, media: 'text/xml' }, Buffer.from(text)));
      await keep(2, 'changes/2', 'two');
      await keep(2, 'changes/2', 'two again');
      await client.full(content('c', K), 3);
      await client.change(content('d', K), 4);
      await keep(4, 'changes/4', 'four');
      const names = async () => (await read((copies) => copies.updates(client.copy))).map(({ name, size }) => `${name} ${size}`);
      assert.deepEqual(await names(), ['changes/2 9', 'changes/4 4']);
      assert.equal(Buffer.from((await read((copies) => copies.update(client.copy, 2, 'changes/2'))) ?? []).toString(), 'two again');
      await read((copies) => copies.drop(client.copy, 2));
      assert.deepEqual(await names(), ['changes/2 9', 'changes/4 4']);
      await read((copies) => copies.drop(client.copy, 1));
      assert.deepEqual(await names(), ['changes/4 4']);
      await read((copies) => copies.drop(client.copy, 3));
      assert.deepEqual(await names(), []);
    });

    it('go with their device and by themselves, and count to the account’s quota while they are there', async () => {
      await client.full(content('a', 3 * K), 1);
      const used = await read(async (copies) => copies.storedBytes());
      assert.ok(used > 0);
      assert.equal(await opened.store.read((tx) => tx.account(setting.account).usedBytes()), used);
      const second = await client.sibling('second');
      await second.full(content('b', 3 * K), 1);
      await read((copies) => copies.remove(second.copy));
      assert.deepEqual(await read((copies) => copies.chunks(second.copy, 1)), []);
      assert.equal(await read((copies) => copies.storedBytes()), used);
      await within(opened.store, setting, (account) => account.devices.remove(setting.device));
      assert.deepEqual(await read((copies) => copies.list()), []);
      assert.equal(await read((copies) => copies.storedBytes()), 0);
    });

    it('refuses what no draft can be', async () => {
      await client.full(content('a', K), 1);
      await assert.rejects(
        read((copies) => copies.openDraft(client.copy, 7, 'changes', 1)),
        /no generation 7/,
      );
      await assert.rejects(read((copies) => copies.openDraft(999 as CopyId, undefined, 'full', 1)));
      const draft = await read((copies) => copies.openDraft(client.copy, 1, 'changes', 1));
      const [ref] = await client.write(draft.number, [[1, content('a', K)]]);
      await assert.rejects(
        read((copies) => copies.saveDraft(client.copy, draft, [ref as ChunkRef])),
        RangeError,
      );
      await assert.rejects(
        read((copies) => copies.create(999 as DeviceId, 'x', { media: '', way: 'file', method: 'copy', location: '' }, 1)),
      );
      for (const size of [0, K + 1]) await assert.rejects(client.write(2, [[0, Buffer.alloc(size)]]), RangeError);
    });
  });
}
