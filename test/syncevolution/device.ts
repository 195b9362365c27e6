/**
 * One simulated device: the unmodified SyncEvolution command line with its own home, configuration, anchors and one
 * folder of files (one item each) for every datastore.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transportFix } from './tools.js';

/** What SyncEvolution's --sync takes. */
export type Mode = 'slow' | 'two-way' | 'refresh-from-client' | 'refresh-from-server' | 'one-way-from-client' | 'one-way-from-server';

/** Everything a device is configured with; every setting is SyncEvolution's own. Sizes in bytes, times in seconds. */
export interface Settings {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly wbxml: boolean;
  readonly auth: 'md5' | 'basic';
  readonly version: '1.1' | '1.2';
  readonly maxMsgSize: number;
  readonly maxObjSize: number;
  /** How long after a lost message it is sent again, and how long this is tried; 0 gives up at once. */
  readonly retryInterval: number;
  readonly retryDuration: number;
  /** Type each datastore's items have in the folder; the datastore's URI is the key. */
  readonly stores: Readonly<Record<string, string>>;
  /** Types preferred on the wire and forced, by datastore; the folder's type when absent. */
  readonly wireTypes: Readonly<Record<string, string>>;
}

const DEFAULTS: Omit<Settings, 'url' | 'user' | 'password'> = {
  wbxml: true,
  auth: 'md5',
  version: '1.2',
  maxMsgSize: 150_000,
  maxObjSize: 4_000_000,
  retryInterval: 1,
  retryDuration: 20,
  stores: { contacts: 'text/vcard' },
  wireTypes: {},
};

/** One line of the client's own report: what was applied on each side. */
export interface Counts {
  readonly added: number;
  readonly changed: number;
  readonly deleted: number;
  readonly failed: number;
}

export interface SyncReport {
  readonly exitCode: number | null;
  readonly text: string;
  /** Wall time, milliseconds. */
  readonly ms: number;
  readonly local: Readonly<Record<string, Counts>>;
  readonly remote: Readonly<Record<string, Counts>>;
}

/** A session that is under way. */
export interface RunningSync {
  readonly done: Promise<SyncReport>;
  signal(name: 'SIGINT' | 'SIGKILL'): void;
}

const ROW = /^\|\s*(\S+) \|\s*(\d+)\s*\|\s*(\d+)\s*\|\s*(\d+)\s*\|\s*(\d+)\s*\|\s*(\d+)\s*\|\s*(\d+)\s*\|\s*(\d+)\s*\|\s*(\d+)\s*\|/gm;

function readTable(text: string): Pick<SyncReport, 'local' | 'remote'> {
  const local: Record<string, Counts> = {};
  const remote: Record<string, Counts> = {};
  for (const [, store, ...cells] of text.matchAll(ROW)) {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = cells.map(Number);
    local[String(store)] = { added: a, changed: b, deleted: c, failed: d };
    remote[String(store)] = { added: e, changed: f, deleted: g, failed: h };
  }
  return { local, remote };
}

export class Device {
  readonly #id: string;
  readonly #root: string;
  #settings: Settings;
  #configured = '';
  /** Seconds added to file times, so that every edit is one the client can see: it compares whole seconds. */
  #edits = 0;

  constructor(root: string, id: string, settings: Partial<Settings> & Pick<Settings, 'url' | 'user' | 'password'>) {
    this.#root = join(root, id);
    this.#id = id;
    this.#settings = { ...DEFAULTS, ...settings };
    for (const store of Object.keys(this.#settings.stores)) mkdirSync(this.folder(store), { recursive: true });
    for (const name of ['home', 'config', 'cache', 'share']) mkdirSync(join(this.#root, name), { recursive: true });
  }

  get id(): string {
    return this.#id;
  }

  folder(store: string): string {
    return join(this.#root, 'items', store);
  }

  /** Changes settings for the syncs that follow; anchors stay. */
  set(settings: Partial<Settings>): void {
    this.#settings = { ...this.#settings, ...settings };
  }

  /** Writes or changes one item. */
  put(store: string, name: string, text: string): void {
    const path = join(this.folder(store), name);
    writeFileSync(path, text);
    this.#edits += 2;
    const time = Date.now() / 1000 + this.#edits;
    utimesSync(path, time, time);
  }

  remove(store: string, name: string): void {
    rmSync(join(this.folder(store), name));
  }

  /** File name to text of every item of one datastore. */
  items(store: string): ReadonlyMap<string, string> {
    const folder = this.folder(store);
    return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
  }

  /** Name of the one file whose text holds `part`. @throws {Error} when there is none or more than one. */
  find(store: string, part: string): string {
    const names = [...this.items(store)].filter(([, text]) => text.includes(part)).map(([name]) => name);
    if (names.length !== 1) throw new Error(`${this.#id}: ${names.length} ${store} items hold "${part}", expected one`);
    return String(names[0]);
  }

  /** Rewrites the one item that holds `part`. */
  edit(store: string, part: string, change: (text: string) => string): void {
    const name = this.find(store, part);
    this.put(store, name, change(readFileSync(join(this.folder(store), name), 'utf8')));
  }

  /** Runs one session to its end. `stores` are all configured ones unless given. */
  async sync(mode: Mode, stores?: readonly string[]): Promise<SyncReport> {
    return (await this.start(mode, stores)).done;
  }

  /** Starts one session and answers while it runs. */
  async start(mode: Mode, stores: readonly string[] = Object.keys(this.#settings.stores)): Promise<RunningSync> {
    await this.#configure();
    const started = Date.now();
    const child = this.#spawn(['--sync', mode, 'peer@device', ...stores], { LD_PRELOAD: transportFix() });
    const done = collect(child).then(({ exitCode, text }) => ({ exitCode, text, ms: Date.now() - started, ...readTable(text) }));
    return { done, signal: (name) => void child.kill(name) };
  }

  async #configure(): Promise<void> {
    const s = this.#settings;
    const stores = Object.entries(s.stores);
    const properties = [
      'keyring=no', `syncURL=${s.url}`, 'PeerIsClient=0', `username=${s.user}`, `password=${s.password}`,
      `deviceId=${this.#id}`, `logdir=${join(this.#root, 'log')}`, 'maxlogdirs=2', `loglevel=${process.env['MOORAGE_CLIENT_LOG'] ?? '0'}`,
      'printChanges=0', 'dumpData=0', 'preventSlowSync=0', 'enableRefreshSync=1', 'sync=two-way',
      `enableWBXML=${s.wbxml ? 1 : 0}`, `clientAuthType=${s.auth}`, `SyncMLVersion=${s.version}`,
      `maxMsgSize=${s.maxMsgSize}`, `maxObjSize=${s.maxObjSize}`,
      `RetryInterval=${s.retryInterval}`, `RetryDuration=${s.retryDuration}`,
      ...stores.flatMap(([uri, type]) => [
        `${uri}/backend=file`, `${uri}/database=file://${this.folder(uri)}`, `${uri}/databaseFormat=${type}`, `${uri}/uri=${uri}`,
        `${uri}/syncFormat=${s.wireTypes[uri] ?? ''}`, `${uri}/forceSyncFormat=${s.wireTypes[uri] === undefined ? 0 : 1}`,
      ]),
    ]; // prettier-ignore
    const command = ['--configure', '--template', 'none', ...properties, 'peer@device', ...stores.map(([uri]) => uri)];
    if (this.#configured === command.join('\n')) return;
    const { exitCode, text } = await collect(this.#spawn(command, {}));
    if (exitCode !== 0) throw new Error(`syncevolution --configure: exit ${exitCode}\n${text}`);
    this.#configured = command.join('\n');
  }

  #spawn(args: readonly string[], extra: Readonly<Record<string, string>>): ChildProcess {
    const env = {
      PATH: process.env['PATH'],
      LC_ALL: 'C.UTF-8',
      GSETTINGS_BACKEND: 'memory',
      HOME: join(this.#root, 'home'),
      XDG_CONFIG_HOME: join(this.#root, 'config'),
      XDG_CACHE_HOME: join(this.#root, 'cache'),
      XDG_DATA_HOME: join(this.#root, 'share'),
      ...extra,
    };
    return spawn('syncevolution', ['--daemon=no', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  }
}

function collect(child: ChildProcess): Promise<{ exitCode: number | null; text: string }> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    child.stdout?.on('data', (part: Buffer) => parts.push(part));
    child.stderr?.on('data', (part: Buffer) => parts.push(part));
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, text: Buffer.concat(parts).toString('utf8') }));
  });
}
