/** Whether an item that arrives is one that is stored, where no key tells for certain. */
import { evidence, type Evidence } from '../content/merging/evidence.js';
import type { ItemRecord, NewItem } from '../storage/ports/items.js';
import type { Place } from './change.js';
import { bytesAtHand } from './prepare.js';
import { contentLeft } from './rendering.js';

/** Content that is not at hand says nothing. */
export async function evidenceFor(
  { work, datastore }: Place,
  stored: ItemRecord,
  item: NewItem,
  alike: 'identity' | 'loose',
): Promise<Evidence> {
  const theirs = bytesAtHand(item.content);
  const ours = theirs && (await contentLeft(work, datastore.id, stored.guid));
  if (!theirs || !ours) return 'silent';
  return evidence({ bytes: ours, type: stored.type }, { bytes: theirs, type: item.type }, alike, work.options.country);
}
