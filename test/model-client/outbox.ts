/** Cuts what the device has to say into messages: Statuses first, then the commands of its package, as much as fits, large objects in chunks. */
import { Alert } from '../../src/model/alert.js';
import type {
  AlertCommand,
  Command,
  DistributiveOmit,
  ItemCommand,
  Location,
  Message,
  StatusCommand,
  SyncCommand,
  SyncHdr,
} from '../../src/model/message.js';

/** What a codec tells about sizes; bytes. */
export interface Sizes {
  measure(command: Command): number;
  envelopeSize(header: SyncHdr): number;
}

export type Draft<C extends Command> = DistributiveOmit<C, 'cmdId'>;

/** Both names of a store, as they stand in Sync. */
export interface SyncNames {
  readonly target: string;
  readonly source: string;
}

/** An item on its way to the server. `offset`: bytes of it that are acknowledged. */
export interface OutgoingItem {
  readonly kind: 'Add' | 'Replace' | 'Delete';
  readonly luid: string;
  readonly edit: number;
  readonly type: string;
  readonly bytes: Uint8Array;
  offset: number;
}

export type Outgoing =
  | { readonly kind: 'command'; readonly draft: Draft<Command> }
  /** Opens a Sync; stays empty when no item of these names follows. */
  | { readonly kind: 'sync'; readonly names: SyncNames; readonly numberOfChanges: number }
  | { readonly kind: 'item'; readonly names: SyncNames; readonly item: OutgoingItem };

export interface Composed {
  readonly message: Message;
  /** What each CmdID of the message stands for. */
  readonly sent: ReadonlyMap<string, Outgoing>;
  /** Bytes of the object that goes on in the next message, and where this message's part ends. */
  readonly chunk?: { readonly item: OutgoingItem; readonly end: number };
}

export interface ComposeInput {
  readonly header: SyncHdr;
  /** Shortened by what was taken. */
  readonly statuses: Draft<StatusCommand>[];
  /** Shortened by what was taken. */
  readonly queue: Outgoing[];
  /** Bytes of the whole message. */
  readonly limit: number;
  readonly largeObjects: boolean;
  /** The client's package may be closed with this message when everything fits. */
  readonly mayClose: boolean;
  /** Add Alert 222: the server's package is not complete. */
  readonly asksForMore: boolean;
  /** Add Alert 224 and close, whatever is left. */
  readonly suspends: boolean;
}

/** Room for Alert 222 or 224, Final and the code page switches an estimate cannot see. */
const RESERVE = { xml: 420, wbxml: 140 } as const;
/** A chunk below this is not worth a message of its own. */
const LEAST_CHUNK = 64;

export function compose(input: ComposeInput, sizes: Sizes, encoding: 'xml' | 'wbxml'): Composed {
  const { header, statuses, queue } = input;
  const body: Command[] = [];
  const sent = new Map<string, Outgoing>();
  const whole = input.limit - sizes.envelopeSize(header) - RESERVE[encoding];
  let room = whole;
  let ids = 0;
  let open: { readonly names: SyncNames; readonly at: number } | undefined;
  let chunk: Composed['chunk'];

  const nextId = (): string => String(ids + 1);
  const fits = (size: number): boolean => size <= room;
  const took = (size: number): void => {
    ids += 1;
    room -= size;
  };
  const put = (command: Command): void => {
    const size = sizes.measure(command);
    body.push(command);
    took(size);
  };
  const openSync = (names: SyncNames, numberOfChanges?: number): boolean => {
    const command: SyncCommand = {
      kind: 'Sync',
      cmdId: nextId(),
      target: { uri: names.target },
      source: { uri: names.source },
      ...(numberOfChanges === undefined ? {} : { numberOfChanges }),
      commands: [],
    };
    const size = sizes.measure(command);
    if (!fits(size)) return false;
    body.push(command);
    took(size);
    open = { names, at: body.length - 1 };
    return true;
  };
  const putItem = (command: ItemCommand): void => {
    const sync = open ? body[open.at] : undefined;
    if (!open || sync?.kind !== 'Sync') throw new Error('an item outside a Sync');
    body[open.at] = { ...sync, commands: [...sync.commands, command] };
    took(sizes.measure(command));
  };

  while (statuses[0]) {
    const status: StatusCommand = { ...statuses[0], cmdId: nextId() };
    if (body.length > 0 && !fits(sizes.measure(status))) break;
    put(status);
    statuses.shift();
  }
  if (input.suspends) {
    put(deviceAlert(Alert.Suspend, nextId(), header));
    return { message: { header, body, final: true }, sent };
  }
  while (statuses.length === 0 && queue[0]) {
    const [entry] = queue;
    if (entry.kind === 'command') {
      const command = { ...entry.draft, cmdId: nextId() } as Command;
      if (body.length > 1 && !fits(sizes.measure(command))) break;
      sent.set(command.cmdId, entry);
      put(command);
      open = undefined;
    } else if (entry.kind === 'sync') {
      const cmdId = nextId();
      if (!openSync(entry.names, entry.numberOfChanges)) break;
      sent.set(cmdId, entry);
    } else {
      const before = ids;
      if (open?.names !== entry.names && !openSync(entry.names)) break;
      if (ids > before) sent.set(String(ids), { kind: 'sync', names: entry.names, numberOfChanges: 0 });
      const { item } = entry;
      const rest = itemCommand(nextId(), item, item.bytes.byteLength, item.offset > 0 ? 'last' : 'whole');
      if (fits(sizes.measure(rest))) {
        sent.set(rest.cmdId, entry);
        putItem(rest);
      } else {
        const empty =
          whole -
          sizes.measure({
            kind: 'Sync',
            cmdId: '1',
            target: { uri: entry.names.target },
            source: { uri: entry.names.source },
            commands: [],
          });
        const fitsAlone = item.offset === 0 && sizes.measure(rest) + HEADER_STATUS[encoding] <= empty;
        const end = fitsAlone || !input.largeObjects ? undefined : chunkEnd(item, room, sizes, nextId());
        if (end === undefined) {
          if (!fitsAlone && !input.largeObjects) throw new Error(`item ${item.luid} of ${item.bytes.byteLength} bytes fits no message`);
          break;
        }
        const part = itemCommand(nextId(), item, end, item.offset > 0 ? 'middle' : 'first');
        sent.set(part.cmdId, entry);
        putItem(part);
        chunk = { item, end };
        break;
      }
    }
    queue.shift();
  }
  const complete = statuses.length === 0 && queue.length === 0;
  if (input.asksForMore) put(deviceAlert(Alert.NextMessage, nextId(), header));
  return { message: { header, body, final: complete && input.mayClose }, sent, ...(chunk ? { chunk } : {}) };
}

/** Status of SyncHdr at its usual length: every message has one, so an object that fits beside it fits alone. */
const HEADER_STATUS = { xml: 420, wbxml: 160 } as const;

const deviceAlert = (code: number, cmdId: string, header: SyncHdr): AlertCommand => {
  const plain = ({ uri }: Location): Location => ({ uri });
  return { kind: 'Alert', cmdId, code, items: [{ target: plain(header.target), source: plain(header.source) }] };
};

type Part = 'whole' | 'first' | 'middle' | 'last';

function itemCommand(cmdId: string, item: OutgoingItem, end: number, part: Part): ItemCommand {
  const source = { uri: item.luid };
  if (item.kind === 'Delete') return { kind: 'Delete', cmdId, items: [{ source }] };
  return {
    kind: item.kind,
    cmdId,
    meta: { type: item.type, ...(part === 'first' ? { size: item.bytes.byteLength } : {}) },
    items: [
      {
        source,
        data: { kind: 'content', bytes: item.bytes.subarray(item.offset, end) },
        ...(part === 'first' || part === 'middle' ? { moreData: true } : {}),
      },
    ],
  };
}

/** End of the largest chunk that fits into `room` and does not cut a UTF-8 character; undefined when it would be too small. */
function chunkEnd(item: OutgoingItem, room: number, sizes: Sizes, cmdId: string): number | undefined {
  const size = (end: number): number => sizes.measure(itemCommand(cmdId, item, end, item.offset > 0 ? 'middle' : 'first'));
  let end = Math.min(item.bytes.byteLength - 1, item.offset + room);
  while (end > item.offset && size(end) > room) end -= Math.max(1, Math.min(size(end) - room, end - item.offset));
  while (end > item.offset && ((item.bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return end - item.offset < LEAST_CHUNK ? undefined : end;
}
