/** The built program itself, when its disk cannot sync: it ends at once and says why, and begins anew when the disk is well. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const FAIL = fileURLToPath(new URL('../support/fail-datasync.ts', import.meta.url));

describe('the program on a disk that cannot sync', () => {
  let root: string;
  beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'moorage-untrusted-'))));
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function run(failing: boolean, ...args: readonly string[]): { readonly code: number | null; readonly out: string; readonly err: string } {
    const loaders = failing ? ['--import', 'tsx', '--import', FAIL] : [];
    const env = { PATH: process.env['PATH'], HOME: root, MOORAGE_DATA: join(root, 'data') };
    const { status, stdout, stderr } = spawnSync(process.execPath, [...loaders, MAIN, ...args], { env, encoding: 'utf8' });
    return { code: status, out: stdout, err: stderr };
  }

  it('ends at once, and begins anew', function () {
    this.timeout(240_000);
    assert.equal(run(false, 'user', 'add', 'anna', '--password', 'pw').code, 0);
    const mark = join(root, 'data', 'moorage.db-wal-untrusted');
    const failed = run(true, 'user', 'add', 'bert', '--password', 'pw');
    assert.equal(failed.code, 1, failed.err);
    assert.match(failed.err, /the disk could not sync what was written; start again when it is well/);
    assert.doesNotMatch(failed.out, /bert/, 'nothing is said to be done');
    assert.ok(existsSync(mark));
    const early = run(true, 'serve', '--port', '0');
    assert.equal(early.code, 1, early.err);
    assert.match(early.err, /cannot be used: .*still cannot be synced/);
    assert.equal(early.out, '');
    assert.ok(existsSync(mark));
    const listed = run(false, 'user', 'list');
    assert.equal(listed.code, 0, listed.err);
    assert.match(listed.out, /anna/);
    assert.ok(!existsSync(mark));
    assert.equal(run(false, 'doctor').code, 0);
  });
});
