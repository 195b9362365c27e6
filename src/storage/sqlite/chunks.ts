import type { ChunksWriter } from '../ports/arriving.js';
import { chunkAad } from './aad.js';
import type { Scope } from './scope.js';

export class Chunks implements ChunksWriter {
  readonly #scope: Scope;
  readonly #clock: () => number;

  constructor(scope: Scope, clock: () => number) {
    this.#scope = scope;
    this.#clock = clock;
  }

  async read(owner: string): Promise<Uint8Array> {
    const { sql, account } = this.#scope;
    const rows = sql.all<{ seq: number; content: Uint8Array }>(
      'SELECT seq, content FROM chunk WHERE account = ? AND owner = ? ORDER BY seq',
      account,
      owner,
    );
    return Buffer.concat(rows.map(({ seq, content }) => this.#scope.open(content, chunkAad(account, owner, seq))));
  }

  async append(owner: string, bytes: Uint8Array): Promise<void> {
    const { sql, account } = this.#scope;
    const last = sql.get<{ seq: number }>(
      'SELECT seq FROM chunk WHERE account = ? AND owner = ? ORDER BY seq DESC LIMIT 1',
      account,
      owner,
    );
    const seq = (last?.seq ?? 0) + 1;
    const sealed = this.#scope.seal(bytes, chunkAad(account, owner, seq));
    sql.run('INSERT INTO chunk (account, owner, seq, at, content) VALUES (?, ?, ?, ?, ?)', account, owner, seq, this.#clock(), sealed);
  }

  async dropLast(owner: string): Promise<void> {
    const { sql, account } = this.#scope;
    sql.run(
      'DELETE FROM chunk WHERE id = (SELECT id FROM chunk WHERE account = ? AND owner = ? ORDER BY seq DESC LIMIT 1)',
      account,
      owner,
    );
  }

  async clear(owner: string): Promise<void> {
    this.#scope.sql.run('DELETE FROM chunk WHERE account = ? AND owner = ?', this.#scope.account, owner);
  }
}
