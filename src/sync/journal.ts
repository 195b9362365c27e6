/** The conflict journal: what lost, what stands and why, so that it can be brought back. */
import type { ContentRef, ItemRecord } from '../storage/ports/items.js';
import type { Place } from './change.js';
import { bytesAtHand } from './prepare.js';

export interface JournalEntry {
  readonly cause: string;
  readonly decision: 'client' | 'server' | 'both' | 'merged';
  /** Names of the fields that lost, where not the whole item did. */
  readonly fields?: readonly string[];
  readonly type: string;
  readonly lost?: ContentRef;
  /** The same, at hand. */
  readonly lostBytes?: Uint8Array | undefined;
  /** The server's present content is what loses, or what stands. */
  readonly lostCurrent?: boolean;
  readonly keptCurrent?: boolean;
  readonly kept?: ContentRef;
  /** Revisions the decision adds to the item. */
  readonly revisions?: number;
  readonly batch?: string;
}

export async function journal(place: Place, stored: ItemRecord, entry: JournalEntry): Promise<void> {
  const { account, device, options } = place.work;
  const present = entry.lostCurrent || entry.keptCurrent ? await account.items.content(place.datastore.id, stored.guid) : undefined;
  const lost = entry.lostCurrent ? present : (entry.lostBytes ?? bytesOf(entry.lost));
  const kept = entry.keptCurrent ? present : bytesOf(entry.kept);
  await account.conflicts.add(
    {
      at: options.now,
      datastore: place.datastore.id,
      guid: stored.guid,
      device: device.id,
      cause: entry.cause,
      decision: entry.decision,
      revision: stored.revision + (entry.revisions ?? 0),
      type: entry.type,
      ...(entry.fields === undefined ? {} : { fields: entry.fields }),
      ...(entry.batch === undefined ? {} : { batch: entry.batch }),
    },
    { ...(lost ? { lost } : {}), ...(kept ? { kept } : {}) },
  );
}

const bytesOf = (content: ContentRef | undefined): Uint8Array | undefined => content && bytesAtHand(content);
