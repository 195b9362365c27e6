import type { ContentTypeRef } from './devinf.js';

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
  const path = uri.split('?')[0] ?? '';
  return path
    .replace(/^https?:\/\/[^/]*/i, '')
    .replace(/^(\.?\/)+/, '')
    .replace(/\/+$/, '')
    .toLowerCase();
}

/** The datastore that a client's Target names; undefined when we offer none of that name. */
export function findSpec(specs: readonly DatastoreSpec[], uri: string): DatastoreSpec | undefined {
  const name = storeName(uri);
  return specs.find((s) => s.uri.toLowerCase() === name) ?? specs.find((s) => s.aliases.some((alias) => storeName(alias) === name));
}
