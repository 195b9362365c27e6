/**
 * The master key wraps every account's data key. It lives outside the data folder: in a file of its own or in the environment.
 * A ring may hold several keys, newest first, so that a key can be replaced without a moment when something cannot be read.
 *
 * Key file: one key a line, `<key id> <base64>`; empty lines and lines that begin with # are skipped. The key id is computed from the
 * key, so a damaged line is noticed. A line with only the key (base64 or hex) is taken too.
 */
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { UserError } from '../model/errors.js';

export const MASTER_KEY_BYTES = 32;
/** Bytes of a key id in envelopes; it is shown as twice as many hex digits. */
export const KEY_ID_BYTES = 4;

export interface MasterKeyEntry {
  /** Hex, computed from the key; says nothing about it. */
  readonly id: string;
  readonly key: Uint8Array;
}
/** Newest first: new wraps use the first, the others only open what they wrapped. Never empty. */
export interface MasterKey {
  readonly keys: readonly [MasterKeyEntry, ...MasterKeyEntry[]];
}

export function masterKeyId(key: Uint8Array): string {
  return createHash('sha256')
    .update('moorage master key id\0')
    .update(key)
    .digest('hex')
    .slice(0, KEY_ID_BYTES * 2);
}

/**
 * Reads the ring from `text` (as it stands in the environment: one or more keys separated by white space or commas) or, without text, from `file`.
 * @throws {UserError} when there is no key, or it is damaged. Never makes a key.
 */
export function loadMasterKey(source: { readonly file?: string; readonly text?: string }): MasterKey {
  if (source.text !== undefined && source.text.trim() !== '') return parseRing(source.text.split(/[\s,]+/), 'the environment');
  if (source.file === undefined) throw new UserError('No master key: name a key file or give the key in the environment.');
  return parseRing(readKeyFile(source.file).split('\n'), source.file);
}

/**
 * Makes a key file with one new key, readable by its owner only; the folder is made when it is missing, for its owner only.
 * @throws {UserError} when the file exists: it is never written over.
 */
export function createKeyFile(file: string): MasterKey {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const ring: MasterKey = { keys: [newEntry()] };
  const draft = writeDraft(file, ring);
  try {
    // A link, unlike a rename, fails when the name is taken; and the name never shows a half-written file.
    linkSync(draft, file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new UserError(`${file} exists already and is not written over. Use it, or name another file.`, { cause });
    }
    throw cause;
  } finally {
    unlinkSync(draft);
  }
  syncFolder(dirname(file));
  return ring;
}

/** Puts a new key in front of the ring in `file`; the older ones stay, to open what they wrapped. */
export function rotateKeyFile(file: string): MasterKey {
  const { keys } = loadMasterKey({ file });
  return replaceKeyFile(file, { keys: [newEntry(), ...keys] });
}

/** Drops all keys but the newest. Only when every data key has been wrapped again under it. */
export function retireOldKeys(file: string): MasterKey {
  const { keys } = loadMasterKey({ file });
  return replaceKeyFile(file, { keys: [keys[0]] });
}

/** The ring as text for a key file or for the environment. Secret. */
export const exportMasterKey = (ring: MasterKey): string =>
  ring.keys.map(({ id, key }) => `${id} ${Buffer.from(key).toString('base64')}\n`).join('');

function newEntry(): MasterKeyEntry {
  const key = randomBytes(MASTER_KEY_BYTES);
  return { id: masterKeyId(key), key };
}

function readKeyFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') {
      throw new UserError(
        `There is no key file ${file}. For a new server make one with "moorage key init"; for an existing one restore it.`,
        { cause },
      );
    }
    throw new UserError(`The key file ${file} cannot be read (${code ?? 'unknown fault'}).`, { cause });
  }
}

function parseRing(lines: readonly string[], where: string): MasterKey {
  const keys: MasterKeyEntry[] = [];
  let announced: string | undefined;
  const words = lines.filter((line) => !line.trimStart().startsWith('#')).flatMap((line) => line.split(/\s+/));
  for (const word of words.filter((each) => each !== '')) {
    if (/^[0-9a-f]{8}$/.test(word)) {
      announced = word;
      continue;
    }
    const key = parseKey(word);
    if (key === undefined)
      throw new UserError(`The master key in ${where} is no key: expected ${MASTER_KEY_BYTES} bytes as base64 or hex.`);
    const id = masterKeyId(key);
    if (announced !== undefined && announced !== id)
      throw new UserError(`The master key ${announced} in ${where} is damaged: restore it from its copy.`);
    announced = undefined;
    if (!keys.some((known) => known.id === id)) keys.push({ id, key });
  }
  const [first, ...rest] = keys;
  if (first === undefined || announced !== undefined) throw new UserError(`There is no complete master key in ${where}.`);
  return { keys: [first, ...rest] };
}

function parseKey(word: string): Uint8Array | undefined {
  if (/^[0-9a-fA-F]{64}$/.test(word)) return Buffer.from(word, 'hex');
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(word)) return undefined;
  const bytes = Buffer.from(word, 'base64');
  return bytes.length === MASTER_KEY_BYTES ? bytes : undefined;
}

function replaceKeyFile(file: string, ring: MasterKey): MasterKey {
  renameSync(writeDraft(file, ring), file);
  syncFolder(dirname(file));
  return ring;
}

function writeDraft(file: string, ring: MasterKey): string {
  const draft = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  const handle = openSync(draft, 'wx', 0o600);
  try {
    writeSync(handle, `# Moorage master key. Without it the data folder cannot be read: keep a copy elsewhere.\n${exportMasterKey(ring)}`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  chmodSync(draft, 0o600);
  return draft;
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
