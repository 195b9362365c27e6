/** What goes to the device in a sync of a file's copy: the receipt of a backup, or a generation. The list is kept with the open sync. */
import { serverSends } from '../../model/alert.js';
import type { Effects, ItemAnswer, Outgoing, SentEntry } from '../../model/effects.js';
import { guid, luid, type CopyId, type PairId } from '../../model/ids.js';
import { isSuccess, Status } from '../../model/status.js';
import type { DatabaseEntry, DatabaseSync, OpenSync, PairRecord } from '../../storage/ports/pairs.js';
import type { SyncWork } from '../work.js';
import { pieceOf } from './content.js';
import { restoreEntries } from './restore-plan.js';

interface Sending {
  readonly pair: PairRecord;
  readonly open: OpenSync;
  readonly database: DatabaseSync;
}

async function sendingOf(work: SyncWork, id: PairId): Promise<Sending | undefined> {
  const pair = await work.pair(id);
  const { open } = pair;
  return open?.database ? { pair, open, database: open.database } : undefined;
}

function save(work: SyncWork, { pair, open, database }: Sending, entries: readonly DatabaseEntry[], more: Partial<OpenSync> = {}): void {
  work.save({ ...pair, open: { ...open, ...more, database: { ...database, entries } } });
}

const waiting = (entries: readonly DatabaseEntry[]): number => entries.filter(({ state }) => state === 'waiting').length;

/** Fixes the list; a sync that was resumed after that keeps it. */
export async function received(work: SyncWork, id: PairId): Promise<number> {
  const pair = await work.pair(id);
  const { open } = pair;
  if (!open) return 0;
  const database = open.database ?? { entries: [] };
  if (open.phase === 'sending') return waiting(database.entries);
  const entries = serverSends(open.type) ? await entriesOf(work, database) : [];
  save(work, { pair, open, database }, entries, { phase: 'sending', position: 0 });
  return entries.length;
}

async function entriesOf(work: SyncWork, database: DatabaseSync): Promise<readonly DatabaseEntry[]> {
  if (database.from) return restoreEntries(work, database, database.from);
  if (database.receipt === undefined) return [];
  return [{ seq: 1, name: 'receipt', type: 'application/json', source: { kind: 'text', text: database.receipt }, state: 'waiting' }];
}

/** One entry a message, since a large one fills it; the small one behind it goes along when there is room. */
export async function outgoing(
  work: SyncWork,
  ask: Effects['outgoing']['ask'],
): Promise<{ readonly entries: readonly Outgoing[]; readonly done: boolean }> {
  const sending = await sendingOf(work, ask.pair);
  if (!sending) return { entries: [], done: true };
  const { entries } = sending.database;
  const partial = sending.open.partial?.seq;
  if (partial !== undefined && entries.some(({ seq, state }) => seq === partial && state === 'sent')) return { entries: [], done: false };
  const next = entries.find(({ state }) => state === 'waiting');
  if (!next) return { entries: [], done: true };
  const offset = next.ackedBytes ?? 0;
  const copy = sending.database.from?.copy ?? (0 as CopyId);
  const { bytes, size, format } = await pieceOf(work, copy, next, { offset, bytes: ask.bytes, text: ask.text === true });
  const entry: Outgoing = {
    seq: next.seq,
    kind: 'Replace',
    guid: guid(next.name),
    luid: luid(next.name),
    type: next.type,
    revision: 1,
    content: bytes,
    offset,
    window: { size, ...(format === undefined ? {} : { format }) },
  };
  return { entries: [entry], done: false };
}

export async function sent(work: SyncWork, id: PairId, msgId: number, out: readonly SentEntry[]): Promise<void> {
  for (const one of out) {
    const sending = await sendingOf(work, id);
    if (!sending) return;
    const { partial: _, ...open } = sending.open;
    const entries = sending.database.entries.map((entry): DatabaseEntry => {
      if (entry.seq !== one.seq) return entry;
      return { ...entry, state: 'sent', msgId, cmdId: one.cmdId, ...(one.sentBytes === undefined ? {} : { sentBytes: one.sentBytes }) };
    });
    save(work, { ...sending, open }, entries, one.complete ? {} : { partial: { seq: one.seq } });
  }
}

export async function answered(work: SyncWork, id: PairId, answers: readonly ItemAnswer[]): Promise<void> {
  for (const answer of answers) {
    const sending = await sendingOf(work, id);
    if (!sending) return;
    const { partial, ...open } = sending.open;
    const { entries } = sending.database;
    const found = entries.find((e) => e.state === 'sent' && e.msgId === answer.msgId && e.cmdId === answer.cmdId);
    if (!found) continue;
    const goesOn = partial?.seq === found.seq;
    const next = afterAnswer(found, answer.status, goesOn);
    const keepsPartial = partial !== undefined && (!goesOn || next.state === 'waiting');
    save(
      work,
      { ...sending, open },
      entries.map((e) => (e.seq === found.seq ? next : e)),
      keepsPartial ? { partial } : {},
    );
  }
}

/** 213 for a part: the next one may go. An error ends the object for this session. */
function afterAnswer(entry: DatabaseEntry, status: number, goesOn: boolean): DatabaseEntry {
  const { ackedBytes: _a, sentBytes: _s, ...rest } = entry;
  const ok = isSuccess(status) && status !== Status.ConflictServerWins;
  if (goesOn && ok) return { ...rest, state: 'waiting', ackedBytes: entry.sentBytes ?? 0 };
  return { ...rest, state: ok ? 'done' : 'failed' };
}

export async function skip(work: SyncWork, id: PairId, seqs: readonly number[]): Promise<void> {
  await change(work, id, (entry) => (seqs.includes(entry.seq) && entry.state === 'waiting' ? { ...entry, state: 'failed' } : entry));
}

/** What went out unanswered waits again, a large object behind what was acknowledged of it. */
export async function rewind(work: SyncWork, id: PairId): Promise<void> {
  await change(work, id, rewound, { phase: 'sending' });
}

/** The device lost the parts of an object: it goes out again from its beginning. */
export async function resend(work: SyncWork, id: PairId): Promise<void> {
  const seq = (await work.pair(id)).open?.partial?.seq;
  if (seq === undefined) return;
  await change(work, id, (entry) => {
    if (entry.seq !== seq) return entry;
    const { ackedBytes: _a, sentBytes: _s, ...rest } = entry;
    return { ...rest, state: 'waiting' };
  });
}

const rewound = (entry: DatabaseEntry): DatabaseEntry => {
  if (entry.state !== 'sent') return entry;
  const { msgId: _m, cmdId: _c, sentBytes: _s, ...rest } = entry;
  return { ...rest, state: 'waiting' };
};

async function change(
  work: SyncWork,
  id: PairId,
  to: (entry: DatabaseEntry) => DatabaseEntry,
  more: Partial<OpenSync> = {},
): Promise<void> {
  const sending = await sendingOf(work, id);
  if (!sending) return;
  const { partial: _, ...open } = sending.open;
  save(work, { ...sending, open }, sending.database.entries.map(to), more);
}

/** For a sync that is resumed: positions tell the device what it has already. */
export function resumed(open: OpenSync): OpenSync {
  if (!open.database) return open;
  return { ...open, database: { ...open.database, entries: open.database.entries.map(rewound) } };
}

/** All that was to go out was taken. */
export const allTaken = ({ entries }: DatabaseSync, taken: 'answered' | 'shown'): boolean =>
  entries.length > 0 && entries.every(({ state }) => state === 'done' || (taken === 'shown' && state === 'sent'));
