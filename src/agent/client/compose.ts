/** Cuts what the device has to say into messages: Statuses first, then its package, as much as fits; large objects in parts. [DS 1.2, "Large Objects"] */
import { Alert } from '../../model/alert.js';
import type {
  AlertCommand,
  Command,
  DistributiveOmit,
  ItemCommand,
  Message,
  Meta,
  StatusCommand,
  SyncCommand,
  SyncHdr,
} from '../../model/message.js';
import type { MessageEncoder } from '../../wire/encode.js';
import type { Content } from './content.js';

export type Draft<C extends Command> = DistributiveOmit<C, 'cmdId'>;

/** An item on its way to the server. */
export interface OutgoingItem {
  readonly kind: 'Add' | 'Replace' | 'Delete';
  readonly uri: string;
  readonly type?: string;
  /** Absent for Delete. */
  readonly content?: Content;
  /** Bytes of it that the server acknowledged. */
  offset: number;
}

export interface SyncNames {
  readonly target: string;
  readonly source: string;
}

export type Outgoing =
  | { readonly kind: 'command'; readonly draft: Draft<Command> }
  /** Opens the Sync; it stays empty when no item follows. */
  | { readonly kind: 'sync'; readonly changes: number }
  | { readonly kind: 'item'; readonly item: OutgoingItem };

export interface Composed {
  readonly message: Message;
  /** What each CmdID stands for. */
  readonly sent: ReadonlyMap<string, Outgoing>;
  /** The object that goes on in the next message, and where this message's part of it ends. */
  readonly part?: { readonly item: OutgoingItem; readonly end: number };
}

export interface ComposeInput {
  readonly header: SyncHdr;
  readonly names: SyncNames;
  /** Shortened by what was taken. */
  readonly statuses: Draft<StatusCommand>[];
  /** Shortened by what was taken. */
  readonly queue: Outgoing[];
  /** Bytes of the whole message. */
  readonly limit: number;
  readonly mayClose: boolean;
  /** Add Alert 222. */
  readonly asksForMore: boolean;
  /** Add Alert 224 and close, whatever is left. */
  readonly suspends: boolean;
}

/** Room for Alert 222, Final and what lengths and page switches add to an estimate. */
const RESERVE = 600;
/** A part below this is not worth a message of its own. */
const LEAST_PART = 256;

export function compose(input: ComposeInput, encoder: MessageEncoder): Composed {
  const page = new Page(input, encoder);
  page.takeStatuses();
  if (input.suspends) {
    page.put(deviceAlert(Alert.Suspend, input.header));
    return page.done(true);
  }
  page.takeQueue();
  if (input.asksForMore) page.put(deviceAlert(Alert.NextMessage, input.header));
  return page.done(input.mayClose && input.statuses.length === 0 && input.queue.length === 0);
}

/** The message being filled. */
class Page {
  readonly #input: ComposeInput;
  readonly #encoder: MessageEncoder;
  readonly #body: Command[] = [];
  readonly #sent = new Map<string, Outgoing>();
  #room: number;
  #ids = 0;
  /** The Sync that holds this message's items; the last command of the body. */
  #sync: SyncCommand | undefined;
  #part: Composed['part'];

  constructor(input: ComposeInput, encoder: MessageEncoder) {
    this.#input = input;
    this.#encoder = encoder;
    this.#room = input.limit - encoder.envelopeSize(input.header) - RESERVE;
  }

  put(draft: Draft<Command>): Command {
    const command = { ...draft, cmdId: this.#nextId() } as Command;
    this.#room -= this.#encoder.measure(command);
    this.#body.push(command);
    return command;
  }

  takeStatuses(): void {
    const { statuses } = this.#input;
    for (let next = statuses[0]; next; next = statuses[0]) {
      if (this.#body.length > 0 && !this.#fits(next)) return;
      this.put(next);
      statuses.shift();
    }
  }

  takeQueue(): void {
    const { statuses, queue } = this.#input;
    for (let next = queue[0]; next && statuses.length === 0; next = queue[0]) {
      if (!this.#take(next)) return;
      queue.shift();
    }
  }

  done(final: boolean): Composed {
    const message: Message = { header: this.#input.header, body: this.#body, final };
    return { message, sent: this.#sent, ...(this.#part ? { part: this.#part } : {}) };
  }

  #nextId(): string {
    this.#ids += 1;
    return String(this.#ids);
  }

  #fits(draft: Draft<Command>): boolean {
    return this.#encoder.measure({ ...draft, cmdId: String(this.#ids + 1) }) <= this.#room;
  }

  #take(entry: Outgoing): boolean {
    if (entry.kind === 'item') return this.#takeItem(entry);
    const draft = entry.kind === 'command' ? entry.draft : syncDraft(this.#input.names, entry.changes);
    if (this.#body.length > 1 && !this.#fits(draft)) return false;
    const command = this.put(draft);
    if (command.kind === 'Sync') this.#sync = command;
    this.#sent.set(command.cmdId, entry);
    return true;
  }

  #takeItem(entry: Extract<Outgoing, { kind: 'item' }>): boolean {
    if (!this.#sync) {
      const sync = this.put(syncDraft(this.#input.names));
      if (sync.kind === 'Sync') this.#sync = sync;
    }
    const { item } = entry;
    const rest = (item.content?.size ?? 0) - item.offset;
    // Content is not encoded to see whether it fits: it is longer than itself in no encoding of ours, but for XML's escapes.
    if (rest <= this.#room) {
      const whole = itemDraft(item, rest, item.offset > 0 ? 'last' : 'whole');
      if (this.#fits(whole)) {
        this.#putItem(whole, entry);
        return true;
      }
    }
    const part = item.offset > 0 ? 'middle' : 'first';
    const overhead = this.#encoder.measure({ ...itemDraft(item, 0, part), cmdId: String(this.#ids + 1) }) + 16;
    const unit = item.content?.unit ?? 1;
    const length = Math.floor(Math.min(this.#room - overhead, rest - 1) / unit) * unit;
    // Text in XML may be escaped to more than its length; such a part goes alone in the next message.
    if (length < LEAST_PART) return false;
    let size = length;
    let draft = itemDraft(item, size, part);
    while (size > unit && !this.#fits(draft)) {
      size = Math.floor(size / 2 / unit) * unit;
      draft = itemDraft(item, size, part);
    }
    this.#putItem(draft, entry);
    this.#part = { item, end: item.offset + size };
    return false;
  }

  /** Adds a child to the Sync, which is the last command of the body. */
  #putItem(draft: Draft<ItemCommand>, entry: Outgoing): void {
    const command = { ...draft, cmdId: this.#nextId() } as ItemCommand;
    this.#room -= this.#encoder.measure(command);
    const sync = this.#body.pop();
    if (sync?.kind !== 'Sync') throw new Error('an item outside a Sync');
    this.#body.push({ ...sync, commands: [...sync.commands, command] });
    this.#sent.set(command.cmdId, entry);
  }
}

const syncDraft = (names: SyncNames, changes?: number): Draft<SyncCommand> => ({
  kind: 'Sync',
  target: { uri: names.target },
  source: { uri: names.source },
  ...(changes === undefined ? {} : { numberOfChanges: changes }),
  commands: [],
});

const deviceAlert = (code: number, header: SyncHdr): Draft<AlertCommand> => ({
  kind: 'Alert',
  code,
  items: [{ target: { uri: header.target.uri }, source: { uri: header.source.uri } }],
});

type Part = 'whole' | 'first' | 'middle' | 'last';

function itemDraft(item: OutgoingItem, length: number, part: Part): Draft<ItemCommand> {
  const source = { uri: item.uri };
  if (!item.content) return { kind: item.kind, items: [{ source }] };
  const meta: Meta = {
    ...(item.content.format ? { format: item.content.format } : {}),
    ...(item.type === undefined ? {} : { type: item.type }),
    ...(part === 'first' ? { size: item.content.size } : {}),
    // Says where the part belongs, so that one that comes twice does no harm.
    ...(part === 'middle' || part === 'last' ? { emi: [`datapos=${item.offset}`] } : {}),
  };
  const data = { kind: 'content', bytes: item.content.read(item.offset, length) } as const;
  const moreData = part === 'first' || part === 'middle';
  return { kind: item.kind, meta, items: [{ source, data, ...(moreData ? { moreData } : {}) }] };
}
