/** Files of a snapshot: copied with their hashes, and held against them. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface FileFacts {
  /** Below the snapshot's folder, with `/`. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-256, hexadecimal. */
  readonly sha256: string;
}

export type Measured = Omit<FileFacts, 'path'>;

/** @throws with code `ENOENT` when it is not there. */
export async function measure(file: string, signal?: AbortSignal): Promise<Measured> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const part of createReadStream(file)) {
    signal?.throwIfAborted();
    hash.update(part as Buffer);
    size += (part as Buffer).length;
  }
  return { size, sha256: hash.digest('hex') };
}

/** Durable when it resolves, but for the names of folders. @throws with code `ENOENT` when `from` is not there. */
export async function copyMeasured(from: string, to: string, signal?: AbortSignal): Promise<Measured> {
  const source = await open(from, 'r');
  try {
    await mkdir(dirname(to), { recursive: true, mode: 0o700 });
    const target = await open(to, 'w', 0o600);
    try {
      const hash = createHash('sha256');
      let size = 0;
      for await (const part of source.createReadStream({ autoClose: false })) {
        signal?.throwIfAborted();
        hash.update(part as Buffer);
        await target.writeFile(part as Buffer);
        size += (part as Buffer).length;
      }
      await target.sync();
      return { size, sha256: hash.digest('hex') };
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

export const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';
