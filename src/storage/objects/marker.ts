/**
 * The file by which a folder is known as a storage location. A mount that is not there leaves an empty folder behind, which must not be
 * taken for an empty location: without this file nothing is read as missing and nothing is written.
 */
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { StoreError, UserError } from '../../model/errors.js';

export const MARKER_FILE = '.moorage-location';

/** Markers that were right, as `stat` described them: they are looked at with every access, and read when they are not the same file any more. */
const seen = new Map<string, string>();

/** The file system the location is on, as `stat` numbers it. @throws {StoreError} `unavailable` when the folder is not this location. */
export async function checkMarker(folder: string, id: string): Promise<number> {
  const path = join(folder, MARKER_FILE);
  let text: string;
  let device: number;
  let description: string;
  try {
    const { dev, ino, size, ctimeNs } = await stat(path, { bigint: true });
    device = Number(dev);
    description = `${id} ${dev} ${ino} ${size} ${ctimeNs}`;
    if (seen.get(path) === description) return device;
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const missing = isMissing(cause);
    throw new StoreError(
      'unavailable',
      missing
        ? `location "${id}": ${folder} does not hold ${MARKER_FILE}; is its file system mounted? "moorage location prepare ${id}" makes a new one`
        : `location "${id}": ${folder} cannot be read`,
      { cause },
    );
  }
  const found = text.trim();
  if (found !== id) throw new StoreError('unavailable', `location "${id}": ${folder} is the folder of location "${found}"`);
  seen.set(path, description);
  return device;
}

/** Makes the folder, with its marker, when there is none of this name. Whoever sees the folder sees the marker. */
export async function makeFolder(folder: string, id: string): Promise<void> {
  if (await exists(folder)) return;
  const above = dirname(folder);
  await mkdir(above, { recursive: true, mode: 0o700 });
  const draft = join(above, `.${basename(folder)}.${randomBytes(6).toString('hex')}`);
  try {
    await mkdir(draft, { mode: 0o700 });
    await writeMarker(draft, id);
    await rename(draft, folder);
    await syncFolder(above);
  } catch (cause) {
    await rm(draft, { recursive: true, force: true }).catch(() => undefined);
    // Another process was faster.
    if (!(await exists(folder))) throw new StoreError('unavailable', `location "${id}": ${folder} cannot be made`, { cause });
  }
}

/**
 * Declares a folder that is there to be this location; what it holds stays.
 * @throws {UserError} when it is not there, cannot be written, or is another location's.
 */
export async function prepareFolder(folder: string, id: string): Promise<void> {
  if (!(await exists(folder))) throw new UserError(`There is no folder ${folder}. Make it, or mount its file system, first.`);
  const found = await readFile(join(folder, MARKER_FILE), 'utf8').catch(() => undefined);
  if (found !== undefined && found.trim() !== id) throw new UserError(`${folder} is already the folder of location "${found.trim()}".`);
  try {
    if (found === undefined) await writeMarker(folder, id);
  } catch (cause) {
    throw new UserError(`${folder} cannot be written (${(cause as NodeJS.ErrnoException).code ?? 'unknown'}).`, { cause });
  }
}

async function writeMarker(folder: string, id: string): Promise<void> {
  const file = await open(join(folder, MARKER_FILE), 'wx', 0o600);
  try {
    await file.writeFile(`${id}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(folder);
}

/** Makes the names in a folder durable. File systems of other machines that have no such thing do it on their own. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    if (!['EINVAL', 'ENOSYS', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    await handle.close();
  }
}

const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error: unknown) => {
      if (isMissing(error)) return false;
      throw error;
    },
  );
