/**
 * A snapshot: the database as of one moment, with the blobs and packs it names, all sealed as they are. Taken while servers run: what
 * a row of that moment names stays for a while after it is no longer named; should a file have gone all the same, the database is taken anew.
 * `snapshot.json` is written last: without it a folder is no snapshot.
 */
import { DatabaseSync } from '@photostructure/sqlite';
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { UserError } from '../../model/errors.js';
import { HOME_LOCATION } from '../ports/copies.js';
import { BLOB_FOLDER, DATABASE_FILE, PACK_FOLDER } from '../sqlite/sqlite-store.js';
import { MARKER_FILE } from '../objects/marker.js';
import { packOf } from '../packs/names.js';
import { copyMeasured, isMissing, measure, type FileFacts } from './files.js';

const MANIFEST = 'snapshot.json';
/** So often the database is taken anew because a file has gone meanwhile. */
const ATTEMPTS = 5;

export interface Snapshot {
  readonly version: 1;
  /** Milliseconds since 1970: when its database was read. */
  readonly at: number;
  readonly files: readonly FileFacts[];
  /** Storage locations that hold packs of it, and are not in it. */
  readonly outside: readonly string[];
}

/**
 * @param data data folder of a store; servers may run on it. @param target a folder that is not there yet, or is empty.
 * @throws {UserError} when one of the two is not so, or a file that rows name is missing for good.
 */
export async function createSnapshot(data: string, target: string, clock: () => number, signal?: AbortSignal): Promise<Snapshot> {
  if (!existsSync(join(data, DATABASE_FILE))) throw new UserError(`There is no data in ${data}. Name the folder with --data.`);
  if (existsSync(join(data, `${DATABASE_FILE}-wal-untrusted`)))
    throw new UserError(
      'The disk could not sync what was written. Start the server, or "moorage doctor", first: that makes the store certain again.',
    );
  await mkdir(target, { recursive: true, mode: 0o700 });
  if ((await readdir(target)).length > 0) throw new UserError(`${target} is not empty. Name a folder that is not there yet.`);
  const copied = new Map<string, FileFacts>();
  for (let attempt = 1; ; attempt += 1) {
    const at = clock();
    const { paths, outside } = takeDatabase(data, target);
    const missing = await copyAll(data, target, paths, copied, signal);
    if (missing === undefined) {
      const wanted = new Set(paths);
      for (const path of copied.keys()) if (!wanted.has(path)) await rm(join(target, path), { force: true });
      const database = { path: DATABASE_FILE, ...(await measure(join(target, DATABASE_FILE), signal)) };
      const snapshot: Snapshot = {
        version: 1,
        at,
        files: [database, ...[...copied.values()].filter(({ path }) => wanted.has(path))],
        outside,
      };
      await writeManifest(target, snapshot);
      return snapshot;
    }
    if (attempt === ATTEMPTS) throw new UserError(`${missing} is missing, and rows name it. Run "moorage doctor".`);
  }
}

/** What is wrong with a snapshot's files: missing, changed, or nobody's. None: all is as it was written. */
export async function verifySnapshot(
  folder: string,
  signal?: AbortSignal,
): Promise<{ readonly snapshot: Snapshot; readonly faults: readonly string[] }> {
  const snapshot = await readManifest(folder);
  const faults: string[] = [];
  for (const { path, size, sha256 } of snapshot.files) {
    const found = await measure(join(folder, path), signal).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    if (found === undefined) faults.push(`${path} is missing`);
    else if (found.size !== size) faults.push(`${path} has ${found.size} bytes instead of ${size}`);
    else if (found.sha256 !== sha256) faults.push(`${path} has been changed`);
  }
  const known = new Set([MANIFEST, ...snapshot.files.map(({ path }) => path)]);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/');
    if (entry.isFile() && !known.has(path)) faults.push(`${path} is nothing of the snapshot`);
  }
  return { snapshot, faults };
}

/**
 * Makes a data folder of a snapshot. The database comes last and at once: a folder that was left half restored is no store.
 * @throws {UserError} when the snapshot is damaged, or there is a store already.
 */
export async function restoreSnapshot(folder: string, data: string, signal?: AbortSignal): Promise<Snapshot> {
  if (existsSync(join(data, DATABASE_FILE)))
    throw new UserError(`There is a store in ${data} already. Move it away first: nothing is written over.`);
  const { snapshot, faults } = await verifySnapshot(folder, signal);
  if (faults.length > 0) throw new UserError(`The snapshot is damaged: ${faults.slice(0, 5).join('; ')}. Nothing was restored.`);
  await mkdir(data, { recursive: true, mode: 0o700 });
  const draft = `${DATABASE_FILE}.restoring`;
  for (const { path, sha256 } of [...snapshot.files].reverse()) {
    const to = join(data, path === DATABASE_FILE ? draft : path);
    if ((await copyMeasured(join(folder, path), to, signal)).sha256 !== sha256) throw new UserError(`${path} changed while it was read.`);
  }
  for (const entry of await readdir(data, { recursive: true, withFileTypes: true }))
    if (entry.isDirectory()) await syncFolder(join(entry.parentPath, entry.name));
  await rename(join(data, draft), join(data, DATABASE_FILE));
  await syncFolder(data);
  return snapshot;
}

/** Copies the database as it is at this moment, and answers which files its rows name. Holds up no server: it is one long read. */
function takeDatabase(data: string, target: string): { readonly paths: readonly string[]; readonly outside: readonly string[] } {
  const copy = join(target, DATABASE_FILE);
  const source = new DatabaseSync(join(data, DATABASE_FILE), { readOnly: true, timeout: 10_000 });
  try {
    source.exec(`VACUUM INTO '${copy.replaceAll("'", "''")}.new'`);
  } finally {
    source.close();
  }
  const taken = new DatabaseSync(`${copy}.new`, { readOnly: true });
  try {
    const all = (sql: string): readonly string[] => (taken.prepare(sql).all() as { name: string }[]).map(({ name }) => name);
    const blobs = all('SELECT blob AS name FROM item_version WHERE blob IS NOT NULL UNION SELECT blob FROM staged WHERE blob IS NOT NULL');
    const packs = all('SELECT DISTINCT p.name FROM copy_chunk c JOIN copy_pack p ON p.id = c.pack').map(packOf);
    const home = packs.filter(({ location }) => location === HOME_LOCATION).map(({ object }) => `${PACK_FOLDER}/${object}`);
    return {
      paths: [
        ...blobs.map((name) => `${BLOB_FOLDER}/${name.slice(0, 2)}/${name.slice(2, 4)}/${name}`),
        ...home,
        ...(home.length > 0 ? [`${PACK_FOLDER}/${MARKER_FILE}`] : []),
      ],
      outside: [...new Set(packs.map(({ location }) => location))].filter((location) => location !== HOME_LOCATION).sort(),
    };
  } finally {
    taken.close();
  }
}

/** @returns the first file that is not there. */
async function copyAll(
  data: string,
  target: string,
  paths: readonly string[],
  copied: Map<string, FileFacts>,
  signal?: AbortSignal,
): Promise<string | undefined> {
  await rename(join(target, `${DATABASE_FILE}.new`), join(target, DATABASE_FILE));
  for (const path of paths) {
    if (copied.has(path)) continue;
    try {
      copied.set(path, { path, ...(await copyMeasured(join(data, path), join(target, path), signal)) });
    } catch (error) {
      if (isMissing(error)) return path;
      throw error;
    }
  }
  return undefined;
}

async function writeManifest(target: string, snapshot: Snapshot): Promise<void> {
  const path = join(target, MANIFEST);
  await writeFile(`${path}.new`, `${JSON.stringify(snapshot, undefined, 1)}\n`, { mode: 0o600, flush: true });
  for (const entry of await readdir(target, { recursive: true, withFileTypes: true }))
    if (entry.isDirectory()) await syncFolder(join(entry.parentPath, entry.name));
  await rename(`${path}.new`, path);
  await syncFolder(target);
}

async function readManifest(folder: string): Promise<Snapshot> {
  const text = await readFile(join(folder, MANIFEST), 'utf8').catch((error: unknown) => {
    if (!isMissing(error)) throw error;
    throw new UserError(`${folder} is no snapshot: it has no ${MANIFEST}. One that was broken off has none.`, { cause: error });
  });
  const snapshot = JSON.parse(text) as Snapshot;
  const version: number = snapshot.version;
  if (version !== 1) throw new UserError(`The snapshot is of a newer Moorage (form ${String(version)}).`);
  if (snapshot.files.some(({ path }) => path.split('/').includes('..') || path.startsWith('/')))
    throw new UserError(`${MANIFEST} names files outside of the snapshot.`);
  return snapshot;
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
