/** Counts rows that were removed and not put back. */
import { folded } from './shape.js';
import { keyText, type Values } from './rows.js';

type Step = () => void;

export class Removals {
  readonly #keys = new Map<string, Set<string>>();
  /** Rows of dropped tables that have not come again; which ones they were is not known. */
  readonly #dropped = new Map<string, number>();
  /** How to undo what was counted, newest last. */
  readonly #undo: Step[] = [];

  removed(table: string, key: Values): void {
    const keys = this.#keysOf(table);
    const text = keyText(key);
    if (keys.has(text)) return;
    keys.add(text);
    this.#undo.push(() => keys.delete(text));
  }

  added(table: string, key: Values): void {
    const keys = this.#keysOf(table);
    const text = keyText(key);
    if (keys.delete(text)) this.#undo.push(() => keys.add(text));
    else this.#change(table, -1);
  }

  dropped(table: string, rows: number): void {
    this.#change(table, rows);
  }

  count(): number {
    let count = 0;
    for (const keys of this.#keys.values()) count += keys.size;
    for (const rows of this.#dropped.values()) count += rows;
    return count;
  }

  mark(): number {
    return this.#undo.length;
  }

  backTo(mark: number): void {
    while (this.#undo.length > mark) this.#undo.pop()?.();
  }

  #keysOf(table: string): Set<string> {
    const name = folded(table);
    let keys = this.#keys.get(name);
    if (keys === undefined) {
      keys = new Set();
      this.#keys.set(name, keys);
    }
    return keys;
  }

  #change(table: string, by: number): void {
    const name = folded(table);
    const before = this.#dropped.get(name) ?? 0;
    const after = Math.max(0, before + by);
    if (after === before) return;
    this.#dropped.set(name, after);
    this.#undo.push(() => this.#dropped.set(name, before));
  }
}
