/** What every storage location does. Each implementation's test file calls this once. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { StoreError, type StoreFault } from '../../../src/model/errors.js';
import type { ObjectFacts, Objects } from '../../../src/storage/ports/objects.js';

export interface OpenedObjects {
  readonly objects: Objects;
  /** The same location through another door: another process would see it so. */
  again(): Objects;
  /** Closes and removes all. */
  close(): Promise<void>;
}

export const fails = (fault: StoreFault) => (error: unknown) => {
  assert.ok(error instanceof StoreError, String(error));
  assert.equal(error.fault, fault, error.message);
  return true;
};

export async function listed(objects: Objects, prefix = ''): Promise<readonly ObjectFacts[]> {
  const found: ObjectFacts[] = [];
  for await (const facts of objects.list(prefix)) found.push(facts);
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

export const names = async (objects: Objects, prefix = ''): Promise<readonly string[]> =>
  (await listed(objects, prefix)).map(({ name }) => name);

/** Bytes that nothing can make smaller or guess, the same for the same seed. */
export function noise(size: number, seed = 'seed'): Uint8Array {
  const bytes = Buffer.alloc(size);
  for (let at = 0, n = 0; at < size; n += 1) at += createHash('sha512').update(`${seed}${n}`).digest().copy(bytes, at);
  return bytes;
}

const same = (one: Uint8Array, other: Uint8Array): void => assert.ok(Buffer.compare(one, other) === 0, 'bytes differ');

/** @param page objects a listing of this location brings at a time; more than that are listed. */
export function objectsContract(name: string, open: () => Promise<OpenedObjects>, page = 3): void {
  describe(`objects: ${name}`, function () {
    this.timeout(20_000);
    let opened: OpenedObjects;
    let objects: Objects;
    beforeEach(async () => {
      opened = await open();
      ({ objects } = opened);
    });
    afterEach(async () => {
      await opened.close();
    });

    for (const size of [0, 1, 65_537, 9_000_000]) {
      it(`gives back ${size} bytes as they were put, to others too (R65)`, async () => {
        const bytes = noise(size);
        await objects.put('packs/a1/pack-1.bin', bytes);
        same(await objects.get('packs/a1/pack-1.bin'), bytes);
        same(await opened.again().get('packs/a1/pack-1.bin'), bytes);
        assert.deepEqual(
          (await listed(objects)).map((facts) => [facts.name, facts.size]),
          [['packs/a1/pack-1.bin', size]],
        );
      });
    }

    it('gives parts: the first byte, the last, the middle, the whole, nothing', async () => {
      const bytes = noise(70_000);
      await objects.put('x', bytes);
      for (const [offset, length] of [
        [0, 1],
        [69_999, 1],
        [16_384, 16_384],
        [0, 70_000],
        [5, 0],
        [70_000, 0],
      ] as const) {
        same(await objects.get('x', { offset, length }), bytes.subarray(offset, offset + length));
        same(await objects.get('x', { offset, length }, Buffer.alloc(20_000)), bytes.subarray(offset, offset + length));
      }
    });

    for (const { why, range } of [
      { why: 'one byte past the end', range: { offset: 999, length: 2 } },
      { why: 'all past the end', range: { offset: 1000, length: 1 } },
      { why: 'far past the end', range: { offset: 2 ** 40, length: 16 } },
      { why: 'more than could be', range: { offset: 0, length: 2 ** 40 } },
    ])
      it(`says corrupt for ${why}`, async () => {
        await objects.put('short', noise(1000));
        await assert.rejects(objects.get('short', range), fails('corrupt'));
        await assert.rejects(objects.get('short', range, Buffer.alloc(100)), fails('corrupt'));
      });

    it('says corrupt for what is not there, and for what is only the beginning of a name', async () => {
      await objects.put('a/b/c', noise(5));
      for (const missing of ['nothing', 'a/x', 'a/b', 'a', 'a/b/c/d'])
        for (const room of [undefined, Buffer.alloc(10)])
          await assert.rejects(objects.get(missing, room && { offset: 0, length: 1 }, room), fails('corrupt'), missing);
      await assert.rejects(objects.get('nothing', { offset: 0, length: 1 }), fails('corrupt'));
    });

    it('puts a name again: the last one stands, whatever their sizes', async () => {
      for (const size of [10, 100_000, 3]) {
        const bytes = noise(size, `${size}`);
        await objects.put('again', bytes);
        same(await objects.get('again'), bytes);
      }
      assert.deepEqual(await names(objects), ['again']);
    });

    it('removes; removing what is not there is no fault', async () => {
      await objects.put('a/1', noise(5));
      await objects.put('a/2', noise(5));
      await objects.remove('a/1');
      await objects.remove('a/1');
      await objects.remove('never/was');
      await assert.rejects(objects.get('a/1'), fails('corrupt'));
      assert.deepEqual(await names(objects), ['a/2']);
      await objects.put('a/1', noise(7));
      assert.equal((await objects.get('a/1')).length, 7);
    });

    it('lists by the beginning of names, over pages, with sizes and times', async () => {
      const before = Date.now() - 5000;
      const all = Array.from({ length: 2 * page + 1 }, (_, n) => `p/${n % 2}/o${String(n).padStart(5, '0')}`);
      await Promise.all(all.map((each) => objects.put(each, noise(each.length))));
      await objects.put('p0', noise(1));
      await objects.put('q.x', noise(1));
      const found = await listed(objects, 'p/');
      assert.deepEqual(
        found.map(({ name: each }) => each),
        [...all].sort(),
      );
      for (const { name: each, size, modifiedAt } of found) {
        assert.equal(size, each.length);
        assert.ok(Number.isInteger(modifiedAt) && modifiedAt >= before && modifiedAt <= Date.now() + 5000, `${modifiedAt}`);
      }
      assert.deepEqual(
        await names(objects, 'p/1/o'),
        all.filter((each) => each.startsWith('p/1/')),
      );
      assert.deepEqual(await names(objects, 'p/0/o00002'), ['p/0/o00002']);
      assert.deepEqual(await names(objects, 'p'), [...all, 'p0'].sort());
      assert.deepEqual(await names(objects, 'nothing/of/this'), []);
      assert.deepEqual(await names(objects, 'p/0/o00002/'), []);
      assert.equal((await names(objects)).length, all.length + 2);
    }).timeout(60_000);

    it('refuses names that could mean something else', async () => {
      for (const bad of [
        '',
        '/',
        '/a',
        'a/',
        'a//b',
        '..',
        'a/../b',
        './a',
        '.hidden',
        'a/.hidden',
        'ä',
        'a b',
        'a\\b',
        'a\0b',
        'a?b',
        'a%2fb',
      ]) {
        await assert.rejects(objects.put(bad, noise(1)), RangeError, bad);
        await assert.rejects(objects.get(bad), RangeError, bad);
        await assert.rejects(objects.remove(bad), RangeError, bad);
      }
      for (const bad of ['/', '../', '..', '.', 'a//', 'a/.', 'a/../']) await assert.rejects(names(objects, bad), RangeError, bad);
      assert.deepEqual(await names(objects), []);
    });

    it('takes every letter a name may have', async () => {
      const each = `_-.aZ09/-x.y_z/${'n'.repeat(100)}.pack`;
      await objects.put(each, noise(3));
      assert.deepEqual(await names(objects), [each]);
    });

    it('takes many writers at once, of the same name too: a reader sees one of them, whole', async () => {
      const versions = Array.from({ length: 8 }, (_, n) => noise(200_000, `v${n}`));
      const sums = new Set(versions.map((bytes) => createHash('sha256').update(bytes).digest('hex')));
      await objects.put('raced', versions[0] ?? noise(1));
      let writing = true;
      const doors = [objects, opened.again()];
      const writers = Promise.all(versions.map((bytes, n) => (doors[n % 2] ?? objects).put('raced', bytes))).then(() => (writing = false));
      let looks = 0;
      while (writing) {
        const seen = await objects.get('raced');
        assert.ok(sums.has(createHash('sha256').update(seen).digest('hex')), `a mixture of ${seen.length} bytes`);
        looks += 1;
      }
      await writers;
      assert.ok(looks > 0);
      assert.deepEqual(await names(objects), ['raced']);
    }).timeout(30_000);

    it('keeps the bytes it was given, not the memory', async () => {
      const bytes = Buffer.from(randomBytes(1000));
      const kept = Buffer.from(bytes);
      const big = Buffer.alloc(5000, 7);
      bytes.copy(big, 100);
      await objects.put('view', big.subarray(100, 1100));
      big.fill(0);
      same(await objects.get('view'), kept);
    });
  });
}
