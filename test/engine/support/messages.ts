/** Client messages in few words. CmdIDs are given in the order of the document, unless a command brings its own. */
import type {
  Command,
  DistributiveOmit,
  Item,
  ItemCommand,
  MapCommand,
  Message,
  Meta,
  PutGetCommand,
  StatusCommand,
  SyncCommand,
  SyncHdr,
  SyncmlVersion,
} from '../../../src/model/message.js';

export const SERVER = 'http://sync.example/sync';
export const DEVICE = 'IMEI:350000000000011';

/** A command without its CmdID; `commands` of containers likewise. */
export type Draft = DistributiveOmit<Command, 'cmdId'> & { readonly cmdId?: string };

export const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'utf8'));
const uri = (text: string | undefined): { uri: string } | undefined => (text === undefined ? undefined : { uri: text });
const maybe = <K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } =>
  (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };

export interface ItemOptions {
  readonly source?: string;
  readonly target?: string;
  readonly data?: string;
  readonly meta?: Meta;
  readonly moreData?: boolean;
}
export const item = (o: ItemOptions): Item => ({
  ...maybe('source', uri(o.source)),
  ...maybe('target', uri(o.target)),
  ...maybe('meta', o.meta),
  ...(o.data === undefined ? {} : { data: { kind: 'content' as const, bytes: bytes(o.data) } }),
  ...(o.moreData ? { moreData: true } : {}),
});

export interface AlertOptions {
  readonly target?: string;
  readonly source?: string;
  readonly last?: string;
  readonly next?: string;
  readonly meta?: Meta;
}
/** A sync Alert with anchors when `next` is given; one without Item parts when nothing is. */
export const alert = (code: number, o: AlertOptions = {}): Draft & { kind: 'Alert' } => ({
  kind: 'Alert',
  code,
  items: [
    {
      ...maybe('target', uri(o.target)),
      ...maybe('source', uri(o.source)),
      ...(o.next === undefined && o.meta === undefined
        ? {}
        : { meta: { ...o.meta, ...(o.next === undefined ? {} : { anchor: { ...maybe('last', o.last), next: o.next } }) } }),
    },
  ],
});
export const openAlert = (code: number, target = 'contacts', source = './C', next = '2', last: string | undefined = '1'): Draft =>
  alert(code, { target, source, next, ...maybe('last', last) });
/** Alert 222, as Synthesis writes it. */
export const nextMessage = (): Draft => alert(222, { target: SERVER, source: DEVICE });

export const sync = (commands: readonly Draft[] = [], o: Partial<SyncCommand> & { store?: string; from?: string } = {}): Draft => {
  const { store = 'contacts', from = './C', ...rest } = o;
  return { kind: 'Sync', target: { uri: store }, source: { uri: from }, ...rest, commands: commands as readonly Command[] };
};
const change = (kind: ItemCommand['kind'], items: readonly ItemOptions[], rest: Partial<ItemCommand> = {}): Draft => ({
  kind,
  items: items.map(item),
  ...rest,
});
export const add = (source: string, data: string, rest: Partial<ItemCommand> = {}): Draft =>
  change('Add', [{ source, data }], { meta: { type: 'text/plain' }, ...rest });
export const replace = (source: string, data: string, rest: Partial<ItemCommand> = {}): Draft =>
  change('Replace', [{ source, data }], { meta: { type: 'text/plain' }, ...rest });
export const remove = (source: string, rest: Partial<ItemCommand> = {}): Draft => change('Delete', [{ source }], rest);
export const changeItems = change;
/** A part of a large object; `size` in the first one only. */
export const part = (
  source: string,
  data: string,
  o: { size?: number; last?: boolean; kind?: 'Add' | 'Replace'; meta?: Meta } = {},
): Draft => ({
  kind: o.kind ?? 'Add',
  meta: { type: 'text/plain', ...o.meta, ...maybe('size', o.size) },
  items: [item({ source, data, moreData: !o.last })],
});
export const map = (pairs: Readonly<Record<string, string>>, o: Partial<MapCommand> = {}): Draft => ({
  kind: 'Map',
  target: { uri: 'contacts' },
  source: { uri: './C' },
  items: Object.entries(pairs).map(([guid, luid]) => ({ target: { uri: guid }, source: { uri: luid } })),
  ...o,
});
export const group = (kind: 'Atomic' | 'Sequence', commands: readonly Draft[]): Draft => ({
  kind,
  commands: commands as readonly Command[],
});
export const get = (target = './devinf12'): Draft & { kind: 'Get' } => ({
  kind: 'Get',
  meta: { type: 'application/vnd.syncml-devinf+xml' },
  items: [item({ target })],
});
export const devInf = {
  verDtd: '1.2',
  devId: DEVICE,
  devTyp: 'phone',
  supportLargeObjs: true,
  supportNumberOfChanges: true,
  dataStores: [],
} as const;
export const putDevInf = (): DistributiveOmit<PutGetCommand, 'cmdId'> => ({
  kind: 'Put',
  meta: { type: 'application/vnd.syncml-devinf+xml' },
  items: [{ source: { uri: './devinf12' }, data: { kind: 'devinf', devinf: devInf } }],
});
export const status = (
  msgRef: number | string,
  cmdRef: number | string,
  cmd: string,
  code: number,
  rest: Partial<StatusCommand> = {},
): Draft => ({
  kind: 'Status',
  msgRef: String(msgRef),
  cmdRef: String(cmdRef),
  cmd,
  targetRefs: [],
  sourceRefs: [],
  code,
  items: [],
  ...rest,
});
export const headerOk = (msgRef: number): Draft => status(msgRef, 0, 'SyncHdr', 200);

/** The client's Statuses for everything an answer asked for; codes by command kind. */
export function statusesFor(answer: Message, codes: Partial<Record<string, number>> = {}): Draft[] {
  const all: Draft[] = [];
  const ref = answer.header.msgId;
  const walk = (commands: readonly Command[]): void => {
    for (const c of commands) {
      if (c.kind === 'Status') continue;
      const item0 = 'items' in c ? (c.items[0] as Item | undefined) : undefined;
      const fallback = c.kind === 'Add' ? 201 : c.kind !== 'Alert' && 'items' in c && item0?.moreData ? 213 : 200;
      const code = codes[c.kind] ?? (item0?.moreData ? 213 : fallback);
      all.push(
        status(ref, c.cmdId, c.kind, code, {
          targetRefs: item0?.target ? [item0.target.uri] : [],
          sourceRefs: item0?.source ? [item0.source.uri] : [],
        }),
      );
      if ('commands' in c) walk(c.commands);
    }
  };
  walk(answer.body);
  return [headerOk(Number(ref)), ...all];
}

export interface MessageOptions {
  readonly final?: boolean;
  readonly header?: Partial<SyncHdr>;
}

/** The client's side of one session: counts its messages. */
export class ClientSide {
  readonly #version: SyncmlVersion;
  #msgId = 0;

  constructor(version: SyncmlVersion = '1.2') {
    this.#version = version;
  }

  get msgId(): number {
    return this.#msgId;
  }

  next(body: readonly Draft[], o: MessageOptions = {}): Message {
    this.#msgId += 1;
    return messageOf(body, {
      ...o,
      header: { verDtd: this.#version, verProto: `SyncML/${this.#version}`, msgId: String(this.#msgId), ...o.header },
    });
  }
}

export function messageOf(body: readonly Draft[], o: MessageOptions = {}): Message {
  let count = 0;
  const number = (drafts: readonly Draft[]): Command[] =>
    drafts.map((draft) => {
      count += 1;
      const cmdId = draft.cmdId ?? String(count);
      const command = { ...draft, cmdId } as Command;
      return 'commands' in command ? { ...command, commands: number(command.commands) } : command;
    });
  return {
    header: {
      verDtd: '1.2',
      verProto: 'SyncML/1.2',
      sessionId: '41',
      msgId: '1',
      target: { uri: SERVER },
      source: { uri: DEVICE },
      ...o.header,
    },
    body: number(body),
    final: o.final ?? true,
  };
}

export const alertCode = (command: Command): number | undefined => (command.kind === 'Alert' ? command.code : undefined);
