/**
 * Many short pieces unpacked one after another. To set up zlib for 16 kB, and to throw it away, costs as much as the unpacking, and each time leaves some 60 kB
 * outside of the heap to the garbage collector. So one engine is kept and set back, and what comes out lies in memory of its own.
 *
 * @NOTE Node has no call for that which waits for nothing: its own synchronous calls make an engine each. This uses the one below them (`writeSync` of the
 * handle, as in all versions since 11). Where it is not there, or does not do what is expected of it, Node's calls do the work.
 */
import { constants, createGunzip, createInflateRaw, deflateRawSync, gunzipSync, gzipSync, inflateRawSync } from 'node:zlib';

/** Raw deflated bytes, or a gzip member. [RFC 1951; RFC 1952, "Member format"] */
export type Packed = 'raw' | 'gzip';

/** Room behind what comes out, so that zlib sees the end of what is packed where the room for it is full. */
const SPARE_BYTES = 64;

interface Engine {
  readonly errored: Error | null;
  readonly destroyed: boolean;
  readonly _writeState?: Uint32Array;
  readonly _handle?: {
    writeSync?(flush: number, from: Uint8Array, at: number, bytes: number, to: Uint8Array, toAt: number, room: number): void;
  } | null;
  reset(): void;
  destroy(): unknown;
  on(event: 'error', listener: () => void): unknown;
}

export class Inflater {
  readonly #packed: Packed;
  readonly #maxBytes: number;
  readonly #out: Buffer;
  readonly #keepsEngine: boolean;
  #engine: Engine | undefined;

  /** @param maxBytes that a piece unpacks to. @param keepsEngine false: Node's own calls, an engine for each piece. */
  constructor(packed: Packed, maxBytes: number, keepsEngine = engineWorks()) {
    this.#keepsEngine = keepsEngine;
    this.#packed = packed;
    this.#maxBytes = maxBytes;
    this.#out = Buffer.allocUnsafeSlow(maxBytes + SPARE_BYTES);
  }

  /**
   * What `bytes` unpack to; valid until the next call.
   * @throws {Error} when they are damaged, cut off, hold more than is allowed, or something is behind their end.
   */
  inflate(bytes: Uint8Array): Uint8Array {
    const size = this.#keepsEngine ? this.#write(bytes) : this.#plainly(bytes);
    if (size > this.#maxBytes) throw new Error(`it unpacks to more than ${this.#maxBytes} bytes`);
    return this.#out.subarray(0, size);
  }

  #write(bytes: Uint8Array): number {
    // One that has met a fault is of no use any more.
    const engine = this.#engine === undefined || this.#engine.destroyed ? (this.#engine = newEngine(this.#packed)) : this.#engine;
    engine.reset();
    engine._handle?.writeSync?.(constants.Z_FINISH, bytes, 0, bytes.byteLength, this.#out, 0, this.#out.length);
    if (engine.errored) throw new Error(engine.errored.message);
    const [room = 0, left = 0] = engine._writeState ?? [];
    // Without room left the end may not have come.
    if (room > 0 && left > 0) throw new Error('there is something behind its end');
    return this.#out.length - room;
  }

  #plainly(bytes: Uint8Array): number {
    const unpack = this.#packed === 'raw' ? inflateRawSync : gunzipSync;
    const options = { maxOutputLength: this.#out.length, info: true };
    const { buffer, engine } = unpack(bytes, options) as unknown as {
      readonly buffer: Buffer;
      readonly engine: { readonly bytesWritten: number };
    };
    if (engine.bytesWritten !== bytes.byteLength) throw new Error('there is something behind its end');
    return buffer.copy(this.#out);
  }
}

function newEngine(packed: Packed): Engine {
  const engine = (packed === 'raw' ? createInflateRaw({ chunkSize: 64 }) : createGunzip({ chunkSize: 64 })) as unknown as Engine;
  // Thrown by `inflate`; the event, which comes later, has nothing to add.
  engine.on('error', () => undefined);
  return engine;
}

let works: boolean | undefined;

/** Tried once, on pieces that are whole and one that is not. */
export const engineWorks = (): boolean => (works ??= tried());

function tried(): boolean {
  const text = Buffer.from('to be unpacked '.repeat(40));
  const cases = [
    ['raw', deflateRawSync(text)],
    ['gzip', gzipSync(text)],
  ] as const;
  return cases.every(([packed, bytes]) => {
    const inflater = new Inflater(packed, text.length, true);
    const opens = (piece: Uint8Array): boolean => {
      try {
        return text.equals(inflater.inflate(piece));
      } catch {
        return false;
      }
    };
    return opens(bytes) && !opens(bytes.subarray(0, bytes.length - 9)) && opens(bytes) && opens(bytes);
  });
}
