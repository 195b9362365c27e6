/**
 * Sealed blobs as files: `<folder>/<first two>/<next two>/<name>`. A name stands for one content, so a file is never changed, only
 * written once, touched when it is put again, and removed when no row names it.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, opendir, readFile, rename, stat, unlink, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { StoreError } from '../../model/errors.js';

const DRAFT = '.draft';
/** A file that a sweeper took out of the way and has not removed yet. */
const GONE = '.gone';
const NAME = /^[A-Za-z0-9_-]{16,}$/;

/** A file below the blob folder. */
export interface BlobFile {
  readonly path: string;
  /** Undefined when it is no blob, or not in the place of one. */
  readonly name?: string;
  /** It is being written, or in a sweeper's hands, or a crash left it so. */
  readonly passing: boolean;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
  readonly bytes: number;
}

export class DiskBlobs {
  readonly #folder: string;
  readonly #clock: () => number;
  readonly #onUnsynced: (cause: unknown) => void;
  /** Folders whose names are durable, up to the data folder's. */
  readonly #durable = new Set<string>();

  /** @param clock milliseconds since 1970; stands in the files' times. @param onUnsynced called when a folder could not be synced. */
  constructor(folder: string, clock: () => number, onUnsynced: (cause: unknown) => void = () => undefined) {
    this.#folder = folder;
    this.#clock = clock;
    this.#onUnsynced = onUnsynced;
  }

  /** Tells the sweeper that the blob is wanted again. Durable when it resolves. @returns false when it is not there. @throws {StoreError} `unavailable`. */
  async touch(name: string): Promise<boolean> {
    const path = this.#path(name);
    const at = this.#clock() / 1000;
    try {
      const there = await ifThere(
        utimes(path, at, at).then(() => true),
        false,
      );
      // Who put it may have died, or failed, before its name was durable.
      if (there) await this.#syncNames(dirname(path));
      return there;
    } catch (cause) {
      throw new StoreError('unavailable', `blob ${name} cannot be put`, { cause });
    }
  }

  /** Durable when it resolves: file, name and folders are fsync'd. */
  async write(name: string, sealed: Uint8Array): Promise<void> {
    const path = this.#path(name);
    const folder = dirname(path);
    const draft = join(folder, `${name}.${randomBytes(6).toString('hex')}${DRAFT}`);
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const file = await open(draft, 'wx', 0o600);
      try {
        await file.writeFile(sealed);
        const at = this.#clock() / 1000;
        await file.utimes(at, at);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, path);
      await this.#syncNames(folder);
    } catch (cause) {
      await unlink(draft).catch(() => undefined);
      throw new StoreError('unavailable', `blob ${name} cannot be written`, { cause });
    }
  }

  /** @throws {StoreError} `corrupt` when there is no such blob; `unavailable` when it cannot be read. */
  async read(name: string): Promise<Uint8Array> {
    const path = this.#path(name);
    // The second look is for a sweeper that took the file away, saw it touched and put it back.
    for (const candidate of [path, `${path}${GONE}`, path]) {
      const bytes = await ifThere<Uint8Array | undefined>(readFile(candidate), undefined).catch((cause: unknown) => {
        throw new StoreError('unavailable', `blob ${name} cannot be read`, { cause });
      });
      if (bytes !== undefined) return bytes;
    }
    throw new StoreError('corrupt', `blob ${name} is missing`);
  }

  /** Where a blob may lie: its own place, or a sweeper's. @throws {RangeError} when it is no name of a blob. */
  pathsOf(name: string): readonly string[] {
    const path = this.#path(name);
    return [path, `${path}${GONE}`];
  }

  /** Every file below the folder, however it came there. */
  async *files(signal?: AbortSignal): AsyncGenerator<BlobFile> {
    for await (const path of allFilesBelow(this.#folder)) {
      signal?.throwIfAborted();
      const facts = await ifThere(stat(path), undefined);
      if (facts === undefined) continue;
      const last = basename(path);
      const passing = last.endsWith(DRAFT) || last.endsWith(GONE);
      const name = last.endsWith(GONE) ? last.slice(0, -GONE.length) : last;
      const inPlace = last.endsWith(DRAFT) || (NAME.test(name) && dirname(this.#path(name)) === dirname(path));
      yield {
        path,
        passing,
        modifiedAt: Math.round(facts.mtimeMs),
        bytes: facts.size,
        ...(inPlace && !last.endsWith(DRAFT) ? { name } : {}),
      };
    }
  }

  /** Names of blobs not put since `before`; what a crash left of writing and sweeping goes on the way. */
  async *olderThan(before: number, signal?: AbortSignal): AsyncGenerator<string> {
    for await (const path of filesBelow(this.#folder, 2)) {
      signal?.throwIfAborted();
      const at = await modifiedAt(path);
      if (at === undefined || at >= before) continue;
      if (path.endsWith(DRAFT)) await ifThere(unlink(path), undefined);
      else if (path.endsWith(GONE)) await ifThere(rename(path, path.slice(0, -GONE.length)), undefined);
      else yield path.slice(path.lastIndexOf('/') + 1);
    }
  }

  /**
   * Removes a blob unless it was put again meanwhile. Taking the file away first makes the check final: who puts the blob after that
   * finds nothing to touch and writes it anew.
   */
  async removeUnlessTouched(name: string, before: number): Promise<boolean> {
    const path = this.#path(name);
    const gone = `${path}${GONE}`;
    const taken = await ifThere(
      rename(path, gone).then(() => true),
      false,
    );
    if (!taken) return false;
    const at = await modifiedAt(gone);
    if (at !== undefined && at >= before) {
      await rename(gone, path);
      return false;
    }
    return ifThere(
      unlink(gone).then(() => true),
      false,
    );
  }

  /** Syncs the folder, and once those above it. After a failure nothing that follows can be relied on. */
  async #syncNames(folder: string): Promise<void> {
    try {
      await syncFolder(folder);
      if (this.#durable.has(folder)) return;
      for (let up = dirname(folder); up.length >= dirname(this.#folder).length; up = dirname(up)) await syncFolder(up);
      this.#durable.add(folder);
    } catch (cause) {
      this.#onUnsynced(cause);
      throw cause;
    }
  }

  #path(name: string): string {
    if (!NAME.test(name)) throw new RangeError(`"${name}" is no blob name`);
    return join(this.#folder, name.slice(0, 2), name.slice(2, 4), name);
  }
}

async function* allFilesBelow(folder: string): AsyncGenerator<string> {
  const entries = await ifThere(opendir(folder), undefined);
  if (entries === undefined) return;
  for await (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* allFilesBelow(path);
    else yield path;
  }
}

async function* filesBelow(folder: string, depth: number): AsyncGenerator<string> {
  const entries = await ifThere(opendir(folder), undefined);
  if (entries === undefined) return;
  for await (const entry of entries) {
    const path = join(folder, entry.name);
    if (depth === 0 && entry.isFile()) yield path;
    else if (depth > 0 && entry.isDirectory()) yield* filesBelow(path, depth - 1);
  }
}

async function modifiedAt(path: string): Promise<number | undefined> {
  return ifThere(
    stat(path).then((facts) => Math.round(facts.mtimeMs)),
    undefined,
  );
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function ifThere<T>(work: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise;
    throw error;
  }
}
