/** The conflict journal: what lost, what stands and why, so that it can be brought back. */
import type { Guid } from '../model/ids.js';
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
  const said = { guid: stored.guid, type: entry.type, lost, kept };
  const { guid, type, ...content } = (await asSeries(place, said)) ?? said;
  await account.conflicts.add(
    {
      at: options.now,
      datastore: place.datastore.id,
      guid,
      device: device.id,
      cause: entry.cause,
      decision: entry.decision,
      revision: stored.revision + (entry.revisions ?? 0),
      type,
      ...(entry.fields === undefined ? {} : { fields: entry.fields }),
      ...(entry.batch === undefined ? {} : { batch: entry.batch }),
    },
    { ...(content.lost ? { lost: content.lost } : {}), ...(content.kept ? { kept: content.kept } : {}) },
  );
}

interface Said {
  readonly guid: Guid;
  readonly type: string;
  readonly lost: Uint8Array | undefined;
  readonly kept: Uint8Array | undefined;
}

/**
 * What is said of an instance of a series, as said of the series: undoing puts that back, and takes no series away for one of its instances.
 * Undefined where the item is no such instance, or there is no series to put it into: then it comes back as an event.
 */
async function asSeries({ work, datastore }: Place, { guid, type, lost, kept }: Said): Promise<Said | undefined> {
  const row = await work.account.instances.byGuid(datastore.id, guid);
  const series = row && (await work.account.items.get(datastore.id, row.series));
  if (!series) return undefined;
  const whole = (bytes: Uint8Array | undefined): Promise<Uint8Array | undefined> => work.instances.whole(datastore.id, guid, bytes, type);
  const wholeLost = await whole(lost);
  return wholeLost && { guid: series.guid, type: series.type, lost: wholeLost, kept: kept && (await whole(kept)) };
}

const bytesOf = (content: ContentRef | undefined): Uint8Array | undefined => content && bytesAtHand(content);
