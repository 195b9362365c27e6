/** Faults in large objects, overload, and sessions that are taken up again. */
import { Alert, isSyncType } from '../../../src/model/alert.js';
import type { Item, ItemCommand, Message } from '../../../src/model/message.js';
import { Status } from '../../../src/model/status.js';
import { around, both, editAnswer, editCommands, editRequest, editStatuses, type Fault, type Wrap } from './faulty.js';

const changed = (from: number, to: number): Wrap => editStatuses((status) => (status.code === from ? { ...status, code: to } : status));

/** Changes the later parts of what the server sends in parts. `first` is the part that began the object. */
function editLaterParts(edit: (command: ItemCommand, item: Item, first: ItemCommand) => ItemCommand): Wrap {
  const open = new Map<string, ItemCommand>();
  return editCommands((command, request) => {
    const item = 'items' in command && (command.kind === 'Add' || command.kind === 'Replace') ? command.items[0] : undefined;
    if (!item || (command.kind !== 'Add' && command.kind !== 'Replace')) return command;
    const key = `${request.header.source.uri} ${item.target?.uri ?? item.source?.uri ?? ''}`;
    const first = open.get(key);
    if (item.moreData && !first) open.set(key, command);
    if (!item.moreData) open.delete(key);
    return first ? edit(command, item, first) : command;
  });
}

const hasAlert = ({ body }: Message, code: number): boolean => body.some((command) => command.kind === 'Alert' && command.code === code);
const sendsPart = ({ body }: Message): boolean =>
  body.some(
    (command) =>
      command.kind === 'Sync' &&
      command.commands.some((one) => 'items' in one && one.items.some((item) => 'moreData' in item && item.moreData)),
  );
const withoutAlerts = (answer: Message, code: number): Message => ({
  ...answer,
  body: answer.body.filter((command) => command.kind !== 'Alert' || command.code !== code),
});
const isBusy = ({ body }: Message): boolean => body.some((command) => command.kind === 'Status' && command.code === Status.InProgress);

export const LARGE_OBJECT_FAULTS: readonly Fault[] = [
  { name: 'answers each part with 200', red: ['LOB-001a', 'LOB-001c'], wrap: () => changed(Status.ChunkAccepted, Status.Ok) },
  {
    name: 'finds no fault in an object of another size, and drops one that is not finished without a word',
    red: ['LOB-004a', 'LOB-004b', 'LOB-005a', 'LOB-005b', 'LOB-014b'],
    wrap: () =>
      both(
        changed(Status.SizeMismatch, Status.ItemAdded),
        editAnswer((answer) => withoutAlerts(answer, Alert.NoEndOfData)),
      ),
  },
  {
    name: 'takes parts and does not ask for the next',
    red: ['LOB-002'],
    wrap: () => editAnswer((answer, request) => (sendsPart(request) ? withoutAlerts(answer, Alert.NextMessage) : answer)),
  },
  {
    name: 'does not say which object was not finished',
    red: ['LOB-005c'],
    wrap: () =>
      editCommands((command) => (command.kind === 'Alert' && command.code === Alert.NoEndOfData ? { ...command, items: [] } : command)),
  },
  {
    name: 'repeats Size in the later parts it sends, and nothing else of Meta',
    red: ['LOB-007a', 'LOB-007b', 'LOB-011a', 'LOB-011b'],
    wrap: () =>
      editLaterParts((command, item, first) => {
        const size = first.meta?.size ?? first.items[0]?.meta?.size;
        const { meta: _own, ...bare } = item;
        return { ...command, meta: size === undefined ? {} : { size }, items: [bare] };
      }),
  },
  {
    name: 'promises more data with the last part',
    red: ['LOB-008a', 'LOB-008b'],
    wrap: () => editLaterParts((command, item) => ({ ...command, items: [{ ...item, moreData: true }] })),
  },
  {
    name: 'takes every client for one that knows large objects',
    red: ['LOB-015a', 'LOB-015b'],
    wrap: () =>
      editRequest((request) => {
        const opens = request.body.some((command) => command.kind === 'Alert' && isSyncType(command.code ?? 0));
        if (!opens || request.header.meta?.maxObjSize !== undefined) return request;
        return { ...request, header: { ...request.header, meta: { ...request.header.meta, maxObjSize: 1_000_000 } } };
      }),
  },
  {
    name: 'closes a package it has no time for, and does not answer whether it is still busy',
    red: ['BSY-002', 'BSY-003'],
    wrap: () =>
      editAnswer((answer, request) =>
        isBusy(answer)
          ? {
              ...answer,
              final: true,
              body: answer.body.filter(
                (command) => !hasAlert(request, Alert.Result) || command.kind !== 'Status' || command.cmd !== 'Alert',
              ),
            }
          : answer,
      ),
  },
  {
    name: 'forgets what it was asked while it was busy',
    red: ['BSY-004'],
    wrap: () =>
      editAnswer((answer, request) =>
        hasAlert(request, Alert.Result)
          ? {
              ...answer,
              body: answer.body.filter((command) => command.kind !== 'Status' || command.msgRef === request.header.msgId),
            }
          : answer,
      ),
  },
  {
    name: 'is too busy for SyncML, and says so in HTTP',
    red: ['BSY-001'],
    wrap: () =>
      around(async (request, _message, inner) => {
        const answer = await inner(request);
        return (answer.log as Record<string, unknown>)['refused'] === 'busy'
          ? { httpStatus: 503, body: Buffer.from('busy'), log: {} }
          : answer;
      }),
  },
  {
    name: 'does not know suspending',
    red: ['SUS-001a'],
    wrap: () =>
      editStatuses((status, request) => {
        const of = request.body.find(({ cmdId }) => cmdId === status.cmdRef);
        return of?.kind === 'Alert' && of.code === Alert.Suspend && status.msgRef === request.header.msgId
          ? { ...status, code: Status.FeatureNotSupported }
          : status;
      }),
  },
  {
    name: 'has nothing to resume, ever',
    red: ['SUS-002a', 'SUS-003b', 'SUS-009a'],
    wrap: () =>
      editRequest((request) => ({
        ...request,
        body: request.body.map((command) =>
          command.kind === 'Alert' && command.code === Alert.Resume ? { ...command, code: Alert.TwoWay } : command,
        ),
      })),
  },
  {
    name: 'cannot tell what it has to resume, and begins something else',
    red: ['SUS-003a', 'SUS-003b'],
    wrap: () =>
      editStatuses((status, request) => {
        const of = request.body.find(({ cmdId }) => cmdId === status.cmdRef);
        return of?.kind === 'Alert' && of.code === Alert.Resume && status.code === Status.RefreshRequired
          ? { ...status, code: Status.Ok }
          : status;
      }),
  },
  {
    name: 'knows no Alert 225 in 1.1, and takes it for a mistake',
    red: ['SUS-008'],
    variant: { version: '1.1', encoding: 'wbxml' },
    wrap: () =>
      editStatuses((status, request) => {
        const of = request.body.find(({ cmdId }) => cmdId === status.cmdRef);
        return of?.kind === 'Alert' && of.code === Alert.Resume ? { ...status, code: Status.BadRequest } : status;
      }),
  },
];
