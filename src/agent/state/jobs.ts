/** A file's job on its way, and its items. */
import type { Job, JobItem } from './state-types.js';
import { dropMarks } from './marks.js';
import type { StateStore } from './store.js';

export function findJob(store: StateStore, file: number): Job | undefined {
  const row = store.get<{ job: string }>('SELECT job FROM job WHERE file = ?', file);
  return row && (JSON.parse(row.job) as Job);
}

export function saveJob(store: StateStore, file: number, job: Job): void {
  store.run('INSERT INTO job VALUES (?, ?) ON CONFLICT (file) DO UPDATE SET job = excluded.job', file, JSON.stringify(job));
}

export function addItems(store: StateStore, file: number, items: Iterable<Omit<JobItem, 'seq' | 'offset'>>): void {
  let seq = 0;
  for (const { kind, uri, type, file: path, content } of items) {
    store.run(
      'INSERT INTO item (file, seq, kind, uri, type, path, content) VALUES (?, ?, ?, ?, ?, ?, ?)',
      file,
      seq,
      kind,
      uri,
      type ?? null,
      path ?? null,
      content ?? null,
    );
    seq += 1;
  }
}

interface ItemRow {
  readonly seq: number;
  readonly kind: JobItem['kind'];
  readonly uri: string;
  readonly type: string | null;
  readonly path: string | null;
  readonly content: Uint8Array | null;
  readonly offset: number;
  readonly status: number | null;
  readonly detail: string | null;
}

export const itemsOf = (store: StateStore, file: number): JobItem[] =>
  store.all<ItemRow>('SELECT * FROM item WHERE file = ? ORDER BY seq', file).map((row) => ({
    seq: row.seq,
    kind: row.kind,
    uri: row.uri,
    ...(row.type === null ? {} : { type: row.type }),
    ...(row.path === null ? {} : { file: row.path }),
    ...(row.content === null ? {} : { content: row.content }),
    offset: row.offset,
    ...(row.status === null ? {} : { status: row.status }),
    ...(row.detail === null ? {} : { detail: row.detail }),
  }));

export const noteOffset = (store: StateStore, file: number, seq: number, offset: number): void =>
  store.run('UPDATE item SET offset = ? WHERE file = ? AND seq = ?', offset, file, seq);

export const noteStatus = (store: StateStore, file: number, seq: number, status: number, detail: string | undefined): void =>
  store.run('UPDATE item SET status = ?, detail = ? WHERE file = ? AND seq = ?', status, detail ?? null, file, seq);

/** Everything is to be sent from its beginning. */
export const resetItems = (store: StateStore, file: number): void =>
  store.run('UPDATE item SET offset = 0, status = NULL, detail = NULL WHERE file = ?', file);

export function dropJob(store: StateStore, file: number): void {
  store.transact(() => {
    store.run('DELETE FROM item WHERE file = ?', file);
    store.run('DELETE FROM job WHERE file = ?', file);
    dropMarks(store, file, 'job');
  });
  store.clearJobFolder(file);
}
