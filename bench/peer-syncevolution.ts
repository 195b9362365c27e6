/**
 * SyncEvolution's own SyncML server on loopback with file stores, for measuring beside it. Three processes: a private message bus, the
 * sync daemon and the HTTP front.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const DAEMON = '/usr/libexec/syncevo-dbus-server';
const PROGRAMS = ['syncevolution', 'syncevo-http-server', 'dbus-daemon', 'dbus-send', 'python3'];
const START_TIMEOUT_MS = 20_000;

const BUS = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=${tmpdir()}</listen>
  <auth>EXTERNAL</auth>
  <limit name="max_message_size">1000000000</limit>
  <limit name="reply_timeout">3600000</limit>
  <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>
`;

/** Runs the packaged HTTP front, which listens on every interface, with its listening socket put on loopback and our port. */
const FRONT = `
import os, runpy, shutil, sys
from twisted.internet import gireactor
gireactor.install()
gireactor.install = lambda *args, **named: None
from twisted.internet import reactor
on_all = reactor.listenTCP
reactor.listenTCP = lambda port, site, *args, **named: on_all(int(os.environ['PEER_PORT']), site, interface='127.0.0.1')
sys.argv = ['syncevo-http-server', '--quiet', os.environ['PEER_URL']]
runpy.run_path(shutil.which('syncevo-http-server'), run_name='__main__')
`;

/** Why this machine cannot run the server; undefined when it can. */
export function whyNoSyncEvolutionServer(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const missing = PROGRAMS.filter((program) => !folders.some((folder) => existsSync(join(folder, program))));
  if (!existsSync(DAEMON)) missing.push(DAEMON);
  return missing.length === 0 ? undefined : `it needs ${missing.join(', ')} (Debian: syncevolution-http, dbus)`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function until(what: string, test: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + START_TIMEOUT_MS;
  while (!(await test())) {
    if (Date.now() > end) throw new Error(`SyncEvolution's server: no ${what} in time`);
    await sleep(50);
  }
}

export class SyncEvolutionServer {
  readonly url: string;
  readonly #root: string;
  readonly #port: number;
  readonly #env: NodeJS.ProcessEnv;
  #children: ChildProcess[] = [];

  private constructor(root: string, port: number) {
    this.#root = root;
    this.#port = port;
    this.url = `http://127.0.0.1:${port}/syncevolution`;
    const folder = (name: string): string => join(root, name);
    this.#env = {
      PATH: process.env['PATH'],
      LC_ALL: 'C.UTF-8',
      GSETTINGS_BACKEND: 'memory',
      NO_AT_BRIDGE: '1',
      HOME: folder('home'),
      XDG_CONFIG_HOME: folder('config'),
      XDG_CACHE_HOME: folder('cache'),
      XDG_DATA_HOME: folder('share'),
      XDG_RUNTIME_DIR: folder('run'),
    };
    for (const name of ['home', 'config', 'cache', 'share', 'logs']) mkdirSync(folder(name), { recursive: true });
    mkdirSync(folder('run'), { recursive: true, mode: 0o700 });
  }

  /** A server with empty stores that lets the devices of those ids in. `root` is a folder of its own. */
  static async start(root: string, devices: readonly string[], user: string, password: string): Promise<SyncEvolutionServer> {
    const server = new SyncEvolutionServer(root, await freePort());
    try {
      await server.#bus();
      await server.#configure(devices, user, password);
      await server.#listen();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** The processes that do the server's work. */
  get pids(): readonly number[] {
    return this.#children.map(({ pid }) => pid).filter((pid) => pid !== undefined);
  }

  folder(store: string): string {
    return join(this.#root, 'data', store);
  }

  async stop(): Promise<void> {
    for (const child of this.#children.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 1000);
      await gone;
      clearTimeout(timer);
    }
    this.#children = [];
  }

  #spawn(name: string, command: string, args: readonly string[]): ChildProcess {
    const log = openSync(join(this.#root, 'logs', `${name}.log`), 'a');
    const child = spawn(command, args, { env: this.#env, stdio: ['ignore', log, log, 'pipe'] });
    this.#children.push(child);
    return child;
  }

  async #bus(): Promise<void> {
    const file = join(this.#root, 'bus.conf');
    writeFileSync(file, BUS);
    const child = this.#spawn('bus', 'dbus-daemon', [`--config-file=${file}`, '--nofork', '--nopidfile', '--print-address=3']);
    const address = child.stdio[3] as NodeJS.ReadableStream | undefined;
    if (address === undefined) throw new Error('no address pipe');
    const [line] = (await once(address, 'data')) as [Buffer];
    this.#env['DBUS_SESSION_BUS_ADDRESS'] = line.toString('utf8').split('\n')[0];
  }

  async #configure(devices: readonly string[], user: string, password: string): Promise<void> {
    const run = (...args: readonly string[]): Promise<unknown> =>
      promisify(execFile)('syncevolution', ['--daemon=no', '--configure', ...args], { env: this.#env });
    await run('--template', 'none', 'keyring=no', '@server');
    await run('logdir=none', '@server');
    const stores = Object.entries({ contacts: 'text/vcard', calendar: 'text/calendar', notes: 'text/plain' });
    for (const [store, type] of stores) {
      mkdirSync(this.folder(store), { recursive: true });
      await run('--template', 'none', 'backend=file', `database=file://${this.folder(store)}`, `databaseFormat=${type}`, '@server', store);
    }
    for (const device of devices) {
      const settings = ['syncURL=none', 'PeerIsClient=1', `remoteDeviceId=${device}`, `username=${user}`, `password=${password}`];
      const lean = ['loglevel=0', 'printChanges=0', 'dumpData=0', 'sync=two-way', ...stores.map(([store]) => `${store}/uri=${store}`)];
      await run('--template', 'none', ...settings, ...lean, `${device}@server`, ...stores.map(([store]) => store));
    }
  }

  async #listen(): Promise<void> {
    this.#spawn('daemon', DAEMON, ['--duration=unlimited', '--verbosity=0', '--dbus-verbosity=0', '--stdout', '--no-syslog']);
    const ask = ['--session', '--print-reply', '--dest=org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus.NameHasOwner', 'string:org.syncevolution']; // prettier-ignore
    await until('daemon', async () => {
      const { stdout } = await promisify(execFile)('dbus-send', ask, { env: this.#env });
      return stdout.includes('true');
    });
    this.#env['PEER_PORT'] = String(this.#port);
    this.#env['PEER_URL'] = this.url;
    this.#spawn('http', '/usr/bin/python3', ['-c', FRONT]);
    await until('HTTP port', async () => {
      const socket = connect(this.#port, '127.0.0.1');
      const up = await once(socket, 'connect').then(() => true, () => false); // prettier-ignore
      socket.destroy();
      return up;
    });
  }
}
