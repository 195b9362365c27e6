/** Packs that rows of chunks name, with the count of those rows: what the sweeper goes by. */
import type { CopyId } from '../../../model/ids.js';
import type { Handle } from '../handle.js';

/** A row that names a pack, or did. */
export interface Named {
  readonly pack: number;
  readonly length: number;
}

export class Packs {
  readonly #sql: Handle;
  readonly #copy: CopyId;

  constructor(sql: Handle, copy: CopyId) {
    this.#sql = sql;
    this.#copy = copy;
  }

  /** Ids of packs by name; those that are new are noted. Undefined when the sweeper has taken one of them away. */
  idsOf(names: ReadonlySet<string>): ReadonlyMap<string, number> | undefined {
    const ids = new Map<string, number>();
    const unknown: string[] = [];
    for (const name of names) {
      const row = this.#sql.get<{ id: number; copy: CopyId; gone: number }>('SELECT id, copy, gone FROM copy_pack WHERE name = ?', name);
      if (row !== undefined && row.copy !== this.#copy) throw new Error(`pack ${name} is another copy's`);
      if (row?.gone === 1) return undefined;
      if (row === undefined) unknown.push(name);
      else ids.set(name, row.id);
    }
    for (const name of unknown) {
      const row = this.#sql.get<{ id: number }>(
        'INSERT INTO copy_pack (copy, name, live_chunks, live_bytes) VALUES (?, ?, 0, 0) RETURNING id',
        this.#copy,
        name,
      );
      if (row !== undefined) ids.set(name, row.id);
    }
    return ids;
  }

  namesOf(ids: ReadonlySet<number>): ReadonlyMap<number, string> {
    if (ids.size > 20) {
      const rows = this.#sql.all<{ id: number; name: string }>('SELECT id, name FROM copy_pack WHERE copy = ?', this.#copy);
      return new Map(rows.map(({ id, name }) => [id, name]));
    }
    const names = new Map<number, string>();
    for (const id of ids) {
      const row = this.#sql.get<{ name: string }>('SELECT name FROM copy_pack WHERE id = ? AND copy = ?', id, this.#copy);
      if (row !== undefined) names.set(id, row.name);
    }
    return names;
  }

  /** Rows have come and gone. */
  count(come: Iterable<Named>, gone: Iterable<Named>, now: number): void {
    const changes = new Map<number, { chunks: number; bytes: number }>();
    const note = ({ pack, length }: Named, sign: number): void => {
      const change = changes.get(pack) ?? { chunks: 0, bytes: 0 };
      change.chunks += sign;
      change.bytes += sign * length;
      changes.set(pack, change);
    };
    for (const each of come) note(each, 1);
    for (const each of gone) note(each, -1);
    for (const [pack, { chunks, bytes }] of changes) {
      this.#sql.run(
        `UPDATE copy_pack SET live_chunks = live_chunks + ?1, live_bytes = live_bytes + ?2,
           free_since = CASE WHEN live_chunks + ?1 > 0 THEN NULL ELSE ?3 END WHERE id = ?4`,
        chunks,
        bytes,
        now,
        pack,
      );
    }
  }
}
