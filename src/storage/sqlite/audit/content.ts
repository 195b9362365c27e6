/** Opens what a row holds of an item, inline or as a blob, and says what is wrong where it cannot be had. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import type { AccountId } from '../../../model/ids.js';
import { StoreError } from '../../../model/errors.js';
import type { AccountKeys } from '../../../sealing/account-keys.js';
import { blobAad } from '../aad.js';

export interface Held {
  readonly blob: string | null;
  readonly content: Uint8Array | null;
}

export type Opened = { readonly bytes: Uint8Array } | { readonly fault: string };

/** The files of blobs, synchronously: looked at within the read that saw their names. */
export interface BlobFiles {
  /** The file's path, also while a sweeper has it in its hands; undefined when there is none. */
  find(name: string): string | undefined;
}

export const blobFiles = (pathsOf: (name: string) => readonly string[]): BlobFiles => ({
  find: (name) => pathsOf(name).find((path) => existsSync(path)),
});

/** @throws nothing for damage: that is the answer. */
export function open(keys: AccountKeys, sealed: Uint8Array, aad: string): Opened {
  try {
    return { bytes: keys.open(sealed, aad) };
  } catch (error) {
    if (error instanceof StoreError) return { fault: 'does not open' };
    throw error;
  }
}

export function openBlob(files: BlobFiles, keys: AccountKeys, account: AccountId, name: string): Opened {
  const path = files.find(name);
  if (path === undefined) return { fault: `names blob ${name}, which is missing` };
  const opened = open(keys, readFileSync(path), blobAad(account, name));
  if ('fault' in opened) return { fault: `names blob ${name}, which is damaged` };
  return keys.mac('blob', opened.bytes) === name ? opened : { fault: `names blob ${name}, which holds something else` };
}

/** What is wrong with the row's content. Blobs are only looked for unless `deep`. */
export function faultOf(
  held: Held,
  aad: string,
  keys: AccountKeys,
  account: AccountId,
  files: BlobFiles,
  deep: boolean,
): string | undefined {
  if ((held.blob === null) === (held.content === null)) return held.blob === null ? 'is empty' : 'is there twice, inline and as a blob';
  if (held.content !== null) return faultIn(open(keys, held.content, aad));
  const name = held.blob ?? '';
  if (deep) return faultIn(openBlob(files, keys, account, name));
  return files.find(name) === undefined ? `names blob ${name}, which is missing` : undefined;
}

export function openHeld(held: Held, aad: string, keys: AccountKeys, account: AccountId, files: BlobFiles): Opened {
  if (held.content !== null) return open(keys, held.content, aad);
  return held.blob === null ? { fault: 'is empty' } : openBlob(files, keys, account, held.blob);
}

/** Bytes of a blob's file; undefined when there is none. */
export function fileSize(files: BlobFiles, name: string): number | undefined {
  const path = files.find(name);
  return path === undefined ? undefined : statSync(path, { throwIfNoEntry: false })?.size;
}

const faultIn = (opened: Opened): string | undefined => ('fault' in opened ? opened.fault : undefined);
