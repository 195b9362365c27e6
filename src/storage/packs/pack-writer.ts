import type { Objects } from '../ports/objects.js';
import { packText, type PackName } from './names.js';
import type { Stretch } from './pieces.js';
import type { Rooms } from './rooms.js';

/** A pack is closed when it has so many bytes. */
const PACK_BYTES = 4 * 1024 * 1024;
/** Room for a pack that outgrows a usual one: its last chunk goes beyond. */
const LARGE_BYTES = PACK_BYTES + 64 * 1024;
/** Packs that are being put at the same time. */
const PUTS = 3;

/** Collects sealed chunks and puts them away pack by pack. */
export class PackWriter {
  readonly #objects: Objects;
  readonly #newName: () => PackName;
  readonly #rooms: Rooms;
  readonly #places: Stretch[] = [];
  #puts: Promise<void>[] = [];
  #room: Buffer | undefined;
  #size = 0;
  #name: PackName;

  constructor(objects: Objects, newName: () => PackName, rooms: Rooms) {
    this.#objects = objects;
    this.#newName = newName;
    this.#rooms = rooms;
    this.#name = newName();
  }

  /** One chunk, which `write` puts into memory of `length` bytes at once. Waits when too much is under way. */
  async add(length: number, write: (room: Buffer) => void): Promise<void> {
    const end = this.#size + length;
    write(this.#roomFor(end).subarray(this.#size, end));
    this.#places.push({ pack: packText(this.#name), offset: this.#size, length });
    this.#size = end;
    if (end < PACK_BYTES) return;
    this.#put();
    if (this.#puts.length >= PUTS) await this.#puts.shift();
  }

  /** Resolves once all packs are durable. @returns where the chunks lie, in the order they came. */
  async end(): Promise<readonly Stretch[]> {
    if (this.#size > 0) this.#put();
    await Promise.all(this.#puts);
    return this.#places;
  }

  /** After a failure too: nothing goes on behind the caller's back. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#puts);
  }

  #roomFor(bytes: number): Buffer {
    const room = this.#room ?? this.#rooms.take();
    this.#room = room;
    if (bytes <= room.length) return room;
    const larger = Buffer.allocUnsafeSlow(Math.max(LARGE_BYTES, bytes));
    room.copy(larger, 0, 0, this.#size);
    this.#rooms.give(room);
    this.#room = larger;
    return larger;
  }

  #put(): void {
    const room = this.#room as Buffer;
    // A put that failed may still go on somewhere: its memory is not used again.
    const putting = this.#objects.put(this.#name.object, room.subarray(0, this.#size)).then(() => this.#rooms.give(room));
    // Waited for later; until then its failure has a listener.
    putting.catch(() => undefined);
    this.#puts.push(putting);
    this.#room = undefined;
    this.#size = 0;
    this.#name = this.#newName();
  }
}
