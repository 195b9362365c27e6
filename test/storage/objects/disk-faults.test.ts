/** Folders that go away, hang, are full or cut off in the middle. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../../src/model/errors.js';
import { DiskObjects } from '../../../src/storage/objects/disk.js';
import { MARKER_FILE, prepareFolder } from '../../../src/storage/objects/marker.js';
import { failSync } from '../../support/failing-sync.js';
import { fails, names, noise } from './contract.js';

const WRITER = fileURLToPath(new URL('./support/disk-writer.ts', import.meta.url));

describe('objects in a folder: what goes wrong (R65)', () => {
  let above: string;
  let folder: string;
  let objects: DiskObjects;
  beforeEach(async () => {
    above = mkdtempSync(join(tmpdir(), 'moorage-mount-'));
    folder = join(above, 'mount');
    mkdirSync(folder);
    await prepareFolder(folder, 'nas');
    objects = new DiskObjects({ id: 'nas', folder, timeoutMs: 5000 });
    await objects.put('a/there', noise(100));
  });
  afterEach(() => rmSync(above, { recursive: true }));

  const unmount = (): void => {
    renameSync(folder, join(above, 'elsewhere'));
    mkdirSync(folder);
  };
  const mount = (): void => {
    rmSync(folder, { recursive: true });
    renameSync(join(above, 'elsewhere'), folder);
  };
  const everything = (of: DiskObjects): (() => Promise<unknown>)[] => [
    () => of.put('a/new', noise(10)),
    () => of.get('a/there'),
    () => of.get('a/never'),
    () => of.remove('a/there'),
    () => names(of),
  ];

  it('writes nothing beside a mount that is not there, and says so; it is itself again when the mount is back', async () => {
    unmount();
    for (const each of [objects, new DiskObjects({ id: 'nas', folder }), new DiskObjects({ id: 'nas', folder, make: true })])
      for (const work of everything(each))
        await assert.rejects(work(), (error: Error) => {
          fails('unavailable')(error);
          assert.match(error.message, /"nas".*mounted/);
          return true;
        });
    assert.deepEqual(readdirSync(folder), []);
    mount();
    assert.deepEqual(await names(objects), ['a/there']);
    await objects.put('a/new', noise(10));
  });

  it('makes no folder where there is none, unless it is one to be made', async () => {
    rmSync(folder, { recursive: true });
    for (const work of everything(objects)) await assert.rejects(work(), fails('unavailable'));
    assert.ok(!existsSync(folder));
    await assert.rejects(prepareFolder(folder, 'nas'), UserError);
    const local = new DiskObjects({ id: 'local', folder, make: true });
    assert.deepEqual(await names(local), []);
    assert.ok(existsSync(join(folder, MARKER_FILE)));
    assert.deepEqual(readdirSync(above), ['mount']);
  });

  it('is not taken for another location', async () => {
    const other = new DiskObjects({ id: 'other', folder });
    for (const work of everything(other)) await assert.rejects(work(), /is the folder of location "nas"/);
    await assert.rejects(prepareFolder(folder, 'other'), UserError);
    await prepareFolder(folder, 'nas');
    assert.deepEqual(await names(objects), ['a/there']);
  });

  it('makes one folder when many begin at once', async () => {
    const fresh = join(above, 'new', 'copies');
    const all = Array.from({ length: 5 }, () => new DiskObjects({ id: 'local', folder: fresh, make: true }));
    await Promise.all(all.map((each, n) => each.put(`o${n}`, noise(n))));
    assert.equal((await names(objects)).length, 1);
    assert.equal((await names(all[0] ?? objects)).length, 5);
    assert.deepEqual(readdirSync(join(above, 'new')), ['copies']);
  });

  it('waits for a mount that hangs no longer than it may, lets no more calls hang, and is itself again after', async () => {
    execFileSync(
      'mkfifo',
      ['h1', 'h2', 'h3'].map((name) => join(folder, name)),
    );
    const hasty = new DiskObjects({ id: 'nas', folder, timeoutMs: 100 });
    await Promise.all(['h1', 'h2'].map((name) => assert.rejects(hasty.get(name), fails('unavailable'))));
    await assert.rejects(hasty.get('a/there'), (error: Error) => {
      assert.match(error.message, /does not answer/);
      return fails('unavailable')(error);
    });
    for (const name of ['h1', 'h2']) await (await open(join(folder, name), 'w')).close();
    for (let tries = 0; ; tries += 1) {
      const got = await hasty.get('a/there').catch(() => undefined);
      if (got !== undefined) break;
      assert.ok(tries < 100);
      await sleep(10);
    }
  });

  it('says unavailable when it cannot sync, and tries each name again', async () => {
    const failing = await failSync('sync');
    try {
      await assert.rejects(objects.put('b/new', noise(10)), fails('unavailable'));
      assert.deepEqual(await names(objects), ['a/there']);
    } finally {
      failing.restore();
    }
    await objects.put('b/new', noise(10));
    // The object is synced, its folder's name is not.
    for (const call of [1, 2, 3]) {
      const once = await failSync('sync', (n) => n === call);
      try {
        await assert.rejects(objects.put(`c${call}/new`, noise(10)), fails('unavailable'));
      } finally {
        once.restore();
      }
      const counting = await failSync('sync', () => false);
      await objects.put(`c${call}/new`, noise(10));
      counting.restore();
      assert.equal(counting.calls(), 3, 'object, folder and the folder above');
    }
  });

  it('says unavailable when something is in the way', async () => {
    writeFileSync(join(folder, 'file'), 'x');
    await assert.rejects(objects.put('file/below', noise(10)), fails('unavailable'));
    await assert.rejects(objects.put('a', noise(10)), fails('unavailable'));
    assert.deepEqual(await names(objects), ['a/there', 'file']);
    assert.deepEqual(readdirSync(join(folder, '.drafts')), []);
  });

  it('removes drafts that a crash left long ago, and no others', async () => {
    const draft = (name: string): string => join(folder, '.drafts', name);
    writeFileSync(draft('old'), 'x');
    writeFileSync(draft('fresh'), 'x');
    utimesSync(draft('old'), 1000, 1000);
    await new DiskObjects({ id: 'nas', folder }).put('b', noise(1));
    assert.deepEqual(readdirSync(join(folder, '.drafts')), ['fresh']);
  });

  it('shows whole objects only when the writer is killed in the middle, and every one it called durable', async function () {
    this.timeout(60_000);
    const durable: string[] = [];
    const size = 3_000_000;
    for (const wait of [0, 3, 7, 12, 20]) {
      const writer = spawn(process.execPath, ['--import', 'tsx', WRITER, folder, String(size)], { stdio: ['ignore', 'pipe', 'inherit'] });
      const lines = createInterface({ input: writer.stdout });
      const ended = once(writer, 'exit');
      let mine = 0;
      for await (const line of lines) {
        durable.push(line);
        mine += 1;
        if (mine === 2) {
          await sleep(wait);
          writer.kill('SIGKILL');
        }
      }
      await ended;
    }
    const seen = await names(objects, 'packs/');
    assert.deepEqual(
      durable.filter((name) => !seen.includes(name)),
      [],
    );
    for (const name of seen) assert.ok(Buffer.compare(await objects.get(name), noise(size, name)) === 0, name);
    assert.ok(seen.length >= 10);
  });

  it('shows nothing of what did not fit', async () => {
    // No file of this process may have more than 1 MB: writing stops in the middle, as it does on a full disk.
    const out = execFileSync('bash', [
      '-c',
      'ulimit -f 1000; exec "$@"',
      '-',
      process.execPath,
      '--import',
      'tsx',
      WRITER,
      folder,
      '3000000',
    ]);
    assert.equal(out.toString(), 'unavailable\n');
    assert.deepEqual(await names(objects), ['a/there']);
    assert.deepEqual(readdirSync(join(folder, '.drafts')), []);
  }).timeout(20_000);
});
