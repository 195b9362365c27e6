/** How a sync ends: anchors move, or what is open stays for a resume. [Sync Protocol 1.1, "Sync Anchors"] */
import { Alert, clientSends, opensEpoch, serverSends } from '../model/alert.js';
import type { PairId } from '../model/ids.js';
import { chunkOwner } from '../storage/ports/arriving.js';
import { MANY_SLOW, type AnchorPoint, type LastSync, type OpenSync, type PairRecord } from '../storage/ports/pairs.js';
import { owe } from './outgoing.js';
import { oldestGone } from './open.js';
import type { SyncWork } from './work.js';

/** Our Final of package 4 goes out: the client may believe from here on that the sync is over, and shows it by its next Last. */
export async function offer(work: SyncWork, id: PairId): Promise<void> {
  const pair = await work.pair(id);
  if (!pair.open) return;
  const open: OpenSync = { ...pair.open, phase: 'sent' };
  work.save({ ...pair, open, tentative: pointOf(work, pair, open) });
}

export async function finish(work: SyncWork, id: PairId): Promise<void> {
  const pair = await work.pair(id);
  if (pair.open) await settle(work, pair, pointOf(work, pair, pair.open));
}

/** The device knows that the sync did not end well: the anchor we may have offered is none. */
export async function abandon(work: SyncWork, id: PairId, reason: string): Promise<void> {
  const { tentative: _, ...pair } = await work.pair(id);
  if (!pair.open) return;
  // It stays in the row of slow ones that it is in.
  const { slowInARow, anchorsDiffered } = pair.lastSync ?? {};
  const row = slowInARow === undefined ? {} : { slowInARow, ...(anchorsDiffered && { anchorsDiffered }) };
  work.save({ ...pair, lastSync: { at: work.options.now, type: pair.open.type, result: reason, ...row } });
  work.options.note('sync-abandoned', { pair: id, type: pair.open.type, reason });
}

function pointOf(work: SyncWork, pair: PairRecord, open: OpenSync): AnchorPoint {
  return {
    clientNext: open.clientNext,
    serverNext: open.serverNext,
    // A one-way sync from the client tells it nothing of our changes: they stay outstanding.
    position: serverSends(open.type) || opensEpoch(open.type) ? (open.position ?? open.base) : open.base,
    generation: (pair.current?.generation ?? 0) + 1,
    epoch: open.epoch,
    at: work.options.now,
  };
}

/** Both sides agree on `point`. What went out unanswered, or could not go out, is owed to the device from here on. */
export async function settle(work: SyncWork, pair: PairRecord, point: AnchorPoint): Promise<PairRecord> {
  const { account } = work;
  const type = pair.open?.type;
  for (const entry of await account.outgoing.list(pair.id, ['waiting', 'sent', 'failed'])) await owe(work, pair, point.epoch, entry.guid);
  for (const row of await account.idMap.unmapped(pair.id, point.epoch)) {
    // The device never had it, and it is no more.
    const never = row.heldRevision === undefined && row.pendingRevision === undefined;
    if (never && (await account.items.get(pair.datastore, row.guid))?.deleted) await account.idMap.remove(pair.id, point.epoch, row.guid);
    // Acknowledged, but no Map has come: asked for once more, since early Maps of the next session go before it.
    if (row.heldRevision !== undefined && row.pendingRevision !== undefined) {
      const { pendingRevision: _, ...rest } = row;
      await account.idMap.put(pair.id, point.epoch, { ...rest, owed: true });
    }
  }
  await clearOpen(work, pair);
  await account.idMap.keepEpochs(pair.id, [point.epoch], oldestGone(pair));
  const before = pair.open?.redoAfter === undefined ? pair.current : pair.previous;
  const { tentative: _t, open: _o, previous: _p, ...rest } = pair;
  return work.save({
    ...rest,
    current: point,
    ...(before ? { previous: before } : {}),
    slowNeeded: false,
    lastSync: {
      at: work.options.now,
      type: type ?? Alert.TwoWay,
      result: 'ok',
      ...slowRow(work, pair),
      ...(pair.open?.kept && { kept: pair.open.kept }),
    },
  });
}

/** A slow sync now and then is how anchors come right; one after the other they cost time and money, and somebody has to look. */
function slowRow(work: SyncWork, pair: PairRecord): Pick<LastSync, 'slowInARow' | 'anchorsDiffered'> {
  const { open, current, lastSync } = pair;
  if (open?.type !== Alert.SlowSync || current === undefined || work.traits.sync?.slowOnly === true) return {};
  const slowInARow = (lastSync?.slowInARow ?? 0) + 1;
  const anchorsDiffered = open.anchorsDiffered === true;
  if (slowInARow >= MANY_SLOW) work.options.note('always-slow', { pair: pair.id, syncs: slowInARow, anchorsDiffered });
  return { slowInARow, ...(anchorsDiffered && { anchorsDiffered }) };
}

/** Drops what an open sync left: its list, staged items and half-received object. */
export async function clearOpen(work: SyncWork, pair: PairRecord): Promise<void> {
  if (!pair.open) return;
  await work.account.outgoing.clear(pair.id);
  if (clientSends(pair.open.type)) {
    await work.account.staged.clear(pair.id);
    await work.account.chunks.clear(chunkOwner(pair.id));
  }
}
