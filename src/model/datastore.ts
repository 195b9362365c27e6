import type { ContentTypeRef } from './devinf.js';
import type { Tolerance } from './leniency.js';

/** `database`: the copy of one file of a device; it comes into being with its first sync. The others hold items. */
export type DatastoreKind = 'contacts' | 'calendar' | 'tasks' | 'caltasks' | 'notes' | 'opaque' | 'database';

/**
 * What stands when two sides changed the same. But for the second, each is about single fields where the content has fields: edits of different
 * fields both stand.
 */
export const CONFLICT_POLICIES = ['client-wins', 'client-wins-item', 'server-wins', 'newest-wins', 'keep-both', 'merge'] as const;
export type ConflictPolicy = (typeof CONFLICT_POLICIES)[number];

/** When two versions meet: in the first sync of a device with a datastore, in a later slow sync, or in any other sync. */
export const SYNC_MOMENTS = ['first', 'slow', 'normal'] as const;
export type SyncMoment = (typeof SYNC_MOMENTS)[number];

/** A datastore as the operator offers it. The account's own row of it holds positions and counters. */
export interface DatastoreSpec {
  readonly uri: string;
  readonly kind: DatastoreKind;
  readonly displayName?: string;
  /** Accepted content types, the preferred one first. Empty: any media type. */
  readonly types: readonly ContentTypeRef[];
  /** Taken as well, and named to those clients alone that call the store by a name of theirs for it: some phones give up at types they do not know. */
  readonly sifTypes?: readonly ContentTypeRef[];
  readonly policy: ConflictPolicy;
  /** Where it differs in a device's first sync, or in a later slow sync. */
  readonly firstPolicy?: ConflictPolicy;
  readonly slowPolicy?: ConflictPolicy;
  /** Other names that phones are configured with. */
  readonly aliases: readonly string[];
}

/** `./contacts`, `/contacts`, `http://host/contacts?x` and `Contacts` name one datastore: compared by their last words. */
export function storeName(uri: string): string {
  const path = (uri.split('?')[0] ?? '').replace(/^https?:\/\/[^/]*/i, '').replace(/^(\.?\/)+/, '');
  let end = path.length;
  // In steps: a pattern for the end would begin anew at each slash before it.
  while (end > 0 && path[end - 1] === '/') end -= 1;
  return path.slice(0, end).toLowerCase();
}

/** Clients of Outlook and Pocket PC call their stores so. [Funambol, "SyncSource"] */
export const isSifName = (uri: string): boolean => /^s(?:card|contact|cal|event|task|note)$/.test(storeName(uri));

/** The query of a datastore's name, with its `?`; '' without one. */
export const queryOf = (uri: string): string => (uri.includes('?') ? uri.slice(uri.indexOf('?')) : '');

const MAX_FILE_NAME_BYTES = 200;
// eslint-disable-next-line no-control-regex -- control characters are what may not be in it
const NO_FILE_NAME = /[\u0000-\u001f\u007f/\\\ufffd]/;

/** Does a name say that it is one of `./db/<file>`, valid or not? */
export const namesDatabase = (uri: string): boolean => /^(\.?\/)*db(\/|$)/.test(pathOf(uri));

/**
 * The file's name of `./db/<file>`, decoded: 1 to 200 bytes, no path. Upper and lower case differ.
 * @returns undefined when the URI names no file, or one that cannot be.
 */
export function databaseFile(uri: string): string | undefined {
  const found = /^(?:\.?\/)*db\/([^/]+)$/.exec(pathOf(uri));
  if (!found?.[1]) return undefined;
  const name = decoded(found[1]);
  return name !== undefined && isFileName(name) ? name : undefined;
}

export const isFileName = (name: string): boolean =>
  name !== '' && name !== '.' && name !== '..' && !NO_FILE_NAME.test(name) && Buffer.byteLength(name, 'utf8') <= MAX_FILE_NAME_BYTES;

/** The datastore's own name of a file's copy. */
export const databaseUri = (file: string): string => `db/${encodeURIComponent(file)}`;

const pathOf = (uri: string): string => (uri.split('?')[0] ?? '').replace(/^https?:\/\/[^/]*/i, '');

/** Percent-encoding undone; undefined where it is none of UTF-8. */
export function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** A relative URI means the same with and without `./`. */
const plain = (uri: string): string => uri.replace(/^\.\//, '');
export const sameUri = (a: string, b: string): boolean => a === b || plain(a) === plain(b);

/** The datastore that a client's Target names, whatever its query; undefined when we offer none of that name. */
export function findSpec(specs: readonly DatastoreSpec[], uri: string, tolerance: Tolerance): DatastoreSpec | undefined {
  const exact = specs.find((s) => s.uri === plain(uri).split('?')[0]);
  if (exact) return exact;
  const name = storeName(uri);
  const found = specs.find((s) => s.uri.toLowerCase() === name) ?? specs.find((s) => s.aliases.some((alias) => storeName(alias) === name));
  return found && tolerance.allows('store-name') ? found : undefined;
}
