/** One message's run: the session being changed, the message, and how replies to it are made. */
import type { Answer, Effect, EffectKind, Effects } from '../model/effects.js';
import type { Command, DistributiveOmit, Item, Message, Meta, StatusCommand } from '../model/message.js';
import { sameUri, storeName } from '../model/datastore.js';
import type { Tolerance } from '../model/leniency.js';
import { Status } from '../model/status.js';
import type { Facts } from './facts.js';
import type { OpenStore, Session, Waiting } from './session.js';

export type StatusReply = DistributiveOmit<StatusCommand, 'cmdId'>;
export type Run<T> = Generator<Effect, T, unknown>;

export interface Turn {
  /** A copy of the stored session that this run may change. */
  readonly session: Session;
  readonly message: Message;
  readonly facts: Facts;
  /** The client wants our credentials before it goes on. */
  challenged: boolean;
  /** The client is still initializing: our header tells what we can take. */
  readonly opening: boolean;
  /** Set by Alert 224 or a fatal status: later commands of the message get 514. */
  stopped: boolean;
  readonly tolerance: Tolerance;
  /** Commands without a CmdID of their own: 400, and they are not carried out. */
  readonly misnumbered: ReadonlySet<Command>;
}

/** Replies depend on the message alone. */
export type Answering = Pick<Turn, 'message'>;

/** Yields one effect; the driver feeds back its answer. */
export function* perform<K extends EffectKind>(kind: K, ask: Effects[K]['ask']): Run<Answer<K>> {
  return (yield { kind, ...ask } as unknown as Effect) as Answer<K>;
}

interface ReplyOptions {
  readonly target?: string | undefined;
  readonly source?: string | undefined;
  readonly items?: readonly Item[];
  readonly chal?: Meta;
}

/** The Status of a command; none where NoResp asks for none. [Representation Protocol, "Status"] */
export function reply(turn: Answering, command: Command, code: number, options: ReplyOptions = {}): StatusReply[] {
  if (turn.message.header.noResp || ('noResp' in command && command.noResp)) return [];
  return [status(turn.message, command.cmdId, command.kind === 'Unknown' ? command.name : command.kind, code, options)];
}

export function status(message: Message, cmdRef: string, cmd: string, code: number, options: ReplyOptions = {}): StatusReply {
  return {
    kind: 'Status',
    msgRef: message.header.msgId,
    cmdRef,
    cmd,
    targetRefs: options.target ? [options.target] : [],
    sourceRefs: options.source ? [options.source] : [],
    code,
    items: options.items ?? [],
    ...(options.chal ? { chal: options.chal } : {}),
  };
}

/** Status of the SyncHdr: always the first of its message. */
export function headerStatus(message: Message, code: number, chal?: Meta, items: readonly Item[] = []): StatusReply {
  const { target, source } = message.header;
  return status(message, '0', 'SyncHdr', code, { target: target.uri, source: source.uri, items, ...(chal ? { chal } : {}) });
}

/**
 * Statuses of a command with Items: one for all without references when they share it, else one an Item.
 * A single Item always gets its references. [Representation Protocol, "Status"]
 */
export function itemReplies(
  turn: Answering,
  command: Command,
  items: readonly Item[],
  results: readonly { readonly status: number; readonly detail?: string }[],
): StatusReply[] {
  const first = results[0];
  if (!first) return reply(turn, command, Status.BadRequest);
  const same = results.every((r) => r.status === first.status && r.detail === undefined);
  if (items.length > 1 && same) return reply(turn, command, first.status);
  return items.flatMap((item, i) => {
    const result = results[i] ?? first;
    return reply(turn, command, result.status, {
      target: item.target?.uri,
      source: item.source?.uri,
      ...(result.detail === undefined ? {} : { items: [textItem(result.detail)] }),
    });
  });
}

export const textItem = (text: string): Item => ({ data: { kind: 'content', bytes: Buffer.from(text, 'utf8') } });

/** Replies that refuse a command and all its children with one code. */
export function refuseAll(turn: Answering, command: Command, code: number): StatusReply[] {
  if (command.kind === 'Status') return [];
  const own = command.kind !== 'Map' && 'items' in command && command.items.length === 1 ? refsOf(command) : addressOf(command);
  const children = 'commands' in command ? command.commands.flatMap((child) => refuseAll(turn, child, code)) : [];
  return [...reply(turn, command, code, own), ...children];
}

function refsOf(command: Extract<Command, { items: readonly unknown[] }>): ReplyOptions {
  const item = command.items[0] as Partial<Item> | undefined;
  return { target: item?.target?.uri, source: item?.source?.uri };
}

function addressOf(command: Command): ReplyOptions {
  return command.kind === 'Sync' || command.kind === 'Map' ? { target: command.target?.uri, source: command.source?.uri } : {};
}

export function queue(turn: Turn, waiting: Waiting): void {
  turn.session.waiting.push(waiting);
}

export const sameStoreName = (a: string, b: string): boolean => a === b || storeName(a) === storeName(b);

/** The store of this session that a command's Target and Source name. An empty Target is left to the Source. */
export function findStore({ session, tolerance }: Turn, target: string | undefined, source: string | undefined): OpenStore | undefined {
  const live = [...session.stores].reverse();
  const exact = live.find(
    (s) => (target ? sameUri(s.serverUri, target) : source !== undefined) && (source === undefined || sameUri(s.clientUri, source)),
  );
  if (exact) return exact;
  const alike =
    live.find((s) => target !== undefined && sameStoreName(s.serverUri, target)) ??
    live.find((s) => !target && source !== undefined && sameStoreName(s.clientUri, source)) ??
    live.find((s) => target !== undefined && storeName(target) === s.datastore);
  return alike && tolerance.allows('sync-names') ? alike : undefined;
}

export const isOpen = (store: OpenStore): boolean => store.state === 'open';
