/** LUIDs for items we sent: in package 5, spread over messages, or at the beginning of the next session. [Sync Protocol 1.1, "Mapping of Data Identifiers"] */
import { findSpec, sameUri, storeName } from '../model/datastore.js';
import type { Effects } from '../model/effects.js';
import { luid, type Guid } from '../model/ids.js';
import { Status } from '../model/status.js';
import type { MapRow } from '../storage/ports/id-map.js';
import type { PairRecord } from '../storage/ports/pairs.js';
import { heldKeyOf } from './rendering.js';
import type { SyncWork } from './work.js';

export async function mapItems(work: SyncWork, ask: Effects['map']['ask']): Promise<readonly number[] | undefined> {
  const found = await findPair(work, ask.target, ask.source);
  if (!found) return undefined;
  const pair = await work.pair(found.id);
  const results: number[] = [];
  for (const item of ask.items) results.push(await mapOne(work, pair, item.guid, item.luid));
  return results;
}

async function findPair(work: SyncWork, target: string, source: string): Promise<PairRecord | undefined> {
  const { specs, tolerance } = work.options;
  const spec = findSpec(specs, target, tolerance);
  const datastore = spec && (await work.account.datastores.byUri(spec.uri));
  if (!datastore) return undefined;
  const exact = await work.account.pairs.find(work.device.id, datastore.id, source);
  if (exact) return exact;
  const pairs = (await work.account.pairs.ofDevice(work.device.id)).filter((p) => p.datastore === datastore.id);
  const same = pairs.find((p) => sameUri(p.clientUri, source));
  if (same) return same;
  const alike = pairs.find((p) => storeName(p.clientUri) === storeName(source)) ?? (source === '' ? pairs[0] : undefined);
  return alike && tolerance.allows('sync-names') ? alike : undefined;
}

/** The running epoch first; a Map of an earlier session may name an item of the epoch before. */
async function mapOne(work: SyncWork, pair: PairRecord, guid: Guid, name: string): Promise<number> {
  if (name === '' || Buffer.byteLength(name, 'utf8') > 255) return Status.BadRequest;
  const epochs = [pair.open?.epoch, ...(pair.open?.hints ?? []).map((h) => h.epoch), pair.current?.epoch].filter((e) => e !== undefined);
  for (const epoch of epochs) {
    const row = await work.account.idMap.byGuid(pair.id, epoch, guid);
    if (!row) continue;
    await work.account.idMap.put(pair.id, epoch, await bound(work, pair, row, name));
    // A LUID that was a copy's is used again.
    await work.account.extraCopies.remove(pair.id, epoch, luid(name));
    return Status.Ok;
  }
  return Status.NotFound;
}

/** A Map says that the device stored what we sent, also where its Status was lost. */
async function bound(work: SyncWork, pair: PairRecord, row: MapRow, name: string): Promise<MapRow> {
  const { pendingRevision, owed: _, ...rest } = row;
  const revision = row.heldRevision ?? pendingRevision;
  const stored = row.heldKey === undefined ? await work.account.items.get(pair.datastore, row.guid) : undefined;
  const heldKey = stored && revision !== undefined ? await heldKeyOf(work, pair, stored, revision) : undefined;
  return {
    ...rest,
    luid: luid(name),
    ...(revision === undefined ? {} : { heldRevision: revision }),
    ...(heldKey === undefined ? {} : { heldKey }),
    heldGeneration: row.heldGeneration ?? (pair.current?.generation ?? 0) + 1,
    // A later revision went out too and was not answered.
    ...(pendingRevision !== undefined && pendingRevision !== revision ? { pendingRevision } : {}),
  };
}
