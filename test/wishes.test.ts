/** Wishes of docs/wishes.md that no other test holds by itself, and that the tests named there exist. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { headerOk, openAlert, sync } from './engine/support/messages.js';
import { Bench, statusOf, type Client } from './exchange/support/bench.js';
import { chunk, Scene, type Phone } from './sync/support/scene.js';

const root = fileURLToPath(new URL('..', import.meta.url));

describe('docs/wishes.md', () => {
  const rows = readFileSync(join(root, 'docs/wishes.md'), 'utf8').matchAll(/^\| (W\d+) +\| .*\| `([^`]+)`(?:: (.*?))? *\|$/gm);
  for (const [, number = '', file = '', title] of rows) {
    it(`${number} names a test that exists`, () => {
      assert.ok(existsSync(join(root, file)), file);
      const text = readFileSync(join(root, file), 'utf8');
      if (title !== undefined) assert.ok(text.replaceAll("\\'", "'").includes(title), `${file}: ${title}`);
    });
  }
});

describe('wishes', () => {
  describe('of whole sessions', () => {
    let bench: Bench;
    beforeEach(async () => (bench = await Bench.open()));
    afterEach(() => bench.close());

    it('W8: a session without changes stays under 2 kB in WBXML', async () => {
      const session = async (code: number, last: string | undefined, next: string, sessionId: string): Promise<number> => {
        const client = bench.client({ encoding: 'wbxml', sessionId });
        let bytes = 0;
        const send = async (...draft: Parameters<Client['send']>): Promise<void> => {
          const answer = await client.send(...draft);
          bytes += client.body.length + client.encode(answer).length;
        };
        await send([openAlert(code, 'contacts', './C', next, last)]);
        await send([headerOk(1), sync([])]);
        await send([headerOk(2)]);
        return bytes;
      };
      await session(201, undefined, 'A', '1');
      const bytes = await session(200, 'A', 'B', '2');
      assert.ok(bytes < 2000, `${bytes} bytes`);
    });

    it('W25: an empty Target falls back to the name of the Source', async () => {
      const client = bench.client();
      const answer = await client.send([openAlert(201, '', 'notes')]);
      assert.equal(statusOf(answer, 'Alert').code, 200);
    });
  });

  describe('of items', () => {
    let scene: Scene;
    let phone: Phone;
    beforeEach(async () => {
      scene = await Scene.open();
      phone = scene.phone();
    });
    afterEach(() => scene.close());

    it('W16: an empty datastore is a valid state', async () => {
      await phone.sync(201, ['Add 1 one', 'Add 2 two']);
      await scene.edit('one', undefined);
      await scene.edit('two', undefined);
      const { opened, got } = await phone.sync(200);
      assert.equal(opened.type, 200);
      assert.deepEqual(got, ['Delete 1', 'Delete 2']);
      assert.deepEqual((await phone.sync(200)).got, []);
      assert.deepEqual(await scene.texts(), []);
    });

    it('W41: the same Add again changes nothing', async () => {
      await phone.sync(201);
      for (let n = 0; n < 5; n += 1) assert.deepEqual((await phone.sync(200, ['Add 1 one'])).statuses, [201]);
      assert.deepEqual(await scene.texts(), ['one']);
    });

    it('W29: an object cut at any size from one byte up arrives the same', async () => {
      await phone.sync(201);
      await phone.open(200);
      let luid = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.string({ unit: 'grapheme', minLength: 2, maxLength: 30 }),
          fc.integer({ min: 1, max: 12 }),
          async (text, size) => {
            luid += 1;
            const bytes = Buffer.from(`${luid} ${text.trim()}x`);
            const parts: Buffer[] = [];
            for (let at = 0; at < bytes.length; at += size) parts.push(bytes.subarray(at, at + size));
            const changes = parts.map((part, i) => ({
              ...chunk(String(luid), '', { last: i === parts.length - 1, ...(i === 0 ? { size: bytes.length } : {}) }),
              content: new Uint8Array(part),
            }));
            const codes = await phone.codes(...changes);
            assert.deepEqual(codes, [...Array<number>(parts.length - 1).fill(213), 201]);
            assert.ok((await scene.texts()).includes(bytes.toString()));
          },
        ),
        { numRuns: 60 },
      );
    });
  });
});
