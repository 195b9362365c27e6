/**
 * Both sides changed an item. Where its content has fields, edits of different fields both stand and the merged item goes back; of a field that
 * both changed, the policy decides. What loses is in the journal. [RepPro 1.2.2, Status 207, 208, 209, 419]
 */
import { mergeItems, type Merged } from '../content/merging/merge.js';
import type { Pick as PickField } from '../content/merging/three-way.js';
import { withItsDays } from '../content/series/instances.js';
import { onMovedDays } from '../content/series/moved.js';
import type { ConflictPolicy } from '../model/datastore.js';
import type { Luid } from '../model/ids.js';
import { Status } from '../model/status.js';
import type { MapRow } from '../storage/ports/id-map.js';
import type { ItemRecord, NewItem } from '../storage/ports/items.js';
import type { Place } from './change.js';
import { asGiven } from './instances/elsewhere.js';
import { journal } from './journal.js';
import { pickFor, policyOf, resolve } from './policy.js';
import { bytesAtHand, keyOf } from './prepare.js';
import { author, hold, keepOwed, stillWithout } from './put-item.js';
import { contentOf, givenTo, preparedAs, rendered } from './rendering.js';
import { countriesOf } from './whereabouts.js';

export interface Conflict {
  readonly luid: Luid;
  /** What the device is known to have held; without `heldRevision` it may never have had the item. */
  readonly row: MapRow;
  readonly stored: ItemRecord;
  /** What the device means the item to be, and what it sent for that. */
  readonly item: NewItem;
  readonly sent: NewItem;
  readonly cause: string;
}

export async function settleConflict(place: Place, conflict: Conflict): Promise<number> {
  const policy = await policyOf(place);
  const outcome =
    policy === 'client-wins-item' ? undefined : await merged(place, conflict, pickFor(policy, conflict.stored, conflict.item));
  if (!outcome || (policy === 'keep-both' && hasLost(outcome))) return settleWhole(place, conflict, policy);
  return settleMerged(place, conflict, outcome);
}

const hasLost = ({ lost }: Merged): boolean => lost.ours.length + lost.theirs.length > 0;

async function merged(place: Place, { row, stored, item }: Conflict, pick: PickField): Promise<Merged | undefined> {
  const { work, datastore } = place;
  const theirs = bytesAtHand(item.content);
  const ours = theirs && (await contentOf(work, datastore.id, stored));
  if (!theirs || !ours) return undefined;
  const given = await givenTo(place, row, stored);
  const same = given && item.type === stored.type ? onMovedDays({ base: given, ours, theirs }, stored.type) : { base: given, ours, theirs };
  const outcome = mergeItems(
    same.base && { bytes: same.base, type: stored.type },
    { bytes: same.ours, type: stored.type },
    { bytes: same.theirs, type: item.type },
    { pick, countries: countriesOf(work) },
  );
  const { type } = stored;
  return outcome && { ...outcome, bytes: withItsDays(outcome.bytes, [ours, theirs], type) };
}

async function settleMerged(place: Place, conflict: Conflict, outcome: Merged): Promise<number> {
  const { luid, row, stored, item, sent } = conflict;
  const { account } = place.work;
  const result = preparedAs(place, outcome.bytes, stored.type, item);
  const isLost = hasLost(outcome);
  const less = stillWithout(item, sent, row);
  if (result.canonicalKey === stored.canonicalKey) {
    if (isLost) await note(place, conflict, outcome, 0);
    if (!isLost && (await isHeld(place, stored, outcome.bytes, sent))) {
      await hold(place, luid, stored, sent.canonicalKey, less);
      return Status.Ok;
    }
    await keepOwed(place, { ...row, guid: stored.guid, luid, ...(isLost ? {} : { heldKey: sent.canonicalKey }) });
    return isLost ? Status.ConflictServerWins : Status.ConflictMerged;
  }
  // As the device means it to be: its own bytes stand.
  const isTheirs = result.canonicalKey === item.canonicalKey;
  const stands = isTheirs ? item : result;
  if (isTheirs || (await isHeld(place, stored, outcome.bytes, sent))) {
    if (isLost) await note(place, conflict, outcome, 1);
    await hold(place, luid, await account.items.replace(place.datastore.id, stored.guid, stands, author(place)), sent.canonicalKey, less);
    return isLost ? Status.ConflictClientWins : Status.Ok;
  }
  if (isLost) await note(place, conflict, outcome, 2);
  // What the device holds now is a revision of its own: its next edit is read as a difference against that.
  const held = await account.items.replace(place.datastore.id, stored.guid, item, author(place));
  await account.items.replace(place.datastore.id, held.guid, result, author(place));
  await hold(place, luid, held, sent.canonicalKey, { ...less, owed: true });
  return Status.ConflictMerged;
}

/** Would the device get just what it has sent? */
async function isHeld({ work, pair }: Place, stored: ItemRecord, bytes: Uint8Array, sent: NewItem): Promise<boolean> {
  const given = rendered(work, pair, stored.type, await asGiven(work, pair, stored, bytes));
  return keyOf(work.account, given.content, given.type) === sent.canonicalKey;
}

function note(place: Place, { stored, cause }: Conflict, { bytes, lost, otherwise }: Merged, revisions: number): Promise<void> {
  const decision = lost.theirs.length === 0 ? 'client' : lost.ours.length === 0 ? 'server' : 'merged';
  return journal(place, stored, {
    cause,
    decision,
    fields: [...new Set([...lost.ours, ...lost.theirs])].sort(),
    type: stored.type,
    lostBytes: otherwise,
    kept: { kind: 'inline', bytes },
    revisions,
  });
}

/** The item is one version or the other. */
async function settleWhole(place: Place, { luid, row, stored, item, sent, cause }: Conflict, policy: ConflictPolicy): Promise<number> {
  const { account } = place.work;
  const less = stillWithout(item, sent, row);
  const size = item.content.kind === 'inline' ? item.content.bytes.length : item.content.size;
  switch (resolve(policy, stored, { ...item, size })) {
    case 'server':
      await journal(place, stored, { cause, decision: 'server', lost: item.content, type: item.type, keptCurrent: true });
      await keepOwed(place, { ...row, guid: stored.guid, luid });
      return Status.ConflictServerWins;
    case 'both': {
      const second = await account.items.create(place.datastore.id, item, author(place));
      await journal(place, stored, { cause, decision: 'both', lost: item.content, type: item.type, keptCurrent: true });
      await hold(place, luid, second, sent.canonicalKey, less);
      await account.idMap.put(place.pair.id, place.open.epoch, { guid: stored.guid, owed: true });
      return Status.ConflictDuplicate;
    }
    case 'client': {
      await journal(place, stored, { cause, decision: 'client', lostCurrent: true, type: stored.type, kept: item.content, revisions: 1 });
      await hold(place, luid, await account.items.replace(place.datastore.id, stored.guid, item, author(place)), sent.canonicalKey, less);
      return Status.ConflictClientWins;
    }
  }
}
