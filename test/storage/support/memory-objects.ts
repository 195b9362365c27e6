import { StoreError } from '../../../src/model/errors.js';
import type { ObjectFacts, Objects } from '../../../src/storage/ports/objects.js';

/** A location in memory whose calls can be made to fail, before or after they took effect. */
export class MemoryObjects implements Objects {
  readonly held = new Map<string, { readonly bytes: Buffer; readonly modifiedAt: number }>();
  /** Calls so far: `put a/b`. */
  readonly calls: string[] = [];
  /** Asked before each call and after it. What it throws is the call's failure. */
  fault: (call: string, n: number, when: 'before' | 'after') => void = () => undefined;
  readonly #clock: () => number;

  constructor(clock: () => number = Date.now) {
    this.#clock = clock;
  }

  put(name: string, bytes: Uint8Array): Promise<void> {
    return this.#call(`put ${name}`, () => void this.held.set(name, { bytes: Buffer.from(bytes), modifiedAt: this.#clock() }));
  }

  get(name: string, range?: { readonly offset: number; readonly length: number }): Promise<Uint8Array> {
    return this.#call(`get ${name}`, () => {
      const bytes = this.held.get(name)?.bytes;
      const { offset, length } = range ?? { offset: 0, length: bytes?.length ?? 0 };
      if (bytes === undefined || offset + length > bytes.length) throw new StoreError('corrupt', `${name} is missing or too short`);
      return Buffer.from(bytes.subarray(offset, offset + length));
    });
  }

  remove(name: string): Promise<void> {
    return this.#call(`remove ${name}`, () => void this.held.delete(name));
  }

  async *list(prefix: string): AsyncIterable<ObjectFacts> {
    await this.#call(`list ${prefix}`, () => undefined);
    for (const [name, { bytes, modifiedAt }] of [...this.held]) if (name.startsWith(prefix)) yield { name, size: bytes.length, modifiedAt };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Bytes of all objects. */
  get size(): number {
    return [...this.held.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  async #call<T>(call: string, work: () => T): Promise<T> {
    this.calls.push(call);
    const n = this.calls.length;
    await Promise.resolve();
    this.fault(call, n, 'before');
    const answer = work();
    this.fault(call, n, 'after');
    return answer;
  }
}
