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
  | { readonly kind: 'sync'; readonly names: SyncNames; readonly numberOfChanges: number | undefined }
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
  const page = new Page(input, sizes, encoding);
  page.takeStatuses();
  if (input.suspends) {
    page.put({ ...deviceAlert(Alert.Suspend, input.header), cmdId: page.nextId });
    return page.done(true);
  }
  page.takeQueue();
  if (input.asksForMore) page.put({ ...deviceAlert(Alert.NextMessage, input.header), cmdId: page.nextId });
  return page.done(input.mayClose && input.statuses.length === 0 && input.queue.length === 0);
}

/** The message being filled. */
class Page {
  readonly #input: ComposeInput;
  readonly #sizes: Sizes;
  readonly #body: Command[] = [];
  readonly #sent = new Map<string, Outgoing>();
  /** Bytes left, and bytes of a message that holds nothing but its SyncHdr Status. */
  #room: number;
  readonly #emptyRoom: number;
  #ids = 0;
  #items = 0;
  /** Names of the Sync that is open at the end of the body. */
  #open: SyncNames | undefined;
  #chunk: Composed['chunk'];

  constructor(input: ComposeInput, sizes: Sizes, encoding: 'xml' | 'wbxml') {
    this.#input = input;
    this.#sizes = sizes;
    this.#room = input.limit - sizes.envelopeSize(input.header) - RESERVE[encoding];
    this.#emptyRoom = this.#room - HEADER_STATUS[encoding];
  }

  get nextId(): string {
    return String(this.#ids + 1);
  }

  /** Adds a command whether it fits or not. */
  put(command: Command): void {
    this.#body.push(command);
    this.#took(command);
    this.#open = undefined;
  }

  takeStatuses(): void {
    const { statuses } = this.#input;
    for (let next = statuses[0]; next; next = statuses[0]) {
      const status: StatusCommand = { ...next, cmdId: this.nextId };
      if (this.#body.length > 0 && !this.#fits(status)) return;
      this.put(status);
      statuses.shift();
    }
  }

  /** Takes commands of the package until one does not fit or goes out in part. */
  takeQueue(): void {
    const { statuses, queue } = this.#input;
    for (let next = queue[0]; next && statuses.length === 0; next = queue[0]) {
      if (!this.#take(next)) return;
      queue.shift();
    }
  }

  done(final: boolean): Composed {
    const message: Message = { header: this.#input.header, body: this.#body, final };
    return { message, sent: this.#sent, ...(this.#chunk ? { chunk: this.#chunk } : {}) };
  }

  #take(entry: Outgoing): boolean {
    switch (entry.kind) {
      case 'command': {
        const command = { ...entry.draft, cmdId: this.nextId } as Command;
        // The next message has more room only where this one holds more than Statuses.
        if (this.#body.some(({ kind }) => kind !== 'Status') && !this.#fits(command)) return false;
        this.#sent.set(command.cmdId, entry);
        this.put(command);
        return true;
      }
      case 'sync':
        return this.#openSync(entry);
      case 'item':
        if (this.#open !== entry.names && !this.#openSync({ kind: 'sync', names: entry.names, numberOfChanges: undefined })) return false;
        return this.#takeItem(entry);
    }
  }

  #openSync(entry: Extract<Outgoing, { kind: 'sync' }>): boolean {
    const command = { ...syncCommand(entry.names, entry.numberOfChanges), cmdId: this.nextId };
    if (!this.#fits(command)) return false;
    this.#sent.set(command.cmdId, entry);
    this.put(command);
    this.#open = entry.names;
    return true;
  }

  #takeItem(entry: Extract<Outgoing, { kind: 'item' }>): boolean {
    const { item } = entry;
    const rest = itemCommand(this.nextId, item, item.bytes.byteLength, item.offset > 0 ? 'last' : 'whole');
    if (this.#fits(rest)) {
      this.#putItem(rest, entry);
      return true;
    }
    const fitsAlone = this.#sizes.measure(rest) + this.#sizes.measure({ ...syncCommand(entry.names), cmdId: '1' }) <= this.#emptyRoom;
    // The next message has more room only where this one holds other items: Statuses stand in each.
    if (fitsAlone && (this.#items > 0 || !this.#input.largeObjects)) return false;
    if (!this.#input.largeObjects) throw new Error(`item ${item.luid} of ${item.bytes.byteLength} bytes fits no message`);
    const end = this.#chunkEnd(item);
    if (end === undefined) return false;
    this.#putItem(itemCommand(this.nextId, item, end, item.offset > 0 ? 'middle' : 'first'), entry);
    this.#chunk = { item, end };
    return false;
  }

  /** Adds a child to the open Sync, which is the last command of the body. */
  #putItem(command: ItemCommand, entry: Outgoing): void {
    const sync = this.#body.pop();
    if (sync?.kind !== 'Sync') throw new Error('an item outside a Sync');
    this.#body.push({ ...sync, commands: [...sync.commands, command] });
    this.#sent.set(command.cmdId, entry);
    this.#items += 1;
    this.#took(command);
  }

  /** End of the largest chunk that fits and does not cut a UTF-8 character; undefined when it would be too small. */
  #chunkEnd(item: OutgoingItem): number | undefined {
    const size = (end: number): number => this.#sizes.measure(itemCommand(this.nextId, item, end, item.offset > 0 ? 'middle' : 'first'));
    let end = Math.min(item.bytes.byteLength - 1, item.offset + this.#room);
    while (end > item.offset && size(end) > this.#room) end -= Math.max(1, Math.min(size(end) - this.#room, end - item.offset));
    while (end > item.offset && ((item.bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
    return end - item.offset < LEAST_CHUNK ? undefined : end;
  }

  #fits(command: Command): boolean {
    return this.#sizes.measure(command) <= this.#room;
  }

  #took(command: Command): void {
    this.#ids += 1;
    this.#room -= this.#sizes.measure(command);
  }
}

const syncCommand = (names: SyncNames, numberOfChanges?: number): Omit<SyncCommand, 'cmdId'> => ({
  kind: 'Sync',
  target: { uri: names.target },
  source: { uri: names.source },
  ...(numberOfChanges === undefined ? {} : { numberOfChanges }),
  commands: [],
});

/** Status of SyncHdr at its usual length: every message has one, so an object that fits beside it fits alone. */
const HEADER_STATUS = { xml: 420, wbxml: 160 } as const;

const deviceAlert = (code: number, header: SyncHdr): Draft<AlertCommand> => {
  const plain = ({ uri }: Location): Location => ({ uri });
  return { kind: 'Alert', code, items: [{ target: plain(header.target), source: plain(header.source) }] };
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
