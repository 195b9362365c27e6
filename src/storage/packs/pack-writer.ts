import type { Objects } from '../ports/objects.js';
import { packText, type PackName } from './names.js';
import type { Stretch } from './pieces.js';

/** A pack is closed when it has so many bytes. */
const PACK_BYTES = 4 * 1024 * 1024;
/** Packs that are being put at the same time. */
const PUTS = 3;

/** Collects sealed chunks and puts them away pack by pack. */
export class PackWriter {
  readonly #objects: Objects;
  readonly #newName: () => PackName;
  readonly #places: Stretch[] = [];
  #puts: Promise<void>[] = [];
  #parts: Uint8Array[] = [];
  #size = 0;
  #name: PackName;

  constructor(objects: Objects, newName: () => PackName) {
    this.#objects = objects;
    this.#newName = newName;
    this.#name = newName();
  }

  /** One chunk, in parts. Waits when too much is under way. */
  async add(...parts: readonly Uint8Array[]): Promise<void> {
    const length = parts.reduce((sum, part) => sum + part.byteLength, 0);
    this.#places.push({ pack: packText(this.#name), offset: this.#size, length });
    this.#parts.push(...parts);
    this.#size += length;
    if (this.#size < PACK_BYTES) return;
    this.#put();
    if (this.#puts.length >= PUTS) await this.#puts.shift();
  }

  /** Resolves once all packs are durable. @returns where the chunks lie, in the order they came. */
  async end(): Promise<readonly Stretch[]> {
    if (this.#parts.length > 0) this.#put();
    await Promise.all(this.#puts);
    return this.#places;
  }

  /** After a failure too: nothing goes on behind the caller's back. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#puts);
  }

  #put(): void {
    const putting = this.#objects.put(this.#name.object, Buffer.concat(this.#parts, this.#size));
    // Waited for later; until then its failure has a listener.
    putting.catch(() => undefined);
    this.#puts.push(putting);
    this.#parts = [];
    this.#size = 0;
    this.#name = this.#newName();
  }
}
