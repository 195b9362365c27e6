/**
 * Plays a recorded device against another server than it was recorded with. What the device said stays as it was; changed is only what
 * depends on the other side: addresses, digests over nonces, answers to the server's commands, the server's item ids, anchors.
 */
import { md5Digest, passwordVerifier } from '../src/accounts/digest.js';
import type { AlertCommand, Command, Item, MapCommand, Message, StatusCommand } from '../src/model/message.js';
import { Status } from '../src/model/status.js';

/** What the device remembers from one message to the next, and from one session to the next. */
export interface Memory {
  readonly url: string;
  /** Base64. */
  nonce: string;
  /** Its Next of the last sync that ended well. */
  anchor: string | undefined;
  /** Where the session goes on. */
  respUri: string | undefined;
  /** The server's last answer in this session. */
  answer: Message | undefined;
}

export const newMemory = (url: string): Memory => ({ url, nonce: '', anchor: undefined, respUri: undefined, answer: undefined });

/** To be called between sessions: addresses and answers belong to one session. */
export function beginSession(memory: Memory): void {
  memory.respUri = undefined;
  memory.answer = undefined;
}

export function remember(memory: Memory, answer: Message): void {
  memory.answer = answer;
  memory.respUri = answer.header.respUri ?? memory.respUri;
  for (const command of answer.body) {
    const nonce = command.kind === 'Status' ? command.chal?.nextNonce : undefined;
    if (nonce !== undefined) memory.nonce = nonce;
  }
}

/** The recorded message as this server must see it. */
export function adapt(recorded: Message, memory: Memory, password: string): Message {
  const { cred, ...rest } = recorded.header;
  const digest = md5Digest(passwordVerifier(rest.source.name ?? '', password), Buffer.from(memory.nonce, 'base64')).toString('base64');
  const target = { ...rest.target, uri: memory.respUri ?? memory.url };
  const own = recorded.body
    .filter((command) => command.kind !== 'Status' && (command.kind !== 'Results' || wanted(memory.answer)))
    .map((command) => adaptCommand(command, memory));
  const body = renumber([...statusesFor(memory.answer, recorded), ...own]);
  return { ...recorded, header: { ...rest, target, ...(cred === undefined ? {} : { cred: { ...cred, data: digest } }) }, body };
}

const wanted = (answer: Message | undefined): boolean => answer?.body.some((command) => command.kind === 'Get') === true;

function adaptCommand(command: Command, memory: Memory): Command {
  if (command.kind === 'Alert') return withAnchor(command, memory);
  if (command.kind === 'Map') return withGuids(command, memory);
  if (command.kind === 'Results') return { ...command, cmdRef: memory.answer?.body.find((other) => other.kind === 'Get')?.cmdId ?? '' };
  return command;
}

/** Last is the Next of the sync this server has seen. */
function withAnchor(alert: AlertCommand, memory: Memory): AlertCommand {
  const items = alert.items.map((item): Item => {
    const next = item.meta?.anchor?.next;
    const last = memory.anchor;
    memory.anchor = next;
    return {
      ...item,
      meta: { ...item.meta, anchor: { ...(last === undefined ? {} : { last }), ...(next === undefined ? {} : { next }) } },
    };
  });
  return { ...alert, items };
}

/** The n-th item this server has added gets the LUID the n-th one got in the recording. */
function withGuids(map: MapCommand, memory: Memory): MapCommand {
  const added = itemsOf(memory.answer).filter(({ command }) => command.kind === 'Add');
  const items = map.items.flatMap((pair, at) => {
    const uri = added[at]?.item.source?.uri;
    return uri === undefined ? [] : [{ ...pair, target: { ...pair.target, uri } }];
  });
  return { ...map, items };
}

function itemsOf(message: Message | undefined): { command: Command; item: Item }[] {
  const walk = (commands: readonly Command[]): { command: Command; item: Item }[] =>
    commands.flatMap((command) => {
      if (command.kind === 'Sync' || command.kind === 'Atomic' || command.kind === 'Sequence') return walk(command.commands);
      return command.kind === 'Add' || command.kind === 'Replace' || command.kind === 'Delete'
        ? command.items.map((item) => ({ command, item }))
        : [];
    });
  return walk(message?.body ?? []);
}

/** One Status for each command of the server's answer, as the device would give. */
function statusesFor(answer: Message | undefined, recorded: Message): StatusCommand[] {
  if (answer === undefined) return [];
  const msgRef = answer.header.msgId;
  const one = (cmdRef: string, cmd: string, code: number, more: Partial<StatusCommand> = {}): StatusCommand => ({
    kind: 'Status',
    cmdId: '',
    msgRef,
    cmdRef,
    cmd,
    targetRefs: [],
    sourceRefs: [],
    items: [],
    code,
    ...more,
  });
  const of = (command: Command): StatusCommand[] => {
    switch (command.kind) {
      case 'Sync':
        return [one(command.cmdId, 'Sync', Status.Ok), ...command.commands.flatMap(of)];
      case 'Alert': {
        const next = command.items[0]?.meta?.anchor?.next;
        const item: Item = { data: { kind: 'anchor', anchor: next === undefined ? {} : { next } } };
        return [one(command.cmdId, 'Alert', Status.Ok, { items: next === undefined ? [] : [item] })];
      }
      case 'Add':
        return [one(command.cmdId, 'Add', Status.ItemAdded, refs(command.items[0]))];
      case 'Status':
        return [];
      default:
        return [one(command.cmdId, command.kind, Status.Ok, 'items' in command && command.kind !== 'Map' ? refs(command.items[0]) : {})];
    }
  };
  const header = one('0', 'SyncHdr', Status.Ok, { targetRefs: [recorded.header.source.uri], sourceRefs: [answer.header.source.uri] });
  return [header, ...answer.body.flatMap(of)];
}

const refs = (item: Item | undefined): Partial<StatusCommand> => ({
  targetRefs: item?.target === undefined ? [] : [item.target.uri],
  sourceRefs: item?.source === undefined ? [] : [item.source.uri],
});

function renumber(commands: readonly Command[]): Command[] {
  let last = 0;
  const number = (command: Command): Command => {
    const cmdId = String((last += 1));
    if (command.kind === 'Sync' || command.kind === 'Atomic' || command.kind === 'Sequence')
      return { ...command, cmdId, commands: command.commands.map(number) };
    return { ...command, cmdId };
  };
  return commands.map(number);
}
