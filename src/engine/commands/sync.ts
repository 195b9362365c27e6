/** Sync and the containers inside it. [Sync Protocol 1.1, "Sync Package"; Representation Protocol, "Atomic", "Sequence"] */
import { clientSends } from '../../model/alert.js';
import type { Command, GroupCommand, ItemCommand, Meta, SyncCommand } from '../../model/message.js';
import { isSuccess, Status } from '../../model/status.js';
import type { OpenStore } from '../session.js';
import { findStore, perform, refuseAll, reply, textItem, type Run, type StatusReply, type Turn } from '../turn.js';
import { runChanges } from './changes.js';

export function* runSync(turn: Turn, sync: SyncCommand): Run<StatusReply[]> {
  const refs = { target: sync.target?.uri, source: sync.source?.uri };
  const store = findStore(turn, sync.target?.uri, sync.source?.uri);
  if (!store) return refuseSync(turn, sync, Status.Forbidden);
  if (store.state !== 'open') return refuseSync(turn, sync, store.state === 'refused' ? Status.Forbidden : Status.OperationCancelledEarly);
  // A repeat of a store whose changes were complete in the session that is resumed brings what was not acknowledged.
  if (store.received && !store.resumed) return refuseSync(turn, sync, Status.Forbidden);
  store.syncSeen = true;
  noteMemory(turn, store, sync.meta);
  const own = reply(turn, sync, Status.Ok, refs);
  if (!clientSends(store.type)) return [...own, ...sync.commands.flatMap((child) => refuseAll(turn, child, Status.Forbidden))];
  return [...own, ...(yield* runChildren(turn, store, sync.commands, sync.meta))];
}

function refuseSync(turn: Turn, sync: SyncCommand, code: number): StatusReply[] {
  return refuseAll(turn, sync, code);
}

function noteMemory(turn: Turn, store: OpenStore, meta: Meta | undefined): void {
  if (meta?.maxObjSize !== undefined) {
    turn.session.clientMaxObjSize = meta.maxObjSize;
    turn.session.largeObjects = true;
  }
  if (meta?.mem?.freeId !== undefined) store.freeIds = meta.mem.freeId;
  if (meta?.mem?.freeMem !== undefined) store.freeBytes = meta.mem.freeMem;
}

const isChange = (command: Command): command is ItemCommand =>
  command.kind === 'Add' || command.kind === 'Replace' || command.kind === 'Delete';

/** Children in order; neighbouring changes share one effect. */
function* runChildren(turn: Turn, store: OpenStore, commands: readonly Command[], meta: Meta | undefined): Run<StatusReply[]> {
  const replies: StatusReply[] = [];
  let run: ItemCommand[] = [];
  const flush = function* (): Run<void> {
    if (run.length > 0) replies.push(...(yield* runChanges(turn, store, run, meta)).flat());
    run = [];
  };
  for (const command of commands) {
    if (isChange(command) && !turn.misnumbered.has(command)) {
      run.push(command);
      continue;
    }
    yield* flush();
    replies.push(
      ...(turn.misnumbered.has(command) ? refuseAll(turn, command, Status.BadRequest) : yield* runChild(turn, store, command, meta)),
    );
  }
  yield* flush();
  return replies;
}

function* runChild(turn: Turn, store: OpenStore, command: Command, meta: Meta | undefined): Run<StatusReply[]> {
  switch (command.kind) {
    case 'Atomic':
      return yield* runAtomic(turn, store, command, meta);
    case 'Sequence':
      return [...reply(turn, command, Status.Ok), ...(yield* runChildren(turn, store, command.commands, { ...meta, ...command.meta }))];
    case 'Copy':
    case 'Move':
      return refuseAll(turn, command, Status.CommandNotImplemented);
    case 'Unknown':
      return reply(turn, command, Status.CommandNotImplemented, { items: [textItem(command.name)] });
    case 'Status':
      return [];
    default:
      // Alert, Get, Map … have no place in a Sync.
      return refuseAll(turn, command, Status.CommandNotAllowed);
  }
}

/**
 * All children or none: they run under a savepoint. The first failure undoes those before it (216); those behind it are not tried (215).
 */
function* runAtomic(turn: Turn, store: OpenStore, atomic: GroupCommand, meta: Meta | undefined): Run<StatusReply[]> {
  const done: StatusReply[][] = [];
  let failed = false;
  yield* perform('atomic', {
    body: function* () {
      for (const child of atomic.commands) {
        if (failed) {
          done.push(refuseAll(turn, child, Status.NotExecuted));
          continue;
        }
        const replies = holdsPart(child)
          ? refuseAll(turn, child, Status.FeatureNotSupported)
          : yield* runChildren(turn, store, [child], { ...meta, ...atomic.meta });
        failed = replies.some((r) => !isSuccess(r.code));
        if (failed) done.forEach((earlier, i) => (done[i] = earlier.map((r) => ({ ...r, code: Status.AtomicRollBackOk, items: [] }))));
        done.push(replies);
      }
      return { keep: !failed };
    },
  });
  return [...reply(turn, atomic, failed ? Status.AtomicFailed : Status.Ok), ...done.flat()];
}

/** A large object cannot be all or nothing within one message. */
const holdsPart = (command: Command): boolean => isChange(command) && command.items.some((item) => item.moreData);
