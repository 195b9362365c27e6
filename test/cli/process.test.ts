/** The built program as a process: what main.ts adds to the commands, and a server that is really there. `npm test` builds it first. */
import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAIN = join(ROOT, 'dist/main.js');
const CAPTURE = join(ROOT, 'fixtures/captures/syncevolution/slow-5-wbxml');

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  /** All it wrote so far. */
  readonly output: () => { readonly out: string; readonly err: string };
  readonly ended: Promise<number | null>;
}

describe('the program as a process', function () {
  // Each command is a process of its own: on a busy machine that takes its time.
  this.timeout(90_000);
  let root: string;
  let running: Running[];
  before(() => assert.ok(existsSync(MAIN), 'dist/main.js does not exist: run `npm run build` first'));
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'moorage-process-'));
    running = [];
  });
  afterEach(async () => {
    for (const { child, ended } of running) {
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(root, { recursive: true, force: true });
  });

  const environment = (): NodeJS.ProcessEnv => ({
    PATH: process.env['PATH'],
    HOME: root,
    XDG_CONFIG_HOME: join(root, 'config'),
    MOORAGE_DATA: join(root, 'data'),
  });

  function run(...args: readonly string[]): { code: number | null; out: string; err: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { env: environment(), cwd: ROOT, encoding: 'utf8' });
    return { code: status, out: stdout, err: stderr };
  }
  function ok(...args: readonly string[]): string {
    const { code, out, err } = run(...args);
    assert.equal(code, 0, `moorage ${args.join(' ')}\n${out}${err}`);
    return out;
  }

  async function serve(...args: readonly string[]): Promise<Running> {
    const child = spawn(process.execPath, [MAIN, 'serve', '--port', '0', ...args], {
      env: environment(),
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stderr.on('data', (part: Buffer) => (err += part.toString()));
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout.on('data', (part: Buffer) => {
        out += part.toString();
        const found = /^listening on (\S+)\n/m.exec(out)?.[1];
        if (found !== undefined) resolve(found);
      });
      void ended.then((code) => reject(new Error(`ended with ${code}:\n${out}${err}`)));
    });
    const server = { child, url, ended, output: () => ({ out, err }) };
    running.push(server);
    return server;
  }

  async function post(url: string, body: Uint8Array): Promise<Response> {
    return fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/vnd.syncml+wbxml' }, body: Buffer.from(body) });
  }

  it('keeps its key outside the data folder, readable by its owner only', () => {
    ok('user', 'add', 'anna', '--password', 'pw');
    const { key } = JSON.parse(ok('config', '--json')) as { key: { file: string } };
    assert.ok(key.file.startsWith(join(root, 'config', 'moorage')));
    assert.equal(statSync(key.file).mode & 0o777, 0o600);
    assert.equal(existsSync(join(root, 'data', 'moorage.db')), true);
  });

  it('never makes a new key for data that is there', () => {
    ok('user', 'add', 'anna', '--password', 'pw');
    const { key } = JSON.parse(ok('config', '--json')) as { key: { file: string } };
    renameSync(key.file, join(root, 'away'));
    const without = run('user', 'list');
    assert.deepEqual([without.code, /restore it/.test(without.err)], [1, true]);
    assert.equal(existsSync(key.file), false);
    const other = run('user', 'list', '--set', `key.text=${Buffer.alloc(32, 1).toString('base64')}`);
    assert.deepEqual([other.code, /not the one this data folder was sealed with/.test(other.err)], [1, true]);
    renameSync(join(root, 'away'), key.file);
    ok('user', 'list');
  });

  it('rotates the key: data stays readable, the old key opens nothing any more', () => {
    ok('user', 'add', 'anna', '--password', 'pw');
    const { key } = JSON.parse(ok('config', '--json')) as { key: { file: string } };
    const old = readFileSync(key.file, 'utf8');
    ok('key', 'rotate');
    const fresh = readFileSync(key.file, 'utf8');
    assert.notEqual(fresh, old);
    assert.match(ok('user', 'list'), /anna/);
    const keyText = old.split('\n').find((line) => line !== '' && !line.startsWith('#')) ?? '';
    assert.equal(run('user', 'list', '--set', `key.text=${keyText}`).code, 1);
  });

  it('makes no data folder for a question', () => {
    assert.equal(run('user', 'list').code, 1);
    assert.equal(existsSync(join(root, 'data')), false);
  });

  it('serves with a first user, says what to type into a phone, and the login printed works', async () => {
    const server = await serve('--first-user');
    const { out } = server.output();
    const [, password = ''] = /Password: +(\S+)/.exec(out) ?? [];
    assert.match(password, /^[a-z]{12}\d{4}$/);
    for (const text of [server.url, 'User name:', 'phone', 'contacts', 'calendar', 'tasks', 'notes'])
      assert.ok(out.includes(text), `${text} in\n${out}`);
    const cred = Buffer.from(`phone:${password}`).toString('base64');
    const message = `<SyncML><SyncHdr><VerDTD>1.1</VerDTD><VerProto>SyncML/1.1</VerProto><SessionID>1</SessionID><MsgID>1</MsgID><Target><LocURI>${server.url}</LocURI></Target><Source><LocURI>IMEI:1</LocURI></Source><Cred><Meta><Type xmlns="syncml:metinf">syncml:auth-basic</Type></Meta><Data>${cred}</Data></Cred></SyncHdr><SyncBody><Final/></SyncBody></SyncML>`;
    const answer = await fetch(server.url, { method: 'POST', headers: { 'Content-Type': 'application/vnd.syncml+xml' }, body: message });
    assert.match(await answer.text(), /<Cmd>SyncHdr<\/Cmd>.*<Data>212<\/Data>/);
    const { err } = server.output();
    assert.ok(!err.includes(password) && !err.includes(cred), 'no credentials in the log');
    assert.match(ok('device', 'list'), /phone +IMEI:1/);
  });

  it('makes no first user where there is one', async () => {
    ok('user', 'add', 'anna', '--password', 'pw');
    const server = await serve('--first-user');
    assert.ok(!server.output().out.includes('Password'));
    assert.equal(ok('user', 'list').trim().split('\n').length, 2);
  });

  it('tells an operator about a session and a device while it serves (W4, W6)', async () => {
    ok('user', 'add', 'peer', '--password', 'secret');
    const server = await serve();
    const first = await post(server.url, readFileSync(join(CAPTURE, '01-request.wbxml')));
    assert.equal(first.status, 200);
    assert.equal(first.headers.get('transfer-encoding'), null);
    const [session] = JSON.parse(ok('session', 'list', '--json')) as { id: string; device: string; ended: boolean; lastMsgId: number }[];
    assert.deepEqual([session?.device, session?.ended, session?.lastMsgId], ['sc-pim-dev1', false, 1]);
    const shown = ok('session', 'show', session?.id ?? '', '--user', 'peer');
    assert.match(shown, /Waits for: +message 2 of the device/);
    assert.match(shown, /device said .*Alert 201/);
    assert.match(shown, /it was told .*SyncHdr 212/);
    assert.match(ok('device', 'show', 'sc-pim-dev1', '--user', 'peer'), /Model: +SyncEvolution\n[^]*takes: +text\/vcard 3\.0/);
    // The digest of the first contact again, from a session that does not know its token: refused, and the operator can see why.
    await post(server.url.replace('127.0.0.1', 'localhost'), readFileSync(join(CAPTURE, '../two-way-changes-wbxml/01-request.wbxml')));
    assert.match(ok('device', 'show', 'sc-pim-dev1', '--user', 'peer'), /Last refusal: .*wrong password/);
    ok('device', 'forget', 'sc-pim-dev1', '--user', 'peer');
    assert.match(ok('device', 'list'), /No device/);
  });

  it('stops on SIGTERM with exit code 0', async () => {
    const server = await serve();
    server.child.kill('SIGTERM');
    assert.equal(await server.ended, 0);
    await assert.rejects(fetch(server.url));
  });

  it('runs twice on one data folder', async () => {
    ok('user', 'add', 'anna', '--password', 'pw');
    const servers = [await serve(), await serve()];
    for (const { url } of servers) assert.equal((await fetch(new URL('/healthz', url))).status, 200);
  });

  it('says what to do when the port is taken', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { code, err } = run('serve', '--port', String((taken.address() as AddressInfo).port));
    await new Promise((resolve) => taken.close(resolve));
    assert.deepEqual([code, /is taken.*--port/.test(err)], [1, true]);
  });
});
