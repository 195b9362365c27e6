/**
 * The device's side of backup: keeps files on a server up to date and gets them back. One page with an example: docs/agent.md.
 *
 * Everything it knows is in its state folder, so that an agent opened anew, after a crash or a loss of power, goes on where the last one was.
 */
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { UserError } from '../model/errors.js';
import { backUp, type BackupRooms } from './backup.js';
import { Turns } from './client/turns.js';
import { Link, PATIENT, type Patience } from './client/link.js';
import { httpTransport, type TransportOptions } from './client/transport.js';
import { Looker } from './detect/looker.js';
import { adoptRestored } from './restore/adopt.js';
import { restoreFile } from './restore/restore.js';
import { runScheduled, type RunOptions } from './runner.js';
import { checkServer, settingsFrom } from './settings.js';
import { findAccount, findFile, historyOf, listFiles, removeFile, saveAccount, saveFile } from './state/files.js';
import { tryLock } from './state/lock.js';
import { StateStore } from './state/store.js';
import { statusOf } from './status.js';
import type { AddOptions, BackupOptions, FileStatus, JobReport, RestoreOptions, RestoreReport } from './types.js';

export type * from './types.js';
export type { RunOptions } from './runner.js';
export type { Policy, Timing } from './schedule/policy.js';
export type { Patience } from './client/link.js';
export type { TransportOptions } from './client/transport.js';

export interface AgentOptions extends TransportOptions {
  /** The state folder; made when it is not there, readable by its owner only. Passwords are in it. */
  readonly state: string;
  /** The device's URI towards the server, at first use; later the one of the state folder counts. Made up when left out. */
  readonly device?: string;
  /** How long a lost link is waited for within one session. */
  readonly patience?: Patience;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

const VERSION = '0.1.0';

export class Agent {
  readonly #store: StateStore;
  readonly #rooms: BackupRooms;

  private constructor(store: StateStore, rooms: BackupRooms) {
    this.#store = store;
    this.#rooms = rooms;
  }

  /** @throws {UserError} when the state folder cannot be used. */
  static open(options: AgentOptions): Agent {
    const store = new StateStore(resolve(options.state));
    let uri = store.setting('device');
    if (uri === undefined) {
      uri = options.device ?? `moorage-agent:${randomUUID()}`;
      store.setSetting('device', uri);
    }
    const transport = httpTransport(options);
    const { patience = PATIENT, now = Date.now } = options;
    const rooms = { store, device: { uri, version: VERSION, turns: new Turns() }, transport, looker: new Looker(), patience, now };
    return new Agent(store, rooms);
  }

  /** The device's URI: what another device names in `from` to get this one's files. */
  get device(): string {
    return this.#rooms.device.uri;
  }

  /** Adds a file or a folder, or gives one that is there other settings. Nothing is sent yet. @throws {UserError} @returns its name on the server. */
  async add(options: AddOptions): Promise<string> {
    const { name, folder, settings } = await settingsFrom(this.#rooms.looker, options);
    const other = listFiles(this.#store).find((file) => file.name === name && file.settings.path !== settings.path);
    if (other) throw new UserError(`${name} is the name of ${other.settings.path} already. Give this one another with --name.`);
    const { server, user } = settings;
    const { password } = options;
    if (password === undefined && !findAccount(this.#store, server, user))
      throw new UserError(`The password of ${user} at ${server} is not known. Give it with --password-stdin.`);
    this.#store.transact(() => {
      if (password !== undefined) saveAccount(this.#store, server, user, password);
      saveFile(this.#store, name, settings, folder);
    });
    return name;
  }

  /** Forgets a file or folder here; its copy on the server stays. @throws {UserError} when it is not known, or a backup of it is under way. */
  remove(name: string): void {
    const file = findFile(this.#store, name) ?? listFiles(this.#store).find(({ settings }) => settings.path === resolve(name));
    if (!file) throw new UserError(`${name} is not backed up. "moorage agent status" lists what is.`);
    const lock = tryLock(this.#store, file.id);
    if (!lock) throw new UserError(`A backup of ${name} is under way. Try again when it is over.`);
    try {
      removeFile(this.#store, file);
    } finally {
      lock.release();
    }
  }

  /** Backs up now. Never throws for a single file: its report says what became of it. @throws {UserError} for a name that is not known. */
  backup(options: BackupOptions = {}): Promise<JobReport[]> {
    return backUp(this.#rooms, options);
  }

  /** Gets a file back, also on a device that never backed up. @throws {UserError} with what to do; LinkLost and its like: call again. */
  async restore(options: RestoreOptions): Promise<RestoreReport> {
    const server = checkServer(options.server);
    if (options.password !== undefined) saveAccount(this.#store, server, options.user, options.password);
    const { device, transport, patience, now } = this.#rooms;
    const link = new Link(transport.post, options.encoding ?? 'wbxml', patience, options.signal);
    const report = await restoreFile({ store: this.#store, device, link, now, looker: this.#rooms.looker }, options);
    await adoptRestored(this.#rooms, options, report);
    return report;
  }

  /** How the files stand; looks at them from outside. */
  status(): FileStatus[] {
    return statusOf(this.#store, this.#rooms.now());
  }

  /** Jobs of a file, newest first. @throws {UserError} when it is not known. */
  history(name: string, limit = 100): JobReport[] {
    const file = findFile(this.#store, name);
    if (!file) throw new UserError(`${name} is not backed up. "moorage agent status" lists what is.`);
    return historyOf(this.#store, file.id, limit);
  }

  /** Backs up whenever something is due; resolves when `options.signal` is aborted. */
  run(options: RunOptions = {}): Promise<void> {
    return runScheduled(this.#rooms, options);
  }

  close(): void {
    this.#rooms.transport.close();
    this.#rooms.looker.close();
    this.#store.close();
  }
}
