/** A file that comes in parts, written as it comes, and taken up again after an interruption. */
import { closeSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';

export interface ArrivingState {
  readonly target: string;
  /** Our Next, with which the session was begun. */
  readonly type?: string;
  readonly format?: string;
  /** Announced bytes. */
  readonly size?: number;
  readonly received: number;
  /** Bytes of the last part: its Status may have been lost, and then it comes again. */
  readonly lastPart: number;
  readonly complete: boolean;
  /** JSON, once it came. */
  readonly manifest?: string;
}

export const NOTHING_YET = { received: 0, lastPart: 0, complete: false } as const;

export class ArrivingFile {
  readonly #file: number;

  constructor(path: string) {
    try {
      this.#file = openSync(path, 'r+');
    } catch {
      this.#file = openSync(path, 'w+', 0o600);
    }
  }

  /** Puts a part behind `at`; what was behind it before is gone. Durable when it returns. */
  write(bytes: Uint8Array, at: number): void {
    ftruncateSync(this.#file, at);
    for (let done = 0; done < bytes.length;) done += writeSync(this.#file, bytes, done, bytes.length - done, at + done);
    fsyncSync(this.#file);
  }

  /** Are these the bytes at that place? */
  holds(bytes: Uint8Array, at: number): boolean {
    const there = Buffer.alloc(bytes.length);
    return readSync(this.#file, there, 0, there.length, at) === bytes.length && Buffer.compare(there, bytes) === 0;
  }

  close(): void {
    closeSync(this.#file);
  }
}
