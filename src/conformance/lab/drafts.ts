/** Commands of a client in few words, without their CmdIDs: those are given when the message is made. */
import { Alert } from '../../model/alert.js';
import type {
  AlertCommand,
  Command,
  DistributiveOmit,
  GroupCommand,
  Item,
  ItemCommand,
  MapCommand,
  Meta,
  PutGetCommand,
  ResultsCommand,
  StatusCommand,
  SyncCommand,
} from '../../model/message.js';

/** A command without its CmdID, unless the case is about just that; children likewise. */
export type Draft<C extends Command = Command> = C extends Command
  ? Omit<DistributiveOmit<C, 'cmdId'>, 'commands'> & { readonly cmdId?: string } & (C extends { commands: unknown }
        ? { readonly commands: readonly Draft[] }
        : unknown)
  : never;

export const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'utf8');

export interface ItemOptions {
  readonly source?: string;
  readonly target?: string;
  readonly data?: string | Uint8Array;
  readonly meta?: Meta;
  readonly moreData?: boolean;
  readonly sourceParent?: string;
  readonly targetParent?: string;
}

export function item(options: ItemOptions): Item {
  const { source, target, data, meta, moreData, sourceParent, targetParent } = options;
  return {
    ...(target === undefined ? {} : { target: { uri: target } }),
    ...(source === undefined ? {} : { source: { uri: source } }),
    ...(sourceParent === undefined ? {} : { sourceParent }),
    ...(targetParent === undefined ? {} : { targetParent }),
    ...(meta === undefined ? {} : { meta }),
    ...(data === undefined ? {} : { data: { kind: 'content', bytes: typeof data === 'string' ? bytesOf(data) : data } }),
    ...(moreData ? { moreData: true } : {}),
  };
}

/** Names of a datastore: the client's and the server's. */
export interface StoreNames {
  readonly client: string;
  readonly server: string;
}

export interface AnchorOptions {
  /** Left out of the anchor when undefined. */
  readonly last?: string | undefined;
  readonly next: string;
}

/** An Alert that opens a datastore. `meta` is added to the Item's. */
export const syncAlert = (code: number, names: StoreNames, anchor: AnchorOptions, meta: Meta = {}): Draft<AlertCommand> => ({
  kind: 'Alert',
  code,
  items: [
    item({
      target: names.server,
      source: names.client,
      meta: { ...meta, anchor: { ...(anchor.last === undefined ? {} : { last: anchor.last }), next: anchor.next } },
    }),
  ],
});

/** An Alert about the devices: 221, 222, 224. */
export const deviceAlert = (code: number, device: string, server: string): Draft<AlertCommand> => ({
  kind: 'Alert',
  code,
  items: [item({ target: server, source: device })],
});

export const nextMessage = (device: string, server: string): Draft<AlertCommand> => deviceAlert(Alert.NextMessage, device, server);

export const sync = (
  names: StoreNames,
  commands: readonly Draft[],
  rest: Partial<Omit<Draft<SyncCommand>, 'kind' | 'commands'>> = {},
): Draft<SyncCommand> => ({
  kind: 'Sync',
  target: { uri: names.server },
  source: { uri: names.client },
  ...rest,
  commands,
});

type ChangeRest = Partial<Omit<Draft<ItemCommand>, 'kind' | 'items'>>;

/** A change of an item the client names by its LUID. */
export const change = (kind: ItemCommand['kind'], items: readonly ItemOptions[], rest: ChangeRest = {}): Draft<ItemCommand> => ({
  kind,
  ...rest,
  items: items.map(item),
});
export const add = (luid: string, data: string, type: string, rest: ChangeRest = {}): Draft<ItemCommand> =>
  change('Add', [{ source: luid, data }], { meta: { type }, ...rest });
/** No datastore can take it. */
export const addWithoutData = (luid: string, type: string): Draft<ItemCommand> => change('Add', [{ source: luid }], { meta: { type } });
export const replace = (luid: string, data: string, type: string, rest: ChangeRest = {}): Draft<ItemCommand> =>
  change('Replace', [{ source: luid, data }], { meta: { type }, ...rest });
export const remove = (luid: string, rest: ChangeRest = {}): Draft<ItemCommand> => change('Delete', [{ source: luid }], rest);

/** One part of a large object. `size`, in bytes, is that of the whole object and belongs into the first part only. */
export const part = (
  kind: 'Add' | 'Replace',
  luid: string,
  data: string | Uint8Array,
  options: { readonly type: string; readonly size?: number; readonly last?: boolean; readonly meta?: Meta },
): Draft<ItemCommand> => ({
  kind,
  meta: { type: options.type, ...(options.size === undefined ? {} : { size: options.size }), ...options.meta },
  items: [item({ source: luid, data, ...(options.last ? {} : { moreData: true }) })],
});

export const group = (kind: GroupCommand['kind'], commands: readonly Draft[]): Draft<GroupCommand> => ({ kind, commands });

/** @param pairs GUID and LUID: a Map, or the entries of an object. */
export const map = (names: StoreNames, pairs: Iterable<readonly [guid: string, luid: string]>): Draft<MapCommand> => ({
  kind: 'Map',
  target: { uri: names.server },
  source: { uri: names.client },
  items: [...pairs].map(([guid, luid]) => ({ target: { uri: guid }, source: { uri: luid } })),
});

export const get = (uri: string, type: string): Draft<PutGetCommand> => ({ kind: 'Get', meta: { type }, items: [item({ target: uri })] });

export interface StatusOptions {
  readonly targetRefs?: readonly string[];
  readonly sourceRefs?: readonly string[];
  readonly chal?: Meta;
  readonly items?: readonly Item[];
}

export const status = (msgRef: string, cmdRef: string, cmd: string, code: number, options: StatusOptions = {}): Draft<StatusCommand> => ({
  kind: 'Status',
  msgRef,
  cmdRef,
  cmd,
  targetRefs: options.targetRefs ?? [],
  sourceRefs: options.sourceRefs ?? [],
  ...(options.chal ? { chal: options.chal } : {}),
  code,
  items: options.items ?? [],
});

export type AnyResults = Draft<ResultsCommand>;
