/** Real mounts: they come and go, also in the middle, and are full. Needs the right to mount, as in a container of root; skipped without. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from '../../../src/model/errors.js';
import { DiskObjects } from '../../../src/storage/objects/disk.js';
import { prepareFolder } from '../../../src/storage/objects/marker.js';
import { fails, names, noise } from './contract.js';

const run = (...command: [string, ...string[]]): void => void execFileSync(command[0], command.slice(1), { stdio: 'pipe' });

describe('objects on a mount (R65)', function () {
  this.timeout(30_000);
  let above: string;
  let far: string;
  let folder: string;
  const mount = (): void => run('mount', '--bind', far, folder);
  const unmount = (): void => run('umount', '-l', folder);
  beforeEach(function () {
    above = mkdtempSync(join(tmpdir(), 'moorage-mount-'));
    [far, folder] = [join(above, 'far'), join(above, 'mount')];
    mkdirSync(far);
    mkdirSync(folder);
    try {
      mount();
    } catch {
      this.skip();
    }
  });
  afterEach(() => {
    try {
      unmount();
    } catch {
      // It was not mounted.
    }
    rmSync(above, { recursive: true });
  });

  it('acknowledges nothing that went beside it when it goes in the middle of writing', async () => {
    await prepareFolder(folder, 'nas');
    const objects = new DiskObjects({ id: 'nas', folder });
    const acknowledged: string[] = [];
    let refused = 0;
    let going = true;
    const writers = [0, 1, 2].map(async (lane) => {
      for (let n = 0; going; n += 1) {
        const name = `packs/${n % 5}/${lane}-${n}`;
        try {
          await objects.put(name, noise(50_000, name));
          acknowledged.push(name);
        } catch (error) {
          assert.ok(error instanceof StoreError && error.fault === 'unavailable', String(error));
          refused += 1;
          await sleep(1);
        }
      }
    });
    for (let round = 0; round < 10; round += 1) {
      const before = acknowledged.length;
      while (acknowledged.length < before + 5) await sleep(1);
      await sleep(round);
      unmount();
      const then = refused;
      while (refused < then + 3) await sleep(1);
      mount();
    }
    going = false;
    await Promise.all(writers);
    const kept = await names(objects);
    assert.deepEqual(
      acknowledged.filter((name) => !kept.includes(name)),
      [],
    );
    for (const name of kept) assert.ok(Buffer.compare(await objects.get(name), noise(50_000, name)) === 0, name);
    assert.ok(acknowledged.length >= 50 && refused >= 30);
  });

  it('says unavailable when it is full, shows nothing half, and takes more when there is room', async () => {
    unmount();
    run('mount', '-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder);
    await prepareFolder(folder, 'nas');
    const objects = new DiskObjects({ id: 'nas', folder });
    await objects.put('a/1', noise(1_200_000, '1'));
    await assert.rejects(objects.put('a/2', noise(1_200_000, '2')), (error: Error) => {
      assert.match(error.message, /ENOSPC/);
      return fails('unavailable')(error);
    });
    await assert.rejects(objects.put('a/1', noise(1_200_000, 'other')), fails('unavailable'));
    assert.deepEqual(await names(objects), ['a/1']);
    assert.ok(Buffer.compare(await objects.get('a/1'), noise(1_200_000, '1')) === 0);
    assert.deepEqual(readdirSync(join(folder, '.drafts')), []);
    await objects.remove('a/1');
    await objects.put('a/2', noise(1_200_000, '2'));
  });
});
