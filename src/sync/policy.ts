import type { ConflictPolicy } from '../storage/ports/datastores.js';
import type { ItemRecord, NewItem } from '../storage/ports/items.js';

/** Whose version stands when both sides changed an item. */
export function resolve(policy: ConflictPolicy, stored: ItemRecord, item: NewItem): 'client' | 'server' | 'both' {
  switch (policy) {
    case 'client-wins':
    case 'client-wins-item':
      return 'client';
    case 'server-wins':
      return 'server';
    case 'keep-both':
      return 'both';
    case 'newest-wins':
      // Both contents must say when they were changed; else the change that arrives is the newer one.
      return stored.modified !== undefined && item.modified !== undefined && stored.modified > item.modified ? 'server' : 'client';
  }
}
