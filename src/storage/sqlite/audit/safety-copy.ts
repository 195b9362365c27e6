/** Rows as they were before a repair changed them, one JSON object a line. Sealed values stay sealed: the file is worth as much as the database. */
import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Sql } from './rule.js';
import { COPY_FOLDER } from './folder.js';

export class SafetyCopy {
  readonly #folder: string;
  readonly #name: string;
  #file: number | undefined;

  /** @param folder the data folder. @param name of the file; it is made with the first row. */
  constructor(folder: string, name: string) {
    this.#folder = join(folder, COPY_FOLDER);
    this.#name = name;
  }

  /** The file; undefined while nothing was kept. */
  get path(): string | undefined {
    return this.#file === undefined ? undefined : join(this.#folder, this.#name);
  }

  keep(sql: Sql, table: string, where: string, ...values: readonly (string | number)[]): void {
    const rows = sql.all<Record<string, unknown>>(`SELECT * FROM ${table} WHERE ${where}`, ...values);
    if (rows.length === 0) return;
    const file = (this.#file ??= this.#open());
    for (const row of rows) writeSync(file, `${JSON.stringify({ table, row: asJson(row) })}\n`);
  }

  /** Before the repair is committed: a copy that is lost with it is none. */
  sync(): void {
    if (this.#file !== undefined) fsyncSync(this.#file);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
  }

  #open(): number {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    return openSync(join(this.#folder, this.#name), 'a', 0o600);
  }
}

const asJson = (row: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(row).map(([column, value]) => [
      column,
      value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value,
    ]),
  );
