/** The client's changes are complete: a refresh is carried out, the list of what goes to the client is fixed. */
import { Alert, opensEpoch, serverSends } from '../model/alert.js';
import type { Effects } from '../model/effects.js';
import type { DatastoreRecord } from '../storage/ports/datastores.js';
import type { OutgoingEntry } from '../storage/ports/outgoing.js';
import type { OpenSync, PairRecord } from '../storage/ports/pairs.js';
import { planInstances } from './instances/plan.js';
import { crossOffEnded } from './outgoing.js';
import { refreshFromClient } from './refresh.js';
import { contentLeft } from './rendering.js';
import { fitsBare, noteTooLarge } from './room.js';
import { isOfKind, kindsFor } from './suitable.js';
import type { SyncWork } from './work.js';

export async function received(work: SyncWork, ask: Effects['received']['ask']): Promise<number> {
  const pair = await work.pair(ask.pair);
  const { account } = work;
  const open = pair.open;
  if (!open) return 0;
  if (open.phase === 'sending') {
    // Resumed after the list was fixed: it stays as it was, but for what the device has by now.
    await crossOffEnded(work, pair, open);
    return (await account.outgoing.remaining(pair.id)).waiting;
  }
  if (open.type === Alert.RefreshFromClient) await refreshFromClient(work, pair, open);
  const datastore = (await account.datastores.byId(pair.datastore)) as DatastoreRecord;
  let count = 0;
  if (serverSends(open.type)) {
    const all = opensEpoch(open.type) || open.base < datastore.floor;
    await account.outgoing.fix({
      datastore: datastore.id,
      pair: pair.id,
      epoch: open.epoch,
      // The log may not reach back to where a device stands whose anchor does not count.
      ...(all ? { scope: 'all' as const } : changesSince(pair, open)),
    });
    await planInstances(work, pair, open, all);
    await leaveOut(work, pair, datastore, ask);
    count = (await account.outgoing.remaining(pair.id)).waiting;
  }
  const kept = (await work.pair(pair.id)).open?.kept;
  work.save({ ...pair, open: { ...open, ...(kept && { kept }), phase: 'sending', position: datastore.position } });
  return count;
}

function changesSince(pair: PairRecord, open: OpenSync): { scope: 'changes'; since: number; redoAfter?: number; redoUpTo?: number } {
  if (open.redoAfter === undefined) return { scope: 'changes', since: open.base };
  return { scope: 'changes', since: open.base, redoAfter: open.redoAfter, redoUpTo: pair.current?.generation ?? 0 };
}

/** Entries the client has no room for stay owed. */
async function leaveOut(work: SyncWork, pair: PairRecord, datastore: DatastoreRecord, ask: Effects['received']['ask']): Promise<void> {
  const { outgoing, items } = work.account;
  const kinds = kindsFor(work, pair);
  // Not owed: they are no matter of this store, and come up again only when they change.
  for (const entry of kinds ? await outgoing.list(pair.id, ['waiting']) : []) {
    // What it has it has room for.
    if (entry.kind !== 'Add') continue;
    const stored = await items.get(datastore.id, entry.guid);
    const content = stored && (await contentLeft(work, datastore.id, entry.guid));
    if (kinds && stored && content && !isOfKind(kinds, stored.type, content)) await outgoing.save(pair.id, { ...entry, state: 'done' });
  }
  const fail = async (entries: readonly OutgoingEntry[]): Promise<void> => {
    for (const entry of entries) await outgoing.save(pair.id, { ...entry, state: 'failed' });
  };
  if (ask.maxItemBytes !== undefined) {
    const { maxItemBytes: room } = ask;
    const oversized = await outgoing.oversized(pair.id, datastore.id, room);
    const hopeless: OutgoingEntry[] = [];
    for (const entry of oversized) if (!(await fitsBare(work, pair, entry, room))) hopeless.push(entry);
    await fail(hopeless);
    await noteTooLarge(work, pair.id, hopeless, room);
  }
  if (ask.freeIds === undefined && ask.freeBytes === undefined) return;
  let ids = ask.freeIds ?? Number.POSITIVE_INFINITY;
  let bytes = ask.freeBytes ?? Number.POSITIVE_INFINITY;
  for (const entry of await outgoing.list(pair.id, ['waiting'])) {
    if (entry.kind !== 'Add') continue;
    const size = (await work.account.items.get(datastore.id, entry.guid))?.size ?? 0;
    if (ids >= 1 && bytes >= size) {
      ids -= 1;
      bytes -= size;
    } else await fail([entry]);
  }
}
