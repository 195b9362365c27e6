/**
 * The state folder: one SQLite database, readable by its owner only, that survives power loss, and beside it the content of jobs on their way.
 * Passwords are in it.
 */
import { DatabaseSync, type StatementSyncInstance } from '@photostructure/sqlite';
import { chmodSync, closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../model/errors.js';

/** 2: marks of rows stand leaf by leaf. */
const FORMAT = 2;
const BUSY_MS = 10_000;

const TABLES = `
CREATE TABLE IF NOT EXISTS setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS account (server TEXT, user TEXT, password TEXT NOT NULL, ours TEXT, servers TEXT, devinf INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (server, user)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS file (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, folder INTEGER NOT NULL DEFAULT 0,
  parent INTEGER REFERENCES file ON DELETE CASCADE, settings TEXT NOT NULL, state TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS marks (file INTEGER REFERENCES file ON DELETE CASCADE, version TEXT, name TEXT, part INTEGER, bytes BLOB NOT NULL,
  PRIMARY KEY (file, version, name, part)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS job (file INTEGER PRIMARY KEY REFERENCES file ON DELETE CASCADE, job TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS item (file INTEGER REFERENCES file ON DELETE CASCADE, seq INTEGER, kind TEXT NOT NULL, uri TEXT NOT NULL, type TEXT,
  path TEXT, content BLOB, offset INTEGER NOT NULL DEFAULT 0, status INTEGER, detail TEXT, PRIMARY KEY (file, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS history (id INTEGER PRIMARY KEY, file INTEGER REFERENCES file ON DELETE CASCADE, at INTEGER NOT NULL, report TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS history_file ON history (file, id);
CREATE TABLE IF NOT EXISTS restore (out TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
`;

export type Value = null | string | number | Uint8Array;

export class StateStore {
  readonly folder: string;
  readonly #db: InstanceType<typeof DatabaseSync>;
  readonly #statements = new Map<string, StatementSyncInstance>();

  /** Opens the folder, and makes it when it is not there. @throws {UserError} when it cannot be used. */
  constructor(folder: string) {
    this.folder = folder;
    const file = join(folder, 'agent.db');
    try {
      mkdirSync(join(folder, 'jobs'), { recursive: true, mode: 0o700 });
      // Made with its rights before anything is in it; SQLite gives the same rights to the files beside it.
      closeSync(openSync(file, 'a', 0o600));
      chmodSync(file, 0o600);
      this.#db = new DatabaseSync(file, { timeout: BUSY_MS });
      this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON');
      this.#db.exec(TABLES);
    } catch (cause) {
      throw new UserError(`The state folder ${folder} cannot be used: ${(cause as Error).message}. Name another one with --state.`, {
        cause,
      });
    }
    const format = Number(this.setting('format') ?? FORMAT);
    if (format > FORMAT) throw new UserError(`The state folder ${folder} was written by a newer version. Use that one.`);
    if (format < 2) this.transact(() => this.#forgetMarks());
    this.setSetting('format', String(FORMAT));
  }

  /** Those of the first format cannot be read any more: the next backup is a whole one. */
  #forgetMarks(): void {
    for (const { id, state } of this.all<{ id: number; state: string }>('SELECT id, state FROM file')) {
      const { confirmed: _, full: __, stamp: ___, ...rest } = JSON.parse(state) as Record<string, unknown>;
      this.run('UPDATE file SET state = ? WHERE id = ?', JSON.stringify(rest), id);
    }
    for (const table of ['marks', 'item', 'job']) this.run(`DELETE FROM ${table}`);
  }

  get<Row>(sql: string, ...values: readonly Value[]): Row | undefined {
    return this.#statement(sql).get(...values) as Row | undefined;
  }

  all<Row>(sql: string, ...values: readonly Value[]): Row[] {
    return this.#statement(sql).all(...values) as Row[];
  }

  run(sql: string, ...values: readonly Value[]): void {
    this.#statement(sql).run(...values);
  }

  insertedId(sql: string, ...values: readonly Value[]): number {
    return Number(this.#statement(sql).run(...values).lastInsertRowid);
  }

  /** All of `work` or nothing; durable when it returns. */
  transact<T>(work: () => T): T {
    if (this.#db.isTransaction) return work();
    // Single writes need not outlive a loss of power; what a transaction has said does, and all that was written before it.
    this.#db.exec('PRAGMA synchronous = FULL; BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    } finally {
      this.#db.exec('PRAGMA synchronous = NORMAL');
    }
  }

  setting(key: string): string | undefined {
    return this.get<{ value: string }>('SELECT value FROM setting WHERE key = ?', key)?.value;
  }

  setSetting(key: string, value: string): void {
    if (this.setting(key) !== value)
      this.run('INSERT INTO setting VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value', key, value);
  }

  /** A file's own folder for the content of its job. */
  jobFolder(file: number): string {
    const folder = join(this.folder, 'jobs', String(file));
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  }

  clearJobFolder(file: number): void {
    rmSync(join(this.folder, 'jobs', String(file)), { recursive: true, force: true });
  }

  close(): void {
    this.#statements.clear();
    if (this.#db.isOpen) this.#db.close();
  }

  #statement(sql: string): StatementSyncInstance {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
