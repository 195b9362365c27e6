/** What every proof needs around it: a built server with a user, devices of that user, and the comparison of their stores. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, type ServerOptions } from '../support/server.js';
import { meaning, meanings } from './compare.js';
import { Device, type Settings, type SyncReport } from './device.js';
import { item, named, STORES, type Store } from './items.js';

const PASSWORD = 'open sesame';
export const ALL_STORES = Object.keys(STORES) as readonly Store[];

export class Scene {
  readonly server: Server;
  readonly #root = mkdtempSync(join(tmpdir(), 'moorage-devices-'));

  private constructor(server: Server) {
    this.server = server;
  }

  static async open(options: ServerOptions = {}): Promise<Scene> {
    const scene = new Scene(new Server(options));
    await scene.server.start();
    return scene;
  }

  async close(): Promise<void> {
    await this.server.remove();
    rmSync(this.#root, { recursive: true, force: true });
  }

  async addUser(user: string): Promise<void> {
    await this.server.addUser(user, PASSWORD);
  }

  device(user: string, id: string, settings: Partial<Settings> = {}): Device {
    return new Device(join(this.#root, user), id, { url: this.server.url, user, password: PASSWORD, ...settings });
  }

  /** The server's items, as an operator exports them. */
  items(user: string, store: string): Promise<readonly string[]> {
    return this.server.items(user, store);
  }

  /** Fails unless device, server and model hold the same items. */
  async assertEqual(user: string, store: string, device: Device, model: Iterable<string>): Promise<void> {
    const expected = meanings(model);
    assertSame(`${store} on ${device.id}`, meanings(device.items(store).values()), expected);
    assertSame(`${store} on the server`, meanings(await this.items(user, store)), expected);
  }
}

/** Fails with the items that are too many and those that are missing. */
export function assertSame(where: string, actual: readonly string[], expected: readonly string[]): void {
  const left = [...expected];
  const extra = actual.filter((each) => {
    const at = left.indexOf(each);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  const show = (items: readonly string[]): string => items.slice(0, 4).join('\n---\n');
  const words = `${where}: ${actual.length} items, expected ${expected.length}; ${extra.length} unexpected:\n${show(extra)}\n${left.length} missing:\n${show(left)}`;
  assert.ok(extra.length === 0 && left.length === 0, words);
}

/** Fails with the client's own words unless the session went well. */
export function assertWent(report: SyncReport): SyncReport {
  assert.equal(report.exitCode, 0, report.text);
  return report;
}

/** The items of one store as they should be: number to text. */
export class Model {
  readonly store: Store;
  readonly #texts: Map<number, string>;

  constructor(store: Store, texts: Iterable<readonly [number, string]> = []) {
    this.store = store;
    this.#texts = new Map(texts);
  }

  copy(): Model {
    return new Model(this.store, this.#texts);
  }

  texts(): Iterable<string> {
    return this.#texts.values();
  }

  has(n: number): boolean {
    return this.#texts.has(n);
  }

  put(n: number, words?: string): this {
    this.#texts.set(n, item(this.store, n, words));
    return this;
  }

  remove(n: number): this {
    this.#texts.delete(n);
    return this;
  }

  /** Does to `device` what turns its items into these: adds, rewrites, deletes. */
  playOn(device: Device): void {
    const wanted = new Map(this.#texts);
    for (const [name, text] of device.items(this.store)) {
      const n = Number(/Sample(\d{4})/.exec(text)?.[1]);
      const want = wanted.get(n);
      if (want === undefined) device.remove(this.store, name);
      else if (meaning(want) !== meaning(text)) device.put(this.store, name, want);
      wanted.delete(n);
    }
    for (const [n, text] of wanted) device.put(this.store, `${device.id}-${named(n)}`, text);
  }
}
