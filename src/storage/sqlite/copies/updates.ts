/** Updates of a copy as the device sent them, kept for those who restore the classic way: the last full copy, then these in order. */
import type { CopyId } from '../../../model/ids.js';
import type { KeptUpdate } from '../../ports/copies.js';
import { updateAad } from '../aad.js';
import type { Scope } from '../scope.js';

interface Head {
  readonly name: string;
  readonly media: string;
}

export class Updates {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  list(copy: CopyId): readonly KeptUpdate[] {
    const rows = this.#scope.sql.all<{ generation: number; name_key: string; size: number; sealed_head: Uint8Array }>(
      'SELECT generation, name_key, size, sealed_head FROM copy_update WHERE copy = ? ORDER BY generation, id',
      copy,
    );
    return rows.map(({ generation, name_key, size, sealed_head }) => {
      const { name, media } = JSON.parse(this.#scope.openText(sealed_head, this.#aad(copy, generation, name_key, 'head'))) as Head;
      return { generation, name, media, size };
    });
  }

  content(copy: CopyId, generation: number, name: string): Uint8Array | undefined {
    const key = this.#key(name);
    const row = this.#scope.sql.get<{ content: Uint8Array }>(
      'SELECT content FROM copy_update WHERE copy = ? AND generation = ? AND name_key = ?',
      copy,
      generation,
      key,
    );
    return row && this.#scope.open(row.content, this.#aad(copy, generation, key, 'content'));
  }

  keep(copy: CopyId, { generation, name, media }: Omit<KeptUpdate, 'size'>, bytes: Uint8Array): void {
    const key = this.#key(name);
    this.#scope.sql.run(
      'INSERT OR REPLACE INTO copy_update (copy, generation, name_key, size, sealed_head, content) VALUES (?, ?, ?, ?, ?, ?)',
      copy,
      generation,
      key,
      bytes.byteLength,
      this.#scope.seal(JSON.stringify({ name, media } satisfies Head), this.#aad(copy, generation, key, 'head')),
      this.#scope.seal(bytes, this.#aad(copy, generation, key, 'content')),
    );
  }

  /** Those of a draft. */
  removeOf(copy: CopyId, generation: number): void {
    this.#scope.sql.run('DELETE FROM copy_update WHERE copy = ? AND generation = ?', copy, generation);
  }

  /** Those that no full generation is left before: nothing could be restored with them. */
  removeUseless(copy: CopyId): void {
    this.#scope.sql.run(
      `DELETE FROM copy_update WHERE copy = ?1 AND generation <
         IFNULL((SELECT MIN(number) FROM copy_generation WHERE copy = ?1 AND made_by = 'full'), (SELECT MAX(number) + 1 FROM copy_generation WHERE copy = ?1))`,
      copy,
    );
  }

  #key(name: string): string {
    return this.#scope.keys.mac('copy-update', name);
  }

  #aad(copy: CopyId, generation: number, key: string, part: 'head' | 'content'): string {
    return updateAad(this.#scope.account, copy, generation, key, part);
  }
}
