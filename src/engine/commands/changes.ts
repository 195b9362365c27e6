/** Add, Replace and Delete inside a Sync. [Sync Protocol 1.1, "Client Modifications", "Large Objects"] */
import type { ClientChange, Part } from '../../model/effects.js';
import { luid } from '../../model/ids.js';
import type { Item, ItemCommand, Meta } from '../../model/message.js';
import { Status } from '../../model/status.js';
import type { OpenStore } from '../session.js';
import { itemReplies, perform, type Run, type StatusReply, type Turn } from '../turn.js';
import { dropIncoming } from './alert.js';

type Result = { readonly status: number; readonly detail?: string };
type Slot = { readonly item: Item; result?: Result; readonly change?: ClientChange };

/**
 * Runs commands of one Sync that stand next to one another, as one batch where no large object is involved.
 * @returns the Statuses of each command, in order.
 */
export function* runChanges(
  turn: Turn,
  store: OpenStore,
  commands: readonly ItemCommand[],
  syncMeta: Meta | undefined,
): Run<StatusReply[][]> {
  const slots = commands.map((command) => slotsOf(turn, command, syncMeta));
  let batch: Slot[] = [];
  for (const slot of slots.flat()) {
    if (slot.result || !slot.change) continue;
    const continues = turn.session.incoming?.pair === store.pair && turn.session.incoming.luid === slot.change.luid;
    if (!slot.change.part && !turn.session.incoming) {
      batch.push(slot);
      continue;
    }
    yield* runBatch(store, batch);
    batch = [];
    yield* runPart(turn, store, slot, slot.change, continues);
  }
  yield* runBatch(store, batch);
  return commands.map((command, i) =>
    itemReplies(
      turn,
      command,
      command.items,
      (slots[i] ?? []).map((s) => s.result ?? { status: Status.CommandFailed }),
    ),
  );
}

function* runBatch(store: OpenStore, batch: readonly Slot[]): Run<void> {
  if (batch.length === 0) return;
  const answers = yield* perform('change', { pair: store.pair, changes: batch.flatMap((s) => (s.change ? [s.change] : [])) });
  batch.forEach((slot, i) => (slot.result = answers[i] ?? { status: Status.CommandFailed }));
}

/** One part of a large object, or a change that comes while another object is incomplete. */
function* runPart(turn: Turn, store: OpenStore, slot: Slot, change: ClientChange, continues: boolean): Run<void> {
  const { session } = turn;
  let part = change.part;
  if (session.incoming && !continues) yield* dropIncoming(turn);
  // The last part looks like a whole item; the open object tells them apart.
  if (continues && !part && change.kind !== 'Delete') {
    part = { last: true, ...positionOf(change.meta), ...(change.meta.size === undefined ? {} : { size: change.meta.size }) };
  } else if (continues && change.kind === 'Delete') {
    yield* dropIncoming(turn);
  }
  const [answer] = yield* perform('change', { pair: store.pair, changes: [{ ...change, ...(part ? { part } : {}) }] });
  slot.result = answer ?? { status: Status.CommandFailed };
  if (slot.result.status === Status.ChunkAccepted) {
    session.incoming = {
      pair: store.pair,
      luid: change.luid,
      ...(slot.item.target ? { target: slot.item.target.uri } : {}),
      ...(slot.item.source ? { source: slot.item.source.uri } : {}),
    };
  } else {
    delete session.incoming;
  }
}

function slotsOf(turn: Turn, command: ItemCommand, syncMeta: Meta | undefined): Slot[] {
  let chunked = false;
  return command.items.map((item) => {
    if (chunked) return { item, result: { status: Status.BadRequest } };
    chunked = item.moreData === true;
    return slotOf(turn, command, item, { ...syncMeta, ...command.meta, ...item.meta });
  });
}

function slotOf(turn: Turn, command: ItemCommand, item: Item, meta: Meta): Slot {
  const refuse = (status: number, detail?: string): Slot => ({ item, result: { status, ...(detail === undefined ? {} : { detail }) } });
  const id = item.source?.uri || item.target?.uri;
  // @NOTE some clients name the item in Target only.
  if (!id || (!item.source?.uri && !turn.tolerance.allows('item-in-target'))) return refuse(Status.BadRequest);
  if (Buffer.byteLength(id, 'utf8') > 255) return refuse(Status.UriTooLong);
  const base = { luid: luid(id), meta, item };
  if (command.kind === 'Delete') {
    return {
      item,
      change: { ...base, kind: 'Delete', ...(command.archive ? { archive: true } : {}), ...(command.sftDel ? { sftDel: true } : {}) },
    };
  }
  if (command.kind !== 'Add' && command.kind !== 'Replace') return refuse(Status.FeatureNotSupported, command.kind);
  if (meta.fieldLevel) return refuse(Status.FeatureNotSupported, 'FieldLevel');
  if (!item.data) return refuse(Status.IncompleteCommand, 'Data');
  if (item.data.kind !== 'content') return refuse(Status.UnsupportedMediaType, meta.type);
  const part = item.moreData ? partOf(meta) : undefined;
  if (positionOf(meta).position !== undefined) turn.session.positions = true;
  return { item, change: { ...base, kind: command.kind, content: item.data.bytes, ...(part ? { part } : {}) } };
}

function partOf(meta: Meta): Part {
  return { last: false, ...(meta.size === undefined ? {} : { size: meta.size }), ...positionOf(meta) };
}

/** `datapos=N` in EMI: where a part starts, for a sender that resumes in the middle of an object. */
function positionOf(meta: Meta): { position?: number } {
  for (const emi of meta.emi ?? []) {
    const found = /^datapos=(\d{1,10})$/.exec(emi.trim());
    if (found) return { position: Number(found[1]) };
  }
  return {};
}
