/** Servers that sync wrongly. */
import { Alert } from '../../../src/model/alert.js';
import type { Command, Item, ItemCommand, Message, StatusCommand, SyncCommand } from '../../../src/model/message.js';
import { Status } from '../../../src/model/status.js';
import { editOpening, openingsOf } from './anchors.js';
import { both, editAnswer, editCommands, editRequest, editStatuses, mapCommands, type Fault, type Wrap } from './faulty.js';

export type Change = ItemCommand & { readonly kind: 'Add' | 'Replace' | 'Delete' };
const isChange = (command: Command): command is Change => command.kind === 'Add' || command.kind === 'Replace' || command.kind === 'Delete';
export const sessionOf = ({ header }: Message): string => `${header.source.uri} ${header.sessionId}`;
const syncsOf = (message: Message): readonly SyncCommand[] => message.body.filter((c): c is SyncCommand => c.kind === 'Sync');
export const changesOf = (message: Message): readonly Change[] => syncsOf(message).flatMap(({ commands }) => commands.filter(isChange));

/** Changes what the client sends within Sync. */
export const editChanges = (edit: (change: Change, request: Message) => Command): Wrap =>
  editRequest((request) =>
    changesOf(request).length === 0
      ? request
      : {
          ...request,
          body: request.body.map((c) =>
            c.kind === 'Sync' ? { ...c, commands: c.commands.map((one) => (isChange(one) ? edit(one, request) : one)) } : c,
          ),
        },
  );

/** Changes what the server sends within Sync; undefined leaves it out. */
export const editSent = (edit: (change: Change, answer: Message) => Command | undefined): Wrap =>
  editCommands((command, _request, answer) => (isChange(command) ? edit(command, answer) : command));

/** Which sync runs in a session: the Alert that opened it last. */
export function running(): { readonly keep: Wrap; readonly type: (message: Message) => number | undefined } {
  const types = new Map<string, number>();
  return {
    keep: editAnswer((answer, request) => {
      for (const own of openingsOf(answer)) types.set(sessionOf(request), own.code);
      return answer;
    }),
    type: (request) => types.get(sessionOf(request)),
  };
}

/** Runs `code` for those who ask for another type, and does not say so. */
const runsInstead = (asked: number, code: number, when: (last: string | undefined) => boolean = () => true): Wrap =>
  both(
    editAnswer((answer, request) => {
      const opening = openingsOf(request).find((one) => one.code === asked && when(one.last));
      if (!opening) return answer;
      return { ...answer, body: answer.body.map((c) => (c.kind === 'Alert' && c.code === code ? { ...c, code: asked } : c)) };
    }),
    editOpening((alert, opening) => (opening.code === asked && when(opening.last) ? { ...alert, code } : alert)),
  );

export const editItem = (change: Change, edit: (item: Item) => Item): Change => ({ ...change, items: change.items.map(edit) });

export const STRAY: Change = {
  kind: 'Delete',
  cmdId: '99',
  items: [{ target: { uri: 'nothing' } }],
};

/** Statuses for one kind of command that had one code. */
const answersWith = (code: number, when: (status: StatusCommand, request: Message) => boolean): Wrap =>
  editStatuses((status, request) => (when(status, request) ? { ...status, code } : status));

export const SYNC_FAULTS: readonly Fault[] = [
  {
    name: 'says it has deleted, and has not',
    red: ['SYN-001c', 'SYN-011', 'SYN-018c', 'MAP-001b', 'MAP-004b', 'MAP-006b'],
    alsoRed: ['FLT-012', 'FLT-013', 'PKG-003b', 'STA-006a', 'STA-006d'],
    wrap: () =>
      both(
        answersWith(Status.Ok, ({ cmd, code }) => cmd === 'Delete' && code === Status.ItemNotDeleted),
        editChanges((change) =>
          change.kind === 'Delete' ? editItem(change, (item) => ({ ...item, source: { uri: 'nothing' } })) : change,
        ),
      ),
  },
  {
    name: 'keeps its changes back while the client has some',
    red: ['SYN-001d'],
    alsoRed: ['ANC-012', 'PKG-009b', 'SYN-021'],
    wrap: () => {
      const { keep, type } = running();
      return both(
        keep,
        editAnswer((answer, request) =>
          type(request) === Alert.TwoWay && changesOf(request).length > 0
            ? { ...answer, body: answer.body.map((c) => (c.kind === 'Sync' ? { ...c, commands: [] } : c)) }
            : answer,
        ),
      );
    },
  },
  {
    name: 'sends changes where only the client sends some',
    red: ['SYN-003b', 'SYN-004b'],
    wrap: () => {
      const { keep, type } = running();
      return both(
        keep,
        editAnswer((answer, request) => {
          const code = type(request);
          const [sync] = syncsOf(request);
          if (!sync || !answer.final || (code !== Alert.OneWayFromClient && code !== Alert.RefreshFromClient)) return answer;
          const own: SyncCommand = {
            kind: 'Sync',
            cmdId: '98',
            ...(sync.source ? { target: sync.source } : {}),
            ...(sync.target ? { source: sync.target } : {}),
            commands: [STRAY],
          };
          return { ...answer, body: [...answer.body, own] };
        }),
      );
    },
  },
  {
    name: 'compares where the client wants to replace',
    red: ['SYN-004a', 'SYN-004b'],
    // Devices that never synced do get their refresh: the suite empties the datastore with one.
    wrap: () => runsInstead(Alert.RefreshFromClient, Alert.SlowSync, (last) => last !== undefined),
  },
  {
    name: 'sends its latest changes only where all are wanted',
    red: ['SYN-006'],
    wrap: () => runsInstead(Alert.RefreshFromServer, Alert.OneWayFromServer),
  },
  {
    name: 'sends nothing in a one-way sync from the server',
    red: ['SYN-005'],
    wrap: () => {
      const { keep, type } = running();
      return both(
        keep,
        editAnswer((answer, request) =>
          type(request) === Alert.OneWayFromServer
            ? { ...answer, body: answer.body.map((c) => (c.kind === 'Sync' ? { ...c, commands: [] } : c)) }
            : answer,
        ),
      );
    },
  },
  {
    name: 'takes sync types it does not know for two-way',
    red: ['SYN-008'],
    wrap: () =>
      editRequest((request) =>
        request.body.some((c) => c.kind === 'Alert' && c.code === 299)
          ? { ...request, body: request.body.map((c) => (c.kind === 'Alert' && c.code === 299 ? { ...c, code: Alert.TwoWay } : c)) }
          : request,
      ),
  },
  {
    name: 'replaces only what it knows',
    red: ['SYN-009a', 'SYN-009b'],
    wrap: () => {
      // LUIDs of Maps, slow syncs and Adds.
      const known = new Set<string>();
      const { keep, type } = running();
      const keyOf = (request: Message, luid: string | undefined): string => `${request.header.source.uri} ${luid}`;
      const isUnknown = (change: Change, request: Message): boolean =>
        change.kind === 'Replace' && type(request) === Alert.TwoWay && !known.has(keyOf(request, change.items[0]?.source?.uri));
      const learn = editRequest((request) => {
        for (const c of request.body) if (c.kind === 'Map') for (const { source } of c.items) known.add(keyOf(request, source.uri));
        for (const change of changesOf(request)) if (!isUnknown(change, request)) known.add(keyOf(request, change.items[0]?.source?.uri));
        return request;
      });
      const asDelete = editChanges((change, request) => {
        if (!isUnknown(change, request)) return change;
        const { meta: _meta, ...rest } = change;
        return { ...rest, kind: 'Delete', items: change.items.map(({ source }) => (source ? { source } : {})) };
      });
      const asReplace = editStatuses((status, request) =>
        status.code === Status.ItemNotDeleted && changesOf(request).some(({ kind, cmdId }) => kind === 'Replace' && cmdId === status.cmdRef)
          ? { ...status, cmd: 'Replace', code: Status.NotFound }
          : status,
      );
      return both(both(learn, asReplace), both(keep, asDelete));
    },
  },
  {
    name: 'answers Adds with 200',
    red: ['SYN-010a', 'SYN-010b'],
    wrap: () => answersWith(Status.Ok, ({ cmd, code }) => cmd === 'Add' && code === Status.ItemAdded),
  },
  {
    name: 'answers every Delete with 200',
    red: ['SYN-011'],
    wrap: () => answersWith(Status.Ok, ({ code }) => code === Status.ItemNotDeleted),
  },
  {
    name: 'names a Target in its Adds',
    red: ['SYN-012'],
    // The messages become larger than they may.
    alsoRed: ['SIZ-001a', 'SIZ-001d'],
    wrap: () => editSent((change) => (change.kind === 'Add' ? editItem(change, (item) => ({ ...item, target: { uri: './' } })) : change)),
  },
  {
    name: 'names its own id beside the LUID',
    red: ['SYN-013'],
    alsoRed: ['SIZ-001a'],
    wrap: () => editSent((change) => (change.kind === 'Add' ? change : editItem(change, (item) => ({ ...item, source: { uri: 'own' } })))),
  },
  {
    name: 'does not tell the type of what it sends',
    red: ['SYN-014'],
    wrap: () =>
      editSent(({ meta, ...change }) => {
        const { type: _type, ...rest } = meta ?? {};
        return { ...change, meta: rest };
      }),
  },
  {
    name: 'reads the type from the Meta of the command only, and takes none for plain text',
    red: ['SYN-015b', 'SYN-032a'],
    alsoRed: ['MET-001b'],
    wrap: () =>
      editChanges((change) =>
        editItem(change, (item) => ({
          ...item,
          ...(item.meta?.type ? { meta: { ...item.meta, type: change.meta?.type ?? 'text/plain' } } : {}),
        })),
      ),
  },
  {
    name: 'lets the Meta of the command go before that of the item',
    red: ['SYN-032a', 'SYN-032b'],
    wrap: () =>
      editChanges((change) => editItem(change, (item) => (change.meta ? { ...item, meta: { ...item.meta, ...change.meta } } : item))),
  },
  {
    name: 'takes what it has sent for received',
    red: ['SYN-016a', 'SYN-016b'],
    wrap: () => {
      const sent = new Set<string>();
      const { keep, type } = running();
      return both(
        editAnswer((answer, request) => {
          if (type(request) !== Alert.TwoWay) return answer;
          const body = mapCommands(answer.body, (command) => {
            if (command.kind !== 'Add') return command;
            const key = `${request.header.source.uri} ${command.items[0]?.source?.uri}`;
            if (sent.has(key)) return undefined;
            sent.add(key);
            return command;
          });
          return { ...answer, body };
        }),
        keep,
      );
    },
  },
  {
    name: 'tells no device what others have edited',
    red: ['SYN-018b', 'MAP-006a'],
    alsoRed: ['SYN-021'],
    wrap: () => editSent((change) => (change.kind === 'Replace' ? undefined : change)),
  },
  {
    name: 'tells no device what others have deleted',
    red: ['SYN-018c', 'MAP-006b'],
    wrap: () => editSent((change) => (change.kind === 'Delete' ? undefined : change)),
  },
  {
    name: 'writes a number into the names of a slow sync',
    red: ['SYN-019b'],
    wrap: () => {
      let count = 0;
      const { keep, type } = running();
      return both(
        keep,
        editChanges((change, request) => {
          if (type(request) !== Alert.SlowSync || change.kind === 'Delete') return change;
          count += 1;
          return editItem(change, (item) =>
            item.data?.kind === 'content' && !item.moreData
              ? {
                  ...item,
                  data: {
                    kind: 'content',
                    bytes: Buffer.from(
                      Buffer.from(item.data.bytes)
                        .toString('utf8')
                        .replace(/^N:(.*);Lab/m, `N:$1;Lab ${count}`)
                        .replace(/^FN:/m, `FN:${count} `),
                    ),
                  },
                }
              : item,
          );
        }),
      );
    },
  },
  {
    name: 'fails where two devices have edited one item',
    red: ['SYN-020'],
    wrap: () => answersWith(Status.CommandFailed, ({ code }) => code === Status.ConflictClientWins),
  },
  {
    name: 'says that it has merged and keeps the result to itself',
    red: ['SYN-021'],
    wrap: () => {
      const merged = new Set<string>();
      const note = editAnswer((answer, request) => {
        if (answer.body.some((c) => c.kind === 'Status' && c.code === Status.ConflictMerged)) merged.add(sessionOf(request));
        return answer;
      });
      const silent = editCommands((command, request) =>
        isChange(command) && command.kind === 'Replace' && merged.has(sessionOf(request)) ? undefined : command,
      );
      return both(silent, note);
    },
  },
  {
    name: 'keeps two items and tells the client of one',
    red: ['SYN-022'],
    wrap: () => answersWith(Status.ConflictDuplicate, ({ code }) => code === Status.ConflictClientWins),
  },
  {
    name: 'wants no Sync from a client that has nothing to say',
    red: ['SYN-023a', 'SYN-023b'],
    wrap: () => {
      const { keep, type } = running();
      return both(
        keep,
        answersWith(Status.Forbidden, ({ cmd }, request) => cmd === 'Sync' && (type(request) ?? 0) >= Alert.OneWayFromServer),
      );
    },
  },
  {
    name: 'refuses datastores it does not have for want of rights',
    red: ['SYN-024'],
    wrap: () => answersWith(Status.Forbidden, ({ cmd, code }) => cmd === 'Alert' && code === Status.NotFound),
  },
  {
    name: 'takes the first message of a refresh for all of it',
    red: ['SYN-026'],
    wrap: () => {
      const { keep, type } = running();
      const isPart = (request: Message): boolean =>
        !request.final && type(request) === Alert.RefreshFromClient && syncsOf(request).length > 0;
      return both(
        editAnswer((answer, request) => (isPart(request) ? { ...answer, final: false } : answer)),
        both(
          keep,
          editRequest((request) => (isPart(request) ? { ...request, final: true } : request)),
        ),
      );
    },
  },
  {
    name: 'says that it has added what came outside Sync',
    red: ['SYN-028'],
    wrap: () =>
      answersWith(
        Status.ItemAdded,
        ({ cmd, code, cmdRef }, request) =>
          cmd === 'Add' && code === Status.Forbidden && request.body.some((c) => c.kind === 'Add' && c.cmdId === cmdRef),
      ),
  },
  {
    name: 'finds no datastore behind an empty Target',
    red: ['SYN-029'],
    wrap: () =>
      editOpening((alert) =>
        alert.items[0]?.target?.uri ? alert : { ...alert, items: alert.items.map((item) => ({ ...item, target: { uri: 'nowhere' } })) },
      ),
  },
  {
    name: 'goes on replacing what the client has not',
    red: ['SYN-030a', 'SYN-030b'],
    wrap: () =>
      editRequest((request) => ({
        ...request,
        body: request.body.map((c) =>
          c.kind === 'Status' && c.cmd === 'Replace' && (c.code === Status.NotFound || c.code === Status.Gone)
            ? { ...c, code: Status.Ok }
            : c,
        ),
      })),
  },
  {
    name: 'goes on adding to a device that is full',
    red: ['SYN-031'],
    wrap: () =>
      editRequest((request) => ({
        ...request,
        body: request.body.map((c) => (c.kind === 'Status' && c.code === Status.DeviceFull ? { ...c, code: Status.CommandFailed } : c)),
      })),
  },
];
