/** The folder and the machine under the store. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { examine, READERS } from '../../src/doctor/examine.js';
import { findingsOf, type Finding } from '../../src/storage/ports/inspection.js';
import { tempStore } from '../support/temp-store.js';
import { AGES, NOW, richStore, type Rich } from './support/rich-store.js';

const isRoot = process.getuid?.() === 0;

describe('doctor: folder and machine', () => {
  let rich: Rich;
  beforeEach(async () => {
    rich = await richStore();
  });
  afterEach(() => rich.close());

  const look = async (keyFile?: string, now = NOW): Promise<readonly Finding[]> =>
    findingsOf(await examine(rich.temp.store, { now, ages: AGES, depth: 'rows', ...(keyFile === undefined ? {} : { keyFile }) })).filter(
      // What this machine's disk is like is not the test's business.
      ({ check }) => check !== 'disk-space',
    );
  const mend = (found: readonly Finding[]) => rich.temp.store.mend(found, { now: NOW, ages: AGES, readers: READERS });
  const inFolder = (name: string): string => join(rich.temp.folder, name);

  it('has nothing to say of a folder as the store makes it', async () => {
    assert.deepEqual(await look(), []);
  });

  it('names files that are nobody’s, and leaves them alone', async () => {
    writeFileSync(inFolder('notes.txt'), 'mine');
    const found = await look();
    assert.deepEqual(
      found.map(({ check, repair }) => [check, repair]),
      [['stray-files', undefined]],
    );
    await mend(found);
    assert.ok(statSync(inFolder('notes.txt')).isFile());
  });

  it('knows the key file, wherever it lies', async () => {
    writeFileSync(inFolder('key'), 'k', { mode: 0o600 });
    assert.deepEqual(await look(inFolder('key')), []);
  });

  it('takes rights on data from others, and only reports those on the key', async () => {
    chmodSync(inFolder('moorage.db'), 0o644);
    chmodSync(join(rich.temp.folder, 'blobs', rich.blob.slice(0, 2), rich.blob.slice(2, 4), rich.blob), 0o640);
    writeFileSync(inFolder('key'), 'k');
    chmodSync(inFolder('key'), 0o644);
    const found = await look(inFolder('key'));
    assert.deepEqual(found.map(({ at }) => at.rule).sort(), ['key-rights', 'rights', 'rights']);
    await mend(found);
    assert.deepEqual(
      (await look(inFolder('key'))).map(({ at }) => at.rule),
      ['key-rights'],
    );
    assert.equal(statSync(inFolder('moorage.db')).mode & 0o777, 0o600);
  });

  it('minds who may write to the folder, not who may list it', async () => {
    chmodSync(rich.temp.folder, 0o755);
    assert.deepEqual(await look(), []);
    chmodSync(rich.temp.folder, 0o775);
    const found = await look();
    assert.deepEqual(
      found.map(({ at }) => at.rule),
      ['rights'],
    );
    await mend(found);
    assert.deepEqual(await look(), []);
  });

  (isRoot ? it : it.skip)('names files of another owner: a command run as root may have made them', async () => {
    chownSync(inFolder('moorage.db-shm'), 4711, 4711);
    assert.deepEqual(
      (await look()).map(({ at, repair }) => [at.rule, repair]),
      [['owner', undefined]],
    );
  });

  it('moves a log of unusual size into the database', async () => {
    // Zeros after the last frame are no frames.
    truncateSync(inFolder('moorage.db-wal'), 200 * 1024 * 1024);
    const found = await look();
    assert.deepEqual(
      found.map(({ check }) => check),
      ['log-size'],
    );
    await mend(found);
    assert.deepEqual(await look(), []);
  });

  it('notices a clock that is behind', async () => {
    assert.deepEqual(
      (await look(undefined, NOW - 24 * 60 * 60 * 1000)).map(({ check }) => check),
      ['clock'],
    );
  });

  (isRoot ? it : it.skip)('notices a disk that is nearly full', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'moorage-small-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,mode=700', 'tmpfs', folder]);
    const small = await tempStore({ folder });
    try {
      const found = findingsOf(await examine(small.store, { now: Date.now(), ages: AGES }));
      assert.deepEqual(
        found.map(({ check }) => check),
        ['disk-space'],
      );
    } finally {
      await small.close();
      // Lazily: closed connections let go of their files when they are collected.
      execFileSync('umount', ['-l', folder]);
      rmSync(folder, { recursive: true });
    }
  });
});
