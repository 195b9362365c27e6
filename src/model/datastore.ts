import type { ContentTypeRef } from './devinf.js';
import type { Tolerance } from './leniency.js';

export type DatastoreKind = 'contacts' | 'calendar' | 'tasks' | 'caltasks' | 'notes' | 'opaque';

/** A datastore as the operator offers it. The account's own row of it holds positions and counters. */
export interface DatastoreSpec {
  readonly uri: string;
  readonly kind: DatastoreKind;
  readonly displayName?: string;
  /** Accepted content types, the preferred one first. Empty: any media type. */
  readonly types: readonly ContentTypeRef[];
  readonly policy: 'client-wins' | 'client-wins-item' | 'server-wins' | 'newest-wins' | 'keep-both';
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

/** The query of a datastore's name, with its `?`; '' without one. */
export const queryOf = (uri: string): string => (uri.includes('?') ? uri.slice(uri.indexOf('?')) : '');

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
