/**
 * A storage location that is a folder, on this machine or on the mount of another. An object is a file of its name. It is written beside
 * its place, synced and renamed, so that nobody sees a part of it; its folders' names are synced too.
 *
 * No name may be the folder of another (`a` and `a/b`). Capital letters count: a mount whose file system ignores them serves
 * only who does not use them.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, opendir, rename, stat, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StoreError } from '../../model/errors.js';
import { OBJECT_NAME, type ByteRange, type ObjectFacts, type Objects } from '../ports/objects.js';
import { checkMarker, makeFolder, syncFolder } from './marker.js';
import { checkName, checkPrefix } from './names.js';
import { Patience } from './patience.js';

export interface DiskOptions {
  /** Of the location, in the marker file and in errors. */
  readonly id: string;
  /** Absolute. */
  readonly folder: string;
  /** Make the folder when it is not there: for a folder of this machine. Default: it has been prepared, see `prepareFolder`. */
  readonly make?: boolean;
  /** How long one object may take, milliseconds. */
  readonly timeoutMs?: number;
}

const DRAFTS = '.drafts';
const DRAFT_AGE_MS = 24 * 60 * 60 * 1000;
const TIMEOUT_MS = 60_000;

export class DiskObjects implements Objects {
  readonly #id: string;
  readonly #folder: string;
  readonly #make: boolean;
  readonly #patience: Patience;
  /** Folders whose names are durable. */
  readonly #durable = new Set<string>();
  /** Set once the folder is there, or was not to be made. */
  #made: Promise<void> | undefined;
  /** Set once drafts can be written. */
  #tidied: Promise<void> | undefined;

  constructor({ id, folder, make = false, timeoutMs = TIMEOUT_MS }: DiskOptions) {
    this.#id = id;
    this.#folder = folder;
    this.#make = make;
    this.#patience = new Patience(`location "${id}" (${folder})`, timeoutMs);
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    const path = this.#path(name);
    await this.#attempt(`${name} cannot be written`, async () => {
      await this.#check();
      await (this.#tidied ??= this.#tidy().catch((error: unknown) => {
        this.#tidied = undefined;
        throw error;
      }));
      const draft = join(this.#folder, DRAFTS, randomBytes(12).toString('hex'));
      try {
        const device = await this.#writeDraft(draft, bytes);
        await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        await rename(draft, path);
        await this.#syncNames(dirname(path));
        // A mount may have gone, and taken what it hid with it, since the first look.
        if ((await this.#check()) !== device) throw new Error('it was written beside the mount');
      } catch (error) {
        await unlink(draft).catch(() => undefined);
        throw error;
      }
    });
  }

  async get(name: string, range?: ByteRange, room?: Uint8Array): Promise<Uint8Array> {
    const path = this.#path(name);
    return this.#attempt(`${name} cannot be read`, async () => {
      await this.#check();
      const file = await ifThere(open(path, 'r'));
      if (file === undefined) {
        // It may have gone since.
        await this.#check();
        throw new StoreError('corrupt', `location "${this.#id}": there is no ${name}`);
      }
      try {
        // Where there is room for the bytes, whether they are there shows by itself.
        if (range !== undefined && room !== undefined && range.length <= room.byteLength) {
          const bytes = await ifThere(readExactly(file, range, room));
          if (bytes !== undefined) return bytes;
        }
        const facts = await file.stat();
        if (!facts.isFile()) throw new StoreError('corrupt', `location "${this.#id}": ${name} is no file`);
        const { offset, length } = range ?? { offset: 0, length: facts.size };
        // Not of Node's pool, for it may be kept long.
        const bytes =
          offset + length > facts.size ? undefined : await readExactly(file, { offset, length }, Buffer.allocUnsafeSlow(length));
        if (bytes === undefined)
          throw new StoreError('corrupt', `location "${this.#id}": ${name} has ${facts.size} bytes, ${offset + length} were expected`);
        return bytes;
      } finally {
        await file.close();
      }
    });
  }

  async remove(name: string): Promise<void> {
    const path = this.#path(name);
    await this.#attempt(`${name} cannot be removed`, async () => {
      await this.#check();
      await ifThere(unlink(path));
    });
  }

  async *list(prefix: string): AsyncIterable<ObjectFacts> {
    checkPrefix(prefix);
    const look = <T>(work: () => Promise<T>): Promise<T> => this.#attempt('it cannot be listed', work);
    await look(() => this.#check());
    const folders = [prefix.slice(0, prefix.lastIndexOf('/') + 1)];
    for (let inside = folders.pop(); inside !== undefined; inside = folders.pop()) {
      const folder = inside;
      const { files, more } = await look(() => this.#entries(folder, prefix));
      folders.push(...more);
      yield* files;
    }
    // Else a mount that went meanwhile would look like objects that are gone.
    await look(() => this.#check());
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** @param inside ends with `/`, or is empty. */
  async #entries(inside: string, prefix: string): Promise<{ files: readonly ObjectFacts[]; more: readonly string[] }> {
    const files: ObjectFacts[] = [];
    const more: string[] = [];
    for await (const entry of (await ifThere(opendir(join(this.#folder, inside)))) ?? []) {
      const name = inside + entry.name;
      if (entry.name.startsWith('.')) continue;
      if (entry.isDirectory() && (prefix.startsWith(`${name}/`) || name.startsWith(prefix))) more.push(`${name}/`);
      if (!entry.isFile() || !name.startsWith(prefix) || !OBJECT_NAME.test(name)) continue;
      const facts = await ifThere(stat(join(this.#folder, name)));
      if (facts !== undefined) files.push({ name, size: facts.size, modifiedAt: Math.round(facts.mtimeMs) });
    }
    return { files, more };
  }

  /** @returns the number of the file system it lies on. */
  async #writeDraft(draft: string, bytes: Uint8Array): Promise<number> {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
      return (await file.stat()).dev;
    } finally {
      await file.close();
    }
  }

  /** Syncs the folder, and once those above it up to the location's. */
  async #syncNames(folder: string): Promise<void> {
    await syncFolder(folder);
    if (this.#durable.has(folder)) return;
    for (let up = folder; up.length > this.#folder.length; up = dirname(up)) await syncFolder(dirname(up));
    this.#durable.add(folder);
  }

  /** That the folder is the location's; it is made first where that was asked for. @returns the number of its file system. */
  async #check(): Promise<number> {
    await (this.#made ??= (this.#make ? makeFolder(this.#folder, this.#id) : Promise.resolve()).catch((error: unknown) => {
      this.#made = undefined;
      throw error;
    }));
    return checkMarker(this.#folder, this.#id);
  }

  /** Makes the folder of drafts, and removes what a crash left there. Once a process. */
  async #tidy(): Promise<void> {
    const drafts = join(this.#folder, DRAFTS);
    await mkdir(drafts, { recursive: true, mode: 0o700 });
    for await (const entry of await opendir(drafts)) {
      const path = join(drafts, entry.name);
      const facts = await ifThere(stat(path));
      if (facts !== undefined && facts.mtimeMs < Date.now() - DRAFT_AGE_MS) await ifThere(unlink(path));
    }
  }

  async #attempt<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await this.#patience.wait(work);
    } catch (cause) {
      if (cause instanceof StoreError) throw cause;
      const { code, message } = cause as NodeJS.ErrnoException;
      throw new StoreError('unavailable', `location "${this.#id}": ${what} (${code ?? message})`, { cause });
    }
  }

  #path(name: string): string {
    checkName(name);
    return join(this.#folder, name);
  }
}

/** Undefined when it is shorter. */
async function readExactly(file: FileHandle, { offset, length }: ByteRange, room: Uint8Array): Promise<Uint8Array | undefined> {
  const bytes = room.subarray(0, length);
  for (let at = 0; at < length;) {
    const { bytesRead } = await file.read(bytes, at, length - at, offset + at);
    if (bytesRead === 0) return undefined;
    at += bytesRead;
  }
  return bytes;
}

/** Undefined when there is no such file. */
async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
