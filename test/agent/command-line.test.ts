/** `moorage agent` as a person gives it, in a process of its own, against the real server. Needs dist (`npm run build`). */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { DatabaseSync } from '@photostructure/sqlite';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startServer, type Server } from '../support/server.js';
import { CONTACTS, fill } from './support/bench.js';
import { digestOfBytes } from './support/fake-copies.js';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function moorage(args: readonly string[], input = '', onErr?: (text: string, stop: () => void) => void): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [MAIN, 'agent', ...args]);
    let [out, err] = ['', ''];
    child.stdout.on('data', (part: Buffer) => (out += part.toString('utf8')));
    child.stderr.on('data', (part: Buffer) => {
      err += part.toString('utf8');
      onErr?.(err, () => child.kill('SIGTERM'));
    });
    child.on('exit', (code) => resolve({ code, out, err }));
    child.stdin.end(input);
  });
}

describe('moorage agent', function () {
  this.timeout(60_000);
  let server: Server;
  let folder: string;
  const state = (name = 'state'): string[] => ['--state', join(folder, name)];
  const account = (): string[] => ['--server', server.url, '--user', 'anna'];
  before(async () => {
    server = await startServer('anna', 'secret');
    folder = mkdtempSync(join(tmpdir(), 'moorage-agent-cli-'));
  });
  after(async () => {
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it('add, backup, status, history, restore on another device, remove', async () => {
    const path = join(folder, 'user.db');
    const db = new DatabaseSync(path);
    db.exec(CONTACTS);
    fill(db);
    const added = await moorage(['add', path, ...account(), '--password-stdin', ...state()], 'secret\n');
    assert.deepEqual([added.code, added.err], [0, '']);
    assert.match(added.out, /user.db will be backed up. "moorage agent backup" does it now/);
    const first = await moorage(['backup', ...state()]);
    assert.equal(first.code, 0);
    assert.match(first.out, /^user.db: backed up: the whole file, 28.7 kB, generation 1; /);
    db.exec("INSERT INTO contacts VALUES (500, 'x', NULL); DELETE FROM notes WHERE title = 'note 1'");
    assert.match((await moorage(['backup', '--file', 'user.db', ...state()])).out, /backed up: 1 added, 1 deleted, generation 2/);
    assert.match((await moorage(['backup', ...state()])).out, /^user.db: unchanged\n$/);
    const status = await moorage(['status', '--json', ...state()]);
    const { device, files } = JSON.parse(status.out) as { device: string; files: { name: string; generation: number; changed: boolean }[] };
    assert.deepEqual(
      files.map(({ name, generation, changed }) => [name, generation, changed]),
      [['user.db', 2, false]],
    );
    assert.match((await moorage(['history', 'user.db', ...state()])).out, /changes\/2 +1 added, 1 deleted +2 /);
    const restored = await moorage(
      ['restore', join(folder, 'back.db'), '--file', 'user.db', '--from', device, ...account(), '--password-stdin', ...state('new')],
      'secret',
    );
    assert.deepEqual([restored.code, restored.err], [0, '']);
    assert.match(restored.out, /is restored: .* the same content as when it was backed up/);
    assert.equal(digestOfBytes(readFileSync(join(folder, 'back.db'))).digest, digestOfBytes(readFileSync(path)).digest);
    const older = await moorage([
      'restore',
      join(folder, 'old.db'),
      '--file',
      'user.db',
      '--generation',
      '1',
      '--from',
      device,
      ...account(),
      ...state('new'),
    ]);
    assert.equal(older.code, 0, older.err);
    assert.match((await moorage(['remove', 'user.db', ...state()])).out, /Its copy on the server stays/);
    db.close();
  });

  it('what goes wrong says what to do, with its exit code', async () => {
    const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
      [['add', join(folder, 'none'), ...account(), ...state('e')], 1, /none is not there/],
      [['add', '/etc/hostname', '--server', 'x', '--user', 'a', ...state('e')], 1, /is no address: write one such as/],
      [['add', '/etc/hostname', ...account(), ...state('e')], 1, /password of anna .* is not known. Give it with --password-stdin/],
      [['add', '/etc/hostname', ...account(), '--method', 'often', ...state('e')], 1, /--method often: write one of incremental/],
      [['add', '/etc/hostname', ...account()], 2, /--state/],
      [['history', 'none', ...state('e')], 1, /is not backed up. "moorage agent status" lists/],
      [
        ['restore', join(folder, 'x'), '--file', 'none', ...account(), '--password', 'secret', ...state('e')],
        1,
        /There is no copy of none on the server/,
      ],
      [
        ['restore', join(folder, 'x'), '--file', 'none', ...account(), '--password', 'wrong', ...state('e')],
        1,
        /does not accept user name and password/,
      ],
    ];
    for (const [args, code, words] of cases) {
      const outcome = await moorage(args);
      assert.equal(outcome.code, code, `${args.join(' ')}: ${outcome.err}`);
      assert.match(outcome.err, words);
    }
  });

  it('R82: SIGTERM suspends, exit code 75; the same command goes on', async () => {
    const path = join(folder, 'big.bin');
    writeFileSync(path, randomBytes(12_000_000));
    await moorage(['add', path, ...account(), '--password', 'secret', '--coding', 'none', ...state('big')]);
    let stops = 0;
    // Once: a second signal would end it there and then.
    const cut = await moorage(['backup', ...state('big')], '', (err, stop) => void (err.includes('sent 20 %') && stops++ === 0 && stop()));
    assert.equal(cut.code, 75, cut.err);
    assert.match(cut.out, /suspended.*\n.*goes on from there/);
    const rest = await moorage(['backup', ...state('big')]);
    assert.equal(rest.code, 0);
    assert.match(rest.out, /backed up/);
    assert.ok(!rest.err.includes('sent 10 %'), 'what was sent is not sent again');
    assert.ok(!existsSync(join(folder, 'big/jobs/1/whole')), 'nothing is left of the job');
  });

  it('R15 R44: run backs up by its schedule, and ends with SIGTERM', async () => {
    const path = join(folder, 'run.txt');
    writeFileSync(path, 'content');
    await moorage(['add', path, ...account(), '--password', 'secret', '--method', 'every-change', ...state('run')]);
    const child = spawn(process.execPath, [MAIN, 'agent', 'run', ...state('run')]);
    let out = '';
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`nothing was backed up within 75 seconds: ${out}`)), 75_000);
      child.stdout.on('data', (part: Buffer) => {
        out += part.toString('utf8');
        if (!out.includes('run.txt: backed up')) return;
        clearTimeout(late);
        resolve();
      });
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    assert.equal(await ended, 0);
  }).timeout(90_000);
});
