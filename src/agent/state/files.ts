/** Files the agent backs up, the accounts it logs in with, and the history of their jobs. */
import type { Nonces } from '../client/authentication.js';
import type { FileSettings, JobReport } from '../types.js';
import type { FileEntry, FileState } from './state-types.js';
import type { StateStore } from './store.js';

interface FileRow {
  readonly id: number;
  readonly name: string;
  readonly folder: number;
  readonly parent: number | null;
  readonly settings: string;
  readonly state: string;
}

const entryOf = (row: FileRow): FileEntry => ({
  id: row.id,
  name: row.name,
  folder: row.folder === 1,
  ...(row.parent === null ? {} : { parent: row.parent }),
  settings: JSON.parse(row.settings) as FileSettings,
  state: JSON.parse(row.state) as FileState,
});

export const listFiles = (store: StateStore): FileEntry[] => store.all<FileRow>('SELECT * FROM file ORDER BY name').map(entryOf);

export function findFile(store: StateStore, name: string): FileEntry | undefined {
  const row = store.get<FileRow>('SELECT * FROM file WHERE name = ?', name);
  return row && entryOf(row);
}

export function fileById(store: StateStore, id: number): FileEntry | undefined {
  const row = store.get<FileRow>('SELECT * FROM file WHERE id = ?', id);
  return row && entryOf(row);
}

/** Makes the file, or gives it other settings; what is backed up of it stays known. */
export function saveFile(store: StateStore, name: string, settings: FileSettings, folder: boolean, parent?: number): FileEntry {
  return store.transact(() => {
    const text = JSON.stringify(settings);
    const found = findFile(store, name);
    if (found) {
      store.run('UPDATE file SET settings = ? WHERE id = ?', text, found.id);
      return { ...found, settings };
    }
    const state: FileState = { lastModification: 0 };
    const id = store.insertedId(
      'INSERT INTO file (name, folder, parent, settings, state) VALUES (?, ?, ?, ?, ?)',
      name,
      folder ? 1 : 0,
      parent ?? null,
      text,
      JSON.stringify(state),
    );
    return { id, name, folder, ...(parent === undefined ? {} : { parent }), settings, state };
  });
}

export function saveState(store: StateStore, file: number, change: (state: FileState) => FileState): void {
  store.transact(() => {
    const row = store.get<{ state: string }>('SELECT state FROM file WHERE id = ?', file);
    if (row) store.run('UPDATE file SET state = ? WHERE id = ?', JSON.stringify(change(JSON.parse(row.state) as FileState)), file);
  });
}

/** With all that is known of it; the copy on the server stays. */
export function removeFile(store: StateStore, file: FileEntry): void {
  for (const child of listFiles(store)) if (child.parent === file.id) store.clearJobFolder(child.id);
  store.run('DELETE FROM file WHERE id = ?', file.id);
  store.clearJobFolder(file.id);
}

export interface Account {
  readonly server: string;
  readonly user: string;
  readonly password: string;
  readonly nonces: Nonces;
  /** The server has our device information. */
  readonly devInfTaken: boolean;
}

export function findAccount(store: StateStore, server: string, user: string): Account | undefined {
  const row = store.get<{ password: string; ours: string | null; servers: string | null; devinf: number }>(
    'SELECT password, ours, servers, devinf FROM account WHERE server = ? AND user = ?',
    server,
    user,
  );
  if (!row) return undefined;
  const nonces = { ...(row.ours === null ? {} : { ours: row.ours }), ...(row.servers === null ? {} : { servers: row.servers }) };
  return { server, user, password: row.password, nonces, devInfTaken: row.devinf === 1 };
}

export function saveAccount(store: StateStore, server: string, user: string, password: string): void {
  store.run(
    'INSERT INTO account (server, user, password) VALUES (?, ?, ?) ON CONFLICT (server, user) DO UPDATE SET password = excluded.password',
    server,
    user,
    password,
  );
}

export function saveNonces(store: StateStore, server: string, user: string, { ours, servers }: Nonces): void {
  store.run('UPDATE account SET ours = ?, servers = ? WHERE server = ? AND user = ?', ours ?? null, servers ?? null, server, user);
}

export const noteDevInf = (store: StateStore, server: string, user: string): void =>
  store.run('UPDATE account SET devinf = 1 WHERE server = ? AND user = ?', server, user);

/** Jobs of a file that are remembered. */
const HISTORY_LENGTH = 1000;

export function addHistory(store: StateStore, file: number, report: JobReport): void {
  store.transact(() => {
    store.run('INSERT INTO history (file, at, report) VALUES (?, ?, ?)', file, report.endedAt, JSON.stringify(report));
    store.run(
      'DELETE FROM history WHERE file = ?1 AND id <= (SELECT id FROM history WHERE file = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)',
      file,
      HISTORY_LENGTH,
    );
  });
}

/** Newest first. */
export const historyOf = (store: StateStore, file: number, limit: number): JobReport[] =>
  store
    .all<{ report: string }>('SELECT report FROM history WHERE file = ? ORDER BY id DESC LIMIT ?', file, limit)
    .map(({ report }) => JSON.parse(report) as JobReport);
