/** What goes to the client, and what the client says of it. [Sync Protocol 1.1, "Server Modifications", "Data Update Status"] */
import { Alert } from '../model/alert.js';
import { isSuccess, Status } from '../model/status.js';
import type { Effects, ItemAnswer, Outgoing, SentEntry } from '../model/effects.js';
import type { Guid, Luid, PairId } from '../model/ids.js';
import type { MapRow } from '../storage/ports/id-map.js';
import type { ItemRecord } from '../storage/ports/items.js';
import type { OutgoingEntry } from '../storage/ports/outgoing.js';
import type { Kept, OpenSync, PairRecord } from '../storage/ports/pairs.js';
import { asGiven } from './instances/elsewhere.js';
import { nextCopy } from './growth.js';
import { goesBare, noteTooLarge, roomFor } from './room.js';
import { contentLeft, heldBy, rendered } from './rendering.js';
import { isNamed } from './suitable.js';
import type { SyncWork } from './work.js';

const AT_ONCE = 64;
/** Photos that are made smaller before the message is begun anew: few more than it has room for. */
const PHOTOS_AT_ONCE = 8;

/** An object of which parts are out goes on as it began. */
function noteRoom(work: SyncWork, pair: PairRecord, room: number | undefined): PairRecord {
  if (!pair.open || pair.open.partial || pair.open.room === room) return pair;
  const { room: _, ...open } = pair.open;
  return work.save({ ...pair, open: room === undefined ? open : { ...open, room } });
}

/** Entries in order, up to about `bytes` of content; each is rendered from the newest revision. */
export async function outgoing(
  work: SyncWork,
  { pair: id, bytes, room: most }: Effects['outgoing']['ask'],
): Promise<Effects['outgoing']['answer']> {
  const pair = noteRoom(work, await work.pair(id), most);
  const open = pair.open;
  if (!open) return { entries: [], done: true };
  if (open.partial) {
    const waits = (await work.account.outgoing.list(id, ['sent'])).some((e) => e.seq === open.partial?.seq);
    if (waits) return { entries: [], done: false };
  }
  const entries: Outgoing[] = [];
  let room = bytes;
  for (;;) {
    const next = await work.account.outgoing.next(id, AT_ONCE);
    if (next.length === 0) return { entries, done: true };
    for (const entry of next) {
      // How much of the message they fill shows only when they are there.
      if (work.photos.waiting >= PHOTOS_AT_ONCE) return { entries, done: false };
      const rendered = await render(work, pair, open, entry);
      if (!rendered) continue;
      entries.push(rendered);
      room -= (rendered.content?.length ?? 0) + 40;
      if (room <= 0) return { entries, done: false };
    }
    if (entries.length > 0) return { entries, done: false };
  }
}

/** The pair's row of an entry's item; one that is gone stands for a device without it. For another copy of an item, that copy's. */
async function liveRow(
  { account }: SyncWork,
  pair: Pick<PairRecord, 'id'>,
  open: OpenSync,
  { guid, luid }: OutgoingEntry,
): Promise<MapRow | undefined> {
  const row = await account.idMap.byGuid(pair.id, open.epoch, guid);
  if (luid !== undefined && row?.luid !== luid)
    return (await account.extraCopies.byLuid(pair.id, open.epoch, luid))?.guid === guid ? { guid, luid } : undefined;
  return row?.gone === undefined ? row : undefined;
}

/** Parts of it are with the client, which takes what comes next of this item for more of it: it goes on as it began, whatever became of the item. */
const goesOn = (entry: OutgoingEntry): boolean => entry.ackedBytes !== undefined;

/** How an entry ends that there is nothing to say of any more; undefined: it is to be sent. */
function ending(
  entry: OutgoingEntry,
  row: MapRow | undefined,
  open: OpenSync,
  stored: ItemRecord | undefined,
): 'done' | 'failed' | undefined {
  if (entry.kind === 'Delete') return row?.luid === undefined ? 'done' : undefined;
  if (entry.kind === 'Add' && row?.luid !== undefined) return 'done';
  if (entry.kind === 'Add' && open.full) return 'failed';
  if (entry.kind === 'Replace' && row?.luid === undefined) return 'failed';
  // Deleted after the list was fixed: that is the next sync's news.
  return (!stored || stored.deleted) && !goesOn(entry) ? 'done' : undefined;
}

/** Crosses off what a resumed sync need not send any more, such as Adds whose Maps came first: NumberOfChanges counts what will come. */
export async function crossOffEnded(work: SyncWork, pair: PairRecord, open: OpenSync): Promise<void> {
  const { account } = work;
  for (const entry of await account.outgoing.list(pair.id, ['waiting'])) {
    const row = await liveRow(work, pair, open, entry);
    const state = ending(entry, row, open, await account.items.get(pair.datastore, entry.guid));
    if (state) await account.outgoing.save(pair.id, { ...entry, state });
  }
}

/** The entry as its item stands now, or stood when its first part went out; undefined when there is nothing to say any more: it is crossed off. */
async function render(work: SyncWork, pair: PairRecord, open: OpenSync, entry: OutgoingEntry): Promise<Outgoing | undefined> {
  const { account } = work;
  const row = await liveRow(work, pair, open, entry);
  const crossOff = async (state: 'done' | 'failed'): Promise<undefined> => {
    await account.outgoing.save(pair.id, { ...entry, state });
    return undefined;
  };
  const stored = await account.items.get(pair.datastore, entry.guid);
  const state = ending(entry, row, open, stored);
  if (state) return crossOff(state);
  if (entry.kind === 'Delete') {
    work.rendered.set(renderedKey(pair.id, entry.seq), { entry, row });
    return { seq: entry.seq, kind: 'Delete', guid: entry.guid, luid: row?.luid as Luid, type: '', revision: 0, offset: 0 };
  }
  if (!stored) return crossOff('done');
  // @NOTE Nokia 9210 crashes on it: the next sync that is no slow one brings it.
  if (entry.kind === 'Replace' && open.type === Alert.SlowSync && work.traits.sync?.replaceInSlow === false) return crossOff('failed');
  const revision = goesOn(entry) ? (entry.revision ?? stored.revision) : stored.revision;
  const content = await account.items.content(pair.datastore, entry.guid, revision);
  if (!content) return crossOff('failed');
  const had = entry.kind === 'Replace' ? await hadBefore(work, pair, row, stored) : undefined;
  const given = rendered(work, roomFor(pair, row), stored.type, await asGiven(work, pair, stored, content), {
    replaces: entry.kind === 'Replace',
    uid: entry.guid,
    ...(had && { had }),
  });
  if (!isNamed(work, pair, given)) {
    work.options.note('no-format-for-device', { pair: pair.id, guid: entry.guid, type: stored.type });
    await noteKept(work, pair.id, 'format', 1);
    return crossOff('failed');
  }
  work.rendered.set(renderedKey(pair.id, entry.seq), { entry, row, withoutMedia: given.withoutMedia === true });
  return {
    seq: entry.seq,
    kind: entry.kind,
    guid: entry.guid,
    ...(row?.luid === undefined ? {} : { luid: row.luid }),
    type: given.type,
    revision,
    content: given.content,
    offset: entry.ackedBytes ?? 0,
  };
}

/** What the device was given before, where that tells which of its fields are to be emptied. */
async function hadBefore(work: SyncWork, pair: PairRecord, row: MapRow | undefined, stored: ItemRecord): Promise<Uint8Array | undefined> {
  const how = work.traits.fields?.whenEmpty;
  if (row?.heldRevision === undefined || (how !== 'send' && how !== 'dash')) return undefined;
  const content = await contentLeft(work, pair.datastore, stored.guid, row.heldRevision);
  return content && rendered(work, pair, stored.type, await asGiven(work, pair, stored, content)).content;
}

async function lookUp(work: SyncWork, pair: PairRecord, open: OpenSync, seq: number): Promise<Rendered | undefined> {
  const entry = (await work.account.outgoing.list(pair.id, ['waiting'])).find((e) => e.seq === seq);
  return entry && { entry, row: await liveRow(work, pair, open, entry) };
}

/** An entry and its map row as they stood when it was rendered. */
export interface Rendered {
  readonly entry: OutgoingEntry;
  readonly row: MapRow | undefined;
  readonly withoutMedia?: boolean;
}
const renderedKey = (pair: PairId, seq: number): string => `${pair} ${seq}`;

export async function sent(work: SyncWork, id: PairId, msgId: number, entries: readonly SentEntry[]): Promise<void> {
  const pair = await work.pair(id);
  const open = pair.open;
  if (!open) return;
  const { account } = work;
  for (const one of entries) {
    const known = work.rendered.get(renderedKey(id, one.seq)) ?? (await lookUp(work, pair, open, one.seq));
    if (!known) continue;
    const { entry } = known;
    const { ackedBytes: _a, sentBytes: _s, ...rest } = entry;
    await account.outgoing.save(id, {
      ...rest,
      state: 'sent',
      msgId,
      cmdId: one.cmdId,
      revision: one.revision,
      ...(one.sentBytes === undefined ? {} : { sentBytes: one.sentBytes }),
      ...(entry.ackedBytes === undefined ? {} : { ackedBytes: entry.ackedBytes }),
    });
    await notePartial(work, id, one);
    if (entry.kind === 'Delete' || !one.complete) continue;
    // A device that stores it and cannot say so any more has it without its pictures.
    const less = known.withoutMedia ? { withoutMedia: true } : {};
    await account.idMap.put(id, open.epoch, { ...(known.row ?? { guid: entry.guid }), ...less, pendingRevision: one.revision });
  }
}

async function notePartial(work: SyncWork, id: PairId, one: SentEntry): Promise<void> {
  const pair = await work.pair(id);
  if (!pair.open) return;
  if (!one.complete) work.save({ ...pair, open: { ...pair.open, partial: { seq: one.seq } } });
  else if (pair.open.partial) await dropPartial(work, id);
}

async function dropPartial(work: SyncWork, id: PairId): Promise<void> {
  const pair = await work.pair(id);
  if (!pair.open?.partial) return;
  const { partial: _, ...rest } = pair.open;
  work.save({ ...pair, open: rest });
}

export async function skip(work: SyncWork, id: PairId, seqs: readonly number[]): Promise<void> {
  const skipped = (await work.account.outgoing.list(id, ['waiting'])).filter(({ seq }) => seqs.includes(seq));
  for (const entry of skipped) await work.account.outgoing.save(id, { ...entry, state: 'failed' });
  await noteTooLarge(work, id, skipped, (await work.pair(id)).open?.room);
  await dropPartial(work, id);
}

/** Items that this sync does not bring to the device, by the reason: an operator is told. */
export async function noteKept(work: SyncWork, id: PairId, reason: keyof Pick<Kept, 'format' | 'size'>, count: number): Promise<void> {
  const pair = await work.pair(id);
  if (!pair.open || count === 0) return;
  const { kept = {} } = pair.open;
  work.save({ ...pair, open: { ...pair.open, kept: { ...kept, [reason]: (kept[reason] ?? 0) + count } } });
}

/** What went out unanswered waits again. */
export async function rewind(work: SyncWork, id: PairId): Promise<void> {
  await work.account.outgoing.rewind(id);
  await dropPartial(work, id);
  const pair = await work.pair(id);
  const { tentative: _, ...rest } = pair;
  if (pair.open) work.save({ ...rest, open: { ...pair.open, phase: 'sending' } });
}

/** The client lost the parts of an object: it goes out again from its beginning. */
export async function resend(work: SyncWork, id: PairId): Promise<void> {
  const pair = await work.pair(id);
  const seq = pair.open?.partial?.seq;
  if (seq === undefined) return;
  for (const entry of await work.account.outgoing.list(id, ['sent', 'waiting'])) {
    if (entry.seq === seq) await restart(work, id, entry, 'waiting');
  }
  await dropPartial(work, id);
}

async function restart(work: SyncWork, id: PairId, entry: OutgoingEntry, state: 'waiting' | 'failed'): Promise<void> {
  const { ackedBytes: _a, sentBytes: _s, ...rest } = entry;
  await work.account.outgoing.save(id, { ...rest, state });
}

/** Must go out in the next sync, whatever the log says. */
export async function owe(work: SyncWork, pair: PairRecord, epoch: number, guid: Guid): Promise<void> {
  const row = await work.account.idMap.byGuid(pair.id, epoch, guid);
  await work.account.idMap.put(pair.id, epoch, { ...(row ?? { guid }), owed: true });
}

export async function answered(work: SyncWork, id: PairId, answers: readonly ItemAnswer[]): Promise<void> {
  for (const answer of answers) {
    const pair = await work.pair(id);
    const entry = await work.account.outgoing.byCommand(id, answer.msgId, answer.cmdId);
    if (!pair.open || entry?.state !== 'sent') continue;
    if (pair.open.partial?.seq === entry.seq) await partAnswered(work, id, entry, answer.status);
    else await entryAnswered(work, pair, pair.open, entry, answer.status);
  }
}

/** 213 for a part, or any other success: the next part may go. An error ends the object for this session. */
async function partAnswered(work: SyncWork, id: PairId, entry: OutgoingEntry, status: number): Promise<void> {
  if (isSuccess(status) && status !== Status.ConflictServerWins) {
    await work.account.outgoing.save(id, { ...entry, state: 'waiting', ackedBytes: entry.sentBytes ?? 0 });
    return;
  }
  await restart(work, id, entry, 'failed');
  await dropPartial(work, id);
  const pair = await work.pair(id);
  const row = pair.open && ((await work.account.idMap.byGuid(id, pair.open.epoch, entry.guid)) ?? { guid: entry.guid });
  if (pair.open && row && (await goesBare(work, pair, entry, row, status)))
    await work.account.idMap.put(id, pair.open.epoch, { ...row, owed: true, withoutMedia: true });
}

/** Never to be tried again unchanged. */
const HOPELESS: ReadonlySet<number> = new Set([
  Status.UnsupportedMediaType,
  Status.IncompleteCommand,
  Status.EntityTooLarge,
  Status.SizeTooBig,
]);

async function entryAnswered(work: SyncWork, pair: PairRecord, open: OpenSync, entry: OutgoingEntry, status: number): Promise<void> {
  const { account } = work;
  const save = (state: 'done' | 'failed') => account.outgoing.save(pair.id, { ...entry, state });
  const row: MapRow = (await account.idMap.byGuid(pair.id, open.epoch, entry.guid)) ?? { guid: entry.guid };
  const generation = (pair.current?.generation ?? 0) + 1;
  const put = (next: MapRow) => account.idMap.put(pair.id, open.epoch, next);

  if (entry.kind === 'Delete') {
    const isGone = isSuccess(status) || status === Status.NotFound || status === Status.Gone;
    await save(isGone ? 'done' : 'failed');
    if (!isGone) return;
    const { luid = row.luid } = entry;
    if (luid !== undefined && luid !== row.luid) return account.extraCopies.remove(pair.id, open.epoch, luid);
    // Each other copy of it on the device has an entry of its own, and goes with the next sync where that comes to nothing.
    const copy = await nextCopy({ work, pair, open }, row);
    await put(copy ? { ...copy, owed: true } : { ...rowWithout(row), gone: generation });
    return;
  }
  if (isSuccess(status) || (entry.kind === 'Add' && status === Status.AlreadyExists)) {
    await put(await held(work, pair, row, entry, generation));
    await save('done');
  } else if (entry.kind === 'Replace' && (status === Status.NotFound || status === Status.Gone)) {
    // The item vanished on the client: next time it is added again, unless there is another copy of it.
    const copy = await nextCopy({ work, pair, open }, row);
    await account.idMap.remove(pair.id, open.epoch, entry.guid);
    await put({ ...(copy ?? { guid: entry.guid }), owed: true });
    await save('done');
  } else if (HOPELESS.has(status)) {
    const { pendingRevision: _, ...rest } = row;
    const again = await goesBare(work, pair, entry, row, status);
    await put(again ? { ...rest, owed: true, withoutMedia: true } : { ...rest, owed: false });
    await save('done');
    if (!again) work.options.note('item-refused-by-device', { pair: pair.id, guid: entry.guid, status });
  } else {
    // It said that it does not hold it.
    const { pendingRevision: _, ...rest } = row;
    await put(rest);
    if (status === Status.DeviceFull) work.save({ ...pair, open: { ...open, full: true } });
    await save('failed');
  }
}

const rowWithout = ({ pendingRevision: _p, owed: _o, soft: _s, ...rest }: MapRow): MapRow => rest;

/** The device holds what was sent. Without a LUID yet, `pendingRevision` stays as the mark that its Map is awaited. */
async function held(work: SyncWork, pair: PairRecord, row: MapRow, entry: OutgoingEntry, generation: number): Promise<MapRow> {
  const stored = await work.account.items.get(pair.datastore, entry.guid);
  const { owed: _o, heldKey: _k, withoutMedia: _w, pendingRevision, ...rest } = row;
  const again = row.luid === undefined && row.heldRevision !== undefined;
  return {
    ...rest,
    ...(entry.revision === undefined ? {} : { heldRevision: entry.revision }),
    ...(stored && (await heldBy(work, roomFor(pair, row), stored, entry.revision))),
    heldGeneration: generation,
    ...(row.luid === undefined && pendingRevision !== undefined && !again ? { pendingRevision } : {}),
  };
}
