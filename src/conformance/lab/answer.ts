/** A server's message as a case looks at it. */
import type {
  AlertCommand,
  Command,
  Item,
  ItemCommand,
  Message,
  ResultsCommand,
  StatusCommand,
  SyncCommand,
  SyncHdr,
} from '../../model/message.js';
import type { Draft } from './drafts.js';
import type { ExchangeTrace, HttpResponse } from './trace.js';
import { treeOf, type Element } from './tree.js';

/** Every command, those inside Sync, Atomic and Sequence included, in document order. */
export const everyCommand = (commands: readonly Command[]): readonly Command[] =>
  commands.flatMap((command) => [command, ...('commands' in command ? everyCommand(command.commands) : [])]);

const isStatus = (command: Command): command is StatusCommand => command.kind === 'Status';

/** Data of an Item as text; '' where it has none, or markup. */
export const textOfItem = (item: Item | undefined): string =>
  item?.data?.kind === 'content' ? Buffer.from(item.data.bytes).toString('utf8') : '';

export const textOf = (command: ItemCommand): string => textOfItem(command.items[0]);

export class Answer {
  readonly trace: ExchangeTrace;
  readonly request: Message;
  readonly http: HttpResponse;
  readonly message: Message;
  readonly #ids: ReadonlyMap<Draft, string>;

  constructor(trace: ExchangeTrace, request: Message, http: HttpResponse, message: Message, ids: ReadonlyMap<Draft, string>) {
    this.trace = trace;
    this.request = request;
    this.http = http;
    this.message = message;
    this.#ids = ids;
  }

  get header(): SyncHdr {
    return this.message.header;
  }

  get final(): boolean {
    return this.message.final;
  }

  /** Bytes of the message. */
  get size(): number {
    return this.http.body.byteLength;
  }

  get statuses(): readonly StatusCommand[] {
    return this.message.body.filter(isStatus);
  }

  /** The Status of the request's SyncHdr. */
  get headerStatus(): StatusCommand | undefined {
    return this.statuses.find(({ cmdRef, msgRef }) => cmdRef === '0' && msgRef === this.request.header.msgId);
  }

  get headerCode(): number | undefined {
    return this.headerStatus?.code;
  }

  /** CmdID that a command of the request was given; undefined when it was not in it. */
  idOf(draft: Draft): string | undefined {
    return this.#ids.get(draft);
  }

  /** Statuses in this message for a command of its request. */
  statusesFor(draft: Draft): readonly StatusCommand[] {
    const id = this.idOf(draft);
    return this.statuses.filter(({ cmdRef, msgRef }) => cmdRef === id && msgRef === this.request.header.msgId);
  }

  codesFor(draft: Draft): readonly number[] {
    return this.statusesFor(draft).map(({ code }) => code);
  }

  /** Code of the first Status for this command; undefined when there is none. */
  codeFor(draft: Draft): number | undefined {
    return this.codesFor(draft)[0];
  }

  alerts(code?: number): readonly AlertCommand[] {
    return this.message.body.filter((c): c is AlertCommand => c.kind === 'Alert' && (code === undefined || c.code === code));
  }

  get syncs(): readonly SyncCommand[] {
    return this.message.body.filter((c): c is SyncCommand => c.kind === 'Sync');
  }

  get results(): readonly ResultsCommand[] {
    return this.message.body.filter((c): c is ResultsCommand => c.kind === 'Results');
  }

  /** Changes the server sends, of one kind or all. */
  changes(kind?: ItemCommand['kind']): readonly ItemCommand[] {
    return everyCommand(this.syncs).filter((c): c is ItemCommand => isChange(c) && (kind === undefined || c.kind === kind));
  }

  /** The message as elements. */
  tree(): Element {
    if (!this.trace.responseEncoding) throw new Error('no encoding');
    return treeOf(this.http.body, this.trace.responseEncoding);
  }

  /** In a line: `SyncHdr 212, Alert 508, Alert 201, Final`. */
  get summary(): string {
    return summaryOf(this.message);
  }
}

const isChange = (command: Command): command is ItemCommand =>
  command.kind === 'Add' || command.kind === 'Replace' || command.kind === 'Delete' || command.kind === 'Copy' || command.kind === 'Move';

/** What a message holds, in a line. Statuses are `command code`. */
export function summaryOf({ body, final }: Message): string {
  const words = (commands: readonly Command[]): string[] =>
    commands.map((command) => {
      if (command.kind === 'Status') return `${command.cmd} ${command.code}`;
      if (command.kind === 'Alert') return `Alert ${command.code ?? 'without a code'}`;
      if ('commands' in command) return `${command.kind} (${words(command.commands).join(', ')})`;
      return command.kind === 'Unknown' ? command.name : command.kind;
    });
  return [...words(body), ...(final ? ['Final'] : [])].join(', ') || 'nothing';
}
