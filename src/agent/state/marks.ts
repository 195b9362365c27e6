/**
 * Marks of rows and of blocks: a few bytes each that tell whether it changed, kept instead of a second copy. `confirmed` is what the server
 * has, `full` the last whole copy (differential backups start there), `job` what a backup under way will make of it.
 */
import type { StateStore } from './store.js';

export type MarksVersion = 'confirmed' | 'full' | 'job';

const PART_BYTES = 256 * 1024;

/** Writes one row of marks, part by part. */
export class MarksWriter {
  readonly #store: StateStore;
  readonly #file: number;
  readonly #version: MarksVersion;
  readonly #name: string;
  #buffer = Buffer.allocUnsafe(PART_BYTES);
  #filled = 0;
  #part = 0;

  constructor(store: StateStore, file: number, version: MarksVersion, name: string) {
    this.#store = store;
    this.#file = file;
    this.#version = version;
    this.#name = name;
    store.run('DELETE FROM marks WHERE file = ? AND version = ? AND name = ?', file, version, name);
  }

  /** An entry stays in one part. */
  add(...pieces: readonly Uint8Array[]): void {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (this.#filled + length > this.#buffer.length) this.flush();
    if (length > this.#buffer.length) this.#buffer = Buffer.allocUnsafe(length);
    for (const piece of pieces) {
      this.#buffer.set(piece, this.#filled);
      this.#filled += piece.length;
    }
  }

  /** Also with nothing: a name without marks is not the same as no name. */
  flush(): void {
    if (this.#filled === 0 && this.#part > 0) return;
    const bytes = this.#buffer.subarray(0, this.#filled);
    this.#store.run('INSERT INTO marks VALUES (?, ?, ?, ?, ?)', this.#file, this.#version, this.#name, this.#part, bytes);
    this.#part += 1;
    this.#filled = 0;
  }
}

/** The parts in order. */
export function* readMarks(store: StateStore, file: number, version: MarksVersion, name: string): Generator<Uint8Array> {
  for (let part = 0; ; part += 1) {
    const row = store.get<{ bytes: Uint8Array }>(
      'SELECT bytes FROM marks WHERE file = ? AND version = ? AND name = ? AND part = ?',
      file,
      version,
      name,
      part,
    );
    if (!row) return;
    yield row.bytes;
  }
}

export function allMarks(store: StateStore, file: number, version: MarksVersion, name: string): Uint8Array {
  return Buffer.concat([...readMarks(store, file, version, name)]);
}

export const hasMarks = (store: StateStore, file: number, version: MarksVersion, name: string): boolean =>
  store.get('SELECT 1 FROM marks WHERE file = ? AND version = ? AND name = ? AND part = 0', file, version, name) !== undefined;

export const dropMarks = (store: StateStore, file: number, version: MarksVersion): void =>
  store.run('DELETE FROM marks WHERE file = ? AND version = ?', file, version);

/** The names of `to` that `from` has too are replaced; names that are not in `keep` are dropped. */
export function promoteMarks(store: StateStore, file: number, from: MarksVersion, to: MarksVersion, keep: ReadonlySet<string>): void {
  store.transact(() => {
    const names = (version: MarksVersion): string[] =>
      store
        .all<{ name: string }>('SELECT name FROM marks WHERE file = ? AND version = ? AND part = 0', file, version)
        .map(({ name }) => name);
    const fresh = new Set(names(from));
    for (const name of names(to))
      if (fresh.has(name) || !keep.has(name)) store.run('DELETE FROM marks WHERE file = ? AND version = ? AND name = ?', file, to, name);
    for (const name of fresh)
      if (keep.has(name))
        store.run(
          'INSERT INTO marks SELECT file, ?, name, part, bytes FROM marks WHERE file = ? AND version = ? AND name = ?',
          to,
          file,
          from,
          name,
        );
  });
}
