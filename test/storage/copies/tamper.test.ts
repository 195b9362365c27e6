import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { CHUNK_BYTES, type ChunkRef } from '../../../src/storage/ports/copies.js';
import { tempStore, type TempStore } from '../../support/temp-store.js';
import { settle, type Setting } from '../contract/setting.js';
import { CopyClient } from '../support/copy-client.js';
import { MemoryObjects } from '../support/memory-objects.js';
import { noise } from '../support/noise.js';

const K = CHUNK_BYTES;
const CORRUPT = { name: 'StoreError', fault: 'corrupt' };

describe('copies: somebody changes what is stored', () => {
  let objects: MemoryObjects;
  let opened: TempStore;
  let setting: Setting;
  let client: CopyClient;
  const one = noise('one', 6 * K);
  const two = Buffer.concat([noise('two', 2 * K), one.subarray(2 * K)]);
  beforeEach(async () => {
    objects = new MemoryObjects();
    opened = await tempStore({ locations: new Map([['nas', objects]]) });
    setting = await settle(opened.store);
    client = await CopyClient.create(opened.store, setting.account, setting.device, 'a.db', 'nas');
    await client.full(one, 1);
    await client.change(two, 2);
  });
  afterEach(() => opened.close());

  const refsOf = (number: number) => client.within((copies) => copies.chunks(client.copy, number));
  const read = (refs: readonly ChunkRef[], account = setting.account, copy = client.copy) => opened.store.copies.read(account, copy, refs);
  /** The sealed bytes of a chunk, to be changed in place. */
  const bytesOf = ({ pack, offset, length }: ChunkRef): Buffer => {
    const object = objects.held.get(pack.slice('nas:'.length));
    assert.ok(object);
    return object.bytes.subarray(offset, offset + length);
  };
  const sql = (script: string): void => {
    const thief = new DatabaseSync(join(opened.folder, 'moorage.db'));
    thief.exec(script);
    thief.close();
  };
  const restarted = async () => {
    const { store } = await tempStore({ folder: opened.folder, keyring: opened.keyring, locations: new Map([['nas', objects]]) });
    return { store, close: () => store.close() };
  };
  const at = (refs: readonly ChunkRef[], index: number): ChunkRef => refs[index] as ChunkRef;

  it('R64: a byte that is flipped anywhere in a chunk makes it corrupt, and leaves the others alone', async () => {
    const refs = await refsOf(2);
    const chunk = bytesOf(at(refs, 3));
    for (const where of [0, 1, 2, 13, 14, 5000, chunk.length - 1]) {
      chunk[where]! ^= 1;
      await assert.rejects(read([at(refs, 3)]), CORRUPT, `byte ${where}`);
      await assert.rejects(client.file(2), CORRUPT);
      const others = Buffer.concat(await read([at(refs, 2), at(refs, 4)]));
      assert.deepEqual(others, Buffer.concat([two.subarray(2 * K, 3 * K), two.subarray(4 * K, 5 * K)]));
      chunk[where]! ^= 1;
    }
    assert.deepEqual(await client.file(2), two);
  });

  it('R64: chunks that change places are corrupt', async () => {
    const refs = await refsOf(2);
    const [a, b] = [bytesOf(at(refs, 3)), bytesOf(at(refs, 4))];
    assert.equal(a.length, b.length);
    const kept = Buffer.from(a);
    b.copy(a);
    kept.copy(b);
    await assert.rejects(read([at(refs, 3)]), CORRUPT);
    await assert.rejects(read([at(refs, 4)]), CORRUPT);
  });

  it('R64: a chunk of an older generation in the place of a newer one is corrupt', async () => {
    const [old, now] = [await refsOf(1), await refsOf(2)];
    bytesOf(at(old, 0)).copy(bytesOf(at(now, 0)));
    await assert.rejects(read([at(now, 0)]), CORRUPT);
    assert.deepEqual(await client.file(1), one);
  });

  it('R64: an older step’s chunk of the same draft is corrupt', async () => {
    const draft = await client.within((copies) => copies.openDraft(client.copy, 2, 'changes', 1));
    const first = await client.write(draft.number, [[0, noise('first', K)]]);
    const second = await client.write(draft.number, [[0, noise('second', K)]]);
    bytesOf(at(first, 0)).copy(bytesOf(at(second, 0)));
    await assert.rejects(read(second), CORRUPT);
    assert.deepEqual(Buffer.concat(await read(first)), noise('first', K));
  });

  it('R64: a pack that is cut short, missing, or another one is corrupt', async () => {
    const refs = await refsOf(2);
    const name = at(refs, 5).pack.slice('nas:'.length);
    const whole = objects.held.get(name);
    assert.ok(whole);
    objects.held.set(name, { ...whole, bytes: whole.bytes.subarray(0, -1) });
    await assert.rejects(read([at(refs, 5)]), CORRUPT);
    objects.held.set(name, { ...whole, bytes: Buffer.concat([whole.bytes.subarray(1), Buffer.alloc(1)]) });
    await assert.rejects(client.file(2), CORRUPT);
    objects.held.delete(name);
    await assert.rejects(client.file(2), CORRUPT);
    objects.held.set(name, whole);
    assert.deepEqual(await client.file(2), two);
  });

  for (const [what, script] of Object.entries({
    'an older row in the place of the newer one': `UPDATE copy_chunk SET (written_for, pack, at, length, hash) =
      (SELECT written_for, pack, at, length, hash FROM copy_chunk o WHERE o.copy = copy_chunk.copy AND o.idx = 0 AND o.generation = 1) WHERE idx = 0 AND generation = 2`,
    'the newer row is taken away, so that the older one shows': 'DELETE FROM copy_chunk WHERE idx = 1 AND generation = 2',
    'a row is taken away': 'DELETE FROM copy_chunk WHERE idx = 4',
    'rows change places': 'UPDATE copy_chunk SET idx = 99 - idx WHERE idx IN (3, 4); UPDATE copy_chunk SET idx = idx - 92 WHERE idx > 90',
    'a hash is changed': 'UPDATE copy_chunk SET hash = (SELECT o.hash FROM copy_chunk o WHERE o.idx = 4) WHERE idx = 5',
  })) {
    it(`R64: ${what}: reading all of it, or any chunk after a restart, is corrupt`, async () => {
      sql(script);
      await assert.rejects(refsOf(2), CORRUPT);
      await assert.rejects(
        client.within((copies) => copies.hashes(client.copy, 2)),
        CORRUPT,
      );
      // One chunk, too, by a server that has just been started.
      const { store, close } = await restarted();
      for (const index of [0, 2, 5])
        await assert.rejects(
          client.on(store).within((copies) => copies.chunks(client.copy, 2, [index])),
          CORRUPT,
        );
      await close();
    });
  }

  it('R64: rows stay wrong for every generation that is made on them', async () => {
    sql('DELETE FROM copy_chunk WHERE idx IN (0, 1) AND generation = 2');
    const draft = await client.within((copies) => copies.openDraft(client.copy, 2, 'changes', 1));
    const refs = await client.write(draft.number, [[1, noise('three', K)]]);
    assert.ok(await client.within((copies) => copies.saveDraft(client.copy, draft, refs)));
    const made = await client.commit(3);
    await assert.rejects(refsOf(made.number), CORRUPT);
  });

  it('R64: a generation whose row says something else does not open', async () => {
    for (const change of ['size = size - 1', 'modification = 7', 'floor = 0', `way = 'file'`, 'at = 1', 'number = 9']) {
      sql(`UPDATE copy_generation SET ${change} WHERE number = 2`);
      await assert.rejects(
        client.within((copies) => copies.newest(client.copy)),
        CORRUPT,
        change,
      );
      sql(undo(change));
    }
    assert.equal((await client.within((copies) => copies.newest(client.copy)))?.number, 2);
  });

  it('a generation or draft that does not open keeps nobody from the others, and can be dropped', async () => {
    await client.within((copies) => copies.openDraft(client.copy, 2, 'changes', 1));
    sql('UPDATE copy_generation SET sealed = zeroblob(60) WHERE number = 1; UPDATE copy_draft SET sealed = zeroblob(60)');
    await assert.rejects(refsOf(1), CORRUPT);
    assert.deepEqual(await client.file(2), two);
    await client.within((copies) => copies.drop(client.copy, 1));
    await client.within((copies) => copies.openDraft(client.copy, 2, 'changes', 1));
    assert.deepEqual(
      (await client.within((copies) => copies.generations(client.copy))).map(({ number }) => number),
      [2],
    );
    assert.deepEqual(await client.file(2), two);
  });

  it('R64: neither another copy nor another account can read a chunk', async () => {
    const refs = await refsOf(2);
    const sibling = await client.sibling('b.db');
    await assert.rejects(read(refs, setting.account, sibling.copy), CORRUPT);
    const berta = await settle(opened.store, 'berta');
    await assert.rejects(read(refs, berta.account), CORRUPT);
    const bertas = await CopyClient.create(opened.store, berta.account, berta.device, 'a.db', 'nas');
    const draft = await bertas.within((copies) => copies.openDraft(bertas.copy, undefined, 'full', 1));
    await assert.rejects(
      bertas.within((copies) => copies.saveDraft(bertas.copy, { ...draft, size: two.length }, refs)),
      /another copy's/,
    );
  });

  /** Puts back what a change above took. */
  function undo(change: string): string {
    const right: Readonly<Record<string, string>> = {
      size: `size = ${two.length}`,
      modification: 'modification = 2',
      floor: 'floor = 1',
      way: `way = 'exact'`,
      at: 'at = 1002',
      number: 'number = 2',
    };
    return `UPDATE copy_generation SET ${right[change.split(' ')[0] ?? ''] ?? ''} WHERE number IN (2, 9)`;
  }
});
